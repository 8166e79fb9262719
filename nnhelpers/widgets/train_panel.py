"""The training panel: every setting of a training under the hand, and its curves while it runs."""

import math

from ..activations import ACTIVATIONS
from ..backend import get_array_module
from ..layers import BatchNorm
from ..network import Network, mlp
from .live import as_pair
from .trainer_dropout import get_dropout
from .training_widget import (
    USUAL_BETA2,
    TrainingWidget,
    grouped,
    parse_hidden,
    plot_curve,
    training_controls,
)

NETWORK = ["activation", "hidden", "scale", "seed"]  # what only a new network can take up
NEW_START = ["optimizer", "beta1", "beta2", "batch_size", *NETWORK]
WHILE_IT_TRAINS = ["lr", "l2", "dropout"]
GROUPS = {
    "At any time": WHILE_IT_TRAINS,
    "From the start: before the first step at once, later at Reset": NEW_START,
    "": ["train", "pause", "step", "reset", "log"],
}
# Floating-point operations that the static figure may spend on training, and twice as many on
# validation: about a second, unless the mere reading of millions of parameters takes longer.
FIGURE_WORK, FIGURE_POINTS = 1e10, 8


class LiveTraining(TrainingWidget):
    """Controls, buttons and curves around a :class:`Trainer`; made by :func:`train_panel`."""

    script = "train_panel.js"

    def __init__(self, net, train, valid=None, *, optimizer="Adam", lr=1e-3, batch_size=128,
                 epochs=10, l2=0.0, seed=0):  # fmt: skip
        self.train_set, self.valid_set, self.epochs = train, valid, epochs
        self._given, self._recipe, self._built = net.copy(), _recipe(net), None
        n_examples = len(train[1])
        batch_size = n_examples if batch_size is None else min(batch_size, n_examples)
        usual = {"activation": "relu", "hidden": "", "scale": 1.0, "beta1": 0.9}
        values = usual | self._recipe | {
            "lr": lr, "l2": l2, "dropout": get_dropout(net), "optimizer": optimizer, "seed": seed,
            "beta2": USUAL_BETA2.get(optimizer, 0.999), "batch_size": batch_size,
        }  # fmt: skip
        controls = training_controls(
            values, highest_lr=10, batch_sizes=_batch_sizes(batch_size, n_examples),
            parse=parse_hidden, sizes="128, 64", log="cost on a logarithmic scale",
        )  # fmt: skip
        super().__init__(
            "Training panel",
            "Two charts of a short training with the panel's first settings: cost, and accuracy, "
            "for training and validation examples, against the number of steps.",
            grouped(GROUPS, controls), size=(9, 3.2),
        )  # fmt: skip
        self._given_settings = self._settings()
        self._rebuild()
        self.disable(self._out_of_use())
        if not self._recipe:
            self.say(
                "This network is not one that mlp(...) builds. Its layers and initial weights stay "
                "as they are: the controls for them are switched off, and the seed is for the "
                "order of the examples."
            )

    # ------------------------------------------------------------------ what the page sends

    def changed(self, name, value):
        if name in WHILE_IT_TRAINS:
            self.trainer.set(**{name: value})
        if name == "optimizer":
            self.take_usual_beta2()
            self.disable(self._out_of_use())
        if name in NEW_START:
            if self.trainer.step_count == 0:
                self._rebuild()
            else:
                self.look(self.trainer)

    def begin_anew(self):
        """Go back to the initial weights, and take up what waits for that."""
        if self._waiting():
            self._rebuild()
        else:
            self.trainer.reset()

    def look(self, trainer):
        """Publish what the trainer says; called in its thread, so it waits for nothing."""
        if trainer.state == "running" and not self.is_free("progress"):
            return
        now, curves = trainer.snapshot(), trainer.curves()
        content = dict(vars(now), waiting=self._waiting(), network=self._network_text)
        self.publish("progress", content, list(curves.values()))

    # ------------------------------------------------------------------ networks

    def _settings(self):
        return {name: self.values[name] for name in NEW_START}

    def _waiting(self):
        """Return the labels of what was changed and waits for Reset."""
        if self._built is None:
            return []
        return [self.controls[name].label for name, built in self._built.items()
                if self.values[name] != built and name not in self.unused_betas()]  # fmt: skip

    def _out_of_use(self):
        return self.unused_betas() | (
            set() if self._recipe else {"activation", "hidden", "scale"}
        )  # fmt: skip

    def _first_net(self):
        """Return the network that the controls describe: the given one, if they say what it is."""
        values, given = self.values, self._given
        same = all(values[name] == self._given_settings[name] for name in NETWORK)
        if same or not self._recipe:
            return given.copy()
        net = mlp([given.sizes[0], *parse_hidden(values["hidden"]), given.sizes[-1]],
                  values["activation"], batch_norm=self._recipe["batch_norm"], seed=values["seed"],
                  loss=given.loss_function)  # fmt: skip
        for W in net.weights:
            W *= values["scale"]
        # What is returned is a copy, with a loss of its own.
        return net.astype(given.theta.dtype).to(get_array_module(given.theta).__name__)

    def _rebuild(self):
        """Begin anew with all settings as the controls say."""
        net, values = self._first_net(), self.values
        trainer = self.new_trainer(net, self.train_set, self.valid_set, values["batch_size"],
                                   self.epochs, watch=self.look)  # fmt: skip
        self.replace_trainer(trainer)
        self._built = self._settings()
        sizes = "-".join(str(size) for size in net.sizes)
        self._network_text = f"{sizes}, {net.theta.size:,} parameters"
        trainer.set(dropout=values["dropout"])
        self.look(trainer)

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
            every = math.ceil(len(valid[1]) / examples)
            valid = valid[0][::every], valid[1][::every]
        trainer = self.new_trainer(net, (X, y), valid, batch_size, self.epochs)
        trainer.set(dropout=self.values["dropout"])
        return trainer, max(1, min(15, examples // 6 // batch_size))

    def draw(self, figure):
        """Draw the first steps of a real training with these settings, as many as cost little."""
        trainer, steps = self._rehearsal()
        for _ in range(FIGURE_POINTS):
            trainer.step(steps)
        for ax, kind in zip(figure.subplots(1, 2), ("cost", "accuracy"), strict=True):
            plot_curve(ax, trainer.curves(), kind, "validation")
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
    LiveTraining
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
    train = as_pair(data, ("train", "valid"), "train_panel")
    valid = getattr(data, "valid", None) if valid is None else valid
    valid = None if valid is None else as_pair(valid, ("valid",), "train_panel, as valid,")
    if not isinstance(net, Network):
        net = mlp(net, seed=settings.get("seed", 0))
    return LiveTraining(net, train, valid, **settings)


def _recipe(net):
    """Return how ``mlp`` would build these layers, as the controls' values; {} if it would not."""
    names = {kind: name for name, kind in ACTIVATIONS.items()}
    used = {names[type(layer)] for layer in net.layers if type(layer) in names} or {"relu"}
    activation, batch_norm = used.pop(), any(isinstance(one, BatchNorm) for one in net.layers)
    built = mlp(net.sizes, activation, dropout=get_dropout(net), batch_norm=batch_norm)
    if [repr(layer) for layer in built.layers] != [repr(layer) for layer in net.layers]:
        return {}
    hidden = ", ".join(str(size) for size in net.sizes[1:-1])
    return {"activation": activation, "hidden": hidden, "batch_norm": batch_norm}


def _batch_sizes(batch_size, n_examples):
    """Return the menu's options: powers of two, the one that was asked for, and all examples."""
    sizes = {2**k for k in range(12)} | {batch_size}
    options = [(f"{size:,}", size) for size in sorted(sizes) if size < n_examples]
    return [*options, (f"all {n_examples:,}", n_examples)]
