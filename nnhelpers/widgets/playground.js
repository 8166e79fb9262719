// The playground: what Python publishes as "scene" becomes the network, neuron by neuron, the map
// of the plane, and two charts. Clicks on the map become points.

const WORDS = {
  ready: "ready: press Train",
  running: "training",
  paused: "paused",
  finished: "finished: Train goes on",
  diverged: "diverged",
  failed: "failed",
};
const STEERED = { lr: "η", l2: "λ", dropout: "dropout" };
const LINES = 300; // at most so many lines between two layers: the widest
const SHAPES = ["circle", "triangle"]; // of the points of class 0 and 1

const sum = (list) => list.reduce((a, b) => a + b, 0);
const percent = (share) => (share === null ? "–" : `${(100 * share).toFixed(1)}%`);
const number = (value) => (value === null ? "–" : formatNumber(value));

// Where each unit's small map stands: a list of {x, y} for each layer, and the maps' common size.
// A layer is a grid of columns of up to eight. The margin is for the inputs' names.
function places(sizes, margin, width, height) {
  const columns = sizes.map((n) => Math.ceil(n / 8));
  const gap = Math.max(22, Math.min(90, 0.42 * width / sizes.length));
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

export default {
  render({ model, el }) {
    const live = connect(model, el);
    live.root.classList.add("nn-playground");
    const controls = makeControls(live, live.body);
    const watch = make("div", { class: "nn-watch", role: "status" });
    controls.preset.element.after(watch);

    const scene = make("div", { class: "nn-scene" });
    const left = make("div");
    const right = make("div");
    scene.append(left, right);
    const unitLine = make("div", { class: "nn-line nn-unit" });
    const stateLine = make("div", { class: "nn-line" });
    const row = make("div", { class: "nn-row" });
    const code = make("textarea", { class: "nn-code", readonly: "", rows: 14, spellcheck: "false", "aria-label": "Python code that builds this network" });
    code.hidden = true;
    live.body.append(code, stateLine, scene, row);

    let now = null; // what Python last said, and the arrays that came with it
    let drawn = null; // where the units stand on the canvas
    let cross = null; // the keyboard's place on the map: {x, y} in the plane
    let pinned = null; // the unit that a click or the arrow keys chose: [layer, unit]

    // ---------------------------------------------------------------- the network

    const weight = (layer, from, to) => now.weights[now.firstWeight[layer] + from * now.sizes[layer + 1] + to];

    function drawLines(ctx, theme) {
      const [chosenLayer, chosenUnit] = now.chosen;
      for (let layer = 0; layer + 1 < now.sizes.length; layer += 1) {
        const lines = [];
        for (let i = 0; i < now.sizes[layer]; i += 1) {
          for (let j = 0; j < now.sizes[layer + 1]; j += 1) lines.push([weight(layer, i, j), i, j]);
        }
        lines.sort((a, b) => Math.abs(b[0]) - Math.abs(a[0]));
        const widest = Math.abs(lines[0][0]) || 1;
        const many = lines.length > 64;
        const bright = chosenLayer > 0 && chosenLayer < now.sizes.length - 1;
        for (const [w, i, j] of lines.slice(0, LINES).reverse()) {
          const touches = (layer === chosenLayer && i === chosenUnit) || (layer + 1 === chosenLayer && j === chosenUnit);
          const from = drawn.layers[layer][i];
          const to = drawn.layers[layer + 1][j];
          ctx.globalAlpha = bright ? (touches ? 1 : 0.1) : (many ? 0.5 : 0.8);
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

    function drawNetwork(ctx, width, height, theme) {
      if (!now) return;
      const long = Math.max(...now.inputs.map((name) => name.length)) > 4;
      const tight = width / now.sizes.length < 72;
      drawn = places(now.sizes, long ? 52 : 30, width, height);
      drawLines(ctx, theme);
      const cells = now.small * now.small;
      let unit = 0;
      drawn.layers.forEach((layer, number) => {
        const middle = (layer[0].x + layer[layer.length - 1].x + drawn.size) / 2;
        drawText(ctx, layerName(number, now.sizes.length, tight), middle, 14, theme, { align: "center", color: theme.muted });
        layer.forEach(({ x, y }, i) => {
          const box = { x, y, width: drawn.size, height: drawn.size };
          heatMap(ctx, box, now.answers.subarray(unit * cells, (unit + 1) * cells), now.small, now.small);
          ctx.strokeStyle = "#000";
          ctx.lineWidth = 1;
          contourLine(ctx, box, now.borders.subarray(unit * cells, (unit + 1) * cells), now.small, now.small, 127.99);
          const chosen = number === now.chosen[0] && i === now.chosen[1];
          ctx.strokeStyle = chosen ? theme.accent : theme.muted;
          ctx.lineWidth = chosen ? 3 : 1;
          ctx.strokeRect(x, y, drawn.size, drawn.size);
          if (number === 0) drawText(ctx, now.inputs[i], x - 4, y + drawn.size / 2, theme, { align: "right", baseline: "middle", size: long ? 11 : 12 });
          unit += 1;
        });
      });
    }

    function unitAt(x, y) {
      if (!drawn) return null;
      for (const [layer, units] of drawn.layers.entries()) {
        for (const [i, unit] of units.entries()) {
          if (x >= unit.x && x <= unit.x + drawn.size && y >= unit.y && y <= unit.y + drawn.size) return [layer, i];
        }
      }
      return null;
    }

    const same = (a, b) => JSON.stringify(a) === JSON.stringify(b);
    let asked = null;
    function choose(unit) {
      if (same(unit, asked)) return;
      asked = unit;
      live.sendLatest("choose", unit ? { layer: unit[0], unit: unit[1] } : {});
    }

    const network = makeCanvas(live, left, { height: 430, label: "the network", draw: drawNetwork, interactive: true });
    left.append(unitLine);
    network.canvas.addEventListener("pointermove", (event) => choose(unitAt(event.offsetX, event.offsetY) || pinned));
    network.canvas.addEventListener("pointerleave", () => choose(pinned));
    network.canvas.addEventListener("click", (event) => {
      const unit = unitAt(event.offsetX, event.offsetY);
      pinned = same(unit, pinned) ? null : unit;
      choose(pinned);
    });
    network.canvas.addEventListener("keydown", (event) => {
      if (!now) return;
      const [layer, unit] = pinned || now.chosen; // Python may not have heard of the last key yet
      const step = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key];
      if (event.key === "Escape") pinned = null;
      else if (step) {
        const to = Math.min(Math.max(layer + step[0], 0), now.sizes.length - 1);
        pinned = [to, Math.min(Math.max(unit + step[1], 0), now.sizes[to] - 1)];
      } else return;
      event.preventDefault();
      choose(pinned);
    });

    // The chosen unit's numbers.
    function describeUnit() {
      const [layer, unit] = now.chosen;
      if (layer === 0) return `input ${now.inputs[unit]}`;
      const name = layer === now.sizes.length - 1 ? "output" : `layer ${layer}, neuron ${unit + 1}`;
      const into = Array.from({ length: now.sizes[layer - 1] }, (_, i) => weight(layer - 1, i, unit));
      const shown = into.slice(0, 8).map((w) => formatNumber(w)).join(", ");
      const bias = now.biases[sum(now.sizes.slice(1, layer)) + unit];
      return `${name}: weights ${shown}${into.length > 8 ? ", …" : ""}; bias ${formatNumber(bias)}`;
    }

    // ---------------------------------------------------------------- the map

    const toPixel = (x, y, side) => [
      ((x - now.low[0]) / (now.high[0] - now.low[0])) * side * (1 - 1 / now.grid) + side / now.grid / 2,
      ((now.high[1] - y) / (now.high[1] - now.low[1])) * side * (1 - 1 / now.grid) + side / now.grid / 2,
    ];
    const toPlane = (px, py, side) => {
      const at = (p) => (p - side / now.grid / 2) / (side * (1 - 1 / now.grid));
      return {
        x: now.low[0] + at(px) * (now.high[0] - now.low[0]),
        y: now.high[1] - at(py) * (now.high[1] - now.low[1]),
      };
    };

    function drawMap(ctx, side, height, theme) {
      if (!now) return;
      const box = { x: 0, y: 0, width: side, height: side };
      ctx.fillStyle = "#fff"; // pale, so that the points stand out
      ctx.fillRect(0, 0, side, side);
      heatMap(ctx, box, now.field, now.grid, now.grid, { low: -1, high: 1, smooth: true, alpha: 0.65 });
      for (const [color, width] of [["#fff", 4], ["#000", 2]]) {
        ctx.strokeStyle = color;
        ctx.lineWidth = width;
        contourLine(ctx, box, now.border, now.grid, now.grid, 0);
      }
      now.labels.forEach((label, i) => {
        const [x, y] = toPixel(now.points[2 * i], now.points[2 * i + 1], side);
        const color = theme.dark ? ["#0072B2", "#D55E00"][label] : theme.colors[label];
        // Test points are hollow.
        if (i < now.train) drawMarker(ctx, SHAPES[label], x, y, 4, color, "#fff");
        else drawMarker(ctx, SHAPES[label], x, y, 3.5, "#fff", color);
      });
      if (cross && document.activeElement === map.canvas) {
        const [x, y] = toPixel(cross.x, cross.y, side);
        drawMarker(ctx, "plus", x, y, 13, "#fff");
        drawMarker(ctx, "plus", x, y, 11, "#000");
      }
    }

    const map = makeCanvas(live, right, { height: 420, aspect: 1, label: "the map", draw: drawMap, interactive: true });
    const legend = make("div", { class: "nn-line nn-legend" });
    right.append(legend);
    map.canvas.title = "Click to add a point. By keyboard: arrow keys move the cross, Enter adds, Backspace takes back, 0 and 1 choose the class.";
    map.canvas.addEventListener("click", (event) => {
      if (now) live.send("point", toPlane(event.offsetX, event.offsetY, map.canvas.clientWidth));
    });
    const middle = () => ({ x: (now.low[0] + now.high[0]) / 2, y: (now.low[1] + now.high[1]) / 2 });
    for (const event of ["focus", "blur"]) {
      map.canvas.addEventListener(event, () => { cross = cross || (now && middle()); map.redraw(); });
    }
    map.canvas.addEventListener("keydown", (event) => {
      if (!now) return;
      cross = cross || middle();
      const step = (now.high[0] - now.low[0]) / (event.shiftKey ? 100 : 25);
      if (event.key === "ArrowLeft") cross.x = Math.max(now.low[0], cross.x - step);
      else if (event.key === "ArrowRight") cross.x = Math.min(now.high[0], cross.x + step);
      else if (event.key === "ArrowDown") cross.y = Math.max(now.low[1], cross.y - step);
      else if (event.key === "ArrowUp") cross.y = Math.min(now.high[1], cross.y + step);
      else if (event.key === "Enter" || event.key === " ") live.send("point", { ...cross });
      else if (event.key === "Backspace" || event.key === "Delete") {
        if (now.own) live.send("button", { name: "undo" });
      } else if (event.key === "0" || event.key === "1") {
        live.send("control", { name: "label", value: Number(event.key) });
      } else return;
      event.preventDefault();
      map.redraw();
    });

    // ---------------------------------------------------------------- the charts

    const chart = (title, train, test, axis) => (ctx, width, height, theme) => {
      if (!now) return;
      const { curves } = now;
      const series = [{ name: "training", x: curves.step, y: curves[train] }];
      if (now.test) series.push({ name: "test", x: curves.valid_step, y: curves[test], marker: "triangle" });
      lineChart(ctx, { x: 0, y: 0, width, height }, theme, {
        title, series, y: axis(), x: { label: "step", low: 0, high: Math.max(now.step, 10) },
        marks: now.changes.map(([step, name, value]) => ({ x: step, text: `${STEERED[name]} ${formatNumber(value)}` })),
      });
    };
    const cost = makeCanvas(live, row, {
      height: 200, label: "cost",
      draw: chart("Cost", "cost", "valid_loss", () => (controls.log.value ? { label: "cost J", log: true } : { label: "cost J", low: 0 })),
    });
    const accuracy = makeCanvas(live, row, {
      height: 200, label: "accuracy",
      draw: chart("Accuracy", "accuracy", "valid_accuracy", () => ({ label: "accuracy", percent: true, high: 1 })),
    });
    controls.listen((name) => { if (name === "log") cost.redraw(); });

    // ---------------------------------------------------------------- what Python says

    live.on("scene", (content, buffers) => {
      const [field, border] = buffers.slice(0, 2).map(asFloat32);
      const [answers, borders] = buffers.slice(2, 4).map(asUint8);
      const [weights, biases, points] = buffers.slice(4, 7).map(asFloat32);
      const [step, costs, accuracies, validStep, validLoss, validAccuracy] = buffers.slice(8).map(asFloat32);
      now = {
        ...content, field, border, answers, borders, weights, biases, points, labels: asUint8(buffers[7]),
        curves: { step, cost: costs, accuracy: accuracies, valid_step: validStep, valid_loss: validLoss, valid_accuracy: validAccuracy },
        firstWeight: content.sizes.slice(1).map((_, layer) => sum(content.sizes.slice(1, layer + 1).map((n, i) => n * content.sizes[i]))),
      };
      if (pinned && !(pinned[0] < now.sizes.length && pinned[1] < now.sizes[pinned[0]])) { pinned = null; asked = null; }
      Object.assign(live.root.dataset, { state: now.state, step: now.step, own: now.own, train: now.train, test: now.test, changes: now.changes.length, chosen: now.chosen.join(":") });

      const running = now.state === "running";
      controls.train.inputs[0].classList.toggle("nn-main", !running);
      controls.pause.inputs[0].classList.toggle("nn-main", running);
      controls.reset.inputs[0].classList.toggle("nn-calling", now.state === "diverged");
      if (watch.textContent !== now.watch) watch.textContent = now.watch;
      const few = now.train < 2;
      const speed = running && now.steps_per_second ? ` · ${formatNumber(now.steps_per_second)} steps/s` : "";
      stateLine.textContent = few
        ? "Click on the map: two points at least, and there is something to learn."
        : `${WORDS[now.state]} · step ${now.step.toLocaleString("en-US")}${speed} · ${now.parameters.toLocaleString("en-US")} parameters`
          + ` · cost ${number(now.cost)} (test ${number(now.valid_loss)})`
          + ` · accuracy ${percent(now.accuracy)} (test ${percent(now.valid_accuracy)})`;
      const [layer] = now.chosen;
      const output = layer === now.sizes.length - 1;
      unitLine.textContent = describeUnit();
      legend.textContent = output
        ? "● class 0, blue · ▲ class 1, orange · hollow: test points · on the line the network is undecided"
        : `enlarged: ${describeUnit().split(":")[0]}; on the line its input is 0`;
      if (now.message) live.say(`Training ${now.message}.`, "error");
      else if (live.root.dataset.troubled === "yes") live.say("");
      live.root.dataset.troubled = now.message ? "yes" : "no";

      network.describe(`The network ${now.sizes.join("-")}, neuron by neuron; lines are weights, dashed and blue below zero. Chosen: ${describeUnit()}. Arrow keys choose another, Escape the output.`);
      map.describe(`The plane with ${now.train} training points (${now.own} of your own) and ${now.test} test points, and the border of the ${output ? "network" : describeUnit().split(":")[0]}. Accuracy ${percent(now.accuracy)}, test ${percent(now.valid_accuracy)}.`);
      cost.describe(`Cost after ${now.step} steps: training ${number(now.cost)}, test ${number(now.valid_loss)}.`);
      accuracy.describe(`Accuracy after ${now.step} steps: training ${percent(now.accuracy)}, test ${percent(now.valid_accuracy)}.`);
      for (const view of [network, map, cost, accuracy]) view.redraw();
    });
    live.on("code", ({ text }) => {
      code.hidden = !text;
      if (code.value !== text) code.value = text;
    });
    code.addEventListener("focus", () => code.select());
    return () => live.close();
  },
};
