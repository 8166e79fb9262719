"""The hyperparameters: what each can be, and where it arrives."""

import math

import numpy as np
import pytest

import nnhelpers as nn
from nnhelpers.studies import space as spaces


@pytest.fixture(scope="module")
def spirals():
    return nn.make_spirals(150, seed=0), nn.make_spirals(90, seed=1)


def test_the_default_network(xp):
    X, y = nn.make_spirals(30, classes=3, seed=0)
    net, options = nn.build_from({}, (xp.asarray(X), xp.asarray(y)))
    assert net.sizes == [2, 128, 3]
    assert (options["optimizer"].lr, options["batch_size"], options["l2"]) == (1e-3, 128, 0)


def test_every_hyperparameter_arrives(spirals):
    settings = {"hidden": 5, "depth": 2, "activation": "tanh", "dropout": 0.25, "batch_norm": True,
                "optimizer": "momentum", "lr": 0.5, "l2": 0.01, "batch_size": 7}  # fmt: skip
    assert set(settings) == set(spaces.HYPERPARAMETERS)
    net, options = nn.build_from(settings, spirals[0])
    assert [repr(layer) for layer in net.layers] == [
        "Dense(2, 5)", "BatchNorm(5)", "Tanh()", "Dropout(0.25)",
        "Dense(5, 5)", "BatchNorm(5)", "Tanh()", "Dropout(0.25)", "Dense(5, 3)",
    ]  # fmt: skip
    assert repr(options.pop("optimizer")) == "Momentum(lr=0.5)"
    assert options == {"l2": 0.01, "batch_size": 7}
    assert nn.build_from({"depth": 0}, spirals[0])[0].sizes == [2, 3]


@pytest.mark.parametrize("space, complaint", [
    ({"learning_rate": 0.1}, "unknown hyperparameter 'learning_rate': expected one of"),
    ({"batchsize": [32]}, "Did you mean 'batch_size'"),
    ({"hidden": []}, "hidden: expected at least one choice"),
    ({"lr": (1.0, 0.1)}, "lr: expected a range .* with low <= high, got"),
    ({"l2": (0, 0.1, "log")}, "l2: expected low above 0 on a logarithmic scale.*Try"),
    ({"hidden": (32, 64, 128)}, r"hidden: expected a range.*Put choices into a list: \[32, 64"),
    ({"lr": (0.1, 0.2, "linear")}, "lr: expected a range"),
    ({"activation": ("relu", "tanh")}, r"activation: .*into a list: \['relu', 'tanh'\]"),
    ({"activation": ["relu", "softplus"]}, "activation: expected one of .*got 'softplus'"),
    ({"optimizer": "lbfgs"}, "optimizer: expected one of .*adam"),
    ({"hidden": [32, 0]}, "hidden: expected an integer of at least 1, got 0"),
    ({"hidden": (16.0, 64.0)}, "hidden: expected an integer of at least 1, got 16.0"),
    ({"dropout": (0.0, 1.0)}, "dropout: expected a number from 0 up to 1"),
    ({"lr": [0.1, math.nan]}, "lr: expected a number above 0, got nan"),
    ({"lr": True}, "lr: expected a number above 0, got True"),
    ({"batch_norm": [0, 1]}, "batch_norm: expected True or False, got 0"),
    ({"batch_size": None}, "batch_size: expected an integer"),
])  # fmt: skip
def test_bad_spaces(space, complaint, spirals):
    with pytest.raises(ValueError, match=complaint):
        nn.tune(space, *spirals, n_trials=1, progress=False)


def test_numpy_numbers_are_numbers(spirals):
    space = {"lr": (np.float64(0.1), np.float32(0.2)), "hidden": [np.int64(4)],
             "batch_norm": np.False_}  # fmt: skip
    study = nn.tune(space, *spirals, n_trials=1, epochs=1, seed=np.int64(2), progress=False)
    assert study.best_params["hidden"] == 4
