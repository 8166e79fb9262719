// A line chart: one or two curves over the steps of a training, and marks where a hand steered it.

import { drawLine, drawMarker, drawText } from "./canvas.js";
import { formatNumber } from "./page.js";

const DASHES = [[], [7, 4]]; // of the first curve and the second

// Round numbers between low and high, about `count` of them.
function niceTicks(low, high, count) {
  const rough = (high - low) / count;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 2.5, 5, 10].map((m) => m * power).find((s) => s >= rough * 0.999);
  const ticks = [];
  for (let i = Math.ceil(low / step - 1e-9); i * step <= high + 1e-9 * step; i += 1) ticks.push(Number((i * step).toPrecision(12)));
  return ticks;
}

// Powers of ten between low and high; in between 2 and 5 where there is room.
function logTicks(low, high) {
  const ticks = [];
  const decades = Math.log10(high / low);
  const factors = decades < 1.5 ? [1, 2, 5] : [1];
  const stride = Math.max(1, Math.ceil(decades / 6));
  for (let p = Math.floor(Math.log10(low)); p <= Math.log10(high) + 1e-9; p += 1) {
    if (p % stride) continue;
    for (const f of factors) {
      const tick = Number((f * 10 ** p).toPrecision(3));
      if (tick >= low * 0.999 && tick <= high * 1.001) ticks.push(tick);
    }
  }
  return ticks.length ? ticks : [low];
}

// From what the axis asks for, and the finite values where it leaves an end open: [low, high].
function rangeOf(axis, series) {
  let [low, high] = [Infinity, -Infinity];
  for (const { y } of series) {
    for (const value of y) {
      if (!Number.isFinite(value) || (axis.log && value <= 0)) continue;
      low = Math.min(low, value);
      high = Math.max(high, value);
    }
  }
  if (low > high) [low, high] = axis.log ? [0.1, 1] : [0, 1];
  low = axis.low ?? low;
  high = axis.high ?? high;
  if (axis.log) low = Math.max(low, high * 1e-9);
  if (!(high > low)) [low, high] = axis.log ? [low / 2, high * 2] : [low, low + (Math.abs(low) || 1)];
  return [low, high];
}

// A line chart on the whole canvas.
//
//   lineChart(ctx, width, height, theme, {
//     title: "Cost",
//     x: {label: "step", high: 100},                    // from 0 on
//     y: {label: "cost J", log: true},                  // low and high: from the data if left out
//     series: [{name: "training", x: [...], y: [...], marker: "triangle"}],
//     marks: [{x: 40, text: "η 0.1"}],                  // vertical lines
//     marksAt: "bottom",                                // where their words are
//   });
export function lineChart(ctx, width, height, theme, { title, x, y, series, marks, marksAt = "top" }) {
  const [y0, y1] = rangeOf(y, series);
  const [left, right, top, bottom] = [52, width - 24, 26, height - 40]; // room for the last number
  const toX = (v) => left + ((right - left) * v) / x.high;
  const part = y.log ? (v) => Math.log(v / y0) / Math.log(y1 / y0) : (v) => (v - y0) / (y1 - y0);
  const toY = (v) => bottom - (bottom - top) * part(v);
  const small = { size: 11, color: theme.muted };

  // Grid and numbers.
  ctx.save();
  Object.assign(ctx, { lineWidth: 1, strokeStyle: theme.grid });
  for (const tick of niceTicks(0, x.high, Math.max(2, (right - left) / 80))) {
    const p = Math.round(toX(tick)) + 0.5;
    drawLine(ctx, [p, top], [p, bottom]);
    drawText(ctx, formatNumber(tick), p, bottom + 5, theme, { align: "center", baseline: "top", ...small });
  }
  for (const tick of y.log ? logTicks(y0, y1) : niceTicks(y0, y1, Math.max(2, (bottom - top) / 36))) {
    const p = Math.round(toY(tick)) + 0.5;
    const text = y.percent ? `${formatNumber(100 * tick)}%` : formatNumber(tick);
    drawLine(ctx, [left, p], [right, p]);
    drawText(ctx, text, left - 5, p, theme, { align: "right", baseline: "middle", ...small });
  }
  ctx.strokeStyle = theme.muted;
  drawLine(ctx, [left + 0.5, top], [left + 0.5, bottom + 0.5], [right, bottom + 0.5]);
  drawText(ctx, x.label, (left + right) / 2, height - 4, theme, { align: "center", baseline: "bottom" });
  drawText(ctx, y.label, 11, (top + bottom) / 2, theme, { align: "center", baseline: "middle", angle: -Math.PI / 2 });
  drawText(ctx, title, left, 17, theme, { bold: true, size: 13 });

  // Marks: a dotted line each.
  const inRange = marks.filter((mark) => mark.x <= x.high);
  ctx.strokeStyle = theme.ink;
  ctx.setLineDash([2, 3]);
  for (const mark of inRange) {
    const p = Math.round(toX(mark.x)) + 0.5;
    drawLine(ctx, [p, top], [p, bottom]);
  }
  ctx.setLineDash([]);

  // The curves. A value that is no number, or not above 0 on a logarithmic axis, makes a gap.
  ctx.beginPath();
  ctx.rect(left, top - 2, right - left + 3, bottom - top + 4);
  ctx.clip();
  series.forEach((curve, number) => {
    Object.assign(ctx, { strokeStyle: theme.colors[number], lineWidth: 2 });
    ctx.setLineDash(DASHES[number]);
    ctx.beginPath();
    let pen = false;
    curve.y.forEach((value, i) => {
      const shown = Number.isFinite(value) && !(y.log && value <= 0);
      if (shown && pen) ctx.lineTo(toX(curve.x[i]), toY(value));
      else if (shown) ctx.moveTo(toX(curve.x[i]), toY(value));
      pen = shown;
    });
    ctx.stroke();
    ctx.setLineDash([]);
    if (!curve.marker || !curve.y.length) return;
    const every = Math.max(1, Math.ceil(curve.y.length / 25));
    for (let i = curve.y.length - 1; i >= 0; i -= every) {
      if (Number.isFinite(curve.y[i])) drawMarker(ctx, curve.marker, toX(curve.x[i]), toY(curve.y[i]), 3, theme.colors[number]);
    }
  });
  ctx.restore();

  // The marks' words are above the curves; neighbours are kept apart by turns in height.
  inRange.forEach((mark, i) => {
    const p = toX(mark.x);
    const late = p > left + (right - left) * 0.6;
    const down = 10 + 14 * (i % 4);
    drawText(ctx, mark.text, p + (late ? -4 : 4), marksAt === "top" ? top + down : bottom - down, theme,
      { align: late ? "right" : "left", baseline: "middle", size: 11, halo: theme.paper });
  });

  // The legend, from the right, in one line above the chart.
  let end = right;
  for (const [number, curve] of [...series.entries()].reverse()) {
    ctx.font = `11px ${theme.font}`;
    const wide = ctx.measureText(curve.name).width;
    drawText(ctx, curve.name, end, 13, theme, { align: "right", baseline: "middle", size: 11 });
    Object.assign(ctx, { strokeStyle: theme.colors[number], lineWidth: 2 });
    ctx.setLineDash(DASHES[number]);
    drawLine(ctx, [end - wide - 30, 13], [end - wide - 6, 13]);
    ctx.setLineDash([]);
    if (curve.marker) drawMarker(ctx, curve.marker, end - wide - 18, 13, 3, theme.colors[number]);
    end -= wide + 44;
  }
}
