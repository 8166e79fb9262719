"""The exercises of notebook 13, The record."""

from itertools import combinations

import numpy as np

from .exercise import Exercise
from .mistakes import doubled, transposed

# --- standard_error -------------------------------------------------------------------------------


def standard_error(values):
    return values.std(ddof=1) / np.sqrt(len(values))


def runs_inputs(rng):
    # Accuracies. Four or five of them would make some mistakes come to the same.
    spread = rng.uniform(0.001, 0.004)
    return (rng.uniform(0.97, 0.98) + spread * rng.normal(size=rng.integers(6, 10)),)


def sum_of_squares(values):
    return ((values - values.mean()) ** 2).sum()


STANDARD_ERROR = Exercise(standard_error, runs_inputs, wrong={
    "s has n - 1 in it, and NumPy takes n: `values.std(ddof=1)`.":
        lambda values: values.std() / np.sqrt(len(values)),
    "n - 1 is there twice: it belongs in s, and the root is that of n.":
        lambda values: values.std(ddof=1) / np.sqrt(len(values) - 1),
    "This is s, by how much one run differs from another: divide by the root of n.":
        lambda values: values.std(ddof=1),
    "By so much single runs differ, with n in place of n - 1: take `ddof=1`, and divide by the "
    "root of n.": lambda values: values.std(),
    "You divided by n: the mean of n runs varies less by the root of n.":
        lambda values: values.std(ddof=1) / len(values),
    "You divided by n, and s has n in it: `values.std(ddof=1)`, divided by the root of n.":
        lambda values: values.std() / len(values),
    "`n**1/2` is n / 2, for powers go first: `n**0.5` or np.sqrt(n).":
        lambda values: values.std(ddof=1) / len(values) / 2,
    "The root is taken too early: divide the squares by n - 1 first, both are under the root.":
        lambda values: np.sqrt(sum_of_squares(values)) / (len(values) - 1) / np.sqrt(len(values)),
    "Nothing is divided by n - 1: s² is the sum of the squares divided by it.":
        lambda values: np.sqrt(sum_of_squares(values)),
    "This is for n images, each right or wrong: here n runs differ, and s says by how much.":
        lambda values: np.sqrt(values.mean() * (1 - values.mean()) / len(values)),
    "You multiplied by the root of n: more runs make the mean more certain.":
        lambda values: values.std(ddof=1) * np.sqrt(len(values)),
    "This is the variance of the mean: take the root of all of it.":
        lambda values: values.var(ddof=1) / len(values),
    "You took the variance for s: s is its root.":
        lambda values: values.var(ddof=1) / np.sqrt(len(values)),
    "This is the variance of the runs: take its root, and divide by the root of n.":
        lambda values: values.var(ddof=1),
    "This is the distance from the smallest to the largest: it grows with n.":
        lambda values: values.max() - values.min(),
    "This is half the distance from the smallest to the largest: it grows with n.":
        lambda values: (values.max() - values.min()) / 2,
    "You took the distance from the smallest to the largest for s.":
        lambda values: (values.max() - values.min()) / np.sqrt(len(values)),
    "You took the mean distance from the mean for s: square, sum, divide by n - 1, take the root.":
        lambda values: np.abs(values - values.mean()).mean() / np.sqrt(len(values)),
    "You did not subtract the mean before you squared: s is about differences from it.":
        lambda values: np.sqrt((values**2).sum() / (len(values) - 1) / len(values)),
    "This is two standard errors, what one draws for 95%: one is due.": doubled,
    "This is 1.96 standard errors, what one draws for 95%: one is due.": lambda right: 1.96 * right,
    "This is the mean: by how much it varies is asked.": lambda values: values.mean(),
})  # fmt: skip


# --- smoothed_targets -----------------------------------------------------------------------------


def smoothed_targets(y, K, s):
    return (1 - s) * one_hot(y, K) + s / K


def one_hot(y, K):
    return np.eye(K)[y]


def labels_inputs(rng):
    # The last class has no example, and the two before it have: K cannot be had from y.
    K = int(rng.integers(4, 7))
    y = rng.permutation([0, K - 2, *rng.integers(0, K - 1, 5 + rng.integers(3))])
    return y, K, float(rng.uniform(0.05, 0.3))


SMOOTHED_TARGETS = Exercise(smoothed_targets, labels_inputs, wrong={
    "1 - s at the label is too little: s goes to all K classes, s / K to the label's own too.":
        lambda y, K, s: np.where(one_hot(y, K), 1 - s, s / K),
    "You gave s to the other K - 1 classes only: here all K get s / K, the label's own too.":
        lambda y, K, s: np.where(one_hot(y, K), 1 - s, s / (K - 1)),
    "You divided by K - 1, but all K classes get a share: s / K, or the rows sum to more than 1.":
        lambda y, K, s: (1 - s) * one_hot(y, K) + s / (K - 1),
    "1 - s is missing: what is given away has to come from the label, or the rows sum to 1 + s.":
        lambda y, K, s: one_hot(y, K) + s / K,
    "You added s and made the rows sum to 1 afterwards: take 1 - s of the label from the start.":
        lambda y, K, s: (one_hot(y, K) + s / K) / (1 + s),
    "You added s to every class: s is what all K share, s / K for each.":
        lambda y, K, s: (1 - s) * one_hot(y, K) + s,
    "Every other class got all of s: the K classes share it, s / K for each.":
        lambda y, K, s: np.where(one_hot(y, K), 1 - s, s),
    "What the label gave away is gone: add s / K to every class.":
        lambda y, K, s: (1 - s) * one_hot(y, K),
    "s and 1 - s are swapped: the label keeps 1 - s.":
        lambda y, K, s: s * one_hot(y, K) + (1 - s) / K,
    "Brackets: 1 - s multiplies the one-hot labels only, and not s / K.":
        lambda y, K, s: (1 - s) * (one_hot(y, K) + s / K),
    "You took s / K from the label: it gives s away and gets s / K back, 1 - s + s / K.":
        lambda y, K, s: np.where(one_hot(y, K), 1 - s / K, s / K),
    "You divided by the number of examples: the classes share s, s / K.":
        lambda y, K, s: (1 - s) * one_hot(y, K) + s / len(y),
    "The one-hot array holds whole numbers, so 1 - s was cut off to 0: make it float.":
        lambda K, s, N: np.full((N, K), s / K),
    "T[y] picks whole rows: T[xp.arange(len(y)), y] picks one place in each row.":
        lambda y, K, s: (1 - s) * np.isin(np.arange(len(y)), y)[:, None] + s / K * np.ones(K),
    "T[:, y] picks whole columns: T[xp.arange(len(y)), y] picks one place in each row.":
        lambda y, K, s: (1 - s) * np.isin(np.arange(K), y) + s / K * np.ones((len(y), 1)),
    "These are one-hot labels still: s changes nothing.": lambda y, K: one_hot(y, K),
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
    return between_four(image, row, column)


def between_four(image, row, column, weights=lambda f, e: (f, e), whole=np.floor):
    """The value between four pixels; `weights` and `whole` are where one goes astray."""
    i, j = whole(row).astype(int), whole(column).astype(int)
    f, e = weights(row - i, column - j)
    upper = (1 - e) * image[i, j] + e * image[i, j + 1]
    lower = (1 - e) * image[i + 1, j] + e * image[i + 1, j + 1]
    return (1 - f) * upper + f * lower


def positions_inputs(rng):
    # All positions are inside, too, where rows and columns are exchanged, or rounding is up. One
    # row and one column are whole: there floor and ceil are the same.
    short, long = int(rng.integers(5, 8)), int(rng.integers(9, 12))
    image = rng.uniform(0, 1, (short, long) if rng.random() < 0.5 else (long, short))
    row, column = rng.uniform(0, short - 1.6, (2, 10 + rng.integers(4)))
    row[3], column[6] = rng.integers(0, short - 2, 2)
    return image, row, column


def neighbours(image, row, column):
    """The four neighbours, and the parts that are left: A, B above, C, D below, f, e."""
    i, j = np.floor(row).astype(int), np.floor(column).astype(int)
    four = image[i, j], image[i, j + 1], image[i + 1, j], image[i + 1, j + 1]
    return *four, row - i, column - j


def only_along_row(image, row, column):
    A, B, _, _, _, e = neighbours(image, row, column)
    return (1 - e) * A + e * B


def only_along_column(image, row, column):
    A, _, C, _, f, _ = neighbours(image, row, column)
    return (1 - f) * A + f * C


def only_the_diagonal(image, row, column):
    A, _, _, D, f, e = neighbours(image, row, column)
    return (1 - f) * (1 - e) * A + f * e * D


def floor_and_ceil(image, row, column):
    above, left = np.floor(row).astype(int), np.floor(column).astype(int)
    below, right = np.ceil(row).astype(int), np.ceil(column).astype(int)
    upper = (right - column) * image[above, left] + (column - left) * image[above, right]
    lower = (right - column) * image[below, left] + (column - left) * image[below, right]
    return (below - row) * upper + (row - above) * lower


def sum_of_two_ways(image, row, column):
    return only_along_row(image, row, column) + only_along_column(image, row, column)


def whole_positions(image, row, column):
    A, B, C, D, _, _ = neighbours(image, row, column)
    upper, lower = (1 - column) * A + column * B, (1 - column) * C + column * D
    return (1 - row) * upper + row * lower


def all_of_the_upper_row(image, row, column):
    A, B, C, D, f, e = neighbours(image, row, column)
    return (1 - e) * A + e * B + f * ((1 - e) * C + e * D)


def all_pairs(image, row, column):
    i, j = np.floor(row).astype(int), np.floor(column).astype(int)
    f, e = row - i, column - j
    upper = (1 - e) * image[i][:, j] + e * image[i][:, j + 1]
    lower = (1 - e) * image[i + 1][:, j] + e * image[i + 1][:, j + 1]
    return (1 - f) * upper + f * lower


def rows_as_long_as_columns(image, row, column):
    """What i * H + j finds in the flattened image, in place of i * W + j."""
    H, W = image.shape
    places = H * np.arange(H)[:, None] + np.arange(W)
    return between_four(image.ravel().take(places, mode="clip"), row, column)


BILINEAR = Exercise(bilinear, positions_inputs, wrong={
    "Rows and columns are exchanged: the first index of image is the row.":
        lambda image, row, column: bilinear(image, column, row),
    "f and e are exchanged: what is left of row weighs rows, what is left of column columns.":
        lambda image, row, column: between_four(image, row, column, weights=lambda f, e: (e, f)),
    "f and 1 - f are exchanged, e and 1 - e too: the nearer a pixel, the more it counts.":
        lambda image, row, column: between_four(image, row, column, weights=lambda f, e: (1 - f, 1 - e)),  # LONG
    "f and 1 - f are exchanged: at f = 0 all comes from the upper row.":
        lambda image, row, column: between_four(image, row, column, weights=lambda f, e: (1 - f, e)),  # LONG
    "e and 1 - e are exchanged: at e = 0 all comes from the left column.":
        lambda image, row, column: between_four(image, row, column, weights=lambda f, e: (f, 1 - e)),  # LONG
    "You used what is left of row for both directions: columns have their own, column - j.":
        lambda image, row, column: between_four(image, row, column, weights=lambda f, e: (f, f)),
    "You used what is left of column for both directions: rows have their own, row - i.":
        lambda image, row, column: between_four(image, row, column, weights=lambda f, e: (e, e)),
    "i and j were rounded to the nearest: the pixel above and to the left is wanted, xp.floor.":
        lambda image, row, column: between_four(image, row, column, whole=np.rint),
    "This is the nearest pixel: four of them have their share.":
        lambda image, row, column: image[np.rint(row).astype(int), np.rint(column).astype(int)],
    "This is the pixel above and to the left: four of them have their share.":
        lambda image, row, column: neighbours(image, row, column)[0],
    "This is the plain mean of the four: the nearer a pixel, the more it counts.":
        lambda image, row, column: sum(neighbours(image, row, column)[:4]) / 4,
    "Only along the row: do the same in the row below, then go between the two.": only_along_row,
    "Only along the column: do the same in the column to the right, then go between the two.":
        only_along_column,
    "This is the mean of two ways, along the row and along the column: the fourth pixel is "
    "missing.": lambda image, row, column: sum_of_two_ways(image, row, column) / 2,
    "You added the way along the row and that along the column: the weights have to sum to 1.":
        sum_of_two_ways,
    "f and e are whole positions: subtract i and j, so that they lie between 0 and 1.":
        whole_positions,
    "f and e have the wrong sign: row - i and column - j.":
        lambda image, row, column: between_four(image, row, column, weights=lambda f, e: (-f, -e)),
    "The upper row counts in full: it has the weight 1 - f.": all_of_the_upper_row,
    "Two corners are missing, above to the right and below to the left: the weights sum to 1.":
        only_the_diagonal,
    "At whole positions floor and ceil are the same, and the weights 0: take i + 1 and 1 - f.":
        floor_and_ceil,
    "image[i][:, j] makes all pairs, shape (M, M): image[i, j] takes them one by one.": all_pairs,
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


def gaps_of_bins(
    confidence, correct, bins, place=lambda c, bins: np.ceil(c * bins) - 1, claim=None, to=None
):
    """The same without a loop, and with one thing done in another way.

    `place` says in which bin a confidence lies (-1 is none), `claim` what stands for the mean
    confidence of bin b, and `to` makes a number of the shares n_b / N and the gaps.
    """
    places = place(confidence, bins).astype(int)
    chosen = places >= 0
    n_b = np.bincount(places[chosen])
    filled = np.flatnonzero(n_b)

    def mean(values):
        return np.bincount(places[chosen], values[chosen])[filled] / n_b[filled]

    shares = n_b[filled] / len(correct)
    gaps = mean(correct) - (mean(confidence) if claim is None else claim(filled, bins))
    return (shares * np.abs(gaps)).sum() if to is None else to(shares, gaps)


def calibration(**changes):
    """`gaps_of_bins` with one thing done in another way, as a function of the three inputs."""
    return lambda confidence, correct, bins: gaps_of_bins(confidence, correct, bins, **changes)


def left_end_included(confidence, bins):
    """Bins from low <= to < high: 1 lies in none of them."""
    places = np.floor(confidence * bins)
    return np.where(places == bins, -1, places)


def left_end_and_one(confidence, bins):
    return np.minimum(np.floor(confidence * bins), bins - 1)


def from_the_smallest(confidence, bins):
    edges = np.histogram_bin_edges(confidence, bins)
    return np.minimum(np.digitize(confidence, edges) - 1, bins - 1)


def equally_many(confidence, bins):
    places = np.empty(len(confidence), int)
    for b, chosen in enumerate(np.array_split(np.argsort(confidence, kind="stable"), bins)):
        places[chosen] = b
    return places


def both_ends_included(confidence, correct, bins):
    total = 0
    for b in range(bins):
        inside = (confidence >= b / bins) & (confidence <= (b + 1) / bins)
        if inside.any():
            total += inside.mean() * abs(correct[inside].mean() - confidence[inside].mean())
    return total


def accuracy_of_all(confidence, correct, bins):
    everywhere = np.full(len(correct), correct.mean())
    return gaps_of_bins(confidence, everywhere, bins)


MISCALIBRATED = {
    "This is the first bin alone: `return` stands within the loop.": (
        calibration(to=lambda shares, gaps: shares[0] * abs(gaps[0]))
    ),
    "This is the last bin alone: add each to the others before it, `total += …`.": (
        calibration(to=lambda shares, gaps: shares[-1] * abs(gaps[-1]))
    ),
    "The first bin is missing: it begins at 0.": (
        calibration(to=lambda shares, gaps: (shares * np.abs(gaps))[1:].sum())
    ),
    "The last bin is missing: it ends at 1.": (
        calibration(to=lambda shares, gaps: (shares * np.abs(gaps))[:-1].sum())
    ),
    "You divided by N twice: the means in a bin are over its own n_b examples, `correct[inside].mean()`.": (
        calibration(to=lambda shares, gaps: (shares**2 * np.abs(gaps)).sum())
    ),
    "You took the accuracy of all: each bin has its own, `correct[inside].mean()`.": accuracy_of_all,
    "Both ends are included, so that an example on an end counts twice: `> low` and `<= high`.": (
        both_ends_included
    ),
    "Every bin counts alike: weigh each by n_b / N, its share of the examples.": (
        calibration(to=lambda shares, gaps: np.abs(gaps).mean())
    ),
    "Every bin counts alike, the empty ones too: weigh each by n_b / N.": (
        lambda confidence, correct, bins: (
            gaps_of_bins(confidence, correct, bins, to=lambda shares, gaps: np.abs(gaps).sum())
            / bins
        )
    ),
    "You added the gaps up: weigh each by n_b / N, its share of the examples.": (
        calibration(to=lambda shares, gaps: np.abs(gaps).sum())
    ),
    "You weighed by n_b: its share of all examples, n_b / N, is due.": (
        lambda confidence, correct, bins: len(correct) * gaps_of_bins(confidence, correct, bins)
    ),
    "The absolute value is missing: a bin that claims too much and one that claims too little "
    "cancel.": calibration(to=lambda shares, gaps: (shares * gaps).sum()),
    "All is in one bin, or abs came after the sum: take the absolute value in each bin, then add.": (
        lambda confidence, correct, bins: abs(correct.mean() - confidence.mean())
    ),
    "You compared with the middle of the bin: the mean of the confidences in it is due.": (
        calibration(claim=lambda b, bins: (b + 0.5) / bins)
    ),
    "You compared with the upper end of the bin: the mean of the confidences in it is due.": (
        calibration(claim=lambda b, bins: (b + 1) / bins)
    ),
    "There are no bins in this: one answer is right or wrong, only a group has an accuracy.": (
        lambda confidence, correct, bins: np.abs(correct - confidence).mean()
    ),
    "You squared the gaps: their absolute values are due.": (
        calibration(to=lambda shares, gaps: (shares * gaps**2).sum())
    ),
    "This is the largest gap: the mean is due, weighed by n_b / N.": (
        calibration(to=lambda shares, gaps: np.abs(gaps).max())
    ),
    "You compared with the share that is wrong: the accuracy is the share that is right.": (
        lambda confidence, correct, bins: gaps_of_bins(confidence, 1 - correct, bins)
    ),
    "A confidence of 1 lies in no bin: (low, high] includes the right end, `<= high`.": (
        calibration(place=left_end_included)
    ),
    "A bin includes its right end, not its left one: `> low` and `<= high`.": (
        calibration(place=left_end_and_one)
    ),
    "There are 10 bins whatever is asked: use the argument `bins`.": (
        lambda confidence, correct, bins: gaps_of_bins(confidence, correct, 10)
    ),
    "One bin too few: bins of them have bins + 1 ends, `np.linspace(0, 1, bins + 1)`.": (
        lambda confidence, correct, bins: gaps_of_bins(confidence, correct, bins - 1)
    ),
    "The bins begin at the smallest confidence, as np.histogram does by itself: from 0 to 1 is due.": (
        calibration(place=from_the_smallest)
    ),
    "These bins hold equally many examples: here they are equally wide.": (
        calibration(place=equally_many)
    ),
}


def answers_inputs(rng):
    """Draw until no two of the mistakes come to the same, which bins of one sign make likely."""
    while True:
        inputs = draw_answers(rng)
        values = [function(*inputs) for function in MISCALIBRATED.values()]
        values.append(expected_calibration_error(*inputs))
        if all(abs(a - b) > 1e-3 * max(abs(a), abs(b)) for a, b in combinations(values, 2)):
            return inputs


def draw_answers(rng):
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


EXPECTED_CALIBRATION_ERROR = Exercise(expected_calibration_error, answers_inputs, wrong={
    **MISCALIBRATED,
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
        lambda order, W: W[order][:, order],
    "You moved the rows twice: once is enough.": lambda order, W: W[order][order],
    "This is the transpose: W' has the shape of W.": lambda order, W: W[order].T,
    "You transposed W first: its rows belong to the inputs already.": lambda order, W: W.T[order],
    "W[order, order] picks one element for each input: W[order] picks whole rows.":
        lambda order, W: W[order, order],
    "`take` without an axis counts through all elements: axis=0 takes rows.":
        lambda order, W: np.take(W, order),
    "This is one row: take all of them, in the new order.": lambda order, W: W[order[0]],
    "This matrix puts things in order, but W is not in it: multiply W by it from the left.":
        lambda order: np.eye(len(order))[order],
})  # fmt: skip


EXERCISES = [STANDARD_ERROR, SMOOTHED_TARGETS, BILINEAR, EXPECTED_CALIBRATION_ERROR, ROWS_FOR]
