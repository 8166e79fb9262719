"""Write a class set: the notebooks as students should get them, from the course's own.

    python lab.py student                                 all notebooks, into student/
    python lab.py student --no-solutions 02 03            two of them, without their solutions
    python lab.py student --no-solutions --no-hints --zip
    python lab.py student --complete --zip                with all that a laptop needs to run them
    python lab.py student --nbgrader --to COURSE          sources of assignments for nbgrader

Outputs are cleared, slides' marks are left out, folded solutions and hints go where you say so, and
every cell keeps its id. The package itself holds the right answers too, in `nnhelpers/teaching/checks`:
a check needs them. So a set without solutions helps those who want to find them on their own.

Notebooks in which somebody has worked are never written over, unless you say `--force`: beside the
set lies `class-set.json`, which tells what was written there.
"""

import argparse
import ast
import hashlib
import json
import os
import re
import sys
import zipfile
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from lab import ROOT
from tools.execute_notebooks import (
    FOLDER,
    KERNELSPEC,
    LANGUAGE_INFO,
    NotebookError,
    read,
    select,
    to_text,
    write_if_changed,
)

MANIFEST = "class-set.json"
KEPT_TAGS = {"setup", "skip-execution"}  # the others are for the course's own tests

# What runs the notebooks on a machine that has nothing but Python.
COMPLETE = ["lab.py", "Makefile", "requirements.txt", "pyproject.toml", ".binder", "data"]
COMPLETE += ["nnhelpers", "tools/presenter"]


@dataclass(frozen=True)
class Options:
    """What stays in a set, and for which tool it is made."""

    solutions: bool = True
    hints: bool = True
    nbgrader: bool = False


# --- Folded parts --------------------------------------------------------------------------------

FOLD = re.compile(r"<details\b[^>]*>|</details>", re.IGNORECASE)
SUMMARY = re.compile(r"<summary\b[^>]*>(.*?)</summary>", re.DOTALL | re.IGNORECASE)


def folded_parts(source):
    """Yield (start, end, summary) of each outermost `<details>` of a Markdown cell."""
    depth, start = 0, 0
    for mark in FOLD.finditer(source):
        opens = not mark.group().startswith("</")
        if opens and depth == 0:
            start = mark.start()
        depth += 1 if opens else -1
        if depth == 0 and not opens:
            summary = SUMMARY.search(source, start, mark.end())
            yield start, mark.end(), summary.group(1).strip() if summary else ""


def kind_of_fold(summary, in_exercises):
    """Say whether a folded part is a "hint", a "solution", or "text" that belongs to the lesson.

    In the section "Exercises" whatever is folded and no hint gives something away.
    """
    if re.match(r"hint\b", summary, re.IGNORECASE):
        return "hint"
    if in_exercises or re.search(r"\b(solution|answer)", summary, re.IGNORECASE):
        return "solution"
    return "text"


def without_folds(source, in_exercises, options):
    """A Markdown cell's text without the folded parts that the options take away."""
    kept, position = [], 0
    for start, end, summary in folded_parts(source):
        kind = kind_of_fold(summary, in_exercises)
        if (kind == "hint" and not options.hints) or (kind == "solution" and not options.solutions):
            kept.append(source[position:start])
            position = end
    if not kept:
        return source
    text = "".join(kept) + source[position:]
    return re.sub(r"\n{3,}", "\n\n", text).strip("\n")


# --- Sentences that speak of what is folded ------------------------------------------------------

# What is kept, solutions and hints.
ONLY_HINTS, ONLY_SOLUTIONS, NEITHER = (False, True), (True, False), (False, False)

NAMES_OF_2_8 = (
    "let `slopes` be the judge, with `Z = xp.asarray(np.random.default_rng(1).normal(size=(4, 3)))"
    "`, `Y = one_hot(xp.asarray([0, 2, 1, 2]), 3)` and `P = softmax(Z)`."
)
TRIANGLE = "- **Folded text** opens with a click on its triangle"

# From a sentence of a notebook to what stands in its place, by what is kept.
SENTENCES = {
    f"{TRIANGLE}. Hints come before the solution, and one hint is often enough:": {
        ONLY_HINTS: f"{TRIANGLE}. Hints are folded, and one is often enough:",
        ONLY_SOLUTIONS: f"{TRIANGLE}:",
        NEITHER: f"{TRIANGLE}:",
    },
    "Solutions are folded away in the same manner. To read one before you have tried costs you the "
    "best part.": {
        ONLY_HINTS: "Hints are folded away in the same manner. Try for yourself before each.",
        NEITHER: "What an experiment should have shown you is folded away in the same manner.",
    },
    "let `slopes` be the judge: the names `Z`, `Y`, `P` are in the solution.": {
        ONLY_HINTS: NAMES_OF_2_8,
        NEITHER: NAMES_OF_2_8,
    },
}


# "Hints and solutions are folded.", in whatever words.
ARE_FOLDED = re.compile(
    r" ?[^.\n]*\b(?:hints|solutions)\b[^.\n]*\bfolded\b[^.\n]*\.", re.IGNORECASE
)


def sentences(options):
    """From each sentence that speaks of a part which the options take away to its replacement."""
    kept = (options.solutions, options.hints)
    return {old: new[kept] for old, new in SENTENCES.items() if kept in new}


def still_folded(sentence, options):
    """The sentence cut down to what the options leave: " Hints are folded.", or nothing."""
    stays = {"hints": options.hints, "solutions": options.solutions}
    named = [what for what in stays if what in sentence.lower()]
    if all(stays[what] for what in named):
        return sentence
    return "".join(f" {what.capitalize()} are folded." for what in named if stays[what])


def without_pointers(source, options):
    """A Markdown cell's text without words about the parts that the options take away."""
    for old, new in sentences(options).items():
        source = source.replace(old, new)
    return ARE_FOLDED.sub(lambda found: still_folded(found.group(), options), source)


# --- One notebook --------------------------------------------------------------------------------


def make_student_notebook(notebook, options, stem="notebook"):
    """Change a notebook (nbformat's object) into the one that students get, and return it."""
    if options.nbgrader:
        mark_for_nbgrader(notebook, stem)
        link_assignments(notebook)
    cells, in_exercises = [], False
    for cell in notebook.cells:
        clean_metadata(cell)
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
        elif cell.cell_type == "markdown":
            for title in re.findall(r"^## +(.*)$", cell.source, re.MULTILINE):
                in_exercises = title.strip() == "Exercises"
            was = cell.source
            cell.source = without_folds(cell.source, in_exercises, options)
            cell.source = without_pointers(cell.source, options)
            if was.strip() and not cell.source.strip():
                continue
        cells.append(cell)
    notebook.cells = cells
    notebook.metadata = {"kernelspec": dict(KERNELSPEC), "language_info": dict(LANGUAGE_INFO)}
    notebook.nbformat, notebook.nbformat_minor = 4, 5
    return notebook


def clean_metadata(cell):
    """Keep of a cell's metadata only what says how it is run or graded."""
    kept = {"nbgrader": cell.metadata["nbgrader"]} if "nbgrader" in cell.metadata else {}
    tags = [tag for tag in cell.metadata.get("tags", []) if tag in KEPT_TAGS]
    cell.metadata = kept | ({"tags": tags} if tags else {})


# --- nbgrader ------------------------------------------------------------------------------------

CHECK_CELL = re.compile(r"nn\.check\(\s*\"(\w+)\",\s*\1\s*\)")
POINTS = 1


def mark_for_nbgrader(notebook, stem):
    """Make each stub a cell to be solved, with its solution inside, and each check a test."""
    solutions = solution_functions(notebook)
    stubs = {}
    for cell in notebook.cells:
        if cell.cell_type != "code":
            continue
        if "raise NotImplementedError" in cell.source:
            stubs |= {name: cell for name in functions_in(cell.source)}
        check = CHECK_CELL.fullmatch(cell.source.strip())
        if check:
            name = check.group(1)
            if name not in stubs or name not in solutions:
                what = "stub" if name not in stubs else "folded solution"
                raise NotebookError(f"{stem}: the exercise {name} has no {what}")
            stub = stubs[name]
            stub.source = with_solution_region(stub.source, name, solutions[name])
            stub.metadata["nbgrader"] = nbgrader_metadata(name, solution=True)
            cell.source = f'feedback = nn.check("{name}", {name})\ndisplay(feedback)\n'
            cell.source += "assert feedback.passed, feedback.sentence"
            cell.metadata["nbgrader"] = nbgrader_metadata(f"check-{name}", points=POINTS)


def nbgrader_metadata(grade_id, solution=False, points=None):
    """The mark that nbgrader (schema 3) wants in a cell's metadata."""
    mark = {"schema_version": 3, "grade_id": grade_id, "cell_type": "code"}
    mark |= {"solution": solution, "grade": points is not None, "task": False}
    mark["locked"] = points is not None
    return mark if points is None else mark | {"points": points}


def functions_in(code):
    """From the name of each function that the code defines to its syntax tree."""
    return {node.name: node for node in ast.parse(code).body if isinstance(node, ast.FunctionDef)}


def solution_functions(notebook):
    """From each function in the notebook's folded solutions to the lines of its body."""
    bodies = {}
    for cell in notebook.cells:
        if cell.cell_type != "markdown":
            continue
        for start, end, summary in folded_parts(cell.source):
            if kind_of_fold(summary, False) != "solution":
                continue
            for code in re.findall(r"```python\n(.*?)```", cell.source[start:end], re.DOTALL):
                for name, node in functions_in(code).items():
                    bodies[name] = body_lines(code, node)
    return bodies


def body_lines(code, function):
    """The lines of a function's body, without its docstring."""
    body = function.body
    start = body[1] if len(body) > 1 and ast.get_docstring(function) is not None else body[0]
    return code.splitlines()[start.lineno - 1 : function.end_lineno]


def with_solution_region(stub, name, body):
    """The stub with the solution in its place, between the marks at which nbgrader cuts it out."""
    function = functions_in(stub)[name]
    lines = stub.splitlines()
    missing = next(
        node.lineno - 1 for node in function.body if "NotImplementedError" in ast.unparse(node)
    )
    region = ["    ### BEGIN SOLUTION", *body, "    ### END SOLUTION"]
    return "\n".join(lines[:missing] + region + lines[missing + 1 :])


def link_assignments(notebook):
    """Change links to where things lie for nbgrader: each notebook in a folder of its own.

    Other pages of the course are not handed out with an assignment: of their links stays the text.
    """
    names = "|".join(re.escape(path.stem) for path in select([]))
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            text = re.sub(rf"\]\(({names})\.ipynb", r"](../\1/\1.ipynb", cell.source)
            text = re.sub(r"(?<!!)\[([^\]]*)\]\((?:\.\./)?\w+\.md(?:#[^)]*)?\)", r"\1", text)
            cell.source = re.sub(r"(!\[[^\]]*\])\(\.\./img/", r"\1(img/", text)


# --- The set -------------------------------------------------------------------------------------

README = """\
# A neural network from bare linear algebra

{start}

{contents}

Every notebook runs from top to bottom as it is. Write your code where a cell says
`raise NotImplementedError`, then run the check below it: it tries your function on fresh random
inputs and, if something is wrong, tells you what.

Code: [MIT](LICENSE). Text and figures: CC BY 4.0.
"""

START_INSTALLED = """\
These notebooks need the course's package, `nnhelpers`, in the Python that runs them. Ask whoever
gave them to you if `import nnhelpers` fails. Then open the first one in JupyterLab."""

START_COMPLETE = """\
With Python 3.11 to 3.14, in this folder:

    python lab.py

installs the course into `.venv` (once, a minute or two, needs a network) and opens JupyterLab on
the first notebook. `python3 lab.py` where that is the name of your Python; `make lab` does the
same. To use an NVIDIA GPU, see
[CuPy's page](https://docs.cupy.dev/en/stable/install.html); nothing here needs one."""


def build(names, options, complete=False, earlier=()):
    """The files of a class set: from each path inside the set (with /) to its bytes.

    Parameters
    ----------
    names : list of str
        Beginnings of notebooks' names, such as "02"; all notebooks if empty.
    options : Options
    complete : bool
        Whether the package, the data and `lab.py` come along.
    earlier : collection of str
        What the set holds already: its README names those notebooks, too.
    """
    files, contents = {}, []
    course, chosen = select([]), select(names)
    for path in course:
        place = f"notebooks/{path.name}"
        if options.nbgrader:
            place = f"source/{path.stem}/{path.name}"
        if path not in chosen and place not in earlier:
            continue
        notebook = make_student_notebook(read(path), options, path.stem)
        contents.append(f"- [{title(notebook) or path.stem}]({place})")
        if path in chosen:
            files |= linked_files(notebook, PurePosixPath(place).parent, options)
            files[place] = to_text(notebook).encode("utf-8")
    if options.nbgrader:
        return files
    if complete:
        files |= complete_files()
    start = START_COMPLETE if complete else START_INSTALLED
    files["README.md"] = README.format(start=start, contents="\n".join(contents)).encode("utf-8")
    files["LICENSE"] = (ROOT / "LICENSE").read_bytes()
    return files


def title(notebook):
    """The notebook's first heading, or ""."""
    text = "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")
    found = re.search(r"^# +(.+)$", text, re.MULTILINE)
    return found.group(1).strip() if found else ""


def linked_files(notebook, folder, options):
    """Pictures and pages of the course that a notebook links to, as files of the set.

    Other notebooks and the README are no matter of this: the set has its own.
    """
    files = {}
    for cell in notebook.cells:
        if cell.cell_type != "markdown":
            continue
        for target in re.findall(r"\]\(([\w./+=-]+)(?:#[^)]*)?\)", cell.source):
            if target.endswith(".ipynb") or target == "../README.md":
                continue
            above = ROOT if options.nbgrader else FOLDER  # pictures, by `link_assignments`
            path = (above / target).resolve()
            if path.is_file() and ROOT.resolve() in path.parents:  # else it is a piece of code
                place = os.path.normpath(folder / target).replace(os.sep, "/")
                files[place] = path.read_bytes()
    return files


def complete_files():
    """The package, the data and the starter, as files of the set."""
    files = {}
    for name in COMPLETE:
        top = ROOT / name
        for path in sorted(top.rglob("*")) if top.is_dir() else [top]:
            hidden = "__pycache__" in path.parts or path.name.startswith(".")
            if path.is_file() and not hidden and path.suffix != ".pyc":
                files[path.relative_to(ROOT).as_posix()] = path.read_bytes()
    return files


# --- Writing, and never over somebody's work -----------------------------------------------------


def fingerprint(name, data):
    """A hash of a file; of a notebook's sources only, since running it is no work to be lost."""
    if name.endswith(".ipynb"):
        try:
            cells = json.loads(data.decode("utf-8"))["cells"]
            data = repr([(c["cell_type"], "".join(c["source"])) for c in cells]).encode("utf-8")
        except (ValueError, KeyError, TypeError):
            pass  # no notebook (any more): all of its bytes count
    return hashlib.sha256(data).hexdigest()


def read_manifest(folder):
    """What this command has written to the folder before: from name to fingerprint."""
    try:
        written = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return written if isinstance(written, dict) else {}


def in_the_way(folder, files):
    """The names of files that exist in the folder and are not as this command wrote them."""
    written = read_manifest(folder)
    names = []
    for name, data in files.items():
        path = folder / name
        if not path.exists():
            continue
        now = fingerprint(name, path.read_bytes()) if path.is_file() else None
        if now not in (written.get(name), fingerprint(name, data)):
            names.append(name)
    return names


class SetError(Exception):
    """A class set that cannot be written; the message says why, and what to do."""


def check_folder(folder, files, force):
    """Raise a SetError where writing there would destroy something."""
    if folder.exists() and not folder.is_dir():
        raise SetError(f"{folder} is a file; a class set needs a folder. Name another with --to.")
    inside = [folder / name for name in files if name.endswith(".ipynb")]
    if any(path.parent.resolve() == FOLDER.resolve() for path in inside):
        raise SetError(
            f"{folder} is the course itself: its notebooks would be replaced by the class set. "
            "Name another folder with --to."
        )
    names = [] if force else in_the_way(folder, files)
    if names:
        shown = "".join(f"\n    {name}" for name in names[:10])
        more = f"\n    and {len(names) - 10} more" if len(names) > 10 else ""
        raise SetError(
            f"Nothing was written. In {folder} these files were changed since this command wrote "
            f"them, or come from elsewhere:{shown}{more}\nName another folder with --to, or write "
            "over them with --force."
        )


def write_set(folder, files, force=False):
    """Write the files below the folder, after a look at what is there; return how many changed."""
    check_folder(folder, files, force)
    changed = 0
    for name, data in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        changed += write_bytes_if_changed(path, data)
    written = read_manifest(folder) | {name: fingerprint(name, files[name]) for name in files}
    write_if_changed(folder / MANIFEST, json.dumps(written, indent=1, sort_keys=True) + "\n")
    return changed


def write_bytes_if_changed(path, data):
    """Write a file if its bytes differ; return whether they did."""
    if path.is_file() and path.read_bytes() == data:
        return False
    path.write_bytes(data)
    return True


ZIP_COMMENT = b"class set of the course nnhelpers"


def write_zip(folder, files, force=False):
    """Write the same files as FOLDER.zip, all below one folder of that name; return its path."""
    path = folder.with_name(folder.name + ".zip")
    if path.exists() and not force and not is_our_zip(path):
        raise SetError(f"{path} was not written by this command. Move it away, or use --force.")
    with zipfile.ZipFile(path, "w") as archive:
        archive.comment = ZIP_COMMENT
        for name, data in files.items():
            info = zipfile.ZipInfo(f"{folder.name}/{name}", (2026, 1, 1, 0, 0, 0))
            info.external_attr = 0o644 << 16  # everybody may read it; the default is its owner only
            archive.writestr(info, data, zipfile.ZIP_DEFLATED)
    return path


def is_our_zip(path):
    """Whether a file is a zip that this command wrote."""
    try:
        with zipfile.ZipFile(path) as archive:
            return archive.comment == ZIP_COMMENT
    except (OSError, zipfile.BadZipFile):
        return False


# --- The command ---------------------------------------------------------------------------------


def parse(args):
    """The command line's arguments."""
    parser = argparse.ArgumentParser(
        prog="lab.py student", description="Write a clean set of notebooks for a class."
    )
    parser.add_argument("names", nargs="*", metavar="NN", help="such as 02; default: all")
    parser.add_argument("--no-solutions", action="store_true", help="leave folded solutions out")
    parser.add_argument("--no-hints", action="store_true", help="leave folded hints out")
    parser.add_argument("--to", metavar="FOLDER", help="where to; default: student/")
    parser.add_argument(
        "--complete", action="store_true", help="with the package, the data and lab.py"
    )
    parser.add_argument("--zip", action="store_true", help="write FOLDER.zip as well")
    parser.add_argument(
        "--nbgrader", action="store_true", help="write sources of nbgrader's assignments instead"
    )
    parser.add_argument(
        "--force", action="store_true", help="write over notebooks that somebody has changed"
    )
    chosen = parser.parse_args(args)
    if chosen.nbgrader and (chosen.complete or chosen.zip):
        parser.error("--nbgrader writes into a course folder of nbgrader: no --complete, no --zip")
    if chosen.nbgrader and not chosen.to:
        parser.error("--nbgrader needs --to FOLDER, the course folder of nbgrader")
    return chosen


def main(args=None):
    """Write the class set that the arguments describe; return the exit code."""
    chosen = parse(args)
    folder = Path(chosen.to) if chosen.to else ROOT / "student"
    options = Options(not chosen.no_solutions, not chosen.no_hints, chosen.nbgrader)
    try:
        files = build(chosen.names, options, chosen.complete, read_manifest(folder))
        changed = write_set(folder, files, chosen.force)
        archive = write_zip(folder, files, chosen.force) if chosen.zip else None
    except (NotebookError, SetError, OSError) as error:
        print(error, file=sys.stderr)
        return 1
    count = sum(name.endswith(".ipynb") for name in files)
    words = ["with solutions" if options.solutions else "without solutions"]
    words.append("with hints" if options.hints else "without hints")
    what = "1 notebook" if count == 1 else f"{count} notebooks"
    print(f"{what} {' and '.join(words)} in {folder} ({changed} files new or changed)")
    if archive:
        print(f"the same as {archive}, {archive.stat().st_size / 1e6:.1f} MB")
    return 0


if __name__ == "__main__":
    sys.exit(main())
