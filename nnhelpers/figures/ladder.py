"""The ladder of notebook 13, beside what others have published."""

import math

from .style import COLORS, DASHES, MARKERS, Picture, new_figure

# Accuracies that others published for networks of dense layers, by whether they bent the images.
_RECORDS = {
    "Pixels in any order would do": [
        ("cross-entropy, 2003", 0.984), ("dropout, 2014", 0.9875),
        ("with max-norm, 2014", 0.9894), ("maxout, 2013", 0.9906),
        ("ladder networks, 2015", 0.9943),
    ],
    "Images that are moved or bent": [
        ("elastic, 2003", 0.993), ("deep, big, simple, 2010", 0.9965),
    ],
}  # fmt: skip
_ACCURACIES = [0.95, 0.96, 0.97, 0.98, 0.985, 0.99, 0.993, 0.995, 0.9965, 0.998, 0.999]


def plot_record(results):
    """Draw the ladder: each rung's mean test accuracy ± standard error, beside what others reached.

    Rungs that know nothing of the pixels' neighbours are above, those whose images are shifted or
    bent below. The scale is that of the mistakes' logarithm: halving them is the same step
    everywhere. A rung with one seed is a hollow point without a bar. Source: notebook 13, "The
    ladder, measured".

    Parameters
    ----------
    results : list of dict
        From :func:`nnhelpers.studies.results.read_results`. Only whole runs count, no experiments.

    Returns
    -------
    Picture
    """
    from ..studies.recipes import RUNGS, knows_neighbours
    from ..studies.results import NEEDED, in_percent, summary

    for result in results if isinstance(results, (list, tuple)) else [results]:
        if not isinstance(result, dict) or not set(NEEDED) <= set(result):
            raise ValueError(
                f"expected results from read_results, each with {', '.join(NEEDED)}, got "
                f"{str(result):.60}"
            )
    found = {name: one for name, one in summary(results).items() if name != "tiny"}
    groups = ({}, {})
    for name, one in found.items():
        groups[knows_neighbours(name)][name] = one
    heights = [max(len(group), 2) for group in groups]
    figure, axes = new_figure(2, 1, (10, 2.6 + 0.32 * sum(heights)), sharex=True,
                              height_ratios=[height + 0.4 for height in heights])  # fmt: skip
    accuracies = [one["test"][0] for one in found.values()]
    accuracies += [mark for marks in _RECORDS.values() for _, mark in marks]
    worst, best = (100 * (1 - pick(accuracies)) for pick in (min, max))
    for ax, group, (title, marks) in zip(axes, groups, _RECORDS.items(), strict=True):
        _draw_marks(ax, marks)
        for place, one in enumerate(group.values()):
            _draw_rung(ax, place, one)
            runs = f"{one['runs']} seeds" if one["runs"] > 1 else "one seed"
            ax.text(1.01, place, f"{in_percent(one['test'])}, {runs}", va="center", fontsize=10,
                    transform=ax.get_yaxis_transform())  # fmt: skip
        ax.set_yticks(range(len(group)), [RUNGS[name].adds for name in group])
        ax.set(ylim=(max(len(group), 2) - 0.3, -0.7), xscale="log")
        ax.set_ylabel(title.replace(" would do", "\nwould do").replace(" moved", "\nmoved"),
                      fontsize=10)  # fmt: skip
        if not group:
            ax.text(0.5, 0.5, "no rung measured so far", transform=ax.transAxes, ha="center",
                    va="center", color="0.35")  # fmt: skip
        ax.minorticks_off()
    figure.align_ylabels(axes)
    axes[1].set_xticks([100 * (1 - one) for one in _ACCURACIES],
                       [f"{100 * one:g}" for one in _ACCURACIES])  # fmt: skip
    axes[1].set_xlim(1.12 * worst, best / 1.15)  # from many mistakes to few
    axes[1].set_xlabel("test accuracy in %, mean ± standard error over the seeds")
    return Picture(
        figure,
        "The rungs of the ladder, one below the other, with their test accuracies: above those "
        "without, below those with images that are moved or bent, which reach further to the "
        "right. Upright lines mark what others have published.",
    )


def _draw_marks(ax, marks):
    """Draw an upright line for each published accuracy, with its name above."""
    for i, (name, accuracy) in enumerate(marks):
        ax.axvline(100 * (1 - accuracy), color=COLORS[1], lw=1.1, ls=DASHES[1 + i % 3], zorder=1)
        ax.annotate(name, (100 * (1 - accuracy), 1), (2, 3), xycoords=("data", "axes fraction"),
                    textcoords="offset points", rotation=40, rotation_mode="anchor", fontsize=10,
                    color=COLORS[1], annotation_clip=False)  # fmt: skip


def _draw_rung(ax, place, one):
    """Draw the mean test accuracy of a rung as a point, with its standard error if it has one."""
    mean, error = one["test"]
    mistakes = 100 * (1 - mean)
    alone = math.isnan(error)
    if not alone:
        ax.errorbar(mistakes, place, xerr=100 * error, color=COLORS[0], capsize=4, lw=1.6)
    ax.plot(mistakes, place, MARKERS[0], color=COLORS[0], ms=8, mew=1.6, zorder=4,
            mfc="white" if alone else COLORS[0])  # fmt: skip
