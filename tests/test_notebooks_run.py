"""Each notebook once more, in ways that a comparison of outputs does not see."""

import re
import subprocess
import sys
from pathlib import Path

import nbformat
import numpy as np
import pytest
from helpers import exercises

import nnhelpers as nn
from nnhelpers import asnumpy
from nnhelpers.teaching import checks

ROOT = Path(__file__).resolve().parent.parent
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
COURSE = [path for path in NOTEBOOKS if path.stem[:2].isdigit()]  # those with exercises
by_name = pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
# Those that train for long: CI runs them, longest first, each in whichever process is free.
SLOW = ["04", "05", "08", "09", "11", "07", "13", "02"]
ORDERED = sorted(NOTEBOOKS, key=lambda path: [*SLOW, path.stem[:2]].index(path.stem[:2]))
each_apart = pytest.mark.parametrize("path", [
    pytest.param(path, id=path.stem, marks=[
        pytest.mark.xdist_group(path.stem), *[pytest.mark.full] * (path.stem[:2] in SLOW)
    ]) for path in ORDERED
])  # fmt: skip


@each_apart
def test_on_arrays_that_do_not_mix_with_numpys(path):
    """A student with a GPU who solves every exercise, and every slider at both of its ends."""
    script = Path(__file__).with_name("run_on_strict_arrays.py")
    done = subprocess.run(
        [sys.executable, str(script), str(path)],
        cwd=path.parent, capture_output=True, text=True, timeout=600,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    solved = re.findall(r"^solved:(.*)$", done.stdout, flags=re.MULTILINE)[0].split()
    assert solved == sorted(name for name, _, _ in exercises(path))
    panels, drawings = map(int, re.findall(r"(\d+) panels, drawn (\d+) times", done.stdout)[0])
    assert path not in COURSE or panels >= 1
    assert drawings >= 2 * panels


@pytest.mark.parametrize("path", COURSE, ids=lambda path: path.stem)
def test_solutions_pass_their_checks_and_stubs_do_not(path):
    found = list(exercises(path))
    assert len(found) >= 2, "at least two exercises with a solution"
    for name, stub, solution in found:
        for source, passes in ((stub, False), (solution, True)):
            namespace = {"np": np, "xp": np, "nn": nn, "asnumpy": asnumpy}
            exec(source, namespace)
            feedback = checks.check(name, namespace[name])
            assert feedback.passed == passes, f"{name}: {feedback}"
            assert passes or "not written yet" in feedback.message


@by_name
def test_exercises_of_the_notebook_are_those_of_the_package(path):
    in_package = {name for name, one in checks.EXERCISES.items() if one.notebook == path.stem[:2]}
    assert {name for name, _, _ in exercises(path)} == in_package


def test_sections_named_in_docstrings_exist():
    """``notebook 02, "The quadratic cost"`` in the package leads to a heading of that name."""
    headings = {}
    for path in NOTEBOOKS:
        text = "\n".join(cell.source for cell in nbformat.read(path, as_version=4).cells
                         if cell.cell_type == "markdown")  # fmt: skip
        headings[path.stem[:2]] = [line.lstrip("# ").strip() for line in text.splitlines()
                                   if line.startswith("#")]  # fmt: skip
    cited = []
    for path in sorted((ROOT / "nnhelpers").rglob("*.py")):
        text = re.sub(r"\s+", " ", path.read_text(encoding="utf-8"))
        cited += [
            (path.name, *found)
            for found in re.findall(r"notebook (\d\d), \"([^\"]+?)[.?]?\"", text)
        ]
    assert len(cited) > 15
    for file, notebook, section in cited:
        if notebook in headings:
            assert any(section in heading for heading in headings[notebook]), (
                file,
                notebook,
                section,
            )
