"""What a call does that names no setting: the course's text, its figures and its files rely on it."""

import inspect

import pytest

import nnhelpers as nn
from nnhelpers import training

NONE = inspect.Parameter.empty
DEFAULTS = {
    nn.make_moons: {"n": 500, "noise": 0.1, "seed": 0},
    nn.make_spirals: {"n": 500, "classes": 3, "noise": 0.1, "seed": 0},
    nn.make_circles: {"n": 500, "noise": 0.1, "seed": 0},
    nn.make_xor: {"n": 500, "noise": 0.1, "seed": 0},
    nn.Dense: {"n_in": NONE, "n_out": NONE, "init": "he"},
    nn.Dropout: {"p": 0.5, "seed": 0},
    nn.BatchNorm: {"n": NONE, "decay": 0.9, "eps": 1e-5},
    nn.LeakyReLU: {"slope": 0.01},
    nn.SoftmaxCrossEntropy: {"smoothing": 0.0},
    nn.one_hot: {"y": NONE, "n_classes": NONE, "dtype": "float32"},
    nn.Network: {"layers": NONE, "loss": NONE, "seed": 0},
    nn.mlp: {"sizes": NONE, "activation": "relu", "dropout": 0.0, "batch_norm": False,
             "loss": None, "init": None, "seed": 0},
    nn.evaluate: {"net": NONE, "X": NONE, "y": NONE, "batch_size": 1000},
    nn.Network.forward: {"X": NONE, "training": False},
    nn.Network.loss: {"X": NONE, "y": NONE, "l2": 0.0},
    nn.Network.loss_and_grad: {"X": NONE, "y": NONE, "l2": 0.0},
    nn.gradient_check: {"net": NONE, "X": NONE, "y": NONE, "l2": 0.0, "method": "central"},
    nn.numerical_gradient: {"net": NONE, "X": NONE, "y": NONE, "l2": 0.0, "method": "central"},
    nn.SGD: {"lr": NONE},
    nn.Momentum: {"lr": NONE, "beta": 0.9},
    nn.RMSprop: {"lr": NONE, "beta": 0.9, "eps": 1e-8},
    nn.Adam: {"lr": NONE, "beta1": 0.9, "beta2": 0.999, "eps": 1e-8},
    nn.SGD.step: {"theta": NONE, "grad": NONE, "scale": 1.0},
    nn.step_decay: {"factor": 0.1, "at": (0.5, 0.75)},
    nn.cosine: {"final": 0.0},
    nn.warmup: {"share": 0.05, "then": None},
    nn.one_cycle: {"rise": 0.3, "start": 0.04, "final": 1e-4},
    nn.fit: {"net": NONE, "train": NONE, "valid": None, "optimizer": NONE, "epochs": 1,
             "batch_size": 128, "l2": 0.0, "seed": 0, "schedule": None, "augment": None,
             "after_step": (), "checkpoint": None, "resume": False, "progress": True},
    training.train_step: {"net": NONE, "optimizer": NONE, "X": NONE, "y": NONE, "rows": NONE,
                          "l2": 0.0, "scale": 1.0, "augment": None},
}  # fmt: skip


@pytest.mark.parametrize("call", DEFAULTS, ids=lambda call: call.__qualname__)
def test_defaults(call):
    # A class without an __init__ of its own takes its base's: inspect finds it.
    parameters = inspect.signature(call).parameters.items()
    assert {name: one.default for name, one in parameters if name != "self"} == DEFAULTS[call]


def test_a_training_history_begins_empty():
    history = nn.History()
    assert history.stopped is history.ended is history.batches is None and history.settings == {}
    lists = ("batch_loss", "batch_accuracy", "valid_loss", "valid_accuracy", "seconds")
    assert [getattr(history, name) for name in lists] == [[]] * 5
