"""The network: layers in a row, one vector of parameters, one loop forward and one loop back."""

import copy
import functools
import inspect
import math

import numpy as np

from .activations import activation as activation_layer
from .backend import (
    default_array_module,
    get_array_module,
    in_blocks,
    load_backend,
    memory_in_words,
    move,
)
from .layers import BatchNorm, Dense, Dropout
from .losses import SigmoidCrossEntropy, SoftmaxCrossEntropy, add_l2_gradient, l2_penalty


class Report(str):
    """Text that shows itself as it is when it stands at the end of a notebook cell."""

    __repr__ = str.__str__


class Network:
    """Layers applied one after the other, with a loss at the end.

    All parameters live in one vector ``theta`` (P,), all derivatives in one vector ``grad`` (P,);
    each layer's ``params["W"]`` and ``grads["W"]`` are views into them. Optimizer, gradient check
    and files work on the vectors and know nothing of layers. Source: notebook 01, "A network of
    any shape" (forward); notebook 02, "One loop in reverse" (backward).

    Parameters
    ----------
    layers : list of Layer
        For example ``[nn.Dense(784, 128), nn.ReLU(), nn.Dense(128, 10)]``.
    loss : Loss
        For example ``nn.SoftmaxCrossEntropy()``.
    seed : int or numpy.random.Generator, default 0
        Where the first weights come from: drawn on the host, layer after layer, from one generator,
        so that a seed means the same network on a CPU and on a GPU.

    Attributes
    ----------
    theta, grad : arrays of shape (P,)
        float32, on the default backend; ``astype`` and ``to`` give the network in another.

    Raises
    ------
    ValueError
        If there is no layer with parameters, or one Dense layer's outputs do not fit the next.
    MemoryError
        If there is not enough memory for the parameters; the message says how much there is.
    """

    def __init__(self, layers, loss, seed=0):
        self.layers, self.loss_function = list(layers), loss
        _check_chain(self.layers)
        rng, xp = np.random.default_rng(seed), default_array_module()
        try:
            values = [layer.initial(rng) for layer in self.layers]
            flat = [
                value[name].ravel()
                for layer, value in zip(self.layers, values, strict=True)
                for name in layer.shapes
            ]
            self._bind(xp.asarray(np.concatenate(flat), dtype="float32"))
        except MemoryError as error:
            size = sum(math.prod(shape) for layer in self.layers for shape in layer.shapes.values())
            raise MemoryError(
                f"a network with {size:,} parameters needs {8 * size / 1e9:,.1f} GB for theta and "
                f"grad in float32, and more while they are drawn; {memory_in_words(xp)}. Try "
                f"narrower layers. ({error})"
            ) from error

    def _bind(self, theta):
        """Make ``theta`` the parameters: cut it and a new ``grad`` into views, layer by layer."""
        xp = get_array_module(theta)
        self.theta, self.grad = theta, xp.zeros_like(theta)
        start = 0
        for layer in self.layers:
            layer.params, layer.grads = {}, {}
            layer.state = {
                name: move(value, xp).astype(theta.dtype) for name, value in layer.state.items()
            }
            for name, shape in layer.shapes.items():
                stop = start + math.prod(shape)
                layer.params[name] = theta[start:stop].reshape(shape)
                layer.grads[name] = self.grad[start:stop].reshape(shape)
                start = stop

    # ------------------------------------------------------------------ forward and backward

    def forward(self, X, training=False):
        """Return the last layer's output Z, shape (N, K), for the examples X, shape (N, n_in)."""
        A = self._as_input(X)
        for layer in self.layers:
            A = layer.forward(A, training)
        return A

    def backward(self, dZ):
        """Fill ``grad`` from dZ = dJ/d(output): one loop in reverse, one rule for every layer."""
        start = next(i for i, layer in enumerate(self.layers) if layer.shapes)
        for layer in reversed(self.layers[start + 1 :]):
            dZ = layer.backward(dZ)
        first = self.layers[start]
        if _takes_input_gradient(type(first).backward):
            first.backward(dZ, input_gradient=False)  # its dX would be nobody's dZ
        else:
            first.backward(dZ)

    def loss(self, X, y, l2=0.0):
        """Return J, a float: the mean loss over the examples plus (l2/2) Σ‖W‖²."""
        y = self._as_labels(X, y)
        return float(self.loss_function.forward(self.forward(X), y) + l2_penalty(self.weights, l2))

    def loss_and_grad(self, X, y, l2=0.0):
        """Return J, a float, and fill ``grad`` with dJ/dtheta: one forward and one backward pass.

        Parameters
        ----------
        X : array, shape (N, n_in)
        y : array of int, shape (N,)
        l2 : float, default 0
            The penalty λ on the weights.

        Raises
        ------
        ValueError
            If shapes or labels do not fit the network.
        TypeError
            If X lives on another device than the network.
        """
        y = self._as_labels(X, y)
        return float(self.learn_batch(self._as_input(X), y, l2)[0])

    def learn_batch(self, X, y, l2):
        """Do the work of ``loss_and_grad`` on arrays already checked: return (J, number correct).

        Both stay on the network's device, so that a GPU need not be waited for.
        """
        Z = X
        for layer in self.layers:
            Z = layer.forward(Z, training=True)
        J = self.loss_function.forward(Z, y)
        self.backward(self.loss_function.backward())
        if l2:
            l2 = float(l2)  # a float64 of NumPy's would draw float32 arrays into float64
            J = J + l2_penalty(self.weights, l2)
            for layer in self.layers:
                if "W" in layer.params:
                    all_dW, all_W = layer.grads["W"].reshape(-1), layer.params["W"].reshape(-1)
                    for dW, W in in_blocks(all_dW, all_W):
                        add_l2_gradient(dW, W, l2)
        return J, self.loss_function.count_correct(Z, y)

    @property
    def weights(self):
        """The matrices W of all layers, in order: what the L2 penalty sees."""
        return [layer.params["W"] for layer in self.layers if "W" in layer.params]

    # ------------------------------------------------------------------ what it says

    def predict_proba(self, X):
        """Return the probability of each class, shape (N, K), or (N, 2) for a single output."""
        return self.loss_function.predict_proba(self.forward(X))

    def predict(self, X):
        """Return the most probable class of each example, shape (N,)."""
        return self.loss_function.predict(self.forward(X))

    def score(self, X, y):
        """Return the accuracy, a float: the share of examples whose predicted class is ``y``."""
        return evaluate(self, X, y)[1]

    # ------------------------------------------------------------------ the same network, elsewhere

    def copy(self):
        """Return a new network with the same layers and its own copy of the parameters."""
        return self._with(self.theta.copy())

    def astype(self, dtype):
        """Return a new network that computes in ``dtype``, for example "float64".

        Raises
        ------
        ValueError
            If ``dtype`` is none of floating-point (or complex) numbers.
        """
        if np.dtype(dtype).kind not in "fc":
            raise ValueError(
                f'expected a dtype of floating-point numbers, "float32" or "float64", got '
                f"{np.dtype(dtype)}: it cannot hold weights."
            )
        return self._with(self.theta.astype(dtype))

    def to(self, backend):
        """Return a new network whose parameters live on ``backend``, "numpy" or "cupy".

        Raises
        ------
        BackendError
            If that backend does not work on this machine; the message says why.
        """
        xp = load_backend(backend)
        if get_array_module(self.theta) is xp:
            return self.copy()
        return self._with(move(self.theta, xp))

    def _with(self, theta):
        twin = object.__new__(type(self))
        twin.__dict__.update(self.__dict__)
        twin.layers = [layer.fresh() for layer in self.layers]
        twin.loss_function = copy.copy(self.loss_function)
        twin.loss_function.forget()
        twin._bind(theta)
        return twin

    def __copy__(self):
        return self.copy()  # not the same layers, whose params belong to one theta

    def __setstate__(self, state):
        """Cut theta and grad into views: to ``copy.deepcopy`` and ``pickle`` each is an array.

        Of copies, since joblib hands large arrays to its processes such that nobody may write them.
        """
        self.__dict__.update(state)
        grad = self.grad
        self._bind(self.theta.copy())
        self.grad[...] = grad

    # ------------------------------------------------------------------ what it looks like

    @property
    def sizes(self):
        """Number of inputs, then of units in each Dense layer: [784, 128, 10]."""
        dense = [layer for layer in self.layers if isinstance(layer, Dense)]
        return [dense[0].n_in, *(layer.n_out for layer in dense)]

    def summary(self):
        """Return a table of the layers with their shapes and numbers of parameters."""
        lines = [f"{'':3} {'layer':20} {'parameters':32} {'count':>12}"]
        for i, layer in enumerate(self.layers):
            shapes = ", ".join(f"{name} {shape}" for name, shape in layer.shapes.items())
            count = sum(math.prod(shape) for shape in layer.shapes.values())
            lines.append(f"{i:3} {layer!r:20} {shapes:32} {count:12,}")
        lines.append(f"{'':3} {self.loss_function!r:20} {'in all':>32} {self.theta.size:12,}")
        return Report("\n".join(lines))

    def __repr__(self):
        inside = ", ".join(repr(layer) for layer in self.layers)
        return f"Network([{inside}], loss={self.loss_function!r})"

    # ------------------------------------------------------------------ what goes in

    def _as_input(self, X):
        """Return ``X`` as an array of the network's dtype, if it lives where the network lives."""
        xp = get_array_module(self.theta)
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
                f"expected X of shape (N, {self.sizes[0]}), got {X.shape}: examples are rows. "
                "A single example is a matrix with one row: try X[None, :]."
            )
        return X.astype(self.theta.dtype, copy=False)

    def _as_labels(self, X, y):
        xp = get_array_module(self.theta)
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
        self.loss_function.check(y, self.sizes[-1])
        return y


def evaluate(net, X, y, batch_size=1000):
    """Return (mean loss without penalty, accuracy), both floats, of ``net`` on the examples.

    Goes through the examples in batches, so that a wide network's hidden layers fit in memory.
    """
    y = net._as_labels(X, y)
    total, correct = 0.0, 0
    for start in range(0, len(y), batch_size):
        rows = slice(start, start + batch_size)
        Z = net.forward(X[rows])
        total = total + net.loss_function.forward(Z, y[rows]) * len(y[rows])
        correct = correct + net.loss_function.count_correct(Z, y[rows])
    return float(total) / len(y), int(correct) / len(y)


def mlp(sizes, activation="relu", dropout=0.0, batch_norm=False, loss=None, init=None, seed=0):
    """Build a fully connected network: a Dense layer between any two sizes, activations between.

    A hidden layer is Dense, then BatchNorm if asked for, the activation, Dropout if asked for.

    Parameters
    ----------
    sizes : list of int
        Number of inputs, units of each hidden layer, outputs: [784, 128, 10].
    activation : str or list of str, default "relu"
        "relu", "leaky_relu", "tanh" or "sigmoid": one for all hidden layers, or one for each.
    dropout : float or list of float, default 0
        The share of units that are dropped in training: one for all hidden layers, or one for each.
        For the inputs, put a Dropout layer in front of the list of layers yourself.
    batch_norm : bool, default False
        Whether a BatchNorm layer stands in front of each activation.
    loss : Loss, optional
        By default SigmoidCrossEntropy for one output, SoftmaxCrossEntropy for more.
    init : str or float, optional
        As in :class:`Dense`, for all layers. By default "he" in front of a ReLU or leaky ReLU,
        "xavier" elsewhere.
    seed : int or numpy.random.Generator, default 0

    Returns
    -------
    Network

    Raises
    ------
    ValueError
        If there are fewer than two sizes, the activations' names are unknown or too few, or a
        dropout is out of its range.
    """
    sizes = list(sizes)
    if len(sizes) < 2:
        raise ValueError(f"mlp expected at least two sizes, inputs and outputs, got {sizes}")
    n_hidden = len(sizes) - 2
    names = _one_for_each(activation, n_hidden, "activation")
    drops = _one_for_each(dropout, n_hidden, "dropout")
    layers = []
    for n_in, n_out, name, p in zip(sizes, sizes[1:], [*names, None], [*drops, 0.0], strict=False):
        rule = "he" if name in ("relu", "leaky_relu") else "xavier"
        layers.append(Dense(n_in, n_out, init=rule if init is None else init))
        if name is not None:
            layers += [BatchNorm(n_out)] if batch_norm else []
            layers += [activation_layer(name)]
            layers += [Dropout(p, seed=len(layers))] if p else []
    if loss is None:
        loss = SigmoidCrossEntropy() if sizes[-1] == 1 else SoftmaxCrossEntropy()
    return Network(layers, loss, seed=seed)


def _one_for_each(setting, n_hidden, what):
    """Return ``setting`` as a list with one entry for each hidden layer."""
    if isinstance(setting, (str, int, float)):
        return [setting] * n_hidden
    if len(setting) != n_hidden:
        raise ValueError(
            f"mlp expected one {what}, or one for each of the {n_hidden} hidden layers, "
            f"got {len(setting)}: {list(setting)}"
        )
    return list(setting)


@functools.cache
def _takes_input_gradient(backward):
    """Whether a layer's ``backward`` has the argument that saves its dJ/d(input)."""
    return "input_gradient" in inspect.signature(backward).parameters


def _check_chain(layers):
    """Raise ValueError unless layers are free, and each Dense takes what the one before gives."""
    for i, layer in enumerate(layers):
        if layer.params or any(layer is other for other in layers[:i]):
            raise ValueError(
                f"{layer!r} already belongs to a network, and a layer holds the parameters of one: "
                "make a new layer, or copy the network with net.copy()."
            )
    dense = [layer for layer in layers if isinstance(layer, Dense)]
    if not dense:
        raise ValueError("expected at least one layer with parameters, such as Dense(784, 10)")
    for before, after in zip(dense, dense[1:], strict=False):
        if before.n_out != after.n_in:
            raise ValueError(
                f"{before!r} gives {before.n_out} numbers, but {after!r} behind it expects "
                f"{after.n_in}: make the two equal."
            )
