/* The parts of a displayed equation, which appear one after the other. */
"use strict";

/* Groups of what MathJax drew: rows, what is between wide spaces, and each "= ..." of a chain from
   the second on. */
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
