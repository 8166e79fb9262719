"""The ladder's results (notebook 13): one line of JSON for each run, and what they sum up to."""

import errno
import json
import math
import os
from pathlib import Path

import numpy as np

from .recipes import RUNGS, settings_of

RESULTS = Path(__file__).resolve().parents[2] / "benchmarks" / "results" / "record.jsonl"
# What a result needs to be counted and compared.
NEEDED = ("rung", "seed", "experiment", "settings", "valid_accuracy", "test_accuracy", "seconds")


def check_results(path):
    """Raise OSError if nothing can be added to the file of results."""
    path = Path(path)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.exists():
            open(path, "ab").close()
        elif not os.access(path.parent, os.W_OK):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
    except OSError as error:
        raise type(error)(
            error.errno, f"{error.strerror}: results cannot be written to {path}. Try --results "
            "with a file in a folder that you may write"
        ) from error  # fmt: skip


def add_result(result, path=RESULTS):
    """Add one line to the file of results: all of it, or none."""
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    rest = (json.dumps(result, ensure_ascii=False) + "\n").encode()
    with open(path, "ab", buffering=0) as file:  # a buffer would write its rest at closing
        size = file.seek(0, os.SEEK_END)
        try:
            while rest:  # a disk that is nearly full takes a part, and fails at the next
                rest = rest[file.write(rest) :]
            os.fsync(file.fileno())
        except OSError as error:
            file.truncate(size)
            raise type(error)(
                error.errno, f"{error.strerror}: the result cannot be added to {path}. Its "
                "checkpoints are kept, and the same command tries again"
            ) from error  # fmt: skip


def read_results(path=RESULTS):
    """Return the results in a file, in the order in which they came: a list of dicts.

    Raises
    ------
    ValueError
        If a line is no result; the message names it.
    """
    path = Path(path)
    results = []
    for number, line in enumerate(path.read_bytes().splitlines() if path.exists() else [], start=1):
        try:
            result = json.loads(line)
            for name in NEEDED:
                result[name]
        except (ValueError, KeyError, TypeError) as error:
            raise ValueError(
                f"{path}, line {number}: expected one result as JSON, got "
                f"{line[:60].decode(errors='replace')!r} ({type(error).__name__}: {error}). "
                "Remove that line."
            ) from error
        results.append(result)
    return results


def runs_of(name, results):
    """Return the whole runs of a rung among the results, with the settings that it has today."""
    settings = settings_of(name)
    return [result for result in results if result["rung"] == name
            and not result["experiment"] and result["settings"] == settings]  # fmt: skip


def mean_and_error(values):
    """Return (mean, standard error of the mean); the error of a single value is not known: NaN."""
    n = len(values)
    if not n:
        return math.nan, math.nan
    error = np.std(values, ddof=1) / math.sqrt(n) if n > 1 else math.nan
    return float(np.mean(values)), float(error)


def summary(results):
    """Return {rung: dict} of the runs to the end: their number, means and standard errors.

    Only runs with the settings that the rung has today count. Keys: "runs", "valid" and "test",
    each (mean, error), and "seconds", the mean.
    """
    found = {}
    for name in RUNGS:
        runs = [one for one in runs_of(name, results) if one["test_accuracy"] is not None]
        if runs:
            valid = [one["valid_accuracy"] for one in runs if one["valid_accuracy"] is not None]
            found[name] = {
                "runs": len(runs), "valid": mean_and_error(valid),
                "test": mean_and_error([one["test_accuracy"] for one in runs]),
                "seconds": float(np.mean([one["seconds"] for one in runs])),
            }  # fmt: skip
    return found


def overview(results):
    """Return the table of all rungs with the results so far, as text."""
    found = summary(results)
    lines = [f"{'rung':20} {'adds':40} {'runs':>4}  {'valid %':14} {'test %':14} {'seconds':>8}"]
    for name, rung in RUNGS.items():
        numbers, one = "", found.get(name)
        if one:
            numbers = (f"{one['runs']:4}  {in_percent(one['valid']):14} "
                       f"{in_percent(one['test']):14} {one['seconds']:8.0f}")  # fmt: skip
        what = f"{rung.adds}{' [GPU]' if rung.machine == 'gpu' else ''}"
        lines.append(f"{name:20} {what:40} {numbers}".rstrip())
    experiments = sum(result["experiment"] for result in results)
    tested = sum(result["test_accuracy"] is not None for result in results)
    lines.append(
        f"{len(results)} in all: {experiments} experiments that left the test set alone, "
        f"{tested} runs that were tested"
    )
    return "\n".join(lines)


def in_percent(mean_error):
    """Return (mean, standard error) in words, such as "99.14 ± 0.07"; one run has no error."""
    mean, error = (100 * value for value in mean_error)
    if math.isnan(mean):
        return "-"
    return f"{mean:.2f}" if math.isnan(error) else f"{mean:.2f} ± {error:.2f}"


def in_words(result):
    """Return the outcome of a run in one line."""
    if result["stopped"]:
        return result["stopped"]
    parts = [f"{words} {result[key]:.2%}"
             for key, words in (("valid_accuracy", "validation"), ("test_accuracy", "test"))
             if result[key] is not None]  # fmt: skip
    return ", ".join([*parts, f"{result['epochs']} epochs in {result['seconds']:.0f} s"])
