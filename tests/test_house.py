"""The house stays a house: the core is short, each room imports in one direction, no file is long."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "nnhelpers"

# Core file -> lines at most, docstrings included.
CORE = {
    "backend": 90, "data": 210, "layers": 270, "activations": 120, "losses": 235, "network": 220,
    "gradcheck": 110, "optimizers": 200, "training": 95, "history": 55,
}  # fmt: skip
# Room -> from where its files may import when they are loaded, besides the core and themselves.
ROOMS = {
    "support": set(),
    "files": {"support"},
    "studies": {"support", "files"},
    "figures": {"support"},
    "widgets": {"support", "figures"},
    "teaching": {"support"},
}
# What is imported late, inside a function: (file, room) -> why it is no way back into the core.
DOORS = {
    ("support/run.py", "files"): "a training is written to a file only if you ask for a checkpoint",
    ("figures/ladder.py", "studies"): "the ladder's figure shows the ladder's results",
}


def lines(path):
    return path.read_text(encoding="utf-8").count("\n")


def code_lines(function):
    """Lines of a function's body that are code: no docstring, comment or blank line."""
    body = function.body
    if isinstance(body[0], ast.Expr) and isinstance(body[0].value, ast.Constant):
        body = body[1:]
    return {
        line
        for statement in body
        for node in ast.walk(statement)
        if hasattr(node, "lineno")
        for line in (node.lineno, node.end_lineno)
    }


def functions(path):
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]


def imports(path):
    """Yield (room or core file, whether it is imported on loading) for what a file imports."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    here = path.relative_to(PACKAGE).parts[:-1]
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names = [alias.name.split(".") for alias in node.names]
            names = [name[1:] for name in names if name[0] == "nnhelpers"]
        elif isinstance(node, ast.ImportFrom) and (node.level or node.module.startswith("nnhelp")):
            start = here[: len(here) - node.level + 1] if node.level else ()
            module = (node.module or "").split(".") if node.module else []
            module = module if node.level else module[1:]
            names = [[*start, *module, alias.name] for alias in node.names]
        else:
            continue
        for name in names:
            if name:
                yield name[0], node in tree.body


def test_the_core_is_what_a_student_reads_in_an_afternoon():
    assert {path.stem for path in PACKAGE.glob("*.py")} == {*CORE, "__init__"}
    found = {name: lines(PACKAGE / f"{name}.py") for name in CORE}
    assert {name: n for name, n in found.items() if n > CORE[name]} == {}
    assert sum(found.values()) <= 1600


@pytest.mark.parametrize("name", CORE)
def test_no_function_of_the_core_is_long(name):
    for function in functions(PACKAGE / f"{name}.py"):
        assert len(code_lines(function)) <= (25 if function.name == "fit" else 30), function.name


@pytest.mark.parametrize("name", CORE)
def test_the_core_imports_from_the_core_and_from_support(name):
    for target, on_loading in imports(PACKAGE / f"{name}.py"):
        assert target in CORE or target == "support", f"{name}.py imports {target}"
        assert on_loading, f"{name}.py imports {target} inside a function: it could be above"


@pytest.mark.parametrize("room", ROOMS)
def test_rooms_import_in_one_direction(room):
    for path in (PACKAGE / room).rglob("*.py"):
        file = path.relative_to(PACKAGE).as_posix()
        for target, on_loading in imports(path):
            if target in ROOMS and target != room and target not in ROOMS[room]:
                assert (file, target) in DOORS, f"{file} imports {target}"
                assert not on_loading, f"{file} imports {target} when it is loaded"


def test_the_reading_list_is_closed():
    """Whoever trains a network loads the core and its support, and nothing else of the package."""
    code = (
        "import sys, nnhelpers as nn\n"
        "nn.fit(nn.mlp([2, 3, 2]), nn.make_moons(20), optimizer=nn.Adam(0.01), progress=False)\n"
        "print(*(name for name in sys.modules if name.startswith('nnhelpers.')))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = {name.split(".")[1] for name in done.stdout.split()}
    assert loaded == {*CORE, "support"}


def test_no_file_is_too_long_to_be_read_at_once():
    tables = {"tools/symbols.toml", "notebooks/SYMBOLS.md"}
    paths = [
        path
        for folder in ("nnhelpers", "tests", "tools", "benchmarks")
        for pattern in ("*.py", "*.js", "*.css")
        for path in (ROOT / folder).rglob(pattern)
    ]
    long = {
        name: lines(path)
        for path in [ROOT / "lab.py", *paths]
        if (name := path.relative_to(ROOT).as_posix()) not in tables and lines(path) > 400
    }
    assert long == {}
