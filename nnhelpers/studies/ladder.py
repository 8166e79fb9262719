"""``python -m nnhelpers.studies.ladder --rung NAME --seeds 5``: climb the ladder of notebook 13 again.

A rung is a complete recipe: a network, what it learns from, and how. Each builds on an earlier one
and adds one idea. A run trains one network (or a committee) from one seed, keeps a checkpoint after
each epoch, and at the end measures the accuracy on the validation set and, once, on the test set;
one line of JSON is then added to ``benchmarks/results/record.jsonl``. The same command goes on
after an interruption, and leaves out what is recorded already.

    python -m nnhelpers.studies.ladder --list                              the rungs, and the results so far
    python -m nnhelpers.studies.ladder --rung five_minutes --save net.npz  the trained network as a file
    python -m nnhelpers.studies.ladder --rung half_hour --seeds 3 --keep   ... and the checkpoints, for
    python -m nnhelpers.studies.ladder --rung half_hour_committee          ... the vote of these three
    python -m nnhelpers.studies.ladder --rung adam --try "lr=0.002 epochs=5"

The last line is an experiment: other settings are tried, the test set is left alone, and what is
added to the results says so. Whoever searches counts how often: ``--list`` shows the number.
"""

import argparse
import datetime
import functools
import hashlib
import json
import math
import os
import platform
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from ..backend import backend_report, default_array_module, get_array_module
from ..data import DATA_FOLDER, DataError, load_mnist
from ..files.checkpoints import check_place, load, save
from ..layers import Dropout
from ..losses import SoftmaxCrossEntropy
from ..network import Network, mlp
from ..optimizers import SGD, Adam, Momentum, RMSprop, cosine, one_cycle
from ..training import fit
from .after_step import MaxNorm, WeightAverage, average_among
from .augment import Adversarial, Distortion, InTurn, Noise, Shifts

RESULTS = Path(__file__).resolve().parents[2] / "benchmarks" / "results" / "record.jsonl"
BEST = DATA_FOLDER / "best_network.npz"

# What a rung can set, and what holds where it does not.
DEFAULTS = {
    "sizes": [784, 800, 800, 10],
    "batch_norm": False,
    "input_dropout": 0.0,
    "dropout": 0.0,
    "smoothing": 0.0,
    "optimizer": "SGD",
    "lr": 0.04,
    "schedule": None,  # or the name of one
    "batch_size": 256,
    "epochs": 20,
    "l2": 0.0,
    "max_norm": None,  # or the limit
    "average": None,  # or beta of the moving average of the weights
    "augment": None,  # or {name of a class in augment.py: its settings}, more than one in turn
    "members": 1,  # of a committee that votes
    "learn_from": "train",  # or "train and valid", where nothing is left to choose
    "examples": None,  # how many of the training examples; None means all
}
OPTIMIZERS = {"SGD": SGD, "Momentum": Momentum, "RMSprop": RMSprop, "Adam": Adam}
SCHEDULES = {None: lambda: None, "cosine": cosine, "one_cycle": one_cycle}
AUGMENTATIONS = {
    "Shifts": Shifts, "Distortion": Distortion, "Noise": Noise, "Adversarial": Adversarial,
}  # fmt: skip
BENT = {"rotation": 10, "scale": 0.1, "shear": 0.1, "shift": 1.0, "elastic": 1.2, "sigma": 4.5}


@dataclass(frozen=True)
class Rung:
    """One step of the ladder.

    Attributes
    ----------
    adds : str
        What is new in it, in words.
    notebook : str
        Where the idea is derived.
    after : str or None
        The rung that it builds on.
    changes : dict
        The settings that differ from that rung's.
    machine : {"any", "gpu"}
        Whether a laptop can run it in reasonable time.
    """

    adds: str
    notebook: str
    after: str | None = None
    changes: dict = field(default_factory=dict)
    machine: str = "any"


RUNGS = {
    "tiny": Rung("a rehearsal: 500 examples, 2 epochs", "04", None,
        {"sizes": [784, 16, 10], "examples": 500, "epochs": 2, "batch_size": 50}),
    # ------------------------------------------------ pixels in any order would do as well
    "plain": Rung("ReLU, He's first weights, plain SGD", "04"),
    "adam": Rung("Adam", "08", "plain", {"optimizer": "Adam", "lr": 0.001}),
    "one_cycle": Rung("a learning rate that rises and falls", "08", "adam",
        {"schedule": "one_cycle", "lr": 0.002, "batch_size": 128}),
    "smoothing": Rung("label smoothing", "13", "one_cycle", {"smoothing": 0.1}),
    # Each of these alone, on top of the same rung: not all ideas add up.
    "dropout": Rung("dropout of units and pixels", "07", "smoothing",
        {"dropout": 0.3, "input_dropout": 0.2}),
    "max_norm": Rung("max-norm besides dropout", "13", "dropout", {"max_norm": 2.0}),
    "batch_norm": Rung("batch normalization", "09", "smoothing", {"batch_norm": True}),
    "l2": Rung("an L2 penalty", "05", "smoothing", {"l2": 1e-5}),
    "average": Rung("the average of the weights", "13", "smoothing", {"average": 0.999}),
    "noise": Rung("random noise on the pixels", "13", "smoothing",
        {"augment": {"Noise": {"std": 0.3}}}),
    "adversarial": Rung("the worst noise on the pixels", "13", "smoothing",
        {"augment": {"Adversarial": {"amount": 0.12}}}),
    "patient": Rung("twice as long", "13", "adversarial", {"epochs": 40}),
    "headline": Rung("where the course set out from", "12", "plain",
        {"sizes": [784, 7600, 2000, 10], "epochs": 40}, "gpu"),
    "widest": Rung("as wide as a GPU likes it, and long", "13", "patient",
        {"sizes": [784, 4096, 4096, 10], "lr": 0.001, "epochs": 200}, "gpu"),
    # ------------------------------------------------ images that are never shown twice alike
    "shifts": Rung("shifts by whole pixels", "13", "smoothing",
        {"augment": {"Shifts": {"pixels": 2}}}),
    "affine": Rung("turned, scaled, slanted, shifted", "13", "shifts",
        {"augment": {"Distortion": {**BENT, "elastic": 0.0}}}),
    "elastic": Rung("bent as well", "13", "affine", {"augment": {"Distortion": BENT}}),
    "committee": Rung("five networks vote", "13", "elastic", {"members": 5}),
    "five_minutes": Rung("the best of five minutes on two cores", "13", "elastic",
        {"sizes": [784, 1000, 500, 10], "epochs": 80, "smoothing": 0.05}),
    "half_hour": Rung("the best of half an hour on two cores", "13", "five_minutes",
        {"sizes": [784, 1500, 1000, 500, 10], "epochs": 200, "lr": 0.001}),
    "half_hour_committee": Rung("three of them vote", "13", "half_hour", {"members": 3}),
    "one_hour": Rung("the best of an hour on two cores", "13", "half_hour",
        {"sizes": [784, 2500, 1500, 500, 10], "batch_size": 256, "epochs": 330}),
    # As many steps as one_hour: nothing is left to choose, so the validation set is learned too.
    "one_hour_all": Rung("the validation set learned as well", "13", "one_hour",
        {"learn_from": "train and valid", "epochs": 275}),
    "deep_big_simple": Rung("Cireşan's network of 2010", "13", "one_hour",
        {"sizes": [784, 2500, 2000, 1500, 1000, 500, 10], "epochs": 800, "lr": 0.0005}, "gpu"),
    "deep_big_committee": Rung("five of them vote", "13", "deep_big_simple",
        {"members": 5}, "gpu"),
}  # fmt: skip


def settings_of(name, changes=None):
    """Return all settings of the rung called ``name``, with ``changes``: a dict.

    Raises
    ------
    ValueError
        If there is no such rung, or a change names no setting; the message lists those there are.
        If the number of members, what to learn from, or batch_norm cannot be.
    """
    if name not in RUNGS:
        raise ValueError(f"there is no rung {name!r}: expected one of {', '.join(RUNGS)}")
    rung = RUNGS[name]
    settings = settings_of(rung.after) if rung.after else dict(DEFAULTS)
    for key, value in {**rung.changes, **(changes or {})}.items():
        if key not in DEFAULTS:
            raise ValueError(f"there is no setting {key!r}: expected one of {', '.join(DEFAULTS)}")
        settings[key] = value
    if not isinstance(settings["members"], int) or settings["members"] < 1:
        raise ValueError(f"expected members of at least 1, got {settings['members']!r}")
    if settings["learn_from"] not in ("train", "train and valid"):
        raise ValueError(
            f"unknown learn_from {settings['learn_from']!r}: expected 'train' or 'train and valid'"
        )
    # Any word is true to Python, "no" as well.
    if not isinstance(settings["batch_norm"], bool):
        raise ValueError(f"expected batch_norm as True or False, got {settings['batch_norm']!r}")
    return settings


# ---------------------------------------------------------------------- one run


def build(settings, seed):
    """Return (net, optimizer, options for ``fit``) as the settings say.

    Raises
    ------
    ValueError, TypeError
        If a setting cannot be: a name that is not known, or a number out of its range.
    """
    net = mlp(settings["sizes"], dropout=settings["dropout"], batch_norm=settings["batch_norm"],
              loss=SoftmaxCrossEntropy(settings["smoothing"]), seed=seed)  # fmt: skip
    if settings["input_dropout"]:
        layers = [Dropout(settings["input_dropout"]), *(layer.fresh() for layer in net.layers)]
        net = Network(layers, net.loss_function, seed=seed)
    optimizer = _look_up(settings, "optimizer", OPTIMIZERS)(settings["lr"])
    augment = _augmentation(settings["augment"], net) if settings["augment"] else None
    after_step = [MaxNorm(settings["max_norm"])] if settings["max_norm"] else []
    after_step += [WeightAverage(settings["average"])] if settings["average"] else []
    options = {
        "epochs": settings["epochs"], "batch_size": settings["batch_size"], "l2": settings["l2"],
        "seed": seed, "schedule": _look_up(settings, "schedule", SCHEDULES)(),
        "augment": augment, "after_step": after_step,
    }  # fmt: skip
    return net, optimizer, options


def _augmentation(asked, net):
    """Return the augmentation that {name: settings} asks for; several are done in turn."""
    if not (isinstance(asked, dict) and all(isinstance(value, dict) for value in asked.values())):
        raise ValueError(
            f"expected augment as {{name: settings}}, such as {{'Shifts': {{'pixels': 2}}}}, got "
            f"{asked!r}"
        )
    steps = []
    for kind, amounts in asked.items():
        make = _look_up({"augment": kind}, "augment", AUGMENTATIONS)
        steps.append(make(net, **amounts) if make is Adversarial else make(**amounts))
    return steps[0] if len(steps) == 1 else InTurn(*steps)


def _look_up(settings, key, table):
    if settings[key] not in table:
        names = ", ".join(str(name) for name in table)
        raise ValueError(f"unknown {key} {settings[key]!r}: expected one of {names}")
    return table[settings[key]]


def examples_for(settings, data):
    """Return (train, valid) to learn from and to choose by; valid is None if it is learned too."""
    if settings["learn_from"] == "train and valid":
        xp = get_array_module(data.train.X)
        both = zip(data.train, data.valid, strict=True)
        return tuple(xp.concatenate(parts) for parts in both), None
    n = settings["examples"]
    return (data.train.X[:n], data.train.y[:n]), data.valid


def train(settings, seed=0, data=None, checkpoint=None, progress=True):
    """Train what the settings say from ``seed``; return (list of networks, list of histories).

    Parameters
    ----------
    settings : dict
        From :func:`settings_of`.
    data : MNIST, optional
        By default ``load_mnist()``.
    checkpoint : function, optional
        From a network's own seed to a path: training goes on from there if the file exists.

    Raises
    ------
    ValueError, TypeError
        If a setting cannot be.
    """
    examples, valid = examples_for(settings, load_mnist() if data is None else data)
    nets, histories = [], []
    for own_seed in seeds_of(settings, seed):
        net, optimizer, options = build(settings, own_seed)
        history = fit(net, examples, valid, optimizer=optimizer, progress=progress, **options,
                      checkpoint=checkpoint and checkpoint(own_seed),
                      resume=checkpoint is not None)  # fmt: skip
        histories.append(history)
        if history.stopped:
            break
        average = average_among(options["after_step"])
        nets.append(average.network(net) if average else net)
    return nets, histories


def seeds_of(settings, seed):
    """Return the seeds of a run's networks: of one alone, the run's own.

    Committee 0 of three has the networks that runs 0, 1 and 2 of its members' rung have, and
    committee 1 those of 3, 4 and 5: no two committees share one.
    """
    members = settings["members"]
    return range(seed * members, (seed + 1) * members)


def vote(nets, X, batch_size=1000):
    """Return the class of each example, (N,), by the mean of what the networks deem probable."""
    chosen = []
    for start in range(0, len(X), batch_size):
        rows = X[start : start + batch_size]
        chosen.append(sum(net.predict_proba(rows) for net in nets).argmax(axis=-1))
    return get_array_module(X).concatenate(chosen)


def accuracy(nets, X, y):
    """Return the share of the examples that the networks together get right, a float."""
    return float((vote(nets, X) == y).mean())


def run(name, seed=0, changes=None, data=None, folder=None, progress=True):
    """Run the rung called ``name`` once; return (result, networks).

    Parameters
    ----------
    changes : dict, optional
        Other settings than the rung's: an experiment, for which the test set is left alone.
    data : MNIST, optional
    folder : path, optional
        For checkpoints: a run that was interrupted goes on from them. They are removed by
        :func:`remove_checkpoints`, once the result is in a safe place.

    Returns
    -------
    result : dict
        What :func:`add_result` writes. None, if the run was interrupted.
    nets : list of Network

    Raises
    ------
    ValueError, TypeError
        If there is no such rung, or a setting cannot be.
    """
    settings = settings_of(name, changes)
    data = load_mnist() if data is None else data
    checkpoint = None
    if folder is not None:
        checkpoint = functools.partial(checkpoint_path, folder, settings)
    resumed = checkpoint and any(checkpoint(one).exists() for one in seeds_of(settings, seed))
    began = time.process_time()
    nets, histories = train(settings, seed, data, checkpoint, progress)
    # Wall time is what a reader waits; processor time says what it would be on an idle machine.
    processor_seconds = None if resumed else round(time.process_time() - began, 1)
    stopped = histories[-1].stopped
    if stopped and not stopped.startswith("diverged"):
        return None, nets
    result = {
        "rung": name, "seed": seed, "experiment": bool(changes), "changes": changes or {},
        "settings": settings, "stopped": stopped,
        "epochs": sum(history.epochs for history in histories),
        "seconds": round(sum(sum(history.seconds) for history in histories), 1),
        "processor_seconds": processor_seconds,
        "valid_curve": [[round(value, 4) for value in history.valid_accuracy]
                        for history in histories],
        "valid_accuracy": None, "test_accuracy": None,
    }  # fmt: skip
    if not stopped:
        result["parameters"] = sum(int(net.theta.size) for net in nets)
        if settings["learn_from"] == "train":
            result["valid_accuracy"] = accuracy(nets, *data.valid)
        if not changes:
            result["test_accuracy"] = accuracy(nets, *data.test)
    finished = datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
    return {**result, "finished": finished, **where()}, nets


def checkpoint_path(folder, settings, own_seed):
    """Return where the training of one network keeps its checkpoint: another recipe has another.

    How many networks vote is no part of it: what one run leaves is a member of the other.
    """
    recipe = json.dumps({**settings, "members": 1})  # in order: augmentations are done in turn
    name = hashlib.sha256(recipe.encode()).hexdigest()[:8]
    return Path(folder) / f"record-{name}-{own_seed}.ckpt.npz"


def remove_checkpoints(folder, result):
    """Remove the files that a finished run went on from."""
    settings = result["settings"]
    for own_seed in seeds_of(settings, result["seed"]):
        checkpoint_path(folder, settings, own_seed).unlink(missing_ok=True)


def processor_name():
    """Return what the processor calls itself, or its family where it has no name."""
    if Path("/proc/cpuinfo").exists():
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
        models = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
        if models:
            return models[0]
    return platform.processor() or platform.machine()


def where():
    """Return what a run depends on besides its settings: the machine and the versions."""
    report = backend_report()
    versions = {"python": platform.python_version(), "numpy": np.__version__}
    if report.name != "numpy":
        versions[report.name] = report.version
    return {
        "machine": {
            "processor": processor_name(), "cores": os.cpu_count(), "system": platform.system(),
            "device": report.device, "threads": os.environ.get("OPENBLAS_NUM_THREADS"),
        },
        "versions": versions,
    }  # fmt: skip


def best_network():
    """Return the network that the course keeps: the best on validation of those that fit into 8 MB.

    Which run it comes from, and what it reaches, stands in ``data/README.md``. Source: notebook 13,
    "What the best network still gets wrong".

    Raises
    ------
    DataError
        If its file is missing; the message says how to restore it.
    """
    if not BEST.exists():
        raise DataError(
            f"expected the network in {BEST}, but there is no such file: restore it with "
            "`git checkout -- data/`"
        )
    return load(BEST).astype("float32")  # kept as float16, in half the room


# ---------------------------------------------------------------------- the results

# What a result needs to be counted and compared.
NEEDED = ("rung", "seed", "experiment", "settings", "valid_accuracy", "test_accuracy", "seconds")


def add_result(result, path=RESULTS):
    """Add one line to the file of results: all of it, or none."""
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    rest = (json.dumps(result, ensure_ascii=False) + "\n").encode()
    with open(path, "ab", buffering=0) as file:  # a buffer would write its rest at closing
        size = file.seek(0, os.SEEK_END)
        try:
            while rest:  # a disk that is nearly full takes a part, and fails at the next
                rest = rest[file.write(rest) :]
            os.fsync(file.fileno())
        except OSError:
            file.truncate(size)
            raise


def read_results(path=RESULTS):
    """Return the results in a file, in the order in which they came: a list of dicts.

    Raises
    ------
    ValueError
        If a line is no result; the message names it.
    """
    path = Path(path)
    if not path.exists():
        return []
    results = []
    for number, line in enumerate(path.read_bytes().splitlines(), start=1):
        try:
            result = json.loads(line)
            for name in NEEDED:
                result[name]
        except (ValueError, KeyError, TypeError) as error:
            raise ValueError(
                f"{path}, line {number}: expected one result as JSON, got "
                f"{line[:60].decode(errors='replace')!r} ({type(error).__name__}: {error}). "
                "Remove that line."
            ) from error
        results.append(result)
    return results


def knows_neighbours(name):
    """Whether the rung called ``name`` makes use of which pixel stands beside which."""
    return not {"Shifts", "Distortion"}.isdisjoint(settings_of(name)["augment"] or {})


def is_recorded(name, seed, settings, results):
    """Whether this rung was run to its end with this seed and just these settings."""
    return any(
        (result["rung"], result["seed"], result["settings"]) == (name, seed, settings)
        and not result["experiment"]
        for result in results
    )


def mean_and_error(values):
    """Return (mean, standard error of the mean); the error of a single value is not known: NaN."""
    n = len(values)
    if not n:
        return math.nan, math.nan
    error = np.std(values, ddof=1) / math.sqrt(n) if n > 1 else math.nan
    return float(np.mean(values)), float(error)


def summary(results):
    """Return {rung: dict} of the runs to the end: their number, means and standard errors.

    Only runs with the settings that the rung has today count. Keys: "runs", "valid" and "test",
    each (mean, error), and "seconds", the mean.
    """
    found = {}
    for name in RUNGS:
        settings = settings_of(name)
        runs = [result for result in results if result["rung"] == name
                and not result["experiment"] and result["settings"] == settings
                and result["test_accuracy"] is not None]  # fmt: skip
        if runs:
            valid = [one["valid_accuracy"] for one in runs if one["valid_accuracy"] is not None]
            found[name] = {
                "runs": len(runs), "valid": mean_and_error(valid),
                "test": mean_and_error([one["test_accuracy"] for one in runs]),
                "seconds": float(np.mean([one["seconds"] for one in runs])),
            }  # fmt: skip
    return found


def overview(results):
    """Return the table of all rungs with the results so far, as text."""
    found = summary(results)
    lines = [f"{'rung':20} {'adds':40} {'runs':>4}  {'valid %':14} {'test %':14} {'seconds':>8}"]
    for name, rung in RUNGS.items():
        one = found.get(name)
        what = f"{rung.adds}{' [GPU]' if rung.machine == 'gpu' else ''}"
        numbers = "" if one is None else (
            f"{one['runs']:4}  {in_percent(one['valid']):14} {in_percent(one['test']):14} "
            f"{one['seconds']:8.0f}"
        )  # fmt: skip
        lines.append(f"{name:20} {what:40} {numbers}".rstrip())
    experiments = sum(result["experiment"] for result in results)
    tested = sum(result["test_accuracy"] is not None for result in results)
    lines.append(
        f"{len(results)} in all: {experiments} experiments that left the test set alone, "
        f"{tested} runs that were tested"
    )
    return "\n".join(lines)


def in_percent(mean_error):
    """Return (mean, standard error) in words, such as "99.14 ± 0.07"; one run has no error."""
    mean, error = (100 * value for value in mean_error)
    if math.isnan(mean):
        return "-"
    return f"{mean:.2f}" if math.isnan(error) else f"{mean:.2f} ± {error:.2f}"


# ---------------------------------------------------------------------- the command


def changes_from(text):
    """Return the dict that ``"lr=0.002 epochs=5"`` says.

    Values are JSON, or None, True and False as in Python, or words as they are.

    Raises
    ------
    ValueError
        If a part is not of the form name=value.
    """
    changes = {}
    for part in text.split():
        name, equals, value = part.partition("=")
        if not (name and equals and value):
            raise ValueError(f"expected name=value, such as lr=0.002, got {part!r}")
        try:
            changes[name] = json.loads(value)
        except ValueError:
            changes[name] = {"None": None, "True": True, "False": False}.get(value, value)
    return changes


def main(args=None):
    """Do what the command line says; return the exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m nnhelpers.studies.ladder", description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )  # fmt: skip
    parser.add_argument("--rung", help="which one to run: see --list")
    parser.add_argument("--seeds", type=int, default=1, metavar="N", help="run seeds 0 ... N - 1")
    parser.add_argument("--first-seed", type=int, default=0, metavar="S", help="... or from S on")
    parser.add_argument(
        "--try", dest="changes", metavar="CHANGES",
        help='an experiment with other settings, such as "lr=0.002 epochs=5"',
    )  # fmt: skip
    parser.add_argument("--save", type=Path, help="write the last seed's network(s) to this file")
    parser.add_argument(
        "--keep", action="store_true",
        help="keep the checkpoints beside the results: a committee goes on from its members' "
        "(a run that was recorded without them is made once more)",
    )  # fmt: skip
    parser.add_argument("--results", type=Path, default=RESULTS, help="the file of results")
    parser.add_argument("--list", action="store_true", help="show the rungs and results so far")
    parser.add_argument("--quiet", action="store_true", help="no progress bar")
    options = parser.parse_args(args)
    try:
        if options.list:
            print(overview(read_results(options.results)))
            return 0
        if options.rung is None:
            raise ValueError(f"expected --rung with one of {', '.join(RUNGS)}, or --list")
        return climb(options)
    except (ValueError, TypeError, OSError) as error:
        print(f"{parser.prog}: {error}", file=sys.stderr)
        return 2


def climb(options):
    """Run a rung for all seeds that are asked for; return the exit code."""
    if options.seeds < 1 or options.first_seed < 0:
        raise ValueError("expected at least one seed, counted from 0")
    changes = changes_from(options.changes) if options.changes else None
    settings = settings_of(options.rung, changes)
    if options.save is not None:
        for place in places(options.save, settings["members"]):
            check_place(place)
    if RUNGS[options.rung].machine == "gpu" and default_array_module() is np:
        print(f"{options.rung} is meant for a GPU; on this machine it takes very long.")
    options.results.parent.mkdir(parents=True, exist_ok=True)
    data = load_mnist()
    seeds = range(options.first_seed, options.first_seed + options.seeds)
    for seed in seeds:
        done = read_results(options.results)
        known = not changes and is_recorded(options.rung, seed, settings, done)
        to_save = options.save is not None and seed == seeds[-1]
        if known and not to_save and not _lacks_checkpoints(options, settings, seed):
            print(f"{options.rung}, seed {seed}: recorded already in {options.results}")
            continue
        result, nets = run(options.rung, seed, changes, data, options.results.parent,
                           progress=not options.quiet)  # fmt: skip
        if result is None:
            print("Run the same command again to go on.", file=sys.stderr)
            return 1
        if not known:
            add_result(result, options.results)
        print(f"{options.rung}, seed {seed}: {in_words(result)}", flush=True)
        if to_save and not result["stopped"]:
            for path in save_networks(nets, options.save):
                print(f"saved {path}")
        if not options.keep:  # the last: what fails above can be done again from them
            remove_checkpoints(options.results.parent, result)
    return 0


def _lacks_checkpoints(options, settings, seed):
    """Whether checkpoints are to be kept, and some are not there: then it is trained once more."""
    return options.keep and not all(
        checkpoint_path(options.results.parent, settings, one).exists()
        for one in seeds_of(settings, seed)
    )


def in_words(result):
    """Return what came out of a run, in a line."""
    if result["stopped"]:
        return result["stopped"]
    parts = [f"{words} {result[key]:.2%}"
             for key, words in (("valid_accuracy", "validation"), ("test_accuracy", "test"))
             if result[key] is not None]  # fmt: skip
    return ", ".join([*parts, f"{result['epochs']} epochs in {result['seconds']:.0f} s"])


def places(path, members):
    """Return where networks are saved: one in ``path``, a committee in path-1, path-2, ..."""
    path = Path(path)
    if members == 1:
        return [path]
    return [path.with_name(f"{path.stem}-{n}{path.suffix}") for n in range(1, members + 1)]


def save_networks(nets, path):
    """Write the networks to their :func:`places` and return these: a list of paths."""
    paths = places(path, len(nets))
    for net, place in zip(nets, paths, strict=True):
        save(net, place)
    return paths


if __name__ == "__main__":
    if hasattr(sys.stdout, "reconfigure"):
        sys.stdout.reconfigure(errors="replace")  # a Windows console or file may not know "ş"
    sys.exit(main())
