"""Is the gradient right? Every parameter, by central differences or by the complex step.

The slow and honest loop, two forward passes for each parameter, stands in notebook 06. Here the
same numbers come about sixty times faster, from one observation: a weight W[i, j] moves the
pre-activation of one unit, j, and nothing else in its layer. So all the weights into unit j are
moved side by side: V versions of one column, which the next layer's row j carries on into V
versions of the network. Source: notebook 06, "Every parameter, in a second". In front of a layer or
loss that the package does not know, which may not take V versions at once, it is the honest loop.
"""

import functools
from dataclasses import dataclass, field

import numpy as np

from .activations import Activation
from .backend import asnumpy, get_array_module
from .layers import BatchNorm, Dense, Dropout
from .losses import MeanSquaredError, SigmoidCrossEntropy, SoftmaxCrossEntropy

# How a number J(δ) for three tiny steps δ becomes a derivative, and how exact that can be.
# Central differences lose digits to the subtraction; the complex step subtracts nothing.
METHODS = {
    "central": {"step": 1e-5, "dtype": "float64", "tolerance": 1e-6},
    "complex": {"step": 1e-20, "dtype": "complex128", "tolerance": 1e-10},
}
# Versions of the network computed at once, counted in numbers: 2^20 float64 are 8 MB.
BLOCK = 2**20
# Forward passes that take V versions of a batch, (V, N, n), and treat each by itself. A layer or
# loss promises no more than (N, n): another forward may, say, take a mean over axis 0.
SIDE_BY_SIDE = {
    kind.forward
    for kind in (Dense, Activation, Dropout, BatchNorm,
                 SoftmaxCrossEntropy, SigmoidCrossEntropy, MeanSquaredError)
}  # fmt: skip


@dataclass
class GradientReport:
    """What :func:`gradient_check` found; printing it gives a table.

    Attributes
    ----------
    per_parameter : dict of str to array
        For "layers.0.W" and so on: the relative error of each element, same shape as W.
    max_relative_error : float
    passed : bool
        Whether the largest error is at most ``tolerance``.
    method : str
    tolerance : float
    """

    method: str
    tolerance: float
    per_parameter: dict = field(repr=False)

    @property
    def max_relative_error(self):
        # NumPy's max: the largest of numbers and a NaN is NaN, and not what happens to come first.
        return float(np.max([errors.max() for errors in self.per_parameter.values()]))

    @property
    def passed(self):
        # A NaN is larger than no tolerance, and equal to none: it must not pass.
        return bool(self.max_relative_error <= self.tolerance)

    def __repr__(self):
        count = sum(errors.size for errors in self.per_parameter.values())
        lines = [f"{'parameter':16} {'shape':>12} {'largest relative error':>24}"]
        for name, errors in self.per_parameter.items():
            worst = float(errors.max())
            mark = "" if worst <= self.tolerance else "   <-- wrong"
            lines.append(f"{name:16} {str(errors.shape):>12} {worst:24.1e}{mark}")
        verdict = "passed" if self.passed else "FAILED"
        lines.append(
            f"{verdict}: {count:,} parameters, {self.method}, tolerance {self.tolerance:.0e}"
        )
        return "\n".join(lines)


def gradient_check(net, X, y, l2=0.0, method="central"):
    """Compare ``net``'s gradient with a numerical one, for every parameter, in float64.

    The network itself is left as it is: the check works on a copy.

    Parameters
    ----------
    net : Network
    X : array, shape (N, n_in)
        A handful of examples is enough, 5 to 50.
    y : array of int, shape (N,)
    l2 : float, default 0
    method : {"central", "complex"}
        Central differences, [J(θ + ε) - J(θ - ε)] / 2ε, or the complex step, Im J(θ + iε) / ε,
        which has no rounding error to speak of, and stays on its side of a ReLU's corner, however
        near. Where a ReLU's Z is exactly 0 there is no derivative to agree on, and both methods may
        call right code wrong: let no bias be 0. Source: notebook 06, "Exactly on the corner".

    Returns
    -------
    GradientReport

    Raises
    ------
    ValueError
        If the method is unknown, or X and y do not fit the network.
    """
    tolerance = _settings(method)["tolerance"]
    exact = net.astype("float64")
    exact.loss_and_grad(X, y, l2)
    for layer in exact.layers:
        layer.freeze()  # the same dropout masks in all passes
    numerical = numerical_gradient(exact, X, y, l2, method)
    errors = relative_error(asnumpy(exact.grad), asnumpy(numerical))
    per_parameter, start = {}, 0
    for i, layer in enumerate(net.layers):
        for name, values in layer.params.items():
            block = errors[start : start + values.size]
            per_parameter[f"layers.{i}.{name}"] = block.reshape(values.shape)
            start += values.size
    return GradientReport(method, tolerance, per_parameter)


def _settings(method):
    if method not in METHODS:
        raise ValueError(f"unknown method {method!r}: expected one of {', '.join(METHODS)}")
    return METHODS[method]


def relative_error(a, b):
    """Return |a - b| / (|a| + |b|) for each element of two vectors, at most 1.

    Below a thousandth of the largest element there is little but rounding, so the denominator is
    never smaller than that. Where both are zero throughout, the error is zero; where one is NaN or
    infinite it is 1, as wrong as can be, and the other elements are measured without it.
    """
    size = np.abs(a) + np.abs(b)
    finite = np.isfinite(size)
    floor = max(1e-3 * float(np.where(finite, size, 0).max()), 1e-300)
    with np.errstate(invalid="ignore"):
        errors = np.abs(a - b) / np.maximum(size, floor)
    return np.where(finite, errors, 1.0)


def numerical_gradient(net, X, y, l2=0.0, method="central"):
    """Return dJ/dtheta, shape (P,), from values of J alone: no backward pass is involved.

    Parameters and errors as in :func:`gradient_check`.
    """
    settings = _settings(method)
    step, twin = settings["step"], net.astype(settings["dtype"])
    xp = get_array_module(twin.theta)
    y = twin._as_labels(X, y)
    inputs = [twin._as_input(X)]  # what goes into each layer, and at last what comes out
    for layer in twin.layers:
        inputs.append(layer.forward(inputs[-1], training=True))
        layer.freeze()

    def derivative(J):
        """The derivative at 0 of a function of one tiny step δ."""
        if method == "complex":
            return J(1j * step).imag / step
        return (J(step) - J(-step)) / (2 * step)

    pieces = []
    for i, layer in enumerate(twin.layers):
        behind = [*twin.layers[i + 1 :], twin.loss_function]
        at_once = all(type(step).forward in SIDE_BY_SIDE for step in behind)
        if type(layer).forward is Dense.forward and at_once:
            pieces += _dense_layer(xp, twin, i, inputs, y, l2, derivative)
        else:
            pieces += _one_by_one(xp, twin, i, inputs, y, l2, derivative)
    return xp.concatenate(pieces)


def _dense_layer(xp, net, i, inputs, y, l2, derivative):
    """Derivatives by W and b of the Dense layer number ``i``: all that feeds one unit at once."""
    layer, X, Z = net.layers[i], inputs[i], inputs[i + 1]
    W, b = layer.params["W"], layer.params["b"]
    dW, db = xp.empty(W.shape, "float64"), xp.empty(b.shape, "float64")
    widest = max(A.shape[-1] for A in inputs[i + 1 :])
    at_once = max(1, BLOCK // (len(y) * widest))
    # Row v of these moves is what one tiny step δ of weight v adds to the unit's pre-activation,
    # for each example: δ times input v. For the bias that input is 1.
    moves = xp.concatenate([X.T, xp.ones_like(X.T[:1])])  # (n_in + 1, N)
    for j in range(layer.n_out):
        parts = []
        for start in range(0, len(moves), at_once):
            some = moves[start : start + at_once]
            parts.append(
                derivative(lambda δ, j=j, some=some: _rest(net, i, j, Z, δ * some, inputs, y))
            )
        column = xp.concatenate(parts)
        dW[:, j], db[j] = column[:-1], column[-1]
    if l2:  # the penalty knows each weight by itself: (l2/2) W², element by element
        dW += derivative(lambda δ: 0.5 * l2 * (W + δ) * (W + δ))
    return [dW.ravel(), db]


def _rest(net, i, j, Z, moves, inputs, y):
    """J of V networks in which unit ``j`` of layer ``i`` is moved by ``moves``, shape (V, N)."""
    moved = Z[:, j] + moves  # (V, N): the only column that changes
    for k in range(i + 1, len(net.layers)):
        layer = net.layers[k]
        if type(layer).forward is Dense.forward:
            # The next layer sees one input change, so its row j carries the change on.
            change = (moved - inputs[k][:, j])[..., None]
            A = inputs[k + 1] + change * layer.params["W"][j]  # (V, N, n_out)
            break
        alone = layer.unit(j)
        if alone is None:
            k -= 1
            A = _with_column(inputs[k + 1], j, moved)
            break
        moved = alone.forward(moved, training=True)
    else:
        k = len(net.layers) - 1
        A = _with_column(inputs[-1], j, moved)
    for layer in net.layers[k + 1 :]:
        A = layer.forward(A, training=True)
    return net.loss_function.forward(A, y)


def _with_column(A, j, moved):
    """V copies of ``A`` (N, n), each with another column ``j``: shape (V, N, n)."""
    versions = get_array_module(A).tile(A, (len(moved), 1, 1))
    versions[:, :, j] = moved
    return versions


def _one_by_one(xp, net, i, inputs, y, l2, derivative):
    """Derivatives by the parameters of layer ``i`` of any kind: the honest loop of notebook 06."""

    def J(values, index, penalty, δ):
        before = values[index].copy()
        values[index] = before + δ
        A = inputs[i]
        for layer in net.layers[i:]:
            A = layer.forward(A, training=True)
        cost = net.loss_function.forward(A, y) + 0.5 * penalty * values[index] * values[index]
        values[index] = before
        return cost.reshape(1)

    pieces = []
    for name in net.layers[i].shapes:
        values = net.layers[i].params[name].reshape(-1)
        penalty = l2 if name == "W" else 0.0  # as in the network: on the matrices W alone
        pieces += [derivative(functools.partial(J, values, n, penalty)) for n in range(values.size)]
    return pieces
