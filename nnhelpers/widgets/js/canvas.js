// Drawing: a canvas that follows size and theme, text, markers, heat maps and their contours.

import { make } from "./page.js";

// Okabe and Ito's blue and orange, which the colour-blind tell apart; lighter ones on a dark page.
// In grey they are not told apart, which is why lines have dashes and points have shapes as well.
export const LIGHT_COLORS = ["#0072B2", "#D55E00"];
const DARK_COLORS = ["#56B4E9", "#FF9248"];

// Blue is below zero, white is zero, orange above. Full blue is much darker than full orange, so
// that the ends differ in grey too.
const BLUE = [8, 64, 129];
const WHITE = [255, 255, 255];
const ORANGE = [240, 138, 36];

// The colour at t, from -1 (blue) over 0 (white) to 1 (orange): [red, green, blue].
function divergingColor(t) {
  const part = Math.min(Math.abs(t), 1) || 0;
  const end = t < 0 ? BLUE : ORANGE;
  return WHITE.map((white, i) => Math.round(white + part * (end[i] - white)));
}

// The colours of the page around `element`: JupyterLab's own, light or dark.
function readTheme(element) {
  const style = getComputedStyle(element);
  const read = (name, fallback) => style.getPropertyValue(name).trim() || fallback;
  const flag = document.body.dataset.jpThemeLight;
  const dark = flag ? flag === "false" : window.matchMedia("(prefers-color-scheme: dark)").matches;
  return {
    dark,
    ink: read("--jp-ui-font-color1", dark ? "#e0e0e0" : "#212121"),
    muted: read("--jp-ui-font-color2", dark ? "#b0b0b0" : "#616161"),
    paper: read("--jp-layout-color0", dark ? "#111111" : "#ffffff"),
    grid: read("--jp-border-color2", dark ? "#424242" : "#e0e0e0"),
    accent: read("--jp-brand-color1", dark ? "#64b5f6" : "#1976d2"),
    font: read("--jp-ui-font-family", "sans-serif"),
    colors: dark ? DARK_COLORS : LIGHT_COLORS,
  };
}

// A canvas that is sharp on every screen and follows size and theme.
// draw(ctx, width, height, theme) is called, at most once a frame, after redraw().
// With `interactive: true` the keyboard reaches it: give it key handlers of your own.
export function makeCanvas(live, parent, { height = 240, square = false, label, draw, interactive = false }) {
  const canvas = make("canvas", { class: "nn-canvas", role: "img", "aria-label": label });
  if (interactive) canvas.tabIndex = 0;
  canvas.style.height = `${height}px`;
  parent.append(canvas);
  const ctx = canvas.getContext("2d");
  let theme = null;
  let frame = null;

  function paint() {
    frame = null;
    const width = canvas.clientWidth;
    if (!width) return; // not on the page yet, or hidden
    if (square) canvas.style.height = `${width}px`;
    const tall = canvas.clientHeight;
    const ratio = window.devicePixelRatio || 1;
    if (canvas.width !== Math.round(width * ratio) || canvas.height !== Math.round(tall * ratio)) {
      canvas.width = Math.round(width * ratio);
      canvas.height = Math.round(tall * ratio);
    }
    theme ??= readTheme(canvas);
    ctx.setTransform(ratio, 0, 0, ratio, 0, 0);
    ctx.clearRect(0, 0, width, tall);
    ctx.font = `12px ${theme.font}`;
    draw(ctx, width, tall, theme);
    canvas.dataset.drawn = String(Number(canvas.dataset.drawn || 0) + 1);
  }
  const redraw = () => { if (!live.closed) frame ??= requestAnimationFrame(paint); };

  const resize = new ResizeObserver(redraw);
  resize.observe(canvas);
  // JupyterLab names its theme on the body, and the colours arrive a little later.
  const rethink = () => { theme = null; redraw(); };
  const themes = new MutationObserver(() => { rethink(); setTimeout(rethink, 300); setTimeout(rethink, 1500); });
  themes.observe(document.body, { attributes: true, attributeFilter: ["data-jp-theme-name", "data-jp-theme-light"] });
  live.onClose(() => {
    resize.disconnect();
    themes.disconnect();
    if (frame !== null) cancelAnimationFrame(frame);
  });
  redraw();
  return {
    canvas,
    redraw,
    // Say in words what is to be seen: for screen readers.
    describe(text) { if (canvas.getAttribute("aria-label") !== text) canvas.setAttribute("aria-label", text); },
  };
}

// Text at (x, y). options: align "left|center|right", baseline "top|middle|bottom|alphabetic",
// color, size, bold, angle in radians, halo (a colour behind the letters, for text on pictures).
export function drawText(ctx, text, x, y, theme, options = {}) {
  const { align = "left", baseline = "alphabetic", color = theme.ink, size = 12, bold = false, angle = 0, halo = null } = options;
  ctx.save();
  ctx.font = `${bold ? "bold " : ""}${size}px ${theme.font}`;
  ctx.textAlign = align;
  ctx.textBaseline = baseline;
  ctx.translate(x, y);
  if (angle) ctx.rotate(angle);
  if (halo) {
    ctx.strokeStyle = halo;
    ctx.lineWidth = 3;
    ctx.lineJoin = "round";
    ctx.strokeText(text, 0, 0);
  }
  ctx.fillStyle = color;
  ctx.fillText(text, 0, 0);
  ctx.restore();
}

// A line through points [x, y], ...; the caller has set strokeStyle, lineWidth and dashes.
export function drawLine(ctx, ...points) {
  ctx.beginPath();
  for (const [x, y] of points) ctx.lineTo(x, y);
  ctx.stroke();
}

// A point as "circle", "triangle" or "plus": shapes are told apart where colours are not.
export function drawMarker(ctx, shape, x, y, size, fill, edge = null) {
  if (shape === "plus") {
    Object.assign(ctx, { strokeStyle: fill, lineWidth: 2 });
    drawLine(ctx, [x - size, y], [x + size, y]);
    drawLine(ctx, [x, y - size], [x, y + size]);
    return;
  }
  ctx.beginPath();
  if (shape === "circle") ctx.arc(x, y, size, 0, 2 * Math.PI);
  else {
    ctx.moveTo(x, y - 1.2 * size);
    ctx.lineTo(x + 1.1 * size, y + 0.9 * size);
    ctx.lineTo(x - 1.1 * size, y + 0.9 * size);
    ctx.closePath();
  }
  ctx.fillStyle = fill;
  ctx.fill();
  if (!edge) return;
  Object.assign(ctx, { strokeStyle: edge, lineWidth: 1 });
  ctx.stroke();
}

// The edge of a picture.
export function drawBorder(ctx, { x, y, width, height }, color, lineWidth = 1) {
  Object.assign(ctx, { strokeStyle: color, lineWidth });
  ctx.strokeRect(x + 0.5, y + 0.5, width - 1, height - 1);
}

// Draw something in white and, thinner, in black: it is seen on every colour.
export function drawTwice(ctx, white, black, draw) {
  for (const [strokeStyle, lineWidth] of [["#fff", white], ["#000", black]]) {
    Object.assign(ctx, { strokeStyle, lineWidth });
    draw(strokeStyle);
  }
}

let scratch = null; // where heat maps are put together, pixel by pixel

// A heat map of `values` (rows x columns, row by row from the top) in the rectangle `box`.
//
//   heatMap(ctx, box, asFloat32(buffer), rows, columns, {low: -1, high: 1, map: "diverging"})
//   heatMap(ctx, box, asUint8(buffer), 28, 28, {map: "grey"})        // 0..255: paper to ink
//
// "diverging" is blue below zero, white at zero (the middle of 0..255 for bytes), orange above;
// "grey" is from white to black. smooth: whether to blur between the cells.
export function heatMap(ctx, box, values, rows, columns, { low, high, map = "diverging", smooth = false, alpha = 1 } = {}) {
  const bytes = values instanceof Uint8Array;
  const from = low ?? (bytes || map === "grey" ? 0 : -1);
  const to = high ?? (bytes ? 255 : 1);
  const image = new ImageData(columns, rows);
  const limit = Math.max(Math.abs(from), Math.abs(to)) || 1;
  for (let i = 0; i < rows * columns; i += 1) {
    const part = (values[i] - from) / (to - from);
    if (map === "grey") image.data.fill(Math.round(255 * (1 - Math.min(Math.max(part, 0), 1))), 4 * i, 4 * i + 3);
    else image.data.set(divergingColor(bytes ? 2 * part - 1 : values[i] / limit), 4 * i);
    image.data[4 * i + 3] = 255;
  }
  scratch ??= make("canvas");
  scratch.width = columns;
  scratch.height = rows;
  scratch.getContext("2d").putImageData(image, 0, 0);
  ctx.save();
  ctx.globalAlpha = alpha;
  ctx.imageSmoothingEnabled = smooth;
  ctx.drawImage(scratch, box.x, box.y, box.width, box.height);
  ctx.restore();
}

// The line along which `values` (rows x columns, at the centres of the heat map's cells) pass
// `level`: a decision boundary. Marching squares: each square of four values is cut by straight
// pieces. The caller has set strokeStyle, lineWidth and dashes.
export function contourLine(ctx, box, values, rows, columns, level = 0) {
  const px = (c) => box.x + ((c + 0.5) / columns) * box.width;
  const py = (r) => box.y + ((r + 0.5) / rows) * box.height;
  ctx.beginPath();
  for (let r = 0; r + 1 < rows; r += 1) {
    for (let c = 0; c + 1 < columns; c += 1) {
      const a = values[r * columns + c] - level;
      const b = values[r * columns + c + 1] - level;
      const d = values[(r + 1) * columns + c] - level;
      const e = values[(r + 1) * columns + c + 1] - level;
      const cuts = []; // where the four edges are passed, clockwise from the top
      if (a > 0 !== b > 0) cuts.push([px(c + a / (a - b)), py(r)]);
      if (b > 0 !== e > 0) cuts.push([px(c + 1), py(r + b / (b - e))]);
      if (d > 0 !== e > 0) cuts.push([px(c + d / (d - e)), py(r + 1)]);
      if (a > 0 !== d > 0) cuts.push([px(c), py(r + a / (a - d))]);
      for (let i = 0; i + 1 < cuts.length; i += 2) {
        ctx.moveTo(...cuts[i]);
        ctx.lineTo(...cuts[i + 1]);
      }
    }
  }
  ctx.stroke();
}
