// The training panel: what Python publishes as "progress" becomes two charts and a line of text.

import { connect } from "./link.js";
import { makeControls } from "./controls.js";
import { formatNumber, inThousands, make, setText } from "./page.js";
import { STATES, watchTraining } from "./training.js";

// 75.2 -> "1 min 15 s"
function inMinutes(seconds) {
  if (seconds < 10) return `${seconds.toFixed(1)} s`;
  if (seconds < 90) return `${Math.round(seconds)} s`;
  if (seconds < 5400) return `${Math.floor(seconds / 60)} min ${Math.round(seconds % 60)} s`;
  return `${(seconds / 3600).toFixed(1)} h`;
}

export default {
  render({ model, el }) {
    const live = connect(model, el, "nn-panel");
    const controls = makeControls(live, live.body);
    const bar = make("div", { class: "nn-bar", role: "progressbar", "aria-label": "training", "aria-valuemin": 0, "aria-valuemax": 100 }, make("div"));
    const line = make("div", { class: "nn-line" });
    const numbers = make("div", { class: "nn-line" });
    const waiting = make("div", { class: "nn-line nn-waiting", role: "status" });
    live.body.append(waiting, bar, line, numbers);
    const training = watchTraining(live, controls, {
      second: "validation", height: 250, steps: "step (mini-batch)", digits: [4, 2], marksAt: "bottom",
      hasSecond: (now, curves) => curves.secondStep.length || now.state === "ready",
    });

    live.on("progress", (now, buffers) => {
      training.show(now, buffers, now.waiting.length > 0);
      setText(waiting, now.waiting.length ? `Waiting for Reset: ${now.waiting.join(", ")}.` : "");
      const percent = (100 * now.step) / now.steps;
      bar.firstChild.style.width = `${percent}%`;
      bar.setAttribute("aria-valuenow", Math.round(percent));
      const parts = [
        STATES[now.state],
        // With the full batch, steps and epochs are the same.
        now.steps > now.epochs ? `epoch ${now.epoch.toFixed(1)} of ${now.epochs}` : "full batch",
        `step ${inThousands(now.step)} of ${inThousands(now.steps)}`,
      ];
      const running = now.state === "running";
      if (running && now.steps_per_second) parts.push(`${formatNumber(now.steps_per_second)} steps/s`);
      if (running && now.time_left !== null) parts.push(`${inMinutes(now.time_left)} left`);
      line.textContent = parts.join(" · ");
      numbers.textContent = `network ${now.network} · ${training.inNumbers()}`;
    });
    return () => live.close();
  },
};
