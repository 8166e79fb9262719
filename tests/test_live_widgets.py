"""A live widget's Python half, without a browser: messages, the newest value wins, errors in words."""

import base64
import json
import re
import shutil
import subprocess
import threading

import numpy as np
import pytest
from pages import Page

from nnhelpers.widgets import live
from nnhelpers.widgets.controls import Button, Checkbox, Menu, Slider, Text, Toggle
from nnhelpers.widgets.live import LiveWidget

MODULES = {path.name: path.read_text(encoding="utf-8") for path in live.FOLDER.glob("*.js")}
SCRIPTS = [name for name, text in MODULES.items()
           if "export default {" in text and name != "loader.js"]  # fmt: skip


def sizes(text):
    if not text.isdigit():
        raise ValueError(f"hidden: expected a number, got {text!r}")


class Wave(LiveWidget):
    """A widget for tests, which notes what it is told."""

    script = "train_panel.js"  # any will do: nothing here runs JavaScript

    def __init__(self):
        self.noted = []
        super().__init__("A wave", "A sine\n wave.", controls=[
            Slider("lr", "learning rate", "tip", 0.1, low=0.001, high=10, log=True, unit="1"),
            Slider("n", "points", "tip", 5, low=1, high=9, integer=True),
            Menu("shape", "shape", "tip", options=["sine", ("a square", "square")]),
            Checkbox("damp", "damped", "tip"), Toggle("hold", "Hold", "tip", True),
            Text("hidden", "hidden", "tip", "16", parse=sizes), Button("go", "Go", "tip"),
        ])  # fmt: skip

    def draw(self, figure):
        figure.subplots().plot([1, 2])

    def changed(self, name, value):
        if value == 9:
            raise ZeroDivisionError("no nine today")
        self.noted.append((name, value))

    def pressed(self, name):
        self.noted.append(name)

    def receive_point(self, content, buffers):
        return {"twice": 2 * content["x"], "bytes": len(buffers[0])}

    def unwatched(self):
        self.noted.append("unwatched")

    def closing(self):
        self.noted.append("closing")


@pytest.fixture
def wave():
    widget = Wave()
    yield widget
    widget.close()


@pytest.fixture
def page(wave):
    return Page(wave, acks=False)


@pytest.fixture
def clock(monkeypatch):
    """The time, as the widgets are told it."""
    now = [1000.0]
    monkeypatch.setattr(live.time, "monotonic", lambda: now[0])
    return now


def pictures(page):
    return [content["i"] for content in page.published("picture")]


def test_without_a_kernel_a_figure_and_its_text_are_there(wave):
    data, metadata = wave._repr_mimebundle_()
    assert data["text/plain"] == "[interactive figure: A wave] A sine wave."
    assert base64.b64decode(data["image/png"]) == wave.png
    assert wave.png.startswith(b"\x89PNG\r\n\x1a\n")
    assert metadata["image/png"] == {"alt": "A sine wave."}
    assert "application/vnd.jupyter.widget-view+json" in data


def test_the_state_that_a_notebook_might_keep_is_small(wave, page):
    wave.publish("picture", {"big": True}, [np.zeros(1_000_000, "float32")])
    state = {key: value for key, value in wave.get_state().items() if key not in ("_esm", "_css")}
    assert len(json.dumps(state, default=str)) < 10_000
    assert len(wave._esm) + len(wave._css) < 200_000


def test_controls_are_described_for_the_page(wave):
    controls = {control["name"]: control for control in wave.setup["controls"]}
    assert json.loads(json.dumps(controls)) == controls, "plain JSON"
    assert controls["lr"]["kind"] == "slider"
    steps = controls["lr"]["steps"]
    assert steps[0] == 0.001 and steps[-1] == 10 and 0.1 in steps and steps == sorted(steps)
    assert controls["shape"]["options"] == [["sine", "sine"], ["a square", "square"]]
    assert wave.values == {"lr": 0.1, "n": 5, "shape": "sine", "damp": False, "hold": True,
                           "hidden": "16"}  # fmt: skip


def test_a_hand_on_a_control(wave, page):
    assert page.set("lr", 0.5) == {"value": 0.5}
    assert page.set("n", 7.0) == {"value": 7}
    page.set("shape", "square")
    page.set("hidden", "32")
    page.press("go")
    assert wave.noted == [("lr", 0.5), ("n", 7), ("shape", "square"), ("hidden", "32"), "go"]
    assert wave.values["lr"] == 0.5
    assert page.say("point", {"x": 4}, [memoryview(b"abc")]) == {"twice": 8, "bytes": 3}


@pytest.mark.parametrize("name, value, expected", [
    ("lr", 11, "learning rate: expected a number from 0.001 to 10, got 11"),
    ("lr", "abc", "learning rate: expected a number from 0.001 to 10, got 'abc'"),
    ("lr", float("nan"), "got nan"),
    ("lr", True, "got True"),
    ("n", 2.5, "points: expected a whole number from 1 to 9, got 2.5"),
    ("shape", "round", "shape: expected one of 'sine', 'square', got 'round'"),
    ("damp", 1, "damped: expected True or False, got 1"),
    ("hidden", "x", "hidden: expected a number, got 'x'"),
    ("hidden", 3, "hidden: expected text, got 3"),
    ("colour", 1, "expected the name of a control (lr, n, shape, damp, hold, hidden), got 'colour'"),
])  # fmt: skip
def test_a_value_that_cannot_be_is_refused_in_words(wave, page, name, value, expected):
    before = dict(wave.values)
    assert expected in page.set(name, value)["error"]
    assert expected in page.last("message")["text"]
    assert wave.values == before and wave.noted == []


def test_an_error_in_a_callback_is_shown_and_the_value_goes_back(wave, page):
    assert page.set("n", 9) == {"error": "ZeroDivisionError: no nine today"}
    assert page.last("message") == {"text": "ZeroDivisionError: no nine today", "tone": "error"}
    assert wave.values["n"] == 5
    page.ack("message")
    page.set("n", 8)
    assert page.last("message")["text"] == "", "it goes with the next success"


def test_unknown_messages_and_buttons_are_refused_in_words(page):
    assert "knows no message of kind 'nonsense'" in page.say("nonsense")["error"]
    assert "expected the name of a button" in page.press("lr")["error"]


def test_while_the_page_draws_only_the_newest_is_kept(wave, page):
    for i in range(100):
        wave.publish("picture", {"i": i}, [np.full(3, i, "float32")])
    assert pictures(page) == [0]
    assert not wave.is_free("picture") and wave.is_free("other")
    page.ack("picture")
    assert pictures(page) == [0, 99]
    assert page.buffers("picture") == [np.full(3, 99, "float32").tobytes()]
    page.ack("picture")
    assert len(pictures(page)) == 2 and wave.is_free("picture")


def test_an_answer_to_an_older_picture_frees_nothing(wave, page):
    wave.publish("picture", {"i": 0})
    page.ack("picture")
    wave.publish("picture", {"i": 1})
    page.ack("picture", number=0)
    wave.publish("picture", {"i": 2})
    assert pictures(page) == [0, 1]


def test_a_page_that_does_not_answer_is_not_waited_for_for_ever(wave, page, monkeypatch):
    wave.publish("picture", {"i": 0})
    monkeypatch.setattr(live, "PATIENCE", 0.0)
    wave.publish("picture", {"i": 1})
    assert pictures(page) == [0, 1]


def test_nothing_is_sent_to_nobody_and_a_late_page_gets_the_newest(wave):
    sent = []
    wave.send = lambda content, buffers=None: sent.append(content)
    wave.publish("picture", {"i": 0})
    wave.publish("picture", {"i": 1})
    assert sent == [] and not wave.watched and not wave.is_free("picture")
    assert pictures(Page(wave)) == [1]
    assert pictures(Page(wave, "second")) == [1]


def test_what_is_published_is_copied(wave, page):
    numbers = np.zeros(2, "float32")
    wave.publish("picture", {}, [numbers])
    wave.publish("picture", {}, [numbers])
    numbers += 1
    page.ack("picture")
    assert page.buffers("picture") == [np.zeros(2, "float32").tobytes()]


def test_set_from_code_is_shown_on_the_pages(wave):
    page = Page(wave)
    wave.set_value("lr", 2)
    assert wave.noted == [("lr", 2.0)]
    assert page.last("values")["values"]["lr"] == 2.0
    for names in (["go", "n"], ["go"], []):
        wave.disable(names)
        assert page.last("values")["disabled"] == names


def test_when_the_last_page_goes_the_widget_is_told(wave, page):
    second = Page(wave, "second")
    page.say("gone")
    assert wave.watched and "unwatched" not in wave.noted
    second.say("gone")
    assert not wave.watched and wave.noted == ["unwatched"]


@pytest.mark.parametrize("says_that_it_is_there", [False, True])
def test_a_page_that_is_not_heard_of_is_forgotten(wave, clock, says_that_it_is_there):
    """One that was reloaded never says that it goes; a hidden one says that it has drawn nothing."""
    silent, other = Page(wave, "silent", acks=False), Page(wave, "other", acks=False)
    clock[0] += 20
    wave.publish("picture", {})
    if says_that_it_is_there:
        silent.say("ack")
        assert not wave.is_free("picture")
    else:
        other.ack("picture")
    other.say("gone")
    assert wave.watched == says_that_it_is_there == ("silent" in wave._pages)
    assert wave.noted == ([] if says_that_it_is_there else ["unwatched"])


@pytest.mark.parametrize("speak", [
    lambda page: page.ack("picture"), lambda page: page.set("lr", 0.5),
])  # fmt: skip
def test_a_page_that_was_hidden_for_long_is_there_again_when_it_speaks(wave, clock, speak):
    hidden, other = Page(wave, "hidden", acks=False), Page(wave, "other", acks=False)
    clock[0] += 20
    wave.publish("picture", {"i": 0})
    other.say("gone")
    assert not wave.watched
    wave.publish("picture", {"i": 1})
    hidden.sent, wave.send = other.sent, hidden.take  # what Python says comes to all pages
    speak(hidden)
    assert wave.watched
    assert hidden.last("picture") == {"i": 1}, "it has missed this"
    hidden.say("gone")
    assert not wave.watched


def test_closing(wave, page):
    wave.close()
    wave.close()
    assert wave.noted == ["closing"]
    wave.publish("picture", {"i": 1})


def test_callbacks_from_two_threads_take_turns(wave, page):
    inside, most = [], []

    def changed(name, value):
        inside.append(1)
        most.append(len(inside))
        threading.Event().wait(0.002)
        inside.pop()

    wave.changed = changed
    threads = [
        threading.Thread(target=lambda: [wave.set_value("lr", 0.1 + i) for i in range(9)])
        for _ in range(3)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(most) == 27 and max(most) == 1


@pytest.mark.parametrize("wrong, expected", [
    (lambda: Slider("a", "a", "t"), "expected low < high"),
    (lambda: Slider("a", "a", "t", low=2, high=2), "expected low < high"),
    (lambda: Slider("a", "a", "t", low=0, high=1, log=True), "expected low > 0 on a logarithmic"),
    (lambda: Slider("a", "a", "t", 5, low=0, high=1), "expected a number from 0 to 1, got 5"),
    (lambda: Menu("a", "a", "t"), "expected at least one option"),
    (lambda: Menu("a", "a", "t", "z", options=["x"]), "expected one of 'x', got 'z'"),
])  # fmt: skip
def test_a_control_that_cannot_be(wrong, expected):
    with pytest.raises(ValueError, match=expected):
        wrong()


def test_a_widget_names_its_script():
    class Nameless(LiveWidget):
        pass

    with pytest.raises(TypeError, match="expected script = 'name.js'"):
        Nameless("t", "a")


# ------------------------------------------------------------------ the JavaScript half

# Node cannot import from blob: addresses; data: addresses do the same there.
IN_NODE = """
URL.createObjectURL = (blob) => `data:text/javascript;base64,${blob.code}`;
globalThis.Blob = class { constructor([text]) { this.code = Buffer.from(text).toString("base64"); } };
const shown = async (text) => {
  const widget = (await import(URL.createObjectURL(new Blob([text])))).default;
  const el = {};
  await widget.render({ el, model: {} }); // there is no page: it fails after loading, and says so
  return [typeof widget.render, el.textContent];
};
const [kind, said] = await shown(ESM);
const size = globalThis.nnhelpersModules.size;
globalThis.nnhelpersModules.clear = () => { throw new Error("loaded twice"); };
await shown(ESM + "// ");
console.log(kind, said.includes("run its cell again") && size === globalThis.nnhelpersModules.size, size);
"""


@pytest.mark.parametrize("name", MODULES)
def test_each_module_asks_nothing_of_the_network_and_imports_its_neighbours(name):
    text = MODULES[name]
    assert not any(word in text for word in ("http:", "https:", "fetch(", "eval("))
    for line in re.findall(r"^import .*", text, re.MULTILINE):
        assert re.search(r'^import \{ .+ \} from "\./(.+)";$', line)[1] in MODULES
    if name in SCRIPTS:
        assert "live.close()" in text, "Python must be told when the output is gone"


@pytest.mark.parametrize("script", SCRIPTS)
@pytest.mark.skipif(not shutil.which("node"), reason="needs Node.js, to run JavaScript")
def test_each_widget_is_loaded_with_all_that_it_imports_and_only_once(script):
    source = f"const ESM = {json.dumps(live.module_of(script))};\n{IN_NODE}"
    done = subprocess.run(["node", "--input-type=module"], input=source,
                          capture_output=True, text=True, encoding="utf-8")  # fmt: skip
    assert done.returncode == 0, done.stderr
    word, same, modules = done.stdout.split()
    assert (word, same) == ("function", "true") and 5 < int(modules) < len(MODULES)
