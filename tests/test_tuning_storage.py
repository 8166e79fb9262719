"""A study's database: several processes that begin at once, and places that cannot be written."""

import os
import subprocess
import sys
import time

import optuna
import pytest
from optuna.exceptions import StorageInternalError
from sqlalchemy.exc import IntegrityError, OperationalError

import nnhelpers as nn
from nnhelpers.studies import tuning


@pytest.fixture
def storage(tmp_path):
    return f"sqlite:///{(tmp_path / 'tuning.db').as_posix()}"


@pytest.fixture
def pauses(monkeypatch):
    """The pauses that were made, in seconds; none of them takes any time."""
    made = []
    monkeypatch.setattr(tuning.time, "sleep", made.append)
    return made


def search(storage, n_trials=1):
    return nn.tune(lambda trial: trial.suggest_float("x", 0, 1), n_trials=n_trials, storage=storage,
                   progress=False)  # fmt: skip


def failing(function, errors):
    """The function, whose first calls raise these errors."""
    errors = iter(errors)

    def wrapped(*args, **options):
        for error in errors:
            raise error
        return function(*args, **options)

    return wrapped


def unique(cause="UNIQUE constraint failed: alembic_version.version_num"):
    return IntegrityError("INSERT", {}, Exception(cause))


def wrapped_by_optuna():
    error = StorageInternalError("An exception is raised during the commit.")
    error.__cause__ = unique("UNIQUE constraint failed: study_user_attributes.study_id")
    return error


RACES = [unique(), OperationalError("CREATE", {}, Exception("table studies already exists")),
         wrapped_by_optuna(), OperationalError("", {}, Exception("database is locked")),
         OperationalError("SELECT", {}, Exception("no such table: studies"))]  # fmt: skip


@pytest.mark.parametrize("where", ["open", "create", "task"])
def test_what_another_process_does_at_the_same_time_passes(storage, monkeypatch, pauses, where):
    place, name = {
        "open": (tuning, "_open"), "create": (optuna, "create_study"),
        "task": (optuna.Study, "set_user_attr"),
    }[where]  # fmt: skip
    monkeypatch.setattr(place, name, failing(getattr(place, name), RACES))
    study = search(storage)
    assert len(study.trials) == 1 and study.user_attrs["task"] == "a function"
    assert len(pauses) == len(RACES) and len(set(pauses)) == len(RACES), "each of another length"


def test_what_does_not_pass_is_said_in_the_databases_own_words(storage, monkeypatch, pauses):
    for error in (unique(), wrapped_by_optuna()):
        with monkeypatch.context() as patch, pytest.raises(ValueError) as caught:
            patch.setattr(optuna, "create_study", failing(None, [error] * 100))
            search(storage)
        assert "cannot be used: UNIQUE constraint failed: " in str(caught.value)
        assert "Background on this error" not in str(caught.value)
    assert len(pauses) == 2 * len(tuning.PAUSES)


@pytest.mark.parametrize("place, message", [
    ("nowhere/tuning.db", "unable to open database file. A folder must exist"),
    ("text.txt", "file is not a database. A folder must exist, a file must be Optuna's"),
    (".", "unable to open database file"),
])  # fmt: skip
def test_what_is_hopeless_is_said_at_once(tmp_path, pauses, place, message):
    (tmp_path / "text.txt").write_text("no database" * 100)
    with pytest.raises(ValueError, match=message):
        search(f"sqlite:///{(tmp_path / place).as_posix()}")
    assert pauses == []


TOGETHER = """
import random, sys, time
from sqlalchemy import event
from sqlalchemy.orm import Session
import nnhelpers as nn
from nnhelpers.studies import tuning

if {slowly}:  # more time between looking whether a row is there and writing it
    event.listen(Session, "before_flush", lambda *_: time.sleep(random.uniform(0, 0.1)))
print("ready", flush=True)
at = float(sys.stdin.readline())
while time.time() < at:
    pass
nn.tune(lambda trial: trial.suggest_float("x", 0, 1), n_trials=12, storage=sys.argv[1],
        progress=False)
"""


@pytest.mark.parametrize("slowly", [False, True])
@pytest.mark.parametrize("round", [0, pytest.param(1, marks=pytest.mark.full),
                                   pytest.param(2, marks=pytest.mark.full)])  # fmt: skip
def test_six_processes_that_begin_at_once(storage, slowly, round):
    code = TOGETHER.format(slowly=slowly)
    processes = [subprocess.Popen([sys.executable, "-c", code, storage], text=True,
                                  stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                  stderr=subprocess.PIPE) for _ in range(6)]  # fmt: skip
    assert [process.stdout.readline() for process in processes] == ["ready\n"] * 6
    at = time.time() + 0.3
    for process in processes:
        process.stdin.write(f"{at}\n")
        process.stdin.flush()
    told = [process.communicate(timeout=120)[1] for process in processes]
    assert [process.returncode for process in processes] == [0] * 6, "\n".join(told)
    [study] = optuna.get_all_study_summaries(tuning._open(storage))
    trials = optuna.load_study(study_name="tuning", storage=tuning._open(storage)).trials
    finished = [trial for trial in trials if trial.state in tuning.FINISHED]
    assert study.user_attrs == {"task": "a function"} and 12 <= len(finished) <= 17
    assert len({trial.params["x"] for trial in finished}) == len(finished)


def test_a_disk_that_fills_up_loses_no_trial(storage, monkeypatch):
    full = OperationalError("INSERT", {}, Exception("database or disk is full"))
    error = StorageInternalError("An exception is raised during the commit.")
    error.__cause__ = full
    search(storage, 3)
    with monkeypatch.context() as patch:
        patch.setattr(optuna.Study, "ask", failing(None, [error]))
        with pytest.raises(OSError, match="written any more: database or disk is full. Finished"):
            search(storage, 5)
    assert len(search(storage, 5).trials) == 5


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="root may write everywhere")
def test_a_database_that_may_only_be_read(storage, tmp_path):
    search(storage)
    (tmp_path / "tuning.db").chmod(0o444)
    with pytest.raises(ValueError, match="readonly database.*allowed to write both"):
        search(storage, 2)
