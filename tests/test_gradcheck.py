"""Every layer, activation and loss against numerical derivatives; and wrong gradients are caught."""

import numpy as np
import pytest
from helpers import examples, shaken

import nnhelpers as nn
from nnhelpers import gradcheck
from nnhelpers.layers import Layer
from nnhelpers.losses import Loss

ACTIVATIONS = ["sigmoid", "tanh", "relu", "leaky_relu"]
LOSSES = [(nn.SoftmaxCrossEntropy, 3), (nn.SigmoidCrossEntropy, 3), (nn.SigmoidCrossEntropy, 1),
          (nn.MeanSquaredError, 3), (nn.MeanSquaredError, 1)]  # fmt: skip


def slow_loop(net, X, y, l2, eps=1e-5):
    """The honest version: two forward passes for each parameter."""
    net = net.astype("float64")
    gradient = np.zeros(net.theta.size)
    for i in range(net.theta.size):
        before = net.theta[i]
        net.theta[i] = before + eps
        up = net.loss(X, y, l2)
        net.theta[i] = before - eps
        gradient[i] = (up - net.loss(X, y, l2)) / (2 * eps)
        net.theta[i] = before
    return gradient


@pytest.mark.parametrize("method", ["central", "complex"])
@pytest.mark.parametrize("loss, k", LOSSES)
@pytest.mark.parametrize("name", ACTIVATIONS)
def test_every_activation_and_loss(name, loss, k, method):
    net, (X, y) = (
        shaken(nn.mlp([5, 4, 6, k], activation=name, loss=loss())),
        examples(n_classes=max(k, 2)),
    )
    report = nn.gradient_check(net, X, y, l2=0.1, method=method)
    assert report.passed, report
    assert report.max_relative_error < {"central": 1e-6, "complex": 1e-11}[method]
    assert set(report.per_parameter) == {f"layers.{i}.{p}" for i in (0, 2, 4) for p in "Wb"}
    assert report.per_parameter["layers.2.W"].shape == (4, 6)


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_an_activation_behind_the_last_layer(name):
    layers = [nn.Dense(5, 4), nn.Tanh(), nn.Dense(4, 3), nn.mlp([1, 1, 1], name).layers[1].fresh()]
    net, (X, y) = shaken(nn.Network(layers, loss=nn.MeanSquaredError())), examples()
    assert nn.gradient_check(net, X, y, method="complex").passed


@pytest.mark.parametrize("l2", [0.0, 0.3])
@pytest.mark.parametrize("sizes", [[5, 3], [5, 4, 3], [5, 4, 6, 3], [1, 1, 1, 1]])
def test_the_fast_scheme_equals_the_slow_loop(sizes, l2):
    net, (X, y) = (
        shaken(nn.mlp(sizes, activation="tanh")),
        examples(n_in=sizes[0], n_classes=max(sizes[-1], 2)),
    )
    assert np.allclose(nn.numerical_gradient(net, X, y, l2), slow_loop(net, X, y, l2), atol=1e-9)


def test_in_small_blocks_too(monkeypatch):
    net, (X, y) = shaken(nn.mlp([5, 4, 3])), examples()
    whole = nn.numerical_gradient(net, X, y)
    monkeypatch.setattr("nnhelpers.support.fast_gradcheck.BLOCK", 1)
    assert np.allclose(nn.numerical_gradient(net, X, y), whole, atol=1e-12)


def test_the_network_is_left_as_it_was():
    net, (X, y) = shaken(nn.mlp([5, 4, 3])), examples()
    theta = net.theta.copy()
    nn.gradient_check(net, X, y)
    assert np.array_equal(net.theta, theta) and not net.grad.any() and net.theta.dtype == np.float32


def test_on_every_backend(backend):
    net, (X, y) = shaken(nn.mlp([5, 4, 3], activation="tanh")).to(backend), examples()
    xp = nn.get_array_module(net.theta)
    report = nn.gradient_check(net, xp.asarray(X), xp.asarray(y), l2=0.1)
    assert report.passed and isinstance(report.per_parameter["layers.0.W"], np.ndarray)


@pytest.mark.parametrize("method", ["central", "complex"])
@pytest.mark.parametrize("name", ACTIVATIONS)
@pytest.mark.parametrize("options", [
    {"dropout": 0.5}, {"batch_norm": True}, {"batch_norm": True, "dropout": [0.2, 0.6]},
], ids=["dropout", "batch norm", "both"])  # fmt: skip
def test_dropout_and_batch_norm(options, name, method):
    net, (X, y) = shaken(nn.mlp([5, 4, 6, 3], activation=name, **options)), examples(n=9)
    report = nn.gradient_check(net, X, y, l2=0.1, method=method)
    assert report.passed, report
    assert report.max_relative_error < {"central": 1e-6, "complex": 1e-11}[method]


def test_batch_norm_and_dropout_on_the_inputs():
    layers = [
        nn.Dropout(0.3),
        nn.BatchNorm(5),
        nn.Dense(5, 4),
        nn.Tanh(),
        nn.Dense(4, 3),
        nn.BatchNorm(3),
    ]
    net, (X, y) = shaken(nn.Network(layers, loss=nn.SoftmaxCrossEntropy())), examples(n=9)
    assert nn.gradient_check(net, X, y, method="complex").passed


def test_a_forgotten_mask_fails():
    class Forgetful(nn.Dropout):
        def backward(self, dA):
            return dA

    layers = [nn.Dense(5, 8), nn.Tanh(), Forgetful(0.5), nn.Dense(8, 3)]
    report = nn.gradient_check(
        shaken(nn.Network(layers, loss=nn.SoftmaxCrossEntropy())), *examples()
    )
    assert not report.passed and report.per_parameter["layers.3.W"].max() < 1e-6


class Swish(Layer):
    """A layer that the package does not know: A = Z * sigmoid(Z). It has no ``unit``."""

    def forward(self, Z, training=False):
        self.Z, self.S = Z, 0.5 * (1 + np.tanh(0.5 * Z))
        return Z * self.S

    def backward(self, dA):
        return dA * (self.S + self.Z * self.S * (1 - self.S))


class Scale(Layer):
    """A layer with parameters that is not Dense: A = s * Z."""

    def __init__(self, n):
        self.shapes = {"s": (n,)}

    def initial(self, rng):
        return {"s": rng.normal(size=self.shapes["s"])}

    def forward(self, Z, training=False):
        self.Z = Z
        return Z * self.params["s"]

    def backward(self, dA, input_gradient=True):
        (dA * self.Z).sum(axis=0, out=self.grads["s"])
        return dA * self.params["s"]


class OwnDense(nn.Dense):
    """A Dense layer with its own forward pass: the check does not know what it does."""

    def forward(self, X, training=False):
        self.X = X
        return X @ self.params["W"] + self.params["b"]


class Center(Layer):
    """Each unit loses its mean over the batch, axis 0, as the contract of a layer has it."""

    def forward(self, X, training=False):
        return X - X.mean(axis=0)

    def backward(self, dA):
        return dA - dA.mean(axis=0)


class Hinge(Loss):
    """J = (1/N) Σₙ Σₖ (max(0, 1 - (2Y - 1) Z))², from labels taken row by row: for (N, K) alone."""

    def forward(self, Z, y):
        self.sign = -np.ones(Z.shape)
        self.sign[np.arange(len(y)), y] = 1
        self.gap = np.maximum(1 - self.sign * Z, 0)
        return (self.gap * self.gap).sum() / len(y)

    def backward(self):
        return -2 * self.sign * self.gap / len(self.gap)


def test_layers_of_ones_own():
    layers = [nn.Dense(5, 4), Scale(4), Swish(), nn.Dense(4, 6), Swish(), Scale(6), nn.Dense(6, 3)]
    net, (X, y) = shaken(nn.Network(layers, loss=nn.SoftmaxCrossEntropy())), examples()
    for method in ("central", "complex"):
        report = nn.gradient_check(net, X, y, l2=0.1, method=method)
        assert report.passed, report
        assert "layers.1.s" in report.per_parameter


@pytest.mark.parametrize("method", ["central", "complex"])
@pytest.mark.parametrize("layers, loss", [
    ([OwnDense(5, 4), nn.Tanh(), OwnDense(4, 3)], nn.SoftmaxCrossEntropy()),
    ([nn.Dense(5, 4), Center(), nn.Tanh(), nn.Dense(4, 3)], nn.SoftmaxCrossEntropy()),
    ([nn.Dense(5, 4), nn.Tanh(), nn.Dense(4, 3), Center()], nn.SoftmaxCrossEntropy()),
    ([nn.Dense(5, 4), nn.Tanh(), nn.Dense(4, 3)], Hinge()),
], ids=["own forward", "mean of a batch", "at the end", "own loss"])  # fmt: skip
def test_what_is_right_for_one_batch_passes(layers, loss, method):
    net = shaken(nn.Network([layer.fresh() for layer in layers], loss))
    report = nn.gradient_check(net, *examples(), l2=0.3, method=method)
    assert report.passed, report


def test_layers_of_the_package_are_checked_side_by_side(monkeypatch):
    one_by_one, seen = gradcheck._one_by_one, []
    monkeypatch.setattr(
        gradcheck, "_one_by_one", lambda *args: seen.append(args[1]) or one_by_one(*args)
    )
    for loss in (nn.SoftmaxCrossEntropy(0.1), nn.SigmoidCrossEntropy(), nn.MeanSquaredError()):
        for name in ACTIVATIONS:
            net = nn.mlp([5, 4, 3], activation=name, dropout=0.5, batch_norm=True, loss=loss)
            seen.clear()
            nn.numerical_gradient(shaken(net), *examples())
            assert [i for i in seen if net.layers[i].shapes] == [1], "only BatchNorm"


# ---------------------------------------------------------------- gradients that must not pass


class WrongSign(nn.Dense):
    def backward(self, dZ, input_gradient=True):
        dX = super().backward(dZ, input_gradient)
        self.grads["b"] *= -1
        return dX


class Untransposed(nn.Dense):
    def backward(self, dZ, input_gradient=True):
        super().backward(dZ, input_gradient)
        return dZ @ self.params["W"]  # fits only because the layer is square


class OneWrongElement(nn.Dense):
    def backward(self, dZ, input_gradient=True):
        dX = super().backward(dZ, input_gradient)
        self.grads["W"][1, 2] *= 1.001
        return dX


class AtZeroToo(nn.ReLU):
    def backward(self, dA):
        return dA * (self.A >= 0)


class NotFinite(WrongSign):
    value = np.nan

    def backward(self, dZ, input_gradient=True):
        dX = super().backward(dZ, input_gradient)
        self.grads["W"][0, 0] = self.value
        return dX


class TwiceByN(nn.SoftmaxCrossEntropy):
    def backward(self):
        return super().backward() / len(self.y)


def broken(dense=nn.Dense, act=nn.ReLU, loss=nn.SoftmaxCrossEntropy):
    return shaken(
        nn.Network([nn.Dense(5, 4), act(), dense(4, 4), act(), nn.Dense(4, 3)], loss=loss())
    )


@pytest.mark.parametrize("method", ["central", "complex"])
@pytest.mark.parametrize("kind, wrong", [
    ({"dense": WrongSign}, {"layers.2.b"}),
    ({"dense": Untransposed}, {"layers.0.W", "layers.0.b"}),
    ({"dense": OneWrongElement}, {"layers.2.W"}),
    ({"act": AtZeroToo}, {"layers.0.W", "layers.0.b", "layers.2.W", "layers.2.b"}),
    ({"loss": TwiceByN}, {f"layers.{i}.{p}" for i in (0, 2, 4) for p in "Wb"}),
], ids=["sign", "transpose", "one element", "at zero", "1/N twice"])  # fmt: skip
def test_a_broken_gradient_fails_where_it_is_broken(kind, wrong, method):
    X, y = examples(n=20)
    report = nn.gradient_check(broken(**kind), X, y, method=method)
    assert not report.passed
    assert {name for name, errors in report.per_parameter.items() if errors.max() > 1e-6} == wrong
    assert "FAILED" in repr(report) and repr(report).count("<-- wrong") == len(wrong)
    if kind.get("dense") is OneWrongElement:
        assert np.unravel_index(report.per_parameter["layers.2.W"].argmax(), (4, 4)) == (1, 2)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_nan_and_infinity_do_not_pass_and_hide_no_other_error(value, monkeypatch):
    monkeypatch.setattr(NotFinite, "value", value)
    report = nn.gradient_check(broken(dense=NotFinite), *examples())
    W, b = report.per_parameter["layers.2.W"].copy(), report.per_parameter["layers.2.b"]
    assert not report.passed and report.max_relative_error == W[0, 0] == 1
    W[0, 0] = 0
    assert W.max() < 1e-6 < b.max(), "the wrong sign is seen beside it, and nothing else is wrong"
    assert repr(report).count("<-- wrong") == 2


def test_a_report_with_nan_does_not_pass():
    errors = {"layers.0.W": np.zeros((2, 2)), "layers.0.b": np.array([np.nan])}
    report = gradcheck.GradientReport("central", 1e-6, errors)
    assert not report.passed and np.isnan(report.max_relative_error)


def test_a_forgotten_penalty_fails():
    class Forgetful(nn.Network):
        def forward_backward(self, X, y, l2):
            return super().forward_backward(X, y, 0.0)

    net = shaken(Forgetful([nn.Dense(5, 3)], loss=nn.SoftmaxCrossEntropy()))
    report = nn.gradient_check(net, *examples(), l2=0.1)
    assert report.per_parameter["layers.0.W"].max() > 0.01
    assert report.per_parameter["layers.0.b"].max() < 1e-6


def test_relative_error():
    assert nn.relative_error(np.array([1.0, 2.0]), np.array([1.0, 2.0])).tolist() == [0, 0]
    assert nn.relative_error(np.array([1.0, -1.0]), np.array([1.0, 1.0])).tolist() == [0, 1]
    assert nn.relative_error(np.zeros(2), np.zeros(2)).tolist() == [0, 0]
    # far below the largest element there is rounding, not error
    assert nn.relative_error(np.array([1.0, 1e-14]), np.array([1.0, -1e-14]))[1] < 1e-10
    # what is no finite number is wrong, and no measure for the others
    inf, nan = np.inf, np.nan
    a, b = np.array([inf, inf, nan, -inf, 1, 1]), np.array([inf, 1, 1, inf, 1, 3])
    assert nn.relative_error(a, b).tolist() == [1, 1, 1, 1, 0, 0.5]
    assert nn.relative_error(np.array([nan]), np.array([inf])).tolist() == [1]


@pytest.mark.parametrize("check", [nn.gradient_check, nn.numerical_gradient])
def test_unknown_method(check):
    with pytest.raises(
        ValueError, match="unknown method 'forward': expected one of 'central', 'complex'"
    ):
        check(nn.mlp([5, 3]), *examples(), method="forward")


@pytest.mark.parametrize("method, tolerance", [("central", 1e-6), ("complex", 1e-10)])
def test_how_fine_the_check_is(method, tolerance, monkeypatch):
    """A gradient that is wrong by five tolerances fails, one wrong by a fifth of it passes."""
    net = shaken(nn.mlp([3, 3, 2], activation="tanh", seed=4))
    right = nn.Network.loss_and_grad

    for factor, passes in ((5, False), (0.2, True)):

        def wrong(net, X, y, l2=0.0, factor=factor):
            J = right(net, X, y, l2)
            worst = np.abs(net.grad).argmax()
            net.grad[worst] *= 1 + 2 * factor * tolerance  # the error is relative to both together
            return J

        monkeypatch.setattr(nn.Network, "loss_and_grad", wrong)
        report = nn.gradient_check(net, *examples(n_in=3, n_classes=2), method=method)
        assert report.passed is passes, report
        assert report.tolerance == tolerance
    assert report.method == method


def test_how_small_an_element_is_still_measured():
    """Down to a thousandth of the largest, by its own size; below, by that thousandth."""
    a = np.array([1.0, 4e-3, 1e-5])
    b = np.array([1.0, 2e-3, 0.0])
    assert np.allclose(nn.relative_error(a, b), [0, 2 / 6, 1e-5 / 2e-3])


def test_what_is_not_finite_is_no_measure_for_the_others():
    errors = nn.relative_error(np.array([np.inf, 1e-6, 4e-6]), np.array([1.0, 2e-6, 4e-6]))
    assert np.allclose(errors, [1, 1 / 3, 0])


def test_steps_of_both_methods_are_as_derived():
    """J = (θ - y)³ has a third derivative: central differences are off by ε²/6 of it, no less."""
    assert gradcheck.METHODS["central"]["step"] == 1e-5
    assert gradcheck.METHODS["complex"]["step"] == 1e-20
