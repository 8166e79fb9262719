// What the widgets share that show a training: two charts, a line of numbers, and what they tell.

import { makeCanvas } from "./canvas.js";
import { lineChart } from "./chart.js";
import { asFloat32, formatNumber, make } from "./page.js";

export const STATES = {
  ready: "ready: press Train",
  running: "training",
  paused: "paused",
  finished: "finished: Train goes on for as many steps again",
  diverged: "diverged",
  failed: "failed",
};
const STEERED = { lr: "η", l2: "λ", dropout: "dropout" };

// Make the charts of cost and accuracy, below all that `live.body` has.
//
//   const training = watchTraining(live, controls, {second: "test", ...});
//   training.show(content, buffers)     // what Python says: a snapshot, and the six curves
//
// second: what the second curve is measured on; hasSecond(now): whether it is drawn; height of the
// charts; the label of their steps; digits of costs and of percents; where the accuracy's marks are.
export function watchTraining(live, controls, { second, hasSecond, height, steps, digits, marksAt }) {
  let now = null;
  let curves = null;
  const number = (value) => (value === null ? "–" : formatNumber(value, digits[0]));
  const percent = (value) => (value === null ? "–" : `${(100 * value).toFixed(digits[1])}%`);
  const row = make("div", { class: "nn-row" });
  live.body.append(row);

  const chart = (kind, axis, options) => makeCanvas(live, row, {
    height, label: kind,
    draw(ctx, width, tall, theme) {
      if (!now) return;
      const series = [{ name: "training", x: curves.step, y: curves[kind] }];
      if (hasSecond(now, curves)) series.push({ name: second, x: curves.secondStep, y: curves[`${kind}2`], marker: "triangle" });
      lineChart(ctx, width, tall, theme, {
        title: kind[0].toUpperCase() + kind.slice(1), series, y: axis(), ...options,
        x: { label: steps, high: Math.max(now.step, 10) },
        marks: now.changes.map(([step, name, value]) => ({ x: step, text: `${STEERED[name]} ${formatNumber(value)}` })),
      });
    },
  });
  const charts = {
    cost: chart("cost", () => (controls.log.value ? { label: "cost J", log: true } : { label: "cost J", low: 0 })),
    accuracy: chart("accuracy", () => ({ label: "accuracy", percent: true, high: 1 }), { marksAt }),
  };
  controls.listen((name) => { if (name === "log") charts.cost.redraw(); });

  return {
    // "cost 0.12 (test 0.15) · accuracy 97% (test 96%)"
    inNumbers: () => `cost ${number(now.cost)} (${second} ${number(now.valid_loss)})`
      + ` · accuracy ${percent(now.accuracy)} (${second} ${percent(now.valid_accuracy)})`,
    percent,
    show(content, buffers, calling) {
      now = content;
      const [step, cost, accuracy, secondStep, cost2, accuracy2] = buffers.map(asFloat32);
      curves = { step, cost, accuracy, secondStep, cost2, accuracy2 };
      Object.assign(live.root.dataset, { state: now.state, step: now.step, points: step.length, changes: now.changes.length });
      const running = now.state === "running";
      controls.train.inputs[0].classList.toggle("nn-main", !running);
      controls.pause.inputs[0].classList.toggle("nn-main", running);
      controls.reset.inputs[0].classList.toggle("nn-calling", calling || now.state === "diverged");
      if (now.message) live.say(`Training ${now.message}.`, "error");
      else if (live.root.dataset.troubled === "yes") live.say("");
      live.root.dataset.troubled = now.message ? "yes" : "no";
      const changes = now.changes.map(([at, name, value]) => `, ${STEERED[name]} set to ${formatNumber(value)} at step ${at}`).join("");
      charts.cost.describe(`Cost after ${now.step} steps: training ${number(now.cost)}, ${second} ${number(now.valid_loss)}${changes}.`);
      charts.accuracy.describe(`Accuracy after ${now.step} steps: training ${percent(now.accuracy)}, ${second} ${percent(now.valid_accuracy)}${changes}.`);
      for (const one of Object.values(charts)) one.redraw();
    },
  };
}
