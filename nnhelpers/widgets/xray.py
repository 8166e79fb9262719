"""The network X-ray: one example, one layer, number by number, forward and back."""

import math

import numpy as np

from ..backend import asnumpy
from ..optimizers import SGD
from .controls import Button, Menu, Slider
from .live import LiveWidget, number_in
from .xray_figure import FEW, LARGEST, draw_unit, image_side, picture_shape
from .xray_network import check_examples, describe, follow, kind_of_loss, network_of, split

MOST_EXAMPLES = 1000  # whose mean cost is computed before and after a step


class XRay(LiveWidget):
    """A network's own numbers for one example, laid out as the derivation writes them.

    Made by :func:`xray`. All numbers come from a copy of the network, in float64; steps that are
    applied change this copy alone.

    Attributes
    ----------
    net : Network
        A copy of the copy, as it is now.
    example, layer, i, j : int
        What is looked at: the weight from input ``i`` to unit ``j``. Layers are counted from 1,
        everything else from 0.
    """

    script = "xray.js"

    def __init__(self, net, X, y=None, *, example=0, layer=1, i=None, j=None, lr=0.1, show="both"):
        net = network_of(net)
        self._X, self._y = check_examples(net, X, y)
        self._twin = net.to("numpy").astype("float64")
        self._before, self._blocks = split(self._twin)
        self._first, self._steps, self._result = self._twin.theta.copy(), 0, None
        self._stamp, self._side = 0, image_side(net.sizes[0])
        few = 1 <= layer <= len(self._blocks) and self._blocks[layer - 1].dense.n_in <= FEW
        super().__init__(
            "Network X-ray",
            "One neuron of a network, term by term: each input times its weight is a step up or "
            "down, then comes the bias, and beside them stands their sum z. The X-ray shows all "
            "the numbers of a layer, forward and back.",
            self._list_controls(example, layer, lr, show), size=(8, 3.6 if few else 5.6),
        )  # fmt: skip
        self._look()
        self.i, self.j = self._start()
        self.look_at(i=i, j=j)

    # ------------------------------------------------------------------ for code

    @property
    def net(self):
        """A copy of the network as it is now, with the steps that were applied; float64."""
        return self._twin.copy()

    @property
    def example(self):
        """The number of the example, counted from 0."""
        return self.values.get("example", 0)

    @property
    def layer(self):
        """The number of the layer, counted from 1."""
        return self.values["layer"]

    def look_at(self, example=None, layer=None, i=None, j=None):
        """Show another example, layer, input or unit, on the page too.

        Raises
        ------
        ValueError
            If there is no such one.
        """
        with self.lock:
            if example is not None and example != self.example:
                _check_only(len(self._X), example)
                self.set_value("example", example)
            if layer is not None and layer != self.layer:
                self.set_value("layer", layer)
            self._move(self.i if i is None else i, self.j if j is None else j)

    def step(self):
        """Apply one step of gradient descent for this example, as the button does."""
        with self.lock:
            self._apply()
            self._look()

    def reset(self):
        """Take all steps back."""
        with self.lock:
            self._twin.theta[...] = self._first
            self._steps, self._result = 0, None
            self._look()

    # ------------------------------------------------------------------ what the page sends

    def changed(self, name, value):
        if name == "example":
            self._result = None
            self._look(new_weights=False)
        elif name == "layer":
            self._look()
            self._move(*self._start())

    def receive_place(self, content, buffers):
        by = content.get("by")
        if not isinstance(by, (str, type(None))):
            raise ValueError(f"by: expected the name of a page, got {repr(by):.80}")
        i, j = (number_in(content, name, whole=True) for name in ("i", "j"))
        self._move(i, j, by=by)

    def _move(self, i, j, by=None):
        """Note the place, and tell the pages: all but the one whose hand moved it."""
        sizes = {"input i": (i, self._dense.n_in), "unit j": (j, self._dense.n_out)}
        for name, (value, size) in sizes.items():
            whole = isinstance(value, (int, np.integer)) and not isinstance(value, bool)
            if not whole or not 0 <= value < size:
                raise ValueError(
                    f"{name}: expected a whole number from 0 to {size - 1}, got {value!r}"
                )
        self.i, self.j = int(i), int(j)
        self.publish("place", {"i": self.i, "j": self.j, "by": by})

    # ------------------------------------------------------------------ the numbers

    @property
    def _dense(self):
        return self._blocks[self.layer - 1].dense

    def _rows(self, rows):
        """Return some examples as the network wants them, and their labels (or None)."""
        X = asnumpy(self._X[rows]).astype("float64")
        return X, None if self._y is None else asnumpy(self._y[rows])

    def _look(self, new_weights=True):
        """Compute all numbers of this example and publish them.

        The weights are large, and the same for all examples: they go out when they are others. Both
        messages carry the same stamp, for the page to see what belongs together.
        """
        X, y = self._rows(slice(self.example, self.example + 1))
        self.J, self.P, self.passes = follow(self._twin, self._before, self._blocks, X, y)
        if new_weights:
            self._stamp += 1
            self._publish_layer()
        self._publish_example(X[0], y)

    def _publish_layer(self):
        place, dense = self.layer - 1, self._dense
        last = place + 1 == len(self._blocks)
        after = np.zeros((0, 0)) if last else self._blocks[place + 1].dense.params["W"]
        content = {
            "stamp": self._stamp, "layer": self.layer, "n_layers": len(self._blocks),
            "n_in": dense.n_in, "n_out": dense.n_out, "n_next": after.shape[1],
            "picture": picture_shape(dense.n_in), "side": self._side, "last": last,
            "activation": describe(self._blocks[place].rest), "labelled": self._y is not None,
            "loss": kind_of_loss(self._twin), "few": FEW, "largest": LARGEST,
        }  # fmt: skip
        arrays = (dense.params["W"], dense.params["b"], after)
        self.publish("layer", content, [array.tobytes() for array in arrays])

    def _publish_example(self, x, y):
        seen = self.passes[self.layer - 1]
        content = {
            "stamp": self._stamp, "example": self.example, "J": _plain(self.J),
            "steps": self._steps, "result": self._result,
        }  # fmt: skip
        none = np.zeros(0)
        arrays = [seen.X, seen.Z, seen.A, seen.slope]
        if y is None:
            arrays += [none] * 5
        else:
            content |= {"label": int(y[0]), "says": int(self._twin.predict(x[None])[0])}
            target = self._twin.loss_function.targets(self.passes[-1].A[None], y)[0]
            after = self.passes[self.layer].dZ if self.layer < len(self.passes) else none
            arrays += [seen.dA, seen.dZ, self.P, target, after]
        arrays.append(x if self._side else none)
        self.publish("example", content, [np.asarray(a, "float64").tobytes() for a in arrays])

    def _apply(self):
        """One step for this example: theta - lr * grad, in the copy."""
        if self._y is None:
            raise ValueError(
                "a step follows the slopes of the cost, and without labels there is no cost: try "
                "xray(net, X, y)"
            )
        X, y = self._rows(slice(self.example, self.example + 1))
        many = self._rows(slice(0, MOST_EXAMPLES))
        lr, theta = self.values["lr"], self._twin.theta.copy()
        with np.errstate(all="ignore"):
            mean_before = self._twin.loss(*many)
            before, _, _ = follow(self._twin, self._before, self._blocks, X, y)  # fills grad
            promised = lr * float(self._twin.grad @ self._twin.grad)
            SGD(lr).step(self._twin.theta, self._twin.grad)
            after, mean_after = self._twin.loss(X, y), self._twin.loss(*many)
        if not all(map(math.isfinite, (before, after, promised, mean_before, mean_after))):
            self._twin.theta[...] = theta
            raise ValueError(
                f"this step with η = {lr:g} leads to numbers that are too large for the computer, "
                "and was not taken. Try a smaller η."
            )
        self._steps += 1
        self._result = {
            "lr": lr, "before": before, "after": after, "promised": promised,
            "many": len(many[0]), "all": len(many[0]) == len(self._X),
            "mean_before": mean_before, "mean_after": mean_after,
        }  # fmt: skip

    def _start(self):
        """Return where to look first: the strongest input, and at the end the right class."""
        unit = 0
        if self.layer == len(self._blocks) and self._y is not None and self._dense.n_out > 1:
            unit = int(asnumpy(self._y[self.example]))
        if self._dense.n_in <= FEW:
            return 0, unit
        terms = self.passes[self.layer - 1].X * self._dense.params["W"][:, unit]
        return int(abs(terms).argmax()), unit

    # ------------------------------------------------------------------ controls

    def _list_controls(self, example, layer, lr, show):
        where, back = "What to look at", "One step of gradient descent"
        names = []
        for number, (dense, rest) in enumerate(self._blocks, start=1):
            g = describe(rest)["name"]
            names.append((f"{number}: {dense.n_in} → {dense.n_out}{', ' + g if g else ''}", number))
        controls = []
        if len(self._X) > 1:
            controls.append(
                Slider("example", "example n", "Which row of X goes through the network. Try two "
                       "examples with different labels.", example, low=0, high=len(self._X) - 1,
                       integer=True, group=where)
            )  # fmt: skip
        _check_only(len(self._X), example)
        controls.append(
            Menu("layer", "layer", "Inputs → units, and the activation after them. Try the last "
                 "one first: there the way back begins.", layer, where, options=names)
        )  # fmt: skip
        if self._y is None:
            return controls
        return [
            *controls,
            Menu("show", "show", "The way forward, the way back, or both side by side.", show,
                 where, options=["both", "forward", "backward"]),
            Slider("lr", "learning rate η", "How far the step goes. Try 0.01, where the cost falls "
                   "as promised, and 3, where it need not.", lr, low=0.001, high=10, log=True,
                   group=back),
            Button("step", "Apply this step", "All weights and biases take their step, for this "
                   "example alone, in a copy of the network: yours stays as it is.", group=back),
            Button("reset", "Reset", "Take all the steps back.", group=back),
        ]  # fmt: skip

    # ------------------------------------------------------------------ without a kernel

    def draw(self, figure):
        """Draw the chosen unit's terms as a waterfall, and pictures above where there are many."""
        dense, rest = self._blocks[self.layer - 1]
        seen, j = self.passes[self.layer - 1], self.j
        title = f"Example {self.example}, layer {self.layer}, unit {j}: from terms to z"
        draw_unit(figure, title, seen.X, dense.params["W"][:, j], dense.params["b"][j],
                  seen.A[j], describe(rest)["name"], j)  # fmt: skip


def xray(net, X, y=None, *, example=0, layer=1, i=None, j=None, lr=0.1, show="both"):
    """Return an X-ray of a network: one example, one layer, number by number.

    Forward: every term of a neuron's sum, the bias, z and a. Back, if there are labels: where the
    neuron's dz comes from, the derivative by one weight, and its next step. The cost is that of the
    one example, so that N = 1 in all formulas. Arrow keys, the mouse and typed numbers move through
    it; sources: notebook 01, "A layer of neurons", and notebook 02, "One loop in reverse".

    Parameters
    ----------
    net : Network or list of (W, b)
        Dense layers, activations and dropout (which is off here). A list of pairs means layers
        with ReLU between them, and softmax at the end. A copy is taken at once.
    X : array, shape (N, n_in)
        Examples to choose from.
    y : array of int, shape (N,), optional
        Their labels; without them there is no cost, and so no way back.
    example, layer : int
        What to look at first; layers are counted from 1, examples from 0.
    i, j : int, optional
        Input and unit to look at first. By default the first ones, or those that matter most.
    lr : float, default 0.1
        The learning rate of the step.
    show : {"both", "forward", "backward"}

    Returns
    -------
    XRay

    Raises
    ------
    ValueError
        If the network has layers whose numbers cannot be shown for one example alone, is too large
        to be sent to a page, or does not fit the examples.

    Examples
    --------
    >>> nn.widgets.xray(net, X, y)                               # doctest: +SKIP
    >>> nn.widgets.xray([(W1, b1), (W2, b2)], X)                 # doctest: +SKIP
    """
    return XRay(net, X, y, example=example, layer=layer, i=i, j=j, lr=lr, show=show)


def _check_only(n_examples, example):
    if n_examples == 1 and example != 0:
        raise ValueError(f"example n: expected 0, for there is only one, got {example!r}")


def _plain(value):
    """Return a float that JSON knows, or None."""
    return value if value is not None and math.isfinite(value) else None
