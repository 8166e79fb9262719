// Sliders, menus, buttons and their like, built from what Python describes.

import { clamp, formatNumber, make, uniqueId } from "./page.js";

// Build all controls that Python described, group by group, into `parent`.
// Returns {name: control}; a control has element, inputs, value, set(value), enable(on).
export function makeControls(live, parent) {
  const controls = {};
  const listeners = [];
  const area = make("div", { class: "nn-controls" });
  const hint = make("div", { class: "nn-hint", "aria-hidden": "true" });
  const groups = new Map();
  for (const spec of live.setup.controls) {
    if (!groups.has(spec.group)) {
      const grid = make("div", { class: "nn-grid" });
      area.append(make("fieldset", { class: "nn-group" }, spec.group ? make("legend", {}, spec.group) : null, grid));
      groups.set(spec.group, grid);
    }
    const control = makeControl(live, spec, hint, (value) => {
      for (const listener of listeners) listener(spec.name, value);
    });
    controls[spec.name] = control;
    groups.get(spec.group).append(control.element);
  }
  parent.append(area, hint, live.status); // what goes wrong is said near the hand
  live.on("values", ({ values, disabled }) => {
    for (const [name, value] of Object.entries(values)) {
      // The hand on the slider is newer than what Python last heard of it.
      if (!controls[name].held() && !live.isPending(`control:${name}`)) controls[name].set(value);
    }
    for (const [name, control] of Object.entries(controls)) control.enable(!disabled.includes(name));
  });
  // listen((name, value) => ...) is called at once when a hand changes a control.
  Object.defineProperty(controls, "listen", { value: (listener) => listeners.push(listener) });
  return controls;
}

function makeControl(live, spec, hint, changed) {
  const control = {
    held: () => false, // whether a hand is on it now
    enable(on) { for (const input of control.inputs) input.disabled = !on; },
    // A hand has set it: the listeners are told at once, then Python.
    give(value) {
      changed(value);
      control.send(value);
    },
    // Send a value to Python; if Python refuses it, say so at the control.
    send(value) {
      live.sendLatest("control", { name: spec.name, value }, {
        key: `control:${spec.name}`,
        settle(reply, error) {
          control.markWrong(Boolean(error));
          if (!error && !control.held() && !live.isPending(`control:${spec.name}`)) control.set(reply.value);
        },
      });
    },
    markWrong(wrong) {
      control.element.classList.toggle("nn-wrong", wrong);
      for (const input of control.inputs) input.setAttribute("aria-invalid", String(wrong));
    },
    press() { // of a button
      changed(true);
      live.send("button", { name: spec.name });
    },
  };
  // Properties with getters are kept what they are.
  Object.defineProperties(control, Object.getOwnPropertyDescriptors(KINDS[spec.kind](spec, control)));
  const { inputs } = control;
  const label = spec.kind === "button" || spec.kind === "toggle" ? null : make("label", {}, withUnit(spec));
  if (label) label.htmlFor = inputs[0].id = uniqueId(spec.kind);
  // The tip is a title for the mouse, a description for screen readers, and while the keyboard is
  // on a control it is the line below the controls.
  const tip = make("span", { class: "nn-unseen", id: uniqueId("tip") }, spec.tip);
  const parts = spec.kind === "checkbox" ? [...inputs, label, tip] : [label, ...inputs, tip];
  control.element = make("div", { class: `nn-control nn-${spec.kind === "button" ? "push" : spec.kind}`, "data-control": spec.name }, ...parts);
  for (const input of inputs) {
    input.title = spec.tip;
    input.setAttribute("aria-describedby", tip.id);
    input.addEventListener("focus", () => { hint.textContent = spec.tip; });
    input.addEventListener("blur", () => { hint.textContent = ""; });
  }
  control.set(spec.value);
  return control;
}

const withUnit = (spec) => (spec.unit ? `${spec.label} (${spec.unit})` : spec.label);

// ---- the kinds: each makes its inputs, and says how a value gets in and out

function slider(spec, control) {
  // The range input counts positions; valueAt(position) and positionOf(value) translate.
  const span = spec.high - spec.low;
  const last = spec.steps ? spec.steps.length - 1 : Math.round(span / (spec.step || span / 100));
  const valueAt = (position) => {
    if (spec.steps) return spec.steps[position];
    const at = Number((spec.low + (position / last) * span).toPrecision(6));
    return spec.integer ? Math.round(at) : at;
  };
  const positionOf = (wanted) => {
    if (!spec.steps) return Math.round(((wanted - spec.low) / span) * last);
    const scale = spec.log ? Math.log : (v) => v;
    const distance = (i) => Math.abs(scale(spec.steps[i]) - scale(wanted));
    return spec.steps.reduce((best, _, i) => (distance(i) < distance(best) ? i : best), 0);
  };

  const range = make("input", { type: "range", min: 0, max: last, step: 1 });
  const box = make("input", {
    type: "text", inputmode: "decimal", class: "nn-number", autocomplete: "off",
    "aria-label": `${withUnit(spec)}, as a number`,
  });
  let value = null;
  let pointerDown = false;
  let typing = false;
  const take = (next) => {
    if (next === value) return;
    control.set(next);
    control.give(next);
  };
  range.addEventListener("input", () => take(valueAt(Number(range.value))));
  range.addEventListener("pointerdown", () => { pointerDown = true; });
  for (const end of ["pointerup", "pointercancel", "change", "blur"]) {
    range.addEventListener(end, () => { pointerDown = false; });
  }
  const takeTyped = () => {
    if (!typing) return;
    typing = false;
    const typed = box.value.trim().replace(",", ".");
    const number = typed === "" ? NaN : Number(typed);
    if (Number.isFinite(number) && number >= spec.low && number <= spec.high) {
      control.markWrong(false);
      take(number);
    } else control.send(Number.isFinite(number) ? number : box.value); // Python says what it expected
  };
  box.addEventListener("input", () => { typing = true; });
  box.addEventListener("change", takeTyped);
  box.addEventListener("keydown", (event) => {
    if (event.key === "Enter") takeTyped();
    const step = { ArrowUp: 1, ArrowDown: -1 }[event.key];
    if (step) {
      event.preventDefault();
      take(valueAt(clamp(positionOf(value) + step, 0, last)));
    }
  });
  return {
    inputs: [range, box],
    get value() { return value; },
    set(next) {
      value = next;
      range.value = positionOf(next);
      range.setAttribute("aria-valuetext", `${formatNumber(next)}${spec.unit ? ` ${spec.unit}` : ""}`);
      box.value = formatNumber(next, 4).replace(/,/g, "");
    },
    held: () => pointerDown || (document.activeElement === box && typing),
  };
}

function menu(spec, control) {
  const { options } = spec; // pairs of label and value
  const select = make("select", {}, ...options.map(([text]) => make("option", {}, text)));
  select.addEventListener("change", () => control.give(control.value));
  return {
    inputs: [select],
    get value() { return options[select.selectedIndex]?.[1]; },
    set(next) { select.selectedIndex = options.findIndex((option) => option[1] === next); },
  };
}

function checkbox(spec, control) {
  const input = make("input", { type: "checkbox" });
  input.addEventListener("change", () => control.give(input.checked));
  return {
    inputs: [input],
    get value() { return input.checked; },
    set(next) { input.checked = next; },
  };
}

function toggle(spec, control) {
  const button = make("button", { type: "button", class: "nn-button" }, spec.label);
  button.addEventListener("click", () => {
    control.set(!control.value);
    control.give(control.value);
  });
  return {
    inputs: [button],
    get value() { return button.getAttribute("aria-pressed") === "true"; },
    set(next) { button.setAttribute("aria-pressed", String(next)); },
  };
}

function button(spec, control) {
  const push = make("button", { type: "button", class: "nn-button" }, spec.label);
  push.addEventListener("click", control.press);
  return { inputs: [push], value: null, set() {} };
}

function text(spec, control) {
  const input = make("input", { type: "text", autocomplete: "off", spellcheck: "false" });
  let typing = false;
  let accepted = spec.value;
  const take = () => {
    typing = false;
    if (input.value !== accepted) control.give(input.value);
  };
  input.addEventListener("input", () => { typing = true; });
  input.addEventListener("change", take);
  input.addEventListener("keydown", (event) => { if (event.key === "Enter") take(); });
  return {
    inputs: [input],
    get value() { return input.value; },
    set(next) { accepted = input.value = next; },
    held: () => typing,
  };
}

const KINDS = { slider, menu, checkbox, toggle, button, text };
