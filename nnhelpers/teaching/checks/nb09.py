"""The exercises of notebook 09, Batch normalization."""

import numpy as np

from .exercise import Exercise

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


def normalised_by(mean, scale):
    """The forward pass with another mean or another divisor, each a function of X and eps."""

    def forward(X, gamma, beta, eps):
        Xhat = (X - mean(X)) / scale(X, eps)
        return affine(Xhat, gamma, beta)

    return forward


def affine(Xhat, gamma, beta):
    """What follows from a wrong Xhat."""
    return {"A": gamma * Xhat + beta, "Xhat": Xhat}


def other_output(output):
    """The forward pass with a right Xhat and a wrong A: a function of X, Xhat, gamma and beta."""
    return lambda X, gamma, beta, eps: {
        "A": output(X, batch_norm_forward(X, gamma, beta, eps)[1], gamma, beta)
    }


def mean(X):
    return X.mean(axis=0)


def scale(X, eps):
    return np.sqrt(X.var(axis=0) + eps)


BATCH_NORM_FORWARD = Exercise(batch_norm_forward, forward_inputs, returns=("A", "Xhat"), wrong={
    "You normalised each example over its units: take mean and variance over axis 0.":
        normalised_by(lambda X: X.mean(axis=1, keepdims=True), lambda X, eps: np.sqrt(X.var(axis=1, keepdims=True) + eps)),  # LONG
    "You took one mean and one variance of the whole matrix: each column has its own.":
        normalised_by(np.mean, lambda X, eps: np.sqrt(X.var() + eps)),
    "You took one mean of the whole matrix: each column has its own, mean(axis=0).":
        normalised_by(np.mean, scale),
    "eps is missing: divide by the root of var + eps.":
        normalised_by(mean, lambda X, eps: X.std(axis=0)),
    "eps is added to the quotient: it belongs to the variance, √(var + eps).":
        lambda X, gamma, beta, eps: affine((X - mean(X)) / X.std(axis=0) + eps, gamma, beta),
    "eps stands outside the root: it belongs to the variance, √(var + eps).":
        normalised_by(mean, lambda X, eps: X.std(axis=0) + eps),
    "You divided by the root of the mean of X²: the variance is the mean of (X - mean)².":
        normalised_by(mean, lambda X, eps: np.sqrt((X * X).mean(axis=0) + eps)),
    "You divided the variance by N - 1: within the batch it is divided by N.":
        normalised_by(mean, lambda X, eps: np.sqrt(X.var(axis=0, ddof=1) + eps)),
    "You added up the squares: the variance is their mean, so divide by N.":
        normalised_by(mean, lambda X, eps: np.sqrt(len(X) * X.var(axis=0) + eps)),
    "You took the root twice: X.std is the root of the variance already.":
        normalised_by(mean, lambda X, eps: np.sqrt(X.std(axis=0) + eps)),
    "The root is missing: divide by √(var + eps), not by var + eps.":
        normalised_by(mean, lambda X, eps: X.var(axis=0) + eps),
    "Parentheses are missing: X - mean as a whole is divided by √(var + eps).":
        lambda X, gamma, beta, eps: affine(X - mean(X) / scale(X, eps), gamma, beta),
    "You multiplied by √(var + eps): divide by it.":
        normalised_by(mean, lambda X, eps: 1 / scale(X, eps)),
    "The mean is not subtracted: Xhat = (X - mean) / √(var + eps).":
        normalised_by(lambda X: 0, scale),
    "You stopped at the mean: X - mean still has to be divided by √(var + eps).":
        normalised_by(mean, lambda X, eps: 1),
    "gamma and beta have changed places: A = gamma * Xhat + beta.":
        other_output(lambda X, Xhat, gamma, beta: beta * Xhat + gamma),
    "You scaled and shifted X itself: A = gamma * Xhat + beta.":
        other_output(lambda X, Xhat, gamma, beta: gamma * X + beta),
    "gamma and beta are missing: A = gamma * Xhat + beta.":
        other_output(lambda X, Xhat, gamma, beta: Xhat.copy()),
    "gamma is missing: A = gamma * Xhat + beta.":
        other_output(lambda X, Xhat, gamma, beta: Xhat + beta),
    "beta is missing: A = gamma * Xhat + beta.":
        other_output(lambda X, Xhat, gamma, beta: gamma * Xhat),
    "gamma multiplies beta too: scale first, then shift, gamma * Xhat + beta.":
        other_output(lambda X, Xhat, gamma, beta: gamma * (Xhat + beta)),
    "beta is subtracted: A = gamma * Xhat + beta.":
        other_output(lambda X, Xhat, gamma, beta: gamma * Xhat - beta),
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


def other_inside(inside):
    """dX with another bracket: a function of dA and Xhat."""
    return lambda dA, Xhat, gamma, var, eps: {"dX": gamma / np.sqrt(var + eps) * inside(dA, Xhat)}


def other_factor(factor):
    """dX with another factor before the bracket: a function of gamma, var and eps."""
    return lambda dA, Xhat, gamma, var, eps: {
        "dX": factor(gamma, var, eps) * (dA - dA.mean(axis=0) - Xhat * (dA * Xhat).mean(axis=0))
    }


BATCH_NORM_BACKWARD = Exercise(batch_norm_backward, backward_inputs, returns=("dX", "dgamma", "dbeta"), wrong={
    "dX takes mean and variance for constants: they move with X, and two terms come off.":
        other_inside(lambda dA, Xhat: dA),
    "dX lacks the path through the variance: subtract Xhat * mean(dA * Xhat) too.":
        other_inside(lambda dA, Xhat: dA - dA.mean(axis=0)),
    "dX lacks the path through the mean: subtract mean(dA) too.":
        other_inside(lambda dA, Xhat: dA - Xhat * (dA * Xhat).mean(axis=0)),
    "dX has sums where means are due: divide dbeta and dgamma by N inside the bracket.":
        other_inside(lambda dA, Xhat: dA - dA.sum(axis=0) - Xhat * (dA * Xhat).sum(axis=0)),
    "dX has a sum where a mean is due: dgamma is divided by N inside the bracket, as dbeta is.":
        other_inside(lambda dA, Xhat: dA - dA.mean(axis=0) - Xhat * (dA * Xhat).sum(axis=0)),
    "dX has a sum where a mean is due: dbeta is divided by N inside the bracket, as dgamma is.":
        other_inside(lambda dA, Xhat: dA - dA.sum(axis=0) - Xhat * (dA * Xhat).mean(axis=0)),
    "dX divides by n, the number of units: N is the number of examples, len(dA).":
        other_inside(lambda dA, Xhat: dA - (dA.sum(axis=0) + Xhat * (dA * Xhat).sum(axis=0)) / dA.shape[1]),  # LONG
    "dX takes its means over the whole matrix: each unit has its own, over axis 0.":
        other_inside(lambda dA, Xhat: dA - dA.mean() - Xhat * (dA * Xhat).mean()),
    "dX has dbeta and dgamma in each other's places: Xhat stands before dgamma.":
        other_inside(lambda dA, Xhat: dA - (dA * Xhat).mean(axis=0) - Xhat * dA.mean(axis=0)),
    "dX lacks parentheses: gamma / √(var + eps) multiplies all three terms.":
        lambda dA, Xhat, gamma, var, eps: {"dX": gamma / np.sqrt(var + eps) * dA - dA.mean(axis=0) - Xhat * (dA * Xhat).mean(axis=0)},  # LONG
    "dX divides dA by N as well: 1/N belongs to dbeta and dgamma only.":
        other_inside(lambda dA, Xhat: (dA - dA.sum(axis=0) - Xhat * (dA * Xhat).sum(axis=0)) / len(dA)),  # LONG
    "dX takes its means over axis 1: each unit has its own, over the examples.":
        other_inside(lambda dA, Xhat: dA - dA.mean(axis=1, keepdims=True) - Xhat * (dA * Xhat).mean(axis=1, keepdims=True)),  # LONG
    "dX adds the last term: both means are subtracted.":
        other_inside(lambda dA, Xhat: dA - dA.mean(axis=0) + Xhat * (dA * Xhat).mean(axis=0)),
    "dX lacks Xhat before the last mean: Xhat * mean(dA * Xhat).":
        other_inside(lambda dA, Xhat: dA - dA.mean(axis=0) - (dA * Xhat).mean(axis=0)),
    "dX lacks gamma: the factor before the bracket is gamma / √(var + eps).":
        other_factor(lambda gamma, var, eps: 1 / np.sqrt(var + eps)),
    "dX lacks the division: the factor before the bracket is gamma / √(var + eps).":
        other_factor(lambda gamma, var, eps: gamma),
    "dX lacks eps: the factor before the bracket is gamma / √(var + eps).":
        other_factor(lambda gamma, var, eps: gamma / np.sqrt(var)),
    "dX has eps outside the root: the factor before the bracket is gamma / √(var + eps).":
        other_factor(lambda gamma, var, eps: gamma / (np.sqrt(var) + eps)),
    "dX lacks the root: the factor before the bracket is gamma / √(var + eps).":
        other_factor(lambda gamma, var, eps: gamma / (var + eps)),
    "dX is multiplied by √(var + eps) instead of divided.":
        other_factor(lambda gamma, var, eps: gamma * np.sqrt(var + eps)),
    "dgamma lacks Xhat: gamma multiplies Xhat, so dgamma sums dA * Xhat.":
        lambda dA: {"dgamma": dA.sum(axis=0)},
    "dgamma is a mean: the examples' shares add up, and 1/N stands in the loss.":
        lambda dA, Xhat: {"dgamma": (dA * Xhat).mean(axis=0)},
    "dgamma is summed over axis 1: sum over the examples, axis 0.":
        lambda dA, Xhat: {"dgamma": (dA * Xhat).sum(axis=1)},
    "dgamma is not summed yet: one gamma serves all examples, so sum over axis 0.":
        lambda dA, Xhat: {"dgamma": dA * Xhat},
    "dgamma has gamma as a factor: the derivative of gamma * Xhat by gamma is Xhat.":
        lambda dA, Xhat, gamma: {"dgamma": (dA * gamma * Xhat).sum(axis=0)},
    "dbeta is a mean: the examples' shares add up, and 1/N stands in the loss.":
        lambda dA: {"dbeta": dA.mean(axis=0)},
    "dbeta is summed over axis 1: sum over the examples, axis 0.":
        lambda dA: {"dbeta": dA.sum(axis=1)},
    "dbeta is not summed yet: one beta serves all examples, so sum over axis 0.":
        lambda dA: {"dbeta": dA.copy()},
    "dbeta has gamma as a factor: beta is added after gamma has done its work.":
        lambda dA, gamma: {"dbeta": (dA * gamma).sum(axis=0)},
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
    """Both running averages by another rule: a function of the old, the current and decay."""
    return lambda mean, var, X, decay: {
        "mean": rule(mean, X.mean(axis=0), decay),
        "var": rule(var, X.var(axis=0, ddof=1), decay),
    }


def averaged_var(current):
    """A wrong running variance, from another current one: a function of X and the old mean."""
    return lambda mean, var, X, decay: {"var": decay * var + (1 - decay) * current(X, mean)}


RUNNING_AVERAGE = Exercise(running_average, running_inputs, returns=("mean", "var"), wrong={
    "decay is on the wrong side: it says how much of the old average stays.":
        averaged(lambda old, current, decay: (1 - decay) * old + decay * current),
    "The factor 1 - decay is missing before the current value.":
        averaged(lambda old, current, decay: decay * old + current),
    "The factor decay is missing before the old average.":
        averaged(lambda old, current, decay: old + (1 - decay) * current),
    "You returned the batch's own values: the old averages must count.":
        averaged(lambda old, current, decay: current),
    "The old averages came back unchanged.": averaged(lambda old, current, decay: old.copy()),
    "This is the mean of the old and the current: decay says how much of each.":
        averaged(lambda old, current, decay: (old + current) / 2),
    "You took one mean and one variance of the whole batch: each unit has its own, axis 0.":
        lambda mean, var, X, decay: {"mean": decay * mean + (1 - decay) * X.mean(), "var": decay * var + (1 - decay) * X.var(ddof=1)},  # LONG
    "var is divided by N: as an estimate for all data it is divided by N - 1.":
        averaged_var(lambda X, old: X.var(axis=0)),
    "var has the correction upside down: multiply by N / (N - 1), above 1.":
        averaged_var(lambda X, old: X.var(axis=0) * (len(X) - 1) / len(X)),
    "var has N / (N - 1) on the old average too: only the batch's variance needs it.":
        lambda var, X, decay: {"var": (decay * var + (1 - decay) * X.var(axis=0)) * len(X) / (len(X) - 1)},  # LONG
    "var averages the standard deviation: average the variance.":
        averaged_var(lambda X, old: X.std(axis=0, ddof=1)),
    "var measures from the running mean: measure from the mean of this batch.":
        averaged_var(lambda X, old: ((X - old) ** 2).sum(axis=0) / (len(X) - 1)),
})  # fmt: skip


# --- fold_batch_norm ------------------------------------------------------------------------------


def fold_batch_norm(W, b, gamma, beta, mean, var, eps):
    k = gamma / np.sqrt(var + eps)
    return W * k, (b - mean) * k + beta


def fold_inputs(rng):
    X, gamma, beta, eps = forward_inputs(rng)
    W = rng.normal(size=(5 + rng.integers(2), X.shape[1]))
    return W, signed(rng, X.shape[1]), gamma, beta, X.mean(axis=0), X.var(axis=0), eps


def folded_with(factor):
    """W and b folded with another factor: a function of gamma, var and eps."""

    def fold(W, b, gamma, beta, mean, var, eps):
        k = factor(gamma, var, eps)
        return {"W": W * k, "b": (b - mean) * k + beta}

    return fold


def folded_b(formula):
    """A wrong b: a function of b, k, beta and mean."""
    return lambda W, b, gamma, beta, mean, var, eps: {
        "b": formula(b, gamma / np.sqrt(var + eps), beta, mean)
    }


FOLD_BATCH_NORM = Exercise(fold_batch_norm, fold_inputs, returns=("W", "b"), wrong={
    "eps is missing: the factor is gamma / √(var + eps).":
        folded_with(lambda gamma, var, eps: gamma / np.sqrt(var)),
    "eps stands outside the root: the factor is gamma / √(var + eps).":
        folded_with(lambda gamma, var, eps: gamma / (np.sqrt(var) + eps)),
    "The root is missing: the factor is gamma / √(var + eps).":
        folded_with(lambda gamma, var, eps: gamma / (var + eps)),
    "gamma is missing: the factor is gamma / √(var + eps).":
        folded_with(lambda gamma, var, eps: 1 / np.sqrt(var + eps)),
    "The division is missing: the factor is gamma / √(var + eps).":
        folded_with(lambda gamma, var, eps: gamma),
    "The factor is upside down: gamma / √(var + eps) grows where the variance is small.":
        folded_with(lambda gamma, var, eps: gamma * np.sqrt(var + eps)),
    "W came back unchanged: its columns are multiplied by gamma / √(var + eps).":
        lambda W: {"W": W.copy()},
    "beta was added to W: the shift goes into b, and W is only scaled.":
        lambda W, gamma, beta, var, eps: {"W": W * gamma / np.sqrt(var + eps) + beta},
    "The mean was taken from W: it belongs to the sum XW + b, so it goes into b.":
        lambda W, gamma, mean, var, eps: {"W": (W - mean) * gamma / np.sqrt(var + eps)},
    "b came back unchanged: it becomes (b - mean) * k + beta.":
        folded_b(lambda b, k, beta, mean: b.copy()),
    "b has its difference turned round: it is b - mean, not mean - b.":
        folded_b(lambda b, k, beta, mean: (mean - b) * k + beta),
    "b forgets the mean: (b - mean) * k + beta.": folded_b(lambda b, k, beta, mean: b * k + beta),
    "b adds the mean: it is subtracted, (b - mean) * k + beta.":
        folded_b(lambda b, k, beta, mean: (b + mean) * k + beta),
    "b is not scaled itself: k multiplies b as well as the mean, (b - mean) * k + beta.":
        folded_b(lambda b, k, beta, mean: b - mean * k + beta),
    "The mean is not scaled: k multiplies b - mean, then beta is added.":
        folded_b(lambda b, k, beta, mean: b * k - mean + beta),
    "Nothing is scaled in b: (b - mean) * k + beta.":
        folded_b(lambda b, k, beta, mean: b - mean + beta),
    "b forgets beta: (b - mean) * k + beta.": folded_b(lambda b, k, beta, mean: (b - mean) * k),
    "b scales beta too: beta is added last, (b - mean) * k + beta.":
        folded_b(lambda b, k, beta, mean: (b - mean + beta) * k),
    "b forgets the old b: (b - mean) * k + beta.":
        folded_b(lambda b, k, beta, mean: beta - mean * k),
})  # fmt: skip


EXERCISES = [BATCH_NORM_FORWARD, BATCH_NORM_BACKWARD, RUNNING_AVERAGE, FOLD_BATCH_NORM]
