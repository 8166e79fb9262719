// The network X-ray: Python sends the numbers of one example and one layer; moving through them
// happens here, so that it is as quick as the hand.

const PART = { forward: "Forward", backward: "Backward" };

function asFloat64(view) {
  return new Float64Array(view.buffer.slice(view.byteOffset, view.byteOffset + view.byteLength));
}

// A number as it stands in a table: four places after the point, so that a column can be added up;
// powers of ten where that would show nothing. The minus is a real one.
function inTable(value) {
  const size = Math.abs(value);
  let text;
  if (value === 0) text = "0";
  else if (size >= 5e-4 && size < 1e5) text = value.toFixed(4);
  else text = value.toExponential(3);
  return text.replace(/-/g, "−");
}

// A number as it stands in a formula: small ones with four figures, to be multiplied on.
function inFigures(value) {
  const size = Math.abs(value);
  return size >= 1e-4 && size < 0.1 ? value.toPrecision(4).replace(/-/g, "−") : inTable(value);
}
const signed = (value) => (value < 0 ? `(${inFigures(value)})` : inFigures(value));

// A symbol of the derivation as HTML: symbol("W", "0,1", 2) is W with a raised (2) and a lowered 0,1.
function symbol(letter, below = "", layer = null) {
  return make("span", { class: "nn-symbol" }, make("i", {}, letter),
    layer === null ? null : make("sup", {}, `(${layer})`),
    below === "" ? null : make("sub", {}, String(below)));
}

// A bar from the middle: to the right above zero, to the left below.
function bar(value, largest) {
  const share = largest ? Math.min(Math.abs(value) / largest, 1) : 0;
  const inner = make("div", { class: value < 0 ? "nn-below" : "nn-above" });
  inner.style.width = `${50 * share}%`;
  return make("div", { class: "nn-term-bar", "aria-hidden": "true" }, inner);
}

export default {
  render({ model, el }) {
    const live = connect(model, el);
    live.root.classList.add("nn-xray");
    const controls = makeControls(live, live.body);
    const me = uniqueId("view");
    let layer = null; // what Python last said: the layer's weights,
    let seen = null; //  the example's numbers,
    const at = { i: 0, j: 0 }; // the place that was chosen,
    const over = { i: null, j: null }; // and the one under the mouse, which is only looked at

    // ---------------------------------------------------------------- what stands on the page

    const says = make("div", { class: "nn-line" });
    const place = make("div", { class: "nn-place" });
    const boxes = { j: numberBox("j", "unit j"), i: numberBox("i", "input i") };
    const pixel = make("span", { class: "nn-muted" });
    place.append(boxes.j.element, boxes.i.element, pixel);
    const chosen = make("div", { class: "nn-line nn-chosen", role: "status", "aria-live": "polite" });
    const help = make("div", { class: "nn-hint" });
    const strip = makeCanvas(live, live.body, { height: 46, label: "units", draw: drawStrip });
    const thumb = makeCanvas(live, live.body, { height: 64, label: "the example", draw: drawThumb });
    thumb.canvas.classList.add("nn-thumb");
    live.body.append(make("div", { class: "nn-example" }, thumb.canvas, make("div", {}, says, place)), strip.canvas, chosen, help);
    const row = make("div", { class: "nn-row nn-parts" });
    live.body.append(row);
    const parts = {};
    for (const [name, title] of Object.entries(PART)) {
      const element = make("section", { "aria-label": title, "data-part": name });
      const head = make("div", { class: "nn-part-title" });
      const formula = make("div", { class: "nn-formula" });
      element.append(head, formula);
      row.append(element);
      const pictures = makeCanvas(live, element, {
        height: 200, label: title, interactive: true,
        draw: (ctx, width, height, theme) => drawPictures(name, ctx, width, height, theme),
      });
      const table = make("table", { class: "nn-terms", role: "grid", tabindex: 0, "aria-readonly": "true" });
      const result = make("div", { class: "nn-result" });
      element.append(table, result);
      parts[name] = { element, head, formula, pictures, table, result, boxes: [] };
      watchPictures(parts[name]);
    }
    const outcome = make("div", { class: "nn-outcome", role: "status" });
    live.body.append(outcome);

    // A field for a number, between 0 and what the layer has.
    function numberBox(name, label) {
      const id = uniqueId(name);
      const box = make("input", { type: "text", inputmode: "numeric", class: "nn-number", id, autocomplete: "off" });
      const range = make("span", { class: "nn-muted" });
      const take = () => {
        const typed = box.value.trim();
        const last = lastOf(name);
        const good = /^\d+$/.test(typed) && Number(typed) <= last;
        box.setAttribute("aria-invalid", String(!good));
        element.classList.toggle("nn-wrong", !good);
        if (good) {
          live.say("");
          move({ [name]: Number(typed) });
        } else live.say(`${label}: expected a whole number from 0 to ${last}, got '${typed}'`, "error");
      };
      box.addEventListener("change", take);
      box.addEventListener("keydown", (event) => { if (event.key === "Enter") take(); });
      const element = make("div", { class: "nn-control" }, make("label", { for: id }, label), box, range);
      element.dataset.place = name;
      return { element, box, range };
    }

    // ---------------------------------------------------------------- moving

    const ready = () => layer !== null && seen !== null && layer.stamp === seen.stamp;
    const lastOf = (name) => (layer === null ? 0 : (name === "i" ? layer.n_in : layer.n_out) - 1);
    const clamp = (value, last) => Math.min(Math.max(value, 0), last);
    // What is looked at: under the mouse if it is somewhere, else what was chosen.
    const look = (name) => clamp(over[name] ?? at[name], lastOf(name));

    function move(to) {
      if (!ready()) return;
      for (const [name, value] of Object.entries(to)) at[name] = clamp(value, lastOf(name));
      Object.assign(over, { i: null, j: null });
      show();
      live.sendLatest("place", { i: at.i, j: at.j, by: me });
    }

    // A look at another place, without choosing it; no place is the chosen one again.
    function glance({ i = null, j = null } = {}) {
      if (!ready() || (over.i === i && over.j === j)) return;
      Object.assign(over, { i, j });
      show();
    }

    // Rows of terms: the mouse looks at them, a click chooses. Which of i and j they count may vary.
    function watchTable(table, counted) {
      const under = (event) => {
        const term = event.target.closest("tr")?.dataset.term;
        return counted() && /^\d+$/.test(term) ? { [counted()]: Number(term) } : null;
      };
      table.addEventListener("pointermove", (event) => glance(under(event) ?? {}));
      table.addEventListener("pointerleave", () => glance());
      table.addEventListener("click", (event) => { if (under(event)) move(under(event)); });
    }
    watchTable(parts.forward.table, () => "i");
    watchTable(parts.backward.table, () => (layer?.last ? "j" : null));

    // Arrow keys, wherever the keyboard is in the X-ray, but not in a field or a menu.
    live.root.addEventListener("keydown", (event) => {
      if (!ready() || event.target.closest("input, select, button")) return;
      if (event.ctrlKey || event.metaKey || event.altKey || event.shiftKey) return;
      const rowOf = layer.picture ? layer.picture[1] : 1;
      const to = {
        ArrowUp: { i: at.i - 1 }, ArrowDown: { i: at.i + 1 },
        ArrowLeft: { j: at.j - 1 }, ArrowRight: { j: at.j + 1 },
        PageUp: { i: at.i - rowOf }, PageDown: { i: at.i + rowOf },
        Home: { i: 0 }, End: { i: lastOf("i") },
      }[event.key];
      if (!to) return;
      event.preventDefault();
      move(to);
    });

    // The pixel of a picture under the mouse, as the number of an input; null beside the pictures.
    function inputUnder(part, event) {
      if (!ready() || !layer.picture) return null;
      const [rows, columns] = layer.picture;
      for (const box of part.boxes) {
        const c = Math.floor(((event.offsetX - box.x) / box.width) * columns);
        const r = Math.floor(((event.offsetY - box.y) / box.height) * rows);
        const i = r * columns + c;
        if (c >= 0 && c < columns && r >= 0 && r < rows && i < layer.n_in) return i;
      }
      return null;
    }

    function watchPictures(part) {
      const { canvas } = part.pictures;
      canvas.addEventListener("pointermove", (event) => glance({ i: inputUnder(part, event) }));
      canvas.addEventListener("pointerleave", () => glance());
      canvas.addEventListener("pointerdown", (event) => {
        const i = inputUnder(part, event);
        if (i !== null) move({ i });
      });
    }

    const unitUnder = (event) => clamp(Math.floor((event.offsetX / strip.canvas.clientWidth) * layer.n_out), lastOf("j"));
    strip.canvas.addEventListener("pointermove", (event) => { if (ready()) glance({ j: unitUnder(event) }); });
    strip.canvas.addEventListener("pointerleave", () => glance());
    strip.canvas.addEventListener("pointerdown", (event) => { if (ready()) move({ j: unitUnder(event) }); });

    // ---------------------------------------------------------------- the numbers of a unit

    const w = (i, j) => layer.W[i * layer.n_out + j];
    const nextW = (j, k) => layer.nextW[j * layer.n_next + k];
    const layerMark = () => (layer.n_layers > 1 ? layer.layer : null);
    // Letters with their indices: an input, a weight, a unit, and the same of the next layer.
    const name = {
      x: (i) => (layer.layer === 1 ? symbol("X", `${seen.example},${i}`) : symbol("A", `${seen.example},${i}`, layer.layer - 1)),
      w: (i, j) => symbol("W", `${i},${j}`, layerMark()),
      unit: (letter, j) => symbol(letter, `${seen.example},${j}`, layerMark()),
      next: (letter, k) => symbol(letter, `${seen.example},${k}`, layer.layer + 1),
    };

    // Which terms are written out: all of few, else the largest, with the rest as one sum.
    function choose(terms, keep) {
      const all = [...terms.keys()];
      if (terms.length <= layer.few) return { shown: all, rest: 0, sum: 0 };
      const shown = all.sort((p, q) => Math.abs(terms[q]) - Math.abs(terms[p])).slice(0, layer.largest);
      if (keep !== null && !shown.includes(keep)) shown.push(keep);
      let sum = 0;
      const written = new Set(shown);
      terms.forEach((term, k) => { if (!written.has(k)) sum += term; });
      return { shown, rest: terms.length - shown.length, sum };
    }

    // Fill a table: one row for each term, with the sum so far; then the rest, then what is added.
    function fillTable(table, heads, terms, columns, { keep = null, added = [] } = {}) {
      const { shown, rest, sum } = choose(terms, keep);
      const largest = Math.max(...shown.map((k) => Math.abs(terms[k])));
      const rows = [make("tr", {}, ...heads.map((head) => make("th", { scope: "col" }, head)))];
      let total = 0;
      const id = uniqueId("term");
      for (const k of shown) {
        total += terms[k];
        const picked = k === keep;
        const line = make("tr", { "aria-selected": String(picked), "data-term": k, id: picked ? id : null },
          make("th", { scope: "row" }, picked ? `▸ ${k}` : String(k)),
          ...columns(k).map(([sign, value]) => make("td", {}, sign, make("span", { class: "nn-value" }, inTable(value)))),
          make("td", {}, bar(terms[k], largest)),
          make("td", { class: "nn-sum" }, inTable(total)));
        rows.push(line);
      }
      const wide = columns(shown[0]).length;
      const extra = (label, value, kind) => {
        total += value;
        return make("tr", { "data-term": kind }, make("th", { scope: "row", colspan: wide }, label),
          make("td", {}, make("span", { class: "nn-value" }, inTable(value))),
          make("td", {}, kind === "rest" ? "" : bar(value, largest)),
          make("td", { class: "nn-sum" }, inTable(total)));
      };
      if (rest) rows.push(extra(`… and ${rest.toLocaleString("en-US")} more: their sum`, sum, "rest"));
      for (const [label, value, kind] of added) rows.push(extra(label, value, kind));
      table.replaceChildren(...rows);
      if (shown.includes(keep)) table.setAttribute("aria-activedescendant", id);
      else table.removeAttribute("aria-activedescendant");
    }

    // ---------------------------------------------------------------- showing

    function show() {
      if (!ready()) return;
      const [i, j] = [look("i"), look("j")];
      const view = { i, j, x: seen.X[i], w: w(i, j), z: seen.Z[j], a: seen.A[j] };
      const way = layer.labelled ? controls.show.value : "forward";
      parts.forward.element.hidden = way === "backward";
      parts.backward.element.hidden = way === "forward";
      showPlace(view);
      showForward(view);
      if (layer.labelled) showBackward(view);
      for (const { pictures } of Object.values(parts)) {
        pictures.canvas.hidden = !layer.picture;
        pictures.redraw();
      }
      strip.redraw();
      thumb.canvas.hidden = !layer.side || layer.layer === 1;
      thumb.redraw();
      Object.assign(live.root.dataset, { i, j, example: seen.example, layer: layer.layer, steps: seen.steps });
    }

    function showPlace({ i, j, x, w: weight }) {
      for (const [name, field] of Object.entries(boxes)) {
        if (document.activeElement !== field.box || over.i !== null || over.j !== null) field.box.value = look(name);
        field.range.textContent = `of 0 … ${lastOf(name)}`;
      }
      const columns = layer.picture ? layer.picture[1] : 1;
      pixel.textContent = layer.side && layer.layer === 1 ? `pixel in row ${Math.floor(i / columns)}, column ${i % columns}` : "";
      chosen.textContent = `input ${i} × weight to unit ${j}: ${inFigures(x)} × ${signed(weight)} = ${inFigures(x * weight)}`;
      const keys = layer.picture ? `, Page ↑ ↓ a row of ${columns}` : "";
      help.textContent = `Keys in the pictures and tables: ↑ ↓ input i, ← → unit j${keys}. All indices count from 0, as in the code; layers from 1.`;
    }

    function showForward({ i, j, z, a }) {
      const { head, formula, table, result } = parts.forward;
      const terms = Array.from(seen.X, (x, k) => x * w(k, j));
      const letter = layer.layer === 1 ? symbol("X", "ni") : symbol("A", "ni", layer.layer - 1);
      head.textContent = `${PART.forward}: unit ${j} of layer ${layer.layer}`;
      formula.replaceChildren(symbol("Z", "nj", layerMark()), " = Σ", make("sub", {}, "i"), " ", letter, " ",
        symbol("W", "ij", layerMark()), " + ", symbol("b", "j", layerMark()), ` ,  n = ${seen.example}, j = ${j}`);
      const bias = make("span", {}, "+ bias ", symbol("b", j, layerMark()));
      fillTable(table, ["i", letter.cloneNode(true), make("span", {}, "× ", symbol("W", "ij", layerMark())), "= term", "", "sum so far"],
        terms, (k) => [[make("span", { class: "nn-muted" }, name.x(k), " "), seen.X[k]],
          [make("span", { class: "nn-muted" }, "× ", name.w(k, j), " "), w(k, j)], ["", terms[k]]],
        { keep: i, added: [[bias, layer.b[j], "bias"]] });
      table.setAttribute("aria-label", `the terms of unit ${j}: ${layer.n_in} inputs times weights`);
      const lines = [make("div", { "data-result": "z" }, name.unit("Z", j), " = ", make("b", {}, inFigures(z)))];
      if (layer.activation.name) {
        const formulaOfA = fill(layer.activation.value, z, a);
        lines.push(make("div", { "data-result": "a" }, name.unit("A", j), ` = g(z) = ${formulaOfA} = `, make("b", {}, inFigures(a)), make("span", { class: "nn-muted" }, `   (${layer.activation.name})`)));
      } else if (layer.n_layers > 1 && layer.last) lines.push(make("div", { class: "nn-muted" }, "The last layer has no activation: z is the score."));
      result.replaceChildren(...lines);
      parts.forward.pictures.describe(`Inputs, weights of unit ${j} and their products as pictures. Input ${i}: ${inFigures(seen.X[i])} times ${inFigures(w(i, j))} is ${inFigures(terms[i])}.`);
    }

    // "max({z}, 0)" with the numbers in place; those below zero in brackets, if they have none yet.
    const fill = (words, z, a) => words.replaceAll("({z}", `(${inFigures(z)}`)
      .replaceAll("{z}", signed(z)).replaceAll("{a}", signed(a));

    function showBackward({ i, j, x, w: weight, z, a }) {
      const { head, formula, table, result } = parts.backward;
      const lr = controls.lr.value;
      const [dA, slope, dZ] = [seen.dA[j], seen.slope[j], seen.dZ[j]];
      head.textContent = `Backward: from the cost to the weight ${i} → ${j}`;
      const lines = [];
      if (layer.last) showOutputs(formula, table, j);
      else {
        const up = layer.layer + 1;
        formula.replaceChildren(symbol("dA", "nj", layerMark()), " = Σ", make("sub", {}, "k"), " ", symbol("dZ", "nk", up), " ", symbol("W", "jk", up));
        const terms = Array.from(seen.nextDZ, (d, k) => d * nextW(j, k));
        fillTable(table, ["k", symbol("dZ", "nk", up), make("span", {}, "× ", symbol("W", "jk", up)), "= term", "", "sum so far"],
          terms, (k) => [[make("span", { class: "nn-muted" }, name.next("dZ", k), " "), seen.nextDZ[k]],
            [make("span", { class: "nn-muted" }, "× ", symbol("W", `${j},${k}`, up), " "), nextW(j, k)], ["", terms[k]]]);
        table.setAttribute("aria-label", `what comes back to unit ${j}: dZ of the next layer times weights`);
      }
      if (!layer.last || layer.loss === "quadratic" || layer.activation.name) lines.push(make("div", { "data-result": "dA" }, name.unit("dA", j), " = ", make("b", {}, inFigures(dA))));
      if (layer.activation.name) {
        const words = layer.activation.slope;
        lines.push(make("div", { "data-result": "slope" }, `g'(z) = ${words.includes("{") ? `${fill(words, z, a)} = ` : ""}`,
          make("b", {}, inFigures(slope)), words.includes("{") ? "" : make("span", { class: "nn-muted" }, `   (${words})`)));
        lines.push(make("div", { "data-result": "dZ" }, name.unit("dZ", j), ` = dA · g'(z) = ${inFigures(dA)} × ${signed(slope)} = `, make("b", {}, inFigures(dZ))));
      } else lines.push(make("div", { "data-result": "dZ" }, name.unit("dZ", j), " = ", make("b", {}, inFigures(dZ))));
      lines.push(make("div", { "data-result": "dW" }, symbol("dW", `${i},${j}`, layerMark()), " = ", name.x(i), " · ", name.unit("dZ", j), ` = ${inFigures(x)} × ${signed(dZ)} = `, make("b", {}, inFigures(x * dZ))));
      lines.push(make("div", { "data-result": "new" }, name.w(i, j), " ← ", name.w(i, j), ` − η dW = ${inFigures(weight)} − ${formatNumber(lr)} × ${signed(x * dZ)} = `, make("b", {}, inFigures(weight - lr * x * dZ))));
      lines.push(make("div", { class: "nn-muted" }, "One example, so N = 1: the sum over n in dW has one term, and 1/N in the cost is 1."));
      result.replaceChildren(...lines);
      parts.backward.pictures.describe(`The derivatives by all weights of unit ${j} as a picture: input times ${inFigures(dZ)}. Weight ${i}: ${inFigures(x * dZ)}.`);
    }

    // At the end of the network the way back begins: what it said, minus what was true.
    function showOutputs(formula, table, j) {
      const quadratic = layer.loss === "quadratic";
      const said = quadratic ? "A" : "P";
      const from = { softmax: "softmax(Z)", sigmoid: "σ(Z)", quadratic: "the last layer's A" }[layer.loss];
      formula.replaceChildren(symbol(quadratic || layer.activation.name ? "dA" : "dZ", "nk"), " = (", symbol(said, "nk"), " − ", symbol("Y", "nk"), `) / N ,  ${said} = ${from}`);
      const errors = Array.from(seen.P, (p, k) => p - seen.Y[k]);
      const { shown, rest } = choose(errors, j);
      const largest = Math.max(...errors.map(Math.abs));
      const heads = ["k", symbol("Z", "nk"), symbol(said, "nk"), make("span", {}, "− ", symbol("Y", "nk")), "= difference", ""];
      const rows = [make("tr", {}, ...heads.map((head) => make("th", { scope: "col" }, head)))];
      for (const k of shown) {
        const line = make("tr", { "data-term": k, "aria-selected": String(k === j) }, make("th", { scope: "row" }, k === j ? `▸ ${k}` : String(k)),
          ...[seen.Z[k], seen.P[k], seen.Y[k], errors[k]].map((value) => make("td", {}, make("span", { class: "nn-value" }, inTable(value)))),
          make("td", {}, bar(errors[k], largest)));
        rows.push(line);
      }
      if (rest) rows.push(make("tr", {}, make("th", { colspan: heads.length }, `… and ${rest.toLocaleString("en-US")} more`)));
      table.replaceChildren(...rows);
      table.removeAttribute("aria-activedescendant");
      table.setAttribute("aria-label", `what the network says of each class, minus what is true; unit ${j}`);
    }

    function showExample() {
      const parts = [`Example n = ${seen.example}`];
      if (layer.labelled) {
        parts.push(`its label is ${seen.label}, the network says ${seen.says}`, `cost of this example J = ${seen.J === null ? "too large for the computer" : inFigures(seen.J)}`);
        if (seen.steps) parts.push(`after ${seen.steps} step${seen.steps > 1 ? "s" : ""} in a private copy`);
      }
      says.textContent = parts.join(" · ");
      outcome.replaceChildren();
      const done = seen.result;
      if (!done) return;
      const less = done.before - done.after;
      outcome.append(
        make("div", { "data-result": "step" }, `Step with η = ${formatNumber(done.lr)}: J of this example ${inFigures(done.before)} → `,
          make("b", {}, inFigures(done.after)), `. Promised by the slopes, η · ‖grad‖²: ${inFigures(done.promised)} less; got ${inFigures(Math.abs(less))} ${less < 0 ? "more" : "less"}.`),
        done.many > 1 ? make("div", { "data-result": "mean" }, `Mean cost of ${done.all ? "all" : "the first"} ${done.many.toLocaleString("en-US")} examples, though the step asked example ${seen.example} alone: ${inFigures(done.mean_before)} → ${inFigures(done.mean_after)}.`) : "",
      );
    }

    // ---------------------------------------------------------------- pictures

    function drawPictures(part, ctx, width, height, theme) {
      if (!ready() || !layer.picture) return;
      const [rows, columns] = layer.picture;
      const [i, j] = [look("i"), look("j")];
      const column = Float32Array.from(seen.X, (_, k) => w(k, j));
      const inputs = Float32Array.from(seen.X);
      const all = part === "forward"
        ? [["inputs", inputs], [`weights of unit ${j}`, column], ["inputs × weights", column.map((v, k) => v * inputs[k])]]
        : [["dW: inputs × dZ", inputs.map((x) => x * seen.dZ[j])], [`weights of unit ${j}`, column]];
      // Room for three pictures in a row, and no more height than they need.
      const gap = 12;
      const third = (width - 2 * gap) / 3;
      const needed = Math.min(200, Math.round(38 + (third * rows) / columns));
      if (height !== needed) {
        parts[part].pictures.canvas.style.height = `${needed}px`;
        return; // it is drawn again as soon as it has its new height
      }
      const side = Math.min(third, ((height - 38) * columns) / rows);
      parts[part].boxes = all.map(([title, values], number) => {
        const box = { x: number * (side + gap), y: 18, width: side, height: (side * rows) / columns };
        const limit = values.reduce((most, v) => Math.max(most, Math.abs(v)), 0) || 1;
        const negative = values.some((v) => v < 0);
        const cells = new Float32Array(rows * columns);
        cells.set(values);
        heatMap(ctx, box, cells, rows, columns, negative || title.startsWith("inputs ×") || part === "backward" ? { low: -limit, high: limit } : { low: 0, high: limit, map: "grey" });
        markMinus(ctx, box, values, rows, columns, limit);
        const blank = rows * columns - values.length;
        if (blank) ctx.clearRect(box.x + (box.width * (columns - blank)) / columns, box.y + (box.height * (rows - 1)) / rows, (box.width * blank) / columns, box.height / rows);
        ctx.strokeStyle = theme.muted;
        ctx.lineWidth = 1;
        ctx.strokeRect(box.x + 0.5, box.y + 0.5, box.width - 1, box.height - 1);
        drawText(ctx, title, box.x, 12, theme, { size: 12, bold: true });
        drawText(ctx, negative ? `± ${formatNumber(limit)}` : `0 … ${formatNumber(limit)}`, box.x, box.y + box.height + 14, theme, { size: 11, color: theme.muted });
        frame(ctx, box.x + ((i % columns) / columns) * box.width, box.y + (Math.floor(i / columns) / rows) * box.height, box.width / columns, box.height / rows);
        return box;
      });
    }

    // The image that went into the network, beside layers that see it only through others.
    function drawThumb(ctx, width, height, theme) {
      if (!ready() || !layer.side) return;
      const box = { x: 0, y: 0, width: height, height };
      heatMap(ctx, box, Float32Array.from(seen.image), layer.side, layer.side, { low: 0, high: Math.max(...seen.image) || 1, map: "grey" });
      ctx.strokeStyle = theme.muted;
      ctx.strokeRect(0.5, 0.5, height - 1, height - 1);
      thumb.describe(`The image of example ${seen.example}`);
    }

    // A small minus on the cells that are clearly below zero: in grey, colours do not say the sign.
    function markMinus(ctx, box, values, rows, columns, limit) {
      const [wide, tall] = [box.width / columns, box.height / rows];
      if (wide < 4) return;
      ctx.fillStyle = "#fff";
      values.forEach((value, k) => {
        if (value > -0.25 * limit) return;
        ctx.fillRect(box.x + ((k % columns) + 0.25) * wide, box.y + (Math.floor(k / columns) + 0.5) * tall - 0.5, 0.5 * wide, 1);
      });
    }

    // A frame that is seen on every colour: black in white, a little larger than the cell.
    function frame(ctx, x, y, width, height) {
      for (const [style, thick, out] of [["#fff", 5, 2.5], ["#000", 2, 2.5]]) {
        ctx.strokeStyle = style;
        ctx.lineWidth = thick;
        ctx.strokeRect(x - out, y - out, width + 2 * out, height + 2 * out);
      }
    }

    // All units of the layer, each with what it says; the one that is looked at is framed.
    function drawStrip(ctx, width, height, theme) {
      if (!ready()) return;
      const j = look("j");
      const limit = seen.A.reduce((most, a) => Math.max(most, Math.abs(a)), 0) || 1;
      drawText(ctx, `what all units of this layer say, ${layer.activation.name ? "A" : "Z"} (orange above 0, blue below); click to choose one`, 0, 11, theme, { size: 11, color: theme.muted });
      const [top, tall, wide] = [17, height - 21, width / layer.n_out];
      heatMap(ctx, { x: 0, y: top, width, height: tall }, Float32Array.from(seen.A), 1, layer.n_out, { low: -limit, high: limit });
      ctx.strokeStyle = theme.muted;
      ctx.lineWidth = 1;
      ctx.strokeRect(0.5, top + 0.5, width - 1, tall - 1);
      if (wide > 44) {
        seen.A.forEach((a, k) => {
          const dark = a / limit < -0.5;
          drawText(ctx, `${k}: ${formatNumber(a)}`.replace("-", "−"), (k + 0.5) * wide, top + tall / 2, theme, { align: "center", baseline: "middle", size: 11, color: dark ? "#fff" : "#000" });
        });
      }
      const inset = wide > 8 ? 3 : 0;
      frame(ctx, j * wide + 2.5 + inset / 2, top + 3, Math.max(wide - 5 - inset, 1), tall - 6);
      strip.describe(`What the ${layer.n_out} units of this layer say; unit ${j}: ${inFigures(seen.A[j])}.`);
    }

    // ---------------------------------------------------------------- messages

    live.on("layer", (content, buffers) => {
      const [W, b, nextW] = buffers.map(asFloat64);
      layer = { ...content, W, b, nextW };
      Object.assign(over, { i: null, j: null });
      if (ready()) showExample();
      show();
    });
    live.on("example", (content, buffers) => {
      const [X, Z, A, slope, dA, dZ, P, Y, nextDZ, image] = buffers.map(asFloat64);
      seen = { ...content, X, Z, A, slope, dA, dZ, P, Y, nextDZ, image };
      if (ready()) showExample();
      show();
    });
    live.on("place", ({ i, j, by }) => {
      if (by === me) return; // the hand is newer than what Python heard of it
      Object.assign(at, { i, j });
      show();
    });
    controls.listen((changed) => { if (changed === "show" || changed === "lr") show(); });
    return () => live.close();
  },
};
