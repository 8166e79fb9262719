"""What a live training has done so far: costs, validations, and what a hand changed."""

import math
import time
from array import array
from dataclasses import dataclass, field

import numpy as np

from ..history import History

# Changes of one setting that follow each other within so many seconds are one: a slider is dragged.
ONE_MOVEMENT = 1.0


@dataclass
class LiveHistory(History):
    """A history whose training was steered by hand.

    Attributes
    ----------
    valid_steps : list of int
        After how many mini-batches each validation was measured: some, not all, epochs' ends, and
        some moments within long epochs.
    changes : list of (int, str, float)
        What was changed in mid-run: after how many mini-batches, "lr", "l2" or "dropout", and the
        new value.
    """

    valid_steps: list = field(default_factory=list, repr=False)
    changes: list = field(default_factory=list, repr=False)

    @property
    def valid_after(self):
        """The same as ``valid_steps``: here it is measured, not computed from the epochs."""
        return self.valid_steps


class Progress:
    """Costs and accuracies of all mini-batches, validations, and changes in mid-run."""

    def __init__(self):
        self.costs, self.accuracies = array("d"), array("d")
        self.valid_steps, self.valid_losses, self.valid_accuracies = [], [], []
        self.epoch_seconds, self.changes, self._changed_when = [], [], -math.inf

    def note(self, step, name, value):
        """Write down a change; of one movement of a slider, only where it ended."""
        now, last = time.perf_counter(), self.changes[-1] if self.changes else (None, None, None)
        quick = last[0] == step or now - self._changed_when < ONE_MOVEMENT
        if last[1] == name and quick:
            self.changes.pop()
        self.changes.append((step, name, float(value)))
        self._changed_when = now

    def latest(self, batches):
        """Return means over the last ``batches`` and the last validation; None: not known yet."""
        return {
            "cost": _recent_mean(self.costs, batches),
            "accuracy": _recent_mean(self.accuracies, batches),
            "valid_loss": self.valid_losses[-1] if self.valid_losses else None,
            "valid_accuracy": self.valid_accuracies[-1] if self.valid_accuracies else None,
        }

    def curves(self, points):
        """Return the curves, thinned out to be drawn: see :meth:`Trainer.curves`."""
        n = len(self.valid_steps)
        kept = list(range(0, n, max(1, math.ceil(n / points))))
        kept += [n - 1] if n and kept[-1] != n - 1 else []
        return {
            "step": _ends(len(self.costs), points).astype("float32"),
            "cost": _means(self.costs, points), "accuracy": _means(self.accuracies, points),
            **{name: np.array([values[i] for i in kept], "float32") for name, values in (
                ("valid_step", self.valid_steps), ("valid_loss", self.valid_losses),
                ("valid_accuracy", self.valid_accuracies))},
        }  # fmt: skip

    def history(self, settings, stopped):
        """Return all of it as a :class:`LiveHistory`."""
        return LiveHistory(
            settings=settings, stopped=stopped, batch_loss=self.costs.tolist(),
            batch_accuracy=self.accuracies.tolist(), valid_loss=list(self.valid_losses),
            valid_accuracy=list(self.valid_accuracies), seconds=list(self.epoch_seconds),
            valid_steps=list(self.valid_steps), changes=list(self.changes),
        )  # fmt: skip


def _recent_mean(values, count):
    """Return the mean of the last ``count``, or None if that is no finite number."""
    mean = float(np.mean(values[-count:])) if values else math.nan
    return mean if math.isfinite(mean) else None


def _ends(n, points):
    """Return the ends of at most ``points`` stretches of equal length that ``n`` is cut into."""
    width = max(1, math.ceil(n / points))
    return np.minimum(np.arange(0, n, width) + width, n)


def _means(values, points):
    """Return the mean of each stretch."""
    ends = _ends(len(values), points)
    if not len(ends):
        return np.empty(0, "float32")
    starts = np.concatenate([[0], ends[:-1]])
    with np.errstate(invalid="ignore", over="ignore"):
        return (np.add.reduceat(np.array(values), starts) / (ends - starts)).astype("float32")
