"""Activations: what stands between two matrix products, element by element (notebook 03).

Each forward pass is followed by its backward pass, and says what it has to remember for it.
Without an activation, any number of layers is one matrix product.
"""

from .backend import get_array_module
from .base import Layer


class Activation(Layer):
    """A function applied to each element of Z: A = g(Z), and back dZ = dA * g'(Z)."""

    A = None

    def unit(self, j):
        return self

    def forget(self):
        self.A = None


class Sigmoid(Activation):
    """A = 1 / (1 + exp(-Z)), between 0 and 1; the derivative is A (1 - A).

    Remembers A. Written with tanh, which is the same function and never overflows:
    1 / (1 + exp(-z)) = (1 + tanh(z / 2)) / 2. Source: notebook 03, "Sigmoid".
    """

    def forward(self, Z, training=False):
        xp = get_array_module(Z)
        self.A = 0.5 * (1 + xp.tanh(0.5 * Z))
        return self.A

    def backward(self, dA):
        return dA * self.A * (1 - self.A)


class Tanh(Activation):
    """A = tanh(Z), between -1 and 1; the derivative is 1 - A^2.

    Remembers A. Source: notebook 03, "Tanh".
    """

    def forward(self, Z, training=False):
        xp = get_array_module(Z)
        self.A = xp.tanh(Z)
        return self.A

    def backward(self, dA):
        return dA * (1 - self.A * self.A)


class ReLU(Activation):
    """A = max(Z, 0); the derivative is 1 where Z > 0, else 0 (at Z = 0 we choose 0).

    Remembers A, which is positive just where Z is. Source: notebook 03, "ReLU".
    """

    def forward(self, Z, training=False):
        xp = get_array_module(Z)
        self.A = xp.maximum(Z, 0)
        return self.A

    def backward(self, dA):
        return dA * (self.A > 0)


class LeakyReLU(Activation):
    """A = Z where Z > 0, else slope * Z; the derivative is 1 or slope (at Z = 0: slope).

    Remembers A, which has the sign of Z. Source: notebook 03, "Leaky ReLU".

    Parameters
    ----------
    slope : float, default 0.01
        Between 0 and 1, both excluded.

    Raises
    ------
    ValueError
        If ``slope`` does not lie between 0 and 1.
    """

    def __init__(self, slope=0.01):
        if not 0 < slope < 1:
            raise ValueError(f"LeakyReLU expected a slope between 0 and 1, got {slope!r}")
        self.slope = float(slope)

    def forward(self, Z, training=False):
        xp = get_array_module(Z)
        self.A = xp.maximum(Z, self.slope * Z)
        return self.A

    def backward(self, dA):
        xp = get_array_module(dA)
        return xp.where(self.A > 0, dA, self.slope * dA)

    def __repr__(self):
        return f"LeakyReLU({self.slope:g})"


ACTIVATIONS = {"sigmoid": Sigmoid, "tanh": Tanh, "relu": ReLU, "leaky_relu": LeakyReLU}


def activation(name):
    """Return a new activation layer by its name.

    Raises
    ------
    ValueError
        If there is no activation of that name; the message lists the names.
    """
    if name not in ACTIVATIONS:
        names = ", ".join(repr(known) for known in ACTIVATIONS)
        raise ValueError(f"unknown activation {name!r}: expected one of {names}")
    return ACTIVATIONS[name]()
