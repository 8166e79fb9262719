"""From a deck to the live cell: the address that the decks' key L opens."""

CELL = "03-def-draw-layers-figure-depth-activation"
OTHER = "03-def-tangent-figure-activation-at"
ACTIVE = """id => { const w = window.jupyterapp?.shell?.currentWidget;
    const cell = w?.content?.activeCell;
    if (cell?.model?.id !== id) return false;
    const at = cell.node.getBoundingClientRect();
    return at.top >= 0 && at.top < innerHeight / 2; }"""


def test_an_address_with_a_cell_shows_that_cell(jupyter):
    page = jupyter.page
    address = f"{jupyter.address}/lab/tree/notebooks/03_activations.ipynb"
    page.goto(f"{jupyter.address}/lab?token={jupyter.token}&reset")
    page.wait_for_function("() => window.jupyterapp?.shell?.currentWidget")
    page.goto(f"{address}#cell-id={CELL}")
    page.wait_for_function(ACTIVE, arg=CELL, timeout=90_000)
    page.evaluate("id => { location.hash = 'cell-id=' + id }", OTHER)
    page.wait_for_function(ACTIVE, arg=OTHER, timeout=20_000)
    assert jupyter.complaints == []
