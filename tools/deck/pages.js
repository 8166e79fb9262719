/* Pages of 1280 x 720, filled with units one after the other, so that nothing is cut off. */
"use strict";

const PAGE = { width: 1192, height: 632 }; // within the margins, above the footer
const SMALLEST = 0.6; // of its size: what is still larger than a page after that gets cut in pieces
const A_LITTLE_SMALLER = 0.88; // code, printed text and tables, rather than a page more
const BARELY_SMALLER = 0.75; // code and printed text alone on a page, rather than cut in pieces
const SMALLEST_FIGURE = 0.62; // of the size that it has alone on a page
const LARGEST_BLOW_UP = 1.6; // of a figure's own pixels

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

  /* Whether the page shows nothing but headings beside this element, which must stay below them. */
  isFreshFor(element) {
    return this.units.every((unit) => unit === element || unit.matches("h1, h2, h3, h4"));
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
      const alone = element.matches("pre") && this.isFreshFor(element);
      const smallest = alone ? BARELY_SMALLER : A_LITTLE_SMALLER;
      if (shrink(element, () => this.fits(), smallest)) return;
    }
    const rest = this.cut(element);
    if (rest) {
      this.newPage();
      return this.add({ element: rest, step: unit.step });
    }
    if (this.isFreshFor(element)) {
      if (shrink(element, () => this.fits(), SMALLEST)) return;
      complain(element, "is too tall");
      shrink(element, () => this.fits(), 0.1);
      return;
    }
    this.turnPage(element, unit.step);
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
    const { naturalWidth: width, naturalHeight: height } = image;
    const scale = (room) => Math.min(PAGE.width / width, room / height, LARGEST_BLOW_UP);
    const best = scale(PAGE.height);
    const here = scale(this.room);
    figure.dataset.height = SMALLEST_FIGURE * best * height;
    if (here < SMALLEST_FIGURE * best && !this.isFreshFor(figure)) {
      return this.turnPage(figure, figure.dataset.step);
    }
    image.style.width = `${Math.floor(width * here)}px`;
    image.style.height = `${Math.floor(height * here)}px`;
    this.body.append(figure);
    if (!this.fits()) complain(figure, "does not fit");
  }

  /* Cut an element that does not fit: return the part for the next page, null if it stays whole. */
  cut(element) {
    const fresh = this.isFreshFor(element);
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
