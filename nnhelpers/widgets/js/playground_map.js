// The playground's map: what the chosen unit answers in the plane, its border, the points; clicks
// and the keyboard's cross add points.

import { LIGHT_COLORS, contourLine, drawMarker, drawTwice, heatMap, makeCanvas } from "./canvas.js";

const SHAPES = ["circle", "triangle"]; // of the points of class 0 and 1

// shown.now is what Python last said.
export function makeMap(live, parent, shown) {
  let cross = null; // the keyboard's place: {x, y} in the plane

  // The grid's values are at the middles of its fields: half a field lies outside of low ... high.
  const toPixel = ({ x, y }, side) => {
    const { low, high, grid } = shown.now;
    const at = (part) => part * side * (1 - 1 / grid) + side / grid / 2;
    return [at((x - low[0]) / (high[0] - low[0])), at((high[1] - y) / (high[1] - low[1]))];
  };
  const toPlane = ({ offsetX, offsetY }, side) => {
    const { low, high, grid } = shown.now;
    const part = (p) => (p - side / grid / 2) / (side * (1 - 1 / grid));
    return { x: low[0] + part(offsetX) * (high[0] - low[0]), y: high[1] - part(offsetY) * (high[1] - low[1]) };
  };

  function draw(ctx, side, height, theme) {
    const { now } = shown;
    if (!now) return;
    const box = { x: 0, y: 0, width: side, height: side };
    ctx.fillStyle = "#fff"; // pale, so that the points stand out
    ctx.fillRect(0, 0, side, side);
    heatMap(ctx, box, now.field, now.grid, now.grid, { low: -1, high: 1, smooth: true, alpha: 0.65 });
    drawTwice(ctx, 4, 2, () => contourLine(ctx, box, now.border, now.grid, now.grid, 0));
    now.labels.forEach((label, i) => {
      const [x, y] = toPixel({ x: now.points[2 * i], y: now.points[2 * i + 1] }, side);
      const color = LIGHT_COLORS[label]; // the map is pale by night, too
      // Test points are hollow.
      if (i < now.train) drawMarker(ctx, SHAPES[label], x, y, 4, color, "#fff");
      else drawMarker(ctx, SHAPES[label], x, y, 3.5, "#fff", color);
    });
    if (cross && document.activeElement === view.canvas) {
      drawMarker(ctx, "plus", ...toPixel(cross, side), 13, "#fff");
      drawMarker(ctx, "plus", ...toPixel(cross, side), 11, "#000");
    }
  }

  const view = makeCanvas(live, parent, { height: 420, square: true, label: "the map", draw, interactive: true });
  const { canvas } = view;
  canvas.title = "Click to add a point. By keyboard: arrow keys move the cross, Enter adds, Backspace takes back, 0 and 1 choose the class.";
  canvas.addEventListener("click", (event) => {
    if (shown.now) live.send("point", toPlane(event, canvas.clientWidth));
  });
  const middle = ({ low, high }) => ({ x: (low[0] + high[0]) / 2, y: (low[1] + high[1]) / 2 });
  for (const event of ["focus", "blur"]) {
    canvas.addEventListener(event, () => { cross ??= shown.now && middle(shown.now); view.redraw(); });
  }
  canvas.addEventListener("keydown", (event) => {
    if (!shown.now) return;
    const { low, high, own } = shown.now;
    cross ??= middle(shown.now);
    const step = (high[0] - low[0]) / (event.shiftKey ? 100 : 25);
    if (event.key === "ArrowLeft") cross.x = Math.max(low[0], cross.x - step);
    else if (event.key === "ArrowRight") cross.x = Math.min(high[0], cross.x + step);
    else if (event.key === "ArrowDown") cross.y = Math.max(low[1], cross.y - step);
    else if (event.key === "ArrowUp") cross.y = Math.min(high[1], cross.y + step);
    else if (event.key === "Enter" || event.key === " ") live.send("point", { ...cross });
    else if (event.key === "Backspace" || event.key === "Delete") {
      if (own) live.send("button", { name: "undo" });
    } else if (event.key === "0" || event.key === "1") {
      live.send("control", { name: "label", value: Number(event.key) });
    } else return;
    event.preventDefault();
    view.redraw();
  });
  return view;
}
