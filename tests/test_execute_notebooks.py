"""`tools/execute_notebooks.py`, which runs the notebooks and stores their outputs."""

import json
import subprocess
import sys

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

import lab
from tools import execute_notebooks as runner

# --- Normalising notebooks -----------------------------------------------------------------------

VIEW = runner.WIDGET_VIEW


def notebook_of(*cells):
    for number, cell in enumerate(cells):
        cell["id"] = f"cell-{number}"
    return new_notebook(cells=list(cells))


def display(metadata=None, **data):
    return new_output("display_data", data=data, metadata=metadata or {})


def executed_notebook():
    """What an execution leaves: timing, random model ids, streams cut in pieces."""
    widget = display(**{VIEW: {"model_id": "f00"}, "text/plain": "Panel", "image/png": "AAAA"})
    only_widget = display({VIEW: {}}, **{VIEW: {"model_id": "f01"}})
    pieces = [new_output("stream", name=n, text=t) for n, t in [("stdout", "a\n")] * 2]
    pieces.append(new_output("stream", name="stderr", text="c\n"))
    pieces.append(new_output("stream", name="stdout", text="d\n"))
    cell = new_code_cell("show()", execution_count=1, outputs=[widget, only_widget, *pieces])
    cell.metadata.update(execution={"iopub.execute_input": "now"}, tags=["setup"])
    notebook = notebook_of(new_markdown_cell("# A θ"), cell)
    notebook.metadata.update(widgets={"state": 1}, language_info={"version": "3.11.7"}, title="T")
    return notebook


def test_what_changes_between_runs_is_removed():
    notebook = runner.normalise(executed_notebook())
    cell = notebook.cells[1]
    assert cell.metadata == {"tags": ["setup"]}
    assert cell.outputs[0].data == {"text/plain": "Panel", "image/png": "AAAA"}
    streams = [(output.name, output.text) for output in cell.outputs[1:]]
    assert streams == [("stdout", "a\na\n"), ("stderr", "c\n"), ("stdout", "d\n")]
    assert "widgets" not in notebook.metadata
    assert "version" not in notebook.metadata.language_info
    assert notebook.metadata.title == "T"


def test_normalising_twice_changes_no_byte():
    once = runner.to_text(runner.normalise(executed_notebook()))
    again = runner.to_text(runner.normalise(nbformat.reads(once, as_version=4)))
    assert once == again
    assert once.endswith("}\n")
    assert "θ" in once
    assert once.splitlines()[1].startswith(' "')


def test_missing_and_equal_ids_are_named():
    notebook = notebook_of(new_code_cell("a = 1"), new_code_cell("b = 2"))
    notebook.cells[1]["id"] = "cell-0"
    with pytest.raises(runner.NotebookError, match="01_x: cells 1 and 2 have the same id 'cell-0'"):
        runner.normalise(notebook, "01_x")
    del notebook.cells[1]["id"]
    with pytest.raises(runner.NotebookError, match="01_x: cell 2 has no id: b = 2"):
        runner.normalise(notebook, "01_x")


def test_reading_does_not_invent_ids(tmp_path):
    notebook = notebook_of(new_code_cell("a = 1"))
    del notebook.cells[0]["id"]
    path = tmp_path / "01_x.ipynb"
    path.write_text(json.dumps(notebook), encoding="utf-8")
    with pytest.raises(runner.NotebookError, match="01_x.ipynb: cell 1 has no id"):
        runner.execute_file(path)


@pytest.mark.parametrize("text", ["", "{}", "no JSON"])
def test_what_is_no_notebook_is_named(tmp_path, text):
    path = tmp_path / "01_x.ipynb"
    path.write_text(text)
    with pytest.raises(runner.NotebookError, match="01_x.ipynb"):
        runner.execute_file(path)


# --- Executing them ------------------------------------------------------------------------------

PANEL = """import base64, ipywidgets
class Panel:
    def _repr_mimebundle_(self, **kwargs):
        data = dict(ipywidgets.FloatSlider()._repr_mimebundle_(**kwargs))
        return {**data, "text/plain": "Panel(lr=0.1)", "image/png": "iVBORw0KGgo="}
Panel()"""


def write(path, *sources, skip=()):
    cells = [new_code_cell(source) for source in sources]
    for number in skip:
        cells[number].metadata["tags"] = ["skip-execution", "nbval-skip"]
    path.write_text(runner.to_text(notebook_of(*cells)), encoding="utf-8", newline="\n")
    return path


def nbval(path):
    command = [sys.executable, "-m", "pytest", "--nbval", "--nbval-current-env", str(path)]
    command += ["-p", "no:cacheprovider"]
    env = lab.reproducible_environment()
    done = subprocess.run(command, capture_output=True, encoding="utf-8", cwd=path.parent, env=env)
    return done.returncode, done.stdout


@pytest.mark.full
def test_a_notebook_runs_is_stable_and_passes_nbval(tmp_path):
    progress = "from tqdm.auto import tqdm\nfor i in tqdm(range(3)):\n    print(i)"
    threads = "import os; os.environ['OPENBLAS_NUM_THREADS'], os.path.basename(os.getcwd())"
    path = write(tmp_path / "01_x.ipynb", PANEL, progress, threads, "1 / 0", skip=[3])
    assert runner.execute_file(path) is True
    first = path.read_bytes()
    assert runner.execute_file(path) is False
    assert path.read_bytes() == first

    cells = nbformat.read(path, as_version=4).cells
    assert cells[0].outputs[0].data == {"text/plain": "Panel(lr=0.1)", "image/png": "iVBORw0KGgo="}
    assert cells[1].outputs[-1].text == "0\n1\n2\n"
    assert cells[2].outputs[0].data["text/plain"] == f"('1', {tmp_path.name!r})"
    assert (cells[3].execution_count, cells[3].outputs) == (None, [])

    code, text = nbval(path)
    assert code == 0, text
    path.write_text(path.read_text("utf-8").replace("lr=0.1)", "lr=0.2)", 1), encoding="utf-8")
    code, text = nbval(path)
    assert code == 1, text  # the text beside a widget is compared


def test_a_failing_cell_leaves_the_file_untouched(tmp_path, monkeypatch, capsys):
    path = write(tmp_path / "01_x.ipynb", "print('fine')", "\nvalue = 1 / 0")
    write(tmp_path / "02_never_reached.ipynb", "print('hello')")
    before = path.read_bytes()
    monkeypatch.setattr(runner, "select", lambda names: sorted(tmp_path.glob("*.ipynb")))
    assert runner.main([]) == 1
    assert path.read_bytes() == before
    printed = capsys.readouterr()
    assert "01_x.ipynb: cell 2 (id cell-1) failed: value = 1 / 0" in printed.err
    assert "ZeroDivisionError" in printed.err
    assert "\x1b" not in printed.err
    assert "02_never_reached" not in printed.out
    assert sorted(p.name for p in tmp_path.iterdir()) == ["01_x.ipynb", "02_never_reached.ipynb"]


def test_notebooks_are_chosen_by_the_start_of_their_names(tmp_path):
    for name in ("10_c", "02_b", "00_a"):
        (tmp_path / f"{name}.ipynb").touch()
    chosen = [path.stem for path in runner.select([], tmp_path)]
    assert chosen == ["00_a", "02_b", "10_c"]
    assert [p.stem for p in runner.select(["10", "notebooks/02_b.ipynb"], tmp_path)] == [
        "02_b",
        "10_c",
    ]
    with pytest.raises(runner.NotebookError, match="'07'; there are: 00_a, 02_b, 10_c"):
        runner.select(["07"], tmp_path)
