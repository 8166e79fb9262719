"""Weights to and from NumPy arrays and PyTorch's layout."""

import numpy as np
import pytest
from helpers import examples, shaken

import nnhelpers as nn


def network(dtype="float64"):
    net = shaken(nn.mlp([5, 4, 6, 3], ["relu", "tanh"], dropout=0.2, batch_norm=True)).astype(dtype)
    net.loss_and_grad(*examples())  # moves the running averages
    return net


def torch_twin(torch, dtype):
    linear, norm = torch.nn.Linear, torch.nn.BatchNorm1d
    return torch.nn.Sequential(
        linear(5, 4), norm(4), torch.nn.ReLU(), torch.nn.Dropout(0.2),
        linear(4, 6), norm(6), torch.nn.Tanh(), torch.nn.Dropout(0.2), linear(6, 3),
    ).to(getattr(torch, dtype))  # fmt: skip


def test_arrays_and_back(backend):
    net = network().to("numpy")
    arrays = nn.to_arrays(net.to(backend))
    assert list(arrays)[:2] == ["layers.0.W", "layers.0.b"] and arrays["layers.1.mean"].shape == (
        4,
    )
    assert all(type(array) is np.ndarray for array in arrays.values())
    twin = nn.mlp([5, 4, 6, 3], ["relu", "tanh"], dropout=0.2, batch_norm=True, seed=9).astype(
        "float64"
    )
    twin = twin.to(backend)
    theta = twin.theta
    nn.from_arrays(twin, arrays)
    assert twin.theta is theta, "in place"
    assert np.array_equal(nn.asnumpy(theta), net.theta)
    assert nn.to_arrays(twin)["layers.5.var"].tobytes() == arrays["layers.5.var"].tobytes()


def test_arrays_are_copies():
    net = nn.mlp([1, 1])  # so small that a transposed view is contiguous
    before = net.theta.copy()
    for array in [*nn.to_arrays(net).values(), *nn.to_state_dict(net).values()]:
        array[...] = 7
    assert np.array_equal(net.theta, before)


def test_through_savez(tmp_path):
    net = network()
    np.savez(tmp_path / "weights.npz", **nn.to_arrays(net))
    twin = network("float32")
    with np.load(tmp_path / "weights.npz") as arrays:
        nn.from_arrays(twin, arrays)
    assert np.array_equal(twin.theta, net.theta.astype("float32")) and twin.theta.dtype == "float32"


class Scale(nn.BatchNorm):
    """A student's own layer."""

    def __init__(self):
        super().__init__(3)
        self.shapes, self.state = {"factor": (3,)}, {}

    def initial(self, rng):
        return {"factor": np.ones(3)}


def test_layers_of_your_own_have_arrays_too():
    net = nn.Network([nn.Dense(3, 3), Scale()], nn.SoftmaxCrossEntropy())
    arrays = nn.to_arrays(net)
    arrays["layers.1.factor"][...] = 2
    nn.from_arrays(net, arrays)
    assert net.theta[-3:].tolist() == [2, 2, 2]
    with pytest.raises(ValueError, match="layers.1.factor has no counterpart in PyTorch"):
        nn.to_state_dict(net)


@pytest.mark.parametrize("change, message", [
    ({"layers.0.W": np.zeros((4, 5))}, r"layers.0.W of shape \(5, 4\), got \(4, 5\). Try its .T."),
    ({"layers.0.b": np.zeros(5)}, r"layers.0.b of shape \(4,\), got \(5,\).$"),
    ({"layers.0.b": np.zeros(4, complex)}, "layers.0.b as real numbers, got complex128"),
    ({"layers.0.b": np.array(["a"] * 4)}, "layers.0.b as real numbers"),
    ({"extra": np.zeros(4)}, "unknown: extra. Does the network have the same layers"),
    ({"layers.8.b": None}, "missing: layers.8.b; unknown: none"),
])  # fmt: skip
def test_arrays_that_do_not_fit_change_nothing(change, message):
    net = network()
    before = net.theta.copy()
    arrays = {name: array + 1 for name, array in nn.to_arrays(net).items()} | change
    arrays = {name: array for name, array in arrays.items() if array is not None}
    with pytest.raises(ValueError, match=message):
        nn.from_arrays(net, arrays)
    assert np.array_equal(net.theta, before)


@pytest.mark.parametrize("dtype, tolerance", [("float32", 1e-6), ("float64", 1e-12)])
def test_pytorch_says_the_same(torch, dtype, tolerance):
    net, model = network(dtype), torch_twin(torch, dtype)
    state = {name: torch.from_numpy(array) for name, array in nn.to_state_dict(net).items()}
    model.load_state_dict(state)
    model.eval()
    X = np.random.default_rng(0).normal(size=(50, 5)).astype(dtype)
    theirs = torch.softmax(model(torch.from_numpy(X)), dim=1).detach().numpy()
    assert np.abs(net.predict_proba(X) - theirs).max() < tolerance


@pytest.mark.parametrize("dtype, tolerance", [("float32", 1e-6), ("float64", 1e-12)])
def test_what_pytorch_trained_works_here(torch, dtype, tolerance, backend):
    torch.manual_seed(0)
    model = torch_twin(torch, dtype)
    X, y = examples(40)
    X = X.astype(dtype)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    for _ in range(5):
        optimizer.zero_grad()
        torch.nn.functional.cross_entropy(
            model(torch.from_numpy(X)), torch.from_numpy(y)
        ).backward()
        optimizer.step()
    model.eval()
    net = network(dtype).to(backend)
    nn.from_state_dict(net, model.state_dict())  # num_batches_tracked included
    theirs = torch.softmax(model(torch.from_numpy(X)), dim=1).detach().numpy()
    ours = nn.asnumpy(net.predict_proba(nn.get_array_module(net.theta).asarray(X)))
    assert np.abs(ours - theirs).max() < tolerance
    # parameters that are still tied to their gradients are welcome too
    nn.from_state_dict(net, {**model.state_dict(), **dict(model.named_parameters())})


def test_state_dict_and_back():
    net, twin = network(), nn.mlp([5, 4, 6, 3], ["relu", "tanh"], dropout=0.2, batch_norm=True)
    state = nn.to_state_dict(net)
    assert state["0.weight"].shape == (4, 5) and state["0.weight"].flags.c_contiguous
    assert list(state)[:4] == ["0.weight", "0.bias", "1.weight", "1.bias"]
    twin = twin.astype("float64")
    nn.from_state_dict(twin, state)
    assert nn.to_arrays(twin).keys() == nn.to_arrays(net).keys()
    assert all(np.array_equal(a, b) for a, b in
               zip(nn.to_arrays(twin).values(), nn.to_arrays(net).values(), strict=True))  # fmt: skip


def test_a_state_dict_of_another_model():
    net = network()
    state = nn.to_state_dict(net)
    del state["0.bias"]
    with pytest.raises(ValueError, match="missing: 0.bias; unknown: 9.weight"):
        nn.from_state_dict(net, {**state, "9.weight": np.zeros(3)})
