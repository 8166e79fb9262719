"""Check the notation of all notebooks, and write ``notebooks/SYMBOLS.md``.

    python -m tools.symbols

The ledger, ``tools/symbols.toml``, says of each symbol what it means and in which section of which
notebook it is explained; its first lines say how to write an entry. This module reads every formula
of the notebooks' Markdown, `survey` compares the two, and `page` writes the index for readers.
"""

import itertools
import json
import re
import sys
import tomllib
import urllib.parse
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path

from tools.tex import uses

ROOT = Path(__file__).resolve().parent.parent
NOTEBOOKS = ROOT / "notebooks"
LEDGER = ROOT / "tools" / "symbols.toml"
PAGE = NOTEBOOKS / "SYMBOLS.md"

# --- The notebooks -------------------------------------------------------------------------------

HEADING = re.compile(r"^(#{1,6})[ \t]+(.+?)[ \t]*$")
FENCE = re.compile(r"^(```|~~~).*?^\1[ \t]*$", flags=re.DOTALL | re.MULTILINE)
CODE = re.compile(r"(`+)(?!`).+?(?<!`)\1(?!`)")
MATHS = re.compile(r"\$\$(.+?)\$\$|(?<!\\)\$((?:\\.|[^$\\])+)\$", flags=re.DOTALL)


@dataclass
class Formula:
    """One formula, and where it is: notebook, place of its cell, headings above it."""

    notebook: str
    cell: int
    headings: tuple  # from the outermost inwards
    tex: str
    displayed: bool
    words: str  # the text of its cell
    before: str  # what is right before it, and right after it
    behind: str
    uses: list = field(default_factory=list)

    def __str__(self):
        section = self.headings[-1] if self.headings else "the top"
        return f"{self.notebook}, {section!r}, ${' '.join(self.tex.split())[:60]}$"

    def reach(self, place):
        """How narrowly "05" or "05/Section" covers this formula; -1 if it does not."""
        number, _, section = place.partition("/")
        inside = self.notebook.startswith(number) and (not section or section in self.headings)
        return -1 if not inside else 2 + self.headings.index(section) if section else 1


def formulas(notebook, cells):
    """All formulas of a notebook's Markdown cells, given as a list of (type, source)."""
    found, stack = [], []
    for number, (kind, source) in enumerate(cells):
        if kind != "markdown":
            continue
        source = CODE.sub(" ", FENCE.sub("", source))
        for part in re.split(r"^(?=#{1,6}[ \t])", source, flags=re.MULTILINE):
            if heading := HEADING.match(part.partition("\n")[0]):
                level = len(heading.group(1))
                stack = [*((lv, text) for lv, text in stack if lv < level), (level, heading[2])]
            headings = tuple(text for _, text in stack)
            for match in MATHS.finditer(part):
                tex = match.group(1) or match.group(2)
                around = part[: match.start()][-60:], part[match.end() :][:60]
                displayed = match.group(1) is not None
                formula = Formula(notebook, number, headings, tex, displayed, source, *around)
                try:
                    formula.uses = uses(tex)
                except ValueError as error:
                    raise ValueError(f"{formula}: {error}") from None
                found.append(formula)
    return found


def load_cells(folder):
    """The cells of each numbered notebook as (type, source), in the order of the course."""
    paths = sorted(folder.glob("[0-9][0-9]_*.ipynb"))
    course = {path.stem: json.loads(path.read_text(encoding="utf-8"))["cells"] for path in paths}
    return {
        stem: [(cell["cell_type"], "".join(cell["source"])) for cell in cells]
        for stem, cells in course.items()
    }


def load_notebooks(folder):
    """Each numbered notebook's name with its formulas."""
    return {stem: formulas(stem, cells) for stem, cells in load_cells(folder).items()}


# --- The ledger ----------------------------------------------------------------------------------


@dataclass(eq=False)
class Meaning:
    """An entry of the ledger: what a symbol means, from which section on, and how far."""

    symbol: str
    notebook: str
    section: str
    means: str
    shape: str = ""
    code: str = ""
    show: str = ""  # how the index writes it
    again: tuple = ()  # notebooks that explain it once more
    called: str = ""  # the words that explain it, where it is in displayed formulas only
    holds: object = "course"  # or "notebook", or "section", or a list of "05" and "05/Section"

    def __post_init__(self):
        here = f"{self.notebook}/{self.section}"
        known = {"course": [], "notebook": [self.notebook], "section": [here]}
        self.places = [here, *self.holds] if isinstance(self.holds, list) else known[self.holds]
        self.place = f"{self.notebook}, {self.section!r}"

    def rank(self, formula):
        """How narrowly this meaning covers a formula; -1 if it does not. The narrowest counts."""
        everywhere = self.holds == "course" and formula.notebook >= self.notebook
        return max([0 if everywhere else -1, *map(formula.reach, self.places)])

    def introduces(self, formula):
        """Whether the formula is in the section that explains this meaning."""
        return formula.notebook == self.notebook and self.section in formula.headings


@dataclass
class Ledger:
    indices: dict  # letter -> what it counts
    elsewhere: list  # "notebook/section" whose formulas are in other books' letters
    meanings: dict  # symbol -> its meanings
    terms: list  # (word, sentence, notebook)

    def all(self):
        return [meaning for meanings in self.meanings.values() for meaning in meanings]


def read_ledger(text):
    """The ledger from its TOML text."""
    raw = tomllib.loads(text)
    ledger = Ledger(raw.pop("indices"), raw.pop("elsewhere", []), defaultdict(list), [])
    for notebook, sections in raw.items():
        for term, sentence in sections.pop("glossary", {}).items():
            ledger.terms.append((term, sentence, notebook))
        for section, entries in sections.items():
            for symbol, entry in entries.items():
                try:
                    meaning = Meaning(symbol, notebook, section, **entry)
                except TypeError as error:
                    raise ValueError(
                        f"the ledger's entry {symbol} of {notebook}, {section!r} should be like "
                        f"{{ means = '...', shape = '...', code = '...', holds = '...' }}: {error}"
                    ) from None
                ledger.meanings[symbol].append(meaning)
    return ledger


# --- The two compared ----------------------------------------------------------------------------


def resolve(ledger, use, formula):
    """The meaning of a symbol at its place: (meanings, name). Two meanings there are a fault."""
    names = use.names if use.role != "size" else (f"({use.names[-1]},)", *use.names)
    for name in names:
        meanings = ledger.meanings.get(name, [])
        best = max((m.rank(formula) for m in meanings), default=-1)
        if best >= 0:
            return [m for m in meanings if m.rank(formula) == best], name
    return [], names[-1]


def survey(course, ledger):
    """Compare all formulas with the ledger: (complaints, from each meaning to its formulas)."""
    complaints, used = [], defaultdict(list)
    for formula in (formula for formulas_ in course.values() for formula in formulas_):
        if any(f"{formula.notebook}/{heading}" in ledger.elsewhere for heading in formula.headings):
            continue
        for use in formula.uses:
            if use.role == "index" and len(use.names) == 1 and use.names[0] in ledger.indices:
                continue
            found, name = resolve(ledger, use, formula)
            if len(found) == 1:
                used[found[0]].append(formula)
            if problem := problem_of(found, name, use, formula, course, ledger):
                complaints.append(f"{formula}: {problem}")
    for meaning in ledger.all():
        complaints += faults_of(meaning, course, used[meaning])
    return complaints, used


def problem_of(found, name, use, formula, course, ledger):
    """What is wrong with a use of a symbol that has these meanings; None if nothing is."""
    if len(found) > 1:
        both = " and ".join(f"{m.means!r} ({m.place})" for m in found[:2])
        return f"{name} has two meanings here: {both}"
    if found:
        again = any(formula.notebook.startswith(number) for number in found[0].again)
        if explains(formula, use) and not again and not found[0].introduces(formula):
            return (
                f"gives {name} a meaning, and the ledger knows it as {found[0].means!r} from "
                f"{found[0].place}; if that is what it means here too, add this notebook to its "
                "`again`"
            )
    elif name in ledger.indices:
        if use.role == "value" and not counts_somewhere(name, formula, course):
            return f"{name} is a letter for indices, and here no index; the ledger must explain it"
    elif not name.startswith(r"\text{"):  # words within a formula need no entry
        later = [m for n in use.names for m in ledger.meanings.get(n, [])]
        why = "".join(f"; it means {m.means!r} in {m.place}" for m in later[:3])
        why += f", and {len(later) - 3} things more elsewhere" if len(later) > 3 else ""
        return f"{name} has no meaning here{why}"
    return None


EXPLAINS = re.compile(
    r"\blet\s+§\s+(be|hold|count|stand|mean)\b|\bwrite\s+§\s+for\b|"
    r"§\s+(is only|stands for|counts the)\b",
    flags=re.IGNORECASE,
)


def explains(formula, use):
    """Whether the words around a single symbol say what it is."""
    if formula.displayed or formula.uses != [use] or re.search(r"[=<>/+\d]", formula.tex):
        return False
    return bool(EXPLAINS.search(f"{formula.before}§{formula.behind}"))


COUNTED = re.compile(
    r"\b(row|column|class|layer|input|unit|neuron|example|image|pixel|parameter|step|score|digit|"
    r"level|bracket)(s|es)?\s+$",
    flags=re.IGNORECASE,
)


def counts_somewhere(letter, formula, course):
    """Whether a letter counts: after a word such as row, or as an index in the same section."""
    return bool(COUNTED.search(formula.before)) or any(
        use.names == (letter,) and use.role == "index"
        for other in course[formula.notebook]
        if other.headings == formula.headings
        for use in other.uses
    )


def faults_of(meaning, course, used):
    """What is wrong with the place where the ledger says that a symbol is explained."""
    where = f"{meaning.symbol} ({meaning.means!r})"
    if meaning.notebook not in course:
        return [f"{where}: there is no notebook {meaning.notebook}"]
    inside = [formula for formula in used if meaning.introduces(formula)]
    if not inside:
        return [f"{where}: {meaning.place} does not exist, or does not use it"]
    if meaning.called and not any(meaning.called in formula.words for formula in inside):
        return [f"{where}: no cell of {meaning.place} has both the symbol and {meaning.called!r}"]
    if not meaning.called and all(formula.displayed for formula in inside):
        return [
            f"{where}: {meaning.place} has it in displayed formulas only; explain it in a sentence"
        ]
    for place in meaning.places:
        if all(formula.reach(place) < 0 for formula in used):
            return [f"{where}: {place}, named in `holds`, does not exist or does not use it"]
    start = min(formula.cell for formula in inside)
    early = [f for f in used if f.notebook == meaning.notebook and f.cell < start]
    return [f"{formula}: {where} is used before {meaning.place} explains it" for formula in early]


def faults_of_names(cells, ledger):
    """Names of code that their notebook does not use, and words that it does not introduce."""
    faults = []
    for meaning in ledger.all():
        text = "\n".join(source for _, source in cells.get(meaning.notebook, []))
        for name in meaning.code.replace("…", "").split(", "):
            if not re.search(rf"(?<!\w){re.escape(name)}(?!\w)", text):
                faults.append(f"{meaning.symbol}: {meaning.notebook} has no code {name!r}")
    for word, _, notebook in ledger.terms:
        text = "\n".join(source for kind, source in cells.get(notebook, []) if kind == "markdown")
        marked = re.findall(r"\*{1,2}[^*\n]+\*{1,2}|^#+ .*$", text, flags=re.MULTILINE)
        if not any(re.search(rf"\b{re.escape(word)}\b", part, flags=re.I) for part in marked):
            faults.append(
                f"{word!r}: {notebook} has it neither in a heading nor in italics or bold"
            )
    return faults


# --- The index for readers -----------------------------------------------------------------------

HEAD = "| symbol | in words | shape | code | explained in | used in |\n" + "| --- " * 6 + "|\n"
LAYOUT = """\
# Symbols and words of the course

Every symbol of the notebooks, in the order in which they explain it: what it means, its shape, its
name in the code, the section that explains it, and the notebooks that use it. How they fit
together, and how other books write them, is in [notebook 00](00_start_here.ipynb). At the end is a
glossary of words.

<!-- Written by `python -m tools.symbols` from tools/symbols.toml. Edit that file, not this one. -->

## From here to the end

These keep their meaning, but for the places that the next table names.

{head}{far}

## For a while

There are more ideas than letters. These mean something in one place, or in a few, and may mean \
something else in another.

{head}{near}

## Indices

Small letters below, or in brackets above, count.

| index | counts |
| --- | --- |
{indices}

## Glossary

| word | in one sentence | from notebook |
| --- | --- | --- |
{glossary}
"""


def page(ledger, used):
    """The index, as Markdown."""
    meanings = sorted(ledger.all(), key=lambda m: (m.notebook, first_cell(m, used[m])))
    terms = sorted(ledger.terms, key=lambda term: term[0].lower())
    return LAYOUT.format(
        head=HEAD,
        far="\n".join(row(m, used[m]) for m in meanings if m.holds == "course"),
        near="\n".join(row(m, used[m]) for m in meanings if m.holds != "course"),
        indices="\n".join(f"| ${letter}$ | {what} |" for letter, what in ledger.indices.items()),
        glossary="\n".join(f"| {w} | {says} | [{at[:2]}]({at}.ipynb) |" for w, says, at in terms),
    )


def first_cell(meaning, used):
    """The place of the cell that explains a symbol."""
    return min((formula.cell for formula in used if meaning.introduces(formula)), default=0)


def row(meaning, used):
    """A symbol's line of the index."""
    shape = f"${meaning.shape}$" if meaning.shape.startswith("(") else meaning.shape
    code = f"`{meaning.code}`" if meaning.code else ""
    notebooks = ranges(sorted({int(formula.notebook[:2]) for formula in used}))
    symbol = meaning.show or meaning.symbol
    return f"| ${symbol}$ | {meaning.means} | {shape} | {code} | {link(meaning)} | {notebooks} |"


def ranges(numbers):
    """Numbers of notebooks, with a dash for three or more in a row: 00, 02–05."""
    groups = itertools.groupby(enumerate(numbers), key=lambda pair: pair[1] - pair[0])
    runs = [[f"{number:02d}" for _, number in run] for _, run in groups]
    return ", ".join(f"{run[0]}–{run[-1]}" if len(run) > 2 else ", ".join(run) for run in runs)


def link(meaning):
    """A link to the section. Where a page cannot jump to it, the notebook opens at its top."""
    number, section = meaning.notebook[:2], meaning.section
    if section.startswith(number):  # the title: the whole notebook
        return f"[{number}]({meaning.notebook}.ipynb)"
    if "$" in section or "`" in section:
        return f"[{number}]({meaning.notebook}.ipynb), {section}"
    anchor = urllib.parse.quote(section.replace(" ", "-"), safe="-:,;·…'/?!=+&λεθ")
    return f"[{number}, {section}]({meaning.notebook}.ipynb#{anchor})"


def main():
    ledger = read_ledger(LEDGER.read_text(encoding="utf-8"))
    complaints, used = survey(load_notebooks(NOTEBOOKS), ledger)
    complaints += faults_of_names(load_cells(NOTEBOOKS), ledger)
    if complaints:
        print("\n".join(dict.fromkeys(complaints)))
        print("nothing written: mend the notebook or tools/symbols.toml first")
        return 1
    PAGE.write_text(page(ledger, used), encoding="utf-8", newline="\n")
    words = f"{len(ledger.meanings)} symbols, {len(ledger.terms)} words"
    print(f"written {PAGE.relative_to(ROOT).as_posix()}: {len(ledger.all())} meanings of {words}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
