// Draw a digit: paper on the left, what the network sees, says and why on the right, and its hidden
// layers below. The pen's line is drawn here at once; Python, which has the network, reads along.

const SIDE = 28; // the paper's side, in pixels of MNIST
const FRAME = 4; // from its edge to the box of 20 by 20 that a digit of MNIST fills
const KEYS = {
  ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1],
};

// 0.9712 -> "97.1%"
function inPercent(share) {
  const percent = 100 * share;
  return `${percent >= 99.95 || percent < 0.05 ? Math.round(percent) : percent.toFixed(1)}%`;
}

function places(n, word) {
  return `${n} ${word}${n === 1 ? "" : "s"}`;
}

// The lines that this page draws. A stroke is sent from its beginning each time, so that it does
// not matter if some of the messages are dropped because Python is busy; its end is never dropped.
function makePen(live, changed) {
  const name = uniqueId("pen");
  let serial = 0;
  let stroke = null; // the one in the making: {points: [x, y, x, y, ...], width, serial}
  let waiting = []; // finished, but not yet on the paper that Python shows

  const bytes = () => new Float32Array(stroke.points).buffer;
  const content = (done) => ({ pen: name, serial: stroke.serial, width: stroke.width, done });

  return {
    get isDown() { return stroke !== null; },
    get strokes() { return stroke ? [...waiting, stroke] : waiting; },
    down(x, y, width) {
      serial += 1;
      stroke = { points: [x, y], width, serial };
      live.sendLatest("stroke", content(false), { key: "stroke", buffers: [bytes()] });
      changed();
    },
    // Small steps add nothing that could be seen. `send` is false for all but the last of several.
    to(x, y, send = true) {
      const [lastX, lastY] = stroke.points.slice(-2);
      if (Math.hypot(x - lastX, y - lastY) >= 0.1) stroke.points.push(x, y);
      if (send) live.sendLatest("stroke", content(false), { key: "stroke", buffers: [bytes()] });
      changed();
    },
    up() {
      if (!stroke) return;
      const finished = stroke;
      const forget = () => { waiting = waiting.filter((one) => one !== finished); changed(); };
      live.send("stroke", content(true), [bytes()]).catch(forget); // refused: it is on no paper
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
  ctx.lineWidth = width * unit;
  ctx.lineCap = "round";
  ctx.lineJoin = "round";
  ctx.beginPath();
  ctx.moveTo(points[0] * unit, points[1] * unit);
  for (let i = 2; i < points.length; i += 2) ctx.lineTo(points[i] * unit, points[i + 1] * unit);
  if (points.length === 2) ctx.lineTo(points[0] * unit, points[1] * unit); // a dot
  ctx.stroke();
}

// The paper: what Python says lies on it, and on top of that the pen's own lines.
function makePaper(live, parent, controls) {
  let shown = { strokes: [], digit: null, number: null };
  const cursor = { x: 14, y: 14, visible: false };
  const held = new Set(); // arrow keys that are down: two of them move the pen diagonally
  let pointer = null; // the finger, pen or mouse that draws; others are ignored meanwhile

  const view = makeCanvas(live, parent, { aspect: 1, label: "paper", draw, interactive: true });
  const { canvas } = view;
  canvas.setAttribute("role", "application");
  canvas.classList.add("nn-paper");
  canvas.style.touchAction = "none"; // a finger draws here, and does not scroll
  const pen = makePen(live, () => { describe(); view.redraw(); });

  function describe() {
    const count = shown.strokes.length + pen.strokes.length;
    const lying = [shown.number === null ? "" : `digit ${shown.number} of the data`, count ? places(count, "stroke") : ""];
    const at = `pen at column ${Math.round(cursor.x)}, row ${Math.round(cursor.y)}, ${pen.isDown ? "down" : "up"}`;
    view.describe(`Paper with ${lying.filter(Boolean).join(" and ") || "no ink"}; ${at}. `
      + "Arrow keys move the pen, Space puts it down or lifts it, u undoes, r redoes, c clears.");
    canvas.dataset.strokes = count;
    canvas.dataset.pen = pen.isDown ? "down" : "up";
  }

  function draw(ctx, size, _, theme) {
    const unit = size / SIDE;
    ctx.fillStyle = "#fff"; // paper is white, ink is black, by day and by night
    ctx.fillRect(0, 0, size, size);
    if (shown.digit) heatMap(ctx, { x: 0, y: 0, width: size, height: size }, shown.digit, SIDE, SIDE, { map: "grey", smooth: true });
    ctx.strokeStyle = "#8a8a8a";
    ctx.lineWidth = 1;
    ctx.setLineDash([4, 4]);
    ctx.strokeRect(FRAME * unit, FRAME * unit, (SIDE - 2 * FRAME) * unit, (SIDE - 2 * FRAME) * unit);
    ctx.setLineDash([]);
    const all = [...shown.strokes, ...pen.strokes];
    if (!all.length && !shown.digit) {
      drawText(ctx, "draw a digit here", size / 2, size / 2, theme, { align: "center", baseline: "middle", color: "#5f5f5f", size: 15 });
    }
    ctx.strokeStyle = "#000";
    for (const { points, width } of all) drawStroke(ctx, points, width, unit);
    if (cursor.visible) {
      const radius = Math.max((controls.pen.value * unit) / 2, 4);
      for (const [color, wide] of [["#fff", 5], ["#1976d2", 2.5]]) {
        ctx.strokeStyle = color;
        ctx.lineWidth = wide;
        ctx.setLineDash(pen.isDown ? [] : [4, 3]);
        ctx.beginPath(); ctx.arc(cursor.x * unit, cursor.y * unit, radius, 0, 2 * Math.PI); ctx.stroke();
      }
      ctx.setLineDash([]);
    }
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
  const lift = (event) => {
    if (event.pointerId !== pointer) return;
    pointer = null;
    pen.up();
  };
  canvas.addEventListener("pointerup", lift);
  canvas.addEventListener("pointercancel", lift);

  // ---- keyboard
  const press = (name) => controls[name].inputs[0].click();
  const letters = { u: "undo", r: "redo", c: "clear" };
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
        cursor.x = Math.min(Math.max(cursor.x + far * right, 0), SIDE);
        cursor.y = Math.min(Math.max(cursor.y + far * down, 0), SIDE);
      }
      cursor.visible = true;
      if (pen.isDown && pointer === null) pen.to(cursor.x, cursor.y);
    } else if (key === " ") {
      cursor.visible = true;
      if (pointer !== null || event.repeat) { /* a hand is drawing, or the key is still down */ }
      else if (pen.isDown) pen.up();
      else pen.down(cursor.x, cursor.y, controls.pen.value);
    } else if (key === "escape" && pen.isDown && pointer === null) pen.up();
    else if (letters[key]) { pen.up(); press(letters[key]); }
    else return;
    event.preventDefault();
    describe();
    view.redraw();
  });
  canvas.addEventListener("keyup", (event) => held.delete(event.key));
  canvas.addEventListener("focus", () => {
    if (canvas.matches(":focus-visible")) { cursor.visible = true; view.redraw(); }
  });
  canvas.addEventListener("blur", () => {
    held.clear();
    if (pointer === null) pen.up();
    cursor.visible = false;
    describe();
    view.redraw();
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
    describe();
    view.redraw();
  });
  describe();
}

// ------------------------------------------------------------------ what the network says

function drawBars(ctx, box, theme, P, best, label) {
  const row = box.height / P.length;
  const left = box.x + 22;
  const wide = box.width - 22 - (label === null ? 54 : 88); // room for what stands behind a bar
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

function greatest(values) {
  return values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
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
    ctx.strokeStyle = "#9e9e9e";
    ctx.lineWidth = 1;
    ctx.strokeRect(box.x + 0.5, box.y + 0.5, box.width - 1, box.height - 1);
  }
  return y + 18 + down * height + 8;
}

export default {
  render({ model, el }) {
    const live = connect(model, el);
    live.root.classList.add("nn-draw");
    const scene = make("div", { class: "nn-scene" });
    const left = make("div");
    const right = make("div");
    scene.append(left, right);
    live.body.append(scene);
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
        const narrow = width < 500; // then the bars stand below the two images
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
        ctx.strokeStyle = "#fff";
        ctx.lineWidth = 3;
        contourLine(ctx, map, now.image, SIDE, SIDE, 0.5);
        ctx.strokeStyle = "#000";
        ctx.lineWidth = 1.2;
        contourLine(ctx, map, now.image, SIDE, SIDE, 0.5);
        markStrongest(ctx, map, now.why, now.limit, theme);
        ctx.strokeStyle = "#9e9e9e";
        ctx.lineWidth = 1;
        for (const box of [picture, map]) ctx.strokeRect(box.x + 0.5, box.y + 0.5, side - 1, side - 1);
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
        ...content, image, P, why, limit: greatest(why) || 1,
        title: `why ${subject}?${timesInk ? " × ink" : ""}`,
        layers: content.layers.map(({ number, name }, i) => {
          const limit = greatest(hidden[i]) || 1;
          const signed = hidden[i].some((value) => value < 0);
          const on = hidden[i].filter((value) => value > 0.1 * limit).length;
          const scale = signed ? `blue −${formatNumber(limit)}, white 0, orange ${formatNumber(limit)}` : `white 0, black ${formatNumber(limit)}`;
          return {
            values: hidden[i], limit, signed,
            short: `hidden layer ${number}: ${places(hidden[i].length, "unit")}, ${name}`,
            text: `hidden layer ${number}: ${places(hidden[i].length, "unit")}, ${name}; ${scale}; ${on} above a tenth of that`,
          };
        }),
      };
      const verdict = label === null ? "" : ` The label is ${label}${label === answer ? "." : ": a mistake."}`;
      const words = empty
        ? `No ink yet. (Of empty paper it says ${answer}, with ${inPercent(P[answer])}: it must say something.)`
        : `It says ${answer} (${inPercent(P[answer])}), or else ${second} (${inPercent(P[second])}).${verdict}`;
      says.textContent = words;
      const short = empty ? "no ink yet" : `it says ${answer}.${verdict}`;
      if (spoken.textContent !== short) spoken.textContent = short; // read out: not at every percent
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
