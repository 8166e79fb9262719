"""A figure that follows its sliders, and that is still a figure where no kernel runs."""

import itertools
import weakref

import ipywidgets

from . import cells
from .still import Still, new_figure, png_of


class Panel(Still, ipywidgets.VBox):
    """Controls on top, a figure below; each change of a control draws the figure anew.

    In JupyterLab it is alive. In a notebook that was saved, on a code-hosting page or on paper, the
    same output shows the figure for the controls' first values, and its text.

    Parameters
    ----------
    draw : function
        ``draw(figure, **values)`` with the value of each control; the figure comes empty. It must
        be quick (0.1 s): what takes longer is computed before, and looked up here.
    alt : str
        What the figure shows, for those who cannot see it; no number that differs from machine to
        machine, since it is compared when the notebooks are tested.
    size : (float, float), default (8, 3.5)
        Inches at 100 dots an inch.
    **controls : ipywidgets
        For example ``lr=slider([0.01, 0.1, 1.0], "learning rate")``.
    """

    def __init__(self, draw, alt, size=(8, 3.5), **controls):
        self.draw, self.alt, self.settings = draw, " ".join(alt.split()), controls
        self.name = ", ".join(control.description for control in controls.values())
        self.figure = new_figure(size)
        width = f"{int(size[0] * 100)}px"
        self._image = ipywidgets.Image(format="png", layout={"width": width, "max_width": "100%"})
        self._message = ipywidgets.HTML()
        refresh = weakref.WeakMethod(self._refresh)  # a control may be another panel's as well
        for control in controls.values():
            control.observe(lambda change: (refresh() or _nothing)(change), "value")
        super().__init__([*controls.values(), self._image, self._message])
        self.png = self.render(**self.values)
        self._image.value = self.png
        cells.note(self)

    @property
    def values(self):
        """What the controls say now: a dict from name to value."""
        return {name: control.value for name, control in self.settings.items()}

    def render(self, **values):
        """Draw the figure for these values and return it as the bytes of a PNG file."""

        def draw(figure):
            figure.clear()
            self.draw(figure, **values)

        # Light compression: a tenth of a second matters more here than the bytes.
        return png_of(self.figure, draw, pil_kwargs={"compress_level": 1})

    def extremes(self):
        """Return every combination of the controls' first and last values: a list of dicts."""
        ends = [_first_and_last(control) for control in self.settings.values()]
        return [dict(zip(self.settings, some, strict=True)) for some in itertools.product(*ends)]

    def _refresh(self, change):
        try:
            self._image.value = self.render(**self.values)
            self._message.value = ""
        except Exception as error:  # else it would be seen in the log console alone
            self._message.value = f"<b>Could not draw this:</b> {type(error).__name__}: {error}"


def slider(options, label, value=None, show=str):
    """Return a slider over a list of values, with a label, to be moved by mouse or arrow keys.

    Parameters
    ----------
    options : list
        The values in their order; each is shown as ``show(value)``.
    label : str
        Name and unit.
    value : optional
        The value at first; by default the first of the options.
    """
    pairs = [(show(option), option) for option in options]
    return ipywidgets.SelectionSlider(
        options=pairs,
        value=options[0] if value is None else value,
        description=label,
        style={"description_width": "12em"},
        layout={"width": "34em", "max_width": "100%"},
    )


def _nothing(change):
    """Stand in for a panel that is gone."""


def _first_and_last(control):
    """Return the two ends of what a control can be set to (or all there is, for a check box)."""
    if hasattr(control, "options"):
        values = [option[1] if isinstance(option, tuple) else option for option in control.options]
        return [values[0], values[-1]] if len(values) > 1 else values
    if hasattr(control, "min"):
        return [control.min, control.max]
    return [False, True]
