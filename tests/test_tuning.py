"""The search for hyperparameters: what it finds, what it refuses, and what outlives a kill."""

import collections
import math
import subprocess
import sys
import time

import numpy as np
import optuna
import pytest
import strictarray

import nnhelpers as nn
from nnhelpers.studies import tuning

SPACE = {
    "lr": (1e-3, 1.0, "log"), "hidden": [4, 8, 16], "l2": (1e-6, 1e-2, "log"),
    "batch_size": (20, 60), "activation": ["relu", "tanh"], "dropout": (0, 0.5), "optimizer": "sgd",
}  # fmt: skip


@pytest.fixture(scope="module")
def spirals():
    return nn.make_spirals(150, seed=0), nn.make_spirals(90, seed=1)


def hill(trial):
    """The highest place is x = 1."""
    return -((trial.suggest_float("x", -10, 10) - 1) ** 2)


def search(*args, **options):
    return nn.tune(*args, **{"progress": False, **options})


def described(study):
    return [(t.params, t.state, t.intermediate_values) for t in study.trials]


def counts(study):
    return collections.Counter(trial.state.name for trial in study.trials)


# --- What it does ---------------------------------------------------------------------------------


def test_a_function_is_climbed():
    study = search(hill, n_trials=40)
    assert len(study.trials) == 40
    assert abs(study.best_params["x"] - 1) < 0.5
    assert study.best_value == max(trial.value for trial in study.trials)


def test_a_space_is_searched_within_its_limits(spirals):
    study = search(SPACE, *spirals, n_trials=15, epochs=3)
    for trial in study.trials:
        p = trial.params
        assert set(p) == set(SPACE)
        assert 1e-3 <= p["lr"] <= 1 and 1e-6 <= p["l2"] <= 1e-2 and 0 <= p["dropout"] <= 0.5
        assert p["hidden"] in (4, 8, 16) and p["activation"] in ("relu", "tanh")
        assert isinstance(p["batch_size"], int) and 20 <= p["batch_size"] <= 60
        assert p["optimizer"] == "sgd"
    assert len({trial.params["lr"] for trial in study.trials}) == 15


@pytest.mark.parametrize("schedule", [None, nn.one_cycle()])
def test_the_value_is_that_of_a_training_in_one_go(spirals, schedule):
    settings = {"dropout": 0.2, "batch_norm": True, "hidden": 12, "lr": 0.1, "batch_size": 10}
    study = search(settings, *spirals, n_trials=1, epochs=4, schedule=schedule, seed=3)
    net, options = nn.build_from(study.best_params, spirals[0], seed=3)
    history = nn.fit(net, *spirals, epochs=4, schedule=schedule, seed=3, progress=False, **options)
    assert list(study.trials[0].intermediate_values.values()) == history.valid_accuracy
    assert study.best_value == history.valid_accuracy[-1] > 0.4


def test_a_function_can_train_with_reports(spirals):
    def objective(trial):
        net = nn.mlp([2, trial.suggest_int("units", 4, 8), 3])
        optimizer = nn.Adam(trial.suggest_float("lr", 1e-3, 1e-1, log=True))
        return nn.fit_trial(trial, net, *spirals, optimizer=optimizer, epochs=2, batch_size=30)

    study = search(objective, n_trials=3)
    assert [len(t.intermediate_values) for t in study.trials if t.state.name == "COMPLETE"][0] == 2


def test_bad_trials_are_stopped_early(spirals):
    study = search({"lr": [0.3, 1e-9], "optimizer": "sgd"}, *spirals, n_trials=12, epochs=9)
    assert counts(study)["PRUNED"] >= 3
    assert study.best_params["lr"] == 0.3
    for trial in study.trials:
        assert (len(trial.intermediate_values) < 9) == (trial.state.name == "PRUNED")


def test_another_pruner(spirals):
    pruner = optuna.pruners.NopPruner()
    study = search(SPACE, *spirals, n_trials=5, epochs=2, pruner=pruner)
    assert counts(study) == {"COMPLETE": 5}


def test_the_seed_decides(spirals):
    first, again, other = (
        search(SPACE, *spirals, n_trials=14, epochs=3, seed=s) for s in (5, 5, 6)
    )
    assert described(first) == described(again) != described(other)


@pytest.mark.parametrize("n_trials, hyperband", [(12, False), (6, True)])
def test_a_study_in_two_parts_is_the_study_in_one(spirals, tmp_path, n_trials, hyperband):
    """After a pause the search does not begin again with the random numbers of its start."""
    options = {"epochs": 3, "pruner": optuna.pruners.HyperbandPruner(1, 3) if hyperband else None}
    whole = search(SPACE, *spirals, n_trials=n_trials, **options)
    options["storage"] = f"sqlite:///{tmp_path / 'tuning.db'}"
    assert len(search(SPACE, *spirals, n_trials=3, **options).trials) == 3
    for _ in range(2):  # the second call finds nothing left to do
        both = search(SPACE, *spirals, n_trials=n_trials, **options)
        assert described(both) == described(whole)


def test_diverged_trainings_are_bad_trials(spirals, capsys):
    space = {"lr": [0.1, 1e30], "optimizer": "sgd"}
    study = search(space, *spirals, n_trials=12, epochs=2)
    diverged = [trial for trial in study.trials if trial.params["lr"] == 1e30]
    assert diverged and study.best_params["lr"] == 0.1
    assert {trial.state.name for trial in diverged} == {"PRUNED"}
    assert {trial.user_attrs["stopped"] for trial in diverged} == {"diverged in epoch 1"}
    assert capsys.readouterr().out == "", "no line from each training"


def test_a_training_without_memory_says_so(spirals, monkeypatch):
    """The second epoch of the first trial finds no memory; the search goes on."""
    calls = []

    def forward_backward(self, X, y, l2):
        calls.append(1)
        if len(calls) == 5:
            raise MemoryError("3 TiB were asked for")
        return real(self, X, y, l2)

    real = nn.Network.forward_backward
    monkeypatch.setattr(nn.Network, "forward_backward", forward_backward)
    study = search({"lr": 0.1, "batch_size": 50}, *spirals, n_trials=2, epochs=2)
    assert [trial.state.name for trial in study.trials] == ["PRUNED", "COMPLETE"]
    told = study.trials[0].user_attrs["stopped"]
    assert told.startswith("memory ran out in ") and " epoch 2" in told and "3 TiB" in told
    assert told.endswith("narrower layers")


def test_nothing_but_divergence_ends_too(spirals):
    study = search({"lr": 1e30, "optimizer": "sgd"}, *spirals, n_trials=3)
    assert counts(study) == {"PRUNED": 3}


def test_no_finite_number_is_a_bad_trial():
    study = search(lambda trial: math.nan if trial.number % 2 else 1.0, n_trials=4)
    assert counts(study) == {"COMPLETE": 2, "PRUNED": 2}


def test_an_error_is_raised_and_loses_nothing(tmp_path, caplog):
    storage = f"sqlite:///{tmp_path / 'tuning.db'}"

    def breaks(trial):
        if trial.number == 3:
            raise ZeroDivisionError("the student's own mistake")
        return hill(trial)

    with pytest.raises(ZeroDivisionError, match="own mistake"):
        search(breaks, n_trials=6, storage=storage)
    study = search(breaks, n_trials=6, storage=storage)
    assert counts(study) == {"COMPLETE": 6, "FAIL": 1}


def test_an_interrupt_keeps_finished_trials(capsys, caplog):
    def interrupted(trial):
        if trial.number == 3:
            raise KeyboardInterrupt
        return hill(trial)

    study = search(interrupted, n_trials=10)
    assert counts(study) == {"COMPLETE": 3, "FAIL": 1}
    assert "interrupted. 3 of 10 trials are finished" in capsys.readouterr().out
    assert not caplog.records


def test_an_interrupt_in_a_training_ends_the_search(spirals, monkeypatch):
    """``fit`` takes an interrupt for itself, and returns: the search must notice."""
    calls = []

    def forward_backward(self, X, y, l2):
        calls.append(1)
        if len(calls) > 20:
            raise KeyboardInterrupt
        return real(self, X, y, l2)

    real = nn.Network.forward_backward
    monkeypatch.setattr(nn.Network, "forward_backward", forward_backward)
    study = search({"lr": (0.01, 0.1), "batch_size": 50}, *spirals, n_trials=10, epochs=3)
    assert counts(study)["FAIL"] == 1 and len(study.trials) < 10


def test_progress_bar(capsys):
    nn.tune(hill, n_trials=3)
    out, err = capsys.readouterr()
    assert out == "" and "3/3" in err and "best so far" in err and "Trial" not in err


@pytest.mark.parametrize("module", [np, strictarray])
def test_the_default_network(module):
    X, y = nn.make_spirals(30, classes=3, seed=0)
    net, options = nn.build_from({}, (module.asarray(X), module.asarray(y)))
    assert net.sizes == [2, 128, 3]
    assert (options["optimizer"].lr, options["batch_size"], options["l2"]) == (1e-3, 128, 0)


def test_every_hyperparameter_arrives(spirals):
    settings = {"hidden": 5, "depth": 2, "activation": "tanh", "dropout": 0.25, "batch_norm": True,
                "optimizer": "momentum", "lr": 0.5, "l2": 0.01, "batch_size": 7}  # fmt: skip
    assert set(settings) == set(tuning.HYPERPARAMETERS)
    net, options = nn.build_from(settings, spirals[0])
    assert [repr(layer) for layer in net.layers] == [
        "Dense(2, 5)", "BatchNorm(5)", "Tanh()", "Dropout(0.25)",
        "Dense(5, 5)", "BatchNorm(5)", "Tanh()", "Dropout(0.25)", "Dense(5, 3)",
    ]  # fmt: skip
    assert repr(options.pop("optimizer")) == "Momentum(lr=0.5)"
    assert options == {"l2": 0.01, "batch_size": 7}
    assert nn.build_from({"depth": 0}, spirals[0])[0].sizes == [2, 3]


# --- What it refuses ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "space, complaint",
    [
        ({"learning_rate": 0.1}, "unknown hyperparameter 'learning_rate': expected one of"),
        ({"batchsize": [32]}, "Did you mean 'batch_size'"),
        ({"hidden": []}, "hidden: expected at least one choice"),
        ({"lr": (1.0, 0.1)}, "lr: expected a range .* with low <= high, got"),
        ({"l2": (0, 0.1, "log")}, "l2: expected low above 0 on a logarithmic scale.*Try"),
        ({"hidden": (32, 64, 128)}, r"hidden: expected a range.*Choices stand in a list: \[32, 64"),
        ({"lr": (0.1, 0.2, "linear")}, "lr: expected a range"),
        ({"activation": ("relu", "tanh")}, r"activation: .*in a list: \['relu', 'tanh'\]"),
        ({"activation": ["relu", "softplus"]}, "activation: expected one of .*got 'softplus'"),
        ({"optimizer": "lbfgs"}, "optimizer: expected one of .*adam"),
        ({"hidden": [32, 0]}, "hidden: expected an integer of at least 1, got 0"),
        ({"hidden": (16.0, 64.0)}, "hidden: expected an integer of at least 1, got 16.0"),
        ({"dropout": (0.0, 1.0)}, "dropout: expected a number from 0 up to 1"),
        ({"lr": [0.1, math.nan]}, "lr: expected a number above 0, got nan"),
        ({"lr": True}, "lr: expected a number above 0, got True"),
        ({"batch_norm": [0, 1]}, "batch_norm: expected True or False, got 0"),
        ({"batch_size": None}, "batch_size: expected an integer"),
    ],
)
def test_bad_spaces(space, complaint, spirals):
    with pytest.raises(ValueError, match=complaint):
        search(space, *spirals, n_trials=1)


def test_numpy_numbers_are_numbers(spirals):
    space = {
        "lr": (np.float64(0.1), np.float32(0.2)),
        "hidden": [np.int64(4)],
        "batch_norm": np.False_,
    }
    assert search(space, *spirals, n_trials=1, epochs=1).best_params["hidden"] == 4


def test_bad_calls(spirals):
    with pytest.raises(TypeError, match="expected a function, or a dict.*got list"):
        search([1, 2], *spirals, n_trials=1)
    with pytest.raises(TypeError, match="got an empty dict"):
        search({}, *spirals, n_trials=1)
    with pytest.raises(ValueError, match="expected two sets with a space"):
        search({"lr": 0.1}, spirals[0], n_trials=1)
    with pytest.raises(ValueError, match="brings its own data"):
        search(hill, *spirals, n_trials=1)
    with pytest.raises(TypeError, match="return a number.*got None"):
        search(lambda trial: None, n_trials=1)
    for n_trials in (0, 2.5, True):
        with pytest.raises(ValueError, match="n_trials as an integer"):
            search(hill, n_trials=n_trials)


def test_bad_settings_leave_no_study_behind(tmp_path, spirals):
    storage = f"sqlite:///{tmp_path / 'tuning.db'}"
    for name, wrong in (("epochs", 0), ("epochs", 2.5), ("epochs", None), ("seed", None),
                        ("seed", -1), ("seed", 1.5), ("seed", True), ("seed", 2**32)):  # fmt: skip
        with pytest.raises(ValueError, match=f"expected {name} as an integer"):
            search({"lr": 0.1}, *spirals, n_trials=1, storage=storage, **{name: wrong})
    assert not trials_in(storage)
    study = search({"lr": 0.1}, *spirals, n_trials=1, storage=storage, seed=np.int64(2))
    assert counts(study) == {"COMPLETE": 1}


def test_a_function_that_asks_for_no_epochs_is_told(spirals):
    with pytest.raises(ValueError, match="expected epochs as an integer of at least 1, got 0"):
        nn.fit_trial(None, nn.mlp([2, 4, 3]), *spirals, epochs=0, optimizer=nn.SGD(0.1))


def test_bad_storages(tmp_path, spirals):
    with pytest.raises(ValueError, match="try 'sqlite:///tuning.db'"):
        search(hill, n_trials=1, storage="tuning.db")
    with pytest.raises(ValueError, match="cannot be used.*A folder must exist"):
        search(hill, n_trials=1, storage=f"sqlite:///{tmp_path / 'nowhere' / 'tuning.db'}")
    with pytest.raises(ValueError, match="leave it out"):
        search(hill, n_trials=1, storage="sqlite:///:memory:")
    (tmp_path / "bad.db").write_text("no database" * 100)
    with pytest.raises(ValueError, match="not a database"):
        search(hill, n_trials=1, storage=f"sqlite:///{tmp_path / 'bad.db'}")


def test_a_study_is_not_continued_with_another_task(tmp_path, spirals):
    storage = f"sqlite:///{tmp_path / 'tuning.db'}"
    search({"lr": 0.1}, *spirals, n_trials=1, epochs=1, storage=storage)
    for objective, data, options in (
        ({"lr": 0.1}, spirals, {"epochs": 2}),
        ({"lr": 0.2}, spirals, {"epochs": 1}),
        ({"lr": 0.1}, spirals, {"epochs": 1, "schedule": nn.cosine()}),
        (hill, (), {}),
    ):
        with pytest.raises(ValueError, match="cannot be compared.*another study_name"):
            search(objective, *data, n_trials=2, storage=storage, **options)
    assert len(search(hill, n_trials=2, storage=storage, study_name="hill").trials) == 2
    options = {"epochs": 1, "storage": storage, "study_name": "with a schedule"}
    for n_trials in (1, 2):
        search({"lr": 0.1}, *spirals, n_trials=n_trials, schedule=nn.cosine(), **options)
    with pytest.raises(ValueError, match="cannot be compared"):
        search({"lr": 0.1}, *spirals, n_trials=3, schedule=nn.one_cycle(), **options)


def test_a_study_from_before_schedules_were_kept_goes_on(tmp_path, spirals):
    storage = f"sqlite:///{tmp_path / 'tuning.db'}"
    study = optuna.create_study(
        storage=tuning._open(storage), study_name="tuning", direction="maximize"
    )
    study.set_user_attr("task", "{'lr': [0.1]}, epochs=1, seed=0, 150 training examples")
    assert len(search({"lr": 0.1}, *spirals, n_trials=1, epochs=1, storage=storage).trials) == 1


# --- Kills and company ----------------------------------------------------------------------------

SCRIPT = """
import time
import nnhelpers as nn
from nnhelpers.studies import tuning

tuning.SIGN_EVERY, tuning.DEAD_AFTER = 1, 2

def slow_hill(trial):
    time.sleep(60 if trial.number == {hangs_at} else 0.2)
    return -((trial.suggest_float("x", -10, 10) - 1) ** 2)

nn.tune(slow_hill, n_trials={n_trials}, storage={storage!r}, progress=False)
"""


def start(storage, n_trials, hangs_at=None):
    code = SCRIPT.format(storage=storage, n_trials=n_trials, hangs_at=hangs_at)
    return subprocess.Popen([sys.executable, "-c", code])


def trials_in(storage):
    """The trials in the storage; none before there is a study."""
    try:
        return optuna.load_study(study_name="tuning", storage=tuning._open(storage)).trials
    except KeyError:
        return []


def test_a_killed_study_goes_on_and_has_lost_nothing(tmp_path, monkeypatch):
    storage = f"sqlite:///{tmp_path / 'tuning.db'}"
    process, deadline = start(storage, n_trials=9, hangs_at=3), time.monotonic() + 60
    while [trial.state.name for trial in trials_in(storage)] != 3 * ["COMPLETE"] + ["RUNNING"]:
        assert process.poll() is None and time.monotonic() < deadline
        time.sleep(0.2)
    process.kill()  # SIGKILL, in the middle of a trial
    process.wait()
    before = trials_in(storage)[:3]
    time.sleep(3.5)  # until the dead process's last sign of life is old
    monkeypatch.setattr(tuning, "SIGN_EVERY", 1)
    monkeypatch.setattr(tuning, "DEAD_AFTER", 2)
    study = search(hill, n_trials=7, storage=storage)
    assert [trial.state.name for trial in study.trials] == 3 * ["COMPLETE"] + ["FAIL"] + 4 * [
        "COMPLETE"
    ]
    assert [(t.number, t.params, t.value, t.datetime_complete) for t in study.trials[:3]] == [
        (t.number, t.params, t.value, t.datetime_complete) for t in before
    ]


def test_two_processes_share_a_study(tmp_path):
    storage = f"sqlite:///{tmp_path / 'tuning.db'}"
    both = [start(storage, n_trials=12) for _ in range(2)]
    assert [process.wait(60) for process in both] == [0, 0]
    trials = [trial for trial in trials_in(storage) if trial.state in tuning.FINISHED]
    assert 12 <= len(trials) <= 13
    assert len({trial.params["x"] for trial in trials}) == len(trials), "none is tried twice"
    spans = sorted((trial.datetime_start, trial.datetime_complete) for trial in trials)
    assert any(b[0] < a[1] for a, b in zip(spans, spans[1:], strict=False)), "at the same time"


# --- Is it worth it, and what it looks like -------------------------------------------------------


def test_tuned_beats_the_default():
    data = nn.load_mnist()
    train, valid = (
        (data.train.X[:2000], data.train.y[:2000]),
        (data.valid.X[:2000], data.valid.y[:2000]),
    )
    space = {"lr": (1e-4, 1e-1, "log"), "hidden": [32, 64, 128], "batch_size": [16, 32, 128],
             "dropout": (0.0, 0.3)}  # fmt: skip
    gains = []
    for seed in range(3):
        study = search(space, train, valid, n_trials=10, epochs=3, seed=seed)
        default = search({"depth": 1}, train, valid, n_trials=1, epochs=3, seed=seed)
        gains.append(study.best_value - default.best_value)
    assert np.mean(gains) > 0.01, gains


def test_plot(spirals):
    study = search(SPACE, *spirals, n_trials=15, epochs=3)
    picture = nn.plot_tuning(study)
    parallel, bars = picture.figure.axes
    drawn = [line for line in parallel.lines if len(line.get_xdata()) == 7]
    assert len(drawn) == counts(study)["COMPLETE"], "five of six hyperparameters vary, and accuracy"
    best = drawn[-1]
    assert best.get_ydata()[-1] == 1 and best.get_color() == "0.0"
    lr = math.log(study.best_params["lr"] / 1e-3) / math.log(1e3)
    assert best.get_ydata()[0] == pytest.approx(lr)
    dotted = [line for line in parallel.lines if line.get_linestyle() == ":"]
    assert len(dotted) == counts(study)["PRUNED"]
    assert sum(bar.get_width() for bar in bars.patches) == pytest.approx(1)
    assert "lr, hidden, l2" in picture.alt and picture.png()


def test_plot_of_a_single_trial_and_of_none(spirals):
    study = search({"lr": (0.01, 0.1), "batch_norm": [False, True]}, *spirals, n_trials=1, epochs=1)
    picture = nn.plot_tuning(study)
    assert len(picture.figure.axes) == 1 and picture.png()
    assert nn.tuning_importance(study) == {}
    with pytest.raises(ValueError, match="at least one complete trial"):
        nn.plot_tuning(search({"lr": 0.1}, *spirals, n_trials=1, epochs=1))


def test_importance_finds_what_matters():
    def objective(trial):
        trial.suggest_float("useless", 0, 1)
        return hill(trial)

    importance = nn.tuning_importance(search(objective, n_trials=40))
    assert importance["x"] > 0.8 and sum(importance.values()) == pytest.approx(1)
    alone = search(hill, n_trials=5)
    assert nn.tuning_importance(alone) == nn.tuning_importance(alone, ["x"]) == {}


def test_a_killed_trials_hyperparameters_are_tried_again(tmp_path, monkeypatch):
    monkeypatch.setattr(tuning, "SIGN_EVERY", 1)
    monkeypatch.setattr(tuning, "DEAD_AFTER", 1)
    storage = f"sqlite:///{(tmp_path / 'study.db').as_posix()}"
    database = tuning._open(storage)
    study = optuna.create_study(storage=database, study_name="tuning", direction="maximize")
    with pytest.warns(UserWarning, match="Study.optimize"):
        killed = study.ask()  # a trial that has signed once, and then no more
    x = killed.suggest_float("x", 0, 1)
    database.record_heartbeat(killed._trial_id)
    time.sleep(2.5)
    study = nn.tune(
        lambda trial: trial.suggest_float("x", 0, 1), n_trials=2, storage=storage, progress=False
    )
    assert study.trials[killed.number].state.name == "FAIL"
    assert x in [trial.params["x"] for trial in study.trials if trial.state.name == "COMPLETE"]
