"""Quick questions with instant answers: one module for each notebook."""

import difflib
import html

from . import nb00, nb01, nb02, nb03, nb04, nb05, nb06, nb07, nb08, nb09, nb10, nb11, nb12, nb13
from .question import Choice, Number, frame, markup

__all__ = ["QUESTIONS", "Choice", "Number", "Questions", "ask"]

MODULES = [nb00, nb01, nb02, nb03, nb04, nb05, nb06, nb07, nb08, nb09, nb10, nb11, nb12, nb13]
QUESTIONS = {question.name: question for module in MODULES for question in module.QUESTIONS}


def ask(*names):
    """Show quick questions under the cell: open an answer, or type a number and press Enter.

    Parameters
    ----------
    *names : str
        The questions, for example "shape_of_dW".

    Returns
    -------
    Questions

    Raises
    ------
    ValueError
        If there is no question of this name, or no name is given.
    """
    if not names:
        raise ValueError('ask() expects the name of a question, for example ask("shape_of_dW").')
    for name in names:
        if name not in QUESTIONS:
            near = difflib.get_close_matches(str(name), QUESTIONS) or sorted(QUESTIONS)[:5]
            raise ValueError(
                f"there is no question {name!r}. Did you mean one of: {', '.join(near)}?"
            )
    return Questions([QUESTIONS[name] for name in names])


class Questions:
    """Some questions, as a cell shows them.

    With a kernel, numbers can be typed. Without one (a saved notebook, a code-hosting page), the
    same output shows each question with its answers folded, and as plain text it shows no answer.
    """

    def __init__(self, questions):
        self.questions = questions

    def __repr__(self):
        return "\n\n".join(question.as_text() for question in self.questions)

    def _repr_html_(self):
        return "".join(question.as_html() for question in self.questions)

    def _repr_mimebundle_(self, **kwargs):
        bundle = {"text/plain": repr(self), "text/html": self._repr_html_()}
        if any(isinstance(question, Number) for question in self.questions):
            bundle = self.widget()._repr_mimebundle_(**kwargs) | bundle
        return bundle

    def widget(self):
        """The live form: a text field for each number."""
        import ipywidgets

        parts = [
            number_field(question) if isinstance(question, Number)
            else ipywidgets.HTMLMath(question.as_html())
            for question in self.questions
        ]  # fmt: skip
        return ipywidgets.VBox(parts)


def number_field(question):
    """The widget that asks for a number and answers at once."""
    import ipywidgets

    field = ipywidgets.Text(
        placeholder="a number, then Enter",
        continuous_update=False,
        description="Your answer",
        tooltip="Type a number such as 42, 0.5, 1/3 or 1e-3, then press Enter",
        style={"description_width": "initial"},
        layout={"width": "20em", "margin": "0 0 0 28px"},
    )
    unit = ipywidgets.HTML(html.escape(question.unit))
    told = ipywidgets.HTMLMath(layout={"margin": "0 0 0 28px"})

    def answer(change):
        right, sentence = question.reply(change["new"])
        told.value = f"{'✔ Right.' if right else '✘ Not yet.'} {markup(sentence)}"

    field.observe(answer, "value")
    asked = ipywidgets.HTMLMath(frame(markup(question.text), ""))
    return ipywidgets.VBox([asked, ipywidgets.HBox([field, unit]), told])
