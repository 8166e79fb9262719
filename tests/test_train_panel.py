"""The training panel's Python half: which settings act at once, and which wait for Reset."""

import json
import sys

import numpy as np
import pytest
from pages import Page, wait_for

import nnhelpers as nn
from nnhelpers.widgets import train_panel
from nnhelpers.widgets.training_widget import parse_hidden

module = sys.modules["nnhelpers.widgets.train_panel"]  # the package has a function of its name

DATA = nn.make_moons(80, noise=0.2, seed=0)
VALID = nn.make_moons(40, noise=0.2, seed=1)


@pytest.fixture
def panel():
    made = []

    def make(net=(2, 8, 1), data=DATA, valid=VALID, **settings):
        net = list(net) if isinstance(net, tuple) else net
        made.append(train_panel(net, data, valid, **{"batch_size": 16, "epochs": 4, **settings}))
        return made[-1]

    yield make
    for one in made:
        one.close()


def test_it_trains_a_copy_and_gives_copies(panel):
    given = nn.mlp([2, 8, 1])
    first = given.theta.copy()
    live = panel(given)
    live.step(3)
    assert np.array_equal(given.theta, first)
    net = live.net
    assert not np.array_equal(net.theta, first)
    net.theta[...] = 0
    assert live.net.theta.any()


def test_the_same_as_fit_with_the_same_settings(panel):
    live = panel((2, 8, 1), lr=0.01, optimizer="Adam", l2=0.001, seed=3)
    live.train()
    wait_for(lambda: live.state == "finished")
    net = nn.mlp([2, 8, 1], seed=3)
    history = nn.fit(net, DATA, VALID, optimizer=nn.Adam(0.01), epochs=4, batch_size=16, l2=0.001,
                     seed=3, progress=False)  # fmt: skip
    assert np.array_equal(live.net.theta, net.theta)
    assert live.history.batch_loss == history.batch_loss


@pytest.mark.parametrize("name, kind, rates", [
    ("SGD", nn.SGD, {}), ("Momentum", nn.Momentum, {"beta": 0.8}),
    ("RMSprop", nn.RMSprop, {"beta": 0.9}), ("Adam", nn.Adam, {"beta1": 0.8, "beta2": 0.999}),
])  # fmt: skip
def test_every_optimizer_with_its_betas(panel, name, kind, rates):
    live = panel(optimizer="SGD" if name == "Adam" else "Adam")
    live.set_value("beta1", 0.8)
    live.set_value("optimizer", name)
    optimizer = live.trainer.optimizer
    assert type(optimizer) is kind
    assert {key: getattr(optimizer, key) for key in rates} == rates
    unused = {"SGD": {"beta1", "beta2"}, "Momentum": {"beta2"}, "RMSprop": {"beta1"}}
    assert live._disabled == unused.get(name, set())


def test_before_the_first_step_everything_takes_effect_at_once(panel):
    live = panel()
    page = Page(live)
    for name, value in {"hidden": "4, 3", "activation": "tanh", "batch_size": 8, "seed": 2}.items():
        live.set_value(name, value)
    assert live.net.sizes == [2, 4, 3, 1] and live.trainer.batch_size == 8
    assert np.array_equal(live.net.theta, nn.mlp([2, 4, 3, 1], "tanh", seed=2).theta)
    progress = page.last("progress")
    assert progress["waiting"] == [] and progress["network"] == "2-4-3-1, 31 parameters"
    before = live.net
    live.set_value("scale", 10)
    for mine, usual in zip(live.net.weights, before.weights, strict=True):
        assert np.allclose(mine, 10 * usual)


def test_in_mid_run_a_new_network_waits_for_reset(panel):
    live = panel(epochs=1000)
    page = Page(live)
    live.step(2)
    live.set_value("activation", "sigmoid")
    live.set_value("scale", 0.01)
    assert page.last("progress")["waiting"] == ["activation", "initial scale"]
    assert isinstance(live.net.layers[1], nn.ReLU)
    live.set_value("scale", 1)
    assert page.last("progress")["waiting"] == ["activation"], "what is set back waits no more"
    live.train()
    live.reset()
    assert live.state == "ready" and isinstance(live.net.layers[1], nn.Sigmoid)
    assert page.last("progress")["waiting"] == []


def test_live_settings_act_in_mid_run_and_are_marked(panel):
    live = panel()
    page = Page(live)
    live.step(2)
    live.set_value("lr", 0.1)
    live.set_value("l2", 0.01)
    live.step(3)
    live.set_value("dropout", 0.25)
    assert live.trainer.optimizer.lr == 0.1 and live.trainer.l2 == 0.01
    assert "Dropout(0.25)" in repr(live.net)
    expected = [(2, "lr", 0.1), (2, "l2", 0.01), (5, "dropout", 0.25)]
    assert page.last("progress")["changes"] == expected == live.history.changes
    live.reset()
    assert live.trainer.optimizer.lr == 0.1 and "Dropout(0.25)" in repr(live.net)
    assert page.last("progress")["changes"] == []


def test_reset_of_a_given_network_gives_its_own_weights_again(panel):
    given = nn.mlp([2, 8, 1], seed=77)
    given.theta[...] *= 2
    live = panel(given)
    live.step(2)
    live.reset()
    assert np.array_equal(live.net.theta, given.theta)
    live.set_value("hidden", "5")
    live.set_value("hidden", "8")
    assert np.array_equal(live.net.theta, given.theta)


def test_a_network_that_mlp_would_not_build_keeps_its_layers(panel):
    given = nn.Network([nn.Dropout(0.1), nn.Dense(2, 4), nn.Tanh(), nn.Dense(4, 3), nn.ReLU(),
                        nn.Dense(3, 2)], nn.SoftmaxCrossEntropy())  # fmt: skip
    live = panel(given)
    page = Page(live)
    assert "not one that mlp(...) builds" in page.last("message")["text"]
    assert {"activation", "hidden", "scale"} <= live._disabled
    live.set_value("seed", 4)
    assert repr(live.net) == repr(given) and np.array_equal(live.net.theta, given.theta)


def test_batch_norm_loss_and_dtype_stay_when_the_network_is_rebuilt(panel):
    loss = nn.SoftmaxCrossEntropy(0.1)
    live = panel(nn.mlp([2, 8, 2], batch_norm=True, loss=loss).astype("float64"))
    live.set_value("hidden", "6, 6")
    assert sum(isinstance(layer, nn.BatchNorm) for layer in live.net.layers) == 2
    assert live.net.theta.dtype == "float64"
    mine = live.net.loss_function
    assert mine.smoothing == 0.1 and mine is not live._given.loss_function
    live.step()
    assert live._given.loss_function.rows is None, "the next network begins with a loss of its own"


def test_a_setting_that_cannot_be_is_shown_and_taken_back(panel):
    live = panel(nn.mlp([2, 8, 1], batch_norm=True), nn.make_moons(81, 0.1, 0), batch_size=27)
    page = Page(live)
    assert "leave 1 for the last one" in page.set("batch_size", 16)["error"]
    assert live.values["batch_size"] == 27 and live.trainer.batch_size == 27
    live.step()
    assert live.state == "paused"


def test_mnist_with_its_own_validation_set(panel):
    data = nn.load_mnist()
    live = panel([784, 16, 10], data, None, batch_size=128)
    live.step(2)
    assert len(live.trainer.y) == 50_000 and len(live.trainer.valid[1]) == 10_000
    assert live.trainer.snapshot().valid_accuracy is not None


def test_training_pauses_when_nobody_looks(panel):
    live = panel(epochs=100_000)
    page = Page(live)
    live.train()
    page.say("gone")
    assert live.state == "paused"


def test_progress_is_plain_json_and_float32(panel):
    live = panel()
    page = Page(live)
    json.dumps(page.last("progress"), allow_nan=False)
    live.step(5)
    json.dumps(page.last("progress"), allow_nan=False)
    steps, costs = page.arrays("progress")[:2]
    assert steps.tolist() == [1, 2, 3, 4, 5]
    assert costs.tolist() == np.array(live.history.batch_loss, "float32").tolist()


def test_the_static_figure_is_of_a_real_run_and_leaves_the_panel_alone(panel):
    live = panel()
    assert live.png.startswith(b"\x89PNG")
    assert live.trainer.step_count == 0 and live.state == "ready"


@pytest.mark.parametrize("batch_norm", [False, True])
def test_the_static_figure_costs_little_whatever_the_settings_are(panel, monkeypatch, batch_norm):
    net = nn.mlp([2, 100, 100, 2], batch_norm=batch_norm)
    live = panel(net, nn.make_moons(501, 0.1, 0), nn.make_moons(400, 0.1, 1), batch_size=None)
    monkeypatch.setattr(module, "FIGURE_WORK", 8 * 300 * net.theta.size)
    trainer, steps = live._rehearsal()
    assert (trainer.batch_size, steps) == (50, 1) and len(trainer.valid[1]) == 200
    assert live.png.startswith(b"\x89PNG")
    live.set_value("batch_size", 16)
    trainer, steps = live._rehearsal()
    assert (trainer.batch_size, steps, len(trainer.y)) == (16, 3, 501), "what costs little stays"


def test_hidden_layers_as_text():
    texts = {"128, 64": [128, 64], "8": [8], "": [], "16 16": [16, 16], "3-2": [3, 2]}
    assert {text: parse_hidden(text) for text in texts} == texts
    for wrong in ("abc", "0", "5000", "1.5", "1," * 13, "²"):
        with pytest.raises(ValueError, match="expected up to 12 whole numbers from 1 to 4096"):
            parse_hidden(wrong)


@pytest.mark.parametrize("net, data, settings, message", [
    ([2, 8, 1], 5, {}, r"data as a pair \(X, y\) or with .train and .valid"),
    ([2, 8, 1], DATA, {"lr": 100}, "learning rate η: expected a number from 1e-05 to 10"),
    ([2, 8, 1], DATA, {"optimizer": "Newton"}, "optimizer: expected one of 'SGD'"),
    ([3, 8, 1], DATA, {}, "Dense"),
])  # fmt: skip
def test_wrong_arguments_are_named(net, data, settings, message):
    with pytest.raises(ValueError, match=message):
        train_panel(net, data, **settings)
