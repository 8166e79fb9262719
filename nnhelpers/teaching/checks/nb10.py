"""The exercises of notebook 10, Save, load, look inside."""

from itertools import combinations

import numpy as np

from .exercise import Exercise
from .mistakes import negated, over_N, summed_over_examples


def draw_until_distinct(draw, *answers):
    """Draw inputs until all the answers, functions of the inputs, are different index arrays."""
    while True:
        inputs = draw()
        found = [np.asarray(answer(*inputs)) for answer in answers]
        if not any(np.array_equal(one, other) for one, other in combinations(found, 2)):
            return inputs


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


def counted_once(y, predicted, n_classes):
    C = np.zeros((n_classes, n_classes), int)
    C[y, predicted] += 1
    return C


def only_mistakes(y, predicted, n_classes):
    C = confusion_matrix(y, predicted, n_classes)
    return C - np.diag(np.diag(C))


def every_pair(y, predicted, n_classes):
    count = [np.bincount(labels, minlength=n_classes) for labels in (y, predicted)]
    return np.outer(*count)


def shares_of_rows(y, predicted, n_classes):
    C = confusion_matrix(y, predicted, n_classes)
    return C / np.maximum(C.sum(axis=1, keepdims=True), 1)


CONFUSION_MATRIX = Exercise(confusion_matrix, confusion_inputs, wrong={
    "This is the transpose: rows are the true classes, columns the predicted ones.":
        lambda y, predicted, n_classes: confusion_matrix(predicted, y, n_classes),
    "A pair that occurs several times was counted once: `C[y, predicted] += 1` writes each place "
    "only once. Use np.add.at or a loop.": counted_once,
    "You counted the mistakes only: right answers stand on the diagonal.": only_mistakes,
    "You counted right answers only: mistakes stand beside the diagonal.":
        lambda right: np.diag(np.diag(right)),
    "You paired every label with every prediction: go through zip(y, predicted), so that each "
    "label meets its own.": every_pair,
    "Only the first example was counted: move `return` out of the loop.":
        lambda y, predicted, n_classes: confusion_matrix(y[:1], predicted[:1], n_classes),
    "These are shares of all examples: return counts.": over_N,
    "You divided each row by its sum: return counts.": shares_of_rows,
    "You divided each column by its sum: return counts.":
        lambda y, predicted, n_classes: shares_of_rows(predicted, y, n_classes).T,
    "A class that does not occur has no row here: the shape is (n_classes, n_classes).":
        lambda y, predicted: confusion_matrix(y, predicted, max(y.max(), predicted.max()) + 1),
})  # fmt: skip


# --- most_confident_mistakes ----------------------------------------------------------------------


def most_confident_mistakes(P, y, n):
    wrong = np.flatnonzero(P.argmax(axis=1) != y)
    return wrong[np.argsort(-P[wrong].max(axis=1))][:n]


def mistakes_by(score, of_all=False, right=False):
    """The n examples with the smallest score(P, y): of the mistakes, the right ones or of all."""

    def indices(P, y, n):
        rows = np.flatnonzero((P.argmax(axis=1) == y) == right)
        rows = np.arange(len(y)) if of_all else rows
        return rows[np.argsort(score(P[rows], y[rows]), kind="stable")][:n]

    return indices


def surest_first(P, y):
    return -P.max(axis=1)


def doubtful_first(P, y):
    return P.max(axis=1)


def worst_loss_first(P, y):
    return P[np.arange(len(y)), y]


def as_they_stand(P, y):
    return np.zeros(len(y))


def among_the_mistakes(P, y, n):
    wrong = P.argmax(axis=1) != y
    return np.argsort(-P[wrong].max(axis=1))[:n]


def backwards_mistakes(P, y, n):
    return most_confident_mistakes(P, y, n)[::-1]


def mistakes_inputs(rng):
    def draw():
        N, K, n = int(rng.integers(18, 24)), int(rng.integers(4, 6)), int(rng.integers(3, 5))
        E = np.exp(2 * rng.normal(size=(N, K)))
        P = E / E.sum(axis=1, keepdims=True)
        wrong = np.arange(N) % 2 == 1  # the first is right: no place among the mistakes fits
        return P, (P.argmax(axis=1) + wrong * rng.integers(1, K, N)) % K, n

    return draw_until_distinct(
        draw,
        most_confident_mistakes,
        among_the_mistakes,
        backwards_mistakes,
        mistakes_by(doubtful_first),
        mistakes_by(worst_loss_first),
        mistakes_by(as_they_stand),
        mistakes_by(surest_first, of_all=True),
        mistakes_by(doubtful_first, of_all=True),
        mistakes_by(surest_first, right=True),
    )


MOST_CONFIDENT_MISTAKES = Exercise(most_confident_mistakes, mistakes_inputs, wrong={
    "These are places within the list of mistakes: look up which examples stand there.":
        among_the_mistakes,
    "The right mistakes in reverse order: the surest comes first.": backwards_mistakes,
    "These are the least confident mistakes: np.argsort puts the smallest first.":
        mistakes_by(doubtful_first),
    "You sorted by the probability of the true class: sort by that of the class which the network "
    "chose.": mistakes_by(worst_loss_first),
    "These mistakes are not sorted: the most confident comes first.": mistakes_by(as_they_stand),
    "Right answers are among them: keep only rows where the prediction is not y.":
        mistakes_by(surest_first, of_all=True),
    "These are the least confident of all examples: keep the mistakes, the surest comes first.":
        mistakes_by(doubtful_first, of_all=True),
    "These are right answers: keep the rows where the prediction is not y.":
        mistakes_by(surest_first, right=True),
    "These are the probabilities: return the indices of the examples.":
        lambda P, right: P[right].max(axis=1),
    "You returned all mistakes: only the first n are wanted.":
        lambda P, y: most_confident_mistakes(P, y, len(y)),
})  # fmt: skip


# --- input_gradient -------------------------------------------------------------------------------


def input_gradient(P, Y, Z1, W1, W2):
    dZ1 = (P - Y) @ W2.T * (Z1 > 0)
    return dZ1 @ W1.T


def gradient_inputs(rng):
    N, n_in, H, K = 4 + rng.integers(2), 8 + rng.integers(2), 6 + rng.integers(2), 3
    E = np.exp(rng.normal(size=(N, K)))
    Y = np.eye(K)[rng.integers(0, K, N)]
    W1, W2 = rng.normal(size=(n_in, H)), rng.normal(size=(H, K))
    return E / E.sum(axis=1, keepdims=True), Y, rng.normal(size=(N, H)), W1, W2


INPUT_GRADIENT = Exercise(input_gradient, gradient_inputs, wrong={
    "You divided by N: that is the mean's gradient, and here each example has its own.": over_N,
    "The sign is flipped: dZ is P - Y.": negated,
    "The ReLU's mask is missing: multiply by Z1 > 0 on the way back.":
        lambda P, Y, W1, W2: (P - Y) @ W2.T @ W1.T,
    "You multiplied by the ReLU's value: its derivative is 1 where Z1 > 0, else 0.":
        lambda P, Y, Z1, W1, W2: (P - Y) @ W2.T * np.maximum(Z1, 0) @ W1.T,
    "You multiplied by Z1: the ReLU's derivative is 1 where Z1 > 0, else 0.":
        lambda P, Y, Z1, W1, W2: (P - Y) @ W2.T * Z1 @ W1.T,
    "You sent the gradient through a ReLU: the mask comes from the sign of Z1, not of dA.":
        lambda P, Y, W1, W2: np.maximum((P - Y) @ W2.T, 0) @ W1.T,
    "P * (1 - P) is one factor too many: P - Y has the softmax's derivative in it.":
        lambda P, Y, Z1, W1, W2: P * (1 - P) * (P - Y) @ W2.T * (Z1 > 0) @ W1.T,
    "You began with dP = -Y / P: softmax and loss together give dZ = P - Y.":
        lambda P, Y, Z1, W1, W2: -Y / P @ W2.T * (Z1 > 0) @ W1.T,
    "The mask is upside down: the gradient passes where Z1 > 0.":
        lambda P, Y, Z1, W1, W2: (P - Y) @ W2.T * (Z1 < 0) @ W1.T,
    "Y is missing: dZ is P - Y.": lambda P, Z1, W1, W2: input_gradient(P, 0, Z1, W1, W2),
    "You stopped at dZ1: one more product, with W1.T, leads to the pixels.":
        lambda P, Y, Z1, W2: (P - Y) @ W2.T * (Z1 > 0),
    "You added up the examples: each has a gradient of its own, a row of dX.": summed_over_examples,
    "You took the sign: return the gradient itself.": lambda right: np.sign(right),
    "You took absolute values: return the gradient itself.": lambda right: np.abs(right),
})  # fmt: skip


# --- nearest --------------------------------------------------------------------------------------


def nearest(H, h, n):
    return np.argsort(((H - h) ** 2).sum(axis=1))[:n]


def ranked_by(score):
    """The n indices with the smallest score(H, h)."""
    return lambda H, h, n: np.argsort(score(H, h))[:n]


def inner_product(H, h):
    return -(H @ h)


def sum_of_absolutes(H, h):
    return np.abs(H - h).sum(axis=1)


def signed_sum(H, h):
    return (H - h).sum(axis=1)


def size_of_sum(H, h):
    return np.abs((H - h).sum(axis=1))


def angle(H, h):
    return -(H @ h) / np.linalg.norm(H, axis=1)


def length(H, h):
    return (H * H).sum(axis=1) - h @ h


def by_columns(H, h):
    return ((H - h) ** 2).sum(axis=0)


def farthest(H, h):
    return -((H - h) ** 2).sum(axis=1)


def backwards(H, h, n):
    return nearest(H, h, n)[::-1]


def sorted_by_index(H, h, n):
    return np.sort(nearest(H, h, n))


def last_of_all(H, h, n):
    return nearest(H, h, len(H))[-n:]


def nearest_inputs(rng):
    def draw():
        N, D, n = int(rng.integers(14, 20)), int(rng.integers(6, 9)), int(rng.integers(3, 5))
        return rng.normal(size=(N, D)), rng.normal(size=D), n

    wrong = (
        inner_product, angle, length, sum_of_absolutes, signed_sum, size_of_sum, by_columns, farthest
    )  # fmt: skip
    others = backwards, sorted_by_index, last_of_all
    return draw_until_distinct(draw, nearest, *others, *map(ranked_by, wrong))


NEAREST = Exercise(nearest, nearest_inputs, wrong={
    "The right rows in reverse order: the nearest comes first.": backwards,
    "These are the farthest rows: np.argsort puts the smallest first, so do not negate.":
        ranked_by(farthest),
    "These are the last n of np.argsort, the farthest rows: take the first n, [:n].": last_of_all,
    "The right rows, but in the order of their indices: the nearest comes first.": sorted_by_index,
    "You compared angles: take the distance, Σ (H - h)².": ranked_by(angle),
    "You took the difference of the squares: subtract first, then square, Σ (H - h)².":
        ranked_by(length),
    "You compared by the inner product: take the distance, Σ (H - h)².": ranked_by(inner_product),
    "You added absolute differences: the Euclidean distance adds their squares.":
        ranked_by(sum_of_absolutes),
    "The square is missing: differences of either sign cancel.": ranked_by(signed_sum),
    "You added up first: differences of either sign cancel, so square before the sum.":
        ranked_by(size_of_sum),
    "You summed over the rows of H: each row has a distance, so sum over axis 1.":
        ranked_by(by_columns),
    "These are the distances: return the indices of the rows, from np.argsort.":
        lambda H, h, n: np.sort(((H - h) ** 2).sum(axis=1))[:n],
    "These are the rows themselves: return their indices, from np.argsort.":
        lambda H, right: H[right],
    "This is the nearest row alone: n of them are wanted, np.argsort(...)[:n].":
        lambda right: right[0],
    "The nearest row is missing: the first n places of np.argsort are [:n].":
        lambda H, h, n: nearest(H, h, n + 1)[1:],
    "You returned all rows in order: only the first n are wanted.":
        lambda H, h: nearest(H, h, len(H)),
})  # fmt: skip


EXERCISES = [CONFUSION_MATRIX, MOST_CONFIDENT_MISTAKES, INPUT_GRADIENT, NEAREST]
