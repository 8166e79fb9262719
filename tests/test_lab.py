"""`lab.py`, which installs and starts, and `tools/execute_notebooks.py`, which stores outputs.

Nothing here installs anything: what lab.py would run is caught and looked at.
"""

import ast
import json
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

import lab
from tools import execute_notebooks as runner


@pytest.fixture
def course(tmp_path, monkeypatch):
    """lab.py at work in an empty course folder."""
    (tmp_path / "requirements.txt").write_text("numpy\n")
    (tmp_path / "pyproject.toml").write_text("[project]\n")
    monkeypatch.setattr(lab, "ROOT", tmp_path)
    monkeypatch.setattr(lab, "VENV", tmp_path / ".venv")
    monkeypatch.delenv("PIP_CONSTRAINT", raising=False)
    return tmp_path


@pytest.fixture
def calls(course, monkeypatch):
    """The commands that lab.py runs; making .venv leaves a Python in it, all else does nothing."""
    commands = []

    def call(command, **_):
        commands.append(command)
        if "venv" in command:
            lab.venv_python().parent.mkdir(parents=True, exist_ok=True)
            lab.venv_python().touch()
            lab.stamp_path().unlink(missing_ok=True)
        return 0

    monkeypatch.setattr(lab.subprocess, "call", call)
    monkeypatch.setattr(lab, "venv_is_sound", lambda: lab.venv_python().exists())
    return commands


def kinds(commands):
    """What the commands were: "venv" or "pip"."""
    return [command[2] for command in commands]


# --- Which Python --------------------------------------------------------------------------------


def test_an_old_python_is_told_what_it_lacks():
    message = lab.complain_about_old_python((3, 9, 18))
    assert "needs Python 3.11 or newer; this is Python 3.9" in message


@pytest.mark.parametrize("version", [(3, 11, 0), (3, 14, 2), (3, 20, 0)])
def test_a_new_python_is_welcome(version):
    assert lab.complain_about_old_python(version) == ""


def test_main_stops_on_an_old_python(monkeypatch):
    monkeypatch.setattr(lab, "complain_about_old_python", lambda: "too old")
    with pytest.raises(SystemExit, match="too old"):
        lab.main(["help"])


def test_no_syntax_newer_than_python_3_6():
    """An old Python must get as far as the message."""
    ast.parse(Path(lab.__file__).read_text(encoding="utf-8"), feature_version=(3, 6))


@pytest.mark.parametrize("module", ["venv", "ensurepip"])
def test_debian_without_venv_gets_the_line_that_installs_it(monkeypatch, module):
    find_spec = lab.importlib.util.find_spec
    monkeypatch.setattr(
        lab.importlib.util, "find_spec", lambda name: None if name == module else find_spec(name)
    )
    monkeypatch.setattr(lab.shutil, "which", lambda name: "/usr/bin/" + name)
    message = lab.complain_about_missing_venv()
    assert f"`{module}` is missing" in message
    assert "sudo apt install python{}.{}-venv\n".format(*sys.version_info[:2]) in message


def test_elsewhere_the_message_names_no_apt(monkeypatch):
    monkeypatch.setattr(lab.importlib.util, "find_spec", lambda name: None)
    monkeypatch.setattr(lab.shutil, "which", lambda name: None)
    message = lab.complain_about_missing_venv()
    assert "python.org" in message
    assert "apt" not in message


def test_no_environment_is_made_without_venv(calls, monkeypatch):
    monkeypatch.setattr(lab, "complain_about_missing_venv", lambda: "install venv")
    with pytest.raises(SystemExit, match="install venv"):
        lab.ensure_environment()
    assert calls == []


# --- What is installed when ----------------------------------------------------------------------


def test_the_first_start_installs_and_the_second_does_not(calls):
    lab.ensure_environment()
    assert kinds(calls) == ["venv", "pip"]
    lab.ensure_environment()
    assert kinds(calls) == ["venv", "pip"]


def test_an_extra_is_added_once_and_kept(calls):
    lab.ensure_environment()
    lab.ensure_environment("test")
    assert kinds(calls) == ["venv", "pip", "pip"]
    assert calls[-1][-1] == ".[test]"
    lab.ensure_environment("bench")
    lab.ensure_environment("test")
    lab.ensure_environment()
    assert kinds(calls) == ["venv", "pip", "pip", "pip"]


@pytest.mark.parametrize("file", ["requirements.txt", "pyproject.toml"])
def test_a_changed_requirement_installs_again(calls, course, file):
    lab.ensure_environment("test")
    (course / file).write_text("something else\n")
    assert not lab.is_installed("test")
    lab.ensure_environment()
    assert kinds(calls) == ["venv", "pip", "pip"]
    assert not lab.is_installed("test")  # its extra was installed for the old requirements


def test_another_python_or_constraint_installs_again(calls, course, monkeypatch):
    lab.ensure_environment()
    with monkeypatch.context() as patch:
        patch.setattr(lab.sys, "version_info", (3, 99, 0))
        assert not lab.is_installed(None)
    (course / "oldest.txt").write_text("numpy==2.0.0\n")
    monkeypatch.setenv("PIP_CONSTRAINT", "oldest.txt")
    assert not lab.is_installed(None)


def test_a_vanished_python_installs_again(calls):
    lab.ensure_environment()
    lab.venv_python().unlink()
    lab.ensure_environment()
    assert kinds(calls) == ["venv", "pip", "venv", "pip"]


@pytest.mark.parametrize("text", ["", "{", "[]", "null", '{"fingerprint": 3}'])
def test_a_damaged_stamp_installs_again(calls, text):
    lab.ensure_environment()
    lab.stamp_path().write_text(text)
    assert not lab.is_installed(None)
    lab.ensure_environment()
    assert kinds(calls) == ["venv", "pip", "pip"]


def test_an_interrupted_installation_starts_over(calls, monkeypatch):
    def interrupt(extra):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(lab, "pip_install", interrupt)
        with pytest.raises(KeyboardInterrupt):
            lab.ensure_environment()
    assert lab.read_stamp() == {"installing": True}
    assert not lab.is_installed(None)

    monkeypatch.setattr(lab, "venv_is_sound", lambda: not lab.read_stamp().get("installing"))
    lab.ensure_environment()
    assert kinds(calls) == ["venv", "venv", "pip"]


def test_a_failed_installation_says_why_and_spoils_nothing(calls, course, monkeypatch):
    lab.ensure_environment("test")
    before = lab.read_stamp()
    monkeypatch.setattr(lab.subprocess, "call", lambda command, **_: 1)
    with pytest.raises(SystemExit, match="No network"):
        lab.ensure_environment("bench")
    assert lab.read_stamp() == before
    assert lab.is_installed("test")


def test_an_environment_of_this_python_is_sound_and_a_broken_one_is_not(course, monkeypatch):
    assert not lab.venv_is_sound()  # there is none
    monkeypatch.setattr(lab, "venv_python", lambda: Path(sys.executable))
    assert lab.venv_is_sound()
    with monkeypatch.context() as patch:
        patch.setattr(lab.sys, "version_info", (3, 99, 0))
        assert not lab.venv_is_sound()
    lab.VENV.mkdir()
    lab.write_stamp(installing=True)
    assert not lab.venv_is_sound()


def test_the_environment_is_not_pulled_from_under_its_own_python(calls, monkeypatch):
    monkeypatch.setattr(lab.sys, "prefix", str(lab.VENV))
    with pytest.raises(SystemExit, match="deactivate"):
        lab.create_venv()


# --- What is run ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "args, expected",
    [
        ([], ("lab", [])),
        (["--no-browser"], ("lab", ["--no-browser"])),
        (["notebooks/02_x.ipynb"], ("lab", ["notebooks/02_x.ipynb"])),
        (["lab", "--port=9999"], ("lab", ["--port=9999"])),
        (["test", "-k", "dense"], ("test", ["-k", "dense"])),
        (["notebooks", "02"], ("notebooks", ["02"])),
        (["--help"], ("help", [])),
    ],
)
def test_arguments_choose_the_command(args, expected):
    assert lab.choose_command(args) == expected


def test_an_unknown_command_lists_the_known_ones():
    with pytest.raises(SystemExit, match="no command 'tset'.*lab, test, notebooks"):
        lab.choose_command(["tset"])


def test_help_names_every_command(capsys):
    assert lab.main(["help"]) == 0
    text = capsys.readouterr().out
    assert all("lab.py " + name in text for name in lab.COMMANDS if name not in ("lab", "help"))


def test_lab_opens_the_first_notebook_unless_another_is_named(course):
    (course / "notebooks").mkdir()
    (course / lab.START).touch()
    address = "--LabApp.default_url=/lab/tree/notebooks/00_start_here.ipynb"
    assert address in lab.lab_command("python", ["--no-browser"])
    command = lab.lab_command("python", ["notebooks/03_activations.ipynb"])
    assert address not in command
    assert command[-1] == "notebooks/03_activations.ipynb"


def test_install_prepares_what_is_named(calls):
    assert lab.main(["install"]) == 0
    assert lab.main(["install", "test", "bench"]) == 0
    assert [command[-1] for command in calls[1:]] == [".", ".[test]", ".[bench]"]
    assert lab.main(["install", "slides"]) == 0
    assert calls[-2][-1] == ".[slides]"
    assert calls[-1][1:] == ["-m", "tools.slides", "--fetch"]  # what npm fetches, too


def test_lab_asks_the_internet_for_nothing(course):
    lab.lab_settings()
    file = course / ".venv/share/jupyter/lab/settings/overrides.json"
    settings = json.loads(file.read_text())["@jupyterlab/apputils-extension:notification"]
    assert settings == {"fetchNews": "false", "checkForUpdates": False}
    assert "--LabApp.extension_manager=readonly" in lab.lab_command("python", [])


def test_jupyterlab_is_completed_and_slides_are_set_up_where_jupyterlab_rise_is(course):
    share = course / ".venv/share/jupyter"
    lab.lab_settings()
    settings = json.loads((share / "lab/settings/overrides.json").read_text())
    assert "jupyterlab-rise:plugin" not in settings
    (share / "labextensions/jupyterlab-rise").mkdir(parents=True)
    for _ in range(2):  # the second start finds the first one's files
        lab.lab_settings()
    settings = json.loads((share / "lab/settings/overrides.json").read_text())
    assert settings["jupyterlab-rise:plugin"] == lab.SLIDES
    assert "@jupyterlab/apputils-extension:notification" in settings
    place = share / "labextensions/nnhelpers-presenter"
    package = json.loads((place / "package.json").read_text())
    assert (place / package["jupyterlab"]["_build"]["load"]).is_file()
    assert package["name"] == place.name, "JupyterLab finds the files by this name"


def test_jupyterlab_starts_without_the_presenter_too(course, monkeypatch):
    monkeypatch.setattr(lab, "PRESENTER", course / "tools/presenter")
    lab.lab_settings()
    assert (course / ".venv/share/jupyter/lab/settings/overrides.json").is_file()


def test_test_arguments_go_where_they_belong(course):
    (course / "notebooks").mkdir()
    (course / "tests").mkdir()
    (course / "tests/test_a.py").touch()
    notebook = str(Path("notebooks/01_a.ipynb"))
    (course / notebook).touch()
    assert lab.split_test_arguments([]) == (["tests"], [notebook])
    assert lab.split_test_arguments(["-k", "x"]) == (["-k", "x", "tests"], ["-k", "x", notebook])
    one_test = "tests/test_a.py::test_b"
    assert lab.split_test_arguments(["-x", one_test]) == (["-x", one_test], None)
    assert lab.split_test_arguments([notebook]) == (None, [notebook])
    assert lab.split_test_arguments(["notebooks"]) == (None, ["notebooks"])


@pytest.mark.parametrize(
    "codes, args, expected",
    [
        ([0, 0], [], 0),
        ([1, 0], [], 1),
        ([0, 1], [], 1),
        ([0, 5], [], 1),  # no notebook collected: something is wrong
        ([0, 5], ["-k", "x"], 0),  # ... unless only some were asked for
    ],
)
def test_test_fails_if_either_half_fails(course, monkeypatch, capsys, codes, args, expected):
    (course / "notebooks").mkdir()
    (course / "notebooks/01_a.ipynb").touch()
    monkeypatch.setattr(lab, "ensure_environment", lambda extra: "python")
    results = iter([(codes[0], "1 passed in 1s"), (codes[1], "9 passed in 2s")])
    monkeypatch.setattr(lab, "run_and_keep_last_line", lambda command, env: next(results))
    assert lab.command_test(args) == expected
    summary = capsys.readouterr().out.splitlines()[-2:]
    assert "1 passed in 1s" in summary[0]
    assert "9 passed in 2s" in summary[1]
    assert ("FAILED" in "".join(summary)) == bool(expected)


def test_the_last_line_is_kept(capfd):
    script = "print('a'); print('\\x1b[32m=== 3 passed in 1s ===\\x1b[0m'); print(); exit(3)"
    code, last = lab.run_and_keep_last_line([sys.executable, "-c", script], None)
    assert (code, last) == (3, "3 passed in 1s")
    assert capfd.readouterr().out.startswith("a\n")


def test_tests_run_on_one_thread_and_on_numpy(monkeypatch):
    monkeypatch.delenv("NNHELPERS_BACKEND", raising=False)
    monkeypatch.setenv("MPLBACKEND", "agg")
    env = lab.reproducible_environment()
    assert env["OPENBLAS_NUM_THREADS"] == env["OMP_NUM_THREADS"] == env["MKL_NUM_THREADS"] == "1"
    assert env["NNHELPERS_BACKEND"] == "numpy"
    assert "MPLBACKEND" not in env
    monkeypatch.setenv("NNHELPERS_BACKEND", "cupy")
    assert lab.reproducible_environment()["NNHELPERS_BACKEND"] == "cupy"


def test_clean_removes_caches_and_leaves_the_work(course, capsys):
    made = (".venv/bin", "nnhelpers/__pycache__", "slides/assets", "node_modules/reveal.js")
    for name in (*made, "notebooks", "data"):
        (course / name).mkdir(parents=True)
    (course / "notebooks/01_a.ipynb").touch()
    (course / "data/x.gz").touch()
    assert lab.command_clean([]) == 0
    left = {str(p.relative_to(course).as_posix()) for p in course.rglob("*") if p.is_file()}
    assert left == {"requirements.txt", "pyproject.toml", "notebooks/01_a.ipynb", "data/x.gz"}
    assert not any((course / name).exists() for name in (".venv", "slides", "node_modules"))


def test_interrupting_leaves_a_message_and_no_traceback(monkeypatch, capsys):
    def interrupt(args):
        raise KeyboardInterrupt

    monkeypatch.setitem(lab.COMMANDS, "clean", interrupt)
    assert lab.main(["clean"]) == 130
    assert "Interrupted" in capsys.readouterr().out


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
