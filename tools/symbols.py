r"""Check the notation of all notebooks, and write ``notebooks/SYMBOLS.md``.

    python -m tools.symbols

The ledger, ``tools/symbols.toml``, says of each symbol what it means and in which section of which
notebook it is explained; its first lines say how to write an entry. This module reads every formula
of the notebooks' Markdown, `complaints` compares the two, and `page` writes the index for readers.

A formula becomes a list of uses. In ``$dZ^{(l)}_{nk} = A\,W^\top$`` these are ``dZ`` (with its mark
``d`` and the bare ``Z``), ``A``, ``W`` (with its mark ``^\top``), and the indices l, n, k.
"""

import json
import re
import sys
import tomllib
import urllib.parse
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
NOTEBOOKS = ROOT / "notebooks"
LEDGER = ROOT / "tools" / "symbols.toml"
PAGE = NOTEBOOKS / "SYMBOLS.md"

# --- TeX -----------------------------------------------------------------------------------------

TOKEN = re.compile(r"\\[A-Za-z]+|\\.|[A-Za-z]|\d+(?:[.,]\d+)*|\S", flags=re.DOTALL)
# What only lays a formula out, or is read at school, and so is no symbol of the course.
LAYOUT = set(
    r"\left \right \big \Big \bigl \bigr \quad \qquad \dots \cdots \frac \tfrac \dfrac \boxed"
    r" \underbrace \xrightarrow \displaystyle".split()
)
SCHOOL = set(
    r"\cdot \times \div \pm \neq \ne \le \ge \approx \infty \pi \sqrt \sum \max \min \exp \log \ln"
    r" \cos \sin \in \to \Rightarrow \Longrightarrow \Leftrightarrow \Longleftrightarrow \lvert"
    r" \rvert \rVert \rceil \rfloor \mid e".split()
)
FONTS = {r"\mathbf", r"\boldsymbol", r"\mathbb", r"\mathcal"}
WORDS = {r"\text", r"\mathrm", r"\operatorname"}
ACCENTS = {r"\hat", r"\bar", r"\tilde"}
GREEK = re.compile(
    r"\\(alpha|beta|gamma|delta|epsilon|varepsilon|zeta|eta|theta|kappa|lambda|mu|nu|xi|rho|sigma|"
    r"tau|phi|varphi|chi|psi|omega|ell|Gamma|Delta|Theta|Lambda|Xi|Pi|Sigma|Phi|Psi|Omega)$"
)
OPERATORS = {r"\sum", r"\max", r"\min", r"\underbrace"}  # what hangs on them is no part of a name
MARKS = {
    r"\top": r"^\top",
    r"\star": r"^\star",
    "*": r"^\star",
    r"\ast": r"^\star",
}
# A shape such as (N, n_\text{in}) or (P,); a letter or a command before it would make it f(a, b).
SIZE = r"(?:\\mathbf\{?\w\}?|[A-Za-z](?:_(?:\\\w+\{\w+\}|\{[^{}]*(?:\{\w+\})?[^{}]*\}|\w))?|\d+)"
SPACE = r"(?:\\[,;! ]|\s)*"
SIZE = rf"{SPACE}{SIZE}(?:[+-]\d+)?{SPACE}"
SHAPE = re.compile(rf"(?<![A-Za-z])\({SIZE},(?:{SIZE}(?:,{SIZE})?)?{SPACE}\)")


@dataclass(frozen=True)
class Use:
    """One symbol at one place in a formula. ``names``: what the ledger may call it, best first."""

    names: tuple
    role: str  # "value", "size" (within a shape) or "index" (a sub- or superscript)


def uses(tex):
    """All symbols that a formula uses."""
    tex = re.sub(r"\\mathsf(?:\s*T|\s*\{T\})", r"\\top ", tex)
    found = []
    rest, end = [], 0
    for shape in SHAPE.finditer(tex):
        rest.append(tex[end : shape.start()])
        found += Reader(shape.group(), "size").read()
        end = shape.end()
    return found + Reader(r"\;".join(rest + [tex[end:]]), "value").read()


class Reader:
    """Reads one formula, or a part of one, from left to right."""

    def __init__(self, tex, role):
        self.tokens, self.role = TOKEN.findall(tex), role
        self.place, self.found = 0, []

    def read(self):
        while self.place < len(self.tokens):
            self.symbol()
        return self.found

    def peek(self, ahead=0):
        place = self.place + ahead
        return self.tokens[place] if place < len(self.tokens) else ""

    def next(self):
        self.place += 1
        return self.tokens[self.place - 1]

    def group(self):
        """The tokens of the next argument, without its braces."""
        if self.peek() == "":
            return []
        if self.peek() != "{":
            first = self.next()  # \hat\mu, _\text{in}: a command takes its own argument along
            takes_one = first in WORDS | FONTS | ACCENTS
            return [first, "{", *self.group(), "}"] if takes_one else [first]
        depth, start = 0, self.place
        while self.place < len(self.tokens):
            token = self.next()
            depth += (token == "{") - (token == "}")
            if depth == 0:
                return self.tokens[start + 1 : self.place - 1]
        raise ValueError("a { is never closed in " + "".join(self.tokens))

    def inner(self, tokens, role):
        self.found += Reader(" ".join(tokens), role).read()

    def note(self, *names, role=None):
        self.found.append(Use(names, role or self.role))

    def base(self):
        """The name of the symbol that begins here, without its marks; "" if none does."""
        token = self.next()
        if token in ACCENTS:
            inner = Reader(" ".join(self.group()), self.role)
            return f"{token} {inner.base()}".replace(" \\", "\\")
        if token in FONTS:
            letters = "".join(self.group())
            return f"{token} {letters}"
        if token in WORDS:
            word = " ".join(self.group()).replace(" ", "")
            return rf"\text{{{word}}}"
        if re.fullmatch("[A-Za-z]", token) or GREEK.match(token):
            return "" if token in SCHOOL else token
        return ""

    def symbol(self):
        token = self.peek()
        if token in {r"\begin", r"\end"}:
            self.next()
            self.group()
            return
        if token == "\\\\" and self.peek(1) == "[":  # a line's end with its own height
            while self.next() != "]":
                pass
            return
        if token == r"\underset":
            self.next()
            self.inner(self.group(), "size")
            return
        if token in {"_", "^"}:  # on a bracket or an empty group
            self.scripts()
            return
        if token in {r"\partial", r"\Delta"}:
            self.next()
            self.note(token)
            return
        if token == "d" and self.is_letter(self.peek(1)):
            self.next()
            place = len(self.found)
            self.name_with_scripts(self.base())
            inner = self.found[place].names
            self.found.insert(place, Use((*("d" + name for name in inner), r"d\cdot"), self.role))
            return
        name = self.base()
        if name:
            self.name_with_scripts(name)
        elif token in OPERATORS:
            self.scripts()
        elif token not in LAYOUT | SCHOOL and re.match(r"\\[A-Za-z]", token):
            self.note(token)
        elif token == "*":
            self.note("*")

    @staticmethod
    def is_letter(token):
        return bool(re.fullmatch("[A-Za-z]", token) or GREEK.match(token) or token in ACCENTS)

    def name_with_scripts(self, name):
        place = len(self.found)
        low, marks = self.scripts()
        names = [f"{name}_{low}"] if low else []
        names += [rf"{name}_\cdot"] if is_index(low) else []
        names.append(name)
        marked = [name + "".join(marks) for name in names] if marks else []
        self.found.insert(place, Use((*marked, *names), self.role))
        for mark in marks:
            if mark != "'":  # known from school
                self.note(*marked, *("d" + name for name in marked), mark)

    def scripts(self):
        """Read what hangs on a symbol: its subscript as text, and its marks (prime, top, star)."""
        low, marks = "", []
        while self.peek() in {"_", "^", "'"}:
            kind = self.next()
            if kind == "'":
                marks.append("'")
                continue
            inner = self.group()
            text = "".join(inner)
            if kind == "_":
                low = text if r"\text" in text or len(text) == 1 else "{" + text + "}"
                if not re.fullmatch(r"\\text\{\w+\}", text):
                    self.inner(inner, "index")
            elif text.startswith(r"\text"):
                marks.append(f"^{text}")
            elif set(inner) & set(MARKS):  # also (l-1)\top
                marks += [MARKS[token] for token in inner if token in MARKS]
                self.inner([token for token in inner if token not in MARKS], "index")
            else:  # (l) counts, and anything else is a power
                self.inner(inner, "index" if text.startswith("(") else "value")
        return low, marks


def is_index(low):
    """Whether a subscript only counts: i, nk, {l-1}, 0, L."""
    return bool(re.fullmatch(r"\{?[a-zL\d,+-]+\}?", low))


# --- The notebooks -------------------------------------------------------------------------------

HEADING = re.compile(r"^(#{1,6})[ \t]+(.+?)[ \t]*$")
FENCE = re.compile(r"^(```|~~~).*?^\1[ \t]*$", flags=re.DOTALL | re.MULTILINE)
CODE = re.compile(r"(`+)(?!`).+?(?<!`)\1(?!`)")
MATHS = re.compile(r"\$\$(.+?)\$\$|(?<!\\)\$((?:\\.|[^$\\])+)\$", flags=re.DOTALL)


@dataclass
class Formula:
    """One formula, and where it stands: notebook, place of its cell, headings above it."""

    notebook: str
    cell: int
    headings: tuple  # from the outermost inwards
    tex: str
    displayed: bool
    words: str  # the text of its cell
    before: str  # what stands right before it, and right behind it
    behind: str
    uses: list = field(default_factory=list)

    def __str__(self):
        section = self.headings[-1] if self.headings else "the top"
        return f"{self.notebook}, {section!r}, ${' '.join(self.tex.split())[:60]}$"


def formulas(notebook, cells):
    """All formulas of a notebook's Markdown cells, given as a list of (type, source)."""
    found, stack = [], []
    for number, (kind, source) in enumerate(cells):
        if kind != "markdown":
            continue
        source = CODE.sub(" ", FENCE.sub("", source))
        for part in re.split(r"^(?=#{1,6}[ \t])", source, flags=re.MULTILINE):
            heading = HEADING.match(part.partition("\n")[0])
            if heading:
                level = len(heading.group(1))
                stack = [(lv, text) for lv, text in stack if lv < level]
                stack.append((level, heading.group(2)))
            headings = tuple(text for _, text in stack)
            for match in MATHS.finditer(part):
                tex = match.group(1) or match.group(2)
                around = part[: match.start()][-60:], part[match.end() :][:60]
                displayed = match.group(1) is not None
                place = (notebook, number, headings, tex, displayed, source, *around)
                try:
                    found.append(Formula(*place, uses(tex)))
                except ValueError as error:
                    raise ValueError(f"{Formula(*place)}: {error}") from None
    return found


def load_notebooks(folder=NOTEBOOKS):
    """Each numbered notebook's name with its formulas, in the order of the course."""
    course = {}
    for path in sorted(folder.glob("[0-9][0-9]_*.ipynb")):
        raw = json.loads(path.read_text(encoding="utf-8"))
        cells = [(cell["cell_type"], "".join(cell["source"])) for cell in raw["cells"]]
        course[path.stem] = formulas(path.stem, cells)
    return course


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
    called: str = ""  # the words that explain it, where it stands in displayed formulas only
    holds: object = "course"  # or "notebook", or "section", or a list of "05" and "05/Section"

    def rank(self, formula):
        """How narrowly this meaning covers a formula; None if it does not. The narrowest counts."""
        inside, ranks = formula.notebook == self.notebook, []
        if self.holds == "course" and formula.notebook >= self.notebook:
            ranks.append(0)
        if self.holds == "notebook" and inside:
            ranks.append(1)
        ranks += [reach(place, formula) for place in self.places]
        return max((rank for rank in ranks if rank is not None), default=None)

    @property
    def places(self):
        """Where it holds besides, as "05" or "05/Section"."""
        listed = self.holds if isinstance(self.holds, list) else []
        if self.holds in ("course", "notebook"):
            return []
        return [f"{self.notebook}/{self.section}", *listed]

    @property
    def place(self):
        return f"{self.notebook}, {self.section!r}"


def reach(place, formula):
    """How narrowly "05" or "05/Section" covers a formula; None if it does not."""
    number, _, section = place.partition("/")
    if not formula.notebook.startswith(number) or (section and section not in formula.headings):
        return None
    return 2 + formula.headings.index(section) if section else 1


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
    meanings, terms = defaultdict(list), []
    for notebook, sections in raw.items():
        if not re.match(r"\d\d_", notebook):
            continue
        for section, entries in sections.items():
            if section == "glossary":
                terms += [(term, sentence, notebook) for term, sentence in entries.items()]
                continue
            for symbol, entry in entries.items():
                try:
                    meanings[symbol].append(Meaning(symbol, notebook, section, **entry))
                except TypeError as error:
                    raise ValueError(
                        f"the ledger's entry {symbol} of {notebook}, {section!r} should be like "
                        f"{{ means = '...', shape = '...', code = '...', holds = '...' }}: {error}"
                    ) from None
    return Ledger(raw["indices"], raw.get("elsewhere", []), dict(meanings), terms)


# --- The two compared ----------------------------------------------------------------------------


def resolve(ledger, use, formula):
    """The meaning of a symbol at its place: (meanings, name). Two meanings there are a fault."""
    names = use.names if use.role != "size" else (f"({use.names[-1]},)", *use.names)
    for name in names:
        ranked = [(m.rank(formula), m) for m in ledger.meanings.get(name, [])]
        ranked = [(rank, m) for rank, m in ranked if rank is not None]
        if ranked:
            best = max(rank for rank, _ in ranked)
            return [m for rank, m in ranked if rank == best], name
    return [], names[-1]


def is_prose(name):
    r"""Whether a name is only \text in a formula, which needs no entry."""
    return name.startswith(r"\text{")


@dataclass
class Survey:
    """What comes out of the comparison."""

    complaints: list = field(default_factory=list)
    used: dict = field(default_factory=lambda: defaultdict(list))  # meaning -> its formulas


def survey(course, ledger):
    """Compare all formulas with the ledger."""
    result = Survey()
    say = result.complaints.append
    everything = [formula for formulas_ in course.values() for formula in formulas_]
    for formula in everything:
        if any(f"{formula.notebook}/{heading}" in ledger.elsewhere for heading in formula.headings):
            continue
        for use in formula.uses:
            if use.role == "index" and len(use.names) == 1 and use.names[0] in ledger.indices:
                continue
            found, name = resolve(ledger, use, formula)
            if len(found) > 1:
                both = " and ".join(f"{m.means!r} ({m.place})" for m in found[:2])
                say(f"{formula}: {name} has two meanings here: {both}")
            elif found:
                result.used[found[0]].append((formula, use))
                if explains(formula, use) and not explained_there(found[0], formula):
                    say(f"{formula}: gives {name} a meaning, and the ledger knows it as "
                        f"{found[0].means!r} from {found[0].place}; if that is what it means here "
                        "too, add this notebook to its `again`")  # fmt: skip
            elif name in ledger.indices:
                if use.role == "value" and not counts_somewhere(name, formula, course):
                    say(f"{formula}: {name} is a letter for indices, and here no index; give it a "
                        "meaning in the ledger")  # fmt: skip
            elif not is_prose(name):
                later = [m for n in use.names for m in ledger.meanings.get(n, [])]
                why = "".join(f"; it means {m.means!r} in {m.place}" for m in later[:3])
                why += f", and {len(later) - 3} things more elsewhere" if len(later) > 3 else ""
                say(f"{formula}: {name} has no meaning here{why}")
    for meaning in ledger.all():
        for complaint in faults_of(meaning, course, result.used[meaning]):
            say(complaint)
    return result


def explains(formula, use):
    """Whether the words around a single symbol say what it is."""
    if formula.displayed or formula.uses != [use] or re.search(r"[=<>/+\d]", formula.tex):
        return False
    before, behind = formula.before, formula.behind
    return bool(
        (
            re.search(r"\blet\s+$", before, re.I)
            and re.match(r"\s+(be|hold|count|stand|mean)\b", behind)
        )
        or (re.search(r"\bwrite\s+$", before, re.I) and re.match(r"\s+for\b", behind))
        or re.match(r"\s+(is only|stands for|counts the)\b", behind)
    )


def explained_there(meaning, formula):
    """Whether the ledger says that a symbol is explained at this place."""
    inside = formula.notebook == meaning.notebook and meaning.section in formula.headings
    return inside or any(formula.notebook.startswith(number) for number in meaning.again)


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
    there = [(f, use) for f, use in used if f.notebook == meaning.notebook]
    inside = [f for f, _ in there if meaning.section in f.headings]
    if not inside:
        return [f"{where}: {meaning.place} does not exist, or does not use it"]
    if meaning.called and not any(meaning.called in formula.words for formula in inside):
        return [f"{where}: no cell of {meaning.place} has both the symbol and {meaning.called!r}"]
    if not meaning.called and all(formula.displayed for formula in inside):
        return [
            f"{where}: {meaning.place} has it in displayed formulas only; explain it in a sentence"
        ]
    for place in meaning.places:
        if not any(reach(place, formula) for formula, _ in used):
            return [f"{where}: {place}, named in `holds`, does not exist or does not use it"]
    start = min(formula.cell for formula in inside)
    early = [formula for formula, _ in there if formula.cell < start]
    return [f"{formula}: {where} is used before {meaning.place} explains it" for formula in early]


# --- The index for readers -----------------------------------------------------------------------

BEGINNING = """\
# Symbols and words of the course

Every symbol of the notebooks, in the order in which they explain it: what it means, its shape, its
name in the code, the section that explains it, and the notebooks that use it. How they fit
together, and how other books write them, is in [notebook 00](00_start_here.ipynb). At the end is a
glossary of words.

<!-- Written by `python -m tools.symbols` from tools/symbols.toml. Edit that file, not this one. -->

"""
HEAD = "| symbol | in words | shape | code | explained in | used in |\n| --- " + "| --- " * 5 + "|"


def page(course, ledger, used):
    """The index, as Markdown."""
    far = [m for m in ledger.all() if m.holds == "course"]
    near = [m for m in ledger.all() if m.holds != "course"]
    lines = [
        BEGINNING + "## From here to the end\n",
        "These keep their meaning, but for the places that the next table names.\n",
    ]
    lines += [HEAD, *(row(m, used[m]) for m in sorted(far, key=order(course, used)))]
    lines += ["\n## For a while", "",
              "There are more ideas than letters. These mean something in one place, or in a few, "
              "and may mean something else in another.\n", HEAD]  # fmt: skip
    lines += [row(m, used[m]) for m in sorted(near, key=order(course, used))]
    lines += ["\n## Indices\n", "Small letters below, or in brackets above, count.\n"]
    lines += ["| index | counts |\n| --- | --- |"]
    lines += [f"| ${letter}$ | {counts} |" for letter, counts in ledger.indices.items()]
    lines += ["\n## Glossary\n", "| word | in one sentence | from notebook |\n| --- | --- | --- |"]
    terms = sorted(ledger.terms, key=lambda term: term[0].lower())
    lines += [f"| {word} | {says} | [{book[:2]}]({book}.ipynb) |" for word, says, book in terms]
    return "\n".join(lines) + "\n"


def order(course, used):
    """A key that sorts meanings by the place where they are explained."""

    def key(meaning):
        cells = [f.cell for f, _ in used[meaning] if meaning.section in f.headings]
        return (meaning.notebook, min(cells, default=0))

    return key


def row(meaning, uses_):
    show = meaning.show or meaning.symbol
    shape = meaning.shape
    if shape.startswith("("):
        shape = f"${shape}$"
    code = f"`{meaning.code}`" if meaning.code else ""
    notebooks = ranges(sorted({int(formula.notebook[:2]) for formula, _ in uses_}))
    return (f"| ${show}$ | {meaning.means} | {shape} | {code} | {link(meaning)} "
            f"| {notebooks} |")  # fmt: skip


def ranges(numbers):
    """Numbers of notebooks, with a dash for three or more in a row: 00, 02–05."""
    runs = []
    for number in numbers:
        if runs and number == runs[-1][-1] + 1:
            runs[-1].append(number)
        else:
            runs.append([number])
    return ", ".join(
        f"{run[0]:02d}–{run[-1]:02d}" if len(run) > 2 else ", ".join(f"{n:02d}" for n in run)
        for run in runs
    )


def link(meaning):
    """A link to the section. Where a page cannot jump to it, the notebook opens at its top."""
    number, section = meaning.notebook[:2], meaning.section
    if section.startswith(number):  # the title: the whole notebook
        return f"[{number}]({meaning.notebook}.ipynb)"
    if "$" in section or "`" in section:
        return f"[{number}]({meaning.notebook}.ipynb), {section}"
    anchor = urllib.parse.quote(section.replace(" ", "-"), safe="-:,;·…'/?!=+&λεθ")
    return f"[{number}, {section}]({meaning.notebook}.ipynb#{anchor})"


def faults_of_names(folder, ledger):
    """Names of code that their notebook does not use, and words that it does not introduce."""
    faults, sources = [], defaultdict(list)
    for path in sorted(folder.glob("[0-9][0-9]_*.ipynb")):
        for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]:
            sources[path.stem].append((cell["cell_type"], "".join(cell["source"])))
    for meaning in ledger.all():
        text = "\n".join(source for _, source in sources[meaning.notebook])
        for name in meaning.code.replace("…", "").split(", "):
            if not re.search(rf"(?<!\w){re.escape(name)}(?!\w)", text):
                faults.append(f"{meaning.symbol}: {meaning.notebook} has no code {name!r}")
    for word, _, notebook in ledger.terms:
        text = "\n".join(source for kind, source in sources[notebook] if kind == "markdown")
        marked = re.findall(r"\*{1,2}[^*\n]+\*{1,2}|^#+ .*$", text, flags=re.MULTILINE)
        if not any(re.search(rf"\b{re.escape(word)}\b", part, flags=re.I) for part in marked):
            faults.append(
                f"{word!r}: {notebook} has it neither in a heading nor in italics or bold"
            )
    return faults


def main():
    course, ledger = load_notebooks(NOTEBOOKS), read_ledger(LEDGER.read_text(encoding="utf-8"))
    result = survey(course, ledger)
    complaints = result.complaints + faults_of_names(NOTEBOOKS, ledger)
    for complaint in dict.fromkeys(complaints):
        print(complaint)
    if complaints:
        print("nothing written: mend the notebook or tools/symbols.toml first")
        return 1
    PAGE.write_text(page(course, ledger, result.used), encoding="utf-8", newline="\n")
    print(f"written {PAGE.relative_to(ROOT).as_posix()}: {len(ledger.all())} meanings of "
          f"{len(ledger.meanings)} symbols, {len(ledger.terms)} words")  # fmt: skip
    return 0


if __name__ == "__main__":
    sys.exit(main())
