"""One style for all figures: readable in grey, with a text for those who cannot see them.

Figures are drawn without pyplot, so nothing is global, and are returned as a :class:`Picture`. A
picture at the end of a cell shows itself; ``picture.save(name)`` puts it under ``img/``.
"""

import base64
import contextlib
import io
import os
import re
import secrets
import threading
from pathlib import Path

import matplotlib
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure

from . import given

COURSE = Path(__file__).resolve().parents[2]

# Okabe and Ito's colours, which the colour-blind tell apart, in an order of falling darkness where
# neighbours differ in grey too. Lines also differ in dashes, and points in shape.
COLORS = ["#0072B2", "#D55E00", "#000000", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#F0E442"]
DASHES = ["-", "--", ":", "-.", (0, (5, 1)), (0, (3, 1, 1, 1)), (0, (1, 1)), (0, (8, 3))]
MARKERS = ["o", "^", "s", "D", "v", "P", "X", "*", "<", ">"]
# For weights and gradients, where the sign matters: from blue through white to orange. Full blue is
# far darker than full orange, so that the ends differ in grey too. The widgets have the same.
BELOW, ABOVE = "#084081", "#F08A24"
DIVERGING = LinearSegmentedColormap.from_list("minus-plus", [BELOW, "#FFFFFF", ABOVE])
STYLE = {
    "font.size": 11,
    "axes.titlesize": 12,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "grid.alpha": 0.25,
    "legend.frameon": False,
    "image.cmap": "gray_r",
    "figure.dpi": 100,
    "figure.facecolor": "white",
    "savefig.facecolor": "white",
}
_drawing = threading.RLock()


@contextlib.contextmanager
def styled():
    """In the course's style, one thread at a time, and then back to what was set before.

    Matplotlib has one set of settings for all threads. Widgets draw on threads of their own: of two
    that overlap, the later one would put back, for good, what the other had set for a while.
    """
    with _drawing, matplotlib.rc_context(STYLE):
        yield


class Picture:
    """A Matplotlib figure with a text that says what it shows.

    Parameters
    ----------
    figure : matplotlib.figure.Figure
    alt : str
        One or two sentences: what is drawn, and what you can see in it. It is read out to the
        blind, replaces the figure in a terminal, and is compared when the notebooks are tested, so
        it holds no number that differs from machine to machine.
    """

    def __init__(self, figure, alt):
        if not hasattr(figure, "savefig"):
            raise TypeError(
                f"expected a Matplotlib figure, got {type(figure).__name__}: "
                "figure, ax = nn.figures.new_figure() makes one"
            )
        if not isinstance(alt, str):
            raise TypeError(f"expected alt as a text that says what the figure shows, got {alt!r}")
        self.figure, self.alt, self.path = figure, " ".join(alt.split()), None

    def png(self):
        """Return the figure as the bytes of a PNG file."""
        buffer = io.BytesIO()
        # Without the library's version in the file, the same figure gives the same bytes.
        with styled():
            self.figure.savefig(buffer, format="png", metadata={"Software": None})
        return buffer.getvalue()

    def save(self, name, folder=None):
        """Write the figure to ``folder/name.png`` and return the path.

        A folder that cannot be written is no error: one sentence says so, and the figure can be
        shown all the same.

        Parameters
        ----------
        name : str
            Characters that some file system refuses are replaced by a dash.
        folder : str or os.PathLike, optional
            By default :func:`img_folder`.

        Returns
        -------
        pathlib.Path or None
            Also kept as ``picture.path``; None if the figure could not be saved.
        """
        png, self.path = self.png(), None
        file = (re.sub(r"[^\w.+=-]+", "-", str(name)).strip("-.") or "figure") + ".png"
        try:
            folder = img_folder() if folder is None else Path(folder)
            folder.mkdir(parents=True, exist_ok=True)
            self.path = _write_whole(folder / file, png)
        except OSError as error:
            why = error.strerror or str(error)
            if isinstance(error, FileExistsError):
                why = "there is a file of that name"
            print(
                f"The figure is shown but not saved, because {folder or 'img/'} cannot be written "
                f"({why}): picture.save(name, folder) puts it where you may write."
            )
        return self.path

    def _repr_mimebundle_(self, include=None, exclude=None):
        png = base64.b64encode(self.png()).decode()
        return {"text/plain": repr(self), "image/png": png}, {"image/png": {"alt": self.alt}}

    def __repr__(self):
        return f"[figure] {self.alt}"


def img_folder():
    """Return where figures are saved: ``img/`` of the folder that you work in.

    For a notebook in the course's own folders that is the course's ``img/``, which README shows.
    """
    here = Path.cwd()
    return (COURSE if here.is_relative_to(COURSE) else here) / "img"


def _write_whole(path, content):
    """Write ``content`` to ``path`` whole or not at all, and return the path."""
    temporary = path.with_name(f".{secrets.token_hex(8)}.png")
    try:
        temporary.write_bytes(content)
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)
    return path


def new_figure(rows=1, columns=1, size=(8, 3.5), **options):
    """Return (figure, axes) in the course's style: what ``plt.subplots`` returns, without pyplot.

    ``size`` is in inches at 100 dots an inch; ``options`` go to ``Figure.subplots``.
    """
    given.count(rows, "rows")
    given.count(columns, "columns")
    width, height = given.array(size, "size", (2,))
    if not (0 < width and 0 < height):
        raise ValueError(f"expected size as a width and a height in inches, got {size!r}")
    with styled():
        figure = Figure(figsize=size, layout="constrained")
        return figure, figure.subplots(rows, columns, **options)


def bare(ax):
    """Leave nothing of ``ax`` but what is drawn on it: no ticks, no grid, no frame."""
    ax.set(xticks=[], yticks=[])
    ax.grid(False)
    ax.spines[:].set_visible(False)


def write(ax, x, y, text, pad=None, **style):
    """Write ``text`` about the place (x, y), in a white box with rounded corners if ``pad``."""
    box = pad and {"boxstyle": f"round,pad={pad}", "fc": "white", "ec": "black"}
    ax.text(x, y, text, ha="center", va="center", bbox=box, **style)


def arrow(ax, start, end, color, dash, **style):
    """Draw an arrow; ``style`` is that of Matplotlib's arrows."""
    style = {"arrowstyle": "-|>", "color": color, "ls": dash, **style}
    ax.annotate("", end, start, arrowprops=style)
