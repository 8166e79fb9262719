"""What a network makes of a digit: probabilities, hidden activations, and a map of the pixels."""

from typing import NamedTuple

import numpy as np

from ..backend import asnumpy, get_array_module
from ..figures import DIVERGING
from ..layers import BatchNorm, Dense, Dropout
from .draw_ink import SIDE

CHUNK = 500  # digits that the network reads at once when it looks for a mistake
NAMES = {"Tanh": "tanh", "Sigmoid": "sigmoid", "LeakyReLU": "leaky ReLU", "BatchNorm": "batch norm",
         "Dense": "no activation"}  # fmt: skip


class Reading(NamedTuple):
    """What a network makes of an image: (28, 28), (K,), one array a layer, (28, 28).

    The map ``why`` is about class ``about``, or about that and not its ``rival``.
    """

    image: np.ndarray
    probabilities: np.ndarray
    hidden: list
    why: np.ndarray
    about: int
    rival: int | None


class Reader:
    """Reads images with ``net`` as it is at that moment, and never disturbs it.

    Parameters
    ----------
    net : Network
    hidden : list of int, optional
        Which hidden layers are told of, counted from 1; by default all.
    """

    def __init__(self, net, hidden=None):
        self.net, self._twin = net, None
        dense = [i for i, layer in enumerate(net.layers) if isinstance(layer, Dense)]
        inner = dict(enumerate(dense[1:], start=1))
        for number in inner if hidden is None else hidden:
            if number not in inner:
                known = ", ".join(str(one) for one in inner) or "none"
                raise ValueError(
                    f"expected numbers of hidden layers (this network has {known}), got {number!r}"
                )
        # Number of each hidden layer -> the layer that it is the input of.
        self.inner = inner if hidden is None else {number: inner[number] for number in hidden}

    def _current(self):
        """Return a network with the parameters of ``net``, which remembers for itself.

        A pass through ``net`` itself would change what its layers remember, perhaps in the middle
        of a training in another thread.
        """
        if self._twin is None or self._twin.theta is not self.net.theta:
            self._twin = self.net._with(self.net.theta)
        for mine, its in zip(self._twin.layers, self.net.layers, strict=False):
            mine.state = its.state
        return self._twin

    def read(self, image, about="answer", label=None, times_ink=False):
        """Return the :class:`Reading` of an image (28, 28).

        Parameters
        ----------
        image : array, shape (28, 28)
        about : "answer", "rival" or int
            What the map is about: the answer, the answer and not its rival, or a class.
        label : int, optional
            The right class. It is the rival of another answer; else the second best is.
        times_ink : bool, default False
            Whether the map is slope times ink.
        """
        net = self._current()
        xp = get_array_module(net.theta)
        A = xp.asarray(image.reshape(1, -1)).astype(net.theta.dtype)
        inputs = []
        for layer in net.layers:
            inputs.append(A)
            A = layer.forward(A)
        P = asnumpy(net.loss_function.predict_proba(A))[0].astype("float32")
        if not np.isfinite(P).all():
            raise ValueError(
                "the network's answer is not a number: its training has diverged. Train it anew "
                "with a smaller learning rate."
            )
        best, second = best_two(P)
        rival = None
        if about == "rival":
            rival = second if label in (None, best) else label
        about = best if about in ("answer", "rival") else about
        top = np.zeros(len(P))  # what goes in at the top on the way back
        top[about] = 1
        if rival is not None:
            top[rival] = -1
        if A.shape[1] == 1:  # the only output is the score of class 1; with the other sign, of 0
            top = top[1:] - top[:1]
        why = asnumpy(slope(net, xp.asarray(top[None, :]).astype(A.dtype)))[0]
        why = why.reshape(SIDE, SIDE).astype("float32")
        hidden = [asnumpy(inputs[i])[0].astype("float32") for i in self.inner.values()]
        return Reading(image, P, hidden, why * image if times_ink else why, about, rival)

    def name_of(self, number):
        """Return "ReLU" or the like: what made the units of a hidden layer, in words."""
        before = self.net.layers[: self.inner[number]]
        name = [type(layer).__name__ for layer in before if not isinstance(layer, Dropout)][-1]
        return NAMES.get(name, name)

    def find_mistake(self, X, y, rng):
        """Return the number of a random row of ``X`` that the network gets wrong.

        Raises
        ------
        ValueError
            If it gets none of them wrong.
        """
        net, order = self._current(), rng.permutation(len(y))
        for start in range(0, len(order), CHUNK):
            some = order[start : start + CHUNK]
            given = get_array_module(net.theta).asarray(X[some]).astype(net.theta.dtype)
            wrong = some[asnumpy(net.predict(given)) != y[some]]
            if len(wrong):
                return int(wrong[0])
        raise ValueError(f"the network gets all of these {len(order):,} digits right")


def best_two(P):
    """Return the two most probable classes."""
    return (int(k) for k in np.argsort(-P, kind="stable")[:2])


def slope(net, dZ):
    """Return the derivative with respect to the inputs, (N, n_in), from that at the outputs, dZ.

    To be called after a forward pass outside of training: a batch norm's averages are constants.
    Source: notebook 10, "Back to the pixels".

    Parameters
    ----------
    net : Network
    dZ : array, shape (N, K)
        For the score of class k: 1 in column k, else 0.
    """
    for layer in reversed(net.layers):
        if isinstance(layer, Dense):
            dZ = dZ @ layer.params["W"].T  # and no dW: it is not needed here
        elif isinstance(layer, BatchNorm):
            dZ = dZ * layer.scale
        else:
            dZ = layer.backward(dZ)
    return dZ


def draw_reading(figure, paper, title, now):
    """Draw the paper, what the network sees, its map and its probabilities."""
    left, middle, right, far = figure.subplots(1, 4, width_ratios=[1, 1, 1, 1.5])
    left.imshow(paper, cmap="gray_r", vmin=0, vmax=1, interpolation="bicubic")
    left.set(title=title)
    middle.imshow(now.image, cmap="gray_r", vmin=0, vmax=1, interpolation="nearest")
    middle.set(title="as the network sees it")
    limit = float(np.abs(now.why).max()) or 1.0
    right.imshow(now.why, cmap=DIVERGING, vmin=-limit, vmax=limit, interpolation="nearest")
    if now.image.max() > 0.5:  # else there is no outline, and Matplotlib would warn
        right.contour(now.image, [0.5], colors="black", linewidths=0.8)
    question = f"why {now.about}" + ("?" if now.rival is None else f" and not {now.rival}?")
    right.set(title=question, xlabel="ink raises (orange) or\nlowers (blue) the score")
    for ax in (left, middle, right):
        ax.set(xticks=[], yticks=[])
        ax.grid(False)
        ax.spines[:].set_visible(True)
        ax.title.set_fontsize(10)
        ax.xaxis.label.set_fontsize(9)
    classes = range(len(now.probabilities))
    bars = far.barh(classes, now.probabilities, color="0.45")
    bars[int(now.probabilities.argmax())].set_color("black")
    for k, p in enumerate(now.probabilities):
        far.text(p + 0.02, k, f"{p:.1%}", va="center", fontsize=9)
    far.set(yticks=classes, xlim=(0, 1.2), xticks=[0, 0.5, 1], xlabel="probability",
            ylabel="class")  # fmt: skip
    far.invert_yaxis()
    far.grid(False)
