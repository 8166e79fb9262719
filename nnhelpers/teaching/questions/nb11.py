"""The quick questions of notebook 11, Hyperparameter tuning."""

import math

from .question import Choice, Number

QUESTIONS = [
    Number(
        name="steps_of_one_curve",
        text="A network learns from 1,000 digits, in batches of 50, for 9 epochs. How many steps "
        "does its optimizer take?",
        answer=lambda: 1000 // 50 * 9,
        why="20 batches in each epoch, 9 epochs. Such a training takes a tenth of a second or so: "
        "that is why we can afford hundreds of them below.",
        mistakes={
            "That is one epoch.": lambda: 1000 // 50,
            "So many it would be with a step for each digit: a step uses a whole batch.": (
                lambda: 1000 * 9
            ),
            "You multiplied the batch size by the epochs. How many batches has an epoch?": (
                lambda: 50 * 9
            ),
            "An epoch goes through all batches, not through one.": lambda: 9,
        },
    ),
    Choice(
        name="a_wide_gap",
        text="In training 100%, in validation 88%. Which of these would you change first?",
        right=(
            "More penalty, or more dropout.",
            "It has learned the digits by heart. What makes that harder narrows the gap, at the "
            "price of some accuracy in training.",
        ),
        wrong={
            "More units, and more epochs.": (
                "It can already do everything that training asks. What would more room for "
                "learning by heart be good for?"
            ),
            "A smaller learning rate, so that it settles better.": (
                "With 100% in training it has settled as well as one can: J is not the trouble."
            ),
        },
        place=1,
    ),
    Number(
        name="values_of_one_axis",
        text="You search 4 hyperparameters with 256 trainings on a grid that has equally many "
        "values for each. How many different learning rates do you try?",
        answer=lambda: round(256 ** (1 / 4)),
        why="4 · 4 · 4 · 4 = 256. Random points would try 256 learning rates for the same price.",
        mistakes={
            "So many random points would try. On a grid, most trainings repeat a value.": (
                lambda: 256
            ),
            "You divided, but the axes multiply: 64 values on each would be 64⁴ trainings.": (
                lambda: 256 / 4
            ),
            "That is for two hyperparameters.": lambda: 16,
        },
    ),
    Choice(
        name="a_longer_search",
        text="You compared 10 networks and the best has 97.6% in validation. A friend compared "
        "1,000 on the same 10,000 digits; her best has 97.8%. Whose will do better on new digits?",
        right=(
            "One cannot tell.",
            "The best of 1,000 draws is flattered by some 3σ, that of 10 by about 1.5σ. With "
            "σ = 0.15 points, this alone explains the difference.",
        ),
        wrong={
            "Hers, most likely by those 0.2 points.": (
                "Both numbers are flattered, hers more: she had 1,000 draws to be lucky in."
            ),
            "Yours, as it was chosen from fewer.": (
                "Choosing from many makes the *number* too kind. It does not make the network "
                "worse."
            ),
        },
        place=2,
    ),
    Number(
        name="share_of_a_piece",
        text="A learning rate is drawn between 0.0001 and 1, uniformly on a log scale. With which "
        "probability does it fall between 0.001 and 0.03?",
        answer=lambda: math.log(0.03 / 0.001) / math.log(1 / 0.0001),
        why="$\\ln 30/\\ln 10^4$: the piece is about 1.5 of 4 decades long.",
        mistakes={
            "So it would be on a plain scale. Here lengths are measured in decades.": (
                lambda: (0.03 - 0.001) / (1 - 0.0001)
            ),
            "That is one decade of four. But the piece goes on to 0.03.": lambda: 1 / 4,
            "That is two decades of four. But the piece ends at 0.03, before 0.1.": lambda: 2 / 4,
            "That is its length in decades: divide by the length of the whole axis.": (
                lambda: math.log10(0.03 / 0.001)
            ),
        },
        tolerance=0.02,
    ),
    Choice(
        name="curves_that_cross",
        text="You know of a problem that those ahead after one epoch are no better than the others "
        "in the end. Which search do you take, with r = 1 where it has one?",
        right=(
            "Plain random search, each to the end.",
            "If early epochs say nothing, every cut is drawn by lot, and what was spent on those "
            "who were sent home is lost.",
        ),
        wrong={
            "Successive halving, with more configurations.": (
                "More candidates do not help if the judge who sends them home is blind."
            ),
            "Hyperband, for it has an insurance.": (
                "The insurance is for those who do *not know*. You do, and would spend two "
                "brackets of three on a blind judge."
            ),
        },
        place=0,
    ),
    Choice(
        name="at_the_edge",
        text="You searched learning rates from 0.0001 to 0.1. The five best of 60 trials lie "
        "between 0.08 and 0.1. What now?",
        right=(
            "Search on, up to 1.",
            "The best ones crowd at the fence: perhaps the best of all stands behind it.",
        ),
        wrong={
            "Take the best of the five.": (
                "It may be good. But you looked only to one side of it, and the other side is "
                "where it pointed."
            ),
            "Search on between 0.08 and 0.1, finely.": (
                "Two learning rates so close behave nearly alike; and all of it lies on this side "
                "of the fence."
            ),
        },
        place=1,
    ),
]
