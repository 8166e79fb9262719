"""The history of a training: what its entries belong to, and its copies."""

import copy
import pickle

import pytest

import nnhelpers as nn


def test_valid_after():
    history = nn.History(batch_loss=[0.5] * 25, valid_loss=[0.4, 0.3], seconds=[1.0, 1.0])
    history.batches = 10
    assert history.valid_after == [10, 20], "the five of an epoch that was broken off are no matter"
    history.batches = None  # as in files from before this number
    del history.batch_loss[20:]
    assert history.valid_after == [10, 20]
    one = nn.History(batch_loss=[0.5] * 7, valid_loss=[0.4], seconds=[1.0])
    assert one.valid_after == [7] and nn.History().valid_after == []


def test_it_says_what_happened():
    history = nn.History({}, [2.0, 1.0], [0.5, 0.75], [1.5], [0.7], [1.0], "interrupted")
    assert repr(history) == ("History(1 epochs, 2 mini-batches, last cost 1.0000, "
                             "validation accuracy 70.00%, interrupted)")  # fmt: skip


@pytest.mark.parametrize("twin_of", [
    copy.deepcopy, lambda history: pickle.loads(pickle.dumps(history)),
], ids=["deepcopy", "pickle"])  # fmt: skip
def test_python_copies(twin_of):
    data = nn.make_moons(60, noise=0.1, seed=0)
    history = nn.fit(nn.mlp([2, 4, 2]), data, data, optimizer=nn.SGD(0.1), progress=False)
    twin = twin_of(history)
    assert twin == history and twin.valid_after == history.valid_after
    twin.batch_loss.append(0.0)
    twin.settings["lr"] = 0.2
    assert twin != history and history.settings["lr"] == 0.1
