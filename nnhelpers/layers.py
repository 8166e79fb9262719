"""Layers: Dense (notebooks 01 to 03), Dropout (notebook 07), BatchNorm (notebook 09)."""

import math

import numpy as np

from .backend import constant, fused, get_array_module
from .base import Layer

# Standard deviation of the first weights of a layer with n_in inputs and n_out outputs.
INITIALISATIONS = {
    "he": lambda n_in, n_out: math.sqrt(2 / n_in),  # keeps the signal's size through ReLU
    "xavier": lambda n_in, n_out: math.sqrt(2 / (n_in + n_out)),  # ... tanh, on both ways
    "lecun": lambda n_in, n_out: math.sqrt(1 / n_in),  # ... no activation at all
}


class Dense(Layer):
    """A fully connected layer: Z = XW + b.

    Parameters
    ----------
    n_in, n_out : int
        Number of inputs and of units: W has shape (n_in, n_out), b has shape (n_out,).
    init : {"he", "xavier", "lecun"} or float, default "he"
        The standard deviation of the normal distribution that W is drawn from, or the rule for it:
        sqrt(2 / n_in), sqrt(2 / (n_in + n_out)), sqrt(1 / n_in). b starts at zero.

    Raises
    ------
    ValueError
        If a size is not a positive integer, or ``init`` is no known rule and no number >= 0.

    Notes
    -----
    Source: notebook 01, "A layer of neurons" (forward); notebook 02, "Through a layer" (backward);
    notebook 03, "How large should the first weights be?" (He et al. 2015, Glorot and Bengio 2010,
    LeCun et al. 1998).
    """

    X = None

    def __init__(self, n_in, n_out, init="he"):
        for size in (n_in, n_out):
            if not isinstance(size, (int, np.integer)) or size < 1:
                raise ValueError(f"Dense expected two positive integers, got ({n_in!r}, {n_out!r})")
        if not (init in INITIALISATIONS if isinstance(init, str) else init >= 0):
            names = ", ".join(repr(name) for name in INITIALISATIONS)
            raise ValueError(f"unknown init {init!r}: expected {names}, or a number >= 0")
        self.n_in, self.n_out, self.init = int(n_in), int(n_out), init
        self.shapes = {"W": (self.n_in, self.n_out), "b": (self.n_out,)}

    def initial(self, rng):
        scale = self.init
        if isinstance(scale, str):
            scale = INITIALISATIONS[scale](self.n_in, self.n_out)
        return {"W": scale * rng.standard_normal(self.shapes["W"]), "b": np.zeros(self.n_out)}

    def forward(self, X, training=False):  # Z = XW + b
        if X.shape[-1] != self.n_in:
            raise ValueError(self._shape_complaint(X.shape))
        self.X = X  # kept for dW
        Z = X @ self.params["W"]
        Z += self.params["b"]
        return Z

    def backward(self, dZ, input_gradient=True):  # dW = XᵀdZ   db = Σₙ dZₙ   dX = dZWᵀ
        xp = get_array_module(dZ)
        xp.matmul(self.X.T, dZ, out=self.grads["W"])
        # The sum over the rows, as a product with ones: several times as fast.
        xp.matmul(constant(xp.ones, len(dZ), dZ.dtype), dZ, out=self.grads["b"])
        # The first layer's dX is nobody's dZ: the network does not ask for it while it learns.
        return dZ @ self.params["W"].T if input_gradient else None

    def forget(self):
        self.X = None

    def _shape_complaint(self, shape):
        hint = f"each row of X is one example with {self.n_in} numbers"
        if len(shape) == 2 and shape[0] == self.n_in:
            hint = "examples are rows here. Try X.T"
        elif math.prod(shape[1:]) == self.n_in:
            hint = "each example must be one row of numbers. Try X.reshape(len(X), -1)"
        return f"{self!r} expected X of shape (N, {self.n_in}), got {shape}: {hint}."

    def __repr__(self):
        return f"Dense({self.n_in}, {self.n_out})"


class Dropout(Layer):
    """In training each element is set to zero with probability p, the others grow by 1 / (1 - p).

    A = X * M, where M is 0 with probability p, else 1 / (1 - p): so the mean of A is X, and nothing
    is left to do when the network is used, where A = X. Back, dX = dA * M with the same mask M.
    Source: notebook 07, "Inverted dropout"; Srivastava et al. 2014.

    Parameters
    ----------
    p : float, default 0.5
        The probability of dropping an element, from 0 up to but not including 1.
    seed : int, default 0
        For the masks that are drawn outside of ``fit``; ``fit`` gives a new one each epoch.

    Attributes
    ----------
    mask : array, shape (N, n), or None
        The mask of the last forward pass in training.
    given_mask : array, shape (N, n), or None
        If set, it is used in place of random masks.

    Raises
    ------
    ValueError
        If ``p`` does not lie in that range.
    """

    mask = given_mask = None

    def __init__(self, p=0.5, seed=0):
        if not 0 <= p < 1:
            raise ValueError(
                f"Dropout expected p from 0 up to 1 (excluded), got {p!r}: it is the share of "
                "elements that are dropped, and some must stay."
            )
        self.p, self.seed, self._generator = float(p), seed, None

    def forward(self, X, training=False):
        if not training or self.p == 0:
            self.mask = None
            return X
        self.mask = self._draw(X) if self.given_mask is None else self.given_mask
        return X * self.mask

    def backward(self, dA):
        return dA if self.mask is None else dA * self.mask

    def _draw(self, X):
        xp = get_array_module(X)
        if self._generator is None:  # made where X lives: a GPU draws its own masks
            self._generator = xp.random.default_rng(self.seed)
        drawn = self._generator.random(X.shape, dtype="float32")
        return self._mask(drawn, X, self.p, 1 - self.p)

    @staticmethod
    @fused
    def _mask(drawn, X, p, kept):
        return (drawn >= p).astype(X.dtype) / kept

    def reseed(self, rng):
        self.seed, self._generator = int(rng.integers(2**31)), None

    def freeze(self):
        self.given_mask = self.mask

    def unit(self, j):
        alone = Dropout(self.p)
        alone.given_mask = None if self.mask is None else self.mask[:, j]
        return alone

    def forget(self):
        self.mask = self._generator = None

    def __repr__(self):
        return f"Dropout({self.p:g})"


class BatchNorm(Layer):
    """Each unit is brought to mean 0 and variance 1 over the batch, then scaled and shifted.

    Xhat = (X - mean) / sqrt(var + eps), A = gamma * Xhat + beta, where mean and variance (divided
    by N) are over the N examples of the batch. Back, with sums over the examples,

        dX = gamma / sqrt(var + eps) * (dA - mean(dA) - Xhat * mean(dA * Xhat)).

    Outside of training, mean and variance are running averages over the batches that were seen:
    new = decay * old + (1 - decay) * current, of the mean and of the variance divided by N - 1.
    Source: notebook 09, "Backwards in one line"; Ioffe and Szegedy 2015.

    Parameters
    ----------
    n : int
        Number of units: gamma and beta have shape (n,), and start at 1 and 0.
    decay : float, default 0.9
        Of the running averages, from 0 up to but not including 1. PyTorch's momentum is 1 - decay.
    eps : float, default 1e-5
        Keeps a constant unit from a division by zero: its Xhat is 0.

    Raises
    ------
    ValueError
        If a setting is out of its range, X has other than n columns, or a batch in training has
        fewer than 2 examples, which have no variance.
    """

    smallest_batch = 2
    Xhat = scale = None

    def __init__(self, n, decay=0.9, eps=1e-5):
        if not isinstance(n, (int, np.integer)) or n < 1:
            raise ValueError(f"BatchNorm expected a positive number of units, got {n!r}")
        if not (0 <= decay < 1 and eps > 0):
            raise ValueError(
                "BatchNorm expected decay from 0 up to 1 (excluded) and eps above 0, "
                f"got {decay!r} and {eps!r}"
            )
        self.n, self.decay, self.eps = int(n), float(decay), float(eps)
        self.shapes = {"gamma": (self.n,), "beta": (self.n,)}
        self.state = {"mean": np.zeros(self.n, "float32"), "var": np.ones(self.n, "float32")}

    def initial(self, rng):
        return {"gamma": np.ones(self.n), "beta": np.zeros(self.n)}

    def forward(self, X, training=False):
        if X.shape[-1] != self.n:
            raise ValueError(f"{self!r} expected X of shape (N, {self.n}), got {X.shape}")
        xp = get_array_module(X)
        if training:
            mean = X.mean(axis=-2, keepdims=True)
            centred = X - mean
            var = (centred * centred).mean(axis=-2, keepdims=True)
            self._remember(mean, var, X.shape[-2])
        else:
            centred, var = X - self.state["mean"], self.state["var"]
        gamma, beta = self.params["gamma"], self.params["beta"]
        size = xp.sqrt(var + self.eps)
        self.scale = gamma / size
        if training:
            self.Xhat, A = self._standardize(centred, size, gamma, beta)
            return A
        return self.scale * centred + beta

    @staticmethod
    @fused
    def _standardize(centred, size, gamma, beta):
        Xhat = centred / size
        return Xhat, gamma * Xhat + beta

    def backward(self, dA, input_gradient=True):
        xp = get_array_module(dA)
        dA.sum(axis=0, out=self.grads["beta"])
        xp.sum(dA * self.Xhat, axis=0, out=self.grads["gamma"])
        if not input_gradient:
            return None
        return self._back(dA, self.Xhat, self.scale, self.grads["beta"], self.grads["gamma"],
                          len(dA))  # fmt: skip

    @staticmethod
    @fused
    def _back(dA, Xhat, scale, dbeta, dgamma, N):
        return scale * (dA - dbeta / N - Xhat * (dgamma / N))

    def _remember(self, mean, var, N):
        """Update the running averages; the variance, for all data, divided by N - 1."""
        if N < self.smallest_batch:
            raise ValueError(
                f"{self!r} expected at least {self.smallest_batch} examples in a batch, got {N}: "
                "one example has no variance. Take another batch size."
            )
        if mean.ndim == 2:  # several versions of the network at once leave no trace
            share = 1 - self.decay
            for name, current in (("mean", mean[0]), ("var", var[0] * (N / (N - 1)))):
                self.state[name] = self._mix(self.state[name], current, self.decay, share)

    @staticmethod
    @fused
    def _mix(old, current, decay, share):
        return decay * old + share * current

    def forget(self):
        self.Xhat = self.scale = None

    def __repr__(self):
        return f"BatchNorm({self.n})"
