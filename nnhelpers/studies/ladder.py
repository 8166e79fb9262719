"""The ladder of notebook 13, climbed again: ``python -m nnhelpers.studies.ladder``.

A run trains one network (or a committee) as a rung's recipe says, from one seed. It keeps a
checkpoint after each epoch, so the same command goes on after an interruption; at the end it
measures the accuracy on the validation set and, once, on the test set, and adds one line of JSON to
``benchmarks/results/record.jsonl``. What is in there already is left out. ::

    --list                              the rungs, and the results so far
    --rung adam --seeds 5               one rung, from five seeds
    --rung five_minutes --save net.npz  the trained network as a file
    --rung half_hour --seeds 3 --keep   ... and the checkpoints, for
    --rung half_hour_committee          ... the vote of these three
    --rung adam --try "lr=0.002 epochs=5"

The last line is an experiment: other settings are tried, the test set is left alone, and the result
is marked as one. A search should count its attempts: ``--list`` shows the number.
"""

import argparse
import datetime
import functools
import hashlib
import json
import os
import platform
import re
import sys
import time
from pathlib import Path

import numpy as np

from ..backend import default_array_module, get_array_module
from ..data import DATA_FOLDER, DataError, load_mnist
from ..files.checkpoints import load, save
from ..files.container import check_place
from ..support.devices import backend_report
from ..training import fit
from . import recipes, results
from .after_step import WeightAverage
from .recipes import RUNGS, build, changes_from, examples_for, seeds_of, settings_of
from .results import RESULTS, add_result, check_results, in_words, overview, read_results, runs_of

BENT, knows_neighbours = recipes.BENT, recipes.knows_neighbours  # as notebook 13 calls them
in_percent, summary = results.in_percent, results.summary
BEST = DATA_FOLDER / "best_network.npz"

# ---------------------------------------------------------------------- one run


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
    """
    examples, valid = examples_for(settings, load_mnist() if data is None else data)
    nets, histories = [], []
    for own_seed in seeds_of(settings, seed):
        net, optimizer, options = build(settings, own_seed)
        history = fit(net, examples, valid, optimizer=optimizer, progress=progress, **options,
                      checkpoint=checkpoint and checkpoint(own_seed),
                      resume=checkpoint is not None)  # fmt: skip
        histories.append(history)
        if history.ended:
            break
        for rule in options["after_step"]:
            if isinstance(rule, WeightAverage):
                net = rule.network(net)
        nets.append(net)
    return nets, histories


def vote(nets, X, batch_size=1000):
    """Return the class of each example, (N,), by the mean of what the networks deem probable."""
    chosen = []
    for start in range(0, len(X), batch_size):
        rows = X[start : start + batch_size]
        chosen.append(sum(net.predict_proba(rows) for net in nets).argmax(axis=-1))
    return get_array_module(X).concatenate(chosen)


def accuracy(nets, X, y):
    """Return the fraction of the examples that the networks together get right, a float."""
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
        :func:`climb`, once the result is in a safe place.

    Returns
    -------
    result : dict
        What :func:`add_result` writes. None, if the run was interrupted.
    nets : list of Network
    """
    settings = settings_of(name, changes)
    data = load_mnist() if data is None else data
    checkpoint = folder and functools.partial(checkpoint_path, folder, settings)
    resumed = folder and any(path.exists() for path in checkpoints_of(folder, settings, seed))
    began = time.process_time()
    nets, histories = train(settings, seed, data, checkpoint, progress)
    # Wall time is what a reader waits; processor time says what it would be on an idle machine.
    processor_seconds = None if resumed else round(time.process_time() - began, 1)
    last = histories[-1]
    if last.ended not in (None, "diverged"):
        return None, nets
    result = {
        "rung": name, "seed": seed, "experiment": bool(changes), "changes": changes or {},
        "settings": settings, "stopped": last.stopped,
        "epochs": sum(history.epochs for history in histories),
        "seconds": round(sum(sum(history.seconds) for history in histories), 1),
        "processor_seconds": processor_seconds,
        "valid_curve": [[round(value, 4) for value in history.valid_accuracy]
                        for history in histories],
        "valid_accuracy": None, "test_accuracy": None,
    }  # fmt: skip
    if not last.ended:
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
    return Path(folder) / f"ladder-{name}-{own_seed}.ckpt.npz"


def checkpoints_of(folder, settings, seed):
    """Return where all networks of a run keep theirs: a list of paths."""
    return [checkpoint_path(folder, settings, own_seed) for own_seed in seeds_of(settings, seed)]


def processor_name():
    """Return what the processor calls itself, or its family where it has no name."""
    file = Path("/proc/cpuinfo")
    text = file.read_text("utf-8") if file.exists() else ""
    told = re.search(r"^model name\s*: (.+)$", text, re.MULTILINE)
    return told[1] if told else platform.processor() or platform.machine()


def where():
    """Return what a run depends on besides its settings: the machine and the versions."""
    report = backend_report()
    versions = {"python": platform.python_version(), "numpy": np.__version__}
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

    Which run it comes from, and what it reaches, is written in ``data/README.md``. Source: notebook
    13, "What the best network still gets wrong".

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


# ---------------------------------------------------------------------- the command


def main(args=None):
    """Do what the command line says; return the exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m nnhelpers.studies.ladder", description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )  # fmt: skip
    for name, about in {
        "--rung": {"help": "which one to run: see --list"},
        "--seeds": {"type": int, "default": 1, "metavar": "N", "help": "run seeds 0 ... N - 1"},
        "--first-seed": {"type": int, "default": 0, "metavar": "S", "help": "... or from S on"},
        "--try": {"dest": "changes", "help":
                  'an experiment with other settings, such as "lr=0.002 epochs=5"'},
        "--save": {"type": Path, "help": "write the last seed's network(s) to this file"},
        "--keep": {"action": "store_true", "help":
                   "keep the checkpoints beside the results: a committee goes on from its members'"
                   " (a run that was recorded without them is made once more)"},
        "--results": {"type": Path, "default": RESULTS, "help": "the file of results"},
        "--list": {"action": "store_true", "help": "show the rungs and results so far"},
        "--quiet": {"action": "store_true", "help": "no progress bar"},
    }.items():  # fmt: skip
        parser.add_argument(name, **about)
    options = parser.parse_args(args)
    try:
        if options.list:
            print(overview(read_results(options.results)))
            return 0
        return climb(options)
    except (ValueError, TypeError, OSError) as error:
        print(f"{parser.prog}: {error}", file=sys.stderr)
        return 2


def climb(options):
    """Run a rung for all seeds that are asked for; return the exit code."""
    if options.rung is None:
        raise ValueError(f"expected --rung with one of {', '.join(RUNGS)}, or --list")
    if options.seeds < 1 or options.first_seed < 0:
        raise ValueError("expected at least one seed, counted from 0")
    changes = changes_from(options.changes) if options.changes else None
    settings = settings_of(options.rung, changes)
    to_save = places(options.save, settings["members"]) if options.save else []
    for place in to_save:
        check_place(place)
    if RUNGS[options.rung].machine == "gpu" and default_array_module() is np:
        print(f"{options.rung} is meant for a GPU; on this machine it takes very long.")
    folder, data = options.results.parent, load_mnist()
    seeds = range(options.first_seed, options.first_seed + options.seeds)
    for seed in seeds:
        runs = [] if changes else runs_of(options.rung, read_results(options.results))
        known = seed in [one["seed"] for one in runs]
        saves = to_save if seed == seeds[-1] else []
        files = checkpoints_of(folder, settings, seed)
        lacking = options.keep and not all(path.exists() for path in files)
        if known and not saves and not lacking:
            print(f"{options.rung}, seed {seed}: recorded already in {options.results}")
            continue
        check_results(options.results)  # before anything is trained
        result, nets = run(options.rung, seed, changes, data, folder, progress=not options.quiet)
        if result is None:
            print("Run the same command again to go on.", file=sys.stderr)
            return 1
        if not known:
            add_result(result, options.results)
        print(f"{options.rung}, seed {seed}: {in_words(result)}", flush=True)
        if not result["stopped"]:
            for net, place in zip(nets, saves):
                save(net, place)
                print(f"saved {place}")
        if not options.keep:  # the last: what fails above can be done again from them
            for path in files:
                path.unlink(missing_ok=True)
    return 0


def places(path, members):
    """Return where networks are saved: one in ``path``, a committee in path-1, path-2, ..."""
    if members == 1:
        return [path]
    return [path.with_name(f"{path.stem}-{n}{path.suffix}") for n in range(1, members + 1)]


if __name__ == "__main__":
    if hasattr(sys.stdout, "reconfigure"):
        sys.stdout.reconfigure(errors="replace")  # a Windows console or file may not know "ş"
    sys.exit(main())
