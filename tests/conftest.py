"""Fixtures that all tests share: the backends, and one thread."""

import os

# One thread for each linear-algebra library: tests run side by side, and sums keep their order.
for _name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(_name, "1")
# Tests say which backend they mean; what they do not say is NumPy's, also on a machine with a GPU.
os.environ["NNHELPERS_BACKEND"] = "numpy"

import numpy as np
import pytest
import strictarray
from helpers import why_no_gpu

from nnhelpers.support import devices as backend_module


@pytest.fixture(autouse=True)
def strict_backend(monkeypatch):
    """Make the strict arrays known, so that ``net.to("strictarray")`` works."""
    monkeypatch.setitem(backend_module.loaded, "strictarray", strictarray)


@pytest.fixture(params=["numpy", "strictarray", pytest.param("cupy", marks=pytest.mark.gpu)])
def backend(request):
    """The name of each backend in turn; CuPy's where a GPU answers."""
    if request.param == "cupy" and (reason := why_no_gpu()):
        pytest.skip(reason)
    return request.param


@pytest.fixture
def xp(backend):
    """The array module of that backend."""
    return backend_module.load_backend(backend)


@pytest.fixture
def rng():
    return np.random.default_rng(0)


@pytest.fixture(scope="session")
def torch():
    """PyTorch, if it is there, on one thread."""
    module = pytest.importorskip(
        "torch", reason="PyTorch, the partner of this comparison, is not installed"
    )
    module.set_num_threads(1)
    return module
