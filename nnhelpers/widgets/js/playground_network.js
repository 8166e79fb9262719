// The playground's network, neuron by neuron: each a small map of the plane, each weight a line.

import { contourLine, drawText, heatMap, makeCanvas } from "./canvas.js";
import { clamp, formatNumber } from "./page.js";

const LINES = 300; // at most so many between two layers: the widest

const sum = (list) => list.reduce((a, b) => a + b, 0);
const same = (a, b) => JSON.stringify(a) === JSON.stringify(b);

// Where each unit's small map is: a list of {x, y} for each layer, and the maps' common size.
// A layer is a grid of columns of up to eight. The margin is for the inputs' names.
function arrange(sizes, margin, width, height) {
  const columns = sizes.map((n) => Math.ceil(n / 8));
  const gap = clamp(0.42 * width / sizes.length, 22, 90);
  const size = Math.floor(Math.min(46, (height - 36) / Math.min(8, Math.max(...sizes)) - 4,
    (width - margin - 4 - gap * (sizes.length - 1)) / sum(columns) - 4));
  const used = sum(columns) * (size + 4);
  const between = (width - margin - 4 - used) / Math.max(1, sizes.length - 1);
  let x = margin;
  const layers = sizes.map((n, layer) => {
    const rows = Math.ceil(n / columns[layer]);
    const top = 22 + (height - 26 - rows * (size + 4)) / 2;
    const units = Array.from({ length: n }, (_, i) => ({
      x: x + Math.floor(i / rows) * (size + 4),
      y: top + (i % rows) * (size + 4),
    }));
    x += columns[layer] * (size + 4) + between;
    return units;
  });
  return { layers, size };
}

function layerName(layer, count, tight) {
  if (layer === 0) return tight ? "in" : "inputs";
  if (layer === count - 1) return tight ? "out" : "output";
  return tight ? String(layer) : `layer ${layer}`;
}

// shown.now is what Python last said. Returns {describeUnit, describe, redraw}.
export function makeNetwork(live, parent, shown) {
  let drawn = null; // where the units are on the canvas
  let pinned = null; // the unit that a click or the arrow keys chose: [layer, unit]
  let asked = null; // the unit that Python was told last

  // The weights come layer by layer, each with a row for each unit that they come from.
  function weightsAfter(layer) {
    const { sizes, weights } = shown.now;
    const before = sum(sizes.slice(1, layer + 1).map((n, i) => n * sizes[i]));
    return (from, to) => weights[before + from * sizes[layer + 1] + to];
  }

  function drawWeights(ctx, theme) {
    const { sizes, chosen: [chosenLayer, chosenUnit] } = shown.now;
    const inner = chosenLayer > 0 && chosenLayer < sizes.length - 1; // then its own lines stand out
    for (let layer = 0; layer + 1 < sizes.length; layer += 1) {
      const weight = weightsAfter(layer);
      const lines = [];
      for (let i = 0; i < sizes[layer]; i += 1) {
        for (let j = 0; j < sizes[layer + 1]; j += 1) lines.push([weight(i, j), i, j]);
      }
      lines.sort((a, b) => Math.abs(b[0]) - Math.abs(a[0]));
      const widest = Math.abs(lines[0][0]) || 1;
      const many = lines.length > 64;
      for (const [w, i, j] of lines.slice(0, LINES).reverse()) {
        const touches = (layer === chosenLayer && i === chosenUnit) || (layer + 1 === chosenLayer && j === chosenUnit);
        const from = drawn.layers[layer][i];
        const to = drawn.layers[layer + 1][j];
        ctx.globalAlpha = inner ? (touches ? 1 : 0.1) : (many ? 0.5 : 0.8);
        ctx.strokeStyle = theme.colors[w < 0 ? 0 : 1];
        ctx.setLineDash(w < 0 ? [5, 3] : []);
        ctx.lineWidth = 0.3 + (many ? 2.2 : 4) * Math.abs(w) / widest;
        ctx.beginPath();
        ctx.moveTo(from.x + drawn.size, from.y + drawn.size / 2);
        ctx.lineTo(to.x, to.y + drawn.size / 2);
        ctx.stroke();
      }
    }
    ctx.setLineDash([]);
    ctx.globalAlpha = 1;
  }

  function draw(ctx, width, height, theme) {
    const { now } = shown;
    if (!now) return;
    const long = Math.max(...now.inputs.map((name) => name.length)) > 4;
    const tight = width / now.sizes.length < 72;
    drawn = arrange(now.sizes, long ? 52 : 30, width, height);
    drawWeights(ctx, theme);
    const cells = now.small * now.small;
    let unit = 0;
    drawn.layers.forEach((layer, number) => {
      const middle = (layer[0].x + layer[layer.length - 1].x + drawn.size) / 2;
      drawText(ctx, layerName(number, now.sizes.length, tight), middle, 14, theme, { align: "center", color: theme.muted });
      layer.forEach(({ x, y }, i) => {
        const box = { x, y, width: drawn.size, height: drawn.size };
        heatMap(ctx, box, now.answers.subarray(unit * cells, (unit + 1) * cells), now.small, now.small);
        Object.assign(ctx, { strokeStyle: "#000", lineWidth: 1 });
        contourLine(ctx, box, now.borders.subarray(unit * cells, (unit + 1) * cells), now.small, now.small, 127.99);
        const chosen = same([number, i], now.chosen);
        Object.assign(ctx, { strokeStyle: chosen ? theme.accent : theme.muted, lineWidth: chosen ? 3 : 1 });
        ctx.strokeRect(x, y, drawn.size, drawn.size);
        if (number === 0) drawText(ctx, now.inputs[i], x - 4, y + drawn.size / 2, theme, { align: "right", baseline: "middle", size: long ? 11 : 12 });
        unit += 1;
      });
    });
  }

  // ---- looking at a unit: the mouse looks, a click or the arrow keys choose

  function unitAt({ offsetX: x, offsetY: y }) {
    for (const [layer, units] of (drawn?.layers ?? []).entries()) {
      const i = units.findIndex((unit) => x >= unit.x && x <= unit.x + drawn.size && y >= unit.y && y <= unit.y + drawn.size);
      if (i >= 0) return [layer, i];
    }
    return null;
  }

  function choose(unit) {
    if (same(unit, asked)) return;
    asked = unit;
    live.sendLatest("choose", unit ? { layer: unit[0], unit: unit[1] } : {});
  }

  const view = makeCanvas(live, parent, { height: 430, label: "the network", draw, interactive: true });
  view.canvas.addEventListener("pointermove", (event) => choose(unitAt(event) || pinned));
  view.canvas.addEventListener("pointerleave", () => choose(pinned));
  view.canvas.addEventListener("click", (event) => {
    const unit = unitAt(event);
    pinned = same(unit, pinned) ? null : unit;
    choose(pinned);
  });
  view.canvas.addEventListener("keydown", (event) => {
    const { now } = shown;
    const step = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key];
    if (!now || !(step || event.key === "Escape")) return;
    const [layer, unit] = pinned || now.chosen; // Python may not have heard of the last key yet
    pinned = null;
    if (step) {
      const to = clamp(layer + step[0], 0, now.sizes.length - 1);
      pinned = [to, clamp(unit + step[1], 0, now.sizes[to] - 1)];
    }
    event.preventDefault();
    choose(pinned);
  });

  return {
    // The chosen unit's name, and its numbers.
    describeUnit() {
      const { chosen: [layer, unit], sizes, inputs, biases } = shown.now;
      if (layer === 0) return [`input ${inputs[unit]}`, ""];
      const name = layer === sizes.length - 1 ? "output" : `layer ${layer}, neuron ${unit + 1}`;
      const weight = weightsAfter(layer - 1);
      const into = Array.from({ length: sizes[layer - 1] }, (_, i) => weight(i, unit));
      const first = into.slice(0, 8).map((w) => formatNumber(w)).join(", ");
      const bias = biases[sum(sizes.slice(1, layer)) + unit];
      return [name, `: weights ${first}${into.length > 8 ? ", …" : ""}; bias ${formatNumber(bias)}`];
    },
    // Another network may have no such unit.
    update(unit) {
      const { sizes } = shown.now;
      if (pinned && !(pinned[0] < sizes.length && pinned[1] < sizes[pinned[0]])) pinned = asked = null;
      view.describe(`The network ${sizes.join("-")}, neuron by neuron; lines are weights, dashed and blue below zero. Chosen: ${unit}. Arrow keys choose another, Escape the output.`);
      view.redraw();
    },
  };
}
