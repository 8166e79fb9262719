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


# --- penalised_minimum ----------------------------------------------------------------------------


def penalised_minimum(H, w_star, l2):
    return np.linalg.solve(H + l2 * np.eye(len(H)), H @ w_star)


def penalised_minimum_inputs(rng):
    n = int(rng.integers(3, 6))
    A = rng.normal(size=(n + 2, n))
    return A.T @ A / n, rng.normal(size=n), float(rng.uniform(0.2, 1.0))


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
        name="penalised_minimum",
        notebook="05",
        right=penalised_minimum,
        inputs=penalised_minimum_inputs,
        wrong={
            "H is missing on the right-hand side: (H + l2 · I) w = H w_star.": (
                lambda H, w_star, l2: np.linalg.solve(H + l2 * np.eye(len(H)), w_star)
            ),
            "You added l2 to every element of H: it belongs on the diagonal only, H + l2 · I.": (
                lambda H, w_star, l2: np.linalg.solve(H + l2, H @ w_star)
            ),
            "The sign of the penalty is flipped: H + l2 · I.": (
                lambda H, w_star, l2: np.linalg.solve(H - l2 * np.eye(len(H)), H @ w_star)
            ),
            "You have a ½ too many: it cancels the 2 from the square.": (
                lambda H, w_star, l2: penalised_minimum(H, w_star, l2 / 2)
            ),
            "You have a 2 too many: the ½ in the penalty cancels the 2 from the square.": (
                lambda H, w_star, l2: penalised_minimum(H, w_star, 2 * l2)
            ),
            "You shrank each coordinate by its own element of the diagonal: h / (h + l2) holds in "
            "the directions of the eigenvectors. Solve (H + l2 · I) w = H w_star.": (
                lambda H, w_star, l2: np.diag(H) / (np.diag(H) + l2) * w_star
            ),
            "You shrank all coordinates alike: how much the data care, H, is missing.": (
                lambda H, w_star, l2: w_star / (1 + l2)
            ),
            "This is the minimum without the penalty.": lambda H, w_star, l2: w_star.copy(),
        },
    ),
]
