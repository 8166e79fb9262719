"""Presenting from JupyterLab with jupyterlab-rise: the slides, and the sliders in them.

Needs the extra: ``python lab.py install present``.
"""

import importlib.util

import pytest

pytestmark = pytest.mark.skipif(
    importlib.util.find_spec("jupyterlab_rise") is None,
    reason="needs jupyterlab-rise: python lab.py install present",
)
NOTEBOOK = "notebooks/03_activations.ipynb"
SLIDE = "section.present section.present"
HANDLE = ".widget-vbox .noUi-handle"
POSITION = f"""() => {{
    const slide = document.querySelector('{SLIDE}');
    return slide.id + '/' + slide.querySelectorAll('.fragment.visible').length; }}"""


@pytest.fixture
def deck(jupyter):
    """The slides beside an executed copy of the notebook, opened by their key at the first slider.

    A copy, because they save the notebook, and the next test has another kernel.
    """
    response = jupyter.page.request.post(
        f"{jupyter.address}/api/contents/notebooks?token={jupyter.token}",
        data={"copy_from": NOTEBOOK},
    )
    assert response.ok, response.text()
    jupyter.open(response.json()["path"])
    jupyter.run_all()
    assert jupyter.errors() == []
    assert jupyter.complaints == [], "jupyterlab-rise does not disturb JupyterLab itself"
    jupyter.page.evaluate("""() => {
        const notebook = window.jupyterapp.shell.currentWidget.content;
        notebook.mode = 'command';
        notebook.activeCellIndex = notebook.widgets.findIndex(c => c.node.querySelector('.noUi-handle'));
        notebook.node.focus(); }""")
    jupyter.page.keyboard.press("Alt+r")
    jupyter.page.locator("iframe").wait_for()
    frame = jupyter.page.frame(url="**/rise/**")
    frame.locator(SLIDE).wait_for()
    frame.locator("body").focus()
    return frame


def reveal_next(jupyter, deck):
    before = deck.evaluate(POSITION)
    jupyter.page.keyboard.press("Space")
    deck.wait_for_function(f"before => ({POSITION})() !== before", arg=before)


def test_a_slider_on_a_slide_moves_there_and_in_the_notebook(jupyter, deck):
    handle = deck.locator(f"{SLIDE} {HANDLE}").first
    handle.wait_for(state="attached")
    for _ in range(10):
        if handle.is_visible():
            break
        reveal_next(jupyter, deck)
    assert handle.is_visible(), "the slide with the active cell is the first one shown"
    picture = deck.locator(f"{SLIDE} .widget-vbox img.widget-image").first
    assert picture.evaluate(
        "img => { const at = img.getBoundingClientRect(); return at.top >= 0 && at.bottom <= innerHeight; }"
    ), "the whole picture is in view, however long its code"
    before, position = picture.get_attribute("src"), deck.evaluate(POSITION)
    readout = deck.locator(f"{SLIDE} .widget-readout").first
    number = readout.inner_text()
    handle.focus()
    jupyter.page.keyboard.press("ArrowRight")
    deck.wait_for_function(
        "([img, before]) => img.src !== before && img.complete && img.naturalWidth > 0",
        arg=[picture.element_handle(), before],
    )
    assert readout.inner_text() != number
    assert deck.evaluate(POSITION) == position, "the arrow key is the slider's, not the slides'"
    in_notebook = jupyter.page.locator(".jp-NotebookPanel .widget-vbox .widget-readout").first
    assert in_notebook.inner_text() == readout.inner_text(), "both show one and the same kernel"
    reveal_next(jupyter, deck)  # from the slider on with the space bar


def test_a_cell_runs_on_its_slide(jupyter, deck):
    jupyter.page.keyboard.press("Home")
    deck.wait_for_function(f"() => ({POSITION})().startsWith('slide-0-0')")
    for _ in range(5):
        reveal_next(jupyter, deck)
        jupyter.page.wait_for_timeout(700)  # the deck selects a revealed code cell after 450 ms
        if deck.locator(f"{SLIDE} .jp-CodeCell.jp-mod-active").count():
            break
    cell = deck.locator(f"{SLIDE} .jp-CodeCell.jp-mod-active").first
    before = cell.locator(".jp-InputPrompt").inner_text()
    jupyter.page.keyboard.press("Shift+Enter")
    prompt = deck.locator(f"{SLIDE} .jp-CodeCell .jp-InputPrompt").first.element_handle()
    deck.wait_for_function(
        "([p, before]) => /\\d/.test(p.textContent) && p.textContent !== before",
        arg=[prompt, before],
    )


@pytest.mark.parametrize("width, height", [(1280, 720), (1920, 1080)])
def test_every_step_of_a_deck_is_seen_as_it_is_revealed(jupyter, width, height):
    page = jupyter.page
    page.set_viewport_size({"width": width, "height": height})
    page.goto(f"{jupyter.address}/rise/{NOTEBOOK}?token={jupyter.token}")
    page.locator(SLIDE).wait_for()
    page.wait_for_timeout(1000)
    page.keyboard.press("Home")
    seen, cut = [], []
    while not seen or page.evaluate(POSITION) != seen[-1]:
        seen.append(page.evaluate(POSITION))
        cut += page.evaluate(f"""() => {{
            const slide = document.querySelector('{SLIDE}');
            const step = [...slide.querySelectorAll('.fragment.visible')].at(-1) ?? slide;
            const at = step.getBoundingClientRect();
            const bad = [];
            if (slide.scrollWidth > slide.clientWidth) bad.push('too wide');
            if (at.top < -1 && at.bottom < innerHeight / 2) bad.push('scrolled past');
            if (at.bottom > innerHeight + 1 && at.top > innerHeight / 2) bad.push('below the edge');
            return bad.map(text => slide.id + ': ' + text); }}""")
        page.keyboard.press("Space")
        page.wait_for_timeout(30)
    assert len(seen) > 60, "the notebook's steps, one by one"
    assert cut == []
    size = page.evaluate(
        "() => parseFloat(getComputedStyle(document.querySelector('section.present p, section.present li')).fontSize)"
    )
    assert size >= height / 40, "18 of 720: to be read from the last row"
    assert [url for url in jupyter.outside if "rise" not in url] == []
