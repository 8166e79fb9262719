"""The rules that every notebook of the course keeps, as functions that complain.

A rule takes a `Notebook` and yields a sentence for each fault, which names the cell. While writing a notebook, run them by hand from the root folder:

    python tests/notebook_rules.py notebooks/02_backpropagation.ipynb

`test_notebook_rules.py` applies them to every notebook, and breaks each of them on purpose.
"""

import json
import re
import statistics
import sys
import urllib.parse
from dataclasses import dataclass
from pathlib import Path

import nbformat.validator

FOLDER = Path(__file__).resolve().parent.parent / "notebooks"

LONGEST_CELL, MEDIAN_CELL = 25, 6
LARGEST_FILE = 3_000_000
SLIDE_TYPES = {"slide", "subslide", "fragment", "skip", "notes", "-"}
WIDGET_VIEW = "application/vnd.jupyter.widget-view+json"

# Notebook 00 only welcomes: it has nothing to recall and derives nothing. The playground is all
# experiments.
INTRODUCTION = ["You will", "You need", "Time"]
PARTS = ["Recap", "Checkpoint", "Experiment", "Exercises", "Summary"]
NOT_IN = {
    "00": {"Recap", "Checkpoint"},
    "playground": {"Recap", "Checkpoint", "Exercises", "Summary"},
}

# Their output never compares equal twice, or (the seed) hides state between cells.
FORBIDDEN_CODE = {
    "interact(": r"\binteract\(",
    "interactive_output": r"\binteractive_output\b",
    "Output(": r"\bOutput\(",
    "clear_output": r"\bclear_output\b",
    "a star import": r"^\s*from\s+\S+\s+import\s+\*",
    "np.random.seed": r"\brandom\.seed\(",
}

MACHINE_PATHS = re.compile(
    r"(?<![\w/.~-])/(?:home|root|tmp|work|Users|private|var|mnt)\b(?:/[\w.-]*)*"
    r"|\b[A-Za-z]:\\(?:Users|Windows|Temp|Program)[\w\\.-]*|\b[CD]:\\\w+"
)
MEMORY_ADDRESS = re.compile(r"\b0x[0-9a-fA-F]{7,}\b")


@dataclass
class Notebook:
    """A notebook as a rule sees it: its name, its raw content, and the folder that it lies in."""

    stem: str
    raw: dict  # the content of the file, as JSON gives it
    folder: Path = FOLDER
    size: int = 0

    def __post_init__(self):
        self.cells = [Cell(number, raw) for number, raw in enumerate(self.raw["cells"], start=1)]
        self.markdown = [cell for cell in self.cells if cell.kind == "markdown"]
        # The code cells that hold something.
        self.code = [cell for cell in self.cells if cell.kind == "code" and cell.source.strip()]


class Cell:
    """One cell, its source and outputs joined to text wherever the file cuts them into lines."""

    def __init__(self, number, raw):
        self.number, self.raw = number, raw
        self.kind, self.id = raw["cell_type"], raw.get("id", "")
        self.source = joined(raw["source"])
        self.metadata = raw.get("metadata", {})
        self.tags = self.metadata.get("tags", [])
        self.outputs = raw.get("outputs", [])

    def __str__(self):
        return f"cell {self.number} ({self.id or 'no id'})"


def joined(text):
    """Text that a notebook file may hold as one string or as a list of lines."""
    return "".join(text) if isinstance(text, list) else str(text)


def load(path):
    """Read a notebook file, without the repairs that nbformat's own reader makes."""
    text = path.read_text(encoding="utf-8")
    return Notebook(path.stem, json.loads(text), path.parent, len(text.encode("utf-8")))


# --- Reading Markdown ----------------------------------------------------------------------------


def without_code_and_maths(source):
    """Markdown without code and formulas, in which brackets are no links and # no headings."""
    source = re.sub(r"^(```|~~~).*?^\1\s*$", "", source, flags=re.DOTALL | re.MULTILINE)
    source = re.sub(r"\$\$.*?\$\$", "", source, flags=re.DOTALL)
    source = re.sub(r"\\begin\{(\w+\*?)\}.*?\\end\{\1\}", "", source, flags=re.DOTALL)
    source = re.sub(r"(`+)(?!`).+?(?<!`)\1(?!`)", "", source, flags=re.DOTALL)
    return re.sub(r"(?<!\\)\$[^$\n]+(?<!\\)\$", "", source)


def headings(cell):
    """The headings of a Markdown cell, as (level, text)."""
    source = re.sub(r"^(```|~~~).*?^\1\s*$", "", cell.source, flags=re.DOTALL | re.MULTILINE)
    found = re.findall(r"^ {0,3}(#{1,6})[ \t]+(.+?)[ \t]*#*[ \t]*$", source, flags=re.MULTILINE)
    return [(len(marks), text) for marks, text in found]


def anchor(text):
    """The anchor that JupyterLab gives a heading: its visible text with - for each space."""
    text = re.sub(r"!?\[([^\]]*)\]\([^)]*\)", r"\1", text)  # a link shows its text
    text = re.sub(r"<[^>]+>|[*`]", "", text)
    return text.strip().replace(" ", "-")


def anchors(notebook):
    """All anchors of a notebook, from headings and from HTML ids."""
    found = [anchor(text) for cell in notebook.markdown for _, text in headings(cell)]
    source = "\n".join(cell.source for cell in notebook.markdown)
    return found + re.findall(r"""<[^>]+\b(?:id|name)=["']([^"']+)["']""", source)


def links(cell):
    """The targets of a Markdown cell's links and images."""
    source = without_code_and_maths(cell.source)
    found = re.findall(r"\]\(\s*<?([^)\s>]+)>?(?:\s+[\"'(][^)]*)?\s*\)", source)
    found += re.findall(r"""<(?:a|img)\b[^>]*?\b(?:href|src)=["']([^"']+)["']""", source)
    found += re.findall(r"^ {0,3}\[[^\]]+\]:\s*<?(\S+?)>?(?:\s|$)", source, flags=re.MULTILINE)
    return found


def details(cell):
    """The summaries of a Markdown cell's folded parts."""
    pattern = r"<details\b[^>]*>\s*<summary\b[^>]*>(.*?)</summary>(.*?)</details>"
    return re.findall(pattern, cell.source, flags=re.DOTALL | re.IGNORECASE)


def output_texts(cell):
    """All text that a cell's outputs hold; pictures are no text."""
    for output in cell.outputs:
        if "text" in output:
            yield joined(output["text"])
        for mime, data in output.get("data", {}).items():
            if not mime.startswith("image/") or mime == "image/svg+xml":
                yield joined(data)
        yield from output.get("traceback", [])


# --- The file, and what was executed -------------------------------------------------------------


def is_a_valid_notebook(notebook):
    # iter_validate only looks; nbformat.validate would mend some faults in silence.
    for error in nbformat.validator.iter_validate(notebook.raw):
        yield f"not a valid notebook: {error.message[:200]}"


def cell_ids_are_unique(notebook):
    seen = {}
    for cell in notebook.cells:
        if not cell.id:
            yield f"{cell} has no id"
        elif cell.id in seen:
            yield f"{cell} has the same id as cell {seen[cell.id]}"
        seen[cell.id] = cell.number


def file_is_small(notebook):
    if notebook.size >= LARGEST_FILE:
        yield f"{notebook.size / 1e6:.1f} MB; fewer or smaller figures, please: below 3 MB"


def has_no_stored_widget_state(notebook):
    if "widgets" in notebook.raw.get("metadata", {}):
        yield "widget state is stored in the notebook's metadata"
    for cell in notebook.cells:
        if any(WIDGET_VIEW in output.get("data", {}) for output in cell.outputs):
            yield f"{cell} stores a live widget; run `python lab.py notebooks`"


def names_no_machine_path(notebook):
    for cell in notebook.cells:
        source = cell.source if cell.kind == "code" else without_code_and_maths(cell.source)
        for place, texts in (("source", [source]), ("output", output_texts(cell))):
            for found in filter(None, map(MACHINE_PATHS.search, texts)):
                yield f"{cell}: {place} names the path {found.group()}"


def prints_no_memory_address(notebook):
    for cell in notebook.code:
        for found in filter(None, map(MEMORY_ADDRESS.search, output_texts(cell))):
            yield f"{cell}: output shows a memory address, {found.group()}, which changes every time"


def ran_top_to_bottom(notebook):
    run = [cell for cell in notebook.code if "skip-execution" not in cell.tags]
    for expected, cell in enumerate(run, start=1):
        count = cell.raw.get("execution_count")
        if count != expected:
            was = f"has execution count {count}" if count else "was not executed"
            yield f"{cell} {was}, expected {expected}"


def stores_no_error(notebook):
    for cell in notebook.code:
        for output in cell.outputs:
            if output["output_type"] == "error":
                yield f"{cell} stores an error: {output.get('ename')}"
            if output["output_type"] == "stream" and output.get("name") == "stderr":
                yield f"{cell} stores something on stderr: {joined(output['text']).strip()[:80]}"


# --- The code ------------------------------------------------------------------------------------


def has_one_setup_cell(notebook):
    count = sum("setup" in cell.tags for cell in notebook.code)
    if count != 1:
        yield f"{count} code cells are tagged `setup`, expected 1"


def code_cells_are_short(notebook):
    lengths = [len(cell.source.strip("\n").splitlines()) for cell in notebook.code]
    for cell, length in zip(notebook.code, lengths, strict=True):
        if length > LONGEST_CELL:
            yield f"{cell} has {length} lines, more than {LONGEST_CELL}"
    median = statistics.median(lengths or [0])
    if median > MEDIAN_CELL:
        yield f"half of the code cells have {median:g} lines or more; 6 are wanted"


def avoids_forbidden_code(notebook):
    for cell in notebook.code:
        for name, pattern in FORBIDDEN_CODE.items():
            if re.search(pattern, cell.source, flags=re.MULTILINE):
                yield f"{cell} uses {name}"


# --- Reading and teaching ------------------------------------------------------------------------


def images_have_alt_text(notebook):
    for cell in notebook.cells:
        source = without_code_and_maths(cell.source) if cell.kind == "markdown" else ""
        html = [source] + [joined(o.get("data", {}).get("text/html", "")) for o in cell.outputs]
        images = re.findall(r"!\[([^\]]*)\]\(([^)]*)\)", source)
        for tag in re.findall(r"<img\b[^>]*>", "\n".join(html), flags=re.IGNORECASE):
            alt = re.search(r"""\balt\s*=\s*(?:"([^"]*)"|'([^']*)')""", tag, flags=re.IGNORECASE)
            images.append(((alt[1] or alt[2] or "") if alt else "", tag[:60]))
        for output in cell.outputs:
            for kind in output.get("data", {}):
                if kind.startswith("image/"):
                    alt = output.get("metadata", {}).get(kind, {}).get("alt", "")
                    images.append((str(alt), f"output {kind}"))
        for alt, image in images:
            if not alt.strip():
                yield f"{cell}: the image {image} has no alt text"


def links_resolve(notebook):
    for cell in notebook.markdown:
        for target in links(cell):
            problem = problem_with_link(notebook, target, cell.raw.get("attachments", {}))
            if problem:
                yield f"{cell}: link to {target} {problem}"


def problem_with_link(notebook, target, attachments):
    """What is wrong with a link, or "". Only the computer at hand is asked, never the network."""
    if target.startswith("attachment:"):
        return "" if target.split(":", 1)[1] in attachments else "names no attachment of this cell"
    if re.match(r"[a-zA-Z][a-zA-Z0-9+.-]*:", target):
        return ""
    if target.startswith("/"):
        return "starts at the root of somebody's disk; make it relative"
    path, _, fragment = urllib.parse.unquote(target).partition("#")
    if path and not (notebook.folder / path).exists():
        return "leads nowhere"
    if not fragment or (path and not path.endswith(".ipynb")):
        return ""
    goal = load(notebook.folder / path) if path else notebook
    return "" if fragment in anchors(goal) else f"finds no heading #{fragment}"


def links_to_its_neighbours(notebook):
    course = sorted(path.stem for path in notebook.folder.glob("[0-9][0-9]_*.ipynb"))
    if notebook.stem not in course:
        return
    here = course.index(notebook.stem)
    targets = {target.partition("#")[0] for cell in notebook.markdown for target in links(cell)}
    for which, place in (("previous", here - 1), ("next", here + 1)):
        if 0 <= place < len(course) and course[place] + ".ipynb" not in targets:
            yield f"no link to the {which} notebook, {course[place]}.ipynb"


def has_all_parts_in_order(notebook):
    first = notebook.cells[0] if notebook.cells else None
    if not first or first.kind != "markdown" or [lv for lv, _ in headings(first)][:1] != [1]:
        yield "the first cell does not start with the title, `# ...`"

    lines = [line for cell in notebook.markdown for line in cell.source.splitlines()]
    titles = [text for cell in notebook.markdown for level, text in headings(cell) if level > 1]
    missing = set().union(*(NOT_IN[start] for start in NOT_IN if notebook.stem.startswith(start)))
    parts = [part for part in PARTS if part not in missing]
    begins = [rf"[^\w]*{part}\b" for part in INTRODUCTION]
    yield from missing_in_order(INTRODUCTION, begins, lines, "line starting with")
    yield from missing_in_order(parts, [rf"(?i).*{p}" for p in parts], titles, "heading with")


def missing_in_order(parts, patterns, candidates, what):
    """Complaints about parts that are missing, or that do not follow the part before them."""
    start = 0
    for part, pattern in zip(parts, patterns, strict=True):
        places = [i for i, candidate in enumerate(candidates) if re.match(pattern, candidate)]
        if not places:
            yield f"there is no {what} {part!r}"
        elif places[-1] < start:
            yield f"the {what} {part!r} is too early; the order is {parts}"
        else:
            start = next(i for i in places if i >= start) + 1


def exercises_have_hints_and_solutions(notebook):
    starts = [cell.number for cell in notebook.code if "raise NotImplementedError" in cell.source]
    if len(starts) < 2 and (starts or "Exercises" not in NOT_IN.get(notebook.stem, ())):
        yield f"{len(starts)} exercises with `raise NotImplementedError`, expected 2"
    for start, end in zip(starts, starts[1:] + [len(notebook.cells) + 1]):
        after = [c for c in notebook.cells[start : end - 1] if c.kind == "markdown"]
        folded = [summary.lower() for cell in after for summary, _ in details(cell)]
        where = f"the exercise in {notebook.cells[start - 1]}"
        places = {}
        for kind in ("solution", "hint"):
            places[kind] = [i for i, summary in enumerate(folded) if kind in summary]
            if not places[kind]:
                yield f"{where} is followed by no folded {kind}"
        if all(places.values()) and places["hint"][0] > places["solution"][0]:
            yield f"{where} has its solution before its hints"


def every_cell_has_a_slide_type(notebook):
    for cell in notebook.cells:
        kind = cell.metadata.get("slideshow", {}).get("slide_type")
        if kind not in SLIDE_TYPES:
            yield f"{cell} has slide_type {kind!r}, expected one of {SLIDE_TYPES}"


RULES = [
    is_a_valid_notebook,
    cell_ids_are_unique,
    file_is_small,
    has_no_stored_widget_state,
    names_no_machine_path,
    prints_no_memory_address,
    ran_top_to_bottom,
    stores_no_error,
    has_one_setup_cell,
    code_cells_are_short,
    avoids_forbidden_code,
    images_have_alt_text,
    links_resolve,
    links_to_its_neighbours,
    has_all_parts_in_order,
    exercises_have_hints_and_solutions,
    every_cell_has_a_slide_type,
]


def setup_cells_differ(notebooks):
    """Complaints about notebooks whose setup cell is not the same as the first notebook's."""
    sources = {
        notebook.stem: [cell.source.strip() for cell in notebook.code if "setup" in cell.tags]
        for notebook in notebooks
    }
    first = next(iter(sources), None)
    for stem, source in sources.items():
        if source != sources[first]:
            yield f"{stem}: its setup cell differs from that of {first}"


def main(names):
    """Print all complaints about the notebooks that are named (default: all of them)."""
    course = [load(path) for path in sorted(FOLDER.glob("*.ipynb"))]
    complaints = [
        f"{notebook.stem}: {complaint}   [{rule.__name__}]"
        for notebook in [load(Path(name)) for name in names] or course
        for rule in RULES
        for complaint in rule(notebook)
    ]
    complaints += setup_cells_differ(course)
    print("\n".join(complaints) or "No complaints.")
    return int(bool(complaints))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
