"""Each loss: its value, its derivative, labels that do not fit, numbers that overflow."""

import functools
import re

import numpy as np
import pytest
from helpers import examples, shaken

import nnhelpers as nn
from nnhelpers import losses

SMOOTHED = functools.partial(nn.SoftmaxCrossEntropy, smoothing=0.2)
LOSSES = [nn.SoftmaxCrossEntropy, SMOOTHED, nn.SigmoidCrossEntropy, nn.MeanSquaredError]
# The formulas as they stand in notebook 02, without regard for large numbers.
FORMULAS = {
    nn.SoftmaxCrossEntropy: lambda Z, Y: -np.log((np.exp(Z) / np.exp(Z).sum(1, keepdims=True))[Y == 1]).sum(),
    # Notebook 13: a fifth of each label is spread over all classes.
    SMOOTHED: lambda Z, Y: -((0.8 * Y + 0.2 / Y.shape[1]) * np.log(np.exp(Z) / np.exp(Z).sum(1, keepdims=True))).sum(),
    nn.SigmoidCrossEntropy: lambda Z, Y: -np.log(np.where(Y == 1, 1 / (1 + np.exp(-Z)), 1 / (1 + np.exp(Z)))).sum(),
    nn.MeanSquaredError: lambda Z, Y: 0.5 * ((Z - Y) ** 2).sum(),
}  # fmt: skip
CASES = [
    (loss, k)
    for loss in LOSSES
    for k in (1, 2, 4)
    if k > 1 or loss not in (nn.SoftmaxCrossEntropy, SMOOTHED)
]


def outputs(k, n=6, seed=3):
    y = np.arange(n) % max(k, 2)
    Y = y[:, None] if k == 1 else np.eye(k)[y]
    return np.random.default_rng(seed).normal(size=(n, k)), y, Y


@pytest.mark.parametrize("loss, k", CASES)
def test_value(loss, k, xp):
    Z, y, Y = outputs(k)
    assert float(loss().forward(xp.asarray(Z), xp.asarray(y))) == pytest.approx(
        FORMULAS[loss](Z, Y) / len(y)
    )


@pytest.mark.parametrize("loss, k", CASES)
def test_derivative_against_central_differences(loss, k, xp):
    Z, y, Y = outputs(k)
    one = loss()
    one.forward(xp.asarray(Z), xp.asarray(y))
    dZ, eps = nn.asnumpy(one.backward()), 1e-6
    for index in np.ndindex(*Z.shape):
        up, down = Z.copy(), Z.copy()
        up[index] += eps
        down[index] -= eps
        numerical = (FORMULAS[loss](up, Y) - FORMULAS[loss](down, Y)) / (2 * eps) / len(y)
        assert dZ[index] == pytest.approx(numerical, abs=1e-8)


@pytest.mark.parametrize("loss, k", CASES)
def test_backward_can_be_called_twice_and_leaves_Z_alone(loss, k):
    Z, y, _ = outputs(k)
    before, one = Z.copy(), loss()
    one.forward(Z, y)
    assert np.array_equal(one.backward(), one.backward())
    assert np.array_equal(Z, before)


@pytest.mark.parametrize("loss, k", CASES)
def test_types_are_kept(loss, k):
    Z, y, _ = outputs(k)
    one = loss()
    assert one.forward(Z.astype("float32"), y).dtype == np.float32
    assert one.backward().dtype == np.float32
    assert one.predict_proba(Z.astype("float32")).dtype == np.float32


@pytest.mark.parametrize("loss, k", CASES)
def test_several_versions_at_once(loss, k):
    """Z of shape (V, N, K) gives V losses: what the gradient check relies on."""
    _, y, _ = outputs(k)
    Z = np.random.default_rng(0).normal(size=(5, len(y), k))
    assert np.allclose(loss().forward(Z, y), [loss().forward(one, y) for one in Z], atol=1e-14)


@pytest.mark.parametrize("loss, k", CASES)
def test_probabilities(loss, k, xp):
    Z, y, _ = outputs(k)
    P = nn.asnumpy(loss().predict_proba(xp.asarray(Z)))
    assert P.shape == (len(y), max(k, 2))
    assert np.allclose(P.sum(axis=1), 1) and (P >= 0).all()
    predicted = nn.asnumpy(loss().predict(xp.asarray(Z)))
    assert np.array_equal(predicted, P.argmax(axis=1))
    assert int(loss().count_correct(xp.asarray(Z), xp.asarray(y))) == (predicted == y).sum()


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_large_outputs_do_not_overflow(dtype):
    Z, y = np.array([[1000.0, -1000.0], [1000.0, -1000.0]], dtype=dtype), np.array([0, 1])
    softmax, sigmoid = nn.SoftmaxCrossEntropy(), nn.SigmoidCrossEntropy()
    assert softmax.forward(Z, y) == pytest.approx(1000)  # 0 for the first, 2000 for the second
    assert np.allclose(softmax.backward(), [[0, 0], [0.5, -0.5]])
    assert sigmoid.forward(Z, y) == pytest.approx(1000)
    assert np.allclose(sigmoid.backward(), [[0, 0], [0.5, -0.5]])


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("dtype, rtol", [("float32", 1e-5), ("float64", 1e-13)])
def test_classes_that_no_sigmoid_believes_in(dtype, rtol, xp):
    """Where all sigmoids are nearly or exactly 0, they still differ by factors."""
    Z = np.array([[-17.0, -18, -17.5], [-200, -210, -202], [-1000, -1000, -1000],
                  [-12, 1, -3], [4, 5, -900], [0, 0, 0]])  # fmt: skip
    log_P = -np.logaddexp(0, -Z)
    log_P -= log_P.max(axis=1, keepdims=True)
    expected = np.exp(log_P) / np.exp(log_P).sum(axis=1, keepdims=True)
    P = nn.SigmoidCrossEntropy().predict_proba(xp.asarray(Z, dtype=dtype))
    assert P.dtype == dtype and np.allclose(nn.asnumpy(P), expected, rtol=rtol, atol=0)
    predicted = nn.SigmoidCrossEntropy().predict(xp.asarray(Z, dtype=dtype))
    assert np.array_equal(nn.asnumpy(P).argmax(axis=1), nn.asnumpy(predicted))


@pytest.mark.parametrize("method", ["central", "complex"])
def test_gradients_with_label_smoothing(method):
    net = shaken(nn.mlp([5, 4, 3], "tanh", loss=SMOOTHED()))
    assert nn.gradient_check(net, *examples(), l2=0.1, method=method).passed


def test_what_is_smoothed_is_kept_in_copies():
    net = nn.mlp([5, 4, 3], loss=SMOOTHED())
    net.loss_and_grad(*examples())
    for twin in (net.copy(), net.astype("float64")):
        assert twin.loss_function.smoothing == 0.2 and twin.loss_function.P is None
    assert repr(net.loss_function) == "SoftmaxCrossEntropy(smoothing=0.2)"
    assert repr(nn.SoftmaxCrossEntropy()) == "SoftmaxCrossEntropy()"


@pytest.mark.parametrize(
    "kind", [nn.SoftmaxCrossEntropy, nn.SigmoidCrossEntropy, nn.MeanSquaredError]
)
def test_a_loss_of_ones_own_keeps_its_settings(kind):
    class Weighted(kind):
        def __init__(self, share):
            super().__init__()
            self.share = share

        def forward(self, Z, y):
            return self.share * super().forward(Z, y)

        def backward(self):
            return self.share * super().backward()

    net, (X, y) = shaken(nn.mlp([5, 4, 3], "tanh", loss=Weighted(0.3))), examples()
    net.loss_and_grad(X, y)
    assert nn.gradient_check(net, X, y).passed
    for twin in (net.copy(), net.astype("float64")):
        assert twin.loss_function.share == 0.3
        kept = vars(twin.loss_function).values()
        assert not any(isinstance(value, np.ndarray) for value in kept)
    assert any(isinstance(value, np.ndarray) for value in vars(net.loss_function).values())


def test_no_smoothing_changes_no_bit(rng):
    Z, y = rng.normal(size=(9, 4)), np.arange(9) % 4
    P = np.exp(Z - Z.max(axis=1, keepdims=True))
    P /= P.sum(axis=1, keepdims=True)
    loss = nn.SoftmaxCrossEntropy(0.0)
    loss.forward(Z, y)
    assert np.array_equal(loss.backward(), P / 9 - np.eye(4)[y] / 9)


def test_smoothing_has_its_minimum_at_the_targets():
    """Where P = T, no output is pulled anywhere: and that is not at infinity."""
    T = 0.8 * np.eye(4) + 0.2 / 4
    loss = SMOOTHED()
    assert loss.forward(np.log(T), np.arange(4)) == pytest.approx(-(T * np.log(T)).sum() / 4)
    assert np.allclose(loss.backward(), 0, atol=1e-15)


@pytest.mark.parametrize("smoothing", [-0.1, 1, float("nan")])
def test_impossible_smoothing(smoothing):
    with pytest.raises(ValueError, match="smoothing from 0 up to 1 .excluded., got"):
        nn.SoftmaxCrossEntropy(smoothing)


def test_labels_that_do_not_fit():
    net, (X, y) = nn.mlp([5, 3]), examples()
    with pytest.raises(ValueError, match=r"from 0 to 2, got y\[1\] = 3"):
        net.loss(X, y + 2)
    with pytest.raises(ValueError, match=r"got y\[0\] = -1"):
        net.loss(X, y - 1)
    with pytest.raises(ValueError, match=r"shape \(N,\), got \(7, 3\).*argmax"):
        net.loss(X, nn.one_hot(y, 3))
    with pytest.raises(ValueError, match="integers, got float64.*astype"):
        net.loss(X, y.astype("float64"))
    with pytest.raises(ValueError, match="7 examples and 6 labels"):
        net.loss(X, y[:-1])
    with pytest.raises(ValueError, match="from 0 to 1"):
        nn.mlp([5, 1]).loss(X, y)
    with pytest.raises(ValueError, match="at least 2 outputs, got 1.*SigmoidCrossEntropy"):
        nn.mlp([5, 1], loss=nn.SoftmaxCrossEntropy()).loss(X, y)


def test_penalty():
    W = [np.array([[1.0, 2.0]]), np.array([[3.0]])]
    assert nn.l2_penalty(W, 0.5) == pytest.approx(0.25 * (1 + 4 + 9))
    assert nn.l2_penalty([np.ones((2, 2), "float32")], np.float64(0.5)).dtype == np.float32


@pytest.mark.parametrize("shape", [(1, 2), (7, 10), (5, 7, 3)])
def test_the_largest_of_each_row(shape):
    Z = np.random.default_rng(0).normal(size=shape)
    assert np.array_equal(losses.largest(Z), Z.max(axis=-1, keepdims=True))


def test_rows_without_any_probability_are_shared_equally():
    """Under the quadratic cost a row of zeros has P = 0 / 0, unless it is lifted a little."""
    Z = np.array([[0.0, 0.0, 0.0, 0.0], [0.5, 0.0, 0.0, 0.0], [-1.0, 1.0, 0.0, 0.0]])
    P = nn.MeanSquaredError().predict_proba(Z)
    assert np.allclose(P[0], 0.25) and np.allclose(P[1], [1, 0, 0, 0], atol=1e-6)
    assert np.allclose(P[2], [0, 0.5, 0.25, 0.25], atol=1e-6)
    one = nn.MeanSquaredError().predict_proba(np.array([[1.5], [-0.5], [0.25]]))
    assert np.allclose(one, [[0, 1], [1, 0], [0.75, 0.25]])


def test_labels_may_be_a_list():
    assert nn.one_hot([2, 0], 3).tolist() == [[0, 0, 1], [1, 0, 0]]
    with pytest.raises(ValueError, match=r"from 0 to 1, got y\[0\] = 2"):
        nn.one_hot([2, 0], 2)


@pytest.mark.parametrize("y, hint", [
    (np.array([[2], [0], [1]]), "y.ravel()"),
    (np.eye(3, dtype=int)[[2, 0, 1]], "y.argmax(axis=1)"),
    (np.array([2.0, 0.0, 1.0]), "y.astype(int)"),
    (np.array(["cat", "ant", "bee"]), "np.unique(y, return_inverse=True)[1]"),
])  # fmt: skip
def test_each_hint_for_labels_leads_to_the_labels(y, hint):
    with pytest.raises(ValueError, match=re.escape(f"{hint}.")):
        nn.one_hot(y, 3)
    assert eval(hint, {"y": y, "np": np}).tolist() == [2, 0, 1]
