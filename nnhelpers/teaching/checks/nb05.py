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
    # N is odd, so that n_in / N is never the ½ of another mistake.
    N, n_in = int(rng.choice([7, 9, 11])), int(rng.integers(3, 5))
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
            "This is the sum of the squares: multiply it by l2/2.": (
                lambda weights, l2: l2_penalty(weights, 2)
            ),
            "You took the mean over the matrices: the penalty adds them up.": (
                lambda weights, l2: l2_penalty(weights, l2) / len(weights)
            ),
            "You took the root of the sum: the penalty is (l2/2) Σ‖W‖², without a root.": (
                lambda weights, l2: l2 / 2 * np.sqrt(sum(np.sum(W**2) for W in weights))
            ),
            "W @ W.T multiplies rows with each other: W**2 squares each weight.": (
                lambda weights, l2: l2 / 2 * sum(np.sum(W @ W.T) for W in weights)
            ),
            "W.T @ W multiplies columns with each other: W**2 squares each weight.": (
                lambda weights, l2: l2 / 2 * sum(np.sum(W.T @ W) for W in weights)
            ),
            "The 2 is upside down: half of l2 is due, not twice.": (
                lambda weights, l2: l2_penalty(weights, 4 * l2)
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
            "You added the square of W: its derivative is due, dW + l2 · W.": (
                lambda W, dW, l2: dW + l2 * W**2
            ),
            "You added the penalty of each weight: its derivative is due, dW + l2 · W.": (
                lambda W, dW, l2: dW + l2 / 2 * W**2
            ),
            "You added one number, the penalty, to every element: its derivative is a matrix, "
            "l2 · W.": lambda W, dW, l2: dW + l2 / 2 * np.sum(W**2),
            "You added the sum of all weights to every element: each gets its own share, l2 · W.": (
                lambda W, dW, l2: dW + l2 * np.sum(W)
            ),
            "You took dW for W: dW + l2 · W.": lambda W, dW, l2: dW + l2 * dW,
            "W and dW have changed places: dW + l2 · W.": lambda W, dW, l2: W + l2 * dW,
            "This is a step, with l2 for a learning rate: the gradient is due, dW + l2 · W.": (
                lambda W, dW, l2: W - l2 * dW
            ),
            "You took the absolute value of W: the gradient pulls each weight from its own side "
            "towards 0, dW + l2 · W.": lambda W, dW, l2: dW + l2 * np.abs(W),
            "You divided by the number of rows of W: 1/N stands in the data loss only.": (
                lambda W, dW, l2: dW + l2 * W / len(W)
            ),
            "You multiplied the two: the derivative of a sum is a sum, dW + l2 · W.": (
                lambda W, dW, l2: dW * l2 * W
            ),
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
            "This is the change of W: what remains is 1 plus it.": lambda lr, l2: -lr * l2,
            "You subtracted both: l2 comes multiplied by lr, 1 - lr · l2.": (
                lambda lr, l2: 1 - lr - l2
            ),
            "The brackets are wrong: lr · l2 first, then 1 minus it.": lambda lr, l2: (1 - lr) * l2,
            "You multiplied the old W by lr as well: it stays, and loses lr · l2 of itself.": (
                lambda lr, l2: lr * (1 - l2)
            ),
            "This is nearly it, but one step is no exponential: 1 - lr · l2.": (
                lambda lr, l2: np.exp(-lr * l2)
            ),
            "This is a number of steps, the question on paper: the factor of one step is due.": (
                lambda lr, l2: np.log(0.1) / np.log(1 - lr * l2)
            ),
        },
    ),
    Exercise(
        name="ridge",
        notebook="05",
        right=ridge,
        inputs=ridge_inputs,
        wrong={
            "The penalty is N times too weak beside the data: X.T @ X and X.T @ y are divided by N, l2 "
            "is not.": (lambda X, y, l2: ridge_with(X, y, l2 * np.eye(X.shape[1]), len(X), len(X))),
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
            "l2 counts double. In both terms of the cost the ½ cancels the 2 from the square.": (
                lambda X, y, l2: ridge(X, y, 2 * l2)
            ),
            "You divided by the number of columns: N is the number of rows, len(X).": (
                lambda X, y, l2: ridge(X, y, l2 * X.shape[1] / len(X))
            ),
            "1 / M divides element by element, which is no inverse: np.linalg.solve(M, c).": (
                lambda X, y, l2: (
                    1 / (X.T @ X / len(X) + l2 * np.eye(X.shape[1])) @ (X.T @ y / len(X))
                )
            ),
            "You divided the minimum without penalty by 1 + l2: that is right only where the curvature "
            "is 1.": (lambda X, y, l2: ridge(X, y, 0.0) / (1 + l2)),
            "This is the right-hand side, X.T @ y / N: undo the matrix on the left with np.linalg.solve.": (
                lambda X, y, l2: X.T @ y / len(X)
            ),
            "l2 is missing: X.T @ X / N + l2 · I.": lambda X, y, l2: ridge(X, y, 1.0),
            "This is the minimum without the penalty: add l2 · I to X.T @ X / N.": (
                lambda X, y, l2: ridge(X, y, 0.0)
            ),
        },
    ),
]
