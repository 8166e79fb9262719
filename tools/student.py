"""Write a class set: the notebooks as students should get them, from the course's own.

    python lab.py student                                 all notebooks, into student/
    python lab.py student --no-solutions 02 03            two of them, without their solutions
    python lab.py student --no-solutions --no-hints --zip
    python lab.py student --complete --zip                with all that a laptop needs to run them
    python lab.py student --nbgrader --to COURSE          sources of assignments for nbgrader

Outputs are cleared, marks for slides are left out, folded solutions and hints go if you say so, and
every cell keeps its id. The package has the right answers too, in `nnhelpers/teaching/checks`,
because a check needs them: a set without solutions is for those who want to find them themselves.

Notebooks in which somebody has worked are never written over, unless you say `--force`:
`class-set.json` beside the set knows what was written there.
"""

import argparse
import hashlib
import json
import os
import re
import sys
import zipfile
from pathlib import Path, PurePosixPath

from lab import ROOT
from tools.execute_notebooks import (
    FOLDER,
    NotebookError,
    read,
    select,
    title_of,
    to_text,
    write_if_changed,
)
from tools.student_notebook import Options, make_student_notebook

MANIFEST = "class-set.json"

# What runs the notebooks on a machine that has nothing but Python.
COMPLETE = "lab.py Makefile requirements.txt pyproject.toml .binder data nnhelpers".split()


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
    files, contents, chosen = {}, [], select(names)
    for path in select([]):
        place = f"source/{path.stem}" if options.nbgrader else "notebooks"
        place = f"{place}/{path.name}"
        if path not in chosen and place not in earlier:
            continue
        notebook = make_student_notebook(read(path), options, path.stem)
        contents.append(f"- [{title_of(notebook) or path.stem}]({place})")
        if path in chosen:
            files |= linked_files(notebook, PurePosixPath(place).parent, options)
            files[place] = to_text(notebook).encode("utf-8")
    if options.nbgrader:
        return files
    start = START_COMPLETE if complete else START_INSTALLED
    readme = README.format(start=start, contents="\n".join(contents)).encode("utf-8")
    files |= complete_files() if complete else {}
    return files | {"README.md": readme, "LICENSE": (ROOT / "LICENSE").read_bytes()}


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
    for name, data in files.items():
        path = folder / name
        now = fingerprint(name, path.read_bytes()) if path.is_file() else None
        if path.exists() and now not in (written.get(name), fingerprint(name, data)):
            yield name


def check_folder(folder, files, force):
    """Raise a NotebookError where writing there would destroy something."""
    if folder.exists() and not folder.is_dir():
        raise NotebookError(
            f"{folder} is a file; a class set needs a folder. Name another with --to."
        )
    if (folder / "notebooks").resolve() == FOLDER.resolve() and "README.md" in files:
        raise NotebookError(
            f"{folder} is the course itself: its notebooks would be replaced by the class set. "
            "Name another folder with --to."
        )
    names = [] if force else list(in_the_way(folder, files))
    if names:
        shown = "".join(f"\n    {name}" for name in names[:10])
        more = f"\n    and {len(names) - 10} more" if len(names) > 10 else ""
        raise NotebookError(
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
        if not path.is_file() or path.read_bytes() != data:
            path.write_bytes(data)
            changed += 1
    written = read_manifest(folder) | {name: fingerprint(name, files[name]) for name in files}
    write_if_changed(folder / MANIFEST, json.dumps(written, indent=1, sort_keys=True) + "\n")
    return changed


ZIP_COMMENT = b"class set of the course nnhelpers"


def write_zip(folder, files, force=False):
    """Write the same files as FOLDER.zip, all below one folder of that name; return its path."""
    path = folder.with_name(folder.name + ".zip")
    if path.exists() and not force and not is_our_zip(path):
        raise NotebookError(
            f"{path} was not written by this command. Move it away, or use --force."
        )
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
    parser.add_argument("--to", metavar="FOLDER", help="where to; default: student/")
    for name, words in {
        "--complete": "with the package, the data and lab.py",
        "--zip": "write FOLDER.zip as well",
        "--nbgrader": "write sources of nbgrader's assignments instead",
        "--force": "write over notebooks that somebody has changed",
        "--no-solutions": "leave folded solutions out",
        "--no-hints": "leave folded hints out",
    }.items():
        parser.add_argument(name, action="store_true", help=words)
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
    except (NotebookError, OSError) as error:
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
