"""The quick questions: each answer is told the right thing, and each notebook asks its own."""

import math
import re
import time
from pathlib import Path

import nbformat
import pytest

import nnhelpers as nn
from nnhelpers.teaching import questions
from nnhelpers.teaching.questions import Choice, Number
from nnhelpers.teaching.questions.question import read_number

FOLDER = Path(__file__).resolve().parent.parent / "notebooks"
NOTEBOOKS = sorted(FOLDER.glob("[0-9][0-9]_*.ipynb"))  # the playground asks in its own way
ALL = list(questions.QUESTIONS.values())
CHOICES = [one for one in ALL if isinstance(one, Choice)]
NUMBERS = [one for one in ALL if isinstance(one, Number)]
by_question = pytest.mark.parametrize("question", ALL, ids=lambda one: one.name)
by_choice = pytest.mark.parametrize("question", CHOICES, ids=lambda one: one.name)
by_number = pytest.mark.parametrize("question", NUMBERS, ids=lambda one: one.name)


def test_names_are_unique():
    names = [one.name for module in questions.MODULES for one in module.QUESTIONS]
    assert len(names) == len(set(names)) == len(ALL)


# --- choices -------------------------------------------------------------------------------------


@by_choice
def test_choice_has_different_answers_and_a_reply_to_each(question):
    answers = [answer for answer, _, _ in question.answers]
    replies = [told for _, told, _ in question.answers]
    assert len(set(answers)) == len(answers) >= 3
    assert len(set(replies)) == len(replies) and all(told.strip() for told in replies)
    assert [right for _, _, right in question.answers].count(True) == 1


@by_choice
def test_choice_unfolds_its_replies(question):
    page = question.as_html()
    assert page.count("<details") == page.count("</details>") == len(question.answers)
    assert page.count("✔") == 1


def test_the_right_choice_stands_at_every_place():
    places = [[right for _, _, right in one.answers].index(True) for one in CHOICES]
    for place in range(3):
        assert places.count(place) > len(places) / 6, "guessing one letter must not pay"


# --- numbers -------------------------------------------------------------------------------------


@by_number
def test_number_knows_its_answer_and_its_mistakes(question):
    right = question.answer()
    assert math.isfinite(right)
    assert question.reply(repr(float(right))) == (True, question.why)
    values = [question.value_of(formula) for formula in question.mistakes.values()]
    for sentence, value in zip(question.mistakes, values):
        assert question.reply(repr(float(value))) == (False, sentence)
    for value in [right, *values]:
        close = [other for other in [right, *values] if question.is_close(other, value)]
        assert len(close) == 1, f"{value} is taken for another of {values}, right: {right}"


@by_number
def test_number_tells_nonsense_and_size(question):
    assert "number is wanted" in question.reply("many")[1]
    assert "too large" in question.reply(repr(1e6 + 1e3 * abs(question.answer())))[1]
    assert "too small" in question.reply(repr(-1e6 - 1e3 * abs(question.answer())))[1]


@pytest.mark.parametrize(
    "typed, number",
    {
        "42": 42, " 101 770 ": 101770, "1_000": 1000, "0.5": 0.5, "1/4": 0.25, "-2": -2,
        "−2": -2, "1e-3": 1e-3, "3×10^-4": 3e-4, "2*10**3": 2000, "98 %": 98,
    }.items(),
)  # fmt: skip
def test_numbers_are_read_as_people_type_them(typed, number):
    assert read_number(typed, unit="%") == pytest.approx(number)


@pytest.mark.parametrize(
    "typed",
    ["", "two", "1,5", "1/0", "1/", "/2", "1/2/3", "1..2", "50 kg", "nan", "1e400"],
)  # fmt: skip
def test_what_is_no_number_is_refused_in_words(typed):
    with pytest.raises(ValueError, match="A number is wanted"):
        read_number(typed, unit="%")


def test_a_number_without_end_is_refused_at_once():
    began = time.thread_time()
    with pytest.raises(ValueError, match="A number is wanted"):
        read_number("1e3000000")
    assert time.thread_time() - began < 0.1, "and not after millions of digits were computed"


def test_a_comma_gets_a_hint():
    with pytest.raises(ValueError, match="point for decimals"):
        read_number("1,5")


# --- showing -------------------------------------------------------------------------------------


@by_question
def test_as_text_the_answer_is_not_given_away(question):
    text = repr(nn.ask(question.name))
    assert question.text in text
    for told in (
        [question.why] if isinstance(question, Number) else [one[1] for one in question.answers]
    ):
        assert told not in text
    assert "✔" not in text


@by_question
def test_maths_and_code_are_closed(question):
    texts = [question.text]
    if isinstance(question, Number):
        texts += [question.why, *question.mistakes]
    else:
        texts += [part for answer, told, _ in question.answers for part in (answer, told)]
    for text in texts:
        assert text.count("`") % 2 == 0 and text.count("$") % 2 == 0, text


def test_without_a_number_no_kernel_is_needed():
    bundle = nn.ask(CHOICES[0].name)._repr_mimebundle_()
    assert set(bundle) == {"text/plain", "text/html"}


def test_a_typed_number_is_answered():
    shown = nn.ask(NUMBERS[0].name, CHOICES[0].name)
    assert "application/vnd.jupyter.widget-view+json" in shown._repr_mimebundle_()
    _, row, told = shown.widget().children[0].children
    field = row.children[0]
    for typed in ("never", "1e400"):
        field.value = typed
        assert "Not yet" in told.value and typed in told.value
    field.value = repr(float(NUMBERS[0].answer()))
    assert "Right" in told.value


def test_an_unknown_name_is_refused_with_the_nearest():
    name = ALL[0].name
    with pytest.raises(ValueError, match=f"{name[:-1]}.*Did you mean.*{name}"):
        nn.ask(name[:-1])
    with pytest.raises(ValueError, match="expects the name"):
        nn.ask()


# --- in the notebooks ----------------------------------------------------------------------------


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_each_notebook_asks_its_own_questions(path):
    """At least five: some to begin with, some at the end, each of them once."""
    section, asked = "", []
    for cell in nbformat.read(path, as_version=4).cells:
        if cell.cell_type == "markdown":
            for heading in re.findall(r"^## +(.+)$", cell.source, flags=re.MULTILINE):
                section = heading
        else:
            for call in re.findall(r"nn\.ask\((.*?)\)", cell.source, flags=re.DOTALL):
                asked += [(name, section) for name in re.findall(r'"(\w+)"', call)]
    names = [name for name, _ in asked]
    own = [
        one.name for module in questions.MODULES
        if module.__name__.endswith("nb" + path.stem[:2]) for one in module.QUESTIONS
    ]  # fmt: skip
    assert sorted(names) == sorted(own) and len(names) >= 5
    sections = {section for _, section in asked}
    assert "Summary" in sections
    assert "Recap" in sections or path.stem.startswith("00")
    kinds = {type(questions.QUESTIONS[name]) for name in names}
    assert kinds == {Choice, Number}
