"""Networks, layers and what flows through them, as diagrams (notebooks 01, 02, 07, 09)."""

import numpy as np
from matplotlib.patches import Rectangle

from . import given
from .images import draw_matrix
from .style import ABOVE, BELOW, COLORS, arrow, bare, new_figure, write


def draw_chain(ax, boxes, forward, backward):
    """Draw boxes in a row; above, arrows to the right; below, arrows back to the left.

    ``boxes`` holds one text for each box; ``forward`` and ``backward`` one text for each gap.
    """
    boxes, forward, backward = list(boxes), list(forward), list(backward)
    if not boxes or not len(boxes) - 1 == len(forward) == len(backward):
        raise ValueError(
            "expected a text for each box, and one for each gap in forward and in backward, got "
            f"{len(boxes)} boxes, {len(forward)} forward and {len(backward)} backward"
        )
    ax.set_axis_off()
    ax.set(xlim=(-0.45, len(boxes) - 0.55), ylim=(-1, 1))
    for i, text in enumerate(boxes):
        write(ax, i, 0, text, pad=0.45, fontsize=14)
    bent = {"lw": 1.8, "connectionstyle": "arc3,rad=-0.25", "mutation_scale": 16}
    for i, (there, back) in enumerate(zip(forward, backward, strict=True)):
        arrow(ax, (i + 0.1, 0.36), (i + 0.9, 0.36), COLORS[0], "-", **bent)
        arrow(ax, (i + 0.9, -0.36), (i + 0.1, -0.36), COLORS[1], "--", **bent)
        write(ax, i + 0.5, 0.756, there, fontsize=13, color=COLORS[0])
        write(ax, i + 0.5, -0.756, back, fontsize=13, color=COLORS[1])


def draw_layer(X, W, b):
    """Return a figure of Z = XW + b with all its numbers; what makes the first one is framed."""
    X = given.array(X, "X", ("N", "n_in"))
    W = given.array(W, "W", (X.shape[1], "n_out"))
    b = given.array(b, "b", (W.shape[1],))[None, :]
    parts = {"X": X, "W": W, "b": b, "Z": X @ W + b}
    framed = {"X": (1, X.shape[1]), "W": (len(W), 1), "b": (1, 1), "Z": (1, 1)}
    widths = [M.shape[1] for M in parts.values()]
    figure, axes = new_figure(1, 4, (9, 2.6), width_ratios=widths)
    limit = max(np.abs(M).max() for M in parts.values())
    tallest = max(len(M) for M in parts.values())
    for ax, sign, (name, M) in zip(axes, ["", "×", "+", "="], parts.items(), strict=True):
        rows, columns = M.shape
        draw_matrix(ax, M, limit=2 * limit, colorbar=False)
        for n, j in np.ndindex(M.shape):
            write(ax, j, n, f"{M[n, j]:g}".replace("-", "−"), fontsize=12)
        height, width = (size - 0.06 for size in framed[name])
        frame = Rectangle((-0.47, -0.47), width, height, fill=False, lw=3, color=COLORS[2])
        ax.add_patch(frame)
        ax.text(-0.62, 0, sign, ha="right", va="center", fontsize=20)
        shape = f"({columns},)" if name == "b" else f"({rows}, {columns})"
        bare(ax)
        ax.set(title=f"{name}  {shape}", xlim=(-0.95, columns - 0.45), ylim=(tallest - 0.45, -0.55))
    return figure


def draw_network(ax, parameters, names=("inputs", "hidden", "outputs")):
    """Draw neurons as circles and weights as lines on ``ax``; parameters are pairs (W, b).

    Orange is positive, blue and dashed negative; the thicker, the larger.
    """
    parameters = _checked_parameters(parameters)
    sizes = [len(parameters[0][0]), *(W.shape[1] for W, b in parameters)]
    places = [np.arange(size) - (size - 1) / 2 for size in sizes]
    for layer, (W, _) in enumerate(parameters):
        largest = np.abs(W).max() or 1.0
        for i, j in np.ndindex(W.shape):
            ax.plot([layer, layer + 1], [-places[layer][i], -places[layer + 1][j]],
                    lw=0.4 + 2.5 * abs(W[i, j]) / largest, zorder=1,
                    color=ABOVE if W[i, j] > 0 else BELOW,
                    ls="-" if W[i, j] > 0 else "--")  # fmt: skip
    for layer, ys in enumerate(places):
        ax.scatter([layer] * len(ys), -ys, s=420, color="white", edgecolors="black", zorder=2)
        name = names[min(layer, 1)] if layer < len(sizes) - 1 else names[-1]
        ax.text(layer, max(sizes) / 2 + 0.25, f"{len(ys)} {name}", ha="center", fontsize=12)
    ax.set(xlim=(-0.3, len(sizes) - 0.7), ylim=(-max(sizes) / 2 - 0.1, max(sizes) / 2 + 0.6))
    ax.set_axis_off()


def _checked_parameters(parameters):
    """Return pairs (W, b) as NumPy arrays, each W with as many rows as the one before columns."""
    try:
        pairs = [(W, b) for W, b in parameters]
    except (TypeError, ValueError):
        pairs = []
    if not pairs:
        raise ValueError("expected parameters as a list of pairs (W, b), one for each layer")
    checked, n_in = [], "n_in"
    for W, b in pairs:
        W = given.array(W, "W", (n_in, "n_out"))
        n_in = W.shape[1]
        checked.append((W, given.array(b, "b", (n_in,))))
    return checked


def draw_opinions(ax, P):
    """Draw the probabilities ``P`` (T, K) of T passes for one example, with mean and spread."""
    P = given.array(P, "P", ("T", "K"))
    T, K = P.shape
    mean, spread = P.mean(axis=0), P.std(axis=0)
    at = np.arange(K) + np.linspace(-0.25, 0.25, T)[:, None]
    ax.plot(at.ravel(), P.ravel(), ".", ms=4, color=COLORS[6], label=f"each of {T} passes")
    ax.errorbar(range(K), mean, spread, fmt="D", color=COLORS[2], capsize=4, label="mean ± spread")
    best = mean.argmax()
    ax.set(xticks=range(K), xlabel="digit", ylabel="probability", ylim=(-0.03, 1.03),
           title=f"says {best}: {mean[best]:.2f} ± {spread[best]:.2f}")  # fmt: skip
    ax.legend(loc="upper center", ncols=2, bbox_to_anchor=(0.5, -0.2))


# Name, formula, shape, place and half the width of each node's box.
_BATCH_NORM_NODES = [
    ("X", "", "(N, n)", 0, 1, 0.2), ("mean", "(1/N) Σ X", "(n,)", 0.8, 0, 0.52),
    ("D", "X − mean", "(N, n)", 1.65, 1, 0.45), ("Q", "D²", "(N, n)", 2.35, 0, 0.27),
    ("var", "(1/N) Σ Q", "(n,)", 3.5, 0, 0.47), ("s", "1/√(var + ε)", "(n,)", 4.9, 0, 0.5),
    ("Xhat", "D · s", "(N, n)", 4.9, 1, 0.4), ("S", "γ · Xhat", "(N, n)", 6.25, 1, 0.4),
    ("A", "S + β", "(N, n)", 7.5, 1, 0.36), ("γ", "", "(n,)", 6.25, 0, 0.17),
    ("β", "", "(n,)", 7.5, 0, 0.17),
]  # fmt: skip
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
        there, back = (ends, 1, COLORS[0], "-"), (ends[::-1], -1, COLORS[1], "--")
        for way, sign, color, dash in (there, back):
            a, b = ((x - sign * aside[0], y + sign * aside[1]) for x, y in way)
            arrow(ax, a, b, color, dash, lw=1.6, shrinkA=0, shrinkB=0, mutation_scale=14)
    for name, formula, shape, x, y, _half in _BATCH_NORM_NODES:
        text = f"{name} = {formula}\n{shape}" if formula else f"{name}\n{shape}"
        write(ax, x, y, text, pad=0.3, fontsize=10.5)
        label = f"node {numbers[name]}:  d{name}" if name in numbers else f"d{name}"
        write(ax, x, y + (0.31 if y else -0.31), label, fontsize=10.5, color=COLORS[1])
    ax.set_axis_off()
    ax.set(xlim=(-0.3, 7.95), ylim=(-0.42, 1.42))
