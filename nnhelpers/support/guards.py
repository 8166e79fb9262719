"""Every complaint of the core: what is refused, and the sentence that helps.

The core calls one of these where something can be wrong, and goes on reading like the derivation.
A message says what was expected, what came, and what to try.
"""

import contextlib
import math
import shutil
import weakref
from collections.abc import Sequence
from numbers import Number
from pathlib import Path
from typing import Any

import numpy as np

from ..backend import asnumpy, get_array_module, move
from .devices import memory_in_words

Seed = int | np.random.Generator | None


def instance(given: Any, kind: type, example: str) -> Any:
    """Return ``given``, or refuse it unless it is a ``kind``: no class, no name, no None."""
    if isinstance(given, kind):
        return given
    what = f"{'an' if kind.__name__[0] in 'AEIOU' else 'a'} {kind.__name__.lower()}"
    if isinstance(given, type) and issubclass(given, kind):
        hint = f"That is the class: put brackets after it, nn.{given.__name__}(...)"
    else:
        home = kind.__module__.replace("nnhelpers", "nn", 1)
        hint = f"One of your own is a subclass of {home}.{kind.__name__}"
    raise TypeError(f"expected {what}, such as {example}, got {given!r}. {hint}")


def known(name: Any, table: dict, what: str) -> Any:
    """Return ``table[name]``, or refuse a name that is not in it."""
    if isinstance(name, str) and name in table:
        return table[name]
    names = ", ".join(repr(known) for known in table)
    meant = [key for key, value in table.items() if value is name or value is type(name)]
    hint = f". Try {meant[0]!r}" if meant else ""
    raise ValueError(f"unknown {what} {name!r}: expected one of {names}{hint}")


def network(given: Any) -> Any:
    """Return ``given``, or refuse it unless it is a network: an object, and in its place."""
    if isinstance(given, type) or not (hasattr(given, "theta") and hasattr(given, "loss_function")):
        raise TypeError(
            f"expected a network first, such as nn.mlp([784, 128, 10]), got {_short(given)}"
        )
    return given


def generator(seed: Any) -> np.random.Generator:
    """Return the generator of random numbers that ``seed`` stands for; None: another each time."""
    try:
        return np.random.default_rng(seed)
    except (TypeError, ValueError):
        raise ValueError(
            f"expected seed as an integer of at least 0, or a numpy.random.Generator, got {seed!r}"
        ) from None


def _short(given: Any) -> str:
    return f"an array of shape {given.shape}" if hasattr(given, "shape") else f"{given!r:.80}"


def is_number(value: Any, low: float, below: float = math.inf) -> bool:
    """Whether ``value`` is a real number with low <= value < below: NaN and infinity are not."""
    return bool(isinstance(value, (int, float, np.integer, np.floating)) and low <= value < below)


def is_count(value: Any) -> bool:
    """Whether ``value`` is an integer of at least 1; True is none."""
    return isinstance(value, (int, np.integer)) and not isinstance(value, bool) and bool(value >= 1)


def index_of_pair(index: Any) -> None:
    """Refuse a slice: the first 1000 of a pair are both of it, which would never be noticed."""
    if not isinstance(index, (int, np.integer)):
        raise TypeError(
            f"expected 0 or 1 as the index of a pair (X, y), got {type(index).__name__}. To "
            "take some examples, cut both: (data.train.X[:1000], data.train.y[:1000])"
        )


def how_to_restore(path: Path, home: Path) -> str:
    """Say how a data file comes back: it depends on whose folder it is in, and on git."""
    if path.parent.resolve() != home.resolve():
        return (
            "load_mnist expects the four gzipped files of MNIST in that folder; nn.load_mnist() "
            "takes the course's own"
        )
    if (home.parent / ".git").exists() and shutil.which("git"):
        return f'Restore it with: git -C "{home.parent}" checkout -- data/'
    return "It is part of the course: copy the course's folder data/ again, or install it anew"


def toy_data(n: int, classes: int, noise: float) -> None:
    if not (is_count(n) and is_count(classes)) or classes < 2 or n < classes:
        raise ValueError(
            f"expected at least 2 classes and one point for each, got n={n}, classes={classes}"
        )
    if not is_number(noise, 0):
        raise ValueError(f"expected noise of at least 0, got {noise!r}: it is a standard deviation")


def dense(n_in: int, n_out: int, init: str | float, rules: dict) -> None:
    if not (is_count(n_in) and is_count(n_out)):
        raise ValueError(f"Dense expected two positive integers, got ({n_in!r}, {n_out!r})")
    if not (init in rules if isinstance(init, str) else is_number(init, 0)):
        names = ", ".join(repr(name) for name in rules)
        raise ValueError(f"unknown init {init!r}: expected {names}, or a number >= 0")


def columns(layer: Any, X: Any, n: int) -> None:
    """Refuse X unless each of its rows has ``n`` numbers."""
    if X.shape[-1] == n:
        return
    hint = f"each row of X is one example with {n} numbers"
    if len(X.shape) == 2 and X.shape[0] == n:
        hint = "examples are rows here. Try X.T"
    elif math.prod(X.shape[1:]) == n:
        hint = "each example must be one row of numbers. Try X.reshape(len(X), -1)"
    raise ValueError(f"{layer!r} expected X of shape (N, {n}), got {X.shape}: {hint}.")


def dropout_probability(p: float) -> None:
    if not is_number(p, 0, 1):
        raise ValueError(
            f"Dropout expected p from 0 up to 1 (excluded), got {p!r}: it is the probability of "
            "dropping an element, and some must stay."
        )


def batch_norm(n: int, decay: float, eps: float) -> None:
    if not is_count(n):
        raise ValueError(f"BatchNorm expected a positive number of units, got {n!r}")
    if not (is_number(decay, 0, 1) and is_number(eps, 0) and eps > 0):
        raise ValueError(
            "BatchNorm expected decay from 0 up to 1 (excluded) and eps above 0, "
            f"got {decay!r} and {eps!r}"
        )


def enough_examples(layer: Any, n: int) -> None:
    if n < layer.smallest_batch:
        raise ValueError(
            f"{layer!r} expected at least {layer.smallest_batch} examples in a batch, got {n}: "
            "one example has no variance. Take another batch size."
        )


def leak(slope: float) -> None:
    if not (is_number(slope, 0, 1) and slope > 0):
        raise ValueError(f"LeakyReLU expected a slope between 0 and 1, got {slope!r}")


def labels(y: Any, n_classes: int) -> None:
    """Refuse ``y`` unless it has shape (N,) and holds integers from 0 to n_classes - 1."""
    if y.ndim != 1:
        raise ValueError(
            f"expected labels y of shape (N,), got {y.shape}: one class number for each example. "
            + ("Try y.ravel()." if y.size == len(y) else "If y is one-hot, try y.argmax(axis=1).")
        )
    if y.dtype.kind not in "iu":
        to_integers = (
            "y.astype(int)" if y.dtype.kind in "fb" else "np.unique(y, return_inverse=True)[1]"
        )
        raise ValueError(
            f"expected labels y as integers, got {y.dtype}: they number the classes. "
            f"Try {to_integers}."
        )
    if len(y) and (int(y.min()) < 0 or int(y.max()) >= n_classes):
        host = asnumpy(y)
        first = np.flatnonzero((host < 0) | (host >= n_classes))[0]
        raise ValueError(
            f"expected labels from 0 to {n_classes - 1}, got y[{first}] = {host[first]}: "
            "classes are counted from 0, and the network needs one output for each."
        )


def class_count(n_classes: int) -> None:
    if not is_count(n_classes):
        raise ValueError(f"expected the number of classes as a positive integer, got {n_classes!r}")


def penalty(l2: float) -> float:
    if not is_number(l2, 0):
        raise ValueError(f"expected l2 as a number of at least 0, got {l2!r}: it is a penalty")
    return float(l2)


def two_outputs(n_outputs: int) -> None:
    if n_outputs < 2:
        raise ValueError(
            "SoftmaxCrossEntropy expected a network with at least 2 outputs, got 1: "
            "one output and two classes are a case for SigmoidCrossEntropy."
        )


def smoothing(s: float) -> None:
    if not is_number(s, 0, 1):
        raise ValueError(
            f"SoftmaxCrossEntropy expected smoothing from 0 up to 1 (excluded), got "
            f"{s!r}: it is the fraction of each label that is spread over all classes."
        )


def chain(layers: Sequence, kind: type) -> list:
    """Return the layers as a list; refuse what is no layer, is taken, or does not fit the next."""
    if isinstance(layers, (kind, type)) or not hasattr(layers, "__iter__"):
        raise TypeError(f"expected a list of layers, got {layers!r}: put them into brackets, [...]")
    layers = [instance(layer, kind, "nn.Dense(784, 10)") for layer in layers]
    for i, layer in enumerate(layers):
        if layer.params or any(layer is other for other in layers[:i]):
            raise ValueError(
                f"{layer!r} already belongs to a network, and a layer holds the parameters of one: "
                "make a new layer, or copy the network with net.copy()."
            )
    dense = [layer for layer in layers if hasattr(layer, "n_in")]
    if not dense:
        raise ValueError("expected at least one layer with parameters, such as Dense(784, 10)")
    for before, after in zip(dense, dense[1:], strict=False):
        if before.n_out != after.n_in:
            raise ValueError(
                f"{before!r} gives {before.n_out} numbers, but {after!r} after it expects "
                f"{after.n_in}: make the two equal."
            )
    return layers


@contextlib.contextmanager
def enough_memory(layers: list, xp: Any):
    """Say how much memory a network needs, where there was too little of it."""
    try:
        yield
    except MemoryError as error:
        size = sum(math.prod(shape) for layer in layers for shape in layer.shapes.values())
        raise MemoryError(
            f"a network with {size:,} parameters needs {8 * size / 1e9:,.1f} GB for theta and "
            f"grad in float32, and more while they are drawn; {memory_in_words(xp)}. Try "
            f"narrower layers. ({error})"
        ) from error


def floating(dtype: Any) -> None:
    try:
        kind = "" if dtype is None else np.dtype(dtype).kind
    except TypeError:
        kind = ""
    if kind not in ("f", "c"):
        raise ValueError(
            f'expected a dtype of floating-point numbers, "float32" or "float64", got '
            f"{np.dtype(dtype) if kind else repr(dtype)}: it cannot hold weights."
        )


def examples(net: Any, X: Any) -> Any:
    """Return ``X`` as an array of the network's dtype, where the network lives."""
    X = move(X, get_array_module(net.theta))
    if X.dtype.kind not in "fiubc":
        raise ValueError(f"expected X as numbers, got an array of {X.dtype}")
    if X.ndim < 2:
        raise ValueError(
            f"expected X of shape (N, {net.sizes[0]}), got {X.shape}: examples are rows. "
            "A single example is a matrix with one row: try X[None, :]."
        )
    return X.astype(net.theta.dtype, copy=False)


def labels_of(net: Any, X: Any, y: Any) -> Any:
    """Return ``y`` as an array, if it holds one label for each row of X that the network knows."""
    xp = get_array_module(net.theta)
    X, y = move(X, xp), move(y, xp)
    if X.ndim and y.ndim and len(X) != len(y):
        raise ValueError(
            f"expected one label for each example, got {len(X)} examples and {len(y)} labels"
        )
    if not len(y):
        raise ValueError("expected at least one example, got none: X and y are empty")
    net.loss_function.check(y, net.sizes[-1])
    return y


def sizes(given: Any, *further: Any) -> list[int]:
    """Return the sizes of an ``mlp``; ``further`` is what came after them, by position."""
    if isinstance(given, (int, np.integer)):
        meant = [given, *(one for one in further if is_count(one))]
        meant = meant if len(meant) > 1 else [*meant, 10]
        raise ValueError(f"mlp expected a list of sizes, got {given!r}. Try nn.mlp({meant})")
    if isinstance(given, str) or not hasattr(given, "__iter__"):
        raise ValueError(f"mlp expected a list of sizes, got {given!r}. Try nn.mlp([784, 10])")
    given = list(given)
    if len(given) < 2:
        raise ValueError(f"mlp expected at least two sizes, inputs and outputs, got {given}")
    return given


def one_for_each(setting: Any, n_hidden: int, what: str) -> list:
    """Return ``setting`` as a list with one entry for each hidden layer."""
    if isinstance(setting, (str, Number, np.generic)) or not hasattr(setting, "__len__"):
        return [setting] * n_hidden
    if len(setting) != n_hidden:
        raise ValueError(
            f"mlp expected one {what}, or one for each of the {n_hidden} hidden layers, "
            f"got {len(setting)}: {list(setting)}"
        )
    return list(setting)


def learning_rate(lr: float) -> float:
    if not (is_number(lr, 0) and lr > 0):
        raise ValueError(
            f"expected a learning rate above 0, got {lr!r}: with 0 nothing is learned, and "
            "below 0 the cost is climbed. Try 0.1."
        )
    return float(lr)  # a Python float leaves float32 arrays in float32; a NumPy float64 would not


def decay_rate(beta: float, name: str = "beta") -> float:
    if not is_number(beta, 0, 1):
        raise ValueError(
            f"expected {name} from 0 up to 1 (excluded), got {beta!r}: it is the fraction of the "
            "old average that stays. Try 0.9."
        )
    return float(beta)


def tiny(eps: float) -> float:
    if not (is_number(eps, 0) and eps > 0):
        raise ValueError(f"expected eps above 0, got {eps!r}: it keeps divisions finite. Try 1e-8.")
    return float(eps)


def one_shape(theta: Any, grad: Any) -> None:
    if not (hasattr(theta, "shape") and hasattr(grad, "shape")):
        raise TypeError(
            f"expected theta and grad as arrays, got {type(theta).__name__} and "
            f"{type(grad).__name__}: a step changes theta in place"
        )
    if theta.shape != grad.shape:
        raise ValueError(
            f"expected theta and grad of one shape, got {theta.shape} and {grad.shape}"
        )


def same_network(optimizer: Any, name: str, vector: Any, theta: Any) -> Any:
    """Return a weak reference to ``theta``, or refuse it unless ``vector`` is an average of its."""
    of = getattr(optimizer, "_of", None)
    if of is not None and of() is theta:
        return of
    got = f"theta with {theta.size:,} in {theta.dtype}"
    if vector.shape == theta.shape and vector.dtype == theta.dtype:
        if of is None:
            return weakref.ref(theta)
        got = "theta of another network"
    kind = "optimizer" if hasattr(optimizer, "lr") else type(optimizer).__name__
    raise ValueError(
        f"{optimizer!r} remembers {name} of {vector.size:,} parameters in {vector.dtype}, got "
        f"{got}: make a new {kind} for each network"
    )


def between_0_and_1(value: float, function: str, name: str) -> None:
    if not (is_number(value, 0, 1) and value > 0):
        raise ValueError(f"{function} expected a {name} between 0 and 1, got {value!r}")
