"""The network: one vector of parameters, forward and backward for any shape, and clear errors."""

import copy
import pickle

import numpy as np
import pytest
import strictarray
from helpers import examples, shaken
from hypothesis import given, settings
from hypothesis import strategies as st

import nnhelpers as nn
from nnhelpers.layers import Layer


def test_forward_is_the_formula(rng):
    net = nn.mlp([5, 4, 3], activation="tanh").astype("float64")
    X = rng.normal(size=(6, 5))
    W1, b1 = net.layers[0].params["W"], net.layers[0].params["b"]
    W2, b2 = net.layers[2].params["W"], net.layers[2].params["b"]
    assert np.allclose(net.forward(X), np.tanh(X @ W1 + b1) @ W2 + b2, atol=1e-14)


def test_parameters_are_views_into_theta():
    net = nn.mlp([5, 4, 3])
    assert net.theta.flags.c_contiguous and net.theta.shape == net.grad.shape == (
        5 * 4 + 4 + 4 * 3 + 3,
    )
    net.theta[:] = np.arange(net.theta.size)
    assert net.layers[0].params["W"].tolist() == np.arange(20).reshape(5, 4).tolist()
    assert net.layers[0].params["b"].tolist() == [20, 21, 22, 23]
    net.layers[2].params["b"][:] = 7
    assert net.theta[-3:].tolist() == [7, 7, 7]
    for layer in net.layers:
        assert set(layer.params) == set(layer.grads) == set(layer.shapes)


def test_backward_fills_the_views_of_grad():
    net, (X, y) = shaken(nn.mlp([5, 4, 3])), examples()
    net.loss_and_grad(X, y)
    assert all(np.shares_memory(layer.grads[name], net.grad) and layer.grads[name].any()
               for layer in net.layers for name in layer.grads)  # fmt: skip


def test_a_seed_is_a_network():
    assert np.array_equal(nn.mlp([5, 4, 3], seed=1).theta, nn.mlp([5, 4, 3], seed=1).theta)
    assert not np.array_equal(nn.mlp([5, 4, 3], seed=1).theta, nn.mlp([5, 4, 3], seed=2).theta)
    net = nn.mlp([50, 50, 50], init=1.0)
    correlation = np.corrcoef(net.layers[0].params["W"].ravel(), net.layers[2].params["W"].ravel())
    assert abs(correlation[0, 1]) < 0.1, "each layer has its own numbers"


@pytest.mark.parametrize("init, scale", [
    ("he", np.sqrt(2 / 300)), ("xavier", np.sqrt(2 / 500)), ("lecun", np.sqrt(1 / 300)), (0.7, 0.7),
])  # fmt: skip
def test_initial_scale(init, scale):
    net = nn.Network([nn.Dense(300, 200, init=init)], loss=nn.SoftmaxCrossEntropy())
    assert net.layers[0].params["W"].std() == pytest.approx(scale, rel=0.02)
    assert not net.layers[0].params["b"].any()


def test_mlp_chooses_the_rule_for_the_activation():
    assert [layer.init for layer in nn.mlp([5, 4, 4, 3], ["relu", "tanh"]).layers[::2]] == [
        "he",
        "xavier",
        "xavier",
    ]


def test_mlp_builds_what_is_written_out():
    net = nn.mlp([5, 4, 4, 1], activation=["sigmoid", "leaky_relu"])
    assert repr(net) == ("Network([Dense(5, 4), Sigmoid(), Dense(4, 4), LeakyReLU(0.01), Dense(4, 1)], "
                         "loss=SigmoidCrossEntropy())")  # fmt: skip
    assert net.sizes == [5, 4, 4, 1]
    assert repr(nn.mlp([5, 3])) == "Network([Dense(5, 3)], loss=SoftmaxCrossEntropy())"


def test_copies_share_nothing():
    net, (X, y) = shaken(nn.mlp([5, 4, 3])), examples()
    twin = net.copy()
    before = net.theta.copy()
    twin.loss_and_grad(X, y)
    nn.SGD(0.5).step(twin.theta, twin.grad)
    assert np.array_equal(net.theta, before) and not net.grad.any()
    assert net.layers[0] is not twin.layers[0] and net.loss_function is not twin.loss_function
    assert np.array_equal(net.astype("float64").theta, net.theta)
    assert net.astype("float64").theta.dtype == np.float64


class Named(nn.Network):
    """A network of one's own, with something that the package does not know."""

    names = ()


@pytest.mark.parametrize("twin_of", [
    copy.copy, copy.deepcopy, lambda net: pickle.loads(pickle.dumps(net)),
], ids=["copy", "deepcopy", "pickle"])  # fmt: skip
def test_python_copies_learn_and_leave_the_first_alone(twin_of):
    layers = [nn.Dense(5, 4), nn.BatchNorm(4), nn.Tanh(), nn.Dropout(0.2), nn.Dense(4, 3)]
    net, (X, y) = shaken(Named(layers, loss=nn.SoftmaxCrossEntropy(0.1))), examples()
    net.names = ["zero", "one", "two"]
    net.loss_and_grad(X, y)
    theta, grad, mean = net.theta.copy(), net.grad.copy(), net.layers[1].state["mean"].copy()
    twin = twin_of(net)
    assert type(twin) is Named and twin.names == net.names and twin.loss_function.smoothing == 0.1
    assert np.array_equal(twin.theta, theta) and np.array_equal(twin.predict(X), net.predict(X))
    before = twin.loss(X, y)
    for _ in range(20):
        twin.loss_and_grad(X, y)
        nn.SGD(0.1).step(twin.theta, twin.grad)
    assert twin.loss(X, y) < before
    assert np.array_equal(net.theta, theta) and np.array_equal(net.grad, grad)
    assert np.array_equal(net.layers[1].state["mean"], mean)
    for one in (net, twin):
        assert all(np.shares_memory(layer.params[name], one.theta)
                   and np.shares_memory(layer.grads[name], one.grad)
                   for layer in one.layers for name in layer.shapes)  # fmt: skip


def test_a_deep_copy_has_the_gradient_too():
    net = shaken(nn.mlp([5, 4, 3]))
    net.loss_and_grad(*examples())
    for twin in (copy.deepcopy(net), pickle.loads(pickle.dumps(net))):
        assert np.array_equal(twin.grad, net.grad)
        assert np.array_equal(twin.layers[0].grads["W"], net.layers[0].grads["W"])


def test_parameters_that_arrive_read_only_can_learn():
    """joblib hands large arrays to its processes so."""
    net, twin = nn.mlp([5, 4, 3]), object.__new__(nn.Network)
    state = vars(copy.deepcopy(net))
    state["theta"].setflags(write=False)
    twin.__setstate__(state)
    twin.theta += 1
    assert np.array_equal(twin.layers[0].params["W"], net.layers[0].params["W"] + 1)


@pytest.mark.parametrize("dtype", ["int32", "bool", "U3", object])
def test_dtypes_that_cannot_hold_weights(dtype):
    with pytest.raises(ValueError, match="floating-point.*, got .*cannot hold weights"):
        nn.mlp([5, 3]).astype(dtype)
    assert nn.mlp([5, 3]).astype("complex128").theta.dtype == "complex128"


@pytest.mark.parametrize("l2", [np.float64(1e-2), np.logspace(-2, -1, 2)[0], np.float32(1e-2), 1])
def test_the_kind_of_number_of_l2_changes_nothing(l2):
    net, (X, y) = shaken(nn.mlp([5, 4, 3])), examples()
    expected = net.loss(X, y, float(l2)), net.loss_and_grad(X, y, float(l2)), net.grad.copy()
    assert (net.loss(X, y, l2), net.loss_and_grad(X, y, l2)) == expected[:2]
    assert np.array_equal(net.grad, expected[2])


class Scaled(Layer):
    """A = s X, written to the contract of a layer: ``backward`` takes dA and nothing else."""

    def __init__(self, n):
        self.shapes = {"s": (n,)}

    def initial(self, rng):
        return {"s": np.ones(self.shapes["s"])}

    def forward(self, X, training=False):
        self.X = X
        return self.params["s"] * X

    def backward(self, dA):
        self.grads["s"][...] = (dA * self.X).sum(axis=0)
        return dA * self.params["s"]


class PlainDense(nn.Dense):
    """A Dense layer whose ``backward`` takes dZ and nothing else."""

    def backward(self, dZ):
        return super().backward(dZ)


@pytest.mark.parametrize("first", [Scaled(5), PlainDense(5, 5)], ids=["own layer", "own Dense"])
def test_a_layer_of_ones_own_can_stand_first(first):
    layers = [nn.Dropout(0.1), first.fresh(), nn.Tanh(), nn.Dense(5, 3)]
    net, (X, y) = shaken(nn.Network(layers, loss=nn.SoftmaxCrossEntropy())), examples()
    assert nn.gradient_check(net, X, y, l2=0.1).passed
    before = net.loss(X, y)
    nn.fit(net, (X, y), optimizer=nn.SGD(0.1), epochs=20, progress=False)
    assert net.loss(X, y) < before


def test_nobody_asks_for_the_first_dX():
    asked = []

    class Watched(nn.Dense):
        def backward(self, dZ, input_gradient=True):
            asked.append(input_gradient)
            return super().backward(dZ, input_gradient)

    net = nn.Network([Watched(5, 4), nn.ReLU(), Watched(4, 3)], loss=nn.SoftmaxCrossEntropy())
    net.loss_and_grad(*examples())
    assert asked == [True, False]


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_types_are_kept(dtype):
    net, (X, y) = nn.mlp([5, 4, 3]).astype(dtype), examples()
    assert net.forward(X).dtype == net.predict_proba(X).dtype == net.grad.dtype == dtype
    cost, _ = net.forward_backward(net._as_input(X), y, 0.1)
    assert cost.dtype == dtype
    nn.SGD(np.float64(0.1)).step(net.theta, net.grad)
    assert net.theta.dtype == dtype


def test_backends_agree(backend):
    net, (X, y) = shaken(nn.mlp([5, 4, 3], activation="tanh")).astype("float64"), examples()
    elsewhere = net.to(backend)
    xp = nn.get_array_module(elsewhere.theta)
    assert xp.__name__ == backend
    there = xp.asarray(X), xp.asarray(y)
    assert elsewhere.loss_and_grad(*there, l2=0.1) == pytest.approx(net.loss_and_grad(X, y, l2=0.1))
    assert np.allclose(nn.asnumpy(elsewhere.grad), net.grad, atol=1e-12)
    assert np.allclose(nn.asnumpy(elsewhere.predict_proba(there[0])), net.predict_proba(X))
    assert np.array_equal(nn.asnumpy(elsewhere.predict(there[0])), net.predict(X))
    assert elsewhere.score(*there) == net.score(X, y)
    assert np.array_equal(elsewhere.to("numpy").theta, net.theta)


def test_arrays_of_another_library_are_moved_to_the_network():
    """One rule for all doors: fit, score, the gradient check and the rest take what others hold."""
    host, device = nn.mlp([5, 3]), nn.mlp([5, 3]).to("strictarray")
    X, y = examples()
    here, there = (X, y), (strictarray.asarray(X), strictarray.asarray(y))
    for net, pair in ((host, there), (device, here), (device, (there[0], y))):
        assert net.loss(*pair) == pytest.approx(host.loss(*here))
        assert net.score(*pair) == host.score(*here)
        assert nn.gradient_check(net, *pair).passed
        assert type(net.predict(pair[0])) is type(net.theta)
        nn.fit(net.copy(), pair, pair, optimizer=nn.SGD(0.1), progress=False)


def test_lists_and_integers_are_welcome():
    net = nn.mlp([2, 3])
    assert net.predict([[0, 1], [1, 0]]).shape == (2,)
    assert net.forward(np.array([[0, 255]], dtype="uint8")).dtype == np.float32


def test_predictions_survive_the_next_call(rng):
    net = nn.mlp([5, 4, 3])
    first = net.forward(rng.normal(size=(2, 5)))
    kept = first.copy()
    net.forward(rng.normal(size=(2, 5)))
    assert np.array_equal(first, kept)


def test_score_and_evaluate():
    net, (X, y) = nn.mlp([5, 4, 3]), examples(n=2500)
    assert net.score(X, y) == (net.predict(X) == y).mean()
    loss, accuracy = nn.evaluate(net, X, y, batch_size=999)
    assert loss == pytest.approx(net.loss(X, y), rel=1e-5)
    assert accuracy == net.score(X, y)


def test_summary_counts():
    text = str(nn.mlp([784, 128, 10]).summary())
    assert "101,770" in text and "(784, 128)" in text and repr(nn.mlp([2, 2]).summary())[0] != "'"


@pytest.mark.parametrize("shape, hint", [
    ((784, 64), r"expected X of shape \(N, 784\), got \(784, 64\): examples are rows here. Try X.T"),
    ((64, 28, 28), r"got \(64, 28, 28\).*X.reshape\(len\(X\), -1\)"),
    ((784,), r"got \(784,\).*X\[None, :\]"),
    ((64, 100), r"got \(64, 100\): each row of X is one example with 784 numbers"),
])  # fmt: skip
def test_wrong_shapes_get_a_hint(shape, hint):
    with pytest.raises(ValueError, match=hint):
        nn.mlp([784, 10]).forward(np.zeros(shape))


def test_wrong_calls():
    with pytest.raises(ValueError, match="numbers, got an array of <U1"):
        nn.mlp([2, 2]).forward(np.array([["a", "b"]]))
    with pytest.raises(ValueError, match="at least one example, got none"):
        nn.mlp([2, 2]).loss(np.zeros((0, 2)), np.zeros(0, int))
    with pytest.raises(ValueError, match="unknown activation 'rel'"):
        nn.mlp([2, 2, 2], activation="rel")
    with pytest.raises(ValueError, match="each of the 2 hidden layers, got 1"):
        nn.mlp([2, 2, 2, 2], activation=["relu"])
    with pytest.raises(ValueError, match="at least two sizes"):
        nn.mlp([2])
    with pytest.raises(ValueError, match=r"two positive integers, got \(2, 0\)"):
        nn.mlp([2, 0])
    with pytest.raises(ValueError, match="unknown init 'hee'"):
        nn.Dense(2, 2, init="hee")
    with pytest.raises(ValueError, match="unknown init -1"):
        nn.Dense(2, 2, init=-1)
    with pytest.raises(ValueError, match=r"Dense\(2, 3\) gives 3 numbers, but Dense\(4, 2\)"):
        nn.Network([nn.Dense(2, 3), nn.ReLU(), nn.Dense(4, 2)], loss=nn.SoftmaxCrossEntropy())
    with pytest.raises(ValueError, match="at least one layer with parameters"):
        nn.Network([nn.ReLU()], loss=nn.SoftmaxCrossEntropy())
    with pytest.raises(ValueError, match="unknown backend 'torch'"):
        nn.mlp([2, 2]).to("torch")


def test_a_layer_belongs_to_one_network():
    dense = nn.Dense(3, 3)
    with pytest.raises(ValueError, match="already belongs to a network"):
        nn.Network([dense, nn.ReLU(), dense], loss=nn.SoftmaxCrossEntropy())
    net = nn.Network([dense], loss=nn.SoftmaxCrossEntropy())
    with pytest.raises(ValueError, match="already belongs to a network"):
        nn.Network([dense], loss=nn.SoftmaxCrossEntropy())
    assert dense.params["W"] is net.layers[0].params["W"], "the first network keeps it"


@settings(max_examples=40, deadline=None)
@given(sizes=st.lists(st.integers(1, 6), min_size=2, max_size=5), n=st.integers(1, 5),
       name=st.sampled_from(["relu", "leaky_relu", "tanh", "sigmoid"]))  # fmt: skip
def test_any_shape_goes_through(sizes, n, name):
    net = shaken(nn.mlp(sizes, activation=name)).astype("float64")
    X, y = examples(n, sizes[0], max(sizes[-1], 2))
    assert net.forward(X).shape == (n, sizes[-1])
    assert net.predict_proba(X).shape == (n, max(sizes[-1], 2))
    assert net.loss_and_grad(X, y, l2=0.1) == pytest.approx(net.loss(X, y, l2=0.1))
    assert net.theta.size == sum(a * b + b for a, b in zip(sizes, sizes[1:], strict=False))
    assert nn.gradient_check(net, X, y, l2=0.1, method="complex").passed


def test_a_network_too_large_for_memory_is_told():
    with pytest.raises(MemoryError, match=r"7,95\d,.* parameters needs 63,\d+.\d GB .*GB free of"):
        nn.mlp([784, 10_000_000_000, 10])


# ---------------------------------------------------------------- initial weights


@pytest.mark.parametrize("init, scale", [
    ("he", np.sqrt(2 / 3)), ("xavier", np.sqrt(2 / 5)), ("lecun", np.sqrt(1 / 3)), (0.5, 0.5),
])  # fmt: skip
def test_initial_weights_are_what_the_seed_draws(init, scale):
    """NumPy promises the stream of a seed; the order is layer after layer, W row by row, b zero."""
    net = nn.mlp([3, 2, 3], init=init, seed=5)
    rng = np.random.default_rng(5)
    first, second = rng.standard_normal((3, 2)), rng.standard_normal((2, 3))
    other = {"he": np.sqrt(2 / 2), "lecun": np.sqrt(1 / 2)}.get(init, scale)
    expected = [*(scale * first).ravel(), 0, 0, *(other * second).ravel(), 0, 0, 0]
    assert np.array_equal(net.theta, np.array(expected, "float32"))


def test_initial_weights_of_a_seed_are_pinned():
    """Written down, so that a seed means the same network for ever; NumPy keeps its stream."""
    W = nn.mlp([784, 128, 10]).layers[0].params["W"]
    expected = [0.0063503, -0.0066723, 0.0323462, 0.0052983, -0.0270554, 0.0182633, 0.0658620]
    assert np.allclose(W[0, :7], expected, rtol=0, atol=1e-7)
    theta = nn.mlp([4, 8, 3], activation="tanh", batch_norm=True, seed=1).theta
    expected = [0.1410842, -0.4539806, 0, 1, 0, -0.1610113, 0.1368102]
    assert np.allclose(theta[[0, 31, 32, 40, 48, 56, 74]], expected, rtol=0, atol=1e-7)


@pytest.mark.parametrize("call, message", [
    (lambda: nn.mlp(784, 128, 10), r"list of sizes, got 784. Try nn.mlp\(\[784, 128, 10\]\)"),
    (lambda: nn.mlp(784), r"Try nn.mlp\(\[784, 10\]\)"),
    (lambda: nn.mlp([2, 3, 2], activation=nn.Tanh), "expected one of .*. Try 'tanh'"),
    (lambda: nn.mlp([2, 3, 2], activation=nn.ReLU()), "expected one of .*. Try 'relu'"),
    (lambda: nn.mlp([2, 3, 2], activation=None), "unknown activation None"),
    (lambda: nn.mlp([2, 2], loss=nn.MeanSquaredError),
     r"expected a loss.*class: put brackets after it, nn.MeanSquaredError\(...\)"),
    (lambda: nn.mlp([2, 2], loss="mse"), r"such as nn.SoftmaxCrossEntropy\(\), got 'mse'"),
    (lambda: nn.Network([nn.Dense(2, 2), nn.ReLU], nn.MeanSquaredError()), r"nn.ReLU\(...\)"),
    (lambda: nn.Network(nn.Dense(2, 2), nn.MeanSquaredError()), "list of layers, got Dense"),
    (lambda: nn.Network([nn.Dense(2, 2), "relu"], nn.MeanSquaredError()), "a layer, .*got 'relu'"),
    (lambda: nn.Network([nn.Dense(4, 3), nn.Dense(2, 2)], nn.MeanSquaredError()), "gives 3 numbers"),
    (lambda: nn.Network([nn.Dense(4, 2), nn.Dense(3, 2)], nn.MeanSquaredError()), "gives 2 numbers"),
])  # fmt: skip
def test_slips_of_a_student_get_a_sentence(call, message):
    with pytest.raises((ValueError, TypeError), match=message):
        call()


def test_each_hidden_layer_has_its_own_settings():
    net = nn.mlp([3, 4, 5, 2], activation=["tanh", "relu"], dropout=[0.1, 0.2])
    assert repr(net) == ("Network([Dense(3, 4), Tanh(), Dropout(0.1), Dense(4, 5), ReLU(), "
                         "Dropout(0.2), Dense(5, 2)], loss=SoftmaxCrossEntropy())")  # fmt: skip
    assert [layer.init for layer in net.layers if isinstance(layer, nn.Dense)] == [
        "xavier", "he", "xavier"
    ]  # fmt: skip


def test_numpys_numbers_are_numbers():
    net = nn.mlp([np.int64(4), np.int32(6), 3], dropout=np.float32(0.5), init=np.float64(0.1))
    assert net.sizes == [4, 6, 3] and [type(n) for n in net.sizes] == [int] * 3
    assert [layer.p for layer in net.layers if isinstance(layer, nn.Dropout)] == [0.5]
