"""The one command of this course, for Linux, macOS and Windows.

    python lab.py                     open JupyterLab on the first notebook
    python lab.py test [...]          run the tests, then re-run every notebook and compare
    python lab.py notebooks [...]     execute the notebooks afresh and store their outputs
    python lab.py student [...]       write a clean set of notebooks for a class (TEACHING.md)
    python lab.py slides [...]        write the notebooks as slides, into slides/
    python lab.py site                write the API reference, into build/site/
    python lab.py bench [...]         measure speed, side by side with other libraries
    python lab.py mutants [...]       plant bugs in the core, and see whether a test notices
    python lab.py install [extra]     only install, for example before a lesson without a network
    python lab.py clean               remove .venv, slides and caches

The first run makes `.venv` in this folder and installs the course into it, with uv where there is
one and with pip elsewhere; that needs a network. Later runs start in seconds and need none. What
follows the command is passed on: `--no-browser` to JupyterLab, `-k gradient` or
`tests/test_layers.py` to pytest, `02` to the notebooks' runner.

Only the standard library is used here, and no syntax that Python 3.6 cannot read, so that an old
Python can still say what it lacks.
"""

import hashlib
import importlib.util
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

OLDEST_PYTHON, NEWEST_TRIED = (3, 11), (3, 14)
ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
START = "notebooks/00_start_here.ipynb"
NOTHING_COLLECTED = 5  # pytest's exit code, as for `-k name` where no notebook has that name

OLD_PYTHON = """\
This course needs Python {oldest} or newer; this is Python {this} ({executable}).
Install a newer one (https://www.python.org/downloads/), then start with it, for example:

    python{newest} lab.py          or          make lab PYTHON=python{newest}
"""
NO_VENV = """\
This Python ({executable}) cannot make a virtual environment: its module `{module}` is missing.
{remedy}
"""
NOT_INSTALLED = """\

The course could not be installed; the installer's own message is above. The usual reasons:

  - No network. The first start needs one (about 230 MB); later starts do not.
  - A proxy. Set HTTPS_PROXY=http://name:port, then start again.
  - Not enough disk space: about 2 GB are needed.
  - A Python that is too new: {oldest} to {newest} are tried, this is {this}.
  - On Windows, the limit on the length of paths: move the course to a short one, C:\\course.

Run the same command again when that is mended. If the course ran here earlier, it still does:

    {python} -m jupyterlab
"""
IN_THE_VENV = """\
.venv must be built anew, and this Python is inside it. Leave it first (`deactivate`), then start
again with the Python that you installed.
"""


def in_words(message, **facts):
    """A message with what this Python is, and which ones will do."""
    versions = {"oldest": OLDEST_PYTHON, "newest": NEWEST_TRIED, "this": sys.version_info}
    words = {name: "{}.{}".format(*version[:2]) for name, version in versions.items()}
    return message.format(executable=sys.executable, **dict(words, **facts))


# --- The environment -----------------------------------------------------------------------------


def venv_python():
    """The path of the environment's Python."""
    return VENV / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def stamp_path():
    """The file that notes a finished installation."""
    return VENV / "course-installed.json"


def needs():
    """What an installation depends on; if a part of it changes, the course is installed again.

    The folder is a part because the package is installed as a link to it.
    """
    names = ["requirements.txt", "pyproject.toml"] + os.environ.get("PIP_CONSTRAINT", "").split()
    files = [ROOT / name for name in names]
    texts = [file.read_bytes() for file in files if file.is_file()]
    digest = hashlib.sha256(repr((str(ROOT), texts)).encode("utf-8")).hexdigest()
    return {"python": list(sys.version_info[:2]), "needs": digest}


def read_stamp():
    """What the last installation noted; an empty dict if there is none, or .venv is damaged."""
    try:
        stamp = json.loads(stamp_path().read_text(encoding="utf-8"))
        return stamp if venv_python().exists() and isinstance(stamp["extras"], list) else {}
    except (OSError, ValueError, LookupError, TypeError):
        return {}


def installed_extras():
    """The extras that .venv holds; None if the course is not installed as it is now."""
    stamp = read_stamp()
    as_now = all(stamp.get(key) == value for key, value in needs().items())
    return set(stamp["extras"]) if as_now else None


def create_venv():
    """Make .venv, in place of what may be there; stop with a message if that cannot be done."""
    if Path(sys.prefix).resolve() == VENV.resolve():
        sys.exit(IN_THE_VENV)
    uv = shutil.which("uv")
    missing = [name for name in ("venv", "ensurepip") if importlib.util.find_spec(name) is None]
    if missing and not uv:  # as Debian's Python is
        remedy = "Install Python from https://www.python.org/downloads/, which has it."
        if shutil.which("apt"):
            package = in_words("python{this}-venv")
            remedy = "On this system one line installs it:\n\n    sudo apt install " + package
        sys.exit(in_words(NO_VENV, module=missing[0], remedy=remedy))
    shutil.rmtree(str(VENV), ignore_errors=True)
    print(in_words("Making the environment .venv with Python {this}."), flush=True)
    command = [sys.executable, "-m", "venv", str(VENV)]
    if uv:
        command = [uv, "venv", "--seed", "--python", sys.executable, str(VENV)]
    if subprocess.call(command, cwd=str(ROOT)):
        sys.exit(in_words(NOT_INSTALLED, python=venv_python()))


def install(extras):
    """Install requirements.txt and the package with these extras; return the exit code."""
    command = [str(venv_python()), "-m", "pip", "install", "--disable-pip-version-check"]
    uv = shutil.which("uv")
    if uv:
        command = [uv, "pip", "install", "--python", str(venv_python())]
        for name in os.environ.get("PIP_CONSTRAINT", "").split():  # the test of the oldest versions
            command += ["--constraints", name]
    package = ".[" + ",".join(sorted(extras)) + "]" if extras else "."
    # requirements.txt contains `-e .`, which is relative to the working directory.
    return subprocess.call(command + ["-r", "requirements.txt", "-e", package], cwd=str(ROOT))


def ensure_environment(*extras):
    """Make .venv and install the course into it, unless that is done; return its Python's path.

    The stamp is gone while the installer works. If it is cut off (Ctrl-C, a power cut), the next
    start finds no stamp and builds .venv anew. If it gives up (no network), it has changed nothing
    yet: the earlier stamp comes back, and what worked still works.
    """
    have = installed_extras()
    if have is None or not have.issuperset(extras):
        before = read_stamp()
        if before.get("python") != list(sys.version_info[:2]):
            create_venv()
            before = {}
        print("Installing the course: a minute or two, this once.", flush=True)
        if before:
            stamp_path().unlink()
        failed = install(set(extras))
        stamp = dict(needs(), extras=sorted((have or set()).union(extras)))
        if before or not failed:
            stamp_path().write_text(json.dumps(before if failed else stamp), encoding="utf-8")
        if failed:
            sys.exit(in_words(NOT_INSTALLED, python=venv_python()))
    return str(venv_python())


def reproducible_environment():
    """The environment variables under which tests and notebooks run: the same result everywhere.

    One thread for linear algebra: several test processes do not fight for the cores, and sums are
    added in one order. NumPy as backend, because the stored outputs are NumPy's; set
    NNHELPERS_BACKEND=cupy yourself to run the notebooks on a GPU.
    """
    env = dict(os.environ)
    for library in ("OPENBLAS", "OMP", "MKL"):
        env[library + "_NUM_THREADS"] = "1"
    env["VECLIB_MAXIMUM_THREADS"] = "1"  # Apple's library
    env.setdefault("NNHELPERS_BACKEND", "numpy")
    env.pop("MPLBACKEND", None)  # it would keep figures out of the notebooks
    env["IPYTHONDIR"] = str(VENV / "ipython")  # not the user's start-up files
    env["PYTHONUTF8"] = "1"  # Windows' code pages lack Greek letters
    return env


# --- The commands --------------------------------------------------------------------------------


def lab_settings():
    """Tell .venv's JupyterLab to ask the internet for no news or updates; users may overrule it."""
    folder = VENV / "share" / "jupyter" / "lab" / "settings"
    folder.mkdir(parents=True, exist_ok=True)
    quiet = {"fetchNews": "false", "checkForUpdates": False}
    settings = {"@jupyterlab/apputils-extension:notification": quiet}
    (folder / "overrides.json").write_text(json.dumps(settings), encoding="utf-8")


def lab_command(python, args):
    """The command line that opens JupyterLab, on the first notebook unless args name another."""
    command = [python, "-m", "jupyterlab"]
    if not any(arg.endswith(".ipynb") for arg in args) and (ROOT / START).exists():
        # An address rather than a file name: so it is also the one printed with --no-browser.
        command.append("--LabApp.default_url=/lab/tree/" + START)
    if not any(arg.startswith("--ServerApp.root_dir") for arg in args):
        command.append("--ServerApp.root_dir=" + str(ROOT))
    # Where a slide's link to its cell leads: JupyterLab shows that cell.
    command.append("--LabApp.extra_labextensions_path=" + str(ROOT / "tools" / "labextensions"))
    command.append("--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate")
    command.append("--LabApp.extension_manager=readonly")  # the other one asks PyPI
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        command.append("--allow-root")  # in a container there is nobody else to be
    return command + args


def command_lab(args):
    """Open JupyterLab, which answers Ctrl-C itself: it asks before it stops."""
    python = ensure_environment()
    lab_settings()
    process = subprocess.Popen(lab_command(python, args), cwd=str(ROOT))
    signal.signal(signal.SIGINT, lambda *_: None)
    signal.signal(signal.SIGTERM, lambda *_: process.terminate())
    return process.wait()


def split_test_arguments(args):
    """Which of pytest's arguments go where: (for tests/, for the notebooks); None: do not run.

    Options go to both. Where a path is named, only what is named runs.
    """
    paths = [a for a in args if not a.startswith("-") and (ROOT / a.split("::")[0]).exists()]
    options = [arg for arg in args if arg not in paths]
    notebooks = [path for path in paths if ".ipynb" in path or Path(path).name == "notebooks"]
    tests = [path for path in paths if path not in notebooks]
    if not paths:
        tests = ["tests"]
        notebooks = [str(path.relative_to(ROOT)) for path in sorted(ROOT.glob("notebooks/*.ipynb"))]
    return (options + tests if tests else None, options + notebooks if notebooks else None)


def run_and_keep_last_line(command):
    """Run a command, show what it prints, and return (its exit code, its last line)."""
    last = ""
    streams = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
    text = {"encoding": "utf-8", "errors": "replace"}
    env = reproducible_environment()
    process = subprocess.Popen(command, cwd=str(ROOT), env=env, **dict(streams, **text))
    for line in process.stdout:
        print(line, end="", flush=True)
        last = line if line.strip() else last
    return process.wait(), re.sub(r"\x1b\[[0-9;]*m", "", last).strip().strip("=").strip()


def command_test(args):
    """Run pytest over tests/, then nbval over the notebooks, and sum up both."""
    pytest = [ensure_environment("test"), "-m", "pytest", "-n", "auto"]
    pytest += ["--color=yes"] if sys.stdout.isatty() else []
    grouped = ["--dist", "loadgroup"]  # tests/conftest.py says what stays together
    nbval = ["--dist", "loadscope", "--nbval", "--nbval-current-env", "--nbval-cell-timeout", "600"]
    tests, notebooks = split_test_arguments(args)
    good_codes = {0, NOTHING_COLLECTED} if args else {0}
    summary, failed = ["\nSummary"], False
    for name, options, chosen in (("tests", grouped, tests), ("notebooks", nbval, notebooks)):
        if chosen is None:
            continue
        start = time.time()
        code, last_line = run_and_keep_last_line(pytest + options + chosen)
        word = "ok" if code in good_codes else "FAILED"
        failed = failed or code not in good_codes
        summary.append(f"{name:<10} {word:<7} {time.time() - start:6.1f} s   {last_line}")
    print("\n".join(summary), flush=True)
    return int(failed)


def run_tool(module, args, *extras):
    """Run a module of tools/ where the user is: folders in its arguments count from there."""
    env = reproducible_environment()
    env["PYTHONPATH"] = os.pathsep.join(filter(None, [str(ROOT), env.get("PYTHONPATH")]))
    return subprocess.call([ensure_environment(*extras), "-m", module] + args, env=env)


def command_install(args):
    """Install the course, with the extras that are named, and start nothing."""
    ensure_environment(*args)
    if "slides" in args and COMMANDS["slides"](["--fetch"]):
        return 1
    print("The course is installed in .venv.")
    return 0


def command_bench(args):
    """Run the benchmarks, with as many threads as they like."""
    if "bench" not in (installed_extras() or ()):
        print("The benchmarks compare with PyTorch, which may be a large download (Linux: 3 GB).")
    python = ensure_environment("bench")
    return subprocess.call([python, "-m", "benchmarks"] + args, cwd=str(ROOT))


def command_clean(args):
    """Remove what the other commands made; never notebooks, data or figures."""
    made = ".venv node_modules slides build __pycache__ .pytest_cache .hypothesis .ruff_cache"
    folders = [ROOT / name for name in made.split()] + list(ROOT.glob("*.egg-info"))
    for folder in ("nnhelpers", "tests", "tools", "benchmarks", "notebooks"):
        folders += (ROOT / folder).rglob("__pycache__")
        folders += (ROOT / folder).rglob(".ipynb_checkpoints")
    for folder in filter(Path.is_dir, folders):
        shutil.rmtree(str(folder))
        print("removed", folder.relative_to(ROOT))
    return 0


SPHINX = ["-W", "--keep-going", "-q", "-b", "html", str(ROOT / "site"), str(ROOT / "build/site")]
COMMANDS = {
    "lab": command_lab,
    "test": command_test,
    "notebooks": lambda args: run_tool("tools.execute_notebooks", args),
    "student": lambda args: run_tool("tools.student", args),
    "slides": lambda args: run_tool("tools.slides", args, "slides"),
    "site": lambda args: run_tool("sphinx", SPHINX + args, "site"),
    "bench": command_bench,
    "mutants": lambda args: run_tool("tools.mutants", args, "test"),
    "install": command_install,
    "clean": command_clean,
    "help": lambda args: print(__doc__.strip()),
}


def choose_command(args):
    """Split the arguments into (command, its arguments); options alone are JupyterLab's."""
    if args and args[0] in ("-h", "--help"):
        return "help", args[1:]
    if not args or args[0].startswith("-") or args[0].endswith(".ipynb"):
        return "lab", args
    if args[0] not in COMMANDS:
        sys.exit(f"lab.py knows no command {args[0]!r}. It knows: {', '.join(COMMANDS)}.")
    return args[0], args[1:]


def main(args):
    """Run one command and return its exit code."""
    if sys.version_info[:2] < OLDEST_PYTHON:
        sys.exit(in_words(OLD_PYTHON))
    if hasattr(sys.stdout, "reconfigure"):
        sys.stdout.reconfigure(errors="replace")  # a Windows console may not know every letter
    name, rest = choose_command(args)
    try:
        return COMMANDS[name](rest) or 0
    except KeyboardInterrupt:
        print("\nInterrupted. The same command starts over and mends what was left half done.")
        return 130


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
