"""A history in a model file agrees with itself, or is refused before anything relies on it."""

import json
import struct
import time

import numpy as np
import pytest
from helpers import examples
from numpy.lib import format as npy
from saved_files import edit, forge, parts

import nnhelpers as nn
from nnhelpers.files.container import DESCRIPTION, DIRECTORY_LIMIT


@pytest.fixture
def file(tmp_path):
    """Two epochs of five mini-batches, with a validation set."""
    path = tmp_path / "model.npz"
    net = nn.mlp([5, 4, 3])
    nn.fit(net, examples(40), examples(20), optimizer=nn.Adam(0.01), epochs=2, batch_size=8,
           checkpoint=path, progress=False)  # fmt: skip
    return path


def with_lists(path, **lists):
    """Write a file again with other lists in its history, and the lengths that they have."""
    members = parts(path)
    description = json.loads(members[DESCRIPTION])
    for name, values in lists.items():
        description["history"]["lengths"][name] = len(values)
        with open(path, "wb") as file:
            npy.write_array(file, np.array(values, "<f8"), version=(1, 0))
        members[f"history.{name}.npy"] = path.read_bytes()
    members[DESCRIPTION] = json.dumps(description).encode()
    forge(path, members)


def refused(path, sentence):
    for read in (nn.load, nn.load_training):
        with pytest.raises(nn.CheckpointError, match=f"model.npz: expected .*{sentence}"):
            read(path)


NAN = float("nan")


@pytest.mark.parametrize("lists, sentence", [
    ({"batch_loss": [1.0] * 9}, "9 entries in batch_loss and 10 entries in batch_accuracy"),
    ({"batch_accuracy": []}, "10 entries in batch_loss and 0 entries in batch_accuracy"),
    ({"valid_loss": [1.0]}, "1 entries in valid_loss and 2 entries in valid_accuracy"),
    ({"valid_accuracy": []}, "2 entries in valid_loss and 0 entries in valid_accuracy"),
    ({"valid_loss": [1.0] * 3, "valid_accuracy": [1.0] * 3}, "3 .* and 2 entries in seconds"),
    ({"valid_loss": [1.0], "valid_accuracy": [1.0]}, "1 .* and 2 entries in seconds"),
    ({"seconds": []}, "0 entries in seconds"),
    ({"batch_loss": [1.0] * 4, "batch_accuracy": [1.0] * 4}, "4 .* with 5 mini-batches in an epoch"),
    ({"batch_loss": [1.0] * 16, "batch_accuracy": [1.0] * 16}, "16 .* with 5 mini-batches"),
    ({"seconds": [1.0, NAN]}, "times of at least 0 in history.seconds, got nan for epoch 2"),
    ({"seconds": [-1.0, 1.0]}, "times of at least 0 in history.seconds, got -1.0 for epoch 1"),
    ({"seconds": [1.0, np.inf]}, "times of at least 0 in history.seconds, got inf"),
])  # fmt: skip
def test_lists_that_do_not_belong_together(file, lists, sentence):
    with_lists(file, **lists)
    refused(file, sentence)


@pytest.mark.parametrize("lists", [
    {"batch_loss": [1.0] * 13, "batch_accuracy": [1.0] * 13},  # interrupted in the third epoch
    {"batch_loss": [1.0] * 15, "batch_accuracy": [1.0] * 15},  # in its validation
    {"valid_loss": [], "valid_accuracy": []},  # without a validation set
    {"batch_loss": [NAN] * 10, "valid_loss": [np.inf, NAN]},  # diverged
    {"seconds": [0.0, 0.0]},
    {name: [] for name in ("batch_loss", "batch_accuracy", "valid_loss", "valid_accuracy", "seconds")},
])  # fmt: skip
def test_lists_that_a_training_can_leave(file, lists):
    with_lists(file, **lists)
    history = nn.load_training(file).history
    assert all(len(getattr(history, name)) == len(values) for name, values in lists.items())


@pytest.mark.parametrize("setting, value, sentence", [
    ("sizes", "5-4-3", "'sizes' as a list of positive integers"),
    ("sizes", [5, -4, 3], "'sizes' as a list of positive integers"),
    ("sizes", [5.5], "'sizes' as"), ("sizes", [], "'sizes' as"), ("sizes", {"a": 1}, "'sizes' as"),
    ("lr", "fast", "'lr' as a number of at least 0"), ("lr", NAN, "'lr' as .* got nan"),
    ("lr", [0.1], "'lr' as"), ("lr", True, "'lr' as"), ("lr", -1, "'lr' as"),
    ("optimizer", 3, "'optimizer' as a name"), ("optimizer", ["Adam"], "'optimizer' as"),
    ("epochs", NAN, "'epochs' as an integer .* got nan"), ("epochs", "2", "'epochs' as"),
    ("epochs", 2.5, "'epochs' as"), ("epochs", -2, "'epochs' as"), ("epochs", True, "'epochs' as"),
    ("batch_size", NAN, "'batch_size' as a positive integer"), ("batch_size", 0, "'batch_size' as"),
    ("batch_size", -8, "'batch_size' as"), ("batch_size", "8", "'batch_size' as"),
    ("l2", -1, "'l2' as"), ("l2", np.inf, "'l2' as"), ("l2", "none", "'l2' as"),
    ("seed", 1.5, "'seed' as"), ("seed", "0", "'seed' as"), ("seed", NAN, "'seed' as"),
])  # fmt: skip
def test_settings_of_a_wrong_type(file, setting, value, sentence):
    edit(file, lambda description: description["history"]["settings"].update({setting: value}))
    refused(file, sentence)


@pytest.mark.parametrize("batches, sentence", [
    (-5, "'batches' of the history of at least 1, got -5"), (0, "of at least 1, got 0"),
    (NAN, "'batches' as int or nothing .* got nan"), (5.0, "'batches' as int"),
    ("5", "'batches' as int"), (True, "'batches' as int"), (7, "with 7 mini-batches"),
    (10**30, "mini-batches in an epoch"),
])  # fmt: skip
def test_batches_that_cannot_be(file, batches, sentence):
    edit(file, lambda description: description["history"].update(batches=batches))
    refused(file, sentence)


@pytest.mark.parametrize("setting, value", [
    ("lr", 1), ("seed", None), ("note", {"η": [0.1, None]}), ("seed", 2**70), ("l2", 0),
])  # fmt: skip
def test_settings_that_can_be(file, setting, value):
    edit(file, lambda description: description["history"]["settings"].update({setting: value}))
    history = nn.load_training(file).history
    assert history.settings[setting] == value
    assert nn.plot_history(history, save=False) and repr(history)


@pytest.mark.parametrize("history, sentence", [
    (nn.History({}, [1.0], []), "1 entries in batch_loss and 0 entries in batch_accuracy"),
    (nn.History({"lr": "fast"}), "'lr' as a number"),
    (nn.History({}, seconds=[NAN]), "times of at least 0"),
])  # fmt: skip
def test_what_could_not_be_loaded_is_not_written(tmp_path, history, sentence):
    with pytest.raises(nn.CheckpointError, match=sentence):
        nn.save(nn.mlp([2, 2]), tmp_path / "model.npz", history=history)
    assert not list(tmp_path.iterdir())


# ---------------------------------------------------------------- zips with very many members


def central(n, name=b"x" * 8):
    """n entries of a zip's table of contents, all of one member."""
    entry = struct.pack("<4s6H3L5H2L", b"PK\x01\x02", 20, 20, 0, 0, 0, 33, 0, 0, 0, len(name),
                        0, 0, 0, 0, 0, 0)  # fmt: skip
    return (entry + name) * n


@pytest.mark.parametrize("long", [False, True], ids=["32 bits", "64 bits"])
def test_a_million_entries_that_are_really_there(file, long):
    """Refused at once: before the table of contents is read, which takes twelve seconds."""
    first = file.read_bytes()
    first = first[: first.index(b"PK\x01\x02")]
    n = 1_000_000 if long else 60_000
    table = central(n)
    end = b""
    if long:
        end = struct.pack(
            "<4sQ2H2L4Q", b"PK\x06\x06", 44, 45, 45, 0, 0, n, n, len(table), len(first)
        )
        end += struct.pack("<4sLQL", b"PK\x06\x07", 0, len(first) + len(table), 1)
    short = min(n, 2**16 - 1)
    end += struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, short, short, len(table), len(first), 0)
    file.write_bytes(first + table + end)
    began = time.perf_counter()
    refused(file, "|the zip archive has more members")
    assert time.perf_counter() - began < 0.5 and len(table) > DIRECTORY_LIMIT


def test_a_million_entries_in_a_file_of_four_gigabytes(file):
    """A sparse file is large for nothing, and there the long form of the sizes is allowed."""
    n, start = 1_000_000, 2**32
    first = file.read_bytes()
    with open(file, "r+b") as out:
        out.seek(start)
        out.write(central(n))
        out.write(struct.pack("<4sQ2H2L4Q", b"PK\x06\x06", 44, 45, 45, 0, 0, n, n, 54 * n, start))
        out.write(struct.pack("<4sLQL", b"PK\x06\x07", 0, start + 54 * n, 1))
        out.write(
            struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, *[2**16 - 1] * 2, *[2**32 - 1] * 2, 0)
        )
    assert first and file.stat().st_size > start
    began = time.perf_counter()
    with pytest.raises(nn.CheckpointError, match="more members than any network"):
        nn.load(file)
    assert time.perf_counter() - began < 0.5


def test_a_table_of_contents_at_the_limit_is_read_in_no_time(file):
    first = file.read_bytes()
    first = first[: first.index(b"PK\x01\x02")]
    table = central(DIRECTORY_LIMIT // 46 - 1, b"")
    end = struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, 45589, 45589, len(table), len(first), 0)
    file.write_bytes(first + table + end)
    began = time.perf_counter()
    with pytest.raises(nn.CheckpointError):
        nn.load(file)
    assert time.perf_counter() - began < 3
