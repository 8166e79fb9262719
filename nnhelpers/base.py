"""The contract that every layer keeps (notebook 02, "One loop in reverse")."""

import copy


class Layer:
    """One step of the network: a function with a forward and a backward pass.

    A layer with parameters names their shapes in ``shapes``. The network then gives it two dicts
    with those names: ``params``, whose arrays are views into the network's vector ``theta``, and
    ``grads``, views into ``grad``. So the optimizer can update one long vector, while the layer
    sees its own matrices.

    A subclass writes ``forward``, which keeps what the way back will need, and ``backward``.
    """

    shapes: dict = {}
    params: dict = {}
    grads: dict = {}
    state: dict = {}  # arrays that are remembered but not learned, such as running averages
    smallest_batch = 1  # how many examples a batch must have in training

    def forward(self, X, training=False):
        """Return the layer's output for ``X`` of shape (N, n_in); keep what ``backward`` needs."""
        raise NotImplementedError

    def backward(self, dA):
        """Turn dJ/d(output) into dJ/d(input), of the same shapes; fill ``grads`` on the way.

        A layer with parameters may take a second argument, ``input_gradient=True``. The first such
        layer of a network, if it does, is called with False: it has ``grads`` to fill, but nobody
        asks for its dJ/d(input), which is often half of the work.
        """
        raise NotImplementedError

    def initial(self, rng):
        """Return the parameters' first values: a dict of NumPy arrays with the keys of ``shapes``.

        ``rng`` is a ``numpy.random.Generator`` on the host, so that a seed gives the same network
        on a CPU and on a GPU.
        """
        return {}

    def unit(self, j):
        """Return this layer as unit ``j`` alone sees it, or None if units depend on each other.

        The gradient check asks the package's layers, to be quick: one weight moves one unit, and
        only what that unit feeds. A layer of your own need not answer.
        """
        return None

    def reseed(self, rng):
        """Take new random numbers from ``rng``, if the layer uses any: called once an epoch."""

    def freeze(self):
        """Repeat the last pass's random choices from now on: a gradient check needs that."""

    def fresh(self):
        """Return a copy without parameters and without anything kept from a forward pass."""
        twin = copy.copy(self)
        twin.params, twin.grads = {}, {}
        twin.state = {name: array.copy() for name, array in self.state.items()}
        twin.forget()
        return twin

    def forget(self):
        """Drop what the last forward pass kept."""

    def __repr__(self):
        return f"{type(self).__name__}()"
