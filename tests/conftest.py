"""Fixtures that all tests share, one thread, and how tests are spread over processes."""

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

import nnhelpers as nn
from nnhelpers.support import devices as backend_module

# What takes longest begins first, so that no process is left alone with it at the end.
LONGEST_FIRST = ["test_notebooks_run", "test_grading", "browser", "test_student", "test_benchmarks"]


def pytest_collection_modifyitems(config, items):
    """Skip what is marked full, unless asked; give each file, or notebook, to one process whole."""
    if not (config.getoption("--full") or os.environ.get("CI")):
        why = pytest.mark.skip(reason="takes long: runs in CI, and with --full")
        for item in items:
            if "full" in item.keywords:
                item.add_marker(why)
    for item in items:
        if not item.get_closest_marker("xdist_group"):
            item.add_marker(pytest.mark.xdist_group(item.path.stem))

    def place(item):
        names = [i for i, name in enumerate(LONGEST_FIRST) if name in item.path.as_posix()]
        return min(names, default=len(LONGEST_FIRST))

    items.sort(key=place)


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


@pytest.fixture(scope="session")
def mnist():
    return nn.load_mnist()


@pytest.fixture(scope="session")
def net(mnist):
    """A network that reads digits: 97% of them, after two quick epochs. Not to be changed."""
    net = nn.mlp([784, 64, 10], seed=0)
    nn.fit(net, mnist.train, optimizer=nn.Adam(4e-3), epochs=2, schedule=nn.one_cycle(),
           progress=False)  # fmt: skip
    return net
