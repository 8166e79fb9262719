// The paper of "draw a digit", and its pen: mouse, finger, stylus and keyboard. The pen's line is
// drawn here at once; Python, which has the network, reads along.

import { drawText, drawTwice, heatMap, makeCanvas } from "./canvas.js";
import { asFloat32, asUint8, clamp, uniqueId } from "./page.js";

export const SIDE = 28; // the paper's side, in pixels of MNIST
const FRAME = 4; // from its edge to the box of 20 by 20 that a digit of MNIST fills
const KEYS = {
  ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1],
};
const LETTERS = { u: "undo", r: "redo", c: "clear" };

export const counted = (n, word) => `${n} ${word}${n === 1 ? "" : "s"}`; // "3 strokes"

// The lines that this page draws. A stroke is sent from its beginning each time, so that it does
// not matter if some of the messages are dropped because Python is busy; its end is never dropped.
function makePen(live, changed) {
  const name = uniqueId("pen");
  let serial = 0;
  let stroke = null; // the one in the making: {points: [x, y, x, y, ...], width, serial}
  let waiting = []; // finished, but not yet on the paper that Python shows

  const message = (done) => [
    { pen: name, serial: stroke.serial, width: stroke.width, done }, [new Float32Array(stroke.points).buffer],
  ];
  function sendSoFar() {
    const [content, buffers] = message(false);
    live.sendLatest("stroke", content, { buffers });
  }

  return {
    get isDown() { return stroke !== null; },
    get strokes() { return stroke ? [...waiting, stroke] : waiting; },
    down(x, y, width) {
      serial += 1;
      stroke = { points: [x, y], width, serial };
      sendSoFar();
      changed();
    },
    // Small steps add nothing that could be seen. `send` is false for all but the last of several.
    to(x, y, send = true) {
      const [lastX, lastY] = stroke.points.slice(-2);
      if (Math.hypot(x - lastX, y - lastY) >= 0.1) stroke.points.push(x, y);
      if (send) sendSoFar();
      changed();
    },
    up() {
      if (!stroke) return;
      const finished = stroke;
      const forget = () => { waiting = waiting.filter((one) => one !== finished); changed(); };
      live.send("stroke", ...message(true)).catch(forget); // refused: it is on no paper
      waiting.push(finished);
      stroke = null;
      changed();
    },
    // Python's paper has this page's strokes up to a number: they need not be drawn here any more.
    drop(seen) {
      waiting = waiting.filter((one) => one.serial > (seen[name] || 0));
    },
  };
}

function drawStroke(ctx, points, width, unit) {
  Object.assign(ctx, { lineWidth: width * unit, lineCap: "round", lineJoin: "round" });
  ctx.beginPath();
  ctx.moveTo(points[0] * unit, points[1] * unit);
  for (let i = 2; i < points.length; i += 2) ctx.lineTo(points[i] * unit, points[i + 1] * unit);
  if (points.length === 2) ctx.lineTo(points[0] * unit, points[1] * unit); // a dot
  ctx.stroke();
}

// The paper: what Python says lies on it, and on top of that the pen's own lines.
export function makePaper(live, parent, controls) {
  let shown = { strokes: [], digit: null, number: null };
  const cursor = { x: 14, y: 14, visible: false };
  const held = new Set(); // arrow keys that are down: two of them move the pen diagonally
  let pointer = null; // the finger, pen or mouse that draws; others are ignored meanwhile

  const view = makeCanvas(live, parent, { square: true, label: "paper", draw, interactive: true });
  const { canvas } = view;
  canvas.setAttribute("role", "application");
  canvas.classList.add("nn-paper");
  canvas.style.touchAction = "none"; // a finger draws here, and does not scroll
  const pen = makePen(live, update);

  function update() {
    const count = shown.strokes.length + pen.strokes.length;
    const position = pen.isDown ? "down" : "up";
    const lying = [shown.number === null ? "" : `digit ${shown.number} of the data`, count ? counted(count, "stroke") : ""];
    view.describe(`Paper with ${lying.filter(Boolean).join(" and ") || "no ink"}; `
      + `pen at column ${Math.round(cursor.x)}, row ${Math.round(cursor.y)}, ${position}. `
      + "Arrow keys move the pen, Space puts it down or lifts it, u undoes, r redoes, c clears.");
    Object.assign(canvas.dataset, { strokes: count, pen: position });
    view.redraw();
  }

  function draw(ctx, size, _, theme) {
    const unit = size / SIDE;
    ctx.fillStyle = "#fff"; // paper is white, ink is black, by day and by night
    ctx.fillRect(0, 0, size, size);
    if (shown.digit) heatMap(ctx, { x: 0, y: 0, width: size, height: size }, shown.digit, SIDE, SIDE, { map: "grey", smooth: true });
    Object.assign(ctx, { strokeStyle: "#8a8a8a", lineWidth: 1 });
    ctx.setLineDash([4, 4]);
    ctx.strokeRect(FRAME * unit, FRAME * unit, (SIDE - 2 * FRAME) * unit, (SIDE - 2 * FRAME) * unit);
    ctx.setLineDash([]);
    const all = [...shown.strokes, ...pen.strokes];
    if (!all.length && !shown.digit) {
      drawText(ctx, "draw a digit here", size / 2, size / 2, theme, { align: "center", baseline: "middle", color: "#5f5f5f", size: 15 });
    }
    ctx.strokeStyle = "#000";
    for (const { points, width } of all) drawStroke(ctx, points, width, unit);
    if (!cursor.visible) return;
    const radius = Math.max((controls.pen.value * unit) / 2, 4);
    ctx.setLineDash(pen.isDown ? [] : [4, 3]);
    drawTwice(ctx, 5, 2.5, (color) => {
      ctx.strokeStyle = color === "#fff" ? color : "#1976d2";
      ctx.beginPath();
      ctx.arc(cursor.x * unit, cursor.y * unit, radius, 0, 2 * Math.PI);
      ctx.stroke();
    });
    ctx.setLineDash([]);
  }

  // ---- mouse, pen, finger
  const at = (event) => {
    const box = canvas.getBoundingClientRect();
    return [((event.clientX - box.left) / box.width) * SIDE, ((event.clientY - box.top) / box.height) * SIDE];
  };
  canvas.addEventListener("pointerdown", (event) => {
    if (pointer !== null || event.button !== 0) return;
    event.preventDefault();
    canvas.focus({ preventScroll: true }); // so that the keys u, r, c work on this paper
    pen.up(); // the keyboard's line ends where the hand takes over
    pointer = event.pointerId;
    cursor.visible = false;
    try { canvas.setPointerCapture(pointer); } catch { /* a pointer of a script has nothing to hold */ }
    pen.down(...at(event), controls.pen.value);
  });
  canvas.addEventListener("pointermove", (event) => {
    if (event.pointerId !== pointer) return;
    const passed = event.getCoalescedEvents?.() ?? [];
    for (const one of passed.slice(0, -1)) pen.to(...at(one), false);
    pen.to(...at(event));
  });
  for (const end of ["pointerup", "pointercancel"]) {
    canvas.addEventListener(end, (event) => {
      if (event.pointerId !== pointer) return;
      pointer = null;
      pen.up();
    });
  }

  // ---- keyboard
  const press = (name) => controls[name].inputs[0].click();
  canvas.addEventListener("keydown", (event) => {
    const shortcut = event.ctrlKey || event.metaKey;
    const key = event.key.toLowerCase();
    if (shortcut && (key === "z" || key === "y")) {
      event.stopPropagation(); // the notebook's own undo is not meant here
      pen.up();
      press(key === "y" || event.shiftKey ? "redo" : "undo");
    } else if (shortcut || event.altKey) return;
    else if (KEYS[event.key]) {
      held.add(event.key);
      const far = event.shiftKey ? 0.25 : 1;
      for (const [right, down] of [...held].map((one) => KEYS[one])) {
        cursor.x = clamp(cursor.x + far * right, 0, SIDE);
        cursor.y = clamp(cursor.y + far * down, 0, SIDE);
      }
      cursor.visible = true;
      if (pen.isDown && pointer === null) pen.to(cursor.x, cursor.y);
    } else if (key === " ") {
      cursor.visible = true;
      if (pointer !== null || event.repeat) { /* a hand is drawing, or the key is still down */ }
      else if (pen.isDown) pen.up();
      else pen.down(cursor.x, cursor.y, controls.pen.value);
    } else if (key === "escape" && pen.isDown && pointer === null) pen.up();
    else if (LETTERS[key]) { pen.up(); press(LETTERS[key]); }
    else return;
    event.preventDefault();
    update();
  });
  canvas.addEventListener("keyup", (event) => held.delete(event.key));
  canvas.addEventListener("focus", () => {
    if (canvas.matches(":focus-visible")) { cursor.visible = true; view.redraw(); }
  });
  canvas.addEventListener("blur", () => {
    held.clear();
    if (pointer === null) pen.up();
    cursor.visible = false;
    update();
  });
  controls.listen((name) => { if (name === "pen") view.redraw(); });

  live.on("paper", ({ strokes, number, seen }, [points, digit]) => {
    pen.drop(seen);
    const all = asFloat32(points);
    let start = 0;
    shown = { number, digit: digit ? asUint8(digit) : null, strokes: [] };
    for (const stroke of strokes) {
      shown.strokes.push({ width: stroke.width, points: all.subarray(start, start + 2 * stroke.points) });
      start += 2 * stroke.points;
    }
    update();
  });
  update();
}
