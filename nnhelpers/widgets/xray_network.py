"""A network taken apart for the X-ray: its layers, and one example's way through them and back."""

from typing import NamedTuple

import numpy as np

from ..activations import Activation, LeakyReLU, ReLU, Sigmoid, Tanh
from ..backend import asnumpy
from ..layers import BatchNorm, Dense, Dropout
from ..losses import MeanSquaredError, SigmoidCrossEntropy, SoftmaxCrossEntropy
from ..network import Network, mlp
from .live import as_array

MOST_WEIGHTS = 2_000_000  # of a layer: all of them travel to the page

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
    X = as_array(X)
    n_in = net.sizes[0]
    if X.ndim != 2 or X.shape[1] != n_in or not len(X):
        hint = f". A single example is a matrix with one row: try X.reshape(1, {n_in})"
        raise ValueError(
            f"xray expected X of shape (N, {n_in}), got {X.shape}{hint if X.ndim == 1 else ''}"
        )
    if y is not None:
        y = as_array(y)
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
