"""A panel follows its controls, says what went wrong, and leaves a figure where no kernel runs."""

import base64

import ipywidgets
import pytest

from nnhelpers.widgets import Panel, slider

PNG = b"\x89PNG\r\n\x1a\n"


@pytest.fixture
def drawn():
    return []


@pytest.fixture
def panel(drawn):
    def draw(figure, lr, on):
        if lr == 3:
            raise ZeroDivisionError("no line today")
        drawn.append((lr, on))
        figure.subplots().plot([0, lr], [0, 1])

    return Panel(draw, alt="A line\n that leans.", lr=slider([1, 2, 3, 5], "learning rate"),
                 on=ipywidgets.Checkbox(description="on"))  # fmt: skip


def test_it_draws_at_once_and_at_every_change(panel, drawn):
    assert drawn == [(1, False)]
    before = bytes(panel._image.value)
    panel.settings["lr"].value = 5
    panel.settings["on"].value = True
    assert drawn[1:] == [(5, False), (5, True)]
    after = bytes(panel._image.value)
    assert after.startswith(PNG) and after != before


def test_without_a_kernel_the_first_figure_and_its_text_stand_there(panel):
    first = panel.png
    panel.settings["lr"].value = 5
    data, metadata = panel._repr_mimebundle_()
    assert data["text/plain"] == "[interactive figure: learning rate, on] A line that leans."
    assert base64.b64decode(data["image/png"]) == first
    assert metadata == {"image/png": {"alt": "A line that leans."}}
    assert "application/vnd.jupyter.widget-view+json" in data


def test_an_error_is_shown_and_passes(panel):
    panel.settings["lr"].value = 3
    assert "ZeroDivisionError: no line today" in panel._message.value
    panel.settings["lr"].value = 2
    assert panel._message.value == ""


def test_an_error_in_the_first_drawing_is_raised():
    with pytest.raises(TypeError):
        Panel(lambda figure: None, alt="x", lr=slider([1], "lr"))


def test_extremes(panel):
    assert panel.extremes() == [{"lr": 1, "on": False}, {"lr": 1, "on": True},
                                {"lr": 5, "on": False}, {"lr": 5, "on": True}]  # fmt: skip
    bounded = Panel(lambda figure, x: None, alt="x", x=ipywidgets.IntSlider(2, min=1, max=9))
    assert bounded.extremes() == [{"x": 1}, {"x": 9}]


def test_a_slider_starts_where_it_is_told():
    assert slider([1, 2], "x").value == 1
    assert slider([0.1, 0.5], "x", value=0.5, show=lambda v: f"{v:.0%}").label == "50%"
