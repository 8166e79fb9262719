"""Everyday slips at every door: a sentence that says what was expected, and no word of Python's own."""

import numpy as np
import pytest

import nnhelpers as nn

X = np.random.default_rng(0).normal(size=(6, 3)).astype("float32")
Y = np.arange(6) % 2
NET, OPTIMIZER = nn.mlp([3, 4, 2]), nn.SGD(0.1)


def fit(**options):
    options = {
        "net": NET.copy(),
        "train": (X, Y),
        "optimizer": nn.SGD(0.1),
        "progress": False,
        **options,
    }
    return nn.fit(**options)


# What is called -> a part of the sentence.
SLIPS = {
    "net(X)": (lambda: NET(X), r"net.predict\(X\)"),
    "sizes None": (lambda: nn.mlp(None), r"Try nn.mlp\(\[784, 10\]\)"),
    "sizes text": (lambda: nn.mlp("784"), "list of sizes, got '784'"),
    "sizes floats": (lambda: nn.mlp([3.0, 2.0]), "two positive integers"),
    "seed text": (lambda: nn.mlp([3, 2], seed="0"), "expected seed as an integer"),
    "seed float": (lambda: nn.make_moons(6, seed=1.5), "expected seed as an integer"),
    "seed below 0": (lambda: fit(seed=-1), "expected seed as an integer of at least 0"),
    "Dense None": (lambda: nn.Dense(3, None), "two positive integers"),
    "Dense True": (lambda: nn.Dense(True, 2), "two positive integers"),
    "Dropout None": (lambda: nn.Dropout(None), "expected p from 0"),
    "Dropout text": (lambda: nn.mlp([3, 4, 2], dropout="0.5"), "expected p from 0"),
    "BatchNorm list": (lambda: nn.BatchNorm([3]), "positive number of units"),
    "slope text": (lambda: nn.LeakyReLU("a"), "slope between 0 and 1"),
    "smoothing text": (lambda: nn.SoftmaxCrossEntropy("a"), "smoothing from 0"),
    "rate text": (lambda: nn.SGD("0.1"), "learning rate above 0"),
    "rate list": (lambda: nn.Adam([0.1]), "learning rate above 0"),
    "beta None": (lambda: nn.Momentum(0.1, None), "expected beta from 0"),
    "step of lists": (lambda: OPTIMIZER.step([1.0], [1.0]), "theta and grad as arrays"),
    "one_hot of None": (lambda: nn.one_hot(None, 2), "expected numbers"),
    "one_hot, classes text": (lambda: nn.one_hot([0], "2"), "number of classes"),
    "fit(net, X, y)": (lambda: fit(train=X, valid=Y), r"pair \(X, y\)"),
    "fit, no pair": (lambda: fit(train=None), r"pair \(X, y\)"),
    "fit, a class for a network": (lambda: fit(net=nn.Network), "expected a network first"),
    "fit, optimizer's class": (lambda: fit(optimizer=nn.Adam), r"brackets after it, nn.Adam\(...\)"),
    "fit, optimizer's name": (lambda: fit(optimizer="adam"), "expected an optimizer"),
    "epochs text": (lambda: fit(epochs="3"), "epochs as an integer"),
    "epochs float": (lambda: fit(epochs=2.0), "epochs as an integer"),
    "batch float": (lambda: fit(batch_size=2.5), "batch_size as an integer"),
    "l2 text": (lambda: fit(l2="a"), "l2 as a number"),
    "l2 below 0": (lambda: NET.loss(X, Y, -1), "l2 as a number of at least 0"),
    "valid without y": (lambda: fit(valid=X), r"expected valid as a pair"),
    "after_step class": (lambda: fit(after_step=[nn.MaxNorm]), r"after it, MaxNorm\(...\)"),
    "augment class": (lambda: fit(augment=nn.Shifts), r"after it, Shifts\(...\)"),
    "augment name": (lambda: fit(augment="shifts"), "can be called"),
    "schedule name": (lambda: fit(schedule="cosine"), "schedule as a function"),
    "check, no network": (lambda: nn.gradient_check(X, Y, NET), "expected a network first, .*shape"),
    "check, method None": (lambda: nn.gradient_check(NET, X, Y, method=None), "unknown method None"),
    "check, no labels": (lambda: nn.gradient_check(NET, X, None), "expected numbers, got a .*NoneType"),
    "dtype None": (lambda: NET.astype(None), "dtype of floating-point numbers"),
    "dtype int": (lambda: NET.astype(int), "dtype of floating-point numbers"),
    "dtype unknown": (lambda: NET.astype("flot32"), "got 'flot32'"),
    "backend unknown": (lambda: NET.to("gpu"), "unknown backend 'gpu'"),
    "score(y, X)": (lambda: NET.score(Y, X), r"labels y of shape \(N,\)"),
    "one image": (lambda: NET.predict(X[0]), r"try X\[None, :\]"),
    "warmup text": (lambda: nn.warmup("a"), "share between 0 and 1"),
    "one_cycle None": (lambda: nn.one_cycle(None), "rise between 0 and 1"),
    "moons text": (lambda: nn.make_moons("5"), "at least 2 classes"),
    "noise text": (lambda: nn.make_moons(5, "a"), "noise of at least 0"),
    "no network": (lambda: nn.evaluate(None, X, Y), "expected a network first"),
}  # fmt: skip


@pytest.mark.parametrize("slip", SLIPS)
def test_a_slip_gets_a_sentence(slip):
    call, message = SLIPS[slip]
    before = NET.theta.copy()
    with pytest.raises((ValueError, TypeError), match=message):
        call()
    assert np.array_equal(NET.theta, before), "nothing was done"


WELCOME = {
    "sizes": lambda: nn.mlp(np.array([3, 4, 2])), "a tuple": lambda: nn.mlp((3, 4, 2)),
    "integers": lambda: nn.Dense(np.int64(3), np.int32(2)), "a rate": lambda: nn.SGD(np.float32(0.1)),
    "a seed": lambda: nn.mlp([3, 2], seed=np.int64(3)), "no seed": lambda: nn.mlp([3, 2], seed=None),
    "settings": lambda: fit(epochs=np.int64(1), batch_size=np.int32(2), l2=np.float32(0.1), seed=None),
    "labels": lambda: NET.score(X.tolist(), Y.tolist()), "points": lambda: nn.make_moons(np.int16(5)),
    "one mark": lambda: nn.step_decay(at=0.5)(0.6), "lists": lambda: nn.relative_error([1, 2], [1, 2]),
    "a dropout": lambda: nn.mlp([3, 4, 2], dropout=np.float64(0.5)),
}  # fmt: skip


@pytest.mark.parametrize("name", WELCOME)
def test_numbers_of_numpy_and_lists_are_welcome(name):
    assert WELCOME[name]() is not None
