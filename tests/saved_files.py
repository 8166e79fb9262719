"""What tests of files need: all that is in one, to compare, and files that are not as they should be."""

import json
import zipfile

import nnhelpers as nn
from nnhelpers.files import checkpoints
from nnhelpers.files.container import DESCRIPTION


class Dense(nn.Dense):
    """A student's own layer, with a name that the package has too."""


class Nesterov(nn.Momentum):
    """A student's own optimizer."""


def bits(net):
    """All that a network has learned, as bytes."""
    return {name: (array.dtype.str, array.shape, array.tobytes())
            for name, array in nn.to_arrays(net).items()}  # fmt: skip


def everything(path):
    """All that is in a file, but for the seconds of each epoch."""
    saved = nn.load_training(path)
    history = {**vars(saved.history), "seconds": len(saved.history.seconds)}
    vectors = {**saved.optimizer.state, **saved.kept}
    return (bits(saved.net), checkpoints.describe(saved.net, saved.optimizer), history,
            {name: vector.tobytes() for name, vector in vectors.items()}, saved.resume)  # fmt: skip


def parts(path):
    """The members of a file as {name: bytes}."""
    with zipfile.ZipFile(path) as archive:
        return {info.filename: archive.read(info) for info in archive.infolist()}


def forge(path, members, compress=zipfile.ZIP_STORED):
    """Write a zip of (name, bytes) pairs, with the right CRC of each."""
    with zipfile.ZipFile(path, "w", compress) as archive:
        for name, data in members.items() if isinstance(members, dict) else members:
            stored = zipfile.ZIP_STORED if name == DESCRIPTION else compress
            archive.writestr(zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0)), data, stored)


def edit(path, change):
    """Change the description of a file: a function of the dict."""
    members = parts(path)
    description = json.loads(members[DESCRIPTION])
    change(description)
    forge(path, {**members, DESCRIPTION: json.dumps(description).encode()})
