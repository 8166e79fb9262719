// The playground: what Python publishes as "scene" becomes the network, neuron by neuron, the map
// of the plane, and two charts. Clicks on the map become points.

import { connect } from "./link.js";
import { makeControls } from "./controls.js";
import { asFloat32, asUint8, formatNumber, inThousands, make, setText } from "./page.js";
import { makeMap } from "./playground_map.js";
import { makeNetwork } from "./playground_network.js";
import { STATES, watchTraining } from "./training.js";

export default {
  render({ model, el }) {
    const live = connect(model, el, "nn-playground");
    const controls = makeControls(live, live.body);
    const watch = make("div", { class: "nn-watch", role: "status" });
    controls.preset.element.after(watch);
    const code = make("textarea", { class: "nn-code", readonly: "", rows: 14, spellcheck: "false", "aria-label": "Python code that builds this network" });
    code.hidden = true;
    code.addEventListener("focus", () => code.select());
    const stateLine = make("div", { class: "nn-line" });
    const [left, right] = [make("div"), make("div")];
    live.body.append(code, stateLine, make("div", { class: "nn-scene" }, left, right));

    const shown = { now: null }; // what Python last said, and the arrays that came with it
    const network = makeNetwork(live, left, shown);
    const unitLine = make("div", { class: "nn-line nn-unit" });
    left.append(unitLine);
    const map = makeMap(live, right, shown);
    const legend = make("div", { class: "nn-line nn-legend" });
    right.append(legend);
    const training = watchTraining(live, controls, {
      second: "test", height: 200, steps: "step", digits: [3, 1], hasSecond: (now) => now.test,
    });

    live.on("scene", (content, buffers) => {
      const [field, border, weights, biases, points] = buffers.slice(0, 5).map(asFloat32);
      const [answers, borders, labels] = buffers.slice(5, 8).map(asUint8);
      const now = { ...content, field, border, weights, biases, points, answers, borders, labels };
      shown.now = now;
      training.show(content, buffers.slice(8));
      Object.assign(live.root.dataset, { own: now.own, train: now.train, test: now.test, chosen: now.chosen.join(":") });
      setText(watch, now.watch);
      const speed = now.state === "running" && now.steps_per_second ? ` · ${formatNumber(now.steps_per_second)} steps/s` : "";
      stateLine.textContent = now.train < 2
        ? "Click on the map: two points at least, and there is something to learn."
        : `${STATES[now.state]} · step ${inThousands(now.step)}${speed} · ${inThousands(now.parameters)} parameters · ${training.inNumbers()}`;
      const isOutput = now.chosen[0] === now.sizes.length - 1;
      const [name, numbers] = network.describeUnit();
      unitLine.textContent = name + numbers;
      legend.textContent = isOutput
        ? "● class 0, blue · ▲ class 1, orange · hollow: test points · on the line the network is undecided"
        : `enlarged: ${name}; on the line its input is 0`;
      network.update(name + numbers);
      map.describe(`The plane with ${now.train} training points (${now.own} of your own) and ${now.test} test points, and the border of the ${isOutput ? "network" : name}. Accuracy ${training.percent(now.accuracy)}, test ${training.percent(now.valid_accuracy)}.`);
      map.redraw();
    });
    live.on("code", ({ text }) => {
      code.hidden = !text;
      if (code.value !== text) code.value = text;
    });
    return () => live.close();
  },
};
