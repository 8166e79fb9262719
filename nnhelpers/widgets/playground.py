"""The playground: points in the plane, a network drawn neuron by neuron, and every setting."""

import math
from typing import NamedTuple

import numpy as np

from ..activations import ACTIVATIONS, Activation, Sigmoid, Tanh
from ..backend import asnumpy
from ..data import make_circles, make_moons, make_spirals, make_xor
from ..figures import COLORS
from ..layers import BatchNorm, Dense
from ..network import mlp
from .live import Button, Checkbox, Menu, Slider, Text, Toggle
from .playground_code import as_code, points_code
from .playground_presets import PRESETS, USUAL
from .train_panel import parse_hidden
from .trainer import Trainer
from .training_widget import BETAS, DECAY_RATES, OPTIMIZERS, USUAL_BETA2, TrainingWidget


class Set(NamedTuple):
    """How to make a set, in Python and as code, and the square of the plane that shows it."""

    make: object
    code: str
    centre: tuple
    half: float


SETS = {
    "moons": Set(make_moons, "nn.make_moons({n}, noise={noise:g}, seed={seed})", (0.5, 0.25), 2.0),
    "circles": Set(make_circles, "nn.make_circles({n}, noise={noise:g}, seed={seed})", (0, 0), 1.5),
    "spirals": Set(
        lambda n, noise, seed: make_spirals(n, 2, noise, seed),
        "nn.make_spirals({n}, 2, noise={noise:g}, seed={seed})", (0, 0), 1.25,
    ),
    "xor": Set(make_xor, "nn.make_xor({n}, noise={noise:g}, seed={seed})", (0, 0), 1.5),
    "own": Set(None, "", (0, 0), 1.5),
}  # fmt: skip

# The inputs beyond x1 and x2: name, function, code. A menu offers some of their combinations.
FEATURES = {
    "x1x2": (lambda X: X[:, 0] * X[:, 1], "X[:, 0] * X[:, 1]"),
    "x1²": (lambda X: X[:, 0] ** 2, "X[:, 0] ** 2"),
    "x2²": (lambda X: X[:, 1] ** 2, "X[:, 1] ** 2"),
    "sin 3x1": (lambda X: np.sin(3 * X[:, 0]), "xp.sin(3 * X[:, 0])"),
    "sin 3x2": (lambda X: np.sin(3 * X[:, 1]), "xp.sin(3 * X[:, 1])"),
}
INPUTS = ["x1, x2", "x1, x2, x1x2", "x1, x2, x1², x2²", "x1, x2, x1x2, x1², x2²",
          "x1, x2, sin 3x1, sin 3x2"]  # fmt: skip
INITS = {"rule": None, "he": "he", "xavier": "xavier", "lecun": "lecun", "zero": 0.0}

WHILE_IT_TRAINS = ["lr", "l2", "dropout"]
LOOKS = ["log", "code", "label"]  # these change what is shown, and not what is computed
MOST_LAYERS, MOST_UNITS = 8, 32
FEWEST_POINTS, MOST_POINTS = 2, 2000
STEPS = 50_000  # where Train ends; pressed again, it goes on

OWN_SETTINGS = "Change one thing at a time, and predict what it will do."

GRID = 60  # points along each side of the map: the middles of GRID x GRID fields
COARSE = 3  # a small map has the middle one of each COARSE x COARSE of them
FIGURE_STEPS = 300  # in the figure where no kernel runs


class Playground(TrainingWidget):
    """Points, a network and its training, all live; made by :func:`playground`.

    Attributes
    ----------
    net : Network
        A copy of the network as it is now. It lives on NumPy, whatever the default backend is:
        networks of this size are too small for a GPU.
    train_set, test_set : pair (X, y)
        The points; X of shape (N, 2).
    history : LiveHistory
        The curves so far; ``nn.plot_history(playground.history)`` draws them.
    code : str
        Python code that builds the network as it is now.
    """

    script = "playground.js"

    def __init__(self, preset=None, points=None, **settings):
        known = PRESETS["first steps" if preset is None else _known(preset, PRESETS, "a preset")]
        settings = {name: _plain(name, value) for name, value in settings.items()}
        for name in settings:
            _known(name, USUAL, "a setting")
        values = {**known.values, **settings}
        if "optimizer" in settings and "beta2" not in settings:
            values["beta2"] = USUAL_BETA2.get(values["optimizer"], USUAL["beta2"])
        self._own_X, self._own_y = np.empty((0, 2), "float32"), np.empty(0, "int64")
        self.trainer, self.chosen = None, None
        super().__init__(
            "Playground", _alt(known.name, values, points),
            _controls({**values, "preset": "" if settings else known.name}), size=(8.4, 3.6),
        )  # fmt: skip
        if points is not None:
            self._own_X, self._own_y = _checked_points(points)
        self._watch = known.watch if preset or not settings else OWN_SETTINGS
        self._rebuild()
        self._show_values()

    # ------------------------------------------------------------------ for code

    @property
    def code(self):
        """Python code that builds the network as it is now, and its points."""
        values, trainer = self.values, self.trainer
        with trainer.between_steps() as net:
            recipe = {"activation": values["activation"]} if len(net.sizes) > 2 else {}
            recipe |= {"dropout": values["dropout"]} if values["dropout"] else {}
            recipe |= {"batch_norm": True} if values["batch_norm"] else {}
            features = [(name, FEATURES[name][1]) for name in _features(values["inputs"])]
            return as_code(
                net, recipe, features, self._data_code(),
                f"After {trainer.step_count:,} steps of {values['optimizer']}, learning rate "
                f"{values['lr']:g}, penalty {values['l2']:g}.",
            )  # fmt: skip

    def inputs(self, X):
        """Return what the network reads for points ``X`` of shape (N, 2): X, and its features."""
        X = np.asarray(asnumpy(X), "float32")
        names = _features(self.values["inputs"])
        return np.column_stack([X, *(FEATURES[name][0](X) for name in names)]).astype("float32")

    def step(self, n=1):
        """Do ``n`` steps."""
        with self.lock:
            self._check_there_are_points()
            super().step(n)

    def add_point(self, x1, x2, label):
        """Add a point of class ``label``, 0 or 1, to those to train on, as a click does."""
        X, y = _checked_points(([[x1, x2]], [label]))
        with self.lock:
            self._set_own(np.concatenate([self._own_X, X]), np.concatenate([self._own_y, y]))

    # ------------------------------------------------------------------ what the page sends

    def changed(self, name, value):
        if name == "preset":
            if value:
                self._take_preset(PRESETS[value])
            return
        if name in LOOKS:
            if name == "code":
                self._show_code()
            return
        if name in WHILE_IT_TRAINS and self.state not in ("diverged", "failed"):
            self.trainer.set(**{name: value})
        else:
            if name == "optimizer":
                self.values["beta2"] = USUAL_BETA2.get(value, self.values["beta2"])
            self._rebuild(run=self.state in ("running", "diverged"))
        self.values["preset"] = ""  # these are your own settings now

    def pressed(self, name):
        if name == "train":
            self._check_there_are_points()
            self.trainer.start()
        elif name == "pause":
            self.trainer.pause()
        elif name == "step":
            self.step()
        elif name == "reset":
            self._rebuild()
        elif name == "undo":
            self._set_own(self._own_X[:-1], self._own_y[:-1])
        else:
            self._set_own(self._own_X[:0], self._own_y[:0])

    def receive_point(self, content, buffers):
        """A click on the map, or the keyboard's cross there."""
        x, y = float(content["x"]), float(content["y"])
        self.add_point(x, y, self.values["label"])
        return {"own": len(self._own_y)}

    def receive_choose(self, content, buffers):
        """The unit under the mouse, or that the arrow keys reached; none: the output."""
        layer, unit = content.get("layer"), content.get("unit")
        # The page may speak of a network that has just been replaced.
        here = layer is not None and self._exists(int(layer), int(unit))
        self.chosen = (int(layer), int(unit)) if here else None
        self._show()

    # ------------------------------------------------------------------ settings and points

    def _take_preset(self, preset):
        before = dict(self.values)
        self.values.update(preset.values, preset=preset.name)
        try:
            self._rebuild()
        except Exception:
            self.values.update(before)
            raise
        self._watch = preset.watch
        self._show()

    def _set_own(self, X, y):
        """Train with these points of the user's own, from the beginning."""
        if len(y) > MOST_POINTS:
            raise ValueError(f"expected at most {MOST_POINTS:,} points of your own, got {len(y):,}")
        before = self._own_X, self._own_y
        self._own_X, self._own_y = X, y
        try:
            self._rebuild(run=self.state == "running")
        except Exception:
            self._own_X, self._own_y = before
            raise

    def _check_there_are_points(self):
        if len(self.train_set[1]) < FEWEST_POINTS:
            raise ValueError(
                f"expected at least {FEWEST_POINTS} points to learn from, got "
                f"{len(self.train_set[1])}: click on the map, or choose a set"
            )

    def _points(self):
        """Return (train, test), two pairs (X, y): of the set, and the user's own to train on."""
        values, here = self.values, SETS[self.values["set"]]
        if here.make is None:
            X, y = np.empty((0, 2), "float32"), np.empty(0, "int64")
        else:
            X, y = map(asnumpy, here.make(values["n"], values["noise"], values["data_seed"]))
        first = len(y) - round(values["test"] * len(y))
        train = (np.concatenate([X[:first], self._own_X]), np.concatenate([y[:first], self._own_y]))
        return train, (X[first:], y[first:])

    def _data_code(self):
        """Return code that makes the points: those of the set, then the user's own."""
        values, here = self.values, SETS[self.values["set"]]
        own = points_code(self._own_X, self._own_y) if len(self._own_y) else ""
        if here.make is None:
            return own or "X, y = nn.make_moons(10)  # there were no points"
        call = here.code.format(n=values["n"], noise=values["noise"], seed=values["data_seed"])
        made = f"X, y = {call}"
        if own:
            return (f"{own}\nmade = {call}\nX = xp.concatenate([made.X, X])\n"
                    "y = xp.concatenate([made.y, y])")  # fmt: skip
        return f"{made}  # the last {values['test']:.0%} of them are the test points"

    def _first_net(self):
        values = self.values
        sizes = [2 + len(_features(values["inputs"])), *parse_sizes(values["hidden"]), 1]
        net = mlp(sizes, values["activation"], dropout=values["dropout"],
                  batch_norm=values["batch_norm"], init=INITS[values["init"]],
                  seed=values["seed"])  # fmt: skip
        for W in net.weights:
            W *= values["scale"]
        return net.to("numpy")

    def _trainer(self, train, test, watch=None):
        values = self.values
        X, y = train
        if len(y) < FEWEST_POINTS:  # nothing to learn from yet; the trainer stands by
            X, y = np.zeros((FEWEST_POINTS, 2)), np.zeros(FEWEST_POINTS, int)
        n = len(y)
        batch_size = min(values["batch_size"] or n, n)
        return Trainer(
            self._first_net(), (self.inputs(X), y),
            (self.inputs(test[0]), test[1]) if len(test[1]) else None,
            optimizer=OPTIMIZERS[values["optimizer"]](values), batch_size=batch_size,
            epochs=math.ceil(STEPS * batch_size / n), l2=values["l2"], seed=values["seed"],
            watch=watch,
        )  # fmt: skip

    def _rebuild(self, run=False):
        """Begin anew with all settings as the controls say."""
        train, test = self._points()
        trainer = self._trainer(train, test, watch=self.look)  # raises before anything is changed
        if self.trainer is not None:
            self.trainer.close()
        self.trainer, self.train_set, self.test_set = trainer, train, test
        self._axis_x, self._axis_y = self._axes()
        plane = np.stack(np.meshgrid(self._axis_x, self._axis_y), axis=-1).reshape(-1, 2)
        self._plane, self._names = self.inputs(plane), _names(self.values["inputs"])
        if self.chosen is not None and not self._exists(*self.chosen):
            self.chosen = None
        self._disabled = self._out_of_use()
        self._show_values()
        self._show()
        if run and "train" not in self._disabled:
            trainer.start()

    def _out_of_use(self):
        """Return the names of the controls that would do nothing now."""
        names = {"beta1", "beta2"} - set(BETAS[self.values["optimizer"]])
        if self.values["set"] == "own":
            names |= {"noise", "n", "test", "data_seed"}
        if len(self.train_set[1]) < FEWEST_POINTS:
            names |= {"train", "step"}
        if not len(self._own_y):
            names |= {"undo", "clear"}
        return names

    def _axes(self):
        """Return the grid's x1 from left to right and x2 from top to bottom."""
        here = SETS[self.values["set"]]
        # A click is always inside; points that came with the call may lie anywhere.
        reach = float(np.abs(self._own_X - here.centre).max(initial=0))
        half = here.half if reach <= here.half else 1.1 * reach
        steps = half * ((np.arange(GRID) + 0.5) / GRID * 2 - 1)
        return here.centre[0] + steps, here.centre[1] - steps

    def _exists(self, layer, unit):
        sizes = self.trainer.net.sizes
        return 0 <= layer < len(sizes) and 0 <= unit < sizes[layer]

    # ------------------------------------------------------------------ what the page sees

    def look(self, trainer):
        """Publish what there is to see; called between two steps, in any thread."""
        if trainer.state == "running" and not self.is_free("scene"):
            return
        self._publish_scene(trainer)
        if trainer.state != "running" and self.values["code"]:
            self._show_code()

    def _show(self):
        with self.trainer.between_steps():
            self._publish_scene(self.trainer)

    def _publish_scene(self, trainer):
        net, now, curves = trainer.net, trainer.snapshot(), trainer.curves()
        with np.errstate(over="ignore", invalid="ignore"):
            layers = responses(net, self._plane)
        layer, unit = self.chosen or (len(layers) - 1, 0)
        before, after = layers[layer]
        own = len(self._own_y)
        (train_X, train_y), (test_X, test_y) = self.train_set, self.test_set
        content = dict(
            vars(now), sizes=net.sizes, chosen=[layer, unit], watch=self._watch,
            inputs=self._names, train=len(train_y), test=len(test_y), own=own,
            low=[float(self._axis_x[0]), float(self._axis_y[-1])],
            high=[float(self._axis_x[-1]), float(self._axis_y[0])],
            grid=GRID, small=GRID // COARSE, parameters=net.theta.size,
        )  # fmt: skip
        middle = np.arange(GRID * GRID).reshape(GRID, GRID)[1::COARSE, 1::COARSE].ravel()
        borders = [as_bytes(Z[middle].T, np.abs(Z[middle]).max(axis=0)) for Z, _ in layers]
        answers = [as_bytes(A[middle].T, 1.0) for _, A in layers]
        self.publish("scene", content, [
            np.ascontiguousarray(after[:, unit]), np.ascontiguousarray(before[:, unit]),
            np.concatenate(answers), np.concatenate(borders),
            np.concatenate([W.ravel() for W in net.weights]),
            np.concatenate([one.params["b"] for one in net.layers if "b" in one.params]),
            np.concatenate([train_X, test_X]).astype("float32").ravel(),
            np.concatenate([train_y, test_y]).astype("uint8"),
            *curves.values(),
        ])  # fmt: skip

    def _show_code(self):
        shown = self.values["code"]
        self.publish("code", {"text": self.code if shown else ""})

    # ------------------------------------------------------------------ without a kernel

    def draw(self, figure):
        """Draw border and cost of a short training with the playground's first settings."""
        train, test = self._points()
        trainer = self._trainer(train, test)
        if len(train[1]) >= FEWEST_POINTS:
            for _ in range(6):
                trainer.step(FIGURE_STEPS // 6)
        plane, chart = figure.subplots(1, 2, width_ratios=[1, 1.15])
        _, says = responses(trainer.net, self._plane)[-1]
        says = says[:, 0].reshape(GRID, GRID)
        low, high = (self._axis_x[0], self._axis_y[-1]), (self._axis_x[-1], self._axis_y[0])
        plane.imshow(0.65 * says, extent=(low[0], high[0], low[1], high[1]), cmap=_blue_to_orange(),
                     vmin=-1, vmax=1, interpolation="bilinear")  # fmt: skip
        if says.min() < 0 < says.max():
            plane.contour(self._axis_x, self._axis_y, says, [0], colors="black", linewidths=1.5)
        for label, (color, marker) in enumerate(zip(COLORS[:2], "o^", strict=True)):
            X = train[0][train[1] == label]
            plane.scatter(X[:, 0], X[:, 1], 18, color, marker=marker, edgecolors="white",
                          linewidths=0.6, label=f"class {label}")  # fmt: skip
        plane.grid(False)
        plane.set(xlim=(low[0], high[0]), ylim=(low[1], high[1]), xlabel="$x_1$", ylabel="$x_2$",
                  title="What the network says")  # fmt: skip
        plane.legend(loc="upper right", frameon=True, fontsize=9)
        curves = trainer.curves()
        chart.plot(curves["step"], curves["cost"], color=COLORS[0], label="training")
        if len(curves["valid_step"]):
            chart.plot(curves["valid_step"], curves["valid_loss"], color=COLORS[1], ls="--",
                       marker="^", ms=5, label="test")  # fmt: skip
        highest = max((*curves["cost"], *curves["valid_loss"]), default=1.0)
        chart.set(xlabel="step", ylabel="cost J", title="Cost, the first steps",
                  ylim=(0, 1.08 * highest), xlim=(0, FIGURE_STEPS))  # fmt: skip
        if len(curves["cost"]):
            chart.legend()
        else:
            chart.text(0.5, 0.5, "no points yet", ha="center", transform=chart.transAxes)


def playground(preset=None, points=None, **settings):
    """Return a playground: points in the plane, a network drawn neuron by neuron, all settings.

    Every neuron shows where in the plane it answers, each weight is a line, and the border follows
    while it trains. Learning rate, penalty and dropout may be changed in mid-run; any other change
    begins anew. Training runs in its own thread: other cells can run.

    Parameters
    ----------
    preset : str, optional
        One of ``nn.widgets.PRESETS``, such as "sigmoid gives up": settings that make one thing
        visible.
    points : pair (X, y), optional
        Points of your own to train on, besides those of the set: X of shape (N, 2), y of 0 and 1.
        With ``set="own"`` there are no others.
    **settings
        Other first values: ``set`` ("moons", "circles", "spirals", "xor", "own"), ``noise``, ``n``,
        ``test`` (share of test points), ``data_seed``, ``inputs``, ``hidden`` (sizes),
        ``activation``, ``init`` ("rule", "he", "xavier", "lecun", "zero"), ``scale``,
        ``batch_norm``, ``seed``, ``optimizer``, ``beta1``, ``beta2``, ``lr``, ``batch_size`` (None:
        all points), ``l2``, ``dropout``.

    Returns
    -------
    Playground
        ``.net`` is a copy of the network as it is, ``.code`` builds it anew, ``.history`` holds the
        curves.

    Raises
    ------
    ValueError
        If a name is unknown or a value cannot be.

    Examples
    --------
    >>> nn.widgets.playground("overfit and rescue", l2=0.01)          # doctest: +SKIP
    """
    return Playground(preset, points, **settings)


def responses(net, X):
    """Return a pair of arrays (N, units) for the inputs, and for each Dense layer of ``net``.

    The first of a pair is zero on the unit's border: what goes into its activation. The second is
    what comes out, moved so that 0 is the answer on the border, and scaled so that 1 is the largest
    there can be (for the output, 1 and -1 are certainty) or, with ReLU, the unit's largest in X.
    """
    found = [(X, X / np.abs(X).max())]
    A = X
    for layer in net.layers:
        Z, A = A, layer.forward(A)
        if isinstance(layer, Dense):
            found.append((A, A))
        elif isinstance(layer, BatchNorm):
            found[-1] = (A, A)
        elif isinstance(layer, Activation):
            on_border = float(layer.forward(np.zeros((1, 1), X.dtype))[0, 0])
            shown = A - on_border
            found[-1] = (Z, shown / _largest(layer, shown))
    Z = found[-1][0]
    found[-1] = (Z, np.tanh(Z / 2))  # 2P - 1
    return [tuple(np.nan_to_num(part) for part in pair) for pair in found]


def _largest(activation, answers):
    """Return what stands for 1 in the maps of ``answers`` (N, units): a number, or one a unit."""
    if isinstance(activation, (Sigmoid, Tanh)):
        return 0.5 if isinstance(activation, Sigmoid) else 1.0
    # No ends: each unit is measured by its own largest answer, but what is a whisper beside the
    # loudest of its layer stays one.
    largest = np.abs(answers).max(axis=0)
    return np.maximum(largest, max(0.02 * float(largest.max()), 1e-6))


def as_bytes(maps, largest):
    """Return maps (units, points) as bytes: 128 is 0, 255 is ``largest``, a number or one a map."""
    largest = np.maximum(np.reshape(largest, (-1, 1)), 1e-30)
    shares = np.clip(maps / largest, -1, 1)
    return np.ascontiguousarray(np.round(128 + 127 * shares), "uint8")


def parse_sizes(text):
    """Return "8, 8" as [8, 8], or raise ValueError, in words."""
    sizes = parse_hidden(text)
    if len(sizes) > MOST_LAYERS or max(sizes, default=1) > MOST_UNITS:
        raise ValueError(
            f"hidden layers: expected up to {MOST_LAYERS} whole numbers from 1 to {MOST_UNITS}, "
            f"for each neuron is drawn, got {text!r}"
        )
    return sizes


def _features(inputs):
    """Return the names of the inputs beyond x1 and x2."""
    return inputs.split(", ")[2:]


def _names(inputs):
    """Return the inputs' names, with digits below the line."""
    return [name.replace("x1", "x₁").replace("x2", "x₂") for name in inputs.split(", ")]


def _known(name, known, what):
    if name not in known:
        names = ", ".join(repr(one) for one in known)
        raise ValueError(f"playground expected the name of {what} ({names}), got {name!r}")
    return name


def _plain(name, value):
    """Return a setting as its control wants it: sizes as text, no batch size as 0."""
    if name == "hidden" and not isinstance(value, str):
        return ", ".join(str(size) for size in value)
    return 0 if name == "batch_size" and value is None else value


def _checked_points(points):
    """Return points of the user's own as arrays, or raise ValueError for what are none."""
    try:
        X, y = points
        X, y = np.asarray(asnumpy(X), "float32"), np.asarray(asnumpy(y))
    except (TypeError, ValueError):
        raise ValueError(
            "playground expected points as a pair (X, y) of shapes (N, 2) and (N,), got "
            f"{type(points).__name__}"
        ) from None
    if X.ndim != 2 or X.shape[1] != 2 or y.shape != (len(X),) or len(y) > MOST_POINTS:
        raise ValueError(
            f"playground expected points X of shape (N, 2) and y of shape (N,), N up to "
            f"{MOST_POINTS:,}, got {X.shape} and {y.shape}"
        )
    if not np.isfinite(X).all() or not np.isin(y, (0, 1)).all():
        raise ValueError("playground expected finite coordinates, and 0 or 1 as each point's class")
    return X, y.astype("int64")


def _alt(preset, values, points):
    """Return what the static figure shows, in words."""
    if values["set"] == "own" and points is None:
        return (
            "Left: the plane without points, coloured by what an untrained network says. Right: an "
            "empty chart for its cost."
        )
    about = "" if preset == "first steps" else f" (set up for: {preset})"
    return (
        f"Left: the plane with two classes of points, coloured by what a small network{about} says "
        "after a short training, and the line where it is undecided. Right: its cost against the "
        "number of steps, on training and on test points."
    )


def _blue_to_orange():
    """Return the page's colours: blue below 0, white, orange above."""
    from matplotlib.colors import LinearSegmentedColormap

    return LinearSegmentedColormap.from_list("blue-orange", [COLORS[0], "#FFFFFF", COLORS[1]])


def _controls(values):
    """Return all controls; any that a value does not fit raises ValueError."""
    plot, net, training = "Points", "Network", "Training"
    presets = [("your own settings", ""), *((f"{p.name}  ({p.notebook})", p.name)
                                             for p in PRESETS.values())]  # fmt: skip
    return [
        Menu("preset", "preset", "Settings that make one thing visible, and the notebook that "
             "derives it. Predict before you press Train.", values["preset"], options=presets),
        Button("train", "Train", "Begin, or go on. Other cells can run meanwhile."),
        Button("pause", "Pause", "Stop after this step; Train goes on from here."),
        Button("step", "Step", "One mini-batch, one step of the optimizer."),
        Button("reset", "Reset", "Back to the first weights."),
        Toggle("code", "Show code", "Python code that builds the network as it is now. Copy it "
               "into a cell."),
        Checkbox("log", "log scale", "The cost on a logarithmic scale shows small costs apart. "
                 "Try it when the curve lies flat."),
        Menu("set", "set", "Where the points come from. Try spirals, or set points of your own by "
             "clicking on the map.", values["set"], plot,
             options=["moons", "circles", "spirals", ("XOR", "xor"), ("your own alone", "own")]),
        Slider("noise", "noise", "How far points stray. Try 0, and 0.4, where the classes mix.",
               values["noise"], plot, low=0.0, high=0.5, step=0.05),
        Slider("n", "points", "How many, training and test together. Try 50: a border from little.",
               values["n"], plot, low=20, high=1000, step=10, integer=True),
        Slider("test", "test share", "The share of points that the network never learns from: "
               "they show as hollow marks. Try 0.5.", values["test"], plot, low=0.0, high=0.8,
               step=0.1),
        Slider("data_seed", "draw", "Another number, other points of the same kind. Try a few: "
               "what stays is the lesson, the rest is luck.", values["data_seed"], plot, low=0,
               high=99, integer=True),
        Menu("label", "a click adds", "The class of the points that you click, or add with Enter, "
             "on the map.", 0, plot, options=[("a blue disc", 0),
                                                ("an orange triangle", 1)]),
        Button("undo", "Undo", "Take back the last point of your own.", group=plot),
        Button("clear", "Clear", "Take back all points of your own.", group=plot),
        Menu("inputs", "inputs", "What the network reads. With x₁x₂, or with squares, one neuron "
             "can do what else takes a layer.", values["inputs"], net,
             options=[(", ".join(_names(one)), one) for one in INPUTS]),
        Text("hidden", "hidden layers", f"Neurons in each, for example 16, 16: up to "
             f"{MOST_LAYERS} layers of up to {MOST_UNITS}. Empty: no hidden layer.",
             values["hidden"], net, parse=parse_sizes),
        Menu("activation", "activation", "What stands between the layers. Try sigmoid in six "
             "layers.", values["activation"], net, options=list(ACTIVATIONS)),
        Menu("init", "first weights", "The rule for their size. Try all zero, once.",
             values["init"], net, options=[("as the activation likes", "rule"), ("He", "he"),
                                           ("Xavier", "xavier"), ("LeCun", "lecun"),
                                           ("all zero", "zero")]),
        Slider("scale", "initial scale", "Multiplies the first weights. Try 0.01 and 10.",
               values["scale"], net, low=0.01, high=10, log=True),
        Checkbox("batch_norm", "batch norm", "Brings each neuron to mean 0 and variance 1 over the "
                 "mini-batch. Try it with a high learning rate.", values["batch_norm"], net),
        Slider("seed", "seed", "Of the first weights and the order of examples. The same seed "
               "gives the same run.", values["seed"], net, low=0, high=99, integer=True),
        Menu("optimizer", "optimizer", "How the gradient becomes a step. Try SGD against Adam with "
             "the same learning rate.", values["optimizer"], training, options=list(OPTIMIZERS)),
        Slider("lr", "learning rate η", "How far each step goes; may be changed while it trains. "
               "Try factors of 3.", values["lr"], training, low=1e-5, high=30, log=True),
        Slider("beta1", "β₁", "How much of the gradients' old average stays. Try 0 and 0.99.",
               values["beta1"], training, steps=DECAY_RATES),
        Slider("beta2", "β₂", "How much of the squares' old average stays. Try 0.9 and 0.999.",
               values["beta2"], training, steps=DECAY_RATES),
        Menu("batch_size", "batch size", "Points in a mini-batch. Small: many noisy steps; all: "
             "few exact ones.", values["batch_size"], training,
             options=[*((str(2**k), 2**k) for k in range(9)), ("all", 0)]),
        Slider("l2", "penalty λ", "Pulls the weights towards zero; may be changed while it trains. "
               "Try 0.01 against overfitting.", values["l2"], training,
               steps=[0, 1e-5, 1e-4, 3e-4, 1e-3, 3e-3, 1e-2, 3e-2, 0.1, 0.3, 1]),
        Slider("dropout", "dropout", "The share of hidden neurons that each step leaves out; may "
               "be changed while it trains. Try 0.2.", values["dropout"], training, low=0.0,
               high=0.9, step=0.1),
    ]  # fmt: skip
