"""What comes after each step: weights on a leash, and their moving average."""

import copy

import numpy as np
import pytest
from helpers import examples, shaken

import nnhelpers as nn


def lengths(net):
    return [np.sqrt((nn.asnumpy(W) ** 2).sum(axis=0)) for W in net.weights]


def test_max_norm_shortens_what_is_too_long_and_nothing_else(backend):
    net = shaken(nn.mlp([5, 4, 3])).to(backend)
    before = [nn.asnumpy(W).copy() for W in net.weights]
    biases = nn.asnumpy(net.layers[0].params["b"]).copy()
    limit = float(np.median(lengths(net)[0]))
    nn.MaxNorm(limit)(net)
    for W, old in zip(net.weights, before, strict=True):
        length = np.sqrt((old**2).sum(axis=0))
        assert (length > limit).any(), "the case is worth testing"
        expected = old * np.minimum(1, limit / length)
        assert np.allclose(nn.asnumpy(W), expected, rtol=1e-6)
        assert np.array_equal(nn.asnumpy(W)[:, length <= limit], old[:, length <= limit])
    assert np.array_equal(nn.asnumpy(net.layers[0].params["b"]), biases)
    assert net.theta.dtype == np.float32


def test_a_unit_without_weights_stays(rng):
    net = nn.mlp([5, 4, 3], init=0.0)
    nn.MaxNorm(1)(net)
    assert not net.theta.any()


def test_max_norm_holds_in_a_training():
    X, y = examples(60)
    net, free = nn.mlp([5, 8, 3]), nn.mlp([5, 8, 3])
    options = {"epochs": 20, "batch_size": 10, "progress": False}
    nn.fit(net, (X, y), optimizer=nn.SGD(0.5), after_step=[nn.MaxNorm(0.8)], **options)
    nn.fit(free, (X, y), optimizer=nn.SGD(0.5), **options)
    assert max(length.max() for length in lengths(net)) <= 0.8 * (1 + 1e-6)
    assert max(length.max() for length in lengths(free)) > 1


def test_average_is_the_formula(backend, xp):
    net = nn.mlp([2, 3, 2]).astype("float64").to(backend)
    average, expected, rng = nn.WeightAverage(0.9), None, np.random.default_rng(0)
    for _ in range(5):
        theta = rng.normal(size=net.theta.size)
        net.theta[...] = xp.asarray(theta)
        average(net)
        expected = theta if expected is None else 0.9 * expected + 0.1 * theta
    assert np.allclose(nn.asnumpy(average.state["average"]), expected, atol=1e-14)
    before = nn.asnumpy(net.theta).copy()
    twin = average.network(net)
    assert np.allclose(nn.asnumpy(twin.theta), expected, atol=1e-14)
    assert np.array_equal(nn.asnumpy(net.theta), before), "the network itself goes on as it was"


def test_the_average_trembles_less():
    """Near the minimum, single steps jump about; their average lies nearer to it."""
    train, valid = nn.make_moons(300, noise=0.3, seed=0), nn.make_moons(2000, noise=0.3, seed=1)
    net, average = nn.mlp([2, 16, 2]), nn.WeightAverage(0.98)
    history = nn.fit(net, train, valid, optimizer=nn.SGD(1.0), epochs=60, batch_size=5,
                     after_step=[average], progress=False)  # fmt: skip
    last_ten = np.mean(history.valid_loss[-10:])
    assert average.network(net).loss(*valid) < last_ten


@pytest.mark.parametrize("other", [nn.mlp([4, 5]), nn.mlp([2, 3, 2], seed=1)])
def test_an_average_is_of_one_network(other):
    average, net = nn.WeightAverage(), nn.mlp([2, 3, 2])
    average(net)
    kept = average.state["average"].copy()
    with pytest.raises(ValueError, match="make a new WeightAverage for each network"):
        average(other)
    assert np.array_equal(average.state["average"], kept)
    twin = copy.deepcopy(average)
    twin(nn.mlp([2, 3, 2], seed=1))
    assert not np.array_equal(twin.state["average"], kept)


@pytest.mark.parametrize("make, message", [
    (lambda: nn.MaxNorm(0), "MaxNorm expected a limit above 0, got 0"),
    (lambda: nn.MaxNorm(float("nan")), "limit above 0, got nan"),
    (lambda: nn.WeightAverage(1), "beta from 0 up to 1 .excluded., got 1"),
    (lambda: nn.WeightAverage(-0.1), "got -0.1"),
    (lambda: nn.WeightAverage(0.9).network(nn.mlp([2, 2])), "no average yet.*after_step"),
])  # fmt: skip
def test_impossible_settings(make, message):
    with pytest.raises(ValueError, match=message):
        make()


def test_they_say_what_they_are():
    assert (
        repr(nn.MaxNorm(3)) == "MaxNorm(3)" and repr(nn.WeightAverage()) == "WeightAverage(0.999)"
    )
