"""The playground without a page: its sets, what its presets promise, its code, points of one's own."""

import base64

import numpy as np
import pytest
from pages import Page

import nnhelpers as nn
from nnhelpers import asnumpy
from nnhelpers.widgets import PRESETS, playground
from nnhelpers.widgets.playground_points import INPUTS, SETS
from nnhelpers.widgets.playground_presets import USUAL
from nnhelpers.widgets.playground_scene import GRID, as_bytes, responses

GUESSING = np.log(2)


@pytest.fixture
def make():
    made = []

    def make_one(*args, **settings):
        made.append(playground(*args, **settings))
        return made[-1]

    yield make_one
    for one in made:
        one.close()


# --- the sets ------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", [name for name in SETS if name != "own"])
def test_every_set_is_split_and_seen(make, name):
    one = make(set=name, n=200, test=0.3)
    (X, y), (test_X, test_y) = one.train_set, one.test_set
    assert X.shape == (140, 2) and test_X.shape == (60, 2)
    for labels in (y, test_y):
        assert abs(labels.mean() - 0.5) < 0.02, "both classes, and in both parts"
    low, high = (np.array([one._axis_x[k], one._axis_y[-1 - k]]) for k in (0, -1))
    assert ((low < X) & (X < high)).all(axis=1).mean() > 0.98, "the map shows them"
    one.step(300)
    assert one.trainer.snapshot().cost < GUESSING
    one.set_value("data_seed", 1)
    assert not np.array_equal(X, one.train_set[0]), "another draw is another set"
    one.set_value("data_seed", 0)
    assert np.array_equal(X, one.train_set[0])


@pytest.mark.parametrize("inputs", INPUTS)
def test_inputs_are_what_they_are_called(make, inputs):
    one = make(inputs=inputs)
    names = inputs.split(", ")
    x1, x2 = 0.5, -2.0
    expected = {"x1": x1, "x2": x2, "x1x2": x1 * x2, "x1²": x1**2, "x2²": x2**2,
                "sin 3x1": np.sin(1.5), "sin 3x2": np.sin(-6)}  # fmt: skip
    got = one.inputs([[x1, x2]])
    assert got.shape == (1, len(names)) == (1, one.net.sizes[0]) and got.dtype == np.float32
    assert got[0] == pytest.approx([expected[name] for name in names], rel=1e-6)


# --- what the presets promise --------------------------------------------------------------------


def cost(one):
    return nn.network.evaluate(one.net, one.inputs(one.train_set[0]), one.train_set[1])[0]


def accuracy(one):
    return one.net.score(one.inputs(one.train_set[0]), one.train_set[1])


def cost_on_test(one):
    return nn.network.evaluate(one.net, one.inputs(one.test_set[0]), one.test_set[1])[0]


def last_costs(one, n=200):
    return np.array(one.history.batch_loss[-n:])


def is_straight(one):
    """Whether the first layer's borders are straight: no second difference."""
    Z = responses(one.net, one._plane)[1][0].reshape(GRID, GRID, -1)
    return np.abs(np.diff(Z, 2, axis=0)).max() < 1e-4 * np.abs(Z).max()


def first_layer_moved(one):
    return np.abs(one.net.weights[0] - one._first_net().weights[0]).max()


def second_layer_is_silent(one):
    return (responses(one.net, one.inputs(one.train_set[0]))[2][1] == 0).all()


# What each preset says will be seen: settings to change, steps to do, what is to be seen then.
STORIES = {
    "first steps": [({}, 500, lambda one: accuracy(one) > 0.95 and is_straight(one))],
    "one line is not enough": [
        ({}, 500, lambda one: accuracy(one) < 0.65),
        ({"hidden": "4"}, 1500, lambda one: accuracy(one) > 0.9)],
    "a product as input": [
        ({}, 500, lambda one: accuracy(one) > 0.97),
        ({"inputs": "x1, x2"}, 500, lambda one: accuracy(one) < 0.7)],
    "sigmoid gives up": [
        ({}, 2000, lambda one: 0.69 < cost(one) < 0.70 and first_layer_moved(one) < 0.05),
        ({"activation": "tanh"}, 500, lambda one: cost(one) < 0.1)],
    "all weights zero": [
        ({}, 300, lambda one: not any(map(np.any, one.net.weights))
         and abs(cost(one) - GUESSING) < 1e-3),
        ({"init": "rule", "scale": 0.01}, 1000, lambda one: cost(one) < 0.2)],
    "too high a learning rate": [
        ({}, 300, lambda one: max(last_costs(one, 300)) > 2 * GUESSING < 2 * cost(one)
         and second_layer_is_silent(one)),
        ({"lr": 0.3, "reset": True}, 500, lambda one: cost(one) < 0.1)],
    "overfit and rescue": [
        ({}, 1000, lambda one: sum(W.size for W in one.net.weights) > 1000
         and len(one.train_set[1]) == 60 and cost(one) < 0.02 and cost_on_test(one) > 1),
        ({"l2": 0.01}, 1000, lambda one: cost_on_test(one) < 0.6 and one.values["preset"] == ""
         and one.trainer.snapshot().changes == [(1000, "l2", 0.01)])],
    "batch norm rescues a high rate": [
        ({}, 500, lambda one: cost(one) > 0.69),
        ({"batch_norm": True}, 500, lambda one: cost(one) < 0.25)],
}  # fmt: skip


@pytest.mark.parametrize("name", PRESETS)
def test_every_preset_is_a_setting_of_the_controls_and_trains(make, name):
    one = make(name)
    assert one.values["preset"] == name and one.state == "ready"
    assert {key: one.values[key] for key in USUAL} == PRESETS[name].values
    before = one.net.theta.copy()
    one.step(5)
    assert one.state == "paused" and one.trainer.step_count == 5
    assert name == "all weights zero" or not np.array_equal(before, one.net.theta)


def test_presets_are_there_for_every_notebook_that_has_one():
    notebooks = {preset.notebook for preset in PRESETS.values()}
    assert (
        {"01", "03", "04", "05", "07", "08", "09"} <= notebooks <= {f"{i:02}" for i in range(1, 13)}
    )


@pytest.mark.parametrize("name", STORIES)
def test_a_preset_shows_what_it_says(make, name):
    one = make(name)
    for stage, (settings, steps, seen) in enumerate(STORIES[name], start=1):
        for setting, value in settings.items():
            if setting == "reset":
                one.reset()
            else:
                one.set_value(setting, value)
        one.step(steps)
        assert seen(one), f"stage {stage}: cost {cost(one)}, accuracy {accuracy(one)}"


def test_small_batches_are_noisy(make):
    one, trembling = make("small batches are noisy"), {}
    for batch_size in (4, 32, 0):
        one.set_value("batch_size", batch_size)
        one.step(1500)
        trembling[batch_size] = last_costs(one).std()
        assert cost(one) < 0.15
    assert trembling[4] > 2 * trembling[32] > 10 * trembling[0]


def test_l2_smooths_and_dropout_trembles(make):
    plain, smooth, dropped = map(make, ("overfit and rescue", "λ smooths", "dropout"))
    for one in (plain, smooth, dropped):
        one.step(1000)
    sizes = [sum(float((W * W).sum()) for W in one.net.weights) for one in (smooth, plain)]
    assert sizes[0] < sizes[1] / 10, "thin lines"
    assert max(cost_on_test(smooth), cost_on_test(dropped)) < cost_on_test(plain) / 2
    assert last_costs(dropped).std() > 5 * last_costs(plain).std()
    before = cost(dropped)
    dropped.set_value("dropout", 0.0)
    assert "Dropout" not in repr(dropped.net)
    dropped.step(500)
    assert cost(dropped) < before


def test_four_optimizers(make):
    one, after = make("four optimizers"), {}
    for name in ("SGD", "Momentum", "RMSprop", "Adam"):
        one.set_value("optimizer", name)
        one.step(1000)
        after[name] = cost(one)
    assert min(after["SGD"], after["Momentum"]) > 0.15 > 10 * max(after["RMSprop"], after["Adam"])


# --- settings ------------------------------------------------------------------------------------


def test_what_needs_a_new_beginning_gets_one_and_goes_on_running(make):
    one = make()
    page = Page(one)
    page.press("train")
    first = one.trainer
    page.set("noise", 0.4)
    assert one.trainer is not first and first.state == "paused" and one.state == "running"
    second = one.trainer
    page.set("lr", 0.1)
    assert one.trainer is second and second.optimizer.lr == 0.1
    page.press("pause")
    assert one.state == "paused" and one.trainer.step_count > 0
    page.press("reset")
    assert one.state == "ready" and page.last("scene")["step"] == 0


def test_a_refused_setting_leaves_everything_as_it_was(make):
    one = make(batch_norm=True, n=100, test=0.0)
    page = Page(one)
    trainer = one.trainer
    assert "at least 2 examples" in page.set("batch_size", 1)["error"]
    assert one.values["batch_size"] == 0 and one.trainer is trainer
    reply = page.set("hidden", "64")
    assert "up to 8 whole numbers from 1 to 32" in reply["error"]
    assert one.values["hidden"] == "8, 8" and one.net.sizes == [2, 8, 8, 1]


def test_after_a_divergence_a_lower_rate_begins_anew(make):
    one = make(lr=0.1)
    one.trainer.state = "diverged"
    one.set_value("lr", 0.01)
    assert one.state == "running" and one.trainer.optimizer.lr == 0.01


@pytest.mark.parametrize("settings, words", [
    ({"preset": "sigmoid"}, "name of a preset .*'sigmoid gives up'.*got 'sigmoid'"),
    ({"learning_rate": 1}, "name of a setting .*'lr'.*got 'learning_rate'"),
    ({"noise": 7}, "noise: expected a number from 0 to 0.5, got 7"),
    ({"set": "rings"}, "set: expected one of 'moons'.*got 'rings'"),
    ({"points": 3}, r"points as a pair \(X, y\)"),
    ({"points": ([[1, 2]], [2])}, "0 or 1 as each point's class"),
    ({"points": ([[1, float("nan")]], [1])}, "finite coordinates"),
    ({"points": ([1, 2], [1, 0])}, r"X of shape \(N, 2\)"),
])  # fmt: skip
def test_a_wrong_call_is_told(settings, words):
    with pytest.raises(ValueError, match=words):
        playground(**settings)


# --- points of one's own -------------------------------------------------------------------------


def test_own_points_by_clicks(make):
    one = make(set="own", hidden=[4], batch_size=None, optimizer="RMSprop", batch_norm=True)
    page = Page(one)
    assert one.values["hidden"] == "4" and one.values["beta2"] == 0.9, "RMSprop's usual one"
    assert page.last("scene")["train"] == 0 and page.last("values")["disabled"] == sorted(
        ["beta1", "clear", "data_seed", "n", "noise", "step", "test", "train", "undo"]
    )
    assert "at least 2 points" in page.press("train")["error"]
    with pytest.raises(ValueError, match="at least 2 points to learn from, got 0: click"):
        one.step(5)
    for label, x in ((0, -1.0), (1, 1.0)):
        page.set("label", label)
        for y in (-0.5, 0.5):
            page.say("point", {"x": x, "y": y})
    assert one.train_set[0].tolist() == [[-1, -0.5], [-1, 0.5], [1, -0.5], [1, 0.5]]
    assert one.train_set[1].tolist() == [0, 0, 1, 1]
    one.step(300)
    assert accuracy(one) == 1.0
    page.press("undo")
    assert page.last("scene")["own"] == 3 and page.last("scene")["step"] == 0
    page.press("clear")
    assert page.last("scene")["own"] == 0 and "train" in page.last("values")["disabled"]


def test_own_points_join_those_of_a_set(make):
    X = np.array([[0.1, 0.2], [9.0, 9.0]])
    one = make(points=(X, [0, 1]), n=100, test=0.5)
    assert len(one.train_set[1]) == 52 and len(one.test_set[1]) == 50
    assert one._axis_x[-1] > 9, "the map reaches them"
    one.add_point(0, 0, 1)
    assert one.train_set[1][-3:].tolist() == [0, 1, 1]


# --- the code ------------------------------------------------------------------------------------


@pytest.mark.parametrize("settings", [
    {}, {"hidden": ""}, {"set": "spirals", "hidden": "16, 16", "activation": "leaky_relu"},
    {"set": "circles", "dropout": 0.3, "batch_norm": True, "hidden": "5, 4, 3"},
    {"set": "xor", "inputs": INPUTS[-1], "activation": "relu"},
    {"inputs": INPUTS[3], "points": ([[0.123456789, 1e-7], [2, 3]], [1, 0])},
    {"set": "own", "points": ([[0, 1], [1, 0], [0.5, 0.5]], [0, 1, 1])},
    {"set": "own"},
])  # fmt: skip
def test_the_code_rebuilds_the_same_network_on_the_same_points(make, settings):
    one = make(**settings)
    if len(one.train_set[1]):
        one.step(100)
    code = one.code
    assert max(map(len, code.splitlines())) <= 100
    space = {}
    exec(code, space)
    X = np.random.default_rng(0).uniform(-2, 2, (200, 2)).astype("float32")
    given = nn.xp.asarray(X)
    given = space["inputs"](given) if "inputs" in space else given
    assert np.array_equal(
        asnumpy(space["net"].predict_proba(given)), one.net.predict_proba(one.inputs(X))
    )
    if settings != {"set": "own"}:
        mine = np.concatenate([one.train_set[0], one.test_set[0]])
        theirs = asnumpy(space["X"])
        assert np.allclose(np.sort(mine, axis=0), np.sort(theirs, axis=0), atol=1e-4)
        last = code.splitlines()[-1].split("  #")[0]
        right = one.net.predict(one.inputs(mine)) == np.concatenate(
            [one.train_set[1], one.test_set[1]]
        )
        assert eval(last, space) == pytest.approx(right.mean(), abs=0.01)


def test_the_page_is_shown_the_code_and_a_new_one_when_training_pauses(make):
    one = make()
    page = Page(one)
    page.set("code", True)
    before = page.last("code")["text"]
    assert before == one.code
    page.press("step")
    assert page.last("code")["text"] != before
    page.set("code", False)
    assert page.last("code")["text"] == ""


# --- what the page is sent -----------------------------------------------------------------------


def test_the_scene_holds_what_the_network_says(make):
    one = make("four optimizers")
    page = Page(one)
    one.step(20)
    content, buffers = page.last("scene"), page.buffers("scene")
    assert content["sizes"] == [2, 16, 16, 1] and content["chosen"] == [3, 0]
    field, border = (np.frombuffer(b, "float32").reshape(GRID, GRID) for b in buffers[:2])
    corner = one.net.predict_proba(one.inputs([[one._axis_x[0], one._axis_y[0]]]))
    assert field[0, 0] == pytest.approx(2 * corner[0, 1] - 1, abs=1e-5), "top left"
    assert ((field > 0) == (border > 0)).all()
    units, cells = 2 + 16 + 16 + 1, (GRID // 3) ** 2
    assert len(buffers[5]) == len(buffers[6]) == units * cells
    last = np.frombuffer(buffers[5], "uint8")[-cells:].reshape(GRID // 3, -1)
    assert np.abs(last / 127.0 - 128 / 127 - field[1::3, 1::3]).max() < 0.01
    weights = np.frombuffer(buffers[2], "float32")
    assert np.array_equal(weights, np.concatenate([W.ravel() for W in one.net.weights]))
    assert sum(map(len, buffers)) < 100_000, "small enough for twenty a second"


def test_a_chosen_unit_fills_the_map_until_it_is_gone(make):
    one = make(activation="sigmoid")
    page = Page(one)
    page.say("choose", {"layer": 1, "unit": 3})
    assert page.last("scene")["chosen"] == [1, 3]
    field, border = page.arrays("scene")[:2]
    W, b = one.net.layers[0].params["W"][:, 3], one.net.layers[0].params["b"][3]
    assert border == pytest.approx(one._plane @ W + b, abs=1e-5)
    assert field == pytest.approx(2 / (1 + np.exp(-border)) - 1, abs=1e-5)
    page.set("hidden", "2")
    assert page.last("scene")["chosen"] == [2, 0], "there is no such neuron now: back to the output"
    page.say("choose", {"layer": 7, "unit": 0})
    assert page.last("scene")["chosen"] == [2, 0], "the page spoke of an older network"
    page.say("choose", {"layer": 1, "unit": 1})
    page.say("choose")
    assert page.last("scene")["chosen"] == [2, 0]


def test_bytes_keep_zero_and_ends():
    assert as_bytes(np.array([[0, 2, -2, 1], [0, 0, 0, 0]]), [2, 0]).tolist() == [
        [128, 255, 1, 192], [128] * 4
    ]  # fmt: skip


def test_without_a_kernel_a_figure_and_a_line_stand_there(make):
    one = make("sigmoid gives up")
    data, metadata = one._repr_mimebundle_()
    assert data["text/plain"].startswith("[interactive figure: Playground] Left: the plane")
    assert base64.b64decode(data["image/png"]).startswith(b"\x89PNG")
    assert metadata["image/png"]["alt"] == one.alt
    assert one.trainer.step_count == 0, "drawing leaves the training alone"
