"""What the widgets share that train a network: settings, buttons in code, what it has learned."""

from ..activations import ACTIVATIONS
from ..figures import COLORS
from ..optimizers import SGD, Adam, Momentum, RMSprop
from .controls import Button, Checkbox, Menu, Slider, Text
from .live import LiveWidget
from .trainer import Trainer

# Name in the menu -> how to make one from the widget's values.
OPTIMIZERS = {
    "SGD": lambda v: SGD(v["lr"]),
    "Momentum": lambda v: Momentum(v["lr"], beta=v["beta1"]),
    "RMSprop": lambda v: RMSprop(v["lr"], beta=v["beta2"]),
    "Adam": lambda v: Adam(v["lr"], beta1=v["beta1"], beta2=v["beta2"]),
}
BETAS = {"SGD": set(), "Momentum": {"beta1"}, "RMSprop": {"beta2"}, "Adam": {"beta1", "beta2"}}
USUAL_BETA2 = {"RMSprop": 0.9, "Adam": 0.999}
DECAY_RATES = [0.0, 0.5, 0.8, 0.9, 0.95, 0.98, 0.99, 0.995, 0.999]


class TrainingWidget(LiveWidget):
    """A live widget around a :class:`Trainer`, which a subclass keeps in ``trainer``.

    A subclass has ``begin_anew``, and ``look(trainer)``, which publishes what there is to see.
    """

    trainer = None

    @property
    def net(self):
        """A copy of the network as it is now; what you do with it leaves the widget alone."""
        with self.trainer.between_steps() as net:
            return net.copy()

    @property
    def history(self):
        """The curves so far: a :class:`LiveHistory`, for ``nn.plot_history`` and for code."""
        return self.trainer.history

    @property
    def state(self):
        """One of "ready", "running", "paused", "finished", "diverged" and "failed"."""
        return self.trainer.state

    def train(self):
        """Begin or go on, as the button does; returns at once."""
        with self.lock:
            self.trainer.start()

    def pause(self):
        """Stop after the step that is being computed."""
        with self.lock:
            self.trainer.pause()

    def step(self, n=1):
        """Do ``n`` steps."""
        with self.lock:
            self.trainer.step(n)

    def reset(self):
        """Begin anew, with all settings as the controls say."""
        with self.lock:
            self.begin_anew()

    def unwatched(self):
        self.trainer.pause()  # no page shows it: the processor is for others

    def closing(self):
        self.trainer.close()

    def new_trainer(self, net, train, valid, batch_size, epochs, watch=None):
        """Return a trainer with the settings of the controls."""
        values = self.values
        return Trainer(
            net, train, valid, optimizer=OPTIMIZERS[values["optimizer"]](values), epochs=epochs,
            batch_size=batch_size, l2=values["l2"], seed=values["seed"], watch=watch,
        )  # fmt: skip

    def replace_trainer(self, trainer):
        """Take a new trainer; the old one ends."""
        if self.trainer is not None:
            self.trainer.close()
        self.trainer = trainer

    def unused_betas(self):
        """Return the names of the decay rates that this optimizer does not have."""
        return {"beta1", "beta2"} - BETAS[self.values["optimizer"]]

    def take_usual_beta2(self):
        """Set the decay rate of the squares to what is usual with the chosen optimizer."""
        self.values["beta2"] = USUAL_BETA2.get(self.values["optimizer"], self.values["beta2"])


def plot_curve(ax, curves, kind, second):
    """Draw cost or accuracy of a training's first steps; ``second`` is the other set's name."""
    ax.plot(curves["step"], curves[kind], color=COLORS[0], label="training")
    if len(curves["valid_step"]):
        valid = curves["valid_loss" if kind == "cost" else "valid_accuracy"]
        ax.plot(curves["valid_step"], valid, color=COLORS[1], ls="--", marker="^", ms=5,
                label=second)  # fmt: skip
    ax.set(xlabel="step", ylabel="cost J" if kind == "cost" else kind,
           title=f"{kind.capitalize()}, the first steps")  # fmt: skip


def grouped(groups, controls):
    """Return the controls of each group in turn: ``groups`` is {heading: names}."""
    by_name = {control.name: control for control in controls}
    for heading, names in groups.items():
        for name in names:
            by_name[name].group = heading
    return [by_name[name] for names in groups.values() for name in names]


def training_controls(values, *, highest_lr, batch_sizes, parse, sizes, log):
    """Return the controls of a training, set to ``values``.

    Parameters
    ----------
    values : dict
    highest_lr : float
    batch_sizes : list
        Options of the menu.
    parse, sizes : function, str
        What turns the text of the hidden layers into sizes, and what it takes, in words.
    log : str
        Label of the check box for the cost's scale.
    """
    v = values
    return [
        Button("train", "Train", "Begin, or go on. Other cells can run meanwhile."),
        Button("pause", "Pause", "Stop after this step; Train goes on from here."),
        Button("step", "Step", "One mini-batch, one step of the optimizer."),
        Button("reset", "Reset", "Back to the initial weights, with all settings as shown here."),
        Checkbox("log", log, "A logarithmic scale shows small costs apart. Try it when the curve "
                 "lies flat."),
        Slider("lr", "learning rate η", "How far each step goes; may be changed while it trains. "
               "Too low: nothing happens for a long time; too high: the cost jumps, or diverges. "
               "Try factors of 3.", v["lr"], low=1e-5, high=highest_lr, log=True),
        Slider("l2", "penalty λ", "Pulls the weights towards zero; may be changed while it trains. "
               "Try 0.01 against overfitting.", v["l2"],
               steps=[0, 1e-6, 1e-5, 3e-5, 1e-4, 3e-4, 1e-3, 3e-3, 1e-2, 3e-2, 0.1, 0.3, 1]),
        Slider("dropout", "dropout", "The fraction of hidden units that each step leaves out; may "
               "be changed while it trains. Try 0.2 to 0.5 against overfitting.", v["dropout"],
               low=0.0, high=0.9, step=0.05),
        Menu("optimizer", "optimizer", "How the gradient becomes a step. Try SGD against Adam with "
             "the same learning rate.", v["optimizer"], options=list(OPTIMIZERS)),
        Slider("beta1", "β₁", "How much of the gradients' old average stays. Try 0 (no memory) and "
               "0.99 (it overshoots).", v["beta1"], steps=DECAY_RATES),
        Slider("beta2", "β₂", "How much of the squares' old average stays. Try 0.9 and 0.999.",
               v["beta2"], steps=DECAY_RATES),
        Menu("batch_size", "batch size", "Examples in a mini-batch. Small: many noisy steps; all: "
             "few exact ones.", v["batch_size"], options=batch_sizes),
        Menu("activation", "activation", "The nonlinearity between the layers. Try sigmoid in six "
             "layers.", v["activation"], options=list(ACTIVATIONS)),
        Text("hidden", "hidden layers", f"Units in each hidden layer, for example {sizes}. Empty: "
             "no hidden layer.", v["hidden"], parse=parse),
        Slider("scale", "initial scale", "Multiplies the initial weights (1 is He's or Xavier's "
               "rule). Try 0.01 and 10.", v["scale"], low=0.01, high=10, log=True),
        Slider("seed", "seed", "Initial weights and order of examples. The same seed gives the "
               "same run; try others to see what is chance.", v["seed"],
               low=0, high=max(99, v["seed"]), integer=True),
    ]  # fmt: skip


def parse_hidden(text):
    """Return "128, 64" as [128, 64]; raise ValueError, in words, for what are no sizes."""
    parts = text.replace("-", ",").replace(" ", ",").split(",")
    sizes = [int(part) if part.isascii() and part.isdigit() else 0 for part in parts if part]
    if len(sizes) > 12 or not all(1 <= size <= 4096 for size in sizes):
        raise ValueError(
            "hidden layers: expected up to 12 whole numbers from 1 to 4096, separated by commas, "
            f"such as 128, 64, got {text!r}"
        )
    return sizes
