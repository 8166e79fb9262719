"""Losses: one number for how wrong the network is, and its derivative (notebooks 02 and 05).

This is where 1/N stands, and nowhere else: J is the mean over the examples, so dZ = dJ/dZ carries
the 1/N through the whole backward pass. A loss keeps, between ``forward`` and ``backward``, what
its derivative is made of.

Axes before the last two are free: Z of shape (V, N, K) gives V losses at once, for V versions of
the network. The gradient check lives on that.
"""

import numpy as np

from .activations import Sigmoid
from .backend import asnumpy, constant, fused, get_array_module


def check_labels(y, n_classes):
    """Raise ValueError unless ``y`` has shape (N,) and holds integers from 0 to n_classes - 1."""
    if y.ndim != 1:
        raise ValueError(
            f"expected labels y of shape (N,), got {y.shape}: one class number for each example. "
            "If y is one-hot, try y.argmax(axis=1)."
        )
    if y.dtype.kind not in "iu":
        raise ValueError(
            f"expected labels y as integers, got {y.dtype}: they number the classes. "
            "Try y.astype(int)."
        )
    if len(y) and (int(y.min()) < 0 or int(y.max()) >= n_classes):
        host = asnumpy(y)
        first = np.flatnonzero((host < 0) | (host >= n_classes))[0]
        raise ValueError(
            f"expected labels from 0 to {n_classes - 1}, got y[{first}] = {host[first]}: "
            "classes are counted from 0, and the network needs one output for each."
        )


def one_hot(y, n_classes, dtype="float32"):
    """Return Y of shape (N, n_classes): Y[n, y[n]] = 1, and zeros elsewhere.

    Parameters
    ----------
    y : array of int, shape (N,)
        Labels from 0 to n_classes - 1.

    Raises
    ------
    ValueError
        If ``y`` holds anything else.
    """
    check_labels(y, n_classes)
    return _one_hot(y, n_classes, dtype)


def _one_hot(y, n_classes, dtype):
    return (y[:, None] == get_array_module(y).arange(n_classes)).astype(dtype)


class Loss:
    """What all losses share: K outputs stand for K classes, one output for the classes 0 and 1."""

    def check(self, y, n_outputs):
        """Raise ValueError if labels ``y`` do not fit a network with ``n_outputs`` outputs."""
        check_labels(y, max(n_outputs, 2))

    def forward(self, Z, y):
        """Return J, the mean loss of the outputs ``Z`` (N, K) for the labels ``y`` (N,)."""
        raise NotImplementedError

    def backward(self):
        """Return dZ = dJ/dZ, shape (N, K), for the last forward pass."""
        raise NotImplementedError

    def probabilities(self, Z):
        """Return what the outputs say, between 0 and 1, shape (N, K)."""
        raise NotImplementedError

    def targets(self, Z, y):
        """Return Y with the shape of Z: one-hot rows, or the label itself for a single output."""
        n_outputs = Z.shape[-1]
        return y[:, None].astype(Z.dtype) if n_outputs == 1 else _one_hot(y, n_outputs, Z.dtype)

    def predict_proba(self, Z):
        """Return the probability of each class, shape (N, K), or (N, 2) for a single output."""
        P = self.probabilities(Z)
        if P.shape[-1] == 1:
            P = get_array_module(P).concatenate([1 - P, P], axis=-1)
        return P / P.sum(axis=-1, keepdims=True)

    def predict(self, Z):
        """Return the most probable class of each row, shape (N,)."""
        if Z.shape[-1] > 1:
            return Z.argmax(axis=-1)
        return (self.probabilities(Z)[..., 0] > 0.5).astype("int64")

    def count_correct(self, Z, y):
        """Return how many rows of ``Z`` point at their label: a number on Z's own device."""
        return get_array_module(Z).count_nonzero(self.predict(Z) == y)

    def forget(self):
        """Drop what the last forward pass kept."""

    def __repr__(self):
        return f"{type(self).__name__}()"


class SoftmaxCrossEntropy(Loss):
    """J = -(1/N) Σₙ log P[n, y[n]] with P = softmax(Z), row by row; dZ = (P - Y) / N.

    For K >= 2 classes that exclude each other. The largest element of each row of Z is subtracted
    first: that leaves P as it is and keeps exp from overflowing. Source: notebook 02, "Softmax and
    cross-entropy".

    With label smoothing s the targets are T = (1 - s) Y + s / K in place of Y: a little of each
    label is spread over all classes, so that no output has to go to infinity. Then

        J = -(1/N) Σₙₖ T log P,     dZ = (P - T) / N,

    the latter for the same reason as before: the rows of T, like those of Y, sum to 1.
    Source: notebook 13, "Labels that are not quite sure"; Szegedy et al. 2016.

    Parameters
    ----------
    smoothing : float, default 0
        s, from 0 up to but not including 1.

    Raises
    ------
    ValueError
        If ``smoothing`` does not lie in that range.
    """

    y = rows = P = None

    def __init__(self, smoothing=0.0):
        if not 0 <= smoothing < 1:
            raise ValueError(
                f"SoftmaxCrossEntropy expected smoothing from 0 up to 1 (excluded), got "
                f"{smoothing!r}: it is the share of each label that is spread over all classes."
            )
        self.smoothing = float(smoothing)

    def check(self, y, n_outputs):
        if n_outputs < 2:
            raise ValueError(
                "SoftmaxCrossEntropy expected a network with at least 2 outputs, got 1: "
                "one output and two classes are a case for SigmoidCrossEntropy."
            )
        check_labels(y, n_outputs)

    def forward(self, Z, y):
        xp = get_array_module(Z)
        self.y, self.rows = y, constant(xp.arange, len(y))
        Z, E = exponentials(Z, largest(Z.real))
        total = E.sum(axis=-1, keepdims=True)
        self.P = E / total
        # log P at the labels, without the division: log(E / total) = Z - log(total)
        at_label, total = Z[..., self.rows, y], total[..., 0]
        if self.smoothing:  # Σₖ T log P: the share s of it is the mean of log P over the classes
            s, mean = self.smoothing, Z.mean(axis=-1)
            log_P = smoothed_log_probability(at_label, mean, total, 1 - s, s)
        else:
            log_P = log_probability(at_label, total)
        return log_P.sum(axis=-1) / -len(y)

    def backward(self):
        N = len(self.y)
        dZ = self.P / N
        dZ[self.rows, self.y] -= (1 - self.smoothing) / N  # Y is 1 at the label, 0 elsewhere
        if self.smoothing:
            dZ -= self.smoothing / (N * dZ.shape[-1])
        return dZ

    def forget(self):
        self.y = self.rows = self.P = None

    def __repr__(self):
        given = f"smoothing={self.smoothing:g}" if self.smoothing else ""
        return f"SoftmaxCrossEntropy({given})"

    def probabilities(self, Z):
        return softmax(Z)


def softmax(Z):
    """Return exp(Z) / Σₖ exp(Z), row by row: shape (..., K), and each row's sum is 1."""
    _, E = exponentials(Z, largest(Z))
    return E / E.sum(axis=-1, keepdims=True)


@fused
def exponentials(Z, largest):
    """Return (Z - largest, exp of it), elements of each row less than its largest one."""
    Z = Z - largest
    return Z, get_array_module(Z).exp(Z)


@fused
def log_probability(Z, total):
    """Return log(exp(Z) / total), without the division."""
    return Z - get_array_module(total).log(total)


@fused
def smoothed_log_probability(at_label, mean, total, share, s):
    """Return Σₖ T log P, where T is 1 at the label, smoothed by s; ``share`` is 1 - s."""
    log_total = get_array_module(total).log(total)
    return share * (at_label - log_total) + s * (mean - log_total)


def largest(Z):
    """Return the largest element of each row, (..., 1): Z.max(axis=-1, keepdims=True).

    NumPy compares ten neighbours one by one, but whole columns at once, in a quarter of the time.
    """
    columns = get_array_module(Z).ascontiguousarray(Z.T)
    return columns.max(axis=0).T[..., None]


class SigmoidCrossEntropy(Loss):
    """J = -(1/N) Σₙₖ [Y log P + (1 - Y) log(1 - P)] with P = sigmoid(Z); dZ = (P - Y) / N.

    For one output and two classes, or K classes judged one by one. Computed from Z as
    max(Z, 0) - Y Z + log(1 + exp(-|Z|)), which is the same and never takes the logarithm of zero.
    Source: notebook 02, "One output: sigmoid and cross-entropy".
    """

    Z = Y = None

    def forward(self, Z, y):
        self.Z, self.Y = Z, self.targets(Z, y)
        return self.losses(Z, self.Y).sum(axis=(-2, -1)) / len(y)

    @staticmethod
    @fused
    def losses(Z, Y):
        xp = get_array_module(Z)
        absolute = xp.maximum(Z, -Z)
        return xp.maximum(Z, 0) - Y * Z + xp.log(1 + xp.exp(-absolute))

    def backward(self):
        return (self.probabilities(self.Z) - self.Y) / len(self.Y)

    def probabilities(self, Z):
        return Sigmoid.value(Z)

    def predict_proba(self, Z):
        if Z.shape[-1] == 1:
            return super().predict_proba(Z)
        # P / Σₖ P, with P = exp(log P) and log P = min(Z, 0) - log(1 + exp(-|Z|)): that has its
        # digits where P is rounded to 0, as all K sigmoids of a row may be.
        xp = get_array_module(Z)
        return softmax(xp.minimum(Z, 0) - xp.log1p(xp.exp(-xp.abs(Z))))

    def forget(self):
        self.Z = self.Y = None


class MeanSquaredError(Loss):
    """J = (1/2N) Σₙ ‖A[n] - Y[n]‖², the quadratic cost; dA = (A - Y) / N.

    A is the last layer's output, most often behind a Sigmoid layer, and Y the one-hot labels (or 0
    and 1 for a single output). Source: notebook 02, "The quadratic cost".
    """

    error = None

    def forward(self, Z, y):
        self.error = Z - self.targets(Z, y)
        return 0.5 * (self.error * self.error).sum(axis=(-2, -1)) / len(y)

    def backward(self):
        return self.error / len(self.error)

    def probabilities(self, Z):
        # Nothing in this loss keeps the outputs between 0 and 1. A single one is cut off there; a
        # row that falls below 0 is lifted, which keeps the order of its classes.
        xp = get_array_module(Z)
        if Z.shape[-1] == 1:
            return xp.clip(Z, 0, 1)
        return Z - xp.minimum(Z.min(axis=-1, keepdims=True), 0) + 1e-7

    def forget(self):
        self.error = None


def l2_penalty(weights, l2):
    """Return (l2/2) Σ‖W‖² over the matrices in ``weights``; its derivative by W is l2 · W.

    Only the matrices W are penalised, not the biases. Source: notebook 05, "The penalty".
    """
    # The scalar product of a vector with itself: no matrix of squares is made. l2 as a float of
    # Python's leaves the weights' dtype alone.
    return 0.5 * float(l2) * sum(W.reshape(-1) @ W.reshape(-1) for W in weights)


@fused
def add_l2_gradient(dW, W, l2):
    """Add the derivative of the penalty, l2 · W, to ``dW``, in place."""
    dW += l2 * W
