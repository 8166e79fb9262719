"""Where figures are saved, and that want of write access keeps nobody from seeing one."""

import contextlib
import errno
import os
import shutil
import subprocess
import sys
import tempfile
import threading
from pathlib import Path

import pytest

import nnhelpers as nn
from nnhelpers.figures import style

ROOT = Path(__file__).resolve().parent.parent
PNG = b"\x89PNG\r\n\x1a\n"


@pytest.fixture
def history():
    return nn.History({"sizes": [2, 3], "lr": 0.1}, [2.0, 1.0], [0.1, 0.5], seconds=[1.0])


@pytest.fixture
def picture():
    return style.Picture(style.new_figure()[0], "Nothing yet.")


def said(capsys):
    """What was printed, if it is one sentence in one line."""
    out, err = capsys.readouterr()
    assert err == "" and out.count("\n") == 1 and out.endswith(".\n") and out[:-2].count(". ") == 0
    return out


def test_figures_go_to_img_of_the_folder_that_you_work_in(history, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    picture = nn.plot_history(history)
    assert picture.path == tmp_path / "img" / "2-3_epochs1_lr0.1.png"
    assert os.listdir(tmp_path / "img") == [picture.path.name], "and nothing besides"
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize("folder", [".", "notebooks", "nnhelpers/figures"])
def test_of_the_courses_own_folders_img_is_the_courses(folder, monkeypatch):
    monkeypatch.chdir(ROOT / folder)
    assert style.img_folder() == ROOT / "img"


def test_a_folder_beside_the_course_with_a_similar_name_is_another(tmp_path, monkeypatch):
    (tmp_path / "course").mkdir()
    (tmp_path / "course-2").mkdir()
    monkeypatch.setattr(style, "COURSE", tmp_path / "course")
    monkeypatch.chdir(tmp_path / "course-2")
    assert style.img_folder() == tmp_path / "course-2" / "img"


@pytest.mark.parametrize("error, why", [
    (PermissionError(errno.EACCES, "Permission denied"), "Permission denied"),
    (OSError(errno.EROFS, "Read-only file system"), "Read-only file system"),
    (OSError(errno.ENOSPC, "No space left on device"), "No space left on device"),
    (OSError(errno.EDQUOT, "Disk quota exceeded"), "Disk quota exceeded"),
    (OSError("no words from the system"), "no words from the system"),
])  # fmt: skip
@pytest.mark.parametrize("where", ["mkdir", "write_bytes"])
def test_what_cannot_be_saved_is_shown(
    history, tmp_path, monkeypatch, capsys, where, error, why
):  # fmt: skip
    monkeypatch.chdir(tmp_path)

    def fails(self, *args, **options):
        if where == "write_bytes":
            self.touch()  # a full disk leaves a file without content
        raise error

    with monkeypatch.context() as patch:
        patch.setattr(Path, where, fails)
        picture = nn.plot_history(history)
    assert f"shown but not saved, because {tmp_path / 'img'}" in (told := said(capsys))
    assert f"({why})" in told
    assert picture.path is None and picture.png().startswith(PNG)
    assert not list(tmp_path.rglob("*.png")), "no part of a file is left"


def test_a_file_where_the_folder_should_be(history, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "img").write_text("a list of images")
    assert nn.plot_history(history).path is None
    assert "(there is a file of that name)" in said(capsys)
    assert (tmp_path / "img").read_text() == "a list of images"


@pytest.mark.skipif(os.name == "nt", reason="Windows keeps the folder that somebody works in")
def test_a_folder_that_is_gone(history, tmp_path, monkeypatch, capsys):
    (tmp_path / "gone").mkdir()
    monkeypatch.chdir(tmp_path / "gone")
    (tmp_path / "gone").rmdir()
    assert nn.plot_history(history).path is None
    assert "because img/ cannot be written" in said(capsys)


def test_an_old_figure_survives_a_new_one_that_cannot_be_written(picture, tmp_path, monkeypatch):
    path = picture.save("run", tmp_path)
    old = path.read_bytes()

    def full(*args):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "replace", full)
    assert picture.save("run", tmp_path) is None and picture.path is None
    assert path.read_bytes() == old and os.listdir(tmp_path) == ["run.png"]


@pytest.mark.parametrize("name", ["", "...", "///", "-", " "])
def test_a_name_of_which_nothing_is_left(picture, name, tmp_path):
    assert picture.save(name, tmp_path) == tmp_path / "figure.png"


def test_a_name_that_is_too_long(picture, tmp_path, capsys):
    assert picture.save("long" * 100, tmp_path) is None
    assert "too long" in said(capsys) or os.name == "nt"


def test_the_hint_works(history, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "img").touch()
    picture = nn.plot_history(history)
    assert "picture.save(name, folder)" in said(capsys)
    assert picture.save("name", str(tmp_path / "mine")).read_bytes() == picture.png()


def test_many_threads_save_one_figure(picture, tmp_path):
    png = picture.png()
    threads = [threading.Thread(target=picture.save, args=("run", tmp_path)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert os.listdir(tmp_path) == ["run.png"] and (tmp_path / "run.png").read_bytes() == png


# ---------------------------------------------------------------- another user

STUDENT = """
import os, sys
import nnhelpers as nn

history = nn.fit(nn.mlp([2, 3, 2]), nn.make_moons(40), optimizer=nn.SGD(0.1), progress=False)
picture = nn.plot_history(history)
assert picture.path is None and picture.png()
for attempt in (
    lambda: nn.save(nn.mlp([2, 2]), "model.npz"),
    lambda: nn.fit(nn.mlp([2, 2]), nn.make_moons(40), optimizer=nn.SGD(0.1), checkpoint="c.npz"),
    lambda: nn.tune(lambda trial: 1.0, n_trials=1, storage="sqlite:///tuning.db"),
):
    try:
        attempt()
        print("no error")
    except (OSError, ValueError) as error:
        print(error)
from nnhelpers.studies import ladder
sys.exit(ladder.main(["--rung", "tiny", "--quiet", "--results", "results.jsonl"]))
"""


def as_somebody_else(code, folder, **environment):
    """Run Python code in ``folder`` as a user who may write nowhere."""
    user = {}
    if hasattr(os, "geteuid") and os.geteuid() == 0:  # root may write anywhere
        user = {"user": "nobody", "extra_groups": []}
    environment = {**os.environ, "NNHELPERS_BACKEND": "numpy", **environment}
    system = shutil.which("python{}.{}".format(*sys.version_info), path="/usr/local/bin:/usr/bin")
    for python in filter(None, [sys.executable, system]):  # the first may lie in a home folder
        with contextlib.suppress(PermissionError, LookupError):
            return subprocess.run([python, "-c", code], cwd=folder, env=environment,
                                  capture_output=True, text=True, timeout=120, **user)  # fmt: skip
    pytest.skip("no other user can run Python here")


@pytest.mark.skipif(os.name == "nt", reason="a folder cannot be made read-only on Windows")
def test_a_shared_course_folder():
    """As on JupyterHub: the course belongs to somebody else, and there is no home folder."""
    with tempfile.TemporaryDirectory() as place:  # pytest's own no other user can enter
        shared_course_folder(Path(place))


def shared_course_folder(folder):
    course = folder / "course"
    shutil.copytree(ROOT / "nnhelpers", course / "nnhelpers", ignore=lambda *_: ["__pycache__"])
    shutil.copytree(ROOT / "data", course / "data")
    (course / "notebooks").mkdir()
    for path in (folder, *folder.rglob("*")):
        path.chmod(0o555 if path.is_dir() else 0o444)
    path = os.pathsep.join([str(course), *(p for p in sys.path if p.endswith("site-packages"))])
    try:
        done = as_somebody_else(STUDENT, course / "notebooks", PYTHONPATH=path,
                                HOME="/nonexistent", MPLCONFIGDIR="", XDG_CACHE_HOME="",
                                XDG_CONFIG_HOME="")  # fmt: skip
    finally:
        for path in (folder, *folder.rglob("*")):
            path.chmod(path.stat().st_mode | 0o200)
    printed = done.stdout.splitlines()
    assert len(printed) == 4, done.stdout + done.stderr
    assert printed[0].startswith(f"The figure is shown but not saved, because {course / 'img'}")
    assert "model.npz cannot be written in" in printed[1]
    assert "c.npz cannot be written in" in printed[2]
    assert "you must be allowed to write both" in printed[3]
    assert done.returncode == 2 and "results cannot be written to results.jsonl" in done.stderr
    assert done.stderr.count("Matplotlib") == 1 and "mkdir" not in done.stderr
    assert done.stderr.count("\n") == 2, "one sentence each"
