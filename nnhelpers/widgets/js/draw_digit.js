// Draw a digit: paper on the left, what the network sees, says and why on the right, and its hidden
// layers below.

import { contourLine, drawBorder, drawText, drawTwice, heatMap, makeCanvas } from "./canvas.js";
import { makeControls } from "./controls.js";
import { SIDE, counted, makePaper } from "./draw_paper.js";
import { connect } from "./link.js";
import { asFloat32, formatNumber, largestOf, make, setText } from "./page.js";

// 0.9712 -> "97.1%"
function inPercent(part) {
  const percent = 100 * part;
  return `${percent >= 99.95 || percent < 0.05 ? Math.round(percent) : percent.toFixed(1)}%`;
}

function drawBars(ctx, box, theme, P, best, label) {
  const row = box.height / P.length;
  const left = box.x + 22;
  const wide = box.width - 22 - (label === null ? 54 : 88); // room for the text after a bar
  P.forEach((p, k) => {
    const y = box.y + k * row;
    const middle = y + row / 2;
    const bold = k === best;
    drawText(ctx, String(k), left - 7, middle, theme, { align: "right", baseline: "middle", bold, size: 13 });
    ctx.fillStyle = bold ? theme.accent : theme.muted;
    ctx.fillRect(left, y + 3, Math.max(p * wide, 1), row - 6);
    const text = inPercent(p) + (k === label ? " ◂ label" : "");
    drawText(ctx, text, left + p * wide + 6, middle, theme, { baseline: "middle", bold, size: 12 });
  });
  ctx.fillStyle = theme.muted;
  ctx.fillRect(left - 1, box.y, 1, box.height);
}

// Signs where the map is strongest, not too close to each other: it can be read without colours.
function markStrongest(ctx, box, values, limit, theme) {
  const unit = box.width / SIDE;
  for (const [sign, text] of [[1, "+"], [-1, "−"]]) {
    const order = [...values.keys()].sort((i, j) => sign * (values[j] - values[i]));
    const marked = [];
    for (const i of order) {
      if (sign * values[i] < 0.25 * limit || marked.length === 8) break;
      const [row, column] = [Math.floor(i / SIDE), i % SIDE];
      if (marked.some(([r, c]) => Math.hypot(r - row, c - column) < 3)) continue;
      marked.push([row, column]);
      drawText(ctx, text, box.x + (column + 0.5) * unit, box.y + (row + 0.5) * unit, theme,
        { align: "center", baseline: "middle", color: "#000", halo: "#fff", bold: true, size: 14 });
    }
  }
}

// The hidden layers as rows of fields, one for each unit: heights of the rows, then the drawing.
function rowsOf(layer, width) {
  const across = Math.min(layer.values.length, width > 800 ? 128 : 64);
  const down = Math.ceil(layer.values.length / across);
  return { across, down, height: down === 1 ? 22 : Math.max(3, Math.min(11, Math.floor(110 / down))) };
}

function drawLayer(ctx, layer, y, width, theme) {
  const { across, down, height } = rowsOf(layer, width);
  const text = ctx.measureText(layer.text).width < width ? layer.text : layer.short;
  drawText(ctx, text, 0, y + 13, theme, { size: 12 });
  const field = Math.min(width / across, 24);
  const options = layer.signed ? { low: -layer.limit, high: layer.limit } : { map: "grey", low: 0, high: layer.limit };
  for (let r = 0; r < down; r += 1) {
    const some = layer.values.subarray(r * across, (r + 1) * across);
    const box = { x: 0, y: y + 18 + r * height, width: some.length * field, height };
    heatMap(ctx, box, some, 1, some.length, options);
    drawBorder(ctx, box, "#9e9e9e");
  }
  return y + 18 + down * height + 8;
}

export default {
  render({ model, el }) {
    const live = connect(model, el, "nn-draw");
    const [left, right] = [make("div"), make("div")];
    live.body.append(make("div", { class: "nn-scene" }, left, right));
    const controls = makeControls(live, live.body);
    makePaper(live, left, controls);
    left.append(make("div", { class: "nn-hint" },
      "Mouse, pen or finger; a digit of about the dashed box's size. Keyboard: arrow keys move the pen "
      + "(with Shift in small steps, two together diagonally), Space puts it down or lifts it; u undo, r redo, c clear."));

    let now = null;
    const says = make("div", { class: "nn-says" });
    const spoken = make("div", { class: "nn-unseen", role: "status", "aria-live": "polite" });
    right.append(says, spoken);

    const view = makeCanvas(live, right, {
      height: 274, label: "what the network sees and says",
      draw(ctx, width, height, theme) {
        if (!now) return;
        const narrow = width < 500; // then the bars are below the two images
        const side = narrow ? (width - 16) / 2 : Math.min((width - 200) / 2 - 16, 216);
        const below = side + 86;
        view.canvas.style.height = `${narrow ? below + 250 : 274}px`; // takes hold at the next frame
        const picture = { x: 0, y: 22, width: side, height: side };
        const map = { x: side + 16, y: 22, width: side, height: side };
        const bars = narrow
          ? { x: 0, y: below, width, height: 240 }
          : { x: 2 * side + 32, y: 20, width: width - 2 * side - 32, height: 244 };
        drawText(ctx, side > 160 ? "as the network sees it" : "what it sees", picture.x, 14, theme, { bold: true });
        heatMap(ctx, picture, now.image, SIDE, SIDE, { map: "grey" });
        drawText(ctx, now.title, map.x, 14, theme, { bold: true });
        heatMap(ctx, map, now.why, SIDE, SIDE, { low: -now.limit, high: now.limit });
        drawTwice(ctx, 3, 1.2, () => contourLine(ctx, map, now.image, SIDE, SIDE, 0.5));
        markStrongest(ctx, map, now.why, now.limit, theme);
        for (const box of [picture, map]) drawBorder(ctx, box, "#9e9e9e");
        drawText(ctx, "orange, +: ink raises the score", map.x, 22 + side + 15, theme, { size: 11 });
        drawText(ctx, "blue, −: ink lowers the score", map.x, 22 + side + 30, theme, { size: 11 });
        drawText(ctx, "probability", bars.x + 22, bars.y - 6, theme, { bold: true });
        drawBars(ctx, bars, theme, now.P, now.answer, now.label);
      },
    });
    const layers = makeCanvas(live, right, {
      height: 10, label: "hidden layers",
      draw(ctx, width, height, theme) {
        if (!now) return;
        let y = 0;
        for (const layer of now.layers) y = drawLayer(ctx, layer, y, width, theme);
        layers.canvas.style.height = `${Math.max(y, 1)}px`; // grows at the next frame, if it has to
      },
    });

    live.on("answer", (content, buffers) => {
      const [image, P, why, ...hidden] = buffers.map(asFloat32);
      const { answer, second, about, rival, label, empty, timesInk } = content;
      const subject = rival === null ? `${about}` : `${about} and not ${rival}`;
      now = {
        ...content, image, P, why, limit: largestOf(why),
        title: `why ${subject}?${timesInk ? " × ink" : ""}`,
        layers: content.layers.map(({ number, name }, i) => {
          const limit = largestOf(hidden[i]);
          const signed = hidden[i].some((value) => value < 0);
          const on = hidden[i].filter((value) => value > 0.1 * limit).length;
          const scale = signed ? `blue −${formatNumber(limit)}, white 0, orange ${formatNumber(limit)}` : `white 0, black ${formatNumber(limit)}`;
          const short = `hidden layer ${number}: ${counted(hidden[i].length, "unit")}, ${name}`;
          return { values: hidden[i], limit, signed, short, text: `${short}; ${scale}; ${on} above a tenth of that` };
        }),
      };
      const verdict = label === null ? "" : ` The label is ${label}${label === answer ? "." : ": a mistake."}`;
      const words = empty
        ? `No ink yet. (Of empty paper it says ${answer}, with ${inPercent(P[answer])}: it must say something.)`
        : `It says ${answer} (${inPercent(P[answer])}), or else ${second} (${inPercent(P[second])}).${verdict}`;
      says.textContent = words;
      setText(spoken, empty ? "no ink yet" : `it says ${answer}.${verdict}`); // not at every percent
      Object.assign(live.root.dataset, {
        answer: empty ? "" : answer, probability: P[answer].toFixed(4), points: content.points,
        number: content.number ?? "", about, answers: Number(live.root.dataset.answers || 0) + 1,
      });
      const all = [...P].map((p, k) => `${k}: ${inPercent(p)}`).join(", ");
      view.describe(`${words} All probabilities: ${all}. A map of the pixels that speak for ${subject} and against it.`);
      layers.describe(now.layers.map((layer) => layer.text).join(". ") || "no hidden layer is shown");
      view.redraw();
      layers.redraw();
    });
    return () => live.close();
  },
};
