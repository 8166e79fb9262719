"""``python -m benchmarks.process WORK SIDE``: the process in which one side does one work.

It prepares, says "ready" (or why it cannot), and then, for each line on standard input, does the
work once and prints one line of JSON: the seconds by the clock, the seconds of processor time of
all its threads together, and what came out.
"""

import json
import sys
import time
from dataclasses import replace

from benchmarks import gpu, reach, sides
from benchmarks.works import ON_A_GPU, WORKS, Skip

OPTIONAL = ("torch", "jax", "sklearn", "cupy")  # libraries that may be missing


def prepare(work, side):
    """Return the function that does ``work`` once the way of ``side``.

    What that function returns is what came out, the same on all sides: the last mini-batch's cost,
    the sum of the predicted classes, an accuracy. If it is a function, it is called after the clock
    has stopped.
    """
    name = f"{work.kind}_{side}"
    for module in (sides, reach, gpu):
        if hasattr(module, name):
            try:
                return getattr(module, name)(work)
            except ImportError as error:
                library = (error.name or "").partition(".")[0]
                if library in OPTIONAL:
                    raise Skip(f"{library} is not installed") from error
                raise
    raise ValueError(f"nobody knows how {side} does a work of the kind {work.kind}")


def timed(do):
    """Do the work once; return seconds, processor seconds, and what came out."""
    began, processor = time.perf_counter(), time.process_time()
    result = do()
    seconds, processor = time.perf_counter() - began, time.process_time() - processor
    return {
        "seconds": seconds, "processor": processor,
        "result": result() if callable(result) else result,
    }  # fmt: skip


def main(name, side, changes="{}"):
    """Serve; ``changes`` is JSON with other numbers for the work, such as fewer examples."""
    work = replace({**WORKS, **ON_A_GPU}[name], **json.loads(changes))
    try:
        do = prepare(work, side)
        if work.kind != "reach":  # which is about cold starts
            do()  # once to warm up
    except Skip as why:
        print(why, flush=True)
        return
    print("ready", flush=True)
    for _ in sys.stdin:
        print(json.dumps(timed(do)), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
