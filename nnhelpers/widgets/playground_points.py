"""The playground's points and inputs: sets from a menu, points of the user's own, and features."""

from typing import NamedTuple

import numpy as np

from ..backend import asnumpy
from ..data import make_circles, make_moons, make_spirals, make_xor
from .playground_code import points_code

MOST_POINTS = 2000


class Set(NamedTuple):
    """How to make a set, in Python and as code, and the square of the plane that shows it."""

    make: object
    code: str
    centre: tuple
    half: float


SETS = {
    "moons": Set(make_moons, "nn.make_moons({n}, noise={noise:g}, seed={seed})", (0.5, 0.25), 2.0),
    "circles": Set(make_circles, "nn.make_circles({n}, noise={noise:g}, seed={seed})", (0, 0), 1.5),
    "spirals": Set(
        lambda n, noise, seed: make_spirals(n, 2, noise, seed),
        "nn.make_spirals({n}, 2, noise={noise:g}, seed={seed})", (0, 0), 1.25,
    ),
    "xor": Set(make_xor, "nn.make_xor({n}, noise={noise:g}, seed={seed})", (0, 0), 1.5),
    "own": Set(None, "", (0, 0), 1.5),
}  # fmt: skip

# The inputs beyond x1 and x2: name, function, code. A menu offers some of their combinations.
FEATURES = {
    "x1x2": (lambda X: X[:, 0] * X[:, 1], "X[:, 0] * X[:, 1]"),
    "x1²": (lambda X: X[:, 0] ** 2, "X[:, 0] ** 2"),
    "x2²": (lambda X: X[:, 1] ** 2, "X[:, 1] ** 2"),
    "sin 3x1": (lambda X: np.sin(3 * X[:, 0]), "xp.sin(3 * X[:, 0])"),
    "sin 3x2": (lambda X: np.sin(3 * X[:, 1]), "xp.sin(3 * X[:, 1])"),
}
INPUTS = ["x1, x2", "x1, x2, x1x2", "x1, x2, x1², x2²", "x1, x2, x1x2, x1², x2²",
          "x1, x2, sin 3x1, sin 3x2"]  # fmt: skip

NO_POINTS = np.empty((0, 2), "float32"), np.empty(0, "int64")


def features(inputs):
    """Return the names of the inputs beyond x1 and x2."""
    return inputs.split(", ")[2:]


def pretty(inputs):
    """Return the inputs' names with subscript digits."""
    return inputs.replace("x1", "x₁").replace("x2", "x₂").split(", ")


def with_features(X, inputs):
    """Return what the network reads for points ``X`` of shape (N, 2): X, and its features."""
    X = np.asarray(asnumpy(X), "float32")
    columns = (FEATURES[name][0](X) for name in features(inputs))
    return np.column_stack([X, *columns]).astype("float32")


def split_points(values, own):
    """Return (train, test), two pairs (X, y): of the set, and the user's own to train on."""
    make, (X, y) = SETS[values["set"]].make, NO_POINTS
    if make is not None:
        X, y = map(asnumpy, make(values["n"], values["noise"], values["data_seed"]))
    first = len(y) - round(values["test"] * len(y))
    train = tuple(map(np.concatenate, zip((X[:first], y[:first]), own, strict=True)))
    return train, (X[first:], y[first:])


def data_code(values, own):
    """Return code that makes the points: those of the set, then the user's own."""
    here, mine = SETS[values["set"]], points_code(*own) if len(own[1]) else ""
    if here.make is None:
        return mine or "X, y = nn.make_moons(10)  # there were no points"
    call = here.code.format(n=values["n"], noise=values["noise"], seed=values["data_seed"])
    if mine:
        return (f"{mine}\nmade = {call}\nX = xp.concatenate([made.X, X])\n"
                "y = xp.concatenate([made.y, y])")  # fmt: skip
    return f"X, y = {call}  # the last {values['test']:.0%} of them are the test points"


def axes(values, own_X, grid):
    """Return x1 from left to right and x2 from top to bottom of a map of the points."""
    here = SETS[values["set"]]
    # A click is always inside; points that came with the call may lie anywhere.
    reach = float(np.abs(own_X - here.centre).max(initial=0))
    half = here.half if reach <= here.half else 1.1 * reach
    steps = half * ((np.arange(grid) + 0.5) / grid * 2 - 1)
    return here.centre[0] + steps, here.centre[1] - steps


def checked_points(points):
    """Return points of the user's own as arrays, or raise ValueError for what are none."""
    try:
        X, y = points
        X, y = np.asarray(asnumpy(X), "float32"), np.asarray(asnumpy(y))
    except (TypeError, ValueError):
        raise ValueError(
            "playground expected points as a pair (X, y) of shapes (N, 2) and (N,), got "
            f"{type(points).__name__}"
        ) from None
    if X.ndim != 2 or X.shape[1] != 2 or y.shape != (len(X),) or len(y) > MOST_POINTS:
        raise ValueError(
            f"playground expected points X of shape (N, 2) and y of shape (N,), N up to "
            f"{MOST_POINTS:,}, got {X.shape} and {y.shape}"
        )
    if not np.isfinite(X).all() or not np.isin(y, (0, 1)).all():
        raise ValueError("playground expected finite coordinates, and 0 or 1 as each point's class")
    return X, y.astype("int64")
