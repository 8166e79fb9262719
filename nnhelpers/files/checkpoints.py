"""Save and load: networks and whole trainings in one file, without pickle (notebook 10).

A file is an ordinary ``.npz``: an uncompressed zip of ``.npy`` arrays that ``np.load`` reads, and
``nnhelpers.json``, a text that says which layers, loss and optimizer the arrays belong to.

    nnhelpers.json        format version, architecture, optimizer, history without its lists
    theta.npy             all parameters, shape (P,)
    layers.1.mean.npy     what layer 1 remembers without learning it, such as running averages
    optimizer.m.npy       the optimizer's moving averages, shape (P,)
    kept.average.npy      a moving average of the parameters, shape (P,), if there is one
    history.*.npy         the history's lists

The last 64 characters of the file are the SHA-256 of all before them, so that one changed bit
is noticed. A checksum is no signature, though: whoever writes a hostile file can compute it too.
Therefore nothing in a file is executed, the class names are looked up in the tables below, and all
sizes are compared before any array is made.
"""

import glob
import hashlib
import json
import math
import os
import secrets
import time
import zipfile
from dataclasses import dataclass, field
from importlib import metadata
from pathlib import Path

import numpy as np
from numpy.lib import format as npy

from ..activations import LeakyReLU, ReLU, Sigmoid, Tanh
from ..backend import asnumpy, default_array_module, get_array_module
from ..history import History
from ..layers import BatchNorm, Dense, Dropout
from ..losses import MeanSquaredError, SigmoidCrossEntropy, SoftmaxCrossEntropy
from ..network import Network
from ..optimizers import SGD, Adam, Momentum, RMSprop
from ..studies.after_step import average_among
from .exchange import named_arrays

FORMAT, VERSION = "nnhelpers network", 1
DESCRIPTION = "nnhelpers.json"  # the first member of the zip
DESCRIPTION_LIMIT = 2**20  # bytes: a thousand layers take a tenth of that
DIGEST = 64  # characters of a SHA-256

# What may stand in a file: each class with its settings, which are arguments of its constructor
# and attributes of its instances. Nothing else is ever built.
LAYERS = {
    Dense: ("n_in", "n_out", "init"),
    Sigmoid: (),
    Tanh: (),
    ReLU: (),
    LeakyReLU: ("slope",),
    Dropout: ("p", "seed"),
    BatchNorm: ("n", "decay", "eps"),
}
LOSSES = {SoftmaxCrossEntropy: ("smoothing",), SigmoidCrossEntropy: (), MeanSquaredError: ()}
OPTIMIZERS = {
    SGD: ("lr",),
    Momentum: ("lr", "beta"),
    RMSprop: ("lr", "beta", "eps"),
    Adam: ("lr", "beta1", "beta2", "eps"),
}
MOVING_AVERAGES = {SGD: [], Momentum: ["v"], RMSprop: ["s"], Adam: ["m", "s"]}
KEPT = ["average"]  # what a WeightAverage keeps
LISTS = ("batch_loss", "batch_accuracy", "valid_loss", "valid_accuracy", "seconds")
# "<": the same on any machine.
DTYPES = {"float16": np.dtype("<f2"), "float32": np.dtype("<f4"), "float64": np.dtype("<f8")}

# Settings that a file names only where they differ from this: older files do not know them.
UNLESS_SAID = {"smoothing": 0.0}
# What a setting may be; all that are not named here are numbers.
_TYPES = {"n_in": int, "n_out": int, "n": int, "init": (int, float, str), "seed": (int, type(None))}


class CheckpointError(ValueError):
    """A file that is no intact checkpoint, or a network that cannot be written into one."""


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
    text, arrays = _collect(checkpoint)
    _replace(path, lambda file: _write(file, text, arrays))


def load_training(path):
    """Return the :class:`Checkpoint` in the file ``path``: network, optimizer, history.

    Source: notebook 10, "Checkpoints of a training". Errors as in :func:`load`.
    """
    try:
        file = open(path, "rb")
    except FileNotFoundError:
        raise FileNotFoundError(
            f"there is no file {os.fspath(path)!r}: nn.save(net, path) writes one. "
            f"Paths start at {os.getcwd()}"
        ) from None
    with file:
        try:
            _check_bytes(file)
            return _read(file)
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
        "layers": [_describe_one(layer, LAYERS, "layer") for layer in net.layers],
        "loss": _describe_one(net.loss_function, LOSSES, "loss"),
        "optimizer": None,
    }
    if optimizer is not None:
        described["optimizer"] = {
            "rule": _describe_one(optimizer, OPTIMIZERS, "optimizer"),
            "t": optimizer.t,
            "vectors": sorted(optimizer.state),
        }
    return described


def _describe_one(thing, table, what):
    kind = type(thing)
    if kind not in table:
        raise CheckpointError(
            f"{kind.__name__} is no {what} of the package, and a file names only those: it could "
            "not be loaded where your class is not known. Save the arrays alone with "
            "np.savez(path, **nn.to_arrays(net)), and put them back into a network that you built "
            "with nn.from_arrays(net, np.load(path))."
        )
    settings = {name: getattr(thing, name) for name in table[kind]}
    for name in UNLESS_SAID.keys() & settings.keys():
        if settings[name] == UNLESS_SAID[name]:
            del settings[name]
    return {"class": kind.__name__, **settings}


def _build_one(entry, table, what):
    """Return (class, settings) of a description's entry, if the class is in ``table``."""
    named = {kind.__name__: kind for kind in table}
    name = entry.get("class") if isinstance(entry, dict) else None
    if not isinstance(name, str) or name not in named:
        raise CheckpointError(f"expected as {what} one of {', '.join(named)}, got {str(entry):.80}")
    settings = {key: UNLESS_SAID[key] for key in table[named[name]] if key in UNLESS_SAID}
    settings |= {key: value for key, value in entry.items() if key != "class"}
    if set(settings) != set(table[named[name]]):
        raise CheckpointError(f"expected {name} with {table[named[name]]}, got {str(entry):.80}")
    for key, value in settings.items():
        if isinstance(value, bool) or not isinstance(value, _TYPES.get(key, (int, float))):
            raise CheckpointError(f"expected {name} with another {key} than {str(value):.80}")
    return named[name], settings


def expected_arrays(description):
    """Return {name: (dtype, shape)} of the arrays that a description asks for, in order.

    Computed from the numbers in the text: no layer is built and no array made.

    Raises
    ------
    CheckpointError
        If the description names an unknown class, or its layers do not fit one behind the other.
    """
    dtype = DTYPES.get(_get(description, "dtype", str))
    if dtype is None:
        raise CheckpointError(
            f"expected the dtype float16, float32 or float64, got {description['dtype']!r:.80}"
        )
    width, n_parameters, n_dense, states = None, 0, 0, {}
    for i, entry in enumerate(_get(description, "layers", list)):
        kind, settings = _build_one(entry, LAYERS, "layer")
        if kind not in (Dense, BatchNorm):
            continue  # as many numbers out as in, and no parameters
        n_in = settings["n_in"] if kind is Dense else settings["n"]
        n_out = settings["n_out"] if kind is Dense else settings["n"]
        if min(n_in, n_out) < 1 or width not in (None, n_in):
            raise CheckpointError(
                f"layers.{i} is {str(entry):.80}, which does not fit behind {width} units"
            )
        width = n_out
        if kind is Dense:
            n_dense += 1
            n_parameters += n_in * n_out + n_out  # W and b
        else:
            n_parameters += 2 * n_out  # gamma and beta
            states[f"layers.{i}.mean"] = states[f"layers.{i}.var"] = (dtype, (n_out,))
    if not n_dense:
        raise CheckpointError("expected at least one Dense layer, got none")
    _build_one(_get(description, "loss", dict), LOSSES, "loss")
    expected = {"theta": (dtype, (n_parameters,)), **states}
    optimizer = _get(description, "optimizer", dict, None)
    if optimizer is not None:
        kind, _ = _build_one(_get(optimizer, "rule", dict), OPTIMIZERS, "optimizer")
        vectors = _get(optimizer, "vectors", list)
        if _get(optimizer, "t", int) < 0 or vectors not in ([], MOVING_AVERAGES[kind]):
            raise CheckpointError(f"these are no steps and vectors of {kind.__name__}: {vectors}")
        expected.update({f"optimizer.{name}": (dtype, (n_parameters,)) for name in vectors})
    kept = _get(description, "kept", list, None) or []
    if kept not in ([], KEPT):
        raise CheckpointError(f"expected {KEPT} or nothing as what is kept, got {str(kept):.80}")
    expected.update({f"kept.{name}": (dtype, (n_parameters,)) for name in kept})
    history = _get(description, "history", dict, None)
    if history is not None:
        _get(history, "settings", dict), _get(history, "stopped", str, None)
        _get(history, "batches", int, None)
        lengths = _get(history, "lengths", dict)
        for name in LISTS:
            expected[f"history.{name}"] = (DTYPES["float64"], (_get(lengths, name, int),))
    resume = _get(description, "resume", dict, None)
    if resume is not None:
        _get(resume, "asked", dict), _get(resume, "generator", dict)
    return expected


def _get(mapping, key, *kinds):
    """Return ``mapping[key]`` if it is of one of the kinds (None: may be null)."""
    value = mapping.get(key)
    allowed = tuple(type(None) if kind is None else kind for kind in kinds)
    if isinstance(value, bool) or not isinstance(value, allowed):
        names = " or ".join("nothing" if kind is None else kind.__name__ for kind in kinds)
        raise CheckpointError(f"expected {key!r} as {names} in {DESCRIPTION}, got {value!r:.80}")
    return value


# ---------------------------------------------------------------------- writing


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
        arrays |= {f"history.{name}": np.array(getattr(history, name), "float64") for name in LISTS}
        description["history"] = {
            "settings": history.settings, "stopped": history.stopped, "batches": history.batches,
            "lengths": {name: len(getattr(history, name)) for name in LISTS},
        }  # fmt: skip
    try:
        text = json.dumps(description, indent=1, default=lambda value: value.tolist())
    except (AttributeError, TypeError, ValueError) as error:
        raise CheckpointError(f"a setting cannot be written as text: {error}") from error
    if len(text) > DESCRIPTION_LIMIT:
        raise CheckpointError(
            f"the description takes {len(text):,} bytes, more than {DESCRIPTION_LIMIT:,}"
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


def _write(file, text, arrays):
    """Write the zip; the same content gives the same bytes, at any time and on any system."""
    with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
        with archive.open(_member(DESCRIPTION), "w") as member:
            member.write(text.encode())
        for name, array in arrays.items():
            large = array.nbytes > 2**30  # from 2 GiB on, a zip needs longer fields for its sizes
            with archive.open(_member(f"{name}.npy"), "w", force_zip64=large) as member:
                npy.write_array(member, array, version=(1, 0), allow_pickle=False)
        archive.comment = b"0" * DIGEST  # a zip may end with a comment: room for the checksum
    size = file.seek(0, os.SEEK_END)
    digest = _sha256(file, size - DIGEST)
    file.seek(size - DIGEST)
    file.write(digest)


def _member(name):
    """Return a zip member's head with a fixed date and system."""
    info = zipfile.ZipInfo(name, date_time=(1980, 1, 1, 0, 0, 0))
    info.create_system, info.external_attr = 3, 0o644 << 16
    return info


def _sha256(file, size):
    """Return the SHA-256 of the file's first ``size`` bytes, as 64 ASCII characters."""
    file.seek(0)
    sha = hashlib.sha256()
    while size and (block := file.read(min(size, 2**20))):
        sha.update(block)
        size -= len(block)
    return sha.hexdigest().encode()


def _replace(path, write):
    """Let ``write`` fill a new file, then put it in the place of ``path`` in one step."""
    check_place(path)
    path = Path(os.path.realpath(path))  # a link stays one
    # In the same folder, because a file can be renamed in one step only within a file system.
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}.tmp")
    try:
        with open(temporary, "x+b") as file:
            write(file)
            file.flush()
            os.fsync(file.fileno())  # on the disk before its name is: else a power cut leaves zeros
        _rename(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)
    _sync_folder(path.parent)


def check_place(path):
    """Raise OSError if no file can be at ``path``: its folder is missing, or it is one itself."""
    path = Path(path)
    if path.is_dir():
        raise IsADirectoryError(f"expected the name of a file to write, got the folder {path}")
    if not path.parent.is_dir():
        raise FileNotFoundError(f"there is no folder {path.parent} to write {path.name} in")


def _sync_folder(folder):
    """Bring the new name to the disk as well, where the system lets a folder be opened."""
    try:
        descriptor = os.open(folder, os.O_RDONLY)
    except OSError:
        return
    try:
        os.fsync(descriptor)
    except OSError:
        pass
    finally:
        os.close(descriptor)


def _rename(temporary, path):
    """Give the file ``temporary`` the name ``path``; if that is not allowed, try for 0.75 s.

    On Windows it is not while another process reads the old file: a virus scanner, or ``nn.load``
    in a second notebook.
    """
    for pause in (0.05, 0.1, 0.2, 0.4):
        try:
            return os.replace(temporary, path)
        except PermissionError:
            time.sleep(pause)
    os.replace(temporary, path)


def _remove_leftovers(path):
    """Remove the temporary files that a process left when it was killed while it saved."""
    for leftover in path.parent.glob(f".{glob.escape(path.name)}.{'[0-9a-f]' * 8}.tmp"):
        leftover.unlink(missing_ok=True)


# ---------------------------------------------------------------------- reading


def _check_bytes(file):
    """Raise CheckpointError unless the file is one of ours, complete and unchanged."""
    size = file.seek(0, os.SEEK_END)
    file.seek(0)
    start = file.read(30 + len(DESCRIPTION))  # a zip member: 30 bytes, then its name
    if not (start.startswith(b"PK\x03\x04") and start.endswith(DESCRIPTION.encode())):
        got = f"a file that starts with {start[:8]!r}" if start else "an empty file"
        if start.startswith(b"PK"):
            got = "another zip archive. From np.savez? Try nn.from_arrays(net, np.load(path))"
        raise CheckpointError(f"expected a file written by nn.save, got {got}")
    file.seek(max(0, size - DIGEST - 22))  # a zip's last record has 22 bytes, then the comment
    end = file.read()
    if not end.startswith(b"PK\x05\x06"):
        raise CheckpointError(
            f"the file is incomplete: {size:,} bytes are there, its end is missing. Copy it again."
        )
    if end[-DIGEST:] != _sha256(file, size - DIGEST):
        raise CheckpointError(
            "the file was altered: the SHA-256 at its end is not that of its content. Copy it "
            "again, or take an older checkpoint."
        )


def _read(file):
    """Return the Checkpoint in a file whose checksum is right: but who computed that?"""
    with _open_archive(file) as archive:
        members = archive.infolist()
        for info in members:
            if info.compress_type != zipfile.ZIP_STORED or info.compress_size != info.file_size:
                raise CheckpointError(f"expected no compressed member, got {info.filename!r:.80}")
        if sum(info.file_size for info in members) > file.seek(0, os.SEEK_END):
            raise CheckpointError("the sizes of its members add up to more than the file has")
        description = _read_description(archive, members)
        expected = expected_arrays(description)
        names = [DESCRIPTION, *(f"{name}.npy" for name in expected)]
        found = [info.filename for info in members]
        if found != names:
            wrong = sorted(set(found) ^ set(names)) or "one twice, or in another order"
            raise CheckpointError(
                f"expected the members {str(names):.200}, got {len(found)}, and these differ: "
                f"{str(wrong):.200}"
            )
        infos = dict(zip(expected, members[1:], strict=True))
        for name, (dtype, shape) in expected.items():
            _check_array(archive, infos[name], name, dtype, shape)
        # Only now are arrays made: together they are no larger than the file.
        arrays = {name: _read_array(archive, infos[name], dtype, shape)
                  for name, (dtype, shape) in expected.items()}  # fmt: skip
    return _build(description, arrays)


def _open_archive(file):
    try:
        return zipfile.ZipFile(file)
    except Exception as error:  # whatever a crafted table of contents makes the module raise
        raise CheckpointError(f"the zip archive cannot be read: {error}") from error


def _read_member(archive, info, size=-1):
    try:
        with archive.open(info) as member:
            return member.read(size)
    except Exception as error:  # as above; a wrong CRC and a false name or size end here
        raise CheckpointError(f"{info.filename!r:.80} cannot be read: {error}") from error


def _read_description(archive, members):
    if not members or members[0].filename != DESCRIPTION:
        raise CheckpointError(f"expected {DESCRIPTION} as the first member")
    if members[0].file_size > DESCRIPTION_LIMIT:
        raise CheckpointError(
            f"expected at most {DESCRIPTION_LIMIT:,} bytes in {DESCRIPTION}, got "
            f"{members[0].file_size:,}"
        )
    try:
        description = json.loads(_read_member(archive, members[0]).decode())
    except (ValueError, RecursionError) as error:
        raise CheckpointError(f"{DESCRIPTION} is not readable: {error}") from error
    if not isinstance(description, dict) or description.get("format") != FORMAT:
        raise CheckpointError(f"expected the format {FORMAT!r} in {DESCRIPTION}")
    version = _get(description, "version", int)
    if version > VERSION:
        raise CheckpointError(
            f"expected a file of format version {VERSION}, got version {version}, written by "
            f"nnhelpers {description.get('library')!r:.40}: update the package to read it."
        )
    if version != VERSION:
        raise CheckpointError(f"expected a file of format version {VERSION}, got version {version}")
    return description


def _check_array(archive, info, name, dtype, shape):
    """Compare a member's head and size with what the description asks for."""
    got_shape = got_dtype = header_size = None
    try:
        with archive.open(info) as member:
            if npy.read_magic(member) == (1, 0):
                got_shape, _, got_dtype = npy.read_array_header_1_0(member)
                header_size = member.tell()
    except Exception as error:  # whatever a crafted header makes the reader raise
        raise CheckpointError(f"the array {name} cannot be read: {error}") from error
    if got_shape != shape or got_dtype != dtype:
        raise CheckpointError(
            f"expected {name} as {dtype.name} of shape {shape}, which is what its layers ask for, "
            f"got {got_dtype} of shape {got_shape}"
        )
    if info.file_size != header_size + math.prod(shape) * dtype.itemsize:
        raise CheckpointError(
            f"expected {name} with {math.prod(shape):,} numbers, got {info.file_size:,} bytes"
        )


def _read_array(archive, info, dtype, shape):
    data = _read_member(archive, info)
    start = len(data) - math.prod(shape) * dtype.itemsize
    array = np.frombuffer(data, dtype, offset=start).reshape(shape)
    return array.astype(dtype.newbyteorder("="))  # a copy: what is on the buffer cannot be written


def _build(description, arrays):
    """Return the Checkpoint that a checked description and its arrays make."""
    xp = default_array_module()
    try:
        layers = [_make(entry, LAYERS, "layer") for entry in description["layers"]]
        net = Network.__new__(Network)  # not Network(...), which would draw weights at random
        net.layers, net.loss_function = layers, _make(description["loss"], LOSSES, "loss")
        for i, layer in enumerate(layers):
            layer.state = {name: arrays[f"layers.{i}.{name}"] for name in layer.state}
        net._bind(xp.asarray(arrays["theta"]))
        optimizer, history = description["optimizer"], description["history"]
        if optimizer is not None:
            t, vectors = optimizer["t"], optimizer["vectors"]
            optimizer = _make(optimizer["rule"], OPTIMIZERS, "optimizer")
            optimizer.t = t
            optimizer.state = {name: xp.asarray(arrays[f"optimizer.{name}"]) for name in vectors}
    except CheckpointError:
        raise
    except (ValueError, TypeError, OverflowError) as error:  # a setting out of its range
        raise CheckpointError(f"{error!s:.200}") from error
    if history is not None:
        lists = {name: arrays[f"history.{name}"].tolist() for name in LISTS}
        history = History(history["settings"], stopped=history["stopped"],
                          batches=history.get("batches"), **lists)  # fmt: skip
    kept = {name: xp.asarray(arrays[f"kept.{name}"]) for name in description.get("kept") or []}
    return Checkpoint(net, optimizer, history, description["resume"], kept)


def _make(entry, table, what):
    kind, settings = _build_one(entry, table, what)
    return kind(**settings)


# ---------------------------------------------------------------------- going on with a training


def what_must_match(net, optimizer, **settings):
    """Return all that a training depends on, as it will come back from a file: a flat dict.

    First weights and Dropout's seed are left out: the file's take their place.
    """
    described = describe(net, optimizer)
    asked = {**settings, "dtype": described["dtype"], "loss": described["loss"]["class"],
             "smoothing": described["loss"].get("smoothing"),
             "optimizer": described["optimizer"]["rule"]}  # fmt: skip
    for i, entry in enumerate(described["layers"]):
        asked[f"layers.{i}"] = {key: entry[key] for key in entry if key not in ("init", "seed")}
    return json.loads(json.dumps(asked, default=lambda value: value.tolist()))


def restore(path, net, optimizer, rng, asked, after_step=()):
    """Put the training in the file ``path`` into ``net``, ``optimizer`` and ``rng``.

    Parameters
    ----------
    asked : dict
        From :func:`what_must_match`; must be what it was when the file was written.
    after_step : sequence of functions
        A WeightAverage among them goes on from the file's.

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
    _remove_leftovers(Path(os.path.realpath(path)))
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
    net.theta[...] = xp.asarray(asnumpy(saved.net.theta))
    for layer, other in zip(net.layers, saved.net.layers, strict=True):
        layer.state = {name: xp.asarray(asnumpy(array)) for name, array in other.state.items()}
        if isinstance(layer, Dropout):
            layer.seed = other.seed
            layer.forget()
    optimizer.t = saved.optimizer.t
    optimizer.state = {name: xp.asarray(asnumpy(vector))
                       for name, vector in saved.optimizer.state.items()}  # fmt: skip
    if average := average_among(after_step):
        average.state = {name: xp.asarray(asnumpy(vector)) for name, vector in saved.kept.items()}
    return saved.history
