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
from live_page import View  # noqa: E402

PLAYGROUND = """import os, time, nnhelpers as nn
if hasattr(os, "sched_setaffinity"):
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
play = nn.widgets.playground(set="spirals", n=500, test=0.0, hidden="16, 16")
play"""
PAD = "import nnhelpers as nn\npad = nn.widgets.draw_digit(nn.mlp([784, 128, 10]))\npad"
SLIDERS = {"scale": "initial scale: another network", "noise": "noise: other points"}
GOAL = {"median_ms": 100, "p95_ms": 200, "steps_per_second": 2000, "pause_ms": 200}

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


def slider_latencies(play, name, presses):
    """Press arrow keys on a slider."""
    play.slider(name).focus()

    def press(i):
        play.press("ArrowRight" if i % 2 else "ArrowLeft")

    play.latencies(10, press)  # warm
    return play.latencies(presses, press)


def pen_latencies(pad, moves):
    """Draw on the paper of "draw a digit"."""
    box = pad.canvas(0).bounding_box()
    pad.page.mouse.move(box["x"] + 60, box["y"] + 60)
    pad.page.mouse.down()
    found = pad.latencies(10 + moves, lambda i: pad.page.mouse.move(
        box["x"] + 60 + 200 * i / (10 + moves), box["y"] + 60 + 20 * (i % 9)))  # fmt: skip
    pad.page.mouse.up()
    return found[10:]


def training(play, seconds):
    """Train and watch; return steps a second, by the clock and by the kernel's processor time."""

    def look():
        drawn = int(play.canvas(1).get_attribute("data-drawn"))
        clocks = "time.perf_counter(), time.process_time()"
        return *play.ask(f"[{clocks}, play.trainer.step_count]"), drawn

    play.click("Train")
    play.page.wait_for_timeout(1500)
    first = look()
    play.page.wait_for_timeout(1000 * seconds)
    last = look()
    clock, processor, steps, pictures = (b - a for a, b in zip(first, last, strict=True))
    if play.data("state") != "running":
        raise RuntimeError(
            f"expected training to go on for {seconds} s, but it came to its end after "
            f"{last[2]:,.0f} steps: try fewer --seconds"
        )
    return {
        "steps_per_second": steps / clock, "steps_per_processor_second": steps / processor,
        "pictures_per_second": pictures / clock,
        "pause_ms": play.control("pause").evaluate(PAUSE),
    }  # fmt: skip


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
        play = View(jupyter, ".nn-playground", [PLAYGROUND])
        page.wait_for_timeout(1000)
        play.watch("input", canvases=[0, 1])
        found = {"latency_ms": {name: slider_latencies(play, name, presses) for name in SLIDERS}}
        found["drags"] = play.slider("noise").evaluate(DRAG)
        found["drags"]["kernel_value"] = play.ask("play.values['noise']")
        found["training"] = training(play, seconds)
        pad = View(jupyter, ".nn-draw", [PAD], ready="answers")
        pad.watch("pointermove", canvases=[1])
        found["pen_ms"] = pen_latencies(pad, presses)
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
        f"{found['load'][0]:.1f} and {found['load'][1]:.1f} (1 is one busy core; the "
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
