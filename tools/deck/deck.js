/* Turns the cells of #source into slides that show everything and cut off nothing.

   1. MathJax sets the equations.
   2. Each slide of the notebook is cut into units (a paragraph, an equation, code, an output, a
      figure ...), and these fill pages of 1280 x 720. What does not fit continues on the next page.
   3. Units become steps (reveal.js calls them fragments), and so do the parts of an equation: its
      rows, and each further "= ..." of a chain. A question in bold waits for its answer.
   4. reveal.js starts.
*/
"use strict";

const PAGE = { width: 1192, height: 632 }; // within the margins, above the footer
const SMALLEST = 0.6; // of its size: what is still larger than a page after that gets cut in pieces
const A_LITTLE_SMALLER = 0.88; // code, printed text and tables, rather than a page more
const BARELY_SMALLER = 0.75; // code and printed text alone on a page, rather than cut in pieces
const SMALLEST_FIGURE = 0.62; // of the size that it has alone on a page
const LARGEST_BLOW_UP = 1.6; // of a figure's own pixels

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

// --- Pages ---------------------------------------------------------------------------------------

/* Fills pages with units, one after the other. */
class Filler {
  constructor(stack, id) {
    Object.assign(this, { stack, id, pages: [] });
    this.newPage();
  }

  newPage() {
    this.page = document.createElement("section");
    this.page.className = "page present"; // present: reveal.js would hide it while we measure
    this.page.id = this.pages.length ? `${this.id}:${this.pages.length + 1}` : this.id;
    this.body = document.createElement("div");
    this.body.className = "body";
    this.page.append(this.body);
    for (const page of this.pages) page.classList.remove("present");
    this.stack.append(this.page);
    this.pages.push(this.page);
  }

  get units() {
    return [...this.body.children].filter((child) => !child.matches("aside"));
  }

  /* Whether the page shows nothing yet but headings: what comes now must stand below them. */
  get isFresh() {
    return this.units.every((unit) => unit.matches("h1, h2, h3, h4"));
  }

  get room() {
    return PAGE.height - (this.units.length ? this.body.getBoundingClientRect().height + 16 : 0);
  }

  fits() {
    return this.body.getBoundingClientRect().height <= PAGE.height + 0.5;
  }

  /* Put a unit on this page or, where it does not fit, on a new one. */
  add(unit) {
    const element = unit.element;
    element.dataset.step = unit.step;
    if (element.matches("figure")) return this.addFigure(element);
    this.body.append(element);
    fitWidth(element);
    if (this.fits()) return;
    if (element.matches("pre, table")) {
      const alone = element.matches("pre") && this.isFreshBefore(element);
      const smallest = alone ? BARELY_SMALLER : A_LITTLE_SMALLER;
      if (shrink(element, () => this.fits(), smallest)) return;
    }
    const rest = this.cut(element);
    if (rest) {
      this.newPage();
      return this.add({ element: rest, step: unit.step });
    }
    if (this.isFreshBefore(element)) {
      if (shrink(element, () => this.fits(), SMALLEST)) return;
      complain(element, "is too tall");
      shrink(element, () => this.fits(), 0.1);
      return;
    }
    this.turnPage(element, unit.step);
  }

  /* Whether the page held nothing but headings before this element came. */
  isFreshBefore(element) {
    return this.units.every((unit) => unit === element || unit.matches("h1, h2, h3, h4"));
  }

  /* Go on with this element on a new page, and take along what leads up to it. */
  turnPage(element, step) {
    unshrink(element);
    if (element.isConnected) element.dataset.height = element.getBoundingClientRect().height;
    element.remove();
    const leads = [];
    while (this.units.length > 1 && leadsUp(this.units.at(-1), leads[0] ?? element, element)) {
      leads.unshift(this.units.at(-1));
      leads[0].remove();
    }
    this.newPage();
    this.body.append(...leads);
    this.add({ element, step });
  }

  /* A figure is as large as the page allows. */
  addFigure(figure) {
    const image = figure.querySelector("img");
    const width = Number(image.getAttribute("width")) || image.naturalWidth;
    const height = Number(image.getAttribute("height")) || image.naturalHeight;
    const scale = (room) => Math.min(PAGE.width / width, room / height, LARGEST_BLOW_UP);
    const best = scale(PAGE.height);
    const here = scale(this.room);
    figure.dataset.height = SMALLEST_FIGURE * best * height;
    if (here < SMALLEST_FIGURE * best && !this.isFresh) {
      return this.turnPage(figure, figure.dataset.step);
    }
    image.style.width = `${Math.floor(width * here)}px`;
    image.style.height = `${Math.floor(height * here)}px`;
    this.body.append(figure);
    if (!this.fits()) complain(figure, "does not fit");
  }

  /* Cut an element that does not fit: return the part for the next page, null if it stays whole. */
  cut(element) {
    const fresh = this.isFreshBefore(element);
    if (element.matches("ul, ol")) return this.cutChildren(element, element, fresh);
    if (element.matches("table") && (fresh || element.offsetHeight > PAGE.height)) {
      return this.cutChildren(element, element.tBodies[0], fresh);
    }
    if (element.matches("pre")) return this.cutLines(element, fresh);
    return null;
  }

  cutChildren(element, holder, fresh) {
    const moved = [];
    while (holder.children.length > 1 && !this.fits()) {
      moved.unshift(holder.lastElementChild);
      holder.lastElementChild.remove();
    }
    if (!this.fits() || (!fresh && holder.children.length < 2)) {
      holder.append(...moved);
      return null;
    }
    const rest = element.cloneNode(false);
    if (element.tHead) rest.append(element.tHead.cloneNode(true));
    const restHolder = holder === element ? rest : rest.appendChild(holder.cloneNode(false));
    restHolder.append(...moved);
    if (element.matches("ol")) rest.start = (element.start || 1) + element.children.length;
    return rest;
  }

  cutLines(element, fresh) {
    if (!fresh) return null;
    const lines = element.innerHTML.split("\n"); // no colour reaches over the end of a line
    let kept = lines.length;
    while (kept > 3 && !this.fits()) element.innerHTML = lines.slice(0, --kept).join("\n");
    if (!this.fits()) {
      element.innerHTML = lines.join("\n");
      return null;
    }
    const rest = element.cloneNode(false);
    rest.innerHTML = lines.slice(kept).join("\n");
    return rest;
  }

  addNotes(aside) {
    this.body.append(aside);
  }
}

/* Whether a unit must not stand at the foot of a page when `next`, which follows it, leaves it.
   `mover` is what did not fit: code goes along with its own output if a page holds both. */
function leadsUp(unit, next, mover) {
  if (unit.matches("h1, h2, h3, h4")) return true;
  if (unit.matches("pre.code")) {
    const together = unit.getBoundingClientRect().height + 20 + Number(mover.dataset.height);
    return unit.dataset.cell === mover.dataset.cell && together <= PAGE.height;
  }
  const announces = unit.matches("p") && /:\s*$/.test(unit.textContent);
  return announces && !next.matches("p:not(:has(.display))");
}

function scaleOf(element) {
  return Number(element.dataset.scale || 1);
}

/* Set an element's size; all that is in it is measured in its font's size. */
function setScale(element, scale) {
  element.dataset.scale = scale;
  for (const target of [element, ...element.querySelectorAll("pre, table, mjx-container[display=true]")]) {
    target.dataset.size ||= parseFloat(getComputedStyle(target).fontSize);
  }
  for (const target of [element, ...element.querySelectorAll("[data-size]")]) {
    target.style.fontSize = `${target.dataset.size * scale}px`;
  }
}

function unshrink(element) {
  if (element.dataset.scale) setScale(element, 1);
}

/* Make an element smaller until it fits; false, and its old size, if it would get too small. */
function shrink(element, fits, smallest) {
  const before = scaleOf(element);
  for (let scale = before - 0.04; scale >= smallest - 1e-9; scale -= 0.04) {
    setScale(element, scale);
    if (fits()) return true;
  }
  setScale(element, before);
  return false;
}

/* Make what is too wide smaller; printed lines wrap where that is not enough. */
function fitWidth(element) {
  const fits = () => widthOf(element) <= PAGE.width + 0.5;
  if (fits() || shrink(element, fits, SMALLEST)) return;
  if (element.matches("pre")) {
    setScale(element, 0.8);
    element.classList.add("wrapped");
  } else {
    complain(element, "is too wide");
    shrink(element, fits, 0.1);
  }
}

/* How wide an element is, with all that sticks out of it. */
function widthOf(element) {
  const left = element.getBoundingClientRect().left;
  let right = left;
  for (const inner of [element, ...element.querySelectorAll("svg, table, pre, img, td")]) {
    const box = inner.getBoundingClientRect();
    right = Math.max(right, box.right);
    if (!inner.matches("pre")) continue;
    const text = document.createRange();
    text.selectNodeContents(inner);
    right = Math.max(right, text.getBoundingClientRect().right + parseFloat(getComputedStyle(inner).paddingRight));
  }
  return right - left;
}

function complain(element, problem) {
  element.dataset.problem = `${element.dataset.cell}: ${problem}`;
  console.warn("This slide shows not everything at a readable size:", element.dataset.problem);
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
        filler.addNotes(child);
        continue;
      }
      for (const unit of unitsOfCell(child, counter)) {
        const page = filler.page;
        filler.add(unit);
        // Notes between two pages speak of what was shown or of what comes: both get them.
        if (filler.page !== page) for (const aside of notes) filler.addNotes(aside.cloneNode(true));
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

// --- The parts of an equation --------------------------------------------------------------------

/* What appears one after the other in a displayed equation, as groups of what MathJax drew: rows,
   what stands between wide spaces, and each "= ..." of a chain from the second on. */
function partsOf(display) {
  const math = display.querySelector('svg [data-mml-node="math"]');
  const twin = display.querySelector("mjx-assistive-mml math"); // the same tree, with its lengths
  if (!math || math.children.length !== twin?.children.length) return [];
  const pairs = [...math.children].map((drawn, i) => ({ drawn, mathml: twin.children[i] }));
  return betweenWideSpaces(pairs).flatMap((group) => {
    const rows = display.matches(".rows") ? rowsOf(group) : [];
    return rows.length ? rows.map((row) => [row]) : linksOfChain(group);
  });
}

/* Groups of neighbours. One without a relation ("as matrices:") goes with the group behind it. */
function betweenWideSpaces(pairs) {
  const groups = [[]];
  for (const pair of pairs) {
    const space = pair.mathml.matches("mstyle") ? pair.mathml.querySelector(":scope > mspace") : null;
    if (parseFloat(space?.getAttribute("width")) >= 1 && groups.at(-1).some(isRelation)) groups.push([]);
    groups.at(-1).push(pair);
  }
  if (groups.length > 1 && !groups.at(-1).some(isRelation)) groups.at(-2).push(...groups.pop());
  return groups;
}

function isRelation({ mathml }) {
  const inside = mathml.matches("mo") ? [mathml] : [...mathml.querySelectorAll("mo")];
  return inside.some((mo) => /^[=≈≤≥<>←→∈∝]/.test(mo.textContent));
}

/* The rows that MathJax drew. */
function rowsOf(group) {
  const row = ':is([data-mml-node="mtr"], [data-mml-node="mlabeledtr"])';
  const rows = group.flatMap(({ drawn }) => [...drawn.querySelectorAll(row)]);
  return rows.filter((found) => !found.parentElement.closest(row)); // not of a matrix inside
}

/* a = b = c as [a = b], [= c], and a = b ⇒ c = d as [a = b], [⇒ c = d]. What stands in brackets
   stays together, and after a word ("with n = 1") a new statement begins. */
function linksOfChain(group) {
  const links = [[]];
  let depth = 0;
  let relations = 0;
  for (const { drawn, mathml } of group) {
    const sign = signOf(mathml);
    if ("([{⟨".includes(sign)) depth += 1;
    if (")]}⟩".includes(sign)) depth = Math.max(0, depth - 1);
    const follows = "⇒⟹⇔⟺".includes(sign);
    if (follows || mathml.matches("mtext")) relations = 0;
    const goesOn = depth === 0 && "=≈≤≥".includes(sign) && (relations += 1) > 1;
    const holdsMore = links.at(-1).some((e) => e.querySelector("use, path, text")); // than a space
    if ((follows || goesOn) && holdsMore) links.push([]);
    links.at(-1).push(drawn);
  }
  return links;
}

/* The operator that an element is, with or without an exponent or a size; else a space. */
function signOf(element) {
  while (element.matches("msup, msub, msubsup") || (element.matches("mrow") && element.children.length === 1)) {
    element = element.firstElementChild;
  }
  return (element.matches("mo") && element.textContent.trim()) || " ";
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
