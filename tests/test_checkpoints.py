"""Save and load: the same bits come back, a kill loses nothing, and a bad file does no harm."""

import base64
import functools
import io
import itertools
import json
import os
import pickle
import re
import signal
import subprocess
import sys
import textwrap
import time
import tracemalloc
import zipfile
import zlib

import numpy as np
import pytest
from helpers import examples, shaken
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.lib import format as npy

import nnhelpers as nn
from nnhelpers.files import checkpoints


@pytest.fixture
def net():
    return shaken(nn.mlp([5, 4, 3], dropout=0.2, batch_norm=True))


@pytest.fixture
def path(tmp_path):
    return tmp_path / "model.npz"


def bits(net):
    """All that a network has learned, as bytes."""
    return {name: (array.dtype.str, array.shape, array.tobytes())
            for name, array in nn.to_arrays(net).items()}  # fmt: skip


def trained(optimizer, epochs=2, **options):
    net = nn.mlp([5, 4, 3], dropout=0.2, batch_norm=True)
    data = examples(40)
    history = nn.fit(net, data, data, optimizer=optimizer, epochs=epochs, batch_size=8,
                     progress=False, **options)  # fmt: skip
    return net, history


# ---------------------------------------------------------------- the same bits come back

SIMPLE = st.one_of(
    st.sampled_from([nn.ReLU, nn.Tanh, nn.Sigmoid]).map(lambda kind: kind()),
    st.floats(0.001, 0.999).map(nn.LeakyReLU),
    st.builds(nn.Dropout, st.floats(0, 0.999), st.integers(0, 2**63)),
)


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
    loss = draw(
        st.sampled_from([nn.SoftmaxCrossEntropy, nn.SigmoidCrossEntropy, nn.MeanSquaredError,
                         lambda: nn.SoftmaxCrossEntropy(0.1)])
    )  # fmt: skip
    net = nn.Network(layers, loss()).astype(draw(st.sampled_from(["float32", "float64"])))
    numbers = np.random.default_rng(draw(st.integers(0, 99))).integers(
        0, 256, net.theta.nbytes, "uint8"
    )
    net.theta[...] = numbers.view(net.theta.dtype)  # any bits at all: NaN, -0.0, 1e-310
    return net


@settings(max_examples=100, deadline=None)
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


def test_a_loaded_network_learns_on_as_the_saved_one_would(path):
    net, _ = trained(nn.Adam(0.01))
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
def test_optimizer_and_history(optimizer, path):
    net, history = trained(optimizer)
    history.batch_loss[1:3] = [float("nan"), float("inf")]
    history.settings["note"] = "η = 0.1, ½"
    nn.save(net, path, optimizer, history)
    saved = nn.load_training(path)
    assert type(saved.optimizer) is type(optimizer)
    mine, theirs = vars(saved.optimizer).copy(), vars(optimizer).copy()
    mine_state, theirs_state = mine.pop("state"), theirs.pop("state")
    assert mine == theirs and mine["t"] == 10
    assert {name: vector.tobytes() for name, vector in mine_state.items()} == {
        name: vector.tobytes() for name, vector in theirs_state.items()}  # fmt: skip
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
    assert here.optimizer.state["m"].tobytes() == nn.asnumpy(optimizer.state["m"]).tobytes()

    nn.save(here.net, path, here.optimizer)
    monkeypatch.setattr(checkpoints, "default_array_module", lambda: xp)
    back = nn.load_training(path)
    assert nn.get_array_module(back.net.theta) is xp
    assert nn.get_array_module(back.optimizer.state["s"]) is xp
    assert nn.get_array_module(back.net.layers[1].state["mean"]) is xp
    assert bits(back.net) == bits(there)
    back.net.loss_and_grad(*map(xp.asarray, examples()))
    back.optimizer.step(back.net.theta, back.net.grad)


# A file of format version 1, compressed: whatever changes in the package, it must stay readable.
VERSION_1 = """
eNrNVs1rE0EU3zZtbXPwswgWD+uCRCGG3U2TNkWaWqsW+kFRimgpdbIzadZudpfdTTTWQryIJykKguJB0LMo6MFbr97EgydB
/wRB8CTom/3IJpMmoinSDY+defvem9/vzbw3WZiJ9Axy3nOM+3nw88SZCMdR2QsaXS8QzSSWnbhuG/p6lBfyhlVEjjDGC7Vv
vE6cG4a1JsThexkUqqGDgUSnmpqzkFWh9mJCSoiuDXYqJqGqvGYgJym7Sg1VwBW0S1Geh5V4XlA0ZFONMEV0m1ArUOorKo0u
BzOj5IRTVVddbAUiwHwj3hxqEjlKYR5IBOFCZ0wURJGKiYynICZ1kcgpMdUi2ixBa5WLZHbRj2ZrhssMuLbwmLIMk0L27E3X
Vk753oRgULRa7M9ZkBqzcBOVVWK5mYjyy26SDTcUDRzGvaSuFg0Vn7Xg4zndAYAV8KEIBMN01KJ6C4L4TlZJI/64LsKcUSS6
UwpyqlleCrxZjjjIy2rAS6Doku6oTBTHqG07zCnaZX/1gmrDx0qwtk0cR9VX7dr6wTq1uGBumm4O9ZKmuSqN6KtOIfTJ0f1f
8fPgp8/TIUUpWUiphPoy0lQc2Ir1ujpbMdg7xdCxe168fLsMLGKXisTHE91YaCi2YuTO6zcwojIA4hQgUwndrDycX5xbuNLF
lbn1GCa2YsXG+Njp/HAszseg/hwLwYZbmFD9eaTZBPR2AZkE5iekZPxknN/g//2J+gjHOa4KsgXCZTmOB5kAuQZSBdkEeQby
CmQr20hNHjpeugcjKgdAvOKGBlAkSO+YotwpQ5cipTHeCPv2+IOjAez99bDLyNodqKtu8htRf0z+KATnaB9IrWgT5V1ymrJ/
K40En3NfXm7CiMphEL8vJMJabsNz9H9tzpPH9HmX9d7vGQ5PL3fPBhyGmjgE/WQ38PAQf816728Mj/T0kl2FUZXZi7BXdsxB
7JxDa8xDTZh3LPc7jvvI95XJoB0dqsPt3zUdA5Z26rB8gEPS1T0Yaf1HMnhedHFNfytZX/ZeDH2LkbpbknVj75zQbbpnmxuI
dWd7f+j+q6f5JmC92R4cer/tberIrDPb30LnR32tuh0bg+0vYYyre9p1GzYOW99hHKG/VbW3i9GI5VN/u+pj47DnP4xzf2Db
aliY6e2jBlH43e3muAtwPie49EhqRBrBSYxFnEOpPMGylEtLKQmnh4ksp0RZFLGUE4fTSESiMqqIOJMR5UwqhYk8Kim/Af7Z
5A8=
"""


def test_files_of_version_1_stay_readable(path):
    path.write_bytes(zlib.decompress(base64.b64decode(VERSION_1)))
    saved = nn.load_training(path)
    assert repr(saved.net) == ("Network([Dense(2, 2), BatchNorm(2), LeakyReLU(0.1), Dropout(0.25), "
                               "Dense(2, 1)], loss=SigmoidCrossEntropy())")  # fmt: skip
    assert np.array_equal(saved.net.theta, np.arange(13) / 8)
    assert saved.net.layers[1].state["mean"].tolist() == [0.5, 0.25]
    assert saved.optimizer.t == 3 and saved.optimizer.state["v"].tolist() == [0.5] * 13
    assert saved.history.batch_loss == [0.1, 0.2] and saved.history.settings == {"lr": 0.1}


# ---------------------------------------------------------------- what cannot be saved


class Dense(nn.Dense):
    """A student's own layer, with a name that the package has too."""


class Nesterov(nn.Momentum):
    pass


class Hinge(nn.MeanSquaredError):
    pass


class Recurrent(nn.Network):
    pass


@pytest.mark.parametrize("broken, message", [
    (lambda: (nn.Network([Dense(2, 2)], nn.MeanSquaredError()),), "Dense is no layer of the package.*nn.to_arrays"),
    (lambda: (nn.Network([nn.Dense(2, 2)], Hinge()),), "Hinge is no loss of the package"),
    (lambda: (nn.mlp([2, 2]), Nesterov(0.1)), "Nesterov is no optimizer of the package"),
    (lambda: (Recurrent([nn.Dense(2, 2)], nn.MeanSquaredError()),), "expected a Network to save, got Recurrent"),
    (lambda: (nn.mlp([2, 2]).theta,), "expected a Network to save, got ndarray"),
    (lambda: (nn.mlp([2, 2]).astype("complex128"),), "float32 or float64, got complex128"),
    (lambda: (nn.Network([nn.Dense(2, 3), nn.BatchNorm(2)], nn.MeanSquaredError()),),
     "layers.1 .*does not fit behind 3 units"),
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


def stepped(optimizer, size):
    optimizer.step(np.zeros(size, "float32"), np.ones(size, "float32"))
    return optimizer


def with_state(net):
    net.layers[0].state = {"count": np.zeros(1)}
    return net


def test_impossible_places(net, tmp_path):
    with pytest.raises(FileNotFoundError, match="no folder .*nowhere to write model.npz in"):
        nn.save(net, tmp_path / "nowhere" / "model.npz")
    with pytest.raises(IsADirectoryError, match="got the folder"):
        nn.save(net, tmp_path)
    with pytest.raises(FileNotFoundError, match="there is no file 'missing.npz'.*Paths start at"):
        nn.load("missing.npz")


# ---------------------------------------------------------------- the old file or the new one


def fail(error):
    def failing(*args, **kwargs):
        raise error

    return failing


@pytest.mark.parametrize("where, what", [(os, "replace"), (os, "fsync"), (npy, "write_array"),
                                         (checkpoints, "_sha256")])  # fmt: skip
@pytest.mark.parametrize("error", [OSError(28, "No space left on device"), KeyboardInterrupt()])
def test_a_failure_leaves_the_old_file(net, path, monkeypatch, where, what, error):
    nn.save(net, path)
    before = path.read_bytes()
    with monkeypatch.context() as patch:
        patch.setattr(where, what, fail(error))
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
    assert calls[:2] == ["fsync", "replace"]


@pytest.mark.skipif(os.name == "nt", reason="links need a privilege on Windows")
def test_a_link_stays_a_link(net, path, tmp_path):
    (tmp_path / "latest.npz").symlink_to(path)
    nn.save(net, tmp_path / "latest.npz")
    assert (tmp_path / "latest.npz").is_symlink() and bits(nn.load(path)) == bits(net)


SIGKILL = getattr(signal, "SIGKILL", signal.SIGTERM)  # on Windows SIGTERM cannot be caught either

SAVING = """
    import sys, numpy as np, nnhelpers as nn
    nets = [nn.mlp([100, 300, 10], seed=seed) for seed in (0, 1)]
    while True:
        for net in nets:
            nn.save(net, sys.argv[1])
            print("saved", flush=True)
"""


def start(code, *arguments, **options):
    environment = {**os.environ, "NNHELPERS_BACKEND": "numpy"}
    return subprocess.Popen([sys.executable, "-c", textwrap.dedent(code), *map(str, arguments)],
                            env=environment, text=True, **options)  # fmt: skip


def test_killed_while_saving(path):
    possible = [nn.mlp([100, 300, 10], seed=seed).theta.tobytes() for seed in (0, 1)]
    rng = np.random.default_rng(0)
    for _ in range(6):
        child = start(SAVING, path, stdout=subprocess.PIPE)
        for _ in range(3):
            child.stdout.readline()
        time.sleep(rng.uniform(0, 0.03))
        child.kill()
        child.communicate()
        assert nn.load(path).theta.tobytes() in possible


# ---------------------------------------------------------------- bad files


def parts(path):
    """The members of a file as {name: bytes}."""
    with zipfile.ZipFile(path) as archive:
        return {info.filename: archive.read(info) for info in archive.infolist()}


def forge(path, members, compress=zipfile.ZIP_STORED):
    """Write a zip of (name, bytes) pairs with the right checksum, as a hostile hand can."""
    with zipfile.ZipFile(path, "w", compress) as archive:
        for name, data in members.items() if isinstance(members, dict) else members:
            info = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
            stored = name == checkpoints.DESCRIPTION
            archive.writestr(info, data, zipfile.ZIP_STORED if stored else compress)
        archive.comment = b"0" * checkpoints.DIGEST
    sign(path, path.read_bytes())


def sign(path, content):
    n = len(content) - checkpoints.DIGEST
    path.write_bytes(content[:n] + checkpoints._sha256(io.BytesIO(content), n))


def edited(path, change):
    """Change the description of a file; the checksum is right again."""
    members = parts(path)
    description = json.loads(members[checkpoints.DESCRIPTION])
    change(description)
    members[checkpoints.DESCRIPTION] = json.dumps(description).encode()
    forge(path, members)


def as_npy(array, **options):
    file = io.BytesIO()
    npy.write_array(file, array, version=(1, 0), **options)
    return file.getvalue()


@pytest.fixture
def file(path):
    """A file with all that there can be."""
    trained(nn.Adam(0.01), checkpoint=path)
    return path


def test_what_forge_writes_is_what_save_writes(file):
    before = nn.load(file)
    forge(file, parts(file))
    assert bits(nn.load(file)) == bits(before)


def test_every_flipped_byte_is_noticed(file):
    content = file.read_bytes()
    rng = np.random.default_rng(0)
    for position in [0, 3, len(content) - 1, *rng.integers(len(content), size=200)]:
        spoiled = bytearray(content)
        spoiled[position] ^= 1 << int(rng.integers(8))
        file.write_bytes(spoiled)
        with pytest.raises(nn.CheckpointError):
            nn.load(file)


def test_every_truncation_is_noticed(file):
    content = file.read_bytes()
    cuts = [0, 1, 4, 30, 43, 44, 45, len(content) - 1, len(content) - 64, len(content) - 65]
    for size in [*cuts, *np.random.default_rng(0).integers(len(content), size=50)]:
        file.write_bytes(content[:size])
        with pytest.raises(
            nn.CheckpointError, match="incomplete|expected a file written by nn.save"
        ):
            nn.load(file)
    file.write_bytes(content + b"\0")
    with pytest.raises(nn.CheckpointError):
        nn.load(file)


def test_flipped_bytes_behind_a_right_checksum_do_no_harm(file):
    """Whoever flips them on purpose gets an error or other numbers, never a crash or much memory."""
    content = file.read_bytes()
    rng = np.random.default_rng(1)
    end = len(content) - checkpoints.DIGEST
    refused = 0
    tracemalloc.start()
    for _ in range(400):
        spoiled = bytearray(content)
        spoiled[rng.integers(end)] = int(rng.integers(256))
        sign(file, bytes(spoiled))
        try:
            nn.load_training(file)
        except nn.CheckpointError:
            refused += 1
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert refused > 50
    assert peak < 5e6


@pytest.mark.parametrize("content, message", [
    (b"", "got an empty file"),
    (b"\x89PNG\r\n\x1a\n" + bytes(100), r"got a file that starts with b'\\x89PNG"),
    (pickle.dumps({"theta": np.zeros(3)}), "got a file that starts with"),
    (as_npy(np.zeros(3)), "got a file that starts with"),
    ("Weights: 1, 2, 3".encode("utf-16"), "got a file that starts with"),
])  # fmt: skip
def test_foreign_files(path, content, message):
    path.write_bytes(content)
    with pytest.raises(
        nn.CheckpointError,
        match=f"^{re.escape(str(path))}: expected a file written by nn.save, {message}",
    ):
        nn.load(path)


def test_another_npz(path):
    np.savez(path, theta=np.zeros(3))
    with pytest.raises(nn.CheckpointError, match="got another zip archive.*nn.from_arrays"):
        nn.load(path)


def set_in(*keys_and_value):
    *keys, last, value = keys_and_value

    def change(description):
        for key in keys:
            description = description[key]
        description[last] = value

    return change


HUGE = 10**9


@pytest.mark.parametrize("change, message", [
    (set_in("version", 2), "format version 1, got version 2, written by nnhelpers '.*': update the package"),
    (set_in("version", 0), "format version 1, got version 0"),
    (set_in("version", "1"), "expected 'version' as int"),
    (set_in("format", "another"), "expected the format 'nnhelpers network'"),
    (set_in("dtype", "float16"), "expected theta as float16"),
    (set_in("dtype", "bfloat16"), "float32 or float64, got 'bfloat16'"),
    (set_in("dtype", "float64"), "expected theta as float64"),
    (set_in("dtype", "O"), "float32 or float64, got 'O'"),
    (set_in("layers", "Dense"), "expected 'layers' as list"),
    (set_in("layers", []), "at least one Dense"),
    (set_in("layers", 0, "eval"), "expected as layer one of Dense, "),
    (set_in("layers", 0, {"class": "Network"}), "expected as layer one of Dense, "),
    (set_in("layers", 0, {"class": ["Dense"]}), "expected as layer one of Dense, "),
    (set_in("layers", 0, "class", "os.system"), "expected as layer one of Dense, "),
    (set_in("layers", 0, "class", "__class__"), "expected as layer one of Dense, "),
    (set_in("layers", 0, "class", "ReLU"), r"expected ReLU with \(\)"),
    (set_in("layers", 0, "shell", "rm"), r"expected Dense with \('n_in'"),
    (set_in("layers", 0, "n_in", True), "another n_in than True"),
    (set_in("layers", 0, "n_in", 5.0), "another n_in than 5.0"),
    (set_in("layers", 0, "n_in", None), "another n_in than None"),
    (set_in("layers", 0, "n_in", 6), r"expected theta as float32 of shape \(51,\).* got float32 of shape \(47,\)"),
    (set_in("layers", 0, "n_in", -5), "does not fit"),
    (set_in("layers", 0, "n_in", HUGE), r"expected theta as float32 of shape \(4000000027,\)"),
    (set_in("layers", 0, "n_in", 10**400), "expected theta as float32 of shape"),
    (set_in("layers", 0, "n_out", 6), r"layers.1 .* does not fit behind 6 units"),
    (set_in("layers", 0, "init", "zeros"), "unknown init 'zeros'"),
    (set_in("layers", 0, "init", ["he"]), "another init"),
    (set_in("layers", 1, "n", HUGE), "does not fit"),
    (set_in("layers", 1, "eps", -1), "eps above 0"),
    (set_in("layers", 1, "decay", "0.9"), "another decay than 0.9"),
    (set_in("layers", 3, "p", 1.5), "Dropout expected p from 0 up to 1"),
    (set_in("layers", 3, "p", 10**400), "Dropout expected p from 0 up to 1"),
    (set_in("layers", 1, "eps", 10**400), "too large"),
    (set_in("layers", 3, "seed", "x"), "another seed than x"),
    (set_in("loss", None), "expected 'loss' as dict"),
    (set_in("loss", "class", "Dense"), "expected as loss one of Softmax"),
    (set_in("loss", "smoothing", 1.5), "smoothing from 0 up to 1"),
    (set_in("loss", "smoothing", "0.1"), "another smoothing than 0.1"),
    (set_in("loss", "spice", 1), r"expected SoftmaxCrossEntropy with \('smoothing',\)"),
    (set_in("kept", ["average"]), "expected the members"),
    (set_in("kept", ["theta"]), r"expected \['average'\] or nothing as what is kept"),
    (set_in("kept", {}), "expected 'kept' as list or nothing"),
    (set_in("optimizer", "rule", "class", "Nesterov"), "expected as optimizer one of SGD"),
    (set_in("optimizer", "rule", "lr", -1), "learning rate above 0"),
    (set_in("optimizer", "t", -1), "no steps and vectors of Adam"),
    (set_in("optimizer", "t", 1.5), "expected 't' as int"),
    (set_in("optimizer", "vectors", ["m"]), "no steps and vectors of Adam"),
    (set_in("optimizer", "vectors", []), "expected the members"),
    (set_in("optimizer", None), "expected the members"),
    (set_in("history", "lengths", "seconds", HUGE), "expected history.seconds as float64"),
    (set_in("history", "lengths", "seconds", -1), "expected history.seconds as float64"),
    (set_in("history", "lengths", None), "expected 'lengths' as dict"),
    (set_in("history", "settings", []), "expected 'settings' as dict"),
    (set_in("history", None), "expected the members"),
    (set_in("resume", []), "expected 'resume' as dict or nothing"),
    (set_in("resume", "asked", 3), "expected 'asked' as dict"),
])  # fmt: skip
def test_descriptions_that_lie(file, change, message):
    edited(file, change)
    with pytest.raises(nn.CheckpointError, match=f"^{re.escape(str(file))}: .*{message}"):
        load_in_little_memory(file)


def load_in_little_memory(file):
    tracemalloc.start()
    try:
        nn.load(file)
    finally:
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert peak < 3e6, f"{peak:,} bytes for a bad file"


def test_a_batch_norm_that_is_huge_alone(path):
    """Nothing in front of it says how wide it may be, and its constructor makes arrays."""
    nn.save(nn.Network([nn.BatchNorm(2), nn.Dense(2, 2)], nn.MeanSquaredError()), path)

    def change(description):
        description["layers"][0]["n"] = description["layers"][1]["n_in"] = HUGE

    edited(path, change)
    with pytest.raises(nn.CheckpointError, match="expected theta as float32 of shape"):
        load_in_little_memory(path)


def with_header(**changes):
    """The theta of the file with another .npy header; the numbers stay."""
    header = {"descr": "<f4", "fortran_order": False, "shape": (47,), **changes}
    file = io.BytesIO()
    npy.write_array_header_1_0(file, header)
    return file.getvalue() + bytes(47 * 4)


def executed():
    pytest.fail("something in a file was executed")


class Evil:
    """Whoever unpickles it calls a function of its choice."""

    def __reduce__(self):
        return executed, ()


@pytest.mark.parametrize("theta, message", [
    (as_npy(np.array([Evil()] * 47, dtype=object), allow_pickle=True), "got object of shape"),
    (pickle.dumps(Evil()), "theta cannot be read"),
    (b"", "theta cannot be read"),
    (b"\x93NUMPY\x01\x00\xff\xff{", "theta cannot be read"),
    (b"\x93NUMPY\x01\x00\x76\x00" + b"(" * 117 + b"\n", "theta cannot be read"),
    (b"\x93NUMPY\x01\x00\x76\x00" + b"__import__('os').system('ls')".ljust(117) + b"\n", "theta cannot be read"),
    (with_header(shape=(HUGE,)), r"got float32 of shape \(1000000000,\)"),
    (with_header(shape=(HUGE, HUGE)), "got float32 of shape"),
    (with_header(shape=(-47,)), "theta"),
    (with_header(shape=(47, 1)), r"got float32 of shape \(47, 1\)"),
    (with_header(descr="<f8"), "got float64"),
    (with_header(descr=">f4"), "got >f4"),
    (with_header(descr="<i4"), "got int32"),
    (with_header(descr="|O"), "got object"),
    (with_header(descr=[("a", "<f4")]), r"got \[\('a', '<f4'\)\]"),
    (with_header() + b"\0", "expected theta with 47 numbers"),
    (with_header()[:-4], "expected theta with 47 numbers"),
])  # fmt: skip
def test_arrays_that_lie(file, theta, message):
    forge(file, {**parts(file), "theta.npy": theta})
    with pytest.raises(nn.CheckpointError, match=message):
        load_in_little_memory(file)


@pytest.mark.parametrize("name", ["../../evil.npy", "/etc/evil.npy", "C:\\evil.npy", "evil.py",
                                  "layers.0.W.npy", "é.npy", "theta.npy/"])  # fmt: skip
def test_unexpected_members(file, name):
    members = parts(file)
    forge(file, {**members, name: b""})
    with pytest.raises(nn.CheckpointError, match="expected the members"):
        nn.load(file)
    forge(file, {name if old == "theta.npy" else old: data for old, data in members.items()})
    with pytest.raises(nn.CheckpointError, match="expected the members"):
        nn.load(file)


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_members_missing_twice_or_out_of_order(file):
    members = parts(file)
    for number, name in enumerate(members):
        forge(file, {other: data for other, data in members.items() if other != name})
        with pytest.raises(nn.CheckpointError):
            nn.load(file)
        forge(file, [*members.items(), (name, members[name])])
        with pytest.raises(nn.CheckpointError, match="expected the members"):
            nn.load(file)
        if number > 1:
            theta = members["theta.npy"]
            forge(
                file, {**{k: v for k, v in members.items() if k != "theta.npy"}, "theta.npy": theta}
            )
            with pytest.raises(nn.CheckpointError, match="expected the members"):
                nn.load(file)


def test_a_compressed_bomb(file):
    forge(file, {**parts(file), "theta.npy": bytes(10**8)}, zipfile.ZIP_DEFLATED)
    assert file.stat().st_size < 2e5
    with pytest.raises(nn.CheckpointError, match="expected no compressed member"):
        load_in_little_memory(file)


def test_a_size_that_the_file_does_not_have(file):
    """The table of contents says 4 GB, both compressed and not."""
    content = bytearray(file.read_bytes())
    entry = content.rindex(b"PK\x01\x02", 0, content.rindex(b"theta.npy"))
    content[entry + 20 : entry + 28] = b"\xf0\xff\xff\xff" * 2
    sign(file, bytes(content))
    with pytest.raises(nn.CheckpointError, match="more than the file has"):
        load_in_little_memory(file)


@pytest.mark.parametrize("text, message", [
    (b"{", "not readable"), (b"\xff\xfe", "not readable"), (b"[]", "expected the format"),
    (b"[" * 100_000, "not readable"), (b"1" * 10_000, "not readable"), (b"{}", "expected the format"),
    (b" " * (2**20 + 1), "expected at most 1,048,576 bytes"),
])  # fmt: skip
def test_texts_that_are_no_description(file, text, message):
    forge(file, {**parts(file), checkpoints.DESCRIPTION: text})
    with pytest.raises(nn.CheckpointError, match=message):
        nn.load(file)


def test_a_description_alone(file):
    forge(file, {checkpoints.DESCRIPTION: parts(file)[checkpoints.DESCRIPTION]})
    with pytest.raises(nn.CheckpointError, match="expected the members .* got 1"):
        nn.load(file)


def test_the_tables_know_the_classes():
    """Each class in a table can be built from its settings, and has the arrays that are foretold."""
    for layer in (nn.Dense(3, 2), nn.BatchNorm(3)):
        dense = [] if isinstance(layer, nn.Dense) else [nn.Dense(3, 3)]
        net = nn.Network([*dense, layer], nn.MeanSquaredError())
        described = {**checkpoints.describe(net), "history": None, "resume": None}
        expected = checkpoints.expected_arrays(described)
        assert expected.pop("theta") == (np.float32, net.theta.shape)
        states = checkpoints.named_arrays(net, "state")
        assert {name: shape for name, (_, shape) in expected.items()} == {
            name: array.shape for name, array in states.items()}  # fmt: skip
    net, average = nn.mlp([3, 2]), nn.WeightAverage()
    average(net)
    assert sorted(average.state) == checkpoints.KEPT
    for kind, names in checkpoints.MOVING_AVERAGES.items():
        assert sorted(stepped(kind(0.1), 3).state) == names


# ---------------------------------------------------------------- a training goes on

TRAINING = """
    import os, signal, sys
    import numpy as np
    import nnhelpers as nn
    from nnhelpers.files import checkpoints

    path, out, epochs, kill_at, where = *sys.argv[1:3], *map(int, sys.argv[3:5]), sys.argv[5]
    count = 0

    def deadly(function):
        def wrapped(*args, **kwargs):
            global count
            count += 1
            if count == kill_at:
                os.kill(os.getpid(), getattr(signal, "SIGKILL", signal.SIGTERM))
            return function(*args, **kwargs)
        return wrapped

    if where == "batch":
        nn.Network.forward_backward = deadly(nn.Network.forward_backward)
    elif where == "replace":
        os.replace = deadly(os.replace)
    elif where == "write":
        checkpoints.npy.write_array = deadly(checkpoints.npy.write_array)

    X, y = nn.make_moons(200, noise=0.2, seed=0)
    net = nn.mlp([2, 16, 16, 2], dropout=0.2, batch_norm=True, loss=nn.SoftmaxCrossEntropy(0.1))
    optimizer, average = nn.Adam(0.01), nn.WeightAverage(0.9)
    history = nn.fit(net, (X, y), (X[:50], y[:50]), optimizer=optimizer, epochs=epochs, batch_size=20,
                     l2=1e-3, seed=3, schedule=nn.one_cycle(), checkpoint=path, resume=True,
                     augment=nn.Noise(0.05), after_step=[nn.MaxNorm(2), average], progress=False)
    nn.save_training(nn.Checkpoint(net, optimizer, history, kept=average.state), out)
"""


def run_training(path, out, epochs=5, kill_at=0, where=""):
    return start(TRAINING, path, out, epochs, kill_at, where).wait()


def same_training(one, two):
    one, two = nn.load_training(one), nn.load_training(two)
    assert bits(one.net) == bits(two.net)
    assert checkpoints.describe(one.net) == checkpoints.describe(two.net), "masks' seeds too"
    assert one.optimizer.t == two.optimizer.t
    assert {name: vector.tobytes() for name, vector in one.optimizer.state.items()} == {
        name: vector.tobytes() for name, vector in two.optimizer.state.items()}  # fmt: skip
    assert one.kept["average"].tobytes() == two.kept["average"].tobytes()
    mine, theirs = vars(one.history), vars(two.history)
    assert len(mine.pop("seconds")) == len(theirs.pop("seconds"))
    assert mine == theirs


@pytest.fixture(scope="module")
def left_alone(tmp_path_factory):
    folder = tmp_path_factory.mktemp("left_alone")
    assert run_training(folder / "checkpoint.npz", folder / "end.npz") == 0
    return folder / "end.npz"


@pytest.mark.parametrize("kill_at, where, finished", [
    (4, "batch", 0), (11, "batch", 1), (37, "batch", 3), (50, "batch", 4),
    (4, "replace", 2), (20, "write", 0), (30, "write", 1),
])  # fmt: skip
def test_killed_and_resumed_ends_with_the_same_bits(left_alone, tmp_path, kill_at, where, finished):
    checkpoint, out = tmp_path / "checkpoint.npz", tmp_path / "end.npz"
    assert run_training(checkpoint, out, kill_at=kill_at, where=where) in (-SIGKILL, SIGKILL)
    assert not out.exists()
    assert nn.load_training(checkpoint).history.epochs == finished
    assert run_training(checkpoint, out) == 0
    same_training(out, left_alone)
    same_training(checkpoint, left_alone)
    assert sorted(os.listdir(tmp_path)) == ["checkpoint.npz", "end.npz"], "leftovers are removed"


def test_killed_at_any_time_again_and_again(left_alone, tmp_path):
    checkpoint, out = tmp_path / "checkpoint.npz", tmp_path / "end.npz"
    rng = np.random.default_rng(0)
    for _ in range(3):
        before = checkpoint.read_bytes() if checkpoint.exists() else None
        child = start(TRAINING, checkpoint, out, 5, 0, "")
        while child.poll() is None and (
            not checkpoint.exists() or checkpoint.read_bytes() == before
        ):
            time.sleep(0.001)
        time.sleep(rng.uniform(0, 0.005))
        child.kill()
        child.wait()
    assert run_training(checkpoint, out) == 0
    same_training(out, left_alone)


def fit(path, net=None, optimizer=None, data=None, **options):
    net = net or nn.mlp([5, 4, 3], dropout=0.2, batch_norm=True)
    data = data or (examples(40), examples(20))
    options = {"epochs": 3, "batch_size": 8, "checkpoint": path, "resume": True, **options}
    optimizer = optimizer or nn.Adam(0.01)
    return net, optimizer, nn.fit(net, *data, optimizer=optimizer, progress=False, **options)


def test_a_finished_training_returns_its_history(path):
    net, optimizer, history = fit(path)
    before = path.read_bytes()
    for epochs in (3, 2):
        again, its_optimizer, its_history = fit(path, epochs=epochs)
        assert bits(again) == bits(net)
        assert checkpoints.describe(again, its_optimizer) == checkpoints.describe(net, optimizer)
        assert its_history == history, "seconds included: nothing was computed"
        assert path.read_bytes() == before


def test_more_epochs_than_before(path):
    fit(path)
    net, _, history = fit(path, epochs=5)
    whole, _, its_history = fit(None, epochs=5, resume=False)
    assert bits(net) == bits(whole) and history.batch_loss == its_history.batch_loss
    assert history.settings == its_history.settings and history.epochs == 5


def test_a_checkpoint_changes_nothing(path):
    net, optimizer, history = fit(path)
    bare, its_optimizer, its_history = fit(None, resume=False)
    assert bits(net) == bits(bare) and history.batch_loss == its_history.batch_loss
    saved = nn.load_training(path)
    assert bits(saved.net) == bits(net) and saved.history == history


def test_resume_of_a_training_from_before_smoothing_and_functions(path):
    """What older files do not name is what was not there."""
    fit(path, epochs=1)
    asked = checkpoints.load_training(path).resume["asked"]
    assert {name: asked[name] for name in ("smoothing", "augment", "after_step")} == dict.fromkeys(
        ("smoothing", "augment", "after_step")
    )

    def forget(description):
        for name in ("smoothing", "augment", "after_step"):
            del description["resume"]["asked"][name]
        assert "smoothing" not in description["loss"] and "kept" not in description

    edited(path, forget)
    net, _, _ = fit(path)
    whole, _, _ = fit(None, resume=False)
    assert bits(net) == bits(whole)


def test_without_resume_a_training_starts_afresh(path):
    net, _, _ = fit(path)
    again, _, _ = fit(path, resume=False, epochs=1)
    assert nn.load_training(path).history.epochs == 1 and bits(nn.load(path)) == bits(again)


@pytest.mark.parametrize("bit_generator", ["PCG64", "PCG64DXSM", "MT19937", "Philox", "SFC64"])
def test_resume_with_any_generator(path, bit_generator):
    def generator():
        return np.random.Generator(getattr(np.random, bit_generator)(4))

    fit(path, epochs=2, seed=generator())
    net, _, _ = fit(path, epochs=4, seed=generator())
    whole, _, _ = fit(None, resume=False, epochs=4, seed=generator())
    assert bits(net) == bits(whole)
    other = np.random.Generator(
        np.random.MT19937() if bit_generator == "PCG64" else np.random.PCG64()
    )
    with pytest.raises(nn.CheckpointError, match="no state of a generator"):
        fit(path, epochs=5, seed=other)


def test_resume_across_backends(path, backend):
    there = nn.mlp([5, 4, 3], batch_norm=True).to(backend)
    fit(path, there, nn.Adam(0.01), epochs=2)
    here, _, _ = fit(path, nn.mlp([5, 4, 3], batch_norm=True), epochs=3)
    assert type(here.theta) is np.ndarray
    again = nn.mlp([5, 4, 3], batch_norm=True).to(backend)
    _, optimizer, _ = fit(path, again, epochs=3)
    assert bits(again) == bits(here)
    assert nn.get_array_module(again.layers[1].state["var"]) is nn.get_array_module(again.theta)
    fit(path, again, optimizer, epochs=4)


@pytest.mark.parametrize("change, message", [
    ({"batch_size": 10}, "batch_size was 8 and is now 10"),
    ({"l2": 0.5}, "l2 was 0.0 and is now 0.5"),
    ({"seed": 1}, "seed was 0 and is now 1"),
    ({"schedule": nn.cosine()}, r"schedule was None and is now \[1.0, 0.97"),
    ({"optimizer": nn.Adam(0.02)}, r"optimizer was {'class': 'Adam', 'lr': 0.01.* is now .*'lr': 0.02"),
    ({"augment": nn.Noise(0.1)}, r"augment was None and is now \['Noise\(0.1\)'\]"),
    ({"after_step": [nn.MaxNorm(3)]}, r"after_step was None and is now \['MaxNorm\(3\)'\]"),
    ({"net": nn.mlp([5, 4, 3], dropout=0.2, batch_norm=True, loss=nn.SoftmaxCrossEntropy(0.1))},
     "smoothing was None and is now 0.1"),
    ({"optimizer": nn.SGD(0.01)}, "optimizer was {'class': 'Adam'.* is now {'class': 'SGD'"),
    ({"data": (examples(39), examples(20))}, "train_examples was 40 and is now 39"),
    ({"data": (examples(40), None)}, "valid_examples was 20 and is now 0"),
    ({"net": nn.mlp([5, 6, 3], dropout=0.2, batch_norm=True)}, "layers.0 was .* is now .*layers.1 was"),
    ({"net": nn.mlp([5, 4, 3], dropout=0.3, batch_norm=True)}, "'p': 0.2} and is now .*'p': 0.3}"),
    ({"net": nn.mlp([5, 4, 3], batch_norm=True)}, "layers.4 was .* and is now None"),
    ({"net": nn.mlp([5, 4, 3], dropout=0.2, batch_norm=True).astype("float64")}, "dtype was float32"),
    ({"net": nn.mlp([5, 4, 3], dropout=0.2, batch_norm=True, loss=nn.MeanSquaredError())}, "loss was Softmax"),
])  # fmt: skip
def test_resuming_another_training_is_refused(path, change, message):
    fit(path)
    before = path.read_bytes()
    net = change.get("net") or nn.mlp([5, 4, 3], dropout=0.2, batch_norm=True)
    theta = net.theta.copy()
    with pytest.raises(nn.CheckpointError, match=f"holds another training: .*{message}"):
        fit(path, **{**change, "net": net}, epochs=9)
    assert np.array_equal(net.theta, theta) and path.read_bytes() == before


def test_resume_needs_a_training_in_an_intact_file(path, net):
    with pytest.raises(ValueError, match="resume=True expected a file to resume from"):
        fit(None)
    nn.save(net, path)
    with pytest.raises(nn.CheckpointError, match="holds no training to resume"):
        fit(path)
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(nn.CheckpointError, match="incomplete"):
        fit(path)


def test_a_generator_state_that_is_none(path):
    fit(path)
    good = path.read_bytes()
    for state in (
        {},
        {"bit_generator": "PCG64"},
        {"bit_generator": "PCG64", "state": {"state": "x", "inc": 1}},
    ):
        path.write_bytes(good)
        edited(path, set_in("resume", "generator", state))
        with pytest.raises(nn.CheckpointError, match="no state of a generator"):
            fit(path)


def test_what_cannot_be_a_checkpoint_is_said_before_the_training(path, tmp_path):
    net = nn.Network([Dense(5, 3)], nn.SoftmaxCrossEntropy())
    theta = net.theta.copy()
    with pytest.raises(nn.CheckpointError, match="Dense is no layer of the package"):
        fit(path, net)
    with pytest.raises(nn.CheckpointError, match="Nesterov is no optimizer"):
        fit(path, optimizer=Nesterov(0.1))
    with pytest.raises(FileNotFoundError, match="no folder"):
        fit(tmp_path / "nowhere" / "model.npz", net)
    assert np.array_equal(net.theta, theta) and not path.exists()


def test_a_full_disk_stops_the_training_and_loses_nothing(path, monkeypatch, capsys):
    real, calls = os.replace, []

    def full(*args):
        calls.append(args)
        return real(*args) if len(calls) <= 2 else fail(OSError(28, "No space left on device"))()

    monkeypatch.setattr(os, "replace", full)
    net, _, history = fit(path)
    assert (
        "checkpoint could not be written after epoch 2: [Errno 28] No space"
        in capsys.readouterr().out
    )
    assert history.epochs == 2 and nn.load_training(path).history.epochs == 1
    monkeypatch.undo()
    whole, _, _ = fit(None, resume=False)
    assert bits(fit(path)[0]) == bits(whole)


def interrupt(patch, at_step):
    """Press Ctrl-C in this step of Adam."""
    step = nn.Adam.update

    def interrupted(self, *args):
        if self.t == at_step:
            raise KeyboardInterrupt
        step(self, *args)

    patch.setattr(nn.Adam, "update", interrupted)


def test_interrupted_and_resumed(path, monkeypatch):
    with monkeypatch.context() as patch:
        interrupt(patch, at_step=8)
        _, _, history = fit(path)
    assert history.stopped and nn.load_training(path).history.epochs == 1
    net, _, history = fit(path)
    whole, _, its_history = fit(None, resume=False)
    assert bits(net) == bits(whole)
    assert history.batch_loss == its_history.batch_loss and history.stopped is None


def test_interrupted_in_the_first_epoch_and_resumed(path, monkeypatch):
    """The same call once more, with the network and the optimizer that have learned by halves."""
    net, optimizer, average = nn.mlp([5, 4, 3], dropout=0.2), nn.Adam(0.01), nn.WeightAverage(0.9)

    with monkeypatch.context() as patch:
        interrupt(patch, at_step=3)
        _, _, history = fit(path, net, optimizer, after_step=[average])
    assert "interrupted in epoch 1 after 2" in history.stopped
    assert nn.load_training(path).history.epochs == 0
    _, _, history = fit(path, net, optimizer, after_step=[average])
    its_average = nn.WeightAverage(0.9)
    whole, its_optimizer, its_history = fit(
        None, nn.mlp([5, 4, 3], dropout=0.2), resume=False, after_step=[its_average]
    )
    assert bits(net) == bits(whole) and history.batch_loss == its_history.batch_loss
    assert optimizer.t == its_optimizer.t and history.stopped is None
    assert np.array_equal(average.state["average"], its_average.state["average"])


def test_an_old_file_stays_until_the_first_epoch_is_finished(path):
    fit(path)
    before = path.read_bytes()

    def interrupted(net):
        raise KeyboardInterrupt

    fit(path, resume=False, after_step=[interrupted])
    assert path.read_bytes() == before


class Shift:
    """Says of itself what Python says by default: also where in memory it lies."""

    def __call__(self, X, rng):
        return X + 1


def test_resume_with_functions_that_lie_elsewhere_in_memory(path):
    one, two = Shift(), Shift()
    rule = functools.partial(lambda limit, net: None, 3)
    same = functools.partial(lambda limit, net: None, 3)
    assert repr(one) != repr(two) and repr(rule) != repr(same)
    fit(path, epochs=1, augment=one, after_step=[rule])
    _, _, history = fit(path, augment=two, after_step=[same])
    assert history.epochs == 3
    with pytest.raises(nn.CheckpointError, match="holds another training: after_step was"):
        fit(path, augment=two, after_step=[functools.partial(lambda limit, net: None, 4)])


@pytest.mark.parametrize("now", [3, np.int64(3)])
def test_resume_of_a_training_whose_seed_was_a_numpy_number(path, now):
    """Older files hold it as null; the generator's state is there in any case."""
    fit(path, epochs=1, seed=3)
    edited(path, set_in("resume", "asked", "seed", None))
    net, _, _ = fit(path, seed=now)
    whole, _, _ = fit(None, resume=False, seed=3)
    assert bits(net) == bits(whole)


def test_histories_from_before_the_number_of_batches(path):
    net, _, history = fit(path, epochs=2)

    def forget(description):
        assert description["history"].pop("batches") == 5

    edited(path, forget)
    saved = nn.load_training(path).history
    assert saved.batches is None and saved.valid_after == history.valid_after == [5, 10]
    _, _, history = fit(path, epochs=3)
    assert history.batches == 5 and nn.load_training(path).history == history


@pytest.mark.parametrize("times", [1, 3])
def test_a_file_that_another_process_reads_at_the_moment(net, path, monkeypatch, times):
    """Windows does not let a file be replaced while it is open elsewhere."""
    nn.save(nn.mlp([3, 2]), path)
    real, pauses = os.replace, []

    def busy(*args):
        return real(*args) if len(pauses) == times else fail(PermissionError(13, "in use"))()

    monkeypatch.setattr(os, "replace", busy)
    monkeypatch.setattr(checkpoints.time, "sleep", pauses.append)
    nn.save(net, path)
    assert bits(nn.load(path)) == bits(net)
    assert os.listdir(path.parent) == [path.name]


def test_a_file_that_another_process_does_not_let_go(net, path, monkeypatch):
    nn.save(nn.mlp([3, 2]), path)
    pauses = []
    monkeypatch.setattr(os, "replace", fail(PermissionError(13, "in use")))
    monkeypatch.setattr(checkpoints.time, "sleep", pauses.append)
    with pytest.raises(PermissionError, match="in use"):
        nn.save(net, path)
    assert nn.load(path).sizes == [3, 2] and os.listdir(path.parent) == [path.name]
    assert 0.5 < sum(pauses) < 1


def test_a_network_to_keep_takes_half_the_room(tmp_path):
    net, X = (
        nn.mlp([20, 30, 3], batch_norm=True, seed=0),
        np.random.default_rng(0).normal(size=(50, 20)),
    )
    nn.save(net, tmp_path / "whole.npz")
    nn.save(net.astype("float16"), tmp_path / "half.npz")
    saved = (tmp_path / "whole.npz").stat().st_size - (tmp_path / "half.npz").stat().st_size
    assert saved >= 2 * net.theta.size
    back = nn.load(tmp_path / "half.npz")
    assert back.theta.dtype == "float16" and np.array_equal(back.theta, net.theta.astype("float16"))
    again = back.astype("float32")
    assert np.allclose(again.forward(X), net.forward(X), atol=0.02)
