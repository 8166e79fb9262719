"""A training goes on from its file as if nothing had happened (notebook 10): what ``fit`` calls."""

import json
import os
from pathlib import Path

from ..backend import asnumpy, get_array_module
from ..layers import Dropout
from .checkpoints import Checkpoint, describe, load_training, save_training  # noqa: F401
from .container import CheckpointError, check_place, remove_leftovers, rename


def what_must_match(net, optimizer, **settings):
    """Return all that a training depends on, as it will come back from a file: a flat dict.

    Initial weights and Dropout's seed are left out: the file's take their place.
    """
    described = describe(net, optimizer)
    asked = {**settings, "dtype": described["dtype"], "loss": described["loss"]["class"],
             "smoothing": described["loss"].get("smoothing"),
             "optimizer": described["optimizer"]["rule"]}  # fmt: skip
    for i, entry in enumerate(described["layers"]):
        asked[f"layers.{i}"] = {key: entry[key] for key in entry if key not in ("init", "seed")}
    return json.loads(json.dumps(asked, default=lambda value: value.tolist()))


def begin(checkpoint, path):
    """Write the :class:`Checkpoint` of a training that is about to start to the file ``path``.

    So its first epoch can be interrupted and resumed too, and no later call takes an older training
    in the same place for this one. A file that is there is set aside: as ``model.old.npz``, or
    ``model.old-2.npz`` and so on if that is taken; only a training that has not finished an epoch
    is replaced.

    Raises
    ------
    CheckpointError, OSError
        As in :func:`nnhelpers.save`; the old file is then where it was.
    """
    check_place(path)
    remove_leftovers(path)
    old, place = None, Path(os.path.realpath(path))
    if place.exists() and not _has_just_begun(place):
        old, n = place.with_name(f"{place.stem}.old{place.suffix}"), 1
        while old.exists():
            n += 1
            old = place.with_name(f"{place.stem}.old-{n}{place.suffix}")
        rename(place, old)
    try:
        save_training(checkpoint, path)
    except BaseException:
        if old:
            rename(old, place)
        raise
    if old:
        print(f"A new training begins in {place.name}. The old file is kept as {old.name}.")


def _has_just_begun(path):
    """Whether the file holds a training of ``fit`` that has not finished an epoch yet."""
    try:
        saved = load_training(path)
    except (CheckpointError, OSError):
        return False
    return saved.resume is not None and saved.history is not None and saved.history.epochs == 0


def restore(path, net, optimizer, rng, asked, after_step=()):
    """Put the training in the file ``path`` into ``net``, ``optimizer`` and ``rng``.

    Parameters
    ----------
    asked : dict
        From :func:`what_must_match`; must be what it was when the file was written.
    after_step : sequence of functions
        The one among them that has a ``state``, such as a WeightAverage, goes on from the file's.

    Returns
    -------
    History
        Of the epochs that were finished.

    Raises
    ------
    CheckpointError
        If the file is damaged, holds no training of ``fit``, or another one: the message says which
        setting differs. Net and optimizer are then as they were.
    """
    remove_leftovers(path)
    saved = load_training(path)
    if saved.resume is None or saved.optimizer is None or saved.history is None:
        raise CheckpointError(
            f"{os.fspath(path)}: holds no training to resume. nn.save wrote it, not "
            "nn.fit(..., checkpoint=path)."
        )
    was = saved.resume["asked"]
    if was.get("seed") is None:  # a generator, or a seed that an older fit did not know for one:
        asked = {**asked, "seed": None}  # the file has the generator's state, whatever began it
    differences = [f"{name} was {str(was.get(name)):.80} and is now {str(asked.get(name)):.80}"
                   for name in {**was, **asked} if was.get(name) != asked.get(name)]  # fmt: skip
    if differences:
        raise CheckpointError(
            f"{os.fspath(path)}: holds another training: {'; '.join(differences)}. Ask for the "
            "same one, or start a new one from the network in the file: net = nn.load(path)."
        )
    try:
        rng.bit_generator.state = saved.resume["generator"]
    except (ValueError, TypeError, KeyError, OverflowError, IndexError) as error:
        raise CheckpointError(f"{os.fspath(path)}: no state of a generator: {error}") from error
    xp = get_array_module(net.theta)

    def here(arrays):
        return {name: xp.asarray(asnumpy(array)) for name, array in arrays.items()}

    net.theta[...] = xp.asarray(asnumpy(saved.net.theta))
    for layer, other in zip(net.layers, saved.net.layers, strict=True):
        layer.state = here(other.state)
        if isinstance(layer, Dropout):
            layer.seed = other.seed
            layer.forget()
    optimizer.t, optimizer.state = saved.optimizer.t, here(saved.optimizer.state)
    for rule in after_step:
        if hasattr(rule, "state"):
            rule.state = here(saved.kept)
    return saved.history
