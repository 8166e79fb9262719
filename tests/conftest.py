"""Fixtures that all tests share: the backends, a few examples, and no output into ``img/``."""

import os

# One thread for each linear-algebra library: tests run side by side, and sums keep their order.
for _name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(_name, "1")
# Tests say which backend they mean; what they do not say is NumPy's, also on a machine with a GPU.
os.environ["NNHELPERS_BACKEND"] = "numpy"

import numpy as np
import pytest
import strictarray

from nnhelpers import backend as backend_module


def _why_no_gpu():
    try:
        backend_module.load_backend("cupy")
    except backend_module.BackendError as error:
        return f"no GPU: {error}"
    return None


@pytest.fixture(autouse=True)
def strict_backend(monkeypatch):
    """Make the strict arrays known, so that ``net.to("strictarray")`` works."""
    monkeypatch.setitem(backend_module._modules, "strictarray", strictarray)


@pytest.fixture(params=["numpy", "strictarray", pytest.param("cupy", marks=pytest.mark.gpu)])
def backend(request):
    """The name of each backend in turn; CuPy's where a GPU answers."""
    if request.param == "cupy" and (reason := _why_no_gpu()):
        pytest.skip(reason)
    return request.param


@pytest.fixture
def xp(backend):
    """The array module of that backend."""
    return backend_module.load_backend(backend)


@pytest.fixture
def rng():
    return np.random.default_rng(0)


def shaken(net, seed=1, scale=0.5):
    """Give ``net`` parameters that are nowhere zero, biases included, so that no error hides."""
    values = np.random.default_rng(seed).normal(scale=scale, size=net.theta.size)
    net.theta[...] = backend_module.get_array_module(net.theta).asarray(
        values, dtype=net.theta.dtype
    )
    return net


def examples(n=7, n_in=5, n_classes=3, seed=2):
    """Random examples and labels in which each class occurs."""
    generator = np.random.default_rng(seed)
    return generator.normal(size=(n, n_in)), np.arange(n) % n_classes
