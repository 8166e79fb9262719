"""`python -m tools.grading`: marks for right and wrong submissions, and none that stops the rest.

The submissions are small notebooks with the exercises of notebook 00. All of them are marked in one
run; the tests then look at what came out.
"""

import csv
import io
import json
import os
import re
import subprocess
import sys
import time
from pathlib import Path

import nbformat
import psutil
import pytest
from helpers import exercises, with_solutions

from nnhelpers.teaching.checks import EXERCISES
from tools.grading import __main__ as command
from tools.grading import grading
from tools.grading.submission import names_bound, one_line, read_cells

ROOT = Path(__file__).resolve().parent.parent
COURSE = sorted((ROOT / "notebooks").glob("[0-9][0-9]_*.ipynb"))

SETUP = "import nnhelpers as nn\nimport numpy as np\nimport time, os, sys\nfrom nnhelpers import xp"
ONE_HOT = "def one_hot(y, n_classes):\n    return np.eye(n_classes)[y]"
ACCURACY = "def accuracy(predicted, y):\n    return (predicted == y).mean()"
STUB = "def accuracy(predicted, y):\n    raise NotImplementedError"
CHECKS = ['nn.check("one_hot", one_hot)', 'nn.check("accuracy", accuracy)']


def write(path, *cells):
    """Write a notebook of code cells, and one of text between them."""
    path.parent.mkdir(parents=True, exist_ok=True)
    made = [nbformat.v4.new_code_cell(cell) for cell in cells]
    made.insert(1, nbformat.v4.new_markdown_cell("## My work"))
    nbformat.write(nbformat.v4.new_notebook(cells=made), path)


STUMBLES = [  # each of these is noted, and the cells after it run
    "1 / 0",
    "def f(:",
    "sys.exit(3)",
    "exit()",
    'name = input("What is your name? ")',
    'for _ in range(100):\n    print(10_000_000 * "x")\nprint("y" * 10_000_000, file=sys.stderr)',
    "nn.check = lambda *arguments: True\nnp.allclose = lambda *a, **k: True",
    "from nnhelpers.teaching.checks import exercise\nexercise.same = lambda *a: True\n"
    "exercise.Exercise.check = lambda *a: 1\nexercise.Feedback.passed = True",
    "np.random.seed(1)\nos.chdir('/')\nsys.stdout.close()",
    "while True:\n    pass",
]


def make_submissions(folder):
    """One folder for each student; what each of them handed in is told by the name."""
    name = "00_start_here.ipynb"
    child = "import time; time.sleep(600)"
    write(folder / "right" / name, SETUP, "import subprocess",
          f"child = subprocess.Popen([sys.executable, '-c', {child!r}], start_new_session=True)",
          f"open({str(folder / 'child.txt')!r}, 'w').write(str(child.pid))",
          "open('mine.txt', 'w').write(os.getcwd())\nplace = os.getcwd()",
          f"open({str(folder / 'place.txt')!r}, 'w').write(place)", ONE_HOT, ACCURACY,
          *CHECKS)  # fmt: skip
    write(folder / "=1+2.ipynb", SETUP, ONE_HOT + ".T", ACCURACY.replace("accuracy", "score"))
    hopeful = ACCURACY.replace(
        "==", "!="
    )  # STUMBLES has put other checks in place of the true ones
    one_hot = ONE_HOT + "\n1 / 0"  # the function is there before the cell fails
    write(folder / "stumbling" / name, SETUP, *STUMBLES[:6], one_hot, *STUMBLES[6:], hopeful)
    too_late = "def accuracy(predicted, y):\n    return (predicted == y).mean("
    loop = "def one_hot(y, n_classes):\n    while True:\n        pass"
    write(folder / "broken" / "00" / "attempt 2" / name, SETUP, STUB, too_late, loop)
    for student, cell in {
        "deaf": "while True:\n    try:\n        time.sleep(0.1)\n    except BaseException:\n        pass",
        "hungry": "hoard = []\nwhile True:\n    try:\n        hoard.append(np.ones(10_000_000))\n"
                  "    except BaseException:\n        pass",
        "quitting": "os._exit(0)",
    }.items():  # fmt: skip
        earlier = STUB.replace("accuracy", "one_hot") if student == "deaf" else ONE_HOT
        write(folder / student / name, SETUP, earlier, cell, ACCURACY)
    (folder / "half").mkdir()
    (folder / "half" / name).write_text('{"cells": [{"cell_type": "code", "source"')
    write(folder / "stranger" / "pandas.ipynb", "import math", "def mean(x):\n    return sum(x)")
    write(folder / "right" / ".ipynb_checkpoints" / name, SETUP)


@pytest.fixture(scope="module")
def graded(tmp_path_factory):
    """(folder, the run's exit code, what it printed, rows of the CSV by student and exercise)."""
    folder = tmp_path_factory.mktemp("class")
    submissions = folder / "submissions"
    submissions.mkdir()
    make_submissions(submissions)
    out = io.StringIO()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "stdout", out)
        code = command.main(
            [str(submissions), "--csv", str(folder / "marks.csv"), "--seed", "7"]
            + ["--seconds", "6", "--memory", "0.5", "--jobs", "2"]
        )
    text = (folder / "marks.csv").read_text(encoding="utf-8-sig")
    rows = {(row["student"], row["exercise"]): row for row in csv.DictReader(io.StringIO(text))}
    return submissions, code, out.getvalue(), rows


# --- What came out -------------------------------------------------------------------------------


def test_the_run_is_complete(graded):
    folder, code, printed, rows = graded
    assert code == 0
    students = "right '=1+2 stumbling broken deaf hungry quitting half stranger"
    assert {student for student, _ in rows} == set(students.split())
    assert all(row["status"] in grading.STATUSES for row in rows.values())
    assert "9 notebooks, 16 exercises" in printed
    assert re.search(r"^right +2/2$", printed, re.MULTILINE)
    assert re.search(r"^quitting +1/2$", printed, re.MULTILINE)
    assert "--seed 7" in printed


OUTCOMES = [
    ("right", "one_hot", "right", "^$"),
    ("right", "accuracy", "right", "^$"),
    ("'=1+2", "one_hot", "wrong", "^Y is transposed"),
    ("'=1+2", "accuracy", "missing", "accuracy"),
    # Everything in STUMBLES happened to this one, an endless loop last.
    ("stumbling", "one_hot", "right", "^$"),
    ("stumbling", "accuracy", "wrong", ""),
    # The stub above it must not be taken for what was handed in.
    ("broken", "accuracy", "error", r"^cell 3: \w*Error"),
    ("broken", "one_hot", "timeout", "did not come back"),
    # A process that had to be ended; what was earned before that stays.
    ("deaf", "accuracy", "timeout", "in cell 3: while True:"),
    ("deaf", "one_hot", "not written", ""),
    ("hungry", "accuracy", "memory", r"more than 0.5 GB of memory in cell 3: hoard = \[\]"),
    ("hungry", "one_hot", "right", "^$"),
    ("quitting", "accuracy", "error", r"exit code 0\) in cell 3: os._exit\(0\)"),
    ("quitting", "one_hot", "right", "^$"),
    ("half", "one_hot", "error", "cannot be read as a notebook"),
    ("stranger", "", "error", "no notebook of the course"),
]


@pytest.mark.parametrize(("student", "exercise", "status", "words"), OUTCOMES)
def test_what_came_out(graded, student, exercise, status, words):
    row = graded[3][student, exercise]
    assert row["status"] == status and re.search(words, row["message"]), row


def test_children_and_files_vanish(graded):
    folder, _, _, _ = graded
    assert not psutil.pid_exists(int((folder / "child.txt").read_text()))
    place = Path((folder / "place.txt").read_text())
    assert not place.exists() and folder not in place.parents
    assert not list(folder.rglob("mine.txt"))


def test_no_cell_of_the_csv_is_a_formula(graded):
    folder = graded[0]
    data = (folder.parent / "marks.csv").read_bytes()
    assert data.startswith(b"\xef\xbb\xbf")
    rows = list(csv.reader(io.StringIO(data.decode("utf-8-sig"))))
    assert rows[0] == ["student", "notebook", "exercise", "status", "message", "seconds", "file"]
    assert all(len(row) == 7 for row in rows)
    assert not [cell for row in rows for cell in row if cell.startswith(("=", "+", "-", "@"))]
    assert [row[0] for row in rows if "=1+2" in row[0]] == ["'=1+2"] * 2


@pytest.mark.parametrize(
    "text", ["=1", "+1", "-1", "@x", "\t=1", "\r=1", "\n=1", " =1", "\x00=1", "=1\n=2"]
)
def test_harmless(text):
    safe = grading.harmless(text)
    assert safe.startswith("'") and "\n" not in safe
    assert grading.harmless("a - b = c") == "a - b = c"


# --- Whole notebooks of the course ---------------------------------------------------------------


@pytest.mark.full
@pytest.mark.parametrize("solved", [True, False], ids=["solved", "as handed out"])
def test_a_notebook_of_the_course(tmp_path, solved):
    """Solved by its own solutions, one of them broken; and as it was handed out."""
    path = next(path for path in COURSE if path.stem.startswith("01"))
    notebook = nbformat.read(path, as_version=4)
    if solved:
        notebook = with_solutions(notebook)
        for cell in notebook.cells:
            if cell.cell_type == "code" and cell.source.startswith("def dense_forward"):
                cell.source = "def dense_forward(X, W, b):\n    return X @ W"
    nbformat.write(notebook, tmp_path / "anna_2026-11-23_network.ipynb")
    submission = grading.find_submissions(tmp_path)[0]
    marks = grading.Grader(tmp_path, grading.Limits(seconds=240), seed=3).grade(submission)
    statuses = {mark.exercise: mark.status for mark in marks}
    names = {name for name, one in EXERCISES.items() if one.notebook == "01"}
    expected = dict.fromkeys(names, "right" if solved else "not written")
    if solved:
        expected["dense_forward"] = "wrong"
    assert statuses == expected
    assert {(mark.student, mark.notebook) for mark in marks} == {(submission.path.stem, "01")}


@pytest.mark.parametrize("path", COURSE, ids=lambda path: path.stem)
def test_no_later_cell_takes_a_stubs_place(path):
    """Else an exercise that nobody solved would be marked right."""
    cells = [cell for cell in nbformat.read(path, as_version=4).cells if cell.cell_type == "code"]
    bound = [names_bound(cell.source) for cell in cells]
    for name, stub, _ in exercises(path):
        last = max(i for i, names in enumerate(bound) if name in names)
        assert cells[last].source == stub, name


@pytest.mark.parametrize("path", COURSE, ids=lambda path: path.stem)
def test_a_notebook_is_known_by_name_and_by_content(path):
    """Notebook 02 has exercises of 01 in its lesson, and a 01 is in every date of January."""
    cells = read_cells(path)
    stems = [path.stem, "my work", "2026-11-23 homework 07", path.stem + " (1)"]
    for number in {one.notebook for one in EXERCISES.values()}:
        stems += [f"abgabe_2025-{number}-20", f"20.{number}.25 anna", f"{number}_anna"]
    assert {grading.which_notebook(stem, cells) for stem in stems} == {path.stem[:2]}
    assert grading.which_notebook(path.stem, []) == path.stem[:2]
    assert grading.which_notebook("my work", []) is None
    assert grading.which_notebook("99_homework", ["x = 1"]) is None


def test_of_two_notebooks_with_as_many_exercises_the_name_decides():
    cells = ['check("softmax", f)', 'check("dense_backward", g)']
    assert grading.which_notebook("01_anna", cells) == "01"
    assert grading.which_notebook("02_anna", cells) == "02"
    assert grading.which_notebook("anna", cells) == "02"  # which repeats what 01 has


# --- Finding submissions -------------------------------------------------------------------------


def test_students_are_folders_or_files(tmp_path):
    for name in [
        "02_backpropagation_anna.ipynb", "ben/02_backpropagation.ipynb",
        "cleo/02/02_backpropagation.ipynb", "cleo/02/02_backpropagation (1).ipynb",
        "dora/02.IPYNB", "cleo/.ipynb_checkpoints/02.ipynb", "__MACOSX/ben/02.ipynb", "cleo/notes.txt",
    ]:  # fmt: skip
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    found = [one.student for one in grading.find_submissions(tmp_path)]
    assert found == ["02_backpropagation_anna", "ben", "cleo", "cleo", "dora"]


def test_of_several_files_the_best_counts():
    marks = [
        grading.Mark("anna", "02", name, status, "", 1.0, file)
        for file, statuses in {"a": ["right", "wrong"], "b": ["right", "right"]}.items()
        for name, status in zip(["x", "y"], statuses, strict=True)
    ]
    assert grading.summary(marks).splitlines() == ["student   02", "anna     2/2"]


@pytest.mark.parametrize(
    "text",
    ["", "[]", '{"cells": 3}', '{"cells": [{"cell_type": "code", "source": [1]}]}',
     '{"cells": ["x"]}', "[" * 100_000],
)  # fmt: skip
def test_files_that_cannot_be_read(tmp_path, text):
    (tmp_path / "00_start_here.ipynb").write_text(text)
    (submission,) = grading.find_submissions(tmp_path)
    marks = grading.Grader(tmp_path, grading.Limits(), seed=0).grade(submission)
    assert [mark.status for mark in marks] == ["error", "error"]
    assert "cannot be read" in marks[0].message and "\n" not in marks[0].message


def test_an_old_notebook_format_is_read(tmp_path):
    path = tmp_path / "old.ipynb"
    old = {"worksheets": [{"cells": [{"cell_type": "code", "input": ["a = 1\n", "b = 2"]}]}]}
    path.write_text(json.dumps(old))
    assert read_cells(path) == ["a = 1\nb = 2"]


DEEP = "x = " + "+".join(["1"] * 1200)


@pytest.mark.parametrize(
    ("source", "names"),
    [
        ("def f(x):\n    g = 1\n    return g", {"f"}),
        ("f = g = lambda x: x", {"f", "g"}),
        ("if True:\n    def f(): pass", {"f"}),
        ("f(3)\nx == 2", set()),
        ("def f(x:\n    return 1", {"f"}),
        ("%timeit f(3)\nh = 3", {"h"}),
        (f"{DEEP}\nif x:\n    def f(): pass", {"x", "f"}),
        ("x = " + "-" * 100_000 + "1\ndef f(): pass", {"x", "f"}),  # beyond Python's own limit
    ],
)
def test_names_bound(source, names):
    assert names_bound(source) == names


def test_one_line():
    assert one_line("a\n b\x1b[31m\t c") == "a b [31m c"
    assert one_line("x" * 1000, 10) == "x" * 9 + "…"


# --- Wrong calls ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (["nowhere"], "there is no folder nowhere"),
        (["."], "no notebook"),
        ([".", "--seconds", "0"], "expected a number above 0, got 0"),
        ([".", "--memory", "nan"], "expected a number above 0"),
        ([".", "--jobs", "0"], "expected 1 or more"),
        ([".", "--seed", "-1"], "expected 0 or more"),
        ([], "the following arguments are required: folder"),
    ],
)
def test_wrong_calls_end_with_2(tmp_path, monkeypatch, capsys, args, words):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit) as stop:
        command.main(args)
    assert stop.value.code == 2
    assert words in capsys.readouterr().err


def test_marks_that_cannot_be_written(tmp_path, capsys):
    write(tmp_path / "00.ipynb", SETUP)
    with pytest.raises(SystemExit) as stop:
        command.main([str(tmp_path), "--csv", str(tmp_path / "nowhere" / "marks.csv")])
    assert stop.value.code == 2
    assert "cannot write the marks" in capsys.readouterr().err


def test_the_command_line():
    done = subprocess.run(
        [sys.executable, "-m", "tools.grading", "--help"],
        capture_output=True, text=True, cwd=ROOT, env=os.environ | {"PYTHONUTF8": "1"},
    )  # fmt: skip
    assert done.returncode == 0 and "--csv FILE" in done.stdout


def test_ctrl_c_ends_the_submission_too(tmp_path, monkeypatch, capsys):
    """What is under way is ended, the file of marks is closed, and the command says so."""
    write(tmp_path / "00.ipynb", SETUP, "time.sleep(600)")
    begin = []

    def interrupt(process, results):
        begin.append(process)
        raise KeyboardInterrupt

    monkeypatch.setattr(grading.Grader, "watch", lambda self, *args: interrupt(*args))
    start = time.monotonic()
    assert command.main([str(tmp_path), "--csv", str(tmp_path / "marks.csv")]) == 130
    assert begin[0].poll() is not None and time.monotonic() - start < 60
    assert "Interrupted" in capsys.readouterr().err
