"""Draw a digit: paper for a hand, and what a network sees, thinks and says of it meanwhile."""

from typing import NamedTuple

import numpy as np

from ..backend import asnumpy
from ..data import load_mnist
from ..network import Network
from ..support.digits import center_digit
from .controls import Button, Checkbox, Menu, Slider
from .draw_ink import SIDE, Stroke, add_ink, checked_points, coarse, moved, paper
from .draw_network import Reader, best_two, draw_reading
from .live import LiveWidget, as_pair, number_in

# Drawn so, strokes have 2.2 as twice their area through their outline: the median of MNIST.
PEN = 2.4


class Sheet(NamedTuple):
    """What is on the paper: a digit of the data, by its number or None, and the pen's strokes."""

    number: int | None = None
    strokes: tuple = ()


class DrawDigit(LiveWidget):
    """Paper, pen, and a network that reads along; made by :func:`draw_digit`.

    All numbers on the screen are there for code, too, computed anew by the network as it is now.

    Attributes
    ----------
    image : array, shape (28, 28)
        What the network sees: float32, from 0 (paper) to 1 (ink).
    probabilities : array, shape (K,)
        What it says.
    hidden : list of arrays
        The activations of each hidden layer.
    why : array, shape (28, 28)
        The map: the slope of a class's score at each pixel, or slope times ink.
    strokes : list of arrays, shape (n, 2)
        The lines on the paper: (right, down), in pixels from the upper left corner of 28 by 28.
    """

    script = "draw_digit.js"

    def __init__(self, net, digits, hidden=None):
        self.net, (self._X, self._y) = net, digits
        self._reader = Reader(net, hidden)
        # What is on the paper, and was before; what was undone; a stroke in the making; the last
        # stroke of each page.
        self._sheets, self._undone, self._wet, self._seen = [Sheet()], [], None, {}
        self._ink, self._wet_ink = paper(), None
        self._rng = np.random.default_rng()  # which digit comes next need not be the same twice
        self._noise = np.random.default_rng(0).standard_normal((SIDE, SIDE))
        super().__init__(
            "Draw a digit",
            "A handwritten digit on paper, the same digit as 28 by 28 pixels, the probabilities "
            "that a network gives to the classes, as bars, and a map of the pixels: orange where "
            "ink speaks for the answer, blue where it speaks against it.",
            _controls(len(self._y), max(net.sizes[-1], 2)), size=(10, 3),
        )  # fmt: skip
        self._paper_changed()

    # ------------------------------------------------------------------ for code

    @property
    def image(self):
        with self.lock:
            return self._seen_image().copy()

    @property
    def probabilities(self):
        return self._now().probabilities

    @property
    def hidden(self):
        return self._now().hidden

    @property
    def why(self):
        return self._now().why

    @property
    def strokes(self):
        with self.lock:
            return [stroke.points.copy() for stroke in self._sheet.strokes]

    def add_stroke(self, points, width=None):
        """Draw a line through ``points``, pairs (right, down) in pixels of the 28 by 28 paper."""
        with self.lock:
            width = self.values["pen"] if width is None else self.controls["pen"].check(width)
            self._draw_stroke(Stroke(checked_points(points), width))

    def load(self, number=None):
        """Put digit ``number`` of the data on the paper, or a random one."""
        with self.lock:
            number = self._rng.integers(len(self._y)) if number is None else number
            self._put(Sheet(self.controls["number"].check(int(number))))

    def load_mistake(self):
        """Put a digit on the paper that the network gets wrong, a random one.

        Raises
        ------
        ValueError
            If it gets none of them wrong.
        """
        with self.lock:
            self._put(Sheet(self._reader.find_mistake(self._X, self._y, self._rng)))

    def clear(self):
        """Take a clean sheet of paper."""
        with self.lock:
            if self._sheet != Sheet():
                self._put(Sheet())

    def undo(self):
        """Take back what was done last: a stroke, a digit that was loaded, a clean sheet."""
        with self.lock:
            if len(self._sheets) > 1:
                self._undone.append(self._sheets.pop())
                self._paper_changed()

    def redo(self):
        """Do again what was taken back last."""
        with self.lock:
            if self._undone:
                self._sheets.append(self._undone.pop())
                self._paper_changed()

    def noise_again(self):
        """Take other random numbers for the noise."""
        with self.lock:
            self._noise = self._rng.standard_normal((SIDE, SIDE))
            self._show_answer()

    # ------------------------------------------------------------------ what the page sends

    def changed(self, name, value):
        if name == "number":
            if self._sheet.number is not None and not self._sheet.strokes:
                self._sheets.pop()  # going through the digits is one thing to undo, not a hundred
            self._put(Sheet(value))
        elif name != "pen":
            self._show_answer()

    def receive_stroke(self, content, buffers):
        """Take the points of one stroke from its beginning, while it is drawn and at its end."""
        pen, serial = content.get("pen"), number_in(content, "serial", whole=True)
        if not isinstance(pen, str):
            raise ValueError(f"pen: expected the name of a page's pen, got {repr(pen):.80}")
        if len(buffers) != 1 or memoryview(buffers[0]).nbytes % 8:
            raise ValueError("expected one stroke's points, as pairs of numbers of 4 bytes")
        points = checked_points(np.frombuffer(buffers[0], "<f4").reshape(-1, 2))
        stroke = Stroke(points, self.controls["pen"].check(content.get("width")))
        if content.get("done"):
            self._seen[pen] = serial
            self._draw_stroke(stroke)
            return
        name = (pen, serial)
        if self._wet is None or self._wet[0] != name:
            self._wet, self._wet_ink = (name, 0), self._ink.copy()
        # The ink of the points that came before is there already.
        add_ink(self._wet_ink, points[max(self._wet[1] - 1, 0) :], stroke.width)
        self._wet = (name, len(points))
        self._show_answer()

    # ------------------------------------------------------------------ the paper

    @property
    def _sheet(self):
        return self._sheets[-1]

    def _put(self, sheet, added=None):
        self._sheets.append(sheet)
        self._undone.clear()
        self._paper_changed(added)

    def _draw_stroke(self, stroke):
        self._put(self._sheet._replace(strokes=(*self._sheet.strokes, stroke)), added=stroke)

    def _paper_changed(self, added=None):
        """Bring paper, buttons and page up to date; all is drawn anew but what was ``added``."""
        (number, strokes), self._wet = self._sheet, None
        if added is None:
            self._ink = paper(None if number is None else self._digit(number))
        if number is not None:
            self.values["number"] = number
        for stroke in strokes if added is None else [added]:
            add_ink(self._ink, *stroke)
        able = {"undo": self._sheets[1:], "redo": self._undone, "clear": self._sheet != Sheet()}
        self.disable(name for name, something in able.items() if not something)
        digit = [] if number is None else [np.round(255 * self._X[number]).astype("uint8")]
        lines = [stroke.points.astype("<f4").tobytes() for stroke in strokes]
        self.publish("paper", {
            "strokes": [{"points": len(points), "width": width} for points, width in strokes],
            "number": number, "seen": dict(self._seen),
        }, [b"".join(lines), *digit])  # fmt: skip
        self._show_answer()

    def _digit(self, number):
        return self._X[number].reshape(SIDE, SIDE)

    def _seen_image(self):
        """Return the 28 by 28 pixels that go into the network."""
        values = self.values
        number, strokes = self._sheet
        if number is not None and not strokes and self._wet is None:
            image = self._digit(number)  # MNIST has centred it
        else:
            ink = self._ink if self._wet is None else self._wet_ink
            image = center_digit(ink) if values["center"] else coarse(ink)
        if values["right"] or values["turn"]:
            image = moved(image, values["right"], values["turn"])
        if values["noise"]:
            image = np.clip(image + values["noise"] * self._noise, 0, 1)
        return image.astype("float32")

    # ------------------------------------------------------------------ the network

    def _now(self):
        with self.lock:
            return self._read(self._seen_image())

    def _read(self, image):
        values = self.values
        return self._reader.read(image, values["about"], self._label(), values["times_ink"])

    def _label(self):
        """Return the class of the digit on the paper, as the data say; None if a hand drew it."""
        number, strokes = self._sheet
        return None if number is None or strokes or self._wet else int(self._y[number])

    def _show_answer(self):
        now, reader = self._now(), self._reader
        best, second = best_two(now.probabilities)
        self.publish("answer", {
            "answer": best, "second": second, "number": self._sheet.number,
            "label": self._label(),
            "empty": self._sheet == Sheet() and self._wet is None,
            "about": now.about, "rival": now.rival, "timesInk": self.values["times_ink"],
            "points": self._wet[1] if self._wet else 0,
            "layers": [{"number": n, "name": reader.name_of(n)} for n in reader.inner],
        }, [now.image, now.probabilities, now.why, *now.hidden])  # fmt: skip

    # ------------------------------------------------------------------ without a kernel

    def draw(self, figure):
        """Draw what is on the paper, or else a digit of the data, and what the network says."""
        with self.lock:
            number = self._sheet.number
            if not self._ink.any():
                number = self.values["number"]
                now = self._read(self._digit(number))
                ink = now.image  # drawn smooth, as on the live paper
            else:
                now, ink = self._now(), self._ink
        title = "on paper" if number is None else f"digit {number} of the data"
        draw_reading(figure, ink, title, now)


def _controls(n_digits, n_classes):
    paper, eye, question = "Paper", "Settings", "Why?"
    return [
        Button("undo", "Undo", "Take back the last stroke, or what else was done. Key: u.",
               group=paper),
        Button("redo", "Redo", "Do it again. Key: r.", group=paper),
        Button("clear", "Clear", "A clean sheet; Undo brings the old one back. Key: c.",
               group=paper),
        Button("load", "Load a digit", "A random digit of the data. Try to draw something over it.",
               group=paper),
        Button("load_mistake", "Load a mistake", "A digit that the network gets wrong. Would you "
               "have known? Ask below why it was misread.", group=paper),
        Button("noise_again", "Other noise", "The same amount of noise, other random numbers. Try "
               "it when two answers are about as probable.", group=paper),
        Slider("pen", "pen", "The width of the next stroke. MNIST's are about 2.4 pixels wide, if "
               "the digit fills the dashed box. Try 1 and 5.", PEN, low=0.6, high=6, step=0.2,
               unit="pixels", group=eye),
        Slider("number", "digit number", "Load this digit of the data. Drag, or type a number.", 0,
               low=0, high=n_digits - 1, integer=True, group=eye),
        Slider("noise", "noise", "Adds a random number to each pixel, with this standard "
               "deviation. Try 0.3: can you read it still? And the network?", 0.0, low=0, high=1,
               step=0.05, group=eye),
        Slider("right", "shift", "Moves the image to the right, after it was centred. Try 3.", 0.0,
               low=-8, high=8, step=0.5, unit="pixels", group=eye),
        Slider("turn", "turn", "Turns the image clockwise. How far until a 6 is a 9? Try 45 as "
               "well.", 0.0, low=-180, high=180, step=5, unit="degrees", group=eye),
        Checkbox("center", "centre and scale", "As MNIST was made: scaled into 20 by 20 pixels, "
                 "centre of mass in the middle. Switch it off and draw small, in a corner.", True,
                 group=eye),
        Menu("about", "map for", "The map shows how each pixel's ink changes the score of one "
             "class, or the answer's score minus its rival's: that is the label if the answer is "
             "wrong, else the second best.", "answer", options=[
                 ["the answer", "answer"], ["answer, not its rival", "rival"],
                 *([f"class {k}", k] for k in range(n_classes))], group=question),
        Checkbox("times_ink", "times ink", "Slope times ink: only pixels that have ink count. "
                 "Without: also where ink is missing.", False, group=question),
    ]  # fmt: skip


def draw_digit(net, data=None, hidden=None):
    """Return paper and pen for a network that reads handwritten digits, live while you draw.

    Draw with mouse, pen, finger or keyboard. What you draw is centred and scaled as MNIST was (see
    :func:`nnhelpers.center_digit`); the 28 by 28 pixels, the probabilities, the hidden layers'
    activations and a map of what speaks for the answer follow the hand.

    Parameters
    ----------
    net : Network
        Any with 784 inputs, on any device. The widget looks at it as it is at that moment: train it
        further, and the next stroke is read by what it has become.
    data : MNIST or pair (X, y), optional
        Where digits to load come from: the test digits of what ``nn.load_mnist()`` returns (by
        default it is called here), or examples (N, 784) and labels (N,).
    hidden : list of int, optional
        Which hidden layers are shown, counted from 1: ``[1]``. By default all; ``[]`` is none.

    Returns
    -------
    DrawDigit
        ``pad.image`` (28, 28), ``pad.probabilities`` (10,), ``pad.hidden``, ``pad.why`` and
        ``pad.strokes`` are what it shows, for code; ``pad.load(7)``, ``pad.clear()``,
        ``pad.undo()`` and ``pad.add_stroke(points)`` do what the hand does.

    Raises
    ------
    ValueError
        If the network has not 784 inputs, the data do not fit it, or a layer does not exist.

    Examples
    --------
    >>> pad = nn.widgets.draw_digit(net)    # doctest: +SKIP
    >>> pad                                 # doctest: +SKIP
    """
    if not isinstance(net, Network) or net.sizes[0] != SIDE * SIDE:
        got = f"one with {net.sizes[0]}" if isinstance(net, Network) else type(net).__name__
        raise ValueError(
            f"draw_digit expected a Network with 784 inputs, one for each pixel, got {got}. "
            "Try nn.mlp([784, 128, 10]), trained on nn.load_mnist()."
        )
    X, y = _checked_digits(load_mnist() if data is None else data)
    net.loss_function.check(y, net.sizes[-1])
    return DrawDigit(net, (X, y), hidden)


def _checked_digits(data):
    """Return (X, y) on the host, float32 and integers."""
    X, y = map(asnumpy, as_pair(data, ("test",), "draw_digit"))
    if X.ndim != 2 or X.shape[1] != SIDE * SIDE or y.shape != (len(X),) or len(X) < 2:
        raise ValueError(
            "draw_digit expected at least two digits, X of shape (N, 784), and one label for each, "
            f"got {X.shape} and {y.shape}"
        )
    if not (X.min() >= 0 and X.max() <= 1):
        raise ValueError(
            "draw_digit expected pixels from 0 (paper) to 1 (ink), got "
            f"{X.min():g} to {X.max():g}. Try X / 255 for bytes."
        )
    return X.astype("float32", copy=False), y
