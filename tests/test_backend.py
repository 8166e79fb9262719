"""The choice of the array library, and what it says when that goes wrong."""

import subprocess
import sys

import numpy as np
import pytest
import strictarray

import nnhelpers as nn
from nnhelpers.support import devices as backend


@pytest.fixture
def choose_again(monkeypatch):
    """Forget the choice that was made, before and after."""
    backend._choose.cache_clear()
    monkeypatch.delitem(backend.loaded, "cupy", raising=False)
    yield monkeypatch
    backend._choose.cache_clear()


def test_get_array_module():
    assert nn.get_array_module(np.zeros(2)) is np
    assert nn.get_array_module(strictarray.zeros(2)) is strictarray
    assert nn.get_array_module(3.0, [1]) is np
    assert nn.get_array_module(3.0, strictarray.zeros(2)) is strictarray


def test_asnumpy():
    assert nn.asnumpy(strictarray.asarray([1.0, 2.0])).tolist() == [1, 2]
    assert nn.asnumpy([1, 2]).tolist() == [1, 2]
    array = np.zeros(2)
    assert nn.asnumpy(array) is array


def test_numpy_can_be_asked_for(choose_again):
    choose_again.setenv("NNHELPERS_BACKEND", " NumPy ")
    report = nn.backend_report()
    assert report.name == "numpy"
    assert report.device == "the CPU"
    assert "NNHELPERS_BACKEND" in repr(report)
    assert nn.xp is np


def test_an_unknown_backend_is_refused(choose_again):
    choose_again.setenv("NNHELPERS_BACKEND", "torch")
    with pytest.raises(nn.BackendError, match="unknown backend 'torch'.*'numpy'.*Unset"):
        nn.backend_report()


def test_cupy_asked_for_and_not_there_is_an_error_not_a_silent_numpy(choose_again):
    choose_again.setenv("NNHELPERS_BACKEND", "cupy")
    choose_again.setattr(backend, "_has_nvidia_driver", lambda: False)
    with pytest.raises(nn.BackendError, match="no NVIDIA driver.*Unset"):
        nn.backend_report()


def test_without_a_gpu_numpy_says_why(choose_again):
    choose_again.delenv("NNHELPERS_BACKEND")
    choose_again.setattr(backend, "_has_nvidia_driver", lambda: False)
    assert nn.backend_report().reason == "not CuPy: no NVIDIA driver was found on this machine"


class BrokenCupy:
    """Imports, says it is available, and fails at the first computation."""

    __name__ = "cupy"

    @staticmethod
    def ones(*args, **kwargs):
        raise RuntimeError("libcublas.so.12: cannot open shared object file")


def test_a_driver_without_libraries_is_found_out(choose_again):
    choose_again.delenv("NNHELPERS_BACKEND")
    choose_again.setattr(backend, "_has_nvidia_driver", lambda: True)
    choose_again.setitem(sys.modules, "cupy", BrokenCupy())
    report = nn.backend_report()
    assert report.name == "numpy"
    assert "libcublas" in report.reason


def test_cupy_that_cannot_be_imported_is_found_out(choose_again):
    choose_again.delenv("NNHELPERS_BACKEND")
    choose_again.setattr(backend, "_has_nvidia_driver", lambda: True)
    choose_again.setitem(sys.modules, "cupy", None)  # what Python itself does for "not there"
    assert "cannot be imported" in nn.backend_report().reason


@pytest.mark.gpu
def test_a_gpu_is_used_by_default(choose_again):
    try:
        backend.load_backend("cupy")
    except nn.BackendError as error:
        pytest.skip(f"no GPU: {error}")
    choose_again.delenv("NNHELPERS_BACKEND")
    report = nn.backend_report()
    assert report.name == "cupy"
    assert report.device


def test_importing_the_package_brings_in_neither_cupy_nor_matplotlib_nor_optuna():
    late = {"cupy", "matplotlib", "ipywidgets", "optuna"}
    code = f"import sys, nnhelpers; print(sorted({late} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_every_name_on_demand_can_be_had():
    for name in nn._HOME:
        assert getattr(nn, name) is not None
        assert name in dir(nn)
    with pytest.raises(AttributeError, match="no attribute 'nonsense'"):
        _ = nn.nonsense


def test_in_blocks_goes_through_all_once_and_gives_views(monkeypatch):
    monkeypatch.setattr(nn.backend, "BLOCK", 4)
    theta, grad = np.zeros(10), np.arange(10.0)
    pieces = list(nn.backend.in_blocks(theta, grad))
    assert [len(piece) for piece, _ in pieces] == [4, 4, 2]
    for piece, part in pieces:
        piece += part
    assert (theta == grad).all()
    assert len(list(nn.backend.in_blocks(theta[:4], grad[:4]))) == 1


def test_tf32_leaves_numpy_as_it_is(rng):
    A = rng.standard_normal((30, 30), dtype="float32")
    with backend.tf32():
        inside = A @ A
    assert np.array_equal(inside, A @ A)


@pytest.mark.gpu
def test_tf32_rounds_products_until_the_block_is_left(choose_again, rng):
    choose_again.setenv("NNHELPERS_BACKEND", "cupy")
    try:
        cupy = nn.xp
    except nn.BackendError as error:
        pytest.skip(f"no GPU: {error}")
    A = rng.standard_normal((512, 512), dtype="float32")
    exact = A.astype("float64") @ A
    on_device, errors = cupy.asarray(A), []

    def error():
        return np.linalg.norm((on_device @ on_device).get() - exact) / np.linalg.norm(exact)

    errors.append(error())
    with pytest.raises(KeyError), backend.tf32():
        errors.append(error())
        raise KeyError
    errors.append(error())
    assert errors[0] == errors[2] < 1e-6
    if float(cupy.cuda.Device().compute_capability) >= 80:
        assert 1e-5 < errors[1] < 1e-3


@pytest.mark.parametrize("call", [
    lambda A: A.take([0], mode="clip"),
    lambda A: A.sum(where=A > 0),
    lambda A: strictarray.mean(A, where=A < 1),
])  # fmt: skip
def test_strict_arrays_refuse_what_cupy_refuses(call):
    pytest.importorskip("cupy", reason="CuPy has no package for this machine")
    if backend._has_nvidia_driver():
        pytest.skip("there is a driver here: CuPy is not asked with arrays that it could touch")
    with pytest.raises(TypeError, match="CuPy refuses"):
        call(strictarray.zeros((2, 2)))


def test_strict_arrays_do_not_mix_with_numpys():
    for mix in (lambda A: A @ np.eye(2), lambda A: np.eye(2) + A, lambda A: np.exp(A)):
        with pytest.raises(TypeError):
            mix(strictarray.zeros((2, 2)))
