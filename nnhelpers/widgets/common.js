// What all live widgets share: messages to and from Python, controls, and drawing on a canvas.
//
// A widget's own file is joined behind this one, and the two are one module: what is defined here
// can be used there without import. No framework, no build step, nothing from the network.

// ------------------------------------------------------------------ small things

let lastNumber = 0;

// A name that is used once on this page: labels and tips are tied to their controls by it.
function uniqueId(prefix) {
  lastNumber += 1;
  return `nn-${prefix}-${lastNumber}-${Math.random().toString(36).slice(2, 8)}`;
}

// make("button", {class: "nn-button", "aria-pressed": "false"}, "Train", otherElement)
function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== undefined && value !== null) element.setAttribute(name, value);
  }
  element.append(...children.filter((child) => child !== undefined && child !== null));
  return element;
}

// 0.1 -> "0.1", 0.00001 -> "1e-5", 12345.678 -> "12,346"
function formatNumber(value, digits = 3) {
  if (!Number.isFinite(value)) return String(value);
  if (value === 0) return "0";
  const size = Math.abs(value);
  if (size < 1e-4 || size >= 1e7) {
    return value.toExponential(digits - 1).replace(/\.?0+e/, "e").replace("e+", "e");
  }
  if (size >= 1000) return Math.round(value).toLocaleString("en-US");
  return String(Number(value.toPrecision(digits)));
}

// Bytes arrive as a DataView that may begin anywhere; typed arrays must begin at a multiple of
// their size, so the bytes are copied.
function asFloat32(view) {
  return new Float32Array(view.buffer.slice(view.byteOffset, view.byteOffset + view.byteLength));
}
function asUint8(view) {
  return new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
}

// ------------------------------------------------------------------ messages

// The page's end of the line to Python. In a widget's file:
//
//   const live = connect(model, el);
//   live.on("picture", (content, buffers) => {...});    // what Python publishes, newest only
//   live.send("undo", {});                              // in order, none is lost: Promise of reply
//   live.sendLatest("point", {x, y});                   // newest wins while Python is busy
//   return () => live.close();
function connect(model, el) {
  const page = uniqueId("page");
  const handlers = {}; // kind -> functions that draw it
  const arrived = new Map(); // kind -> newest message, waiting for the next frame
  const replies = new Map(); // id -> functions that settle the promise of a reply
  const channels = new Map(); // key -> {busy, held}: latest value wins
  const cleanups = [];
  let lastId = 0;
  let frame = null;
  let waitingSince = null;

  const root = make("div", { class: "nn-live", role: "group" });
  const setup = model.get("setup");
  root.setAttribute("aria-label", setup.title);
  root.append(make("div", { class: "nn-title" }, setup.title));
  const body = make("div", { class: "nn-body" });
  const status = make("div", { class: "nn-message", role: "status", "aria-live": "polite" });
  root.append(body, status);
  el.append(root);

  // JupyterLab's notebook has its own ideas about arrow keys and letters (next cell, delete cell).
  // What is pressed inside the widget stays here, but for shortcuts such as Ctrl-S, Shift-Enter.
  root.addEventListener("keydown", (event) => {
    const shortcut = event.ctrlKey || event.metaKey || event.altKey;
    if (!shortcut && !(event.key === "Enter" && event.shiftKey)) event.stopPropagation();
  });

  function say(text, tone = "info") {
    if (status.textContent !== text) status.textContent = text;
    status.dataset.tone = tone;
  }

  // After a restart of the kernel there is nobody at the other end.
  function transmit(message, buffers) {
    if (live.closed) return false; // Python knows that this page is gone: a late word would open it
    try {
      model.send(message, undefined, buffers);
      return true;
    } catch (error) {
      say("This widget's kernel is gone: run its cell again.", "error");
      return false;
    }
  }

  function post(kind, content, buffers) {
    lastId += 1;
    const id = `${page}:${lastId}`;
    return new Promise((resolve, reject) => {
      replies.set(id, { resolve, reject });
      if (!transmit({ kind, id, page, content }, buffers)) {
        replies.delete(id);
        reject(new Error("the kernel is gone"));
      } else if (waitingSince === null) waitingSince = performance.now();
    });
  }

  // The kernel answers in milliseconds. If it does not, the student should know why.
  const watch = setInterval(() => {
    const late = waitingSince !== null && performance.now() - waitingSince > 3000;
    root.classList.toggle("nn-late", late);
  }, 500);
  cleanups.push(() => clearInterval(watch));

  function sendHeld(key, channel) {
    const { kind, content, buffers, settle } = channel.held;
    channel.held = null;
    channel.busy += 1;
    post(kind, content, buffers)
      .then((reply) => settle(reply, null), (error) => settle(null, error))
      .finally(() => {
        channel.busy -= 1;
        if (channel.held && channel.busy === 0 && !live.closed) sendHeld(key, channel);
      });
  }

  const live = {
    el,
    root,
    body,
    status,
    setup,
    say,
    closed: false,

    on(kind, draw) {
      (handlers[kind] = handlers[kind] || []).push(draw);
    },

    // Nothing is dropped, and nothing overtakes: values that are held back go out first.
    send(kind, content = {}, buffers = []) {
      for (const [key, channel] of channels) if (channel.held) sendHeld(key, channel);
      const reply = post(kind, content, buffers);
      reply.catch(() => {}); // Python shows its errors in the widget; nobody has to catch them
      return reply;
    },

    // While Python works on one value, only the newest of those that follow is kept.
    // `settle(reply, error)` is called for values that were sent, not for those dropped.
    sendLatest(kind, content = {}, { key = kind, buffers = [], settle = () => {} } = {}) {
      if (!channels.has(key)) channels.set(key, { busy: 0, held: null });
      const channel = channels.get(key);
      channel.held = { kind, content, buffers, settle };
      if (channel.busy === 0) sendHeld(key, channel);
    },

    isPending(key) {
      const channel = channels.get(key);
      return Boolean(channel && (channel.busy || channel.held));
    },

    onClose(cleanup) {
      cleanups.push(cleanup);
    },

    close() {
      if (live.closed) return;
      transmit({ kind: "gone", page, content: {} });
      live.closed = true;
      model.off("msg:custom", receive);
      if (frame !== null) cancelAnimationFrame(frame);
      for (const cleanup of cleanups) cleanup();
      root.remove();
    },
  };

  // What Python publishes is drawn once a frame, the newest of each kind; then Python is told,
  // and only then sends the next. So a slow page never has a queue of old pictures.
  function drawArrived() {
    frame = null;
    for (const [kind, message] of [...arrived]) {
      arrived.delete(kind);
      for (const draw of handlers[kind] || []) {
        try {
          draw(message.content, message.buffers);
        } catch (error) {
          console.error(error);
          say(`Could not show this: ${error.message}`, "error");
        }
      }
      transmit({ kind: "ack", page, id: message.id, what: kind });
    }
  }

  function receive(message, buffers) {
    if (live.closed) return;
    if (message.kind === "publish") {
      arrived.set(message.what, { id: message.id, content: message.content, buffers });
      if (frame === null) frame = requestAnimationFrame(drawArrived);
      // A browser draws no frames in a hidden tab: Python is told that somebody is there all the same.
      if (document.hidden) transmit({ kind: "ack", page });
    } else if (message.kind === "reply" && replies.has(message.id)) {
      const { resolve, reject } = replies.get(message.id);
      replies.delete(message.id);
      waitingSince = replies.size ? performance.now() : null;
      if (message.error) reject(new Error(message.error));
      else resolve({ content: message.content, buffers });
    }
  }

  model.on("msg:custom", receive);
  live.on("message", ({ text, tone }) => say(text, tone));
  // Python answers with the newest state of everything. Said after the widget's own file has
  // registered its handlers: that is, when the code that is running now has come to its end.
  queueMicrotask(() => live.send("hello").catch(() => {}));
  return live;
}

// ------------------------------------------------------------------ controls

// Build all controls that Python described, group by group, into `parent`.
// Returns {name: control}; a control has element, value, set(value), enable(on), note(text).
function makeControls(live, parent) {
  const controls = {};
  const listeners = [];
  const area = make("div", { class: "nn-controls" });
  const hint = make("div", { class: "nn-hint", "aria-hidden": "true" });
  const groups = new Map();
  for (const spec of live.setup.controls) {
    if (!groups.has(spec.group)) {
      const grid = make("div", { class: "nn-grid" });
      const group = make("fieldset", { class: "nn-group" },
        spec.group ? make("legend", {}, spec.group) : null, grid);
      groups.set(spec.group, grid);
      area.append(group);
    }
    const control = CONTROLS[spec.kind](live, spec, (value) => {
      for (const listener of listeners) listener(spec.name, value);
    });
    control.element.dataset.control = spec.name;
    controls[spec.name] = control;
    groups.get(spec.group).append(control.element);
    // The tip is a title for the mouse, a description for screen readers, and for those who walk
    // by keyboard it stands in the line below the controls.
    const tip = make("span", { class: "nn-unseen", id: uniqueId("tip") }, spec.tip);
    control.element.append(tip);
    for (const input of control.inputs) {
      input.title = spec.tip;
      input.setAttribute("aria-describedby", tip.id);
      input.addEventListener("focus", () => { hint.textContent = spec.tip; });
      input.addEventListener("blur", () => { hint.textContent = ""; });
    }
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

// Send a control's value to Python; if Python refuses it, say so at the control.
function sendValue(live, spec, value, control) {
  live.sendLatest("control", { name: spec.name, value }, {
    key: `control:${spec.name}`,
    settle(reply, error) {
      control.element.classList.toggle("nn-wrong", Boolean(error));
      for (const input of control.inputs) input.setAttribute("aria-invalid", String(Boolean(error)));
      if (!error && !control.held() && !live.isPending(`control:${spec.name}`)) {
        control.set(reply.content.value);
      }
    },
  });
}

function makeSlider(live, spec, changed) {
  // The range input counts positions; value(position) and position(value) translate.
  const span = spec.high - spec.low;
  const last = spec.steps ? spec.steps.length - 1 : Math.round(span / (spec.step || span / 100));
  const valueAt = (position) => {
    if (spec.steps) return spec.steps[position];
    const value = Number((spec.low + (position / last) * span).toPrecision(6));
    return spec.integer ? Math.round(value) : value;
  };
  const positionOf = (value) => {
    if (!spec.steps) return Math.round(((value - spec.low) / span) * last);
    const scale = spec.log ? Math.log : (v) => v;
    const distance = (i) => Math.abs(scale(spec.steps[i]) - scale(value));
    return spec.steps.reduce((best, _, i) => (distance(i) < distance(best) ? i : best), 0);
  };

  const id = uniqueId("slider");
  const unit = spec.unit ? ` (${spec.unit})` : "";
  const label = make("label", { for: id }, spec.label + unit);
  const range = make("input", { type: "range", id, min: 0, max: last, step: 1 });
  const box = make("input", {
    type: "text", inputmode: "decimal", class: "nn-number", autocomplete: "off",
    "aria-label": `${spec.label}${unit}, as a number`,
  });
  const element = make("div", { class: "nn-control nn-slider" }, label, range, box);
  let pointerDown = false;
  let value = spec.value;

  const control = {
    element,
    inputs: [range, box],
    get value() { return value; },
    set(next) {
      value = next;
      range.value = positionOf(next);
      range.setAttribute("aria-valuetext", `${formatNumber(next)}${spec.unit ? ` ${spec.unit}` : ""}`);
      box.value = formatNumber(next, 4).replace(/,/g, "");
    },
    held: () => pointerDown || (document.activeElement === box && box.dataset.typing === "yes"),
    enable(on) { range.disabled = !on; box.disabled = !on; },
  };
  const take = (next) => {
    if (next === value) return;
    control.set(next);
    changed(next);
    sendValue(live, spec, next, control);
  };
  range.addEventListener("input", () => take(valueAt(Number(range.value))));
  range.addEventListener("pointerdown", () => { pointerDown = true; });
  for (const end of ["pointerup", "pointercancel", "change", "blur"]) {
    range.addEventListener(end, () => { pointerDown = false; });
  }
  const takeTyped = () => {
    if (box.dataset.typing !== "yes") return;
    box.dataset.typing = "no";
    const typed = box.value.trim().replace(",", ".");
    const number = typed === "" ? NaN : Number(typed);
    if (Number.isFinite(number) && number >= spec.low && number <= spec.high) {
      element.classList.remove("nn-wrong");
      box.setAttribute("aria-invalid", "false");
      take(number);
    } else {
      // Python says what it expected, in the same words for every page.
      sendValue(live, spec, Number.isFinite(number) ? number : box.value, control);
    }
  };
  box.addEventListener("input", () => { box.dataset.typing = "yes"; });
  box.addEventListener("change", takeTyped);
  box.addEventListener("keydown", (event) => {
    if (event.key === "Enter") takeTyped();
    const step = { ArrowUp: 1, ArrowDown: -1 }[event.key];
    if (step) {
      event.preventDefault();
      const position = Math.min(Math.max(positionOf(value) + step, 0), last);
      take(valueAt(position));
    }
  });
  control.set(spec.value);
  return control;
}

function makeMenu(live, spec, changed) {
  const id = uniqueId("menu");
  const { options } = spec; // pairs of what is read and what it stands for
  const select = make("select", { id }, ...options.map(([text]) => make("option", {}, text)));
  const element = make("div", { class: "nn-control nn-menu" }, make("label", { for: id }, spec.label), select);
  const control = {
    element,
    inputs: [select],
    get value() { return options[select.selectedIndex]?.[1]; },
    set(next) { select.selectedIndex = options.findIndex((option) => option[1] === next); },
    held: () => false,
    enable(on) { select.disabled = !on; },
  };
  select.addEventListener("change", () => {
    changed(control.value);
    sendValue(live, spec, control.value, control);
  });
  control.set(spec.value);
  return control;
}

function makeCheckbox(live, spec, changed) {
  const id = uniqueId("check");
  const input = make("input", { type: "checkbox", id });
  const element = make("div", { class: "nn-control nn-check" }, input, make("label", { for: id }, spec.label));
  const control = {
    element,
    inputs: [input],
    get value() { return input.checked; },
    set(next) { input.checked = next; },
    held: () => false,
    enable(on) { input.disabled = !on; },
  };
  input.addEventListener("change", () => {
    changed(input.checked);
    sendValue(live, spec, input.checked, control);
  });
  control.set(spec.value);
  return control;
}

function makeToggle(live, spec, changed) {
  const button = make("button", { type: "button", class: "nn-button", "aria-pressed": "false" }, spec.label);
  const element = make("div", { class: "nn-control nn-toggle" }, button);
  const control = {
    element,
    inputs: [button],
    get value() { return button.getAttribute("aria-pressed") === "true"; },
    set(next) { button.setAttribute("aria-pressed", String(next)); },
    held: () => false,
    enable(on) { button.disabled = !on; },
  };
  button.addEventListener("click", () => {
    control.set(!control.value);
    changed(control.value);
    sendValue(live, spec, control.value, control);
  });
  control.set(spec.value);
  return control;
}

function makeButton(live, spec, changed) {
  const button = make("button", { type: "button", class: "nn-button" }, spec.label);
  const element = make("div", { class: "nn-control nn-push" }, button);
  button.addEventListener("click", () => {
    changed(true);
    live.send("button", { name: spec.name });
  });
  return {
    element,
    inputs: [button],
    value: null,
    set() {},
    held: () => false,
    enable(on) { button.disabled = !on; },
  };
}

function makeText(live, spec, changed) {
  const id = uniqueId("text");
  const input = make("input", { type: "text", id, autocomplete: "off", spellcheck: "false" });
  const element = make("div", { class: "nn-control nn-text" }, make("label", { for: id }, spec.label), input);
  let typing = false;
  let accepted = spec.value;
  const control = {
    element,
    inputs: [input],
    get value() { return input.value; },
    set(next) { accepted = next; input.value = next; },
    held: () => typing,
    enable(on) { input.disabled = !on; },
  };
  const take = () => {
    typing = false;
    if (input.value === accepted) return;
    changed(input.value);
    sendValue(live, spec, input.value, control);
  };
  input.addEventListener("input", () => { typing = true; });
  input.addEventListener("change", take);
  input.addEventListener("keydown", (event) => { if (event.key === "Enter") take(); });
  control.set(spec.value);
  return control;
}

const CONTROLS = {
  slider: makeSlider, menu: makeMenu, checkbox: makeCheckbox,
  toggle: makeToggle, button: makeButton, text: makeText,
};

// ------------------------------------------------------------------ colours

// Okabe and Ito's colours, which the colour-blind tell apart; lighter ones on a dark page. In grey
// they are not told apart, which is why lines have dashes and points have shapes as well.
const LIGHT_COLORS = ["#0072B2", "#D55E00", "#000000", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#F0E442"];
const DARK_COLORS = ["#56B4E9", "#FF9248", "#FFFFFF", "#2ECC9B", "#E8A0C8", "#F5B83D", "#9AD2F5", "#F0E442"];
const DASHES = [[], [7, 4], [2, 3], [8, 3, 2, 3], [12, 3], [4, 2, 1, 2], [1, 2], [14, 5]];

// Blue is below zero, white is zero, orange above. Full blue is much darker than full orange, so
// that the ends differ in grey too.
const BLUE = [8, 64, 129];
const WHITE = [255, 255, 255];
const ORANGE = [240, 138, 36];

// The colour at t, from -1 (blue) over 0 (white, or `middle`) to 1 (orange): [red, green, blue].
function divergingColor(t, middle = WHITE) {
  const share = Math.min(Math.abs(t), 1) || 0;
  const end = t < 0 ? BLUE : ORANGE;
  return middle.map((m, i) => Math.round(m + share * (end[i] - m)));
}

// The colours of the page around `element`: JupyterLab's own, light or dark.
function readTheme(element) {
  const style = getComputedStyle(element);
  const read = (name, fallback) => style.getPropertyValue(name).trim() || fallback;
  const flag = document.body.dataset.jpThemeLight;
  const dark = flag ? flag === "false" : window.matchMedia("(prefers-color-scheme: dark)").matches;
  return {
    dark,
    ink: read("--jp-ui-font-color1", dark ? "#e0e0e0" : "#212121"),
    muted: read("--jp-ui-font-color2", dark ? "#b0b0b0" : "#616161"),
    paper: read("--jp-layout-color0", dark ? "#111111" : "#ffffff"),
    grid: read("--jp-border-color2", dark ? "#424242" : "#e0e0e0"),
    accent: read("--jp-brand-color1", dark ? "#64b5f6" : "#1976d2"),
    font: read("--jp-ui-font-family", "sans-serif"),
    colors: dark ? DARK_COLORS : LIGHT_COLORS,
  };
}

// ------------------------------------------------------------------ canvas

// A canvas that is sharp on every screen and follows size and theme.
// draw(ctx, width, height, theme) is called, at most once a frame, after redraw().
// With `interactive: true` the keyboard reaches it: give it key handlers of your own.
function makeCanvas(live, parent, { height = 240, aspect = null, label, draw, interactive = false }) {
  const canvas = make("canvas", { class: "nn-canvas", role: "img", "aria-label": label });
  if (interactive) canvas.tabIndex = 0;
  canvas.style.height = `${height}px`;
  parent.append(canvas);
  const ctx = canvas.getContext("2d");
  let theme = null;
  let frame = null;

  function paint() {
    frame = null;
    const width = canvas.clientWidth;
    if (!width) return; // not on the page yet, or hidden
    if (aspect) canvas.style.height = `${Math.round(width / aspect)}px`;
    const tall = canvas.clientHeight;
    const ratio = window.devicePixelRatio || 1;
    if (canvas.width !== Math.round(width * ratio) || canvas.height !== Math.round(tall * ratio)) {
      canvas.width = Math.round(width * ratio);
      canvas.height = Math.round(tall * ratio);
    }
    theme = theme || readTheme(canvas);
    ctx.setTransform(ratio, 0, 0, ratio, 0, 0);
    ctx.clearRect(0, 0, width, tall);
    ctx.font = `12px ${theme.font}`;
    draw(ctx, width, tall, theme);
    canvas.dataset.drawn = String(Number(canvas.dataset.drawn || 0) + 1);
  }
  const redraw = () => { if (frame === null && !live.closed) frame = requestAnimationFrame(paint); };

  const resize = new ResizeObserver(redraw);
  resize.observe(canvas);
  // JupyterLab names its theme on the body, and the colours arrive a little later.
  const rethink = () => { theme = null; redraw(); };
  const themes = new MutationObserver(() => { rethink(); setTimeout(rethink, 300); setTimeout(rethink, 1500); });
  themes.observe(document.body, { attributes: true, attributeFilter: ["data-jp-theme-name", "data-jp-theme-light"] });
  live.onClose(() => {
    resize.disconnect();
    themes.disconnect();
    if (frame !== null) cancelAnimationFrame(frame);
  });
  redraw();
  return {
    canvas,
    redraw,
    // Say in words what is to be seen: for screen readers.
    describe(text) { if (canvas.getAttribute("aria-label") !== text) canvas.setAttribute("aria-label", text); },
  };
}

// Text at (x, y). options: align "left|center|right", baseline "top|middle|bottom|alphabetic",
// color, size, bold, angle in radians, halo (a colour behind the letters, for text on pictures).
function drawText(ctx, text, x, y, theme, options = {}) {
  const { align = "left", baseline = "alphabetic", color = theme.ink, size = 12, bold = false, angle = 0, halo = null } = options;
  ctx.save();
  ctx.font = `${bold ? "bold " : ""}${size}px ${theme.font}`;
  ctx.textAlign = align;
  ctx.textBaseline = baseline;
  ctx.translate(x, y);
  if (angle) ctx.rotate(angle);
  if (halo) {
    ctx.strokeStyle = halo;
    ctx.lineWidth = 3;
    ctx.lineJoin = "round";
    ctx.strokeText(text, 0, 0);
  }
  ctx.fillStyle = color;
  ctx.fillText(text, 0, 0);
  ctx.restore();
}

// A point as "circle", "square", "triangle", "diamond", "plus" or "cross": shapes are told apart
// where colours are not.
function drawMarker(ctx, shape, x, y, size, fill, edge = null) {
  ctx.beginPath();
  if (shape === "circle") ctx.arc(x, y, size, 0, 2 * Math.PI);
  else if (shape === "square") ctx.rect(x - 0.9 * size, y - 0.9 * size, 1.8 * size, 1.8 * size);
  else if (shape === "triangle") {
    ctx.moveTo(x, y - 1.2 * size); ctx.lineTo(x + 1.1 * size, y + 0.9 * size); ctx.lineTo(x - 1.1 * size, y + 0.9 * size); ctx.closePath();
  } else if (shape === "diamond") {
    ctx.moveTo(x, y - 1.3 * size); ctx.lineTo(x + 1.3 * size, y); ctx.lineTo(x, y + 1.3 * size); ctx.lineTo(x - 1.3 * size, y); ctx.closePath();
  } else {
    const d = shape === "plus" ? 0 : 0.8 * size; // a cross is a plus, turned
    if (d) { ctx.moveTo(x - d, y - d); ctx.lineTo(x + d, y + d); ctx.moveTo(x - d, y + d); ctx.lineTo(x + d, y - d); }
    else { ctx.moveTo(x - size, y); ctx.lineTo(x + size, y); ctx.moveTo(x, y - size); ctx.lineTo(x, y + size); }
    ctx.strokeStyle = fill;
    ctx.lineWidth = 2;
    ctx.stroke();
    return;
  }
  ctx.fillStyle = fill;
  ctx.fill();
  if (edge) { ctx.strokeStyle = edge; ctx.lineWidth = 1; ctx.stroke(); }
}

// Round numbers between low and high, about `count` of them.
function niceTicks(low, high, count = 5) {
  if (!(high > low)) return [low];
  const rough = (high - low) / count;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 2.5, 5, 10].map((m) => m * power).find((s) => s >= rough * 0.999);
  const ticks = [];
  for (let i = Math.ceil(low / step - 1e-9); i * step <= high + 1e-9 * step; i += 1) ticks.push(Number((i * step).toPrecision(12)));
  return ticks;
}

// Powers of ten between low and high; in between 2 and 5 where there is room.
function logTicks(low, high) {
  const ticks = [];
  const decades = Math.log10(high / low);
  const factors = decades < 1.5 ? [1, 2, 5] : [1];
  const stride = Math.max(1, Math.ceil(decades / 6));
  for (let p = Math.floor(Math.log10(low)); p <= Math.log10(high) + 1e-9; p += 1) {
    if (p % stride) continue;
    for (const f of factors) {
      const tick = Number((f * 10 ** p).toPrecision(3));
      if (tick >= low * 0.999 && tick <= high * 1.001) ticks.push(tick);
    }
  }
  return ticks.length ? ticks : [low];
}

// A line chart in the rectangle box = {x, y, width, height} (default: the whole canvas).
//
//   lineChart(ctx, box, theme, {
//     title: "Cost",
//     x: {label: "step", low: 0, high: 100},            // low and high: from the data if left out
//     y: {label: "cost J", log: true},
//     series: [{name: "training", x: [...], y: [...], color: 0, dash: 0, width: 2, marker: "circle"}],
//     marks: [{x: 40, text: "learning rate 0.1"}],      // vertical lines
//     marksAt: "bottom",                                // where their words stand
//   });
//
// `color` and `dash` are numbers into the palette. A series may give x0 and dx in place of x.
// Returns {toX, toY, fromX, fromY, inside}: from data to canvas and back.
function lineChart(ctx, box, theme, { title = "", x = {}, y = {}, series = [], marks = [], marksAt = "top", legend = true }) {
  const xs = (s, i) => (s.x ? s.x[i] : s.x0 + i * s.dx);
  const range = (axis, values) => {
    let [low, high] = [Infinity, -Infinity];
    for (const value of values()) {
      if (!Number.isFinite(value) || (axis.log && value <= 0)) continue;
      low = Math.min(low, value);
      high = Math.max(high, value);
    }
    if (low > high) [low, high] = axis.log ? [0.1, 1] : [0, 1];
    low = axis.low ?? low;
    high = axis.high ?? high;
    if (axis.log) low = Math.max(low, high * 1e-9);
    if (!(high > low)) [low, high] = axis.log ? [low / 2, high * 2] : [low, low + (Math.abs(low) || 1)];
    return [low, high];
  };
  const [x0, x1] = range(x, function* all() { for (const s of series) if (s.y.length) { yield xs(s, 0); yield xs(s, s.y.length - 1); } });
  const [y0, y1] = range(y, function* all() { for (const s of series) yield* s.y; });

  const inside = { x: box.x + 52, y: box.y + (title || (legend && series.length) ? 26 : 10), width: 0, height: 0 };
  inside.width = box.x + box.width - 24 - inside.x; // room for half of the last number
  inside.height = box.y + box.height - 40 - inside.y;
  const map = (axis, low, high, from, length) => ({
    to: (v) => from + length * (axis.log ? Math.log(v / low) / Math.log(high / low) : (v - low) / (high - low)),
    back: (p) => (axis.log ? low * (high / low) ** ((p - from) / length) : low + ((p - from) / length) * (high - low)),
  });
  const mx = map(x, x0, x1, inside.x, inside.width);
  const my = map(y, y0, y1, inside.y + inside.height, -inside.height);

  // Grid and numbers.
  ctx.save();
  ctx.lineWidth = 1;
  ctx.strokeStyle = theme.grid;
  const show = (axis, tick) => (axis.percent ? `${formatNumber(100 * tick)}%` : formatNumber(tick));
  for (const tick of x.log ? logTicks(x0, x1) : niceTicks(x0, x1, Math.max(2, inside.width / 80))) {
    const p = Math.round(mx.to(tick)) + 0.5;
    ctx.beginPath(); ctx.moveTo(p, inside.y); ctx.lineTo(p, inside.y + inside.height); ctx.stroke();
    drawText(ctx, show(x, tick), p, inside.y + inside.height + 5, theme, { align: "center", baseline: "top", size: 11, color: theme.muted });
  }
  for (const tick of y.log ? logTicks(y0, y1) : niceTicks(y0, y1, Math.max(2, inside.height / 36))) {
    const p = Math.round(my.to(tick)) + 0.5;
    ctx.beginPath(); ctx.moveTo(inside.x, p); ctx.lineTo(inside.x + inside.width, p); ctx.stroke();
    drawText(ctx, show(y, tick), inside.x - 5, p, theme, { align: "right", baseline: "middle", size: 11, color: theme.muted });
  }
  ctx.strokeStyle = theme.muted;
  ctx.beginPath();
  ctx.moveTo(inside.x + 0.5, inside.y); ctx.lineTo(inside.x + 0.5, inside.y + inside.height + 0.5); ctx.lineTo(inside.x + inside.width, inside.y + inside.height + 0.5);
  ctx.stroke();
  if (x.label) drawText(ctx, x.label, inside.x + inside.width / 2, box.y + box.height - 4, theme, { align: "center", baseline: "bottom" });
  if (y.label) drawText(ctx, y.label, box.x + 11, inside.y + inside.height / 2, theme, { align: "center", baseline: "middle", angle: -Math.PI / 2 });
  if (title) drawText(ctx, title, inside.x, box.y + 17, theme, { bold: true, size: 13 });

  // Marks: a dotted line each.
  const inRange = marks.filter((mark) => mark.x >= x0 && mark.x <= x1);
  ctx.strokeStyle = theme.ink;
  ctx.setLineDash([2, 3]);
  for (const mark of inRange) {
    const p = Math.round(mx.to(mark.x)) + 0.5;
    ctx.beginPath(); ctx.moveTo(p, inside.y); ctx.lineTo(p, inside.y + inside.height); ctx.stroke();
  }
  ctx.setLineDash([]);

  // The lines. A value that is no number, or not above 0 on a logarithmic axis, makes a gap.
  ctx.beginPath();
  ctx.rect(inside.x, inside.y - 2, inside.width + 3, inside.height + 4);
  ctx.clip();
  series.forEach((s, number) => {
    const color = theme.colors[(s.color ?? number) % theme.colors.length];
    ctx.strokeStyle = color;
    ctx.lineWidth = s.width ?? 2;
    ctx.setLineDash(DASHES[(s.dash ?? number) % DASHES.length]);
    ctx.beginPath();
    let pen = false;
    for (let i = 0; i < s.y.length; i += 1) {
      const value = s.y[i];
      if (!Number.isFinite(value) || (y.log && value <= 0)) { pen = false; continue; }
      if (pen) ctx.lineTo(mx.to(xs(s, i)), my.to(value));
      else ctx.moveTo(mx.to(xs(s, i)), my.to(value));
      pen = true;
    }
    ctx.stroke();
    ctx.setLineDash([]);
    if (s.marker && s.y.length) {
      const every = Math.max(1, Math.ceil(s.y.length / 25));
      for (let i = s.y.length - 1; i >= 0; i -= every) {
        if (Number.isFinite(s.y[i])) drawMarker(ctx, s.marker, mx.to(xs(s, i)), my.to(s.y[i]), 3, color);
      }
    }
  });
  ctx.restore();
  // The marks' words stand above the lines; neighbours are kept apart by turns in height.
  inRange.forEach((mark, i) => {
    const p = mx.to(mark.x);
    const right = p > inside.x + inside.width * 0.6;
    const down = 10 + 14 * (i % 4);
    const at = marksAt === "top" ? inside.y + down : inside.y + inside.height - down;
    drawText(ctx, mark.text, p + (right ? -4 : 4), at, theme, { align: right ? "right" : "left", baseline: "middle", size: 11, halo: theme.paper });
  });

  // The legend, from the right, in one line above the chart.
  if (legend) {
    let right = box.x + box.width - 24;
    for (const [number, s] of [...series.entries()].reverse()) {
      if (!s.name) continue;
      ctx.font = `11px ${theme.font}`;
      const width = ctx.measureText(s.name).width;
      drawText(ctx, s.name, right, box.y + 13, theme, { align: "right", baseline: "middle", size: 11 });
      const color = theme.colors[(s.color ?? number) % theme.colors.length];
      ctx.save();
      ctx.strokeStyle = color;
      ctx.lineWidth = s.width ?? 2;
      ctx.setLineDash(DASHES[(s.dash ?? number) % DASHES.length]);
      ctx.beginPath(); ctx.moveTo(right - width - 30, box.y + 13); ctx.lineTo(right - width - 6, box.y + 13); ctx.stroke();
      ctx.restore();
      if (s.marker) drawMarker(ctx, s.marker, right - width - 18, box.y + 13, 3, color);
      right -= width + 44;
    }
  }
  return { toX: mx.to, toY: my.to, fromX: mx.back, fromY: my.back, inside };
}

const scratch = document.createElement("canvas"); // where heat maps are put together, pixel by pixel

// A heat map of `values` (rows x columns, row by row from the top) in the rectangle `box`.
//
//   heatMap(ctx, box, asFloat32(buffer), rows, columns, {low: -1, high: 1, map: "diverging"})
//   heatMap(ctx, box, asUint8(buffer), 28, 28, {map: "grey"})        // 0..255: paper to ink
//
// "diverging" is blue below zero, white at zero (the middle of 0..255 for bytes), orange above;
// "grey" is from white to black. smooth: whether to blur between the cells.
function heatMap(ctx, box, values, rows, columns, { low, high, map = "diverging", smooth = false, alpha = 1 } = {}) {
  const bytes = values instanceof Uint8Array;
  const from = low ?? (bytes ? 0 : map === "grey" ? 0 : -1);
  const to = high ?? (bytes ? 255 : 1);
  const image = new ImageData(columns, rows);
  const limit = Math.max(Math.abs(from), Math.abs(to)) || 1;
  for (let i = 0; i < rows * columns; i += 1) {
    const share = (values[i] - from) / (to - from);
    let color;
    if (map === "grey") {
      const grey = Math.round(255 * (1 - Math.min(Math.max(share, 0), 1)));
      color = [grey, grey, grey];
    } else color = divergingColor(bytes ? 2 * share - 1 : values[i] / limit);
    image.data.set(color, 4 * i);
    image.data[4 * i + 3] = 255;
  }
  scratch.width = columns;
  scratch.height = rows;
  scratch.getContext("2d").putImageData(image, 0, 0);
  ctx.save();
  ctx.globalAlpha = alpha;
  ctx.imageSmoothingEnabled = smooth;
  ctx.drawImage(scratch, box.x, box.y, box.width, box.height);
  ctx.restore();
}

// The line along which `values` (rows x columns, at the centres of the heat map's cells) pass
// `level`: a decision boundary. Marching squares: each square of four values is cut by straight
// pieces. The caller has set strokeStyle, lineWidth and dashes.
function contourLine(ctx, box, values, rows, columns, level = 0) {
  const px = (c) => box.x + ((c + 0.5) / columns) * box.width;
  const py = (r) => box.y + ((r + 0.5) / rows) * box.height;
  ctx.beginPath();
  for (let r = 0; r + 1 < rows; r += 1) {
    for (let c = 0; c + 1 < columns; c += 1) {
      const a = values[r * columns + c] - level;
      const b = values[r * columns + c + 1] - level;
      const d = values[(r + 1) * columns + c] - level;
      const e = values[(r + 1) * columns + c + 1] - level;
      const cuts = []; // where the four edges are passed, clockwise from the top
      if (a > 0 !== b > 0) cuts.push([px(c + a / (a - b)), py(r)]);
      if (b > 0 !== e > 0) cuts.push([px(c + 1), py(r + b / (b - e))]);
      if (d > 0 !== e > 0) cuts.push([px(c + d / (d - e)), py(r + 1)]);
      if (a > 0 !== d > 0) cuts.push([px(c), py(r + a / (a - d))]);
      for (let i = 0; i + 1 < cuts.length; i += 2) {
        ctx.moveTo(...cuts[i]);
        ctx.lineTo(...cuts[i + 1]);
      }
    }
  }
  ctx.stroke();
}
