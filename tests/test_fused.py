"""Chains of element-wise lines, one launch each on a GPU; how many launches and waits a step costs.

Launches are counted on the strict arrays, which any machine has. That CuPy can make one program of
each chain is seen on any machine too: it follows the chain with placeholders, and a GPU is needed
only after that, to run what it wrote.
"""

import contextlib
import importlib
import pkgutil

import numpy as np
import pytest
import strictarray
from helpers import why_no_gpu

import nnhelpers as nn
from nnhelpers import backend
from nnhelpers.support import devices as backend_module
from nnhelpers.training import train_step

# Arguments of each chain: a shape stands for an array. Shapes as a network has them: activations
# (8, 5), outputs of one example in a row, parameters in one vector.
A, ROW, COLUMN, VECTOR, THETA = (8, 5), (1, 5), (8, 1), (8,), (30,)
CHAINS = {
    "activations.Sigmoid.value": (A,),
    "activations.Sigmoid.back": (A, A),
    "activations.Tanh.value": (A,),
    "activations.Tanh.back": (A, A),
    "activations.ReLU.value": (A,),
    "activations.ReLU.back": (A, A),
    "activations.LeakyReLU.value": (A, 0.1),
    "activations.LeakyReLU.back": (A, A, 0.1),
    "layers.Dropout._mask": (A, A, 0.2, 0.8),
    "layers.BatchNorm._standardize": (A, ROW, (5,), (5,)),
    "layers.BatchNorm._back": (A, A, ROW, (5,), (5,), 8),
    "layers.BatchNorm._mix": ((5,), (5,), 0.9, 0.1),
    "losses.exponentials": (A, COLUMN),
    "losses.log_probability": (VECTOR, VECTOR),
    "losses.smoothed_log_probability": (VECTOR, VECTOR, VECTOR, 0.9, 0.1),
    "losses.SigmoidCrossEntropy.losses": (A, A),
    "losses.add_l2_gradient": (THETA, THETA, 0.01),
    "optimizers.SGD.rule": (THETA, THETA, 0.1),
    "optimizers.Momentum.rule": (THETA, THETA, THETA, 0.1, 0.9, 0.1),
    "optimizers.RMSprop.rule": (THETA, THETA, THETA, 0.1, 0.9, 0.1, 1e-8),
    "optimizers.Adam.rule": (THETA, THETA, THETA, THETA, 0.1, 2.0, 0.9, 0.1, 0.999, 0.001, 1e-8),
}


def chain(name):
    module, *path = name.split(".")
    found = importlib.import_module(f"nnhelpers.{module}")
    for part in path:
        found = getattr(found, part)
    return found


def arguments(name, rng, dtype="float32"):
    """Return the chain's arguments with positive arrays, so that any root and logarithm exists."""
    return [
        rng.uniform(0.5, 2, size=one).astype(dtype) if isinstance(one, tuple) else one
        for one in CHAINS[name]
    ]


def as_list(returned):
    return list(returned) if isinstance(returned, tuple) else [returned]


def test_every_chain_of_the_package_is_tested_here():
    decorated = {backend.fused(len).__code__, backend.in_place(len).__code__}
    found = set()
    for info in pkgutil.iter_modules(nn.__path__):
        module = importlib.import_module(f"nnhelpers.{info.name}")
        own = {name: value for name, value in vars(module).items()
               if getattr(value, "__module__", None) == module.__name__}  # fmt: skip
        for name, value in own.items():
            inside = vars(value) if isinstance(value, type) else {"": value}
            for method, function in inside.items():
                function = getattr(function, "__func__", function)  # out of its staticmethod
                if getattr(function, "__code__", None) in decorated:
                    found.add(f"{info.name}.{name}.{method}".rstrip("."))
    assert found == set(CHAINS)


@pytest.mark.parametrize("name", CHAINS)
def test_a_chain_computes_the_same_everywhere(name, xp, rng):
    given = arguments(name, rng)
    on_device = [xp.asarray(one.copy()) if isinstance(one, np.ndarray) else one for one in given]
    expected = chain(name)(*given)
    got = chain(name)(*on_device)
    for one, other in zip(as_list(expected) + given, as_list(got) + on_device, strict=True):
        if isinstance(one, np.ndarray):
            assert other.dtype == one.dtype == "float32"
            assert np.allclose(nn.asnumpy(other), one, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", CHAINS)
def test_cupy_makes_one_program_of_a_chain(name, dtype, rng, monkeypatch):
    """Where no GPU answers, the error comes when the program is there, and is to be run."""
    cupy = pytest.importorskip("cupy", reason="CuPy has no package for this machine")
    gpu = why_no_gpu() is None
    if not gpu and backend_module._has_nvidia_driver():
        pytest.skip(why_no_gpu())  # a card that CuPy half knows would be given memory not its own
    monkeypatch.setitem(backend_module.loaded, "cupy", cupy)
    returned = []

    def followed(*placeholders):
        result = chain(name).__wrapped__(*placeholders)
        returned.append([str(one.dtype) for one in as_list(result) if one is not None])
        return result

    made = cupy.fuse(followed)
    library, to_device = (cupy, list) if gpu else (strictarray, strictarray.placeholders)
    given = to_device([
        library.asarray(one) if isinstance(one, np.ndarray) else one
        for one in arguments(name, rng, dtype)
    ])  # fmt: skip
    with contextlib.nullcontext() if gpu else pytest.raises(cupy.cuda.runtime.CUDARuntimeError):
        made(*given)
    assert made.new_fusion is None and len(made._memo) == 1
    [(program, _)] = made._memo.values()
    assert isinstance(program, cupy.ElementwiseKernel)
    assert set(returned[0]) <= {dtype}, "what goes in as float32 comes out as float32"
    assert "float16" not in program.operation, "numbers alone are to be reckoned outside"
    in_place = name.startswith("optimizers.") or name == "losses.add_l2_gradient"
    assert len(returned) == 1 and bool(returned[0]) != in_place


def test_numbers_and_lists_are_numpys():
    assert nn.ReLU().forward(np.float64(-0.5)) == 0
    assert nn.ReLU().forward([1.0, -1.0]).tolist() == [1, 0]


# ---------------------------------------------------------------- what a step costs


@pytest.mark.parametrize("make, optimizer, l2, fused, line_by_line", [
    (lambda: nn.mlp([20, 16, 10]), nn.SGD(0.1), 0, 30, 34),
    (lambda: nn.mlp([20, 16, 10], activation="tanh"), nn.Momentum(0.1), 0, 30, 38),
    (lambda: nn.mlp([20, 16, 10], activation="sigmoid"), nn.RMSprop(0.1), 0, 30, 45),
    (lambda: nn.mlp([20, 16, 12, 10]), nn.Adam(0.1), 0, 37, 53),
    (lambda: nn.mlp([20, 16, 10]), nn.SGD(0.1), 0.01, 38, 44),
    (lambda: nn.mlp([20, 16, 10], loss=nn.SoftmaxCrossEntropy(0.1)), nn.SGD(0.1), 0, 32, 40),
    (lambda: nn.mlp([20, 16, 10], dropout=0.2, batch_norm=True), nn.SGD(0.1), 0, 49, 66),
])  # fmt: skip
def test_launches_of_a_step(make, optimizer, l2, fused, line_by_line, examples, monkeypatch):
    """Notebook 12 tells two of these numbers."""
    X, y = examples
    net, rows = make().to("strictarray"), strictarray.asarray(np.arange(32))
    train_step(net, optimizer, X, y, rows, l2)  # makes the constants
    strictarray.waited.clear()
    for expected in (fused, line_by_line):
        strictarray.launched.clear()
        train_step(net, optimizer, X, y, rows, l2)
        assert len(strictarray.launched) == expected, " ".join(strictarray.launched)
        monkeypatch.setattr(strictarray, "one_launch_for_a_chain", False)
    assert not strictarray.waited


def test_an_epoch_waits_as_often_for_few_batches_as_for_many(examples, monkeypatch):
    monkeypatch.setattr("nnhelpers.support.run.LOOK_EVERY", 1e9)
    waits = []
    for batch_size in (48, 6):
        net = nn.mlp([20, 16, 10], dropout=0.1).to("strictarray")
        strictarray.waited.clear()
        nn.fit(net, examples, optimizer=nn.SGD(0.1), batch_size=batch_size, progress=False)
        waits.append(list(strictarray.waited))
    assert waits[0] == waits[1]


@pytest.fixture
def examples(rng):
    X = rng.random((96, 20), dtype="float32")
    return strictarray.asarray(X), strictarray.asarray(rng.integers(0, 10, 96))
