"""The playground under a hand: Run All, sliders by mouse and keyboard, presets, clicks, code."""

import json

import pytest
from live_page import View

CELL = "import nnhelpers as nn\nplay = nn.widgets.playground()\nplay"
NETWORK, MAP = 0, 1  # canvases


@pytest.fixture
def play(jupyter):
    view = View(jupyter, ".nn-playground", [CELL])
    yield view
    view.assert_quiet()


def drawn(play):
    return int(play.canvas(MAP).get_attribute("data-drawn"))


def test_the_notebook_opens_with_every_preset_in_its_place(jupyter):
    jupyter.open("notebooks/playground.ipynb")
    jupyter.run_all()
    assert jupyter.errors() == []
    roots = jupyter.page.locator(".nn-playground")
    roots.nth(7).locator("canvas[data-drawn]").first.wait_for()
    assert roots.count() == 8
    menus = roots.locator('[data-control="preset"] select')
    shown = [menus.nth(i).evaluate("e => e.options[e.selectedIndex].text") for i in range(8)]
    assert [text.split(" (")[0] for text in shown] == [
        "first steps", "one line is not enough", "sigmoid gives up",
        "too high a learning rate", "overfit and rescue", "four optimizers",
        "batch norm rescues a high rate", "your own settings",
    ]  # fmt: skip
    roots.nth(4).locator('[data-control="train"] button').click()
    jupyter.page.wait_for_function(
        "() => Number(document.querySelectorAll('.nn-playground')[4].dataset.step) > 100"
    )
    assert roots.nth(3).get_attribute("data-step") == "0", "the others stand still"
    modules = jupyter.page.evaluate("() => globalThis.nnhelpersModules.size")
    assert 5 < modules < 20, "eight playgrounds share one copy of the modules"
    assert jupyter.complaints == [] and jupyter.outside == []


def test_a_preset_sets_the_stage_and_says_what_to_watch(play):
    play.choose("preset", "sigmoid gives up  (03)")
    watch = play.root.locator(".nn-watch", has_text="Six layers of sigmoid")
    watch.wait_for()
    play.wait("chosen", "=== '7:0'")
    assert play.control("hidden").input_value() == "8, 8, 8, 8, 8, 8"
    assert play.slider("beta1").is_disabled()
    play.click("Train")
    play.wait("step", ">= 500")
    play.click("Pause")
    play.wait("state", "=== 'paused'")
    assert 0.69 < play.ask("play.trainer.snapshot().cost") < 0.7
    play.choose("activation", "tanh")
    play.wait("state", "=== 'ready'")
    play.page.wait_for_function(  # the menu follows in a message of its own
        "e => e.options[e.selectedIndex].text === 'your own settings'",
        arg=play.control("preset", "select").element_handle(),
    )
    assert watch.count() == 1, "it still says what to watch"
    before = drawn(play)
    play.slider("noise").focus()
    play.press("ArrowRight")
    play.until("play.values['noise']", 0.25)
    play.page.wait_for_timeout(200)
    assert drawn(play) > before, "the map is drawn anew"


def test_own_points_by_clicks_and_by_keyboard(play):
    play.choose("set", "your own alone")
    play.wait("train", "=== '0'")
    assert play.control("train").is_disabled()
    canvas = play.canvas(MAP)
    canvas.scroll_into_view_if_needed()
    side = canvas.bounding_box()["width"]
    for x, y in ((0.2, 0.25), (0.3, 0.75)):
        canvas.click(position={"x": x * side, "y": y * side})
    play.wait("own", "=== '2'")
    play.choose("label", "an orange triangle")
    canvas.click(position={"x": 0.8 * side, "y": 0.25 * side})
    play.wait("own", "=== '3'")
    canvas.focus()  # and one by keyboard, right of the middle
    play.press(*["ArrowRight"] * 5, "Enter")
    play.wait("own", "=== '4'")
    X, y = play.ask("[a.tolist() for a in play.train_set]")
    assert y == [0, 0, 1, 1]
    expected = [[-0.9, 0.75], [-0.6, -0.75], [0.9, 0.75], [0.59, 0]]
    assert X == [pytest.approx(point, abs=0.02) for point in expected]
    play.click("Train")
    play.wait("step", "> 300")
    play.click("Pause")
    assert "Accuracy 100.0%" in play.label(MAP)
    canvas.focus()
    play.press("Backspace")
    play.wait("own", "=== '3'")
    play.click("Clear")
    play.wait("own", "=== '0'")


def test_neurons_by_mouse_and_by_keyboard(play):
    assert play.data("chosen") == "3:0"
    network = play.canvas(NETWORK)
    network.scroll_into_view_if_needed()
    network.focus()
    play.press("ArrowLeft", "ArrowLeft", "ArrowDown")
    play.wait("chosen", "=== '1:1'")
    assert "layer 1, neuron 2: weights" in play.label(NETWORK)
    assert "border of the layer 1, neuron 2" in play.label(MAP)
    play.press("Escape")
    play.wait("chosen", "=== '3:0'")
    network.hover(position={"x": 40, "y": network.bounding_box()["height"] / 2 + 20})  # an input
    play.wait("chosen", ".startsWith('0:')")
    network.hover(position={"x": 40, "y": 5})
    play.wait("chosen", "=== '3:0'")


def test_the_code_on_the_page_rebuilds_the_network(play):
    play.control("batch_norm").click()
    play.click("Train")
    play.wait("step", "> 50")
    play.click("Pause")
    play.wait("state", "=== 'paused'")
    play.click("Show code")
    area = play.root.locator(".nn-code")
    area.wait_for(state="visible")
    code = area.input_value()
    assert code.startswith("# After ") and "batch_norm=True" in code
    compared = play.jupyter.ask(code + "\nX = play.train_set[0]\n"
                        "print('same', (net.to('numpy').predict_proba(X) == play.net.predict_proba(X)).all())")  # fmt: skip
    assert "same True" in compared
    play.click("Show code")
    area.wait_for(state="hidden")


def test_the_saved_notebook_stays_small_and_the_cleared_one_stops(play):
    play.click("Train")
    play.wait("step", "> 100")
    play.page.evaluate("() => window.jupyterapp.commands.execute('docmanager:save')")
    play.page.wait_for_timeout(1500)
    address = f"{play.jupyter.address}/api/contents/live.ipynb?token={play.jupyter.token}"
    content = play.page.request.get(address).json()["content"]
    saved = json.dumps(content)
    assert len(saved) < 400_000 and "image/png" in saved, "the figure, and no picture of a training"
    assert len(json.dumps(content["metadata"])) < 100_000
    play.page.evaluate(
        "() => window.jupyterapp.commands.execute('notebook:clear-all-cell-outputs')"
    )
    play.until("play.state", "paused")  # nobody looks: it stops
