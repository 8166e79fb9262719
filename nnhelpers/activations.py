"""Activations: what stands between two matrix products, element by element (notebook 03).

Each value is followed by its way back, and all of them remember the same for it: the value A.
Without an activation, any number of layers is one matrix product.
"""

from .backend import fused, get_array_module
from .base import Layer


class Activation(Layer):
    """A function applied to each element of Z: A = g(Z), and back dZ = dA * g'(Z).

    A subclass writes the two lines: ``value(Z)`` returns A, and ``back(dA, A)`` returns dZ, with
    the derivative told from A. On a GPU each is one launch.
    """

    A = None
    settings = ()  # numbers that both lines need besides

    def forward(self, Z, training=False):
        self.A = self.value(Z, *self.settings)
        return self.A

    def backward(self, dA):
        return self.back(dA, self.A, *self.settings)

    def unit(self, j):
        return self

    def forget(self):
        self.A = None


class Sigmoid(Activation):
    """A = 1 / (1 + exp(-Z)), between 0 and 1; the derivative is A (1 - A).

    Written with tanh, which is the same function and never overflows:
    1 / (1 + exp(-z)) = (1 + tanh(z / 2)) / 2. Source: notebook 03, "Sigmoid".
    """

    @staticmethod
    @fused
    def value(Z):
        return 0.5 * (1 + get_array_module(Z).tanh(0.5 * Z))

    @staticmethod
    @fused
    def back(dA, A):
        return dA * A * (1 - A)


class Tanh(Activation):
    """A = tanh(Z), between -1 and 1; the derivative is 1 - A^2.

    Source: notebook 03, "Tanh".
    """

    @staticmethod
    @fused
    def value(Z):
        return get_array_module(Z).tanh(Z)

    @staticmethod
    @fused
    def back(dA, A):
        return dA * (1 - A * A)


class ReLU(Activation):
    """A = max(Z, 0); the derivative is 1 where Z > 0, else 0 (at Z = 0 we choose 0).

    A is positive just where Z is. Source: notebook 03, "ReLU".
    """

    @staticmethod
    @fused
    def value(Z):
        return get_array_module(Z).maximum(Z, 0)

    @staticmethod
    @fused
    def back(dA, A):
        return dA * (A > 0)


class LeakyReLU(Activation):
    """A = Z where Z > 0, else slope * Z; the derivative is 1 or slope (at Z = 0: slope).

    A has the sign of Z. Source: notebook 03, "Leaky ReLU".

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

    @property
    def settings(self):
        return (self.slope,)

    @staticmethod
    @fused
    def value(Z, slope):
        return get_array_module(Z).maximum(Z, slope * Z)

    @staticmethod
    @fused
    def back(dA, A, slope):
        return get_array_module(dA).where(A > 0, dA, slope * dA)

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
