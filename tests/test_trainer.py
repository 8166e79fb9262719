"""The trainer learns what ``fit`` learns, and can be paused, steered and watched while it does."""

import math
import threading
import time

import numpy as np
import pytest
from helpers import examples
from pages import wait_for

import nnhelpers as nn
from nnhelpers.widgets.trainer import Trainer, get_dropout, set_dropout

X, y = nn.make_moons(60, noise=0.2, seed=0)
VALID = nn.make_moons(30, noise=0.2, seed=1)


@pytest.fixture
def trainer():
    """Make a trainer; its thread is ended after the test."""
    made = []

    def make(net=None, valid=VALID, **settings):
        settings = {"optimizer": nn.Adam(0.01), "epochs": 3, "batch_size": 16, **settings}
        made.append(Trainer(net or new_net(), (X, y), valid, **settings))
        return made[-1]

    yield make
    for one in made:
        one.close()
    assert not [thread for thread in threading.enumerate() if thread.name == "trainer"]


def new_net(**settings):
    return nn.mlp([2, 8, 8, 1], **{"activation": "tanh", **settings})


def run_until(live, state):
    live.start()
    wait_for(lambda: live.state == state)


@pytest.mark.parametrize("batch_size", [16, None])
@pytest.mark.parametrize("settings", [{}, {"dropout": 0.3}, {"batch_norm": True}])
def test_the_same_bits_as_fit(trainer, batch_size, settings):
    net = new_net(**settings)
    history = nn.fit(net, (X, y), VALID, optimizer=nn.Adam(0.01), epochs=3, batch_size=batch_size,
                     l2=0.01, seed=5, progress=False)  # fmt: skip
    live = trainer(new_net(**settings), batch_size=batch_size, l2=0.01, seed=5)
    run_until(live, "finished")
    assert np.array_equal(live.net.theta, net.theta)
    assert live.history.batch_loss == history.batch_loss
    assert live.history.batch_accuracy == history.batch_accuracy
    assert live.history.valid_loss[-1] == pytest.approx(history.valid_loss[-1])
    assert live.history.valid_accuracy[-1] == history.valid_accuracy[-1]
    assert live.history.epochs == 3 and live.history.settings == history.settings


def test_single_steps_are_the_steps_of_a_run(trainer):
    run, walked = trainer(), trainer()
    run_until(run, "finished")
    walked.step()
    assert (walked.state, walked.step_count) == ("paused", 1)
    walked.step(5)
    run_until(walked, "finished")
    assert np.array_equal(run.net.theta, walked.net.theta)


def test_pause_and_go_on(trainer):
    live = trainer(epochs=100_000)
    live.start()
    wait_for(lambda: live.step_count > 20)
    began = time.perf_counter()
    live.pause()
    assert time.perf_counter() - began < 1, "a pause waits for one step, not for an epoch"
    steps, theta = live.step_count, live.net.theta.copy()
    time.sleep(0.1)
    assert live.step_count == steps and np.array_equal(live.net.theta, theta)
    assert live.snapshot().state == "paused" and live.snapshot().time_left is None
    live.start()
    live.start()  # is starting once
    assert sum(thread.name == "trainer" for thread in threading.enumerate()) == 1
    wait_for(lambda: live.step_count > steps + 20)
    assert live.snapshot().state == "running"


def test_starting_at_the_very_end_leaves_one_worker(trainer):
    def press_train(t):  # before the worker, which has just ended the training, has ended itself
        if t.state == "finished":
            t.epochs_asked = 10_000_000
            t.start()

    live = trainer(epochs=1, watch=press_train)
    live.start()
    wait_for(lambda: live.epochs > 1)
    wait_for(lambda: sum(thread.name == "trainer" for thread in threading.enumerate()) == 1, 5)
    assert live.state == "running"


def test_after_the_end_it_goes_on_for_as_many_epochs_again(trainer):
    live = trainer()
    for epochs in (3, 6):
        run_until(live, "finished")
        assert live.snapshot().epochs == epochs and live.step_count == live.steps == 4 * epochs
    live.step()
    assert live.snapshot().epochs == 9


def test_reset_repeats_the_same_run(trainer):
    live = trainer()
    first = live.net.theta.copy()
    live.step(12)
    learned = live.net.theta.copy()
    live.set(lr=0.5)
    live.reset()
    assert live.state == "ready" and live.step_count == 0 and not live.history.batch_loss
    assert np.array_equal(live.net.theta, first)
    assert live.optimizer.lr == 0.5, "the learning rate stays where the slider is"
    live.set(lr=0.01)
    live.step(12)
    assert np.array_equal(live.net.theta, learned)
    assert live.snapshot().changes == []


def test_changes_in_mid_run_take_effect_and_are_noted(trainer):
    live = trainer(epochs=50)
    live.set(lr=0.02, dropout=0.1)  # before the first step this is no change of the run
    assert live.snapshot().changes == []
    live.step(10)
    live.set(lr=0.1)
    live.step(5)
    live.set(l2=0.01, dropout=0.5)
    assert live.optimizer.lr == 0.1 and live.l2 == 0.01 and get_dropout(live.net) == 0.5
    assert live.snapshot().changes == [(10, "lr", 0.1), (15, "l2", 0.01), (15, "dropout", 0.5)]
    for lr in (0.2, 0.3, 0.4):  # a slider that is dragged is one change
        live.set(lr=lr)
        live.step()
    assert live.history.changes == live.snapshot().changes
    assert live.history.changes[2:] == [(15, "dropout", 0.5), (17, "lr", 0.4)]


@pytest.mark.parametrize("wrong", [{"lr": 0}, {"lr": math.nan}, {"l2": -1}, {"dropout": 1.0}])
def test_a_wrong_setting_changes_nothing(trainer, wrong):
    live = trainer()
    with pytest.raises(ValueError, match="expected"):
        live.set(**{"lr": 0.5, **wrong})
    assert live.optimizer.lr == 0.01 and live.l2 == 0 and get_dropout(live.net) == 0


def test_divergence_stops_with_what_to_try(trainer):
    live = trainer(new_net(activation="relu"), optimizer=nn.SGD(1e30), epochs=500)
    run_until(live, "diverged")
    now = live.snapshot()
    assert "learning rate that is too high (1e+30): try 1e+29, then Reset" in now.message
    assert np.isfinite(live.net.theta).all(), "the network is one that can be looked at"
    assert live.history.stopped == now.message
    before = live.step_count
    live.start()
    live.step()
    assert live.state == "diverged" and live.step_count == before
    live.reset()
    assert live.state == "ready"


def test_a_divergence_in_the_very_last_step_is_seen(trainer):
    """Its cost is from before the step: only the parameters tell."""
    live = trainer(new_net(), optimizer=nn.SGD(1e308), epochs=1, batch_size=None)
    live.step()
    assert live.steps == live.step_count == 1 and live.state == "diverged"
    assert np.isfinite(live.net.theta).all()


def test_the_watcher_sees_every_state_and_not_every_step(trainer):
    seen = []
    live = trainer(epochs=100_000, watch=lambda t: seen.append(t.snapshot()), rate=20)
    live.start()
    time.sleep(1)
    live.pause()
    live.reset()
    assert [seen[0].state, seen[-2].state, seen[-1].state] == ["running", "paused", "ready"]
    assert 2 <= len(seen) <= 26, "about 20 a second at most"
    assert seen[-2].step > 5 * len(seen)


def test_a_watcher_that_fails_ends_the_training_and_says_so(trainer):
    calls = []

    def watch(t):
        calls.append(t.state)
        if len(calls) == 3:
            raise ZeroDivisionError("no picture today")

    live = trainer(epochs=100_000, watch=watch)
    run_until(live, "failed")
    message = live.snapshot().message
    assert message == "failed at showing its picture: ZeroDivisionError: no picture today"
    assert calls[-1] == "failed", "the watcher had a second chance, to show this"


def test_an_error_in_a_step_is_not_lost(trainer):
    live = trainer()
    live.X = live.X[:, :1]
    run_until(live, "failed")
    assert "Dense(2, 8) expected X of shape (N, 2)" in live.snapshot().message


def test_others_get_their_turn_while_it_runs(trainer):
    live = trainer(epochs=10_000_000)
    live.start()
    waits = []
    for _ in range(30):
        began = time.perf_counter()
        with live.between_steps() as net:
            waits.append(time.perf_counter() - began)
            net.predict(X)
        time.sleep(0.01)
    assert sorted(waits)[15] < 0.1
    assert live.state == "running"


def test_progress_and_time_left(trainer):
    live = trainer(epochs=1000)
    live.step(8)
    now = live.snapshot()
    assert (now.step, now.steps, now.epoch, now.epochs) == (8, 4000, 2.0, 1000)
    live.start()
    wait_for(lambda: live.snapshot().time_left is not None)
    now = live.snapshot()
    assert now.steps_per_second > 0
    assert now.time_left == pytest.approx((now.steps - now.step) / now.steps_per_second, rel=0.5)


def test_what_is_not_finite_is_none(trainer):
    live = trainer()
    now = live.snapshot()
    assert now.state == "ready"
    assert (now.cost, now.accuracy, now.valid_loss, now.time_left) == (None,) * 4
    live.progress.costs.extend([1.0, math.inf])
    assert live.snapshot().cost is None


def test_curves_are_means_over_equal_shares(trainer):
    live = trainer(epochs=1000, valid=None)
    live.step(250)
    costs = np.array(live.history.batch_loss)
    curves = live.curves(100)
    assert curves["step"].dtype == np.float32 and len(curves["step"]) == 84
    assert curves["step"][:3].tolist() == [3, 6, 9] and curves["step"][-1] == 250
    assert curves["cost"][0] == pytest.approx(costs[:3].mean())
    assert curves["cost"][-1] == pytest.approx(costs[249:].mean())
    assert len(curves["valid_step"]) == 0
    assert len(live.curves(1000)["cost"]) == 250
    live.step(2250)
    assert len(live.history.batch_loss) == 2500 and live.curves()["step"][-1] == 2500


def test_a_history_that_can_be_drawn_and_saved(trainer, tmp_path):
    live = trainer()
    live.step(3)
    run_until(live, "finished")
    history = live.history
    assert history.valid_after == history.valid_steps and history.valid_after[-1] == 12
    nn.plot_history(history, save=False)
    nn.save(live.net, tmp_path / "net.npz", history=history)
    kept = nn.load_training(tmp_path / "net.npz").history
    assert kept.batch_loss == history.batch_loss


def test_wrong_data_is_refused_before_anything_starts():
    with pytest.raises(ValueError, match="one label for each example"):
        Trainer(new_net(), (X.T, y), optimizer=nn.SGD(0.1))
    with pytest.raises(ValueError, match="batch_size"):
        Trainer(new_net(), (X, y), optimizer=nn.SGD(0.1), batch_size=0)


def test_on_every_backend(backend):
    data, labels = examples(n=12)
    net = nn.mlp([5, 4, 3], dropout=0.2).to(backend)
    live = Trainer(net, (data, labels), (data, labels), optimizer=nn.Adam(0.01), epochs=4)
    live.step(2)
    live.set(dropout=0.4, l2=0.1)
    live.step(2)
    live.reset()
    assert live.snapshot().step == 0
    live.step(4)
    assert live.snapshot().cost > 0 and len(live.curves()["valid_loss"]) >= 1


@pytest.mark.parametrize("batch_norm", [False, True])
def test_dropout_comes_and_goes_without_touching_parameters(batch_norm):
    net = new_net(batch_norm=batch_norm)
    plain, theta = [repr(layer) for layer in net.layers], net.theta.copy()
    assert get_dropout(net) == 0
    set_dropout(net, 0.25)
    built = new_net(batch_norm=batch_norm, dropout=0.25)
    for mine, usual in zip(net.layers, built.layers, strict=True):
        assert repr(mine) == repr(usual)
        assert not isinstance(mine, nn.Dropout) or mine.seed == usual.seed
    set_dropout(net, 0.5)
    assert get_dropout(net) == 0.5
    set_dropout(net, 0)
    assert [repr(layer) for layer in net.layers] == plain
    assert np.array_equal(net.theta, theta)


def test_dropout_on_the_inputs_is_left_alone():
    net = nn.Network([nn.Dropout(0.1), nn.Dense(2, 4), nn.ReLU(), nn.Dense(4, 1)],
                     loss=nn.SigmoidCrossEntropy())  # fmt: skip
    for p, expected in ((0.5, [0.1, 0.5]), (0, [0.1])):
        set_dropout(net, p)
        assert [layer.p for layer in net.layers if isinstance(layer, nn.Dropout)] == expected


def test_fast_enough_to_be_watched(trainer):
    """2-16-16-1 on 500 points: 2,000 full-batch steps in a second of one core, and far from it."""
    points = nn.make_moons(500, noise=0.2, seed=0)
    net = nn.mlp([2, 16, 16, 1], activation="tanh")
    seen = []
    live = Trainer(net, points, VALID, optimizer=nn.Adam(0.01), epochs=100_000, batch_size=None,
                   watch=lambda t: seen.append(t.curves()))  # fmt: skip
    live.step(100)
    began = time.thread_time()  # of this thread alone: other work on the machine does not count
    live.step(1000)
    assert 1000 / (time.thread_time() - began) > 2000
