"""One quick question: what is asked, what may be answered, and what each answer is told."""

import html
import math
import re
from dataclasses import dataclass, field

LETTERS = "ABCDEFGH"


@dataclass(frozen=True)
class Choice:
    """A question with a few answers, of which one is right.

    Parameters
    ----------
    name : str
        Unique over all notebooks: `ask(name)` shows the question.
    text : str
        The question. `` `code` `` and ``$maths$`` are set as such.
    answers : list of (str, str, bool)
        Each answer, in order; what its giver is told: why it is right, or where the thought went
        astray; and whether it is right.
    """

    name: str
    text: str
    answers: list

    def as_text(self):
        """The question as plain text, without its answer."""
        lines = [f"  {letter}  {answer}" for letter, (answer, _, _) in zip(LETTERS, self.answers)]
        return "\n".join([f"? {self.text}", *lines])

    def as_html(self):
        """The question as HTML: each answer unfolds what is to be said to it, kernel or none."""
        folds = []
        for letter, (answer, told, right) in zip(LETTERS, self.answers):
            mark = "✔ Right." if right else "✘ Not this one."
            folds.append(fold(f"<b>{letter}</b>&ensp;{markup(answer)}", f"{mark} {markup(told)}"))
        return frame(markup(self.text), "".join(folds))


@dataclass(frozen=True)
class Number:
    """A question that a number answers.

    Parameters
    ----------
    name, text : str
        As for `Choice`.
    formula : str
        Computes the right number there and then, by the package or by hand: no number is stored
        that a mistake could have got into.
    why : str
        How one gets there.
    mistakes : dict
        From a sentence that names a mistake to the formula of what it leads to.
    unit : str
        What stands behind the number, for example "parameters" or "%".
    tolerance : float
        The largest relative error that is still right; 0 for whole numbers.
    names : dict
        What the formulas can use, besides Python's `math`.
    """

    name: str
    text: str
    formula: str
    why: str
    mistakes: dict
    unit: str = ""
    tolerance: float = 0.0
    names: dict = field(default_factory=dict)

    def answer(self):
        """The right number."""
        return self.value_of(self.formula)

    def value_of(self, formula):
        """The number that a formula of this question gives."""
        return eval(formula, vars(math) | self.names)

    def reply(self, typed):
        """What is to be said to this answer: (whether it is right, a sentence)."""
        try:
            number = read_number(typed, self.unit)
        except ValueError as error:
            return False, str(error)
        if self.is_close(number, self.answer()):
            return True, self.why
        for sentence, mistaken in self.mistakes.items():
            if self.is_close(number, self.value_of(mistaken)):
                return False, sentence
        size = "too large" if number > self.answer() else "too small"
        return False, f"{typed.strip()} is {size}."

    def is_close(self, number, wanted):
        """Whether two numbers are equal within the tolerance (and within rounding)."""
        return abs(number - wanted) <= max(self.tolerance, 1e-9) * abs(wanted) + 1e-12

    def as_text(self):
        """The question as plain text, without its answer."""
        return f"? {self.text}" + (f"  [{self.unit}]" if self.unit else "")

    def as_html(self):
        """The question as HTML, with the answer folded, for where no kernel compares."""
        shown = f"{show_number(self.answer())} {html.escape(self.unit)}".strip()
        return frame(markup(self.text), fold("The answer", f"{shown}. {markup(self.why)}"))


# --- reading -------------------------------------------------------------------------------------


def read(text, **names):
    """The questions of a text in which each is a block of lines, and an empty line ends it.

    A block is the name, the question, and its answers, `+` for the right one and `-` for wrong
    ones, each with what its giver is told: after ` | `, or indented below it. `=` in place of `+`
    makes a question for a number: what stands behind `=` and `-` are formulas, and `  [unit]` and
    `  ±1%`, the tolerance, may follow. `names` are what the formulas can use, besides `math`.
    """
    return [read_question(block, names) for block in text.strip().split("\n\n")]


def read_question(block, names):
    """The question of one block: a Choice or a Number."""
    head, *answers = re.split(r"\n(?=[-+=] )", block)
    name, text = head.split("\n", 1)
    answers = [re.split(r" \| |\n {4}", answer, maxsplit=1) for answer in answers]
    answers = [(answer[0], on_one_line(answer[2:]), on_one_line(told)) for answer, told in answers]
    if all(mark != "=" for mark, _, _ in answers):
        answers = [(answer, told, mark == "+") for mark, answer, told in answers]
        return Choice(name, on_one_line(text), answers)
    [(right, why)] = [(answer, told) for mark, answer, told in answers if mark == "="]
    formula, unit, tolerance = re.fullmatch(RIGHT_NUMBER, right).groups("")
    mistakes = {told: answer for mark, answer, told in answers if mark == "-"}
    tolerance = float(tolerance or 0) / 100
    return Number(name, on_one_line(text), formula, why, mistakes, unit, tolerance, names)


RIGHT_NUMBER = r"(.*?)(?:  \[(.*)\])?(?:  ±(.*)%)?"


def on_one_line(text):
    return re.sub(r"\n\s*", " ", text)


def read_number(typed, unit=""):
    """The number in what somebody typed: "101 770", "1e-3", "1/3", "98 %".

    Raises
    ------
    ValueError
        If it is no number, with a sentence that says what is wanted.
    """
    text = re.sub(r"[\s_]", "", typed.replace("−", "-")).lower()
    if unit and text.endswith(unit.lower().replace(" ", "")):
        text = text[: -len(unit.replace(" ", ""))]
    text = re.sub(r"^(.+?)(?:\*|×)10(?:\^|\*\*)", r"\1e", text)  # 3×10^-4
    top, slash, bottom = text.partition("/")
    try:
        number = float(top) / (float(bottom) if slash else 1.0)
    except (ValueError, ZeroDivisionError):
        number = math.nan
    if not math.isfinite(number):  # also 1e400, which no float can hold
        hint = " Write a point for decimals, and no comma." if "," in text else ""
        raise ValueError(
            f"A number is wanted here, such as 42, 0.5, 1/3 or 1e-3; got {typed.strip()!r}.{hint}"
        )
    return number


def show_number(number):
    """A number as one reads it: 101,770 and 0.125."""
    return f"{number:,.0f}" if number == round(number) else f"{number:.4g}"


# --- HTML ----------------------------------------------------------------------------------------


def markup(text):
    """Escape a text for HTML, and set `code` in it; $maths$ is typeset by JupyterLab."""
    return re.sub("`(.+?)`", r"<code>\1</code>", html.escape(text, quote=False))


def fold(summary, text):
    """A line that unfolds: by a click, or with the Tab and Enter keys."""
    return (
        f'<details style="margin: 4px 0 4px 12px"><summary style="cursor: pointer">{summary}'
        f'</summary><div style="margin: 2px 0 6px 24px">{text}</div></details>'
    )


def frame(question, answers):
    """A question with its answers, in JupyterLab's own colours."""
    return (
        '<div style="border-left: 4px solid var(--jp-brand-color1, #1976d2); padding: 6px 12px; '
        "margin: 6px 0; color: var(--jp-content-font-color1, inherit); "
        'background: var(--jp-layout-color2, transparent)">'
        f'<div style="margin-bottom: 4px"><b>?</b>&ensp;{question}</div>{answers}</div>'
    )
