"""The playground under a hand: Run All, sliders by mouse and keyboard, presets, clicks, code."""

import json

import pytest
from test_in_jupyterlab import put_notebook

CELLS = ["import nnhelpers as nn", "play = nn.widgets.playground()\nplay"]


@pytest.fixture
def play(jupyter):
    put_notebook(jupyter, "play.ipynb", CELLS)
    jupyter.open("play.ipynb")
    jupyter.run_all()
    yield Playground(jupyter)
    assert jupyter.complaints == [], "the browser's console holds no error"
    assert jupyter.outside == []


class Playground:
    """The widget on the page, as far as these tests use it."""

    def __init__(self, jupyter):
        self.jupyter, self.page = jupyter, jupyter.page
        self.root = self.page.locator(".nn-playground")
        self.page.locator(".nn-playground canvas[data-drawn]").first.wait_for()
        self.network, self.map = (
            self.root.locator("canvas").nth(0),
            self.root.locator("canvas").nth(1),
        )
        self.wait("e => e.dataset.state === 'ready'")

    def wait(self, condition, seconds=20):
        self.page.wait_for_function(
            f"(e) => ({condition})(e)", arg=self.root.element_handle(), timeout=1000 * seconds
        )

    def data(self, name):
        return self.root.evaluate("(e, name) => e.dataset[name]", name)

    def control(self, name, inside="input, select, button"):
        return self.root.locator(f'[data-control="{name}"]').locator(inside).first

    def press(self, name):
        self.control(name, "button").click()

    def drawn(self, canvas=1):
        return int(self.root.locator("canvas").nth(canvas).get_attribute("data-drawn"))


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
    assert jupyter.complaints == [] and jupyter.outside == []


def test_sliders_by_mouse_and_by_keyboard(play):
    slider, box = play.control("noise", "input[type=range]"), play.control("noise", ".nn-number")
    before = play.drawn()
    place = slider.bounding_box()
    play.page.mouse.move(place["x"] + 0.4 * place["width"], place["y"] + place["height"] / 2)
    play.page.mouse.down()
    play.page.mouse.move(
        place["x"] + 0.8 * place["width"], place["y"] + place["height"] / 2, steps=8
    )
    play.page.mouse.up()
    play.page.wait_for_timeout(300)
    value = float(box.input_value())
    assert 0.3 < value <= 0.5
    assert play.drawn() > before, "the map is drawn anew"
    assert float(play.jupyter.ask("print(play.values['noise'])")) == value
    slider.focus()
    play.page.keyboard.press("ArrowLeft")
    assert float(box.input_value()) == pytest.approx(value - 0.05)
    play.page.wait_for_timeout(300)
    assert float(play.jupyter.ask("print(play.values['noise'])")) == pytest.approx(value - 0.05)
    box.fill("7")
    play.page.keyboard.press("Enter")
    play.root.locator(".nn-message", has_text="expected a number from 0 to 0.5").wait_for()


def test_train_change_pause(play):
    play.press("train")
    play.wait("e => e.dataset.state === 'running' && Number(e.dataset.step) > 100")
    assert play.jupyter.ask("print(6 * 7)").strip() == "42", "the kernel answers meanwhile"
    slider = play.control("l2", "input[type=range]")
    slider.focus()
    play.page.keyboard.press("ArrowRight")
    play.wait("e => e.dataset.changes === '1'")
    play.press("pause")
    play.wait("e => e.dataset.state === 'paused'", seconds=2)
    step = play.data("step")
    play.page.wait_for_timeout(400)
    assert play.data("step") == step, "it stands still"
    play.press("step")
    play.wait(f"e => e.dataset.step === '{int(step) + 1}'")
    play.press("reset")
    play.wait("e => e.dataset.state === 'ready' && e.dataset.step === '0'")


def test_a_preset_sets_the_stage_and_says_what_to_watch(play):
    menu = play.control("preset", "select")
    menu.select_option(label="sigmoid gives up  (03)")
    play.root.locator(".nn-watch", has_text="Six layers of sigmoid").wait_for()
    play.wait("e => e.dataset.chosen === '7:0'")
    assert play.control("hidden").input_value() == "8, 8, 8, 8, 8, 8"
    assert play.control("beta1", "input[type=range]").is_disabled()
    play.press("train")
    play.wait("e => Number(e.dataset.step) >= 500")
    play.press("pause")
    play.wait("e => e.dataset.state === 'paused'")
    assert play.jupyter.ask("print(0.69 < play.trainer.snapshot().cost < 0.7)").strip() == "True"
    play.control("activation", "select").select_option(label="tanh")
    play.wait("e => e.dataset.state === 'ready'")
    play.root.page.wait_for_function(  # the menu follows in a message of its own
        "e => e.options[e.selectedIndex].text === 'your own settings'", arg=menu.element_handle()
    )
    assert "Six layers" in play.root.locator(".nn-watch").inner_text(), (
        "it still says what to watch"
    )


def test_own_points_by_clicks_and_by_keyboard(play):
    play.control("set", "select").select_option(label="your own alone")
    play.wait("e => e.dataset.train === '0'")
    assert play.control("train", "button").is_disabled()
    play.map.scroll_into_view_if_needed()
    side = play.map.bounding_box()["width"]
    for x, y in ((0.2, 0.25), (0.3, 0.75)):
        play.map.click(position={"x": x * side, "y": y * side})
    play.wait("e => e.dataset.own === '2'")
    play.control("label", "select").select_option(label="an orange triangle")
    play.map.click(position={"x": 0.8 * side, "y": 0.25 * side})
    play.wait("e => e.dataset.own === '3'")
    play.map.focus()  # and one by keyboard, right of the middle
    for key in (*["ArrowRight"] * 5, "Enter"):
        play.page.keyboard.press(key)
    play.wait("e => e.dataset.own === '4'")
    told = json.loads(
        play.jupyter.ask("import json; print(json.dumps([a.tolist() for a in play.train_set]))")
    )
    assert told[1] == [0, 0, 1, 1]
    assert told[0][:3] == [
        pytest.approx(p, abs=0.02) for p in ([-0.9, 0.75], [-0.6, -0.75], [0.9, 0.75])
    ]
    assert told[0][3] == pytest.approx([0.59, 0], abs=0.02)
    play.press("train")
    play.wait("e => Number(e.dataset.step) > 300")
    play.press("pause")
    assert "Accuracy 100.0%" in play.map.get_attribute("aria-label")
    play.map.focus()
    play.page.keyboard.press("Backspace")
    play.wait("e => e.dataset.own === '3'")
    play.press("clear")
    play.wait("e => e.dataset.own === '0'")


def test_neurons_by_mouse_and_by_keyboard(play):
    assert play.data("chosen") == "3:0"
    play.network.scroll_into_view_if_needed()
    place = play.network.bounding_box()
    play.network.focus()
    for key in ("ArrowLeft", "ArrowLeft", "ArrowDown"):
        play.page.keyboard.press(key)
    play.wait("e => e.dataset.chosen === '1:1'")
    assert "layer 1, neuron 2: weights" in play.network.get_attribute("aria-label")
    assert "border of the layer 1, neuron 2" in play.map.get_attribute("aria-label")
    play.page.keyboard.press("Escape")
    play.wait("e => e.dataset.chosen === '3:0'")
    play.page.mouse.move(place["x"] + 40, place["y"] + place["height"] / 2 + 20)  # an input
    play.wait("e => e.dataset.chosen.startsWith('0:')")
    play.page.mouse.move(place["x"] + 40, place["y"] + 5)
    play.wait("e => e.dataset.chosen === '3:0'")


def test_the_code_on_the_page_rebuilds_the_network(play):
    play.control("batch_norm").click()
    play.press("train")
    play.wait("e => Number(e.dataset.step) > 50")
    play.press("pause")
    play.wait("e => e.dataset.state === 'paused'")
    play.press("code")
    area = play.root.locator(".nn-code")
    area.wait_for(state="visible")
    code = area.input_value()
    assert code.startswith("# After ") and "batch_norm=True" in code
    compared = play.jupyter.ask(code + "\nX = play.train_set[0]\n"
                        "print('same', (net.to('numpy').predict_proba(X) == play.net.predict_proba(X)).all())")  # fmt: skip
    assert "same True" in compared
    play.press("code")
    area.wait_for(state="hidden")


def test_a_hundred_quick_drags_leave_no_backlog(play):
    slider, box = play.control("noise", "input[type=range]"), play.control("noise", ".nn-number")
    slider.evaluate(
        """async slider => {
            for (let i = 0; i < 100; i += 1) {
                slider.value = i % 11;
                slider.dispatchEvent(new Event("input"));
                await new Promise(go => setTimeout(go, 5));
            }
            slider.value = 6;
            slider.dispatchEvent(new Event("input"));
        }"""
    )
    play.page.wait_for_timeout(1000)
    assert float(box.input_value()) == pytest.approx(0.3)
    assert float(play.jupyter.ask("print(play.values['noise'])")) == pytest.approx(0.3)
    count = play.drawn()
    play.page.wait_for_timeout(500)
    assert play.drawn() == count, "nothing old is drawn later"


def test_the_saved_notebook_stays_small_and_the_cleared_one_stops(play):
    play.press("train")
    play.wait("e => Number(e.dataset.step) > 100")
    play.page.evaluate("() => window.jupyterapp.commands.execute('docmanager:save')")
    play.page.wait_for_timeout(1500)
    answer = play.page.request.get(
        f"{play.jupyter.address}/api/contents/play.ipynb?token={play.jupyter.token}"
    )
    saved = json.dumps(answer.json()["content"])
    assert len(saved) < 400_000 and "image/png" in saved, "the figure, and no picture of a training"
    assert len(json.dumps(answer.json()["content"]["metadata"])) < 100_000
    play.page.evaluate(
        "() => window.jupyterapp.commands.execute('notebook:clear-all-cell-outputs')"
    )
    play.page.wait_for_timeout(800)
    assert play.jupyter.ask("print(play.state)").strip() == "paused", "nobody looks: it stops"
