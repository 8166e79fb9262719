// The X-ray's numbers: tables of terms, and the formulas of the way forward and the way back.

import { formatNumber, inThousands, make, uniqueId } from "./page.js";

// A number as it is written in a table: four places after the point, so that a column can be added up;
// powers of ten where that would show nothing. The minus is a real one.
function inTable(value) {
  const size = Math.abs(value);
  let text;
  if (value === 0) text = "0";
  else if (size >= 5e-4 && size < 1e5) text = value.toFixed(4);
  else text = value.toExponential(3);
  return text.replace(/-/g, "−");
}

// A number as it is written in a formula: small ones with four figures, to be multiplied on.
export function inFigures(value) {
  const size = Math.abs(value);
  return size >= 1e-4 && size < 0.1 ? value.toPrecision(4).replace(/-/g, "−") : inTable(value);
}
export const signed = (value) => (value < 0 ? `(${inFigures(value)})` : inFigures(value));

// "max({z}, 0)" with the numbers in place; those below zero in brackets, if they have none yet.
const fill = (words, z, a) => words.replaceAll("({z}", `(${inFigures(z)}`)
  .replaceAll("{z}", signed(z)).replaceAll("{a}", signed(a));

// A symbol of the derivation as HTML: symbol("W", "0,1", 2) is W with a raised (2) and a lowered 0,1.
function symbol(letter, below = "", layer = null) {
  return make("span", { class: "nn-symbol" }, make("i", {}, letter),
    layer === null ? null : make("sup", {}, `(${layer})`),
    below === "" ? null : make("sub", {}, String(below)));
}

const strong = (value) => make("b", {}, inFigures(value));
const times = (...what) => make("span", {}, "× ", ...what);
const muted = (...what) => make("span", { class: "nn-muted" }, ...what);
const line = (name, ...what) => make("div", { "data-result": name }, ...what);

// What Python said of a layer and of an example, with the weights by their indices and the letters
// of the derivation for an input, a weight, a unit, and a unit of the next layer.
export function factsOf(layer, seen) {
  const mark = layer.n_layers > 1 ? layer.layer : null;
  const inputs = layer.layer === 1 ? ["X", null] : ["A", layer.layer - 1];
  return {
    layer,
    seen,
    mark,
    w: (i, j) => layer.W[i * layer.n_out + j],
    nextW: (j, k) => layer.nextW[j * layer.n_next + k],
    x: (i = "ni") => symbol(inputs[0], i === "ni" ? i : `${seen.example},${i}`, inputs[1]),
    weight: (i, j) => symbol("W", `${i},${j}`, mark),
    unit: (letter, j) => symbol(letter, `${seen.example},${j}`, mark),
    next: (letter, k) => symbol(letter, `${seen.example},${k}`, layer.layer + 1),
  };
}

// ---------------------------------------------------------------- tables

// A bar from the middle: to the right above zero, to the left below.
function bar(value, largest) {
  const inner = make("div", { class: value < 0 ? "nn-below" : "nn-above" });
  inner.style.width = `${50 * (largest ? Math.min(Math.abs(value) / largest, 1) : 0)}%`;
  return make("td", {}, make("div", { class: "nn-term-bar", "aria-hidden": "true" }, inner));
}

const cell = (value, sign = "") => make("td", {}, sign, make("span", { class: "nn-value" }, inTable(value)));

// Which terms are written out: all of few, else the largest, with the rest as one sum.
function choose({ few, largest }, terms, keep) {
  const shown = [...terms.keys()];
  if (terms.length > few) {
    shown.sort((p, q) => Math.abs(terms[q]) - Math.abs(terms[p])).splice(largest);
    if (keep !== null && !shown.includes(keep)) shown.push(keep);
  }
  const written = new Set(shown);
  const sum = terms.reduce((total, term, k) => (written.has(k) ? total : total + term), 0);
  return { shown, rest: terms.length - shown.length, sum, most: Math.max(...shown.map((k) => Math.abs(terms[k]))) };
}

// Fill a table with heads and rows; the picked row is marked, and named to screen readers.
function fillTable(table, label, heads, shown, picked, cellsOf, more) {
  const id = uniqueId("term");
  table.replaceChildren(
    make("tr", {}, ...heads.map((head) => make("th", { scope: "col" }, head))),
    ...shown.map((k) => make("tr", { "data-term": k, "aria-selected": String(k === picked), id: k === picked ? id : null },
      make("th", { scope: "row" }, k === picked ? `▸ ${k}` : String(k)), ...cellsOf(k))),
    ...more,
  );
  table.setAttribute("aria-label", label);
  if (shown.includes(picked)) table.setAttribute("aria-activedescendant", id);
  else table.removeAttribute("aria-activedescendant");
}

// A table of products: one row for each term, with the sum so far; then the rest, then what is added.
function fillTerms(table, label, layer, heads, terms, factorsOf, { keep = null, added = [] } = {}) {
  const { shown, rest, sum, most } = choose(layer, terms, keep);
  let total = 0;
  const soFar = (value) => {
    total += value;
    return make("td", { class: "nn-sum" }, inTable(total));
  };
  const rows = shown.map((k) => [...factorsOf(k).map(([sign, value]) => cell(value, muted(sign))), cell(terms[k]), bar(terms[k], most), soFar(terms[k])]);
  const extra = (kind, name, value, picture) => make("tr", { "data-term": kind }, make("th", { scope: "row", colspan: 3 }, name), cell(value), picture, soFar(value));
  const more = rest ? [extra("rest", `… and ${inThousands(rest)} more: their sum`, sum, make("td"))] : [];
  more.push(...added.map(([kind, name, value]) => extra(kind, name, value, bar(value, most))));
  fillTable(table, label, [...heads, "= term", "", "sum so far"], shown, keep, (k) => rows[shown.indexOf(k)], more);
}

// ---------------------------------------------------------------- the way forward, and back

// From the inputs of unit j to z and a.
export function showForward({ head, formula, table, result, pictures }, facts, i, j) {
  const { layer, seen, mark, w } = facts;
  const [z, a] = [seen.Z[j], seen.A[j]];
  const terms = Array.from(seen.X, (x, k) => x * w(k, j));
  head.textContent = `Forward: unit ${j} of layer ${layer.layer}`;
  formula.replaceChildren(symbol("Z", "nj", mark), " = Σ", make("sub", {}, "i"), " ", facts.x(), " ",
    symbol("W", "ij", mark), " + ", symbol("b", "j", mark), ` ,  n = ${seen.example}, j = ${j}`);
  fillTerms(table, `the terms of unit ${j}: ${layer.n_in} inputs times weights`, layer,
    ["i", facts.x(), times(symbol("W", "ij", mark))], terms,
    (k) => [[make("span", {}, facts.x(k), " "), seen.X[k]], [times(facts.weight(k, j), " "), w(k, j)]],
    { keep: i, added: [["bias", make("span", {}, "+ bias ", symbol("b", j, mark)), layer.b[j]]] });
  const lines = [line("z", facts.unit("Z", j), " = ", strong(z))];
  if (layer.activation.name) {
    lines.push(line("a", facts.unit("A", j), ` = g(z) = ${fill(layer.activation.value, z, a)} = `, strong(a), muted(`   (${layer.activation.name})`)));
  } else if (layer.n_layers > 1 && layer.last) lines.push(make("div", { class: "nn-muted" }, "The last layer has no activation: z is the score."));
  result.replaceChildren(...lines);
  pictures.describe(`Inputs, weights of unit ${j} and their products as pictures. Input ${i}: ${inFigures(seen.X[i])} times ${inFigures(w(i, j))} is ${inFigures(terms[i])}.`);
}

// From what comes back to unit j to the derivative with respect to the weight from i to j.
export function showBackward({ head, formula, table, result, pictures }, facts, i, j, lr) {
  const { layer, seen, mark, w } = facts;
  const [dA, slope, dZ, x, z, a] = [seen.dA[j], seen.slope[j], seen.dZ[j], seen.X[i], seen.Z[j], seen.A[j]];
  head.textContent = `Backward: from the cost to the weight ${i} → ${j}`;
  if (layer.last) showOutputs(formula, table, facts, j);
  else showNextLayer(formula, table, facts, j);
  const lines = [];
  if (!layer.last || layer.loss === "quadratic" || layer.activation.name) lines.push(line("dA", facts.unit("dA", j), " = ", strong(dA)));
  const product = [];
  if (layer.activation.name) {
    const words = layer.activation.slope;
    const numbers = words.includes("{"); // "{a} × (1 − {a})", or only words: "1 where z > 0, else 0"
    lines.push(line("slope", `g'(z) = ${numbers ? `${fill(words, z, a)} = ` : ""}`, strong(slope), numbers ? "" : muted(`   (${words})`)));
    product.push(` = dA · g'(z) = ${inFigures(dA)} × ${signed(slope)}`);
  }
  lines.push(
    line("dZ", facts.unit("dZ", j), ...product, " = ", strong(dZ)),
    line("dW", symbol("dW", `${i},${j}`, mark), " = ", facts.x(i), " · ", facts.unit("dZ", j), ` = ${inFigures(x)} × ${signed(dZ)} = `, strong(x * dZ)),
    line("new", facts.weight(i, j), " ← ", facts.weight(i, j), ` − η dW = ${inFigures(w(i, j))} − ${formatNumber(lr)} × ${signed(x * dZ)} = `, strong(w(i, j) - lr * x * dZ)),
    make("div", { class: "nn-muted" }, "One example, so N = 1: the sum over n in dW has one term, and 1/N in the cost is 1."),
  );
  result.replaceChildren(...lines);
  pictures.describe(`The derivatives by all weights of unit ${j} as a picture: input times ${inFigures(dZ)}. Weight ${i}: ${inFigures(x * dZ)}.`);
}

function showNextLayer(formula, table, { layer, seen, mark, next, nextW }, j) {
  const up = layer.layer + 1;
  formula.replaceChildren(symbol("dA", "nj", mark), " = Σ", make("sub", {}, "k"), " ", symbol("dZ", "nk", up), " ", symbol("W", "jk", up));
  const terms = Array.from(seen.nextDZ, (d, k) => d * nextW(j, k));
  fillTerms(table, `what comes back to unit ${j}: dZ of the next layer times weights`, layer,
    ["k", symbol("dZ", "nk", up), times(symbol("W", "jk", up))], terms,
    (k) => [[make("span", {}, next("dZ", k), " "), seen.nextDZ[k]], [times(symbol("W", `${j},${k}`, up), " "), nextW(j, k)]]);
}

// At the end of the network the way back begins: what it said, minus what was true.
function showOutputs(formula, table, { layer, seen }, j) {
  const quadratic = layer.loss === "quadratic";
  const said = quadratic ? "A" : "P";
  const from = { softmax: "softmax(Z)", sigmoid: "σ(Z)", quadratic: "the last layer's A" }[layer.loss];
  formula.replaceChildren(symbol(quadratic || layer.activation.name ? "dA" : "dZ", "nk"), " = (", symbol(said, "nk"), " − ", symbol("Y", "nk"), `) / N ,  ${said} = ${from}`);
  const errors = Array.from(seen.P, (p, k) => p - seen.Y[k]);
  const { shown, rest, most } = choose(layer, errors, j);
  const heads = ["k", symbol("Z", "nk"), symbol(said, "nk"), make("span", {}, "− ", symbol("Y", "nk")), "= difference", ""];
  const more = rest ? [make("tr", {}, make("th", { colspan: heads.length }, `… and ${inThousands(rest)} more`))] : [];
  fillTable(table, `what the network says of each class, minus what is true; unit ${j}`, heads, shown, j,
    (k) => [...[seen.Z[k], seen.P[k], seen.Y[k], errors[k]].map((value) => cell(value)), bar(errors[k], most)], more);
}
