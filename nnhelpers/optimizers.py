"""Optimizers: how the gradient moves the parameters (notebooks 04 and 08); learning-rate schedules.

An optimizer sees two long vectors, theta and grad, and knows nothing of layers. A subclass writes
its formula in ``rule``, and in ``update`` says which averages and numbers it takes.
"""

import copy
import math
from collections.abc import Callable

from .backend import Array, get_array_module, in_place
from .support import guards


class Optimizer:
    """What all optimizers share: the learning rate ``lr``, the number of steps taken ``t``, and
    ``state``, the moving averages by name, of theta's shape. An optimizer serves one network."""

    _of = None  # the theta that the averages belong to, as a weak reference

    def __init__(self, lr: float):
        self.lr, self.t = lr, 0
        self.state: dict[str, Array] = {}

    @property
    def lr(self) -> float:
        """The learning rate η, a number above 0; it may be set at any time."""
        return self._lr

    @lr.setter
    def lr(self, lr):
        self._lr = guards.learning_rate(lr)

    def step(self, theta: Array, grad: Array, scale: float = 1.0) -> None:
        """Update ``theta`` (P,) in place, one step against ``grad``; ``scale`` multiplies lr."""
        guards.one_shape(theta, grad)
        self.t += 1
        self.update(theta, grad, self._lr * float(scale))

    def update(self, theta: Array, grad: Array, lr: float) -> None:
        """Change ``theta`` in place: the rule that the subclass is about."""
        raise NotImplementedError

    def memory(self, name: str, theta: Array) -> Array:
        """Return the moving average called ``name``, of theta's shape: at first zero, then kept."""
        if name not in self.state:
            self.state[name] = get_array_module(theta).zeros_like(theta)
        self._of = guards.same_network(self, name, self.state[name], theta)
        return self.state[name]

    def __getstate__(self):
        return {**self.__dict__, "_of": None}  # a copy may serve another network

    def __setstate__(self, attributes):  # ... and has vectors of its own
        self.__dict__.update(attributes)
        self.state = {name: copy.copy(vector) for name, vector in self.state.items()}

    def __repr__(self):
        return f"{type(self).__name__}(lr={self.lr:g})"


def average(old, current, beta, rest):
    """Update a moving average in place: new = beta * old + rest * current; rest is 1 - beta."""
    old *= beta
    old += rest * current
    return old


class SGD(Optimizer):
    """Gradient descent: theta <- theta - lr * grad.

    Stochastic if ``grad`` comes from a mini-batch, batch gradient descent if it comes from all
    examples. Source: notebook 02, "Gradient descent"; notebook 04.
    """

    def update(self, theta, grad, lr):
        self.rule(theta, grad, lr)

    @staticmethod
    @in_place
    def rule(theta, grad, lr):
        theta -= lr * grad


class Momentum(Optimizer):
    """Follow the gradients' moving average: v <- beta v + (1 - beta) grad, theta <- theta - lr v.

    PyTorch's ``SGD(lr=lr * (1 - beta), momentum=beta)``. Source: notebook 08; Polyak 1964.
    """

    def __init__(self, lr: float, beta: float = 0.9):
        super().__init__(lr)
        self.beta = guards.decay_rate(beta)

    def update(self, theta, grad, lr):
        self.rule(theta, grad, self.memory("v", theta), lr, self.beta, 1 - self.beta)

    @staticmethod
    @in_place
    def rule(theta, grad, v, lr, beta, rest):
        theta -= lr * average(v, grad, beta, rest)


class RMSprop(Optimizer):
    """Divide by the gradient's root mean square: s <- beta s + (1 - beta) grad²,
    theta <- theta - lr grad / (sqrt(s) + eps).

    PyTorch's ``RMSprop(alpha=beta)``. Source: notebook 08, "RMSprop"; Tieleman and Hinton 2012.
    """

    def __init__(self, lr: float, beta: float = 0.9, eps: float = 1e-8):
        super().__init__(lr)
        self.beta, self.eps = guards.decay_rate(beta), guards.tiny(eps)

    def update(self, theta, grad, lr):
        self.rule(theta, grad, self.memory("s", theta), lr, self.beta, 1 - self.beta, self.eps)

    @staticmethod
    @in_place
    def rule(theta, grad, s, lr, beta, rest, eps):
        size = get_array_module(s).sqrt(average(s, grad * grad, beta, rest))
        size += eps
        theta -= lr * grad / size


class Adam(Optimizer):
    """Momentum and RMSprop together, both averages corrected for their start at zero:
    theta <- theta - lr mhat / (sqrt(shat) + eps).

    m <- beta1 m + (1 - beta1) grad and mhat = m / (1 - beta1^t); s <- beta2 s + (1 - beta2) grad²
    and shat = s / (1 - beta2^t), where t counts the steps from 1. Source: notebook 08, "Adam";
    Kingma and Ba 2015.
    """

    def __init__(self, lr: float, beta1=0.9, beta2=0.999, eps=1e-8):
        super().__init__(lr)
        self.beta1 = guards.decay_rate(beta1, "beta1")
        self.beta2 = guards.decay_rate(beta2, "beta2")
        self.eps = guards.tiny(eps)

    def update(self, theta, grad, lr):
        # sqrt(shat) is sqrt(s) times a number, and lr mhat is m times another
        lr /= 1 - self.beta1**self.t
        correct = (1 - self.beta2**self.t) ** -0.5
        self.rule(theta, grad, self.memory("m", theta), self.memory("s", theta), lr, correct,
                  self.beta1, 1 - self.beta1, self.beta2, 1 - self.beta2, self.eps)  # fmt: skip

    @staticmethod
    @in_place
    def rule(theta, grad, m, s, lr, correct, beta1, rest1, beta2, rest2, eps):
        average(m, grad, beta1, rest1)
        average(s, grad * grad, beta2, rest2)
        size = get_array_module(s).sqrt(s)
        size *= correct
        size += eps
        theta -= lr * m / size


# From the progress, 0 at the first step towards 1 at the last, to a factor on the learning rate.
Schedule = Callable[[float], float]


def step_decay(factor: float = 0.1, at: tuple = (0.5, 0.75)) -> Schedule:
    """Return a schedule that multiplies the learning rate by ``factor`` at each progress in ``at``.

    Source: notebook 04, "Learning-rate schedules".
    """
    marks = (at,) if isinstance(at, (int, float)) else at
    return lambda t: factor ** sum(t >= mark for mark in marks)


def cosine(final: float = 0.0) -> Schedule:
    """Return a schedule that falls from 1 to ``final`` along half a cosine.

    Source: notebook 04, "Learning-rate schedules"; Loshchilov and Hutter 2017.
    """
    return lambda t: final + (1 - final) * 0.5 * (1 + math.cos(math.pi * t))


def warmup(share: float = 0.05, then: Schedule | None = None) -> Schedule:
    """Return a schedule that rises linearly from 0 to 1 in the first ``share`` of the progress.

    After that the schedule ``then`` takes over, from its own start; by default a constant 1.
    """
    guards.between_0_and_1(share, "warmup", "share")
    after = then or (lambda t: 1.0)
    return lambda t: t / share if t < share else after((t - share) / (1 - share))


def one_cycle(rise: float = 0.3, start: float = 0.04, final: float = 1e-4) -> Schedule:
    """Return a schedule that rises from ``start`` to 1, and then falls to ``final``.

    The rise takes the first ``rise`` of the progress; both ways are half a cosine. The learning
    rate that it multiplies is the peak. Source: notebook 08, "Schedules"; Smith and Topin 2018.
    """
    guards.between_0_and_1(rise, "one_cycle", "rise")
    fall, way_down = cosine(final=start), cosine(final=final)  # the rise is a fall, backwards
    return lambda t: fall(1 - t / rise) if t < rise else way_down((t - rise) / (1 - rise))
