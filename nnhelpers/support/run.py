"""What surrounds the loop of ``fit``: checks, the history, checkpoints, an end that comes early."""

import copy
import functools
import math
import os
import re
import time

import numpy as np

from ..backend import asnumpy, get_array_module
from ..history import History
from ..network import evaluate
from ..optimizers import Optimizer
from . import asked, guards
from .devices import memory_in_words
from .divergence import cause

# How often, in seconds, a running epoch is looked at: each look waits for the device once.
LOOK_EVERY = 0.5


class Stop(Exception):
    """A training ends early: ``ended`` says why in a word, the message in a sentence."""

    def __init__(self, ended, message):
        super().__init__(message)
        self.ended = ended


class Run:
    """One training: ``with run:`` around its loop, ``step_done`` and ``epoch_done`` in it.

    If it was interrupted (the square button, Ctrl-C), network and history are as they were at that
    moment. If it diverged, which is when a cost, on ``valid`` as well, or a parameter is no longer
    a finite number, or if memory ran out, then network, optimizer and weight average are those of
    the last epoch that was finished. If a checkpoint could not be written after an epoch, network
    and history are those of that epoch. ``history.ended`` has all this in a word,
    ``history.stopped`` in a sentence, which is printed as well.
    """

    def __init__(self, net, train, valid, optimizer, *, epochs, batch_size, l2, seed, schedule,
                 augment, after_step, checkpoint, resume, progress):  # fmt: skip
        self.net, self.epochs, self.path = guards.network(net), epochs, checkpoint
        self.optimizer = guards.instance(optimizer, Optimizer, "nn.Adam(0.001)")
        self.X, self.y = asked.pair(net, train, "train")
        self.valid = None if valid is None else asked.pair(net, valid, "valid")
        self.batch_size = asked.settings(len(self.y), epochs, batch_size, l2)
        asked.last_batch(net, len(self.y), self.batch_size)
        self.after_step = asked.functions(augment, after_step)
        self.l2, self.rng = float(l2), guards.generator(seed)
        self.schedule = asked.schedule(schedule)
        self.augment = functools.partial(augment, rng=self.rng) if augment else None
        starts = range(0, len(self.y), self.batch_size)
        self.sizes, self.batches = np.diff([*starts, len(self.y)]), len(starts)
        self.history = History(settings={
            "sizes": net.sizes, "optimizer": type(optimizer).__name__, "lr": optimizer.lr,
            "batch_size": self.batch_size, "epochs": epochs, "l2": self.l2, "seed": number_of(seed),
        })  # fmt: skip
        for one in (optimizer, *with_state(self.after_step)):
            for name, vector in one.state.items():
                guards.same_network(one, name, vector, net.theta)
        if checkpoint is not None:
            self._open_checkpoint(resume, schedule, augment)
        elif resume:
            raise ValueError(
                "resume=True expected a file to resume from: pass checkpoint=path as well"
            )
        self.history.batches = self.batches
        # Costs and counts stay on the device while an epoch runs, and are read once at its end.
        xp = get_array_module(net.theta)
        self.costs = xp.empty(self.batches, net.theta.dtype)
        self.correct = xp.empty(self.batches, "int64")
        self.n, self.done = 0, self.history.epochs * self.batches
        self.finished = take_snapshot(net, optimizer, self.after_step)
        self.bar = (ProgressBar if progress else NoProgressBar)(epochs * self.batches, self.done)

    # ------------------------------------------------------------------ what the loop calls

    @property
    def progress(self):
        """From 0 at the first step towards 1 at the last."""
        return self.done / (self.epochs * self.batches)

    def scale(self):
        """The schedule's factor on the learning rate of the next step."""
        return asked.factor(self.schedule, self.progress) if self.schedule else 1.0

    def epochs_left(self):
        for epoch in range(self.history.epochs, self.epochs):
            self.n, self.began = 0, time.perf_counter()
            self.looked = self.began
            yield epoch

    def step_done(self, J, correct):
        self.costs[self.n], self.correct[self.n] = J, correct
        self.n, self.done = self.n + 1, self.done + 1
        if time.perf_counter() - self.looked > LOOK_EVERY:
            self.looked = time.perf_counter()
            cost = float(J)
            self.bar.show(self.done, f"epoch {self.history.epochs + 1}, cost {cost:.4f}")
            if not math.isfinite(cost):
                self._stop_if_diverged()

    def epoch_done(self):
        history, score = self.history, ""
        self._stop_if_diverged()
        if self.valid:
            loss, accuracy = evaluate(self.net, *self.valid)
            if not math.isfinite(loss):
                self._stop_diverged(self.n)
        self.finished = take_snapshot(self.net, self.optimizer, self.after_step)
        self._record(self.n)
        if self.valid:
            history.valid_loss.append(loss)
            history.valid_accuracy.append(accuracy)
            score = f", validation accuracy {accuracy:.2%}"
        history.seconds.append(time.perf_counter() - self.began)
        self.n = 0
        self.bar.show(self.done, f"epoch {history.epochs}{score}")
        if self.path is not None:
            try:
                self.files.save_training(self._checkpoint(), self.path)
            except OSError as error:
                raise Stop(
                    "disk",
                    f"the checkpoint could not be written after epoch {history.epochs}: {error}",
                ) from error

    # ------------------------------------------------------------------ an end that comes early

    def __enter__(self):
        self._errstate = np.errstate(over="ignore", invalid="ignore", divide="ignore")
        self._errstate.__enter__()
        return self

    def __exit__(self, kind, error, traceback):
        self._errstate.__exit__(kind, error, traceback)
        try:
            early = self._why(error)
        finally:
            self.bar.close()
        if early:
            self.history.ended, self.history.stopped = early
            print(f"Training stopped: {self.history.stopped}.")
        return bool(early)

    def _why(self, error):
        """Return why the training ended early, in a word and in a sentence, or None."""
        if isinstance(error, Stop):
            return error.ended, str(error)
        if isinstance(error, KeyboardInterrupt):
            self._record(self.n)
            return "interrupted", (
                f"interrupted in epoch {self.history.epochs + 1} after {self.n} mini-batches; "
                "network and history are as they were"
            )
        if isinstance(error, MemoryError):
            self._record(self.n)
            go_back(self.net, self.finished, self.optimizer, self.after_step)
            return "memory", _memory_ran_out(self, error)
        return None

    def _stop_if_diverged(self):
        bad = diverged_at(self.net, self.costs[: self.n])
        if bad is not None:
            self._stop_diverged(bad + 1)

    def _stop_diverged(self, n):
        self._record(n)
        go_back(self.net, self.finished, self.optimizer, self.after_step)
        where = "after which" if math.isfinite(self.history.batch_loss[-1]) else "where"
        epoch = self.history.epochs
        raise Stop(
            "diverged",
            f"diverged at mini-batch {n} of epoch {epoch + 1}, {where} the cost is no finite "
            f"number any more. {cause(self, n)}. The network has the parameters {_since(epoch)}",
        )

    def _record(self, n):
        """Put the first ``n`` mini-batches after the finished epochs into the history."""
        before = self.history.epochs * self.batches
        self.history.batch_loss[before:] = asnumpy(self.costs[:n]).tolist()
        self.history.batch_accuracy[before:] = (asnumpy(self.correct[:n]) / self.sizes[:n]).tolist()

    # ------------------------------------------------------------------ the checkpoint

    def _open_checkpoint(self, resume, schedule, augment):
        """Go on from the file, if that is asked for and it exists, or begin a new one."""
        from ..files import resume as files  # the one door out of the core: few trainings use it

        self.files = files
        files.check_place(self.path)
        seed, examples = self.history.settings["seed"], len(self.valid[1]) if self.valid else 0
        self.asked = files.what_must_match(
            self.net, self.optimizer, batch_size=self.batch_size, l2=self.l2, seed=seed,
            schedule=fingerprint(schedule), train_examples=len(self.y), valid_examples=examples,
            augment=_names([augment] if augment else []), after_step=_names(self.after_step),
        )  # fmt: skip
        if resume and os.path.exists(self.path):
            self.history = files.restore(
                self.path, self.net, self.optimizer, self.rng, self.asked, self.after_step
            )
            self.history.settings["epochs"] = max(self.epochs, self.history.epochs)
        else:  # before the first step, so that the first epoch can be resumed as well
            self.history.batches = self.batches
            files.begin(self._checkpoint(), self.path)

    def _checkpoint(self):
        resume_from = {"asked": self.asked, "generator": self.rng.bit_generator.state}
        kept: dict = next((rule.state for rule in with_state(self.after_step)), {})
        return self.files.Checkpoint(self.net, self.optimizer, self.history, resume_from, kept)


def diverged_at(net, costs):
    """Return the index of the mini-batch at which a training diverged, or None.

    Each cost is from before its step: what the last step did is seen in the parameters.
    """
    bad = np.flatnonzero(~np.isfinite(asnumpy(costs)))
    if len(bad):
        return int(bad[0])
    finite = bool(get_array_module(net.theta).isfinite(net.theta).all())
    return None if finite else len(costs) - 1


def take_snapshot(net, optimizer=None, after_step=()):
    """Return copies of what training changes: parameters, running averages, the optimizer's state.

    And of what is done after each step, the ``state`` of whatever has one, such as a WeightAverage.
    """
    memory = (optimizer.t, copy.deepcopy(optimizer.state)) if optimizer else None
    states = [copy.deepcopy(rule.state) for rule in with_state(after_step)]
    return net.theta.copy(), [dict(layer.state) for layer in net.layers], memory, states


def go_back(net, taken, optimizer=None, after_step=()):
    """Make all again what it was when the snapshot was ``taken``, of the same arguments."""
    theta, layers, memory, states = taken
    net.theta[...] = theta
    for layer, state in zip(net.layers, layers, strict=True):
        layer.state = state
    if optimizer:
        optimizer.t, optimizer.state = memory
    for rule, state in zip(with_state(after_step), states, strict=True):
        rule.state = state


def with_state(after_step):
    """Return those among the functions that remember something: they have a dict ``state``."""
    return [rule for rule in after_step if isinstance(getattr(rule, "state", None), dict)]


# ---------------------------------------------------------------------- in words


def number_of(seed):
    """Return the seed as a number to write down, or None if it is a generator or such."""
    return int(seed) if isinstance(seed, (int, np.integer)) else None


def fingerprint(schedule):
    """Return a few values of a schedule: a function cannot be written to a file, nor compared."""
    return [round(asked.factor(schedule, i / 10), 6) for i in range(10)] if schedule else None


def _names(functions):
    """Return how functions are called, or None if there are none: it says their settings too."""
    names = [getattr(one, "__qualname__", None) or repr(one) for one in functions]
    # Where in memory a thing lies, which Python says of it by default, differs in each process.
    return [re.sub(r" at 0x[0-9A-Fa-f]+", "", name) for name in names] or None


def _memory_ran_out(run, error):
    hint = f"a smaller batch_size than {run.batch_size}, or narrower layers"
    if run.n == run.batches:
        hint = "narrower layers"  # it was the validation, which goes through batches of its own
    xp = get_array_module(run.net.theta)
    return (
        f"memory ran out in epoch {run.history.epochs + 1} after {run.n} mini-batches: "
        f"{str(error) or 'how much was asked for is not known'}; {memory_in_words(xp)}. Try "
        f"{hint}. The network has the parameters {_since(run.history.epochs)}"
    )


def _since(epoch):
    return "from before the training" if epoch == 0 else f"from the end of epoch {epoch}"


class ProgressBar:
    """Steps done and left, time left, and a few words."""

    def __init__(self, n_steps, done):
        from tqdm.auto import tqdm  # imported on use: it takes longer than the rest of the package

        self.bar = tqdm(total=n_steps, initial=done, unit="batch")

    def show(self, done, words):
        self.bar.set_postfix_str(words, refresh=False)
        self.bar.update(done - self.bar.n)

    def close(self):
        self.bar.close()


class NoProgressBar:
    def __init__(self, n_steps, done):
        pass

    def show(self, done, words):
        pass

    def close(self):
        pass
