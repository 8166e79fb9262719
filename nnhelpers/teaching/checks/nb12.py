"""The exercises of notebook 12, On the GPU."""

import numpy as np

from .exercise import Exercise
from .mistakes import over_N

# --- dense_backward_work --------------------------------------------------------------------------


def dense_backward_work(N, n_in, n_out):
    flop = 2 * (2 * N * n_in * n_out)
    moved = 2 * 4 * (N * n_in + n_in * n_out + N * n_out)
    return flop, moved


def layer_inputs(rng):
    # Three different sizes, in any order of size.
    return tuple(int(n) for n in rng.permutation([20, 50, 110]) + rng.integers(0, 20, 3))


DENSE_BACKWARD_WORK = Exercise(
    dense_backward_work, layer_inputs, returns=("flop", "moved"), terms={
    "sizes": lambda N, n_in, n_out: N * n_in + n_in * n_out + N * n_out,
}, wrong={
    "flop is that of one product: the way back has two, dW and dX.":
        {"flop": lambda N, n_in, n_out: 2 * N * n_in * n_out},
    "flop has all three products: forward is not asked here.":
        {"flop": lambda N, n_in, n_out: 6 * N * n_in * n_out},
    "flop counts multiplications, or sums up the sizes: look at `dense_work` once more.":
        {"flop": lambda sizes: 2 * sizes},
    "flop knows nothing of the batch: each element of dW is a sum over N examples.":
        {"flop": lambda n_in, n_out: 4 * n_in * n_out},
    "moved is that of one product: the way back has two, dW and dX.":
        {"moved": lambda sizes: 4 * sizes},
    "moved counts numbers: a float32 has 4 bytes.": {"moved": lambda sizes: 2 * sizes},
    "moved has 8 bytes a number: that is float64.": {"moved": lambda sizes: 16 * sizes},
    "moved lacks the results: dW and dX have to be written.":
        {"moved": lambda sizes, N, n_out: 4 * (sizes + N * n_out)},
    "moved lacks what is read: X and dZ for dW, dZ and W for dX.":
        {"moved": lambda N, n_in, n_out: 4 * (N * n_in + n_in * n_out)},
    "moved reads dZ once: each of the two products reads it.":
        {"moved": lambda sizes, N, n_out: 4 * (2 * sizes - N * n_out)},
    "moved multiplies sizes that are to be added: three arrays, each with its own size.":
        {"moved": lambda N, n_in, n_out: 8 * N * n_in * n_out},
})  # fmt: skip


# --- roofline_time --------------------------------------------------------------------------------


def roofline_time(flop, moved, peak, bandwidth, t0):
    return (t0 + np.maximum(flop / peak, moved / bandwidth)).sum()


def calls_inputs(rng):
    # Some calls are limited by arithmetic and some by memory, all by about as much as by t0.
    T = 5 + int(rng.integers(3))
    peak, bandwidth, t0 = (float(x) for x in rng.uniform(2, 3, 3) * [100, 10, 0.5])
    computing, moving = rng.uniform(1, 2, T), rng.uniform(1, 2, T)
    computing[0], moving[1] = 3.0, 3.0
    return computing * peak, moving * bandwidth, peak, bandwidth, t0


ROOFLINE_TIME = Exercise(roofline_time, calls_inputs, terms={
    "computing": lambda flop, peak: flop / peak,
    "moving": lambda moved, bandwidth: moved / bandwidth,
    "slower": lambda computing, moving: np.maximum(computing, moving),
}, wrong={
    "You took the shorter of the two: the slower limit decides.":
        lambda computing, moving, t0: (t0 + np.minimum(computing, moving)).sum(),
    "You added the two: computing and moving go on at the same time.":
        lambda computing, moving, t0: (t0 + computing + moving).sum(),
    "You compared the sums, or took one limit for all: which one counts is decided for each call.":
        lambda computing, moving, t0, N: N * t0 + max(computing.sum(), moving.sum()),
    "The overhead is there once: each call has its own t0.": lambda slower, t0: t0 + slower.sum(),
    "The overhead is missing: each call costs t0.": lambda slower: slower.sum(),
    "The overhead is not one more thing that runs at the same time: add t0.":
        lambda slower, t0: np.maximum(2 * t0, slower).sum() - t0,
    "These are the seconds of each call: add them up.": lambda slower, t0: t0 + slower,
    "peak and bandwidth are swapped: operations go with the peak.":
        lambda flop, moved, peak, bandwidth, t0:
            (t0 + np.maximum(flop / bandwidth, moved / peak)).sum(),
    "You multiplied by the limits: operations divided by operations a second are seconds.":
        lambda flop, moved, peak, bandwidth, t0:
            (t0 + np.maximum(flop * peak, moved * bandwidth)).sum(),
    "This is the mean of the calls: they come one after another, so add them up.": over_N,
})  # fmt: skip


# --- scaled_training ------------------------------------------------------------------------------


def half(x):
    with np.errstate(over="ignore"):
        return x.astype(np.float16)


def scaled_training(theta, grads, lr, scale):
    for grad in grads:
        g = half(scale * grad)
        if np.isinf(g).any():
            scale = scale / 2
            continue
        theta = theta - lr * g.astype("float64") / scale
    return theta, scale


def gradients_inputs(rng):
    # The second and the fourth gradient overflow, each at the scale that it meets, and at no lower
    # one; all others stay below a tenth of the limit, and far above where digits run out.
    scale = 2.0 ** int(rng.integers(9, 13))
    grads = rng.uniform(1, 2, (6, 5)) * rng.choice([-1, 1], (6, 5)) * 1000 / scale
    grads[1, rng.integers(5)] = 70_000 / scale
    grads[3, rng.integers(5)] = 80_000 / (scale / 2)
    return rng.uniform(-1, 1, 5), grads, float(rng.uniform(0.1, 0.5)) * scale / 1000, scale


def training(part, skip=True, next_scale=lambda s: s / 2, unscale=True, sign=-1, stop=False,
             raw=False, first_scale=False, dtype="float64"):  # fmt: skip
    """The whole loop with one thing done in another way, which makes this part wrong."""

    def mistake(theta, grads, lr, scale):
        at_first = scale
        for grad in grads:
            g = half(scale * grad)
            if np.isinf(g).any():
                scale = next_scale(scale)
                if stop:
                    break
                if skip:
                    continue
                g = np.where(np.isinf(g), 0, half(scale * grad))
            g = scale * grad if raw else g.astype(dtype)
            g = g / ((at_first if first_scale else scale) if unscale else 1)
            theta = theta + sign * (lr * g)
        return theta if part == "theta" else scale

    return {part: mistake}


SCALED_TRAINING = Exercise(scaled_training, gradients_inputs, returns=("theta", "scale"), wrong={
    "theta climbs: gradient descent goes against the gradient.": training("theta", sign=1),
    "theta's steps are not divided by scale: they are as much too long.":
        training("theta", unscale=False),
    "theta was updated in the step that overflowed: skip all of that step.":
        training("theta", skip=False),
    "theta stands still after the first overflow: go on with the next gradient, `continue`.":
        training("theta", stop=True),
    "theta has not seen float16: use g, which was rounded, and not grad.":
        training("theta", raw=True),
    'theta was made in float16, where digits get lost: first `g.astype("float64")`, then divide.':
        training("theta", dtype="float16"),
    "theta's steps are divided by the scale of the start: use the scale of that step.":
        training("theta", first_scale=True),
    "scale grew at the overflow: a gradient that is too large needs a smaller one.":
        training("scale", next_scale=lambda s: 2 * s),
    "scale is what it was: halve it at each overflow.": {"scale": lambda scale: scale},
    "scale was halved in every step: only where something is infinite.":
        {"scale": lambda grads, scale: scale / 2 ** len(grads)},
    "scale was halved at the good steps, not at the overflows.":
        {"scale": lambda grads, scale: scale / 2 ** (len(grads) - 2)},
})  # fmt: skip


# --- quantize -------------------------------------------------------------------------------------


def quantize(W):
    scale = np.abs(W).max() / 127
    return np.rint(W / scale).astype("int8"), scale


def weights_inputs(rng):
    # The largest size belongs to a negative weight; no weight is near the middle between two steps
    # for several of the scales, and both signs occur.
    shape = (4 + int(rng.integers(3)), 8)
    W = rng.uniform(-0.8, 0.8, shape)
    W[0, 0], W[1, 1] = -1 - rng.uniform(0.1, 0.3), 0.9
    return (W * float(rng.uniform(0.1, 2)),)


def by_scale(scale):
    """The mistake of another scale, and the q that follows from it."""
    return {"scale": scale, "q": lambda W, values: np.rint(W / values.call(scale))}


QUANTIZE = Exercise(quantize, weights_inputs, returns=("q", "scale"), terms={
    "largest": lambda W: np.abs(W).max(),
    "ratio": lambda W, largest: W / (largest / 127),
}, wrong={
    "scale comes from the largest weight: the largest size may be a negative one's.":
        by_scale(lambda W: W.max() / 127),
    "scale has 128: the whole numbers end at 127.": by_scale(lambda largest: largest / 128),
    "scale has 255: 127 steps are for one sign, from 0 to the largest.":
        by_scale(lambda largest: largest / 255),
    "scale is upside down: q times scale should be W.": {"scale": lambda right: 1 / right},
    "scale lacks the 127: so the largest q is 1.": by_scale(lambda largest: largest),
    "scale is that of each column: here one number serves the whole matrix.":
        {"scale": lambda W: np.abs(W).max(axis=0) / 127},
    "scale spans from the smallest to the largest: then 0 is no whole number any more.":
        by_scale(lambda W: (W.max() - W.min()) / 254),
    "q was cut off, not rounded: `xp.rint` goes to the nearest.":
        {"q": lambda ratio: np.trunc(ratio)},
    "q was rounded down: `xp.rint` goes to the nearest.": {"q": lambda ratio: np.floor(ratio)},
    "q was rounded up: `xp.rint` goes to the nearest.": {"q": lambda ratio: np.ceil(ratio)},
    "q is not rounded: these are no whole numbers yet.": {"q": lambda ratio: ratio},
    "q is already multiplied by scale again: return the whole numbers.":
        {"q": lambda ratio, largest: np.rint(ratio) * (largest / 127)},
    "q has lost its sign: only the scale needs abs.": {"q": lambda ratio: np.rint(np.abs(ratio))},
})  # fmt: skip
