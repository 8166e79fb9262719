"""What a kill leaves beside a model file goes with the next save, and nothing else ever goes."""

import errno
import os
import signal
import subprocess
import sys
import threading
import time

import pytest

import nnhelpers as nn
from nnhelpers.files import container

posix = pytest.mark.skipif(os.name == "nt", reason="Windows keeps open files by itself")


@pytest.fixture
def path(tmp_path):
    return tmp_path / "model.npz"


@pytest.fixture
def net():
    return nn.mlp([2, 3])


def leftover(path, name="0123abcd"):
    place = path.with_name(f".{path.name}.{name}.tmp")
    place.write_bytes(b"the first half of a file")
    return place


SAVING = """
import os, sys, time
import nnhelpers as nn
from nnhelpers.files import container

def stop(*args):
    print("stopped", flush=True)
    sys.stdin.readline()
    return real(*args)

where = sys.argv[2]
if where == "write":
    real, container.npy.write_array = container.npy.write_array, lambda f, a, **k: stop2(f, a, **k)
    def stop2(file, array, **options):
        print("stopped", flush=True)
        sys.stdin.readline()
        return real(file, array, **options)
else:
    real = getattr(os, where)
    setattr(os, where, stop)
nn.save(nn.mlp([4, 5]), sys.argv[1])
print("saved", flush=True)
"""


def saving(path, where):
    """A process that stops in the middle of saving to ``path`` until it is told to go on."""
    process = subprocess.Popen([sys.executable, "-c", SAVING, str(path), where], text=True,
                               stdin=subprocess.PIPE, stdout=subprocess.PIPE)  # fmt: skip
    assert process.stdout.readline() == "stopped\n"
    return process


@pytest.mark.parametrize("where", ["write", "fsync", "replace"])
def test_what_a_kill_leaves_goes_with_the_next_save(path, net, where):
    process = saving(path, where)
    process.kill()
    process.communicate()
    assert len(os.listdir(path.parent)) == 1 and not path.exists()
    if os.name == "nt":  # it might be waiting to be renamed
        old = next(path.parent.iterdir())
        os.utime(old, (time.time() - 100,) * 2)
    nn.save(net, path)
    assert os.listdir(path.parent) == [path.name] and nn.load(path).sizes == [2, 3]


@pytest.mark.parametrize("where", ["write", "fsync", "replace"])
def test_what_another_process_is_writing_stays(path, net, where):
    process = saving(path, where)
    for _ in range(3):
        nn.save(net, path)
        nn.fit(net, nn.make_moons(20)._replace(y=nn.make_moons(20).y), optimizer=nn.SGD(0.1),
               checkpoint=path, resume=False, progress=False)  # fmt: skip
    assert len(list(path.parent.glob(".*.tmp"))) == 1
    while process.poll() is None:
        try:
            process.stdin.write("\n")
            process.stdin.flush()
        except BrokenPipeError:
            break
        time.sleep(0.02)
    assert process.wait(30) == 0
    assert nn.load(path).sizes == [4, 5], "it saved last"
    assert not list(path.parent.glob(".*.tmp"))


def test_only_leftovers_of_this_file_go(path, net):
    mine = leftover(path)
    others = [path.with_name(name) for name in (
        ".model.npz.tmp", ".other.npz.0123abcd.tmp", "model.npz.0123abcd.tmp",
        ".model.npz.0123abcd.tmp.bak", ".model.npz.0123ABCZ.tmp", ".model.npz.0123abcde.tmp",
    )]  # fmt: skip
    for other in others:
        other.touch()
    if os.name == "nt":
        os.utime(mine, (0, 0))
    nn.save(net, path)
    assert not mine.exists() and all(other.exists() for other in others)


@pytest.mark.parametrize("name", ["[ab].npz", "*.npz", "a?.npz", "ä ü.npz"])
def test_a_name_with_signs_that_mean_something_in_a_pattern(tmp_path, net, name):
    if os.name == "nt" and set(name) & set("*?"):
        pytest.skip("no file on Windows has such a name")
    mine, other = leftover(tmp_path / name), leftover(tmp_path / "a.npz")
    os.utime(mine, (0, 0))
    nn.save(net, tmp_path / name)
    assert not mine.exists() and other.exists()


@posix
def test_where_there_are_no_locks_only_what_is_old_goes(path, net, monkeypatch):
    def no_locks(*args):
        raise OSError(errno.ENOTSUP, "Operation not supported")

    monkeypatch.setattr(container.fcntl, "flock", no_locks)
    old, new = leftover(path), leftover(path, "89abcdef")
    os.utime(old, (time.time() - 3700,) * 2)
    nn.save(net, path)
    assert not old.exists() and new.exists() and nn.load(path).sizes == [2, 3]


def test_without_the_module_of_locks(path, net, monkeypatch):
    """As on Windows, where it does not exist."""
    monkeypatch.setattr(container, "fcntl", None)
    old, new = leftover(path), leftover(path, "89abcdef")
    os.utime(old, (time.time() - 70,) * 2)
    nn.save(net, path)
    assert not old.exists() and new.exists() and nn.load(path).sizes == [2, 3]


@posix
def test_a_leftover_that_cannot_be_removed_does_no_harm(path, net, monkeypatch):
    place = path.with_name(f".{path.name}.0123abcd.tmp")
    place.mkdir()  # not even a file
    nn.save(net, path)
    assert place.is_dir() and nn.load(path).sizes == [2, 3]


@posix
def test_a_temporary_file_that_is_taken_for_a_leftover_at_once(path, net, monkeypatch):
    """Between its making and its lock another process can remove it: it is made once more."""
    real, calls = container._lock, []

    def removed_before(file):
        calls.append(file.name)
        if len(calls) == 1:
            os.unlink(file.name)
        return real(file)

    monkeypatch.setattr(container, "_lock", removed_before)
    nn.save(net, path)
    assert len(calls) == 2 and os.listdir(path.parent) == [path.name]
    assert nn.load(path).sizes == [2, 3]


def test_many_that_save_one_file_at_once(path):
    """No save fails, whatever the others remove, and the file is one of theirs."""
    errors = []

    def save(size):
        try:
            for _ in range(20):
                nn.save(nn.mlp([2, size]), path)
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=save, args=(size,)) for size in (2, 3, 4, 5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == [] and nn.load(path).sizes[1] in (2, 3, 4, 5)
    assert os.listdir(path.parent) == [path.name]


@posix
def test_kills_at_random_leave_nothing_for_long(path, net):
    code = "import sys, nnhelpers as nn\nnet = nn.mlp([50, 200, 10])\nprint(flush=True)\n"
    code += "while True:\n    nn.save(net, sys.argv[1])"
    for pause in (0.01, 0.013, 0.017, 0.023):
        process = subprocess.Popen([sys.executable, "-c", code, str(path)], stdout=subprocess.PIPE)
        process.stdout.readline()
        time.sleep(pause)
        process.send_signal(signal.SIGKILL)
        process.communicate()
        nn.save(net, path)
        assert os.listdir(path.parent) == [path.name]


@pytest.mark.parametrize("error, words", [
    (PermissionError(errno.EACCES, "Permission denied"), "Permission denied"),
    (OSError(errno.ENOSPC, "No space left on device"), "No space left on device"),
    (OSError(errno.EROFS, "Read-only file system"), "Read-only file system"),
])  # fmt: skip
def test_a_place_that_cannot_be_written_is_named(path, net, monkeypatch, error, words):
    """Not by the name of the temporary file, which nobody has asked for."""

    def fails(*args):
        raise error

    monkeypatch.setattr(os, "fsync", fails)
    with pytest.raises(type(error)) as caught:
        nn.save(net, path)
    assert str(caught.value).endswith(f"{words}: model.npz cannot be written in {path.parent}")
    assert caught.value.errno == error.errno and not os.listdir(path.parent)
