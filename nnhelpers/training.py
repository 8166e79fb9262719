"""Training: the loop around the optimizer, and a record of what happened (notebook 04)."""

import copy
import functools
import math
import os
import re
import time

import numpy as np

from .backend import asnumpy, get_array_module, memory_in_words, move
from .checkpoints import Checkpoint, check_place, restore, save_training, what_must_match
from .history import History
from .network import evaluate
from .optimizers import Optimizer
from .weights import WeightAverage, average_among

# How often, in seconds, a running epoch is looked at: each look waits for the device once.
LOOK_EVERY = 0.5


def fit(net, train, valid=None, *, optimizer, epochs=1, batch_size=128, l2=0.0, seed=0,
        schedule=None, augment=None, after_step=(), checkpoint=None, resume=False,
        progress=True):  # fmt: skip
    """Train ``net`` in place, and return the history.

    In each epoch the examples are shuffled and cut into mini-batches; each mini-batch gives one
    gradient and one step of the optimizer. Source: notebook 04, "The loop".

    Parameters
    ----------
    net : Network
    train, valid : pair (X, y), such as ``data.train``; valid may be None
        X of shape (N, n_in), y of shape (N,). Moved to the network's device if they live elsewhere.
    optimizer : Optimizer
    epochs : int, default 1
        How often the whole of ``train`` is gone through.
    batch_size : int or None, default 128
        Examples in a mini-batch; None takes all at once: batch gradient descent. The last one of
        an epoch may be smaller; if it is much smaller, its noisy step can spoil the end of each
        epoch (notebook 04 has an example), and a size that divides N is better.
    l2 : float, default 0
        The penalty λ on the weights.
    seed : int or numpy.random.Generator, default 0
        For the shuffling, drawn on the host: the same on every backend.
    schedule : function, optional
        From the progress, 0 at the first step towards 1 at the last, to a factor on the learning
        rate: see :func:`cosine`, :func:`step_decay`, :func:`warmup`.
    augment : function, optional
        ``augment(X, rng)`` returns the examples of a mini-batch as the network shall see them this
        time, such as :class:`nnhelpers.augment.Distortion`; on X's device. Source: notebook 13.
    after_step : sequence of functions, default ()
        Each is called as ``rule(net)`` after each step, in this order: such as
        :class:`nnhelpers.weights.MaxNorm` or :class:`nnhelpers.weights.WeightAverage`. A
        checkpoint keeps the latter's average; what other functions remember is theirs to keep.
    checkpoint : str or os.PathLike, optional
        A file. After each epoch the whole training is written to it: network, optimizer, history
        and random generator; if there is no such file yet, also before the first epoch. An existing
        file is replaced after the first epoch, by a complete one or not at all.
    resume : bool, default False
        Whether to go on from ``checkpoint`` if that file exists: the same call as before continues
        after the last epoch that was finished, and ends with the same bits as if nothing had
        happened. All settings must be what they were, but ``epochs`` may be larger (a schedule is
        then stretched). Source: notebook 10, "Checkpoints of a training".
    progress : bool, default True
        Whether to show a progress bar with the time left.

    Returns
    -------
    History
        Also if the training ended early. If it was interrupted (the square button, Ctrl-C), network
        and history are as they were at that moment. If it diverged, which is when a cost, on
        ``valid`` as well, or a parameter is no finite number any more, or if memory ran out, then
        network, optimizer and weight average are those of the last epoch that was finished. If a
        checkpoint could not be written after an epoch, network and history are those of that epoch.
        All this is said in ``history.stopped`` and printed.

    Raises
    ------
    ValueError, TypeError
        If the data or a setting cannot be used, or the optimizer was used for another network;
        before anything is computed.
    CheckpointError, OSError
        If the network is no case for a checkpoint, the file to resume from is damaged or of another
        training, or no file can be written there; before anything is computed.
    """
    X, y = prepare(net, train, "train")
    if valid is not None:
        valid = prepare(net, valid, "valid")
    batch_size, l2 = check_settings(len(y), epochs, batch_size, l2), float(l2)
    check_smallest_batch(net, len(y), batch_size)
    if not isinstance(optimizer, Optimizer):
        raise TypeError(
            f"expected an optimizer, such as nn.Adam(0.001), got {optimizer!r}. One of your own is "
            "a subclass of nn.optimizers.Optimizer"
        )
    after_step = _check_functions(augment, after_step)
    xp = get_array_module(net.theta)
    rng = np.random.default_rng(seed)
    starts = range(0, len(y), batch_size)
    sizes = np.diff([*starts, len(y)])
    n_steps = epochs * len(starts)
    history = History(settings={
        "sizes": net.sizes, "optimizer": type(optimizer).__name__, "lr": optimizer.lr,
        "batch_size": batch_size, "epochs": epochs, "l2": l2,
        "seed": number_of(seed),
    })  # fmt: skip
    if resume and checkpoint is None:
        raise ValueError("resume=True expected a file to resume from: pass checkpoint=path as well")
    if checkpoint is not None:
        check_place(checkpoint)
        asked = what_must_match(
            net, optimizer, batch_size=batch_size, l2=l2, seed=history.settings["seed"],
            schedule=fingerprint(schedule), train_examples=len(y),
            valid_examples=len(valid[1]) if valid is not None else 0,
            augment=_names([augment] if augment else []), after_step=_names(after_step),
        )  # fmt: skip
        if resume and os.path.exists(checkpoint):
            history = restore(checkpoint, net, optimizer, rng, asked, after_step)
            history.settings["epochs"] = max(epochs, history.epochs)
    history.batches = len(starts)
    for name in optimizer.state:
        optimizer.memory(name, net.theta)  # says at once if it is another network's

    def write_checkpoint():
        resume_from = {"asked": asked, "generator": rng.bit_generator.state}
        save_training(
            Checkpoint(net, optimizer, history, resume_from, _kept(net, after_step)), checkpoint
        )

    if checkpoint is not None and not os.path.exists(checkpoint):
        write_checkpoint()  # so that the first epoch can be interrupted and resumed as well
    distort = functools.partial(augment, rng=rng) if augment else None
    # Costs and counts stay on the device while an epoch runs, and are read once at its end.
    costs = xp.empty(len(starts), net.theta.dtype)
    correct = xp.empty(len(starts), "int64")
    last_finished = take_snapshot(net, optimizer, after_step)
    done = history.epochs * len(starts)  # mini-batches, of all epochs
    bar = _ProgressBar(n_steps, done) if progress else _NoProgressBar()

    def record(n):
        """Put the first ``n`` mini-batches after the finished epochs into the history."""
        finished = history.epochs * len(starts)
        history.batch_loss[finished:] = asnumpy(costs[:n]).tolist()
        history.batch_accuracy[finished:] = (asnumpy(correct[:n]) / sizes[:n]).tolist()

    try:
        for epoch in range(history.epochs, epochs):
            began = looked = time.perf_counter()
            with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
                for i, rows in enumerate(mini_batches(net, len(y), batch_size, rng)):
                    factor = schedule(done / n_steps) if schedule else 1.0
                    costs[i], correct[i] = train_step(
                        net, optimizer, X, y, rows, l2, factor, distort
                    )
                    for rule in after_step:
                        rule(net)
                    done += 1
                    if time.perf_counter() - looked > LOOK_EVERY:
                        looked = time.perf_counter()
                        cost = float(costs[i])
                        bar.show(done, f"epoch {epoch + 1}, cost {cost:.4f}")
                        if not math.isfinite(cost):
                            break
                n = i + 1
                bad = diverged_at(net, costs[:n])
                if bad is None and valid is not None:
                    loss, accuracy = evaluate(net, *valid)
                    bad = None if math.isfinite(loss) else i
            if bad is not None:
                record(bad + 1)
                go_back(net, last_finished, optimizer, after_step)
                history.stopped = _divergence(history, epoch, optimizer)
                break
            last_finished = take_snapshot(net, optimizer, after_step)
            record(n)
            if valid is not None:
                history.valid_loss.append(loss)
                history.valid_accuracy.append(accuracy)
            history.seconds.append(time.perf_counter() - began)
            score = f"validation accuracy {accuracy:.2%}" if valid is not None else ""
            bar.show(done, f"epoch {epoch + 1}, {score}".rstrip(", "))
            if checkpoint is not None:
                try:
                    write_checkpoint()
                except OSError as error:
                    history.stopped = (
                        f"the checkpoint could not be written after epoch {epoch + 1}: {error}"
                    )
                    break
    except KeyboardInterrupt:
        n = done - history.epochs * len(starts)
        record(n)
        history.stopped = (
            f"interrupted in epoch {history.epochs + 1} after {n} mini-batches; "
            "network and history are as they were"
        )
    except MemoryError as error:
        n = done - history.epochs * len(starts)
        record(n)
        go_back(net, last_finished, optimizer, after_step)
        history.stopped = _memory_ran_out(n, history, batch_size, xp, error)
    finally:
        bar.close()
    if history.stopped:
        print(f"Training stopped: {history.stopped}.")
    return history


def mini_batches(net, n_examples, batch_size, rng):
    """Yield the rows of each mini-batch of one epoch: all examples in a random order, cut up.

    ``rng`` draws the order on the host, then new random numbers for layers that use any; so the
    same seed gives the same epoch on every backend, and in ``fit`` as in a live widget.
    """
    order = get_array_module(net.theta).asarray(rng.permutation(n_examples))
    for layer in net.layers:
        layer.reseed(rng)
    for start in range(0, n_examples, batch_size):
        yield order[start : start + batch_size]


def train_step(net, optimizer, X, y, rows, l2=0.0, scale=1.0, distort=None):
    """Learn from the examples in ``rows``: one gradient, one step of the optimizer.

    ``distort``, if given, is a function that returns what the network shall see in their place.
    Returns (J, number correct) from before the step, on the network's device. The arguments are
    those that ``prepare`` and ``check_settings`` have seen.
    """
    seen = X.take(rows, axis=0)
    if distort:
        seen = distort(seen)
    J, correct = net.learn_batch(seen, y.take(rows, axis=0), l2)
    optimizer.step(net.theta, net.grad, scale)
    return J, correct


def take_snapshot(net, optimizer=None, after_step=()):
    """Return copies of what training changes: parameters, running averages, optimizer's memory."""
    kept = {name: vector.copy() for name, vector in _kept(net, after_step).items()}
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


def _kept(net, after_step):
    """Return what the WeightAverage among ``after_step`` has of ``net``: {name: vector (P,)}."""
    average = average_among(after_step)
    return average.state if average and average.is_of(net) else {}


def _check_functions(augment, after_step):
    """Return ``after_step`` as a list, or raise if it or ``augment`` cannot be called."""
    if callable(after_step):
        raise TypeError(
            f"expected after_step as a list of functions, got {after_step!r}: put it in brackets"
        )
    after_step = list(after_step)
    for name, function in [("augment", augment), *(("after_step", rule) for rule in after_step)]:
        if function is not None and not callable(function):
            raise TypeError(f"expected in {name} something that can be called, got {function!r}")
    if sum(isinstance(rule, WeightAverage) for rule in after_step) > 1:
        raise ValueError(
            f"expected at most one WeightAverage in after_step, got {after_step}: a checkpoint has "
            "room for one"
        )
    return after_step


def _names(functions):
    """Return how functions are called, or None if there are none: it says their settings too."""
    names = [getattr(one, "__qualname__", None) or repr(one) for one in functions]
    # Where in memory a thing lies, which Python says of it by default, differs in each process.
    return [re.sub(r" at 0x[0-9A-Fa-f]+", "", name) for name in names] or None


def number_of(seed):
    """Return the seed as a number to write down, or None if it is a generator or such."""
    return int(seed) if isinstance(seed, (int, np.integer)) else None


def fingerprint(schedule):
    """Return a few values of a schedule: a function cannot be written to a file, nor compared."""
    return [round(float(schedule(i / 10)), 6) for i in range(10)] if schedule else None


def diverged_at(net, costs):
    """Return the index of the mini-batch at which a training diverged, or None.

    Each cost is from before its step: what the last step did is seen in the parameters.
    """
    bad = np.flatnonzero(~np.isfinite(asnumpy(costs)))
    if len(bad):
        return int(bad[0])
    finite = bool(get_array_module(net.theta).isfinite(net.theta).all())
    return None if finite else len(costs) - 1


def _divergence(history, epoch, optimizer):
    batch = len(history.batch_loss) - epoch * history.batches
    where = "after which" if math.isfinite(history.batch_loss[-1]) else "where"
    return (
        f"diverged at mini-batch {batch} of epoch {epoch + 1}, {where} the cost is no finite "
        f"number any more. The likely cause is a learning rate that is too high "
        f"({optimizer.lr:g}): try {optimizer.lr / 10:g}. The network has the parameters "
        f"{_since(epoch)}"
    )


def _memory_ran_out(n, history, batch_size, xp, error):
    hint = f"a smaller batch_size than {batch_size}, or narrower layers"
    if n == history.batches:
        hint = "narrower layers"  # it was the validation, which goes through batches of its own
    return (
        f"memory ran out in epoch {history.epochs + 1} after {n} mini-batches: "
        f"{str(error) or 'how much was asked for is not known'}; {memory_in_words(xp)}. Try "
        f"{hint}. The network has the parameters {_since(history.epochs)}"
    )


def _since(epoch):
    return "from before the training" if epoch == 0 else f"from the end of epoch {epoch}"


class _ProgressBar:
    """Steps done and left, time left, and a few words."""

    def __init__(self, n_steps, done):
        from tqdm.auto import tqdm  # imported on use: it takes longer than the rest of the package

        self.bar = tqdm(total=n_steps, initial=done, unit="batch")

    def show(self, done, words):
        self.bar.set_postfix_str(words, refresh=False)
        self.bar.update(done - self.bar.n)

    def close(self):
        self.bar.close()


class _NoProgressBar:
    def show(self, done, words):
        pass

    def close(self):
        pass


def prepare(net, pair, name):
    """Return (X, y) on the network's device and in its dtype, checked once for all."""
    try:
        X, y = pair
    except (TypeError, ValueError):
        raise ValueError(
            f"expected {name} as a pair (X, y), such as data.{name}, got {type(pair).__name__}"
        ) from None
    xp = get_array_module(net.theta)
    X, y = move(X, xp), move(y, xp)
    y = net._as_labels(X, y)
    X = net._as_input(X)
    # A sum is finite unless an element is not, and takes a tenth of the time of looking at each.
    with np.errstate(over="ignore", invalid="ignore"):
        suspicious = not math.isfinite(abs(complex(X.sum())))
    if suspicious and not bool(xp.isfinite(X).all()):
        row = int(np.flatnonzero(~asnumpy(xp.isfinite(X).all(axis=tuple(range(1, X.ndim)))))[0])
        raise ValueError(
            f"expected finite numbers in {name}, got NaN or infinity in X[{row}]: one such number "
            "spreads to every weight. Look at that example, or leave it out."
        )
    net.forward(X[:1])  # says at once if the shapes do not fit
    return X, y


def check_settings(n_examples, epochs, batch_size, l2):
    """Return the batch size as a number, or raise ValueError naming the setting that cannot be."""
    if not isinstance(epochs, (int, np.integer)) or epochs < 1:
        raise ValueError(f"expected epochs as an integer of at least 1, got {epochs!r}")
    if batch_size is None:
        batch_size = n_examples
    if not isinstance(batch_size, (int, np.integer)) or batch_size < 1:
        raise ValueError(
            f"expected batch_size as an integer of at least 1, got {batch_size!r}: it counts the "
            "examples in a mini-batch. None takes all of them at once."
        )
    if not (math.isfinite(l2) and l2 >= 0):
        raise ValueError(f"expected l2 as a number of at least 0, got {l2!r}: it is a penalty")
    return min(int(batch_size), n_examples)


def check_smallest_batch(net, n_examples, batch_size):
    """Raise ValueError if an epoch's last mini-batch is smaller than a layer can take."""
    last = n_examples % batch_size or batch_size
    for layer in net.layers:
        if last < layer.smallest_batch:
            raise ValueError(
                f"{layer!r} expected at least {layer.smallest_batch} examples in a mini-batch, but "
                f"{n_examples} examples in batches of {batch_size} leave {last} for the last one: "
                "take another batch size."
            )
