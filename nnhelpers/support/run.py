"""What surrounds the loop of ``fit``: checks, the record, checkpoints, and an end that comes early."""

import copy
import functools
import math
import os
import re
import time

import numpy as np

from ..backend import asnumpy, get_array_module, memory_in_words
from ..files import resume as files
from ..files.checkpoints import Checkpoint
from ..history import History
from ..network import evaluate
from . import guards

# How often, in seconds, a running epoch is looked at: each look waits for the device once.
LOOK_EVERY = 0.5


class Stop(Exception):
    """A training ends early, for the reason in words."""


class Run:
    """One training: ``with run:`` around its loop, ``step_done`` and ``epoch_done`` in it.

    If it was interrupted (the square button, Ctrl-C), network and history are as they were at that
    moment. If it diverged, which is when a cost, on ``valid`` as well, or a parameter is no finite
    number any more, or if memory ran out, then network, optimizer and weight average are those of
    the last epoch that was finished. If a checkpoint could not be written after an epoch, network
    and history are those of that epoch. All this is said in ``history.stopped`` and printed.
    """

    def __init__(self, net, train, valid, optimizer, epochs, batch_size, l2, seed, schedule, augment,
                 after_step, checkpoint, resume, progress):  # fmt: skip
        self.net, self.optimizer, self.epochs, self.path = net, optimizer, epochs, checkpoint
        self.X, self.y = guards.pair(net, train, "train")
        self.valid = None if valid is None else guards.pair(net, valid, "valid")
        self.batch_size = guards.settings(len(self.y), epochs, batch_size, l2)
        guards.last_batch(net, len(self.y), self.batch_size)
        guards.optimizer(optimizer)
        self.after_step = guards.functions(augment, after_step)
        self.l2, self.rng = float(l2), np.random.default_rng(seed)
        self.augment = functools.partial(augment, rng=self.rng) if augment else None
        starts = range(0, len(self.y), self.batch_size)
        self.sizes, self.batches = np.diff([*starts, len(self.y)]), len(starts)
        self.history = History(settings={
            "sizes": net.sizes, "optimizer": type(optimizer).__name__, "lr": optimizer.lr,
            "batch_size": self.batch_size, "epochs": epochs, "l2": self.l2, "seed": number_of(seed),
        })  # fmt: skip
        if resume and checkpoint is None:
            raise ValueError(
                "resume=True expected a file to resume from: pass checkpoint=path as well"
            )
        if checkpoint is not None:
            files.check_place(checkpoint)
            self.asked = files.what_must_match(
                net, optimizer, batch_size=self.batch_size, l2=self.l2, seed=number_of(seed),
                schedule=fingerprint(schedule), train_examples=len(self.y),
                valid_examples=len(self.valid[1]) if self.valid else 0,
                augment=_names([augment] if augment else []), after_step=_names(self.after_step),
            )  # fmt: skip
            if resume and os.path.exists(checkpoint):
                self.history = files.restore(
                    checkpoint, net, optimizer, self.rng, self.asked, self.after_step
                )
                self.history.settings["epochs"] = max(epochs, self.history.epochs)
        self.history.batches = self.batches
        for name in optimizer.state:
            optimizer.memory(name, net.theta)  # says at once if it is another network's
        if checkpoint is not None and not (resume and os.path.exists(checkpoint)):
            files.begin(self._checkpoint(), checkpoint)
        # Costs and counts stay on the device while an epoch runs, and are read once at its end.
        xp = get_array_module(net.theta)
        self.costs, self.correct = (
            xp.empty(self.batches, net.theta.dtype),
            xp.empty(self.batches, int),
        )
        self.n, self.done = 0, self.history.epochs * self.batches
        self.finished = take_snapshot(net, optimizer, self.after_step)
        self.bar = (ProgressBar if progress else NoProgressBar)(epochs * self.batches, self.done)

    # ------------------------------------------------------------------ what the loop calls

    @property
    def progress(self):
        """From 0 at the first step towards 1 at the last."""
        return self.done / (self.epochs * self.batches)

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
        history = self.history
        self._stop_if_diverged()
        if self.valid:
            loss, accuracy = evaluate(self.net, *self.valid)
            if not math.isfinite(loss):
                self._stop_diverged(self.n)
        self.finished = take_snapshot(self.net, self.optimizer, self.after_step)
        self._record(self.n)
        score = ""
        if self.valid:
            history.valid_loss.append(loss)
            history.valid_accuracy.append(accuracy)
            score = f", validation accuracy {accuracy:.2%}"
        history.seconds.append(time.perf_counter() - self.began)
        self.n = 0
        self.bar.show(self.done, f"epoch {history.epochs}{score}")
        if self.path is not None:
            try:
                files.save_training(self._checkpoint(), self.path)
            except OSError as error:
                history.ended = "disk"
                raise Stop(
                    f"the checkpoint could not be written after epoch {history.epochs}: {error}"
                ) from error

    # ------------------------------------------------------------------ an end that comes early

    def __enter__(self):
        self._errstate = np.errstate(over="ignore", invalid="ignore", divide="ignore")
        self._errstate.__enter__()
        return self

    def __exit__(self, kind, error, traceback):
        self._errstate.__exit__(kind, error, traceback)
        try:
            if kind is not None and not self._ended_early(error):
                return False
        finally:
            self.bar.close()
        if self.history.stopped:
            print(f"Training stopped: {self.history.stopped}.")
        return True

    def _ended_early(self, error):
        """Put why the training ended into the history; return False if it is no reason of ours."""
        if isinstance(error, Stop):
            self.history.stopped = str(error)
        elif isinstance(error, KeyboardInterrupt):
            self._record(self.n)
            self.history.ended = "interrupted"
            self.history.stopped = (
                f"interrupted in epoch {self.history.epochs + 1} after {self.n} mini-batches; "
                "network and history are as they were"
            )
        elif isinstance(error, MemoryError):
            self._record(self.n)
            go_back(self.net, self.finished, self.optimizer, self.after_step)
            self.history.ended = "memory"
            self.history.stopped = _memory_ran_out(self, error)
        else:
            return False
        return True

    def _stop_if_diverged(self):
        bad = diverged_at(self.net, self.costs[: self.n])
        if bad is not None:
            self._stop_diverged(bad + 1)

    def _stop_diverged(self, n):
        self._record(n)
        go_back(self.net, self.finished, self.optimizer, self.after_step)
        where = "after which" if math.isfinite(self.history.batch_loss[-1]) else "where"
        lr, epoch = self.optimizer.lr, self.history.epochs
        self.history.ended = "diverged"
        raise Stop(
            f"diverged at mini-batch {n} of epoch {epoch + 1}, {where} the cost is no finite "
            f"number any more. The likely cause is a learning rate that is too high ({lr:g}): try "
            f"{lr / 10:g}. The network has the parameters {_since(epoch)}"
        )

    def _record(self, n):
        """Put the first ``n`` mini-batches after the finished epochs into the history."""
        before = self.history.epochs * self.batches
        self.history.batch_loss[before:] = asnumpy(self.costs[:n]).tolist()
        self.history.batch_accuracy[before:] = (asnumpy(self.correct[:n]) / self.sizes[:n]).tolist()

    def _checkpoint(self):
        resume_from = {"asked": self.asked, "generator": self.rng.bit_generator.state}
        kept = average_of(self.net, self.after_step)
        return Checkpoint(self.net, self.optimizer, self.history, resume_from, kept)


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
    """Return copies of what training changes: parameters, running averages, optimizer's memory."""
    kept = {name: vector.copy() for name, vector in average_of(net, after_step).items()}
    memory = (optimizer.t, copy.deepcopy(optimizer.state)) if optimizer else None
    return net.theta.copy(), [dict(layer.state) for layer in net.layers], memory, kept


def go_back(net, taken, optimizer=None, after_step=()):
    """Make all again what it was when the snapshot was ``taken``, of the same arguments."""
    theta, states, memory, kept = taken
    net.theta[...] = theta
    for layer, state in zip(net.layers, states, strict=True):
        layer.state = state
    if optimizer:
        optimizer.t, optimizer.state = memory
    if average := average_among(after_step):
        average.state = kept


def average_among(after_step):
    return next((rule for rule in after_step if hasattr(rule, "state")), None)


def average_of(net, after_step):
    """Return what the WeightAverage among ``after_step`` has of ``net``: {name: vector (P,)}."""
    average = average_among(after_step)
    return average.state if average and average.is_of(net) else {}


# ---------------------------------------------------------------------- in words


def number_of(seed):
    """Return the seed as a number to write down, or None if it is a generator or such."""
    return int(seed) if isinstance(seed, (int, np.integer)) else None


def fingerprint(schedule):
    """Return a few values of a schedule: a function cannot be written to a file, nor compared."""
    return [round(float(schedule(i / 10)), 6) for i in range(10)] if schedule else None


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
