"""``python -m benchmarks``: run every work side by side and write ``benchmarks/results/``.

Each side runs in a process of its own; they take turns, A B A B, so that what else the machine does
hits all alike. Ratios are taken round by round, and their median is reported: on a shared machine a
ratio is worth more than a time. ``python -m benchmarks gradcheck`` measures one work again, and
leaves the others' results as they are.
"""

import argparse
import importlib.metadata
import json
import os
import platform
import subprocess
import sys
import time
from pathlib import Path

from benchmarks.works import ON_A_GPU, WORKS

ROOT = Path(__file__).resolve().parent.parent
RESULTS = ROOT / "benchmarks" / "results"
REST = 0.1  # seconds between two turns: the last one's threads, which wait for more, fall asleep
NUMPY_THREADS = ("OPENBLAS_NUM_THREADS", "VECLIB_MAXIMUM_THREADS")
OTHER_THREADS = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "NPROC")


class Skipped(Exception):
    """A side cannot do a work here; the message says why."""


class Side:
    """One side of one work, in a process of its own."""

    def __init__(self, name, side, **changes):
        work = {**WORKS, **ON_A_GPU}[name]
        self.process = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.process", name, side, json.dumps(changes)],
            cwd=ROOT, env=environment(side, work.threads or os.cpu_count()),
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        answer = self.process.stdout.readline().strip()
        if not answer:
            raise RuntimeError(f"{name}, {side}: did not start; see the error above")
        if answer != "ready":
            self.close()
            raise Skipped(answer)

    def time(self):
        """Do the work once; return a dict of seconds, processor seconds, and what came out."""
        self.process.stdin.write("go\n")
        self.process.stdin.flush()
        answer = self.process.stdout.readline()
        if not answer:
            raise RuntimeError("a side ended in the middle of its work; see the error above")
        return json.loads(answer)

    def close(self):
        self.process.stdin.close()
        self.process.wait()
        self.process.stdout.close()


def environment(side, threads):
    """Return the environment variables for a side: its backend, and how many threads it may use."""
    variables = dict(os.environ, NNHELPERS_BACKEND="cupy" if side.startswith("cupy") else "numpy")
    variables |= dict.fromkeys(OTHER_THREADS, str(threads))
    # PyTorch and JAX have threads of their own: NumPy, which only reads the data there, gets one.
    foreign = side.startswith(("torch", "jax"))
    variables |= dict.fromkeys(NUMPY_THREADS, "1" if foreign else str(threads))
    if side.startswith("jax") and threads == 1:
        variables["XLA_FLAGS"] = "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"
    return variables


def measure(name, sides, rounds):
    """Let the sides take turns; return {side: what each round gave}, {side: why it is missing}."""
    running, found, missing = {}, {}, {}
    try:
        for side in sides:
            try:
                running[side] = Side(name, side)
            except Skipped as why:
                missing[side] = str(why)
        for _ in range(rounds):
            for side, process in running.items():
                time.sleep(REST)
                found.setdefault(side, []).append(process.time())
    finally:
        for process in running.values():
            process.close()
    return found, missing


def machine():
    """Describe what the times were measured with."""
    import numpy as np

    from nnhelpers.studies.ladder import processor_name

    blas = np.show_config(mode="dicts")["Build Dependencies"]["blas"]
    versions = {"python": platform.python_version()}
    for name in ("numpy", "torch", "scikit-learn", "jax"):
        try:
            versions[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue
    return {
        "processor": processor_name(), "cores": os.cpu_count(), "system": platform.system(),
        "blas": f"{blas['name']} {blas['version']}", "versions": versions,
    }  # fmt: skip


def load():
    """Return how many processes wanted a core in the last minute; None where nobody counts."""
    return round(os.getloadavg()[0], 1) if hasattr(os, "getloadavg") else None


def gpu_name():
    """Return the name of the GPU that will be measured."""
    from benchmarks.gpu import cupy_or_skip

    return cupy_or_skip().cuda.runtime.getDeviceProperties(0)["name"].decode()


def write(results, name, picture):
    """Write ``results`` as JSON, as Markdown and as a picture; return the paths."""
    from benchmarks import report

    RESULTS.mkdir(exist_ok=True)
    paths = [RESULTS / f"{name}.json", RESULTS / f"{name}.md"]
    paths[0].write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")
    paths[1].write_text(report.text(results), encoding="utf-8")
    return [*paths, report.picture(results).save(picture)]


def main(args=None):
    from benchmarks import report

    parser = argparse.ArgumentParser(
        prog="python -m benchmarks", description=__doc__.split("\n")[0]
    )
    parser.add_argument("works", nargs="*", help=f"of {', '.join(WORKS)}; by default all")
    parser.add_argument("--rounds", type=int, help="rounds of each work, instead of its default")
    parser.add_argument("--gpu", action="store_true", help="measure on an NVIDIA GPU instead")
    parser.add_argument(
        "--redraw", action="store_true", help="only write table and picture anew from the JSON file"
    )
    options = parser.parse_args(args)
    works, name = (ON_A_GPU, "gpu") if options.gpu else (WORKS, "results")
    picture = "benchmarks_gpu" if options.gpu else "benchmarks"
    if unknown := set(options.works) - set(works):
        parser.error(f"unknown work {', '.join(sorted(unknown))}: expected of {', '.join(works)}")
    if options.rounds is not None and options.rounds < 1:
        parser.error(f"expected --rounds of at least 1, got {options.rounds}")
    if options.redraw:
        results = json.loads((RESULTS / f"{name}.json").read_text(encoding="utf-8"))
    else:
        results = {"machine": machine(), "load": [load()], "works": {}}
        if options.gpu:
            results["machine"]["gpu"] = gpu_name()
        for work in options.works or works:
            rounds = options.rounds or works[work].rounds
            found, missing = measure(work, works[work].sides, rounds)
            results["works"][work] = {
                "title": works[work].title, "threads": works[work].threads or os.cpu_count(),
                "sides": found, "missing": missing,
            }  # fmt: skip
            print(report.details(results["works"][work]), flush=True)
        results["load"].append(load())
    path = RESULTS / f"{name}.json"
    if options.works:  # each work is a comparison of its own: the others' results stay
        before = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
        if before.get("machine") != results["machine"] or set(before["works"]) != set(works):
            print("Nothing written: the other works have not been measured on this machine.")
            return 0
        results["works"] = {**before["works"], **results["works"]}
    for path in write(results, name, picture):
        print(f"Written: {path.relative_to(ROOT)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
