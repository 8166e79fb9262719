"""``python -m benchmarks.widgets``: how fast widgets follow a hand, in a real JupyterLab.

Starts JupyterLab, opens the playground with a network 2-16-16-1 and 500 points in Chromium, presses
keys and buttons as a person does, and measures in the page

- from a slider's movement to the new picture, in milliseconds;
- what 100 quick movements leave behind;
- training steps a second while the page watches, the kernel on one core;
- from a click on Pause to "paused".

Then it opens "draw a digit" with a network 784-128-10, moves the pen, and measures from each of its
movements to the new probabilities, map and activations.

Writes ``benchmarks/results/widgets.json`` and ``widgets.md``. Needs what ``tests/browser`` needs.
"""

import argparse
import json
import os
import statistics
import sys
import tempfile
from pathlib import Path

from benchmarks.__main__ import RESULTS, ROOT, load, machine

sys.path.insert(0, str(ROOT / "tests" / "browser"))

from conftest import CHROMIUM, FLAGS, Lab, running_lab  # noqa: E402  (the browser tests' driver)
from test_in_jupyterlab import put_notebook  # noqa: E402

CELLS = [
    "import os, time, nnhelpers as nn",
    'if hasattr(os, "sched_setaffinity"):\n'
    "    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})",
    'play = nn.widgets.playground(set="spirals", n=500, test=0.0, hidden="16, 16")\nplay',
]
PAD = ["import nnhelpers as nn\npad = nn.widgets.draw_digit(nn.mlp([784, 128, 10]))\npad"]
SLIDERS = {"scale": "initial scale: another network", "noise": "noise: other points"}
GOAL = {"median_ms": 100, "p95_ms": 200, "steps_per_second": 2000, "pause_ms": 200}

# The clock starts with the browser's own time of the input, and stops in the frame after that in
# which all these canvases were drawn: what was drawn is on the screen by then.
WATCH = """([where, event, first, last]) => {
    const root = document.querySelector(where);
    const canvases = [...root.querySelectorAll("canvas")].slice(first, last);
    window.measured = [];
    let began = null, drawn = new Set();
    root.addEventListener(event, event => { began = event.timeStamp; drawn = new Set(); }, true);
    new MutationObserver(records => {
        if (began === null) return;
        for (const record of records) drawn.add(record.target);
        if (!canvases.every(canvas => drawn.has(canvas))) return;
        const start = began;
        began = null;
        requestAnimationFrame(() => window.measured.push(performance.now() - start));
    }).observe(root, {subtree: true, attributeFilter: ["data-drawn"]});
}"""
DRAG = """async slider => {
    const root = slider.closest(".nn-playground"), map = root.querySelectorAll("canvas")[1];
    const before = Number(map.dataset.drawn);
    for (let i = 0; i < 100; i += 1) {
        slider.value = i % (Number(slider.max) + 1);
        slider.dispatchEvent(new Event("input", {bubbles: true}));
        await new Promise(go => setTimeout(go, 5));
    }
    const ended = performance.now();
    let last = ended;
    const watch = new MutationObserver(() => { last = performance.now(); });
    watch.observe(map, {attributeFilter: ["data-drawn"]});
    await new Promise(go => setTimeout(go, 2000));
    watch.disconnect();
    return {after_ms: last - ended, pictures: Number(map.dataset.drawn) - before,
            value: Number(slider.closest(".nn-slider").querySelector(".nn-number").value)};
}"""
PAUSE = """button => new Promise(done => {
    const root = button.closest(".nn-playground"), began = performance.now();
    new MutationObserver((records, watch) => {
        if (root.dataset.state !== "paused") return;
        watch.disconnect();
        done(performance.now() - began);
    }).observe(root, {attributeFilter: ["data-state"]});
    button.click();
})"""


def latencies(page, name, presses):
    """Press arrow keys on a slider, one after the other's picture; return milliseconds."""
    slider = page.locator(f'.nn-playground [data-control="{name}"] input[type=range]')
    slider.focus()
    page.evaluate("() => { window.measured = []; }")
    for i in range(presses):
        page.keyboard.press("ArrowRight" if i % 2 else "ArrowLeft")
        page.wait_for_function("i => window.measured.length > i", arg=i, timeout=10_000)
        page.wait_for_timeout(20)
    return page.evaluate("() => window.measured")


def quick_drags(jupyter):
    """Move a slider 100 times in half a second; return what the page and the kernel end with."""
    slider = jupyter.page.locator('.nn-playground [data-control="noise"] input[type=range]')
    result = slider.evaluate(DRAG)
    result["kernel_value"] = float(jupyter.ask("print(play.values['noise'])"))
    return result


def training(jupyter, seconds):
    """Train and watch; return steps a second, by the clock and by the kernel's processor time."""
    page = jupyter.page
    look = "print(time.perf_counter(), time.process_time(), play.trainer.step_count)"
    page.locator('.nn-playground [data-control="train"] button').click()
    page.wait_for_timeout(1500)
    drawn = "() => Number(document.querySelectorAll('.nn-playground canvas')[1].dataset.drawn)"
    pictures = page.evaluate(drawn)
    first = [float(word) for word in jupyter.ask(look).split()]
    page.wait_for_timeout(1000 * seconds)
    last = [float(word) for word in jupyter.ask(look).split()]
    pictures = page.evaluate(drawn) - pictures
    clock, processor, steps = (b - a for a, b in zip(first, last, strict=True))
    if page.locator(".nn-playground").get_attribute("data-state") != "running":
        raise RuntimeError(
            f"expected training to go on for {seconds} s, but it came to its end after "
            f"{last[2]:,.0f} steps: try fewer --seconds"
        )
    pause = page.locator('.nn-playground [data-control="pause"] button').evaluate(PAUSE)
    return {
        "steps_per_second": steps / clock, "steps_per_processor_second": steps / processor,
        "pictures_per_second": pictures / clock, "pause_ms": pause,
    }  # fmt: skip


def pen(jupyter, moves):
    """Draw on the paper of "draw a digit"; return milliseconds from each movement to its answer."""
    put_notebook(jupyter, "pad.ipynb", PAD)
    jupyter.open("pad.ipynb")
    jupyter.run_all()
    page = jupyter.page
    page.locator(".nn-draw[data-answers]").wait_for()
    page.evaluate(WATCH, [".nn-draw", "pointermove", 1, 2])
    box = page.locator(".nn-paper").bounding_box()
    page.mouse.move(box["x"] + 60, box["y"] + 60)
    page.mouse.down()
    for i in range(10 + moves):
        page.mouse.move(box["x"] + 60 + 200 * i / (10 + moves), box["y"] + 60 + 20 * (i % 9))
        page.wait_for_function("i => window.measured.length > i", arg=i, timeout=10_000)
        page.wait_for_timeout(20)
    page.mouse.up()
    return page.evaluate("() => window.measured")[10:]


def measure(presses=100, seconds=4):
    """Return all figures: a dict of plain numbers."""
    from playwright.sync_api import sync_playwright

    # Networks of this size are slower on two BLAS threads than on one.
    os.environ["OPENBLAS_NUM_THREADS"] = os.environ["OMP_NUM_THREADS"] = "1"
    load_before = load()
    with tempfile.TemporaryDirectory() as folder, running_lab(Path(folder)) as (address, token), \
            sync_playwright() as playwright:  # fmt: skip
        browser = playwright.chromium.launch(executable_path=CHROMIUM, headless=True, args=FLAGS)
        page = browser.new_context(viewport={"width": 1400, "height": 1300}).new_page()
        jupyter = Lab(page, address, token)
        put_notebook(jupyter, "bench.ipynb", CELLS)
        jupyter.open("bench.ipynb")
        jupyter.run_all()
        page.locator(".nn-playground canvas[data-drawn]").first.wait_for()
        page.wait_for_timeout(1000)
        page.evaluate(WATCH, [".nn-playground", "input", 0, 2])
        found = {"latency_ms": {}}
        for name in SLIDERS:
            latencies(page, name, 10)  # warm
            found["latency_ms"][name] = [round(ms, 1) for ms in latencies(page, name, presses)]
        found["drags"] = quick_drags(jupyter)
        found["training"] = training(jupyter, seconds)
        found["pen_ms"] = [round(ms, 1) for ms in pen(jupyter, presses)]
        version = browser.version
        page.evaluate("() => window.jupyterapp.serviceManager.sessions.shutdownAll()")
        browser.close()
    found["load"] = [load_before, load()]
    found["machine"] = {**machine(), "chromium": version}
    return found


def as_text(found):
    """Return the figures as Markdown."""
    about = found["machine"]
    lines = [
        "# The playground and the drawing paper under a hand\n",
        f"With `python -m benchmarks.widgets` on {about['processor']} ({about['cores']} cores), "
        f"{about['system']}, Chromium {about['chromium']} without a screen; the kernel on one "
        f"core, BLAS on one thread. Load of the machine before and after: "
        f"{found['load'][0]} and {found['load'][1]} (1 is one busy core; the "
        "measurement itself adds about 2).\n",
        "| from a slider's movement to the new picture, 2-16-16-1, 500 points | median | 95% |",
        "| --- | --- | --- |",
    ]
    for name, times in found["latency_ms"].items():
        p95 = statistics.quantiles(times, n=20)[-1]
        lines.append(f"| {SLIDERS[name]} | {statistics.median(times):.0f} ms | {p95:.0f} ms |")
    lines.append(f"| goal | {GOAL['median_ms']} ms | {GOAL['p95_ms']} ms |\n")
    drags, train = found["drags"], found["training"]
    wins = "the last value wins" if drags["kernel_value"] == drags["value"] else "A VALUE WAS LOST"
    lines += [
        f"- 100 movements in half a second: {drags['pictures']} pictures, the last one "
        f"{drags['after_ms']:.0f} ms after the last movement; {wins}.",
        f"- Training while watched: {train['steps_per_second']:,.0f} steps a second by the clock, "
        f"{train['steps_per_processor_second']:,.0f} for a second of the kernel's processor time "
        f"(goal {GOAL['steps_per_second']:,}), with {train['pictures_per_second']:.0f} pictures a "
        "second.",
        f"- From a click on Pause to “paused”: {train['pause_ms']:.0f} ms (goal "
        f"{GOAL['pause_ms']} ms).",
        "- Draw a digit, 784-128-10, from the pen's movement to the new probabilities, map and "
        f"activations: median {statistics.median(found['pen_ms']):.0f} ms, 95% within "
        f"{statistics.quantiles(found['pen_ms'], n=20)[-1]:.0f} ms (goals as above).",
    ]
    return "\n".join(lines) + "\n"


def main(args=None):
    parser = argparse.ArgumentParser(prog="python -m benchmarks.widgets", description=__doc__)
    parser.add_argument(
        "--presses", type=int, default=100, help="of each slider, and movements of the pen"
    )
    parser.add_argument("--seconds", type=float, default=4, help="of training")
    options = parser.parse_args(args)
    if not CHROMIUM:
        parser.error("expected Chromium, found none: apt install chromium, or install Chrome")
    found = measure(options.presses, options.seconds)
    RESULTS.mkdir(exist_ok=True)
    text = json.dumps(found, indent=1) + "\n"
    (RESULTS / "widgets.json").write_text(text, encoding="utf-8")
    (RESULTS / "widgets.md").write_text(as_text(found), encoding="utf-8")
    print(as_text(found))
    return 0


if __name__ == "__main__":
    sys.exit(main())
