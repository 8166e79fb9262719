"""The decks of slides as the projector shows them: opened from the disk, in a real Chromium."""

import nbformat
import pytest
from test_slides import cell, notebook_of, picture, printed

from tools import slides

# The skip stands here and not only in a fixture, so that it names what is missing for each test.
MISSING = slides.wrong_packages()
pytestmark = pytest.mark.skipif(
    bool(MISSING), reason=f"needs {', '.join(MISSING)}: python lab.py install slides"
)
NAMES = [path.stem for path in slides.select([])]
SIZES = [(1280, 720), (1920, 1080)]

# What every slide shows, all steps done: whatever sticks out of it or hides its footer, and text
# in which TeX is left. Folded parts, notes and the invisible MathML for screen readers do not count.
# All slides are laid out at once, one above the other: going through them takes ten times as long.
LOOK = r"""() => {
const all = document.createElement('style');
all.textContent = '.reveal .slides section { display: block !important; }';
document.head.append(all);
const looks = [...document.querySelectorAll('section.page')].map((page) => {
  const frame = page.getBoundingClientRect();
  const scale = frame.width / 1280;
  const shown = [...page.querySelectorAll('.body, .body :not(svg *)')].filter(
    (e) => !e.closest('aside, mjx-assistive-mml, details > :not(summary)'));
  const outside = shown.filter((e) => {
    const box = e.getBoundingClientRect();
    return box.width > 0 && box.height > 0 && (box.left < frame.left - 1 || box.top < frame.top - 1 ||
      box.right > frame.right + 1 || box.bottom > frame.bottom - 36 * scale);
  });
  const smallest = (e) => e.matches('pre') ? 12 : e.matches('.display mjx-container') ? 19 :
    e.closest('.html') || e.matches('p:has(.display)') ? 0 : e.matches('td, th') ? 18 :
    e.matches('p, li, h1, h2, h3, h4') ? 28 : 0;
  if (page.scrollWidth > page.clientWidth + 1 || page.scrollHeight > page.clientHeight + 1) {
    outside.push(page);
  }
  const clone = page.querySelector('.body').cloneNode(true);
  clone.querySelectorAll('aside, pre, code, mjx-container').forEach((e) => e.remove());
  return {
    id: page.id,
    blank: page.querySelector('.body').getBoundingClientRect().height < 10,
    outside: outside.map((e) => `${e.tagName} ${e.textContent.trim().slice(0, 40)}`).slice(0, 3),
    problems: [...page.querySelectorAll('[data-problem]')].map((e) => e.dataset.problem),
    tex: (clone.textContent.match(/\$\$|\\begin|\\\w+\{|\$[^$\n]+\$/) || [''])[0],
    errors: page.querySelectorAll('.body [data-mml-node=merror]').length,
    small: shown.filter((e) => parseFloat(getComputedStyle(e).fontSize) < smallest(e))
      .map((e) => `${e.tagName} ${e.textContent.slice(0, 40)}`),
    equations: [...page.querySelectorAll('.body .display mjx-container')].length,
    rows: [...page.querySelectorAll('.body .display.rows')].map(
      (e) => e.querySelectorAll('g.fragment').length),
  };
});
all.remove();
return looks;
}"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """The decks of all notebooks."""
    folder = tmp_path_factory.mktemp("slides")
    list(slides.write_decks(slides.select([]), folder))
    return folder


class Deck:
    """A deck on a page, and what the page asked for and complained about."""

    def __init__(self, context):
        self.page = context.new_page()
        self.requests, self.complaints = [], []
        self.page.on("request", lambda request: self.requests.append(request.url))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("console", self.note_message)

    def note_message(self, message):
        if message.type in ("error", "warning"):
            self.complaints.append(message.text)

    def open(self, path, query=""):
        self.page.goto(path.as_uri() + query)
        self.page.wait_for_selector("body[data-ready]", timeout=120_000)
        return self

    def is_visible(self, selector):
        """Which of these elements can be seen now, on the slide that is shown."""
        return self.page.evaluate(
            "s => [...document.querySelectorAll(`section.page.present ${s}`)].map("
            "(e) => getComputedStyle(e).visibility === 'visible')",
            selector,
        )


@pytest.fixture
def deck(chromium):
    context = chromium.new_context(viewport={"width": 1280, "height": 720})
    yield Deck(context)
    context.close()


def complaints_about(looks):
    """What is wrong with the slides, as a list of sentences."""
    found = []
    for look in looks:
        for key in ("outside", "problems", "tex", "errors", "small", "blank"):
            if look[key]:
                found.append(f"{look['id']}: {key}: {look[key]}")
    return found


@pytest.mark.parametrize("name", NAMES)
def test_nothing_is_cut_off_or_asked_of_the_network(deck, folder, name):
    deck.open(folder / f"{name}.html")
    for width, height in SIZES:
        deck.page.set_viewport_size({"width": width, "height": height})
        looks = deck.page.evaluate(LOOK)
        assert len(looks) >= 10
        assert complaints_about(looks) == []
    few = {"00_start_here": 1, "playground": 0}
    assert sum(look["equations"] for look in looks) >= few.get(name, 3)
    assert all(count >= 1 for look in looks for count in look["rows"])
    asked = [url for url in deck.requests if not url.startswith(("file:", "data:", "blob:"))]
    assert asked == []
    assert deck.complaints == []


# --- The check itself, and what no notebook happens to hold --------------------------------------

TALL = "\n\n".join(
    f"Paragraph {i}, " + "long enough for two lines of a slide, " * 4 for i in range(9)
)
CODE = "\n".join(f"value_{i:02} = compute(number={i}, of='{'x' * 62}')" for i in range(25))
DERIVATION = r"""
$$\begin{aligned}
J &= \tfrac12\,\lVert a - y\rVert^2 \\
  &= \tfrac12\,(a - y)^\top(a - y) \\
  &= \begin{pmatrix} 1 \\ 2 \end{pmatrix}
\end{aligned}$$

So *that* is $J$.
"""
CHAIN = r"""
Both sides. **Which is larger?**

Neither.

$$a = f(b = c) = d^2 \approx e \qquad\text{so}\qquad \boxed{g = h}, \qquad \underset{(N,)}{a}$$
"""


def planted(folder, terms=20):
    """A deck of all that is hard to show; with more terms an equation is too wide for it."""
    live = picture("[interactive figure: rate] Curves")
    cells = [
        cell(
            f"# 99 · Planted\n\n<details><summary>Hint</summary>\n\n{TALL}\n\n</details>", "slide"
        ),
        cell("## Rows\n" + DERIVATION, "slide"),
        cell("Say $x$ aloud.", "notes"),
        cell("print(2 + 2)", "fragment", outputs=printed("four")),
        cell("## Tall\n\n" + TALL, "slide"),
        cell("What everybody **gets wrong**.", "notes"),
        cell("## Code", "slide"),
        cell(CODE, "fragment", outputs=printed("\n".join("w" * 100 for _ in range(70)))),
        cell("x", "fragment", outputs=printed("wide " * 60)),
        cell("## Wide\n\n$$" + " + ".join(f"a_{{{i}}}" for i in range(terms)) + "$$", "slide"),
        cell("- item " + "\n- item ".join("abc" for _ in range(40)), "fragment"),
        cell("| a | b |\n| --- | --- |\n" + "| one | two |\n" * 30, "fragment"),
        cell("pass", "subslide", ["hide-input"], []),
        cell("It shows nothing.", "notes"),
        cell("## Live", "slide"),
        cell("panel", "fragment", outputs=live),
        cell("## Chain\n" + CHAIN, "slide"),
        cell("| a |\n| --- |\n| one |", "fragment"),
    ]
    path = folder / "99_planted.ipynb"
    nbformat.write(notebook_of(*cells), path)
    (target,) = slides.write_decks([path], folder)
    return target


@pytest.fixture
def hard(deck, folder):
    return deck.open(planted(folder))


def go_to(deck, heading):
    """Show the first slide under a heading, no step done."""
    deck.page.evaluate(
        "text => { const found = [...document.querySelectorAll('h2')].find((e) => e.textContent === text);"
        " const { h, v } = Reveal.getIndices(found.closest('section.page')); Reveal.slide(h, v, -1); }",
        heading,
    )


def test_all_that_is_hard_to_show_fits(hard):
    looks = hard.page.evaluate(LOOK)
    assert complaints_about(looks) == []
    assert hard.complaints == []
    ids = [look["id"] for look in looks]
    assert len(ids) == len(set(ids))
    assert "cell-4:2" in ids, "what is too tall continues"
    assert "cell-12" not in ids, "a slide that shows nothing is left out; its notes are not"
    notes = hard.page.locator("aside.notes", has_text="It shows nothing.")
    assert notes.locator("xpath=ancestor::section[1]").get_attribute("id").startswith("cell-9:")
    body = hard.page.evaluate(
        "() => [...document.querySelectorAll('.body')].map((e) => e.textContent).join(' ')"
    )
    assert [body.count(f"Paragraph {i},") for i in range(9)] == [2] * 9  # once in the fold
    assert body.count("w" * 100) == 70
    assert body.count("item abc") == 40
    assert body.count("one") == 31
    assert body.count("value_24") == 1
    footers = hard.page.locator(".footer .where").all_text_contents()
    assert footers[0] == "99 · Planted"
    assert footers[ids.index("cell-4:2")] == "99 · Planted  ›  Tall"


def test_the_check_notices_what_is_cut_off_or_too_small(hard):
    style = hard.page.add_style_tag(content="/* the looks below */")
    for look, found in [
        ("font-size: 60px", "outside"),
        ("font-size: 20px", "small"),
        ("white-space: nowrap", "outside"),
    ]:
        style.evaluate("(e, look) => { e.textContent = `.body p { ${look} }` }", look)
        assert any(found in line for line in complaints_about(hard.page.evaluate(LOOK)))
    style.evaluate("e => e.remove()")
    hard.page.evaluate("() => { document.querySelector('h2').parentElement.append('$$x$$'); }")
    assert any("tex" in line for line in complaints_about(hard.page.evaluate(LOOK)))


def test_an_equation_that_would_be_too_small_is_named(deck, folder):
    deck.open(planted(folder, terms=40))
    found = complaints_about(deck.page.evaluate(LOOK))
    assert "cell-9: problems: ['cell-9: is too wide']" in found
    assert not any("outside" in line for line in found)


def test_rows_code_and_outputs_appear_one_by_one(hard):
    go_to(hard, "Rows")
    row = ".display.rows g[data-mml-node=mtr].fragment"
    seen = []
    for _ in range(6):
        rows, after = hard.is_visible(row), hard.is_visible("p.unit:not(:has(.display))")
        seen.append((rows, after, hard.is_visible("pre.code"), hard.is_visible("pre.printed")))
        hard.page.keyboard.press("ArrowRight")
        hard.page.wait_for_timeout(300)
    no, yes = [False], [True]
    assert seen == [
        ([False, False], no, no, no),
        ([True, False], no, no, no),
        ([True, True], no, no, no),  # the rows of the matrix inside are no steps
        ([True, True], yes, no, no),
        ([True, True], yes, yes, no),
        ([True, True], yes, yes, yes),
    ]


def test_a_chain_appears_link_by_link_and_a_question_waits(hard):
    go_to(hard, "Chain")
    seen = []
    for _ in range(7):
        parts = hard.page.evaluate("""() => [...document.querySelectorAll(
            'section.page.present .display g[data-mml-node=math] > *')].filter(
            (e) => getComputedStyle(e).visibility === 'visible').length""")
        paragraphs = hard.is_visible("p.unit:not(:has(.display))")
        seen.append((sum(paragraphs), parts, hard.is_visible("table")[0]))
        hard.page.keyboard.press("ArrowRight")
        hard.page.wait_for_timeout(300)
    text, parts, table = zip(*seen)
    assert text == (1, 2, 2, 2, 2, 2, 2), "the answer only after the question"
    assert parts[:2] == (0, 0), "the equation only after what leads to it"
    assert len(set(parts[2:6])) == 4, "a = f(b = c), = d², ≈ e, so g = h with the shape"
    assert parts[5] == parts[6] == max(parts)
    assert table == (False,) * 6 + (True,)


def test_a_page_without_notes_has_those_on_its_section(deck, folder):
    deck.open(folder / "02_backpropagation.html")
    missing = deck.page.evaluate("""() => {
        let known = false, missing = [];
        for (const page of document.querySelectorAll('section.page')) {
          const has = page.querySelector('aside.notes') !== null;
          if (page.querySelector('.body > :is(h1, h2, h3)')) known = page.querySelector('aside.of-section');
          else if (known && !has) missing.push(page.id);
        }
        return missing; }""")
    assert missing == []
    assert deck.page.locator("aside.of-section").count() > 40


def test_the_overview_shows_all_steps(hard):
    go_to(hard, "Rows")
    hard.page.keyboard.press("o")
    hard.page.wait_for_function("() => Reveal.isOverview()")
    hard.page.wait_for_timeout(500)
    assert all(hard.is_visible(".fragment"))


def test_rows_stay_aligned(hard):
    go_to(hard, "Rows")
    left = hard.page.evaluate(
        "() => { const rows = [...document.querySelectorAll('section.page.present .display.rows"
        " [data-mml-node=mtable]')][0].children;"
        " return [...rows].slice(0, 3).map((r) => r.children[1].querySelector('[data-mml-node=mo]')"
        ".getBoundingClientRect().left) }"
    )
    assert max(left) - min(left) < 1, "all equal signs stand below each other"


def test_an_opened_hint_covers_the_slide_and_scrolls(hard):
    hard.page.locator("section.page.present summary").click()
    box = hard.page.locator("section.page.present details").bounding_box()
    assert box["x"] >= 0 and box["y"] >= 0 and box["y"] + box["height"] <= 720
    assert hard.page.evaluate(
        "() => { const e = document.querySelector('section.page.present details');"
        " e.scrollTop = 1e6; const last = e.lastElementChild.getBoundingClientRect();"
        " return last.bottom <= e.getBoundingClientRect().bottom }"
    )
    hard.page.keyboard.press("ArrowRight")
    assert hard.page.locator("details[open]").count() == 0


def test_notes_reach_the_speaker(hard):
    go_to(hard, "Rows")
    with hard.page.expect_popup() as popup:
        hard.page.keyboard.press("s")
    speaker = popup.value
    speaker.wait_for_function(
        "() => document.querySelector('.speaker-controls-notes .value')?.textContent.includes('aloud')"
    )
    assert speaker.locator(".speaker-controls-notes .value svg").count() == 1, "with its maths set"
    notes = "section.page.present aside.notes"
    go_to(hard, "Tall")
    assert hard.page.evaluate("s => document.querySelectorAll(s).length", notes) == 0
    hard.page.keyboard.press("ArrowRight")
    text = hard.page.evaluate("s => document.querySelector(s).textContent", notes)
    assert "gets wrong" in text, "a note belongs to the page on which it was written"


def test_key_l_opens_the_live_figure(hard):
    go_to(hard, "Live")
    expected = slides.JUPYTERLAB + "notebooks/99_planted.ipynb#cell-id=cell-15"
    assert hard.page.locator("section.page.present a.live").get_attribute("href") == expected
    hard.page.evaluate("() => { window.open = (...args) => { window.opened = args; } }")
    hard.page.keyboard.press("l")
    assert hard.page.evaluate("() => window.opened") == [expected, "jupyterlab"]
    go_to(hard, "Rows")
    hard.page.keyboard.press("l")
    assert hard.page.evaluate("() => window.opened[0]").endswith("#cell-id=cell-1")
    assert hard.page.locator("section.page.present a.live").count() == 0


def test_every_slide_prints(hard, folder):
    count = hard.page.evaluate("() => Reveal.getTotalSlides()")
    hard.open(folder / "99_planted.html", "?print-pdf")
    hard.page.wait_for_selector(".pdf-page")
    assert hard.page.locator(".pdf-page").count() == count
    assert hard.complaints == []
