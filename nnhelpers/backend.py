"""One code for two array libraries: NumPy on any machine, CuPy where an NVIDIA GPU answers.

The two share their functions' names, so the same line runs on both. Data carries its device: an
operator such as ``X @ W`` runs where its arrays live, and :func:`get_array_module` says from which
library to take a function. Notebooks 00 and 12 show how; ``support.devices`` finds CuPy.
"""

import functools

import numpy as np

from .support import devices
from .support.devices import (  # noqa: F401: what a reader of the notebooks looks for here
    BackendError,
    backend_report,
    default_array_module,
    load_backend,
    memory_in_words,
    tf32,
)

BLOCK = 1 << 17  # numbers in one piece of what is done ``in_place``: half a megabyte of float32


def get_array_module(*arrays):
    """Return the library, numpy or cupy, of the first array among ``arrays``; else numpy."""
    for array in arrays:
        name = type(array).__module__.partition(".")[0]
        if name in devices._modules:
            return devices._modules[name]
        if name == "cupy":
            return load_backend(name)
    return np


def asnumpy(array):
    """Return ``array`` as a NumPy array on the host, copied from the GPU if it lives there."""
    return array.get() if hasattr(array, "get") else np.asarray(array)


def move(array, xp):
    """Return ``array`` as an array of the library ``xp``: itself if it is one, else a copy."""
    if hasattr(array, "dtype") and get_array_module(array) is xp:
        return array
    return xp.asarray(asnumpy(array))


def fused(chain, pieces=False):
    """Make the element-wise lines of a function one launch on a GPU: a decorator.

    CuPy writes one program from them, with placeholders for all arguments: no ``if`` looks into an
    array, and what is reckoned from numbers alone, such as 1 - beta, comes as an argument. NumPy
    runs the function as it is, or, for one that changes long vectors ``in_place``, in pieces that
    stay in the cache. Source: notebook 12, "Fewer passes: what fusing does".
    """
    in_one = {}  # the same function as a library that can fuse makes it

    @functools.wraps(chain)
    def call(*args):
        xp = get_array_module(args[0])
        if xp is np:
            if not pieces or len(args[0]) <= BLOCK:
                return chain(*args)
            vectors = [arg for arg in args if isinstance(arg, np.ndarray)]
            for some in in_blocks(*vectors):
                chain(*some, *args[len(vectors) :])
            return None
        if xp not in in_one:
            in_one[xp] = xp.fuse(chain)
        return in_one[xp](*args)

    return call


def in_blocks(*vectors):
    """Yield vectors of one length piece by piece, all cut at the same places, as views."""
    n = len(vectors[0])
    size = BLOCK if get_array_module(vectors[0]) is np else n  # on a GPU each would be a launch
    for start in range(0, n, size):
        yield tuple(vector[start : start + size] for vector in vectors)


in_place = functools.partial(fused, pieces=True)


@functools.lru_cache(maxsize=64)
def constant(make, *args):
    """Return ``make(*args)``, such as ``xp.ones(n)``, made once and kept: never write to it."""
    return make(*args)
