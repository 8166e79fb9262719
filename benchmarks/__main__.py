"""``python -m benchmarks``: run every work side by side and write ``benchmarks/results/``.

Each side runs in a process of its own; they take turns, A B A B, so that what else the machine does
hits all alike. Ratios are taken round by round, and their median is reported: on a shared machine a
ratio is worth more than a time.
"""

import argparse
import importlib.metadata
import importlib.util
import json
import os
import platform
import statistics
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
RESULTS = ROOT / "benchmarks" / "results"

# work: (what it is, its sides; times are compared with those of the first, rounds, goal in words)
WORKS = {
    "epoch": (
        "One epoch of 784-100-10, ReLU, batch 32, SGD, float32, one thread",
        ["torch", "ours", "sklearn", "products"],
        7,
    ),
    "gradcheck": (
        "Numerical gradient of all 23,860 parameters of 784-30-10, ten digits, float64, one thread",
        ["loop", "ours"],
        3,
    ),
    "load": ("Loading MNIST", ["ours"], 7),
    "import": ("import nnhelpers, in a new process", ["python", "ours"], 7),
}
NAMES = {
    "ours": "nnhelpers",
    "torch": "PyTorch, eager",
    "sklearn": "scikit-learn",
    "products": "the matrix products alone",
    "loop": "a loop over the parameters",
    "python": "Python alone",
}
NEEDS = {"torch": "torch", "sklearn": "sklearn"}


class Side:
    """One side of one work, in a process of its own."""

    def __init__(self, work, side):
        environment = dict(os.environ, NNHELPERS_BACKEND="numpy")
        for name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
            environment[name] = "1"
        self.process = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.works", work, side],
            cwd=ROOT, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        if self.process.stdout.readline().strip() != "ready":
            raise RuntimeError(f"{work}, {side}: did not start; see the error above")

    def time(self):
        """Do the work once; return seconds."""
        self.process.stdin.write("go\n")
        self.process.stdin.flush()
        return float(self.process.stdout.readline())

    def close(self):
        self.process.stdin.close()
        self.process.wait()


def measure(work, sides, rounds):
    """Return the times of each side: dict of lists, one entry a round."""
    running = {side: Side(work, side) for side in sides}
    times = {side: [] for side in sides}
    try:
        for _ in range(rounds):
            for side, process in running.items():
                times[side].append(process.time())
    finally:
        for process in running.values():
            process.close()
    return times


def machine():
    """Describe what the times were measured with."""
    import numpy as np

    processor = platform.processor() or platform.machine()
    if Path("/proc/cpuinfo").exists():
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
        models = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
        processor = models[0] if models else processor
    blas = np.show_config(mode="dicts")["Build Dependencies"]["blas"]
    versions = {"python": platform.python_version()}
    for name in ("numpy", "torch", "scikit-learn"):
        try:
            versions[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue
    return {
        "processor": processor, "cores": os.cpu_count(), "system": platform.system(),
        "blas": f"{blas['name']} {blas['version']}", "versions": versions,
    }  # fmt: skip


def table(title, times):
    """Return one work's results as a Markdown table."""
    base = next(iter(times))
    lines = [f"### {title}", "", "| | seconds, median (min–max) | faster than the first, median |",
             "| --- | --- | --- |"]  # fmt: skip
    for side, seconds in times.items():
        ratio = statistics.median(a / b for a, b in zip(times[base], seconds, strict=True))
        lines.append(
            f"| {NAMES[side]} | {statistics.median(seconds):.3f} "
            f"({min(seconds):.3f}–{max(seconds):.3f}) | {ratio:.2f}× |"
        )
    return "\n".join(lines) + "\n"


def main():
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks", description=__doc__.split("\n")[0]
    )
    parser.add_argument("works", nargs="*", help=f"of {', '.join(WORKS)}; by default all")
    parser.add_argument("--rounds", type=int, help="rounds of each work, instead of its default")
    arguments = parser.parse_args()
    if unknown := set(arguments.works) - set(WORKS):
        parser.error(f"unknown work {', '.join(unknown)}: expected of {', '.join(WORKS)}")
    about = machine()
    text = [
        "# Measured\n",
        f"With `make bench` on {about['processor']} ({about['cores']} cores), {about['system']}, "
        f"{about['blas']}, " + ", ".join(f"{k} {v}" for k, v in about["versions"].items()) + ". "
        "Each side in its own process, taking turns; medians over the rounds.\n",
    ]
    results = {"machine": about}
    for work in arguments.works or WORKS:
        title, sides, rounds = WORKS[work]
        for side in list(sides):
            if side in NEEDS and not importlib.util.find_spec(NEEDS[side]):
                print(f"({NAMES[side]} is not installed, and is left out)")
                sides = [other for other in sides if other != side]
        times = measure(work, sides, arguments.rounds or rounds)
        results[work] = times
        text.append(table(title, times))
        print(text[-1], flush=True)
    if not arguments.works:
        RESULTS.mkdir(exist_ok=True)
        (RESULTS / "results.md").write_text("\n".join(text), encoding="utf-8")
        (RESULTS / "results.json").write_text(
            json.dumps(results, indent=1) + "\n", encoding="utf-8"
        )
        print(f"Written to {RESULTS.relative_to(ROOT)}/results.md and results.json")


if __name__ == "__main__":
    main()
