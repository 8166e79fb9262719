"""A gradient check of a network that is sure of its answers: rounding is no bug, and hides none."""

import numpy as np
import pytest

import nnhelpers as nn

XOR = np.array([[0, 0], [0, 1], [1, 0], [1, 1]], "float32"), np.array([0, 1, 1, 0])


def sure(weight, outputs=1):
    net = nn.mlp([1, outputs])
    net.theta[...] = [weight, 0] if outputs == 1 else [-weight / 2, weight / 2, 0, 0]
    return net, np.array([[-1.0], [1.0]]), np.array([0, 1])


def trained(activation, outputs, loss=None):
    net = nn.mlp([2, 4, outputs], activation=activation, loss=loss, seed=1)
    nn.fit(net, XOR, optimizer=nn.Adam(0.05), epochs=4000, batch_size=None, progress=False)
    assert net.loss(*XOR) < 1e-3
    return net, *XOR


NETWORKS = {
    "one weight of 15": lambda: sure(15),
    "one weight of 12, softmax": lambda: sure(12, outputs=2),
    "exclusive or": lambda: trained("tanh", 1),
    "exclusive or, softmax": lambda: trained("tanh", 2),
    "exclusive or, K sigmoids": lambda: trained("sigmoid", 2, nn.SigmoidCrossEntropy()),
}


@pytest.mark.parametrize("method", ["central", "complex"])
@pytest.mark.parametrize("name", NETWORKS)
def test_right_gradients_pass_and_planted_bugs_do_not(name, method, monkeypatch):
    net, X, y = NETWORKS[name]()
    report = nn.gradient_check(net, X, y, method=method)
    assert report.passed, report
    assert report.too_small < net.theta.size, "something was judged"
    assert ("too small to judge" in repr(report)) == (report.too_small > 0)
    exact = net.astype("float64")
    exact.loss_and_grad(X, y)
    errors = nn.relative_error(exact.grad, nn.numerical_gradient(exact, X, y, method=method))
    assert report.too_small == (errors > report.tolerance).sum()
    right = nn.Network.loss_and_grad
    for factor in (1.01, -1.0, 0.0):

        def wrong(net, X, y, l2=0.0, factor=factor):
            J = right(net, X, y, l2)
            net.grad *= factor
            return J

        monkeypatch.setattr(nn.Network, "loss_and_grad", wrong)
        assert not nn.gradient_check(net, X, y, method=method).passed, factor


def test_an_ordinary_check_excuses_nothing():
    net = nn.mlp([5, 8, 3], seed=1)
    rng = np.random.default_rng(0)
    for method in ("central", "complex"):
        report = nn.gradient_check(net, rng.normal(size=(7, 5)), np.arange(7) % 3, method=method)
        assert report.passed and report.too_small == 0
