"""The ladder's file of results: whether it can be written is asked before anything is trained."""

import errno
import os

import pytest

import nnhelpers as nn
from nnhelpers.studies import ladder, results


@pytest.fixture
def few(monkeypatch):
    whole = nn.load_mnist()
    splits = (whole.train, whole.valid, whole.test)
    data = type(whole)(*(type(split)(split.X[:200], split.y[:200]) for split in splits))
    monkeypatch.setattr(ladder, "load_mnist", lambda: data)


def command(file):
    return ladder.main(["--rung", "tiny", "--quiet", "--results", str(file)])


def not_writable(monkeypatch, what):
    """As for a user without the right to write, whoever runs the test."""
    if what == "folder":
        monkeypatch.setattr(results.os, "access", lambda *args: False)
    else:

        def denied(*args, **options):
            raise PermissionError(errno.EACCES, "Permission denied", args[0])

        monkeypatch.setattr(results, "open", denied, raising=False)


@pytest.mark.parametrize("what", ["folder", "file"])
def test_a_place_that_cannot_be_written(few, tmp_path, monkeypatch, capsys, what):
    file = tmp_path / "results.jsonl"
    if what == "file":
        file.touch()
    before = os.listdir(tmp_path)
    not_writable(monkeypatch, what)
    monkeypatch.setattr(ladder, "fit", None)  # nothing is trained
    assert command(file) == 2
    told = capsys.readouterr().err
    assert f"Permission denied: results cannot be written to {file}. Try --results" in told
    assert told.count("\n") == 1 and os.listdir(tmp_path) == before


def test_a_file_where_the_folder_should_be(few, tmp_path, capsys):
    (tmp_path / "results").touch()
    assert command(tmp_path / "results" / "results.jsonl") == 2
    assert "results cannot be written to" in capsys.readouterr().err


def test_what_is_recorded_already_needs_no_place(few, tmp_path, monkeypatch, capsys):
    file = tmp_path / "results.jsonl"
    assert command(file) == 0
    not_writable(monkeypatch, "file")
    assert command(file) == 0 and "recorded already" in capsys.readouterr().out


def test_a_disk_that_is_full_at_the_end_keeps_the_checkpoints(few, tmp_path, monkeypatch, capsys):
    file = tmp_path / "results.jsonl"

    def full(fd):
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(results.os, "fsync", full)
        patch.setattr(ladder, "run", lambda *a, **o: (keep(tmp_path), []))
        assert command(file) == 2
    assert (
        f"No space left on device: the result cannot be added to {file}" in capsys.readouterr().err
    )
    assert file.read_bytes() == b"" and (tmp_path / "kept.ckpt.npz").exists()


def keep(folder):
    (folder / "kept.ckpt.npz").touch()
    return {"rung": "tiny", "stopped": None}
