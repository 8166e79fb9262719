"""The exercises of notebook 09, Batch normalization."""

import numpy as np

from .exercise import Exercise
from .mistakes import over_N

# --- batch_norm_forward ---------------------------------------------------------------------------


def batch_norm_forward(X, gamma, beta, eps):
    Xhat = (X - X.mean(axis=0)) / np.sqrt(X.var(axis=0) + eps)
    return gamma * Xhat + beta, Xhat


def forward_inputs(rng):
    # An eps as large as this shows where it stands.
    N, n, eps = 7 + rng.integers(3), 3 + rng.integers(2), float(rng.uniform(0.2, 0.6))
    X = rng.normal(size=(N, n)) * rng.uniform(1, 2, size=n) + rng.uniform(1, 3, size=n)
    return X, signed(rng, n), signed(rng, n), eps


def signed(rng, n):
    """Numbers of either sign, none of them near 0 or 1."""
    return rng.uniform(1.3, 2.5, size=n) * rng.choice([-1, 1], size=n)


def by_Xhat(Xhat):
    """The mistake of another Xhat, and the A that follows from it."""
    return {"Xhat": Xhat, "A": lambda gamma, beta, values: gamma * values.call(Xhat) + beta}


BATCH_NORM_FORWARD = Exercise(
    batch_norm_forward, forward_inputs, returns=("A", "Xhat"), terms={
    "mean": lambda X: X.mean(axis=0),
    "var": lambda X: X.var(axis=0),
    "root": lambda var, eps: np.sqrt(var + eps),
    "Xhat": lambda X, mean, root: (X - mean) / root,
}, wrong={
    "You normalised each example over its units: take mean and variance over axis 0.":
        by_Xhat(lambda X, eps: ((X.T - X.mean(axis=1)) / np.sqrt(X.var(axis=1) + eps)).T),
    "You took one mean and one variance of the whole matrix: each column has its own.":
        by_Xhat(lambda X, eps: (X - X.mean()) / np.sqrt(X.var() + eps)),
    "You took one mean of the whole matrix: each column has its own, mean(axis=0).":
        by_Xhat(lambda X, root: (X - X.mean()) / root),
    "eps is missing: divide by the root of var + eps.":
        by_Xhat(lambda X, mean, var: (X - mean) / np.sqrt(var)),
    "eps is added to the quotient: it belongs to the variance, √(var + eps).":
        by_Xhat(lambda X, mean, var, eps: (X - mean) / np.sqrt(var) + eps),
    "eps stands outside the root: it belongs to the variance, √(var + eps).":
        by_Xhat(lambda X, mean, var, eps: (X - mean) / (np.sqrt(var) + eps)),
    "You divided by the root of the mean of X²: the variance is the mean of (X - mean)².":
        by_Xhat(lambda X, mean, eps: (X - mean) / np.sqrt((X * X).mean(axis=0) + eps)),
    "You divided the variance by N - 1: within the batch it is divided by N.":
        by_Xhat(lambda X, mean, eps: (X - mean) / np.sqrt(X.var(axis=0, ddof=1) + eps)),
    "You added up the squares: the variance is their mean, so divide by N.":
        by_Xhat(lambda X, mean, var, eps, N: (X - mean) / np.sqrt(N * var + eps)),
    "You took the root twice: X.std is the root of the variance already.":
        by_Xhat(lambda X, mean, var, eps: (X - mean) / np.sqrt(np.sqrt(var) + eps)),
    "The root is missing: divide by √(var + eps), not by var + eps.":
        by_Xhat(lambda X, mean, var, eps: (X - mean) / (var + eps)),
    "Parentheses are missing: X - mean as a whole is divided by √(var + eps).":
        by_Xhat(lambda X, mean, root: X - mean / root),
    "You multiplied by √(var + eps): divide by it.":
        by_Xhat(lambda X, mean, root: (X - mean) * root),
    "The mean is not subtracted: Xhat = (X - mean) / √(var + eps).":
        by_Xhat(lambda X, root: X / root),
    "You stopped at the mean: X - mean still has to be divided by √(var + eps).":
        by_Xhat(lambda X, mean: X - mean),
    "gamma and beta have changed places: A = gamma * Xhat + beta.":
        {"A": lambda Xhat, gamma, beta: beta * Xhat + gamma},
    "You scaled and shifted X itself: A = gamma * Xhat + beta.":
        {"A": lambda X, gamma, beta: gamma * X + beta},
    "gamma and beta are missing: A = gamma * Xhat + beta.": {"A": lambda Xhat: Xhat},
    "gamma is missing: A = gamma * Xhat + beta.": {"A": lambda Xhat, beta: Xhat + beta},
    "beta is missing: A = gamma * Xhat + beta.": {"A": lambda Xhat, gamma: gamma * Xhat},
    "gamma multiplies beta too: scale first, then shift, gamma * Xhat + beta.":
        {"A": lambda Xhat, gamma, beta: gamma * (Xhat + beta)},
    "beta is subtracted: A = gamma * Xhat + beta.":
        {"A": lambda Xhat, gamma, beta: gamma * Xhat - beta},
})  # fmt: skip


# --- batch_norm_backward --------------------------------------------------------------------------


def batch_norm_backward(dA, Xhat, gamma, var, eps):
    dgamma, dbeta = (dA * Xhat).sum(axis=0), dA.sum(axis=0)
    dX = gamma / np.sqrt(var + eps) * (dA - dbeta / len(dA) - Xhat * dgamma / len(dA))
    return dX, dgamma, dbeta


def backward_inputs(rng):
    X, gamma, beta, eps = forward_inputs(rng)
    Xhat = batch_norm_forward(X, gamma, beta, eps)[1]
    return 0.5 + rng.normal(size=X.shape), Xhat, gamma, X.var(axis=0), eps


# The factor gamma / √(var + eps), of the way back and of folding, with what is wrong in it.
FACTORS = {
    "right": lambda gamma, var, eps: gamma / np.sqrt(var + eps),
    "no eps": lambda gamma, var: gamma / np.sqrt(var),
    "eps outside": lambda gamma, var, eps: gamma / (np.sqrt(var) + eps),
    "no root": lambda gamma, var, eps: gamma / (var + eps),
    "no gamma": lambda var, eps: 1 / np.sqrt(var + eps),
    "no division": lambda gamma: gamma,
    "upside down": lambda gamma, var, eps: gamma * np.sqrt(var + eps),
}


def by_factor(wrong):
    """The mistake of another factor before the bracket."""
    return {"dX": lambda bracket, values: values.call(FACTORS[wrong]) * bracket}


def by_bracket(bracket):
    """The mistake of another bracket."""
    return {"dX": lambda k, values: k * values.call(bracket)}


BATCH_NORM_BACKWARD = Exercise(
    batch_norm_backward, backward_inputs, returns=("dX", "dgamma", "dbeta"), terms={
    "k": FACTORS["right"],
    "dgamma": lambda dA, Xhat: (dA * Xhat).sum(axis=0),
    "dbeta": lambda dA: dA.sum(axis=0),
    "dg": lambda dgamma, N: dgamma / N,
    "db": lambda dbeta, N: dbeta / N,
    "bracket": lambda dA, Xhat, dg, db: dA - db - Xhat * dg,
}, wrong={
    "dX takes mean and variance for constants: they move with X, and two terms come off.":
        by_bracket(lambda dA: dA),
    "dX lacks the path through the variance: subtract Xhat * mean(dA * Xhat) too.":
        by_bracket(lambda dA, db: dA - db),
    "dX lacks the path through the mean: subtract mean(dA) too.":
        by_bracket(lambda dA, Xhat, dg: dA - Xhat * dg),
    "dX has sums where means are due: divide dbeta and dgamma by N inside the bracket.":
        by_bracket(lambda dA, Xhat, dgamma, dbeta: dA - dbeta - Xhat * dgamma),
    "dX has a sum where a mean is due: dgamma is divided by N inside the bracket, as dbeta is.":
        by_bracket(lambda dA, Xhat, dgamma, db: dA - db - Xhat * dgamma),
    "dX has a sum where a mean is due: dbeta is divided by N inside the bracket, as dgamma is.":
        by_bracket(lambda dA, Xhat, dg, dbeta: dA - dbeta - Xhat * dg),
    "dX divides by n, the number of units: N is the number of examples, len(dA).":
        by_bracket(lambda dA, Xhat, dgamma, dbeta: dA - (dbeta + Xhat * dgamma) / dA.shape[1]),
    "dX takes its means over the whole matrix: each unit has its own, over axis 0.":
        by_bracket(lambda dA, Xhat: dA - dA.mean() - Xhat * (dA * Xhat).mean()),
    "dX has dbeta and dgamma in each other's places: Xhat stands before dgamma.":
        by_bracket(lambda dA, Xhat, dg, db: dA - dg - Xhat * db),
    "dX lacks parentheses: gamma / √(var + eps) multiplies all three terms.":
        {"dX": lambda k, dA, Xhat, dg, db: k * dA - db - Xhat * dg},
    "dX divides dA by N as well: 1/N belongs to dbeta and dgamma only.":
        by_bracket(lambda dA, Xhat, dg, db, N: dA / N - db - Xhat * dg),
    "dX takes its means over axis 1: each unit has its own, over the examples.":
        by_bracket(lambda dA, Xhat: (dA.T - dA.mean(axis=1) - Xhat.T * (dA * Xhat).mean(axis=1)).T),
    "dX adds the last term: both means are subtracted.":
        by_bracket(lambda dA, Xhat, dg, db: dA - db + Xhat * dg),
    "dX lacks Xhat before the last mean: Xhat * mean(dA * Xhat).":
        by_bracket(lambda dA, dg, db: dA - db - dg),
    "dX lacks gamma: the factor before the bracket is gamma / √(var + eps).": by_factor("no gamma"),
    "dX lacks the division: the factor before the bracket is gamma / √(var + eps).":
        by_factor("no division"),
    "dX lacks eps: the factor before the bracket is gamma / √(var + eps).": by_factor("no eps"),
    "dX has eps outside the root: the factor before the bracket is gamma / √(var + eps).":
        by_factor("eps outside"),
    "dX lacks the root: the factor before the bracket is gamma / √(var + eps).":
        by_factor("no root"),
    "dX is multiplied by √(var + eps) instead of divided.": by_factor("upside down"),
    "dgamma lacks Xhat: gamma multiplies Xhat, so dgamma sums dA * Xhat.":
        {"dgamma": lambda dbeta: dbeta},
    "dgamma is a mean: the examples' shares add up, and 1/N stands in the loss.":
        {"dgamma": over_N},
    "dgamma is summed over axis 1: sum over the examples, axis 0.":
        {"dgamma": lambda dA, Xhat: (dA * Xhat).sum(axis=1)},
    "dgamma is not summed yet: one gamma serves all examples, so sum over axis 0.":
        {"dgamma": lambda dA, Xhat: dA * Xhat},
    "dgamma has gamma as a factor: the derivative of gamma * Xhat by gamma is Xhat.":
        {"dgamma": lambda gamma, right: gamma * right},
    "dbeta is a mean: the examples' shares add up, and 1/N stands in the loss.": {"dbeta": over_N},
    "dbeta is summed over axis 1: sum over the examples, axis 0.":
        {"dbeta": lambda dA: dA.sum(axis=1)},
    "dbeta is not summed yet: one beta serves all examples, so sum over axis 0.":
        {"dbeta": lambda dA: dA},
    "dbeta has gamma as a factor: beta is added after gamma has done its work.":
        {"dbeta": lambda gamma, right: gamma * right},
})  # fmt: skip


# --- running_average ------------------------------------------------------------------------------


def running_average(mean, var, X, decay):
    new_mean = decay * mean + (1 - decay) * X.mean(axis=0)
    new_var = decay * var + (1 - decay) * X.var(axis=0, ddof=1)
    return new_mean, new_var


def running_inputs(rng):
    X = forward_inputs(rng)[0]
    n = X.shape[1]
    return signed(rng, n), rng.uniform(3, 5, size=n), X, float(rng.uniform(0.6, 0.9))


def averaged(rule):
    """The mistake of another rule for both averages, of the old, the current and decay."""
    return {
        "mean": lambda mean, X, decay: rule(mean, X.mean(axis=0), decay),
        "var": lambda var, X, decay: rule(var, X.var(axis=0, ddof=1), decay),
    }


def by_current(**current):
    """The mistake of another current mean or variance."""
    rules = {
        "mean": lambda mean, decay, values: (
            decay * mean + (1 - decay) * values.call(current["mean"])
        ),
        "var": lambda var, decay, values: decay * var + (1 - decay) * values.call(current["var"]),
    }
    return {part: rules[part] for part in current}


RUNNING_AVERAGE = Exercise(running_average, running_inputs, returns=("mean", "var"), wrong={
    "decay is on the wrong side: it says how much of the old average stays.":
        averaged(lambda old, current, decay: (1 - decay) * old + decay * current),
    "The factor 1 - decay is missing before the current value.":
        averaged(lambda old, current, decay: decay * old + current),
    "The factor decay is missing before the old average.":
        averaged(lambda old, current, decay: old + (1 - decay) * current),
    "You returned the batch's own values: the old averages must count.":
        averaged(lambda old, current, decay: current),
    "The old averages came back unchanged.": averaged(lambda old, current, decay: old),
    "This is the mean of the old and the current: decay says how much of each.":
        averaged(lambda old, current, decay: (old + current) / 2),
    "You took one mean and one variance of the whole batch: each unit has its own, axis 0.":
        by_current(mean=lambda X: X.mean(), var=lambda X: X.var(ddof=1)),
    "var is divided by N: as an estimate for all data it is divided by N - 1.":
        by_current(var=lambda X: X.var(axis=0)),
    "var has the correction upside down: multiply by N / (N - 1), above 1.":
        by_current(var=lambda X: X.var(axis=0) * (len(X) - 1) / len(X)),
    "var has N / (N - 1) on the old average too: only the batch's variance needs it.":
        {"var": lambda var, X, decay, right: right + decay * var / (len(X) - 1)},
    "var averages the standard deviation: average the variance.":
        by_current(var=lambda X: X.std(axis=0, ddof=1)),
    "var measures from the running mean: measure from the mean of this batch.":
        by_current(var=lambda X, mean: ((X - mean) ** 2).sum(axis=0) / (len(X) - 1)),
})  # fmt: skip


# --- fold_batch_norm ------------------------------------------------------------------------------


def fold_batch_norm(W, b, gamma, beta, mean, var, eps):
    k = gamma / np.sqrt(var + eps)
    return W * k, (b - mean) * k + beta


def fold_inputs(rng):
    X, gamma, beta, eps = forward_inputs(rng)
    W = rng.normal(size=(5 + rng.integers(2), X.shape[1]))
    return W, signed(rng, X.shape[1]), gamma, beta, X.mean(axis=0), X.var(axis=0), eps


def folded_by(wrong):
    """The mistake of another factor in both."""
    factor = FACTORS[wrong]
    return {
        "W": lambda W, values: W * values.call(factor),
        "b": lambda b, mean, beta, values: (b - mean) * values.call(factor) + beta,
    }


FOLD_BATCH_NORM = Exercise(
    fold_batch_norm, fold_inputs, returns=("W", "b"), terms={"k": FACTORS["right"]}, wrong={
    "eps is missing: the factor is gamma / √(var + eps).": folded_by("no eps"),
    "eps stands outside the root: the factor is gamma / √(var + eps).": folded_by("eps outside"),
    "The root is missing: the factor is gamma / √(var + eps).": folded_by("no root"),
    "gamma is missing: the factor is gamma / √(var + eps).": folded_by("no gamma"),
    "The division is missing: the factor is gamma / √(var + eps).": folded_by("no division"),
    "The factor is upside down: gamma / √(var + eps) grows where the variance is small.":
        folded_by("upside down"),
    "W came back unchanged: its columns are multiplied by gamma / √(var + eps).":
        {"W": lambda W: W},
    "beta was added to W: the shift goes into b, and W is only scaled.":
        {"W": lambda W, k, beta: W * k + beta},
    "The mean was taken from W: it belongs to the sum XW + b, so it goes into b.":
        {"W": lambda W, mean, gamma, var, eps: (W - mean) * gamma / np.sqrt(var + eps)},
    "b came back unchanged: it becomes (b - mean) * k + beta.": {"b": lambda b: b},
    "b has its difference turned round: it is b - mean, not mean - b.":
        {"b": lambda b, k, beta, mean: (mean - b) * k + beta},
    "b forgets the mean: (b - mean) * k + beta.": {"b": lambda b, k, beta: b * k + beta},
    "b adds the mean: it is subtracted, (b - mean) * k + beta.":
        {"b": lambda b, k, beta, mean: (b + mean) * k + beta},
    "b is not scaled itself: k multiplies b as well as the mean, (b - mean) * k + beta.":
        {"b": lambda b, k, beta, mean: b - mean * k + beta},
    "The mean is not scaled: k multiplies b - mean, then beta is added.":
        {"b": lambda b, k, beta, mean: b * k - mean + beta},
    "Nothing is scaled in b: (b - mean) * k + beta.": {"b": lambda b, beta, mean: b - mean + beta},
    "b forgets beta: (b - mean) * k + beta.": {"b": lambda b, k, mean: (b - mean) * k},
    "b scales beta too: beta is added last, (b - mean) * k + beta.":
        {"b": lambda b, k, beta, mean: (b - mean + beta) * k},
    "b forgets the old b: (b - mean) * k + beta.": {"b": lambda k, beta, mean: beta - mean * k},
})  # fmt: skip
