"""Every notebook keeps the rules of `notebook_rules.py`, and every rule can say no.

The second half breaks a small good notebook in one way at a time: a rule that cannot complain would
guard nothing.
"""

import copy
import functools
import json

import notebook_rules as rules
import pytest

NOTEBOOKS = sorted(rules.FOLDER.glob("*.ipynb"))


@functools.cache
def load(path):
    return rules.load(path)


# --- The course's notebooks ----------------------------------------------------------------------


def test_no_notebook_is_missing():
    numbers = [path.stem[:2] for path in NOTEBOOKS if path.stem[0].isdigit()]
    assert numbers == [f"{number:02}" for number in range(len(numbers))] and len(numbers) >= 14


@pytest.mark.parametrize("rule", rules.RULES, ids=lambda rule: rule.__name__)
@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_notebook_keeps_the_rule(path, rule):
    complaints = list(rule(load(path)))
    assert not complaints, "\n" + "\n".join(complaints)


def test_setup_cell_is_the_same_everywhere():
    complaints = list(rules.setup_cells_differ([load(path) for path in NOTEBOOKS]))
    assert not complaints, "\n" + "\n".join(complaints)


# --- A small notebook that keeps every rule ------------------------------------------------------

PNG = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAQAAAC1HAwCAAAAC0lEQVR42mNk+A8AAQUBAScY42YAAAAASUVORK5CYII="
INTRO = """# Forward propagation: from pixels to a guess

**You will** build a network.

**You need** notebook [00](00_start_here.ipynb).

**Time**: 20 minutes."""
RECAP = "## Recap: shapes\n\nThe formula $Z[i](j) = X W$, the code `a[0](b)`, [below](#Summary)."
HINTS = """<details><summary>Hint 1</summary>

Look at the shapes.
</details>

<details><summary><b>Solution</b></summary>

```python
def twice(x):
    return 2 * x
```
</details>"""
SUMMARY = """## Summary

You built it. Next: [backpropagation, its recap](02_backpropagation.ipynb#Recap-of-that).

![A small network](../img/net.png)"""


def markdown(source):
    return {"cell_type": "markdown", "metadata": {}, "source": source}


def code(source, *outputs, tags=()):
    metadata = {"tags": list(tags)} if tags else {}
    return {"cell_type": "code", "metadata": metadata, "source": source, "outputs": list(outputs)}


def stream(text, name="stdout"):
    return {"output_type": "stream", "name": name, "text": text}


def picture(**metadata):
    data = {"image/png": PNG, "text/plain": "<Figure size 640x480 with 1 Axes>"}
    return {"output_type": "display_data", "data": data, "metadata": metadata}


def finish(cells):
    """Number cells and executions as a fresh run does."""
    count = 0
    for number, cell in enumerate(cells):
        cell["id"] = f"cell-{number}"
        cell["metadata"]["slideshow"] = {"slide_type": "slide"}
        if cell["cell_type"] == "code":
            count += 1
            cell["execution_count"] = count
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    return {"cells": cells, "metadata": {"kernelspec": kernel}, "nbformat": 4, "nbformat_minor": 5}


@pytest.fixture
def good(tmp_path):
    """A good notebook 01, between a 00 and a 02, in a folder of its own."""
    folder = tmp_path / "notebooks"
    folder.mkdir()
    (tmp_path / "img").mkdir()
    (tmp_path / "img" / "net.png").write_bytes(b"")
    neighbour = finish([markdown("# Another\n\n## Recap of *that*")])
    for stem in ("00_start_here", "02_backpropagation"):
        (folder / f"{stem}.ipynb").write_text(json.dumps(neighbour), encoding="utf-8")
    cells = [
        markdown(INTRO),
        code("import nnhelpers as nn", tags=["setup"]),
        markdown(RECAP),
        code("print(1 + 1)", stream("2\n")),
        markdown("## Checkpoint"),
        code("draw()", picture(**{"image/png": {"alt": "A curve that falls"}})),
        markdown("## Experiment: predict first"),
        markdown("## Exercises"),
        code("def twice(x):\n    raise NotImplementedError"),
        code("check(twice)", stream("Not solved yet.\n")),
        markdown(HINTS),
        code("def thrice(x):\n    raise NotImplementedError"),
        markdown(HINTS),
        markdown(SUMMARY),
    ]
    raw = finish(cells)
    (folder / "01_forward_propagation.ipynb").write_text(json.dumps(raw), encoding="utf-8")
    return rules.Notebook("01_forward_propagation", raw, folder, 10_000)


def changed(notebook, change):
    """A copy of the notebook after `change(raw)` has broken something in it."""
    raw = copy.deepcopy(notebook.raw)
    change(raw)
    return rules.Notebook(notebook.stem, raw, notebook.folder, notebook.size)


def set_in_cell(number, **values):
    return lambda raw: raw["cells"][number].update(values)


def replace_in_cell(number, old, new):
    def change(raw):
        source = raw["cells"][number]["source"]
        assert old in source, f"the test is wrong: {old!r} is not in cell {number}"
        raw["cells"][number]["source"] = source.replace(old, new)

    return change


def set_output(number, output):
    return set_in_cell(number, outputs=[output])


def delete_cell(number):
    return lambda raw: raw["cells"].pop(number)


def add_text(number, text):
    return lambda raw: raw["cells"][number].update(
        source=raw["cells"][number]["source"] + "\n\n" + text
    )


def lengthen_all_code(raw):
    for cell in raw["cells"]:
        if cell["cell_type"] == "code":
            cell["source"] = "\n".join(["x = 1"] * 7)


WIDGET = {rules.WIDGET_VIEW: {"model_id": "a1"}, "text/plain": "HBox()"}
WIDGET = {"output_type": "display_data", "data": WIDGET, "metadata": {}}
ERROR = {"output_type": "error", "ename": "ValueError", "evalue": "no", "traceback": []}
HTML_IMAGE = {"output_type": "display_data", "data": {"text/html": "<img src='x'>"}, "metadata": {}}

# For each rule: a word of its complaint, and how the good notebook is broken.
BREAKS = {
    rules.is_a_valid_notebook: [
        ("'outputs' is", lambda raw: raw["cells"][1].pop("outputs")),
    ],
    rules.cell_ids_are_unique: [
        ("no id", lambda raw: raw["cells"][2].pop("id")),
        ("same id", set_in_cell(2, id="cell-1")),
    ],
    rules.has_no_stored_widget_state: [
        ("state", lambda raw: raw["metadata"].update(widgets={})),
        ("live widget", set_output(3, WIDGET)),
    ],
    rules.names_no_machine_path: [
        ("source", set_in_cell(3, source="open('/home/ada/x')")),
        ("source", add_text(2, "See /tmp/x.")),
        ("source", set_in_cell(3, source="open(r'C:\\course\\x')")),
        ("output", set_output(3, stream("saved /root/a.png\n"))),
    ],
    rules.prints_no_memory_address: [
        ("0x7f", set_output(3, stream("<f at 0x7f12ab34cd56>"))),
    ],
    rules.ran_top_to_bottom: [
        ("not executed", set_in_cell(3, execution_count=None)),
        ("count 9", set_in_cell(3, execution_count=9)),
    ],
    rules.stores_no_error: [
        ("ValueError", set_output(3, ERROR)),
        ("stderr", set_output(3, stream("warned", name="stderr"))),
    ],
    rules.has_one_setup_cell: [
        ("0 code cells", delete_cell(1)),
        ("2 code cells", set_in_cell(3, metadata={"tags": ["setup"]})),
    ],
    rules.code_cells_are_short: [
        ("26 lines", set_in_cell(3, source="x = 1\n" * 26)),
        ("half of", lengthen_all_code),
    ],
    rules.avoids_forbidden_code: [
        ("interact(", set_in_cell(3, source="interact(f)")),
        ("interactive_output", set_in_cell(3, source="widgets.interactive_output(f, {})")),
        ("Output(", set_in_cell(3, source="out = widgets.Output()")),
        ("clear_output", set_in_cell(3, source="clear_output()")),
        ("star import", set_in_cell(3, source="from numpy import *")),
        ("random.seed", set_in_cell(3, source="np.random.seed(0)")),
    ],
    rules.images_have_alt_text: [
        ("no alt text", set_output(5, picture())),
        ("no alt text", set_output(5, picture(**{"image/png": {"alt": " "}}))),
        ("no alt text", set_output(5, HTML_IMAGE)),
        ("net.png", replace_in_cell(13, "A small network", "")),
        ("<img", add_text(13, '<img src="../img/net.png">')),
    ],
    rules.links_resolve: [
        ("nowhere", add_text(2, "[x](99_nothing.ipynb)")),
        ("nowhere", add_text(2, "![x](../img/none.png)")),
        ("nowhere", add_text(2, '<a href="none.md">x</a>')),
        ("relative", add_text(2, "[x](/README.md)")),
        ("no heading", add_text(2, "[x](#Not-here)")),
        ("no heading", add_text(2, "[x](02_backpropagation.ipynb#Nothing)")),
        ("attachment", add_text(2, "![x](attachment:a.png)")),
    ],
    rules.links_to_its_neighbours: [
        ("previous", replace_in_cell(0, "00_start_here", "other")),
        ("next", replace_in_cell(13, "02_backpropagation", "other")),
    ],
    rules.has_all_parts_in_order: [
        ("title", replace_in_cell(0, "# Forward", "Forward")),
        ("'You will'", replace_in_cell(0, "You will", "We")),
        ("'You need'", replace_in_cell(0, "You need", "We need")),
        ("'Time'", replace_in_cell(0, "Time", "Hours")),
        ("'Recap'", replace_in_cell(2, "## Recap", "## A")),
        ("'Checkpoint'", delete_cell(4)),
        ("'Experiment'", delete_cell(6)),
        ("'Exercises'", delete_cell(7)),
        ("'Summary'", delete_cell(13)),
        ("too early", lambda raw: raw["cells"].insert(4, raw["cells"].pop(6))),
    ],
    rules.exercises_have_hints_and_solutions: [
        ("1 exercises", set_in_cell(8, source="x = 1")),
        ("no folded hint", replace_in_cell(10, "Hint", "Words")),
        ("no folded solution", replace_in_cell(12, "Solution", "Words")),
        ("no folded solution", replace_in_cell(10, "<details><summary><b>", "<div><b>")),
        ("before its hints", set_in_cell(10, source=HINTS.replace("Hint 1", "Solution") + HINTS)),
    ],
    rules.every_cell_has_a_slide_type: [
        ("slide_type None", set_in_cell(3, metadata={})),
        ("'big'", set_in_cell(3, metadata={"slideshow": {"slide_type": "big"}})),
    ],
}


@pytest.mark.parametrize("rule", rules.RULES, ids=lambda rule: rule.__name__)
def test_the_good_notebook_keeps_the_rule(good, rule):
    assert list(rule(good)) == []


@pytest.mark.parametrize(
    "rule, word, change", [(rule, *how) for rule, breaks in BREAKS.items() for how in breaks]
)
def test_the_rule_notices(good, rule, word, change):
    complaints = list(rule(changed(good, change)))
    assert any(word in complaint for complaint in complaints), complaints


def test_a_large_file_is_noticed(good):
    good.size = 3_000_001
    assert "3.0 MB" in list(rules.file_is_small(good))[0]


def test_every_rule_is_broken_above():
    assert {*BREAKS, rules.file_is_small} == set(rules.RULES)


def test_different_setup_cells_are_noticed(good):
    other = changed(good, set_in_cell(1, source="import nnhelpers"))
    other.stem = "02_backpropagation"
    assert list(rules.setup_cells_differ([good, good])) == []
    assert "02_backpropagation" in list(rules.setup_cells_differ([good, other]))[0]


# --- What must not be complained about -----------------------------------------------------------


def test_a_first_notebook_needs_no_recap_and_no_checkpoint(good):
    raw = copy.deepcopy(good.raw)
    raw["cells"] = [raw["cells"][i] for i in (0, 6, 7, 13)]
    first = rules.Notebook("00_start_here", raw, good.folder)
    assert list(rules.has_all_parts_in_order(first)) == []


def test_a_skipped_cell_needs_no_execution_count(good):
    def skip(raw):
        cell = raw["cells"][11]  # the last code cell
        cell["execution_count"] = None
        cell["metadata"]["tags"] = ["skip-execution"]

    assert list(rules.ran_top_to_bottom(changed(good, skip))) == []


@pytest.mark.parametrize(
    "text",
    [
        "$W:\\mathbb{R}$ and/or home/work, https://example.org/home/x",
        "$$\nJ = f[a](b)\n$$",
        "```\n[x](nowhere.md)\n# no heading\n![](x.png)\n```",
        "[a](https://example.org/a) [b](mailto:a@example.org) [c](../img/net.png 'A title')",
        '<img alt="A network" src="../img/net.png">',
        "[d](<02_backpropagation.ipynb#Recap-of-that>)",
    ],
)
def test_harmless_text_is_left_alone(good, text):
    harmless = changed(good, add_text(2, text))
    assert [complaint for rule in rules.RULES for complaint in rule(harmless)] == []


def test_a_picture_is_not_searched_for_paths(good):
    output = picture(**{"image/png": {"alt": "noise"}})
    output["data"]["image/png"] = "AAAA+/tmp/+0x7f12ab34cd56"
    noisy = changed(good, set_output(5, output))
    assert list(rules.names_no_machine_path(noisy)) == []
    assert list(rules.prints_no_memory_address(noisy)) == []


def test_headings_in_code_are_no_headings():
    cell = rules.Cell(1, markdown("```\n# a comment\n```\n## A *real* `one` #"))
    assert rules.headings(cell) == [(2, "A *real* `one`")]
    assert rules.anchor("A *real* `one`") == "A-real-one"
