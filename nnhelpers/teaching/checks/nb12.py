"""The exercises of notebook 12, On the GPU."""

import numpy as np

from .exercise import Exercise

# --- dense_backward_work --------------------------------------------------------------------------


def dense_backward_work(N, n_in, n_out):
    flop = 2 * (2 * N * n_in * n_out)
    moved = 2 * 4 * (N * n_in + n_in * n_out + N * n_out)
    return flop, moved


def layer_inputs(rng):
    # Three different sizes, in any order of size.
    return tuple(int(n) for n in rng.permutation([20, 50, 110]) + rng.integers(0, 20, 3))


DENSE_BACKWARD_WORK = Exercise(dense_backward_work, layer_inputs, returns=("flop", "moved"), wrong={
    "flop is that of one product: the way back has two, dW and dX.":
        lambda N, n_in, n_out: {"flop": 2 * N * n_in * n_out},
    "flop has all three products: forward is not asked here.":
        lambda N, n_in, n_out: {"flop": 6 * N * n_in * n_out},
    "flop counts multiplications, or sums up the sizes: look at `dense_work` once more.":
        lambda N, n_in, n_out: {"flop": 2 * (N * n_in + n_in * n_out + N * n_out)},
    "flop knows nothing of the batch: each element of dW is a sum over N examples.":
        lambda n_in, n_out: {"flop": 4 * n_in * n_out},
    "moved is that of one product: the way back has two, dW and dX.":
        lambda N, n_in, n_out: {"moved": 4 * (N * n_in + n_in * n_out + N * n_out)},
    "moved counts numbers: a float32 has 4 bytes.":
        lambda N, n_in, n_out: {"moved": 2 * (N * n_in + n_in * n_out + N * n_out)},
    "moved has 8 bytes a number: that is float64.":
        lambda N, n_in, n_out: {"moved": 16 * (N * n_in + n_in * n_out + N * n_out)},
    "moved lacks the results: dW and dX have to be written.":
        lambda N, n_in, n_out: {"moved": 4 * (N * n_in + n_in * n_out + 2 * N * n_out)},
    "moved lacks what is read: X and dZ for dW, dZ and W for dX.":
        lambda N, n_in, n_out: {"moved": 4 * (N * n_in + n_in * n_out)},
    "moved reads dZ once: each of the two products reads it.":
        lambda N, n_in, n_out: {"moved": 4 * (2 * N * n_in + 2 * n_in * n_out + N * n_out)},
    "moved multiplies sizes that are to be added: three arrays, each with its own size.":
        lambda N, n_in, n_out: {"moved": 8 * N * n_in * n_out},
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


ROOFLINE_TIME = Exercise(roofline_time, calls_inputs, wrong={
    "You took the shorter of the two: the slower limit decides.":
        lambda flop, moved, peak, bandwidth, t0: (t0 + np.minimum(flop / peak, moved / bandwidth)).sum(),  # LONG
    "You added the two: computing and moving go on at the same time.":
        lambda flop, moved, peak, bandwidth, t0: (t0 + flop / peak + moved / bandwidth).sum(),
    "You compared the sums, or took one limit for all: which one counts is decided for each call.":
        lambda flop, moved, peak, bandwidth, t0: len(flop) * t0 + max((flop / peak).sum(), (moved / bandwidth).sum()),  # LONG
    "The overhead is there once: each call has its own t0.":
        lambda flop, moved, peak, bandwidth, t0: t0 + np.maximum(flop / peak, moved / bandwidth).sum(),  # LONG
    "The overhead is missing: each call costs t0.":
        lambda flop, moved, peak, bandwidth: np.maximum(flop / peak, moved / bandwidth).sum(),
    "The overhead is not one more thing that runs at the same time: add t0.":
        lambda flop, moved, peak, bandwidth, t0: np.maximum(2 * t0, np.maximum(flop / peak, moved / bandwidth)).sum() - t0,  # LONG
    "These are the seconds of each call: add them up.":
        lambda flop, moved, peak, bandwidth, t0: t0 + np.maximum(flop / peak, moved / bandwidth),
    "peak and bandwidth are swapped: operations go with the peak.":
        lambda flop, moved, peak, bandwidth, t0: (t0 + np.maximum(flop / bandwidth, moved / peak)).sum(),  # LONG
    "You multiplied by the limits: operations divided by operations a second are seconds.":
        lambda flop, moved, peak, bandwidth, t0: (t0 + np.maximum(flop * peak, moved * bandwidth)).sum(),  # LONG
    "This is the mean of the calls: they come one after another, so add them up.":
        lambda flop, moved, peak, bandwidth, t0: (t0 + np.maximum(flop / peak, moved / bandwidth)).mean(),  # LONG
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


def training(skip=True, next_scale=lambda s: s / 2, after=lambda s: s, unscale=True, sign=-1,
             stop=False, raw=False, first_scale=False, dtype="float64"):  # fmt: skip
    """The whole loop, with one thing done in another way."""

    def answer(theta, grads, lr, scale):
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
            scale = after(scale)
        return {"theta": theta, "scale": scale}

    return answer


def only(part, function):
    """The wrong answer ``function``, which gets wrong this part and no other."""
    return lambda *inputs: {part: function(*inputs)[part]}


SCALED_TRAINING = Exercise(scaled_training, gradients_inputs, returns=("theta", "scale"), wrong={
    "theta climbs: gradient descent goes against the gradient.": only("theta", training(sign=1)),
    "theta's steps are not divided by scale: they are as much too long.":
        only("theta", training(unscale=False)),
    "theta was updated in the step that overflowed: skip all of that step.":
        only("theta", training(skip=False)),
    "theta stands still after the first overflow: go on with the next gradient, `continue`.":
        only("theta", training(stop=True)),
    "theta has not seen float16: use g, which was rounded, and not grad.":
        only("theta", training(raw=True)),
    'theta was made in float16, where digits get lost: first `g.astype("float64")`, then divide.':
        only("theta", training(dtype="float16")),
    "theta's steps are divided by the scale of the start: use the scale of that step.":
        only("theta", training(first_scale=True)),
    "scale grew at the overflow: a gradient that is too large needs a smaller one.":
        only("scale", training(next_scale=lambda s: 2 * s)),
    "scale is what it was: halve it at each overflow.":
        only("scale", training(next_scale=lambda s: s)),
    "scale was halved in every step: only where something is infinite.":
        lambda grads, scale: {"scale": scale / 2 ** len(grads)},
    "scale was halved at the good steps, not at the overflows.":
        lambda grads, scale: {"scale": scale / 2 ** (len(grads) - 2)},
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


def quantized(scale, to_whole=np.rint):
    """Both parts, from another scale or another way to round."""

    def answer(W):
        return {"q": to_whole(W / scale(W)), "scale": np.asarray(scale(W))}

    return answer


def right_scale(W):
    return np.abs(W).max() / 127


QUANTIZE = Exercise(quantize, weights_inputs, returns=("q", "scale"), wrong={
    "scale comes from the largest weight: the largest size may be a negative one's.":
        quantized(lambda W: W.max() / 127),
    "scale has 128: the whole numbers end at 127.": quantized(lambda W: np.abs(W).max() / 128),
    "scale has 255: 127 steps are for one sign, from 0 to the largest.":
        quantized(lambda W: np.abs(W).max() / 255),
    "scale is upside down: q times scale should be W.": lambda W: {"scale": 127 / np.abs(W).max()},
    "scale lacks the 127: so the largest q is 1.": quantized(lambda W: np.abs(W).max()),
    "scale is that of each column: here one number serves the whole matrix.":
        lambda W: {"scale": np.abs(W).max(axis=0) / 127},
    "scale spans from the smallest to the largest: then 0 is no whole number any more.":
        quantized(lambda W: (W.max() - W.min()) / 254),
    "q was cut off, not rounded: `xp.rint` goes to the nearest.":
        only("q", quantized(right_scale, np.trunc)),
    "q was rounded down: `xp.rint` goes to the nearest.":
        only("q", quantized(right_scale, np.floor)),
    "q was rounded up: `xp.rint` goes to the nearest.": only("q", quantized(right_scale, np.ceil)),
    "q is not rounded: these are no whole numbers yet.":
        only("q", quantized(right_scale, lambda ratio: ratio)),
    "q is already multiplied by scale again: return the whole numbers.":
        lambda W: {"q": np.rint(W / right_scale(W)) * right_scale(W)},
    "q has lost its sign: only the scale needs abs.":
        lambda W: {"q": np.rint(np.abs(W) / right_scale(W))},
})  # fmt: skip


EXERCISES = [DENSE_BACKWARD_WORK, ROOFLINE_TIME, SCALED_TRAINING, QUANTIZE]
