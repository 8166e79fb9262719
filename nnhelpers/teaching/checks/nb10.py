"""The exercises of notebook 10, Save, load, look inside."""

import numpy as np

from .exercise import Exercise
from .inputs import probabilities
from .mistakes import backwards, by_index, negated, over_N, summed_over_examples, transposed

# --- confusion_matrix -----------------------------------------------------------------------------


def confusion_matrix(y, predicted, n_classes):
    C = np.zeros((n_classes, n_classes), int)
    np.add.at(C, (y, predicted), 1)
    return C


def confusion_inputs(rng):
    """Labels in which the last class is missing, and 0 is taken for 1 more often than 1 for 0."""
    n_classes = int(rng.integers(4, 6))
    pairs = [(0, 1)] * 3 + [(1, 0)] + [(k, k) for k in range(n_classes - 1) for _ in range(2)]
    pairs += [(2, k) for k in rng.integers(0, n_classes - 1, 4)]
    y, predicted = rng.permutation(pairs).T
    return y, predicted, n_classes


CONFUSION_MATRIX = Exercise(confusion_matrix, confusion_inputs, wrong={
    "This is the transpose: rows are the true classes, columns the predicted ones.": transposed,
    "A pair that occurs several times was counted once: `C[y, predicted] += 1` writes each place "
    "only once. Use np.add.at or a loop.": lambda right: np.minimum(right, 1),
    "You counted the mistakes only: right answers stand on the diagonal.":
        lambda right: right - np.diag(np.diag(right)),
    "You counted right answers only: mistakes stand beside the diagonal.":
        lambda right: np.diag(np.diag(right)),
    "You paired every label with every prediction: go through zip(y, predicted), so that each "
    "label meets its own.": lambda right: np.outer(right.sum(axis=1), right.sum(axis=0)),
    "Only the first example was counted: move `return` out of the loop.":
        lambda y, predicted, n_classes: confusion_matrix(y[:1], predicted[:1], n_classes),
    "These are shares of all examples: return counts.": over_N,
    "You divided each row by its sum: return counts.":
        lambda right: right / np.maximum(right.sum(axis=1, keepdims=True), 1),
    "You divided each column by its sum: return counts.":
        lambda right: right / np.maximum(right.sum(axis=0), 1),
    "A class that does not occur has no row here: the shape is (n_classes, n_classes).":
        lambda y, predicted: confusion_matrix(y, predicted, max(y.max(), predicted.max()) + 1),
})  # fmt: skip


# --- most_confident_mistakes ----------------------------------------------------------------------


def most_confident_mistakes(P, y, n):
    wrong = np.flatnonzero(P.argmax(axis=1) != y)
    return wrong[np.argsort(-P[wrong].max(axis=1))][:n]


def mistakes_inputs(rng):
    N, K, n = int(rng.integers(18, 24)), int(rng.integers(4, 6)), int(rng.integers(3, 5))
    P = probabilities(2 * rng.normal(size=(N, K)))
    wrong = np.arange(N) % 2 == 1  # the first is right: no place among the mistakes fits
    return P, (P.argmax(axis=1) + wrong * rng.integers(1, K, N)) % K, n


def sorted_by(score, rows):
    return rows[np.argsort(score[rows])]


MOST_CONFIDENT_MISTAKES = Exercise(
    most_confident_mistakes, mistakes_inputs, distinct=True, terms={
    "sure": lambda P: P.max(axis=1),
    "all": lambda N: np.arange(N),
    "mistakes": lambda P, y: np.flatnonzero(P.argmax(axis=1) != y),
    "hits": lambda P, y: np.flatnonzero(P.argmax(axis=1) == y),
}, wrong={
    "These are places within the list of mistakes: look up which examples stand there.":
        lambda sure, mistakes, n: np.argsort(-sure[mistakes])[:n],
    "The right mistakes in reverse order: the surest comes first.": backwards,
    "These are the least confident mistakes: np.argsort puts the smallest first.":
        lambda sure, mistakes, n: sorted_by(sure, mistakes)[:n],
    "You sorted by the probability of the true class: sort by that of the class which the network "
    "chose.": lambda P, y, mistakes, all, n: sorted_by(P[all, y], mistakes)[:n],
    "These mistakes are not sorted: the most confident comes first.":
        lambda mistakes, n: mistakes[:n],
    "Right answers are among them: keep only rows where the prediction is not y.":
        lambda sure, all, n: sorted_by(-sure, all)[:n],
    "These are the least confident of all examples: keep the mistakes, the surest comes first.":
        lambda sure, all, n: sorted_by(sure, all)[:n],
    "These are right answers: keep the rows where the prediction is not y.":
        lambda sure, hits, n: sorted_by(-sure, hits)[:n],
    "These are the probabilities: return the indices of the examples.":
        lambda sure, right: sure[right],
    "You returned all mistakes: only the first n are wanted.":
        lambda sure, mistakes: sorted_by(-sure, mistakes),
})  # fmt: skip


# --- input_gradient -------------------------------------------------------------------------------


def input_gradient(P, Y, Z1, W1, W2):
    dZ1 = (P - Y) @ W2.T * (Z1 > 0)
    return dZ1 @ W1.T


def gradient_inputs(rng):
    N, n_in, H, K = 4 + rng.integers(2), 8 + rng.integers(2), 6 + rng.integers(2), 3
    P = probabilities(rng.normal(size=(N, K)))
    Y = np.eye(K)[rng.integers(0, K, N)]
    W1, W2 = rng.normal(size=(n_in, H)), rng.normal(size=(H, K))
    return P, Y, rng.normal(size=(N, H)), W1, W2


INPUT_GRADIENT = Exercise(input_gradient, gradient_inputs, terms={
    "dA1": lambda P, Y, W2: (P - Y) @ W2.T,
    "mask": lambda Z1: Z1 > 0,
}, wrong={
    "You divided by N: that is the mean's gradient, and here each example has its own.": over_N,
    "The sign is flipped: dZ is P - Y.": negated,
    "The ReLU's mask is missing: multiply by Z1 > 0 on the way back.": lambda dA1, W1: dA1 @ W1.T,
    "You multiplied by the ReLU's value: its derivative is 1 where Z1 > 0, else 0.":
        lambda dA1, Z1, W1: dA1 * np.maximum(Z1, 0) @ W1.T,
    "You multiplied by Z1: the ReLU's derivative is 1 where Z1 > 0, else 0.":
        lambda dA1, Z1, W1: dA1 * Z1 @ W1.T,
    "You sent the gradient through a ReLU: the mask comes from the sign of Z1, not of dA.":
        lambda dA1, W1: np.maximum(dA1, 0) @ W1.T,
    "P * (1 - P) is one factor too many: P - Y has the softmax's derivative in it.":
        lambda P, Y, mask, W1, W2: P * (1 - P) * (P - Y) @ W2.T * mask @ W1.T,
    "You began with dP = -Y / P: softmax and loss together give dZ = P - Y.":
        lambda P, Y, mask, W1, W2: -Y / P @ W2.T * mask @ W1.T,
    "The mask is upside down: the gradient passes where Z1 > 0.":
        lambda dA1, mask, W1: dA1 * ~mask @ W1.T,
    "Y is missing: dZ is P - Y.": lambda P, mask, W1, W2: P @ W2.T * mask @ W1.T,
    "You stopped at dZ1: one more product, with W1.T, leads to the pixels.":
        lambda dA1, mask: dA1 * mask,
    "You added up the examples: each has a gradient of its own, a row of dX.": summed_over_examples,
    "You took the sign: return the gradient itself.": lambda right: np.sign(right),
    "You took absolute values: return the gradient itself.": lambda right: np.abs(right),
})  # fmt: skip


# --- nearest --------------------------------------------------------------------------------------


def nearest(H, h, n):
    return np.argsort(((H - h) ** 2).sum(axis=1))[:n]


def nearest_inputs(rng):
    N, D, n = int(rng.integers(14, 20)), int(rng.integers(6, 9)), int(rng.integers(3, 5))
    return rng.normal(size=(N, D)), rng.normal(size=D), n


NEAREST = Exercise(nearest, nearest_inputs, distinct=True, terms={
    "distances": lambda H, h: ((H - h) ** 2).sum(axis=1),
    "in_order": lambda distances: np.argsort(distances),
}, wrong={
    "The right rows in reverse order: the nearest comes first.": backwards,
    "These are the farthest rows: np.argsort puts the smallest first, so do not negate.":
        lambda distances, n: np.argsort(-distances)[:n],
    "These are the last n of np.argsort, the farthest rows: take the first n, [:n].":
        lambda in_order, n: in_order[-n:],
    "The right rows, but in the order of their indices: the nearest comes first.": by_index,
    "You compared angles: take the distance, Σ (H - h)².":
        lambda H, h, n: np.argsort(-(H @ h) / np.linalg.norm(H, axis=1))[:n],
    "You took the difference of the squares: subtract first, then square, Σ (H - h)².":
        lambda H, h, n: np.argsort((H**2).sum(axis=1) - h @ h)[:n],
    "You compared by the inner product: take the distance, Σ (H - h)².":
        lambda H, h, n: np.argsort(-(H @ h))[:n],
    "You added absolute differences: the Euclidean distance adds their squares.":
        lambda H, h, n: np.argsort(np.abs(H - h).sum(axis=1))[:n],
    "The square is missing: differences of either sign cancel.":
        lambda H, h, n: np.argsort((H - h).sum(axis=1))[:n],
    "You added up first: differences of either sign cancel, so square before the sum.":
        lambda H, h, n: np.argsort(np.abs((H - h).sum(axis=1)))[:n],
    "You summed over the rows of H: each row has a distance, so sum over axis 1.":
        lambda H, h, n: np.argsort(((H - h) ** 2).sum(axis=0))[:n],
    "These are the distances: return the indices of the rows, from np.argsort.":
        lambda distances, right: distances[right],
    "These are the rows themselves: return their indices, from np.argsort.":
        lambda H, right: H[right],
    "This is the nearest row alone: n of them are wanted, np.argsort(...)[:n].":
        lambda right: right[0],
    "The nearest row is missing: the first n places of np.argsort are [:n].":
        lambda in_order, n: in_order[1 : n + 1],
    "You returned all rows in order: only the first n are wanted.": lambda in_order: in_order,
})  # fmt: skip
