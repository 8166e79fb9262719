"""What the playground shows of a network: where in the plane each unit answers, and how."""

import numpy as np

from ..activations import Activation, Sigmoid, Tanh
from ..figures import COLORS
from ..layers import BatchNorm, Dense
from .training_widget import plot_curve

GRID = 60  # points along each side of the map: the middles of GRID x GRID fields
COARSE = 3  # a small map has the middle one of each COARSE x COARSE of them
FIGURE_STEPS = 300  # in the figure where no kernel runs


def responses(net, X):
    """Return a pair of arrays (N, units) for the inputs, and for each Dense layer of ``net``.

    The first of a pair is zero on the unit's border: what goes into its activation. The second is
    what comes out, moved so that 0 is the answer on the border, and scaled so that 1 is the largest
    there can be (for the output, 1 and -1 are certainty) or, with ReLU, the unit's largest in X.
    """
    found = [(X, X / np.abs(X).max())]
    A = X
    for layer in net.layers:
        Z, A = A, layer.forward(A)
        if isinstance(layer, Dense):
            found.append((A, A))
        elif isinstance(layer, BatchNorm):
            found[-1] = (A, A)
        elif isinstance(layer, Activation):
            on_border = float(layer.forward(np.zeros((1, 1), X.dtype))[0, 0])
            shown = A - on_border
            found[-1] = (Z, shown / _largest(layer, shown))
    Z = found[-1][0]
    found[-1] = (Z, np.tanh(Z / 2))  # 2P - 1
    return [tuple(np.nan_to_num(part) for part in pair) for pair in found]


def _largest(activation, answers):
    """Return what counts as 1 in the maps of ``answers`` (N, units): a number, or one a unit."""
    if isinstance(activation, (Sigmoid, Tanh)):
        return 0.5 if isinstance(activation, Sigmoid) else 1.0
    # No ends: each unit is measured by its own largest answer, but what is a whisper beside the
    # loudest of its layer stays one.
    largest = np.abs(answers).max(axis=0)
    return np.maximum(largest, max(0.02 * float(largest.max()), 1e-6))


def as_bytes(maps, largest):
    """Return maps (units, points) as bytes: 128 is 0, 255 is ``largest``, a number or one a map."""
    largest = np.maximum(np.reshape(largest, (-1, 1)), 1e-30)
    return np.ascontiguousarray(np.round(128 + 127 * np.clip(maps / largest, -1, 1)), "uint8")


def arrays_of(net, plane, chosen, points, labels):
    """Return all arrays of a scene except the curves: see ``playground.js``.

    Parameters
    ----------
    net : Network
    plane : array, shape (GRID * GRID, inputs)
        What the network reads at each place of the map.
    chosen : (int, int)
        Layer and unit that fill the large map; the inputs are layer 0.
    points, labels : arrays, shapes (N, 2) and (N,)
    """
    with np.errstate(over="ignore", invalid="ignore"):
        layers = responses(net, plane)
    before, after = layers[chosen[0]]
    middle = np.arange(GRID * GRID).reshape(GRID, GRID)[1::COARSE, 1::COARSE].ravel()
    biases = [layer.params["b"] for layer in net.layers if "b" in layer.params]
    return [
        np.ascontiguousarray(after[:, chosen[1]]), np.ascontiguousarray(before[:, chosen[1]]),
        np.concatenate([W.ravel() for W in net.weights]), np.concatenate(biases),
        points.astype("float32").ravel(),
        np.concatenate([as_bytes(A[middle].T, 1.0) for _, A in layers]),
        np.concatenate([as_bytes(Z[middle].T, np.abs(Z[middle]).max(axis=0)) for Z, _ in layers]),
        labels.astype("uint8"),
    ]  # fmt: skip


def draw_scene(figure, net, plane, axes, points, curves):
    """Draw the border with the points to train on, and the cost of the first steps."""
    from matplotlib.colors import LinearSegmentedColormap

    colors = LinearSegmentedColormap.from_list("page", [COLORS[0], "#FFFFFF", COLORS[1]])
    (x1, x2), (X, y) = axes, points
    left, chart = figure.subplots(1, 2, width_ratios=[1, 1.15])
    says = responses(net, plane)[-1][1][:, 0].reshape(GRID, GRID)
    extent = (x1[0], x1[-1], x2[-1], x2[0])
    left.imshow(0.65 * says, extent=extent, cmap=colors, vmin=-1, vmax=1, interpolation="bilinear")
    if says.min() < 0 < says.max():
        left.contour(x1, x2, says, [0], colors="black", linewidths=1.5)
    for label, (color, marker) in enumerate(zip(COLORS[:2], "o^", strict=True)):
        left.scatter(*X[y == label].T, 18, color, marker=marker, edgecolors="white",
                     linewidths=0.6, label=f"class {label}")  # fmt: skip
    left.grid(False)
    left.set(xlim=extent[:2], ylim=extent[2:], xlabel="$x_1$", ylabel="$x_2$",
             title="What the network says")  # fmt: skip
    left.legend(loc="upper right", frameon=True, fontsize=9)
    plot_curve(chart, curves, "cost", "test")
    highest = max((*curves["cost"], *curves["valid_loss"]), default=1.0)
    chart.set(ylim=(0, 1.08 * highest), xlim=(0, FIGURE_STEPS))
    if len(curves["cost"]):
        chart.legend()
    else:
        chart.text(0.5, 0.5, "no points yet", ha="center", transform=chart.transAxes)


def alt_text(preset, values, points):
    """Return what the static figure shows, in words."""
    if values["set"] == "own" and points is None:
        return (
            "Left: the plane without points, coloured by what an untrained network says. Right: an "
            "empty chart for its cost."
        )
    about = "" if preset == "first steps" else f" (set up for: {preset})"
    return (
        f"Left: the plane with two classes of points, coloured by what a small network{about} says "
        "after a short training, and the line where it is undecided. Right: its cost against the "
        "number of steps, on training and on test points."
    )
