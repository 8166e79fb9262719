"""One submitted notebook, run and marked inside a process of its own; `grading` starts it.

The notebook's cells run in order, as Jupyter would run them but without its kernel. An error is
noted, and the next cell runs. Then the package's own check is called on the function of each
exercise's name in the student's namespace: what the student's cells printed, or made of `nn.check`,
does not matter. Checks also run as soon as a function appears, so that a later cell which brings
the whole process down takes away no mark that was earned before.

What happens is written to a file, one line of JSON for each event, as it happens.
"""

import _thread
import ast
import contextlib
import json
import os
import re
import signal
import sys
import threading
import time

from nnhelpers.teaching.checks import EXERCISES
from nnhelpers.teaching.checks.exercise import Exercise
from nnhelpers.teaching.checks.feedback import Feedback

LARGEST_NOTEBOOK = 200_000_000  # bytes
LARGEST_FILE = 2**30  # bytes that a submission may write to one file, where the system can tell
SECONDS_PER_CHECK = 20


class SubmissionError(Exception):
    """A file that is no notebook; the message says what is wrong with it."""


def read_cells(path):
    """Return the sources of a notebook's code cells.

    Raises
    ------
    SubmissionError
        If the file cannot be read as a notebook.
    """
    try:
        if os.path.getsize(path) > LARGEST_NOTEBOOK:
            raise SubmissionError(f"the file is larger than {LARGEST_NOTEBOOK // 10**6} MB")
        with open(path, encoding="utf-8-sig") as file:
            raw = json.load(file)
        cells = raw["cells"] if "cells" in raw else raw["worksheets"][0]["cells"]  # format 4, 3
        codes = [cell for cell in cells if cell["cell_type"] == "code"]
        sources = [cell.get("source", cell.get("input", "")) for cell in codes]
        return [source if isinstance(source, str) else "".join(source) for source in sources]
    except (OSError, ValueError, KeyError, IndexError, TypeError, RecursionError) as error:
        what = f"{type(error).__name__}: {error}"
        raise SubmissionError(f"the file cannot be read as a notebook ({what})") from error


def names_bound(source):
    """The names that a cell gives to functions or values, but not those inside functions and
    classes; a guess where the cell cannot be read.
    """
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):  # or a magic stands in it
        return set(
            re.findall(r"^(?:async +def +|def +)?(\w+) *(?:\(|=(?!=))", source, re.MULTILINE)
        )
    names, nodes = set(), [tree]
    while nodes:  # a recursion would not survive a sum of a thousand terms
        for child in ast.iter_child_nodes(nodes.pop()):
            if isinstance(child, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
                names.add(child.name)
            elif isinstance(child, ast.Name) and isinstance(child.ctx, ast.Store):
                names.add(child.id)
            elif not isinstance(child, ast.Lambda):
                nodes.append(child)
    return names


# --- Limits --------------------------------------------------------------------------------------


def interrupt_main_thread():
    """Raise KeyboardInterrupt in the main thread, also where it sleeps, if the system can."""
    if hasattr(signal, "pthread_kill"):
        signal.pthread_kill(threading.main_thread().ident, signal.SIGINT)
    else:
        _thread.interrupt_main()


@contextlib.contextmanager
def time_limit(seconds):
    """Raise KeyboardInterrupt in the body of the `with` when the time is over.

    Code that refuses to be interrupted goes on; the parent process ends that.
    """
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a student's cell may have taken it
    lock, over = threading.Lock(), False

    def interrupt():
        with lock:
            if not over:
                interrupt_main_thread()

    timer = threading.Timer(max(seconds, 0), interrupt)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
        with lock:  # an interrupt that is on its way arrives here, or never
            over = True


def limit_files():
    """No file larger than a gigabyte, and no core dump, where the system can see to it."""
    with contextlib.suppress(ImportError, OSError, ValueError):
        import resource

        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        resource.setrlimit(resource.RLIMIT_FSIZE, (LARGEST_FILE, LARGEST_FILE))


# --- Running the cells ---------------------------------------------------------------------------


def make_shell():
    """An IPython in which cells run as in a kernel: magics, `!`, top-level await and display."""
    from IPython.core.interactiveshell import InteractiveShell
    from traitlets.config import Config

    class Shell(InteractiveShell):
        def enable_gui(self, gui=None):
            """`%matplotlib` may ask for windows: there are none."""

        def _tee(self, channel):
            """IPython 9 keeps a copy of all that is printed: of a gigabyte as well."""
            return contextlib.nullcontext()

    config = Config()
    config.HistoryManager.enabled = False  # no file in the home folder
    shell = Shell.instance(config=config)
    shell.display_formatter.active_types = ["text/plain"]  # pictures would be drawn for nobody
    return shell


def run_cell(shell, source, seconds):
    """Run one cell; return None, or what stopped it in one line."""
    try:
        with time_limit(seconds):
            result = shell.run_cell(source, store_history=False)
        error = result.error_before_exec or result.error_in_exec
    except BaseException as raised:  # IPython hands on what it cannot handle
        error = raised
    if error is None:
        return None
    if isinstance(error, KeyboardInterrupt):
        return f"stopped after {seconds:.0f} s"
    return one_line(f"{type(error).__name__}: {safe_text(error)}")


def safe_text(thing):
    """`str(thing)`, though it may be a student's class whose `__str__` fails."""
    try:
        return str(thing)
    except Exception:
        return "(a message that cannot be shown)"


def one_line(text, longest=300):
    """The text on one line, cut where it is too long for a table."""
    text = "".join(letter if letter.isprintable() else " " for letter in str(text))
    text = " ".join(text.split())
    return text if len(text) <= longest else text[: longest - 1] + "…"


# --- Marking -------------------------------------------------------------------------------------


class Examiner:
    """Calls the package's checks, as they were before any of the student's cells ran.

    A cell may put something else in the place of `nn.check` or of a NumPy function. Before each
    check the names of the package and of NumPy are what they were at the start.
    """

    def __init__(self, seed):
        self.seed = seed
        self.namespaces = {
            module: dict(vars(module))
            for name, module in list(sys.modules.items())
            if re.match(r"(nnhelpers\.teaching\.checks|numpy)(\.|$)", name)
        }
        self.namespaces |= {one: dict(vars(one)) for one in (Exercise, Feedback)}

    def restore(self):
        """Give modules and classes back what the student's cells have changed in them."""
        for owner, names in self.namespaces.items():
            for name, value in names.items():
                if vars(owner).get(name) is not value:
                    setattr(owner, name, value)

    def check(self, exercise, function, seconds):
        """Return (status, message) of one exercise."""
        self.restore()
        try:
            with time_limit(seconds):
                feedback = exercise.check(function, self.seed)
        except BaseException as error:
            if isinstance(error, KeyboardInterrupt):
                return "timeout", f"{exercise.name} did not come back within {seconds:.0f} s"
            return "error", one_line(f"{type(error).__name__}: {safe_text(error)}")
        if feedback.passed:
            return "right", ""
        words = feedback.sentence if feedback.mistake else feedback.message
        return feedback.status, one_line(words)


class Marking:
    """One notebook's way through cells and checks, told to a file event by event."""

    def __init__(self, exercises, results, seed, seconds):
        self.exercises = exercises
        self.examiner = Examiner(seed)
        self.results = results
        self.end = time.monotonic() + seconds
        self.failures = {}  # from an exercise to what stopped the cell that should have bound it
        self.out_of_time = False

    def tell(self, event, **facts):
        """Add a line to the file of results. It is opened each time: cells may close all files."""
        with open(self.results, "a", encoding="utf-8") as file:
            file.write(json.dumps({"event": event, **facts}) + "\n")

    def time_left(self):
        return max(self.end - time.monotonic(), 0)

    def run(self, shell, cells):
        """Run all cells and check all exercises."""
        bound = [names_bound(source) for source in cells]
        for i, source in enumerate(cells):
            # No cell gets more than half of the time that is left: others come after it.
            seconds = self.time_left() / 2
            if seconds < 0.1:
                self.out_of_time = True
                break
            self.tell("cell", cell=i + 1, line=first_line(source))
            before = dict(shell.user_ns)
            error = run_cell(shell, source, seconds)
            for exercise in self.exercises:
                name = exercise.name
                if shell.user_ns.get(name) is not before.get(name):
                    self.failures.pop(name, None)
                elif error and name in bound[i]:
                    self.failures[name] = f"cell {i + 1}: {error}"
                # Earlier cells may hold the lesson's own function of the same name.
                if name in bound[i] and not any(name in later for later in bound[i + 1 :]):
                    self.check(exercise, shell.user_ns)
        self.tell("checking")
        for exercise in self.exercises:  # again: other cells may have changed what it calls
            self.check(exercise, shell.user_ns)
        self.tell("end")

    def check(self, exercise, namespace):
        """Check one exercise and tell the outcome."""
        name = exercise.name
        if name in self.failures:  # in the namespace is an older version, or none
            status, message = "error", self.failures[name]
        elif namespace.get(name) is not None:
            seconds = min(SECONDS_PER_CHECK, max(self.time_left() / 2, 0.5))
            status, message = self.examiner.check(exercise, namespace[name], seconds)
        elif self.out_of_time:
            status, message = "timeout", "the time was over before the cell that defines it"
        else:
            status, message = "missing", f"the notebook defines no function {name}"
        self.tell("checked", exercise=name, status=status, message=message)


def first_line(source):
    """The first line of a cell that says something."""
    lines = [line.strip() for line in source.splitlines() if line.strip()]
    return one_line(lines[0], 80) if lines else ""


def main(path, results, notebook, seed, seconds):
    """Run and mark the notebook file, and end this process, whatever threads still run in it.

    Parameters
    ----------
    path : str
        The notebook; the working directory is the folder that it lies in.
    results : str
        The file for the events.
    notebook : str
        Whose exercises to check, "02".
    seed : int
        For the inputs of all checks.
    seconds : float
        For all cells and checks together.
    """
    limit_files()
    exercises = [exercise for exercise in EXERCISES.values() if exercise.notebook == notebook]
    cells = read_cells(path)
    shell = make_shell()
    sys.argv = [path]
    marking = Marking(exercises, results, seed, seconds)
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)  # however much the cells complain
    marking.tell("start")
    marking.run(shell, cells)
    os._exit(0)
