"""Draw a digit: paper for a hand, and what a network sees, thinks and says of it meanwhile."""

import math
from typing import NamedTuple

import numpy as np

from ..backend import asnumpy, get_array_module
from ..data import load_mnist
from ..figures import DIVERGING
from ..layers import BatchNorm, Dense
from ..network import Network
from ..support.digits import center_digit
from .live import Button, Checkbox, LiveWidget, Menu, Slider

SIDE = 28  # of the paper; its unit is a pixel of MNIST, if the digit fills the middle 20 by 20
FINE = 5  # the ink on the paper is kept in pixels of a fifth of that
# Drawn so, strokes have 2.2 as twice their area through their outline: the median of MNIST.
PEN = 2.4
CHUNK = 500  # digits that the network reads at once when it looks for a mistake
MOST_POINTS = 20_000  # of one stroke
NAMES = {"Tanh": "tanh", "Sigmoid": "sigmoid", "LeakyReLU": "leaky ReLU", "BatchNorm": "batch norm",
         "Dense": "no activation"}  # fmt: skip


class Stroke(NamedTuple):
    """One line of the pen: its points (n, 2), as (right, down), and its width, in pixels."""

    points: np.ndarray
    width: float


class Loaded(NamedTuple):
    """A digit of the data that was put on the paper, by its number."""

    number: int


CLEARED = "cleared"  # a clean sheet; like the two above, a thing that Undo takes back


class Reading(NamedTuple):
    """What a network makes of an image: (28, 28), (K,), one array a layer, (28, 28)."""

    image: np.ndarray
    probabilities: np.ndarray
    hidden: list
    why: np.ndarray


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
        self._twin = None
        n_classes = max(net.sizes[-1], 2)
        dense = [i for i, layer in enumerate(net.layers) if isinstance(layer, Dense)]
        self._inner = {number: i for number, i in enumerate(dense[1:], start=1)}
        if hidden is not None:
            self._inner = _chosen(self._inner, hidden)
        # What was done, what was undone; a stroke in the making; the last stroke of each page.
        self._done, self._undone, self._wet, self._seen = [], [], None, {}
        self._ink, self._wet_ink = _clean_sheet(), None
        self._rng = np.random.default_rng()  # which digit comes next need not be the same twice
        self._noise = np.random.default_rng(0).standard_normal((SIDE, SIDE))
        super().__init__(
            "Draw a digit",
            "A handwritten digit on paper, the same digit as 28 by 28 pixels, the probabilities "
            "that a network gives to the classes, as bars, and a map of the pixels: orange where "
            "ink speaks for the answer, blue where it speaks against it.",
            _controls(len(self._y), n_classes), size=(10, 3),
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
            return [stroke.points.copy() for stroke in self._visible()[1]]

    def add_stroke(self, points, width=None):
        """Draw a line through ``points``, pairs (right, down) in pixels of the 28 by 28 paper."""
        with self.lock:
            width = self.values["pen"] if width is None else self.controls["pen"].check(width)
            self._do(Stroke(_checked_points(points), width))

    def load(self, number=None):
        """Put digit ``number`` of the data on the paper, or a random one."""
        with self.lock:
            number = self._rng.integers(len(self._y)) if number is None else number
            self._do(Loaded(self.controls["number"].check(int(number))))

    def load_mistake(self):
        """Put a digit on the paper that the network gets wrong, a random one.

        Raises
        ------
        ValueError
            If it gets none of them wrong.
        """
        with self.lock:
            self._do(Loaded(self._find_mistake()))

    def clear(self):
        """Take a clean sheet of paper."""
        with self.lock:
            if self._visible() != (None, []):
                self._do(CLEARED)

    def undo(self):
        """Take back what was done last: a stroke, a digit that was loaded, a clean sheet."""
        self._shift(self._done, self._undone)

    def redo(self):
        """Do again what was taken back last."""
        self._shift(self._undone, self._done)

    def _shift(self, source, target):
        with self.lock:
            if source:
                target.append(source.pop())
                self._paper_changed()

    # ------------------------------------------------------------------ what the page sends

    def changed(self, name, value):
        if name == "number":
            if self._done and isinstance(self._done[-1], Loaded):
                self._done.pop()  # going through the digits is one thing to undo, not a hundred
            self._do(Loaded(value))
        elif name != "pen":
            self._show_answer()

    def pressed(self, name):
        if name == "noise_again":
            self._noise = self._rng.standard_normal((SIDE, SIDE))
            self._show_answer()
        else:
            getattr(self, name)()

    def receive_stroke(self, content, buffers):
        """Take the points of one stroke from its beginning, while it is drawn and at its end."""
        points = _checked_points(np.frombuffer(buffers[0], "<f4").reshape(-1, 2))
        stroke = Stroke(points, self.controls["pen"].check(content["width"]))
        if content["done"]:
            self._seen[content["pen"]] = content["serial"]
            self._do(stroke)
            return
        name = (content["pen"], content["serial"])
        if self._wet is None or self._wet[0] != name:
            self._wet, self._wet_ink = (name, 0), self._ink.copy()
        # The ink of the points that came before is there already.
        add_ink(self._wet_ink, points[max(self._wet[1] - 1, 0) :], stroke.width)
        self._wet = (name, len(points))
        self._show_answer()

    # ------------------------------------------------------------------ the paper

    def _do(self, action):
        self._done.append(action)
        self._undone.clear()
        self._paper_changed(added=action if isinstance(action, Stroke) else None)

    def _visible(self):
        """Return (number of the loaded digit or None, strokes): what lies on the paper."""
        number, strokes = None, []
        for action in self._done:
            if isinstance(action, Stroke):
                strokes.append(action)
            else:
                number, strokes = getattr(action, "number", None), []
        return number, strokes

    def _paper_changed(self, added=None):
        """Bring paper, buttons and page up to date; all is drawn anew but what was ``added``."""
        number, strokes = self._visible()
        self._wet = None
        if added is None:
            self._ink = _clean_sheet()
            if number is not None:
                self._ink += np.kron(self._X[number].reshape(SIDE, SIDE), np.ones((FINE, FINE)))
                self.values["number"] = number
        for stroke in strokes if added is None else [added]:
            add_ink(self._ink, *stroke)
        self._disabled = {
            name for name, able in (("undo", self._done), ("redo", self._undone),
                                    ("clear", number is not None or strokes)) if not able
        }  # fmt: skip
        self._show_values()
        digit = [] if number is None else [_as_bytes(self._X[number])]
        lines = [stroke.points.astype("<f4").tobytes() for stroke in strokes]
        self.publish("paper", {
            "strokes": [{"points": len(points), "width": width} for points, width in strokes],
            "number": number, "seen": dict(self._seen),
        }, [b"".join(lines), *digit])  # fmt: skip
        self._show_answer()

    def _seen_image(self):
        """Return the 28 by 28 pixels that go into the network."""
        values = self.values
        number, strokes = self._visible()
        if number is not None and not strokes and self._wet is None:
            image = self._X[number].reshape(SIDE, SIDE)  # MNIST has centred it
        else:
            ink = self._ink if self._wet is None else self._wet_ink
            image = center_digit(ink) if values["center"] else _coarse(ink)
        if values["right"] or values["turn"]:
            image = moved(image, values["right"], values["turn"])
        if values["noise"]:
            image = np.clip(image + values["noise"] * self._noise, 0, 1)
        return image.astype("float32")

    # ------------------------------------------------------------------ the network

    def _now(self):
        with self.lock:
            return self._read(self._seen_image())

    def _reader(self):
        """Return a network with the parameters of ``net``, which never disturbs it.

        A pass through ``net`` itself would change what its layers remember, perhaps in the middle
        of a training in another thread.
        """
        net = self.net
        if self._twin is None or self._twin.theta is not net.theta:
            self._twin = net._with(net.theta)
        for mine, its in zip(self._twin.layers, net.layers, strict=False):
            mine.state = its.state
        return self._twin

    def _read(self, image):
        net = self._reader()
        A = get_array_module(net.theta).asarray(image.reshape(1, -1)).astype(net.theta.dtype)
        inputs = []
        for layer in net.layers:
            inputs.append(A)
            A = layer.forward(A)
        P = asnumpy(net.loss_function.predict_proba(A))[0].astype("float32")
        if not np.isfinite(P).all():
            raise ValueError(
                "the network's answer is not a number: its training has diverged. Train it anew "
                "with a smaller learning rate."
            )
        hidden = [asnumpy(inputs[i])[0].astype("float32") for i in self._inner.values()]
        why = asnumpy(slope(net, self._question(P, A)))[0].reshape(SIDE, SIDE).astype("float32")
        return Reading(image, P, hidden, why * image if self.values["times_ink"] else why)

    def _question(self, P, Z):
        """Return what goes in at the top on the way back: +1 at a class, -1 at its rival."""
        k, rival = self._asked(P)
        top = np.zeros(len(P))
        top[k] = 1
        if rival is not None:
            top[rival] = -1
        if Z.shape[1] == 1:  # the only output is the score of class 1; with the other sign, of 0
            top = top[1:] - top[:1]
        return get_array_module(Z).asarray(top[None, :]).astype(Z.dtype)

    def _asked(self, P):
        """Return the class that the map is about, and its rival or None."""
        best, second = (int(k) for k in np.argsort(-P, kind="stable")[:2])
        about = self.values["about"]
        if about == "rival":
            label = self._label()
            return best, second if label in (None, best) else label
        return (best if about == "answer" else about), None

    def _label(self):
        """Return the class of the digit on the paper, as the data say; None if a hand drew it."""
        number, strokes = self._visible()
        return None if number is None or strokes or self._wet else int(self._y[number])

    def _find_mistake(self):
        net = self._reader()
        order = self._rng.permutation(len(self._y))
        for start in range(0, len(order), CHUNK):
            some = order[start : start + CHUNK]
            X = get_array_module(net.theta).asarray(self._X[some]).astype(net.theta.dtype)
            wrong = some[asnumpy(net.predict(X)) != self._y[some]]
            if len(wrong):
                return int(wrong[0])
        raise ValueError(f"the network gets all of these {len(order):,} digits right")

    def _show_answer(self):
        number, strokes = self._visible()
        empty = number is None and not strokes and self._wet is None
        now = self._read(self._seen_image())
        best, second = (int(k) for k in np.argsort(-now.probabilities, kind="stable")[:2])
        about, rival = self._asked(now.probabilities)
        self.publish("answer", {
            "answer": best, "second": second, "empty": empty, "number": number,
            "label": self._label(), "about": about, "rival": rival,
            "timesInk": self.values["times_ink"], "points": self._wet[1] if self._wet else 0,
            "layers": [{"number": n, "name": self._name_of(i)} for n, i in self._inner.items()],
        }, [now.image, now.probabilities, now.why, *now.hidden])  # fmt: skip

    def _name_of(self, i):
        """Return "ReLU" or the like: what made the input of layer ``i``, in words."""
        made = [layer for layer in self.net.layers[:i] if type(layer).__name__ != "Dropout"]
        name = type(made[-1]).__name__
        return NAMES.get(name, name)

    # ------------------------------------------------------------------ without a kernel

    def draw(self, figure):
        """Draw what is on the paper, or else a digit of the data, and what the network says."""
        with self.lock:
            number = self._visible()[0]
            if not self._ink.any():
                number = self.values["number"]
                now = self._read(self._X[number].reshape(SIDE, SIDE))
                paper = now.image  # drawn smooth, as on the live paper
            else:
                now, paper = self._now(), self._ink
        best = int(now.probabilities.argmax())
        left, middle, right, far = figure.subplots(1, 4, width_ratios=[1, 1, 1, 1.5])
        left.imshow(paper, cmap="gray_r", vmin=0, vmax=1, interpolation="bicubic")
        left.set(title="on paper" if number is None else f"digit {number} of the data")
        middle.imshow(now.image, cmap="gray_r", vmin=0, vmax=1, interpolation="nearest")
        middle.set(title="as the network sees it")
        limit = float(np.abs(now.why).max()) or 1.0
        right.imshow(now.why, cmap=DIVERGING, vmin=-limit, vmax=limit, interpolation="nearest")
        if now.image.max() > 0.5:  # else there is no outline, and Matplotlib would warn
            right.contour(now.image, [0.5], colors="black", linewidths=0.8)
        about, rival = self._asked(now.probabilities)
        question = f"why {about}?" if rival is None else f"why {about} and not {rival}?"
        right.set(title=question, xlabel="ink raises (orange) or\nlowers (blue) the score")
        for ax in (left, middle, right):
            ax.set(xticks=[], yticks=[])
            ax.grid(False)
            ax.spines[:].set_visible(True)
            ax.title.set_fontsize(10)
            ax.xaxis.label.set_fontsize(9)
        bars = far.barh(range(len(now.probabilities)), now.probabilities, color="0.45")
        bars[best].set_color("black")
        for k, p in enumerate(now.probabilities):
            far.text(p + 0.02, k, f"{p:.1%}", va="center", fontsize=9)
        far.set(yticks=range(len(now.probabilities)), xlim=(0, 1.2), xticks=[0, 0.5, 1],
                xlabel="probability", ylabel="class")  # fmt: skip
        far.invert_yaxis()
        far.grid(False)


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
               "it when the answer hangs by a thread.", group=paper),
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


def slope(net, dZ):
    """Return the derivative by the input, (N, n_in), of what has derivative ``dZ`` by the output.

    To be called after a forward pass outside of training: a batch norm's averages are constants.
    Source: notebook 10, "Back to the pixels".

    Parameters
    ----------
    net : Network
    dZ : array, shape (N, K)
        For the score of class k: 1 in column k, else 0.
    """
    for layer in reversed(net.layers):
        if isinstance(layer, Dense):
            dZ = dZ @ layer.params["W"].T  # and no dW, which nobody asks for here
        elif isinstance(layer, BatchNorm):
            dZ = dZ * layer.scale
        else:
            dZ = layer.backward(dZ)
    return dZ


def add_ink(paper, points, width):
    """Draw a line with round ends on ``paper``, in place; its edges are soft (antialiased).

    Parameters
    ----------
    paper : array, shape (28 * fine, 28 * fine)
        From 0 to 1; where there is ink already, the darker of both stays.
    points : array, shape (n, 2)
        (right, down), in pixels of 28 by 28. One point makes a dot.
    width : float
        Of the pen, in the same pixels.
    """
    fine = len(paper) / SIDE
    points, radius = np.asarray(points, "float64") * fine, width * fine / 2
    pairs = zip(points[:-1], points[1:], strict=True) if len(points) > 1 else [points[[0, 0]]]
    for start, end in pairs:
        low = np.floor(np.minimum(start, end) - radius - 1).astype(int)
        high = np.ceil(np.maximum(start, end) + radius + 1).astype(int)
        left, top = np.clip(low, 0, len(paper))
        right, bottom = np.clip(high, 0, len(paper))
        x = np.arange(left, right) + 0.5 - start[0]  # the middles of the pixels
        y = np.arange(top, bottom)[:, None] + 0.5 - start[1]
        along = end - start
        length = along @ along
        # How far along the line the nearest point lies: 0 is its start, 1 its end.
        t = np.clip((x * along[0] + y * along[1]) / length, 0, 1) if length else 0.0
        distance = np.hypot(x - t * along[0], y - t * along[1])
        part = paper[top:bottom, left:right]
        np.maximum(part, np.clip(radius + 0.5 - distance, 0, 1), out=part)


def moved(image, right=0.0, turn=0.0):
    """Return an image (28, 28) turned clockwise by ``turn`` degrees, then shifted to the right.

    Each pixel takes what lies at its place before the move, between four pixels their mixture.
    """
    angle, middle = math.radians(turn), 14
    down, across = np.mgrid[:SIDE, :SIDE] - float(middle)
    across = across - right
    u = math.cos(angle) * across + math.sin(angle) * down + middle
    v = math.cos(angle) * down - math.sin(angle) * across + middle
    framed = np.pad(image, 1)  # paper all around, for what comes from outside
    u, v = (np.clip(place + 1, 0, SIDE + 0.999) for place in (u, v))
    i, j = v.astype(int), u.astype(int)
    a, b = v - i, u - j
    return ((1 - a) * ((1 - b) * framed[i, j] + b * framed[i, j + 1])
            + a * ((1 - b) * framed[i + 1, j] + b * framed[i + 1, j + 1]))  # fmt: skip


def _coarse(ink):
    """Return the fine paper as 28 by 28 pixels, each the mean of what it covers."""
    return ink.reshape(SIDE, FINE, SIDE, FINE).mean(axis=(1, 3))


def _clean_sheet():
    return np.zeros((SIDE * FINE, SIDE * FINE))


def _as_bytes(image):
    return np.round(255 * image).astype("uint8")


def _checked_points(points):
    points = np.asarray(points, "float64")
    if points.ndim != 2 or points.shape[1] != 2 or not 1 <= len(points) <= MOST_POINTS:
        raise ValueError(
            f"expected points of shape (n, 2), as (right, down), n from 1 to {MOST_POINTS:,}, got "
            f"{points.shape}"
        )
    if not np.isfinite(points).all():
        raise ValueError("expected points as numbers, got NaN or infinity among them")
    return np.clip(points, -SIDE, 2 * SIDE)  # a hand may leave the paper and come back


def _checked_digits(data):
    """Return (X, y) on the host, float32 and integers."""
    try:
        X, y = (asnumpy(part) for part in (data.test if hasattr(data, "test") else data))
    except (TypeError, ValueError):
        raise ValueError(
            "draw_digit expected data as a pair (X, y) or with .test, such as nn.load_mnist(), got "
            f"{type(data).__name__}"
        ) from None
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


def _chosen(inner, hidden):
    """Return the entries of ``inner``, from number to layer, whose numbers are in ``hidden``."""
    unknown = [number for number in hidden if number not in inner]
    if unknown:
        known = ", ".join(str(number) for number in inner) or "none"
        raise ValueError(
            f"expected numbers of hidden layers (this network has {known}), got {unknown[0]!r}"
        )
    return {number: inner[number] for number in hidden}
