"""The playground: points in the plane, a network drawn neuron by neuron, and every setting."""

import math

import numpy as np

from ..network import mlp
from .controls import Button, Checkbox, Menu, Slider, Toggle
from .live import number_in
from .playground_code import as_code
from .playground_points import (
    FEATURES,
    INPUTS,
    MOST_POINTS,
    NO_POINTS,
    axes,
    checked_points,
    data_code,
    features,
    pretty,
    split_points,
    with_features,
)
from .playground_presets import PRESETS, USUAL
from .playground_scene import COARSE, FIGURE_STEPS, GRID, alt_text, arrays_of, draw_scene
from .training_widget import (
    USUAL_BETA2,
    TrainingWidget,
    grouped,
    parse_hidden,
    training_controls,
)

INITS = {"rule": None, "he": "he", "xavier": "xavier", "lecun": "lecun", "zero": 0.0}

WHILE_IT_TRAINS = ["lr", "l2", "dropout"]
LOOKS = ["log", "code", "label"]  # these change what is shown, and not what is computed
GROUPS = {
    "": ["preset", "train", "pause", "step", "reset", "code", "log"],
    "Points": ["set", "noise", "n", "test", "data_seed", "label", "undo", "clear"],
    "Network": ["inputs", "hidden", "activation", "init", "scale", "batch_norm", "seed"],
    "Training": ["optimizer", "lr", "beta1", "beta2", "batch_size", "l2", "dropout"],
}
MOST_LAYERS, MOST_UNITS = 8, 32
FEWEST_POINTS = 2
STEPS = 50_000  # where Train ends; pressed again, it goes on

OWN_SETTINGS = "Change one thing at a time, and predict what it will do."


class Playground(TrainingWidget):
    """Points, a network and its training, all live; made by :func:`playground`.

    Attributes
    ----------
    net : Network
        A copy of the network as it is now. It lives on NumPy, whatever the default backend is:
        networks of this size are too small for a GPU.
    train_set, test_set : pair (X, y)
        The points; X of shape (N, 2).
    code : str
        Python code that builds the network as it is now.
    """

    script = "playground.js"

    def __init__(self, preset=None, points=None, **settings):
        known = PRESETS["first steps" if preset is None else _known(preset, PRESETS, "a preset")]
        settings = {_known(name, USUAL, "a setting"): _plain(name, value)
                    for name, value in settings.items()}  # fmt: skip
        values = {**known.values, **settings}
        if "optimizer" in settings and "beta2" not in settings:
            values["beta2"] = USUAL_BETA2.get(values["optimizer"], USUAL["beta2"])
        self._own, self.chosen = NO_POINTS, None
        super().__init__(
            "Playground", alt_text(known.name, values, points),
            grouped(GROUPS, _controls(values, "" if settings else known.name)), size=(8.4, 3.6),
        )  # fmt: skip
        if points is not None:
            self._own = checked_points(points)
        self._watch = known.watch if preset or not settings else OWN_SETTINGS
        self._rebuild()

    # ------------------------------------------------------------------ for code

    @property
    def code(self):
        """Python code that builds the network as it is now, and its points."""
        values, trainer = self.values, self.trainer
        with trainer.between_steps() as net:
            recipe = {"activation": values["activation"]} if len(net.sizes) > 2 else {}
            recipe |= {"dropout": values["dropout"]} if values["dropout"] else {}
            recipe |= {"batch_norm": True} if values["batch_norm"] else {}
            columns = [(name, FEATURES[name][1]) for name in features(values["inputs"])]
            return as_code(
                net, recipe, columns, data_code(values, self._own),
                f"After {trainer.step_count:,} steps of {values['optimizer']}, learning rate "
                f"{values['lr']:g}, penalty {values['l2']:g}.",
            )  # fmt: skip

    def inputs(self, X):
        """Return what the network reads for points ``X`` of shape (N, 2): X, and its features."""
        return with_features(X, self.values["inputs"])

    def train(self):
        """Begin or go on, as the button does; returns at once."""
        self._check_there_are_points()
        super().train()

    def step(self, n=1):
        """Do ``n`` steps."""
        self._check_there_are_points()
        super().step(n)

    def add_point(self, x1, x2, label):
        """Add a point of class ``label``, 0 or 1, to those to train on, as a click does."""
        point = checked_points(([[x1, x2]], [label]))
        with self.lock:
            self._set_own(*map(np.concatenate, zip(self._own, point, strict=True)))

    def undo(self):
        """Take back the last point of your own."""
        with self.lock:
            self._set_own(*(part[:-1] for part in self._own))

    def clear(self):
        """Take back all points of your own."""
        with self.lock:
            self._set_own(*NO_POINTS)

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
                self.take_usual_beta2()
            self._rebuild(run=self.state in ("running", "diverged"))
        self.values["preset"] = ""  # these are your own settings now

    def begin_anew(self):
        self._rebuild()

    def receive_point(self, content, buffers):
        """A click on the map, or the keyboard's cross there."""
        x, y = number_in(content, "x"), number_in(content, "y")
        self.add_point(x, y, self.values["label"])

    def receive_choose(self, content, buffers):
        """The unit under the mouse, or that the arrow keys reached; none: the output."""
        chosen = None
        if content.get("layer") is not None:
            chosen = number_in(content, "layer", whole=True), number_in(content, "unit", whole=True)
        # The page may speak of a network that has just been replaced.
        self.chosen = chosen if chosen and self._exists(*chosen) else None
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
        before, self._own = self._own, (X, y)
        try:
            self._rebuild(run=self.state == "running")
        except Exception:
            self._own = before
            raise

    def _check_there_are_points(self):
        n = len(self.train_set[1])
        if n < FEWEST_POINTS:
            raise ValueError(
                f"expected at least {FEWEST_POINTS} points to learn from, got {n}: click on the "
                "map, or choose a set"
            )

    def _first_net(self):
        values = self.values
        sizes = [2 + len(features(values["inputs"])), *parse_sizes(values["hidden"]), 1]
        net = mlp(sizes, values["activation"], dropout=values["dropout"],
                  batch_norm=values["batch_norm"], init=INITS[values["init"]],
                  seed=values["seed"])  # fmt: skip
        for W in net.weights:
            W *= values["scale"]
        return net.to("numpy")

    def _trainer(self, train, test, watch=None):
        X, y = train
        if len(y) < FEWEST_POINTS:  # nothing to learn from yet; the trainer stands by
            X, y = np.zeros((FEWEST_POINTS, 2)), np.zeros(FEWEST_POINTS, int)
        batch_size = min(self.values["batch_size"] or len(y), len(y))
        test = (self.inputs(test[0]), test[1]) if len(test[1]) else None
        return self.new_trainer(self._first_net(), (self.inputs(X), y), test, batch_size,
                                math.ceil(STEPS * batch_size / len(y)), watch)  # fmt: skip

    def _rebuild(self, run=False):
        """Begin anew with all settings as the controls say."""
        train, test = split_points(self.values, self._own)
        trainer = self._trainer(train, test, watch=self.look)  # raises before anything is changed
        self.replace_trainer(trainer)
        self.train_set, self.test_set = train, test
        self._axis_x, self._axis_y = axes(self.values, self._own[0], GRID)
        plane = np.stack(np.meshgrid(self._axis_x, self._axis_y), axis=-1).reshape(-1, 2)
        self._plane = self.inputs(plane)
        if self.chosen is not None and not self._exists(*self.chosen):
            self.chosen = None
        self.disable(self._out_of_use())
        self._show()
        if run and len(train[1]) >= FEWEST_POINTS:
            trainer.start()

    def _out_of_use(self):
        names = self.unused_betas()
        if self.values["set"] == "own":
            names |= {"noise", "n", "test", "data_seed"}
        if len(self.train_set[1]) < FEWEST_POINTS:
            names |= {"train", "step"}
        if not len(self._own[1]):
            names |= {"undo", "clear"}
        return names

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
        net, (X, y), (test_X, test_y) = trainer.net, self.train_set, self.test_set
        chosen = self.chosen or (len(net.sizes) - 1, 0)
        content = dict(
            vars(trainer.snapshot()), sizes=net.sizes, chosen=list(chosen), watch=self._watch,
            inputs=pretty(self.values["inputs"]), train=len(y), test=len(test_y),
            own=len(self._own[1]), grid=GRID, small=GRID // COARSE, parameters=net.theta.size,
            low=[float(self._axis_x[0]), float(self._axis_y[-1])],
            high=[float(self._axis_x[-1]), float(self._axis_y[0])],
        )  # fmt: skip
        arrays = arrays_of(net, self._plane, chosen, np.concatenate([X, test_X]),
                           np.concatenate([y, test_y]))  # fmt: skip
        self.publish("scene", content, [*arrays, *trainer.curves().values()])

    def _show_code(self):
        self.publish("code", {"text": self.code if self.values["code"] else ""})

    # ------------------------------------------------------------------ without a kernel

    def draw(self, figure):
        """Draw border and cost of a short training with the playground's first settings."""
        train, test = split_points(self.values, self._own)
        trainer = self._trainer(train, test)
        if len(train[1]) >= FEWEST_POINTS:
            for _ in range(6):
                trainer.step(FIGURE_STEPS // 6)
        draw_scene(figure, trainer.net, self._plane, (self._axis_x, self._axis_y), train,
                   trainer.curves())  # fmt: skip


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
        ``test`` (fraction of test points), ``data_seed``, ``inputs``, ``hidden`` (sizes),
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


def parse_sizes(text):
    """Return "8, 8" as [8, 8], or raise ValueError, in words."""
    sizes = parse_hidden(text)
    if len(sizes) > MOST_LAYERS or max(sizes, default=1) > MOST_UNITS:
        raise ValueError(
            f"hidden layers: expected up to {MOST_LAYERS} whole numbers from 1 to {MOST_UNITS}, "
            f"for each neuron is drawn, got {text!r}"
        )
    return sizes


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


def _controls(values, preset):
    """Return all controls; any that a value does not fit raises ValueError."""
    presets = [(f"{one.name}  ({one.notebook})", one.name) for one in PRESETS.values()]
    return [
        Menu("preset", "preset", "Settings that make one thing visible, and the notebook that "
             "derives it. Predict before you press Train.", preset,
             options=[("your own settings", ""), *presets]),
        Toggle("code", "Show code", "Python code that builds the network as it is now. Copy it "
               "into a cell."),
        Menu("set", "set", "Where the points come from. Try spirals, or set points of your own by "
             "clicking on the map.", values["set"],
             options=["moons", "circles", "spirals", ("XOR", "xor"), ("your own alone", "own")]),
        Slider("noise", "noise", "How far points stray. Try 0, and 0.4, where the classes mix.",
               values["noise"], low=0.0, high=0.5, step=0.05),
        Slider("n", "points", "How many, training and test together. Try 50: a border from little.",
               values["n"], low=20, high=1000, step=10, integer=True),
        Slider("test", "test share", "The fraction of points that the network never learns from: "
               "they show as hollow marks. Try 0.5.", values["test"], low=0.0, high=0.8, step=0.1),
        Slider("data_seed", "draw", "Another number, other points of the same kind. Try a few: "
               "what stays is the lesson, the rest is sampling error.", values["data_seed"],
               low=0, high=99, integer=True),
        Menu("label", "a click adds", "The class of the points that you click, or add with Enter, "
             "on the map.", 0, options=[("a blue disc", 0), ("an orange triangle", 1)]),
        Button("undo", "Undo", "Take back the last point of your own."),
        Button("clear", "Clear", "Take back all points of your own."),
        Menu("inputs", "inputs", "What the network reads. With x₁x₂, or with squares, one neuron "
             "can do what else takes a layer.", values["inputs"],
             options=[(", ".join(pretty(one)), one) for one in INPUTS]),
        Menu("init", "first weights", "The rule for their size. Try all zero, once.",
             values["init"], options=[("as the activation likes", "rule"), ("He", "he"),
                                      ("Xavier", "xavier"), ("LeCun", "lecun"),
                                      ("all zero", "zero")]),
        Checkbox("batch_norm", "batch norm", "Brings each neuron to mean 0 and variance 1 over the "
                 "mini-batch. Try it with a high learning rate.", values["batch_norm"]),
        *training_controls(
            values, highest_lr=30, batch_sizes=[*((str(2**k), 2**k) for k in range(9)), ("all", 0)],
            parse=parse_sizes, log="log scale",
            sizes=f"16, 16: up to {MOST_LAYERS} layers of up to {MOST_UNITS}"),
    ]  # fmt: skip
