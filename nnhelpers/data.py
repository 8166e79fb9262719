"""Data: MNIST from the repository's own ``data/`` folder, and toy sets in the plane."""

import gzip
import hashlib
import math
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np

from .backend import default_array_module

DATA_FOLDER = Path(__file__).resolve().parent.parent / "data"

# MD5 of the uncompressed files, as published with the data set in 1998.
MNIST_FILES = {
    "train-images-idx3-ubyte.gz": "6bbc9ace898e44ae57da46a324031adb",
    "train-labels-idx1-ubyte.gz": "a25bea736e30d166cdddb491f175f624",
    "t10k-images-idx3-ubyte.gz": "2646ac647ad5339dbf082846283269ea",
    "t10k-labels-idx1-ubyte.gz": "27ae3e4e09519cfbb04c329615203637",
}
N_TRAIN = 50_000  # of the 60,000 training examples; the last 10,000 are for validation


class DataError(OSError):
    """A data file is missing or is not what it should be; the message says how to restore it."""


class Split(NamedTuple):
    """Examples and labels: ``X, y = data.train`` works, and so do ``data.train.X`` and ``.y``."""

    X: object
    y: object

    def __repr__(self):
        return f"Split(X {self.X.shape} {self.X.dtype}, y {self.y.shape} {self.y.dtype})"


@dataclass(frozen=True)
class MNIST:
    """The handwritten digits: 50,000 to train on, 10,000 to validate, 10,000 to test, once."""

    train: Split
    valid: Split
    test: Split


def load_mnist(folder=DATA_FOLDER):
    """Return MNIST, checked byte by byte against the published sums.

    Parameters
    ----------
    folder : path, default the repository's ``data/``

    Returns
    -------
    MNIST
        With ``train``, ``valid`` and ``test``; each has X of shape (N, 784), float32 from 0 (paper)
        to 1 (ink), and y of shape (N,), the digits as integers. On the default backend.

    Raises
    ------
    DataError
        If a file is missing, cut short or altered; the message names it and how to restore it.
    """
    xp = default_array_module()
    train_X, train_y, test_X, test_y = (_read_idx(Path(folder) / name) for name in MNIST_FILES)
    train_X, test_X = (
        xp.asarray(X.reshape(len(X), -1)) / np.float32(255) for X in (train_X, test_X)
    )
    train_y, test_y = (xp.asarray(y.astype("int64")) for y in (train_y, test_y))
    return MNIST(
        train=Split(train_X[:N_TRAIN], train_y[:N_TRAIN]),
        valid=Split(train_X[N_TRAIN:], train_y[N_TRAIN:]),
        test=Split(test_X, test_y),
    )


def _read_idx(path):
    """Read one gzipped idx file: 2 zero bytes, type, number of axes, the axes, then the bytes."""
    restore = "Restore it with: git checkout -- data/"
    try:
        content = gzip.decompress(path.read_bytes())
    except FileNotFoundError:
        raise DataError(f"{path} is missing. {restore}") from None
    except (OSError, EOFError, zlib.error) as error:
        raise DataError(f"{path} cannot be read ({error}). {restore}") from error
    if hashlib.md5(content, usedforsecurity=False).hexdigest() != MNIST_FILES[path.name]:
        raise DataError(f"{path} is not the published file: its MD5 sum differs. {restore}")
    n_axes = content[3]
    shape = np.frombuffer(content, ">i4", count=n_axes, offset=4)
    return np.frombuffer(content, np.uint8, offset=4 + 4 * n_axes).reshape(shape)


def _as_split(X, y):
    xp = default_array_module()
    return Split(xp.asarray(X, dtype="float32"), xp.asarray(y, dtype="int64"))


def make_moons(n=500, noise=0.1, seed=0):
    """Return two interleaved half circles: X of shape (n, 2), float32, and y of shape (n,), 0 or 1.

    Parameters
    ----------
    n : int
        Number of points, half of them in each class.
    noise : float
        Standard deviation of the normal noise on each coordinate; the circles have radius 1.
    seed : int or numpy.random.Generator
    """
    _check_toy(n, 2, noise)
    rng = np.random.default_rng(seed)
    y = np.arange(n) % 2
    angle = rng.uniform(0, math.pi, n)
    X = np.stack([np.cos(angle), np.sin(angle)], axis=1)
    X[y == 1] = [1.0, 0.5] - X[y == 1]
    return _as_split(X + noise * rng.standard_normal((n, 2)), y)


def make_spirals(n=500, classes=3, noise=0.1, seed=0):
    """Return interleaved spirals: X of shape (n, 2), float32, and y of shape (n,), the class.

    Each arm makes three quarters of a turn, from the origin to radius 1.

    Parameters
    ----------
    n : int
        Number of points, spread evenly over the classes.
    classes : int
        Number of arms, at least 2.
    noise : float
        Standard deviation of the normal noise on each point's angle, in radians.
    seed : int or numpy.random.Generator
    """
    _check_toy(n, classes, noise)
    rng = np.random.default_rng(seed)
    y = np.arange(n) % classes
    radius = np.sqrt(rng.uniform(0, 1, n))
    angle = 2 * math.pi * (0.75 * radius + y / classes) + noise * rng.standard_normal(n)
    X = np.stack([radius * np.cos(angle), radius * np.sin(angle)], axis=1)
    return _as_split(X, y)


def _check_toy(n, classes, noise):
    if classes < 2 or n < classes:
        raise ValueError(
            f"expected at least 2 classes and one point for each, got n={n}, classes={classes}"
        )
    if noise < 0:
        raise ValueError(f"expected noise of at least 0, got {noise!r}: it is a standard deviation")
