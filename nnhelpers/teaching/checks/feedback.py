"""What a check answers: a plain text, and a small panel in JupyterLab."""

import html
import re
from dataclasses import dataclass

MARKS = {"right": "✔", "wrong": "✘", "not written": "○"}

# JupyterLab's own colours, light and dark; the fallbacks can be read on both.
COLOURS = {
    "right": "var(--jp-success-color1, #2e7d32)",
    "wrong": "var(--jp-error-color1, #d32f2f)",
    "not written": "var(--jp-border-color1, #808080)",
}


@dataclass(frozen=True, repr=False)
class Feedback:
    """The outcome of one check.

    Attributes
    ----------
    name : str
        The exercise.
    status : str
        "right", "wrong" or "not written".
    sentence : str
        What happened, in one friendly sentence.
    details : str
        Expected and got, or the line that failed; may be empty.
    mistake : str or None
        The known mistake that the answer matches, if it matches one.
    """

    name: str
    status: str
    sentence: str
    details: str = ""
    mistake: str | None = None

    @property
    def passed(self):
        return self.status == "right"

    @property
    def message(self):
        return f"{self.sentence}\n{self.details}" if self.details else self.sentence

    def __repr__(self):
        text = f"{MARKS[self.status]} {self.name}: {self.sentence}"
        for line in self.details.splitlines():
            text += f"\n    {line}"
        return text

    def _repr_html_(self):
        name = f"{MARKS[self.status]} {html.escape(self.name)}"
        sentence = re.sub("`(.+?)`", r"<code>\1</code>", html.escape(self.sentence))
        panel = (
            f'<div style="border-left: 4px solid {COLOURS[self.status]}; padding: 6px 12px; '
            "color: var(--jp-content-font-color1, inherit); "
            'background: var(--jp-layout-color2, transparent)">'
            f"<strong>{name}:</strong> {sentence}"
        )
        if self.details:
            panel += (
                '<pre style="margin: 6px 0 0; color: inherit; background: transparent; '
                f'white-space: pre-wrap">{html.escape(self.details)}</pre>'
            )
        return panel + "</div>"


class Problem(Exception):
    """What a check found: carries the feedback out of the depth where it was found."""

    def __init__(self, sentence, details="", mistake=None, status="wrong"):
        super().__init__(sentence)
        self.sentence, self.details = sentence, details
        self.mistake, self.status = mistake, status

    def feedback(self, name):
        return Feedback(name, self.status, self.sentence, self.details, self.mistake)
