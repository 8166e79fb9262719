"""``python run_on_strict_arrays.py NOTEBOOK``: run a notebook's cells as a GPU student's kernel would.

The arrays in use are those of ``strictarray``, which refuse to mix with NumPy's as CuPy's do. Each
exercise's stub gives way to the solution that the notebook shows, and every check must pass. When
all cells have run, the student goes back to the exercises: their cells run again, in order, and so
does the code in every folded hint and solution. Then each panel is drawn at every combination of its
controls' first and last values. Figures are built but not painted: that takes most of the time, and
looks at no array any more. Ends with exit code 1 and the cell's error if anything fails.
"""

import gc
import os
import re
import sys

os.environ["NNHELPERS_BACKEND"] = "strictarray"

import nbformat
import strictarray
from helpers import with_solutions
from IPython.core.interactiveshell import InteractiveShell
from matplotlib.figure import Figure

from nnhelpers.support import devices as backend
from nnhelpers.teaching import checks

backend.loaded["strictarray"] = strictarray
PAINTED_NOTHING = (
    b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\1\0\0\0\1\x08\0\0\0\0:~\x9bU"
    b"\0\0\0\nIDATx\x9cc`\0\0\0\2\0\1H\xaf\xa4q\0\0\0\0IEND\xaeB`\x82"
)
Figure.savefig = lambda figure, file, **settings: file.write(PAINTED_NOTHING)


def code_of_the_exercises(notebook):
    """Yield (place, code) for the cells under each exercise's heading and for its folded code."""
    exercise = None
    for cell in notebook.cells:
        if cell.cell_type == "code":
            if exercise:
                yield f"{exercise}, {cell.id}, after Run All", cell.source
            continue
        heading = re.search(r"^#+ (.*)$", cell.source, flags=re.MULTILINE)
        if heading:
            exercise = heading[1] if heading[1].startswith("Exercise") else None
        if exercise:
            for folded in re.findall(r"```python\n(.*?)```", cell.source, flags=re.DOTALL):
                yield f"{exercise}, code folded in {cell.id}", folded


def main(path):
    shell = InteractiveShell.instance()
    answers = []
    check = checks.check

    def check_and_note(*args):
        answers.append(check(*args))
        return answers[-1]

    checks.check = check_and_note
    notebook = with_solutions(nbformat.read(path, as_version=4))
    code = [(cell.id, cell.source) for cell in notebook.cells if cell.cell_type == "code"]
    for where, source in [*code, *code_of_the_exercises(notebook)]:
        if not shell.run_cell(source, store_history=False).success:
            print(f"{where} failed on arrays that do not mix with NumPy's", file=sys.stderr)
            return 1

    failed = [answer for answer in answers if not answer.passed]
    if failed:
        print(f"{len(answers)} checks of the solutions; these failed: {failed}", file=sys.stderr)
        return 1
    print("\nsolved:", *sorted({answer.name for answer in answers}))

    from nnhelpers.widgets import Panel

    panels = [thing for thing in gc.get_objects() if isinstance(thing, Panel)]
    drawings = [(panel, values) for panel in panels for values in panel.extremes()]
    for panel, values in drawings:
        assert panel.render(**values).startswith(b"\x89PNG"), values
    print(f"\n{len(panels)} panels, drawn {len(drawings)} times")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
