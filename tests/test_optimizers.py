"""Gradient descent and its schedules."""

import copy
import math
import pickle

import numpy as np
import pytest

import nnhelpers as nn


def test_sgd_is_the_formula(xp):
    theta, grad = xp.asarray([1.0, 2.0]), xp.asarray([10.0, -10.0])
    optimizer = nn.SGD(0.1)
    optimizer.step(theta, grad)
    assert nn.asnumpy(theta).tolist() == [0, 3]
    optimizer.step(theta, grad, scale=0.5)
    assert nn.asnumpy(theta).tolist() == [-0.5, 3.5]
    assert optimizer.t == 2 and nn.asnumpy(grad).tolist() == [10, -10]


@pytest.mark.parametrize("lr", [0, -0.1, math.nan, math.inf])
def test_impossible_learning_rates(lr):
    with pytest.raises(ValueError, match="learning rate above 0, got"):
        nn.SGD(lr)


def test_theta_and_grad_must_fit():
    with pytest.raises(ValueError, match=r"one shape, got \(2,\) and \(3,\)"):
        nn.SGD(0.1).step(np.zeros(2), np.zeros(3))


def test_step_decay():
    schedule = nn.step_decay(factor=0.1, at=(0.5, 0.75))
    assert [schedule(t) for t in (0, 0.49, 0.5, 0.75)] == pytest.approx([1, 1, 0.1, 0.01])


def test_cosine():
    schedule = nn.cosine(final=0.2)
    assert [schedule(t) for t in (0, 0.5, 1)] == pytest.approx([1, 0.6, 0.2])


def test_warmup():
    assert [nn.warmup(0.1)(t) for t in (0, 0.05, 0.1, 1)] == pytest.approx([0, 0.5, 1, 1])
    then = nn.warmup(0.1, then=nn.cosine())
    assert [then(t) for t in (0.05, 0.1, 0.55, 1)] == pytest.approx([0.5, 1, 0.5, 0])
    for share in (0, 1, 2):
        with pytest.raises(ValueError, match="share between 0 and 1"):
            nn.warmup(share)


def test_one_cycle():
    schedule = nn.one_cycle(rise=0.25, start=0.1, final=0.01)
    assert [schedule(t) for t in (0, 0.125, 0.25, 0.625, 1)] == pytest.approx(
        [0.1, 0.55, 1, 0.505, 0.01]
    )
    with pytest.raises(ValueError, match="rise between 0 and 1"):
        nn.one_cycle(rise=1)


# ---------------------------------------------------------------- momentum, RMSprop, Adam

OPTIMIZERS = {
    "Momentum": lambda: nn.Momentum(0.1, beta=0.8),
    "RMSprop": lambda: nn.RMSprop(0.01, beta=0.8),
    "Adam": lambda: nn.Adam(0.05, beta1=0.8, beta2=0.9),
}


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_first_two_steps_by_hand(name, xp):
    g1, g2, eps = np.array([3.0, -4.0]), np.array([1.0, 2.0]), 1e-8
    theta, optimizer = xp.asarray(np.zeros(2)), OPTIMIZERS[name]()
    for g in (g1, g2):
        optimizer.step(theta, xp.asarray(g))
    lr = optimizer.lr
    if name == "Momentum":
        v1 = 0.2 * g1
        right = -lr * (v1 + (0.8 * v1 + 0.2 * g2))
    elif name == "RMSprop":
        s1 = 0.2 * g1**2
        s2 = 0.8 * s1 + 0.2 * g2**2
        right = -lr * (g1 / (np.sqrt(s1) + eps) + g2 / (np.sqrt(s2) + eps))
    else:
        m2, s2 = 0.8 * 0.2 * g1 + 0.2 * g2, 0.9 * 0.1 * g1**2 + 0.1 * g2**2
        first = g1 / (
            np.abs(g1) + eps
        )  # the correction makes the first averages the gradient itself
        right = -lr * (first + m2 / (1 - 0.8**2) / (np.sqrt(s2 / (1 - 0.9**2)) + eps))
    assert np.allclose(nn.asnumpy(theta), right, atol=1e-14)


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_types_are_kept_and_the_gradient_is_left_alone(name):
    theta, grad = np.ones(3, "float32"), np.full(3, 0.5, "float32")
    optimizer = OPTIMIZERS[name]()
    for _ in range(3):
        optimizer.step(theta, grad)
    assert theta.dtype == np.float32 and (grad == 0.5).all() and optimizer.t == 3
    assert all(average.dtype == np.float32 for average in optimizer.state.values())


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_200_steps_like_pytorchs(name, torch):
    net = nn.mlp([2, 8, 8, 3], "tanh", seed=3).astype("float64")
    X, y = nn.make_spirals(90, seed=0)
    theirs_theta = torch.nn.Parameter(torch.tensor(net.theta.copy()))
    theirs = {
        # PyTorch's momentum leaves out the factor 1 - beta: the learning rate takes it over
        "Momentum": lambda: torch.optim.SGD([theirs_theta], lr=0.1 * 0.2, momentum=0.8),
        "RMSprop": lambda: torch.optim.RMSprop([theirs_theta], lr=0.01, alpha=0.8),
        "Adam": lambda: torch.optim.Adam([theirs_theta], lr=0.05, betas=(0.8, 0.9)),
    }[name]()
    ours, twin = OPTIMIZERS[name](), net.copy()
    for _ in range(200):
        net.loss_and_grad(X, y)
        ours.step(net.theta, net.grad)
        twin.theta[...] = theirs_theta.detach().numpy()
        twin.loss_and_grad(X, y)
        theirs_theta.grad = torch.tensor(twin.grad.copy())
        theirs.step()
    assert np.abs(net.theta - theirs_theta.detach().numpy()).max() < 1e-8
    assert net.loss(X, y) < 0.9


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_one_step_is_taken_alike_on_every_backend(name, backend):
    net = nn.mlp([2, 8, 3]).astype("float64")
    X, y = nn.make_spirals(90, seed=0)
    there, ours, theirs = net.to(backend), OPTIMIZERS[name](), OPTIMIZERS[name]()
    xp = nn.get_array_module(there.theta)
    for _ in range(5):
        net.loss_and_grad(X, y)
        ours.step(net.theta, net.grad)
        there.loss_and_grad(xp.asarray(X), xp.asarray(y))
        theirs.step(there.theta, there.grad)
    assert np.allclose(nn.asnumpy(there.theta), net.theta, atol=1e-10)


@pytest.mark.parametrize(
    "other",
    [np.zeros(3, "float32"), np.zeros(4, "float32"), np.zeros(3), np.zeros((3, 1), "float32")],
)
@pytest.mark.parametrize("name", OPTIMIZERS)
def test_an_optimizer_belongs_to_one_network(name, other):
    theta, optimizer = np.ones(3, "float32"), OPTIMIZERS[name]()
    optimizer.step(theta, theta.copy())
    before = other.copy()
    with pytest.raises(ValueError, match=rf"{name}\(lr=.*remembers . of 3 parameters in float32, got "
                       "theta (with|of another network).*: make a new optimizer"):  # fmt: skip
        optimizer.step(other, np.ones_like(other))
    assert np.array_equal(other, before), "not even a part of it has moved"
    theta = theta.copy()  # the one from before is gone: this is another, of the same shape
    with pytest.raises(ValueError, match="of another network"):
        optimizer.step(theta, theta.copy())
    copy.deepcopy(optimizer).step(theta, theta.copy())


@pytest.mark.parametrize("number", [np.float64, np.float32, int])
@pytest.mark.parametrize("name", ["SGD", *OPTIMIZERS])
def test_the_kind_of_number_of_lr_and_scale_changes_nothing(name, number):
    """A float64 of NumPy's would draw the update of float32 arrays into float64."""
    seen, results = [], []
    for kind in (float, number):
        optimizer, theta = getattr(nn, name)(0.1), np.ones(3, "float32")
        update = optimizer.update
        optimizer.update = lambda *args, update=update: (seen.append(args[2]), update(*args))
        optimizer.lr = kind(2)  # as a search sets it: for opt.lr in np.logspace(...)
        optimizer.step(theta, np.full(3, 0.7, "float32"), scale=kind(1))
        results.append(theta)
    assert np.array_equal(*results) and [type(lr) for lr in seen] == [float, float]


@pytest.mark.parametrize("twin_of", [
    copy.copy, copy.deepcopy, lambda optimizer: pickle.loads(pickle.dumps(optimizer)),
], ids=["copy", "deepcopy", "pickle"])  # fmt: skip
@pytest.mark.parametrize("name", OPTIMIZERS)
def test_python_copies_go_on_alike_and_share_nothing(name, twin_of):
    optimizer, theta, grad = OPTIMIZERS[name](), np.ones(3), np.array([1.0, -2.0, 3.0])
    optimizer.step(theta, grad)
    twin, its_theta = twin_of(optimizer), theta.copy()
    optimizer.step(theta, grad)
    twin.step(its_theta, grad)
    assert np.array_equal(theta, its_theta) and twin.t == optimizer.t == 2


def test_vectors_that_cannot_be_written_are_copied():
    """joblib gives large arrays to its processes as files that may be read only."""
    optimizer, theta = nn.Adam(0.1), np.ones(3)
    optimizer.step(theta, theta.copy())
    for vector in optimizer.state.values():
        vector.flags.writeable = False
    copy.copy(optimizer).step(theta, theta.copy())


@pytest.mark.parametrize("make, message", [
    (lambda: nn.Momentum(0.1, beta=1), "beta from 0 up to 1"),
    (lambda: nn.RMSprop(0.1, beta=-0.1), "beta from 0 up to 1"),
    (lambda: nn.RMSprop(0.1, eps=0), "eps above 0"),
    (lambda: nn.Adam(0.1, beta1=1.0), "beta1 from 0 up to 1"),
    (lambda: nn.Adam(0.1, beta2=2), "beta2 from 0 up to 1"),
    (lambda: nn.Adam(0.1, eps=math.nan), "eps above 0"),
])  # fmt: skip
def test_impossible_decay_rates(make, message):
    with pytest.raises(ValueError, match=message):
        make()


@pytest.mark.parametrize(
    "make",
    [lambda: nn.SGD(0.1), lambda: nn.Momentum(0.1), lambda: nn.RMSprop(0.1), lambda: nn.Adam(0.1)],
)
def test_piece_by_piece_gives_the_same_bits(make, monkeypatch):
    rng = np.random.default_rng(0)
    start, gradients = rng.normal(size=100), rng.normal(size=(5, 100))
    results = []
    for block in (1000, 7):
        monkeypatch.setattr(nn.backend, "BLOCK", block)
        optimizer, theta = make(), start.copy()
        for gradient in gradients:
            optimizer.step(theta, gradient)
        results.append(theta)
    assert (results[0] == results[1]).all() and not (results[0] == start).any()


@pytest.mark.parametrize("name", ["RMSprop", "Adam"])
def test_eps_is_added_to_the_corrected_root(name):
    """With an eps that is no trifle: inside the root, or before the correction, it would show."""
    g, eps = np.array([[3.0, -4.0], [1.0, 2.0], [-2.0, 0.5]]), 0.5
    theta, m, s = np.zeros(2), np.zeros(2), np.zeros(2)
    right = np.zeros(2)
    optimizer = getattr(nn, name)(0.1, eps=eps)
    for t, grad in enumerate(g, start=1):
        optimizer.step(theta, grad, scale=0.5)
        if name == "RMSprop":
            s = 0.9 * s + 0.1 * grad**2
            right -= 0.05 * grad / (np.sqrt(s) + eps)
        else:
            m, s = 0.9 * m + 0.1 * grad, 0.999 * s + 0.001 * grad**2
            right -= 0.05 * (m / (1 - 0.9**t)) / (np.sqrt(s / (1 - 0.999**t)) + eps)
    assert np.allclose(theta, right, rtol=1e-12)
    assert optimizer.t == 3


@pytest.mark.parametrize("lr", [-1, 0, math.nan, "0.1"])
def test_a_learning_rate_set_later_is_checked_too(lr):
    optimizer = nn.SGD(0.1)
    with pytest.raises(ValueError, match="expected a learning rate above 0"):
        optimizer.lr = lr
    assert optimizer.lr == 0.1
