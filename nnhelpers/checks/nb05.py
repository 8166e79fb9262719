"""The exercises of notebook 05, L2 regularization."""

import numpy as np

from .exercise import Exercise

# --- l2_penalty -----------------------------------------------------------------------------------


def l2_penalty(weights, l2):
    return l2 / 2 * sum(np.sum(W**2) for W in weights)


def l2_penalty_inputs(rng):
    sizes = [5, 4, 6, 3][: rng.integers(3, 5)]
    weights = [rng.normal(size=shape) for shape in zip(sizes[:-1], sizes[1:], strict=True)]
    return weights, float(rng.uniform(0.05, 0.5))


# --- l2_gradient, weight_decay_factor -------------------------------------------------------------


def l2_gradient(W, dW, l2):
    return dW + l2 * W


def l2_gradient_inputs(rng):
    shape = 4 + rng.integers(3), 3
    return rng.normal(size=shape), rng.normal(size=shape), float(rng.uniform(0.05, 0.5))


def weight_decay_factor(lr, l2):
    return 1 - lr * l2


# --- ridge ----------------------------------------------------------------------------------------


def ridge(X, y, l2):
    N, n_in = X.shape
    return np.linalg.solve(X.T @ X / N + l2 * np.eye(n_in), X.T @ y / N)


def ridge_inputs(rng):
    N, n_in = int(rng.integers(6, 10)), int(rng.integers(3, 5))
    return rng.normal(size=(N, n_in)), rng.normal(size=N), float(rng.uniform(0.2, 0.8))


def ridge_with(X, y, addition, left=1.0, right=1.0):
    """Solve as `ridge` does, with another addition to the matrix and other factors on the sides."""
    N = len(X)
    return np.linalg.solve(left * X.T @ X / N + addition, right * X.T @ y / N)


EXERCISES = [
    Exercise(
        name="l2_penalty",
        notebook="05",
        right=l2_penalty,
        inputs=l2_penalty_inputs,
        wrong={
            "The ½ is missing: the penalty is (l2/2) Σ‖W‖².": (
                lambda weights, l2: l2 * sum(np.sum(W**2) for W in weights)
            ),
            "You took the root: the penalty has the squared norm, (l2/2) Σ‖W‖².": (
                lambda weights, l2: l2 / 2 * sum(np.sqrt(np.sum(W**2)) for W in weights)
            ),
            "This is the L1 penalty: square the weights instead of taking their absolute value.": (
                lambda weights, l2: l2 * sum(np.sum(np.abs(W)) for W in weights)
            ),
            "This is half of the L1 penalty: square the weights, no absolute value.": (
                lambda weights, l2: l2 / 2 * sum(np.sum(np.abs(W)) for W in weights)
            ),
            "The square is missing: positive and negative weights cancel.": (
                lambda weights, l2: l2 / 2 * sum(np.sum(W) for W in weights)
            ),
            "You squared the sum: square every weight first, then add.": (
                lambda weights, l2: l2 / 2 * sum(np.sum(W) ** 2 for W in weights)
            ),
            "You took the mean over each W: the penalty is a sum.": (
                lambda weights, l2: l2 / 2 * sum(np.mean(W**2) for W in weights)
            ),
            "You counted the first W only: sum over all of them.": (
                lambda weights, l2: l2_penalty(weights[:1], l2)
            ),
            "You counted the last W only: sum over all of them.": (
                lambda weights, l2: l2_penalty(weights[-1:], l2)
            ),
            "l2 is missing: the penalty is (l2/2) Σ‖W‖².": (
                lambda weights, l2: l2_penalty(weights, 1)
            ),
        },
    ),
    Exercise(
        name="l2_gradient",
        notebook="05",
        right=l2_gradient,
        inputs=l2_gradient_inputs,
        wrong={
            "You have a ½ too many: it cancels the 2 from the square.": (
                lambda W, dW, l2: dW + l2 / 2 * W
            ),
            "You have a 2 too many: the ½ in the penalty cancels the 2 from the square.": (
                lambda W, dW, l2: dW + 2 * l2 * W
            ),
            "The sign is flipped: the penalty's gradient is added, dW + l2 · W.": (
                lambda W, dW, l2: dW - l2 * W
            ),
            "l2 is missing: dW + l2 · W.": lambda W, dW, l2: dW + W,
            "dW is missing: the penalty's gradient is added to it.": lambda W, dW, l2: l2 * W,
            "The penalty is missing: dW + l2 · W.": lambda W, dW, l2: dW.copy(),
            "You multiplied dW by l2: it belongs to W, dW + l2 · W.": (
                lambda W, dW, l2: l2 * (dW + W)
            ),
            "You added the derivative of L1, the sign of W: dW + l2 · W.": (
                lambda W, dW, l2: dW + l2 * np.sign(W)
            ),
        },
    ),
    Exercise(
        name="weight_decay_factor",
        notebook="05",
        right=weight_decay_factor,
        inputs=lambda rng: (float(rng.uniform(0.3, 0.9)), float(rng.uniform(0.05, 0.25))),
        wrong={
            "The weights would grow: the penalty's gradient is subtracted, 1 - lr · l2.": (
                lambda lr, l2: 1 + lr * l2
            ),
            "lr is missing: the step is lr times the gradient, so 1 - lr · l2.": (
                lambda lr, l2: 1 - l2
            ),
            "l2 is missing: 1 - lr · l2.": lambda lr, l2: 1 - lr,
            "You have a 2 too many: the ½ in the penalty cancels it.": (
                lambda lr, l2: 1 - 2 * lr * l2
            ),
            "You have a ½ too many: it cancels the 2 from the square.": (
                lambda lr, l2: 1 - lr * l2 / 2
            ),
            "This is the share that W loses: what remains is 1 minus it.": lambda lr, l2: lr * l2,
        },
    ),
    Exercise(
        name="ridge",
        notebook="05",
        right=ridge,
        inputs=ridge_inputs,
        wrong={
            "1/N is missing on both sides: the data loss is a mean, X.T @ X / N and X.T @ y / N.": (
                lambda X, y, l2: ridge_with(X, y, l2 * np.eye(X.shape[1]), len(X), len(X))
            ),
            "1/N is missing at X.T @ X: both sides come from the mean loss.": (
                lambda X, y, l2: ridge_with(X, y, l2 * np.eye(X.shape[1]), left=len(X))
            ),
            "1/N is missing at X.T @ y: both sides come from the mean loss.": (
                lambda X, y, l2: ridge_with(X, y, l2 * np.eye(X.shape[1]), right=len(X))
            ),
            "You added l2 to every element: it belongs on the diagonal only, l2 · I.": (
                lambda X, y, l2: ridge_with(X, y, l2)
            ),
            "The sign of the penalty is flipped: X.T @ X / N + l2 · I.": (
                lambda X, y, l2: ridge_with(X, y, -l2 * np.eye(X.shape[1]))
            ),
            "You have a ½ too many: it cancels the 2 from the square.": (
                lambda X, y, l2: ridge(X, y, l2 / 2)
            ),
            "You have a 2 too many: the ½ in the penalty cancels the 2 from the square.": (
                lambda X, y, l2: ridge(X, y, 2 * l2)
            ),
            "l2 is missing: X.T @ X / N + l2 · I.": lambda X, y, l2: ridge(X, y, 1.0),
            "This is the minimum without the penalty: add l2 · I to X.T @ X / N.": (
                lambda X, y, l2: ridge(X, y, 0.0)
            ),
        },
    ),
]
