"""Layers with parameters (notebooks 01 and 02), and how large their first weights are (notebook 03)."""

import math

import numpy as np

from .backend import get_array_module
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
        dZ.sum(axis=0, out=self.grads["b"])
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
