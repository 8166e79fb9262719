"""Every figure of the course: one style, readable in grey, with a text for those who cannot see it.

Figures are drawn without pyplot, so nothing is global, and are returned as a :class:`Picture`. A
picture at the end of a cell shows itself; ``picture.save(name)`` puts it under ``img/``.
"""

import base64
import io
import re
from pathlib import Path

import matplotlib
import numpy as np
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure

from .backend import asnumpy, get_array_module

IMG_FOLDER = Path(__file__).resolve().parent.parent / "img"

# Okabe and Ito's colours, which the colour-blind tell apart, in an order of falling darkness where
# neighbours differ in grey too. Lines also differ in dashes, and points in shape.
COLORS = ["#0072B2", "#D55E00", "#000000", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#F0E442"]
DASHES = ["-", "--", ":", "-.", (0, (5, 1)), (0, (3, 1, 1, 1)), (0, (1, 1)), (0, (8, 3))]
MARKERS = ["o", "^", "s", "D", "v", "P", "X", "*", "<", ">"]
# From one colour through white to the other: for weights and gradients, where the sign matters.
DIVERGING = LinearSegmentedColormap.from_list("minus-plus", ["#B2182B", "#FFFFFF", "#2166AC"])
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
        with matplotlib.rc_context(STYLE):
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
    with matplotlib.rc_context(STYLE):
        figure = Figure(figsize=size, layout="constrained")
        axes = figure.subplots(rows, columns, **options)
    return figure, axes


def plot_history(history, save=True):
    """Draw cost and accuracy against mini-batches, and validation accuracy after each epoch.

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
    left.plot(steps, history.batch_loss, color=COLORS[6], lw=0.8, alpha=0.7, label="each mini-batch")
    left.plot(steps, _running_mean(history.batch_loss), color=COLORS[0], label="running mean")
    left.set(xlabel="mini-batch", ylabel="cost J", title="Cost", ylim=(0, None))
    left.legend()
    right.plot(steps, _running_mean(history.batch_accuracy), color=COLORS[0],
               label="training, running mean")  # fmt: skip
    if history.valid_accuracy:
        per_epoch = len(steps) / max(history.epochs, 1)
        ends = per_epoch * np.arange(1, len(history.valid_accuracy) + 1)
        right.plot(ends, history.valid_accuracy, color=COLORS[1], ls="--", marker="o", ms=4,
                   label="validation, after each epoch")  # fmt: skip
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
    """Return a name for the run that every file system takes: sizes, epochs, lr, last accuracy."""
    settings = history.settings
    parts = ["-".join(str(size) for size in settings.get("sizes", ["network"]))]
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
    """Draw the points ``X`` (N, 2) on ``ax``: each class has its own colour and its own shape."""
    X, y = asnumpy(X), asnumpy(y)
    for k in range(int(y.max()) + 1):
        ax.scatter(*X[y == k].T, s=size, marker=MARKERS[k], color=COLORS[k], edgecolors="white",
                   linewidths=0.4, label=f"class {k}")  # fmt: skip


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
    colors = np.array([matplotlib.colors.to_rgb(color) for color in COLORS[: P.shape[1]]])
    strength = (0.08 + 0.42 * sure)[:, None]
    image = 1 - strength * (1 - colors[P.argmax(axis=1)])
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
    """Draw the matrix ``M`` on ``ax``: blue above zero, red below, white at zero.

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
        ax.text(i, 0, text, ha="center", va="center", fontsize=12,
                bbox={"boxstyle": "round,pad=0.45", "fc": "white", "ec": "black"})  # fmt: skip
    for i, (there, back) in enumerate(zip(forward, backward, strict=True)):
        for text, height, color, dash, ends in (
            (there, 0.36, COLORS[0], "-", (i + 0.1, i + 0.9)),
            (back, -0.36, COLORS[1], "--", (i + 0.9, i + 0.1)),
        ):
            style = {"arrowstyle": "-|>", "color": color, "lw": 1.8, "ls": dash,
                     "connectionstyle": "arc3,rad=-0.25", "mutation_scale": 16}  # fmt: skip
            ax.annotate("", (ends[1], height), (ends[0], height), arrowprops=style)
            ax.text(i + 0.5, 2.1 * height, text, ha="center", va="center", fontsize=11, color=color)


# --- The errors of a gradient check (notebook 06) -------------------------------------------------


def draw_gradient_report(figure, report, numbers=True):
    """Draw the errors of a :class:`GradientReport` on an empty figure: layers side by side.

    Each layer is a map of its W, inputs as rows and units as columns, with its b as a strip below.
    Nearly white: right, to within the report's tolerance. From orange to black: wrong. ``numbers``
    adds the smallest and the largest error under each map.
    """
    colors = _error_colors(report.tolerance)
    norm = matplotlib.colors.LogNorm(1e-16, 1)
    layers = {name.rsplit(".", 1)[0]: None for name in report.per_parameter}
    maps = [[report.per_parameter[f"{layer}.{name}"] for name in "Wb"] for layer in layers]
    widths = [W.shape[1] for W, b in maps]
    axes = figure.subplots(2, len(maps), squeeze=False, gridspec_kw={
        "width_ratios": widths, "height_ratios": [max(len(W) for W, b in maps), 1],
    })  # fmt: skip
    for column, (W, b) in enumerate(maps):
        for ax, errors, name in zip(axes[:, column], (W, b[None, :]), "Wb", strict=True):
            image = ax.imshow(np.clip(errors, 1e-16, 1), cmap=colors, norm=norm, aspect="auto",
                              interpolation="nearest")  # fmt: skip
            ax.set(xticks=[], yticks=[])
            ax.grid(False)
            ax.spines[:].set_visible(True)
            if numbers:
                ax.set_ylabel(f"{name}{column + 1}", rotation=0, ha="right", va="center")
        if numbers:
            both = np.concatenate([W.ravel(), b])
            axes[0, column].set_title(f"layer {column + 1}: {W.shape[0]} → {W.shape[1]}")
            axes[1, column].set_xlabel(f"errors {_short(both.min())} to {_short(both.max())}")
    if numbers:
        ticks = [1e-16, report.tolerance, 1e-4, 1e-2, 1]
        bar = figure.colorbar(image, ax=axes, ticks=ticks, label="relative error", pad=0.02)
        bar.ax.minorticks_off()


def plot_gradient_reports(reports, alt, columns=5, size=(10, 4.2)):
    """Draw many reports as small maps without numbers: ``reports`` goes from title to report."""
    with matplotlib.rc_context(STYLE):
        figure = Figure(figsize=size, layout="constrained")
        rows = -(-len(reports) // columns)
        parts = figure.subfigures(rows, columns, wspace=0.06, hspace=0.06, squeeze=False)
        for part, (title, report) in zip(parts.flat, reports.items(), strict=False):
            part.suptitle(str(title), fontsize=12)
            draw_gradient_report(part, report, numbers=False)
    return Picture(figure, alt)


def _error_colors(tolerance):
    """From white to pale up to the tolerance, then from orange to black: darker is always worse."""
    at = 1 + np.log10(tolerance) / 16
    stops = [(0, "#FFFFFF"), (at, "#E3EDF5"), (at, "#F7B26A"), ((2 + at) / 3, "#C8321C"),
             (1, "#1E0508")]  # fmt: skip
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
    with matplotlib.rc_context(STYLE):
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
            (-0.47, -0.47), width - 0.06, height - 0.06, fill=False, lw=3, color=COLORS[2]))  # fmt: skip
        ax.text(-0.62, 0, sign, ha="right", va="center", fontsize=20)
        shape = f"({columns},)" if name == "b" else f"({rows}, {columns})"
        ax.set(title=f"{name}  {shape}", xticks=[], yticks=[])
        ax.set(xlim=(-0.95, columns - 0.45), ylim=(tallest - 0.45, -0.55))
        ax.spines[:].set_visible(False)
    return figure


def draw_network(ax, parameters, names=("inputs", "hidden", "outputs")):
    """Draw neurons as circles and weights as lines on ``ax``; parameters are pairs (W, b).

    Blue is positive, red and dashed negative; the thicker, the larger.
    """
    sizes = [len(parameters[0][0]), *(W.shape[1] for W, b in parameters)]
    places = [np.arange(size) - (size - 1) / 2 for size in sizes]
    for layer, (W, _) in enumerate(parameters):
        W = asnumpy(W)
        for i, j in np.ndindex(W.shape):
            ax.plot([layer, layer + 1], [-places[layer][i], -places[layer + 1][j]],
                    lw=0.4 + 2.5 * abs(W[i, j]) / np.abs(W).max(), zorder=1,
                    color="#2166AC" if W[i, j] > 0 else "#B2182B",
                    ls="-" if W[i, j] > 0 else "--")  # fmt: skip
    for layer, ys in enumerate(places):
        ax.scatter([layer] * len(ys), -ys, s=420, color="white", edgecolors="black", zorder=2)
        name = names[min(layer, 1)] if layer < len(sizes) - 1 else names[-1]
        ax.text(layer, max(sizes) / 2 + 0.25, f"{len(ys)} {name}", ha="center", fontsize=12)
    ax.set(xlim=(-0.3, len(sizes) - 0.7), ylim=(-max(sizes) / 2 - 0.1, max(sizes) / 2 + 0.6))
    ax.set_axis_off()
