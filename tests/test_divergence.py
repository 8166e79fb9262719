"""A divergence is blamed on what became infinite first, and each hint works."""

import re

import numpy as np
import pytest

import nnhelpers as nn

MOONS = nn.make_moons(300, noise=0.1, seed=0)
LARGE = (255 * MOONS.X, MOONS.y)


class NaNGradient(nn.Dense):
    def backward(self, dZ, input_gradient=True):
        dX = super().backward(dZ, input_gradient)
        self.grads["W"][0, 0] = np.nan
        return dX


def small(dtype="float32", **options):
    return nn.mlp([2, 16, 2], seed=0, **options).astype(dtype)


QUADRATIC = {"loss": nn.MeanSquaredError()}
# What is asked for -> what the message blames, and the same with the hint taken.
CASES = {
    "schedule": ({"schedule": lambda t: np.nan if t > 0.4 else 1.0},
                 "The schedule returned nan at progress 0.4", {"schedule": None}),
    "l2": ({"l2": 1e10}, r"l2=1e\+10: .*multiplies the weights .* Try l2=0.001", {"l2": 0.001}),
    "infinite l2": ({"l2": 1e38, "optimizer": nn.Adam(1e-3), "net": lambda: small(init=100.0)},
                    "Try l2=0.001", {"l2": 0.001, "optimizer": nn.Adam(1e-3)}),
    "initial weights": ({"net": lambda: small(init=1e30)},
                        r"from before any step: the inputs reach 2\.\d+, the weights .*e\+30",
                        {"net": small}),
    "inputs": ({"train": LARGE, "net": lambda: small(loss=nn.MeanSquaredError())},
               r"scale of the inputs, which reach 544.8.*train on X / 544.8",
               {"train": (LARGE[0] / 544, MOONS.y), "net": lambda: small(loss=nn.MeanSquaredError())}),
    "eps": ({"net": lambda: small("float16"), "optimizer": nn.Adam(0.01)},
            "eps=1e-08, which is 0 in float16", {"optimizer": nn.Adam(0.01)}),
    "rate in float16": ({"net": lambda: small("float16"), "optimizer": nn.SGD(1e6)},
                        r"lr=1e\+06, which is inf in float16", {}),
    "augmentation": ({"augment": lambda X, rng: X * np.nan}, "as augment returns them", {}),
    "own layer": ({"net": lambda: nn.Network([NaNGradient(2, 2)], nn.SoftmaxCrossEntropy())},
                  r"gradient of layers\.0\.W is not finite .*gradient_check", {}),
    "rate": ({"optimizer": nn.SGD(1e20)}, r"too high \(1e\+20\): try 0.1", {"optimizer": nn.SGD(0.1)}),
    "a slightly high rate": ({"optimizer": nn.SGD(5.0), "net": lambda: small(loss=nn.MeanSquaredError())},
                             r"too high \(5\): try 0.5", {"optimizer": nn.SGD(0.5)}),
}  # fmt: skip


def train(net=small, train=MOONS, optimizer=None, **options):
    optimizer = optimizer or nn.SGD(0.1)
    return nn.fit(
        net(), train, optimizer=optimizer, epochs=3, batch_size=50, progress=False, **options
    )


@pytest.mark.parametrize("name", CASES)
def test_the_cause_is_named_and_the_hint_works(name):
    asked, blamed, mended = CASES[name]
    history = train(**asked)
    assert history.ended == "diverged", history
    assert re.search(blamed, history.stopped), history.stopped
    assert ("learning rate that is too high" in history.stopped) == ("rate" in name.split()[-1:])
    assert train(**mended).stopped is None


def test_looking_for_the_cause_changes_nothing():
    net = nn.mlp([2, 8, 2], batch_norm=True)
    before = {name: value.copy() for name, value in net.layers[1].state.items()}
    train(net=lambda: net, optimizer=nn.SGD(1e30))
    assert all((net.layers[1].state[name] == value).all() for name, value in before.items())


@pytest.mark.parametrize("schedule, message", [
    (nn.cosine, r"makes schedules. Call it: nn.cosine\(\)"),
    (nn.step_decay, r"Call it: nn.step_decay\(\)"),
    ("cosine", r"such as nn.cosine\(\), got 'cosine'"),
    (0.5, "expected schedule as a function"),
    (lambda t: "1", "return a number, got '1' at progress 0"),
    (lambda t: None, "return a number, got None"),
])  # fmt: skip
def test_what_is_no_schedule(schedule, message):
    with pytest.raises(TypeError, match=message):
        train(schedule=schedule)
