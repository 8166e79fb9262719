"""The same work in PyTorch and scikit-learn: an independent opinion on losses, gradients, training."""

import numpy as np
import pytest
from helpers import examples, shaken

import nnhelpers as nn

ACTIVATIONS = {"relu": "ReLU", "tanh": "Tanh", "sigmoid": "Sigmoid", "leaky_relu": "LeakyReLU"}


def torch_twin(torch, net, names):
    """PyTorch's network with the same float64 parameters: its weights are our W transposed."""
    modules = []
    dense = [layer for layer in net.layers if isinstance(layer, nn.Dense)]
    for layer, name in zip(dense, [*names, None], strict=True):
        linear = torch.nn.Linear(layer.n_in, layer.n_out, dtype=torch.float64)
        linear.weight.data = torch.tensor(layer.params["W"].T.copy())
        linear.bias.data = torch.tensor(layer.params["b"].copy())
        modules += [linear] + ([getattr(torch.nn, ACTIVATIONS[name])()] if name else [])
    return torch.nn.Sequential(*modules)


def torch_loss(torch, loss, Z, y):
    if isinstance(loss, nn.SoftmaxCrossEntropy):
        return torch.nn.functional.cross_entropy(Z, y, label_smoothing=loss.smoothing)
    Y = (
        y[:, None].to(Z.dtype)
        if Z.shape[1] == 1
        else torch.nn.functional.one_hot(y, Z.shape[1]).to(Z.dtype)
    )
    if isinstance(loss, nn.SigmoidCrossEntropy):
        return torch.nn.functional.binary_cross_entropy_with_logits(Z, Y, reduction="sum") / len(y)
    return 0.5 * torch.nn.functional.mse_loss(Z, Y, reduction="sum") / len(y)


def torch_grad(model):
    """All gradients in the order of theta."""
    pieces = []
    for module in model:
        if hasattr(module, "weight"):
            pieces += [module.weight.grad.numpy().T.ravel(), module.bias.grad.numpy()]
    return np.concatenate(pieces)


@pytest.mark.parametrize("loss, k", [
    (nn.SoftmaxCrossEntropy(), 3), (nn.SigmoidCrossEntropy(), 3), (nn.SigmoidCrossEntropy(), 1),
    (nn.MeanSquaredError(), 3), (nn.MeanSquaredError(), 1), (nn.SoftmaxCrossEntropy(0.1), 3),
])  # fmt: skip
@pytest.mark.parametrize("name", ACTIVATIONS)
def test_loss_and_gradient(torch, name, loss, k):
    names = [name, name]
    net = shaken(nn.mlp([5, 4, 6, k], names, loss=loss)).astype("float64")
    X, y = examples(n_classes=max(k, 2))
    model = torch_twin(torch, net, names)
    value = torch_loss(torch, loss, model(torch.tensor(X)), torch.tensor(y))
    value.backward()
    assert net.loss_and_grad(X, y) == pytest.approx(value.item(), abs=1e-12)
    assert np.allclose(net.grad, torch_grad(model), atol=1e-12)


def test_200_steps_of_gradient_descent(torch):
    names = ["tanh", "relu"]
    net = nn.mlp([2, 8, 8, 3], names, seed=3).astype("float64")
    X, y = nn.make_spirals(90, seed=0)
    X = X.astype("float64")
    model = torch_twin(torch, net, names)
    theirs, ours = torch.optim.SGD(model.parameters(), lr=0.3), nn.SGD(0.3)
    for _ in range(200):
        theirs.zero_grad()
        torch.nn.functional.cross_entropy(model(torch.tensor(X)), torch.tensor(y)).backward()
        theirs.step()
        net.loss_and_grad(X, y)
        ours.step(net.theta, net.grad)
    assert np.allclose(net.theta, torch_twin_theta(model), atol=1e-10)


def test_l2_is_torchs_weight_decay_on_the_matrices(torch):
    net = shaken(nn.mlp([5, 4, 3])).astype("float64")
    X, y = examples()
    model = torch_twin(torch, net, ["relu"])
    groups = [{"params": [p for p in model.parameters() if p.ndim == 2], "weight_decay": 0.2},
              {"params": [p for p in model.parameters() if p.ndim == 1]}]  # fmt: skip
    theirs = torch.optim.SGD(groups, lr=0.1)
    torch.nn.functional.cross_entropy(model(torch.tensor(X)), torch.tensor(y)).backward()
    theirs.step()
    net.loss_and_grad(X, y, l2=0.2)
    nn.SGD(0.1).step(net.theta, net.grad)
    assert np.allclose(net.theta, torch_twin_theta(model), atol=1e-12)


def torch_twin_theta(model):
    pieces = []
    for module in model:
        if hasattr(module, "weight"):
            pieces += [module.weight.detach().numpy().T.ravel(), module.bias.detach().numpy()]
    return np.concatenate(pieces)


def test_cosine_schedule(torch):
    parameter = torch.nn.Parameter(torch.zeros(1))
    theirs = torch.optim.lr_scheduler.CosineAnnealingLR(
        torch.optim.SGD([parameter], lr=1.0), T_max=10
    )
    for step in range(10):
        assert nn.cosine()(step / 10) == pytest.approx(theirs.get_last_lr()[0], abs=1e-12)
        theirs.optimizer.step()
        theirs.step()


# ---------------------------------------------------------------- scikit-learn


def test_predictions_and_loss_against_scikit_learn():
    """Trained there, carried over: the same probabilities, the same cost, a gradient near zero."""
    neural_network = pytest.importorskip(
        "sklearn.neural_network", reason="scikit-learn is not installed"
    )
    X, y = nn.make_spirals(120, classes=3, seed=0)
    X = X.astype("float64")
    alpha = 0.5
    theirs = neural_network.MLPClassifier(
        (12,),
        activation="tanh",
        solver="lbfgs",
        alpha=alpha,
        max_iter=5000,
        tol=1e-9,
        random_state=0,
    ).fit(X, y)
    net = nn.mlp([2, 12, 3], activation="tanh").astype("float64")
    for layer, W, b in zip(net.layers[::2], theirs.coefs_, theirs.intercepts_, strict=True):
        layer.params["W"][...], layer.params["b"][...] = W, b
    assert np.allclose(net.predict_proba(X), theirs.predict_proba(X), atol=1e-12)
    assert np.array_equal(net.predict(X), theirs.predict(X))
    assert net.score(X, y) == theirs.score(X, y)
    # scikit-learn divides its penalty by N as well: alpha / N there is l2 here
    assert net.loss_and_grad(X, y, l2=alpha / len(y)) == pytest.approx(theirs.loss_, rel=1e-9)
    assert np.abs(net.grad).max() < 1e-3, "their minimum is ours"


def test_log_loss_against_scikit_learn():
    metrics = pytest.importorskip("sklearn.metrics", reason="scikit-learn is not installed")
    net, (X, y) = shaken(nn.mlp([5, 4, 3])).astype("float64"), examples()
    assert net.loss(X, y) == pytest.approx(metrics.log_loss(y, net.predict_proba(X)), abs=1e-12)
