"""What surrounds the training loop: divergence, interruptions, memory, and what is kept then."""

import math
import re

import numpy as np
import pytest

import nnhelpers as nn


@pytest.fixture
def moons():
    return nn.make_moons(300, noise=0.1, seed=0), nn.make_moons(100, noise=0.1, seed=1)


@pytest.mark.parametrize("epochs_before", [0, 2])
def test_divergence_is_named_and_loses_nothing(moons, capsys, epochs_before):
    train, valid = moons
    net = nn.mlp([2, 8, 2], loss=nn.MeanSquaredError())
    explode = lambda t: 1.0 if t < epochs_before / 5 else 1e6  # noqa: E731
    history = nn.fit(net, train, valid, optimizer=nn.SGD(0.1), epochs=5, batch_size=100,
                     schedule=explode, progress=False)  # fmt: skip
    printed = capsys.readouterr().out
    assert printed == f"Training stopped: {history.stopped}.\n"
    assert (
        f"of epoch {epochs_before + 1}" in printed
        and "learning rate that is too high (0.1): try 0.01" in printed
    )
    assert history.epochs == epochs_before == len(history.valid_loss)
    assert not math.isfinite(history.batch_loss[-1]) and np.isfinite(history.batch_loss[:-1]).all()
    assert len(history.batch_loss) == len(history.batch_accuracy)
    # the network is that of the last finished epoch
    assert np.isfinite(net.theta).all()
    twin = nn.mlp([2, 8, 2], loss=nn.MeanSquaredError())
    if epochs_before:
        nn.fit(twin, train, optimizer=nn.SGD(0.1), epochs=2, batch_size=100, progress=False)
    assert np.array_equal(net.theta, twin.theta)


@pytest.mark.parametrize("lr, epochs", [(31622.7766, 3), (1e7, 1)])
def test_a_divergence_in_the_last_step_is_seen(lr, epochs, tmp_path):
    """Costs are from before their steps: here all are finite. After the last step theta is NaN, or
    so large that only the validation loss shows it."""
    net = nn.mlp([2, 16, 16, 2], loss=nn.MeanSquaredError())
    train, valid = nn.make_moons(200, noise=0.1, seed=0), nn.make_moons(50, noise=0.1, seed=1)
    history = nn.fit(net, train, valid, optimizer=nn.SGD(lr), epochs=epochs, batch_size=None,
                     checkpoint=tmp_path / "it.npz", progress=False)  # fmt: skip
    assert f"diverged at mini-batch 1 of epoch {epochs}, after which the cost" in history.stopped
    assert history.epochs == len(history.valid_loss) == epochs - 1
    assert len(history.batch_loss) == epochs and np.isfinite(history.batch_loss).all()
    assert np.isfinite(net.theta).all()
    assert np.array_equal(nn.load(tmp_path / "it.npz").theta, net.theta), "the good one is kept"


@pytest.mark.parametrize("make", [nn.Momentum, nn.RMSprop, nn.Adam])
def test_after_a_divergence_the_optimizer_can_go_on(moons, make):
    def trained(epochs, schedule=None):
        net, optimizer = nn.mlp([2, 8, 2], loss=nn.MeanSquaredError()), make(0.01)
        history = nn.fit(net, moons[0], optimizer=optimizer, epochs=epochs, batch_size=100,
                         schedule=schedule, progress=False)  # fmt: skip
        return net, optimizer, history

    one, two = trained(2, lambda t: 1.0 if t < 0.5 else 1e30), trained(1)
    assert "diverged" in one[2].stopped and one[1].t == two[1].t == 3
    for net, optimizer, _ in (one, two):
        optimizer.lr /= 10
        history = nn.fit(net, moons[0], optimizer=optimizer, batch_size=100, progress=False)
        assert history.stopped is None
    assert np.array_equal(one[0].theta, two[0].theta), "as if it had never diverged"


class Interrupting(nn.SGD):
    """An optimizer in whose 8th step somebody presses the square button."""

    def update(self, theta, grad, lr):
        if self.t == 8:
            raise KeyboardInterrupt
        super().update(theta, grad, lr)


def test_an_interrupted_training_keeps_history_and_network(moons, capsys):
    train, valid = moons
    net = nn.mlp([2, 8, 2])
    history = nn.fit(
        net, train, valid, optimizer=Interrupting(0.1), epochs=5, batch_size=100, progress=True
    )
    assert (
        "Training stopped: interrupted in epoch 3 after 1 mini-batches" in capsys.readouterr().out
    )
    assert history.epochs == 2 == len(history.valid_accuracy)
    assert len(history.batch_loss) == len(history.batch_accuracy) == 7
    assert np.isfinite(net.theta).all() and net.score(*valid) > 0.5
    assert history.valid_after == [3, 6]
    again = nn.fit(net, train, valid, optimizer=nn.SGD(0.1), progress=False)
    assert again.stopped is None, "training can go on"


@pytest.mark.parametrize("error, said", [
    (KeyboardInterrupt, "interrupted in epoch 2 after 3 mini-batches"),
    (MemoryError, "memory ran out in epoch 2 after 3 mini-batches: .* Try narrower layers"),
])  # fmt: skip
def test_a_validation_that_is_cut_short(moons, monkeypatch, error, said):
    evaluate, calls = nn.support.run.evaluate, []

    def cut_short(*args):
        calls.append(args)
        if len(calls) == 2:
            raise error
        return evaluate(*args)

    monkeypatch.setattr(nn.support.run, "evaluate", cut_short)
    history = nn.fit(nn.mlp([2, 8, 2]), *moons, optimizer=nn.SGD(0.1), epochs=3, batch_size=100,
                     progress=False)  # fmt: skip
    assert re.match(said, history.stopped)
    assert len(history.batch_loss) == len(history.batch_accuracy) == 6, "none is lost, none twice"
    assert history.epochs == len(history.valid_loss) == 1 and history.valid_after == [3]


def test_an_interrupt_between_two_epochs(moons, monkeypatch):
    def show(bar, done, words):
        if done == 6:
            raise KeyboardInterrupt

    monkeypatch.setattr(nn.support.run.NoProgressBar, "show", show)
    history = nn.fit(nn.mlp([2, 8, 2]), *moons, optimizer=nn.SGD(0.1), epochs=3, batch_size=100,
                     progress=False)  # fmt: skip
    assert "interrupted in epoch 3 after 0 mini-batches" in history.stopped
    assert len(history.batch_loss) == 6 and history.epochs == 2


def test_a_divergence_takes_back_running_averages_too(moons):
    def trained(schedule, epochs):
        net = nn.mlp([2, 8, 2], batch_norm=True)
        history = nn.fit(
            net, moons[0], optimizer=nn.SGD(0.1), epochs=epochs, batch_size=100,
            schedule=schedule, progress=False,
        )  # fmt: skip
        return net, history

    one, history = trained(lambda t: 1.0 if t < 0.5 else math.inf, epochs=2)
    two, _ = trained(None, epochs=1)
    assert "diverged" in history.stopped
    assert np.array_equal(one.theta, two.theta)
    for name in ("mean", "var"):
        assert np.array_equal(one.layers[1].state[name], two.layers[1].state[name])


def test_a_divergence_takes_back_the_average_of_the_weights_too(moons):
    def trained(schedule, epochs):
        average = nn.WeightAverage(0.9)
        history = nn.fit(
            nn.mlp([2, 8, 2]), moons[0], optimizer=nn.SGD(0.1), epochs=epochs, batch_size=100,
            schedule=schedule, after_step=[average], progress=False,
        )  # fmt: skip
        return average.state["average"], history

    one, history = trained(lambda t: 1.0 if t < 0.5 else math.inf, epochs=2)
    two, _ = trained(None, epochs=1)
    assert "diverged" in history.stopped and np.array_equal(one, two)


def test_memory_that_runs_out_is_told_and_nothing_is_lost(moons, capsys):
    net, calls = nn.mlp([2, 8, 2], seed=0), []

    def greedy(X, rng):
        calls.append(len(X))
        if len(calls) > 5:  # in the third epoch
            np.empty((10**9, 10**5))
        return X

    X, y = moons[0]
    history = nn.fit(net, (X, y), optimizer=nn.SGD(0.1), epochs=9, batch_size=-(-len(y) // 2),
                     augment=greedy, progress=False)  # fmt: skip
    assert "memory ran out in epoch 3 after 1 mini-batches: Unable to allocate" in history.stopped
    assert "GB free of" in history.stopped and "smaller batch_size" in history.stopped
    assert history.stopped in capsys.readouterr().out
    assert history.epochs == 2 and len(history.batch_loss) == 5
    twin = nn.mlp([2, 8, 2], seed=0)
    nn.fit(twin, (X, y), optimizer=nn.SGD(0.1), epochs=2, batch_size=-(-len(y) // 2),
           progress=False)  # fmt: skip
    assert np.array_equal(net.theta, twin.theta), "that of the last finished epoch"


@pytest.mark.parametrize("happens, word", [
    (KeyboardInterrupt, "interrupted"), (MemoryError, "memory"), (None, None),
])  # fmt: skip
def test_why_it_ended_in_a_word(moons, happens, word):
    def augment(X, rng):
        if happens:
            raise happens
        return X

    history = nn.fit(nn.mlp([2, 4, 2]), moons[0], optimizer=nn.SGD(0.1), augment=augment,
                     progress=False)  # fmt: skip
    assert history.ended == word and (history.stopped is None) == (word is None)


def test_a_divergence_and_a_full_disk_in_a_word(moons, tmp_path, monkeypatch):
    options = {"epochs": 2, "progress": False}
    loss = nn.MeanSquaredError()
    history = nn.fit(nn.mlp([2, 4, 2], loss=loss), moons[0], optimizer=nn.SGD(1e30), **options)
    assert history.ended == "diverged" and history.stopped.startswith("diverged at")

    def full(checkpoint, path, save=nn.files.resume.save_training, calls=[]):  # noqa: B006
        calls.append(path)
        if len(calls) > 1:
            raise OSError("no space left")
        save(checkpoint, path)

    monkeypatch.setattr("nnhelpers.files.resume.save_training", full)
    history = nn.fit(nn.mlp([2, 4, 2]), moons[0], optimizer=nn.SGD(0.1),
                     checkpoint=tmp_path / "it.npz", **options)  # fmt: skip
    assert history.ended == "disk" and history.epochs == 1
    assert history.stopped == "the checkpoint could not be written after epoch 1: no space left"


def test_another_error_is_not_taken_for_an_end(moons):
    def augment(X, rng):
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        nn.fit(nn.mlp([2, 4, 2]), moons[0], optimizer=nn.SGD(0.1), augment=augment, progress=False)


def test_a_new_training_is_never_taken_for_the_old_one_in_its_file(moons, tmp_path, monkeypatch):
    """B begins where A's file is, is interrupted in its first epoch, and goes on: as B."""
    path, options = tmp_path / "it.npz", {"batch_size": 100, "progress": False}

    def train(seed, **more):
        net = nn.mlp([2, 8, 2], seed=seed)
        return net, nn.fit(net, moons[0], optimizer=nn.Adam(0.01), **options, **more)

    a, _ = train(1, epochs=2, checkpoint=path)
    expected, _ = train(2, epochs=2)

    def interrupted(run, J, correct):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("nnhelpers.support.run.Run.step_done", interrupted)
        _, history = train(2, epochs=2, checkpoint=path)
    assert history.ended == "interrupted" and history.epochs == 0
    b, _ = train(2, epochs=2, checkpoint=path, resume=True)
    assert np.array_equal(b.theta, expected.theta)
    assert np.array_equal(nn.load(tmp_path / "it.old.npz").theta, a.theta), "nothing is lost"
