"""Execute the notebooks in order, each in a fresh kernel, and store their outputs.

    python lab.py notebooks              all of them
    python lab.py notebooks 02 04        those whose names start with 02 and 04

What is stored is normalised: executing a second time on the same machine changes no byte, and on
another machine as few lines as can be. A cell that raises stops the run; that notebook's file then
stays as it was.
"""

import argparse
import json
import os
import re
import sys
import time
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellControlSignal, DeadKernelError

from lab import ROOT, reproducible_environment

FOLDER = ROOT / "notebooks"
SECONDS_PER_CELL = 600
SKIP_TAG = "skip-execution"  # nbclient's own name for cells that it leaves alone
WIDGET_VIEW = "application/vnd.jupyter.widget-view+json"

# The same for every Python version: 3.11 and 3.14 write the same file.
KERNELSPEC = {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}
LANGUAGE_INFO = {
    "codemirror_mode": {"name": "ipython", "version": 3},
    "file_extension": ".py",
    "mimetype": "text/x-python",
    "name": "python",
    "nbconvert_exporter": "python",
    "pygments_lexer": "ipython3",
}
CELL_METADATA_OF_A_RUN = ("execution", "ExecuteTime", "scrolled", "collapsed")


class NotebookError(Exception):
    """A notebook that cannot be executed or stored; the message names notebook and cell."""


# --- What a stored notebook looks like -----------------------------------------------------------


def normalise(notebook, name="notebook"):
    """Change a notebook (nbformat's object) in place so that equal runs give equal files."""
    check_ids(notebook, name)
    notebook.nbformat, notebook.nbformat_minor = 4, 5
    notebook.metadata.pop("widgets", None)
    notebook.metadata["kernelspec"] = dict(KERNELSPEC)
    notebook.metadata["language_info"] = dict(LANGUAGE_INFO)
    for cell in notebook.cells:
        for key in CELL_METADATA_OF_A_RUN:
            cell.metadata.pop(key, None)
        if cell.cell_type == "code":
            outputs = [without_widget_view(output) for output in cell.outputs]
            outputs = [output for output in outputs if output is not None]
            cell.outputs = merge_streams(outputs)
    return notebook


def check_ids(notebook, name):
    """Demand an id of its own for every cell: random ids would make every rebuild a difference."""
    seen = {}
    for number, cell in enumerate(notebook.cells, start=1):
        if not cell.get("id"):
            raise NotebookError(f"{name}: cell {number} has no id: {first_line(cell)}")
        if cell.id in seen:
            raise NotebookError(
                f"{name}: cells {seen[cell.id]} and {number} have the same id {cell.id!r}"
            )
        seen[cell.id] = number


def without_widget_view(output):
    """The output without its live widget, whose id is random and which only a kernel can draw.

    The text and the picture beside it stay. None where nothing stays.
    """
    if "data" not in output or WIDGET_VIEW not in output.data:
        return output
    del output.data[WIDGET_VIEW]
    output.metadata.pop(WIDGET_VIEW, None)
    return output if output.data else None


def merge_streams(outputs):
    """Join neighbouring pieces of the same stream: how the kernel cut them depends on timing."""
    merged = []
    for output in outputs:
        before = merged[-1] if merged else {}
        if output.output_type == "stream" and output.name == before.get("name"):
            before.text += output.text
        else:
            merged.append(output)
    return merged


def to_text(notebook):
    """The notebook as the text of its file: sorted keys, one space of indent, a last newline."""
    text = nbformat.writes(notebook, version=4, indent=1, sort_keys=True, ensure_ascii=False)
    return text.rstrip("\n") + "\n"


def read(path):
    """Read a notebook; check its ids before nbformat's reader invents those that are missing."""
    text = path.read_text(encoding="utf-8")
    try:
        raw = nbformat.from_dict(json.loads(text))
        check_ids(raw, path.name)
        notebook = nbformat.reads(text, as_version=nbformat.NO_CONVERT)
    except (ValueError, AttributeError, nbformat.ValidationError) as error:
        raise NotebookError(f"{path.name} is not a notebook that can be read: {error}") from error
    if notebook.nbformat != 4:
        raise NotebookError(f"{path.name} is in notebook format {notebook.nbformat}, not 4")
    return notebook


def write_if_changed(path, text):
    """Replace the file in one step, and only if its bytes differ; return whether they did."""
    data = text.encode("utf-8")
    if path.exists() and path.read_bytes() == data:
        return False
    temporary = path.with_suffix(".tmp")
    temporary.write_bytes(data)
    os.replace(temporary, path)
    return True


# --- Running -------------------------------------------------------------------------------------


def first_line(cell):
    """The first line of a cell that says something, to find it by."""
    lines = "".join(cell.source).splitlines()  # a file may hold a list of lines
    lines = [line for line in lines if line.strip()]
    return lines[0].strip() if lines else "(empty)"


def title_of(notebook):
    """The text of the notebook's first heading, or ""."""
    text = "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")
    found = re.search(r"^# +(.+?)\s*$", text, flags=re.MULTILINE)
    return found[1] if found else ""


def clear_outputs(notebook):
    """Forget earlier outputs, except of cells that are never executed here."""
    for cell in notebook.cells:
        if cell.cell_type == "code" and SKIP_TAG not in cell.metadata.get("tags", []):
            cell.outputs = []
            cell.execution_count = None


def run_cells(notebook, path):
    """Execute every cell in a fresh kernel that works in the notebook's folder."""
    client = NotebookClient(
        notebook,
        kernel_name="python3",
        timeout=SECONDS_PER_CELL,
        record_timing=False,
        store_widget_state=False,
        extra_arguments=["--Application.log_level=40"],  # the kernel's errors, not its warnings
        skip_cells_with_tag=SKIP_TAG,
        resources={"metadata": {"path": str(path.parent)}},
    )
    running = []  # the cell that runs now, for the message
    client.on_cell_start = lambda cell, cell_index: running.append((cell_index, cell))
    try:
        client.execute(env=reproducible_environment())
    except (CellControlSignal, DeadKernelError) as error:  # raised, took too long, kernel died
        index, cell = running[-1]
        traceback = re.sub(r"\x1b\[[0-9;]*m", "", str(error)).strip()
        raise NotebookError(
            f"{path.name}: cell {index + 1} (id {cell.get('id')}) failed: {first_line(cell)}\n\n"
            f"{traceback}\n\n{path.name} was left as it was."
        ) from error


def execute_file(path):
    """Execute one notebook file and store its outputs; return whether the file changed."""
    notebook = read(path)
    clear_outputs(notebook)
    run_cells(notebook, path)
    return write_if_changed(path, to_text(normalise(notebook, path.name)))


def select(prefixes, folder=FOLDER):
    """The notebooks in order: all, or those whose file names start with one of the prefixes."""
    paths = sorted(folder.glob("*.ipynb"))
    if not prefixes:
        return paths
    wanted = [Path(prefix).name for prefix in prefixes]
    for prefix in wanted:
        if not any(path.name.startswith(prefix) for path in paths):
            known = ", ".join(path.stem for path in paths) or "none"
            raise NotebookError(f"no notebook starts with {prefix!r}; there are: {known}")
    return [path for path in paths if path.name.startswith(tuple(wanted))]


def main(args=None):
    """Execute the notebooks that the arguments name; return the exit code."""
    parser = argparse.ArgumentParser(prog="lab.py notebooks", description="Execute the notebooks.")
    parser.add_argument("names", nargs="*", help="starts of file names, such as 02; default: all")
    names = parser.parse_args(args).names
    start = time.perf_counter()
    try:
        paths = select(names)
        for path in paths:
            begin = time.perf_counter()
            print(f"{path.name:<40}", end="", flush=True)
            changed = execute_file(path)
            word = "changed" if changed else "unchanged"
            print(f"{time.perf_counter() - begin:7.1f} s   {word}", flush=True)
    except NotebookError as error:
        print(f"\n{error}", file=sys.stderr)
        return 1
    total = f"{len(paths)} notebooks"
    print(f"{total:<40}{time.perf_counter() - start:7.1f} s")
    return 0


if __name__ == "__main__":
    sys.exit(main())
