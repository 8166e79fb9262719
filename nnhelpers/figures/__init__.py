"""Every figure of the course: one style, readable in grey, with a text for those who cannot see it.

Figures are drawn without pyplot, so nothing is global, and are returned as a :class:`Picture`. A
picture at the end of a cell shows itself; ``picture.save(name)`` puts it under ``img/``.
"""

import base64
import contextlib
import io
import math
import re
import threading
from pathlib import Path

import matplotlib
import numpy as np
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure

from ..backend import asnumpy, get_array_module

IMG_FOLDER = Path(__file__).resolve().parents[2] / "img"

# Okabe and Ito's colours, which the colour-blind tell apart, in an order of falling darkness where
# neighbours differ in grey too. Lines also differ in dashes, and points in shape.
COLORS = ["#0072B2", "#D55E00", "#000000", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#F0E442"]
DASHES = ["-", "--", ":", "-.", (0, (5, 1)), (0, (3, 1, 1, 1)), (0, (1, 1)), (0, (8, 3))]
MARKERS = ["o", "^", "s", "D", "v", "P", "X", "*", "<", ">"]
# For weights and gradients, where the sign matters: from blue through white to orange. Full blue is
# far darker than full orange, so that the ends differ in grey too. The widgets have the same.
BELOW, ABOVE = "#084081", "#F08A24"
DIVERGING = LinearSegmentedColormap.from_list("minus-plus", [BELOW, "#FFFFFF", ABOVE])
STYLE = {
    "font.size": 11,
    "axes.titlesize": 12,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "grid.alpha": 0.25,
    "legend.frameon": False,
    "image.cmap": "gray_r",
    "figure.dpi": 100,
    "figure.facecolor": "white",
    "savefig.facecolor": "white",
}
_drawing = threading.RLock()


@contextlib.contextmanager
def styled():
    """In the course's style, one thread at a time, and then back to what was set before.

    Matplotlib has one set of settings for all threads. Widgets draw on threads of their own: of two
    that overlap, the later one would put back, for good, what the other had set for a while.
    """
    with _drawing, matplotlib.rc_context(STYLE):
        yield


class Picture:
    """A Matplotlib figure with a text that says what it shows.

    Parameters
    ----------
    figure : matplotlib.figure.Figure
    alt : str
        One or two sentences: what is drawn, and what is to be seen. It is read out to the blind,
        stands in for the figure in a terminal, and is compared when the notebooks are tested; so it
        holds no number that differs from machine to machine.
    """

    def __init__(self, figure, alt):
        self.figure, self.alt, self.path = figure, " ".join(alt.split()), None

    def png(self):
        """Return the figure as the bytes of a PNG file."""
        buffer = io.BytesIO()
        # Without the library's version in the file, the same figure gives the same bytes.
        with styled():
            self.figure.savefig(buffer, format="png", metadata={"Software": None})
        return buffer.getvalue()

    def save(self, name, folder=IMG_FOLDER):
        """Write the figure to ``folder/name.png`` and return the path.

        Characters that some file system refuses are replaced by a dash.
        """
        folder = Path(folder)
        folder.mkdir(parents=True, exist_ok=True)
        self.path = folder / (re.sub(r"[^\w.+=-]+", "-", name).strip("-.") + ".png")
        self.path.write_bytes(self.png())
        return self.path

    def _repr_mimebundle_(self, include=None, exclude=None):
        png = base64.b64encode(self.png()).decode()
        return {"text/plain": repr(self), "image/png": png}, {"image/png": {"alt": self.alt}}

    def __repr__(self):
        return f"[figure] {self.alt}"


def new_figure(rows=1, columns=1, size=(8, 3.5), **options):
    """Return (figure, axes) in the course's style: what ``plt.subplots`` returns, without pyplot.

    ``size`` is in inches at 100 dots an inch; ``options`` go to ``Figure.subplots``.
    """
    with styled():
        figure = Figure(figsize=size, layout="constrained")
        axes = figure.subplots(rows, columns, **options)
    return figure, axes


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


def show_digits(X, titles=None, columns=10, alt="Handwritten digits.", size=1.0):
    """Draw the rows of ``X``, shape (N, 784), as images of 28 by 28, ink black on white.

    ``titles`` is one text for each; ``size`` is the width of one image in inches.
    """
    X = asnumpy(X)
    rows = -(-len(X) // columns)
    height = size * (1.3 if titles is not None else 1.05)
    figure, axes = new_figure(rows, columns, (columns * size, rows * height), squeeze=False)
    for i, ax in enumerate(axes.flat):
        ax.set_axis_off()
        if i < len(X):
            ax.imshow(X[i].reshape(28, 28), cmap="gray_r", vmin=0, vmax=1, interpolation="nearest")
            if titles is not None:
                ax.set_title(str(titles[i]), fontsize=10)
    return Picture(figure, alt)


def draw_points(ax, X, y, size=18):
    """Draw the points ``X`` (N, 2) on ``ax``: each class has its own colour and its own shape.

    From the ninth class on the colours begin again, with other shapes.
    """
    X, y = asnumpy(X), asnumpy(y)
    for k in range(int(y.max()) + 1):
        ax.scatter(*X[y == k].T, s=size, marker=MARKERS[k % len(MARKERS)], edgecolors="white",
                   color=COLORS[k % len(COLORS)], linewidths=0.4, label=f"class {k}")  # fmt: skip


def draw_boundary(ax, net, X, y, grid=120):
    """Draw on ``ax`` what ``net`` says everywhere in the plane around the points ``X`` (N, 2).

    Each place has its class's colour, the stronger the surer the network is; black lines mark where
    it changes its mind.
    """
    low, high = asnumpy(X).min(axis=0) - 0.25, asnumpy(X).max(axis=0) + 0.25
    u, v = (np.linspace(low[i], high[i], grid) for i in (0, 1))
    places = np.stack(np.meshgrid(u, v), axis=-1).reshape(-1, 2).astype("float32")
    P = asnumpy(net.predict_proba(get_array_module(net.theta).asarray(places)))
    sure = (P.max(axis=1) - 1 / P.shape[1]) / (1 - 1 / P.shape[1])
    colors = np.array([matplotlib.colors.to_rgb(color) for color in COLORS])
    strength = (0.08 + 0.42 * sure)[:, None]
    image = 1 - strength * (1 - colors[P.argmax(axis=1) % len(COLORS)])
    extent = (low[0], high[0], low[1], high[1])
    ax.imshow(image.reshape(grid, grid, 3), origin="lower", extent=extent, aspect="auto",
              interpolation="bilinear")  # fmt: skip
    for k in range(P.shape[1]):
        others = np.delete(P, k, axis=1).max(axis=1)
        ax.contour(u, v, (P[:, k] - others).reshape(grid, grid), [0], colors="black",
                   linewidths=0.8)  # fmt: skip
    draw_points(ax, X, y)
    ax.grid(False)
    ax.set(xlim=extent[:2], ylim=extent[2:])


def plot_boundary(net, X, y, title="", alt="The network's classes in the plane, with the points."):
    """Draw what a network with two inputs says everywhere, and the points; return a Picture."""
    figure, ax = new_figure(size=(5, 4.2))
    draw_boundary(ax, net, X, y)
    ax.set(title=title, xlabel="first input", ylabel="second input")
    ax.legend(loc="upper right", framealpha=0.8, frameon=True)
    return Picture(figure, alt)


def draw_matrix(ax, M, limit=None, colorbar=True):
    """Draw the matrix ``M`` on ``ax``: orange above zero, blue below, white at zero.

    ``limit`` is the value of the full colour, by default the largest absolute element.
    """
    M = asnumpy(M)
    limit = limit or float(np.abs(M).max()) or 1.0
    image = ax.imshow(M, cmap=DIVERGING, vmin=-limit, vmax=limit, aspect="auto",
                      interpolation="nearest")  # fmt: skip
    ax.grid(False)
    if colorbar:
        ax.figure.colorbar(image, ax=ax)
    return image


def draw_chain(ax, boxes, forward, backward):
    """Draw boxes in a row; above, arrows to the right; below, arrows back to the left.

    ``boxes`` holds one text for each box; ``forward`` and ``backward`` one text for each gap.
    """
    ax.set_axis_off()
    ax.set(xlim=(-0.45, len(boxes) - 0.55), ylim=(-1, 1))
    for i, text in enumerate(boxes):
        ax.text(i, 0, text, ha="center", va="center", fontsize=14,
                bbox={"boxstyle": "round,pad=0.45", "fc": "white", "ec": "black"})  # fmt: skip
    for i, (there, back) in enumerate(zip(forward, backward, strict=True)):
        for text, height, color, dash, ends in (
            (there, 0.36, COLORS[0], "-", (i + 0.1, i + 0.9)),
            (back, -0.36, COLORS[1], "--", (i + 0.9, i + 0.1)),
        ):
            style = {"arrowstyle": "-|>", "color": color, "lw": 1.8, "ls": dash,
                     "connectionstyle": "arc3,rad=-0.25", "mutation_scale": 16}  # fmt: skip
            ax.annotate("", (ends[1], height), (ends[0], height), arrowprops=style)
            ax.text(i + 0.5, 2.1 * height, text, ha="center", va="center", fontsize=13, color=color)


# --- The errors of a gradient check (notebook 06) -------------------------------------------------


_GREEK = {"gamma": "γ", "beta": "β"}


def draw_gradient_report(figure, report, numbers=True):
    """Draw the errors of a :class:`GradientReport` on an empty figure: layers side by side.

    Each layer is a map of its W, inputs as rows and units as columns, with its b as a strip below,
    and γ and β of the batch normalization that follows it. Nearly white: right, to within the
    report's tolerance. From orange to black: wrong; NaN is black. ``numbers`` adds the smallest and
    the largest error under each map.
    """
    colors = _error_colors(report.tolerance)
    norm = matplotlib.colors.LogNorm(1e-16, 1)
    maps, last = [], None  # of each layer with W: (name, errors as a matrix), what follows included
    for name, errors in report.per_parameter.items():
        layer, parameter = name.rsplit(".", 1)
        if not maps or (layer != last and f"{layer}.W" in report.per_parameter):
            maps.append([])
        last = layer
        # NaN would be left white: it is made the largest error.
        errors = np.nan_to_num(np.atleast_2d(errors), nan=1.0, posinf=1.0)
        maps[-1].append((parameter, errors))
    widths = [parts[0][1].shape[1] for parts in maps]
    axes = figure.subplots(1, len(maps), squeeze=False, width_ratios=widths)[0]
    first = int("W" in dict(maps[0]))  # or 0: batch normalization of the inputs themselves
    for number, (ax, n_out, parts) in enumerate(zip(axes, widths, maps, strict=True), first):
        n_in = max(len(errors) for _, errors in parts)
        gap, strip = 0.04 * n_in, 0.16 * n_in  # between W and b, and the height of b
        names, middles, bottom = [], [], -gap
        for name, errors in parts:
            top = bottom + gap
            bottom = top + (n_in if name == "W" else strip)
            names.append(_GREEK.get(name, name) + str(number))
            middles.append((top + bottom) / 2)
            image = ax.imshow(np.clip(errors, 1e-16, 1), cmap=colors, norm=norm, aspect="auto",
                              interpolation="nearest", extent=(0, n_out, bottom, top))  # fmt: skip
            ax.add_patch(matplotlib.patches.Rectangle(
                (0, bottom), n_out, top - bottom, fill=False, clip_on=False))  # fmt: skip
        ax.set(xlim=(0, n_out), ylim=(bottom, 0), xticks=[], yticks=[])
        ax.grid(False)
        ax.spines[:].set_visible(False)
        if numbers:
            together = np.concatenate([errors.ravel() for _, errors in parts])
            least, largest = _short(together.min()), _short(together.max())
            ax.set(title=f"layer {number}: {n_in} → {n_out}" if number else f"{n_out} inputs",
                   xlabel=f"errors {least} to {largest}")  # fmt: skip
            ax.set_yticks(middles, names)
            ax.tick_params(length=0)
    if numbers:
        ticks = [1e-16, report.tolerance, 1e-4, 1e-2, 1]
        bar = figure.colorbar(image, ax=axes, ticks=ticks, label="relative error", pad=0.02)
        bar.ax.minorticks_off()


def plot_gradient_report(report, alt, size=(9, 3.8)):
    """Draw the errors of one :class:`GradientReport` as a :class:`Picture`."""
    with styled():
        figure = Figure(figsize=size, layout="constrained")
        draw_gradient_report(figure, report)
    return Picture(figure, alt)


def plot_gradient_reports(reports, alt, columns=5, size=(10, 4.2)):
    """Draw many reports as small maps without numbers: ``reports`` goes from title to report."""
    with styled():
        figure = Figure(figsize=size, layout="constrained")
        rows = -(-len(reports) // columns)
        parts = figure.subfigures(rows, columns, wspace=0.06, hspace=0.06, squeeze=False)
        for part, (title, report) in zip(parts.flat, reports.items(), strict=False):
            part.suptitle(str(title), fontsize=12)
            draw_gradient_report(part, report, numbers=False)
    return Picture(figure, alt)


def _error_colors(tolerance):
    """From white to pale up to the tolerance, then from orange to black: darker is always worse."""
    at, rough, bad = (1 + np.log10(error) / 16 for error in (tolerance, 1e-3, 0.05))
    stops = [(0, "#FFFFFF"), (at, "#E3EDF5"), (at, "#FCDDB0"), (rough, "#F5A04C"),
             (bad, "#D2401E"), (1, "#3A0610")]  # fmt: skip
    return LinearSegmentedColormap.from_list("errors", stops, N=512)


def _short(error):
    """0.71, 3e-05, or 0 for what is only rounding: short enough to stand under a small map."""
    return "0" if error < 1e-9 else f"{error:.2f}" if error >= 0.005 else f"{error:.0e}"


# --- A layer and a network (notebook 01) ----------------------------------------------------------


def draw_layer(X, W, b):
    """Return a figure of Z = XW + b with all its numbers; what makes the first one is framed."""
    X, W, b = asnumpy(X), asnumpy(W), asnumpy(b)[None, :]
    parts = {"X": X, "W": W, "b": b, "Z": X @ W + b}
    framed = {"X": (1, X.shape[1]), "W": (len(W), 1), "b": (1, 1), "Z": (1, 1)}
    with styled():
        figure = Figure(figsize=(9, 2.6), layout="constrained")
        axes = figure.subplots(1, 4, width_ratios=[M.shape[1] for M in parts.values()])
    limit = max(np.abs(M).max() for M in parts.values())
    tallest = max(len(M) for M in parts.values())
    for ax, sign, (name, M) in zip(axes, ["", "×", "+", "="], parts.items(), strict=True):
        rows, columns = M.shape
        draw_matrix(ax, M, limit=2 * limit, colorbar=False)
        for n, j in np.ndindex(M.shape):
            text = f"{M[n, j]:g}".replace("-", "−")
            ax.text(j, n, text, ha="center", va="center", fontsize=12)
        height, width = framed[name]
        ax.add_patch(matplotlib.patches.Rectangle(
            (-0.47, -0.47), width - 0.06, height - 0.06, fill=False, lw=3,
            color=COLORS[2]))  # fmt: skip
        ax.text(-0.62, 0, sign, ha="right", va="center", fontsize=20)
        shape = f"({columns},)" if name == "b" else f"({rows}, {columns})"
        ax.set(title=f"{name}  {shape}", xticks=[], yticks=[])
        ax.set(xlim=(-0.95, columns - 0.45), ylim=(tallest - 0.45, -0.55))
        ax.spines[:].set_visible(False)
    return figure


def draw_network(ax, parameters, names=("inputs", "hidden", "outputs")):
    """Draw neurons as circles and weights as lines on ``ax``; parameters are pairs (W, b).

    Orange is positive, blue and dashed negative; the thicker, the larger.
    """
    sizes = [len(parameters[0][0]), *(W.shape[1] for W, b in parameters)]
    places = [np.arange(size) - (size - 1) / 2 for size in sizes]
    for layer, (W, _) in enumerate(parameters):
        W = asnumpy(W)
        for i, j in np.ndindex(W.shape):
            ax.plot([layer, layer + 1], [-places[layer][i], -places[layer + 1][j]],
                    lw=0.4 + 2.5 * abs(W[i, j]) / np.abs(W).max(), zorder=1,
                    color=ABOVE if W[i, j] > 0 else BELOW,
                    ls="-" if W[i, j] > 0 else "--")  # fmt: skip
    for layer, ys in enumerate(places):
        ax.scatter([layer] * len(ys), -ys, s=420, color="white", edgecolors="black", zorder=2)
        name = names[min(layer, 1)] if layer < len(sizes) - 1 else names[-1]
        ax.text(layer, max(sizes) / 2 + 0.25, f"{len(ys)} {name}", ha="center", fontsize=12)
    ax.set(xlim=(-0.3, len(sizes) - 0.7), ylim=(-max(sizes) / 2 - 0.1, max(sizes) / 2 + 0.6))
    ax.set_axis_off()


# --- A search for hyperparameters (notebook 11) ---------------------------------------------------


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

    complete = [trial for trial in study.trials if trial.state.name == "COMPLETE"]
    if len(complete) < 2:
        return {}
    # The evaluator is named, because another one of Optuna's needs scikit-learn.
    evaluator = optuna.importance.PedAnovaImportanceEvaluator()
    importance = optuna.importance.get_param_importances(study, evaluator=evaluator, params=names)
    return importance if len(importance) > 1 else {}


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
        ends = d.choices if hasattr(d, "choices") else (d.low, d.high)
        for value in ends:
            _axis_label(ax, place, _height(d, value), f"{value:g}" if _is_number(value) else value)
    _axis_label(ax, last, 1, f"{high:.1%}")
    if high > low:
        _axis_label(ax, last, 0, f"{low:.1%}")
    for place in range(last + 1):
        ax.axvline(place, color="black", lw=0.8, zorder=0)
    scales = [f"{name}\n(log)" if getattr(d, "log", False) else name for name, d in axes_of.items()]
    ax.set_xticks(range(last + 1), [*scales, "accuracy"])
    ax.tick_params(length=0)
    ax.set(xlim=(-0.25, last + 0.45), ylim=(-0.07, 1.07), yticks=[])
    ax.set(title="Trials: dark is accurate, dotted was stopped early")
    ax.spines[:].set_visible(False)
    ax.grid(False)


def _height(distribution, value):
    """Return where the value stands on its axis, from 0 to 1."""
    if hasattr(distribution, "choices"):
        return distribution.choices.index(value) / (len(distribution.choices) - 1)
    scale = math.log if distribution.log else float
    low, high = scale(distribution.low), scale(distribution.high)
    return (scale(value) - low) / (high - low)


def _is_number(value):
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _axis_label(ax, place, height, text):
    box = {"boxstyle": "round,pad=0.1", "fc": "white", "ec": "none", "alpha": 0.8}
    ax.text(place + 0.05, height, str(text), fontsize=10, va="center", zorder=5, bbox=box)


# --- The graph of batch normalization (notebook 09) -----------------------------------------------

# Name, formula, shape, place and half the width of each node's box.
_BATCH_NORM_NODES = [
    ("X", "", "(N, n)", 0, 1, 0.2),
    ("mean", "(1/N) Σ X", "(n,)", 0.8, 0, 0.52),
    ("D", "X − mean", "(N, n)", 1.65, 1, 0.45),
    ("Q", "D²", "(N, n)", 2.35, 0, 0.27),
    ("var", "(1/N) Σ Q", "(n,)", 3.5, 0, 0.47),
    ("s", "1/√(var + ε)", "(n,)", 4.9, 0, 0.5),
    ("Xhat", "D · s", "(N, n)", 4.9, 1, 0.4),
    ("S", "γ · Xhat", "(N, n)", 6.25, 1, 0.4),
    ("A", "S + β", "(N, n)", 7.5, 1, 0.36),
    ("γ", "", "(n,)", 6.25, 0, 0.17),
    ("β", "", "(n,)", 7.5, 0, 0.17),
]
_BATCH_NORM_EDGES = [("X", "mean"), ("X", "D"), ("mean", "D"), ("D", "Q"), ("Q", "var"),
                     ("var", "s"), ("D", "Xhat"), ("s", "Xhat"), ("Xhat", "S"), ("γ", "S"),
                     ("S", "A"), ("β", "A")]  # fmt: skip


def draw_batch_norm_graph(ax):
    """Draw batch normalization as a graph: forward in solid blue, gradients back in dashed orange.

    The nodes are numbered as the way back meets them.
    """
    numbers = {"A": 1, "S": 2, "Xhat": 3, "s": 4, "var": 5, "Q": 6, "D": 7, "mean": 8}
    places = {node[0]: node[3:] for node in _BATCH_NORM_NODES}
    for start, end in _BATCH_NORM_EDGES:
        (x0, y0, half0), (x1, y1, half1) = places[start], places[end]
        if y0 == y1:  # from the side of one box to the side of the next
            ends, aside = ((x0 + half0 + 0.03, y0), (x1 - half1 - 0.03, y1)), (0, 0.05)
        else:  # from above to below, or the other way round
            lean, height = 0.12 * (x1 - x0), 0.21 if y1 > y0 else -0.21
            ends, aside = ((x0 + lean, y0 + height), (x1 - lean, y1 - height)), (0.07, 0)
        ways = [(*ends, 1, COLORS[0], "-"), (*ends[::-1], -1, COLORS[1], "--")]
        for a, b, sign, color, dash in ways:
            a, b = ((x - sign * aside[0], y + sign * aside[1]) for x, y in (a, b))
            style = {"arrowstyle": "-|>", "color": color, "lw": 1.6, "ls": dash, "shrinkA": 0,
                     "shrinkB": 0, "mutation_scale": 14}  # fmt: skip
            ax.annotate("", b, a, arrowprops=style)
    for name, formula, shape, x, y, _half in _BATCH_NORM_NODES:
        text = f"{name} = {formula}\n{shape}" if formula else f"{name}\n{shape}"
        ax.text(x, y, text, ha="center", va="center", fontsize=10.5,
                bbox={"boxstyle": "round,pad=0.3", "fc": "white", "ec": "black"})  # fmt: skip
        label = f"node {numbers[name]}:  d{name}" if name in numbers else f"d{name}"
        ax.text(x, y + (0.31 if y else -0.31), label, ha="center", va="center", fontsize=10.5,
                color=COLORS[1])  # fmt: skip
    ax.set_axis_off()
    ax.set(xlim=(-0.3, 7.95), ylim=(-0.42, 1.42))


# --- Paths downhill (notebook 08) -----------------------------------------------------------------


def draw_descents(ax, cost, paths, box, grid=100):
    """Draw lines of equal cost on ``ax``, and paths of descent with a dot where each has come to.

    Parameters
    ----------
    ax : matplotlib axes
    cost : function
        From places, shape (..., 2), to their costs, shape (...).
    paths : dict
        From a name to the places of one path, shape (steps + 1, 2).
    box : (float, float, float, float)
        What is shown: the first parameter from and to, the second from and to.
    grid : int, default 100
        The cost is computed at this many places along each axis.
    """
    u, v = np.linspace(*box[:2], grid), np.linspace(*box[2:], grid)
    J = cost(np.stack(np.meshgrid(u, v), axis=-1))
    # The same area of the picture between any two lines, whatever the costs are.
    levels = np.quantile(J, [0.01, 0.04, 0.09, 0.16, 0.25, 0.36, 0.49, 0.64, 0.81])
    ax.contour(u, v, J, levels, colors="0.6", linewidths=0.7)
    known = ["SGD", "Momentum", "RMSprop", "Adam"]
    for i, (name, path) in enumerate(paths.items()):
        look = known.index(name) if name in known else i % len(COLORS)
        color, marker = COLORS[look], MARKERS[look]
        ax.plot(*path.T, color=color, ls=DASHES[look], lw=1.4)
        ax.plot(*path[-1], color=color, marker=marker, ms=10, mec="white", label=name, zorder=4)
    ax.grid(False)
    ax.set(xlim=box[:2], ylim=box[2:], xlabel="θ₁", ylabel="θ₂")


# --- Masks and opinions (notebook 07) -------------------------------------------------------------


def draw_numbers(ax, M, limit=None):
    """Draw the matrix ``M`` on ``ax`` with its numbers; zeros in grey."""
    draw_matrix(ax, M, limit=limit, colorbar=False)
    for n, j in np.ndindex(M.shape):
        ax.text(j, n, f"{M[n, j]:g}", ha="center", va="center", fontsize=12,
                color="black" if M[n, j] else "gray")  # fmt: skip
    ax.set(xticks=[], yticks=[])


def draw_units(ax, A, mask, loudest, rows=8):
    """Draw the units ``A`` (n,) of one example as a board on ``ax``: dark is loud, a cross dropped.

    ``loudest`` is the value that is drawn black.
    """
    ax.imshow(A.reshape(rows, -1), cmap="gray_r", vmin=0, vmax=loudest)
    row, column = np.nonzero(mask.reshape(rows, -1) == 0)
    ax.plot(column, row, "x", color=COLORS[1], ms=6, mew=1)
    ax.set(xticks=[], yticks=[])
    ax.grid(False)


def draw_opinions(ax, P):
    """Draw the probabilities ``P`` (T, K) of T passes for one example, with mean and spread."""
    T, K = P.shape
    mean, spread = P.mean(axis=0), P.std(axis=0)
    at = np.arange(K) + np.linspace(-0.25, 0.25, T)[:, None]
    ax.plot(at.ravel(), P.ravel(), ".", ms=4, color=COLORS[6], label=f"each of {T} passes")
    ax.errorbar(range(K), mean, spread, fmt="D", color=COLORS[2], capsize=4, label="mean ± spread")
    best = mean.argmax()
    ax.set(xticks=range(K), xlabel="digit", ylabel="probability", ylim=(-0.03, 1.03),
           title=f"says {best}: {mean[best]:.2f} ± {spread[best]:.2f}")  # fmt: skip
    ax.legend(loc="upper center", ncols=2, bbox_to_anchor=(0.5, -0.2))


# --- Looking inside (notebook 10) -----------------------------------------------------------------


def draw_image(ax, picture, signed=False, title=""):
    """Draw 784 numbers on ``ax`` as an image of 28 by 28, the largest in black.

    With ``signed``, zero is grey: black is plus and white is minus, for weights and gradients.
    """
    picture = asnumpy(picture).reshape(28, 28)
    limit = float(np.abs(picture).max()) or 1.0
    ax.imshow(picture, cmap="gray_r", vmin=-limit if signed else 0, vmax=limit,
              interpolation="nearest")  # fmt: skip
    ax.set_title(title, fontsize=10)
    ax.set_axis_off()


def plot_confusion(C, alt):
    """Draw a confusion matrix with its counts; the mistakes are shaded, the right answers bold."""
    C = asnumpy(C)
    mistakes = C - np.diag(np.diag(C))
    figure, ax = new_figure(size=(0.5 * len(C) + 0.6, 0.5 * len(C) + 0.2))
    ax.imshow(mistakes, cmap="gray_r", vmin=0, vmax=1.4 * max(mistakes.max(), 1))
    for i, j in np.ndindex(C.shape):
        dark = mistakes[i, j] > 0.6 * mistakes.max()
        ax.text(j, i, C[i, j], ha="center", va="center", color="white" if dark else "black",
                fontsize=10, weight="bold" if i == j else "normal")  # fmt: skip
    ticks = range(len(C))
    ax.set(xlabel="the network says", ylabel="it is", xticks=ticks, yticks=ticks)
    ax.grid(False)
    return Picture(figure, alt)


# --- Points and what is seen of them from one side (notebook 11) ----------------------------------


def plot_projections(designs):
    """Draw sets of points in the unit square, each below the curve that its columns sample.

    ``designs`` goes from a title to points of shape (n, 2). The curve depends on the first
    coordinate alone: points above each other tell the same about it.
    """
    figure, axes = new_figure(2, len(designs), (9, 4.6), height_ratios=[1, 1.9], sharex=True)
    x = np.linspace(0, 1, 201)

    def accuracy(x):
        return 0.12 + 0.75 * np.exp(-(((x - 0.69) / 0.075) ** 2))

    for column, (title, points) in enumerate(designs.items()):
        above, below = axes[:, column]
        below.vlines(points[:, 0], points[:, 1], 1.04, color="0.6", lw=0.8, ls=":")
        above.vlines(points[:, 0], 0, accuracy(points[:, 0]), color="0.6", lw=0.8, ls=":")
        above.plot(x, accuracy(x), color="black", lw=1.2)
        for ax, heights in ((above, accuracy(points[:, 0])), (below, points[:, 1])):
            ax.plot(points[:, 0], heights, ls="", marker=MARKERS[column], color=COLORS[column],
                    ms=8, mec="white")  # fmt: skip
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


def draw_roofline(ax, peak, bandwidth, places=()):
    """Draw the roof min(peak, I * bandwidth) over the intensity I, and what stands under it.

    ``peak`` is in floating-point operations a second, ``bandwidth`` in bytes a second; ``places``
    are (label, intensity, operations a second).
    """
    intensity = np.geomspace(2**-4, 2**11, 200)
    ax.loglog(intensity, np.minimum(peak, intensity * bandwidth) / 1e9, color="black", lw=2)
    ridge = peak / bandwidth
    ax.axvline(ridge, color="0.6", lw=1, ls=":")
    ax.text(ridge, 0.02, " ridge", transform=ax.get_xaxis_transform(), color="0.35")
    for i, (label, at, rate) in enumerate(places):
        ax.plot(at, rate / 1e9, MARKERS[i % len(MARKERS)], color=COLORS[i % 7], ms=8, ls="none",
                label=label)  # fmt: skip
    rates = [min(peak, bandwidth / 16), peak, *(rate for _, _, rate in places)]
    decades = range(math.floor(math.log10(min(rates) / 1e9)), math.ceil(math.log10(peak / 1e9)) + 1)
    for axis, powers, base in ((ax.xaxis, range(-4, 12, 2), 2.0), (ax.yaxis, decades, 10.0)):
        axis.set_ticks([base**power for power in powers], [f"{base**power:g}" for power in powers])
    ax.minorticks_off()
    ax.set(xlabel="intensity I: operations for each byte moved",
           ylabel="GFLOP in a second")  # fmt: skip
    if places:
        ax.legend(loc="upper left", bbox_to_anchor=(1.0, 1.0))


def draw_time_bars(ax, rows):
    """Draw one bar for each row of parts: dict of dicts of seconds; lengths are shares of the bar.

    Parts whose names begin with the same word have one colour. Parts above five percent carry
    their names; the others stand there in their colour alone.
    """
    shades = [*COLORS[:2], "0.6", *COLORS[3:7]]
    for place, parts in enumerate(rows.values()):
        whole, left, firsts = sum(parts.values()), 0.0, []
        for part, seconds in parts.items():
            share, first = 100 * seconds / whole, part.split()[0]
            firsts += [first] if first not in firsts else []
            ax.barh(place, share, left=left, height=0.6, edgecolor="white", alpha=0.75,
                    color=shades[firsts.index(first) % len(shades)])  # fmt: skip
            if share > 5:
                ax.text(left + share / 2, place, f"{part}\n{share:.0f}%", ha="center", va="center",
                        fontsize=10, rotation=0 if share > 11 else 90)  # fmt: skip
            left += share
    ax.set_yticks(range(len(rows)), list(rows))
    ax.set(xlim=(0, 100), xlabel="share of the step's time in %")
    ax.invert_yaxis()
    ax.grid(False)


# --- The ladder (notebook 13) ---------------------------------------------------------------------

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

    Rungs that know nothing of the pixels' neighbours stand above, those whose images are shifted or
    bent below. The scale is that of the mistakes' logarithm: halving them is the same step
    everywhere. A rung with one seed is a hollow point without a bar. Source: notebook 13, "The
    ladder, measured".

    Parameters
    ----------
    results : list of dict
        From :func:`nnhelpers.studies.ladder.read_results`. Only whole runs of rungs count, no experiments.

    Returns
    -------
    Picture
    """
    from ..studies.ladder import RUNGS, in_percent, knows_neighbours, summary

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
