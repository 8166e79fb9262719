"""Mistakes that many exercises share; `right` is the right answer, or the part that is wrong."""

import numpy as np


def negated(right):
    return -right


def transposed(right):
    return right.T


def doubled(right):
    return 2 * right


def halved(right):
    return right / 2


def times_N(right, N):
    return N * right


def over_N(right, N):
    return right / N


def summed_over_examples(right):
    return right.sum(axis=0)


def backwards(right):
    return right[::-1]


def by_index(right):
    """The right indices, but not in the order that is asked for."""
    return np.sort(right)


def squared(right):
    return right**2


def halved_after_power(right):
    """`x**1/2` for a root: Python takes the power 1, and then halves."""
    return right**2 / 2
