"""What rounding allows the gradient check to say (notebook 06).

Once a network is sure of its answers, its gradient is the small difference of large numbers, P - Y,
and so are the differences of J: few digits are left in either, and right code can look wrong. Here
both losses of digits are measured, parameter by parameter. An error within them is excused and
counted as "too small to judge"; an error beyond them stays an error.
"""

import math

import numpy as np

from ..backend import asnumpy, get_array_module

UNIT = 2.0**-53  # float64: the relative error of one rounding
DRAWS = 8
# The largest of a few draws is no bound, and both gradients have such errors.
SAFETY = 3


def excuse(net, X, y, l2, a, b, errors, method):
    """Return (errors, excused): without those that rounding explains, and which they were.

    Parameters
    ----------
    net : Network
        In float64, its random choices frozen.
    a, b : array, shape (P,)
        The gradient of backpropagation and the numerical one, on the host.
    errors : array, shape (P,)
        Their relative error.
    method : dict
        An entry of ``gradcheck.METHODS``.
    """
    wrong = ~(errors <= method["tolerance"])
    if not wrong.any() or not np.isfinite(a).all() or not np.isfinite(b).all():
        return errors, np.zeros(errors.shape, bool)
    noise = SAFETY * noise_of_backward(net, X, y)
    if method["dtype"] == "float64":  # differences of J; the complex step subtracts nothing
        noise = noise + SAFETY * noise_of_loss(net, X, y, l2) / method["step"]
    size = np.abs(a) + np.abs(b)
    with np.errstate(invalid="ignore", divide="ignore"):
        beyond = np.maximum(np.abs(a - b) - noise, 0) / np.maximum(size, 1e-300)
    excused = wrong & (beyond <= method["tolerance"])
    return np.where(excused, 0.0, errors), excused


def noise_of_backward(net, X, y):
    """Return what a rounding error in each element of dZ does to each derivative: shape (P,).

    dZ = (P - Y) / N is rounded at the size of P and Y, and not of their difference. The backward
    pass is linear: so it carries errors of random sign as it carries dZ.
    """
    xp, rng = get_array_module(net.theta), np.random.default_rng(0)
    Z = net.forward(X, training=True)
    net.loss_function.forward(Z, net._as_labels(X, y))
    net.loss_function.backward()
    size = UNIT * max(1.0, float(abs(Z).max())) / len(Z)
    worst = np.zeros(net.theta.shape)
    for _ in range(DRAWS):
        net.backward(xp.asarray(size * rng.choice([-1.0, 1.0], size=Z.shape)))
        worst = np.maximum(worst, np.abs(asnumpy(net.grad)))
    return worst


def noise_of_loss(net, X, y, l2):
    """Return the size of the rounding error in J.

    Nearby values of a smooth function lie on a line, nearly; their fourth difference is what does
    not. Source: Moré and Wild 2011, "Estimating computational noise", with one step size, small
    enough that the function's own fourth difference is far below any rounding.
    """
    xp, rng, theta = get_array_module(net.theta), np.random.default_rng(1), net.theta.copy()
    squares = []
    for _ in range(DRAWS):
        direction = xp.asarray(rng.choice([-1.0, 1.0], size=theta.shape))
        values = []
        for k in range(-4, 5):
            net.theta[...] = theta + 1e-6 * k * direction
            Z = net.forward(X, training=True)
            J = net.loss_function.forward(Z, net._as_labels(X, y))
            values.append(float(J) + 0.5 * l2 * sum(float((W * W).sum()) for W in net.weights))
        net.theta[...] = theta
        squares += list(np.diff(values, n=4) ** 2 / 70)  # 70 = 1 + 16 + 36 + 16 + 1
    # The median, since a kink of a ReLU may lie between two of the values. And log(1 + exp(-Z)) is
    # rounded at the size of 1, even where it gives the same number each time.
    return max(math.sqrt(np.median(squares)), UNIT * max(1.0, abs(values[4])))
