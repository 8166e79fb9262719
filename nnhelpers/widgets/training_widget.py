"""What the widgets share that train a network: its buttons in code, and what it has learned."""

from ..optimizers import SGD, Adam, Momentum, RMSprop
from .live import LiveWidget

# Name in the menu -> how to make one from the widget's values.
OPTIMIZERS = {
    "SGD": lambda v: SGD(v["lr"]),
    "Momentum": lambda v: Momentum(v["lr"], beta=v["beta1"]),
    "RMSprop": lambda v: RMSprop(v["lr"], beta=v["beta2"]),
    "Adam": lambda v: Adam(v["lr"], beta1=v["beta1"], beta2=v["beta2"]),
}
BETAS = {"SGD": [], "Momentum": ["beta1"], "RMSprop": ["beta2"], "Adam": ["beta1", "beta2"]}
USUAL_BETA2 = {"RMSprop": 0.9, "Adam": 0.999}
DECAY_RATES = [0.0, 0.5, 0.8, 0.9, 0.95, 0.98, 0.99, 0.995, 0.999]


class TrainingWidget(LiveWidget):
    """A live widget around a :class:`Trainer`, which a subclass keeps in ``trainer``.

    Attributes
    ----------
    net : Network
        A copy of the network as it is now.
    history : LiveHistory
        The curves so far; ``nn.plot_history(widget.history)`` draws them.
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
        self._press("train")

    def pause(self):
        """Stop after the step that is being computed."""
        self._press("pause")

    def step(self, n=1):
        """Do ``n`` steps."""
        with self.lock:
            self.trainer.step(n)

    def reset(self):
        """Begin anew, with all settings as the controls say."""
        self._press("reset")

    def _press(self, name):
        with self.lock:
            self.pressed(name)

    def unwatched(self):
        self.trainer.pause()  # nobody looks: the processor is for others

    def closing(self):
        self.trainer.close()
