"""The exercises of notebook 05, L2 regularization."""

import numpy as np

from .exercise import Exercise
from .mistakes import doubled, over_N, times_N

# --- l2_penalty -----------------------------------------------------------------------------------


def l2_penalty(weights, l2):
    return l2 / 2 * sum(np.sum(W**2) for W in weights)


def l2_penalty_inputs(rng):
    sizes = [5, 4, 6, 3][: rng.integers(3, 5)]
    weights = [rng.normal(size=shape) for shape in zip(sizes[:-1], sizes[1:], strict=True)]
    return weights, float(rng.uniform(0.05, 0.5))


def charging(charge):
    """The mistake of another charge for each W than the sum of its squares."""
    return lambda weights, l2: l2 / 2 * sum(map(charge, weights))


L2_PENALTY = Exercise(l2_penalty, l2_penalty_inputs, wrong={
    "The ½ is missing: the penalty is (l2/2) Σ‖W‖².": doubled,
    "You took the root: the penalty has the squared norm, (l2/2) Σ‖W‖².": charging(np.linalg.norm),
    "This is the L1 penalty: square the weights instead of taking their absolute value.":
        charging(lambda W: 2 * np.abs(W).sum()),
    "This is half of the L1 penalty: square the weights, no absolute value.":
        charging(lambda W: np.abs(W).sum()),
    "The square is missing: positive and negative weights cancel.": charging(np.sum),
    "You squared the sum: square every weight first, then add.": charging(lambda W: W.sum() ** 2),
    "You took the mean over each W: the penalty is a sum.": charging(lambda W: np.mean(W**2)),
    "You counted the first W only: sum over all of them.":
        lambda weights, l2: l2_penalty(weights[:1], l2),
    "You counted the last W only: sum over all of them.":
        lambda weights, l2: l2_penalty(weights[-1:], l2),
    "l2 is missing: the penalty is (l2/2) Σ‖W‖².": lambda weights: l2_penalty(weights, 1),
    "This is the sum of the squares: multiply it by l2/2.": lambda weights: l2_penalty(weights, 2),
    "You took the mean over the matrices: the penalty adds them up.": over_N,
    "You took the root of the sum: the penalty is (l2/2) Σ‖W‖², without a root.":
        lambda weights, l2: l2 / 2 * np.sqrt(l2_penalty(weights, 2)),
    "W @ W.T multiplies rows with each other: W**2 squares each weight.":
        charging(lambda W: np.sum(W @ W.T)),
    "W.T @ W multiplies columns with each other: W**2 squares each weight.":
        charging(lambda W: np.sum(W.T @ W)),
    "The 2 is upside down: half of l2 is due, not twice.": lambda right: 4 * right,
})  # fmt: skip


# --- l2_gradient, weight_decay_factor -------------------------------------------------------------


def l2_gradient(W, dW, l2):
    return dW + l2 * W


def l2_gradient_inputs(rng):
    shape = 4 + rng.integers(3), 3
    return rng.normal(size=shape), rng.normal(size=shape), float(rng.uniform(0.05, 0.5))


def weight_decay_factor(lr, l2):
    return 1 - lr * l2


def decay_inputs(rng):
    return float(rng.uniform(0.3, 0.9)), float(rng.uniform(0.05, 0.25))


L2_GRADIENT = Exercise(l2_gradient, l2_gradient_inputs, wrong={
    "You have a ½ too many: it cancels the 2 from the square.": lambda W, dW, l2: dW + l2 / 2 * W,
    "You have a 2 too many: the ½ in the penalty cancels the 2 from the square.":
        lambda W, dW, l2: dW + 2 * l2 * W,
    "The sign is flipped: the penalty's gradient is added, dW + l2 · W.":
        lambda W, dW, l2: dW - l2 * W,
    "l2 is missing: dW + l2 · W.": lambda W, dW: dW + W,
    "dW is missing: the penalty's gradient is added to it.": lambda W, l2: l2 * W,
    "The penalty is missing: dW + l2 · W.": lambda dW: dW,
    "You added the square of W: its derivative is due, dW + l2 · W.":
        lambda W, dW, l2: dW + l2 * W**2,
    "You added the penalty of each weight: its derivative is due, dW + l2 · W.":
        lambda W, dW, l2: dW + l2 / 2 * W**2,
    "You added one number, the penalty, to every element: its derivative is a matrix, l2 · W.":
        lambda W, dW, l2: dW + l2 / 2 * np.sum(W**2),
    "You added the sum of all weights to every element: each gets its own share, l2 · W.":
        lambda W, dW, l2: dW + l2 * np.sum(W),
    "You took dW for W: dW + l2 · W.": lambda dW, l2: dW + l2 * dW,
    "W and dW have changed places: dW + l2 · W.": lambda W, dW, l2: W + l2 * dW,
    "This is a step, with l2 for a learning rate: the gradient is due, dW + l2 · W.":
        lambda W, dW, l2: W - l2 * dW,
    "You took the absolute value of W: the gradient pulls each weight from its own side towards "
    "0, dW + l2 · W.": lambda W, dW, l2: dW + l2 * np.abs(W),
    "You divided by the number of rows of W: 1/N stands in the data loss only.":
        lambda W, dW, l2: dW + l2 * W / len(W),
    "You multiplied the two: the derivative of a sum is a sum, dW + l2 · W.":
        lambda W, dW, l2: dW * l2 * W,
    "You multiplied dW by l2: it belongs to W, dW + l2 · W.": lambda W, dW, l2: l2 * (dW + W),
    "You added the derivative of L1, the sign of W: dW + l2 · W.":
        lambda W, dW, l2: dW + l2 * np.sign(W),
})  # fmt: skip

WEIGHT_DECAY_FACTOR = Exercise(weight_decay_factor, decay_inputs, wrong={
    "The weights would grow: the penalty's gradient is subtracted, 1 - lr · l2.":
        lambda lr, l2: 1 + lr * l2,
    "lr is missing: the step is lr times the gradient, so 1 - lr · l2.": lambda l2: 1 - l2,
    "l2 is missing: 1 - lr · l2.": lambda lr: 1 - lr,
    "You have a 2 too many: the ½ in the penalty cancels it.": lambda lr, l2: 1 - 2 * lr * l2,
    "You have a ½ too many: it cancels the 2 from the square.": lambda lr, l2: 1 - lr * l2 / 2,
    "This is the share that W loses: what remains is 1 minus it.": lambda lr, l2: lr * l2,
    "This is the change of W: what remains is 1 plus it.": lambda lr, l2: -lr * l2,
    "You subtracted both: l2 comes multiplied by lr, 1 - lr · l2.": lambda lr, l2: 1 - lr - l2,
    "The brackets are wrong: lr · l2 first, then 1 minus it.": lambda lr, l2: (1 - lr) * l2,
    "You multiplied the old W by lr as well: it stays, and loses lr · l2 of itself.":
        lambda lr, l2: lr * (1 - l2),
    "This is nearly it, but one step is no exponential: 1 - lr · l2.":
        lambda lr, l2: np.exp(-lr * l2),
    "This is a number of steps, the question on paper: the factor of one step is due.":
        lambda lr, l2: np.log(0.1) / np.log(1 - lr * l2),
})  # fmt: skip


# --- ridge ----------------------------------------------------------------------------------------


def ridge(X, y, l2):
    N, n_in = X.shape
    return np.linalg.solve(X.T @ X / N + l2 * np.eye(n_in), X.T @ y / N)


def ridge_inputs(rng):
    # N is odd, so that n_in / N is never the ½ of another mistake.
    N, n_in = int(rng.choice([7, 9, 11])), int(rng.integers(3, 5))
    return rng.normal(size=(N, n_in)), rng.normal(size=N), float(rng.uniform(0.2, 0.8))


RIDGE = Exercise(ridge, ridge_inputs, terms={
    "XX": lambda X, N: X.T @ X / N,
    "Xy": lambda X, y, N: X.T @ y / N,
    "eye": lambda X: np.eye(X.shape[1]),
    "unpenalized": lambda X, y: ridge(X, y, 0.0),
}, wrong={
    "The penalty is N times too weak beside the data: X.T @ X and X.T @ y are divided by N, l2 is "
    "not.": lambda XX, Xy, l2, eye, N: np.linalg.solve(N * XX + l2 * eye, N * Xy),
    "1/N is missing at X.T @ X: both sides come from the mean loss.":
        lambda XX, Xy, l2, eye, N: np.linalg.solve(N * XX + l2 * eye, Xy),
    "1/N is missing at X.T @ y: both sides come from the mean loss.": times_N,
    "You added l2 to every element: it belongs on the diagonal only, l2 · I.":
        lambda XX, Xy, l2: np.linalg.solve(XX + l2, Xy),
    "The sign of the penalty is flipped: X.T @ X / N + l2 · I.": lambda X, y, l2: ridge(X, y, -l2),
    "You have a ½ too many: it cancels the 2 from the square.":
        lambda X, y, l2: ridge(X, y, l2 / 2),
    "l2 counts double. In both terms of the cost the ½ cancels the 2 from the square.":
        lambda X, y, l2: ridge(X, y, 2 * l2),
    "You divided by the number of columns: N is the number of rows, len(X).":
        lambda X, y, l2, N: ridge(X, y, l2 * X.shape[1] / N),
    "1 / M divides element by element, which is no inverse: np.linalg.solve(M, c).":
        lambda XX, Xy, l2, eye: 1 / (XX + l2 * eye) @ Xy,
    "You divided the minimum without penalty by 1 + l2: that is right only where the curvature is "
    "1.": lambda unpenalized, l2: unpenalized / (1 + l2),
    "This is the right-hand side, X.T @ y / N: undo the matrix on the left with np.linalg.solve.":
        lambda Xy: Xy,
    "l2 is missing: X.T @ X / N + l2 · I.": lambda X, y: ridge(X, y, 1.0),
    "This is the minimum without the penalty: add l2 · I to X.T @ X / N.":
        lambda unpenalized: unpenalized,
})  # fmt: skip
