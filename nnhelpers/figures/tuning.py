"""A search for hyperparameters (notebook 11)."""

import math

import numpy as np

from . import given
from .style import COLORS, MARKERS, Picture, bare, new_figure


def plot_tuning(study):
    """Draw what a search tried and found: each trial a line, each hyperparameter an upright axis.

    The darker and thicker a line, the higher its validation accuracy, the last axis; what was
    stopped early is thin and dotted, and has no place on that axis. On the right, how much each
    hyperparameter matters for being among the best trials (PED-ANOVA, from Optuna), where at least
    two trials are complete and more than one hyperparameter varies. Source: notebook 11, "What
    mattered".

    Parameters
    ----------
    study : optuna.Study
        From :func:`tune`.

    Returns
    -------
    Picture

    Raises
    ------
    ValueError
        If no trial is complete, or no hyperparameter varies.
    """
    _check_study(study)
    complete = [trial for trial in study.trials if trial.state.name == "COMPLETE"]
    pruned = [trial for trial in study.trials if trial.state.name == "PRUNED"]
    axes_of = {}  # hyperparameter -> its distribution, if it varies and all complete trials have it
    for trial in complete + pruned:
        axes_of |= {name: d for name, d in trial.distributions.items() if not d.single()}
    names = [name for name in axes_of if all(name in trial.params for trial in complete)]
    if not complete or not names:
        raise ValueError(
            "expected a study with at least one complete trial and one hyperparameter that varies, "
            f"got {len(complete)} complete trials and {names}"
        )
    importance = tuning_importance(study, names)
    figure, axes = new_figure(1, 2 if importance else 1, (11, 3.8), squeeze=False,
                              width_ratios=[3, 1] if importance else None)  # fmt: skip
    _draw_parallel(axes[0, 0], complete, pruned, {name: axes_of[name] for name in names})
    alt = (
        f"The trials of a search as lines across upright axes: {', '.join(names)}, and last the "
        "validation accuracy. The dark lines of the best trials show which values go with it."
    )
    if importance:
        right = axes[0, 1]
        ranked = sorted(importance, key=importance.get)
        bars = right.barh(ranked, [importance[name] for name in ranked], color="0.35")
        right.bar_label(bars, fmt="{:.0%}", padding=3)
        right.set(title="Importance", xticks=[], xlim=(0, 1.25 * max(importance.values())))
        right.spines["bottom"].set_visible(False)
        right.grid(False)
        alt += " Bars beside it show how much each hyperparameter matters."
    return Picture(figure, alt)


def tuning_importance(study, names=None):
    """Return a dict: how much each hyperparameter matters for being among the best trials.

    The shares sum to 1. The dict is empty where there is nothing to compare: fewer than two
    complete trials, or fewer than two hyperparameters. ``names`` are those to compare, by default
    all.
    """
    import optuna  # imported on use: only a study brings one here

    _check_study(study)
    complete = [trial for trial in study.trials if trial.state.name == "COMPLETE"]
    unknown = set(names or ()) - {name for trial in complete for name in trial.params}
    if complete and unknown:
        raise ValueError(
            f"expected names of hyperparameters that the study varied, got {sorted(unknown)}"
        )
    if len(complete) < 2:
        return {}
    # The evaluator is named, because another one of Optuna's needs scikit-learn.
    evaluator = optuna.importance.PedAnovaImportanceEvaluator()
    importance = optuna.importance.get_param_importances(study, evaluator=evaluator, params=names)
    return importance if len(importance) > 1 else {}


def _check_study(study):
    given.has(study, "a study", ("trials", "directions"), "the one that nn.tune returns")
    if len(study.directions) != 1:
        raise ValueError(f"expected a study of one number, got one of {len(study.directions)}")


def _draw_parallel(ax, complete, pruned, axes_of):
    """Draw the trials as lines across upright axes, the last one for the accuracy."""
    values = np.array([trial.value for trial in complete])
    low, high = values.min(), values.max()
    last = len(axes_of)
    for trial in pruned:
        heights = [_height(d, trial.params[name]) for name, d in axes_of.items()
                   if name in trial.params]  # fmt: skip
        if len(heights) == last:
            ax.plot(range(last), heights, color="0.6", lw=0.7, ls=":")
    order = np.argsort(-values, kind="stable")[::-1]  # the best comes last, on top
    ranks = np.linspace(1, 0, len(values))[::-1]  # a single trial has rank 1
    for i, rank in zip(order, ranks, strict=True):
        heights = [_height(d, complete[i].params[name]) for name, d in axes_of.items()]
        heights.append((values[i] - low) / (high - low) if high > low else 1)
        ax.plot(range(last + 1), heights, color=str(0.75 * (1 - rank)), lw=0.8 + 1.7 * rank)
    for place, d in enumerate(axes_of.values()):
        for value in d.choices if hasattr(d, "choices") else (d.low, d.high):
            number = isinstance(value, (int, float)) and not isinstance(value, bool)
            _axis_label(ax, place, _height(d, value), f"{value:g}" if number else str(value))
    _axis_label(ax, last, 1, f"{high:.1%}")
    if high > low:
        _axis_label(ax, last, 0, f"{low:.1%}")
    for place in range(last + 1):
        ax.axvline(place, color="black", lw=0.8, zorder=0)
    scales = [f"{name}\n(log)" if getattr(d, "log", False) else name for name, d in axes_of.items()]
    bare(ax)
    ax.set_xticks(range(last + 1), [*scales, "accuracy"])
    ax.tick_params(length=0)
    ax.set(xlim=(-0.25, last + 0.45), ylim=(-0.07, 1.07),
           title="Trials: dark is accurate, dotted was stopped early")  # fmt: skip


def _height(distribution, value):
    """Return how high the value is on its axis, from 0 to 1."""
    if hasattr(distribution, "choices"):
        return distribution.choices.index(value) / (len(distribution.choices) - 1)
    scale = math.log if distribution.log else float
    low, high = scale(distribution.low), scale(distribution.high)
    return (scale(value) - low) / (high - low)


def _axis_label(ax, place, height, text):
    box = {"boxstyle": "round,pad=0.1", "fc": "white", "ec": "none", "alpha": 0.8}
    ax.text(place + 0.05, height, text, fontsize=10, va="center", zorder=5, bbox=box)


def plot_projections(designs):
    """Draw sets of points in the unit square, each below the curve that its columns sample.

    ``designs`` goes from a title to points of shape (n, 2). The curve depends on the first
    coordinate alone: points above each other tell the same about it.
    """
    given.mapping(designs, "designs", "{'grid': points}, points of shape (n, 2)")
    designs = {title: given.array(points, f"the points of {title!r}", ("n", 2))
               for title, points in designs.items()}  # fmt: skip
    figure, axes = new_figure(2, len(designs), (9, 4.6), height_ratios=[1, 1.9], sharex=True,
                              squeeze=False)  # fmt: skip
    x = np.linspace(0, 1, 201)

    def accuracy(x):
        return 0.12 + 0.75 * np.exp(-(((x - 0.69) / 0.075) ** 2))

    for column, (title, points) in enumerate(designs.items()):
        above, below = axes[:, column]
        below.vlines(points[:, 0], points[:, 1], 1.04, color="0.6", lw=0.8, ls=":")
        above.vlines(points[:, 0], 0, accuracy(points[:, 0]), color="0.6", lw=0.8, ls=":")
        above.plot(x, accuracy(x), color="black", lw=1.2)
        for ax, heights in ((above, accuracy(points[:, 0])), (below, points[:, 1])):
            ax.plot(points[:, 0], heights, ls="", marker=MARKERS[column % len(MARKERS)],
                    color=COLORS[column % len(COLORS)], ms=8, mec="white")  # fmt: skip
            ax.grid(False)
        above.set(ylim=(0, 1), yticks=[], title=title)
        below.set(xlim=(0, 1), ylim=(-0.04, 1.04), xticks=[], yticks=[])
        below.set_xlabel("the one that matters")
    axes[0, 0].set_ylabel("accuracy")
    axes[1, 0].set_ylabel("the one that does not")
    return Picture(
        figure,
        "Two squares with nine points each, below a curve with a narrow peak. The grid's points "
        "stand in three columns and sample the curve at three places, beside the peak; the random "
        "points sample it at nine places, one of them on the peak.",
    )
