"""Optimizers: how the gradient moves the parameters (notebooks 04 and 08); learning-rate schedules.

An optimizer sees two long vectors, theta and grad, and knows nothing of layers. The base class owns
the step count; a subclass writes its update rule, and nothing else.
"""

import math

from .backend import get_array_module


class Optimizer:
    """What all optimizers share: the learning rate, the number of steps, and the call.

    Parameters
    ----------
    lr : float
        The learning rate η, above 0.

    Raises
    ------
    ValueError
        If ``lr`` is not a number above 0.
    """

    def __init__(self, lr):
        if not (math.isfinite(lr) and lr > 0):
            raise ValueError(
                f"expected a learning rate above 0, got {lr!r}: with 0 nothing is learned, and "
                "below 0 the cost is climbed. Try 0.1."
            )
        # A Python float leaves float32 arrays in float32; a NumPy float64 would not.
        self.lr, self.t = float(lr), 0

    def step(self, theta, grad, scale=1.0):
        """Update ``theta`` in place, one step against ``grad``; both have shape (P,).

        ``scale`` multiplies the learning rate for this step: a schedule's factor.
        """
        if theta.shape != grad.shape:
            raise ValueError(
                f"expected theta and grad of one shape, got {theta.shape} and {grad.shape}"
            )
        self.t += 1
        self.update(theta, grad, self.lr * float(scale))

    def update(self, theta, grad, lr):
        """Change ``theta`` in place: the rule that the subclass is about."""
        raise NotImplementedError

    def __repr__(self):
        return f"{type(self).__name__}(lr={self.lr:g})"


class SGD(Optimizer):
    """Gradient descent: theta <- theta - lr * grad.

    Stochastic if ``grad`` comes from a mini-batch, batch gradient descent if it comes from all
    examples: the rule is the same. Source: notebook 02, "Gradient descent"; notebook 04.
    """

    def update(self, theta, grad, lr):
        theta -= lr * grad


# A schedule is a function of the progress t, which goes from 0 at the first step towards 1 at the
# last, and returns the factor on the learning rate. Any function of that kind will do.


def step_decay(factor=0.1, at=(0.5, 0.75)):
    """Return a schedule that multiplies the learning rate by ``factor`` at each progress in ``at``.

    Source: notebook 04, "Learning-rate schedules".
    """
    return lambda t: factor ** sum(t >= mark for mark in at)


def cosine(final=0.0):
    """Return a schedule that falls from 1 to ``final`` along half a cosine.

    Source: notebook 04, "Learning-rate schedules"; Loshchilov and Hutter 2017.
    """
    return lambda t: final + (1 - final) * 0.5 * (1 + math.cos(math.pi * t))


def warmup(share=0.05, then=None):
    """Return a schedule that rises in a line from 0 to 1 in the first ``share`` of the progress.

    After that the schedule ``then`` takes over, from its own start; by default a constant 1.

    Raises
    ------
    ValueError
        If ``share`` does not lie between 0 and 1.
    """
    if not 0 < share < 1:
        raise ValueError(f"warmup expected a share between 0 and 1, got {share!r}")

    def schedule(t):
        if t < share:
            return t / share
        return then((t - share) / (1 - share)) if then else 1.0

    return schedule
