"""The training loop: what it computes, what it records, and what happens when it ends early."""

import math

import numpy as np
import pytest
from helpers import examples

import nnhelpers as nn


@pytest.fixture
def moons():
    return nn.make_moons(300, noise=0.1, seed=0), nn.make_moons(100, noise=0.1, seed=1)


def by_hand(net, X, y, lr, epochs, batch_size, l2, seed):
    """The same training, written out."""
    rng, costs = np.random.default_rng(seed), []
    for _ in range(epochs):
        order = rng.permutation(len(y))
        for start in range(0, len(y), batch_size):
            rows = order[start : start + batch_size]
            costs.append(net.loss_and_grad(X[rows], y[rows], l2))
            net.theta -= lr * net.grad
    return costs


def test_fit_is_the_loop_written_out(moons):
    train, _ = moons
    net, twin = nn.mlp([2, 8, 2]), nn.mlp([2, 8, 2])
    history = nn.fit(net, train, optimizer=nn.SGD(0.1), epochs=3, batch_size=70, l2=0.01, seed=5,
                     progress=False)  # fmt: skip
    costs = by_hand(twin, *train, 0.1, 3, 70, 0.01, 5)
    assert np.array_equal(net.theta, twin.theta)
    assert history.batch_loss == costs
    assert len(costs) == 3 * 5, "the last mini-batch of an epoch has 20 examples, and counts"


def test_full_batch(moons):
    train, _ = moons
    net, twin = nn.mlp([2, 8, 2]).astype("float64"), nn.mlp([2, 8, 2]).astype("float64")
    history = nn.fit(net, train, optimizer=nn.SGD(0.5), epochs=20, batch_size=None, progress=False)
    for _ in range(20):
        twin.loss_and_grad(*train)
        twin.theta -= 0.5 * twin.grad
    assert np.allclose(net.theta, twin.theta, atol=1e-12)
    assert len(history.batch_loss) == 20 and history.settings["batch_size"] == 300
    assert history.batch_loss == sorted(history.batch_loss, reverse=True)


def test_history(moons):
    train, valid = moons
    net = nn.mlp([2, 16, 2])
    history = nn.fit(
        net, train, valid, optimizer=nn.SGD(0.5), epochs=30, batch_size=32, progress=False
    )
    assert len(history.batch_loss) == len(history.batch_accuracy) == 30 * math.ceil(300 / 32)
    assert len(history.valid_loss) == len(history.valid_accuracy) == len(history.seconds) == 30
    assert history.epochs == 30 and history.stopped is None
    assert history.valid_accuracy[-1] == net.score(*valid) > 0.95
    assert history.valid_loss[-1] == pytest.approx(net.loss(*valid), rel=1e-6)
    assert history.settings["sizes"] == [2, 16, 2] and history.settings["lr"] == 0.5
    assert all(type(value) is float for value in [*history.batch_loss, *history.batch_accuracy])
    assert repr(history).startswith("History(30 epochs, 300 mini-batches, last cost ")


def test_a_seed_is_a_training(moons):
    train, valid = moons
    runs = []
    for seed in (1, 1, 2):
        runs.append(nn.mlp([2, 8, 2]))
        nn.fit(runs[-1], train, valid, optimizer=nn.SGD(0.1), seed=seed, progress=False)
    assert np.array_equal(runs[0].theta, runs[1].theta)
    assert not np.array_equal(runs[0].theta, runs[2].theta)


def test_validation_changes_nothing(moons):
    train, valid = moons
    one, two = nn.mlp([2, 8, 2]), nn.mlp([2, 8, 2])
    nn.fit(one, train, optimizer=nn.SGD(0.1), epochs=2, progress=False)
    nn.fit(two, train, valid, optimizer=nn.SGD(0.1), epochs=2, progress=False)
    assert np.array_equal(one.theta, two.theta)


def test_backends_agree(moons, backend):
    train, valid = moons
    here = nn.mlp([2, 8, 2], activation="tanh").astype("float64")
    there = here.to(backend)
    options = {"epochs": 3, "batch_size": 50, "l2": 0.01, "progress": False}
    first = nn.fit(here, train, valid, optimizer=nn.SGD(0.3), **options)
    second = nn.fit(there, train, valid, optimizer=nn.SGD(0.3), **options)
    assert np.allclose(nn.asnumpy(there.theta), here.theta, atol=1e-10)
    assert np.allclose(first.batch_loss, second.batch_loss, atol=1e-10)
    assert first.batch_accuracy == second.batch_accuracy
    assert first.valid_accuracy == second.valid_accuracy


def test_schedule(moons):
    train, _ = moons
    seen = []

    def schedule(t):
        seen.append(t)
        return 0.0 if t >= 0.5 else 1.0

    net, half = nn.mlp([2, 8, 2]), nn.mlp([2, 8, 2])
    nn.fit(
        net,
        train,
        optimizer=nn.SGD(0.1),
        epochs=2,
        batch_size=100,
        schedule=schedule,
        progress=False,
    )
    nn.fit(half, train, optimizer=nn.SGD(0.1), epochs=1, batch_size=100, progress=False)
    assert seen == pytest.approx(np.arange(6) / 6), "asked once for each step"
    assert np.array_equal(net.theta, half.theta)


def test_float32_stays_float32(moons):
    net, (X, y) = nn.mlp([2, 8, 2]), moons[0]
    nn.fit(net, (X.astype("float64"), y), optimizer=nn.SGD(0.1), l2=0.1, progress=False)
    assert net.theta.dtype == net.grad.dtype == np.float32
    assert net._as_input(X.astype("float64")).dtype == np.float32


@pytest.mark.parametrize("loss, lr", [
    (nn.SoftmaxCrossEntropy(), 0.2), (nn.SigmoidCrossEntropy(), 0.2), (nn.MeanSquaredError(), 0.05),
])  # fmt: skip
def test_real_digits_are_learned(loss, lr):
    data = nn.load_mnist()
    train = data.train.X[:5000], data.train.y[:5000]
    net = nn.mlp([784, 32, 10], loss=loss)
    nn.fit(net, train, optimizer=nn.SGD(lr), epochs=4, batch_size=20, progress=False)
    assert net.score(*data.valid) > 0.88


def test_progress_bar_shows_and_ends(moons, capsys):
    nn.fit(nn.mlp([2, 8, 2]), *moons, optimizer=nn.SGD(0.1), epochs=2, progress=True)
    shown = capsys.readouterr().err
    assert "100%" in shown and "validation accuracy" in shown


def test_after_step(moons):
    """Called after each step, in the order of the list, with what the step made of the network."""
    train, _ = moons
    net, twin, seen = nn.mlp([2, 8, 2]), nn.mlp([2, 8, 2]), []

    def halve_biases(net):
        net.layers[0].params["b"][...] *= 0.5

    nn.fit(net, train, optimizer=nn.SGD(0.1), epochs=2, batch_size=100, seed=5, progress=False,
           after_step=[halve_biases, lambda net: seen.append(net.theta.copy())])  # fmt: skip
    rng = np.random.default_rng(5)
    for _ in range(2):
        order = rng.permutation(300)
        for start in range(0, 300, 100):
            rows = order[start : start + 100]
            twin.loss_and_grad(train[0][rows], train[1][rows])
            twin.theta -= 0.1 * twin.grad
            halve_biases(twin)
            assert np.array_equal(seen.pop(0), twin.theta)
    assert not seen and np.array_equal(net.theta, twin.theta)


# ---------------------------------------------------------------- calls that cannot be


@pytest.mark.parametrize("options, message", [
    ({"batch_size": 0}, "batch_size as an integer of at least 1, got 0.*None takes all"),
    ({"batch_size": 2.5}, "batch_size as an integer"),
    ({"epochs": 0}, "epochs as an integer of at least 1, got 0"),
    ({"l2": -1}, "l2 as a number of at least 0, got -1"),
    ({"l2": math.nan}, "l2 as a number of at least 0, got nan"),
])  # fmt: skip
def test_impossible_settings(moons, options, message):
    net = nn.mlp([2, 8, 2])
    before = net.theta.copy()
    with pytest.raises(ValueError, match=message):
        nn.fit(net, *moons, optimizer=nn.SGD(0.1), progress=False, **options)
    assert np.array_equal(net.theta, before)


@pytest.mark.parametrize("optimizer", [nn.Adam, "adam", None, 0.001])
def test_what_is_no_optimizer(moons, optimizer):
    with pytest.raises(TypeError, match=r"expected an optimizer, such as nn.Adam\(0.001\), got "):
        nn.fit(nn.mlp([2, 8, 2]), *moons, optimizer=optimizer, progress=False)


@pytest.mark.parametrize("other", [nn.mlp([2, 9, 2]), nn.mlp([2, 8, 2]).astype("float64")])
def test_an_optimizer_of_another_network(moons, other, tmp_path):
    optimizer, before = nn.Adam(0.01), other.theta.copy()
    nn.fit(nn.mlp([2, 8, 2]), *moons, optimizer=optimizer, progress=False)
    with pytest.raises(ValueError, match="of 42 parameters in float32, got .*make a new optimizer"):
        nn.fit(other, *moons, optimizer=optimizer, checkpoint=tmp_path / "it.npz", progress=False)
    assert np.array_equal(other.theta, before) and not (tmp_path / "it.npz").exists()
    assert optimizer.t == 3, "it can still go on with its own"


@pytest.mark.parametrize("other", [
    nn.mlp([2, 8, 2], seed=1), nn.mlp([2, 9, 2]), nn.mlp([2, 8, 2]).astype("float64"),
])  # fmt: skip
def test_an_average_of_another_network(moons, other, tmp_path):
    net, average, before = nn.mlp([2, 8, 2]), nn.WeightAverage(0.9), other.theta.copy()
    options = {"after_step": [average], "progress": False}
    nn.fit(net, *moons, optimizer=nn.SGD(0.1), checkpoint=tmp_path / "one.npz", **options)
    kept = nn.load_training(tmp_path / "one.npz").kept["average"]
    assert kept.dtype == net.theta.dtype and np.array_equal(kept, average.state["average"])
    with pytest.raises(ValueError, match="make a new WeightAverage for each network"):
        nn.fit(other, *moons, optimizer=nn.SGD(0.1), **options)
    assert np.array_equal(other.theta, before) and np.array_equal(kept, average.state["average"])
    nn.fit(net, *moons, optimizer=nn.SGD(0.1), **options)  # its own goes on


def test_the_kind_of_number_of_a_setting_changes_nothing(moons):
    runs = []
    for l2, seed in ((0.01, 3), (np.float64(0.01), np.int64(3))):
        seen = []
        net, learn = nn.mlp([2, 8, 2]), nn.Network.forward_backward
        net.forward_backward = lambda X, y, l2, net=net: (seen.append(l2), learn(net, X, y, l2))[1]  # noqa: B023
        history = nn.fit(net, moons[0], optimizer=nn.SGD(0.1), l2=l2, seed=seed, progress=False)
        runs.append((net.theta.tobytes(), history.batch_loss, history.settings))
        assert {type(l2) for l2 in seen} == {float} and type(history.settings["seed"]) is int
    assert runs[0] == runs[1]


def test_functions_that_are_none(moons):
    def fit(**options):
        nn.fit(nn.mlp([2, 8, 2]), *moons, optimizer=nn.SGD(0.1), progress=False, **options)

    with pytest.raises(TypeError, match="in augment something that can be called, got 3"):
        fit(augment=3)
    with pytest.raises(TypeError, match="in after_step something that can be called, got 'x'"):
        fit(after_step=["x"])
    with pytest.raises(
        TypeError, match=r"after_step as a list of functions, got MaxNorm\(3\): put"
    ):
        fit(after_step=nn.MaxNorm(3))
    with pytest.raises(ValueError, match="at most one WeightAverage in after_step"):
        fit(after_step=[nn.WeightAverage(0.9), nn.WeightAverage(0.99)])


def test_impossible_data():
    def fit(train, valid=None, net=None):
        nn.fit(net or nn.mlp([5, 3]), train, valid, optimizer=nn.SGD(0.1), progress=False)

    X, y = examples()
    with pytest.raises(
        ValueError, match=r"train as a pair \(X, y\), such as data.train, got ndarray"
    ):
        fit(X)
    with pytest.raises(ValueError, match="valid as a pair"):
        fit((X, y), X)
    with pytest.raises(ValueError, match="7 examples and 6 labels"):
        fit((X, y[:6]))
    with pytest.raises(ValueError, match=r"valid|got y\[0\] = 3"):
        fit((X, y), (X, y + 3))
    with pytest.raises(ValueError, match="at least one example"):
        fit((X[:0], y[:0]))
    with pytest.raises(
        ValueError, match=r"Dense\(4, 3\) expected X of shape \(N, 4\), got \(1, 5\)"
    ):
        fit((X, y), net=nn.mlp([4, 3]))
    for bad in (np.nan, np.inf):
        spoiled = X.copy()
        spoiled[4, 2] = bad
        with pytest.raises(
            ValueError, match=r"finite numbers in train, got NaN or infinity in X\[4\]"
        ):
            fit((spoiled, y))


def test_numbers_whose_sum_overflows_are_welcome():
    X, y = examples()
    huge = np.full_like(X, 1e38, dtype="float32")
    with np.errstate(over="ignore"):
        nn.fit(
            nn.mlp([5, 3], init=0.0), (huge, y), optimizer=nn.SGD(1e-45), epochs=1, progress=False
        )


def test_layers_of_ones_own_are_trained(moons):
    class Square(nn.ReLU):
        def forward(self, Z, training=False):
            self.Z = Z
            return Z * Z

        def backward(self, dA):
            return 2 * self.Z * dA

    layers = [nn.Dense(2, 8), Square(), nn.Dense(8, 2)]
    net = nn.Network(layers, loss=nn.SoftmaxCrossEntropy())
    nn.fit(net, *moons, optimizer=nn.SGD(0.05), epochs=30, progress=False)
    assert net.score(*moons[1]) > 0.8
