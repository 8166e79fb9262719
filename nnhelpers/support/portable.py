"""The same network elsewhere: a copy, in another dtype, on another device, in another process."""

import copy
from typing import Any

from ..backend import get_array_module, load_backend, move
from . import guards


class Portable:
    """What a network needs for that, given its layers, its loss and its vectors."""

    layers: list
    loss_function: Any
    theta: Any
    grad: Any

    def _bind(self, theta):
        raise NotImplementedError

    def copy(self):
        """Return a new network with the same layers and its own copy of the parameters."""
        return self._with(self.theta.copy())

    def astype(self, dtype):
        """Return a new network that computes in ``dtype``, for example "float64"."""
        guards.floating(dtype)
        return self._with(self.theta.astype(dtype))

    def to(self, backend):
        """Return a new network whose parameters live on ``backend``, "numpy" or "cupy"."""
        xp = load_backend(backend)
        return (
            self.copy() if get_array_module(self.theta) is xp else self._with(move(self.theta, xp))
        )

    def _with(self, theta):
        twin = object.__new__(type(self))
        twin.__dict__.update(self.__dict__)
        twin.layers = [layer.fresh() for layer in self.layers]
        twin.loss_function = copy.copy(self.loss_function)
        twin.loss_function.forget()
        twin._bind(theta)
        return twin

    def __call__(self, X):
        raise TypeError(
            "a network is no function here: net.forward(X) gives the outputs Z, net.predict(X) the "
            "classes, net.predict_proba(X) their probabilities"
        )

    def __copy__(self):
        return self.copy()  # not the same layers, whose params belong to one theta

    def __setstate__(self, state):
        """Cut theta and grad into views: to ``copy.deepcopy`` and ``pickle`` each is an array.

        Of copies, since joblib hands large arrays to its processes such that nobody may write them.
        """
        self.__dict__.update(state)
        grad = self.grad
        self._bind(self.theta.copy())
        self.grad[...] = grad
