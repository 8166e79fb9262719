"""The history of a training (notebook 04)."""

import math
import numbers

import numpy as np

from . import given
from .style import COLORS, Picture, new_figure


def plot_history(history, save=True):
    """Draw cost and accuracy against mini-batches, and validation accuracy after each epoch.

    The axis of a cost that falls by more than a factor of 100 is logarithmic.

    Parameters
    ----------
    history : History
    save : bool, default True
        Whether to write the figure under ``img/`` of the folder that you work in, with a name that
        tells the run, such as ``784-128-10_epochs40_lr0.04_valid98.10.png``; ``picture.path`` says
        where, or is None if that folder cannot be written.

    Returns
    -------
    Picture

    Raises
    ------
    ValueError
        If the history holds no mini-batch, or its lists do not belong together.
    """
    _check(history)
    figure, (left, right) = new_figure(1, 2, size=(10, 3.6))
    steps = np.arange(1, len(history.batch_loss) + 1)
    left.plot(
        steps, history.batch_loss, color=COLORS[6], lw=0.8, alpha=0.7, label="each mini-batch"
    )
    cost = _running_mean(history.batch_loss)
    left.plot(steps, cost, color=COLORS[0], label="running mean")
    left.set(xlabel="mini-batch", ylabel="cost J", title="Cost")
    if cost[0] > 100 * cost[-1] > 0:  # on a straight axis all but the beginning would lie flat
        left.set_yscale("log")
    else:
        left.set_ylim(0, None)
    left.legend()
    right.plot(steps, _running_mean(history.batch_accuracy), color=COLORS[0],
               label="training, running mean")  # fmt: skip
    if history.valid_accuracy:
        right.plot(history.valid_after, history.valid_accuracy, color=COLORS[1], ls="--",
                   marker="o", ms=4, label="validation, after each epoch")  # fmt: skip
    right.set(xlabel="mini-batch", ylabel="accuracy", title="Accuracy")
    right.yaxis.set_major_formatter("{x:.1%}")
    right.legend(loc="lower right")
    sizes = "-".join(_sizes(history))
    picture = Picture(
        figure,
        f"Two curves of the training of {sizes or 'a network'}: the cost falls from mini-batch to "
        "mini-batch; the accuracy on training and validation examples rises.",
    )
    if save:
        picture.save(run_name(history))
    return picture


def run_name(history):
    """Return a name for the run that every file system takes: sizes, epochs, lr, last accuracy.

    Of many sizes only the first and the last are named, and how many layers there are.
    """
    given.has(history, "a history", _NEEDED, "the one that nn.fit returns")
    sizes = _sizes(history) or ["network"]
    parts = ["-".join(sizes)]
    if len(parts[0]) > 60:  # a name of more than 255 characters cannot be
        parts = [f"{sizes[0]}-...-{sizes[-1]}", f"{len(sizes) - 1}layers"]
    parts.append(f"epochs{history.epochs}")
    if isinstance(lr := history.settings.get("lr"), numbers.Real):
        parts.append(f"lr{lr:g}")
    if history.valid_accuracy:
        parts.append(f"valid{100 * history.valid_accuracy[-1]:.2f}")
    return "_".join(parts)


_LISTS = ("batch_loss", "batch_accuracy", "valid_accuracy", "valid_loss")
_NEEDED = (*_LISTS, "valid_after", "epochs", "settings")


def _check(history):
    """Raise TypeError or ValueError if the history cannot be drawn."""
    given.has(history, "a history", _NEEDED, "the one that nn.fit returns")
    if not history.batch_loss:
        raise ValueError("expected a history with at least one mini-batch, got an empty one")
    lengths = {name: len(getattr(history, name)) for name in _LISTS}
    for one, other in (_LISTS[:2], _LISTS[2:]):
        if lengths[one] != lengths[other]:
            raise ValueError(
                "expected a history whose lists belong together, got "
                f"{lengths[one]} entries in {one} and {lengths[other]} in {other}"
            )
    for name in _LISTS[:3]:
        if lengths[name]:  # NaN is where a training diverged
            given.array(getattr(history, name), name, ("n",), finite=False)


def _sizes(history):
    """Return the network's sizes as texts; where nobody wrote them down, none."""
    sizes = history.settings.get("sizes", [])
    return [str(size) for size in sizes] if isinstance(sizes, (list, tuple)) else []


def _running_mean(values, share=0.02):
    """Return the mean over the last few values (2% of all, at least one) at each point.

    Values that are no finite number, as where a training diverged, are left out.
    """
    values = np.asarray(values, "float64")
    finite = np.isfinite(values)
    width = max(1, int(share * len(values)))
    total = np.cumsum(np.concatenate([[0.0], np.where(finite, values, 0)]))
    count = np.cumsum(np.concatenate([[0], finite]))
    start = np.maximum(np.arange(1, len(values) + 1) - width, 0)
    stop = np.arange(1, len(values) + 1)
    n = count[stop] - count[start]
    return np.where(n, total[stop] - total[start], math.nan) / np.maximum(n, 1)
