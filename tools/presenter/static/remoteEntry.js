// What JupyterLab and the slides of jupyterlab-rise 0.43 lack for presenting these notebooks, in a
// form that needs no build: both load this file as they load any extension.
//
// 0. In JupyterLab, an address that ends with #cell-id=… shows that cell (the key L of the decks
//    leads there). JupyterLab itself looks for the cell before the notebook has been read.
//
// The rest is for the slides:
//
// 1. Sliders. The extension that draws ipywidgets asks its host for the module @jupyterlab/console,
//    to draw widgets in consoles too. JupyterLab has it, the slides have not: there the whole
//    extension failed to load. It takes one name from it, and takes it as optional; a token that
//    nobody provides is all it needs. Whoever loads first, all `init` run before any `get`.
// 2. Large type, and long slides that scroll: slides.css.
// 3. What is revealed below the edge is scrolled to; of a demonstration, the sliders and picture.
// 4. Keys pressed on a slider move the slider, not the slides; the space bar goes on.
// 5. Shift+Enter runs the cell of this slide without a click into it first.
//
// package.json, beside this folder, also switches off the MathJax that jupyterlab-rise brings: it
// was built for JupyterLab 3, and both JupyterLab 4 and the slides have their own.
(() => {
  const name = "nnhelpers-presenter";

  window._JUPYTERLAB = window._JUPYTERLAB || {};
  window._JUPYTERLAB[name] = {
    init(shared) {
      const wanted = "@jupyterlab/console";
      if (shared[wanted]) return; // this is JupyterLab
      const token = { name: wanted + ":IConsoleTracker" };
      shared[wanted] = {
        "4.99.0": { from: name, eager: false, get: async () => () => ({ IConsoleTracker: token }) },
      };
    },
    async get() {
      return () => ({ __esModule: true, default: inSlides ? [] : [showTheCellOfTheAddress] });
    },
  };

  const page = JSON.parse(document.getElementById("jupyter-config-data")?.textContent ?? "{}");
  const inSlides = page.appName === "Rise";

  const showTheCellOfTheAddress = {
    id: name + ":cell",
    autoStart: true,
    async activate(app) {
      const wanted = () => decodeURIComponent(location.hash.split("cell-id=")[1] ?? "");
      const show = async (id) => {
        for (let tries = 0; id && tries < 300; tries++) {
          const panel = app.shell.currentWidget;
          const index = panel?.context?.isReady
            ? panel.content.widgets?.findIndex((cell) => cell.model.id === id)
            : -1;
          if (index >= 0) {
            panel.content.activeCellIndex = index;
            await panel.content.scrollToItem(index, "start");
            return;
          }
          await new Promise((later) => setTimeout(later, 100));
        }
      };
      const first = wanted(); // read now: JupyterLab may tidy its address
      window.addEventListener("hashchange", () => show(wanted()));
      app.restored.then(() => show(first));
    },
  };

  if (!inSlides) return; // all below is for slides only

  const style = document.createElement("link");
  style.rel = "stylesheet";
  style.href = new URL("slides.css", document.currentScript.src).href;
  document.head.append(style);

  document.addEventListener("fragmentshown", (event) => {
    const demonstration = event.fragment.querySelector(".jupyter-widgets");
    (demonstration ?? event.fragment).scrollIntoView({ block: "nearest" });
  });

  // The same for a slide that begins with a demonstration: its code may be longer than the slide.
  document.addEventListener("slidechanged", (event) => {
    const shown = [...event.currentSlide.querySelectorAll(".jupyter-widgets")];
    const first = shown.find((found) => !found.closest(".fragment:not(.visible)"));
    first?.scrollIntoView({ block: "nearest" });
  });

  // The notebook's shortcuts pass over elements with this mark. reveal.js listens on the document:
  // what stops at the body never reaches it.
  document.addEventListener("focusin", (event) => {
    if (event.target.closest(".jupyter-widgets")) event.target.dataset.lmSuppressShortcuts = "true";
  });
  document.body.addEventListener("keydown", (event) => {
    const onSlider = event.target.closest('.jupyter-widgets [role="slider"]');
    const onOther = event.target.closest(".jupyter-widgets") && !onSlider;
    if (onOther || (onSlider && event.key !== " ")) event.stopPropagation();
  });

  // After each new slide nothing has the focus, and the notebook's keys would be lost; after a click
  // a cell has it, and the arrows would be. So each key is handed to the one that it is meant for.
  // A cell that is not on this slide cannot be focused, and is not run.
  const busy = "input, textarea, select, [contenteditable='true'], .jupyter-widgets, .jp-Dialog";
  window.addEventListener(
    "keydown",
    (event) => {
      if (!event.isTrusted || event.altKey || event.metaKey || event.target.closest(busy)) return;
      let receiver = null;
      if (["Enter", "Home", "End", "w"].includes(event.key)) {
        receiver = document.querySelector(".jp-Cell.jp-mod-active");
        receiver?.focus({ preventScroll: true });
      } else if (["ArrowLeft", "ArrowRight"].includes(event.key)) {
        receiver = document.body;
        document.activeElement.blur();
      }
      if (!receiver || receiver === event.target) return;
      event.stopImmediatePropagation();
      event.preventDefault();
      receiver.dispatchEvent(new KeyboardEvent(event.type, event));
    },
    true,
  );
})();
