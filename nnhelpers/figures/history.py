"""The history of a training (notebook 04)."""

import numpy as np

from .style import COLORS, Picture, new_figure


def plot_history(history, save=True):
    """Draw cost and accuracy against mini-batches, and validation accuracy after each epoch.

    The axis of a cost that falls by more than a factor of 100 is logarithmic.

    Parameters
    ----------
    history : History
    save : bool, default True
        Whether to write the figure under ``img/``, with a name that tells the run, such as
        ``784-128-10_epochs40_lr0.04_valid98.10.png``; ``picture.path`` says where.

    Returns
    -------
    Picture

    Raises
    ------
    ValueError
        If the history holds no mini-batch.
    """
    if not history.batch_loss:
        raise ValueError("expected a history with at least one mini-batch, got an empty one")
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
    sizes = "-".join(str(size) for size in history.settings.get("sizes", []))
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
    settings = history.settings
    sizes = [str(size) for size in settings.get("sizes", ["network"])]
    parts = ["-".join(sizes)]
    if len(parts[0]) > 60:  # a name of more than 255 characters cannot be
        parts = [f"{sizes[0]}-...-{sizes[-1]}", f"{len(sizes) - 1}layers"]
    parts.append(f"epochs{history.epochs}")
    if "lr" in settings:
        parts.append(f"lr{settings['lr']:g}")
    if history.valid_accuracy:
        parts.append(f"valid{100 * history.valid_accuracy[-1]:.2f}")
    return "_".join(parts)


def _running_mean(values, share=0.02):
    """Return the mean over the last few values (2% of all, at least one) at each point."""
    width = max(1, int(share * len(values)))
    total = np.cumsum(np.concatenate([[0.0], values]))
    start = np.maximum(np.arange(1, len(values) + 1) - width, 0)
    stop = np.arange(1, len(values) + 1)
    return (total[stop] - total[start]) / (stop - start)
