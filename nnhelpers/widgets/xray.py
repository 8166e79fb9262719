"""The network X-ray: one example, one layer, number by number, forward and back."""

import math
from typing import NamedTuple

import numpy as np

from ..activations import Activation, LeakyReLU, ReLU, Sigmoid, Tanh
from ..backend import asnumpy
from ..figures import ABOVE, BELOW, DIVERGING
from ..layers import BatchNorm, Dense, Dropout
from ..losses import MeanSquaredError, SigmoidCrossEntropy, SoftmaxCrossEntropy
from ..network import Network, mlp
from ..optimizers import SGD
from .live import Button, LiveWidget, Menu, Slider

FEW = 12  # inputs: up to here every term is written out
LARGEST = 8  # terms that are written out where there are more
MOST_WEIGHTS = 2_000_000  # of a layer: all of them travel to the page
MOST_EXAMPLES = 1000  # whose mean cost is computed before and after a step

# The losses whose first step back the page can write out, and what it calls them.
LOSSES = {
    SoftmaxCrossEntropy: "softmax",
    SigmoidCrossEntropy: "sigmoid",
    MeanSquaredError: "quadratic",
}


class Block(NamedTuple):
    """A Dense layer and what follows it, element by element, up to the next Dense layer."""

    dense: Dense
    rest: list


class Pass(NamedTuple):
    """One example's way through one block: X into it, Z, A out of it; slope is dA/dZ; each (n,).

    The last two are None where no label says what should have come out.
    """

    X: np.ndarray
    Z: np.ndarray
    A: np.ndarray
    slope: np.ndarray
    dA: np.ndarray | None
    dZ: np.ndarray | None


class XRay(LiveWidget):
    """A network's own numbers for one example, laid out as the derivation writes them.

    Made by :func:`xray`. All numbers come from a copy of the network, in float64; steps that are
    applied change this copy alone.

    Attributes
    ----------
    net : Network
        A copy of the copy, as it is now.
    example, layer, i, j : int
        What is looked at: the weight from input ``i`` to unit ``j``. Layers are counted from 1,
        everything else from 0.
    """

    script = "xray.js"

    def __init__(self, net, X, y=None, *, example=0, layer=1, i=None, j=None, lr=0.1, show="both"):
        net = network_of(net)
        self._X, self._y = check_examples(net, X, y)
        self._twin = net.to("numpy").astype("float64")
        self._before, self._blocks = split(self._twin)
        self._first, self._steps, self._result = self._twin.theta.copy(), 0, None
        self._stamp, self._side = 0, image_side(net.sizes[0])
        super().__init__(
            "Network X-ray",
            "One neuron of a network, term by term: each input times its weight is a step up or "
            "down, then comes the bias, and beside them stands their sum z. The X-ray shows all "
            "the numbers of a layer, forward and back.",
            self._list_controls(example, layer, lr, show), size=self._figure_size(layer),
        )  # fmt: skip
        self._look()
        self.i, self.j = self._start()
        self.look_at(i=i, j=j)

    # ------------------------------------------------------------------ for code

    @property
    def net(self):
        """A copy of the network as it is now, with the steps that were applied; float64."""
        return self._twin.copy()

    @property
    def example(self):
        """The number of the example, counted from 0."""
        return self.values.get("example", 0)

    @property
    def layer(self):
        """The number of the layer, counted from 1."""
        return self.values["layer"]

    def look_at(self, example=None, layer=None, i=None, j=None):
        """Show another example, layer, input or unit, on the page too.

        Raises
        ------
        ValueError
            If there is no such one.
        """
        with self.lock:
            if example is not None and example != self.example:
                _check_only(len(self._X), example)
                self.set_value("example", example)
            if layer is not None and layer != self.layer:
                self.set_value("layer", layer)
            self._move(self.i if i is None else i, self.j if j is None else j)

    def step(self):
        """Apply one step of gradient descent for this example, as the button does."""
        with self.lock:
            self.pressed("step")

    def reset(self):
        """Take all steps back."""
        with self.lock:
            self.pressed("reset")

    # ------------------------------------------------------------------ what the page sends

    def changed(self, name, value):
        if name == "example":
            self._result = None
            self._look(new_weights=False)
        elif name == "layer":
            self._look()
            self._move(*self._start())

    def pressed(self, name):
        if name == "step":
            self._apply()
        else:
            self._twin.theta[...] = self._first
            self._steps, self._result = 0, None
        self._look()

    def receive_place(self, content, buffers):
        self._move(content["i"], content["j"], by=content["by"])

    def _move(self, i, j, by=None):
        """Note the place, and tell the pages: all but the one whose hand moved it."""
        for name, value, size in (
            ("input i", i, self._dense.n_in),
            ("unit j", j, self._dense.n_out),
        ):
            whole = isinstance(value, (int, np.integer)) and not isinstance(value, bool)
            if not whole or not 0 <= value < size:
                raise ValueError(
                    f"{name}: expected a whole number from 0 to {size - 1}, got {value!r}"
                )
        self.i, self.j = int(i), int(j)
        self.publish("place", {"i": self.i, "j": self.j, "by": by})

    # ------------------------------------------------------------------ the numbers

    @property
    def _dense(self):
        return self._blocks[self.layer - 1].dense

    def _rows(self, rows):
        """Return some examples as the network wants them, and their labels (or None)."""
        X = asnumpy(self._X[rows]).astype("float64")
        return X, None if self._y is None else asnumpy(self._y[rows])

    def _look(self, new_weights=True):
        """Compute all numbers of this example and publish them.

        The weights are large, and the same for all examples: they go out when they are others. Both
        messages carry the same stamp, for the page to see what belongs together.
        """
        X, y = self._rows(slice(self.example, self.example + 1))
        self.J, self.P, self.passes = follow(self._twin, self._before, self._blocks, X, y)
        if new_weights:
            self._stamp += 1
            self._publish_layer()
        self._publish_example(X[0], y)

    def _publish_layer(self):
        place, dense = self.layer - 1, self._dense
        last = place + 1 == len(self._blocks)
        after = np.zeros((0, 0)) if last else self._blocks[place + 1].dense.params["W"]
        content = {
            "stamp": self._stamp, "layer": self.layer, "n_layers": len(self._blocks),
            "n_in": dense.n_in, "n_out": dense.n_out, "n_next": after.shape[1],
            "picture": picture_shape(dense.n_in), "side": self._side, "last": last,
            "activation": describe(self._blocks[place].rest), "labelled": self._y is not None,
            "loss": kind_of_loss(self._twin), "few": FEW, "largest": LARGEST,
        }  # fmt: skip
        arrays = (dense.params["W"], dense.params["b"], after)
        self.publish("layer", content, [array.tobytes() for array in arrays])

    def _publish_example(self, x, y):
        seen = self.passes[self.layer - 1]
        content = {
            "stamp": self._stamp, "example": self.example, "J": plain(self.J),
            "steps": self._steps, "result": self._result,
        }  # fmt: skip
        none = np.zeros(0)
        arrays = [seen.X, seen.Z, seen.A, seen.slope]
        if y is None:
            arrays += [none] * 5
        else:
            content |= {"label": int(y[0]), "says": int(self._twin.predict(x[None])[0])}
            target = self._twin.loss_function.targets(self.passes[-1].A[None], y)[0]
            after = self.passes[self.layer].dZ if self.layer < len(self.passes) else none
            arrays += [seen.dA, seen.dZ, self.P, target, after]
        arrays.append(x if self._side else none)
        self.publish("example", content, [np.asarray(a, "float64").tobytes() for a in arrays])

    def _apply(self):
        """One step for this example: theta - lr * grad, in the copy."""
        if self._y is None:
            raise ValueError(
                "a step follows the slopes of the cost, and without labels there is no cost: try "
                "xray(net, X, y)"
            )
        X, y = self._rows(slice(self.example, self.example + 1))
        many = self._rows(slice(0, MOST_EXAMPLES))
        lr, theta = self.values["lr"], self._twin.theta.copy()
        with np.errstate(all="ignore"):
            mean_before = self._twin.loss(*many)
            before, _, _ = follow(self._twin, self._before, self._blocks, X, y)  # fills grad
            promised = lr * float(self._twin.grad @ self._twin.grad)
            SGD(lr).step(self._twin.theta, self._twin.grad)
            after, mean_after = self._twin.loss(X, y), self._twin.loss(*many)
        if not all(map(math.isfinite, (before, after, promised, mean_before, mean_after))):
            self._twin.theta[...] = theta
            raise ValueError(
                f"this step with η = {lr:g} leads to numbers that are too large for the computer, "
                "and was not taken. Try a smaller η."
            )
        self._steps += 1
        self._result = {
            "lr": lr, "before": before, "after": after, "promised": promised,
            "many": len(many[0]), "all": len(many[0]) == len(self._X),
            "mean_before": mean_before, "mean_after": mean_after,
        }  # fmt: skip

    def _start(self):
        """Return where to look first: the strongest input, and at the end the right class."""
        unit = 0
        if self.layer == len(self._blocks) and self._y is not None and self._dense.n_out > 1:
            unit = int(asnumpy(self._y[self.example]))
        if self._dense.n_in <= FEW:
            return 0, unit
        terms = self.passes[self.layer - 1].X * self._dense.params["W"][:, unit]
        return int(abs(terms).argmax()), unit

    # ------------------------------------------------------------------ controls

    def _list_controls(self, example, layer, lr, show):
        where, back = "What to look at", "One step of gradient descent"
        names = []
        for number, (dense, rest) in enumerate(self._blocks, start=1):
            g = describe(rest)["name"]
            names.append((f"{number}: {dense.n_in} → {dense.n_out}{', ' + g if g else ''}", number))
        controls = []
        if len(self._X) > 1:
            controls.append(
                Slider("example", "example n", "Which row of X goes through the network. Try two "
                       "examples with different labels.", example, low=0, high=len(self._X) - 1,
                       integer=True, group=where)
            )  # fmt: skip
        _check_only(len(self._X), example)
        controls.append(
            Menu("layer", "layer", "Inputs → units, and the activation behind them. Try the last "
                 "one first: there the way back begins.", layer, where, options=names)
        )  # fmt: skip
        if self._y is None:
            return controls
        return [
            *controls,
            Menu("show", "show", "The way forward, the way back, or both side by side.", show,
                 where, options=["both", "forward", "backward"]),
            Slider("lr", "learning rate η", "How far the step goes. Try 0.01, where the cost falls "
                   "as promised, and 3, where it need not.", lr, low=0.001, high=10, log=True,
                   group=back),
            Button("step", "Apply this step", "All weights and biases take their step, for this "
                   "example alone, in a copy of the network: yours stays as it is.", group=back),
            Button("reset", "Reset", "Take all the steps back.", group=back),
        ]  # fmt: skip

    # ------------------------------------------------------------------ without a kernel

    def _figure_size(self, layer):
        few = 1 <= layer <= len(self._blocks) and self._blocks[layer - 1].dense.n_in <= FEW
        return (8, 3.6) if few else (8, 5.6)

    def draw(self, figure):
        """Draw the chosen unit's terms as a waterfall, and pictures above where there are many."""
        seen, shape = self.passes[self.layer - 1], picture_shape(self._dense.n_in)
        weights = self._dense.params["W"][:, self.j]
        terms = seen.X * weights
        if shape is None:
            ax = figure.subplots()
        else:
            top, bottom = figure.subfigures(2, 1, height_ratios=[1, 1.35])
            names = ["inputs", f"weights of unit {self.j}", "inputs × weights"]
            for place, values, name in zip(
                top.subplots(1, 3), (seen.X, weights, terms), names, strict=True
            ):
                _draw_picture(place, values, shape, name)
            ax = bottom.subplots()
        g = describe(self._blocks[self.layer - 1].rest)["name"]
        names = [f"i\n{i}" for i in range(len(terms))]
        if len(terms) <= 5:  # there is room for the factors
            names = [f"input {i}\n{_figures(x)} × {_figures(w)}"
                     for i, (x, w) in enumerate(zip(seen.X, weights, strict=True))]  # fmt: skip
        b, a = self._dense.params["b"][self.j], seen.A[self.j] if g else None
        _draw_waterfall(ax, terms, names, b, a, g)
        ax.set(title=f"Example {self.example}, layer {self.layer}, unit {self.j}: from terms to z")


def xray(net, X, y=None, *, example=0, layer=1, i=None, j=None, lr=0.1, show="both"):
    """Return an X-ray of a network: one example, one layer, number by number.

    Forward: every term of a neuron's sum, the bias, z and a. Back, if there are labels: where the
    neuron's dz comes from, the derivative by one weight, and its next step. The cost is that of the
    one example, so that N = 1 in all formulas. Arrow keys, the mouse and typed numbers move through
    it; sources: notebook 01, "A layer of neurons", and notebook 02, "One loop in reverse".

    Parameters
    ----------
    net : Network or list of (W, b)
        Dense layers, activations and dropout (which is off here). A list of pairs stands for layers
        with ReLU between them, and softmax at the end. A copy is taken at once.
    X : array, shape (N, n_in)
        Examples to choose from.
    y : array of int, shape (N,), optional
        Their labels; without them there is no cost, and so no way back.
    example, layer : int
        What to look at first; layers are counted from 1, examples from 0.
    i, j : int, optional
        Input and unit to look at first. By default the first ones, or those that matter most.
    lr : float, default 0.1
        The learning rate of the step.
    show : {"both", "forward", "backward"}

    Returns
    -------
    XRay

    Raises
    ------
    ValueError
        If the network has layers whose numbers cannot be shown for one example alone, is too large
        to be sent to a page, or does not fit the examples.

    Examples
    --------
    >>> nn.widgets.xray(net, X, y)                               # doctest: +SKIP
    >>> nn.widgets.xray([(W1, b1), (W2, b2)], X)                 # doctest: +SKIP
    """
    return XRay(net, X, y, example=example, layer=layer, i=i, j=j, lr=lr, show=show)


# ---------------------------------------------------------------------- the network, taken apart


def network_of(net):
    """Return a Network: the given one, or that of a list of pairs (W, b), with ReLU between."""
    if isinstance(net, Network):
        return net
    try:
        pairs = [(asnumpy(W), asnumpy(b)) for W, b in net]
        sizes = [pairs[0][0].shape[0], *(W.shape[1] for W, _ in pairs)]
    except (TypeError, ValueError, IndexError, AttributeError):
        raise ValueError(
            f"xray expected a network or a list of pairs (W, b), got {type(net).__name__}. "
            "For a single layer try [(W, b)]."
        ) from None
    loss = SigmoidCrossEntropy() if sizes[-1] == 1 else SoftmaxCrossEntropy()
    made = mlp(sizes, loss=loss).to("numpy").astype("float64")
    dense = [layer for layer in made.layers if isinstance(layer, Dense)]
    for number, (layer, (W, b)) in enumerate(zip(dense, pairs, strict=True), start=1):
        if W.shape != (layer.n_in, layer.n_out) or b.shape != (layer.n_out,):
            raise ValueError(
                f"layer {number}: expected W of shape {(layer.n_in, layer.n_out)} and b of shape "
                f"{(layer.n_out,)}, got {W.shape} and {b.shape}"
            )
        layer.params["W"][...], layer.params["b"][...] = W, b
    return made


def check_examples(net, X, y):
    """Return X and y where they live, or raise ValueError if they do not fit the network."""
    X = X if hasattr(X, "dtype") else np.asarray(X)
    n_in = net.sizes[0]
    if X.ndim != 2 or X.shape[1] != n_in or not len(X):
        hint = f". A single example is a matrix with one row: try X.reshape(1, {n_in})"
        raise ValueError(
            f"xray expected X of shape (N, {n_in}), got {X.shape}{hint if X.ndim == 1 else ''}"
        )
    if y is not None:
        y = y if hasattr(y, "dtype") else np.asarray(y)
        if len(y) != len(X):
            raise ValueError(
                f"expected one label for each example, got {len(X)} examples and {len(y)} labels"
            )
        net.loss_function.check(asnumpy(y), net.sizes[-1])
    return X, y


def split(net):
    """Return (layers before the first Dense, Blocks); raise ValueError if some cannot be shown."""
    before, blocks = [], []
    for layer in net.layers:
        if isinstance(layer, BatchNorm):
            raise ValueError(
                "xray looks at one example alone, and batch norm ties each example to the others "
                "of its batch: it takes their mean. Try a network with batch_norm=False."
            )
        if isinstance(layer, Dense):
            if layer.params["W"].size > MOST_WEIGHTS:
                raise ValueError(
                    f"xray sends all weights of a layer to the page and takes up to "
                    f"{MOST_WEIGHTS:,} of them, got {layer!r} with {layer.params['W'].size:,}: "
                    "try a smaller network."
                )
            blocks.append(Block(layer, []))
        elif isinstance(layer, (Activation, Dropout)):
            (blocks[-1].rest if blocks else before).append(layer)
        else:
            raise ValueError(
                f"xray expected Dense layers, activations and Dropout, got {layer!r}: it does not "
                "know how that layer's numbers come about."
            )
    kind_of_loss(net)
    return before, blocks


def kind_of_loss(net):
    """Return "softmax", "sigmoid" or "quadratic"; raise ValueError for a loss of another kind."""
    for kind, name in LOSSES.items():
        if isinstance(net.loss_function, kind):
            return name
    known = ", ".join(kind.__name__ for kind in LOSSES)
    raise ValueError(f"xray expected a loss of the kinds {known}, got {net.loss_function!r}")


def describe(rest):
    """Return name, value and slope of an activation, in words; {z} and {a} stand for numbers."""
    found = [layer for layer in rest if isinstance(layer, Activation)]
    name = ", then ".join(type(layer).__name__ for layer in found)
    words = {"name": name, "value": "g({z})", "slope": "g'({z})"}
    if len(found) == 1:
        if isinstance(found[0], Sigmoid):
            words |= {"value": "σ({z})", "slope": "{a} × (1 − {a})"}
        elif isinstance(found[0], Tanh):
            words |= {"value": "tanh({z})", "slope": "1 − {a}²"}
        elif isinstance(found[0], ReLU):
            words |= {"value": "max({z}, 0)", "slope": "1 where z > 0, else 0"}
        elif isinstance(found[0], LeakyReLU):
            slope = f"{found[0].slope:g}"
            words |= {"value": f"max({{z}}, {slope} · {{z}})",
                      "slope": f"1 where z > 0, else {slope}"}  # fmt: skip
    return words


def follow(net, before, blocks, X, y=None):
    """Send one example through the network and back; return (J, P, one Pass for each block).

    Runs the network's own layers, as in use (dropout is off), and leaves dJ/dtheta in ``net.grad``.
    Without a label J and P are None, and there is no way back.
    """
    A, ways = X, []
    for layer in before:
        A = layer.forward(A)
    for dense, rest in blocks:
        X_in, Z = A, dense.forward(A)
        A = Z
        for layer in rest:
            A = layer.forward(A)
        ways.append([X_in, Z, A, _back(rest, np.ones_like(Z)), None, None])
    J, P = None, None
    if y is not None:
        J, dA = float(net.loss_function.forward(A, y)), net.loss_function.backward()
        P = A[0] if kind_of_loss(net) == "quadratic" else net.loss_function.probabilities(A)[0]
        for (dense, rest), way in zip(reversed(blocks), reversed(ways), strict=True):
            way[4], way[5] = dA, _back(rest, dA)
            dA = dense.backward(way[5])
    rows = (Pass(*(None if part is None else part[0] for part in way)) for way in ways)
    return J, P, list(rows)


def _back(rest, dA):
    for layer in reversed(rest):
        dA = layer.backward(dA)
    return dA


# ---------------------------------------------------------------------- small things


def image_side(n_in):
    """Return the side of the square image that a network's inputs are; 0 if they are none."""
    side = math.isqrt(n_in)
    return side if side >= 8 and side * side == n_in else 0


def picture_shape(n):
    """Return [rows, columns] for a picture of n numbers, as square as may be; None for few."""
    if n <= FEW:
        return None
    side = math.isqrt(n - 1) + 1
    columns = next((c for c in range(side, 2 * side + 1) if n % c == 0), side)
    return [-(-n // columns), columns]


def _check_only(n_examples, example):
    if n_examples == 1 and example != 0:
        raise ValueError(f"example n: expected 0, for there is only one, got {example!r}")


def plain(value):
    """Return a float that JSON knows, or None."""
    return value if value is not None and math.isfinite(value) else None


def _draw_picture(ax, values, shape, title):
    """Draw numbers as a picture: ink on paper where none is negative, else blue, white, orange."""
    cells = np.full(shape[0] * shape[1], np.nan)
    cells[: len(values)] = values
    limit = abs(values).max() or 1.0
    signed = values.min() < 0
    ax.imshow(cells.reshape(shape), cmap=DIVERGING if signed else "gray_r",
              vmin=-limit if signed else 0, vmax=limit)  # fmt: skip
    ax.set(title=title, xticks=[], yticks=[])
    ax.spines[:].set_visible(True)
    ax.grid(False)


def _figures(value, digits=3):
    return f"{value:.{digits}g}".replace("-", "−")


def _draw_waterfall(ax, terms, names, b, a, activation):
    """Draw each term as a step from the sum before it, then the bias, then z and a from zero."""
    order = np.arange(len(terms))
    if len(terms) > FEW:
        order = np.argsort(-abs(terms), kind="stable")[:LARGEST]
    names, steps = [names[i] for i in order], [terms[i] for i in order]
    if len(order) < len(terms):
        names.append(f"{len(terms) - len(order)}\nmore")
        steps.append(terms.sum() - sum(steps))
    names, steps = [*names, "bias\nb"], [*steps, b]
    ends = np.cumsum(steps)
    for x, (step, end) in enumerate(zip(steps, ends, strict=True)):
        ax.bar(x, step, bottom=end - step, color=ABOVE if step >= 0 else BELOW, edgecolor="black",
               lw=0.6)  # fmt: skip
        ax.plot([x - 0.4, x + 1.4], [end, end], color="black", lw=0.8, ls=":")
    totals = [("sum\nz", ends[-1])] + ([(f"{activation}\na", a)] if a is not None else [])
    for x, (_, value) in enumerate(totals, start=len(steps)):
        ax.bar(x, value, color="0.75", edgecolor="black", lw=1.2)
    names += [name for name, _ in totals]
    values = [*steps, *(value for _, value in totals)]
    tops = [*(max(end, end - step) for step, end in zip(steps, ends, strict=True)),
            *(max(value, 0) for _, value in totals)]  # fmt: skip
    for x, (value, top) in enumerate(zip(values, tops, strict=True)):
        ax.annotate(_figures(value, 3 if len(names) < 12 else 2), (x, top), xytext=(0, 3),
                    textcoords="offset points", ha="center", fontsize=9)  # fmt: skip
    ax.axhline(0, color="black", lw=1)
    low, high = min(0.0, *ends, *values[len(steps) :]), max(0.0, *tops)
    room = 0.12 * ((high - low) or 1.0)
    ax.set(xticks=range(len(names)), xticklabels=names, ylabel="input × weight, added up",
           ylim=(low - room / 2, high + room))  # fmt: skip
    ax.grid(False, axis="x")
