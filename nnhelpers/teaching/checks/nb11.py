"""The exercises of notebook 11, Hyperparameter tuning."""

import math

import numpy as np

from .exercise import Exercise
from .mistakes import backwards, by_index

# --- log_uniform ----------------------------------------------------------------------------------


def log_uniform(u, low, high):
    return low * (high / low) ** u


def range_inputs(rng):
    # Ends of this size keep every wrong answer finite, and far from the right one.
    low = float(rng.uniform(0.01, 0.2))
    return rng.uniform(0.1, 0.9, size=6), low, low * float(rng.uniform(30, 100))


LOG_UNIFORM = Exercise(log_uniform, range_inputs, wrong={
    "This is uniform between low and high: the exponents should be uniform.":
        lambda u, low, high: low + u * (high - low),
    "These are the exponents: take np.exp of them.":
        lambda u, low, high: np.log(low) + u * np.log(high / low),
    "These are powers of 10's exponents: take 10 to that power.":
        lambda u, low, high: np.log10(low) + u * np.log10(high / low),
    "The range is upside down: u = 0 should give low, u = 1 high.":
        lambda u, low, high: high * (low / high) ** u,
    "low is missing as a factor: u = 0 should give low, yours gives 1.":
        lambda u, low, high: (high / low) ** u,
    "You multiplied by u: it belongs in the exponent.": lambda u, high: u * high,
    "The logarithms of the ends are missing: low and high are no exponents.":
        lambda u, low, high: np.exp(low + u * (high - low)),
    "Base 10 and base e are mixed: np.exp undoes np.log, and 10 ** x undoes np.log10.":
        lambda u, low, high: np.exp(np.log10(low) + u * np.log10(high / low)),
    "You raised 10 to the power of a natural logarithm: np.exp undoes np.log.":
        lambda u, low, high: 10 ** (np.log(low) + u * np.log(high / low)),
    "The ends stand in the exponent: take np.log10 of both before you raise 10 to a power.":
        lambda u, low, high: 10 ** (low + u * (high - low)),
    "The logarithm comes too late: it is ln(x) that should be uniform, so take exp at the end.":
        lambda u, low, high: np.log(low + u * (high - low)),
    "These numbers are evenly spaced and take no notice of u.":
        lambda low, high, N: np.geomspace(low, high, N),
    "high should be divided by low: the exponent u belongs to the ratio of the ends.":
        lambda u, low, high: low * high**u,
    "ln(high) - ln(low) is ln(high / low): yours is ln(high - low).":
        lambda u, low, high: low * (high - low) ** u,
})  # fmt: skip


# --- trials_needed --------------------------------------------------------------------------------


def trials_needed(share, confidence):
    return math.ceil(math.log(1 - confidence) / math.log(1 - share))


def share_inputs(rng):
    # The exact number has small decimals, so that int and round both come out too small.
    exact = 0.0
    while not 0.1 < exact % 1 < 0.4:
        share, confidence = float(rng.uniform(0.02, 0.05)), float(rng.uniform(0.8, 0.9))
        exact = math.log(1 - confidence) / math.log(1 - share)
    return share, confidence


def quotient(a, b):
    """ln(a) / ln(b), rounded up."""
    return math.ceil(math.log(a) / math.log(b))


TRIALS_NEEDED = Exercise(trials_needed, share_inputs, distinct=True, wrong={
    "One too few: n must be rounded up, or the probability is a little too small.":
        lambda right: right - 1,
    "One too many: rounding up is enough.": lambda right: right + 1,
    "Round up: a search cannot have a part of a trial.":
        lambda share, confidence: math.log(1 - confidence) / math.log(1 - share),
    "The fraction comes out below 1: it is upside down, or a `1 -` is missing.":
        lambda share, confidence: quotient(1 - share, 1 - confidence),
    "You took share above: 0.05 was both the share and 1 - confidence in the example.":
        lambda share: quotient(share, 1 - share),
    "You took confidence below: 0.95 was both confidence and 1 - share in the example.":
        lambda confidence: quotient(1 - confidence, confidence),
    "share and confidence are swapped: above 1 - confidence is due, below 1 - share.":
        lambda share, confidence: quotient(share, confidence),
    "You took confidence where 1 - confidence, the probability to miss, was due.":
        lambda share, confidence: quotient(confidence, 1 - share),
    "1 / share trials have one hit on average: many such searches have none.":
        lambda share: math.ceil(1 / share),
    "60 was the answer to the example: here share and confidence are others.": lambda: 60,
    "ln(a) / ln(b) is not ln(a / b): take two logarithms, then divide.":
        lambda share, confidence: math.ceil(math.log((1 - confidence) / (1 - share))),
    "This is how many trials it takes for a mean of confidence hits: some have none.":
        lambda share, confidence: math.ceil(confidence / share),
})  # fmt: skip


# --- halving_survivors ----------------------------------------------------------------------------


def halving_survivors(scores, eta):
    return np.argsort(-scores)[: max(1, len(scores) // eta)]


def scores_inputs(rng):
    eta = 3 + rng.integers(2)
    n = int(eta * (6 + rng.integers(3)) + eta - 1)  # rounding to the nearest goes wrong as well
    scores = rng.permutation(np.linspace(0.2, 0.9, n)) + rng.uniform(0, 0.01, n)
    # Positions and scores are in no simple relation, and the first ones are not the best ones.
    k = n // eta
    while set(np.argsort(-scores)[:k].tolist()) & {0, 1}:
        scores = rng.permutation(scores)
    return scores, int(eta)


HALVING_SURVIVORS = Exercise(halving_survivors, scores_inputs, terms={
    "k": lambda eta, N: N // eta,
    "best_first": lambda scores: np.argsort(-scores),
}, wrong={
    "These are the worst: np.argsort puts the smallest first.":
        lambda scores, k: np.argsort(scores)[:k],
    "The right ones in reverse order: the best comes first.": backwards,
    "The right ones in the order of their indices: the best comes first.": by_index,
    "You reversed the scores before sorting: reverse afterwards, np.argsort(scores)[::-1].":
        lambda scores, k: np.argsort(scores[::-1])[:k],
    "This is the best one alone: len(scores) // eta of them go on.": lambda right: right[0],
    "These are the scores: return the indices, from np.argsort.":
        lambda scores, right: scores[right],
    "One too many: the number of survivors is rounded down.":
        lambda best_first, k: best_first[: k + 1],
    "You kept the best eta: keep len(scores) // eta of them.":
        lambda best_first, eta: best_first[:eta],
    "You dropped 1/eta of them: only 1/eta of them are kept.":
        lambda best_first, k: best_first[: len(best_first) - k],
    "These are the first ones: sort by score before you cut.": lambda k: np.arange(k),
    "You returned all in order: only the best 1/eta go on.": lambda best_first: best_first,
})  # fmt: skip


# --- hyperband_brackets ---------------------------------------------------------------------------


def hyperband_brackets(R, eta):
    s_max = largest_power(R, eta)
    s = np.arange(s_max, -1, -1)
    n = [math.ceil((s_max + 1) * eta**i / (i + 1)) for i in s.tolist()]
    return np.array(n), R // eta**s  # R is a power of eta here


def largest_power(R, eta):
    """The largest s with eta**s <= R."""
    s = 0
    while eta ** (s + 1) <= R:
        s += 1
    return s


def bracket_inputs(rng):
    # Of the small powers only for these two is the logarithms' quotient a little too small.
    return [(243, 3), (1000, 10)][rng.integers(2)]


def ordinary_bracket_inputs(rng):
    # In all of these, too, some n is no whole number before it is rounded up. For 125 and 216 the
    # quotient is a little too large.
    return [(8, 2), (16, 2), (32, 2), (9, 3), (81, 3), (64, 4), (125, 5), (216, 6)][rng.integers(8)]


def rounded_up(numbers):
    return np.ceil(numbers).astype(int)


def brackets(s_max, R, eta):
    s = np.arange(s_max, -1, -1)
    return {"n": rounded_up((s_max + 1) * eta**s / (s + 1)), "r": R // eta**s}


HYPERBAND_BRACKETS = Exercise(
    hyperband_brackets, bracket_inputs, also=ordinary_bracket_inputs, returns=("n", "r"), terms={
    "s_max": largest_power,
    "s": lambda s_max: np.arange(s_max, -1, -1),
}, wrong={
    "n is rounded down: a bracket may cost a little more, so round up.":
        {"n": lambda s, s_max, eta: (s_max + 1) * eta**s // (s + 1)},
    "n is not rounded up: half a configuration cannot be trained.":
        {"n": lambda s, s_max, eta: (s_max + 1) * eta**s / (s + 1)},
    "n is rounded up too early: first multiply by eta ** s, then round.":
        {"n": lambda s, s_max, eta: rounded_up((s_max + 1) / (s + 1)) * eta**s},
    "n lacks (s_max + 1)/(s + 1): the brackets do not cost the same.": {"n": lambda s, eta: eta**s},
    "n has (s + 1)/(s_max + 1) upside down.":
        {"n": lambda s, s_max, eta: rounded_up((s + 1) * eta**s / (s_max + 1))},
    "n counts the brackets one too few: there are s_max + 1, as s = 0 is one of them.":
        {"n": lambda s, s_max, eta: rounded_up(s_max * eta**s / (s + 1))},
    "n lacks the factor eta ** s: short trainings allow many configurations.":
        {"n": lambda s, s_max: rounded_up((s_max + 1) / (s + 1))},
    "The right brackets in reverse order: s goes from s_max down to 0.": {"n": backwards},
    "r grows with s: the bracket with the most halvings begins with the shortest.":
        {"r": lambda s, eta: eta**s},
    "r has s as a factor: R is divided by eta to the power of s.":
        {"r": lambda s, R, eta: R // eta * s},
    "r is R in every bracket: it should be R / eta ** s.": {"r": lambda s, R: np.full_like(s, R)},
    "The quotient of the logarithms comes out a little below a whole number, and int cuts it off: "
    "find s_max by a loop.": lambda R, eta: brackets(int(math.log(R) / math.log(eta)), R, eta),
    "The last bracket is missing: s goes down to 0, plain random search.":
        {"n": lambda right: right[:-1], "r": lambda right: right[:-1]},
})  # fmt: skip
