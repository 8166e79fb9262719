"""Save and load: networks and whole trainings in one file, without pickle (notebook 10).

    nnhelpers.json        format version, architecture, optimizer, history without its lists
    theta.npy             all parameters, shape (P,)
    layers.1.mean.npy     what layer 1 remembers without learning it, such as running averages
    optimizer.m.npy       the optimizer's moving averages, shape (P,)
    kept.average.npy      a moving average of the parameters, shape (P,), if there is one
    history.*.npy         the history's lists

How these lie in a file, and how it is read without harm: see ``container``.
"""

import json
import os
from dataclasses import dataclass, field
from importlib import metadata

import numpy as np

from ..activations import LeakyReLU, ReLU, Sigmoid, Tanh
from ..backend import asnumpy, default_array_module
from ..history import History
from ..layers import BatchNorm, Dense, Dropout
from ..losses import MeanSquaredError, SigmoidCrossEntropy, SoftmaxCrossEntropy
from ..network import Network
from ..optimizers import SGD, Adam, Momentum, RMSprop
from . import container
from .container import CheckpointError
from .exchange import named_arrays
from .recorded import LISTS, check_lists, expected_lists, get

FORMAT, VERSION = "nnhelpers network", 1
NUMBER, NOTHING = (int, float), type(None)

# What a file may name: each class with its settings, which are arguments of its constructor and
# attributes of its instances, and with what each may be. Nothing else is ever built.
CLASSES = {
    "layer": {
        Dense: {"n_in": int, "n_out": int, "init": (*NUMBER, str)},
        Sigmoid: {}, Tanh: {}, ReLU: {}, LeakyReLU: {"slope": NUMBER},
        Dropout: {"p": NUMBER, "seed": (int, NOTHING)},
        BatchNorm: {"n": int, "decay": NUMBER, "eps": NUMBER},
    },
    "loss": {
        SoftmaxCrossEntropy: {"smoothing": NUMBER}, SigmoidCrossEntropy: {}, MeanSquaredError: {},
    },
    "optimizer": {
        SGD: {"lr": NUMBER},
        Momentum: {"lr": NUMBER, "beta": NUMBER},
        RMSprop: {"lr": NUMBER, "beta": NUMBER, "eps": NUMBER},
        Adam: {"lr": NUMBER, "beta1": NUMBER, "beta2": NUMBER, "eps": NUMBER},
    },
}  # fmt: skip
AVERAGES = {SGD: [], Momentum: ["v"], RMSprop: ["s"], Adam: ["m", "s"]}  # of an optimizer
KEPT = ["average"]  # what a WeightAverage keeps
# Settings that a file names only where they differ from this: older files do not know them.
UNLESS_SAID = {"smoothing": 0.0}
# "<": the same on any machine.
DTYPES = {"float16": np.dtype("<f2"), "float32": np.dtype("<f4"), "float64": np.dtype("<f8")}


@dataclass
class Checkpoint:
    """What a file holds; :func:`load_training` returns it.

    Attributes
    ----------
    net : Network
    optimizer : Optimizer or None
        With its step count and moving averages.
    history : History or None
    resume : dict or None
        If ``fit`` wrote the file: "asked", the settings of the training, and "generator", the state
        of its random generator after the history's last epoch.
    kept : dict
        The state of the WeightAverage that ``fit`` called after each step; most often empty.
    """

    net: Network
    optimizer: object = None
    history: History | None = None
    resume: dict | None = None
    kept: dict = field(default_factory=dict)


# ---------------------------------------------------------------------- the four calls


def save(net, path, optimizer=None, history=None):
    """Write ``net`` to the file ``path``, with the optimizer and the history if they are given.

    If anything fails, even the electricity, ``path`` holds either what it held before or the new
    network, never a part of it. Source: notebook 10, "Save and load".

    Parameters
    ----------
    net : Network
        Of the package's own layers, in float16, float32 or float64, on any backend. A network
        that is only to be kept takes half the room as ``net.astype("float16")``, with three digits
        of each weight; ``nn.load(path).astype("float32")`` computes again.
    path : str or os.PathLike
        Most often with the ending ``.npz``. An existing file is replaced.
    optimizer : Optimizer, optional
        Written with its step count and its vectors, each of shape (P,).
    history : History, optional

    Raises
    ------
    CheckpointError
        If a layer, loss or optimizer is none of the package's, or an array does not fit the
        network. Nothing is written then.
    OSError
        If the file cannot be written; an old one is left as it was.
    """
    save_training(Checkpoint(net, optimizer, history), path)


def load(path):
    """Return the network in the file ``path``, bit by bit as it was saved.

    It lives on the default backend, wherever it was saved. Source: notebook 10, "Save and load".

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    CheckpointError
        If the file is incomplete, altered, of another kind, written by a newer version, or does not
        agree with itself. Nothing in a file is executed, and nothing large is allocated for it.
    """
    return load_training(path).net


def save_training(checkpoint, path):
    """Write all of a :class:`Checkpoint` to the file ``path``: see :func:`save` for the errors."""
    container.write(path, *_collect(checkpoint))


def load_training(path):
    """Return the :class:`Checkpoint` in the file ``path``: network, optimizer, history.

    Source: notebook 10, "Checkpoints of a training". Errors as in :func:`load`.
    """
    try:
        return _build(*container.read(path, expected_arrays))
    except FileNotFoundError:
        raise FileNotFoundError(
            f"there is no file {os.fspath(path)!r}: nn.save(net, path) writes one. "
            f"Paths start at {os.getcwd()}"
        ) from None
    except CheckpointError as error:
        error.args = (f"{os.fspath(path)}: {error}",)
        raise


# ---------------------------------------------------------------------- the description


def describe(net, optimizer=None):
    """Return what ``net`` and ``optimizer`` are, without their arrays: a dict for the JSON text.

    Raises
    ------
    CheckpointError
        If something is none of the package's classes, or the network not in float16, float32 or
        float64.
    """
    if type(net) is not Network:
        raise CheckpointError(f"expected a Network to save, got {type(net).__name__}")
    dtype = str(net.theta.dtype)
    if dtype not in DTYPES:
        raise CheckpointError(
            f"expected a network in float16, float32 or float64, got {dtype}: try "
            "net.astype('float32')"
        )
    described = {
        "dtype": dtype,
        "layers": [_describe_one("layer", layer) for layer in net.layers],
        "loss": _describe_one("loss", net.loss_function),
        "optimizer": None,
    }
    if optimizer is not None:
        described["optimizer"] = {
            "rule": _describe_one("optimizer", optimizer), "t": optimizer.t,
            "vectors": sorted(optimizer.state),
        }  # fmt: skip
    return described


def _describe_one(what, thing):
    kind = type(thing)
    if kind not in CLASSES[what]:
        raise CheckpointError(
            f"{kind.__name__} is no {what} of the package, and a file names only those: it could "
            "not be loaded where your class is not known. Save the arrays alone with "
            "np.savez(path, **nn.to_arrays(net)), and put them back into a network that you built "
            "with nn.from_arrays(net, np.load(path))."
        )
    settings = {name: getattr(thing, name) for name in CLASSES[what][kind]}
    return {"class": kind.__name__, **{
        name: value for name, value in settings.items()
        if not (name in UNLESS_SAID and value == UNLESS_SAID[name])
    }}  # fmt: skip


def _read_one(what, entry):
    """Return (class, settings) of a description's entry, if the class is in the table."""
    named = {kind.__name__: kind for kind in CLASSES[what]}
    name = entry.get("class") if isinstance(entry, dict) else None
    if not isinstance(name, str) or name not in named:
        raise CheckpointError(f"expected as {what} one of {', '.join(named)}, got {str(entry):.80}")
    allowed = CLASSES[what][named[name]]
    settings = {key: UNLESS_SAID[key] for key in allowed if key in UNLESS_SAID} | entry
    del settings["class"]
    if set(settings) != set(allowed):
        raise CheckpointError(f"expected {name} with {tuple(allowed)}, got {str(entry):.80}")
    for key, value in settings.items():
        if isinstance(value, bool) or not isinstance(value, allowed[key]):
            raise CheckpointError(f"expected {name} with another {key} than {str(value):.80}")
    return named[name], settings


def expected_arrays(description):
    """Return {name: (dtype, shape)} of the arrays that a description asks for, in order.

    Computed from the numbers in the text: no layer is built and no array made.

    Raises
    ------
    CheckpointError
        If the description is of another format, names an unknown class, or a layer does not fit
        after the one before it.
    """
    _check_version(description)
    dtype = DTYPES.get(get(description, "dtype", str))
    if dtype is None:
        raise CheckpointError(
            f"expected the dtype float16, float32 or float64, got {description['dtype']!r:.80}"
        )
    n_parameters, states = _expected_of_layers(get(description, "layers", list))
    long = (dtype, (n_parameters,))
    expected = {"theta": long, **{name: (dtype, shape) for name, shape in states.items()}}
    _read_one("loss", get(description, "loss", dict))
    if (optimizer := get(description, "optimizer", dict, NOTHING)) is not None:
        kind, _ = _read_one("optimizer", get(optimizer, "rule", dict))
        vectors = get(optimizer, "vectors", list)
        if get(optimizer, "t", int) < 0 or vectors not in ([], AVERAGES[kind]):
            raise CheckpointError(f"these are no steps and vectors of {kind.__name__}: {vectors}")
        expected |= {f"optimizer.{name}": long for name in vectors}
    kept = get(description, "kept", list, NOTHING) or []
    if kept not in ([], KEPT):
        raise CheckpointError(f"expected {KEPT} or nothing as what is kept, got {str(kept):.80}")
    expected |= {f"kept.{name}": long for name in kept}
    if (history := get(description, "history", dict, NOTHING)) is not None:
        for name, length in expected_lists(history).items():
            expected[f"history.{name}"] = (DTYPES["float64"], (length,))
    if (resume := get(description, "resume", dict, NOTHING)) is not None:
        get(resume, "asked", dict), get(resume, "generator", dict)
    return expected


def _check_version(description):
    if not isinstance(description, dict) or description.get("format") != FORMAT:
        raise CheckpointError(f"expected the format {FORMAT!r} in {container.DESCRIPTION}")
    version = get(description, "version", int)
    if version != VERSION:
        hint = f", written by nnhelpers {description.get('library')!r:.40}: update the package"
        raise CheckpointError(
            f"expected a file of format version {VERSION}, got version {version}"
            f"{hint if version > VERSION else ''}"
        )


def _expected_of_layers(entries):
    """Return (number of parameters, {name: shape} of what layers remember besides)."""
    width, n_parameters, states, n_dense = None, 0, {}, 0
    for i, entry in enumerate(entries):
        kind, settings = _read_one("layer", entry)
        if kind not in (Dense, BatchNorm):
            continue  # as many numbers out as in, and no parameters
        n_in, n_out = (settings.get(name, settings.get("n")) for name in ("n_in", "n_out"))
        if min(n_in, n_out) < 1 or width not in (None, n_in):
            raise CheckpointError(
                f"layers.{i} is {str(entry):.80}, which does not fit after {width} units"
            )
        width = n_out
        if kind is Dense:
            n_dense += 1
            n_parameters += n_in * n_out + n_out  # W and b
        else:
            n_parameters += 2 * n_out  # gamma and beta
            states |= {f"layers.{i}.mean": (n_out,), f"layers.{i}.var": (n_out,)}
    if not n_dense:
        raise CheckpointError("expected at least one Dense layer, got none")
    return n_parameters, states


# ---------------------------------------------------------------------- there and back


def _collect(checkpoint):
    """Return (JSON text, {name: NumPy array}) to write, or raise CheckpointError."""
    net, optimizer, history = checkpoint.net, checkpoint.optimizer, checkpoint.history
    description = {
        "format": FORMAT, "version": VERSION, "library": _library_version(),
        **describe(net, optimizer), "history": None, "resume": checkpoint.resume,
    }  # fmt: skip
    arrays = {"theta": net.theta, **named_arrays(net, "state")}
    if optimizer is not None:
        arrays |= {f"optimizer.{name}": vector for name, vector in optimizer.state.items()}
    if checkpoint.kept:
        description["kept"] = sorted(checkpoint.kept)
        arrays |= {f"kept.{name}": vector for name, vector in checkpoint.kept.items()}
    if history is not None:
        lists = {name: np.array(getattr(history, name), "float64") for name in LISTS}
        check_lists(lists, history.batches)
        arrays |= {f"history.{name}": values for name, values in lists.items()}
        description["history"] = {
            "settings": history.settings, "stopped": history.stopped, "ended": history.ended,
            "batches": history.batches,
            "lengths": {name: len(getattr(history, name)) for name in LISTS},
        }  # fmt: skip
    try:
        text = json.dumps(description, indent=1, default=lambda value: value.tolist())
    except (AttributeError, TypeError, ValueError) as error:
        raise CheckpointError(f"a setting cannot be written as text: {error}") from error
    if len(text) > container.DESCRIPTION_LIMIT:
        raise CheckpointError(
            f"the description takes {len(text):,} bytes, more than {container.DESCRIPTION_LIMIT:,}"
        )
    # As a reader will see it: what could not be loaded is not written.
    expected = expected_arrays(json.loads(text))
    if set(arrays) != set(expected):
        wrong = ", ".join(sorted(set(arrays) ^ set(expected)))
        raise CheckpointError(f"arrays that are missing, or do not belong to the network: {wrong}")
    for name, (dtype, shape) in expected.items():
        arrays[name] = asnumpy(arrays[name])
        if arrays[name].shape != shape or arrays[name].dtype != dtype.newbyteorder("="):
            raise CheckpointError(
                f"expected {name} as {dtype.name} of shape {shape}, got {arrays[name].dtype} of "
                f"shape {arrays[name].shape}. An optimizer belongs to the one network it trained."
            )
    return text, {name: arrays[name].astype(dtype, copy=False)
                  for name, (dtype, shape) in expected.items()}  # fmt: skip


def _library_version():
    try:
        return metadata.version("nnhelpers")
    except metadata.PackageNotFoundError:  # used from a folder, without having been installed
        return "unknown"


def _build(description, arrays):
    """Return the Checkpoint that a checked description and its arrays make."""
    xp = default_array_module()
    try:
        net = Network.__new__(Network)  # not Network(...), which would draw weights at random
        net.layers = [_make("layer", entry) for entry in description["layers"]]
        net.loss_function = _make("loss", description["loss"])
        for i, layer in enumerate(net.layers):
            layer.state = {name: arrays[f"layers.{i}.{name}"] for name in layer.state}
        net._bind(xp.asarray(arrays["theta"]))
        optimizer = None
        if (about := description["optimizer"]) is not None:
            optimizer = _make("optimizer", about["rule"])
            optimizer.t = about["t"]
            optimizer.state = {
                name: xp.asarray(arrays[f"optimizer.{name}"]) for name in about["vectors"]
            }
    except CheckpointError:
        raise
    except (ValueError, TypeError, OverflowError) as error:  # a setting out of its range
        raise CheckpointError(f"{error!s:.200}") from error
    history = None
    if (about := description["history"]) is not None:
        lists = {name: arrays[f"history.{name}"].tolist() for name in LISTS}
        check_lists(lists, about.get("batches"))
        history = History(
            about["settings"], stopped=about["stopped"], ended=about.get("ended"),
            batches=about.get("batches"),
            **lists,
        )  # fmt: skip
    kept = {name: xp.asarray(arrays[f"kept.{name}"]) for name in description.get("kept") or []}
    return Checkpoint(net, optimizer, history, description["resume"], kept)


def _make(what, entry):
    kind, settings = _read_one(what, entry)
    return kind(**settings)
