"""Why a training diverged: what became infinite first, and what would help."""

import math

import numpy as np

from ..backend import get_array_module
from ..losses import l2_penalty

# A learning rate that suits most networks: where lr / 10 is still far above, this is the advice.
USUAL_RATE = {"SGD": 0.1, "Momentum": 0.1, "RMSprop": 0.001, "Adam": 0.001}


def cause(run, n):
    """Return one sentence: the likely cause of a divergence at mini-batch ``n``, and a hint.

    ``run.net`` has the parameters from before the epoch again. Causes are looked at in the order in
    which they act: settings, the data, the first cost, its gradient; at last the learning rate.
    """
    looks = (_schedule, _dtype, _penalty, _before_any_step, _gradient, _inputs, _learning_rate)
    return next(found for look in looks if (found := look(run, n)))


def _schedule(run, n):
    step = run.history.epochs * run.batches + n - 1
    for late in (step - 1, step):  # a cost is from before its step
        progress = max(late, 0) / (run.epochs * run.batches)
        factor = float(run.schedule(progress)) if run.schedule else 1.0
        if not math.isfinite(factor):
            return (
                f"The schedule returned {factor} at progress {progress:.2f}: it must return a "
                "finite factor for each progress from 0 to 1"
            )


def _dtype(run, n):
    dtype = run.net.theta.dtype
    given = {"l2": run.l2, "lr": run.optimizer.lr, "eps": getattr(run.optimizer, "eps", 1.0)}
    for name, value in given.items():
        with np.errstate(over="ignore", under="ignore"):
            there = float(np.asarray(value, dtype))
        if value and (there == 0 or not math.isfinite(there)):
            return (
                f"The cause is {name}={value:g}, which is {there:g} in {dtype}: train in a wider "
                "dtype, net.astype('float32'), or take another value"
            )


def _penalty(run, n):
    factor = run.optimizer.lr * run.l2
    if factor >= 2:
        return (
            f"The cause is l2={run.l2:g}: with a learning rate of {run.optimizer.lr:g} each step "
            f"multiplies the weights by 1 - lr · l2 = {1 - factor:g}. Try l2={0.001:g}"
        )


def _before_any_step(run, n):
    if n > 1 or math.isfinite(run.history.batch_loss[-1]):
        return None
    X, W = _largest(run.X), max(map(_largest, run.net.weights))
    if not math.isfinite(run.net.loss(run.X[: run.batch_size], run.y[: run.batch_size])):
        return (
            f"This cost is from before any step: the inputs reach {X:g}, the weights {W:g}. Divide "
            "what is too large: X = X / abs(X).max(), or take smaller initial weights"
        )
    if not math.isfinite(float(l2_penalty(run.net.weights, run.l2))):
        return f"The penalty alone is infinite with l2={run.l2:g}, before any step. Try l2=0.001"
    if run.augment:
        return "The inputs were finite, and are not as augment returns them: look at that function"


def _gradient(run, n):
    net = run.net.copy()  # running averages are not to see this batch
    if math.isfinite(net.loss_and_grad(run.X[: run.batch_size], run.y[: run.batch_size], run.l2)):
        for i, layer in enumerate(net.layers):
            for name, gradient in layer.grads.items():
                if not math.isfinite(_largest(gradient)):
                    return (
                        f"The gradient of layers.{i}.{name} is not finite where the cost is: look "
                        f"at the backward of {layer!r}, nn.gradient_check(net, X, y) helps"
                    )


def _inputs(run, n):
    largest = _largest(run.X)
    if largest > 20:
        return (
            f"The likely cause is the scale of the inputs, which reach {largest:g}: bring them "
            f"near 1, for example train on X / {largest:g}"
        )


def _learning_rate(run, n):
    lr, usual = run.optimizer.lr, USUAL_RATE.get(type(run.optimizer).__name__, 0.1)
    advice = lr / 10 if lr <= 1000 * usual else usual
    return f"The likely cause is a learning rate that is too high ({lr:g}): try {advice:g}"


def _largest(array):
    xp = get_array_module(array)
    return float(xp.abs(array).max())
