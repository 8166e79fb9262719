"""In the plane: points, decision boundaries and paths downhill (notebooks 02, 05, 07, 08)."""

import matplotlib
import numpy as np

from ..backend import asnumpy, get_array_module
from . import given
from .style import COLORS, DASHES, MARKERS, Picture, new_figure


def draw_points(ax, X, y, size=18):
    """Draw the points ``X`` (N, 2) on ``ax``: each class has its own colour and its own shape.

    From the ninth class on the colours begin again, with other shapes.
    """
    X = given.array(X, "X", ("N", 2))
    y = given.labels(y, "y", len(X))
    for k in range(y.max() + 1):
        ax.scatter(*X[y == k].T, s=size, marker=MARKERS[k % len(MARKERS)], edgecolors="white",
                   color=COLORS[k % len(COLORS)], linewidths=0.4, label=f"class {k}")  # fmt: skip


def draw_boundary(ax, net, X, y, grid=120):
    """Draw on ``ax`` the classes that ``net`` predicts in the plane around the points ``X`` (N, 2).

    Each place has its class's colour, the stronger the surer the network is; black lines are the
    decision boundaries.
    """
    given.has(net, "a network", ("predict_proba", "theta", "sizes"), "nn.mlp([2, 16, 3])")
    if net.sizes[0] != 2:
        raise ValueError(
            f"expected a network with two inputs, which a plane can show, got {net.sizes[0]}"
        )
    given.count(grid, "grid", 2)
    points = given.array(X, "X", ("N", 2))
    given.labels(y, "y", len(points))
    low, high = points.min(axis=0) - 0.25, points.max(axis=0) + 0.25
    u, v = (np.linspace(low[i], high[i], grid) for i in (0, 1))
    places = np.stack(np.meshgrid(u, v), axis=-1).reshape(-1, 2).astype("float32")
    P = asnumpy(net.predict_proba(get_array_module(net.theta).asarray(places)))
    given.array(P, "the network's probabilities", ("n", "K"))
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
    """Draw the decision boundaries of a network with two inputs; return a Picture."""
    figure, ax = new_figure(size=(5, 4.2))
    draw_boundary(ax, net, X, y)
    ax.set(title=title, xlabel="first input", ylabel="second input")
    ax.legend(loc="upper right", framealpha=0.8, frameon=True)
    return Picture(figure, alt)


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
    box = given.array(box, "box", (4,))
    given.count(grid, "grid", 2)
    if not callable(cost):
        raise TypeError(f"expected cost as a function from places to costs, got {cost!r}")
    given.mapping(paths, "paths", "{'SGD': path}, a path of shape (steps + 1, 2)")
    for name, path in paths.items():  # one that ran to infinity ends at the edge of the picture
        given.array(path, f"the path of {name}", ("steps + 1", 2), finite=False)
    u, v = np.linspace(*box[:2], grid), np.linspace(*box[2:], grid)
    J = given.array(cost(np.stack(np.meshgrid(u, v), axis=-1)), "the costs", (grid, grid),
                    finite=False)  # fmt: skip
    # The same area of the picture between any two lines, whatever the costs are.
    finite = J[np.isfinite(J)]
    levels = np.unique(np.quantile(finite, [0.01, 0.04, 0.09, 0.16, 0.25, 0.36, 0.49, 0.64, 0.81])
                       if finite.size else finite)  # fmt: skip
    if len(levels) > 1:  # a plain has no lines of equal cost
        ax.contour(u, v, np.where(np.isfinite(J), J, np.nan), levels, colors="0.6", linewidths=0.7)
    known = ["SGD", "Momentum", "RMSprop", "Adam"]
    for i, (name, path) in enumerate(paths.items()):
        look = known.index(name) if name in known else i % len(COLORS)
        color, marker = COLORS[look], MARKERS[look]
        path = asnumpy(path)
        ax.plot(*path.T, color=color, ls=DASHES[look], lw=1.4)
        ax.plot(*path[-1], color=color, marker=marker, ms=10, mec="white", label=name, zorder=4)
    ax.grid(False)
    ax.set(xlim=box[:2], ylim=box[2:], xlabel="θ₁", ylabel="θ₂")
