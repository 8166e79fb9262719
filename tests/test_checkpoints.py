"""Save and load: the same bits come back, a kill loses nothing, and what is damaged is noticed."""

import itertools
import json
import os
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from helpers import examples, shaken
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.lib import format as npy
from saved_files import Dense, Nesterov, bits

import nnhelpers as nn
from nnhelpers.files import checkpoints, container, exchange

OLD = Path(__file__).parent / "data"  # files that older versions wrote, with a SHA-256 at the end


@pytest.fixture
def net():
    return shaken(nn.mlp([5, 4, 3], dropout=0.2, batch_norm=True))


@pytest.fixture
def path(tmp_path):
    return tmp_path / "model.npz"


def bytes_of(arrays):
    return {name: nn.asnumpy(array).tobytes() for name, array in arrays.items()}


# ---------------------------------------------------------------- the same bits come back

SIMPLE = st.one_of(
    st.sampled_from([nn.ReLU, nn.Tanh, nn.Sigmoid]).map(lambda kind: kind()),
    st.floats(0.001, 0.999).map(nn.LeakyReLU),
    st.builds(nn.Dropout, st.floats(0, 0.999), st.integers(0, 2**63)),
)
LOSSES = [nn.SoftmaxCrossEntropy, nn.SigmoidCrossEntropy, nn.MeanSquaredError,
          lambda: nn.SoftmaxCrossEntropy(0.1)]  # fmt: skip


@st.composite
def networks(draw):
    widths = draw(st.lists(st.integers(1, 6), min_size=2, max_size=4))
    layers = draw(st.lists(SIMPLE, max_size=1))
    for n_in, n_out in itertools.pairwise(widths):
        init = draw(st.sampled_from(["he", "xavier", "lecun", 0.1, 0, np.float32(0.3)]))
        layers.append(nn.Dense(n_in, n_out, init))
        if draw(st.booleans()):
            layers.append(nn.BatchNorm(n_out, draw(st.floats(0, 0.99)), draw(st.floats(1e-9, 1))))
        layers += draw(st.lists(SIMPLE, max_size=2))
    net = nn.Network(layers, draw(st.sampled_from(LOSSES))())
    net = net.astype(draw(st.sampled_from(["float32", "float64"])))
    rng = np.random.default_rng(draw(st.integers(0, 99)))
    any_bits = rng.integers(0, 256, net.theta.nbytes, "uint8")  # NaN, -0.0, 1e-310
    net.theta[...] = any_bits.view(net.theta.dtype)
    return net


@settings(max_examples=80, deadline=None)
@given(networks())
def test_round_trip_is_bit_exact(tmp_path_factory, net):
    path = tmp_path_factory.getbasetemp() / "round_trip.npz"
    nn.save(net, path)
    again = nn.load(path)
    assert bits(again) == bits(net)
    assert checkpoints.describe(again) == checkpoints.describe(net)
    assert again.grad.dtype == net.theta.dtype and again.theta.flags.writeable
    with np.errstate(all="ignore"):
        X = np.ones((2, net.sizes[0]))
        first = next(layer for layer in net.layers if layer.shapes)
        if getattr(first, "n", net.sizes[0]) == net.sizes[0]:
            assert net.forward(X).tobytes() == again.forward(X).tobytes()
    content = path.read_bytes()
    nn.save(again, path)
    assert path.read_bytes() == content, "the same network is the same file"


def test_a_loaded_network_learns_on_as_the_saved_one_would(net, path):
    nn.save(net, path)
    again = nn.load(path)
    for one in (net, again):
        nn.fit(one, examples(40), optimizer=nn.Adam(0.01), epochs=2, batch_size=8, progress=False)
    assert bits(again) == bits(net)
    assert all(np.shares_memory(array, again.theta)
               for layer in again.layers for array in layer.params.values())  # fmt: skip


def test_the_same_network_is_the_same_file_at_any_time(net, path, monkeypatch):
    nn.save(net, path)
    first = path.read_bytes()
    monkeypatch.setattr(time, "time", lambda: 2e9)
    nn.save(net.copy(), str(path))
    assert path.read_bytes() == first


def test_numpy_reads_the_file_too(net, path):
    nn.save(net, path)
    with np.load(path, allow_pickle=False) as arrays:
        assert np.array_equal(arrays["theta"], net.theta)
        assert np.array_equal(arrays["layers.1.var"], net.layers[1].state["var"])
        assert json.loads(arrays["nnhelpers.json"])["layers"][0] == {
            "class": "Dense", "n_in": 5, "n_out": 4, "init": "he"}  # fmt: skip


@pytest.mark.parametrize("optimizer", [nn.SGD(0.1), nn.Momentum(0.1, 0.8), nn.RMSprop(0.01, 0.7, 1e-6),
                                       nn.Adam(0.01, 0.8, 0.99, 1e-7)])  # fmt: skip
def test_optimizer_and_history(net, optimizer, path):
    history = nn.fit(net, examples(40), examples(20), optimizer=optimizer, epochs=2, batch_size=8,
                     progress=False)  # fmt: skip
    history.batch_loss[1:3] = [float("nan"), float("inf")]
    history.settings["note"] = "η = 0.1, ½"
    history.stopped, history.ended = "diverged at mini-batch 7", "diverged"
    nn.save(net, path, optimizer, history)
    saved = nn.load_training(path)
    assert type(saved.optimizer) is type(optimizer)
    mine, theirs = saved.optimizer.__getstate__().copy(), optimizer.__getstate__().copy()
    assert bytes_of(mine.pop("state")) == bytes_of(theirs.pop("state"))
    assert mine == theirs and mine["t"] == 10
    assert repr(vars(saved.history)) == repr(vars(history)), "each float to the last digit, NaN too"
    assert saved.resume is None


def test_a_new_optimizer_has_no_vectors_yet(net, path):
    nn.save(net, path, optimizer=nn.Adam(0.1))
    assert nn.load_training(path).optimizer.state == {}
    assert nn.load_training(path).history is None


def test_saved_on_one_backend_loaded_on_another(net, path, backend, xp, monkeypatch):
    there = net.to(backend)
    optimizer = nn.Adam(0.1)
    there.loss_and_grad(*map(xp.asarray, examples()))
    optimizer.step(there.theta, there.grad)
    nn.save(there, path, optimizer)
    here = nn.load_training(path)
    assert type(here.net.theta) is np.ndarray and bits(here.net) == bits(there)
    assert bytes_of(here.optimizer.state) == bytes_of(optimizer.state)

    nn.save(here.net, path, here.optimizer)
    monkeypatch.setattr(checkpoints, "default_array_module", lambda: xp)
    back = nn.load_training(path)
    for array in (back.net.theta, back.optimizer.state["s"], back.net.layers[1].state["mean"]):
        assert nn.get_array_module(array) is xp
    assert bits(back.net) == bits(there)
    back.net.loss_and_grad(*map(xp.asarray, examples()))
    back.optimizer.step(back.net.theta, back.net.grad)


def test_a_network_to_keep_takes_half_the_room(net, path):
    nn.save(net, path)
    whole = path.stat().st_size
    nn.save(net.astype("float16"), path)
    assert whole - path.stat().st_size >= 2 * net.theta.size
    back = nn.load(path)
    assert back.theta.dtype == "float16" and np.array_equal(back.theta, net.theta.astype("float16"))
    X = examples()[0]
    assert np.allclose(back.astype("float32").forward(X), net.forward(X), atol=0.02)


# ---------------------------------------------------------------- files of older versions


def test_the_first_files_stay_readable():
    """Format version 1 before it had any addition: no smoothing, no kept average, no batches."""
    saved = nn.load_training(OLD / "version_1.npz")
    assert repr(saved.net) == ("Network([Dense(2, 2), BatchNorm(2), LeakyReLU(0.1), Dropout(0.25), "
                               "Dense(2, 1)], loss=SigmoidCrossEntropy())")  # fmt: skip
    assert np.array_equal(saved.net.theta, np.arange(13) / 8)
    assert saved.net.layers[1].state["mean"].tolist() == [0.5, 0.25]
    assert saved.optimizer.t == 3 and saved.optimizer.state["v"].tolist() == [0.5] * 13
    assert saved.history.batch_loss == [0.1, 0.2] and saved.history.settings == {"lr": 0.1}
    assert saved.history.batches is saved.history.ended is None


def test_files_with_a_checksum_stay_readable():
    net = nn.load(OLD / "all_layers.npz")
    assert repr(net) == (
        "Network([Dense(5, 4), BatchNorm(4), LeakyReLU(0.2), Dropout(0.25), Dense(4, 4), Tanh(), "
        "Dense(4, 4), ReLU(), Dense(4, 3), Sigmoid()], loss=MeanSquaredError())"
    )
    assert net.theta.dtype == "float64" and np.array_equal(net.theta, np.arange(87) / 8)
    assert (net.layers[1].decay, net.layers[1].eps, net.layers[3].seed) == (0.8, 1e-4, 7)
    saved = nn.load_training(OLD / "training.npz")
    assert saved.net.loss_function.smoothing == 0.1 and saved.optimizer.t == 10
    assert sorted(saved.optimizer.state) == ["m", "s"] and saved.kept["average"].shape == (47,)
    assert saved.history.epochs == 2 and saved.history.ended is None
    assert saved.resume["asked"]["after_step"] == ["MaxNorm(2)", "WeightAverage(0.9)"]


# ---------------------------------------------------------------- what cannot be saved


class Hinge(nn.MeanSquaredError):
    pass


class Recurrent(nn.Network):
    pass


def stepped(optimizer, size):
    optimizer.step(np.zeros(size, "float32"), np.ones(size, "float32"))
    return optimizer


def with_state(net):
    net.layers[0].state = {"count": np.zeros(1)}
    return net


@pytest.mark.parametrize("broken, message", [
    (lambda: (nn.Network([Dense(2, 2)], nn.MeanSquaredError()),), "Dense is no layer of the package.*nn.to_arrays"),
    (lambda: (nn.Network([nn.Dense(2, 2)], Hinge()),), "Hinge is no loss of the package"),
    (lambda: (nn.mlp([2, 2]), Nesterov(0.1)), "Nesterov is no optimizer of the package"),
    (lambda: (Recurrent([nn.Dense(2, 2)], nn.MeanSquaredError()),), "expected a Network to save, got Recurrent"),
    (lambda: (nn.mlp([2, 2]).theta,), "expected a Network to save, got ndarray"),
    (lambda: (nn.mlp([2, 2]).astype("complex128"),), "float32 or float64, got complex128"),
    (lambda: (nn.Network([nn.Dense(2, 3), nn.BatchNorm(2)], nn.MeanSquaredError()),),
     "layers.1 .*does not fit after 3 units"),
    (lambda: (nn.mlp([2, 2]), stepped(nn.Adam(0.1), 7)), r"optimizer.m .*shape \(6,\), got .*\(7,\)"),
    (lambda: (nn.mlp([2, 2]), None, nn.History({"note": object()})), "a setting cannot be written"),
    (lambda: (nn.mlp([2, 2]), None, nn.History({"note": "x" * 2**20})), "the description takes"),
    (lambda: (with_state(nn.mlp([2, 2])),), "do not belong to the network: layers.0.count"),
])  # fmt: skip
def test_what_cannot_be_loaded_is_not_written(net, path, broken, message):
    nn.save(net, path)
    before = path.read_bytes()
    with pytest.raises(nn.CheckpointError, match=message):
        thing, *more = broken()
        nn.save(thing, path, *more)
    assert path.read_bytes() == before and os.listdir(path.parent) == [path.name]


def test_impossible_places(net, tmp_path):
    with pytest.raises(FileNotFoundError, match="no folder .*nowhere to write model.npz in"):
        nn.save(net, tmp_path / "nowhere" / "model.npz")
    with pytest.raises(IsADirectoryError, match="got the folder"):
        nn.save(net, tmp_path)
    with pytest.raises(FileNotFoundError, match="there is no file 'missing.npz'.*Paths start at"):
        nn.load("missing.npz")


def test_the_table_knows_the_classes():
    """Each class can be built from its settings, and has the arrays that are foretold."""
    for layer in (nn.Dense(3, 2), nn.BatchNorm(3)):
        dense = [] if isinstance(layer, nn.Dense) else [nn.Dense(3, 3)]
        net = nn.Network([*dense, layer], nn.MeanSquaredError())
        described = {"format": checkpoints.FORMAT, "version": 1, **checkpoints.describe(net)}
        expected = checkpoints.expected_arrays(described)
        assert expected.pop("theta") == (np.float32, net.theta.shape)
        states = exchange.named_arrays(net, "state")
        assert {name: shape for name, (_, shape) in expected.items()} == {
            name: array.shape for name, array in states.items()}  # fmt: skip
    net, average = nn.mlp([3, 2]), nn.WeightAverage()
    average(net)
    assert sorted(average.state) == checkpoints.KEPT
    for kind, names in checkpoints.AVERAGES.items():
        assert sorted(stepped(kind(0.1), 3).state) == names
    assert set(checkpoints.AVERAGES) == set(checkpoints.CLASSES["optimizer"])


# ---------------------------------------------------------------- the old file or the new one


def failing(error):
    def fail(*args, **kwargs):
        raise error

    return fail


@pytest.mark.parametrize("where, what", [(os, "replace"), (os, "fsync"), (npy, "write_array")])
@pytest.mark.parametrize("error", [OSError(28, "No space left on device"), KeyboardInterrupt()])
def test_a_failure_leaves_the_old_file(net, path, monkeypatch, where, what, error):
    nn.save(net, path)
    before = path.read_bytes()
    with monkeypatch.context() as patch:
        patch.setattr(where, what, failing(error))
        with pytest.raises(type(error)):
            nn.save(nn.mlp([3, 2]), path)
    assert path.read_bytes() == before
    assert os.listdir(path.parent) == [path.name], "no temporary file stays"
    nn.save(nn.mlp([3, 2]), path)
    assert nn.load(path).sizes == [3, 2]


def test_the_content_is_on_the_disk_before_the_name_is(net, path, monkeypatch):
    calls = []
    for name in ("fsync", "replace"):
        real = getattr(os, name)
        monkeypatch.setattr(
            os, name, lambda *a, name=name, real=real: (calls.append(name), real(*a))
        )
    nn.save(net, path)
    assert calls == ["fsync", "replace"]


@pytest.mark.skipif(os.name == "nt", reason="links need a privilege on Windows")
def test_a_link_stays_a_link(net, path, tmp_path):
    (tmp_path / "latest.npz").symlink_to(path)
    nn.save(net, tmp_path / "latest.npz")
    assert (tmp_path / "latest.npz").is_symlink() and bits(nn.load(path)) == bits(net)


@pytest.mark.parametrize("times", [1, 3, None])
def test_a_file_that_another_process_reads_at_the_moment(net, path, monkeypatch, times):
    """Windows does not let a file be replaced while it is open elsewhere; None: for ever."""
    nn.save(nn.mlp([3, 2]), path)
    real, pauses = os.replace, []

    def busy(*args):
        if len(pauses) != times:
            raise PermissionError(13, "in use")
        return real(*args)

    monkeypatch.setattr(os, "replace", busy)
    monkeypatch.setattr(container.time, "sleep", pauses.append)
    if times:
        nn.save(net, path)
        assert bits(nn.load(path)) == bits(net)
    else:
        with pytest.raises(PermissionError, match="in use"):
            nn.save(net, path)
        assert nn.load(path).sizes == [3, 2] and 0.5 < sum(pauses) < 1
    assert os.listdir(path.parent) == [path.name]


SAVING = """
import sys, numpy as np, nnhelpers as nn
nets = [nn.mlp([100, 300, 10], seed=seed) for seed in (0, 1)]
while True:
    for net in nets:
        nn.save(net, sys.argv[1])
        print("saved", flush=True)
"""


def test_killed_while_saving(path):
    possible = [nn.mlp([100, 300, 10], seed=seed).theta.tobytes() for seed in (0, 1)]
    rng = np.random.default_rng(0)
    for _ in range(4):
        child = subprocess.Popen([sys.executable, "-c", SAVING, str(path)], text=True,
                                 stdout=subprocess.PIPE)  # fmt: skip
        for _ in range(3):
            child.stdout.readline()
        time.sleep(rng.uniform(0, 0.03))
        child.kill()
        child.communicate()
        assert nn.load(path).theta.tobytes() in possible
