"""The exercises of notebook 04, Stochastic gradient descent."""

import numpy as np

from .exercise import Exercise
from .mistakes import doubled

# --- minibatches: any shuffle is right, so a judge looks at the batches ---------------------------


def minibatches(N, batch_size, rng):
    order = rng.permutation(N)
    return [order[start : start + batch_size] for start in range(0, N, batch_size)]


def minibatches_inputs(rng):
    batch_size = int(rng.integers(8, 13))
    N = 3 * batch_size + int(rng.integers(2, batch_size - 2))  # the last batch is smaller
    return N, batch_size, np.random.default_rng(rng.integers(2**32))


def whole_batches_inputs(rng):
    N, batch_size, generator = minibatches_inputs(rng)
    return N // batch_size * batch_size, batch_size, generator


NO_STEP = "Every example comes many times: go from batch to batch with range(0, N, batch_size)."
ONE_BATCH = "You return one batch only. Look whether `return` stands inside the loop."
EMPTY = "A batch is empty: a slice runs from start to start + batch_size."
EMPTY_LAST = "The last batch is empty if batch_size divides N: go through range(0, N, batch_size)."
OUTSIDE = "There are indices above N - 1 or below 0: indices run from 0 to N - 1."
GAPS = "Some examples are missing: each batch begins where the one before ended, the first at 0."
DROPPED = "The last, smaller batch is missing: its examples would never be seen."
REPEATED = "Some examples come twice and others never: every one comes once in an epoch."
NOT_SHUFFLED = "The examples come in their old order: shuffle them with rng.permutation(N)."
NOT_YOUR_RNG = "The order is not drawn from the rng that was passed: use rng.permutation(N)."
ALWAYS_SAME = "Every epoch has the same order: draw from the rng that was passed, unseeded by you."
UNEVEN = "Every batch has batch_size examples, and only the last one may have fewer."
ONLY_WITHIN = "You shuffled inside each batch only: the same examples would always meet."
NOT_INDICES = "Return one array of whole numbers, the indices of its examples, for each batch."


def judge_minibatches(call, N, batch_size, rng):
    seed = int(rng.integers(2**32))

    def epoch(rng):
        answer = call(N, batch_size, rng)
        batches = [np.asarray(batch) for batch in answer] if np.iterable(answer) else []
        good = all(batch.ndim == 1 and batch.dtype.kind in "iu" for batch in batches)
        return batches if good else []

    batches = epoch(np.random.default_rng(seed))
    if not batches:
        return NOT_INDICES
    counts = [len(batch) for batch in batches]
    if 0 in counts:
        return EMPTY if 0 in counts[:-1] else EMPTY_LAST
    order = np.concatenate(batches)
    if np.array_equal(order, np.arange(len(order))):
        return NOT_SHUFFLED
    problem = judge_the_examples(order, counts, N, batch_size)
    if problem:
        return problem
    if counts != [len(batch) for batch in minibatches(N, batch_size, rng)]:
        return UNEVEN
    if np.array_equal(order // batch_size, np.arange(N) // batch_size):
        return ONLY_WITHIN
    if np.array_equal(order, np.concatenate(epoch(np.random.default_rng(seed + 1)))):
        return ALWAYS_SAME
    if not np.array_equal(order, np.concatenate(epoch(np.random.default_rng(seed)))):
        return NOT_YOUR_RNG
    return None


def judge_the_examples(order, counts, N, batch_size):
    """Say what is wrong if not each of the N examples comes just once; else None."""
    different = set(order.tolist())
    if not different <= set(range(N)):
        return OUTSIDE
    if len(different) == len(order) == N:
        return None
    if len(different) < len(order):
        return NO_STEP if len(different) == N and len(order) > 2 * N else REPEATED
    if counts == [batch_size]:
        return ONE_BATCH
    return DROPPED if counts == [batch_size] * (N // batch_size) else GAPS


MINIBATCHES = Exercise(
    minibatches, minibatches_inputs, also=whole_batches_inputs, judge=judge_minibatches, terms={
    "order": lambda N, rng: rng.permutation(N),
    "starts": lambda N, batch_size: range(0, N, batch_size),
    "unshuffled": lambda N, batch_size, starts: [np.arange(N)[s : s + batch_size] for s in starts],
}, wrong={
    DROPPED: lambda right: right[:-1],
    REPEATED: lambda N, batch_size, rng, starts: [rng.integers(0, N, batch_size) for _ in starts],
    NOT_SHUFFLED: lambda unshuffled: unshuffled,
    NOT_YOUR_RNG: lambda N, batch_size: minibatches(N, batch_size, np.random.default_rng()),
    ALWAYS_SAME: lambda N, batch_size: minibatches(N, batch_size, np.random.default_rng(0)),
    UNEVEN: lambda N, batch_size, order: np.array_split(order, -(-N // batch_size)),
    ONLY_WITHIN: lambda unshuffled, rng: [rng.permutation(batch) for batch in unshuffled],
    NO_STEP: lambda N, batch_size, order: [order[s : s + batch_size] for s in range(N)],
    ONE_BATCH: lambda right: right[:1],
    EMPTY: lambda batch_size, order, starts: [order[s:batch_size] for s in starts],
    EMPTY_LAST: lambda N, batch_size, order:
        [order[s : s + batch_size] for s in range(0, N + 1, batch_size)],
    OUTSIDE: lambda right: [1 + batch for batch in right],
    GAPS: lambda right: [batch[:-1] for batch in right],
    NOT_INDICES: lambda order: order,
})  # fmt: skip


# --- cosine_schedule ------------------------------------------------------------------------------


def cosine_schedule(progress):
    return (1 + np.cos(np.pi * progress)) / 2


COSINE_SCHEDULE = Exercise(cosine_schedule, lambda rng: (float(rng.uniform(0.1, 0.4)),), terms={
    "c": lambda progress: np.cos(np.pi * progress),
}, wrong={
    "The ½ is missing: the factor starts at 1, not at 2.": doubled,
    "The 1 + is missing: the factor ends at 0, never below it.": lambda c: c,
    "You halved the cosine only: (1 + cos) / 2 needs its brackets.": lambda c: 1 + c / 2,
    "You halved the cosine and left out the 1: it goes from ½ to -½. Add 1 first, then halve.":
        lambda c: c / 2,
    "progress belongs inside the cosine, np.cos(np.pi * progress): yours is a straight line.":
        lambda progress: (1 + np.cos(np.pi) * progress) / 2,
    "This is a sine, which is ½ at the start: the cosine begins at its top.":
        lambda progress: (1 + np.sin(np.pi * progress)) / 2,
    "π divided by progress is no angle of a wave: multiply, np.cos(np.pi * progress).":
        lambda progress: (1 + np.cos(np.pi / progress)) / 2,
    "3.14 is not precise enough for this check: take np.pi.":
        lambda progress: (1 + np.cos(3.14 * progress)) / 2,
    "π is missing: half a wave goes from cos 0 to cos π.":
        lambda progress: (1 + np.cos(progress)) / 2,
    "180 is for degrees: NumPy's cosine takes radians, and half a wave is π.":
        lambda progress: (1 + np.cos(180 * progress)) / 2,
    "This is a whole wave: the factor would come back up to 1. Half of it ends at cos π.":
        lambda progress: (1 + np.cos(2 * np.pi * progress)) / 2,
    "It rises from 0 to 1: the sign of the cosine is flipped.": lambda c: (1 - c) / 2,
    "This is a quarter of a wave, which drops steeply at the end: use (1 + cos πt) / 2.":
        lambda progress: np.cos(np.pi * progress / 2),
    "This is the straight line 1 - progress: bend it with a cosine.": lambda progress: 1 - progress,
})  # fmt: skip


# --- smooth ---------------------------------------------------------------------------------------


def smooth(values, beta):
    s = np.empty(len(values))
    s[0] = values[0]
    for t in range(1, len(values)):
        s[t] = beta * s[t - 1] + (1 - beta) * values[t]
    return s


def smooth_inputs(rng):
    return rng.uniform(1, 3, int(rng.integers(6, 12))), rng.uniform(0.6, 0.9)


SMOOTH = Exercise(smooth, smooth_inputs, terms={
    "from_0": lambda values, beta: smooth(np.append(0.0, values), beta)[1:],
}, wrong={
    "It starts at 0, so it is too low for a long time: start at the first value.":
        lambda from_0: from_0,
    "s[0] was left at 0: it is the first value, and the loop starts after it.":
        lambda values, beta: smooth(np.append(0.0, values[1:]), beta),
    "beta and 1 - beta have changed places: beta belongs to the old average.":
        lambda values, beta: smooth(values, 1 - beta),
    "Each average comes one step late: s[t] already contains values[t].":
        lambda right: np.append(right[:1], right[:-1]),
    "You averaged with the value before, not with the average before: use s[t - 1].":
        lambda values, beta: beta * np.append(values[:1], values[:-1]) + (1 - beta) * values,
    "The factor 1 - beta is missing: the new value counts 1 - beta, or it all adds up.":
        lambda values, beta: smooth(np.append(values[:1], values[1:] / (1 - beta)), beta),
    "Only the first step was made. Look whether `return` stands inside the loop.":
        lambda right: right * (np.arange(len(right)) < 2),
    "The last average is missing: range(1, T) goes to T - 1 by itself.":
        lambda right: np.append(right[:-1], 0.0),
    "The old average never changes: put the new one in its place in each step.":
        lambda values, beta: np.append(values[:1], beta * values[0] + (1 - beta) * values[1:]),
    "You mixed each value with itself: beta belongs to s[t - 1], the average before.":
        lambda values: values,
    "This starts at 0 and divides by 1 - beta^t to make up for it (you will meet that in notebook "
    "08): start at the first value.":
        lambda from_0, beta, N: from_0 / (1 - beta ** np.arange(1, N + 1)),
    "Return the averages of all steps, shape (T,), not only the last.": lambda right: right[-1],
})  # fmt: skip
