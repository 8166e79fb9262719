"""The exercises of notebook 07, Dropout."""

import numpy as np

from .exercise import Exercise
from .inputs import probabilities
from .mistakes import over_N, squared, summed_over_examples, times_N

# --- dropout_forward, dropout_backward ------------------------------------------------------------


def dropout_forward(X, U, p):
    M = (U >= p) / (1 - p)
    return X * M, M


def dropout_forward_inputs(rng):
    shape = 5 + rng.integers(3), 4
    p = float(rng.uniform(0.2, 0.4))
    U = rng.random(shape)
    U[0, :3] = p, 0.5 * p, 0.5 * (1 + p)  # on the edge, and one on either side of it
    return rng.normal(size=shape), U, p


def masked(X, M):
    return {"A": X * M, "M": M * 1.0}


def dropout_backward(dA, M):
    return dA * M


def dropout_backward_inputs(rng):
    X, U, p = dropout_forward_inputs(rng)
    return X, (U >= p) / (1 - p)


DROPOUT_FORWARD = Exercise(dropout_forward, dropout_forward_inputs, returns=("A", "M"), wrong={
    "The scale is missing: the survivors grow by 1 / (1 - p), so that the mean stays.":
        lambda X, U, p: {"A": X * (U >= p)},
    "The scale is upside down: the survivors grow by 1 / (1 - p), they do not shrink.":
        lambda X, U, p: masked(X, (U >= p) * (1 - p)),
    "You scaled by 1 / p: p is the share that is dropped, so 1 - p is left.":
        lambda X, U, p: masked(X, (U >= p) / p),
    "The mask is the wrong way round: an element is kept where U >= p.":
        lambda X, U, p: masked(X, (U < p) / (1 - p)),
    "Brackets: (U >= p) / 1 - p divides by 1 and then subtracts p; write / (1 - p).":
        lambda X, U, p: masked(X, (U >= p) / 1 - p),
    "Brackets: X * (U >= p) / 1 - p subtracts p at the end; write / (1 - p).":
        lambda X, U, p: {"A": X * (U >= p) / 1 - p},
    "You took p for the probability to keep: here p is the probability to drop.":
        lambda X, U, p: masked(X, (U < p) / p),
    "You kept where U < 1 - p: the right share, but here U >= p says which are kept.":
        lambda X, U, p: masked(X, (U < 1 - p) / (1 - p)),
    "Where U equals p the element is kept: U >= p, not U > p.":
        lambda X, U, p: masked(X, (U > p) / (1 - p)),
    "M lacks the scale that A has: it belongs in M, since the way back needs it too.":
        lambda U, p: {"M": (U >= p) * 1.0},
    "A is not masked yet: A = X * M.": lambda X: {"A": X},
    "Scaled twice: M has the scale already, so A = X * M.":
        lambda X, U, p: {"A": X * (U >= p) / (1 - p) ** 2},
    "X[U >= p] cuts the kept ones out, and the shape is lost: multiply by the mask.":
        lambda X, U, p: {"A": X[U >= p] / (1 - p)},
    "You compared X with p: the random numbers are U.": lambda X, p: masked(X, (X >= p) / (1 - p)),
    "Nothing is dropped: where U is below p, M is 0.":
        lambda X, p: masked(X, np.ones(X.shape) / (1 - p)),
    "M holds the random numbers themselves: they only decide who is kept, U >= p.":
        lambda X, U, p: masked(X, U * (U >= p)),
})  # fmt: skip

DROPOUT_BACKWARD = Exercise(dropout_backward, dropout_backward_inputs, wrong={
    "The mask is forgotten: a unit that was dropped gets no gradient. dA * M.": lambda dA: dA,
    "The scale is forgotten: multiply by M itself, not by where it is above 0.":
        lambda dA, M: dA * (M > 0),
    "You multiplied by M twice: the gradient by the output has not met it yet.":
        lambda M, right: right * M,
    "The mask is the wrong way round: the gradient passes where M is not 0.":
        lambda dA, M: dA * (M == 0),
    "This is where the dropped ones get the scale: the gradient passes where M is not 0.":
        lambda dA, M: dA * (M == 0) * M.max(),
    "You divided by the scale: going back multiplies by M, as going forward did.":
        lambda dA, M: np.where(M > 0, dA / M.max(), 0),
    "You scaled everything: where M is 0 the gradient is 0.": lambda dA, M: dA * M.max(),
    "You forgot dA: the chain rule multiplies it by M.": lambda M: M,
    "You divided by M, which is 0 for those that were dropped: multiply by it.":
        lambda dA, M: dA / M,
    "This is a matrix product: the mask works element by element, dA * M.": lambda dA, M: dA @ M.T,
    "dA[M > 0] cuts elements out, and the shape is lost: multiply by M.": lambda dA, M: dA[M > 0],
    "You summed over the examples: each of them has its own row of dX.": summed_over_examples,
    "1/N is too much: it stands in the loss, once, and dA contains it already.": over_N,
})  # fmt: skip


# --- dropout_variance -----------------------------------------------------------------------------


def dropout_variance(A, w, p):
    return p / (1 - p) * ((A * w) ** 2).sum(axis=1)


def dropout_variance_inputs(rng):
    N, n = 5 + rng.integers(3), 4
    return rng.normal(size=(N, n)), rng.normal(size=n), float(rng.uniform(0.2, 0.4))


DROPOUT_VARIANCE = Exercise(dropout_variance, dropout_variance_inputs, terms={
    "squares": lambda A, w: (A * w) ** 2,
}, wrong={
    "This is the standard deviation: the variance is its square.": lambda right: np.sqrt(right),
    "You squared the sum: the variances of the terms add up, so square first.":
        lambda A, w, p: p / (1 - p) * (A * w).sum(axis=1) ** 2,
    "The square is missing: a factor in front of a random number counts squared.":
        lambda A, w, p: p / (1 - p) * (A * w).sum(axis=1),
    "Only A is squared: w is a factor of the term as well.":
        lambda A, w, p: p / (1 - p) * (A**2 * w).sum(axis=1),
    "Only w is squared: A is a factor of the term as well.":
        lambda A, w, p: p / (1 - p) * (A * w**2).sum(axis=1),
    "This is the mean of M² times A²w²: Var[M] = E[M²] - 1, since the mean of M is 1.":
        lambda squares, p: 1 / (1 - p) * squares.sum(axis=1),
    "This is for a mask of 0 and 1: the scale 1 / (1 - p) counts squared.":
        lambda squares, p: p * (1 - p) * squares.sum(axis=1),
    "The fraction is upside down: the more is dropped, the more z varies, p / (1 - p).":
        lambda squares, p: (1 - p) / p * squares.sum(axis=1),
    "You divided by 1 - p twice: Var[M] = p / (1 - p).":
        lambda squares, p: p / (1 - p) ** 2 * squares.sum(axis=1),
    "Brackets: p / 1 - p divides by 1 and then subtracts; write p / (1 - p).":
        lambda squares, p: p / 1 - p * squares.sum(axis=1),
    "p / (1 - p) is missing: it is the variance of the mask.": lambda squares: squares.sum(axis=1),
    "You took the mean over the units: z is their sum.":
        lambda squares, p: p / (1 - p) * squares.mean(axis=1),
    "You summed over everything: one number for each example is due, axis=1.":
        lambda squares, p: p / (1 - p) * squares.sum(),
    "You summed over the examples: z is a sum over the units, axis=1.":
        lambda squares, p: p / (1 - p) * squares.sum(axis=0),
    "All is 0: p / 1 - p is p - p. Write p / (1 - p).": lambda N: np.zeros(N),
    "You squared p / (1 - p) as well: it is a variance already.":
        lambda squares, p: (p / (1 - p)) ** 2 * squares.sum(axis=1),
    "p is not yet the variance of the mask: p / (1 - p).":
        lambda squares, p: p * squares.sum(axis=1),
    "This is the mean of z, which dropout leaves as it is: the variance is asked for.":
        lambda A, w: A @ w,
    "This is how the terms of one sum differ from each other: it is the mask that varies, each "
    "term by p / (1 - p) times its square.": lambda A, w: (A * w).var(axis=1),
    "You did not sum: z is the sum of the terms, axis=1.": lambda squares, p: p / (1 - p) * squares,
})  # fmt: skip


# --- mc_mean_and_std ------------------------------------------------------------------------------


def mc_mean_and_std(P_passes):
    return P_passes.mean(axis=0), P_passes.std(axis=0)


def mc_inputs(rng):
    return (probabilities(rng.normal(size=(6 + rng.integers(3), 5, 3))),)


def over_axis(axis):
    """The mistake of another axis for both."""
    return {
        "mean": lambda P_passes: P_passes.mean(axis=axis),
        "std": lambda P_passes: P_passes.std(axis=axis),
    }


MC_MEAN_AND_STD = Exercise(mc_mean_and_std, mc_inputs, returns=("mean", "std"), wrong={
    "This is over the examples: the passes are the first axis, axis=0.": over_axis(1),
    "This is over the classes: the passes are the first axis, axis=0.": over_axis(2),
    "This is over everything: keep examples and classes apart with axis=0.": over_axis(None),
    "You averaged over the examples as well: only the passes, axis=0.": over_axis((0, 1)),
    "This is the spread over the classes of the mean: over the passes, axis=0, is due.":
        {"std": lambda P_passes: P_passes.mean(axis=0).std(axis=1)},
    "The mean is missing under the root: subtract it before you square.":
        {"std": lambda P_passes: np.sqrt((P_passes**2).mean(axis=0))},
    "You summed over the passes: the mean divides by T.": {"mean": times_N},
    "This is the median of the passes: the mean is due.":
        {"mean": lambda P_passes: np.median(P_passes, axis=0)},
    "This is the variance: the standard deviation is its square root.": {"std": squared},
    "You took the root of the sum of the squares: divide by T before the root.":
        {"std": lambda N, right: right * np.sqrt(N)},
    "You divided by T - 1: the formula here has 1/T.":
        {"std": lambda P_passes: P_passes.std(axis=0, ddof=1)},
    "This is the standard error of the mean: the spread of the passes itself is due.":
        {"std": lambda N, right: right / np.sqrt(N)},
    "This is the mean distance from the mean: square, average, then take the root.":
        {"std": lambda P_passes: abs(P_passes - P_passes.mean(axis=0)).mean(axis=0)},
})  # fmt: skip
