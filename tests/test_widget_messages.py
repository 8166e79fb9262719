"""Messages that no page of ours sends, and data of other libraries, at every widget's door."""

import json
import math

import numpy as np
import pytest
from pages import Page

import nnhelpers as nn
from nnhelpers.widgets import draw_digit, playground, train_panel, xray

X = np.random.default_rng(0).random((20, 784), "float32")
y = np.arange(20) % 10
HUGE = 10**400
STRANGE = [[], [1], {}, {"a": 1}, None, math.nan, math.inf, -math.inf, 1e300, HUGE, -HUGE, "", "nobody",
           "__class__", True, -1, 2.5, [[["x"]]]]  # fmt: skip
MAKE = {
    "train_panel": lambda: train_panel([784, 5, 10], (X, y)),
    "playground": lambda: playground(n=20),
    "draw_digit": lambda: draw_digit(nn.mlp([784, 5, 10]), (X, y)),
    "xray": lambda: xray(nn.mlp([784, 5, 10]), X, y),
}
GOOD = {  # a message of each kind that a page sends, and a strange thing for each of its parts
    "control": {"name": "lr", "value": 0.1},
    "button": {"name": "reset"},
    "place": {"i": 0, "j": 0, "by": "page"},
    "point": {"x": 0.1, "y": 0.1},
    "choose": {"layer": 1, "unit": 0},
    "stroke": {"pen": "p", "serial": 1, "width": 2.4, "done": True},
}


@pytest.mark.parametrize("kind", MAKE)
def test_malformed_messages_are_refused_and_the_widget_works_on(kind):
    widget = MAKE[kind]()
    page = Page(widget)
    try:
        for what in STRANGE:
            good = {"kind": "control", "page": "page", "id": 1, "content": {}}
            widget._receive(widget, what, [])
            for part in ("kind", "page", "content", "what", "id"):
                if part == "page" and isinstance(what, str):
                    continue  # that would be another page
                widget._receive(widget, {**good, part: what}, [])
            page.say("ack", what=what, id=what)
            page.say(what)
            for control in [*widget.controls, what]:
                said = page.set(control, what)
                assert said is None or "error" in said or control in widget.values
            page.press(what)
            for message, content in GOOD.items():
                for part in content:
                    if what is not None or message != "button":
                        page.say(message, {**content, part: what}, [b"\0" * 8])
                page.say(message, dict.fromkeys(content, what), [b"1234567"])
                page.say(message, {}, [])
        json.dumps([sent for sent, _ in page.sent], default=str)
        if "lr" in widget.values:
            assert page.set("lr", 0.01) == {"value": 0.01}
            assert widget.values["lr"] == 0.01
        elif kind == "draw_digit":
            assert page.set("noise", 0.5) == {"value": 0.5}
    finally:
        widget.close()


@pytest.mark.parametrize("name, content", [
    ("playground", ("choose", {"layer": [1], "unit": 0})), ("playground", ("point", {"x": "1", "y": 0})),
    ("playground", ("point", {"x": HUGE, "y": 0})), ("playground", ("point", {})),
    ("xray", ("place", {"i": [0], "j": 0})), ("xray", ("place", {"i": 0, "j": math.nan})),
    ("draw_digit", ("stroke", {"pen": ["p"], "serial": 1, "width": 2.4, "done": True})),
    ("draw_digit", ("stroke", {})), ("train_panel", ("control", {"name": ["lr"], "value": 1})),
    ("train_panel", ("control", {"name": "lr", "value": HUGE})),
    ("train_panel", ("button", {"name": {"a": 1}})), ("train_panel", ("control", {})),
])  # fmt: skip
def test_a_refusal_is_a_sentence_and_values_stay(name, content):
    widget = MAKE[name]()
    page, before = Page(widget), dict(widget.values)
    said = page.say(*content)["error"]
    assert "expected" in said and "Error" not in said
    assert widget.values == before
    widget.close()


class Frame:
    """What pandas and polars share."""

    columns = ["a", "b"]

    def __init__(self, values):
        self.values = np.asarray(values)

    def to_numpy(self):
        return self.values

    def __len__(self):
        return len(self.values)

    def __iter__(self):
        return iter(self.columns)


def tensor(values):
    torch = pytest.importorskip("torch")
    return torch.tensor(values)


@pytest.mark.parametrize("as_given", [Frame, lambda values: values.tolist(), tensor])
def test_data_of_other_libraries(as_given):
    net = nn.mlp([784, 5, 10])
    pair = as_given(X), as_given(y)
    panel, same = train_panel(net, pair, valid=pair), train_panel(net, (X, y), valid=(X, y))
    for one in (panel, same):
        one.step(3)
    np.testing.assert_array_equal(panel.net.theta, same.net.theta)
    assert panel.png == same.png
    assert xray(net, *pair).png == xray(net, X, y).png
    assert draw_digit(net, pair).png == draw_digit(net, (X, y)).png
    points = as_given(X[:, :2]), as_given(y % 2)
    assert playground(points=points).png == playground(points=(X[:, :2], y % 2)).png


@pytest.mark.parametrize("wrong", [Frame(X[:2]), {"X": X, "y": y}, "ab"])
def test_a_frame_alone_is_no_pair(wrong):
    with pytest.raises(ValueError, match="expected data as a pair"):
        train_panel([784, 5, 10], wrong)
