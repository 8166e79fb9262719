"""`lab.py`, which installs and starts. Nothing here installs anything: what it would run is caught."""

import ast
import json
import sys
from pathlib import Path

import pytest

import lab


@pytest.fixture
def course(tmp_path, monkeypatch):
    """lab.py at work in an empty course folder, on a machine without uv."""
    for file in ("requirements.txt", "pyproject.toml", "notebooks/01_a.ipynb", "tests/test_a.py"):
        (tmp_path / file).parent.mkdir(exist_ok=True)
        (tmp_path / file).touch()
    monkeypatch.setattr(lab, "ROOT", tmp_path)
    monkeypatch.setattr(lab, "VENV", tmp_path / ".venv")
    monkeypatch.setattr(lab.shutil, "which", lambda name: None)
    monkeypatch.delenv("PIP_CONSTRAINT", raising=False)
    return tmp_path


@pytest.fixture
def calls(course, monkeypatch):
    """The commands that lab.py runs; making .venv leaves a Python in it, all else does nothing."""
    commands = []

    def call(command, **_):
        commands.append(command)
        if "venv" in command:
            lab.venv_python().parent.mkdir(parents=True)
            lab.venv_python().touch()
        return 0

    monkeypatch.setattr(lab.subprocess, "call", call)
    return commands


def kinds(commands):
    """What the commands were: "venv" or "pip"."""
    return ["venv" if "venv" in command else "pip" for command in commands]


# --- Which Python --------------------------------------------------------------------------------


@pytest.mark.parametrize("version", [(3, 9, 18), (3, 11, 0), (3, 14, 2), (3, 20, 0)])
def test_an_old_python_is_told_what_it_lacks(monkeypatch, capsys, version):
    monkeypatch.setattr(lab.sys, "version_info", version)
    if version >= (3, 11):
        assert lab.main(["help"]) == 0
    else:
        with pytest.raises(SystemExit, match=r"needs Python 3\.11 or newer; this is Python 3\.9"):
            lab.main(["help"])


def test_no_syntax_newer_than_python_3_6():
    """An old Python must get as far as the message."""
    ast.parse(Path(lab.__file__).read_text(encoding="utf-8"), feature_version=(3, 6))


@pytest.mark.parametrize("module", ["venv", "ensurepip"])
@pytest.mark.parametrize("apt", [True, False])
def test_a_python_without_venv_gets_the_line_that_helps(calls, monkeypatch, module, apt):
    find_spec = lab.importlib.util.find_spec
    monkeypatch.setattr(
        lab.importlib.util, "find_spec", lambda name: None if name == module else find_spec(name)
    )
    monkeypatch.setattr(
        lab.shutil, "which", lambda name: "found" if apt and name == "apt" else None
    )
    with pytest.raises(SystemExit) as stop:
        lab.ensure_environment()
    message = str(stop.value)
    assert f"`{module}` is missing" in message and calls == []
    package = "sudo apt install python{}.{}-venv\n".format(*sys.version_info[:2])
    assert (package in message, "python.org" in message) == (apt, not apt)


# --- What is installed when ----------------------------------------------------------------------


def test_the_course_and_its_extras_are_installed_once(calls):
    lab.ensure_environment()
    lab.ensure_environment()
    assert kinds(calls) == ["venv", "pip"]
    assert calls[-1][-4:] == ["-r", "requirements.txt", "-e", "."]
    lab.ensure_environment("test")
    lab.ensure_environment("slides", "bench")
    assert [call[-1] for call in calls[2:]] == [".[test]", ".[bench,slides]"]
    for extras in ((), ("test",), ("bench", "test")):
        lab.ensure_environment(*extras)
    assert len(calls) == 4


@pytest.mark.parametrize("change", ["requirements.txt", "pyproject.toml", "constraint", "folder"])
def test_what_decides_the_packages_installs_again(calls, course, monkeypatch, change):
    lab.ensure_environment("test")
    if change == "folder":
        monkeypatch.setattr(lab, "ROOT", course / "tests" / "..")
    elif change == "constraint":
        (course / "oldest.txt").write_text("numpy==2.0.0\n")
        monkeypatch.setenv("PIP_CONSTRAINT", "oldest.txt")
    else:
        (course / change).write_text("something else\n")
    lab.ensure_environment()
    assert kinds(calls) == ["venv", "pip", "pip"]
    assert lab.installed_extras() == set()  # the extra was installed for the old requirements


@pytest.mark.parametrize("damage", ["version", "no python", "", "{", "[]", "null", '{"extras": 3}'])
def test_whatever_is_odd_builds_the_environment_anew(calls, monkeypatch, damage):
    lab.ensure_environment()
    if damage == "version":
        monkeypatch.setattr(lab.sys, "version_info", (3, 99, 0))
    elif damage == "no python":
        lab.venv_python().unlink()
    else:
        lab.stamp_path().write_text(damage)
    lab.ensure_environment()
    assert kinds(calls) == ["venv", "pip", "venv", "pip"]
    assert lab.installed_extras() == set()


def test_an_interrupted_installation_starts_over(calls, monkeypatch):
    def interrupt(extras):
        raise KeyboardInterrupt

    lab.ensure_environment()
    with monkeypatch.context() as patch:
        patch.setattr(lab, "install", interrupt)
        with pytest.raises(KeyboardInterrupt):
            lab.ensure_environment("test")
    assert lab.installed_extras() is None
    lab.ensure_environment()
    assert kinds(calls) == ["venv", "pip", "venv", "pip"]


@pytest.mark.parametrize("first", [True, False])
def test_a_failed_installation_says_why_and_spoils_nothing(calls, monkeypatch, first):
    if not first:
        lab.ensure_environment("test")
    monkeypatch.setattr(lab, "install", lambda extras: 1)
    with pytest.raises(SystemExit, match="No network"):
        lab.ensure_environment("bench")
    assert lab.installed_extras() == (None if first else {"test"})


def test_uv_is_used_where_it_is(calls, monkeypatch):
    monkeypatch.setattr(lab.shutil, "which", lambda name: "/bin/uv" if name == "uv" else None)
    monkeypatch.setattr(lab.importlib.util, "find_spec", lambda name: None)  # Debian's Python
    monkeypatch.setenv("PIP_CONSTRAINT", "oldest.txt")
    lab.ensure_environment("test")
    assert calls[0][:2] == ["/bin/uv", "venv"]
    assert calls[1][:3] == ["/bin/uv", "pip", "install"] and calls[1][-1] == ".[test]"
    assert calls[1][calls[1].index("--constraints") + 1] == "oldest.txt"


def test_the_environment_is_not_pulled_from_under_its_own_python(calls, monkeypatch):
    monkeypatch.setattr(lab.sys, "prefix", str(lab.VENV))
    with pytest.raises(SystemExit, match="deactivate"):
        lab.ensure_environment()


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


def test_install_prepares_what_is_named(calls):
    assert lab.main(["install", "test", "slides"]) == 0
    assert calls[1][-1] == ".[slides,test]"
    assert calls[-1][1:] == ["-m", "tools.slides", "--fetch"]  # what npm fetches, too
    assert lab.main(["install"]) == 0
    assert len(calls) == 3


def test_tools_run_where_the_user_is(calls, course, monkeypatch):
    """So a folder in the arguments counts from there, as in `lab.py student --to class`."""
    seen = {}
    monkeypatch.setattr(lab.subprocess, "call", lambda command, **how: seen.update(how) or 3)
    monkeypatch.setattr(lab, "ensure_environment", lambda *extras: "python")
    monkeypatch.setenv("PYTHONPATH", "theirs")
    assert lab.main(["student", "--to", "class"]) == 3
    assert "cwd" not in seen
    assert seen["env"]["PYTHONPATH"].split(lab.os.pathsep) == [str(course), "theirs"]


def test_lab_opens_the_first_notebook_unless_another_is_named(course):
    (course / lab.START).touch()
    address = "--LabApp.default_url=/lab/tree/notebooks/00_start_here.ipynb"
    assert address in lab.lab_command("python", ["--no-browser"])
    command = lab.lab_command("python", ["notebooks/03_activations.ipynb"])
    assert address not in command
    assert command[-1] == "notebooks/03_activations.ipynb"


def test_lab_asks_the_internet_for_nothing(course, monkeypatch):
    lab.lab_settings()
    file = course / ".venv/share/jupyter/lab/settings/overrides.json"
    settings = json.loads(file.read_text())["@jupyterlab/apputils-extension:notification"]
    assert settings == {"fetchNews": "false", "checkForUpdates": False}
    assert "--LabApp.extension_manager=readonly" in lab.lab_command("python", [])
    for user in (0, 1000):
        monkeypatch.setattr(lab.os, "geteuid", lambda user=user: user, raising=False)
        assert ("--allow-root" in lab.lab_command("python", [])) == (user == 0)


def test_test_arguments_go_where_they_belong(course):
    notebook = str(Path("notebooks/01_a.ipynb"))
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
    monkeypatch.setattr(lab, "ensure_environment", lambda extra: "python")
    results = iter([(codes[0], "1 passed in 1s"), (codes[1], "9 passed in 2s")])
    commands = []
    monkeypatch.setattr(
        lab, "run_and_keep_last_line", lambda command: commands.append(command) or next(results)
    )
    assert lab.command_test(args) == expected
    summary = capsys.readouterr().out.splitlines()[-2:]
    assert "1 passed in 1s" in summary[0]
    assert "9 passed in 2s" in summary[1]
    assert ("FAILED" in "".join(summary)) == bool(expected)
    assert [("--nbval" in command) for command in commands] == [False, True]
    spread = [command[command.index("--dist") + 1] for command in commands]
    assert spread == ["loadgroup", "loadscope"], "a notebook's cells stay in one process"


def test_the_last_line_is_kept(capfd):
    script = "print('a'); print('\\x1b[32m=== 3 passed in 1s ===\\x1b[0m'); print(); exit(3)"
    code, last = lab.run_and_keep_last_line([sys.executable, "-c", script])
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


def test_clean_removes_caches_and_leaves_the_work(course):
    left = {path for path in course.rglob("*") if path.is_file()}
    made = (".venv/bin", "nnhelpers/__pycache__", "slides/assets", "node_modules/reveal.js")
    for name in made:
        (course / name).mkdir(parents=True)
        (course / name / "file").touch()
    assert lab.main(["clean"]) == 0
    assert {path for path in course.rglob("*") if path.is_file()} == left
    assert not any((course / name).exists() for name in (".venv", "slides", "node_modules"))


def test_interrupting_leaves_a_message_and_no_traceback(monkeypatch, capsys):
    def interrupt(args):
        raise KeyboardInterrupt

    monkeypatch.setitem(lab.COMMANDS, "clean", interrupt)
    assert lab.main(["clean"]) == 130
    assert "Interrupted" in capsys.readouterr().out
