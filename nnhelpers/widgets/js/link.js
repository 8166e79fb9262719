// The page's end of the line to Python: messages, the newest value wins, and what goes wrong is said.

import { make, setText, uniqueId } from "./page.js";

// In a widget's file:
//
//   const live = connect(model, el, "nn-draw");
//   live.on("picture", (content, buffers) => {...});    // what Python publishes, newest only
//   live.send("undo", {});                              // in order, none is lost: Promise of reply
//   live.sendLatest("point", {x, y});                   // newest wins while Python is busy
//   return () => live.close();
export function connect(model, el, className) {
  const page = uniqueId("page");
  const handlers = {}; // kind -> functions that draw it
  const arrived = new Map(); // kind -> newest message, waiting for the next frame
  const replies = new Map(); // id -> functions that settle the promise of a reply
  const channels = new Map(); // key -> {busy, held}: latest value wins
  const cleanups = [];
  let lastId = 0;
  let frame = null;
  let waitingSince = null;

  const setup = model.get("setup");
  const root = make("div", { class: `nn-live ${className}`, role: "group", "aria-label": setup.title },
    make("div", { class: "nn-title" }, setup.title));
  const body = make("div", { class: "nn-body" });
  const status = make("div", { class: "nn-message", role: "status", "aria-live": "polite" });
  root.append(body, status);
  el.append(root);

  // JupyterLab's notebook has its own ideas about arrow keys and letters (next cell, delete cell).
  // What is pressed inside the widget stays here, except shortcuts such as Ctrl-S, Shift-Enter.
  root.addEventListener("keydown", (event) => {
    const shortcut = event.ctrlKey || event.metaKey || event.altKey;
    if (!shortcut && !(event.key === "Enter" && event.shiftKey)) event.stopPropagation();
  });

  function say(text, tone = "info") {
    setText(status, text);
    status.dataset.tone = tone;
  }

  // After a restart of the kernel the other end is gone.
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
      } else waitingSince ??= performance.now();
    });
  }

  // Python's first answer may never come: anywidget delivers nothing to a widget whose loading took
  // longer than two seconds on a busy page. Then its messages are taken from the line itself.
  let heard = false;
  async function revive() {
    if (heard || live.closed) return;
    const models = Object.values(model.widget_manager?._models ?? {});
    for (const real of await Promise.all(models.map((one) => Promise.resolve(one).catch(() => null)))) {
      if (!real?.comm || real.get("setup") !== setup) continue;
      const plain = Object.getPrototypeOf(Object.getPrototypeOf(real))._handle_comm_msg;
      real.comm.on_msg((message) => plain.call(real, message));
    }
    if (!heard && !live.closed) live.send("hello");
  }
  const late = [3000, 10000].map((after) => setTimeout(revive, after));
  cleanups.push(() => late.forEach(clearTimeout));

  // The kernel answers in milliseconds. If it does not, the student should know why.
  const watch = setInterval(() => {
    root.classList.toggle("nn-late", waitingSince !== null && performance.now() - waitingSince > 3000);
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
    root,
    body,
    status,
    setup,
    say,
    closed: false,

    on(kind, draw) {
      (handlers[kind] ??= []).push(draw);
    },

    // Nothing is dropped, and nothing overtakes: values that are held back go out first.
    send(kind, content = {}, buffers = []) {
      for (const [key, channel] of channels) if (channel.held) sendHeld(key, channel);
      const reply = post(kind, content, buffers);
      reply.catch(() => {}); // Python shows its errors in the widget; they need no catching here
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
    heard = true;
    if (message.kind === "publish") {
      arrived.set(message.what, { id: message.id, content: message.content, buffers });
      frame ??= requestAnimationFrame(drawArrived);
      // A browser draws no frames in a hidden tab: Python is told that the page is there all the same.
      if (document.hidden) transmit({ kind: "ack", page });
    } else if (message.kind === "reply" && replies.has(message.id)) {
      const { resolve, reject } = replies.get(message.id);
      replies.delete(message.id);
      waitingSince = replies.size ? performance.now() : null;
      if (message.error) reject(new Error(message.error));
      else resolve(message.content);
    }
  }

  model.on("msg:custom", receive);
  live.on("message", ({ text, tone }) => say(text, tone));
  // Python answers with the newest state of everything. Said after the widget's own file has
  // registered its handlers: that is, when the code that is running now has come to its end.
  queueMicrotask(() => live.send("hello"));
  return live;
}
