"""The playground without a page: its sets, what its presets promise, its code, points of one's own."""

import base64

import numpy as np
import pytest

import nnhelpers as nn
from nnhelpers import asnumpy
from nnhelpers.widgets import PRESETS, playground
from nnhelpers.widgets.playground import GRID, INPUTS, SETS, responses
from nnhelpers.widgets.playground_presets import USUAL

GUESSING = np.log(2)


class Page:
    """A page of the widget that draws nothing and answers at once."""

    def __init__(self, widget):
        self.widget, self.seen, self.replies, self.number = widget, {}, [], 0
        widget.send = self.take
        self.tell("hello")

    def take(self, message, buffers=None):
        if message["kind"] == "publish":
            self.seen[message["what"]] = (message["content"], buffers)
            self.widget._receive(self.widget, {
                "kind": "ack", "page": "p", "id": message["id"], "what": message["what"],
            }, [])  # fmt: skip
        else:
            self.replies.append(message)

    def tell(self, kind, **content):
        self.number += 1
        message = {"kind": kind, "page": "p", "id": str(self.number), "content": content}
        self.widget._receive(self.widget, message, [])
        return self.replies[-1]

    @property
    def scene(self):
        return self.seen["scene"][0]


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
    low, high = one._axis_x[0], one._axis_x[-1]
    inside = (
        (X[:, 0] > low)
        & (X[:, 0] < high)
        & (X[:, 1] > one._axis_y[-1])
        & (X[:, 1] < one._axis_y[0])
    )
    assert inside.mean() > 0.98, "the map shows them"
    one.step(300)
    assert one.trainer.snapshot().cost < GUESSING


def test_another_draw_is_another_set(make):
    one = make()
    before = one.train_set[0]
    one.set_value("data_seed", 1)
    assert not np.array_equal(before, one.train_set[0])
    one.set_value("data_seed", 0)
    assert np.array_equal(before, one.train_set[0])


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


def test_cost(one):
    return nn.network.evaluate(one.net, one.inputs(one.test_set[0]), one.test_set[1])[0]


test_cost.__test__ = False


def last_costs(one, n=200):
    return np.array(one.history.batch_loss[-n:])


@pytest.mark.parametrize("name", PRESETS)
def test_every_preset_is_a_setting_of_the_controls_and_trains(make, name):
    one = make(name)
    assert one.values["preset"] == name and one.state == "ready"
    assert {key: one.values[key] for key in USUAL} == PRESETS[name].values
    before = one.net.theta.copy()
    one.step(5)
    assert one.state == "paused" and one.trainer.step_count == 5
    assert name == "all weights zero" or not np.array_equal(before, one.net.theta)
    assert PRESETS[name].notebook in {f"{i:02}" for i in range(1, 13)}


def test_presets_stand_for_every_notebook_that_has_one():
    assert {preset.notebook for preset in PRESETS.values()} >= {
        "01",
        "03",
        "04",
        "05",
        "07",
        "08",
        "09",
    }


def test_first_steps(make):
    one = make("first steps")
    one.step(500)
    assert accuracy(one) > 0.95
    Z = responses(one.net, one._plane)[1][0].reshape(
        GRID, GRID, -1
    )  # straight: no second difference
    assert np.abs(np.diff(Z, 2, axis=0)).max() < 1e-4 * np.abs(Z).max()


def test_one_line_is_not_enough(make):
    one = make("one line is not enough")
    one.step(500)
    assert accuracy(one) < 0.65
    one.set_value("hidden", "4")
    one.step(1500)
    assert accuracy(one) > 0.9


def test_a_product_as_input(make):
    one = make("a product as input")
    one.step(500)
    assert accuracy(one) > 0.97
    one.set_value("inputs", "x1, x2")
    one.step(500)
    assert accuracy(one) < 0.7


def test_sigmoid_gives_up(make):
    one = make("sigmoid gives up")
    first = one.net.weights[0].copy()
    one.step(2000)
    assert 0.69 < cost(one) < 0.70
    assert np.abs(one.net.weights[0] - first).max() < 0.05, "the first layer has hardly moved"
    one.set_value("activation", "tanh")
    one.step(500)
    assert cost(one) < 0.1


def test_all_weights_zero(make):
    one = make("all weights zero")
    one.step(300)
    assert all((W == 0).all() for W in one.net.weights)
    assert cost(one) == pytest.approx(GUESSING, abs=1e-3)
    one.set_value("init", "rule")
    one.set_value("scale", 0.01)
    one.step(1000)
    assert cost(one) < 0.2


def test_too_high_a_learning_rate(make):
    one = make("too high a learning rate")
    one.step(300)
    assert max(last_costs(one, 300)) > 2 * GUESSING and cost(one) > GUESSING
    _, shown = responses(one.net, one.inputs(one.train_set[0]))[2]
    assert (shown == 0).all(), "the second layer is silent on every point"
    one.set_value("lr", 0.3)
    one.reset()
    one.step(500)
    assert cost(one) < 0.1


def test_small_batches_are_noisy(make):
    one, trembling = make("small batches are noisy"), {}
    for batch_size in (4, 32, 0):
        one.set_value("batch_size", batch_size)
        one.step(1500)
        trembling[batch_size] = last_costs(one).std()
        assert cost(one) < 0.15
    assert trembling[4] > 2 * trembling[32] > 10 * trembling[0]


def test_overfit_and_rescue(make):
    one = make("overfit and rescue")
    assert sum(W.size for W in one.net.weights) > 1000 and len(one.train_set[1]) == 60
    one.step(1000)
    assert cost(one) < 0.02 and test_cost(one) > 1
    one.set_value("l2", 0.01)
    assert one.values["preset"] == "", "these are not the preset's settings any more"
    one.step(1000)
    assert test_cost(one) < 0.6
    assert one.trainer.snapshot().changes == [(1000, "l2", 0.01)]


def test_l2_smooths(make):
    one, other = make("λ smooths"), make("overfit and rescue")
    for each in (one, other):
        each.step(1000)
    sizes = [sum(float((W * W).sum()) for W in each.net.weights) for each in (one, other)]
    assert sizes[0] < sizes[1] / 10, "thin lines"
    assert test_cost(one) < test_cost(other) / 2


def test_dropout(make):
    one, other = make("dropout"), make("overfit and rescue")
    for each in (one, other):
        each.step(1000)
    assert test_cost(one) < test_cost(other) / 2
    assert last_costs(one).std() > 5 * last_costs(other).std()
    before = cost(one)
    one.set_value("dropout", 0.0)
    assert "Dropout" not in repr(one.net)
    one.step(500)
    assert cost(one) < before


def test_four_optimizers(make):
    one, after = make("four optimizers"), {}
    for name in ("SGD", "Momentum", "RMSprop", "Adam"):
        one.set_value("optimizer", name)
        one.step(1000)
        after[name] = cost(one)
    assert min(after["SGD"], after["Momentum"]) > 0.15 > 10 * max(after["RMSprop"], after["Adam"])


def test_batch_norm_rescues_a_high_rate(make):
    one = make("batch norm rescues a high rate")
    one.step(500)
    assert cost(one) > 0.69
    one.set_value("batch_norm", True)
    one.step(500)
    assert cost(one) < 0.25


# --- settings ------------------------------------------------------------------------------------


def test_the_same_training_as_fit(make):
    one = make(batch_size=32, n=200, test=0.2, dropout=0.2, l2=1e-3, seed=3)
    net = one.net.copy()
    one.step(50)
    nn.fit(net, one.train_set, optimizer=nn.Adam(0.01), batch_size=32, epochs=10, l2=1e-3, seed=3,
           progress=False)  # fmt: skip
    assert one.trainer.step_count == 50 and np.array_equal(net.theta, one.net.theta)


def test_what_needs_a_new_beginning_gets_one_and_goes_on_running(make):
    one = make()
    page = Page(one)
    page.tell("button", name="train")
    first = one.trainer
    page.tell("control", name="noise", value=0.4)
    assert one.trainer is not first and first.state == "paused" and one.state == "running"
    second = one.trainer
    page.tell("control", name="lr", value=0.1)
    assert one.trainer is second and second.optimizer.lr == 0.1
    page.tell("button", name="pause")
    assert one.state == "paused" and one.trainer.step_count > 0
    page.tell("button", name="reset")
    assert one.state == "ready" and page.scene["step"] == 0


def test_a_refused_setting_leaves_everything_as_it_was(make):
    one = make(batch_norm=True, n=100, test=0.0)
    page = Page(one)
    trainer = one.trainer
    assert "at least 2 examples" in page.tell("control", name="batch_size", value=1)["error"]
    assert one.values["batch_size"] == 0 and one.trainer is trainer
    reply = page.tell("control", name="hidden", value="64")
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


def test_sizes_may_be_a_list_and_the_batch_none(make):
    one = make(hidden=[16, 16], batch_size=None, optimizer="RMSprop")
    assert one.net.sizes == [2, 16, 16, 1] and one.trainer.batch_size == 210
    assert one.values["beta2"] == 0.9, "RMSprop's usual one"


# --- points of one's own -------------------------------------------------------------------------


def test_own_points_by_clicks(make):
    one = make(set="own", hidden="4")
    page = Page(one)
    assert page.scene["train"] == 0 and page.seen["values"][0]["disabled"] == sorted(
        ["clear", "data_seed", "n", "noise", "step", "test", "train", "undo"]
    )
    assert "at least 2 points" in page.tell("button", name="train")["error"]
    with pytest.raises(ValueError, match="at least 2 points to learn from, got 0: click"):
        one.step(5)
    for label, x in ((0, -1.0), (1, 1.0)):
        page.tell("control", name="label", value=label)
        for y in (-0.5, 0.5):
            page.tell("point", x=x, y=y)
    assert one.train_set[0].tolist() == [[-1, -0.5], [-1, 0.5], [1, -0.5], [1, 0.5]]
    assert one.train_set[1].tolist() == [0, 0, 1, 1]
    one.step(300)
    assert accuracy(one) == 1.0
    page.tell("button", name="undo")
    assert page.scene["own"] == 3 and page.scene["step"] == 0
    page.tell("button", name="clear")
    assert page.scene["own"] == 0 and "train" in page.seen["values"][0]["disabled"]


def test_own_points_join_those_of_a_set(make):
    X = np.array([[0.1, 0.2], [9.0, 9.0]])
    one = make(points=(X, [0, 1]), n=100, test=0.5)
    assert len(one.train_set[1]) == 52 and len(one.test_set[1]) == 50
    assert one._axis_x[-1] > 9, "the map reaches them"
    one.add_point(0, 0, 1)
    assert one.train_set[1][-3:].tolist() == [0, 1, 1]


def test_batch_norm_waits_for_the_second_point(make):
    one = make(set="own", batch_norm=True)
    one.add_point(0, 0, 0)
    one.add_point(1, 1, 1)
    one.step(10)
    assert one.trainer.step_count == 10


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
    page.tell("control", name="code", value=True)
    before = page.seen["code"][0]["text"]
    assert before == one.code
    page.tell("button", name="step")
    assert page.seen["code"][0]["text"] != before
    page.tell("control", name="code", value=False)
    assert page.seen["code"][0]["text"] == ""


# --- what the page is sent -----------------------------------------------------------------------


def test_the_scene_holds_what_the_network_says(make):
    one = make("four optimizers")
    page = Page(one)
    one.step(20)
    content, buffers = page.seen["scene"]
    assert content["sizes"] == [2, 16, 16, 1] and content["chosen"] == [3, 0]
    field, border = (np.frombuffer(b, "float32").reshape(GRID, GRID) for b in buffers[:2])
    corner = one.net.predict_proba(one.inputs([[one._axis_x[0], one._axis_y[0]]]))
    assert field[0, 0] == pytest.approx(2 * corner[0, 1] - 1, abs=1e-5), "top left"
    assert ((field > 0) == (border > 0)).all()
    units, cells = 2 + 16 + 16 + 1, (GRID // 3) ** 2
    assert len(buffers[2]) == len(buffers[3]) == units * cells
    last = np.frombuffer(buffers[2], "uint8")[-cells:].reshape(GRID // 3, -1)
    assert np.abs(last / 127.0 - 128 / 127 - field[1::3, 1::3]).max() < 0.01
    weights = np.frombuffer(buffers[4], "float32")
    assert np.array_equal(weights, np.concatenate([W.ravel() for W in one.net.weights]))
    assert sum(map(len, buffers)) < 100_000, "small enough for twenty a second"


def test_a_chosen_unit_fills_the_map_until_it_is_gone(make):
    one = make(activation="sigmoid")
    page = Page(one)
    page.tell("choose", layer=1, unit=3)
    content, buffers = page.seen["scene"]
    assert content["chosen"] == [1, 3]
    field, border = (np.frombuffer(b, "float32") for b in buffers[:2])
    W, b = one.net.layers[0].params["W"][:, 3], one.net.layers[0].params["b"][3]
    assert border == pytest.approx(one._plane @ W + b, abs=1e-5)
    assert field == pytest.approx(2 / (1 + np.exp(-border)) - 1, abs=1e-5)
    page.tell("control", name="hidden", value="2")
    assert page.scene["chosen"] == [2, 0], "there is no such neuron now: back to the output"
    page.tell("choose", layer=7, unit=0)
    assert page.scene["chosen"] == [2, 0], "the page spoke of an older network"
    page.tell("choose", layer=1, unit=1)
    page.tell("choose")
    assert page.scene["chosen"] == [2, 0]


def test_bytes_keep_zero_and_ends():
    from nnhelpers.widgets.playground import as_bytes

    assert as_bytes(np.array([[0, 2, -2, 1], [0, 0, 0, 0]]), [2, 0]).tolist() == [
        [128, 255, 1, 192], [128] * 4
    ]  # fmt: skip


def test_a_training_with_a_page_is_watched_and_ends_when_it_is_gone(make):
    one = make()
    page = Page(one)
    page.tell("button", name="train")
    trainer = one.trainer
    page.tell("gone")
    assert trainer.state == "paused"


def test_without_a_kernel_a_figure_and_a_line_stand_there(make):
    one = make("sigmoid gives up")
    data, metadata = one._repr_mimebundle_()
    assert data["text/plain"].startswith("[interactive figure: Playground] Left: the plane")
    assert base64.b64decode(data["image/png"]).startswith(b"\x89PNG")
    assert metadata["image/png"]["alt"] == one.alt
    assert one.trainer.step_count == 0, "drawing leaves the training alone"


def test_what_the_notebook_keeps_is_small(make):
    one = make("four optimizers")
    one.step(100)
    state = one.get_state()
    size = sum(len(str(value)) for name, value in state.items() if name not in ("_esm", "_css"))
    assert size < 20_000
