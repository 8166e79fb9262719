r"""Reads a formula as a list of the symbols that it uses.

In ``$dZ^{(l)}_{nk} = A\,W^\top$`` these are ``dZ`` (with its mark ``d`` and the bare ``Z``), ``A``,
``W`` (with its mark ``^\top``), and the indices l, n, k.
"""

import re
from dataclasses import dataclass

TOKEN = re.compile(r"\\[A-Za-z]+|\\.|[A-Za-z]|\d+(?:[.,]\d+)*|\S", flags=re.DOTALL)
# What only lays a formula out, or is read at school, and so is no symbol of the course.
NO_SYMBOL = set(
    r"\left \right \big \Big \bigl \bigr \quad \qquad \dots \cdots \frac \tfrac \dfrac \boxed"
    r" \xrightarrow \displaystyle"
    r" \cdot \times \div \pm \neq \ne \le \ge \approx \infty \pi \sqrt \exp \log \ln"
    r" \cos \sin \in \to \Rightarrow \Longrightarrow \Leftrightarrow \Longleftrightarrow \lvert"
    r" \rvert \rVert \rceil \rfloor \mid e".split()
)
FONTS = {r"\mathbf", r"\boldsymbol", r"\mathbb", r"\mathcal"}
WORDS = {r"\text", r"\mathrm", r"\operatorname"}
ACCENTS = {r"\hat", r"\bar", r"\tilde"}
OPERATORS = {r"\sum", r"\max", r"\min", r"\underbrace"}  # what hangs on them is no part of a name
LETTER = re.compile(
    r"([A-Za-z]|\\(alpha|beta|gamma|delta|epsilon|varepsilon|zeta|eta|theta|kappa|lambda|mu|nu|xi|"
    r"rho|sigma|tau|phi|varphi|chi|psi|omega|ell|Gamma|Delta|Theta|Lambda|Xi|Pi|Sigma|Phi|Psi|"
    r"Omega))$"
)
MARKS = {r"\top": r"^\top", **dict.fromkeys([r"\star", "*", r"\ast"], r"^\star")}
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
    sizes = [use for shape in SHAPE.findall(tex) for use in Reader(shape, "size").read()]
    return sizes + Reader(SHAPE.sub(r"\;", tex), "value").read()


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
        return "".join(self.tokens[self.place + ahead :][:1])

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

    def note(self, *names):
        self.found.append(Use(names, self.role))

    def base(self):
        """The name of the symbol that begins here, without its marks; "" if none does."""
        token = self.next()
        if token in ACCENTS:
            inner = Reader(" ".join(self.group()), self.role)
            return f"{token} {inner.base()}".replace(" \\", "\\")
        if token in FONTS:
            return f"{token} {''.join(self.group())}"
        if token in WORDS:
            return rf"\text{{{''.join(self.group())}}}"
        return token if LETTER.match(token) and token not in NO_SYMBOL else ""

    def symbol(self):
        """Read what begins here: a symbol with all that hangs on it, or what is none."""
        token = self.peek()
        if token in {r"\begin", r"\end"}:
            self.next()
            self.group()
        elif token == "\\\\" and self.peek(1) == "[":  # a line's end with its own height
            while self.next() != "]":
                pass
        elif token == r"\underset":
            self.next()
            self.inner(self.group(), "size")
        elif token in {"_", "^"}:  # on a bracket or an empty group
            self.scripts()
        elif token in {r"\partial", r"\Delta"}:
            self.note(self.next())
        elif token == "d" and (LETTER.match(self.peek(1)) or self.peek(1) in ACCENTS):
            self.next()
            place = len(self.found)
            self.name_with_scripts(self.base())
            names = ["d" + name for name in self.found[place].names]
            self.found.insert(place, Use((*names, r"d\cdot"), self.role))
        elif name := self.base():
            self.name_with_scripts(name)
        elif token in OPERATORS:
            self.scripts()
        elif token == "*" or (token not in NO_SYMBOL and re.match(r"\\[A-Za-z]", token)):
            self.note(token)

    def name_with_scripts(self, name):
        place = len(self.found)
        low, marks = self.scripts()
        names = [f"{name}_{low}"] if low else []
        # A subscript that only counts: i, nk, {l-1}, 0, L.
        names += [rf"{name}_\cdot"] if re.fullmatch(r"\{?[a-zL\d,+-]+\}?", low) else []
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
            inner = self.group() if kind != "'" else []
            text = "".join(inner)
            if kind == "'":
                marks.append(kind)
            elif kind == "_":
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
