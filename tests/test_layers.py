"""Dropout and batch normalization: what they do in training, and that they leave use alone."""

import numpy as np
import pytest
from helpers import examples, shaken

import nnhelpers as nn


def test_dropout_is_off_outside_of_training(rng):
    X = rng.normal(size=(4, 3))
    layer = nn.Dropout(0.5)
    assert layer.forward(X) is X
    assert nn.Dropout(0).forward(X, training=True) is X
    assert layer.backward(X) is X


def test_dropout_keeps_the_mean(xp):
    layer = nn.Dropout(0.3, seed=1)
    ones = xp.asarray(np.ones((500, 400)), dtype="float32")
    A = nn.asnumpy(layer.forward(ones, training=True))
    assert A.dtype == np.float32
    assert np.unique(A).tolist() == pytest.approx([0, 1 / 0.7])
    assert (A == 0).mean() == pytest.approx(0.3, abs=0.005)
    assert A.mean() == pytest.approx(1, abs=0.005)
    assert np.array_equal(nn.asnumpy(layer.backward(ones)), A), "backward has the mask of forward"


def test_each_pass_has_its_own_mask_and_a_seed_gives_them_again():
    ones, one, again = np.ones((5, 40)), nn.Dropout(0.5, seed=1), nn.Dropout(0.5, seed=1)
    first, second = one.forward(ones, training=True), one.forward(ones, training=True)
    assert not np.array_equal(first, second)
    assert np.array_equal(again.forward(ones, training=True), first)
    assert not np.array_equal(nn.Dropout(0.5, seed=2).forward(ones, training=True), first)


def test_a_mask_can_be_given():
    layer, mask = nn.Dropout(0.5), np.array([[2.0, 0.0]])
    layer.given_mask = mask
    assert layer.forward(np.array([[3.0, 4.0]]), training=True).tolist() == [[6, 0]]
    assert layer.backward(np.array([[1.0, 1.0]])).tolist() == [[2, 0]]


def test_layers_of_one_network_drop_differently():
    net = nn.mlp([4, 30, 30, 2], dropout=0.5)
    net.loss_and_grad(np.ones((9, 4)), np.zeros(9, int))
    masks = [layer.mask for layer in net.layers if isinstance(layer, nn.Dropout)]
    assert not np.array_equal(*masks)


def test_a_training_with_dropout_follows_its_seed():
    train, runs = nn.make_moons(100, seed=0), []
    for seed in (1, 1, 2):
        runs.append(nn.mlp([2, 16, 2], dropout=0.5))
        nn.fit(
            runs[-1],
            train,
            optimizer=nn.SGD(0.1),
            epochs=3,
            seed=seed,
            batch_size=None,
            progress=False,
        )
    assert np.array_equal(runs[0].theta, runs[1].theta)
    assert not np.array_equal(runs[0].theta, runs[2].theta)


@pytest.mark.parametrize("p", [-0.1, 1, 1.5])
def test_impossible_dropout(p):
    with pytest.raises(ValueError, match="p from 0 up to 1"):
        nn.Dropout(p)


# ---------------------------------------------------------------- batch normalization


def test_batch_norm_normalises(xp, rng):
    net = nn.Network([nn.BatchNorm(3), nn.Dense(3, 2)], loss=nn.SoftmaxCrossEntropy())
    layer = net.to(xp.__name__).layers[0]
    X = xp.asarray(rng.normal(5, 3, size=(200, 3)), dtype="float32")
    A = nn.asnumpy(layer.forward(X, training=True))
    assert A.dtype == np.float32
    assert np.allclose(A.mean(axis=0), 0, atol=1e-5) and np.allclose(A.std(axis=0), 1, atol=1e-4)


def batch_norm(n, **options):
    """A BatchNorm layer with parameters, in float64, that are neither 0 nor 1."""
    layers = [nn.BatchNorm(n, **options), nn.Dense(n, 2)]
    net = nn.Network(layers, loss=nn.SoftmaxCrossEntropy()).astype("float64")
    return shaken(net, scale=1.0).layers[0]


def test_long_and_short_backward_agree(rng):
    """Through the graph of notebook 09, node by node, against the formula in one line."""
    layer, X, dA = batch_norm(4), rng.normal(2, 3, size=(8, 4)), rng.normal(size=(8, 4))
    layer.forward(X, training=True)
    short = layer.backward(dA)
    N, D = len(X), X - X.mean(axis=0)
    var = (D * D).mean(axis=0)
    s = 1 / np.sqrt(var + layer.eps)
    dXhat = dA * layer.params["gamma"]
    dD, ds = dXhat * s, (dXhat * D).sum(axis=0)
    dvar = ds * -0.5 * s**3
    dD = dD + dvar * 2 * D / N
    long = dD - dD.sum(axis=0) / N
    assert np.abs(short - long).max() < 1e-12


def test_batch_norm_against_pytorch(rng, torch):
    layer = batch_norm(4)
    theirs = torch.nn.BatchNorm1d(4, dtype=torch.float64)
    theirs.weight.data, theirs.bias.data = (
        torch.tensor(layer.params[name].copy()) for name in ("gamma", "beta")
    )
    for _ in range(5):
        X, dA = rng.normal(2, 3, size=(8, 4)), rng.normal(size=(8, 4))
        inputs = torch.tensor(X, requires_grad=True)
        theirs.zero_grad()
        out = theirs(inputs)
        out.backward(torch.tensor(dA))
        assert np.allclose(layer.forward(X, training=True), out.detach().numpy(), atol=1e-12)
        assert np.allclose(layer.backward(dA), inputs.grad.numpy(), atol=1e-12)
        assert np.allclose(layer.grads["gamma"], theirs.weight.grad.numpy(), atol=1e-12)
        assert np.allclose(layer.grads["beta"], theirs.bias.grad.numpy(), atol=1e-12)
    assert np.allclose(layer.state["mean"], theirs.running_mean.numpy(), atol=1e-12)
    assert np.allclose(layer.state["var"], theirs.running_var.numpy(), atol=1e-12)
    theirs.eval()
    assert np.allclose(layer.forward(X), theirs(torch.tensor(X)).detach().numpy(), atol=1e-12)


def test_a_constant_feature_gives_beta(rng):
    layer, X = batch_norm(2), rng.normal(size=(6, 2))
    X[:, 0] = 7
    A = layer.forward(X, training=True)
    assert np.allclose(A[:, 0], layer.params["beta"][0])
    assert np.isfinite(layer.backward(np.ones_like(X))).all()


def test_one_example_has_no_variance():
    net = nn.mlp([2, 4, 2], batch_norm=True)
    with pytest.raises(
        ValueError, match=r"BatchNorm\(4\) expected at least 2 examples in a batch, got 1"
    ):
        net.loss_and_grad([[1.0, 2.0]], [0])
    assert net.predict([[1.0, 2.0]]).shape == (1,), "but it can be classified"
    train = nn.make_moons(101)
    with pytest.raises(ValueError, match="101 examples in batches of 50 leave 1 for the last one"):
        nn.fit(net, train, optimizer=nn.SGD(0.1), batch_size=50, progress=False)


def test_running_averages_travel_with_the_network(backend):
    net, (X, y) = nn.mlp([5, 4, 3], batch_norm=True).astype("float64"), examples(n=20)
    for _ in range(3):
        net.loss_and_grad(X, y)
    there = net.to(backend)
    assert np.allclose(nn.asnumpy(there.layers[1].state["mean"]), net.layers[1].state["mean"])
    xp = nn.get_array_module(there.theta)
    assert np.allclose(nn.asnumpy(there.forward(xp.asarray(X))), net.forward(X), atol=1e-12)
    twin = net.copy()
    twin.loss_and_grad(X + 5, y)
    assert not np.allclose(twin.layers[1].state["mean"], net.layers[1].state["mean"])
    assert net.astype("float32").forward(X).dtype == np.float32


def test_a_gradient_check_leaves_running_averages_alone():
    net, (X, y) = nn.mlp([5, 4, 3], batch_norm=True), examples(n=20)
    nn.gradient_check(net, X, y)
    assert not net.layers[1].state["mean"].any()


def test_impossible_batch_norm():
    for settings in ((0,), (2.5,), (3, 1.0), (3, 0.9, 0)):
        with pytest.raises(ValueError, match="BatchNorm expected"):
            nn.BatchNorm(*settings)
    with pytest.raises(ValueError, match=r"shape \(N, 3\), got \(4, 2\)"):
        batch_norm(3).forward(np.zeros((4, 2)))


def test_mlp_puts_them_in_their_places():
    net = nn.mlp([5, 4, 4, 3], activation=["relu", "tanh"], dropout=[0.2, 0.0], batch_norm=True)
    names = [type(layer).__name__ for layer in net.layers]
    assert names == ["Dense", "BatchNorm", "ReLU", "Dropout", "Dense", "BatchNorm", "Tanh", "Dense"]
    with pytest.raises(
        ValueError, match="one dropout, or one for each of the 2 hidden layers, got 3"
    ):
        nn.mlp([5, 4, 4, 3], dropout=[0.1, 0.2, 0.3])


# ---------------------------------------------------------------- by their formulas


def test_running_averages_are_the_formula(rng):
    """new = decay * old + (1 - decay) * current; the current variance is divided by N - 1."""
    norm = nn.BatchNorm(2, decay=0.75)
    nn.Network([norm, nn.Dense(2, 2)], loss=nn.SoftmaxCrossEntropy())
    mean, var = np.zeros(2), np.ones(2)
    for n in (2, 5):
        X = rng.normal(3, 2, size=(n, 2)).astype("float32")
        norm.forward(X, training=True)
        mean = 0.75 * mean + 0.25 * X.mean(axis=0)
        var = 0.75 * var + 0.25 * X.var(axis=0, ddof=1)
    assert np.allclose(norm.state["mean"], mean, rtol=1e-5)
    assert np.allclose(norm.state["var"], var, rtol=1e-5)


def test_batch_norm_in_use_is_the_formula(rng):
    """With eps as large as the variance, and gamma and beta of their own, nothing can hide."""
    norm = nn.BatchNorm(2, eps=1.0)
    net = nn.Network([norm, nn.Dense(2, 2)], loss=nn.SoftmaxCrossEntropy()).astype("float64")
    norm = net.layers[0]
    gamma, beta, mean, var = [2, 3], [0.5, -1], [1, 2], [0.5, 4]
    norm.params["gamma"][:], norm.params["beta"][:] = gamma, beta
    norm.state = {"mean": np.array(mean), "var": np.array(var)}
    X = rng.normal(size=(5, 2))
    assert np.allclose(norm.forward(X), gamma * (X - mean) / np.sqrt(np.add(var, 1)) + beta)
    inside = norm.forward(X, training=True)
    Xhat = (X - X.mean(axis=0)) / np.sqrt(X.var(axis=0) + 1)
    assert np.allclose(inside, gamma * Xhat + beta)
    dA = rng.normal(size=(5, 2))
    dX = norm.backward(dA)
    assert np.allclose(norm.grads["gamma"], (dA * Xhat).sum(axis=0))
    assert np.allclose(norm.grads["beta"], dA.sum(axis=0))
    rest = dA - dA.mean(axis=0) - Xhat * (dA * Xhat).mean(axis=0)
    assert np.allclose(dX, gamma / np.sqrt(X.var(axis=0) + 1) * rest)


def test_reseeding_begins_a_new_stream_of_masks():
    X, rng = np.ones((50, 20), "float32"), np.random.default_rng(7)
    dropout = nn.Dropout(0.5, seed=3)
    dropout.forward(X, training=True)  # the old generator has been used
    dropout.reseed(rng)
    seed = int(np.random.default_rng(7).integers(2**31))
    new = nn.Dropout(0.5, seed=seed)
    assert dropout.seed == seed
    assert np.array_equal(dropout.forward(X, training=True), new.forward(X, training=True))


def test_masks_drop_what_is_drawn_below_p():
    X, drawn = np.full((40, 5), 3.0, "float32"), np.random.default_rng(2)
    mask = (drawn.random((40, 5), dtype="float32") >= 0.2) / 0.8
    dropout = nn.Dropout(0.2, seed=2)
    assert np.allclose(dropout.forward(X, training=True), 3 * mask)
    assert np.allclose(dropout.backward(2 * X), 6 * mask)
