"""The search for hyperparameters: what it finds, what it refuses, and what outlives a kill."""

import collections
import math
import subprocess
import sys
import time

import optuna
import pytest

import nnhelpers as nn
from nnhelpers.studies import tuning

SPACE = {
    "lr": (1e-3, 1.0, "log"), "hidden": [4, 8, 16], "l2": (1e-6, 1e-2, "log"),
    "batch_size": (20, 60), "activation": ["relu", "tanh"], "dropout": (0, 0.5), "optimizer": "sgd",
}  # fmt: skip


@pytest.fixture(scope="module")
def spirals():
    return nn.make_spirals(150, seed=0), nn.make_spirals(90, seed=1)


@pytest.fixture(scope="module")
def study(spirals):
    """A search that several tests look at: its last trials learn from the first ten."""
    return search(SPACE, *spirals, n_trials=13, epochs=3, seed=5)


@pytest.fixture
def storage(tmp_path):
    return f"sqlite:///{(tmp_path / 'tuning.db').as_posix()}"


def hill(trial):
    """The highest place is x = 1."""
    return -((trial.suggest_float("x", -10, 10) - 1) ** 2)


def search(*args, **options):
    return nn.tune(*args, **{"progress": False, **options})


def described(study):
    return [(t.params, t.state, t.intermediate_values) for t in study.trials]


def counts(study):
    return collections.Counter(trial.state.name for trial in study.trials)


def failing_at(monkeypatch, calls, error):
    """The calls of ``forward_backward`` with these numbers raise the error."""
    real, count = nn.Network.forward_backward, 0

    def forward_backward(self, *args):
        nonlocal count
        count += 1
        if count in calls:
            raise error
        return real(self, *args)

    monkeypatch.setattr(nn.Network, "forward_backward", forward_backward)


# --- What it does ---------------------------------------------------------------------------------


def test_a_function_is_climbed():
    study = search(hill, n_trials=40)
    assert len(study.trials) == 40
    assert abs(study.best_params["x"] - 1) < 0.5
    assert study.best_value == max(trial.value for trial in study.trials)


def test_a_space_is_searched_within_its_limits(study):
    for trial in study.trials:
        p = trial.params
        assert set(p) == set(SPACE)
        assert 1e-3 <= p["lr"] <= 1 and 1e-6 <= p["l2"] <= 1e-2 and 0 <= p["dropout"] <= 0.5
        assert p["hidden"] in (4, 8, 16) and p["activation"] in ("relu", "tanh")
        assert isinstance(p["batch_size"], int) and 20 <= p["batch_size"] <= 60
        assert p["optimizer"] == "sgd"
    assert len({trial.params["lr"] for trial in study.trials}) == 13


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


def test_the_seed_decides(study, spirals):
    other = search(SPACE, *spirals, n_trials=13, epochs=3, seed=6)
    assert described(study) != described(other)


@pytest.mark.parametrize(
    "n_trials, pruner", [(13, None), (6, optuna.pruners.HyperbandPruner(1, 3))]
)
def test_a_study_in_two_parts_is_the_study_in_one(study, spirals, storage, n_trials, pruner):
    """After a pause the search does not begin again with the random numbers of its start."""
    options = {"epochs": 3, "seed": 5, "pruner": pruner}
    whole = search(SPACE, *spirals, n_trials=n_trials, **options) if pruner else study
    options["storage"] = storage
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
    failing_at(monkeypatch, [5], MemoryError("3 TiB were asked for"))
    study = search({"lr": 0.1, "batch_size": 50}, *spirals, n_trials=2, epochs=2)
    assert [trial.state.name for trial in study.trials] == ["PRUNED", "COMPLETE"]
    assert study.trials[0].user_attrs["stopped"] == "memory ran out in epoch 2"


def test_nothing_but_divergence_ends_too(spirals):
    study = search({"lr": 1e30, "optimizer": "sgd"}, *spirals, n_trials=3)
    assert counts(study) == {"PRUNED": 3}


def test_no_finite_number_is_a_bad_trial():
    study = search(lambda trial: math.nan if trial.number % 2 else 1.0, n_trials=4)
    assert counts(study) == {"COMPLETE": 2, "PRUNED": 2}


def test_an_error_is_raised_and_loses_nothing(storage, caplog):
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
    failing_at(monkeypatch, [21], KeyboardInterrupt())
    study = search({"lr": (0.01, 0.1), "batch_size": 50}, *spirals, n_trials=10, epochs=3)
    assert counts(study)["FAIL"] == 1 and len(study.trials) < 10


def test_progress_bar(capsys):
    nn.tune(hill, n_trials=3)
    out, err = capsys.readouterr()
    assert out == "" and "3/3" in err and "best so far" in err and "Trial" not in err


# --- What it refuses ------------------------------------------------------------------------------


@pytest.mark.parametrize("objective, data, options, error, message", [
    ([1, 2], True, {}, TypeError, "expected a function, or a dict.*got list"),
    ({}, True, {}, TypeError, "got an empty dict"),
    ({"lr": 0.1}, False, {}, ValueError, "expected two sets with a space"),
    (hill, True, {}, ValueError, "brings its own data"),
    (lambda trial: None, False, {}, TypeError, "return a number.*got None"),
    *((hill, False, {"n_trials": wrong}, ValueError, "expected n_trials as an integer")
      for wrong in (0, 2.5, True)),
    *(({"lr": 0.1}, True, {"epochs": wrong}, ValueError, "expected epochs as an integer")
      for wrong in (0, 2.5, None)),
    *(({"lr": 0.1}, True, {"seed": wrong}, ValueError, "expected seed as an integer")
      for wrong in (None, -1, 1.5, True, 2**32)),
])  # fmt: skip
def test_bad_calls(spirals, tmp_path, storage, objective, data, options, error, message):
    """Those that can be told from the call leave no study behind."""
    with pytest.raises(error, match=message):
        search(objective, *spirals[: 2 * data], **{"n_trials": 1, "storage": storage, **options})
    assert "got None" in message or not list(tmp_path.iterdir())


def test_a_function_that_asks_for_no_epochs_is_told(spirals):
    with pytest.raises(ValueError, match="expected epochs as an integer of at least 1, got 0"):
        nn.fit_trial(None, nn.mlp([2, 4, 3]), *spirals, epochs=0, optimizer=nn.SGD(0.1))


@pytest.mark.parametrize("storage, message", [
    ("tuning.db", "try 'sqlite:///tuning.db'"),
    ("sqlite:///{}/nowhere/tuning.db", "cannot be used.*A folder must exist"),
    ("sqlite:///:memory:", "leave it out"),
    ("sqlite:///{}/bad.db", "not a database"),
])  # fmt: skip
def test_bad_storages(tmp_path, monkeypatch, storage, message):
    (tmp_path / "bad.db").write_text("no database" * 100)
    monkeypatch.setattr(tuning.time, "sleep", lambda seconds: None)
    with pytest.raises(ValueError, match=message):
        search(hill, n_trials=1, storage=storage.format(tmp_path.as_posix()))


def test_a_study_is_not_continued_with_another_task(storage, spirals):
    def once(objective, *data, n_trials=2, **options):
        return search(objective, *data, n_trials=n_trials, storage=storage, **options)

    once({"lr": 0.1}, *spirals, n_trials=1, epochs=1)
    for objective, data, options in (
        ({"lr": 0.1}, spirals, {"epochs": 2}),
        ({"lr": 0.2}, spirals, {"epochs": 1}),
        ({"lr": 0.1}, spirals, {"epochs": 1, "schedule": nn.cosine()}),
        (hill, (), {}),
    ):
        with pytest.raises(ValueError, match="cannot be compared.*another study_name"):
            once(objective, *data, **options)
    assert len(once(hill, study_name="hill").trials) == 2
    options = {"epochs": 1, "study_name": "with a schedule"}
    for n_trials in (1, 2):
        once({"lr": 0.1}, *spirals, n_trials=n_trials, schedule=nn.cosine(), **options)
    with pytest.raises(ValueError, match="cannot be compared"):
        once({"lr": 0.1}, *spirals, n_trials=3, schedule=nn.one_cycle(), **options)


def test_a_study_from_before_schedules_were_kept_goes_on(storage, spirals):
    database = tuning._open(storage)
    study = optuna.create_study(storage=database, study_name="tuning", direction="maximize")
    study.set_user_attr("task", "{'lr': [0.1]}, epochs=1, seed=0, 150 training examples")
    assert len(search({"lr": 0.1}, *spirals, n_trials=1, epochs=1, storage=storage).trials) == 1


# --- Kills and company ----------------------------------------------------------------------------

SCRIPT = """
import time
import nnhelpers as nn
from nnhelpers.studies import tuning

tuning.SIGN_EVERY, tuning.DEAD_AFTER = 1, 1

def slow_hill(trial):
    x = trial.suggest_float("x", -10, 10)
    if trial.number == {hangs_at}:
        time.sleep(0.5)  # for a sign of life
        print("hangs", flush=True)
        time.sleep(60)
    time.sleep(0.1)
    return -((x - 1) ** 2)

nn.tune(slow_hill, n_trials={n_trials}, storage={storage!r}, progress=False)
"""


def start(storage, n_trials, hangs_at=None):
    code = SCRIPT.format(storage=storage, n_trials=n_trials, hangs_at=hangs_at)
    return subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)


def trials_in(storage):
    return optuna.load_study(study_name="tuning", storage=tuning._open(storage)).trials


def test_a_killed_study_goes_on_and_has_lost_nothing(storage, monkeypatch):
    """Killed in the middle of a trial, whose hyperparameters are tried again."""
    process = start(storage, n_trials=9, hangs_at=3)
    assert process.stdout.readline() == "hangs\n"
    process.kill()
    process.communicate()
    *before, killed = trials_in(storage)
    assert [trial.state.name for trial in before] == 3 * ["COMPLETE"]
    time.sleep(2.5)  # until the dead process's last sign of life is old
    monkeypatch.setattr(tuning, "SIGN_EVERY", 1)
    monkeypatch.setattr(tuning, "DEAD_AFTER", 1)
    study = search(hill, n_trials=7, storage=storage)
    states = 3 * ["COMPLETE"] + ["FAIL"] + 4 * ["COMPLETE"]
    assert [trial.state.name for trial in study.trials] == states
    assert [(t.number, t.params, t.value, t.datetime_complete) for t in study.trials[:3]] == [
        (t.number, t.params, t.value, t.datetime_complete) for t in before
    ]
    assert killed.params["x"] in [trial.params["x"] for trial in study.trials[4:]]


def test_two_processes_share_a_study(storage):
    both = [start(storage, n_trials=10) for _ in range(2)]
    assert [process.wait(60) for process in both] == [0, 0]
    trials = [trial for trial in trials_in(storage) if trial.state in tuning.FINISHED]
    assert 10 <= len(trials) <= 11
    assert len({trial.params["x"] for trial in trials}) == len(trials), "none is tried twice"
    spans = sorted((trial.datetime_start, trial.datetime_complete) for trial in trials)
    assert any(b[0] < a[1] for a, b in zip(spans, spans[1:], strict=False)), "at the same time"


# --- Is it worth it, and what it looks like -------------------------------------------------------


def test_tuned_beats_the_default(study, spirals):
    default = search({"depth": 1}, *spirals, n_trials=1, epochs=3, seed=5)
    assert study.best_value > default.best_value + 0.05


def test_plot(study):
    picture = nn.plot_tuning(study)
    parallel, bars = picture.figure.axes
    drawn = [line for line in parallel.lines if len(line.get_xdata()) == 7]
    assert len(drawn) == counts(study)["COMPLETE"], "five of six hyperparameters vary, and accuracy"
    best = drawn[-1]
    assert best.get_ydata()[-1] == 1 and best.get_color() == "0.0"
    lr = math.log(study.best_params["lr"] / 1e-3) / math.log(1e3)
    assert best.get_ydata()[0] == pytest.approx(lr)
    dotted = [line for line in parallel.lines if line.get_linestyle() == ":"]
    assert len(dotted) == counts(study)["PRUNED"] > 0
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
