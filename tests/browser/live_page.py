"""A live widget on JupyterLab's page, as far as the tests use it."""

import json
import time

from test_in_jupyterlab import put_notebook

# The clock starts with the browser's own time of what the hand did (an `event`),
# and stops in the frame after that in which all of `canvases` were drawn: what was drawn is on the
# screen by then.
WATCH = """([root, event, canvases]) => {
    const all = document.querySelectorAll(`${root} canvas`);
    window.measured = [];
    let began = null, drawn = new Set();
    document.querySelector(root).addEventListener(
        event, happened => { began = happened.timeStamp; drawn = new Set(); }, true);
    new MutationObserver(records => {
        if (began === null) return;
        for (const record of records) drawn.add(record.target);
        if (!canvases.every(number => drawn.has(all[number]))) return;
        const start = began;
        began = null;
        requestAnimationFrame(() => window.measured.push(performance.now() - start));
    }).observe(document.querySelector(root), {subtree: true, attributeFilter: ["data-drawn"]});
}"""


class View:
    """The widget that the first of ``cells`` shows; ``root`` is its selector.

    Waits until ``ready`` is among the widget's data.
    """

    def __init__(self, jupyter, root, cells, ready="state"):
        self.jupyter, self.page, self.selector = jupyter, jupyter.page, root
        self.root = self.page.locator(root)
        put_notebook(jupyter, "live.ipynb", cells)
        jupyter.open("live.ipynb")
        jupyter.run_cell(0)
        self.wait(ready, "!== undefined")

    def data(self, name):
        return self.root.get_attribute(f"data-{name}")

    def wait(self, name, condition, seconds=30):
        """Wait until ``data-NAME`` meets a condition, such as "> 10" or "== 'paused'"."""
        self.page.wait_for_function(
            f"() => document.querySelector('{self.selector}')?.dataset.{name} {condition}",
            timeout=1000 * seconds,
        )

    def stays(self, name, milliseconds):
        """Return the value of ``data-NAME``, which is the same after a while."""
        before = self.data(name)
        self.page.wait_for_timeout(milliseconds)
        assert self.data(name) == before, f"{name} stands still"
        return before

    def control(self, name, inside="input, select, button"):
        return self.root.locator(f'[data-control="{name}"]').locator(inside).first

    def slider(self, name):
        return self.control(name, "input[type=range]")

    def box(self, name):
        return self.control(name, ".nn-number")

    def click(self, label):
        self.root.get_by_role("button", name=label, exact=True).click()

    def choose(self, name, label):
        self.control(name, "select").select_option(label=label)

    def enter(self, field, text):
        field.fill(text)
        self.page.keyboard.press("Enter")

    def press(self, *keys):
        for key in keys:
            self.page.keyboard.press(key)

    def drag(self, name, *parts):
        """Drag a slider by the mouse through these parts of its length; return the number shown."""
        place = self.slider(name).bounding_box()
        middle = place["y"] + place["height"] / 2
        for number, part in enumerate(parts):
            self.page.mouse.move(place["x"] + part * place["width"], middle, steps=5)
            if number == 0:
                self.page.mouse.down()
        self.page.mouse.up()
        return float(self.box(name).input_value())

    def drag_quickly(self, name, last):
        """Move a slider 100 times within half a second, at last to position ``last``."""
        self.slider(name).evaluate(
            """async (slider, last) => {
                for (let i = 100; i >= 0; i -= 1) {
                    slider.value = last + (i % 7);
                    slider.dispatchEvent(new Event("input", {bubbles: true}));
                    await new Promise(go => setTimeout(go, 3));
                }
            }""", last)  # fmt: skip
        self.page.wait_for_timeout(700)

    def canvas(self, number):
        return self.root.locator("canvas").nth(number)

    def label(self, number):
        """What a canvas says to those who cannot see it."""
        return self.canvas(number).get_attribute("aria-label")

    def said(self, text):
        """Wait for a sentence under the widget."""
        self.root.locator(".nn-message", has_text=text).wait_for()

    def active_cell(self):
        return self.page.evaluate(
            "() => window.jupyterapp.shell.currentWidget.content.activeCellIndex"
        )

    def ask(self, expression):
        """What Python says, asked in the kernel."""
        return json.loads(self.jupyter.ask(f"import json; print(json.dumps({expression}))"))

    def until(self, expression, value, seconds=20):
        """Wait until Python says ``value``."""
        deadline = time.monotonic() + seconds
        while (now := self.ask(expression)) != value:
            assert time.monotonic() < deadline, f"{expression} is {now!r}, not {value!r}"
            self.page.wait_for_timeout(50)

    def save_and_reload(self):
        self.page.on("dialog", lambda dialog: dialog.accept())
        assert self.page.evaluate(
            "() => { const context = window.jupyterapp.shell.currentWidget.context;"
            " return context.save().then(() => !context.model.dirty); }"
        )
        self.page.reload()
        self.jupyter.wait_for_idle("true")

    def watch(self, event, canvases):
        """Measure from each event of this kind until these canvases are drawn: ``latencies``."""
        self.page.evaluate(WATCH, [self.selector, event, canvases])

    def latencies(self, times, move):
        """Call ``move(i)``, each time after the last one's picture; return milliseconds."""
        self.page.evaluate("() => { window.measured = []; }")
        for i in range(times):
            move(i)
            self.page.wait_for_function("i => window.measured.length > i", arg=i, timeout=10_000)
            self.page.wait_for_timeout(20)
        return [round(ms, 1) for ms in self.page.evaluate("() => window.measured")]

    def assert_quiet(self):
        assert self.jupyter.complaints == [], "the browser's console holds no error"
        assert self.jupyter.outside == [], "nothing is asked of the internet"
