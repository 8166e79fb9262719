"""A training's history in a file: whether what is written there agrees with itself."""

import math
import numbers

import numpy as np

from .container import DESCRIPTION, CheckpointError

LISTS = ("batch_loss", "batch_accuracy", "valid_loss", "valid_accuracy", "seconds")


def get(mapping, key, *kinds):
    """Return ``mapping[key]`` if it is of one of the kinds; what is missing is None."""
    value = mapping.get(key)
    if isinstance(value, bool) or not isinstance(value, kinds):
        names = " or ".join("nothing" if kind is type(None) else kind.__name__ for kind in kinds)
        raise CheckpointError(f"expected {key!r} as {names} in {DESCRIPTION}, got {value!r:.80}")
    return value


def _is_count(value, least=1):
    return isinstance(value, int) and not isinstance(value, bool) and value >= least


def _is_number(value):
    real = isinstance(value, numbers.Real) and not isinstance(value, bool)
    return real and math.isfinite(value) and value >= 0


# What ``fit`` writes down of a training: what each setting can be. Others are the reader's own.
SETTINGS = {
    "sizes": ("a list of positive integers",
              lambda v: isinstance(v, list) and v and all(map(_is_count, v))),
    "optimizer": ("a name", lambda v: isinstance(v, str)),
    "lr": ("a number of at least 0", _is_number),
    "batch_size": ("a positive integer", _is_count),
    "epochs": ("an integer of at least 0", lambda v: _is_count(v, 0)),
    "l2": ("a number of at least 0", _is_number),
    "seed": ("an integer", lambda v: _is_count(v, 0)),
}  # fmt: skip


def expected_lists(history):
    """Return {name: length} of the lists that the description of a history asks for.

    Raises
    ------
    CheckpointError
        If a setting is of a wrong type.
    """
    nothing = type(None)
    settings, batches = get(history, "settings", dict), get(history, "batches", int, nothing)
    get(history, "stopped", str, nothing), get(history, "ended", str, nothing)
    for name, (expected, is_right) in SETTINGS.items():
        value = settings.get(name)
        if value is not None and not is_right(value):
            raise CheckpointError(
                f"expected {name!r} as {expected} in the history's settings, got {value!r:.80}"
            )
    if batches is not None and batches < 1:
        raise CheckpointError(f"expected 'batches' of the history of at least 1, got {batches}")
    lengths = get(history, "lengths", dict)
    return {name: get(lengths, name, int) for name in LISTS}


def check_lists(lists, batches):
    """Raise CheckpointError unless the lists of a history, {name: array}, belong to one training.

    ``batches`` is the number of mini-batches in an epoch, or None where nobody wrote it down.
    """
    n = {name: len(lists[name]) for name in LISTS}
    steps, epochs = n["batch_loss"], n["seconds"]
    # A live panel, which notes no number of batches, validates when it has time.
    may_be_valid = (0, epochs) if batches is not None else range(steps + 1)
    disagree = []
    if n["batch_accuracy"] != steps:
        disagree = ["batch_loss", "batch_accuracy"]
    elif n["valid_loss"] != n["valid_accuracy"] or n["valid_loss"] not in may_be_valid:
        disagree = ["valid_loss", "valid_accuracy", "seconds"]
    elif batches is not None and not epochs * batches <= steps <= (epochs + 1) * batches:
        disagree = ["batch_loss", "seconds"]
    if disagree:
        counts = " and ".join(f"{n[name]:,} entries in {name}" for name in disagree)
        of = f", with {batches:,} mini-batches in an epoch" if batches is not None else ""
        raise CheckpointError(
            f"expected a history whose lists belong to one training, got {counts}{of}"
        )
    seconds = np.asarray(lists["seconds"])
    if len(bad := np.flatnonzero(~(np.isfinite(seconds) & (seconds >= 0)))):
        raise CheckpointError(
            f"expected times of at least 0 in history.seconds, got {seconds[bad[0]]} for epoch "
            f"{bad[0] + 1}"
        )
