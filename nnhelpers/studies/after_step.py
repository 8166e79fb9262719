"""What is done to the weights after each step of the optimizer (notebook 13).

``fit(..., after_step=[MaxNorm(3)])``: each is called with the network, and any function of yours
will do as well.
"""

from ..backend import get_array_module
from ..optimizers import average
from ..support import guards


class MaxNorm:
    """A limit on each unit's norm: W[:, j] <- W[:, j] min(1, limit / ‖W[:, j]‖).

    Column j of W holds the weights of unit j. A column that has grown beyond the limit is scaled
    back to it, so a large learning rate cannot blow the network up. Source: notebook 13, "A leash
    for each unit"; Srivastava et al. 2014, section 5.1.

    Parameters
    ----------
    limit : float
        Above 0. Three or four are usual.
    """

    def __init__(self, limit):
        if not (guards.is_number(limit, 0) and limit > 0):
            raise ValueError(f"MaxNorm expected a limit above 0, got {limit!r}: try 3")
        self.limit = float(limit)

    def __call__(self, net):
        """Shorten the columns of all matrices of ``net`` that are too long, in place."""
        xp = get_array_module(net.theta)
        for W in net.weights:
            length = xp.sqrt((W * W).sum(axis=0))
            W *= self.limit / xp.maximum(length, self.limit)

    def __repr__(self):
        return f"MaxNorm({self.limit:g})"


class WeightAverage:
    """A moving average of the parameters: average <- beta average + (1 - beta) theta.

    The parameters jitter, because each mini-batch pulls elsewhere. The average of about the last
    1 / (1 - beta) steps lies in the middle of the jitter, and often predicts better than the last
    step (Polyak averaging). It begins with the parameters after the first step. Source: notebook
    13, "The calm middle"; Polyak and Juditsky 1992.

    Parameters
    ----------
    beta : float, default 0.999
        How much of the old average stays, from 0 up to but not including 1.

    Attributes
    ----------
    state : dict
        "average": array of shape (P,), once there is one. A checkpoint of ``fit`` keeps it.

    Raises
    ------
    ValueError
        If it is used for a second network: each needs an average of its own.
    """

    _of = None  # the theta that is averaged, as a weak reference

    def __init__(self, beta=0.999):
        if not guards.is_number(beta, 0, 1):
            raise ValueError(
                f"WeightAverage expected beta from 0 up to 1 (excluded), got {beta!r}: the share "
                "of the old average that stays. Try 0.999."
            )
        self.beta, self.state = float(beta), {}

    def __call__(self, net):
        """Take the parameters of ``net`` into the average."""
        first = not self.state
        if first:
            self.state = {"average": net.theta.copy()}
        kept = self.state["average"]
        self._of = guards.same_network(self, "average", kept, net.theta)
        if not first:
            average(kept, net.theta, self.beta, 1 - self.beta)

    def __getstate__(self):
        return {**self.__dict__, "_of": None}  # a copy may serve another network

    def network(self, net):
        """Return a copy of ``net`` with the averaged parameters.

        What layers remember besides, such as the running averages of BatchNorm, is that of ``net``.
        """
        if not self.state:
            raise ValueError(
                "there is no average yet: train with nn.fit(..., after_step=[average]) first"
            )
        guards.one_shape(net.theta, self.state["average"])
        twin = net.copy()
        twin.theta[...] = self.state["average"]
        return twin

    def __repr__(self):
        return f"WeightAverage({self.beta:g})"
