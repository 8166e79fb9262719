"""The exercises of notebook 00, Start here."""

import numpy as np

from .exercise import Exercise
from .mistakes import transposed

# --- one_hot --------------------------------------------------------------------------------------


def one_hot(y, n_classes):
    Y = np.zeros((len(y), n_classes))
    Y[np.arange(len(y)), y] = 1
    return Y


def one_hot_inputs(rng):
    n_classes = int(rng.integers(4, 7))
    y = np.concatenate([np.arange(n_classes - 1), rng.integers(0, n_classes - 1, size=5)])
    return rng.permutation(y), n_classes  # the last class never occurs


def one_hot_every_row(y, n_classes):
    Y = np.zeros((len(y), n_classes))
    Y[:, y] = 1
    return Y


def one_hot_first_rows(y, n_classes):
    Y = one_hot(y, n_classes)
    Y[n_classes:] = 0
    return Y


ONE_HOT = Exercise(one_hot, one_hot_inputs, wrong={
    "Y is transposed: rows are examples here, so its shape is (N, n_classes).": transposed,
    "0 and 1 are swapped: Y is 1 at the label, and 0 at all other classes.":
        lambda right: 1 - right,
    "Every 1 stands one column too far left: classes count from 0, not from 1.":
        lambda y, n_classes: one_hot(y - 1, n_classes),
    "You counted the classes in y, but a class may be missing there: use n_classes.":
        lambda y: one_hot(y, y.max() + 1),
    "`Y[:, y] = 1` marks those columns in every row: pair each row with its own label, "
    "`Y[np.arange(N), y] = 1`.": one_hot_every_row,
    "Only the first n_classes rows are filled: loop over all N examples.": one_hot_first_rows,
})  # fmt: skip


# --- accuracy -------------------------------------------------------------------------------------


def accuracy(predicted, y):
    return np.mean(predicted == y)


def accuracy_inputs(rng):
    N = 2 * int(rng.integers(4, 9)) + 1  # odd: never half right
    y = rng.integers(0, 10, size=N)
    wrong = np.arange(N) < rng.integers(1, N)  # at least one wrong, at least one right
    return np.where(rng.permutation(wrong), (y + rng.integers(1, 10, size=N)) % 10, y), y


ACCURACY = Exercise(accuracy, accuracy_inputs, wrong={
    "This is the share of wrong predictions: count those that equal y.": lambda right: 1 - right,
    "You counted the hits, and did not divide by the number of examples N.":
        lambda predicted, y: np.sum(predicted == y),
    "This is in percent: accuracy is a share between 0 and 1.": lambda right: 100 * right,
    "`//` cuts the share down to 0: divide with `/`.":
        lambda predicted, y: np.sum(predicted == y) // len(y),
    "You returned one True or False for each example: take their mean.":
        lambda predicted, y: predicted == y,
})  # fmt: skip
