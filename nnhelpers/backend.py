"""One code for two array libraries: NumPy on any machine, CuPy where an NVIDIA GPU answers.

Data carries its device: ``X @ W`` runs where its arrays live, and :func:`get_array_module` says
from which library to take a function. Notebooks 00 and 12 show how.
"""

import functools
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from .support import devices
from .support.devices import default_array_module, load_backend, tf32  # noqa: F401
from .support.foreign import to_numpy

Array = Any  # a numpy.ndarray or a cupy.ndarray: the same code takes both
BLOCK = 1 << 17  # numbers in one piece of what is done ``in_place``: half a megabyte of float32


def get_array_module(*arrays: Array) -> Any:
    """Return the library, numpy or cupy, of the first array among ``arrays``, or else numpy."""
    for array in arrays:
        name = type(array).__module__.partition(".")[0]
        if name in devices.loaded:
            return devices.loaded[name]
        if name == "cupy":
            return load_backend(name)
    return np


def asnumpy(array: Array) -> np.ndarray:
    """Return ``array``, of any library, as a NumPy array on the host."""
    return array.get() if get_array_module(array) is not np else to_numpy(array)


def move(array: Array, xp: Any) -> Array:
    """Return ``array`` as an array of the library ``xp``: itself if it is one, else a copy."""
    at_home = type(array) is xp.ndarray
    return array if at_home else xp.asarray(asnumpy(array))


def fused(chain: Callable) -> Callable:
    """Make the element-wise lines of a function one launch on a GPU: a decorator.

    CuPy follows them with placeholders: no ``if`` looks into an array, and what depends on numbers
    alone, as 1 - beta, is an argument. Source: notebook 12, "Fewer passes: what fusing does".
    """
    programs: dict = {}  # one for each library that can fuse

    @functools.wraps(chain)
    def call(*args):
        xp = get_array_module(args[0])
        if xp is np:
            return chain(*args)
        if xp not in programs:
            programs[xp] = xp.fuse(chain)
        return programs[xp](*args)

    return call


def in_place(rule: Callable) -> Callable:
    """As :func:`fused`, for a rule that changes long vectors: NumPy goes through them in blocks,
    which stay in the processor's cache: the same bits, for large networks in half the time."""
    at_once = fused(rule)

    @functools.wraps(rule)
    def call(*args):
        if len(args[0]) <= BLOCK:
            return at_once(*args)
        vectors = [arg for arg in args if hasattr(arg, "shape")]
        for pieces in in_blocks(*vectors):
            at_once(*pieces, *args[len(vectors) :])

    return call


def in_blocks(*vectors: Array) -> Iterator[tuple]:
    """Yield vectors of one length piece by piece, as views; on a GPU, all in one piece."""
    size = BLOCK if get_array_module(vectors[0]) is np else len(vectors[0])
    for start in range(0, len(vectors[0]), size):
        yield tuple(vector[start : start + size] for vector in vectors)


@functools.lru_cache(maxsize=64)
def constant(make: Callable, *args) -> Array:
    """Return ``make(*args)``, such as ``xp.ones(n)``, made once and kept: never write to it."""
    return make(*args)
