"""From a slide to the live cell: the decks' key L, and a JupyterLab that runs."""

import pytest

from tools import slides

MISSING = slides.wrong_packages()
pytestmark = pytest.mark.skipif(
    bool(MISSING), reason=f"needs {', '.join(MISSING)}: python lab.py install slides"
)
CELLS = ["03-def-draw-layers-figure-depth-activation", "03-def-tangent-figure-activation-at"]
SHOWN = """id => { const w = window.jupyterapp?.shell?.currentWidget;
    const cell = w?.content?.widgets?.find((c) => c.model.id === id);
    const at = cell?.node.getBoundingClientRect();
    return at && at.top >= 0 && at.top < innerHeight / 2; }"""
GO_TO = """id => { const page = document.querySelector(`section.page[data-cell="${id}"]`);
    const { h, v } = Reveal.getIndices(page); Reveal.slide(h, v); }"""


def test_key_l_shows_the_cell_in_a_new_tab_and_in_an_open_one(jupyter, tmp_path):
    jupyter.page.goto(f"{jupyter.address}/lab?token={jupyter.token}&reset")  # signs in
    (path,) = slides.select(["03"])
    (deck,) = slides.write_decks([path], tmp_path, f"{jupyter.address}/lab/tree/")
    page = jupyter.page.context.new_page()
    page.goto(deck.as_uri())
    page.wait_for_selector("body[data-ready]", timeout=120_000)
    page.evaluate(GO_TO, CELLS[0])
    with page.expect_popup() as popup:
        page.keyboard.press("l")
    tab = popup.value
    tab.wait_for_function(SHOWN, arg=CELLS[0], timeout=90_000)
    page.evaluate(GO_TO, CELLS[1])
    page.locator("section.page.present a.live").click()
    tab.wait_for_function(SHOWN, arg=CELLS[1], timeout=20_000)
    assert len(page.context.pages) == 3, "the same tab"
