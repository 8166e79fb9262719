"""The record of a training: plots are drawn from it, checkpoints keep it (notebook 04)."""

from dataclasses import dataclass, field


@dataclass
class History:
    """What happened during training; ``fit`` returns it and plots are drawn from it.

    Attributes
    ----------
    batch_loss, batch_accuracy : list of float
        Cost (with the L2 penalty) and accuracy on each mini-batch, just before its update.
    valid_loss, valid_accuracy : list of float
        Loss (without the penalty) and accuracy on the validation set after each epoch.
    seconds : list of float
        Time that each epoch took, validation included.
    settings : dict
        What the training was asked to do: sizes, optimizer, lr, batch_size, epochs, l2, seed.
    stopped : str or None
        Why the training ended early, or None if it did not.
    """

    settings: dict = field(default_factory=dict)
    batch_loss: list = field(default_factory=list, repr=False)
    batch_accuracy: list = field(default_factory=list, repr=False)
    valid_loss: list = field(default_factory=list, repr=False)
    valid_accuracy: list = field(default_factory=list, repr=False)
    seconds: list = field(default_factory=list, repr=False)
    stopped: str | None = None

    @property
    def epochs(self):
        """Number of epochs that were finished."""
        return len(self.seconds)

    @property
    def valid_after(self):
        """After how many mini-batches each entry of ``valid_loss`` was measured: an epoch's end."""
        per_epoch = len(self.batch_loss) / max(self.epochs, 1)
        return [per_epoch * (i + 1) for i in range(len(self.valid_loss))]

    def __repr__(self):
        parts = [f"{self.epochs} epochs", f"{len(self.batch_loss):,} mini-batches"]
        if self.batch_loss:
            parts.append(f"last cost {self.batch_loss[-1]:.4f}")
        if self.valid_accuracy:
            parts.append(f"validation accuracy {self.valid_accuracy[-1]:.2%}")
        if self.stopped:
            parts.append(self.stopped)
        return f"History({', '.join(parts)})"
