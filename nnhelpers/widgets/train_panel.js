// The training panel: what Python publishes as "progress" becomes two charts and a line of text.

const STATES = {
  ready: "ready: press Train",
  running: "training",
  paused: "paused",
  finished: "finished: Train goes on for as many epochs again",
  diverged: "diverged",
  failed: "failed",
};
const CHANGED = { lr: "η", l2: "λ", dropout: "dropout" };

// 75.2 -> "1 min 15 s"
function inMinutes(seconds) {
  if (seconds < 10) return `${seconds.toFixed(1)} s`;
  if (seconds < 90) return `${Math.round(seconds)} s`;
  if (seconds < 5400) return `${Math.floor(seconds / 60)} min ${Math.round(seconds % 60)} s`;
  return `${(seconds / 3600).toFixed(1)} h`;
}

function inPercent(share) {
  return share === null ? "–" : `${(100 * share).toFixed(2)}%`;
}

function asNumber(value) {
  return value === null ? "–" : formatNumber(value, 4);
}

export default {
  render({ model, el }) {
    const live = connect(model, el);
    const controls = makeControls(live, live.body);
    controls.train.inputs[0].classList.add("nn-main");

    const bar = make("div", { class: "nn-bar", role: "progressbar", "aria-label": "training", "aria-valuemin": 0, "aria-valuemax": 100 }, make("div"));
    const line = make("div", { class: "nn-line" });
    const numbers = make("div", { class: "nn-line" });
    const waiting = make("div", { class: "nn-line nn-waiting", role: "status" });
    live.body.append(waiting, bar, line, numbers);

    let now = null; // what Python last said
    let curves = null;

    const marks = () => now.changes.map(([step, name, value]) => ({
      x: step,
      text: `${CHANGED[name]} ${formatNumber(value)}`,
    }));
    const chart = (kind, valid, options) => (ctx, width, height, theme) => {
      if (!now) return;
      const series = [{ name: "training", x: curves.step, y: curves[kind] }];
      if (curves.valid_step.length || now.state === "ready") {
        series.push({ name: "validation", x: curves.valid_step, y: curves[valid], marker: "triangle" });
      }
      lineChart(ctx, { x: 0, y: 0, width, height }, theme, {
        ...options(),
        x: { label: "step (mini-batch)", low: 0, high: Math.max(now.step, 10) },
        series,
        marks: marks(),
      });
    };
    const row = make("div", { class: "nn-row" });
    live.body.append(row);
    const cost = makeCanvas(live, row, {
      height: 250, label: "cost",
      draw: chart("cost", "valid_loss", () => ({
        title: "Cost",
        y: controls.log.value ? { label: "cost J", log: true } : { label: "cost J", low: 0 },
      })),
    });
    const accuracy = makeCanvas(live, row, {
      height: 250, label: "accuracy",
      draw: chart("accuracy", "valid_accuracy", () => ({
        title: "Accuracy", marksAt: "bottom", y: { label: "accuracy", percent: true, high: 1 },
      })),
    });
    controls.listen((name) => { if (name === "log") cost.redraw(); });

    live.on("progress", (content, buffers) => {
      now = content;
      const [step, costs, accuracies, validStep, validLoss, validAccuracy] = buffers.map(asFloat32);
      curves = {
        step, cost: costs, accuracy: accuracies,
        valid_step: validStep, valid_loss: validLoss, valid_accuracy: validAccuracy,
      };
      live.root.dataset.state = now.state;
      live.root.dataset.step = now.step;
      live.root.dataset.points = step.length;
      live.root.dataset.changes = now.changes.length;

      const running = now.state === "running";
      controls.train.inputs[0].classList.toggle("nn-main", !running);
      controls.pause.inputs[0].classList.toggle("nn-main", running);
      controls.reset.inputs[0].classList.toggle("nn-calling", now.waiting.length > 0 || now.state === "diverged");
      const words = now.waiting.length ? `Waiting for Reset: ${now.waiting.join(", ")}.` : "";
      if (waiting.textContent !== words) waiting.textContent = words;

      const percent = Math.round((100 * now.step) / now.steps);
      bar.firstChild.style.width = `${(100 * now.step) / now.steps}%`;
      bar.setAttribute("aria-valuenow", percent);
      const parts = [
        STATES[now.state],
        // With the full batch, steps and epochs are the same.
        now.steps > now.epochs ? `epoch ${now.epoch.toFixed(1)} of ${now.epochs}` : "full batch",
        `step ${now.step.toLocaleString("en-US")} of ${now.steps.toLocaleString("en-US")}`,
      ];
      if (running && now.steps_per_second) parts.push(`${formatNumber(now.steps_per_second)} steps/s`);
      if (running && now.time_left !== null) parts.push(`${inMinutes(now.time_left)} left`);
      line.textContent = parts.join(" · ");
      numbers.textContent = `network ${now.network} · cost ${asNumber(now.cost)} (validation ${asNumber(now.valid_loss)})`
        + ` · accuracy ${inPercent(now.accuracy)} (validation ${inPercent(now.valid_accuracy)})`;
      if (now.message) live.say(`Training ${now.message}.`, "error");
      else if (live.root.dataset.troubled === "yes") live.say("");
      live.root.dataset.troubled = now.message ? "yes" : "no";

      const changes = now.changes.map(([at, name, value]) => `, ${CHANGED[name]} set to ${formatNumber(value)} at step ${at}`).join("");
      cost.describe(`Cost after ${now.step} steps: training ${asNumber(now.cost)}, validation ${asNumber(now.valid_loss)}${changes}.`);
      accuracy.describe(`Accuracy after ${now.step} steps: training ${inPercent(now.accuracy)}, validation ${inPercent(now.valid_accuracy)}${changes}.`);
      cost.redraw();
      accuracy.redraw();
    });
    return () => live.close();
  },
};
