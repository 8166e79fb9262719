"""Every complaint of the core: what is refused, and the sentence that helps.

The core calls one of these where something can be wrong, and goes on reading like the derivation.
"""

import contextlib
import math

import numpy as np

from .devices import memory_in_words

# ---------------------------------------------------------------------- layers


def dense(n_in, n_out, init, rules):
    for size in (n_in, n_out):
        if not isinstance(size, (int, np.integer)) or size < 1:
            raise ValueError(f"Dense expected two positive integers, got ({n_in!r}, {n_out!r})")
    if not (init in rules if isinstance(init, str) else init >= 0):
        names = ", ".join(repr(name) for name in rules)
        raise ValueError(f"unknown init {init!r}: expected {names}, or a number >= 0")


def columns(layer, X, n):
    """Refuse X unless each of its rows has ``n`` numbers."""
    if X.shape[-1] == n:
        return
    hint = f"each row of X is one example with {n} numbers"
    if len(X.shape) == 2 and X.shape[0] == n:
        hint = "examples are rows here. Try X.T"
    elif math.prod(X.shape[1:]) == n:
        hint = "each example must be one row of numbers. Try X.reshape(len(X), -1)"
    raise ValueError(f"{layer!r} expected X of shape (N, {n}), got {X.shape}: {hint}.")


def dropped_share(p):
    if not 0 <= p < 1:
        raise ValueError(
            f"Dropout expected p from 0 up to 1 (excluded), got {p!r}: it is the share of "
            "elements that are dropped, and some must stay."
        )


def batch_norm(n, decay, eps):
    if not isinstance(n, (int, np.integer)) or n < 1:
        raise ValueError(f"BatchNorm expected a positive number of units, got {n!r}")
    if not (0 <= decay < 1 and eps > 0):
        raise ValueError(
            "BatchNorm expected decay from 0 up to 1 (excluded) and eps above 0, "
            f"got {decay!r} and {eps!r}"
        )


def enough_examples(layer, n):
    if n < layer.smallest_batch:
        raise ValueError(
            f"{layer!r} expected at least {layer.smallest_batch} examples in a batch, got {n}: "
            "one example has no variance. Take another batch size."
        )


def leak(slope):
    if not 0 < slope < 1:
        raise ValueError(f"LeakyReLU expected a slope between 0 and 1, got {slope!r}")


def known(name, table, what):
    """Return ``table[name]``, or refuse a name that is not in it."""
    if name not in table:
        names = ", ".join(repr(known) for known in table)
        raise ValueError(f"unknown {what} {name!r}: expected one of {names}")
    return table[name]


# ---------------------------------------------------------------------- labels and losses


def labels(y, n_classes):
    """Refuse ``y`` unless it has shape (N,) and holds integers from 0 to n_classes - 1."""
    if y.ndim != 1:
        raise ValueError(
            f"expected labels y of shape (N,), got {y.shape}: one class number for each example. "
            "If y is one-hot, try y.argmax(axis=1)."
        )
    if y.dtype.kind not in "iu":
        raise ValueError(
            f"expected labels y as integers, got {y.dtype}: they number the classes. "
            "Try y.astype(int)."
        )
    if len(y) and (int(y.min()) < 0 or int(y.max()) >= n_classes):
        host = y.get() if hasattr(y, "get") else y
        first = np.flatnonzero((host < 0) | (host >= n_classes))[0]
        raise ValueError(
            f"expected labels from 0 to {n_classes - 1}, got y[{first}] = {host[first]}: "
            "classes are counted from 0, and the network needs one output for each."
        )


def two_outputs(n_outputs):
    if n_outputs < 2:
        raise ValueError(
            "SoftmaxCrossEntropy expected a network with at least 2 outputs, got 1: "
            "one output and two classes are a case for SigmoidCrossEntropy."
        )


def smoothing(s):
    if not 0 <= s < 1:
        raise ValueError(
            f"SoftmaxCrossEntropy expected smoothing from 0 up to 1 (excluded), got "
            f"{s!r}: it is the share of each label that is spread over all classes."
        )


# ---------------------------------------------------------------------- networks


def chain(layers):
    """Refuse layers that are taken, or of which one gives what the next Dense cannot take."""
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
                f"{before!r} gives {before.n_out} numbers, but {after!r} behind it expects "
                f"{after.n_in}: make the two equal."
            )


@contextlib.contextmanager
def enough_memory(layers, xp):
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


def floating(dtype):
    if np.dtype(dtype).kind not in "fc":
        raise ValueError(
            f'expected a dtype of floating-point numbers, "float32" or "float64", got '
            f"{np.dtype(dtype)}: it cannot hold weights."
        )


def examples(net, X):
    """Return ``X`` as an array of the network's dtype, if it lives where the network lives."""
    from ..backend import get_array_module

    xp = get_array_module(net.theta)
    if not hasattr(X, "dtype"):
        X = xp.asarray(X)
    if get_array_module(X) is not xp:
        raise TypeError(
            f"this network's parameters are {xp.__name__} arrays, X is an array of "
            f"{get_array_module(X).__name__}. Move one of them: X with xp.asarray or asnumpy, "
            "or the network with net.to(...)."
        )
    if X.dtype.kind not in "fiubc":
        raise ValueError(f"expected X as numbers, got an array of {X.dtype}")
    if X.ndim < 2:
        raise ValueError(
            f"expected X of shape (N, {net.sizes[0]}), got {X.shape}: examples are rows. "
            "A single example is a matrix with one row: try X[None, :]."
        )
    return X.astype(net.theta.dtype, copy=False)


def labels_of(net, X, y):
    """Return ``y`` as an array, if it holds a label for each row of X that the network can learn."""
    from ..backend import get_array_module

    xp = get_array_module(net.theta)
    y = y if hasattr(y, "dtype") else xp.asarray(y)
    if get_array_module(y) is not xp:
        raise TypeError(
            f"this network's parameters are {xp.__name__} arrays, y is an array of "
            f"{get_array_module(y).__name__}: labels and network must live on one device."
        )
    if len(X) != len(y):
        raise ValueError(
            f"expected one label for each example, got {len(X)} examples and {len(y)} labels"
        )
    if not len(y):
        raise ValueError("expected at least one example, got none: X and y are empty")
    net.loss_function.check(y, net.sizes[-1])
    return y


def sizes(given):
    given = list(given)
    if len(given) < 2:
        raise ValueError(f"mlp expected at least two sizes, inputs and outputs, got {given}")
    return given


def one_for_each(setting, n_hidden, what):
    """Return ``setting`` as a list with one entry for each hidden layer."""
    if isinstance(setting, (str, int, float)):
        return [setting] * n_hidden
    if len(setting) != n_hidden:
        raise ValueError(
            f"mlp expected one {what}, or one for each of the {n_hidden} hidden layers, "
            f"got {len(setting)}: {list(setting)}"
        )
    return list(setting)


# ---------------------------------------------------------------------- optimizers and schedules


def learning_rate(lr):
    if not (math.isfinite(lr) and lr > 0):
        raise ValueError(
            f"expected a learning rate above 0, got {lr!r}: with 0 nothing is learned, and "
            "below 0 the cost is climbed. Try 0.1."
        )
    return float(lr)  # a Python float leaves float32 arrays in float32; a NumPy float64 would not


def decay_rate(beta, name="beta"):
    if not 0 <= beta < 1:
        raise ValueError(
            f"expected {name} from 0 up to 1 (excluded), got {beta!r}: it is the share of the old "
            "average that stays. Try 0.9."
        )
    return float(beta)


def tiny(eps):
    if not (math.isfinite(eps) and eps > 0):
        raise ValueError(f"expected eps above 0, got {eps!r}: it keeps divisions finite. Try 1e-8.")
    return float(eps)


def one_shape(theta, grad):
    if theta.shape != grad.shape:
        raise ValueError(
            f"expected theta and grad of one shape, got {theta.shape} and {grad.shape}"
        )


def same_network(optimizer, name, vector, theta):
    if vector.shape != theta.shape or vector.dtype != theta.dtype:
        raise ValueError(
            f"{optimizer!r} remembers {name} of {vector.size:,} parameters in {vector.dtype}, got "
            f"theta with {theta.size:,} in {theta.dtype}: make a new optimizer for each network"
        )


def between_0_and_1(value, function, name):
    if not 0 < value < 1:
        raise ValueError(f"{function} expected a {name} between 0 and 1, got {value!r}")
    return value


# ---------------------------------------------------------------------- a training


def pair(net, given, name):
    """Return (X, y) on the network's device and in its dtype, checked once for all."""
    from ..backend import asnumpy, get_array_module, move

    try:
        X, y = given
    except (TypeError, ValueError):
        raise ValueError(
            f"expected {name} as a pair (X, y), such as data.{name}, got {type(given).__name__}"
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


def settings(n_examples, epochs, batch_size, l2):
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


def last_batch(net, n_examples, batch_size):
    """Refuse a batch size that leaves less for an epoch's last mini-batch than a layer can take."""
    last = n_examples % batch_size or batch_size
    for layer in net.layers:
        if last < layer.smallest_batch:
            raise ValueError(
                f"{layer!r} expected at least {layer.smallest_batch} examples in a mini-batch, but "
                f"{n_examples} examples in batches of {batch_size} leave {last} for the last one: "
                "take another batch size."
            )


def optimizer(given):
    from ..optimizers import Optimizer

    if not isinstance(given, Optimizer):
        raise TypeError(
            f"expected an optimizer, such as nn.Adam(0.001), got {given!r}. One of your own is "
            "a subclass of nn.optimizers.Optimizer"
        )


def functions(augment, after_step):
    """Return ``after_step`` as a list, or raise if it or ``augment`` cannot be called."""
    if callable(after_step):
        raise TypeError(
            f"expected after_step as a list of functions, got {after_step!r}: put it in brackets"
        )
    after_step = list(after_step)
    for name, function in [("augment", augment), *(("after_step", rule) for rule in after_step)]:
        if function is not None and not callable(function):
            raise TypeError(f"expected in {name} something that can be called, got {function!r}")
    if sum(hasattr(rule, "state") for rule in after_step) > 1:
        raise ValueError(
            f"expected at most one WeightAverage in after_step, got {after_step}: a checkpoint has "
            "room for one"
        )
    return after_step
