"""Turn a notebook of the course into the one that students get: no outputs, folded parts as chosen.

What is folded is known by its `<summary>`: "Hint ..." is a hint, "Solution" or "Answer" a solution,
and so is whatever else is folded in the section "Exercises". `tools.student` writes the files.
"""

import ast
import re
from dataclasses import dataclass

from tools.execute_notebooks import KERNELSPEC, LANGUAGE_INFO, NotebookError, select

KEPT_TAGS = {"setup", "skip-execution"}  # the others are for the course's own tests


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
        if mark.group().startswith("</"):
            depth -= 1
            if depth == 0:
                summary = SUMMARY.search(source, start, mark.end())
                yield start, mark.end(), summary.group(1).strip() if summary else ""
        else:
            start = start if depth else mark.start()
            depth += 1


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
    stays = {"hint": options.hints, "solution": options.solutions, "text": True}
    text = source
    for start, end, summary in reversed(list(folded_parts(source))):
        if not stays[kind_of_fold(summary, in_exercises)]:
            text = text[:start] + text[end:]
    return source if text == source else re.sub(r"\n{3,}", "\n\n", text).strip("\n")


# --- Sentences that speak of what is folded ------------------------------------------------------

TRIANGLE = "- **Folded text** opens with a click on its triangle"
# Sentences of the notebooks, what they speak of, and what replaces them in a set without it.
SENTENCES = [
    (
        f"{TRIANGLE}. Hints come before the solution, and one hint is often enough:",
        "hints and solutions",
        f"{TRIANGLE}:",
    ),
    (
        "Solutions are folded away in the same manner. To read one before you have tried costs you "
        "the best part.",
        "solutions",
        "What an experiment should have shown you is folded away in the same manner.",
    ),
    (
        "let `slopes` be the judge: the names `Z`, `Y`, `P` are in the solution.",
        "solutions",
        "let `slopes` be the judge, with `Z = xp.asarray(np.random.default_rng(1).normal("
        "size=(4, 3)))`, `Y = one_hot(xp.asarray([0, 2, 1, 2]), 3)` and `P = softmax(Z)`.",
    ),
]
# "Hints and solutions are folded.", in whatever words.
ARE_FOLDED = re.compile(
    r" ?[^.\n]*\b(?:hints|solutions)\b[^.\n]*\bfolded\b[^.\n]*\.", re.IGNORECASE
)


def without_pointers(source, options):
    """A Markdown cell's text without words about the parts that the options take away."""
    stays = {"hints": options.hints, "solutions": options.solutions}

    def is_whole(sentence):
        return all(kept for what, kept in stays.items() if what in sentence.lower())

    def shortened(found):
        if is_whole(found.group()):
            return found.group()
        left = [what for what, kept in stays.items() if kept and what in found.group().lower()]
        return "".join(f" {what.capitalize()} are folded." for what in left)

    for old, speaks_of, new in SENTENCES:
        source = source if is_whole(speaks_of) else source.replace(old, new)
    return ARE_FOLDED.sub(shortened, source) if "folded" in source else source  # it is slow


# --- One notebook --------------------------------------------------------------------------------


def make_student_notebook(notebook, options, stem="notebook"):
    """Change a notebook (nbformat's object) into the one that students get, and return it."""
    if options.nbgrader:
        mark_for_nbgrader(notebook, stem)
        link_assignments(notebook)
    cells, in_exercises = [], False
    for cell in notebook.cells:
        was_empty = not cell.source.strip()
        clean_metadata(cell)
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
        elif cell.cell_type == "markdown":
            for title in re.findall(r"^## +(.*)$", cell.source, re.MULTILINE):
                in_exercises = title.strip() == "Exercises"
            cell.source = without_folds(cell.source, in_exercises, options)
            cell.source = without_pointers(cell.source, options)
        if was_empty or cell.source.strip():
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
    solutions, stubs = solution_functions(notebook), {}
    for cell in notebook.cells:
        if cell.cell_type == "code" and "raise NotImplementedError" in cell.source:
            stubs |= dict.fromkeys(functions_in(cell.source), cell)
        elif check := CHECK_CELL.fullmatch(cell.source.strip()):
            name = check.group(1)
            for what, known in (("stub", stubs), ("folded solution", solutions)):
                if name not in known:
                    raise NotebookError(f"{stem}: the exercise {name} has no {what}")
            stub = stubs[name]
            stub.source = with_solution_region(stub.source, name, solutions[name])
            stub.metadata["nbgrader"] = nbgrader_metadata(name, solution=True)
            cell.source = f'feedback = nn.check("{name}", {name})\ndisplay(feedback)\n'
            cell.source += "assert feedback.passed, feedback.sentence"
            cell.metadata["nbgrader"] = nbgrader_metadata(f"check-{name}", points=POINTS)


def nbgrader_metadata(grade_id, solution=False, points=None):
    """The mark that nbgrader (schema 3) wants in a cell's metadata."""
    is_test = points is not None
    mark = {"schema_version": 3, "grade_id": grade_id, "cell_type": "code", "task": False}
    mark |= {"solution": solution, "grade": is_test, "locked": is_test}
    return mark | ({"points": points} if is_test else {})


def functions_in(code):
    """From the name of each function that the code defines to its syntax tree."""
    return {node.name: node for node in ast.parse(code).body if isinstance(node, ast.FunctionDef)}


def solution_functions(notebook):
    """From each function in the notebook's folded solutions to the lines of its body."""
    bodies = {}
    for cell in notebook.cells:
        for start, end, summary in folded_parts(cell.source):
            if cell.cell_type == "markdown" and kind_of_fold(summary, False) == "solution":
                for code in re.findall(r"```python\n(.*?)```", cell.source[start:end], re.DOTALL):
                    bodies |= {name: body_lines(code, f) for name, f in functions_in(code).items()}
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
