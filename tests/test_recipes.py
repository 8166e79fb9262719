"""The rungs of the ladder, and the trainings that they stand for."""

import json

import numpy as np
import pytest

import nnhelpers as nn
from nnhelpers.studies import recipes
from nnhelpers.studies.ladder import checkpoint_path


def test_each_rung_builds_on_an_earlier_one_and_can_be_built(monkeypatch):
    def small_mlp(sizes, **options):  # some rungs would take a gigabyte
        return nn.mlp([min(size, 16) for size in sizes], **options)

    monkeypatch.setattr(recipes, "mlp", small_mlp)
    seen = []
    for name, rung in recipes.RUNGS.items():
        assert rung.after is None or rung.after in seen, name
        seen.append(name)
        assert rung.adds and len(rung.adds) <= 40 and rung.machine in ("any", "gpu")
        settings = recipes.settings_of(name)
        assert set(settings) == set(recipes.DEFAULTS)
        recipes.build(settings, 0)
        assert json.loads(json.dumps(settings)) == settings, "it can be written and compared"
        if rung.after:
            before = recipes.settings_of(rung.after)
            changed = {key for key in settings if settings[key] != before[key]}
            assert changed == set(rung.changes), name
    recipes.settings_of("plain")["lr"] = 7
    assert recipes.settings_of("plain")["lr"] != 7, "settings are copies"


def test_changes_are_read_as_python_or_json_writes_them():
    text = "batch_norm=False schedule=None max_norm=null lr=0.1 sizes=[784,10] optimizer=Adam"
    changes = recipes.changes_from(text)
    assert changes == {"batch_norm": False, "schedule": None, "max_norm": None, "lr": 0.1,
                       "sizes": [784, 10], "optimizer": "Adam"}  # fmt: skip
    net, _, options = recipes.build(recipes.settings_of("batch_norm", changes), 0)
    assert "BatchNorm" not in repr(net) and options["schedule"] is None
    assert recipes.changes_from("batch_norm=True") == recipes.changes_from("batch_norm=true")


def test_a_rung_becomes_a_training():
    changes = {"sizes": [784, 8, 10], "batch_norm": True, "dropout": 0.5, "input_dropout": 0.2,
               "smoothing": 0.1, "l2": 0.001, "max_norm": 2.0, "average": 0.9, "optimizer": "Adam",
               "schedule": "one_cycle", "augment": {"Shifts": {"pixels": 1}}}  # fmt: skip
    net, optimizer, options = recipes.build(recipes.settings_of("plain", changes), 3)
    assert repr(net) == (
        "Network([Dropout(0.2), Dense(784, 8), BatchNorm(8), ReLU(), Dropout(0.5), Dense(8, 10)], "
        "loss=SoftmaxCrossEntropy(smoothing=0.1))"
    )
    assert repr(optimizer) == "Adam(lr=0.04)" and repr(options["augment"]) == "Shifts(1)"
    assert repr(options["after_step"]) == "[MaxNorm(2), WeightAverage(0.9)]"
    assert options["l2"] == 0.001 and options["seed"] == 3 and callable(options["schedule"])
    twin = nn.mlp([784, 8, 10], dropout=0.5, batch_norm=True, seed=3)
    assert np.array_equal(net.theta, twin.theta), "dropout of the pixels changes no initial weight"


def test_augmentations_in_turn(rng, tmp_path):
    asked = {"Noise": {"std": 0.1}, "Adversarial": {"amount": 0.1}}
    net, _, options = recipes.build(recipes.settings_of("tiny", {"augment": asked}), seed=0)
    X = rng.random((20, 784), "float32")
    noisy = nn.Noise(0.1)(X, np.random.default_rng(3))
    seen = options["augment"](X, np.random.default_rng(3))
    assert np.array_equal(seen, nn.Adversarial(net, 0.1)(noisy, None))
    assert repr(options["augment"]) == "InTurn(Noise(0.1), Adversarial(0.1, share=0.5))"
    in_another_order = dict(reversed(asked.items()))
    one, other = (checkpoint_path(tmp_path, recipes.settings_of("tiny", {"augment": a}), 0)
                  for a in (asked, in_another_order))  # fmt: skip
    assert one != other, "the order is part of the recipe"
    for wrong in ((), (nn.Noise(0.1), 3)):
        with pytest.raises(TypeError, match="expected functions of"):
            nn.InTurn(*wrong)
