"""`python lab.py student`: what stays in a class set, what goes, and what is never written over."""

import json
import re
import subprocess
import sys
import zipfile

import nbformat
import notebook_rules as rules
import numpy as np
import pytest
from helpers import exercises
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

import lab
import nnhelpers as nn
from nnhelpers.teaching import checks
from tools import student
from tools import student_notebook as transform
from tools.execute_notebooks import run_cells

COURSE = sorted(student.FOLDER.glob("*.ipynb"))
by_name = pytest.mark.parametrize("path", COURSE, ids=lambda path: path.stem)

BARE = student.Options(solutions=False, hints=False)
FULL = student.Options()


def made(path, options):
    """A course notebook as students get it."""
    return transform.make_student_notebook(student.read(path), options, path.stem)


def text_of(notebook):
    return "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")


def summaries(notebook):
    return [
        summary for cell in notebook.cells for *_, summary in transform.folded_parts(cell.source)
    ]  # fmt: skip


# --- Every notebook of the course ----------------------------------------------------------------


@by_name
def test_outputs_are_cleared_and_cells_keep_their_ids(path):
    was, now = student.read(path), made(path, BARE)
    ids = [cell.id for cell in was.cells]
    kept = [cell.id for cell in now.cells]
    assert kept == [one for one in ids if one in set(kept)]
    code = [cell for cell in now.cells if cell.cell_type == "code"]
    assert all(cell.outputs == [] and cell.execution_count is None for cell in code)
    assert [c.source for c in code] == [c.source for c in was.cells if c.cell_type == "code"]
    assert set(now.metadata) == {"kernelspec", "language_info"}
    assert all(set(cell.metadata) <= {"tags"} for cell in now.cells)
    nbformat.validate(now)


@by_name
def test_no_solution_remains(path):
    """No line of a solution, but for those that the lesson itself shows in its code or text."""
    was, now = student.read(path), made(path, BARE)
    kept = "\n".join(cell.source for cell in now.cells)
    lesson = "\n".join(transform.without_folds(c.source, True, BARE) for c in was.cells)
    solutions = list(exercises(path))
    assert solutions or path.stem == "playground"
    for name, stub, code in solutions:
        assert stub in kept
        assert f'nn.check("{name}", {name})' in kept
        for line in code.splitlines():
            assert line not in kept or line in lesson, line
    assert not [s for s in summaries(now) if re.search("hint|solution|answer", s, re.IGNORECASE)]
    assert not [cell.id for cell in now.cells if not cell.source.strip()]


@by_name
def test_hints_stay_without_solutions(path):
    def hints(notebook):
        return [summary for summary in summaries(notebook) if summary.startswith("Hint")]

    was = student.read(path)
    assert hints(made(path, student.Options(solutions=False))) == hints(was)
    only_solutions = made(path, student.Options(hints=False))
    assert not hints(only_solutions)
    for _, _, code in exercises(path):
        assert set(code.splitlines()) <= set(text_of(only_solutions).splitlines())


@by_name
def test_nothing_points_to_what_is_gone(path):
    pointer = r"\b(?:in the solution|so are the solutions|solutions are)\b.*"
    assert not re.findall(pointer, text_of(made(path, student.Options(solutions=False))), re.I)
    pointer = r"\b(?:hints (?:are|come|below))\b.*"
    assert not re.findall(pointer, text_of(made(path, student.Options(hints=False))), re.I)
    assert text_of(made(path, FULL)) == text_of(student.read(path))


@pytest.mark.parametrize(
    "sentence", ["Hints and solutions are folded.", "Hints are folded, and so are the solutions."]
)
def test_words_about_what_is_folded(sentence):
    for options, left in [
        (student.Options(solutions=False), " Hints are folded."),
        (student.Options(hints=False), " Solutions are folded."),
        (BARE, ""),
        (FULL, f" {sentence}"),
    ]:
        assert transform.without_pointers(f"Do. {sentence} Go.", options) == f"Do.{left} Go."


def test_every_replaced_sentence_is_in_a_notebook():
    """A sentence that was mended in a notebook must be mended in tools/student_notebook.py too."""
    everything = "\n".join(text_of(student.read(path)) for path in COURSE)
    for sentence, _, instead in transform.SENTENCES:
        assert sentence in everything
        assert instead in transform.without_pointers(sentence, BARE)


@pytest.fixture(scope="module")
def bare_set(tmp_path_factory):
    folder = tmp_path_factory.mktemp("sets") / "bare"
    assert student.main(["--no-solutions", "--no-hints", "--to", str(folder)]) == 0
    return folder


@by_name
def test_links_still_lead_somewhere(bare_set, path):
    notebook = rules.load(bare_set / "notebooks" / path.name)
    for rule in (rules.is_a_valid_notebook, rules.cell_ids_are_unique, rules.has_one_setup_cell,
                 rules.links_resolve, rules.links_to_its_neighbours):  # fmt: skip
        assert list(rule(notebook)) == []


def test_readme_of_the_set_leads_to_every_notebook(bare_set):
    text = (bare_set / "README.md").read_text(encoding="utf-8")
    links = re.findall(r"\]\((notebooks/[^)]+)\)", text)
    assert links == [f"notebooks/{path.name}" for path in COURSE]
    assert (bare_set / "LICENSE").is_file()


@pytest.mark.full
def test_a_bare_notebook_runs_to_its_end(bare_set):
    path = bare_set / "notebooks" / "01_forward_propagation.ipynb"
    notebook = student.read(path)
    run_cells(notebook, path)
    shown = [
        output.data["text/plain"]
        for cell in notebook.cells if cell.cell_type == "code" and "nn.check(" in cell.source
        for output in cell.outputs if "data" in output
    ]  # fmt: skip
    assert len(shown) >= 2 and all("not written yet" in text for text in shown)


# --- Small notebooks -----------------------------------------------------------------------------

HINT = "<details><summary>Hint 1</summary>\n\nThink.\n</details>"
SOLUTION = (
    "<details><summary>Solution</summary>\n\n```python\ndef f(x):\n    '''Twice x.'''\n"
    "    y = 2 * x\n    return y\n```\n\n</details>"
)
SEEN = "<details><summary>What you should have seen</summary>\n\nA line.\n</details>"


def small():
    cells = [
        new_markdown_cell("# 01 · A title\n\n" + SEEN, id="title"),
        new_markdown_cell("## Exercises\n\nWrite it.", id="exercises"),
        new_code_cell("def f(x):\n    '''Twice x.'''\n    raise NotImplementedError", id="stub",
                      execution_count=3, metadata={"slideshow": {"slide_type": "slide"}}),
        new_code_cell('nn.check("f", f)', id="check", outputs=[new_output("stream", text="no")]),
        new_markdown_cell(f"{HINT}\n{SOLUTION}", id="folded"),
        new_markdown_cell(f"Think.\n\n{SEEN}\n\nMore.", id="mixed"),
        new_markdown_cell("## Summary\n\n" + SEEN, id="summary"),
    ]  # fmt: skip
    return new_notebook(cells=cells)


def sources(options):
    notebook = transform.make_student_notebook(small(), options)
    return {cell.id: cell.source for cell in notebook.cells}


def test_what_goes_and_what_stays():
    bare = sources(BARE)
    assert list(bare) == ["title", "exercises", "stub", "check", "mixed", "summary"]
    assert SEEN in bare["title"] and SEEN in bare["summary"]
    assert bare["mixed"] == "Think.\n\nMore."  # inside the exercises it gives something away
    assert sources(student.Options(solutions=False))["folded"] == HINT
    assert sources(student.Options(hints=False))["folded"] == SOLUTION
    assert sources(FULL)["folded"] == f"{HINT}\n{SOLUTION}"


def test_folds_inside_folds_go_together():
    nested = f"<details><summary>Solution</summary>\n{SEEN}\nend</details>"
    assert transform.without_folds(f"a\n\n{nested}\n\nb", False, BARE) == "a\n\nb"


def test_nbgraders_marks():
    notebook = transform.make_student_notebook(
        small(), student.Options(False, False, nbgrader=True)
    )
    cells = {cell.id: cell for cell in notebook.cells}
    assert cells["stub"].source == (
        "def f(x):\n    '''Twice x.'''\n    ### BEGIN SOLUTION\n    y = 2 * x\n    return y\n"
        "    ### END SOLUTION"
    )
    mark = cells["stub"].metadata["nbgrader"]
    assert (mark["solution"], mark["grade"], mark["locked"]) == (True, False, False)
    mark = cells["check"].metadata["nbgrader"]
    assert (mark["solution"], mark["grade"], mark["locked"], mark["points"]) == (
        False, True, True, 1,
    )  # fmt: skip
    assert cells["check"].source.endswith("assert feedback.passed, feedback.sentence")


def test_nbgrader_needs_a_solution():
    notebook = small()
    notebook.cells[4].source = HINT
    with pytest.raises(student.NotebookError, match="exercise f has no folded solution"):
        transform.make_student_notebook(notebook, student.Options(nbgrader=True))


@by_name
def test_every_exercise_becomes_an_assignment_of_nbgrader(path):
    options = student.Options(solutions=False, nbgrader=True)
    files = student.build([path.stem], options)
    (name,) = [name for name in files if name.endswith(".ipynb")]
    assert name == f"source/{path.stem}/{path.name}"
    notebook = nbformat.reads(files[name].decode("utf-8"), as_version=4)
    cells = {cell.metadata.nbgrader.grade_id: cell for cell in notebook.cells
             if "nbgrader" in cell.metadata}  # fmt: skip
    names = [name for name, *_ in exercises(path)]
    assert sorted(cells) == sorted(names + [f"check-{name}" for name in names])
    namespace = {"np": np, "xp": np, "nn": nn}
    for exercise in names:
        source = cells[exercise].source
        assert source.count("### BEGIN SOLUTION") == source.count("### END SOLUTION") == 1
        exec(source, namespace)
        assert checks.check(exercise, namespace[exercise]).passed
    assert not re.findall(r"\]\((\d\d_\w+\.ipynb)", text_of(notebook))  # each in its own folder


def test_pictures_come_along():
    text = "![A plot](../img/learning.png) and `f[0](x)`, see the [README](../README.md)"
    for options, place, shown in [
        (FULL, "notebooks", text),
        (student.Options(nbgrader=True), "source/01", text.replace("../img", "img")),
    ]:
        notebook = transform.make_student_notebook(
            new_notebook(cells=[new_markdown_cell(text)]), options
        )
        if options.nbgrader:
            shown = shown.replace("[README](../README.md)", "README")
        assert notebook.cells[0].source == shown
        files = student.linked_files(notebook, student.PurePosixPath(place), options)
        picture = "source/01/img/learning.png" if options.nbgrader else "img/learning.png"
        assert list(files) == [picture] and files[picture].startswith(b"\x89PNG")


# --- Writing it ----------------------------------------------------------------------------------


def test_one_notebook_and_the_next_week_another(tmp_path):
    assert student.main(["00", "--to", str(tmp_path)]) == 0
    assert student.main(["01", "--to", str(tmp_path)]) == 0
    names = sorted(path.name for path in (tmp_path / "notebooks").iterdir())
    assert [name for name in names if name.endswith(".ipynb")] == [
        "00_start_here.ipynb",
        "01_forward_propagation.ipynb",
    ]
    readme = (tmp_path / "README.md").read_text(encoding="utf-8")
    assert re.findall(r"notebooks/(\d\d)", readme) == ["00", "01"]


def test_a_set_that_nobody_touched_is_renewed(tmp_path, capsys):
    assert student.main(["00", "--to", str(tmp_path)]) == 0
    assert student.main(["00", "--to", str(tmp_path), "--no-hints"]) == 0
    notebook = tmp_path / "notebooks" / "00_start_here.ipynb"
    assert "Hint 1" not in notebook.read_text(encoding="utf-8")
    raw = json.loads(notebook.read_text(encoding="utf-8"))
    raw["cells"][1]["outputs"] = [{"output_type": "stream", "name": "stdout", "text": ["ran"]}]
    notebook.write_text(json.dumps(raw), encoding="utf-8")  # running it is no work to be lost
    assert student.main(["00", "--to", str(tmp_path)]) == 0


def test_work_is_never_written_over(tmp_path, capsys):
    assert student.main(["00", "01", "--to", str(tmp_path)]) == 0
    mine = tmp_path / "notebooks" / "00_start_here.ipynb"
    mine.write_text(mine.read_text(encoding="utf-8").replace("raise NotImplementedError", "pass"))
    other = tmp_path / "notebooks" / "01_forward_propagation.ipynb"
    before = mine.read_bytes(), other.read_bytes()
    assert student.main(["--no-solutions", "--no-hints", "--to", str(tmp_path)]) == 1
    message = capsys.readouterr().err
    assert "Nothing was written" in message and "notebooks/00_start_here.ipynb" in message
    assert "01_forward" not in message and "--force" in message
    assert (mine.read_bytes(), other.read_bytes()) == before
    assert not (tmp_path / "notebooks" / "02_backpropagation.ipynb").exists()
    assert student.main(["00", "--to", str(tmp_path), "--force"]) == 0
    assert "raise NotImplementedError" in mine.read_text(encoding="utf-8")


def test_files_from_elsewhere_are_in_the_way(tmp_path, capsys):
    (tmp_path / "README.md").write_text("mine")
    assert student.main(["00", "--to", str(tmp_path)]) == 1
    assert "README.md" in capsys.readouterr().err
    assert not (tmp_path / "notebooks").exists()


def test_the_course_itself_is_safe_even_by_force(capsys):
    before = COURSE[0].read_bytes()
    assert student.main(["00", "--to", str(lab.ROOT), "--force"]) == 1
    assert "is the course itself" in capsys.readouterr().err
    assert COURSE[0].read_bytes() == before


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (["77"], "77"),
        (["--nbgrader"], "--nbgrader needs --to"),
        (["--nbgrader", "--zip", "--to", "x"], "no --zip"),
    ],
)
def test_wrong_calls(tmp_path, monkeypatch, capsys, args, words):
    monkeypatch.chdir(tmp_path)
    try:
        code = student.main(args)
    except SystemExit as stop:
        code = stop.code
    assert code != 0 and words in capsys.readouterr().err
    assert not list(tmp_path.iterdir())


def test_a_file_where_the_folder_should_be(tmp_path, capsys):
    (tmp_path / "set").write_text("a file")
    assert student.main(["00", "--to", str(tmp_path / "set")]) == 1
    assert "is a file" in capsys.readouterr().err


def test_zip(tmp_path, capsys):
    folder = tmp_path / "class"
    assert student.main(["00", "--to", str(folder), "--zip"]) == 0
    assert student.main(["00", "--to", str(folder), "--zip"]) == 0  # its own zip is replaced
    with zipfile.ZipFile(tmp_path / "class.zip") as archive:
        names, infos = set(archive.namelist()), archive.infolist()
    assert {"class/README.md", "class/LICENSE", "class/notebooks/00_start_here.ipynb"} <= names
    assert names == {f"class/{path}" for path in student.build(["00"], FULL)}
    assert all(info.compress_type == zipfile.ZIP_DEFLATED for info in infos)
    assert all(info.external_attr >> 16 == 0o644 for info in infos)  # else only its owner reads it
    (tmp_path / "class.zip").write_text("somebody's")
    assert student.main(["00", "--to", str(folder), "--zip"]) == 1
    assert (tmp_path / "class.zip").read_text() == "somebody's"


def test_complete_has_all_that_a_laptop_needs(tmp_path):
    """The package inside the set is imported from there, and finds its data."""
    folder = tmp_path / "class"
    assert student.main(["00", "--to", str(folder), "--complete"]) == 0
    code = (
        "import nnhelpers, nnhelpers.widgets, nnhelpers.figures; print(nnhelpers.__file__); "
        "print(nnhelpers.check('accuracy', lambda p, y: (p == y).mean()).passed); "
        "print(nnhelpers.load_mnist().train.X.shape)"
    )

    def run(*arguments):
        command = [sys.executable, *arguments]
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True)
        return done.stdout

    place, passed, shape = run("-c", code).splitlines()
    assert place.startswith(str(folder.resolve())) or place.startswith(str(folder))
    assert passed == "True" and shape == "(50000, 784)"
    assert "python lab.py" in run("lab.py", "help")
    code = (
        "import lab, sys; lab.ensure_environment = lambda: 'python'; "
        "lab.lab_command = lambda python, args: [sys.executable, '-c', 'print(\"jupyterlab\")']; "
        "raise SystemExit(lab.main(['--no-browser']))"
    )
    assert "jupyterlab" in run("-c", code)
    files = student.complete_files()
    tracked = subprocess.run(
        ["git", "ls-files", "nnhelpers", "data", ".binder"],
        cwd=lab.ROOT,
        capture_output=True,
        text=True,
    )
    if tracked.returncode == 0 and tracked.stdout:
        assert set(tracked.stdout.split()) <= set(files)
