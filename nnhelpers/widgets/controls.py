"""The controls of a live widget: what each may be set to, and what the page needs to build it."""

import math
from dataclasses import asdict, dataclass


@dataclass
class Control:
    """What all controls share.

    Parameters
    ----------
    name : str
        The key in ``widget.values``, and what ``changed`` or ``pressed`` is told.
    label : str
        The text beside it; the unit, if any, goes into ``unit``.
    tip : str
        What it does and what to try; shown when the mouse rests on it or the keyboard reaches it.
    group : str
        Controls of one group are together under this heading.
    """

    name: str
    label: str
    tip: str
    value: object = None
    group: str = ""

    def check(self, value):
        """Return ``value`` in its proper type, or raise ValueError with what was expected."""
        return value

    def describe(self):
        """Return what the JavaScript half needs to build it."""
        return {"kind": type(self).__name__.lower(), **asdict(self)}


@dataclass
class Slider(Control):
    """A number: to be dragged, moved by arrow keys, or typed.

    Give ``low`` and ``high`` (and ``log=True`` for a logarithmic scale, or ``step``), or ``steps``,
    the values that the slider stops at. Typed numbers may lie anywhere from lowest to highest.
    """

    low: float | None = None
    high: float | None = None
    step: float | None = None
    steps: list | None = None
    log: bool = False
    integer: bool = False
    unit: str = ""

    def __post_init__(self):
        if self.steps is not None:
            self.low, self.high = min(self.steps), max(self.steps)
        if self.low is None or self.high is None or not self.low < self.high:
            raise ValueError(
                f"Slider {self.name!r} expected low < high, or steps with two values or more, "
                f"got low={self.low!r}, high={self.high!r}, steps={self.steps!r}"
            )
        if self.log and self.low <= 0:
            raise ValueError(
                f"Slider {self.name!r} expected low > 0 on a logarithmic scale, got {self.low!r}. "
                "For a scale with 0 give the list of its values: steps=[0, 1e-4, 1e-3]."
            )
        if self.log and self.steps is None:
            self.steps = _round_numbers(self.low, self.high)
        if self.integer and self.step is None:
            self.step = 1
        self.value = self.check(self.low if self.value is None else self.value)

    def check(self, value):
        kind = "a whole number" if self.integer else "a number"
        number = isinstance(value, (int, float)) and not isinstance(value, bool)
        fits = (
            number and self.low <= value <= self.high
        )  # NaN does not, however large an int may be
        if not fits or (self.integer and value != int(value)):
            raise ValueError(
                f"{self.label}: expected {kind} from {self.low:g} to {self.high:g}, got "
                f"{format(value, 'g') if isinstance(value, float) else repr(value):.80}"
            )
        return int(value) if self.integer else float(value)


@dataclass
class Menu(Control):
    """One of ``options``: a list of values, or of pairs (label, value)."""

    options: list | None = None

    def __post_init__(self):
        self.options = [
            list(option) if isinstance(option, (tuple, list)) else [str(option), option]
            for option in self.options or []
        ]
        if not self.options:
            raise ValueError(f"Menu {self.name!r} expected at least one option, got none")
        self.value = self.check(self.options[0][1] if self.value is None else self.value)

    def check(self, value):
        known = [option for _, option in self.options]
        same = [one for one in known if type(one) is type(value) and one == value]
        if isinstance(value, float):  # JavaScript has one kind of number
            same = [one for one in known if type(one) in (int, float) and one == value]
        if not same:
            names = ", ".join(map(repr, known))
            raise ValueError(f"{self.label}: expected one of {names}, got {repr(value):.80}")
        return same[0]


@dataclass
class Checkbox(Control):
    """Yes or no."""

    value: bool = False

    def check(self, value):
        if not isinstance(value, bool):
            raise ValueError(f"{self.label}: expected True or False, got {repr(value):.80}")
        return value


@dataclass
class Toggle(Checkbox):
    """A button that stays pressed."""


@dataclass
class Button(Control):
    """A button: ``pressed(name)`` is called."""


@dataclass
class Text(Control):
    """A line of text; ``parse`` turns it into a value, or raises ValueError with a sentence.

    ``values`` holds the text; call ``parse`` again where its value is needed.
    """

    value: str = ""
    parse: object = None

    def check(self, value):
        if not isinstance(value, str):
            raise ValueError(f"{self.label}: expected text, got {repr(value):.80}")
        if self.parse is not None:
            self.parse(value)
        return value

    def describe(self):
        description = super().describe()
        del description["parse"]  # a function stays here
        return description


def _round_numbers(low, high):
    """Return the ends and the round numbers between them, ten in each decade."""
    decades = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    factors = (1, 1.2, 1.5, 2, 2.5, 3, 4, 5, 6, 8)
    between = [float(f"{factor}e{decade}") for decade in decades for factor in factors]
    return [low, *(number for number in between if low < number < high), high]
