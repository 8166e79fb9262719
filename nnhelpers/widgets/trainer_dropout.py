"""The dropout of a network's hidden layers, changed while it trains."""

from ..activations import Activation
from ..layers import Dense, Dropout


def _is_hidden_dropout(layers, i):
    """Whether layer ``i`` is Dropout after a hidden layer's activation, and not on the inputs."""
    return isinstance(layers[i], Dropout) and i > 0 and isinstance(layers[i - 1], Activation)


def get_dropout(net):
    """Return the dropout of the hidden layers: the first one's, 0 if there is none."""
    found = (layer.p for i, layer in enumerate(net.layers) if _is_hidden_dropout(net.layers, i))
    return next(found, 0.0)


def set_dropout(net, p):
    """Give each hidden layer of ``net`` the dropout ``p``, in place: parameters stay what they are.

    Where there is none, Dropout layers are put after the activations, as ``mlp`` does; with 0 they
    are taken out. Dropout on the inputs is left alone.
    """
    layers = []
    last = max(i for i, layer in enumerate(net.layers) if isinstance(layer, Dense))
    for i, layer in enumerate(net.layers):
        if _is_hidden_dropout(net.layers, i):
            continue
        layers.append(layer)
        if p and isinstance(layer, Activation) and i < last:
            after = net.layers[i + 1]
            if not isinstance(after, Dropout):
                after = Dropout(p, seed=len(layers))
            after.p = float(p)
            layers.append(after)
    net.layers[:] = layers
