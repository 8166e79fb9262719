"""Training that can be watched and steered: in a thread of its own, step by step as ``fit`` does.

A cell returns at once and other cells can run. Learning rate, penalty and dropout may be changed
while it runs; pause, single steps and a fresh start are there at any time.
"""

import contextlib
import copy
import math
import threading
import time
from collections import deque
from dataclasses import dataclass, field

import numpy as np

from ..activations import Activation
from ..backend import asnumpy, get_array_module
from ..history import History
from ..layers import Dense, Dropout
from ..network import evaluate
from ..support import guards
from ..support.run import diverged_at, go_back, number_of, take_snapshot
from ..training import mini_batches, train_step

# Seconds of steps between two looks at the rest of the world; a step that takes longer is one look.
SLICE = 0.01
# Changes of one setting that follow each other within so many seconds are one: a slider is dragged.
ONE_MOVEMENT = 1.0
# Share of the time that goes into validation, at most.
VALIDATION_SHARE = 0.15
VALIDATION_PAUSE = 0.1  # ... and seconds between two validations, at least


@dataclass
class LiveHistory(History):
    """A history whose training was steered by hand.

    Attributes
    ----------
    valid_steps : list of int
        After how many mini-batches each validation was measured: some, not all, epochs' ends, and
        some moments within long epochs.
    changes : list of (int, str, float)
        What was changed in mid-run: after how many mini-batches, "lr", "l2" or "dropout", and the
        new value.
    """

    valid_steps: list = field(default_factory=list, repr=False)
    changes: list = field(default_factory=list, repr=False)

    @property
    def valid_after(self):
        """The same as ``valid_steps``, which is measured here and not reckoned."""
        return self.valid_steps


@dataclass(frozen=True)
class Snapshot:
    """What a trainer says about itself at one moment; None stands for what is not known yet.

    ``state`` is "ready" (no step was done), "running", "paused", "finished", "diverged" or
    "failed"; ``message`` says in words why, where that needs saying. ``cost`` and ``accuracy`` are
    means over the last mini-batches, one epoch's at most.
    """

    state: str
    step: int
    steps: int
    epoch: float
    epochs: int
    cost: float | None
    accuracy: float | None
    valid_loss: float | None
    valid_accuracy: float | None
    steps_per_second: float | None
    time_left: float | None
    message: str
    changes: list


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
        self.X, self.y = guards.pair(net, train, "train")
        self.valid = guards.pair(net, valid, "valid") if valid is not None else None
        self.batch_size = guards.settings(len(self.y), epochs, batch_size, l2)
        guards.last_batch(net, len(self.y), self.batch_size)
        self.net, self.optimizer, self.l2, self.seed = net, optimizer, float(l2), seed
        self.epochs_asked, self.watch, self.rate = epochs, watch, rate
        self.batches = math.ceil(len(self.y) / self.batch_size)  # in an epoch
        self._start = (net.copy(), copy.deepcopy(optimizer))
        # One thread at a time touches network and record: the worker for a slice, others between.
        self._lock = threading.RLock()
        self._asking, self._asking_lock = 0, threading.Lock()
        self._stop, self._worker = threading.Event(), None
        self._forget()

    def _forget(self):
        """Set everything that training changes, but for the network itself, to its beginning."""
        self.state, self.message = "ready", ""
        self.epochs, self.step_count = self.epochs_asked, 0
        self._rng = np.random.default_rng(self.seed)
        self._rows = iter(())
        self._costs, self._accuracies = _Numbers(), _Numbers()
        self._valid_steps, self._valid_losses, self._valid_accuracies = [], [], []
        self._valid_when, self._valid_cost = -math.inf, 0.0
        self._changes, self._changed_when = [], -math.inf
        self._epoch_seconds, self._epoch_time = [], 0.0
        self._speed, self._watched_when = deque(maxlen=40), -math.inf

    # ------------------------------------------------------------------ steering

    def start(self):
        """Begin or go on; returns at once. After the end, go on for as many epochs again."""
        with self.between_steps():
            if self.state in ("running", "diverged", "failed"):
                return
            if self.step_count >= self.steps:
                self.epochs += self.epochs_asked
            self.state, self.message = "running", ""
            self._speed.clear()
            self._stop.clear()
            self._tell()
            if self.state != "running":
                return
            self._worker = threading.Thread(target=self._work, name="trainer", daemon=True)
            self._worker.start()

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
            if self.state in ("diverged", "failed"):
                return
            if self.step_count >= self.steps:
                self.epochs += self.epochs_asked
            self.state, self.message = "paused", ""
            end = min(self.step_count + n, self.steps)
            while self.state == "paused" and self.step_count < end:
                self._slice(end - self.step_count, seconds=math.inf)
            if self.state == "paused":
                if self._valid_cost < 0.2 or self._valid_due(time.perf_counter()):
                    self._validate()
            self._tell()

    def reset(self):
        """Go back to the first weights and the first order of examples.

        Learning rate, penalty and dropout stay as they are now.
        """
        self._end_worker()
        with self.between_steps():
            lr, dropout = self.optimizer.lr, get_dropout(self.net)
            net, optimizer = self._start
            self.net, self.optimizer = net.copy(), copy.deepcopy(optimizer)
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
        if lr is not None and not (math.isfinite(lr) and lr > 0):
            raise ValueError(f"expected a learning rate above 0, got {lr!r}: try 0.1")
        if l2 is not None and not (math.isfinite(l2) and l2 >= 0):
            raise ValueError(f"expected l2 as a number of at least 0, got {l2!r}: it is a penalty")
        if dropout is not None:
            Dropout(dropout)  # raises if it is out of range
        with self.between_steps():
            if lr is not None and lr != self.optimizer.lr:
                self.optimizer.lr = float(lr)
                self._note("lr", lr)
            if l2 is not None and l2 != self.l2:
                self.l2 = float(l2)
                self._note("l2", l2)
            if dropout is not None and dropout != get_dropout(self.net):
                set_dropout(self.net, dropout)
                self._note("dropout", dropout)

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
        """Return a :class:`Snapshot` of this moment."""
        with self.between_steps():
            recent = min(self.batches, 50)
            speed = self._steps_per_second()
            left = (self.steps - self.step_count) / speed if speed else None
            return Snapshot(
                state=self.state, step=self.step_count, steps=self.steps,
                epoch=self.step_count / self.batches, epochs=self.epochs,
                cost=self._costs.recent_mean(recent),
                accuracy=self._accuracies.recent_mean(recent),
                valid_loss=self._valid_losses[-1] if self._valid_losses else None,
                valid_accuracy=self._valid_accuracies[-1] if self._valid_accuracies else None,
                steps_per_second=speed, time_left=left if self.state == "running" else None,
                message=self.message, changes=list(self._changes),
            )  # fmt: skip

    def curves(self, points=400):
        """Return the curves so far, thinned out to be drawn: a dict of float32 arrays.

        ``step``, ``cost`` and ``accuracy`` have at most ``points`` entries, each the mean over its
        share of the mini-batches; ``valid_step``, ``valid_loss`` and ``valid_accuracy`` are every
        k-th measurement, and the last.
        """
        with self.between_steps():
            step, cost = self._costs.thinned(points)
            _, accuracy = self._accuracies.thinned(points)
            kept = _every(len(self._valid_steps), points)
            return {
                "step": step, "cost": cost, "accuracy": accuracy,
                "valid_step": np.array([self._valid_steps[i] for i in kept], "float32"),
                "valid_loss": np.array([self._valid_losses[i] for i in kept], "float32"),
                "valid_accuracy": np.array([self._valid_accuracies[i] for i in kept], "float32"),
            }  # fmt: skip

    @property
    def history(self):
        """All that was recorded so far, as a :class:`LiveHistory`: for ``plot_history``."""
        with self.between_steps():
            return LiveHistory(
                settings={
                    "sizes": self.net.sizes, "optimizer": type(self.optimizer).__name__,
                    "lr": self.optimizer.lr, "batch_size": self.batch_size, "epochs": self.epochs,
                    "l2": self.l2, "seed": number_of(self.seed),
                },
                batch_loss=self._costs.values().tolist(),
                batch_accuracy=self._accuracies.values().tolist(),
                valid_loss=list(self._valid_losses), valid_accuracy=list(self._valid_accuracies),
                seconds=list(self._epoch_seconds), stopped=self.message or None,
                valid_steps=list(self._valid_steps), changes=list(self._changes),
            )  # fmt: skip

    # ------------------------------------------------------------------ the worker

    def _work(self):
        me = threading.current_thread()
        while not self._stop.is_set():
            with self._lock:
                # A start right after the end has made another worker: this one has done its work.
                if self.state != "running" or self._worker is not me:
                    return
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
        xp = get_array_module(self.net.theta)
        before = take_snapshot(self.net)
        costs, counts, sizes = [], [], []
        began = time.perf_counter()
        until, hurried = began + seconds, math.isfinite(seconds)
        while len(costs) < n_steps:
            rows = next(self._rows, None)
            if rows is None:  # the next epoch
                self._rows = mini_batches(self.net, len(self.y), self.batch_size, self._rng)
                rows = next(self._rows)
            J, correct = train_step(self.net, self.optimizer, self.X, self.y, rows, self.l2)
            costs.append(J)
            counts.append(correct)
            sizes.append(len(rows))
            if (self.step_count + len(costs)) % self.batches == 0:
                now = time.perf_counter()
                self._epoch_seconds.append(self._epoch_time + now - began)
                self._epoch_time, began = 0.0, now
                if self.valid is not None and self._valid_due(now):
                    break
            # The costs stay on the device in between: a GPU need not be waited for at each step.
            if time.perf_counter() >= until or hurried and (self._asking or self._stop.is_set()):
                break
        costs = asnumpy(xp.stack([xp.asarray(cost) for cost in costs])).astype(float)
        counts = asnumpy(xp.stack([xp.asarray(count) for count in counts]))
        self._epoch_time += time.perf_counter() - began
        bad = diverged_at(self.net, costs)
        done = len(costs) if bad is None else bad + 1
        self._costs.extend(costs[:done])
        self._accuracies.extend(counts[:done] / np.array(sizes[:done]))
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
        if self.valid is None or self._valid_steps[-1:] == [self.step_count]:
            return
        began = time.perf_counter()
        X, y = self.valid
        loss = correct = 0.0
        for start in range(0, len(y), 1000):
            part = slice(start, start + 1000)
            if hurried and self._stop.is_set():
                return
            one_loss, one_accuracy = evaluate(self.net, X[part], y[part])
            loss += one_loss * len(y[part])
            correct += one_accuracy * len(y[part])
        self._valid_steps.append(self.step_count)
        self._valid_losses.append(loss / len(y))
        self._valid_accuracies.append(correct / len(y))
        self._valid_when = time.perf_counter()
        self._valid_cost = self._valid_when - began

    def _note(self, name, value):
        """Write down a change in mid-run; of one movement of a slider, only where it ended."""
        if self.step_count == 0:
            return
        now = time.perf_counter()
        last = self._changes[-1] if self._changes else (None, None, None)
        same = last[1] == name
        if same and (last[0] == self.step_count or now - self._changed_when < ONE_MOVEMENT):
            self._changes.pop()
        self._changes.append((self.step_count, name, float(value)))
        self._changed_when = now
        if self.state != "running":
            self._tell()

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
        """Return the speed over the last second of slices, or None if there were too few."""
        if len(self._speed) < 2:
            return None
        (began, first), (ended, last) = self._speed[0], self._speed[-1]
        return (last - first) / (ended - began) if ended > began else None


class _Numbers:
    """A list of numbers that grows: an array of twice the length when it is full."""

    def __init__(self):
        self.buffer, self.n = np.empty(1024), 0

    def extend(self, numbers):
        needed = self.n + len(numbers)
        if needed > len(self.buffer):
            longer = np.empty(max(needed, 2 * len(self.buffer)))
            longer[: self.n] = self.values()
            self.buffer = longer
        self.buffer[self.n : needed] = numbers
        self.n = needed

    def values(self):
        return self.buffer[: self.n]

    def recent_mean(self, count):
        """Return the mean of the last ``count``, or None if that is no finite number."""
        if not self.n:
            return None
        mean = float(self.values()[-count:].mean())
        return mean if math.isfinite(mean) else None

    def thinned(self, points):
        """Return (steps, means): at most ``points`` means over shares of equal length."""
        if not self.n:
            return np.empty(0, "float32"), np.empty(0, "float32")
        width = math.ceil(self.n / points)
        starts = np.arange(0, self.n, width)
        ends = np.minimum(starts + width, self.n)
        with np.errstate(invalid="ignore", over="ignore"):
            means = np.add.reduceat(self.values(), starts) / (ends - starts)
            return ends.astype("float32"), means.astype("float32")


def _every(n, points):
    """Return indices into ``n`` things: at most ``points`` + 1 of them, evenly, and the last."""
    kept = list(range(0, n, max(1, math.ceil(n / points))))
    return kept if not n or kept[-1] == n - 1 else [*kept, n - 1]


def _is_hidden_dropout(layers, i):
    """Whether layer ``i`` is Dropout behind a hidden layer's activation, and not on the inputs."""
    return isinstance(layers[i], Dropout) and i > 0 and isinstance(layers[i - 1], Activation)


def get_dropout(net):
    """Return the dropout of the hidden layers: the first one's, 0 if there is none."""
    for i, layer in enumerate(net.layers):
        if _is_hidden_dropout(net.layers, i):
            return layer.p
    return 0.0


def set_dropout(net, p):
    """Give each hidden layer of ``net`` the dropout ``p``, in place: parameters stay what they are.

    Where there is none, Dropout layers are put behind the activations, as ``mlp`` does; with 0 they
    are taken out. Dropout on the inputs is left alone.
    """
    layers = []
    last = max(i for i, layer in enumerate(net.layers) if isinstance(layer, Dense))
    for i, layer in enumerate(net.layers):
        if _is_hidden_dropout(net.layers, i):
            continue
        layers.append(layer)
        if p and isinstance(layer, Activation) and i < last:
            behind = net.layers[i + 1]
            if not isinstance(behind, Dropout):
                behind = Dropout(p, seed=len(layers))
            behind.p = float(p)
            layers.append(behind)
    net.layers[:] = layers
