"""The training panel: every setting of a training under the hand, and its curves while it runs."""

import math

from ..activations import ACTIVATIONS
from ..backend import get_array_module
from ..figures import COLORS
from ..network import Network, mlp
from .live import Button, Checkbox, Menu, Slider, Text
from .trainer import Trainer, get_dropout
from .training_widget import BETAS, DECAY_RATES, OPTIMIZERS, USUAL_BETA2, TrainingWidget

NETWORK = ["activation", "hidden", "scale", "seed"]  # what only a new network can take up
NEW_START = [*NETWORK, "optimizer", "beta1", "beta2", "batch_size"]
LIVE, START = "At any time", "From the start: before the first step at once, later at Reset"
# Floating-point operations that the static figure may spend on training, and twice as many on
# validation: about a second, unless the mere reading of millions of parameters takes longer.
FIGURE_WORK, FIGURE_POINTS = 1e10, 8


class TrainPanel(TrainingWidget):
    """Controls, buttons and curves around a :class:`Trainer`; made by :func:`train_panel`.

    Attributes
    ----------
    net : Network
        A copy of the network as it is now.
    history : LiveHistory
        The curves so far; ``nn.plot_history(panel.history)`` draws them.
    """

    script = "train_panel.js"

    def __init__(self, net, train, valid=None, *, optimizer="Adam", lr=1e-3, batch_size=128,
                 epochs=10, l2=0.0, seed=0):  # fmt: skip
        self.train_set, self.valid_set, self.epochs = train, valid, epochs
        n_examples = len(train[1])
        recipe = _recipe(net)
        self._given, self._rebuildable = net.copy(), bool(recipe)
        self._batch_norm = recipe.get("batch_norm", False)
        controls = [
            Slider("lr", "learning rate η", "How far each step goes. Too low: nothing happens for "
                   "long; too high: the cost jumps, or diverges. Try factors of 3.",
                   lr, low=1e-5, high=10, log=True, group=LIVE),
            Slider("l2", "penalty λ", "Pulls the weights towards zero. Try 0.001 when training "
                   "accuracy is far above validation accuracy.",
                   l2, steps=[0, 1e-6, 1e-5, 3e-5, 1e-4, 3e-4, 1e-3, 3e-3, 1e-2, 3e-2, 0.1, 1],
                   group=LIVE),
            Slider("dropout", "dropout", "The share of hidden units that each step leaves out. Try "
                   "0.2 to 0.5 against overfitting; training looks worse, validation better.",
                   get_dropout(net), low=0.0, high=0.9, step=0.05, group=LIVE),
            Menu("optimizer", "optimizer", "How the gradient becomes a step. Try SGD against Adam "
                 "with the same learning rate.", optimizer, START,
                 options=list(OPTIMIZERS)),
            Slider("beta1", "β₁", "How much of the gradients' old average stays. Try 0 (no memory) "
                   "and 0.99 (it overshoots).", 0.9, START, steps=DECAY_RATES),
            Slider("beta2", "β₂", "How much of the squares' old average stays. Try 0.9 and 0.999.",
                   USUAL_BETA2.get(optimizer, 0.999), START, steps=DECAY_RATES),
            Menu("batch_size", "batch size", "Examples in a mini-batch. Small: many noisy steps; "
                 "all: few exact ones. Try 32 and 1024.", _batch_size(batch_size, n_examples),
                 START, options=_batch_sizes(batch_size, n_examples)),
            Menu("activation", "activation", "What stands between the layers. Try sigmoid in four "
                 "hidden layers.", recipe.get("activation", "relu"), START,
                 options=list(ACTIVATIONS)),
            Text("hidden", "hidden layers", "Units in each hidden layer, for example 128, 64. "
                 "Empty: no hidden layer.", recipe.get("hidden", ""), START,
                 parse=parse_hidden),
            Slider("scale", "initial scale", "Multiplies the first weights (1 is He's or Xavier's "
                   "rule). Try 0.01 and 10.", 1.0, START, low=0.01, high=10,
                   log=True),
            Slider("seed", "seed", "First weights and order of examples. The same seed gives the "
                   "same run; try others to see what is luck.", seed, START,
                   low=0, high=max(99, seed), integer=True),
            Button("train", "Train", "Begin, or go on. Other cells can run meanwhile."),
            Button("pause", "Pause", "Stop after this step; Train goes on from here."),
            Button("step", "Step", "One mini-batch, one step of the optimizer."),
            Button("reset", "Reset", "Back to the first weights, with all the settings above."),
            Checkbox("log", "cost on a logarithmic scale", "Shows small costs apart. Try it when "
                     "the curve lies flat."),
        ]  # fmt: skip
        super().__init__(
            "Training panel",
            "Two charts of a short training with the panel's first settings: cost, and accuracy, "
            "for training and validation examples, against the number of steps.",
            controls, size=(9, 3.2),
        )  # fmt: skip
        self._given_settings = self._settings()
        self.trainer, self._built = None, None
        self._rebuild()
        self._disabled |= {"beta1", "beta2"} - set(BETAS[optimizer])
        if not recipe:
            self._disabled |= {"activation", "hidden", "scale"}
            self.say(
                "This network is not one that mlp(...) builds. Its layers and first weights stay "
                "as they are: the controls for them are switched off, and the seed is for the "
                "order of the examples."
            )
        self._show_values()

    # ------------------------------------------------------------------ what the page sends

    def changed(self, name, value):
        if name in ("lr", "l2", "dropout"):
            self.trainer.set(**{name: value})
        if name == "optimizer":
            self._disabled = (self._disabled - {"beta1", "beta2"}) | (
                {"beta1", "beta2"} - set(BETAS[value])
            )
            self.values["beta2"] = USUAL_BETA2.get(value, self.values["beta2"])
            self._show_values()
        if name in NEW_START:
            if self.trainer.step_count == 0:
                self._rebuild()
            else:
                self.look(self.trainer)

    def pressed(self, name):
        if name == "train":
            self.trainer.start()
        elif name == "pause":
            self.trainer.pause()
        elif name == "step":
            self.trainer.step()
        elif self._waiting():
            self._rebuild()
        else:
            self.trainer.reset()

    def look(self, trainer):
        """Publish what the trainer says; called in its thread, so it waits for nothing."""
        if trainer.state == "running" and not self.is_free("progress"):
            return
        now, curves = trainer.snapshot(), trainer.curves()
        content = dict(vars(now), waiting=self._waiting(), network=self._network_text)
        content["examples"] = len(trainer.y)
        self.publish("progress", content, list(curves.values()))

    # ------------------------------------------------------------------ networks

    def _settings(self):
        return {name: self.values[name] for name in NEW_START}

    def _waiting(self):
        """Return the labels of what was changed and waits for Reset."""
        if self._built is None:
            return []
        used = BETAS[self.values["optimizer"]]
        return [
            self.controls[name].label for name in NEW_START
            if self.values[name] != self._built[name]
            and (name not in ("beta1", "beta2") or name in used)
        ]  # fmt: skip

    def _first_net(self):
        """Return the network that the controls describe: the given one, if they say what it is."""
        values = self.values
        same = all(values[name] == self._given_settings[name] for name in NETWORK)
        if same or not self._rebuildable:
            return self._given.copy()
        sizes = [self._given.sizes[0], *parse_hidden(values["hidden"]), self._given.sizes[-1]]
        net = mlp(sizes, values["activation"], batch_norm=self._batch_norm, seed=values["seed"],
                  loss=self._given.loss_function)  # fmt: skip
        for W in net.weights:
            W *= values["scale"]
        given = self._given.theta  # what is returned is a copy, with a loss of its own
        return net.astype(given.dtype).to(get_array_module(given).__name__)

    def _rebuild(self):
        """Begin anew with all settings as the controls say."""
        values = self.values
        net = self._first_net()
        trainer = self._trainer(
            net, self.train_set, self.valid_set, values["batch_size"], watch=self.look
        )
        if self.trainer is not None:
            self.trainer.close()
        self.trainer, self._built = trainer, self._settings()
        trainer.set(dropout=values["dropout"])
        sizes = "-".join(str(size) for size in net.sizes)
        self._network_text = f"{sizes}, {net.theta.size:,} parameters"
        self.look(trainer)

    def _trainer(self, net, train, valid, batch_size, watch=None):
        values = self.values
        return Trainer(
            net, train, valid, optimizer=OPTIMIZERS[values["optimizer"]](values),
            epochs=self.epochs, batch_size=batch_size, l2=values["l2"], seed=values["seed"],
            watch=watch,
        )  # fmt: skip

    # ------------------------------------------------------------------ without a kernel

    def _rehearsal(self):
        """Return a trainer for the figure, and how many steps it may do for each point.

        Where one step or one validation costs too much, they are of fewer examples.
        """
        net, (X, y), valid = self._first_net(), self.train_set, self.valid_set
        # For a parameter and an example, a step costs 6 operations and a validation 2.
        examples = max(12, int(FIGURE_WORK / FIGURE_POINTS / net.theta.size))
        batch_size = min(self.values["batch_size"], examples // 6)
        if batch_size < self.values["batch_size"]:  # no remainder: batch norm refuses a batch of 1
            whole = len(y) - len(y) % batch_size
            X, y = X[:whole], y[:whole]
        if valid is not None:
            valid_X, valid_y = valid
            every = math.ceil(len(valid_y) / examples)
            valid = valid_X[::every], valid_y[::every]
        trainer = self._trainer(net, (X, y), valid, batch_size)
        trainer.set(dropout=self.values["dropout"])
        return trainer, max(1, min(15, examples // 6 // batch_size))

    def draw(self, figure):
        """Draw the first steps of a real training with these settings, as many as cost little."""
        trainer, steps = self._rehearsal()
        for _ in range(FIGURE_POINTS):
            trainer.step(steps)
        curves = trainer.curves()
        for ax, kind, label in zip(
            figure.subplots(1, 2), ("cost", "accuracy"), ("cost J", "accuracy"), strict=True
        ):
            valid = "valid_loss" if kind == "cost" else "valid_accuracy"
            ax.plot(curves["step"], curves[kind], color=COLORS[0], label="training")
            if len(curves["valid_step"]):
                ax.plot(curves["valid_step"], curves[valid], color=COLORS[1], ls="--", marker="^",
                        ms=5, label="validation")  # fmt: skip
            ax.set(xlabel="step", ylabel=label, title=f"{kind.capitalize()}, the first steps")
            ax.legend()


def train_panel(net, data, valid=None, **settings):
    """Return a live panel that trains a network: sliders, buttons, and curves that move.

    Learning rate, penalty and dropout may be changed in mid-run, and the curves mark where; what
    needs a new beginning waits for Reset. Training runs in its own thread: other cells can run.

    Parameters
    ----------
    net : Network or list of int
        A network, of which the panel trains a copy, or sizes as for :func:`nnhelpers.mlp`.
    data : MNIST or pair (X, y)
        What ``nn.load_mnist()`` returns, or examples and labels to train on.
    valid : pair (X, y), optional
        To validate on, where ``data`` does not bring its own.
    **settings
        First values: ``optimizer`` ("SGD", "Momentum", "RMSprop" or "Adam"), ``lr``,
        ``batch_size`` (None: all examples), ``epochs``, ``l2``, ``seed``.

    Returns
    -------
    TrainPanel
        ``panel.net`` and ``panel.history`` are a copy of the network and the curves so far.

    Raises
    ------
    ValueError
        If the network does not fit the data, or a setting cannot be.

    Examples
    --------
    >>> panel = nn.widgets.train_panel([784, 128, 10], nn.load_mnist())    # doctest: +SKIP
    >>> panel                                                              # doctest: +SKIP
    """
    if hasattr(data, "train"):
        train, valid = data.train, data.valid if valid is None else valid
    else:
        train = data
    try:
        X, y = train
    except (TypeError, ValueError):
        raise ValueError(
            "train_panel expected data as a pair (X, y) or with .train and .valid, such as "
            f"nn.load_mnist(), got {type(data).__name__}"
        ) from None
    if not isinstance(net, Network):
        net = mlp(net, seed=settings.get("seed", 0))
    return TrainPanel(net, (X, y), valid, **settings)


def parse_hidden(text):
    """Return "128, 64" as [128, 64]; raise ValueError, in words, for what are no sizes."""
    parts = [part for part in text.replace("-", ",").replace(" ", ",").split(",") if part]
    if (
        not all(part.isascii() and part.isdigit() and 1 <= int(part) <= 4096 for part in parts)
        or len(parts) > 12
    ):
        raise ValueError(
            "hidden layers: expected up to 12 whole numbers from 1 to 4096, separated by commas, "
            f"such as 128, 64, got {text!r}"
        )
    return [int(part) for part in parts]


def _recipe(net):
    """Return how ``mlp`` would build these layers, as the controls' values; {} if it would not."""
    names = {kind: name for name, kind in ACTIVATIONS.items()}
    used = {names[type(layer)] for layer in net.layers if type(layer) in names}
    batch_norm = any(type(layer).__name__ == "BatchNorm" for layer in net.layers)
    if len(used) > 1:
        return {}
    activation = used.pop() if used else "relu"
    built = mlp(net.sizes, activation, dropout=get_dropout(net), batch_norm=batch_norm)
    if [repr(layer) for layer in built.layers] != [repr(layer) for layer in net.layers]:
        return {}
    hidden = ", ".join(str(size) for size in net.sizes[1:-1])
    return {"activation": activation, "hidden": hidden, "batch_norm": batch_norm}


def _batch_size(batch_size, n_examples):
    return n_examples if batch_size is None else min(batch_size, n_examples)


def _batch_sizes(batch_size, n_examples):
    """Return the menu's options: powers of two, the one that was asked for, and all examples."""
    sizes = {2**k for k in range(12) if 2**k < n_examples} | {_batch_size(batch_size, n_examples)}
    options = [(f"{size:,}", size) for size in sorted(sizes) if size < n_examples]
    return [*options, (f"all {n_examples:,}", n_examples)]
