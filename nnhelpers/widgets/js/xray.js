// The network X-ray: Python sends the numbers of one example and one layer; moving through them
// happens here, so that it is as quick as the hand.

import { makeCanvas } from "./canvas.js";
import { makeControls } from "./controls.js";
import { connect } from "./link.js";
import { asFloat64, clamp, formatNumber, inThousands, make, uniqueId } from "./page.js";
import { factsOf, inFigures, showBackward, showForward, signed } from "./xray_numbers.js";
import { drawPictures, drawStrip, drawThumb } from "./xray_pictures.js";

export default {
  render({ model, el }) {
    const live = connect(model, el, "nn-xray");
    const controls = makeControls(live, live.body);
    const me = uniqueId("view");
    const said = { layer: null, example: null }; // what Python last said of each,
    let facts = null; // and both, if they belong together
    const at = { i: 0, j: 0 }; // the place that was chosen,
    const over = { i: null, j: null }; // and the one under the mouse, which is only looked at

    // What is looked at: under the mouse if it is somewhere, else what was chosen.
    const lastOf = (name) => (said.layer === null ? 0 : (name === "i" ? said.layer.n_in : said.layer.n_out) - 1);
    const look = (name) => clamp(over[name] ?? at[name], 0, lastOf(name));

    // ---------------------------------------------------------------- what is on the page

    const says = make("div", { class: "nn-line" });
    const boxes = { j: numberBox("j", "unit j"), i: numberBox("i", "input i") };
    const pixel = make("span", { class: "nn-muted" });
    const place = make("div", { class: "nn-place" }, boxes.j.element, boxes.i.element, pixel);
    const chosen = make("div", { class: "nn-line nn-chosen", role: "status", "aria-live": "polite" });
    const help = make("div", { class: "nn-hint" });
    const strip = makeCanvas(live, live.body, {
      height: 46, label: "units",
      draw: (ctx, width, height, theme) => { if (facts) drawStrip(facts, look("j"), ctx, width, height, theme); },
    });
    const thumb = makeCanvas(live, live.body, {
      height: 64, label: "the example",
      draw: (ctx, width, height, theme) => { if (facts?.layer.side) drawThumb(facts, ctx, height, theme); },
    });
    thumb.canvas.classList.add("nn-thumb");
    const row = make("div", { class: "nn-row nn-parts" });
    const parts = { forward: makePart("forward", "Forward"), backward: makePart("backward", "Backward") };
    const outcome = make("div", { class: "nn-outcome", role: "status" });
    live.body.append(make("div", { class: "nn-example" }, thumb.canvas, make("div", {}, says, place)),
      strip.canvas, chosen, help, row, outcome);

    // A way: its formula, pictures of its numbers where there are many, a table, the results.
    function makePart(name, title) {
      const element = make("section", { "aria-label": title, "data-part": name });
      const [head, formula, result] = ["part-title", "formula", "result"].map((kind) => make("div", { class: `nn-${kind}` }));
      element.append(head, formula);
      const part = { element, head, formula, result, boxes: [] };
      part.pictures = makeCanvas(live, element, {
        height: 200, label: title, interactive: true,
        draw(...canvas) {
          if (facts?.layer.picture) part.boxes = drawPictures(name, part.pictures.canvas, facts, [look("i"), look("j")], ...canvas);
        },
      });
      part.table = make("table", { class: "nn-terms", role: "grid", tabindex: 0, "aria-readonly": "true" });
      element.append(part.table, result);
      row.append(element);
      return part;
    }

    // A field for a number, between 0 and what the layer has.
    function numberBox(name, label) {
      const id = uniqueId(name);
      const box = make("input", { type: "text", inputmode: "numeric", class: "nn-number", id, autocomplete: "off" });
      const range = make("span", { class: "nn-muted" });
      const element = make("div", { class: "nn-control", "data-place": name }, make("label", { for: id }, label), box, range);
      const take = () => {
        const typed = box.value.trim();
        const good = /^\d+$/.test(typed) && Number(typed) <= lastOf(name);
        box.setAttribute("aria-invalid", String(!good));
        element.classList.toggle("nn-wrong", !good);
        if (good) {
          live.say("");
          move({ [name]: Number(typed) });
        } else live.say(`${label}: expected a whole number from 0 to ${lastOf(name)}, got '${typed}'`, "error");
      };
      box.addEventListener("change", take);
      box.addEventListener("keydown", (event) => { if (event.key === "Enter") take(); });
      return { element, box, range };
    }

    // ---------------------------------------------------------------- moving

    function move(to) {
      if (!facts) return;
      for (const [name, value] of Object.entries(to)) at[name] = clamp(value, 0, lastOf(name));
      Object.assign(over, { i: null, j: null });
      show();
      live.sendLatest("place", { ...at, by: me });
    }

    // A look at another place, without choosing it; no place is the chosen one again.
    function glance({ i = null, j = null } = {}) {
      if (!facts || (over.i === i && over.j === j)) return;
      Object.assign(over, { i, j });
      show();
    }

    // The mouse looks, a click chooses; placeUnder(event) is {i} or {j}, or null beside all places.
    function watchMouse(element, click, placeUnder) {
      const under = (event) => (facts ? placeUnder(event) : null);
      element.addEventListener("pointermove", (event) => glance(under(event) ?? {}));
      element.addEventListener("pointerleave", () => glance());
      element.addEventListener(click, (event) => { if (under(event)) move(under(event)); });
    }

    // Rows of terms count i on the way forward, and j at the end of the network on the way back.
    const rowUnder = (name) => (event) => {
      const term = event.target.closest("tr")?.dataset.term;
      return name() && /^\d+$/.test(term) ? { [name()]: Number(term) } : null;
    };
    watchMouse(parts.forward.table, "click", rowUnder(() => "i"));
    watchMouse(parts.backward.table, "click", rowUnder(() => (facts.layer.last ? "j" : null)));
    watchMouse(strip.canvas, "pointerdown", (event) => (
      { j: clamp(Math.floor((event.offsetX / strip.canvas.clientWidth) * facts.layer.n_out), 0, lastOf("j")) }));
    for (const part of Object.values(parts)) {
      watchMouse(part.pictures.canvas, "pointerdown", (event) => {
        const [rows, columns] = facts.layer.picture ?? [0, 0];
        for (const box of part.boxes) {
          const c = Math.floor(((event.offsetX - box.x) / box.width) * columns);
          const r = Math.floor(((event.offsetY - box.y) / box.height) * rows);
          const i = r * columns + c;
          if (c >= 0 && c < columns && r >= 0 && r < rows && i <= lastOf("i")) return { i };
        }
        return null;
      });
    }

    // Arrow keys, wherever the keyboard is in the X-ray, but not in a field or a menu.
    live.root.addEventListener("keydown", (event) => {
      if (!facts || event.target.closest("input, select, button")) return;
      if (event.ctrlKey || event.metaKey || event.altKey || event.shiftKey) return;
      const rowOf = facts.layer.picture ? facts.layer.picture[1] : 1;
      const to = {
        ArrowUp: { i: at.i - 1 }, ArrowDown: { i: at.i + 1 },
        ArrowLeft: { j: at.j - 1 }, ArrowRight: { j: at.j + 1 },
        PageUp: { i: at.i - rowOf }, PageDown: { i: at.i + rowOf },
        Home: { i: 0 }, End: { i: lastOf("i") },
      }[event.key];
      if (!to) return;
      event.preventDefault();
      move(to);
    });

    // ---------------------------------------------------------------- showing

    function show() {
      if (!facts) return;
      const [i, j] = [look("i"), look("j")];
      const { layer, seen } = facts;
      const way = layer.labelled ? controls.show.value : "forward";
      parts.forward.element.hidden = way === "backward";
      parts.backward.element.hidden = way === "forward";
      showPlace(i, j);
      showForward(parts.forward, facts, i, j);
      if (layer.labelled) showBackward(parts.backward, facts, i, j, controls.lr.value);
      for (const { pictures } of Object.values(parts)) {
        pictures.canvas.hidden = !layer.picture;
        pictures.redraw();
      }
      strip.redraw();
      strip.describe(`What the ${layer.n_out} units of this layer say; unit ${j}: ${inFigures(seen.A[j])}.`);
      thumb.canvas.hidden = !layer.side || layer.layer === 1;
      thumb.redraw();
      thumb.describe(`The image of example ${seen.example}`);
      Object.assign(live.root.dataset, { i, j, example: seen.example, layer: layer.layer, steps: seen.steps });
    }

    function showPlace(i, j) {
      const { layer, seen, w } = facts;
      for (const [name, field] of Object.entries(boxes)) {
        if (document.activeElement !== field.box || over.i !== null || over.j !== null) field.box.value = look(name);
        field.range.textContent = `of 0 … ${lastOf(name)}`;
      }
      const columns = layer.picture ? layer.picture[1] : 1;
      pixel.textContent = layer.side && layer.layer === 1 ? `pixel in row ${Math.floor(i / columns)}, column ${i % columns}` : "";
      chosen.textContent = `input ${i} × weight to unit ${j}: ${inFigures(seen.X[i])} × ${signed(w(i, j))} = ${inFigures(seen.X[i] * w(i, j))}`;
      const keys = layer.picture ? `, Page ↑ ↓ a row of ${columns}` : "";
      help.textContent = `Keys in the pictures and tables: ↑ ↓ input i, ← → unit j${keys}. All indices count from 0, as in the code; layers from 1.`;
    }

    function showExample() {
      const { layer, seen } = facts;
      const words = [`Example n = ${seen.example}`];
      if (layer.labelled) {
        words.push(`its label is ${seen.label}, the network says ${seen.says}`, `cost of this example J = ${seen.J === null ? "too large for the computer" : inFigures(seen.J)}`);
        if (seen.steps) words.push(`after ${seen.steps} step${seen.steps > 1 ? "s" : ""} in a private copy`);
      }
      says.textContent = words.join(" · ");
      outcome.replaceChildren();
      const done = seen.result;
      if (!done) return;
      const less = done.before - done.after;
      outcome.append(make("div", { "data-result": "step" }, `Step with η = ${formatNumber(done.lr)}: J of this example ${inFigures(done.before)} → `,
        make("b", {}, inFigures(done.after)), `. Promised by the slopes, η · ‖grad‖²: ${inFigures(done.promised)} less; got ${inFigures(Math.abs(less))} ${less < 0 ? "more" : "less"}.`));
      if (done.many > 1) outcome.append(make("div", { "data-result": "mean" }, `Mean cost of ${done.all ? "all" : "the first"} ${inThousands(done.many)} examples, though the step asked example ${seen.example} alone: ${inFigures(done.mean_before)} → ${inFigures(done.mean_after)}.`));
    }

    // ---------------------------------------------------------------- messages

    function hear(what, content, names, buffers) {
      const numbers = buffers.map((buffer, k) => [names[k], asFloat64(buffer)]);
      said[what] = { ...content, ...Object.fromEntries(numbers) };
      if (what === "layer") Object.assign(over, { i: null, j: null });
      facts = said.layer && said.layer.stamp === said.example?.stamp ? factsOf(said.layer, said.example) : null;
      if (facts) showExample();
      show();
    }
    live.on("layer", (content, buffers) => hear("layer", content, ["W", "b", "nextW"], buffers));
    live.on("example", (content, buffers) => hear("example", content, ["X", "Z", "A", "slope", "dA", "dZ", "P", "Y", "nextDZ", "image"], buffers));
    live.on("place", ({ i, j, by }) => {
      if (by === me) return; // the hand is newer than what Python heard of it
      Object.assign(at, { i, j });
      show();
    });
    controls.listen((changed) => { if (changed === "show" || changed === "lr") show(); });
    return () => live.close();
  },
};
