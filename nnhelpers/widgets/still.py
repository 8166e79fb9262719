"""What a widget leaves in a notebook where no kernel runs: a line of text and a figure."""

import base64
import io

from matplotlib.figure import Figure

from ..figures import styled
from . import cells


class Still:
    """A widget whose output holds its text and its figure too; ``name`` and ``alt`` are the text.

    A code-hosting page or a printout shows the figure ``png``, described by ``alt``.
    """

    def _repr_mimebundle_(self, **kwargs):
        cells.note(self)
        bundle = super()._repr_mimebundle_(**kwargs)
        data, metadata = bundle if isinstance(bundle, tuple) else (bundle, {})
        data["text/plain"] = repr(self)
        data["image/png"] = base64.b64encode(self.png).decode()
        return data, {**metadata, "image/png": {"alt": self.alt}}

    def __repr__(self):
        return f"[interactive figure: {self.name}] {self.alt}"


def new_figure(size):
    """Return an empty figure of the course's style."""
    with styled():
        return Figure(figsize=size, layout="constrained")


def png_of(figure, draw, **options):
    """Let ``draw(figure)`` draw, and return the bytes of a PNG file."""
    with styled():  # callbacks can come from another thread than the cell's
        draw(figure)
        buffer = io.BytesIO()
        figure.savefig(buffer, format="png", metadata={"Software": None}, **options)
    return buffer.getvalue()
