/* Turns the cells of #source into slides that show everything and cut off nothing.

   1. MathJax sets the equations.
   2. Each slide of the notebook is cut into units (a paragraph, an equation, code, an output, a
      figure ...), and these fill pages of 1280 x 720 (pages.js). What does not fit continues on
      the next page.
   3. Units become steps (reveal.js calls them fragments), and so do the parts of an equation
      (equations.js). A question in bold waits for its answer.
   4. reveal.js starts.

   Plain scripts rather than modules: browsers load no module from a disk. */
"use strict";

window.MathJax = {
  tex: { inlineMath: [["$", "$"]], displayMath: [["$$", "$$"]], processEscapes: true },
  svg: { fontCache: "local" }, // each equation holds its glyphs: it can be moved and copied
  options: { enableMenu: false }, // the menu would load more files
  startup: { typeset: false },
};

window.addEventListener("load", async () => {
  await MathJax.startup.promise;
  await document.fonts.ready;
  await MathJax.typesetPromise([document.getElementById("source")]);
  makePages();
  document.getElementById("source").remove();
  await startReveal();
  document.getElementById("wait").remove();
  document.body.dataset.ready = "true"; // for whoever waits from outside
});

// --- Units: the smallest pieces that stay together -----------------------------------------------

/* The units of one cell, in order. A unit knows the step with which it appears. */
function unitsOfCell(cell, counter) {
  const units = [];
  const own = cell.classList.contains("joined");
  if (cell.classList.contains("step")) counter.step += 1;
  let before = null;
  const add = (element) => {
    element.classList.add("unit");
    element.dataset.cell = cell.dataset.cell;
    units.push({ element, step: counter.step });
  };
  for (const child of [...cell.querySelector(".text").childNodes]) {
    const element = asElement(child);
    if (!element) continue;
    if (before && !own && isStep(before, element)) counter.step += 1;
    before = element;
    add(element);
  }
  const outputs = [...cell.querySelector(".outputs").children];
  if (outputs.length && units.length && !own) counter.step += 1; // first the code, then its result
  for (const element of outputs) {
    if ("isLive" in cell.dataset) element.dataset.live = cell.dataset.cell;
    add(element);
  }
  return units;
}

/* Whether a press of a key stands between two elements of a cell: before and after an equation or a
   table, and after a question in bold. A heading shows together with what comes below it. */
function isStep(before, element) {
  const waits = (e) => e.matches("table") || e.querySelector(".display") !== null;
  if (before.matches("h1, h2, h3, h4")) return false;
  return waits(before) || waits(element) || asks(before);
}

function asks(element) {
  return [...element.querySelectorAll("strong")].some((e) => e.textContent.trim().endsWith("?"));
}

/* A node as an element; null for white space and comments. */
function asElement(node) {
  if (node.nodeType === Node.ELEMENT_NODE) return node;
  if (node.nodeType !== Node.TEXT_NODE || !node.textContent.trim()) return null;
  const paragraph = document.createElement("p");
  paragraph.textContent = node.textContent;
  return paragraph;
}

// --- From the notebook's slides to pages ---------------------------------------------------------

function noteHeading(where, heading) {
  const level = Number(heading.tagName[1]);
  where.length = level - 1;
  where[level - 1] = heading;
}

function makePages() {
  const slides = document.querySelector(".reveal .slides");
  document.getElementById("source").style.display = "none"; // what is not measured costs no time
  const where = []; // the headings that stand above what comes
  let stack = null;
  for (const source of document.querySelectorAll("#source > section")) {
    if (source.classList.contains("stack")) {
      stack?.classList.remove("present");
      stack = document.createElement("section");
      stack.className = "present";
      slides.append(stack);
    }
    const filler = new Filler(stack, source.id);
    source.removeAttribute("id");
    const counter = { step: 0 };
    let notes = [];
    for (const child of [...source.children]) {
      if (child.matches("aside")) {
        notes.push(child);
        filler.body.append(child);
        continue;
      }
      for (const unit of unitsOfCell(child, counter)) {
        const page = filler.page;
        filler.add(unit);
        // Notes between two pages speak of what was shown or of what comes: both get them.
        if (filler.page !== page) filler.body.append(...notes.map((aside) => aside.cloneNode(true)));
        notes = [];
      }
    }
    for (const page of filler.pages) finishPage(page, where);
  }
  stack.classList.remove("present");
  dropEmptyPages();
  repeatNotesOfSections();
}

/* A page without notes has those on its section, up to the next heading. */
function repeatNotesOfSections() {
  let latest = [];
  for (const page of document.querySelectorAll("section.page")) {
    const body = page.querySelector(".body");
    const own = [...body.querySelectorAll("aside.of-section")];
    if (own.length) latest = own;
    else if (body.querySelector(":scope > :is(h1, h2, h3, h4)")) latest = [];
    else if (!body.querySelector("aside")) body.append(...latest.map((aside) => aside.cloneNode(true)));
  }
}

/* A slide may show nothing, as a cell does whose code is hidden and that printed nothing. Its notes
   go to the page before. */
function dropEmptyPages() {
  let before = null;
  for (const page of document.querySelectorAll("section.page")) {
    const body = page.querySelector(".body");
    if (before && ![...body.children].some((child) => !child.matches("aside"))) {
      const stack = page.parentElement;
      before.append(...body.children);
      page.remove();
      if (!stack.children.length) stack.remove();
    } else {
      before = body;
    }
  }
}

/* Number the steps of a page, and write its footer. */
function finishPage(page, where) {
  const units = [...page.querySelector(".body").children].filter((child) => !child.matches("aside"));
  for (const unit of units) if (unit.matches("h1, h2, h3")) noteHeading(where, unit);
  let index = -1;
  let step = units[0]?.dataset.step;
  for (const unit of units) {
    if (unit.dataset.step !== step) {
      step = unit.dataset.step;
      index += 1;
    }
    if (index >= 0) makeFragment(unit, index);
    for (const display of unit.querySelectorAll(".display")) {
      for (const part of partsOf(display).slice(1)) {
        index += 1;
        for (const element of part) makeFragment(element, index);
      }
    }
  }
  page.dataset.cell = units[0]?.dataset.cell ?? "";
  page.append(footer(page, units, where));
  page.classList.remove("present");
}

function makeFragment(element, index) {
  element.classList.add("fragment");
  element.dataset.fragmentIndex = index;
}

function footer(page, units, where) {
  const line = document.createElement("div");
  line.className = "footer";
  const place = document.createElement("span");
  place.className = "where";
  place.append(document.body.dataset.title);
  for (const heading of where.slice(1).filter(Boolean)) {
    place.append("  ›  ", ...[...heading.childNodes].map((node) => node.cloneNode(true)));
  }
  line.append(place);
  const live = units.find((unit) => unit.dataset.live);
  if (live) {
    page.dataset.cell = live.dataset.live;
    const link = document.createElement("a");
    Object.assign(link, { className: "live", target: "jupyterlab", textContent: "live: key L" });
    link.href = liveAddress(page);
    line.append(link);
  }
  return line;
}

/* Where the page's live figure (or else its first cell) is in the presenter's JupyterLab. */
function liveAddress(page) {
  return `${document.body.dataset.live}#cell-id=${page.dataset.cell}`;
}

// --- reveal.js -----------------------------------------------------------------------------------

async function startReveal() {
  await Reveal.initialize({
    width: 1280, height: 720, margin: 0, minScale: 0.1, maxScale: 8, center: false,
    hash: true, slideNumber: "c/t", transition: "none", backgroundTransition: "none",
    navigationMode: "linear", // an arrow key skips nothing
    pdfSeparateFragments: false, pdfMaxPagesPerSlide: 1,
    plugins: [RevealNotes],
  });
  Reveal.addKeyBinding({ keyCode: 76, key: "L", description: "This cell, live in JupyterLab" }, () => {
    window.open(liveAddress(Reveal.getCurrentSlide()), "jupyterlab");
  });
  Reveal.on("slidechanged", ({ previousSlide }) => {
    for (const open of previousSlide?.querySelectorAll("details[open]") ?? []) open.open = false;
  });
}
