"""Arrays of others: what can be converted exactly is, at every door; the rest gets a sentence."""

import re
import types

import numpy as np
import pytest

import nnhelpers as nn

X = np.random.default_rng(0).normal(size=(12, 4)).astype("float32")
Y = np.arange(12) % 3


class Frame:
    """What pandas and polars have in common; and pandas' ``get``, which is no CuPy's."""

    def __init__(self, values):
        self.values, self.shape, self.dtype = values, values.shape, values.dtype

    def to_numpy(self):
        return self.values

    def __len__(self):
        return len(self.values)

    def __getitem__(self, rows):
        return Frame(self.values[rows])

    def get(self, key, default=None):
        raise AssertionError("a column was asked for")


class Sparse(types.SimpleNamespace):
    def toarray(self):
        return X

    def __len__(self):
        raise TypeError("sparse array length is ambiguous")


def pandas(values):
    return pytest.importorskip("pandas", reason="pandas is not installed").DataFrame(values)


def scipy(values):
    return pytest.importorskip("scipy.sparse", reason="SciPy is not installed").csr_array(values)


def tensor(values):
    torch = pytest.importorskip("torch", reason="PyTorch is not installed")
    return torch.tensor(values, requires_grad=True)


WELCOME = {
    "lists": np.ndarray.tolist, "tuples": lambda values: tuple(map(tuple, values.tolist())),
    "a frame": Frame, "a pandas frame": pandas, "a sparse matrix": lambda values: Sparse(),
    "a SciPy matrix": scipy, "a tensor that has a gradient": tensor,
    "a read-only array": lambda values: np.frombuffer(values.tobytes(), "float32").reshape(12, 4),
    "Fortran's order": np.asfortranarray, "a masked array without masks": np.ma.asarray,
    "a big-endian array": lambda values: values.astype(">f4"),
    "float16": lambda values: values.astype("float16").astype("float32"),
}  # fmt: skip


@pytest.mark.parametrize("name", WELCOME)
def test_what_is_welcome_is_so_at_every_door(name):
    given, y = WELCOME[name](X), Frame(Y) if name == "a frame" else Y
    net, same = nn.mlp([4, 5, 3]), np.allclose(nn.asnumpy(WELCOME[name](X)), X)
    expected = net.predict_proba(X if same else nn.asnumpy(given))
    assert np.allclose(net.predict_proba(given), expected)
    assert np.array_equal(net.predict(given), expected.argmax(axis=1))
    assert net.score(given, y) == np.mean(expected.argmax(axis=1) == Y)
    assert nn.gradient_check(net, given, y).passed
    assert net.loss_and_grad(given, y) == pytest.approx(net.loss(given, y))
    history = nn.fit(net, (given, y), (given, y), optimizer=nn.SGD(0.1), progress=False)
    assert history.stopped is None and history.epochs == 1


@pytest.mark.parametrize("given, message", [
    ([[1, 2, 3, 4], [1, 2]], "that is no array: .*inhomogeneous"),
    (np.array([[1, "a", 2, 3]], object), "numbers, got an array of object"),
    (Frame(np.array([[1.0, None, 2.0, 3.0]], object)), "Frame with elements of NoneType, float"),
    (np.ma.masked_greater(X, 1.0), r"MaskedArray with \d+ masked values"),
    (np.array([["a", "b", "c", "d"]]), "numbers, got an array of <U1"),
    (np.array([["2026-12-01"] * 4], "datetime64[D]"), r"numbers, got an array of datetime64"),
    (None, "numbers, got a builtins.NoneType"),
    ({"a": [1, 2]}, "numbers, got a builtins.dict"),
    ("a text", "numbers, got a builtins.str"),
    (nn.Dense, "numbers, got a builtins.type"),
])  # fmt: skip
def test_what_is_not_is_told(given, message):
    net = nn.mlp([4, 5, 3])
    doors = [net.predict, net.predict_proba, net.forward, lambda given: net.score(given, Y[:1]),
             lambda given: net.loss(given, Y[:1]), lambda given: nn.gradient_check(net, given, Y[:1]),
             lambda given: nn.fit(net, (given, Y[:1]), optimizer=nn.SGD(0.1))]  # fmt: skip
    for door in doors:
        with pytest.raises((ValueError, TypeError), match=message):
            door(given)


def test_what_is_assigned_to_a_parameter_is_copied_into_theta():
    net = nn.mlp([4, 5, 3])
    layer, W = net.layers[0], np.ones((4, 5))
    layer.params["W"] = W
    W[0, 0] = 7
    assert (net.theta[:20] == 1).all() and layer.params["W"].base is not None
    layer.params["W"] *= 2
    layer.grads["b"] = [1, 2, 3, 4, 5]
    assert (net.copy().layers[0].params["W"] == 2).all() and net.grad[20:25].tolist() == [
        1,
        2,
        3,
        4,
        5,
    ]
    for name, value, message in (
        ("V", W, "no parameter 'V' here, but 'W', 'b'"),
        ("W", W.T, re.escape("expected W of shape (4, 5), got (5, 4)")),
        ("W", W * 1j, "real numbers, got complex128"),
    ):
        with pytest.raises((KeyError, ValueError), match=message):
            layer.params[name] = value
