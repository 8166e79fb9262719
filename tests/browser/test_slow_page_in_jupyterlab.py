"""A busy page, on which anywidget gives up on a widget before it was loaded; and Run All again."""

import pytest
from live_page import View

CELLS = ["import numpy as np, nnhelpers as nn\nnet, X = nn.mlp([3, 4, 2]), np.ones((5, 3))\n"
         "shown = nn.widgets.xray(net, X, np.array([0, 1, 0, 1, 0]))\nshown"]  # fmt: skip
SLOW = """() => {
    const timeout = AbortSignal.timeout.bind(AbortSignal);
    AbortSignal.timeout = (ms) => timeout(ms === 2000 ? 0 : ms);
}"""


@pytest.mark.parametrize("slow", [True, False])
def test_the_xray_is_alive_after_each_restart_and_run_all(jupyter, slow):
    if slow:
        jupyter.page.add_init_script(f"({SLOW})()")
    view = View(jupyter, ".nn-xray", CELLS, ready="example")
    for _ in range(2):
        jupyter.page.evaluate(
            "() => window.jupyterapp.shell.currentWidget.sessionContext.restartKernel()"
        )
        jupyter.begin_cell(0)
        view.wait("example", "=== '0'", 15)
        view.enter(view.box("example"), "3")
        view.until("shown.example", 3)
        view.wait("example", "=== '3'", 15)
    assert view.root.count() == 1
