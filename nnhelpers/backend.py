"""Which array library does the work: NumPy on any machine, CuPy where an NVIDIA GPU answers.

The two libraries share their functions' names, so the same line of code runs on both. Data carries
its device: an operator such as ``X @ W`` runs where its arrays live, and :func:`get_array_module`
tells which library to take a function from. Networks on the CPU and on the GPU can live side by
side in one kernel. Notebooks 00 and 12 show how.
"""

import contextlib
import ctypes
import functools
import os
import sys
from dataclasses import dataclass

import numpy as np

ENVIRONMENT_VARIABLE = "NNHELPERS_BACKEND"

# Numbers in one piece of `in_blocks`: half a megabyte of float32.
BLOCK = 1 << 17

# Array libraries in use, by the name of the module that defines their arrays. CuPy joins on first
# use: importing it takes a second that a laptop without a GPU need not spend.
_modules = {"numpy": np}


class BackendError(RuntimeError):
    """An array library that was asked for cannot be used on this machine."""


@dataclass(frozen=True)
class BackendReport:
    """What :func:`backend_report` found; printing it gives a short, readable account."""

    name: str
    version: str
    device: str
    reason: str

    def __repr__(self):
        return f"{self.name} {self.version} on {self.device} ({self.reason})"


def get_array_module(*arrays):
    """Return the library (``numpy`` or ``cupy``) that the first array among ``arrays`` belongs to.

    Things that are no arrays (numbers, lists) count as NumPy's.
    """
    for array in arrays:
        module = _modules.get(type(array).__module__.partition(".")[0])
        if module is None and type(array).__module__.startswith("cupy"):
            module = load_backend("cupy")
        if module is not None:
            return module
    return np


def asnumpy(array):
    """Return ``array`` as a NumPy array on the host, copied from the GPU if it lives there."""
    return array.get() if hasattr(array, "get") else np.asarray(array)


def move(array, xp):
    """Return ``array`` as an array of the library ``xp``: itself if it is one, else a copy."""
    if hasattr(array, "dtype") and get_array_module(array) is xp:
        return array
    return xp.asarray(asnumpy(array))


def memory_in_words(xp):
    """Return how much memory is free where ``xp`` (numpy or cupy) keeps its arrays, in words."""
    if xp is np:
        import psutil  # on use: few runs ever ask

        memory = psutil.virtual_memory()
        place, free, total = "this machine", memory.available, memory.total
    else:
        free, total = xp.cuda.runtime.memGetInfo()
        free += xp.get_default_memory_pool().free_bytes()  # kept by CuPy for its next arrays
        place = "the GPU"
    return f"{place} has {free / 1e9:.1f} GB free of {total / 1e9:.1f} GB"


def in_blocks(*vectors):
    """Yield vectors of one length piece by piece, all cut at the same places, as views.

    ``theta -= lr * grad`` makes an array as long as theta on its way. For millions of parameters
    that array is fresh memory, which the system has to clear each time. Piece by piece the same
    line gives the same bits, in half the time for 21 million parameters, and in the same time for
    a few hundred thousand. On a GPU, where each piece would be a launch, there is one piece.
    """
    n = len(vectors[0])
    if n <= BLOCK or get_array_module(vectors[0]) is not np:
        yield vectors
        return
    for start in range(0, n, BLOCK):
        yield tuple(vector[start : start + BLOCK] for vector in vectors)


def fused(chain):
    """Make the element-wise lines of a function one launch on a GPU: a decorator.

    On NumPy the function is what it was. CuPy follows it once for each combination of dtypes and
    numbers of dimensions, with placeholders, writes one program for the GPU from what it saw, and
    from then on runs that: one order in place of many, and one pass over the memory. So ``chain``
    takes arrays (the first one at least) and numbers, by position; it has no ``if`` that looks into
    an array. What is reckoned from numbers alone stays outside of it: inside, the numbers are
    placeholders too, and CuPy would reckon ``1 - beta`` in float16. Source: notebook 12, "Fewer
    passes: what fusing does".
    """
    in_one = {}  # the same function as a library that can fuse makes it

    @functools.wraps(chain)
    def call(*args):
        xp = get_array_module(args[0])
        if xp is np:
            return chain(*args)
        if xp not in in_one:
            in_one[xp] = xp.fuse(chain)
        return in_one[xp](*args)

    return call


@contextlib.contextmanager
def tf32():
    """Let a GPU's products of float32 matrices round their factors to TF32, 10 bits of mantissa.

    ``with tf32(): nn.fit(...)``: several times as fast on cards that have tensor cores, with three
    decimal digits in place of seven: for training, never for a check. It holds for all of CuPy's
    products until the block is left; where NumPy does the work nothing changes, since a CPU has no
    such products, and on a card of compute capability below 8.0 CuPy warns and goes on in float32.
    Source: notebook 12, "TF32, by hand".
    """
    default_array_module()  # so that CuPy is here, if it is to do the work
    if "cupy" not in _modules:
        yield
        return
    from cupy._core import _routines_linalg as products  # its choice, while a program runs

    before = products.get_compute_type(np.float32)
    products.set_compute_type(np.float32, products.COMPUTE_TYPE_TF32)
    try:
        yield
    finally:
        products.set_compute_type(np.float32, before)


@functools.lru_cache(maxsize=64)
def constant(make, *args):
    """Return ``make(*args)``, such as ``xp.ones(n)``, made once and then kept: never write to it.

    Each step of a training needs the same few, and on a GPU to make one is a launch.
    """
    return make(*args)


def load_backend(name):
    """Return the array library called ``name``, after a trial that it really computes.

    Parameters
    ----------
    name : {"numpy", "cupy"}

    Raises
    ------
    BackendError
        If the library is not installed or finds no GPU that works; the message says which.
    """
    if name not in _modules:
        if name != "cupy":
            known = ", ".join(repr(known) for known in [*_modules, "cupy"])
            raise ValueError(f"unknown backend {name!r}: expected one of {known}")
        _modules["cupy"] = _load_cupy()
    return _modules[name]


def _load_cupy():
    """Import CuPy and compute with it. That it imports proves nothing: libraries can be missing."""
    if not _has_nvidia_driver():
        raise BackendError("no NVIDIA driver was found on this machine")
    try:
        import cupy
    except ImportError as error:
        raise BackendError(f"CuPy cannot be imported: {error}") from error
    try:
        # The three things that need three different CUDA libraries: a matrix product (cuBLAS),
        # a compiled element-wise kernel (NVRTC), a random number (cuRAND).
        ones = cupy.ones((2, 2), dtype="float32")
        total = float((cupy.exp(ones @ ones) + cupy.random.random((2, 2)) * 0).sum())
    except Exception as error:  # whatever a broken installation throws, NumPy can still work
        raise BackendError(
            f"CuPy found no GPU that works: {type(error).__name__}: {error}"
        ) from error
    if not np.isclose(total, 4 * np.exp(2)):
        raise BackendError(f"CuPy computed {total}, not {4 * np.exp(2):.4f}: check the driver")
    return cupy


def _has_nvidia_driver():
    """Whether the driver's library can be loaded: a millisecond, where importing CuPy takes 1 s."""
    names = ["nvcuda.dll"] if sys.platform == "win32" else ["libcuda.so.1", "libcuda.so"]
    for name in names:
        try:
            ctypes.CDLL(name)
            return True
        except OSError:
            continue
    return False


@functools.cache
def _choose():
    """Return (array module, reason): what ``NNHELPERS_BACKEND`` asks for, else CuPy, else NumPy."""
    asked = os.environ.get(ENVIRONMENT_VARIABLE, "").strip().lower()
    if asked:
        try:
            return load_backend(asked), f"{ENVIRONMENT_VARIABLE}={asked}"
        except (BackendError, ValueError) as error:
            hint = f"Unset {ENVIRONMENT_VARIABLE} to let the course choose, or set it to numpy."
            raise BackendError(f"{ENVIRONMENT_VARIABLE}={asked}: {error}. {hint}") from error
    try:
        return load_backend("cupy"), "a GPU answers"
    except BackendError as error:
        return np, f"not CuPy: {error}"


def default_array_module():
    """Return the library that new data and networks use: this is what ``nnhelpers.xp`` holds."""
    return _choose()[0]


def backend_report():
    """Return a readable report: which library, which device, and if it is not CuPy, why.

    Returns
    -------
    BackendReport
        With attributes ``name``, ``version``, ``device`` and ``reason``.
    """
    module, reason = _choose()
    device = "the CPU"
    if module.__name__ == "cupy":
        device = module.cuda.runtime.getDeviceProperties(0)["name"].decode()
    return BackendReport(module.__name__, module.__version__, device, reason)
