"""Data: MNIST from the repository's own ``data/`` folder, and toy sets in the plane."""

import gzip
import hashlib
import math
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np

from .backend import asnumpy, default_array_module

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

    def __getitem__(self, index):
        # The first 1000 of a pair are both of it, all examples: that would never be noticed.
        if not isinstance(index, (int, np.integer)):
            raise TypeError(
                f"expected 0 or 1 as the index of a pair (X, y), got {type(index).__name__}. To "
                "take some examples, cut both: (data.train.X[:1000], data.train.y[:1000])"
            )
        return tuple.__getitem__(self, index)

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


def center_digit(image):
    """Return a digit of any size as MNIST would hold it: in the middle of 28 by 28 pixels.

    As the makers of MNIST did: the box around the ink is scaled, keeping its proportions, until it
    just fits into 20 by 20 pixels; each of the new pixels is the mean of what it covers. Then the
    digit is moved by whole pixels, until its centre of mass lies on the middle of the field. A
    digit of MNIST comes out as it went in.

    Parameters
    ----------
    image : array, shape (height, width)
        From 0 (paper) to 1 (ink), as in MNIST: a photograph of ink on paper must be turned round
        (``1 - image``), and its paper set to 0.

    Returns
    -------
    array, shape (28, 28)
        float32, from 0 to 1; on the host. Without any ink: paper.

    Raises
    ------
    ValueError
        If the image is no matrix, or holds something else than numbers from 0 to 1.

    Notes
    -----
    Source: LeCun, Cortes and Burges, *The MNIST database of handwritten digits*: "size normalized
    to fit in a 20x20 pixel box while preserving their aspect ratio", then centred "by computing the
    center of mass of the pixels". Notebook 10, "A digit of your own".
    """
    image = _checked_image(image)
    field = np.zeros((28, 28), "float32")
    rows, columns = (np.flatnonzero(image.any(axis=axis)) for axis in (1, 0))
    if not len(rows):
        return field
    box = image[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    step = max(box.shape) / 20  # pixels of the image to one of the field
    digit = _averages(len(box), step) @ box @ _averages(box.shape[1], step).T
    centre = [digit.sum(axis=1 - axis) @ np.arange(n) / digit.sum()
              for axis, n in enumerate(digit.shape)]  # fmt: skip
    top, left = (
        min(max(round(14 - place), 0), 28 - n) for place, n in zip(centre, digit.shape, strict=True)
    )
    field[top : top + digit.shape[0], left : left + digit.shape[1]] = digit
    return field


def _averages(length, step):
    """Return the matrix that turns ``length`` pixels into means over intervals of ``step`` pixels.

    The intervals lie around the middle; where the outer ones reach over the edge, there is paper.
    """
    count = math.ceil(length / step - 1e-9)
    edges = (length - count * step) / 2 + step * np.arange(count + 1)
    low, high = edges[:-1, None], edges[1:, None]
    pixels = np.arange(length)
    overlap = np.minimum(high, pixels + 1) - np.maximum(low, pixels)
    return np.maximum(overlap, 0) / step


def _checked_image(image):
    image = asnumpy(image)
    if image.ndim != 2 or image.dtype.kind not in "fiub":
        raise ValueError(
            f"expected an image of shape (height, width), got {image.shape} of {image.dtype}. "
            "A row of MNIST is an image after X[n].reshape(28, 28)."
        )
    image = image.astype("float64")
    if image.size and not (image.min() >= 0 and image.max() <= 1):  # refuses NaN as well
        raise ValueError(
            "expected an image with numbers from 0 (paper) to 1 (ink), got "
            f"{image.min():g} to {image.max():g}. Try image / 255 for bytes."
        )
    return image


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


def make_circles(n=500, noise=0.1, seed=0):
    """Return a circle inside a circle: X of shape (n, 2), float32, and y of shape (n,), 0 or 1.

    Class 0 lies on a circle of radius 1, class 1 on one of radius 0.5, both around the origin.

    Parameters
    ----------
    n : int
        Number of points, half of them in each class.
    noise : float
        Standard deviation of the normal noise on each coordinate.
    seed : int or numpy.random.Generator
    """
    _check_toy(n, 2, noise)
    rng = np.random.default_rng(seed)
    y = np.arange(n) % 2
    radius = np.where(y == 1, 0.5, 1.0)
    angle = rng.uniform(0, 2 * math.pi, n)
    X = np.stack([radius * np.cos(angle), radius * np.sin(angle)], axis=1)
    return _as_split(X + noise * rng.standard_normal((n, 2)), y)


def make_xor(n=500, noise=0.1, seed=0):
    """Return a chessboard of four fields: X of shape (n, 2), float32, and y of shape (n,), 0 or 1.

    Both coordinates lie between -1 and 1. The class is 1 where they differ in sign ("exclusive
    or"), and 0 where both are positive or both negative.

    Parameters
    ----------
    n : int
        Number of points, spread evenly over the four fields.
    noise : float
        Standard deviation of the normal noise on each coordinate; it can carry a point over a
        border, and then the point keeps its class.
    seed : int or numpy.random.Generator
    """
    _check_toy(n, 2, noise)
    rng = np.random.default_rng(seed)
    field = np.arange(n) % 4
    signs = np.array([[1, 1], [1, -1], [-1, -1], [-1, 1]])[field]
    X = signs * rng.uniform(0.05, 1, (n, 2))
    return _as_split(X + noise * rng.standard_normal((n, 2)), field % 2)


def _check_toy(n, classes, noise):
    if classes < 2 or n < classes:
        raise ValueError(
            f"expected at least 2 classes and one point for each, got n={n}, classes={classes}"
        )
    if noise < 0:
        raise ValueError(f"expected noise of at least 0, got {noise!r}: it is a standard deviation")
