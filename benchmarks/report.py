"""What was measured, as Markdown and as a picture. ``results`` is what ``results.json`` holds."""

import statistics
import textwrap

from nnhelpers.figures import COLORS, Picture, new_figure

NAMES = {
    "ours": "nnhelpers",
    "torch": "PyTorch",
    "torch_fused": "PyTorch, fused optimizer",
    "torch_compile": "torch.compile",
    "jax": "JAX, jit",
    "jax_scan": "JAX, all steps in one scan",
    "sklearn": "scikit-learn",
    "textbook": "textbook NumPy",
    "floor": "the matrix products alone",
    "loop": "a loop over the parameters",
    "python": "Python alone",
    "torch_cuda": "PyTorch",
    "torch_graph": "PyTorch, CUDA graph",
    "cupy": "nnhelpers on CuPy",
    "cupy_tf32": "nnhelpers on CuPy, products in TF32",
    "cublas": "the matrix products alone, cuBLAS",
}


def seconds(rounds):
    """Return the times by the clock of one side's rounds."""
    return [turn["seconds"] for turn in rounds]


def ratios(work):
    """Return, for each side, how many times as fast as the first it was: the median of rounds."""
    first = seconds(next(iter(work["sides"].values())))
    return {
        side: statistics.median(a / b for a, b in zip(first, seconds(rounds), strict=True))
        for side, rounds in work["sides"].items()
    }


def duration(value):
    """Return seconds as people say them: 1.23 s, 45.6 ms."""
    return f"{value:.3g} s" if value >= 0.1 else f"{1e3 * value:.3g} ms"


def details(work):
    """Return one work's results as a Markdown table, with what is missing and why."""
    lines = [
        f"### {work['title']}", "",
        "| | median | min–max | as fast as the first |", "| --- | --- | --- | --- |",
    ]  # fmt: skip
    for side, ratio in ratios(work).items():
        times = seconds(work["sides"][side])
        lines.append(
            f"| {NAMES[side]} | {duration(statistics.median(times))} | "
            f"{duration(min(times))} – {duration(max(times))} | {ratio:.2f}× |"
        )
    lines.append("")
    if work["title"].startswith("From the start"):
        lines += [accuracies(work), ""]
    lines += [f"Left out: {NAMES[side]} ({why}).\n" for side, why in work["missing"].items()]
    return "\n".join(lines)


def accuracies(work):
    """Return what test accuracy the sides ended with, as a sentence."""
    parts = []
    for side, rounds in work["sides"].items():
        found = [turn["result"] for turn in rounds]
        parts.append(f"{NAMES[side]} {statistics.mean(found):.2%} (lowest {min(found):.2%})")
    return f"Test accuracy, mean over {len(found)} seeds: " + ", ".join(parts) + "."


def overview(works):
    """Return the table of all works and sides: the median time, and the ratio to the first side."""
    present = {side for work in works.values() for side in work["sides"]}
    sides = [side for side in NAMES if side in present]
    lines = [
        "| | " + " | ".join(NAMES[side] for side in sides) + " |", "| --- " * (len(sides) + 1) + "|"
    ]  # fmt: skip
    for work in works.values():
        faster, row = ratios(work), [work["title"]]
        for side in sides:
            rounds = work["sides"].get(side)
            cell = "–"
            if rounds:
                cell = f"{duration(statistics.median(seconds(rounds)))} · {faster[side]:.2f}×"
            row.append(f"**{cell}**" if rounds and side in ("ours", "cupy") else cell)
        lines.append("| " + " | ".join(row) + " |")
    return "\n".join(lines) + "\n"


def compared(results):
    """Return the works in which PyTorch, which all are compared with, takes part."""
    return {
        name: work for name, work in results["works"].items()
        if {"torch", "torch_cuda"} & set(work["sides"])
    }  # fmt: skip


def text(results):
    """Return the whole report as Markdown."""
    about = results["machine"]
    where = f"{about['processor']} ({about['cores']} cores), {about['system']}, {about['blas']}"
    if "gpu" in about:
        where = f"{about['gpu']}, host {where}"
    versions = ", ".join(f"{name} {version}" for name, version in about["versions"].items())
    before, after = (("?" if value is None else value) for value in results["load"])
    parts = [
        "# Measured\n",
        f"With `make bench{' ARGS=--gpu' if 'gpu' in about else ''}` on {where}, {versions}. Each "
        "side in its own process, taking turns; all in float32 but the textbook's float64; all "
        "compute the costs as well as the gradients. Medians over the rounds; a ratio is taken in "
        "each round, and above 1 is faster than PyTorch (eager). Load of the machine before and "
        f"after: {before} and {after} (1 is one busy core; the measurement itself adds its "
        "threads).\n",
    ]
    if compare := compared(results):
        parts.append(overview(compare))
    parts += [details(work) for work in results["works"].values()]
    return "\n".join(parts)


def picture(results):
    """Return the figure: a panel for each work, a bar for each side, with its value."""
    works = list(compared(results).values())
    rows = -(-len(works) // 2)
    figure, axes = new_figure(rows, 2, size=(11, 2.6 * rows), squeeze=False)
    for ax in axes.flat[len(works) :]:
        ax.set_axis_off()
    for ax, work in zip(axes.flat, works):
        faster = ratios(work)
        sides = sorted(faster, key=faster.get)
        for place, side in enumerate(sides):
            style = {"color": "#C8C8C8"}
            if side in ("ours", "cupy"):
                style = {"color": COLORS[0]}
            elif side in ("floor", "cublas"):
                style = {"color": "white", "hatch": "////", "edgecolor": "#808080"}
            ax.barh(place, faster[side], height=0.72, **style)
            middle = statistics.median(seconds(work["sides"][side]))
            ax.text(faster[side], place, f" {faster[side]:.2f}×  {duration(middle)}",
                    va="center", fontsize=9)  # fmt: skip
        ax.axvline(1, color="black", lw=0.8, ls=":")
        ax.set_yticks(range(len(sides)), [NAMES[side] for side in sides], fontsize=9)
        ax.set(xlim=(0, 1.35 * max(faster.values())))
        ax.set_title(textwrap.fill(work["title"], 48), fontsize=10, loc="left")
        ax.grid(axis="y", visible=False)
    figure.supxlabel("times as fast as PyTorch (dotted line); longer is faster", fontsize=10)
    return Picture(
        figure,
        "One panel for each work, one bar for each library: how many times as fast as PyTorch it "
        "was, with the seconds. The course's package is the dark bar; the hatched one is the "
        "matrix products alone.",
    )
