"""The network X-ray's numbers: those of the package, and those of the page from what it is sent."""

import json

import numpy as np
import pytest
from pages import Page

import nnhelpers as nn
from nnhelpers.widgets import xray
from nnhelpers.widgets.xray_figure import image_side, picture_shape

X, Y = nn.make_moons(40, noise=0.2, seed=0)
X3, Y3 = nn.make_spirals(60, classes=3, noise=0.1, seed=0)


def quadratic():
    layers = [nn.Dense(2, 4), nn.Tanh(), nn.Dense(4, 3), nn.Sigmoid()]
    return nn.Network(layers, loss=nn.MeanSquaredError(), seed=3)


def leaky_and_dropout():
    layers = [nn.Dropout(0.2), nn.Dense(2, 5), nn.LeakyReLU(0.1), nn.Dropout(0.5), nn.Dense(5, 4),
              nn.Sigmoid(), nn.Tanh(), nn.Dense(4, 3)]  # fmt: skip
    return nn.Network(layers, loss=nn.SoftmaxCrossEntropy(), seed=2)


NETWORKS = {
    "tanh, softmax": (lambda: nn.mlp([2, 4, 3], "tanh", seed=1), X3, Y3),
    "three layers of relu": (lambda: nn.mlp([2, 20, 6, 3], "relu", seed=1), X3, Y3),
    "one output": (lambda: nn.mlp([2, 5, 1], "sigmoid", seed=1), X, Y),
    "classes one by one": (
        lambda: nn.mlp([2, 5, 3], "relu", loss=nn.SigmoidCrossEntropy()), X3, Y3),
    "quadratic": (quadratic, X3, Y3),
    "leaky, dropout, two activations": (leaky_and_dropout, X3, Y3),
    "a single layer": (lambda: nn.mlp([2, 3]), X3, Y3),
}  # fmt: skip


def without_dropout(net):
    layers = [layer for layer in net.layers if not isinstance(layer, nn.Dropout)]
    twin = nn.Network([layer.fresh() for layer in layers], loss=type(net.loss_function)())
    twin.theta[...] = net.theta
    return twin.astype("float64")


@pytest.mark.parametrize("name", NETWORKS)
@pytest.mark.parametrize("n", [0, 7])
def test_all_numbers_are_those_of_the_package(name, n):
    make, data, labels = NETWORKS[name]
    net = make()
    seen = xray(net, data, labels, example=n)
    judge = without_dropout(net)
    J = judge.loss_and_grad(data[n : n + 1], labels[n : n + 1])
    assert abs(seen.J - J) < 1e-12
    dense = [layer for layer in judge.layers if isinstance(layer, nn.Dense)]
    assert len(seen.passes) == len(dense)
    for one, layer in zip(seen.passes, dense, strict=True):
        assert np.allclose(one.X @ layer.params["W"] + layer.params["b"], one.Z, rtol=0, atol=1e-12)
        assert np.allclose(np.outer(one.X, one.dZ), layer.grads["W"], rtol=0, atol=1e-12)
        assert np.allclose(one.dZ, layer.grads["b"], rtol=0, atol=1e-12)
        assert np.allclose(one.dA * one.slope, one.dZ, rtol=0, atol=1e-15)
    for one, after, layer in zip(seen.passes, seen.passes[1:], dense[1:], strict=False):
        assert np.allclose(one.A, after.X) and np.allclose(layer.params["W"] @ after.dZ, one.dA)


def test_one_weight_by_nudging_it():
    net = nn.mlp([2, 4, 3], "tanh", seed=1).astype("float64")
    seen = xray(net, X3, Y3, example=5).passes[0]
    W, eps = net.layers[0].params["W"], 1e-6
    W[1, 2] += eps
    up = net.loss(X3[5:6], Y3[5:6])
    W[1, 2] -= 2 * eps
    down = net.loss(X3[5:6], Y3[5:6])
    assert abs(seen.X[1] * seen.dZ[2] - (up - down) / (2 * eps)) < 1e-9


@pytest.mark.parametrize("layer", [1, 2])
def test_what_is_sent_is_enough_to_write_it_all_out(layer):
    net = nn.mlp([2, 4, 3], "relu", seed=1).astype("float64")
    page = Page(xray(net, X3, Y3, example=9, layer=layer))
    about, now, one, label = page.last("layer"), page.last("example"), X3[9:10], Y3[9:10]
    W, b, after = page.arrays("layer", "float64")
    x, z, a, slope, dA, dZ, P, target, next_dZ, image = page.arrays("example", "float64")
    assert about["stamp"] == now["stamp"]
    assert (about["n_in"], about["n_out"]) == ((2, 4), (4, 3))[layer - 1]
    W, after = W.reshape(about["n_in"], about["n_out"]), after.reshape(-1, about["n_next"] or 1)
    J = net.loss_and_grad(one, label)
    dense = net.layers[2 * (layer - 1)]
    assert np.array_equal(W, dense.params["W"]) and np.array_equal(b, dense.params["b"])
    assert np.allclose(x @ W + b, z) and np.allclose(np.outer(x, dZ), dense.grads["W"])
    assert np.allclose(P, net.predict_proba(one)[0])
    assert target.tolist() == [label[0] == k for k in range(3)]
    if layer == 1:
        assert np.allclose(a, np.maximum(z, 0)) and slope.tolist() == (z > 0).tolist()
        assert np.allclose(after @ next_dZ, dA) and np.allclose(dA * slope, dZ)
    else:
        assert about["last"] and np.allclose(P - target, dZ) and not next_dZ.size
    assert not image.size and now["label"] == label[0] and now["says"] == net.predict(one)[0]
    assert abs(now["J"] - J) < 1e-12
    for kind in ("layer", "example", "place"):
        json.dumps(page.published(kind), allow_nan=False)


def test_weights_go_out_when_they_are_others_and_not_with_each_example():
    seen = xray(nn.mlp([2, 4, 3], seed=1), X3, Y3)
    page = Page(seen)

    def sent():
        return [len(page.published(kind)) for kind in ("layer", "example")]

    layers, examples = sent()
    page.set("example", 4)
    assert sent() == [layers, examples + 1]
    seen.step()
    assert sent() == [layers + 1, examples + 2]
    page.set("layer", 2)
    assert sent() == [layers + 2, examples + 3]
    assert page.last("layer")["stamp"] == page.last("example")["stamp"]


def test_a_step_goes_down_in_a_copy_and_reset_takes_it_back():
    net = nn.mlp([2, 8, 3], "tanh", seed=1)
    given = net.theta.copy()
    seen = xray(net, X3, Y3, example=2, lr=0.05)
    page = Page(seen)
    twin = net.astype("float64")
    before = twin.loss_and_grad(X3[2:3], Y3[2:3])
    expected = twin.theta - 0.05 * twin.grad
    mean = twin.loss(X3, Y3)
    page.press("step")
    assert np.array_equal(net.theta, given)
    assert np.allclose(seen.net.theta, expected, rtol=0, atol=1e-15)
    now = page.last("example")
    result = now["result"]
    twin.theta[...] = expected
    assert now["steps"] == 1 and abs(result["before"] - before) < 1e-12
    assert abs(result["after"] - twin.loss(X3[2:3], Y3[2:3])) < 1e-12 and result["after"] < before
    assert now["J"] == pytest.approx(result["after"], abs=1e-12)
    assert result["promised"] == pytest.approx(0.05 * float(twin.grad @ twin.grad))
    assert (result["many"], result["all"]) == (len(X3), True)
    assert result["mean_before"] == pytest.approx(mean)
    assert result["mean_after"] == pytest.approx(twin.loss(X3, Y3))
    seen.reset()
    assert np.array_equal(seen.net.theta, given.astype("float64"))
    assert page.last("example")["steps"] == 0


def test_the_promise_is_kept_by_small_steps():
    seen = xray(nn.mlp([2, 8, 3], "tanh", seed=1), X3, Y3, lr=0.001)
    seen.step()
    result = seen._result
    assert result["before"] - result["after"] == pytest.approx(result["promised"], rel=0.02)


def test_a_step_into_the_void_is_not_taken():
    net = nn.Network([nn.Dense(2, 3)], loss=nn.MeanSquaredError()).astype("float64")
    net.theta[...] = 1e145
    seen = xray(net, X3, Y3, lr=10)
    page = Page(seen)
    for _ in range(20):
        before = seen.net.theta
        answer = page.press("step")
        if "error" in answer:
            break
    assert "too large for the computer" in answer["error"]
    assert np.array_equal(seen.net.theta, before) and np.isfinite(before).all()


def test_pairs_stand_for_layers_with_relu_between():
    rng = np.random.default_rng(0)
    pairs = [(rng.normal(size=sizes), rng.normal(size=sizes[1])) for sizes in ((2, 4), (4, 3))]
    seen = xray(pairs, X3, Y3, example=1)
    Z = np.maximum(X3[1] @ pairs[0][0] + pairs[0][1], 0) @ pairs[1][0] + pairs[1][1]
    assert np.allclose(seen.passes[1].Z, Z, rtol=0, atol=1e-12)
    P = np.exp(Z - Z.max()) / np.exp(Z - Z.max()).sum()
    assert np.allclose(seen.P, P) and np.allclose(seen.passes[1].dZ, P - (np.arange(3) == Y3[1]))


def test_without_labels_there_is_only_the_way_forward():
    seen = xray([(np.eye(3, 2), np.ones(2))], np.arange(12.0).reshape(4, 3))
    page = Page(seen)
    assert set(seen.values) == {"example", "layer"} and seen.passes[0].Z.tolist() == [1.0, 2.0]
    assert "label" not in page.last("example")
    assert [len(array) for array in page.buffers("example")[4:]] == [0] * 6
    with pytest.raises(ValueError, match="without labels there is no cost"):
        seen.step()


def test_one_example_alone_needs_no_slider():
    seen = xray(nn.mlp([2, 4, 3]), X3[:1], Y3[:1])
    assert "example" not in seen.values and seen.example == 0
    with pytest.raises(ValueError, match="expected 0, for there is only one"):
        seen.look_at(example=1)


def test_the_place_is_kept_and_told_to_other_views():
    seen = xray(nn.mlp([2, 4, 3]), X3, Y3)
    page = Page(seen)
    page.say("place", {"i": 1, "j": 3, "by": "page"})
    assert (seen.i, seen.j) == (1, 3)
    assert page.last("place") == {"i": 1, "j": 3, "by": "page"}
    seen.look_at(layer=2, i=2)
    assert (seen.layer, seen.i, seen.j) == (2, 2, Y3[0])
    answer = page.say("place", {"i": 4, "j": 0, "by": "page"})
    assert answer["error"] == "input i: expected a whole number from 0 to 3, got 4"
    assert seen.i == 2


def test_it_begins_where_something_is_to_be_seen():
    data = nn.load_mnist()
    images, labels = data.test.X[:50], data.test.y[:50]
    seen = xray(nn.mlp([784, 16, 10]), images, labels, example=3)
    terms = seen.passes[0].X * seen.net.layers[0].params["W"][:, 0]
    assert abs(terms[seen.i]) == abs(terms).max() > 0
    page = Page(seen)
    assert page.last("layer")["picture"] == [28, 28]
    image = page.arrays("example", "float64")[-1]
    assert np.array_equal(image, images[3].astype("float64"))
    seen.look_at(layer=2)
    assert seen.j == labels[3]


def test_pictures_are_as_square_as_may_be_and_images_are_squares():
    shapes = {10: None, 12: None, 13: [4, 4], 16: [4, 4], 30: [5, 6], 32: [4, 8], 128: [8, 16],
              784: [28, 28]}  # fmt: skip
    assert {n: picture_shape(n) for n in shapes} == shapes
    assert [image_side(n) for n in (784, 64, 49, 128, 2)] == [28, 8, 0, 0, 0]


@pytest.mark.parametrize("make", [lambda: xray(nn.mlp([2, 4, 3], "tanh"), X3, Y3),
                                  lambda: xray(nn.mlp([20, 4, 1]), np.ones((3, 20))),
                                  lambda: xray([(np.zeros((3, 2)), np.zeros(2))], np.zeros((2, 3)))])  # fmt: skip
def test_without_a_kernel_a_figure_stands_there(make):
    data, metadata = make()._repr_mimebundle_()
    assert data["text/plain"].startswith("[interactive figure")
    assert "term by term" in data["text/plain"]
    assert metadata["image/png"]["alt"] and len(data["image/png"]) > 5000


class Odd(nn.ReLU.__mro__[2]):  # a Layer that is no Activation
    pass


class OddLoss(nn.SoftmaxCrossEntropy.__mro__[1]):
    pass


@pytest.mark.parametrize("make, message", [
    (lambda: nn.mlp([2, 4, 3], batch_norm=True), "batch norm ties each example to the others"),
    (lambda: nn.Network([nn.Dense(2, 3), Odd()], nn.SoftmaxCrossEntropy()), "expected Dense layers, activations and Dropout, got Odd"),
    (lambda: nn.Network([nn.Dense(2, 3)], OddLoss()), "expected a loss of the kinds SoftmaxCrossEntropy"),
    (lambda: nn.Network([nn.Dense(2, 1500), nn.Dense(1500, 1500), nn.Dense(1500, 3)], nn.SoftmaxCrossEntropy()), "up to 2,000,000 of them"),
    (lambda: 5, "a network or a list of pairs"),
    (lambda: (np.zeros((2, 3)), np.zeros(3)), r"try \[\(W, b\)\]"),
    (lambda: [(np.zeros((2, 3)), np.zeros(2))], r"b of shape \(3,\)"),
    (lambda: [(np.zeros((2, 4)), np.zeros(4)), (np.zeros((3, 3)), np.zeros(3))], r"layer 2: expected W of shape \(4, 3\)"),
])  # fmt: skip
def test_networks_that_it_cannot_show_are_refused_in_words(make, message):
    with pytest.raises(ValueError, match=message):
        xray(make(), X3, Y3)


@pytest.mark.parametrize("arguments, message", [
    ({"X": X3[0]}, r"expected X of shape \(N, 2\), got \(2,\)\. A single example is a matrix"),
    ({"X": X3.T}, r"expected X of shape \(N, 2\)"),
    ({"y": Y3[:5]}, "got 60 examples and 5 labels"),
    ({"y": Y3 + 1}, "expected labels from 0 to 2"),
    ({"example": 60}, "example n: expected a whole number from 0 to 59, got 60"),
    ({"layer": 3}, "layer: expected one of 1, 2, got 3"),
    ({"i": 2}, "input i: expected a whole number from 0 to 1, got 2"),
    ({"j": -1}, "unit j: expected a whole number from 0 to 3, got -1"),
    ({"lr": 0}, "learning rate η"),
    ({"show": "sideways"}, "show: expected one of"),
])  # fmt: skip
def test_wrong_arguments_are_named(arguments, message):
    with pytest.raises(ValueError, match=message):
        xray(**{"net": nn.mlp([2, 4, 3]), "X": X3, "y": Y3, **arguments})
