"""What a training is asked to do, checked before it begins: data, settings, functions."""

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ..backend import asnumpy, get_array_module, move
from . import guards


def pair(net: Any, given: Any, name: str) -> tuple:
    """Return (X, y) on the network's device and in its dtype, checked once for all."""
    try:
        X, y = given
    except (TypeError, ValueError):
        raise ValueError(
            f"expected {name} as a pair (X, y), such as data.{name}, got {type(given).__name__}"
        ) from None
    xp = get_array_module(net.theta)
    X, y = move(X, xp), move(y, xp)
    y = net._as_labels(X, y)
    X = net._as_input(X)
    # A sum is finite unless an element is not, and takes a tenth of the time of looking at each.
    with np.errstate(over="ignore", invalid="ignore"):
        suspicious = not math.isfinite(abs(complex(X.sum())))
    if suspicious and not bool(xp.isfinite(X).all()):
        row = int(np.flatnonzero(~asnumpy(xp.isfinite(X).all(axis=tuple(range(1, X.ndim)))))[0])
        raise ValueError(
            f"expected finite numbers in {name}, got NaN or infinity in X[{row}]: one such number "
            "spreads to every weight. Look at that example, or leave it out."
        )
    net.forward(X[:1])  # says at once if the shapes do not fit
    return X, y


def settings(n_examples: int, epochs: int, batch_size: int | None, l2: float) -> int:
    """Return the batch size as a number, or raise ValueError naming the setting that cannot be."""
    if not guards.is_count(epochs):
        raise ValueError(f"expected epochs as an integer of at least 1, got {epochs!r}")
    if batch_size is None:
        batch_size = n_examples
    if not guards.is_count(batch_size):
        raise ValueError(
            f"expected batch_size as an integer of at least 1, got {batch_size!r}: it counts the "
            "examples in a mini-batch. None takes all of them at once."
        )
    guards.penalty(l2)
    return min(int(batch_size), n_examples)


def last_batch(net: Any, n_examples: int, batch_size: int) -> None:
    """Refuse a batch size that leaves less for an epoch's last mini-batch than a layer can take."""
    last = n_examples % batch_size or batch_size
    for layer in net.layers:
        if last < layer.smallest_batch:
            raise ValueError(
                f"{layer!r} expected at least {layer.smallest_batch} examples in a mini-batch, but "
                f"{n_examples} examples in batches of {batch_size} leave {last} for the last one: "
                "take another batch size."
            )


def schedule(given: Any) -> Callable | None:
    """Return the schedule, or refuse what cannot be called."""
    if given is not None and not callable(given):
        raise TypeError(f"expected schedule as a function, such as nn.cosine(), got {given!r}")
    return given


def factor(schedule: Callable, progress: float) -> float:
    """Return the schedule's factor, or refuse it unless it is a number."""
    found = schedule(progress)
    if isinstance(found, (int, float, np.integer, np.floating)):
        return float(found)
    if callable(found):
        raise TypeError(
            f"expected schedule to return a number, got {found!r}: {schedule!r} makes schedules. "
            f"Call it: nn.{getattr(schedule, '__name__', 'cosine')}()"
        )
    raise TypeError(
        f"expected schedule to return a number, got {found!r} at progress {progress:.3g}"
    )


def functions(augment: Callable | None, after_step: Sequence[Callable]) -> list[Callable]:
    """Return ``after_step`` as a list, or raise if it or ``augment`` cannot be called."""
    if callable(after_step):
        raise TypeError(
            f"expected after_step as a list of functions, got {after_step!r}: put it in brackets"
        )
    after_step = list(after_step)
    for name, function in [("augment", augment), *(("after_step", rule) for rule in after_step)]:
        if function is not None and not callable(function):
            raise TypeError(f"expected in {name} something that can be called, got {function!r}")
        if isinstance(function, type):
            raise TypeError(
                f"expected in {name} something that can be called, got the class: put brackets "
                f"after it, {function.__name__}(...)"
            )
    if sum(hasattr(rule, "state") for rule in after_step) > 1:
        raise ValueError(
            f"expected at most one WeightAverage in after_step, got {after_step}: a checkpoint has "
            "room for one"
        )
    return after_step
