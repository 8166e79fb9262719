"""A live widget's Python half, without a browser: messages, the newest value wins, errors in words."""

import base64
import json
import shutil
import subprocess
import threading

import numpy as np
import pytest

from nnhelpers.widgets import live
from nnhelpers.widgets.live import Button, Checkbox, LiveWidget, Menu, Slider, Text, Toggle

SCRIPTS = sorted(path.name for path in live.FOLDER.glob("*.js") if path.name != "common.js")


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
        return {"twice": 2 * content["x"]}, [bytes(buffers[0])]

    def unwatched(self):
        self.noted.append("unwatched")

    def closing(self):
        self.noted.append("closing")


class Page:
    """What the browser does, as far as Python sees it."""

    def __init__(self, widget, name="page"):
        self.widget, self.name, self.sent, self.n = widget, name, [], 0
        widget.send = lambda content, buffers=None: self.sent.append((content, buffers))
        self.say("hello")

    def say(self, kind, content=None, buffers=(), **more):
        self.n += 1
        message = {"kind": kind, "page": self.name, "id": f"{self.name}:{self.n}",
                   "content": content or {}, **more}  # fmt: skip
        self.widget._receive(self.widget, message, list(buffers))
        replies = [sent for sent in self.sent if sent[0].get("id") == message["id"]]
        return replies[-1] if replies else None

    def set(self, name, value):
        return self.say("control", {"name": name, "value": value})[0]

    def published(self, kind):
        return [sent for sent in self.sent if sent[0].get("what") == kind]

    def ack(self, kind):
        self.say("ack", what=kind, id=self.published(kind)[-1][0]["id"])


@pytest.fixture
def wave():
    widget = Wave()
    yield widget
    widget.close()


@pytest.fixture
def page(wave):
    return Page(wave)


def test_without_a_kernel_a_figure_and_its_text_stand_there(wave):
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
    assert page.set("lr", 0.5)["content"] == {"value": 0.5}
    assert page.set("n", 7.0)["content"] == {"value": 7}
    page.set("shape", "square")
    page.set("hidden", "32")
    page.say("button", {"name": "go"})
    assert wave.noted == [("lr", 0.5), ("n", 7), ("shape", "square"), ("hidden", "32"), "go"]
    assert wave.values["lr"] == 0.5


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
    assert expected in page.published("message")[-1][0]["content"]["text"]
    assert wave.values == before and wave.noted == []


def test_an_error_in_a_callback_is_shown_and_the_value_goes_back(wave, page):
    reply = page.set("n", 9)
    assert reply["error"] == "ZeroDivisionError: no nine today"
    message = page.published("message")[-1][0]["content"]
    assert message == {"text": "ZeroDivisionError: no nine today", "tone": "error"}
    assert wave.values["n"] == 5
    page.ack("message")
    page.set("n", 8)
    assert page.published("message")[-1][0]["content"]["text"] == "", (
        "it goes with the next success"
    )


def test_unknown_messages_and_buttons_are_refused_in_words(wave, page):
    assert "knows no message of kind 'nonsense'" in page.say("nonsense")[0]["error"]
    assert "expected the name of a button" in page.say("button", {"name": "lr"})[0]["error"]


def test_a_message_of_ones_own_and_its_reply(page):
    reply, buffers = page.say("point", {"x": 4}, [memoryview(b"abc")])
    assert reply["content"] == {"twice": 8} and buffers == [b"abc"]


def test_while_the_page_draws_only_the_newest_is_kept(wave, page):
    for i in range(100):
        wave.publish("picture", {"i": i}, [np.full(3, i, "float32")])
    assert [sent[0]["content"]["i"] for sent in page.published("picture")] == [0]
    assert not wave.is_free("picture") and wave.is_free("other")
    page.ack("picture")
    assert [sent[0]["content"]["i"] for sent in page.published("picture")] == [0, 99]
    assert page.published("picture")[-1][1] == [np.full(3, 99, "float32").tobytes()]
    page.ack("picture")
    assert len(page.published("picture")) == 2 and wave.is_free("picture")


def test_an_answer_to_an_older_picture_frees_nothing(wave, page):
    wave.publish("picture", {"i": 0})
    old = page.published("picture")[-1][0]["id"]
    page.ack("picture")
    wave.publish("picture", {"i": 1})
    page.say("ack", what="picture", id=old)
    wave.publish("picture", {"i": 2})
    assert [sent[0]["content"]["i"] for sent in page.published("picture")] == [0, 1]


def test_a_page_that_does_not_answer_is_not_waited_for_for_ever(wave, page, monkeypatch):
    wave.publish("picture", {"i": 0})
    monkeypatch.setattr(live, "PATIENCE", 0.0)
    wave.publish("picture", {"i": 1})
    assert [sent[0]["content"]["i"] for sent in page.published("picture")] == [0, 1]


def test_nothing_is_sent_to_nobody_and_a_late_page_gets_the_newest(wave):
    sent = []
    wave.send = lambda content, buffers=None: sent.append(content)
    wave.publish("picture", {"i": 0})
    wave.publish("picture", {"i": 1})
    assert sent == [] and not wave.watched and not wave.is_free("picture")
    page = Page(wave)
    assert [one[0]["content"]["i"] for one in page.published("picture")] == [1]
    page.ack("picture")
    again = Page(wave, "second")
    assert [one[0]["content"]["i"] for one in again.published("picture")] == [1]


def test_what_is_published_is_copied(wave, page):
    numbers = np.zeros(2, "float32")
    wave.publish("picture", {}, [numbers])
    wave.publish("picture", {}, [numbers])
    numbers += 1
    page.ack("picture")
    assert page.published("picture")[-1][1] == [np.zeros(2, "float32").tobytes()]


def test_set_from_code_is_shown_on_the_pages(wave, page):
    wave.set_value("lr", 2)
    assert wave.noted == [("lr", 2.0)]
    assert page.published("values")[-1][0]["content"]["values"]["lr"] == 2.0
    page.ack("values")
    wave.enable("n", "go", on=False)
    assert page.published("values")[-1][0]["content"]["disabled"] == ["go", "n"]
    page.ack("values")
    wave.enable("n")
    assert page.published("values")[-1][0]["content"]["disabled"] == ["go"]


def test_when_the_last_page_goes_the_widget_is_told(wave, page):
    second = Page(wave, "second")
    page.say("gone")
    assert wave.watched and "unwatched" not in wave.noted
    second.say("gone")
    assert not wave.watched and wave.noted == ["unwatched"]


def test_a_page_that_was_reloaded_is_forgotten(wave, monkeypatch):
    now = [1000.0]
    monkeypatch.setattr(live.time, "monotonic", lambda: now[0])
    first, second = Page(wave, "first"), Page(wave, "second")  # `first` never says that it goes
    now[0] += 20
    wave.publish("picture", {})
    second.ack("picture")
    second.say("gone")
    assert first.name not in wave._pages and wave.noted == ["unwatched"]


@pytest.mark.parametrize("speak", [
    lambda page: page.ack("picture"), lambda page: page.set("lr", 0.5),
])  # fmt: skip
def test_a_page_that_was_hidden_for_long_is_there_again_when_it_speaks(wave, monkeypatch, speak):
    now = [1000.0]
    monkeypatch.setattr(live.time, "monotonic", lambda: now[0])
    hidden, other = Page(wave, "hidden"), Page(wave, "other")
    now[0] += 20
    wave.publish("picture", {"i": 0})
    other.say("gone")
    assert not wave.watched
    wave.publish("picture", {"i": 1})
    hidden.sent, other.sent = other.sent, []  # what Python says comes to all pages
    wave.send = lambda content, buffers=None: hidden.sent.append((content, buffers))
    speak(hidden)
    assert wave.watched
    assert hidden.published("picture")[-1][0]["content"] == {"i": 1}, "it has missed this"
    hidden.say("gone")
    assert not wave.watched


def test_a_hidden_page_that_says_so_is_not_given_up(wave, monkeypatch):
    now = [1000.0]
    monkeypatch.setattr(live.time, "monotonic", lambda: now[0])
    hidden, other = Page(wave, "hidden"), Page(wave, "other")
    now[0] += 20
    wave.publish("picture", {})
    hidden.say("ack")  # of nothing: it has drawn nothing
    assert not wave.is_free("picture")
    other.say("gone")
    assert wave.watched and wave.noted == []


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


@pytest.mark.parametrize("script", SCRIPTS)
def test_each_script_asks_nothing_of_the_network_and_has_one_export(script):
    source = (live.FOLDER / script).read_text(encoding="utf-8")
    common = (live.FOLDER / "common.js").read_text(encoding="utf-8")
    for text in (source, common):
        assert not any(word in text for word in ("http:", "https:", "import ", "fetch(", "eval("))
    assert source.count("export default") == 1 and "export " not in common
    assert "live.close()" in source, "Python must be told when the output is gone"


@pytest.mark.parametrize("script", SCRIPTS)
@pytest.mark.skipif(not shutil.which("node"), reason="needs Node.js, to read JavaScript")
def test_each_script_is_javascript(script):
    source = "\n".join(
        (live.FOLDER / name).read_text(encoding="utf-8") for name in ("common.js", script)
    )
    done = subprocess.run(["node", "--check", "--input-type=module"], input=source,
                          capture_output=True, text=True, encoding="utf-8")  # fmt: skip
    assert done.returncode == 0, done.stderr
