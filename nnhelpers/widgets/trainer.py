"""Training that can be watched and steered: in a thread of its own, step by step as ``fit`` does.

A cell returns at once and other cells can run. Learning rate, penalty and dropout may be changed
while it runs; pause, single steps and a fresh start are there at any time.
"""

import contextlib
import copy
import math
import threading
import time
import weakref
from collections import deque
from types import SimpleNamespace

import numpy as np

from ..backend import asnumpy, get_array_module
from ..network import evaluate
from ..optimizers import Optimizer
from ..support import asked, guards
from ..support.run import diverged_at, go_back, number_of, take_snapshot
from ..training import mini_batches, train_step
from . import cells
from .live_history import Progress
from .trainer_dropout import get_dropout, set_dropout

# Seconds of steps between two looks at the rest of the world; a step that takes longer is one look.
SLICE = 0.01
# Fraction of the time that goes into validation, at most.
VALIDATION_SHARE = 0.15
VALIDATION_PAUSE = 0.1  # ... and seconds between two validations, at least


class Trainer:
    """Train ``net`` in place, in a worker thread; the same settings give the same bits as ``fit``.

    Parameters
    ----------
    net : Network
        Belongs to the trainer while it exists: use it in ``with trainer.between_steps() as net``,
        or take a copy there.
    train, valid : pair (X, y); valid may be None
    optimizer : Optimizer
    epochs : int, default 10
        Where training ends; ``start`` after the end adds as many again.
    batch_size, l2, seed
        As in :func:`nnhelpers.fit`.
    watch : function, optional
        ``watch(trainer)`` is called when the state changes, and while training runs at most
        ``rate`` times a second, always between two steps: it may use ``trainer.net``,
        ``trainer.snapshot()`` and ``trainer.curves()``. It must be quick and must wait for no lock
        that a caller of the trainer's methods holds. What it raises ends the training ("failed").
    rate : float, default 20
        Times a second.

    Raises
    ------
    ValueError, TypeError
        As :func:`nnhelpers.fit` does, for data or settings that cannot be used.
    """

    def __init__(self, net, train, valid=None, *, optimizer, epochs=10, batch_size=128, l2=0.0,
                 seed=0, watch=None, rate=20.0):  # fmt: skip
        self.X, self.y = asked.pair(net, train, "train")
        self.valid = asked.pair(net, valid, "valid") if valid is not None else None
        self.batch_size = asked.settings(len(self.y), epochs, batch_size, l2)
        asked.last_batch(net, len(self.y), self.batch_size)
        guards.instance(optimizer, Optimizer, "nn.Adam(0.001)")
        self.net, self.optimizer, self.l2, self.seed = net, optimizer, float(l2), seed
        self.epochs_asked, self.watch, self.rate = epochs, watch, rate
        self.batches = math.ceil(len(self.y) / self.batch_size)  # in an epoch
        self._start = (net.copy(), copy.deepcopy(optimizer))
        # One thread at a time touches network and progress: the worker for a slice, others between.
        self._lock = threading.RLock()
        self._asking, self._asking_lock = 0, threading.Lock()
        self._stop, self._worker, self._interrupted = threading.Event(), None, False
        self._forget()

    def _forget(self):
        """Set everything that training changes, except the network itself, to its beginning."""
        self.state, self.message, self.progress = "ready", "", Progress()
        self.epochs, self.step_count = self.epochs_asked, 0
        self._rng, self._rows = np.random.default_rng(self.seed), iter(())
        self._valid_when, self._valid_cost, self._epoch_time = -math.inf, 0.0, 0.0
        self._speed, self._watched_when = deque(maxlen=40), -math.inf

    # ------------------------------------------------------------------ steering

    def start(self):
        """Begin or go on; returns at once. After the end, go on for as many epochs again."""
        with self.between_steps():
            if self.state == "running" or not self._go_on("running"):
                return
            self._speed.clear()
            self._stop.clear()
            self._interrupted = False
            self._tell()
            if self.state == "running":
                cells.interruptible(self)
                # The thread holds no trainer between two slices: one that nobody holds can go.
                self._worker = threading.Thread(target=_work, args=[weakref.ref(self)],
                                                name="trainer", daemon=True)  # fmt: skip
                self._worker.start()

    def interrupt(self):
        """Have a running training pause and say that it was interrupted; waits for nothing.

        May be called from a signal handler: it takes no lock.
        """
        self._interrupted = True

    def pause(self):
        """Stop after the step that is being computed; returns when it is done."""
        self._end_worker()
        with self.between_steps():
            if self.state == "running":
                self.state = "paused"
                self._tell()

    def step(self, n=1):
        """Do ``n`` steps now, up to the end, in the caller's thread; pauses first."""
        self._end_worker()
        with self.between_steps():
            if not self._go_on("paused"):
                return
            end = min(self.step_count + n, self.steps)
            while self.state == "paused" and self.step_count < end:
                self._slice(end - self.step_count, seconds=math.inf)
            if self.state == "paused":
                if self._valid_cost < 0.2 or self._valid_due(time.perf_counter()):
                    self._validate()
            self._tell()

    def _go_on(self, state):
        """Enter ``state``, with new epochs after the last; return whether that can be."""
        if self.state in ("diverged", "failed"):
            return False
        if self.step_count >= self.steps:
            self.epochs += self.epochs_asked
        self.state, self.message = state, ""
        return True

    def reset(self):
        """Go back to the initial weights and the first order of examples.

        Learning rate, penalty and dropout stay as they are now.
        """
        self._end_worker()
        with self.between_steps():
            lr, dropout = self.optimizer.lr, get_dropout(self.net)
            self.net, self.optimizer = self._start[0].copy(), copy.deepcopy(self._start[1])
            self.optimizer.lr = lr
            set_dropout(self.net, dropout)
            self._forget()
            self._tell()

    def set(self, lr=None, l2=None, dropout=None):
        """Change these settings from the next step on; the history notes where.

        Raises
        ------
        ValueError
            If a value cannot be; then nothing is changed.
        """
        given = {"lr": lr, "l2": l2, "dropout": dropout}
        with self.between_steps():
            now = {"lr": self.optimizer.lr, "l2": self.l2, "dropout": get_dropout(self.net)}
            new = {name: now[name] if given[name] is None else given[name] for name in now}
            guards.learning_rate(new["lr"])
            asked.settings(len(self.y), self.epochs, self.batch_size, new["l2"])
            guards.dropout_probability(new["dropout"])
            self.optimizer.lr, self.l2 = float(new["lr"]), float(new["l2"])
            if new["dropout"] != now["dropout"]:
                set_dropout(self.net, new["dropout"])
            for name in [name for name in new if new[name] != now[name] and self.step_count]:
                self.progress.note(self.step_count, name, new[name])
                if self.state != "running":
                    self._tell()

    def close(self):
        """End the thread."""
        self._end_worker()
        with self.between_steps():
            if self.state == "running":
                self.state = "paused"

    @contextlib.contextmanager
    def between_steps(self):
        """Hold training between two steps, and give its network: ``with ... as net:``.

        The worker lets go within a step, and takes up again when the block is left.
        """
        with self._asking_lock:
            self._asking += 1
        try:
            with self._lock:
                yield self.net
        finally:
            with self._asking_lock:
                self._asking -= 1

    # ------------------------------------------------------------------ what it says

    @property
    def steps(self):
        """Number of steps at which training ends."""
        return self.epochs * self.batches

    def snapshot(self):
        """Return what there is to say of this moment, as a namespace; None: not known yet.

        ``state`` is "ready" (no step was done), "running", "paused", "finished", "diverged" or
        "failed"; ``message`` says in words why, where that needs saying. Then ``step``, ``steps``,
        ``epoch`` and ``epochs``, done and planned; ``cost`` and ``accuracy``, means over the last
        mini-batches, one epoch's at most; ``valid_loss``, ``valid_accuracy``,
        ``steps_per_second``, ``time_left`` and the ``changes`` in mid-run.
        """
        with self.between_steps():
            speed = self._steps_per_second()
            left = (self.steps - self.step_count) / speed if speed else None
            return SimpleNamespace(
                state=self.state, message=self.message, step=self.step_count, steps=self.steps,
                epoch=self.step_count / self.batches, epochs=self.epochs,
                steps_per_second=speed, time_left=left if self.state == "running" else None,
                changes=list(self.progress.changes), **self.progress.latest(min(self.batches, 50)),
            )  # fmt: skip

    def curves(self, points=400):
        """Return the curves so far, thinned out to be drawn: a dict of float32 arrays.

        ``step``, ``cost`` and ``accuracy`` have at most ``points`` entries, each the mean over its
        part of the mini-batches; ``valid_step``, ``valid_loss`` and ``valid_accuracy`` are every
        k-th measurement, and the last.
        """
        with self.between_steps():
            return self.progress.curves(points)

    @property
    def history(self):
        """All that was recorded so far, as a :class:`LiveHistory`: for ``plot_history``."""
        with self.between_steps():
            return self.progress.history({
                "sizes": self.net.sizes, "optimizer": type(self.optimizer).__name__,
                "lr": self.optimizer.lr, "batch_size": self.batch_size, "epochs": self.epochs,
                "l2": self.l2, "seed": number_of(self.seed),
            }, self.message or None)  # fmt: skip

    # ------------------------------------------------------------------ the worker

    def _work_on(self):
        """Do the worker's next slice; return whether there is more to do."""
        with self._lock:
            # A start right after the end has made another worker: this one has done its work.
            if self.state != "running" or self._worker is not threading.current_thread():
                return False
            if self._interrupted:
                self.state, self.message = "paused", "interrupted: Train goes on from here"
                self._tell()
                return False
            self._slice(self.steps - self.step_count, SLICE)
            if self.state == "running" and self.step_count >= self.steps:
                self.state = "finished"
                self._validate()
            now = time.perf_counter()
            if self.state != "running" or now - self._watched_when >= 1 / self.rate:
                self._tell()
        # A lock knows no queue: without this, who asks for it could wait for many slices.
        while self._asking and not self._stop.is_set():
            time.sleep(0.0002)
        return not self._stop.is_set()

    def _end_worker(self):
        """Have the worker thread end, and wait for it."""
        self._stop.set()
        worker = self._worker
        if worker is not None and worker is not threading.current_thread():
            worker.join()
        self._worker = None

    def _slice(self, n_steps, seconds):
        """Do up to ``n_steps`` steps in up to ``seconds``, at least one; then look at the costs."""
        try:
            with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
                self._do_steps(n_steps, seconds)
        except Exception as error:  # in a thread nobody would see it
            self.state = "failed"
            self.message = f"failed: {type(error).__name__}: {error}"

    def _do_steps(self, n_steps, seconds):
        xp, before = get_array_module(self.net.theta), take_snapshot(self.net)
        costs, counts, sizes = [], [], []
        began = time.perf_counter()
        until, hurried = began + seconds, math.isfinite(seconds)
        while len(costs) < n_steps:
            rows = next(self._rows, None)
            if rows is None:  # the next epoch
                self._rows = mini_batches(self.net, len(self.y), self.batch_size, self._rng)
                rows = next(self._rows)
            J, correct = train_step(self.net, self.optimizer, self.X, self.y, rows, self.l2)
            costs.append(xp.asarray(J))
            counts.append(xp.asarray(correct))
            sizes.append(len(rows))
            now = time.perf_counter()
            if (self.step_count + len(costs)) % self.batches == 0:
                self.progress.epoch_seconds.append(self._epoch_time + now - began)
                self._epoch_time, began = 0.0, now
                if self._valid_due(now):
                    break
            # The costs stay on the device in between: a GPU need not be waited for at each step.
            if now >= until or hurried and (self._asking or self._stop.is_set()):
                break
        costs = asnumpy(xp.stack(costs)).astype(float)
        counts = asnumpy(xp.stack(counts))
        self._epoch_time += time.perf_counter() - began
        bad = diverged_at(self.net, costs)
        done = len(costs) if bad is None else bad + 1
        self.progress.costs.extend(costs[:done].tolist())
        self.progress.accuracies.extend((counts[:done] / np.array(sizes[:done])).tolist())
        if bad is not None:
            go_back(self.net, before)
            self._diverge(self.step_count + bad + 1, self.step_count)
        self.step_count += done
        self._speed.append((time.perf_counter(), self.step_count))
        if bad is None and self._valid_due(time.perf_counter()):
            self._validate(hurried)

    def _diverge(self, step, kept):
        lr = self.optimizer.lr
        self.state = "diverged"
        self.message = (
            f"diverged at step {step:,}: the cost is no finite number any more. The likely cause "
            f"is a learning rate that is too high ({lr:g}): try {lr / 10:.2g}, then Reset. The "
            f"network has the parameters from after step {kept:,}"
        )

    def _valid_due(self, now):
        pause = max(VALIDATION_PAUSE, self._valid_cost / VALIDATION_SHARE)
        return self.valid is not None and now - self._valid_when >= pause

    def _validate(self, hurried=False):
        """Measure the validation set, unless that was done; if ``hurried``, Pause breaks it off."""
        progress = self.progress
        if self.valid is None or progress.valid_steps[-1:] == [self.step_count]:
            return
        began = time.perf_counter()
        X, y = self.valid
        loss = correct = 0.0
        for start in range(0, len(y), 1000):
            part = slice(start, start + 1000)
            if hurried and (self._stop.is_set() or self._interrupted):
                return
            one_loss, one_accuracy = evaluate(self.net, X[part], y[part])
            loss += one_loss * len(y[part])
            correct += one_accuracy * len(y[part])
        progress.valid_steps.append(self.step_count)
        progress.valid_losses.append(loss / len(y))
        progress.valid_accuracies.append(correct / len(y))
        self._valid_when = time.perf_counter()
        self._valid_cost = self._valid_when - began

    def _tell(self):
        """Let the watcher look; the caller holds the lock."""
        self._watched_when = time.perf_counter()
        if self.watch is None:
            return
        try:
            self.watch(self)
        except Exception as error:
            self.state = "failed"
            self.message = f"failed at showing its picture: {type(error).__name__}: {error}"
            with contextlib.suppress(Exception):
                self.watch(self)  # to show that; if not even this works, ``state`` says it

    def _steps_per_second(self):
        """Return the speed over the last slices, or None if there were too few."""
        if len(self._speed) < 2:
            return None
        (began, first), (ended, last) = self._speed[0], self._speed[-1]
        return (last - first) / (ended - began) if ended > began else None


def _work(ref):
    """Train until it ends, is stopped, or nobody holds the trainer any more."""
    more = True
    while more:
        trainer = ref()
        more = trainer is not None and trainer._work_on()
        del trainer
