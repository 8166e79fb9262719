// The X-ray's pictures: inputs, weights and derivatives as images, and the strip of all units.

import { drawBorder, drawText, drawTwice, heatMap } from "./canvas.js";
import { formatNumber, largestOf } from "./page.js";

// Draw the pictures of a part ("forward" or "backward"), with input i framed. Returns where they
// are, for the mouse; nothing if the canvas has to grow first: then it is drawn once more.
export function drawPictures(part, canvas, { layer, seen, w }, [i, j], ctx, width, height, theme) {
  const [rows, columns] = layer.picture;
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
    canvas.style.height = `${needed}px`;
    return [];
  }
  const side = Math.min(third, ((height - 38) * columns) / rows);
  return all.map(([title, values], number) => {
    const box = { x: number * (side + gap), y: 18, width: side, height: (side * rows) / columns };
    const [wide, tall] = [box.width / columns, box.height / rows];
    const limit = largestOf(values);
    const negative = values.some((v) => v < 0);
    const cells = new Float32Array(rows * columns);
    cells.set(values);
    const grey = !negative && !title.startsWith("inputs ×") && part === "forward";
    heatMap(ctx, box, cells, rows, columns, grey ? { low: 0, high: limit, map: "grey" } : { low: -limit, high: limit });
    markMinus(ctx, box, values, columns, wide, tall, limit);
    const blank = rows * columns - values.length;
    if (blank) ctx.clearRect(box.x + (columns - blank) * wide, box.y + (rows - 1) * tall, blank * wide, tall);
    drawBorder(ctx, box, theme.muted);
    drawText(ctx, title, box.x, 12, theme, { size: 12, bold: true });
    drawText(ctx, negative ? `± ${formatNumber(limit)}` : `0 … ${formatNumber(limit)}`, box.x, box.y + box.height + 14, theme, { size: 11, color: theme.muted });
    frame(ctx, box.x + (i % columns) * wide, box.y + Math.floor(i / columns) * tall, wide, tall);
    return box;
  });
}

// A small minus on the cells that are clearly below zero: in grey, colours do not say the sign.
function markMinus(ctx, box, values, columns, wide, tall, limit) {
  if (wide < 4) return;
  ctx.fillStyle = "#fff";
  values.forEach((value, k) => {
    if (value > -0.25 * limit) return;
    ctx.fillRect(box.x + ((k % columns) + 0.25) * wide, box.y + (Math.floor(k / columns) + 0.5) * tall - 0.5, 0.5 * wide, 1);
  });
}

// A frame that is seen on every colour, a little larger than the cell.
function frame(ctx, x, y, width, height) {
  drawTwice(ctx, 5, 2, () => ctx.strokeRect(x - 2.5, y - 2.5, width + 5, height + 5));
}

// The image that went into the network, beside layers that see it only through others.
export function drawThumb({ layer, seen }, ctx, height, theme) {
  const box = { x: 0, y: 0, width: height, height };
  heatMap(ctx, box, Float32Array.from(seen.image), layer.side, layer.side, { low: 0, high: Math.max(...seen.image) || 1, map: "grey" });
  drawBorder(ctx, box, theme.muted);
}

// All units of the layer, each with what it says; unit j is framed.
export function drawStrip({ layer, seen }, j, ctx, width, height, theme) {
  const limit = largestOf(seen.A);
  drawText(ctx, `what all units of this layer say, ${layer.activation.name ? "A" : "Z"} (orange above 0, blue below); click to choose one`, 0, 11, theme, { size: 11, color: theme.muted });
  const [top, tall, wide] = [17, height - 21, width / layer.n_out];
  const box = { x: 0, y: top, width, height: tall };
  heatMap(ctx, box, Float32Array.from(seen.A), 1, layer.n_out, { low: -limit, high: limit });
  drawBorder(ctx, box, theme.muted);
  if (wide > 44) {
    seen.A.forEach((a, k) => {
      const color = a / limit < -0.5 ? "#fff" : "#000";
      drawText(ctx, `${k}: ${formatNumber(a)}`.replace("-", "−"), (k + 0.5) * wide, top + tall / 2, theme, { align: "center", baseline: "middle", size: 11, color });
    });
  }
  const inset = wide > 8 ? 3 : 0;
  frame(ctx, j * wide + 2.5 + inset / 2, top + 3, Math.max(wide - 5 - inset, 1), tall - 6);
}
