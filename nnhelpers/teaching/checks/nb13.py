"""The exercises of notebook 13, The record."""

import numpy as np

from .exercise import Exercise
from .mistakes import doubled, times_N, transposed
from .nb00 import one_hot

# --- standard_error -------------------------------------------------------------------------------


def standard_error(values):
    return values.std(ddof=1) / np.sqrt(len(values))


def runs_inputs(rng):
    # Accuracies. Four or five of them would make some mistakes come to the same.
    spread = rng.uniform(0.001, 0.004)
    return (rng.uniform(0.97, 0.98) + spread * rng.normal(size=rng.integers(6, 10)),)


STANDARD_ERROR = Exercise(standard_error, runs_inputs, terms={
    "s": lambda values: values.std(ddof=1),
    "s_by_n": lambda values: values.std(),
    "squares": lambda values: ((values - values.mean()) ** 2).sum(),
    "span": lambda values: values.max() - values.min(),
}, wrong={
    "s has n - 1 in it, and NumPy takes n: `values.std(ddof=1)`.":
        lambda s_by_n, N: s_by_n / np.sqrt(N),
    "n - 1 is there twice: it belongs in s, and the root is that of n.":
        lambda s, N: s / np.sqrt(N - 1),
    "This is s, by how much one run differs from another: divide by the root of n.": lambda s: s,
    "By so much single runs differ, with n in place of n - 1: take `ddof=1`, and divide by the "
    "root of n.": lambda s_by_n: s_by_n,
    "You divided by n: the mean of n runs varies less by the root of n.": lambda s, N: s / N,
    "You divided by n, and s has n in it: `values.std(ddof=1)`, divided by the root of n.":
        lambda s_by_n, N: s_by_n / N,
    "`n ** 1/2` is n / 2, for powers go first: `n ** 0.5` or np.sqrt(n).": lambda s, N: s / N / 2,
    "The root is taken too early: divide the squares by n - 1 first, both are under the root.":
        lambda squares, N: np.sqrt(squares) / (N - 1) / np.sqrt(N),
    "Nothing is divided by n - 1: s² is the sum of the squares divided by it.":
        lambda squares: np.sqrt(squares),
    "This is for n images, each right or wrong: here n runs differ, and s says by how much.":
        lambda values, N: np.sqrt(values.mean() * (1 - values.mean()) / N),
    "You multiplied by the root of n: more runs make the mean more certain.":
        lambda s, N: s * np.sqrt(N),
    "This is the variance of the mean: take the root of all of it.": lambda s, N: s**2 / N,
    "You took the variance for s: s is its root.": lambda s, N: s**2 / np.sqrt(N),
    "This is the variance of the runs: take its root, and divide by the root of n.": lambda s: s**2,
    "This is the distance from the smallest to the largest: it grows with n.": lambda span: span,
    "This is half the distance from the smallest to the largest: it grows with n.":
        lambda span: span / 2,
    "You took the distance from the smallest to the largest for s.":
        lambda span, N: span / np.sqrt(N),
    "You took the mean distance from the mean for s: square, sum, divide by n - 1, take the root.":
        lambda values, N: np.abs(values - values.mean()).mean() / np.sqrt(N),
    "You did not subtract the mean before you squared: s is about differences from it.":
        lambda values, N: np.sqrt((values**2).sum() / (N - 1) / N),
    "This is two standard errors, what one draws for 95%: one is due.": doubled,
    "This is 1.96 standard errors, what one draws for 95%: one is due.": lambda right: 1.96 * right,
    "This is the mean: by how much it varies is asked.": lambda values: values.mean(),
})  # fmt: skip


# --- smoothed_targets -----------------------------------------------------------------------------


def smoothed_targets(y, K, s):
    return (1 - s) * one_hot(y, K) + s / K


def labels_inputs(rng):
    # The last class has no example, and the two before it have: K cannot be had from y.
    K = int(rng.integers(4, 7))
    y = rng.permutation([0, K - 2, *rng.integers(0, K - 1, 5 + rng.integers(3))])
    return y, K, float(rng.uniform(0.05, 0.3))


SMOOTHED_TARGETS = Exercise(smoothed_targets, labels_inputs, terms={
    "Y": lambda y, K: one_hot(y, K),
}, wrong={
    "1 - s at the label is too little: s goes to all K classes, s / K to the label's own too.":
        lambda Y, K, s: np.where(Y, 1 - s, s / K),
    "You gave s to the other K - 1 classes only: here all K get s / K, the label's own too.":
        lambda Y, K, s: np.where(Y, 1 - s, s / (K - 1)),
    "You divided by K - 1, but all K classes get a share: s / K, or the rows sum to more than 1.":
        lambda Y, K, s: (1 - s) * Y + s / (K - 1),
    "1 - s is missing: what is given away has to come from the label, or the rows sum to 1 + s.":
        lambda Y, K, s: Y + s / K,
    "You added s and made the rows sum to 1 afterwards: take 1 - s of the label from the start.":
        lambda Y, K, s: (Y + s / K) / (1 + s),
    "You added s to every class: s is what all K share, s / K for each.":
        lambda Y, s: (1 - s) * Y + s,
    "Every other class got all of s: the K classes share it, s / K for each.":
        lambda Y, s: np.where(Y, 1 - s, s),
    "What the label gave away is gone: add s / K to every class.": lambda Y, s: (1 - s) * Y,
    "s and 1 - s are swapped: the label keeps 1 - s.": lambda Y, K, s: s * Y + (1 - s) / K,
    "Brackets: 1 - s multiplies the one-hot labels only, and not s / K.":
        lambda Y, K, s: (1 - s) * (Y + s / K),
    "You took s / K from the label: it gives s away and gets s / K back, 1 - s + s / K.":
        lambda Y, K, s: np.where(Y, 1 - s / K, s / K),
    "You divided by the number of examples: the classes share s, s / K.":
        lambda Y, s, N: (1 - s) * Y + s / N,
    "The one-hot array holds whole numbers, so 1 - s was cut off to 0: make it float.":
        lambda K, s, N: np.full((N, K), s / K),
    "T[y] picks whole rows: T[xp.arange(len(y)), y] picks one place in each row.":
        lambda y, K, s: (1 - s) * np.isin(np.arange(len(y)), y)[:, None] + s / K * np.ones(K),
    "T[:, y] picks whole columns: T[xp.arange(len(y)), y] picks one place in each row.":
        lambda y, K, s: (1 - s) * np.isin(np.arange(K), y) + s / K * np.ones((len(y), 1)),
    "These are one-hot labels still: s changes nothing.": lambda Y: Y,
    "This is the transpose: examples are the rows, (N, K).": transposed,
    "You counted the classes in y: some may have no example here, so use K.":
        lambda y, s: smoothed_targets(y, int(y.max()) + 1, s),
    "The columns are shifted by one: classes are counted from 0.":
        lambda y, K, s: smoothed_targets(y - 1, K, s),
    "You smoothed the numbers of the classes: make the labels one-hot first.":
        lambda y, K, s: (1 - s) * y + s / K,
})  # fmt: skip


# --- bilinear -------------------------------------------------------------------------------------


def bilinear(image, row, column):
    i, j = np.floor(row).astype(int), np.floor(column).astype(int)
    return between(*neighbours(image, i, j), row - i, column - j)


def neighbours(image, i, j):
    """The pixels A, B above and C, D below."""
    return image[i, j], image[i, j + 1], image[i + 1, j], image[i + 1, j + 1]


def between(A, B, C, D, f, e):
    return (1 - f) * ((1 - e) * A + e * B) + f * ((1 - e) * C + e * D)


def positions_inputs(rng):
    # All positions are inside, too, where rows and columns are exchanged, or rounding is up. One
    # row and one column are whole: there floor and ceil are the same.
    short, long = int(rng.integers(5, 8)), int(rng.integers(9, 12))
    image = rng.uniform(0, 1, (short, long) if rng.random() < 0.5 else (long, short))
    row, column = rng.uniform(0, short - 1.6, (2, 10 + rng.integers(4)))
    row[3], column[6] = rng.integers(0, short - 2, 2)
    return image, row, column


def rows_as_long_as_columns(image, row, column):
    """What i * H + j finds in the flattened image, in place of i * W + j."""
    H, W = image.shape
    places = H * np.arange(H)[:, None] + np.arange(W)
    return bilinear(image.ravel().take(places, mode="clip"), row, column)


BILINEAR = Exercise(bilinear, positions_inputs, terms={
    "i": lambda row: np.floor(row).astype(int),
    "j": lambda column: np.floor(column).astype(int),
    "f": lambda row, i: row - i,
    "e": lambda column, j: column - j,
    "four": neighbours,
    "near_i": lambda row: np.rint(row).astype(int),
    "near_j": lambda column: np.rint(column).astype(int),
    "two_ways": lambda four, f, e: between(*four, 0, e) + between(*four, f, 0),
}, wrong={
    "Rows and columns are exchanged: the first index of image is the row.":
        lambda image, row, column: bilinear(image, column, row),
    "f and e are exchanged: what is left of row weighs rows, what is left of column columns.":
        lambda four, f, e: between(*four, e, f),
    "f and 1 - f are exchanged, e and 1 - e too: the nearer a pixel, the more it counts.":
        lambda four, f, e: between(*four, 1 - f, 1 - e),
    "f and 1 - f are exchanged: at f = 0 all comes from the upper row.":
        lambda four, f, e: between(*four, 1 - f, e),
    "e and 1 - e are exchanged: at e = 0 all comes from the left column.":
        lambda four, f, e: between(*four, f, 1 - e),
    "You used what is left of row for both directions: columns have their own, column - j.":
        lambda four, f: between(*four, f, f),
    "You used what is left of column for both directions: rows have their own, row - i.":
        lambda four, e: between(*four, e, e),
    "i and j were rounded to the nearest: the pixel above and to the left is wanted, xp.floor.":
        lambda image, row, column, near_i, near_j:
            between(*neighbours(image, near_i, near_j), row - near_i, column - near_j),
    "This is the nearest pixel: four of them have their share.":
        lambda image, near_i, near_j: image[near_i, near_j],
    "This is the pixel above and to the left: four of them have their share.": lambda four: four[0],
    "This is the plain mean of the four: the nearer a pixel, the more it counts.":
        lambda four: sum(four) / 4,
    "Only along the row: do the same in the row below, then go between the two.":
        lambda four, e: between(*four, 0, e),
    "Only along the column: do the same in the column to the right, then go between the two.":
        lambda four, f: between(*four, f, 0),
    "This is the mean of two ways, along the row and along the column: the fourth pixel is "
    "missing.": lambda two_ways: two_ways / 2,
    "You added the way along the row and that along the column: the weights have to sum to 1.":
        lambda two_ways: two_ways,
    "f and e are whole positions: subtract i and j, so that they lie between 0 and 1.":
        lambda four, row, column: between(*four, row, column),
    "f and e have the wrong sign: row - i and column - j.":
        lambda four, f, e: between(*four, -f, -e),
    "The upper row counts in full: it has the weight 1 - f.":
        lambda four, f, e: between(*four, 0, e) + f * between(*four, 1, e),
    "Two corners are missing, above to the right and below to the left: the weights sum to 1.":
        lambda four, f, e: (1 - f) * (1 - e) * four[0] + f * e * four[3],
    "At whole positions floor and ceil are the same, and the weights 0: take i + 1 and 1 - f.":
        lambda right, f, e: right * (f > 0) * (e > 0),
    "image[i][:, j] makes all pairs, shape (M, M): image[i, j] takes them one by one.":
        lambda image, i, j, f, e: between(*neighbours(image, i[:, None], j), f, e),
    "A row of a flattened image is W pixels long, not H: i * W + j.": rows_as_long_as_columns,
})  # fmt: skip


# --- expected_calibration_error -------------------------------------------------------------------


def expected_calibration_error(confidence, correct, bins):
    total = 0.0
    for b in range(bins):
        inside = (confidence > b / bins) & (confidence <= (b + 1) / bins)
        if inside.any():
            total += inside.mean() * abs(correct[inside].mean() - confidence[inside].mean())
    return total


def answers_inputs(rng):
    # The ends of 8 and of 16 bins are exact in binary, whichever way they are computed. One bin is
    # empty; in the others one confidence is the right end, and none is near 0. Bins of answers
    # that are mostly right and mostly wrong follow each other: so it matters where they end.
    bins = int(rng.choice([8, 16]))
    used = np.delete(np.arange(bins), rng.integers(1, bins - 1))
    confidence, correct = [], []
    for place, b in enumerate(reversed(used)):
        n, right, bend = (4, 0.85, 1.5) if place % 2 else (6, 0.15, 0.7)
        within = np.append(rng.uniform(0.5 if b == 0 else 0, 1, n + rng.integers(5)) ** bend, 1)
        confidence.append((b + within) / bins)
        correct.append(rng.random(len(within)) < right)
    order = rng.permutation(sum(map(len, correct)))
    confidence, correct = np.concatenate(confidence)[order], np.concatenate(correct)[order]
    return confidence, correct & (confidence < 1), bins


def in_bins(confidence, bins):
    return np.ceil(confidence * bins).astype(int) - 1


def bin_means(place, confidence, correct):
    """The filled bins' shares n_b / N, accuracies and mean confidences; -1 is the place of none."""
    chosen = place >= 0
    n_b = np.bincount(place[chosen])
    sums = (np.bincount(place[chosen], of[chosen]) for of in (correct, confidence))
    means = [total[n_b > 0] / n_b[n_b > 0] for total in sums]
    return n_b[n_b > 0] / len(place), *means


def binned(place, confidence, correct):
    share, accuracy, claimed = bin_means(place, confidence, correct)
    return (share * np.abs(accuracy - claimed)).sum()


def by_place(place):
    """The mistake of other bins."""
    return lambda confidence, correct, bins: binned(place(confidence, bins), confidence, correct)


def left_end_included(confidence, bins):
    place = np.floor(confidence * bins).astype(int)
    return np.where(place == bins, -1, place)


def from_the_smallest(confidence, bins):
    edges = np.histogram_bin_edges(confidence, bins)
    return np.minimum(np.digitize(confidence, edges) - 1, bins - 1)


def equally_many(confidence, bins):
    chunks = np.array_split(np.argsort(confidence, kind="stable"), bins)
    place = np.repeat(np.arange(bins), [len(chunk) for chunk in chunks])
    return place[np.argsort(np.concatenate(chunks))]


def both_ends_included(confidence, correct, bins):
    edges = np.arange(bins + 1)[:, None] / bins
    inside = (edges[:-1] <= confidence) & (confidence <= edges[1:])
    return np.abs((inside * (correct - confidence)).sum(axis=1)).sum() / len(correct)


EXPECTED_CALIBRATION_ERROR = Exercise(
    expected_calibration_error, answers_inputs, distinct=True, terms={
    "place": in_bins,
    "b": lambda place: np.unique(place),
    "means": bin_means,
    "share": lambda means: means[0],
    "gap": lambda means: np.abs(means[1] - means[2]),
}, wrong={
    "This is the first bin alone: `return` stands within the loop.":
        lambda share, gap: share[0] * gap[0],
    "This is the last bin alone: add each to the others before it, `total += …`.":
        lambda share, gap: share[-1] * gap[-1],
    "The first bin is missing: it begins at 0.": lambda share, gap: (share * gap)[1:].sum(),
    "The last bin is missing: it ends at 1.": lambda share, gap: (share * gap)[:-1].sum(),
    "You divided by N twice: the means in a bin are over its own n_b examples, "
    "`correct[inside].mean()`.": lambda share, gap: (share**2 * gap).sum(),
    "You took the accuracy of all: each bin has its own, `correct[inside].mean()`.":
        lambda place, confidence, correct:
            binned(place, confidence, np.full(len(correct), correct.mean())),
    "Both ends are included, so that an example on an end counts twice: `> low` and `<= high`.":
        both_ends_included,
    "Every bin counts alike: weigh each by n_b / N, its share of the examples.":
        lambda gap: gap.mean(),
    "Every bin counts alike, the empty ones too: weigh each by n_b / N.":
        lambda gap, bins: gap.sum() / bins,
    "You added the gaps up: weigh each by n_b / N, its share of the examples.":
        lambda gap: gap.sum(),
    "You weighed by n_b: its share of all examples, n_b / N, is due.": times_N,
    "The absolute value is missing: a bin that claims too much and one that claims too little "
    "cancel.": lambda correct, confidence: correct.mean() - confidence.mean(),
    "All is in one bin, or abs came after the sum: take the absolute value in each bin, then add.":
        lambda correct, confidence: abs(correct.mean() - confidence.mean()),
    "You compared with the middle of the bin: the mean of the confidences in it is due.":
        lambda share, means, b, bins: (share * np.abs(means[1] - (b + 0.5) / bins)).sum(),
    "You compared with the upper end of the bin: the mean of the confidences in it is due.":
        lambda share, means, b, bins: (share * np.abs(means[1] - (b + 1) / bins)).sum(),
    "There are no bins in this: one answer is right or wrong, only a group has an accuracy.":
        lambda correct, confidence: np.abs(correct - confidence).mean(),
    "You squared the gaps: their absolute values are due.":
        lambda share, gap: (share * gap**2).sum(),
    "This is the largest gap: the mean is due, weighed by n_b / N.": lambda gap: gap.max(),
    "You compared with the share that is wrong: the accuracy is the share that is right.":
        lambda place, confidence, correct: binned(place, confidence, 1 - correct),
    "A confidence of 1 lies in no bin: (low, high] includes the right end, `<= high`.":
        by_place(left_end_included),
    "A bin includes its right end, not its left one: `> low` and `<= high`.":
        by_place(lambda confidence, bins: np.minimum((confidence * bins).astype(int), bins - 1)),
    "There are 10 bins whatever is asked: use the argument `bins`.":
        by_place(lambda confidence, bins: in_bins(confidence, 10)),
    "One bin too few: bins of them have bins + 1 ends, `np.linspace(0, 1, bins + 1)`.":
        by_place(lambda confidence, bins: in_bins(confidence, bins - 1)),
    "The bins begin at the smallest confidence, as np.histogram does by itself: from 0 to 1 is "
    "due.": by_place(from_the_smallest),
    "These bins hold equally many examples: here they are equally wide.": by_place(equally_many),
    "An empty bin has no mean, 0/0 is NaN: leave it out, `if inside.any()`.": lambda: np.nan,
})  # fmt: skip


# --- rows_for -------------------------------------------------------------------------------------


def rows_for(order, W):
    return W[order]


def order_inputs(rng):
    # An order that two or three times lead back from would not tell it from its inverse, or from
    # itself taken twice. W is wider than high, so that order finds columns as well.
    n_in = int(rng.integers(5, 8))
    order = np.arange(n_in)
    while moves_back(order):
        order = rng.permutation(n_in)
    return order, rng.normal(size=(n_in, n_in + 2))


def moves_back(order):
    start, twice = np.arange(len(order)), order[order]
    return any(np.array_equal(start, again) for again in (order, twice, twice[order]))


ROWS_FOR = Exercise(rows_for, order_inputs, wrong={
    "This is the way back: input i is now pixel order[i], so row i is W[order[i]].":
        lambda order, W: W[np.argsort(order)],
    "W is as it was: its rows have to follow the inputs.": lambda W: W,
    "You moved the columns, which belong to the units: the rows belong to the inputs.":
        lambda order, W: W[:, order],
    "You moved columns as well: they belong to the units, and those stay where they are.":
        lambda order, right: right[:, order],
    "You moved the rows twice: once is enough.": lambda order, right: right[order],
    "This is the transpose: W' has the shape of W.": transposed,
    "You transposed W first: its rows belong to the inputs already.": lambda order, W: W.T[order],
    "W[order, order] picks one element for each input: W[order] picks whole rows.":
        lambda order, W: W[order, order],
    "`take` without an axis counts through all elements: axis=0 takes rows.":
        lambda order, W: np.take(W, order),
    "This is one row: take all of them, in the new order.": lambda order, W: W[order[0]],
    "This matrix puts things in order, but W is not in it: multiply W by it from the left.":
        lambda order: np.eye(len(order))[order],
})  # fmt: skip
