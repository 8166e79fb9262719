"""Tuning: a search for good hyperparameters, which survives being killed (notebook 11).

Optuna does the searching and the remembering. This is the bridge to it: how a training tells Optuna
after each epoch how it is doing. ``space`` holds the hyperparameters.
"""

import contextlib
import io
import math
import numbers
import random
import time
import warnings

import numpy as np
import optuna
from optuna.exceptions import StorageInternalError
from optuna.trial import TrialState
from sqlalchemy.exc import SQLAlchemyError  # the database library that comes with Optuna
from sqlalchemy.pool import NullPool

from ..backend import asnumpy
from ..network import mlp
from ..support.asked import settings as check_settings
from ..support.run import fingerprint
from ..training import fit
from .space import HYPERPARAMETERS, OPTIMIZERS, check_space, check_value, suggest

# Optuna's reports on single trials are silenced: the progress bar says how far the search is, and
# an error in a trial is raised anyhow.
optuna.logging.set_verbosity(optuna.logging.ERROR)

# Why a training was not finished, in words: what ``History.ended`` says in one.
ENDS = {"diverged": "diverged", "memory": "memory ran out", "disk": "no room for the checkpoint"}
FINISHED = (TrialState.COMPLETE, TrialState.PRUNED)
# In seconds: a running trial signs in the storage that its process is alive, and one that has not
# done so for the second number is marked as failed when any process begins its next trial, which
# then tries the same hyperparameters again.
SIGN_EVERY, DEAD_AFTER = 10, 60
# Several processes that set up one new database get into each other's way: tables that another has
# just made, rows that are there already. That passes, unlike a folder that is missing; it is tried
# again after pauses of random length, with these means in seconds.
DATABASE_ERRORS = (SQLAlchemyError, StorageInternalError)
PAUSES = (0.05, 0.1, 0.2, 0.4, 0.8, 1.0, 1.0, 1.0, 1.0, 1.0)
HOPELESS = ("unable to open", "not a database", "readonly", "read-only", "disk is full")


def tune(objective_or_space, train=None, valid=None, *, n_trials, epochs=5, schedule=None,
         storage=None, study_name="tuning", pruner=None, seed=0, progress=True):  # fmt: skip
    """Search for the hyperparameters with the highest validation accuracy; return Optuna's study.

    Each trial is one choice of hyperparameters and one training with them. Where the next trial
    looks is learned from the finished ones (TPE); a trial that is doing badly is stopped after an
    epoch (pruning). Source: notebook 11, "Optuna".

    Parameters
    ----------
    objective_or_space : dict or function
        A dict from the names in :data:`HYPERPARAMETERS` to where to look: a range ``(low, high)``,
        the same on a logarithmic scale ``(low, high, "log")``, a list of choices, or one value that
        stays fixed. What is not named has its default. For example ``{"lr": (1e-3, 1.0, "log"),
        "hidden": [32, 64, 128], "depth": 2}``; ``hidden`` is the units of each of the ``depth``
        hidden layers.
        Or a function from Optuna's trial to a number to maximize; it can train with
        :func:`fit_trial`.
    train, valid : pair (X, y), such as ``data.train``
        For a space only; a function brings its own data. The test set has no place here.
    n_trials : int
        How many finished trials the study is to have in all, pruned ones included. What the
        storage already holds counts.
    epochs : int, default 5
        For a space: the length of a training that is not pruned.
    schedule : function, optional
        For a space: the learning rate's schedule, as in :func:`fit`.
    storage : str, optional
        The URL of a database in which the study is kept: ``"sqlite:///tuning.db"`` is a file in the
        working directory, ``"mysql+pymysql://user:password@host/name"`` a server for several
        machines. By default the study lives in memory. Call again with the same storage, after an
        interrupt, an error or a kill, to go on: no finished trial is lost, and a trial that was
        running is done anew. Several processes can call with the same storage at a time, and share
        the work; those still training when the total is reached make it one larger each.
    study_name : str, default "tuning"
        One storage can hold several studies.
    pruner : optuna.pruners.BasePruner, optional
        By default successive halving: after 1, 3, 9, … epochs, a trial goes on if it is in the best
        third of those that came that far.
    seed : int, default 0
        For the search, and for weights and shuffles, which are the same in all trials. In one
        process, a seed means the same study.
    progress : bool, default True
        Whether to show a progress bar.

    Returns
    -------
    optuna.Study
        ``study.best_params`` and ``study.best_value`` say what was found, ``study.trials`` all that
        was tried; :func:`build_from` makes a network from ``best_params``. A training that diverged
        or ran out of memory is a pruned trial, whose ``user_attrs["stopped"]`` says so. Also
        returned after an interrupt, with the trials finished until then.

    Raises
    ------
    ValueError, TypeError
        If the space, the storage or a setting cannot be used; before anything is computed.
    OSError
        If the storage cannot be written any more, because its disk is full for example. Finished
        trials are kept.
    """
    _check_whole("n_trials", n_trials, 1, "of at least 1")
    _check_whole("seed", seed, 0, "from 0 to 2^32 - 1", below=2**32)
    if callable(objective_or_space):
        if train is not None or valid is not None:
            raise ValueError(
                "expected no train and valid with a function, which brings its own data: "
                "call tune(objective, n_trials=...)"
            )
        objective, task = objective_or_space, "a function"
    else:
        space = check_space(objective_or_space)
        if train is None or valid is None:
            raise ValueError("expected two sets with a space: tune(space, train, valid, ...)")
        check_settings(1, epochs, batch_size=None, l2=0.0)

        def objective(trial):
            settings = {name: suggest(trial, name, space[name]) for name in space}
            net, options = build_from(settings, train, seed=seed)
            return fit_trial(trial, net, train, valid, epochs=epochs, schedule=schedule, seed=seed,
                             **options)  # fmt: skip

        task = f"{space}, epochs={epochs}, seed={seed}, {len(train[1])} training examples"
        if schedule:  # said only then: the tasks of older studies know none
            task += f", schedule={fingerprint(schedule)}"
    pruner = pruner or optuna.pruners.SuccessiveHalvingPruner(min_resource=1, reduction_factor=3)
    study = _start(storage, task, study_name=study_name, direction="maximize", load_if_exists=True,
                   sampler=_Sampler(seed), pruner=pruner)  # fmt: skip
    try:
        _run(study, objective, n_trials, progress)
    except DATABASE_ERRORS as error:
        raise OSError(
            f"the storage {storage!r} cannot be written any more: {_complaint(error)}. Finished "
            "trials are kept, and the same call goes on from there once it can be written."
        ) from error
    return study


def fit_trial(trial, net, train, valid, *, epochs, schedule=None, seed=0, **options):
    """Train ``net`` as :func:`fit` does, report to ``trial`` after each epoch, return the accuracy.

    The training is the one that ``fit`` does in one call: the same order of examples, the same
    schedule, the optimizer's state kept. Only the history is not. Source: notebook 11, "Pruning".

    Parameters
    ----------
    trial : optuna.Trial
        Told the validation accuracy after each epoch, counted from 1.
    net : Network
    train, valid : pair (X, y)
    epochs, schedule, seed
        As in :func:`fit`.
    **options
        The rest of what :func:`fit` takes: ``optimizer``, ``batch_size``, ``l2``.

    Returns
    -------
    float
        The accuracy on ``valid`` after the last epoch.

    Raises
    ------
    optuna.TrialPruned
        If the trial is to be stopped, or the training ended early because it diverged or memory
        ran out: see ``trial.user_attrs["stopped"]``.
    """
    check_settings(1, epochs, batch_size=None, l2=0.0)
    rng = np.random.default_rng(seed)
    for epoch in range(epochs):
        part = schedule and (lambda t, done=epoch: schedule((done + t) / epochs))
        # What fit prints when it stops early is said by the trial.
        with contextlib.redirect_stdout(io.StringIO()):
            history = fit(net, train, valid, epochs=1, schedule=part, seed=rng, progress=False,
                          **options)  # fmt: skip
        if history.ended == "interrupted":
            raise KeyboardInterrupt
        if history.ended:
            # ``history.stopped`` takes the epoch for the first one.
            why = f"{ENDS[history.ended]} in epoch {epoch + 1}"
            trial.set_user_attr("stopped", why)
            trial.report(math.nan, epoch + 1)
            raise optuna.TrialPruned(why)
        accuracy = history.valid_accuracy[-1]
        trial.report(accuracy, epoch + 1)
        if epoch + 1 < epochs and trial.should_prune():
            raise optuna.TrialPruned(f"after epoch {epoch + 1}")
    return accuracy


def _check_whole(name, value, least, words, below=math.inf):
    whole = isinstance(value, numbers.Integral) and not isinstance(value, bool)
    if not (whole and least <= value < below):
        raise ValueError(f"expected {name} as an integer {words}, got {value!r}")


def build_from(settings, train, seed=0):
    """Return the network of these hyperparameters, and what :func:`fit` needs to train it.

    ``net, options = nn.build_from(study.best_params, data.train)`` is followed by
    ``nn.fit(net, data.train, data.valid, epochs=5, **options)``.

    Parameters
    ----------
    settings : dict
        From names in :data:`HYPERPARAMETERS` to values; what is not named has its default.
    train : pair (X, y)
        For the number of inputs and classes.
    seed : int, default 0
        For the initial weights.

    Returns
    -------
    net : Network
    options : dict
        With ``optimizer``, ``batch_size`` and ``l2``.

    Raises
    ------
    ValueError
        If a name is unknown or a value cannot be.
    """
    defaults = {name: about.default for name, about in HYPERPARAMETERS.items()}
    s = defaults | {name: check_value(name, value) for name, value in settings.items()}
    X, y = train
    n_classes = max(2, int(asnumpy(y).max()) + 1)
    net = mlp([X.shape[1], *s["depth"] * [s["hidden"]], n_classes], activation=s["activation"],
              dropout=s["dropout"], batch_norm=s["batch_norm"], seed=seed)  # fmt: skip
    optimizer = OPTIMIZERS[s["optimizer"]](s["lr"])
    return net, {"optimizer": optimizer, "batch_size": s["batch_size"], "l2": s["l2"]}


# --- The search -----------------------------------------------------------------------------------


def _run(study, objective, n_trials, progress):
    """Do the trials that are missing, with a progress bar; an interrupt ends them quietly."""
    from tqdm.auto import tqdm

    def finished():
        return len(study.get_trials(deepcopy=False, states=FINISHED))

    def after_each(study, trial):
        done = finished()
        bar.update(max(0, min(done, n_trials) - bar.n))
        if study.get_trials(deepcopy=False, states=(TrialState.COMPLETE,)):
            bar.set_description_str(f"best so far {study.best_value:.4g}")
        if done >= n_trials:
            study.stop()

    def finite(trial):
        value = objective(trial)
        try:
            value = float(value)
        except TypeError:
            raise TypeError(
                "expected the objective to return a number, such as the validation accuracy, got "
                f"{value!r}"
            ) from None
        if not math.isfinite(value):
            raise optuna.TrialPruned(f"the objective returned {value}")
        return value

    done = min(finished(), n_trials)
    with tqdm(total=n_trials, initial=done, unit="trial", disable=not progress) as bar:
        try:
            if done < n_trials:
                study.optimize(finite, callbacks=[after_each])
        except KeyboardInterrupt:
            print(
                f"Tuning stopped: interrupted. {finished()} of {n_trials} trials are finished and "
                "kept; with a storage, the same call goes on from there."
            )


class _Sampler(optuna.samplers.TPESampler):
    """TPE whose random numbers depend on the seed and the trial's number, and on nothing else.

    With one stream of numbers, a process that resumes a study, or joins one, would start again
    from the stream's beginning and try what has been tried.
    """

    def __init__(self, seed):
        super().__init__(seed=seed)
        self._first_seed = seed

    def before_trial(self, study, trial):
        stream = np.random.SeedSequence([self._first_seed, trial.number])
        super().__init__(seed=int(stream.generate_state(1)[0]))
        super().before_trial(study, trial)


def _start(storage, task, **options):
    """Return the study in the storage, a new one or the one that is there, if it has this task."""
    for pause in (*PAUSES, None):
        try:
            study = optuna.create_study(storage=_open(storage), **options)
            _check_task(study, task)
            return study
        except DATABASE_ERRORS as error:
            complaint = _complaint(error)
            if pause is None or any(word in complaint for word in HOPELESS):
                raise ValueError(
                    f"the storage {storage!r} cannot be used: {complaint}. A folder must exist, "
                    "a file must be Optuna's, and you must be allowed to write both."
                ) from error
            time.sleep(pause * random.uniform(0.5, 1.5))


def _complaint(error):
    """Return what the database itself said, without what the libraries around it add."""
    while not hasattr(error, "orig") and error.__cause__ is not None:
        error = error.__cause__
    return str(getattr(error, "orig", error))


def _open(storage):
    """Return the database at the URL as Optuna's storage; anything that is no text as it is."""
    if not isinstance(storage, str):
        return storage
    if "://" not in storage:
        raise ValueError(
            f"expected storage as a database's URL, got {storage!r}. For a file, try "
            f"'sqlite:///{storage}'."
        )
    if storage == "sqlite://" or ":memory:" in storage:
        raise ValueError(f"the storage {storage!r} is memory: leave it out, which means memory too")
    # A file is closed after each use (no pool), and waited for while another process writes.
    options = {"poolclass": NullPool, "connect_args": {"timeout": 60}}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
        again = optuna.storages.RetryHeartbeatStaleTrialCallback(max_retry=3)
        return optuna.storages.RDBStorage(
            storage, engine_kwargs=options if storage.startswith("sqlite:") else None,
            heartbeat_interval=SIGN_EVERY, grace_period=DEAD_AFTER,
            heartbeat_stale_trial_callback=again,
        )  # fmt: skip


def _check_task(study, task):
    """Raise ValueError if the study in the storage was started for another task."""
    started = study.user_attrs.get("task")
    if started is None:
        study.set_user_attr("task", task)
    elif started != task:
        raise ValueError(
            f"the study {study.study_name!r} in this storage was started with\n    {started}\n"
            f"and is now asked to go on with\n    {task}\n"
            "Results of the two cannot be compared: give the new one another study_name."
        )
