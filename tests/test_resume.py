"""A training goes on from its file with the same bits, or says why it does not."""

import functools
import os
import shutil
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import numpy as np
import pytest
from helpers import examples
from saved_files import Dense, Nesterov, bits, edit, everything

import nnhelpers as nn
from nnhelpers.files import checkpoints, resume

SIGKILL = getattr(signal, "SIGKILL", signal.SIGTERM)  # on Windows SIGTERM cannot be caught either


@pytest.fixture
def path(tmp_path):
    return tmp_path / "model.npz"


def network(dropout=0.2, batch_norm=True, seed=0, **options):
    return nn.mlp([5, 4, 3], dropout=dropout, batch_norm=batch_norm, seed=seed, **options)


def fit(path, net=None, optimizer=None, data=None, **options):
    net = net or network()
    data = data or (examples(40), examples(20))
    options = {"epochs": 3, "batch_size": 8, "checkpoint": path, "resume": path is not None,
               **options}  # fmt: skip
    optimizer = optimizer or nn.Adam(0.01)
    return net, optimizer, nn.fit(net, *data, optimizer=optimizer, progress=False, **options)


def interrupt(patch, at_step):
    """Press Ctrl-C in this step of Adam."""
    step = nn.Adam.update

    def interrupted(self, *args):
        if self.t == at_step:
            raise KeyboardInterrupt
        step(self, *args)

    patch.setattr(nn.Adam, "update", interrupted)


# ---------------------------------------------------------------- killed

TRAINING = """
    import os, signal, sys
    import nnhelpers as nn
    from nnhelpers.files import container

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

    if where == "step":
        nn.Adam.update = deadly(nn.Adam.update)
    elif where == "replace":
        os.replace = deadly(os.replace)
    elif where == "write":
        container.npy.write_array = deadly(container.npy.write_array)

    X, y = nn.make_moons(200, noise=0.2, seed=0)
    net = nn.mlp([2, 16, 16, 2], dropout=0.2, batch_norm=True, loss=nn.SoftmaxCrossEntropy(0.1))
    optimizer, average = nn.Adam(0.01), nn.WeightAverage(0.9)
    history = nn.fit(net, (X, y), (X[:50], y[:50]), optimizer=optimizer, epochs=epochs, batch_size=20,
                     l2=1e-3, seed=3, schedule=nn.one_cycle(), checkpoint=path, resume=True,
                     augment=nn.Noise(0.05), after_step=[nn.MaxNorm(2), average], progress=False)
    nn.save_training(nn.Checkpoint(net, optimizer, history, kept=average.state), out)
"""


def start(folder, kill_at=0, where=""):
    files = [folder / "checkpoint.npz", folder / "end.npz"]
    return subprocess.Popen([sys.executable, "-c", textwrap.dedent(TRAINING),
                             *map(str, [*files, 5, kill_at, where])])  # fmt: skip


@pytest.fixture(scope="module")
def left_alone(tmp_path_factory):
    folder = tmp_path_factory.mktemp("left_alone")
    assert start(folder).wait() == 0
    return everything(folder / "end.npz")[:4]


def finish(folder, left_alone):
    assert start(folder).wait() == 0
    for name in ("checkpoint.npz", "end.npz"):
        assert everything(folder / name)[:4] == left_alone
    assert sorted(os.listdir(folder)) == ["checkpoint.npz", "end.npz"], "leftovers are removed"


@pytest.mark.parametrize("kill_at, where, finished", [
    (4, "step", 0), (37, "step", 3), (4, "replace", 2), (30, "write", 1),
])  # fmt: skip
def test_killed_and_resumed_ends_with_the_same_bits(left_alone, tmp_path, kill_at, where, finished):
    assert start(tmp_path, kill_at, where).wait() in (-SIGKILL, SIGKILL)
    assert not (tmp_path / "end.npz").exists()
    assert nn.load_training(tmp_path / "checkpoint.npz").history.epochs == finished
    finish(tmp_path, left_alone)


def test_killed_at_any_time_again_and_again(left_alone, tmp_path):
    checkpoint, rng = tmp_path / "checkpoint.npz", np.random.default_rng(0)
    for _ in range(3):
        before = checkpoint.read_bytes() if checkpoint.exists() else None
        child = start(tmp_path)
        while child.poll() is None and (
            not checkpoint.exists() or checkpoint.read_bytes() == before
        ):
            time.sleep(0.001)
        time.sleep(rng.uniform(0, 0.005))
        child.kill()
        child.wait()
    finish(tmp_path, left_alone)


# ---------------------------------------------------------------- the same training goes on


def test_a_checkpoint_changes_nothing(path):
    net, _, history = fit(path)
    bare, _, its_history = fit(None)
    assert bits(net) == bits(bare) and history.batch_loss == its_history.batch_loss
    saved = nn.load_training(path)
    assert bits(saved.net) == bits(net) and saved.history == history


def test_a_finished_training_returns_its_history_and_goes_on_if_asked(path):
    net, optimizer, history = fit(path)
    before = path.read_bytes()
    for epochs in (3, 2):
        again, its_optimizer, its_history = fit(path, epochs=epochs)
        assert bits(again) == bits(net)
        assert checkpoints.describe(again, its_optimizer) == checkpoints.describe(net, optimizer)
        assert its_history == history, "seconds included: nothing was computed"
        assert path.read_bytes() == before
    net, _, history = fit(path, epochs=5)
    whole, _, its_history = fit(None, epochs=5)
    assert bits(net) == bits(whole) and history.batch_loss == its_history.batch_loss
    assert history.settings == its_history.settings and history.epochs == 5


def test_what_older_files_do_not_name_is_what_was_not_there(path):
    """Smoothing, functions, a seed that was a NumPy number, the number of batches."""
    _, _, before = fit(path, epochs=1, seed=3)

    def forget(description):
        assert "smoothing" not in description["loss"] and "kept" not in description
        asked, history = description["resume"]["asked"], description["history"]
        for name in ("smoothing", "augment", "after_step"):
            assert asked.pop(name) is None
        asked["seed"] = None
        assert (history.pop("batches"), history.pop("ended")) == (5, None)

    edit(path, forget)
    assert nn.load_training(path).history.batches is None
    assert nn.load_training(path).history.valid_after == before.valid_after == [5]
    net, _, history = fit(path, seed=np.int64(3))
    assert bits(net) == bits(fit(None, seed=3)[0])
    assert history.batches == 5 and nn.load_training(path).history == history


def test_a_training_of_an_older_version_goes_on(path):
    """Its file has a SHA-256 at the end; perhaps another machine wrote it, which rounds otherwise."""
    shutil.copy(Path(__file__).parent / "data" / "training.npz", path)

    def go_on(path):
        average = nn.WeightAverage(0.9)
        net, _, history = fit(path, network(loss=nn.SoftmaxCrossEntropy(0.1)), seed=3, epochs=4,
                              data=(examples(40), examples(40)), augment=nn.Noise(0.1),
                              after_step=[nn.MaxNorm(2), average])  # fmt: skip
        return np.concatenate([net.theta, average.state["average"], history.valid_loss])

    # Other BLAS kernels round otherwise, and Adam divides by small averages: 0.8% at most was seen.
    resumed, at_once = go_on(path), go_on(None)
    assert np.linalg.norm(resumed - at_once) < 0.03 * np.linalg.norm(at_once)


@pytest.mark.parametrize("bits_from", [np.random.PCG64, np.random.MT19937, np.random.SFC64])
def test_resume_with_any_generator(path, bits_from):
    fit(path, epochs=2, seed=np.random.Generator(bits_from(4)))
    net, _, _ = fit(path, epochs=4, seed=np.random.Generator(bits_from(4)))
    assert bits(net) == bits(fit(None, epochs=4, seed=np.random.Generator(bits_from(4)))[0])
    with pytest.raises(nn.CheckpointError, match="no state of a generator"):
        fit(path, epochs=5, seed=np.random.Generator(np.random.Philox()))


def test_resume_across_backends(path, backend):
    def there():
        return network(dropout=0).to(backend)

    fit(path, there(), epochs=2)
    here, _, _ = fit(path, network(dropout=0), epochs=3)
    assert type(here.theta) is np.ndarray
    again, optimizer, _ = fit(path, there(), epochs=3)
    assert bits(again) == bits(here)
    assert nn.get_array_module(again.layers[1].state["var"]) is nn.get_array_module(again.theta)
    fit(path, again, optimizer, epochs=4)


@pytest.mark.parametrize("at_step, finished", [(3, 0), (8, 1)])
def test_interrupted_and_resumed(path, monkeypatch, at_step, finished):
    """The same call once more, with network, optimizer and average that are somewhere in between."""
    net, optimizer, average = network(), nn.Adam(0.01), nn.WeightAverage(0.9)
    with monkeypatch.context() as patch:
        interrupt(patch, at_step)
        _, _, history = fit(path, net, optimizer, after_step=[average])
    assert history.ended == "interrupted"
    assert nn.load_training(path).history.epochs == finished
    _, _, history = fit(path, net, optimizer, after_step=[average])
    its_average = nn.WeightAverage(0.9)
    whole, its_optimizer, its_history = fit(None, after_step=[its_average])
    assert bits(net) == bits(whole) and history.batch_loss == its_history.batch_loss
    assert optimizer.t == its_optimizer.t and history.stopped is history.ended is None
    assert np.array_equal(average.state["average"], its_average.state["average"])


def test_a_full_disk_stops_the_training_and_loses_nothing(path, monkeypatch, capsys):
    real, calls = os.replace, []

    def full(*args):
        calls.append(args)
        if len(calls) > 2:
            raise OSError(28, "No space left on device")
        return real(*args)

    monkeypatch.setattr(os, "replace", full)
    _, _, history = fit(path)
    told = "checkpoint could not be written after epoch 2: [Errno 28] No space"
    assert told in capsys.readouterr().out and history.ended == "disk"
    assert history.epochs == 2 and nn.load_training(path).history.epochs == 1
    monkeypatch.undo()
    assert bits(fit(path)[0]) == bits(fit(None)[0])


class Shift:
    """Says of itself what Python says by default: also where in memory it lies."""

    def __call__(self, X, rng):
        return X + 1


def test_resume_with_functions_that_lie_elsewhere_in_memory(path):
    def rule(limit):
        return functools.partial(print_nothing, limit)

    def print_nothing(limit, net):
        pass

    one, two = Shift(), Shift()
    assert repr(one) != repr(two)
    fit(path, epochs=1, augment=one, after_step=[rule(3)])
    _, _, history = fit(path, augment=two, after_step=[rule(3)])
    assert history.epochs == 3
    with pytest.raises(nn.CheckpointError, match="holds another training: after_step was"):
        fit(path, augment=two, after_step=[rule(4)])


# ---------------------------------------------------------------- a new training in the same file


def test_a_new_training_sets_an_older_one_aside(path, tmp_path, monkeypatch, capsys):
    """Interrupted in its first epoch and resumed, it goes on with its own weights."""
    old, _, _ = fit(path)
    content = path.read_bytes()
    capsys.readouterr()
    for _ in range(2):  # the second time there is only a training that has just begun
        with monkeypatch.context() as patch:
            interrupt(patch, at_step=3)
            fit(path, network(seed=1), resume=False)
    told = "A new training begins in model.npz. The old file is kept as model.old.npz.\n"
    assert capsys.readouterr().out.count(told) == 1
    assert sorted(os.listdir(tmp_path)) == ["model.npz", "model.old.npz"]
    net, _, _ = fit(path, network(seed=1))
    assert bits(net) == bits(fit(None, network(seed=1))[0]) != bits(old)
    assert (tmp_path / "model.old.npz").read_bytes() == content
    nn.save(old, path)
    fit(path, resume=False)
    assert nn.load_training(tmp_path / "model.old-2.npz").resume is None
    assert (tmp_path / "model.old.npz").read_bytes() == content


def test_a_training_that_cannot_begin_leaves_the_old_file(path, monkeypatch, capsys):
    net = network()
    nn.save(net, path)
    before = path.read_bytes()
    monkeypatch.setattr(os, "fsync", None)
    with pytest.raises(TypeError):
        resume.begin(nn.Checkpoint(net, nn.SGD(0.1)), path)
    assert path.read_bytes() == before and os.listdir(path.parent) == [path.name]
    assert capsys.readouterr().out == ""


# ---------------------------------------------------------------- what is refused


@pytest.mark.parametrize("change, message", [
    ({"batch_size": 10}, "batch_size was 8 and is now 10"),
    ({"l2": 0.5}, "l2 was 0.0 and is now 0.5"),
    ({"seed": 1}, "seed was 0 and is now 1"),
    ({"schedule": nn.cosine()}, r"schedule was None and is now \[1.0, 0.97"),
    ({"optimizer": nn.Adam(0.02)}, r"optimizer was {'class': 'Adam', 'lr': 0.01.* is now .*'lr': 0.02"),
    ({"optimizer": nn.SGD(0.01)}, "optimizer was {'class': 'Adam'.* is now {'class': 'SGD'"),
    ({"augment": nn.Noise(0.1)}, r"augment was None and is now \['Noise\(0.1\)'\]"),
    ({"after_step": [nn.MaxNorm(3)]}, r"after_step was None and is now \['MaxNorm\(3\)'\]"),
    ({"data": (examples(39), examples(20))}, "train_examples was 40 and is now 39"),
    ({"data": (examples(40), None)}, "valid_examples was 20 and is now 0"),
    ({"net": network(loss=nn.SoftmaxCrossEntropy(0.1))}, "smoothing was None and is now 0.1"),
    ({"net": network(loss=nn.MeanSquaredError())}, "loss was Softmax"),
    ({"net": network(dropout=0.3)}, "'p': 0.2} and is now .*'p': 0.3}"),
    ({"net": network(dropout=0)}, "layers.4 was .* and is now None"),
    ({"net": network().astype("float64")}, "dtype was float32"),
    ({"net": nn.mlp([5, 6, 3], dropout=0.2, batch_norm=True)}, "layers.0 was .* is now .*layers.1 was"),
])  # fmt: skip
def test_resuming_another_training_is_refused(path, change, message):
    fit(path)
    before = path.read_bytes()
    net = change.get("net") or network()
    theta = net.theta.copy()
    with pytest.raises(nn.CheckpointError, match=f"holds another training: .*{message}"):
        fit(path, **{**change, "net": net}, epochs=9)
    assert np.array_equal(net.theta, theta) and path.read_bytes() == before


def test_resume_needs_a_training_in_an_intact_file(path):
    with pytest.raises(ValueError, match="resume=True expected a file to resume from"):
        fit(None, resume=True)
    nn.save(network(), path)
    with pytest.raises(nn.CheckpointError, match="holds no training to resume"):
        fit(path)
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(nn.CheckpointError, match="incomplete"):
        fit(path)


@pytest.mark.parametrize("state", [{}, {"bit_generator": "PCG64"},
    {"bit_generator": "PCG64", "state": {"state": "x", "inc": 1}}])  # fmt: skip
def test_a_generator_state_that_is_none(path, state):
    fit(path)
    edit(path, lambda description: description["resume"].update(generator=state))
    with pytest.raises(nn.CheckpointError, match="no state of a generator"):
        fit(path)


@pytest.mark.parametrize("folder, change, error, message", [
    ("", {"net": nn.Network([Dense(5, 3)], nn.SoftmaxCrossEntropy())}, nn.CheckpointError, "Dense is no layer"),
    ("", {"optimizer": Nesterov(0.1)}, nn.CheckpointError, "Nesterov is no optimizer"),
    ("nowhere", {}, FileNotFoundError, "no folder"),
])  # fmt: skip
def test_what_cannot_be_a_checkpoint_is_said_before_the_training(
    tmp_path, folder, change, error, message
):
    net = change.pop("net", None) or network()
    theta = net.theta.copy()
    with pytest.raises(error, match=message):
        fit(Path(tmp_path, folder, "model.npz"), net, **change)
    assert np.array_equal(net.theta, theta) and not os.listdir(tmp_path)
