"""Marks for a folder of submissions: run each notebook by itself, check what it defines.

Every notebook gets a process of its own, in a temporary folder of its own with a copy of the
notebook, a time limit and a memory limit. When it is over, that process and all that it started are
ended and the folder is removed, so that no submission stops or changes another.

This protects from accidents: endless loops, memory that fills up, cells that end Python. It is no
sandbox: a submission runs with your rights, and can reach the checks from inside. Where that is a
worry, run the grading in a container or as a user who owns nothing, and read what you mark.
"""

import contextlib
import json
import os
import re
import secrets
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import astuple, dataclass, field, fields
from pathlib import Path

import psutil

from lab import ROOT, reproducible_environment
from nnhelpers.teaching.checks import EXERCISES

from .submission import SubmissionError, one_line, read_cells

STATUSES = ["right", "wrong", "not written", "missing", "error", "timeout", "memory"]

SECONDS_TO_START = 120  # for Python and its imports on a busy machine; not the submission's time
SECONDS_BEYOND = 2  # for the checks to notice themselves that the time is over
GIGABYTE = 2**30
MARK = "NNHELPERS_SUBMISSION"  # an environment variable that all processes of a submission inherit


@dataclass(frozen=True)
class Submission:
    """A notebook that somebody handed in."""

    student: str
    path: Path


@dataclass(frozen=True)
class Limits:
    """What one submission may use: seconds for its cells and checks, memory in gigabytes."""

    seconds: float = 300.0
    memory: float = 4.0


@dataclass(frozen=True)
class Mark:
    """The outcome of one exercise in one submission; `exercise` is "" if none could be checked."""

    student: str
    notebook: str
    exercise: str
    status: str
    message: str
    seconds: float
    file: str


COLUMNS = [column.name for column in fields(Mark)]


# --- Finding the notebooks -----------------------------------------------------------------------


def find_submissions(folder):
    """The notebooks below a folder, in order; whose they are says the first folder, or the name."""
    found = []
    for path in sorted(folder.rglob("*")):
        if path.suffix.lower() != ".ipynb":
            continue
        inside = path.relative_to(folder)
        hidden = any(part.startswith((".", "__MACOSX")) for part in inside.parts)
        if path.is_file() and not hidden:
            student = inside.parts[0] if len(inside.parts) > 1 else path.stem
            found.append(Submission(student, path))
    return found


def which_notebook(stem, cells):
    """The number of the course's notebook that a submission is, or None.

    Its exercises decide, by the checks that it calls and the functions that it defines: that
    notebook's of which it has most. Numbers in its name may be those of a date; they only decide
    between equals. Where it has no exercise, the number at the beginning of its name does.
    """
    code = "\n".join(cells)
    names = set(re.findall(r"\bcheck\(\s*[\"'](\w+)[\"']", code))
    names |= set(re.findall(r"^ *def +(\w+)", code, re.MULTILINE))
    counts = Counter(EXERCISES[name].notebook for name in names if name in EXERCISES)
    known = {exercise.notebook for exercise in EXERCISES.values()}
    if counts:
        numbers = re.findall(r"(?<!\d)\d\d(?!\d)", stem)
        # Of two equals that it does not name, the later one: it repeats what was written before.
        return max(counts, key=lambda number: (counts[number], number in numbers, number))
    starts_with = re.match(r"(\d\d)(?!\d)", stem)
    return starts_with.group(1) if starts_with and starts_with.group(1) in known else None


# --- One submission ------------------------------------------------------------------------------


@dataclass
class Grader:
    """Marks submissions, each by itself, all within the same limits and on the same inputs.

    Parameters
    ----------
    folder : Path
        The submissions.
    limits : Limits
    seed : int
        For the random inputs.
    """

    folder: Path
    limits: Limits
    seed: int
    stop: threading.Event = field(default_factory=threading.Event)

    def grade_all(self, submissions, jobs=1):
        """Yield the marks of each submission, in order, `jobs` of them at a time."""
        if jobs == 1:  # in this thread, which Ctrl-C reaches at once
            yield from map(self.grade, submissions)
            return
        with ThreadPoolExecutor(jobs) as pool:
            try:
                yield from pool.map(self.grade, submissions)
            except BaseException:
                self.stop.set()
                pool.shutdown(cancel_futures=True)
                raise

    def grade(self, submission):
        """Return the marks of one submission, one for each exercise of its notebook."""
        start = time.monotonic()
        try:
            notebook, outcomes = self.mark(submission.path)
        except Exception as error:  # whatever it is: the others come next
            what = one_line(f"it could not be marked: {type(error).__name__}: {error}")
            notebook, outcomes = "", {"": ("error", what)}
        seconds = round(time.monotonic() - start, 1)
        file = submission.path.relative_to(self.folder).as_posix()
        return [
            Mark(submission.student, notebook, name, status, message, seconds, file)
            for name, (status, message) in outcomes.items()
        ]

    def mark(self, path):
        """Return (number of the notebook, from each exercise to (status, message))."""
        try:
            cells, trouble = read_cells(path), None
        except SubmissionError as error:
            cells, trouble = [], one_line(error)
        notebook = which_notebook(path.stem, cells)
        if notebook is None:
            what = trouble or "this is no notebook of the course: none of its exercises is in it"
            return "", {"": ("error", what)}
        names = [name for name, one in EXERCISES.items() if one.notebook == notebook]
        if trouble:
            return notebook, dict.fromkeys(names, ("error", trouble))
        events, ended = self.run_apart(path, notebook)
        return notebook, outcomes_of(names, events, ended)

    def run_apart(self, path, notebook):
        """Run a notebook in a process and a folder of its own; return (events, how it ended)."""
        with (
            tempfile.TemporaryDirectory(prefix="submission-", ignore_cleanup_errors=True) as folder,
            tempfile.TemporaryDirectory(prefix="marks-", ignore_cleanup_errors=True) as private,
        ):
            copy = Path(folder) / path.name
            copy.write_bytes(path.read_bytes())
            results, log = Path(private) / "events.jsonl", Path(private) / "stderr.txt"
            arguments = (str(copy), str(results), notebook, self.seed, self.limits.seconds)
            code = f"from tools.grading import submission; submission.main(*{arguments!r})"
            token = secrets.token_hex(16)
            with open(log, "wb") as stderr:
                process = subprocess.Popen(
                    [sys.executable, "-c", code],
                    cwd=folder,
                    env=environment(folder, token),
                    stdin=subprocess.DEVNULL,  # input() ends at once
                    stdout=subprocess.DEVNULL,  # however much it prints
                    stderr=stderr,
                    start_new_session=True,  # no terminal: it cannot ask for a password either
                )
            try:
                ended = self.watch(process, results)
            finally:
                end_all(process, token)
            events = read_events(results)
            if not events and ended[0] == "error":
                ended = ("error", f"Python could not start ({last_line(log)})")
            return events, ended

    def watch(self, process, results):
        """Wait until the process ends or breaks a limit; return (status, message) of the rest.

        Memory is what the processes really hold, asked for twenty times a second: a limit on
        address space (`RLIMIT_AS`) is not to be had on every system, and where it is, the threads
        of NumPy's libraries reserve gigabytes that they never use.
        """
        family, next_look = [], 0.0
        begin, started = time.monotonic(), False
        while process.poll() is None:
            now = time.monotonic()
            if not started and results.exists():
                begin, started = now, True
            allowed = self.limits.seconds + SECONDS_BEYOND if started else SECONDS_TO_START
            if now - begin > allowed or self.stop.is_set():
                return "timeout", f"stopped after {now - begin:.0f} s"
            if now >= next_look:
                family, next_look = family_of(process.pid), now + 0.5
            if held(family) > self.limits.memory * GIGABYTE:
                return "memory", f"stopped with more than {self.limits.memory:g} GB of memory"
            time.sleep(0.05)
        return "error", f"Python was ended (exit code {process.returncode})"


def outcomes_of(names, events, ended):
    """From each exercise to (status, message), by the events and by how the process ended."""
    outcomes = {name: without_a_word(events, ended) for name in names}
    for event in events:
        if event["event"] == "checked" and event["exercise"] in outcomes:
            outcomes[event["exercise"]] = (event["status"], event["message"])
    return outcomes


def without_a_word(events, ended):
    """(status, message) for an exercise that was never checked."""
    status, message = ended
    place = next((e for e in reversed(events) if e["event"] in ("cell", "checking")), None)
    if place is None:
        return status, f"{message} before the first cell"
    if place["event"] == "checking":
        return status, f"{message} while its functions were checked"
    return status, one_line(f"{message} in cell {place['cell']}: {place['line']}")


def environment(folder, token):
    """The environment of a submission's process: one thread, so the same speed for all."""
    env = reproducible_environment() | {MARK: token, "MPLBACKEND": "Agg"}
    env |= {"IPYTHONDIR": os.path.join(folder, ".ipython")}  # not the user's start-up files
    env |= dict.fromkeys(["TMPDIR", "TEMP", "TMP"], folder)
    env["PYTHONPATH"] = os.pathsep.join(filter(None, [str(ROOT), env.get("PYTHONPATH")]))
    return env


def read_events(results):
    """The events that were written, up to the first line that is none."""
    events = []
    with contextlib.suppress(OSError, ValueError):  # nothing was written, or half a line
        for line in results.read_text(encoding="utf-8").splitlines():
            events.append(json.loads(line))
    return events


def last_line(path):
    """The last line of a text file that says something."""
    lines = path.read_text(encoding="utf-8", errors="replace").strip().splitlines()
    return lines[-1] if lines else "it says nothing"


# --- Watching, and ending ------------------------------------------------------------------------


def family_of(pid):
    """The process of that number and all that it started; [] if it is no more."""
    try:
        process = psutil.Process(pid)
        return [process, *process.children(recursive=True)]
    except psutil.Error:
        return []


def held(processes):
    """How many bytes of memory the processes hold."""
    total = 0
    for process in processes:
        with contextlib.suppress(psutil.Error):  # it has ended
            total += process.memory_info().rss
    return total


def end_all(process, token):
    """End the process and everything that it started, also what has cut its ties to it."""
    family = family_of(process.pid)
    family += [other for other in psutil.process_iter() if carries(other, token)]
    for member in family:
        with contextlib.suppress(psutil.Error):
            member.kill()
    process.wait()
    psutil.wait_procs(family, timeout=5)


def carries(process, token):
    """Whether a process inherited a submission's environment."""
    try:
        return process.environ().get(MARK) == token
    except (psutil.Error, OSError, ValueError):  # somebody else's process
        return False


# --- Everybody's marks ---------------------------------------------------------------------------


def harmless(text):
    """The text as a spreadsheet shows it: a leading =, +, - or @ would make it a formula."""
    text = one_line(text, 1000)
    return "'" + text if text.startswith(("=", "+", "-", "@")) else text


def csv_row(mark):
    """A mark as the cells of its line."""
    return [harmless(cell) if isinstance(cell, str) else cell for cell in astuple(mark)]


def summary(marks):
    """A table for the terminal: a line for each student, a column for each notebook, "3/4"."""
    scores = {}  # of several files of the same notebook the best counts
    for mark in marks:
        if mark.notebook:
            files = scores.setdefault((mark.student, mark.notebook), {})
            files.setdefault(mark.file, []).append(mark.status == "right")
    notebooks = sorted({notebook for _, notebook in scores})
    rows = [["student", *notebooks]]
    for student in sorted({mark.student for mark in marks}):
        best = [max(scores.get((student, n), {"": []}).values(), key=sum) for n in notebooks]
        cells = [f"{sum(right)}/{len(right)}" if right else "" for right in best]
        rows.append([one_line(student, 40), *cells])
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = [
        "  ".join([row[0].ljust(widths[0])] + [c.rjust(w) for c, w in zip(row[1:], widths[1:])])
        for row in rows
    ]
    return "\n".join(line.rstrip() for line in lines)


def totals(marks):
    """One line: how many exercises had which status."""
    counts = Counter(mark.status for mark in marks)
    words = [f"{counts[status]} {status}" for status in STATUSES if counts[status]]
    files = len({mark.file for mark in marks})
    exercises = sum(bool(mark.exercise) for mark in marks)
    return f"{files} notebooks, {exercises} exercises: {', '.join(words)}"
