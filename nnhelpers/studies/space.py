"""Where a search may look: the hyperparameters, and what each can be (notebook 11)."""

import difflib
import math
import numbers
from typing import NamedTuple

import numpy as np

from ..activations import ACTIVATIONS
from ..optimizers import SGD, Adam, Momentum, RMSprop

OPTIMIZERS = {"sgd": SGD, "momentum": Momentum, "rmsprop": RMSprop, "adam": Adam}


class Hyperparameter(NamedTuple):
    """What a hyperparameter is when it is not named, and which values it can have."""

    default: object  # its type is the type of all values
    expected: str
    allowed: object  # a function from a value of that type to True or False


HYPERPARAMETERS = {
    "hidden": Hyperparameter(128, "an integer of at least 1", lambda n: n >= 1),
    "depth": Hyperparameter(1, "an integer of at least 0", lambda n: n >= 0),
    "activation": Hyperparameter("relu", f"one of {list(ACTIVATIONS)}", lambda s: s in ACTIVATIONS),
    "dropout": Hyperparameter(0.0, "a number from 0 up to 1 (excluded)", lambda p: 0 <= p < 1),
    "batch_norm": Hyperparameter(False, "True or False", lambda b: True),
    "optimizer": Hyperparameter("adam", f"one of {list(OPTIMIZERS)}", lambda s: s in OPTIMIZERS),
    "lr": Hyperparameter(1e-3, "a number above 0", lambda x: x > 0),
    "l2": Hyperparameter(0.0, "a number of at least 0", lambda x: x >= 0),
    "batch_size": Hyperparameter(128, "an integer of at least 1", lambda n: n >= 1),
}


def check_space(space):
    """Return the space with Python's own numbers: each entry a list of choices, or a range."""
    if not isinstance(space, dict) or not space:
        raise TypeError(
            "expected a function, or a dict such as {'lr': (1e-3, 1.0, 'log')}, got "
            f"{'an empty dict' if space == {} else type(space).__name__}"
        )
    return {name: _check_options(name, options) for name, options in space.items()}


def _check_options(name, options):
    default = _known(name).default
    if isinstance(options, list):
        if not options:
            raise ValueError(f"{name}: expected at least one choice, got an empty list")
        return [check_value(name, value) for value in options]
    if not isinstance(options, tuple):
        return [check_value(name, options)]
    is_range = len(options) == 2 or (len(options) == 3 and options[2] == "log")
    if not is_range or type(default) not in (int, float):
        raise ValueError(
            f"{name}: expected a range of numbers (low, high) or (low, high, 'log'), got "
            f"{options!r}. Put choices into a list: {list(options)!r}."
        )
    low, high = (check_value(name, value) for value in options[:2])
    if low > high:
        raise ValueError(f"{name}: expected a range (low, high) with low <= high, got {options!r}")
    if len(options) == 3 and low <= 0:
        raise ValueError(
            f"{name}: expected low above 0 on a logarithmic scale, got {options!r}: 0 is "
            "infinitely far away there. Try a small number, such as 1e-6."
        )
    return (low, high, *options[2:])


def _known(name):
    """Return what there is to know about the hyperparameter, or raise ValueError."""
    if name in HYPERPARAMETERS:
        return HYPERPARAMETERS[name]
    close = difflib.get_close_matches(str(name), HYPERPARAMETERS, n=1)
    hint = f" Did you mean {close[0]!r}?" if close else ""
    raise ValueError(
        f"unknown hyperparameter {name!r}: expected one of {list(HYPERPARAMETERS)}.{hint}"
    )


def check_value(name, value):
    """Return ``value`` as the hyperparameter's own type, or raise ValueError."""
    default, expected, allowed = _known(name)
    kind = type(default)
    abstract = {int: numbers.Integral, float: numbers.Real, bool: (bool, np.bool_), str: str}[kind]
    right = isinstance(value, abstract) and isinstance(value, (bool, np.bool_)) == (kind is bool)
    if not right or (kind is float and not math.isfinite(value)) or not allowed(value):
        raise ValueError(f"{name}: expected {expected}, got {value!r}")
    return kind(value)


def suggest(trial, name, options):
    """Return the value of the hyperparameter that ``trial`` is to try."""
    if isinstance(options, list):
        return trial.suggest_categorical(name, options)
    low, high, *log = options
    whole = isinstance(HYPERPARAMETERS[name].default, int)
    suggest = trial.suggest_int if whole else trial.suggest_float
    return suggest(name, low, high, log=bool(log))
