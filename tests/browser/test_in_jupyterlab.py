"""What a student sees and clicks: the first page, Run All, every slider, the square button."""

from pathlib import Path

import nbformat
import pytest

ROOT = Path(__file__).resolve().parents[2]
NOTEBOOKS = sorted(path.name for path in (ROOT / "notebooks").glob("*.ipynb"))
PANELS = ".jp-OutputArea-output .widget-vbox:has(> .widget-image)"


def test_it_opens_on_the_first_notebook(jupyter):
    jupyter.open("")
    assert jupyter.page.evaluate("() => window.jupyterapp.shell.currentWidget.context.path") == (
        "notebooks/00_start_here.ipynb"
    )
    assert jupyter.outside == [], "nothing is asked of the internet"


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_run_all_and_move_every_slider(jupyter, name):
    jupyter.open(f"notebooks/{name}")
    jupyter.run_all()
    assert jupyter.errors() == []
    panels = jupyter.page.locator(PANELS)
    assert panels.count() >= 1 or name == "playground.ipynb"  # it has other tests
    for i in range(panels.count()):
        move_each_slider(jupyter.page, panels.nth(i))
    assert jupyter.page.locator("text=Could not draw this").count() == 0
    assert jupyter.complaints == [], "the browser's console holds no error"
    assert jupyter.outside == []


def move_each_slider(page, panel):
    """Press the arrow keys on each handle of the panel, and see number and picture follow."""
    picture, handles = panel.locator("img.widget-image"), panel.locator(".noUi-handle")
    readouts = panel.locator(".widget-readout")
    assert handles.count() >= 1
    for i in range(handles.count()):
        changed = False
        for key in ("ArrowRight", "ArrowLeft"):  # at one end of the slider only the other one moves
            before, text = picture.get_attribute("src"), readouts.nth(i).inner_text()
            handles.nth(i).focus()
            page.keyboard.press(key)
            page.wait_for_timeout(50)
            if readouts.nth(i).inner_text() != text:
                page.wait_for_function(
                    "([img, before]) => img.src !== before && img.complete && img.naturalWidth > 0",
                    arg=[picture.element_handle(), before],
                )
                changed = True
                break
        assert changed, f"slider {i} does not move"


def test_the_square_button_stops_training_and_keeps_what_was_learned(jupyter):
    cells = [
        "import nnhelpers as nn\ndata = nn.load_mnist()\nnet = nn.mlp([784, 100, 10])",
        "history = nn.fit(net, data.train, data.valid, optimizer=nn.SGD(0.1), epochs=1000)",
        "print(len(history.batch_loss) > 0, net.score(*data.valid) > 0.2)",
    ]
    put_notebook(jupyter, "training.ipynb", cells)
    jupyter.open("training.ipynb")
    page = jupyter.page
    page.evaluate("() => { window.jupyterapp.commands.execute('notebook:run-all-cells') }")
    page.locator(
        ".jp-OutputArea-output .progress-bar, .jp-OutputArea-output .widget-hprogress"
    ).first.wait_for()
    page.wait_for_timeout(1500)
    page.locator('.jp-NotebookPanel-toolbar [data-jp-item-name="interrupt"] button, '
                 '.jp-NotebookPanel-toolbar [data-jp-item-name="interrupt"] jp-button').first.click()  # fmt: skip
    # Waiting for an idle kernel is not enough: replies to the progress bar's messages say "idle"
    # too, while the cell still runs.
    page.wait_for_function(
        "() => JSON.stringify(window.jupyterapp.shell.currentWidget.content.widgets[1].model.outputs"
        ".toJSON()).includes('Training stopped: interrupted in epoch')"
    )
    jupyter.wait_for_idle("true", seconds=20)
    assert jupyter.errors() == []
    page.evaluate("""() => { const app = window.jupyterapp, w = app.shell.currentWidget;
        w.content.activeCellIndex = 2; app.commands.execute('notebook:run-cell') }""")
    jupyter.wait_for_idle("w.content.widgets[2].model.executionCount !== null")
    assert "True True" in jupyter.outputs_of(2)


def test_questions_are_answered_by_keyboard(jupyter):
    cells = ["import nnhelpers as nn", 'nn.ask("one_image", "floor_of_guessing")']
    put_notebook(jupyter, "questions.ipynb", cells)
    jupyter.open("questions.ipynb")
    jupyter.run_all()
    page = jupyter.page
    answers = page.locator(".jp-OutputArea-output details")
    answers.first.wait_for()
    assert answers.count() == 3
    told = answers.nth(2).locator("div").first
    assert not told.is_visible()
    answers.nth(1).locator("summary").focus()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    told.wait_for(state="visible")
    assert "Right" in told.inner_text()
    for _ in range(2):  # past the folded answers to the field for a number
        page.keyboard.press("Tab")
        if page.evaluate("() => document.activeElement.tagName") == "INPUT":
            break
    for typed, reply in (("11", "always say 1"), ("10 %", "Right")):
        page.keyboard.press("Control+A")
        page.keyboard.type(typed)
        page.keyboard.press("Enter")
        page.locator(".jp-OutputArea-output", has_text=reply).first.wait_for(timeout=10_000)
    assert jupyter.errors() == [] and jupyter.complaints == []


def put_notebook(jupyter, name, sources):
    """Give JupyterLab a notebook with these cells, through its own interface."""
    notebook = nbformat.v4.new_notebook(
        cells=[nbformat.v4.new_code_cell(source) for source in sources]
    )
    notebook.metadata["kernelspec"] = {
        "name": "python3",
        "display_name": "Python 3",
        "language": "python",
    }
    response = jupyter.page.request.put(
        f"{jupyter.address}/api/contents/{name}?token={jupyter.token}",
        data={"type": "notebook", "format": "json", "content": notebook},
    )
    assert response.ok, response.text()
