"""The one command of this course, for Linux, macOS and Windows.

    python lab.py                     open JupyterLab on the first notebook
    python lab.py test [...]          run the tests, then re-run every notebook and compare
    python lab.py notebooks [...]     execute the notebooks afresh and store their outputs
    python lab.py student [...]       write a clean set of notebooks for a class (TEACHING.md)
    python lab.py slides [...]        write the notebooks as slides, into slides/
    python lab.py bench [...]         measure speed, side by side with other libraries
    python lab.py install [extra]     only install, for example before a lesson without a network
    python lab.py clean               remove .venv, slides and caches

The first run makes `.venv` in this folder and installs the course into it, which needs a network.
Later runs start in seconds and need none. What follows the command is passed on: `--no-browser` to
JupyterLab, `-k gradient` or `tests/test_layers.py` to pytest, `02` to the notebooks' runner.

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

OLDEST_PYTHON = (3, 11)
NEWEST_TRIED = (3, 14)

ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
START = Path("notebooks") / "00_start_here.ipynb"
PRESENTER = ROOT / "tools" / "presenter"

# pytest ends with 5 when nothing was collected, as `-k name` does where no notebook has that name.
PYTEST_NOTHING_COLLECTED = 5


# --- Messages ------------------------------------------------------------------------------------

OLD_PYTHON = """\
This course needs Python {oldest} or newer; this is Python {this} ({executable}).
Install a newer one (https://www.python.org/downloads/), then start with it, for example:

    python{newest} lab.py          or          make lab PYTHON=python{newest}
"""

NO_VENV = """\
This Python ({executable}) cannot make a virtual environment: its module `{module}` is missing.
{remedy}
"""

PIP_FAILED = """\

pip could not install the course; its own message stands above. The usual reasons:

  - No network. The first start needs one (about 230 MB); later starts do not.
  - A proxy. Tell pip about it: set HTTPS_PROXY=http://name:port, then start again.
  - Not enough disk space: about 2 GB are needed.
  - A Python that is too new: {oldest} to {newest} are tried, this is {this}.
{windows}
Run the same command again when that is mended. If the course ran here before, it still does:

    {python} -m jupyterlab
"""

PIP_FAILED_WINDOWS = """\
  - Windows' limit on the length of paths: move the course to a short path such as C:\\course.
"""

IN_THE_VENV = """\
.venv must be built anew, and this Python lives in it. Leave it first (`deactivate`), then start
again with the Python that you installed.
"""


def version_text(version):
    """`(3, 11)` -> `"3.11"`."""
    return "{}.{}".format(*version[:2])


def complain_about_old_python(version=None):
    """Return the message for a Python that is too old, or "" for one that will do."""
    version = version or sys.version_info
    if tuple(version[:2]) >= OLDEST_PYTHON:
        return ""
    return OLD_PYTHON.format(
        oldest=version_text(OLDEST_PYTHON),
        newest=version_text(NEWEST_TRIED),
        this=version_text(version),
        executable=sys.executable,
    )


def complain_about_missing_venv():
    """Return the message for a Python without `venv` or `ensurepip` (as Debian's is), or ""."""
    missing = [name for name in ("venv", "ensurepip") if importlib.util.find_spec(name) is None]
    if not missing:
        return ""
    remedy = "Install Python from https://www.python.org/downloads/, which has it."
    if shutil.which("apt"):
        package = f"python{version_text(sys.version_info)}-venv"
        remedy = "On this system one line installs it:\n\n    sudo apt install " + package
    return NO_VENV.format(executable=sys.executable, module=missing[0], remedy=remedy)


# --- The environment -----------------------------------------------------------------------------


def venv_python():
    """The path of the environment's Python."""
    return VENV / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def stamp_path():
    """The file in which a finished installation is noted."""
    return VENV / "course-installed.json"


def fingerprint():
    """A hash of all that decides what has to be installed: any change of it means: install again.

    The folder is part of it because the package is installed as a link to this folder.
    """
    digest = hashlib.sha256()
    names = ["requirements.txt", "pyproject.toml"]
    names += os.environ.get("PIP_CONSTRAINT", "").split()  # the test of the oldest versions sets it
    for name in names:
        digest.update(name.encode())
        if (ROOT / name).is_file():
            digest.update((ROOT / name).read_bytes())
    digest.update(version_text(sys.version_info).encode())
    digest.update(str(ROOT).encode())
    return digest.hexdigest()


def read_stamp():
    """What the last installation noted; an empty dict where there is none that can be read."""
    try:
        stamp = json.loads(stamp_path().read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return stamp if isinstance(stamp, dict) else {}


def write_stamp(**stamp):
    """Note the state of the installation, in one step: a half-written stamp cannot remain."""
    temporary = stamp_path().with_suffix(".tmp")
    temporary.write_text(json.dumps(stamp), encoding="utf-8")
    os.replace(str(temporary), str(stamp_path()))


def is_installed(extra):
    """Whether .venv holds the course as it is now, with the extra (None: without any)."""
    stamp = read_stamp()
    return (
        stamp.get("fingerprint") == fingerprint()
        and (extra is None or extra in stamp.get("extras", []))
        and venv_python().exists()  # False for a link to a Python that was uninstalled
    )


def venv_is_sound():
    """Whether pip can go on in .venv: it runs, has pip and this Python's version, and no earlier
    installation was cut off in the middle (which can leave half a package that pip thinks whole).
    """
    if read_stamp().get("installing") or not venv_python().exists():
        return False
    question = "import sys, pip; print('%d.%d' % sys.version_info[:2])"
    try:
        answer = subprocess.run(
            [str(venv_python()), "-c", question], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        )
    except OSError:
        return False
    return answer.stdout.decode().strip() == version_text(sys.version_info)


def create_venv():
    """Make .venv, in place of what may be there; stop with a message where that cannot be done."""
    complaint = complain_about_missing_venv()
    if complaint:
        sys.exit(complaint)
    if Path(sys.prefix).resolve() == VENV.resolve():
        sys.exit(IN_THE_VENV)
    print(f"Making the environment .venv with Python {version_text(sys.version_info)}.")
    command = [sys.executable, "-m", "venv", "--clear", str(VENV)]
    if subprocess.call(command, cwd=str(ROOT)):
        sys.exit("Could not make .venv; the message stands above. Delete the folder and try again.")


def pip_install(extra):
    """Install requirements.txt and the package with its extra; stop with a message on failure."""
    package = "." if extra is None else f".[{extra}]"
    command = [str(venv_python()), "-m", "pip", "install", "--disable-pip-version-check"]
    command += ["-r", "requirements.txt", "-e", package]
    # requirements.txt says `-e .`, which pip reads relative to the working directory.
    if subprocess.call(command, cwd=str(ROOT)):
        message = PIP_FAILED.format(
            oldest=version_text(OLDEST_PYTHON),
            newest=version_text(NEWEST_TRIED),
            this=version_text(sys.version_info),
            windows=PIP_FAILED_WINDOWS if os.name == "nt" else "",
            python=venv_python(),
        )
        sys.exit(message)


def ensure_environment(extra=None):
    """Make .venv and install the course into it, unless that is done; return its Python's path.

    The stamp says "installing" while pip works. If the work is cut off (Ctrl-C, a power cut), the
    next start finds that word and builds .venv anew. If pip itself gives up (no network), it has
    changed nothing yet: the earlier stamp comes back, and what worked still works.
    """
    if is_installed(extra):
        return str(venv_python())
    if not venv_is_sound():
        create_venv()
    before = read_stamp()
    extras = before.get("extras", []) if before.get("fingerprint") == fingerprint() else []
    print("Installing the course: a minute or two, this once.")
    write_stamp(installing=True)
    try:
        pip_install(extra)
    except SystemExit:
        write_stamp(**before)
        raise
    extras = sorted(set(extras) | ({extra} if extra else set()))
    write_stamp(fingerprint=fingerprint(), extras=extras)
    return str(venv_python())


# --- The commands --------------------------------------------------------------------------------


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


# The theme is one that asks no other host for its fonts; a derivation that grows from the top of
# the slide does not jump.
SLIDES = {"theme": "white", "transition": "none", "center": False, "slideNumber": "c/t"}


def lab_settings():
    """Tell this environment's JupyterLab not to ask the internet for news and updates, and to
    present the notebooks well.

    These are defaults inside .venv; what users choose in their own settings still wins.
    """
    share = VENV / "share" / "jupyter"
    quiet = {"fetchNews": "false", "checkForUpdates": False}
    settings = {"@jupyterlab/apputils-extension:notification": quiet}
    if (share / "labextensions" / "jupyterlab-rise").is_dir():  # the extra `present`
        settings["jupyterlab-rise:plugin"] = SLIDES
    complete_the_slides(share)
    folder = share / "lab" / "settings"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "overrides.json").write_text(json.dumps(settings), encoding="utf-8")


def complete_the_slides(share):
    """Put tools/presenter where JupyterLab and jupyterlab-rise look for extensions.

    It gives the slides what they lack: sliders, large type, scrolling. And it takes the presenter
    from a deck of `lab.py slides` to the live cell.
    """
    if not PRESENTER.is_dir():
        return  # a copy of the course without it: notebooks open all the same
    place = share / "labextensions" / "nnhelpers-presenter"
    if place.exists():
        shutil.rmtree(str(place))
    shutil.copytree(str(PRESENTER), str(place))


def lab_command(python, args):
    """The command line that opens JupyterLab, on the first notebook unless args name another."""
    command = [python, "-m", "jupyterlab"]
    if not any(arg.endswith(".ipynb") for arg in args) and (ROOT / START).exists():
        # An address rather than a file name: so it is also the one printed with --no-browser.
        command.append("--LabApp.default_url=/lab/tree/" + START.as_posix())
    if not any(arg.startswith("--ServerApp.root_dir") for arg in args):
        command.append("--ServerApp.root_dir=" + str(ROOT))
    command.append("--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate")
    command.append("--LabApp.extension_manager=readonly")  # the other one asks PyPI
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        command.append("--allow-root")  # in a container there is nobody else to be
    return command + args


def run_until_it_ends(command):
    """Run a server that answers Ctrl-C itself (JupyterLab asks before it stops)."""
    process = subprocess.Popen(command, cwd=str(ROOT))
    signal.signal(signal.SIGINT, lambda *_: None)
    signal.signal(signal.SIGTERM, lambda *_: process.terminate())
    return process.wait()


def command_lab(args):
    """Open JupyterLab."""
    python = ensure_environment()
    lab_settings()
    return run_until_it_ends(lab_command(python, args))


def split_test_arguments(args):
    """Which of pytest's arguments go where: (for tests/, for the notebooks); None: do not run.

    Options go to both. Where a path is named, only what is named runs.
    """

    def is_path(arg):
        return not arg.startswith("-") and (ROOT / arg.split("::")[0]).exists()

    paths = [arg for arg in args if is_path(arg)]
    options = [arg for arg in args if not is_path(arg)]
    notebooks = [path for path in paths if ".ipynb" in path or Path(path).name == "notebooks"]
    tests = [path for path in paths if path not in notebooks]
    if not paths:
        tests = ["tests"]
        notebooks = [str(path.relative_to(ROOT)) for path in sorted(ROOT.glob("notebooks/*.ipynb"))]
    return (options + tests if tests else None, options + notebooks if notebooks else None)


def run_and_keep_last_line(command, env):
    """Run a command, show what it prints, and return (its exit code, its last line)."""
    last = ""
    process = subprocess.Popen(
        command,
        cwd=str(ROOT),
        env=env,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        errors="replace",
    )
    for line in process.stdout:
        print(line, end="", flush=True)
        last = line if line.strip() else last
    plain = re.sub(r"\x1b\[[0-9;]*m", "", last)
    return process.wait(), plain.strip().strip("=").strip()


def command_test(args):
    """Run pytest over tests/, then nbval over the notebooks, and sum up both."""
    python = ensure_environment("test")
    pytest = [python, "-m", "pytest", "-n", "auto", "--dist", "loadscope"]
    if sys.stdout.isatty():
        pytest.append("--color=yes")
    nbval = ["--nbval", "--nbval-current-env", "--nbval-cell-timeout", "600"]
    tests, notebooks = split_test_arguments(args)
    runs = []
    if tests is not None:
        runs.append(("tests", pytest + tests))
    if notebooks is not None:
        runs.append(("notebooks", pytest + nbval + notebooks))

    good_codes = {0, PYTEST_NOTHING_COLLECTED} if args else {0}
    summary, failed = [], False
    for name, command in runs:
        start = time.perf_counter()
        code, last_line = run_and_keep_last_line(command, reproducible_environment())
        seconds = time.perf_counter() - start
        failed = failed or code not in good_codes
        word = "ok" if code in good_codes else "FAILED"
        summary.append(f"{name:<10} {word:<7} {seconds:6.1f} s   {last_line}")
    print("\nSummary")
    print("\n".join(summary), flush=True)
    return int(failed)


def command_install(args):
    """Install the course, with the extras that are named, and start nothing."""
    for extra in args or [None]:
        ensure_environment(extra)
    if "slides" in args and command_slides(["--fetch"]):
        return 1
    print("The course is installed in .venv.")
    return 0


def command_notebooks(args):
    """Execute the notebooks in order and store their outputs."""
    python = ensure_environment()
    command = [python, "-m", "tools.execute_notebooks"] + args
    return subprocess.call(command, cwd=str(ROOT), env=reproducible_environment())


def command_student(args):
    """Write a class set; a folder named after --to counts from where the user is."""
    python = ensure_environment()
    command = [python, "-m", "tools.student"] + folders_from_here(args)
    return subprocess.call(command, cwd=str(ROOT), env=reproducible_environment())


def folders_from_here(args):
    """The arguments with the folder after --to as an absolute path."""
    args = list(args)
    for i, arg in enumerate(args):
        if arg == "--to" and i + 1 < len(args):
            args[i + 1] = os.path.abspath(args[i + 1])
        elif arg.startswith("--to="):
            args[i] = "--to=" + os.path.abspath(arg[len("--to=") :])
    return args


def command_slides(args):
    """Write decks of slides."""
    python = ensure_environment("slides")
    command = [python, "-m", "tools.slides"] + args
    return subprocess.call(command, cwd=str(ROOT), env=reproducible_environment())


def command_bench(args):
    """Run the benchmarks."""
    if not is_installed("bench"):
        print("The benchmarks compare with PyTorch, which may be a large download (Linux: 3 GB).")
    python = ensure_environment("bench")
    return subprocess.call([python, "-m", "benchmarks"] + args, cwd=str(ROOT))


def command_clean(args):
    """Remove what the other commands made: .venv, slides and caches; never notebooks, data or
    figures.
    """
    names = [".venv", "node_modules", "slides", "build"]
    names += [".pytest_cache", ".hypothesis", ".ruff_cache"]
    folders = [ROOT / name for name in names] + list(ROOT.glob("*.egg-info"))
    for folder in ("nnhelpers", "tests", "tools", "benchmarks", "notebooks"):
        folders += (ROOT / folder).rglob("__pycache__")
        folders += (ROOT / folder).rglob(".ipynb_checkpoints")
    folders.append(ROOT / "__pycache__")
    for folder in folders:
        if folder.is_dir():
            shutil.rmtree(str(folder))
            print("removed", folder.relative_to(ROOT))
    return 0


def command_help(args):
    """Say what this script can do."""
    print(__doc__.strip())
    return 0


COMMANDS = {
    "lab": command_lab,
    "test": command_test,
    "notebooks": command_notebooks,
    "student": command_student,
    "slides": command_slides,
    "bench": command_bench,
    "install": command_install,
    "clean": command_clean,
    "help": command_help,
}


def choose_command(args):
    """Split the arguments into (command, its arguments); options alone are JupyterLab's."""
    if args and args[0] in ("-h", "--help"):
        return "help", args[1:]
    if not args or args[0].startswith("-") or args[0].endswith(".ipynb"):
        return "lab", args
    if args[0] not in COMMANDS:
        known = ", ".join(COMMANDS)
        sys.exit(f"lab.py knows no command {args[0]!r}. It knows: {known}.")
    return args[0], args[1:]


def main(args):
    """Run one command and return its exit code."""
    complaint = complain_about_old_python()
    if complaint:
        sys.exit(complaint)
    if hasattr(sys.stdout, "reconfigure"):
        sys.stdout.reconfigure(errors="replace")  # a Windows console may not know every letter
    name, rest = choose_command(args)
    try:
        return COMMANDS[name](rest)
    except KeyboardInterrupt:
        print("\nInterrupted. The same command starts over and mends what was left half done.")
        return 130


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
