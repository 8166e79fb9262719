"""The quick questions of notebook 05, L2 regularization."""

from .question import Choice, Number

QUESTIONS = [
    Choice(
        name="which_digits_choose",
        text="You have trained with five learning rates and want to keep the best. By which accuracy "
        "do you choose?",
        right=(
            "On the validation digits",
            "They were not trained on, and the test digits stay untouched for the last word.",
        ),
        wrong={
            "On the training digits": "That prefers whoever learned them by heart. You want to know "
            "about digits that nobody has learned.",
            "On the test digits": "Once they have chosen, they are no longer unseen: their number "
            "flatters from then on.",
        },
        place=1,
    ),
    Number(
        name="weights_without_biases",
        text="How many weights, without the biases, has a network 784-64-10?",
        answer=lambda: 784 * 64 + 64 * 10,
        why="$784\\cdot64 + 64\\cdot10$: one for each line between two units.",
        mistakes={
            "You counted the biases as well, 64 and 10.": lambda: 785 * 64 + 65 * 10,
            "That is the first layer alone.": lambda: 784 * 64,
            "You multiplied all the sizes. Each layer has its own matrix, and they add up.": (
                lambda: 784 * 64 * 10
            ),
        },
        unit="weights",
    ),
    Number(
        name="penalty_of_two_weights",
        text="A layer has the weights 3 and −4 and the bias 2. With λ = 0.2, what is its penalty?",
        answer=lambda: 0.2 / 2 * (3**2 + 4**2),
        why="$\\frac{0.2}{2}(9 + 16)$. The bias is not charged for.",
        mistakes={
            "You charged for the bias, too. Only W is in the sum.": lambda: 0.1 * (9 + 16 + 4),
            "The ½ is missing. It is there to cancel the 2 of the derivative.": lambda: 0.2 * 25,
            "You took the length of W. Its square is what is charged, without a root.": (
                lambda: 0.1 * 5
            ),
            "You added the weights up without squaring, so one pays for the other.": (
                lambda: 0.1 * (3 - 4)
            ),
            "You added up absolute values. That is the other penalty, L1.": lambda: 0.1 * (3 + 4),
        },
        tolerance=0.001,
    ),
    Number(
        name="left_after_a_hundred_steps",
        text="η = 0.1, λ = 0.05, and a weight that the data never touch. How many per cent of it are "
        "left after 100 steps?",
        answer=lambda: 100 * (1 - 0.1 * 0.05) ** 100,
        why="Each step leaves $1 - \\eta\\lambda = 0.995$ of what was there, and $0.995^{100} \\approx "
        "0.61$.",
        mistakes={
            "A hundred times half a per cent of the *first* value. Each step takes its share of what "
            "is left by then.": lambda: 50.0,
            "That is what one step leaves.": lambda: 99.5,
            "You forgot that the learning rate multiplies the penalty, too.": (
                lambda: 100 * (1 - 0.05) ** 100
            ),
            "That is what has gone. What is left?": lambda: 100 * (1 - 0.995**100),
        },
        unit="%",
        tolerance=0.02,
    ),
    Choice(
        name="the_gap_has_closed",
        text="Without a penalty: 100% in training, 89% in validation. With it: 86% and 85%. What has "
        "the penalty done?",
        right=(
            "Harm: four points on new digits are lost",
            "What counts is the accuracy on digits that it has not seen, and that fell.",
        ),
        wrong={
            "Good: the gap is nearly gone": "It closed from above. A network that only guesses has no "
            "gap at all.",
            "Nothing: it has only traded training for validation": "Both have fallen, so nothing was "
            "got in return.",
        },
        place=2,
    ),
    Number(
        name="from_ng_to_l2",
        text="A paper that writes the penalty as Andrew Ng does uses λ = 0.7 on 10,000 examples. What "
        "is our `l2`?",
        answer=lambda: 0.7 / 10_000,
        why="$\\frac{\\lambda}{2m}$ there is $\\frac{\\lambda}{2}$ here: divide his λ by his m.",
        mistakes={
            "That would be a penalty 10,000 times as strong as theirs.": lambda: 0.7,
            "The 2 stands in both formulas, so it plays no part in the translation.": (
                lambda: 0.7 / 20_000
            ),
            "You multiplied. Our formula has no m, so his m goes into our number.": (
                lambda: 0.7 * 10_000
            ),
        },
        tolerance=0.001,
    ),
    Choice(
        name="who_shrinks_most",
        text="The penalty acts for a long time. Which weights are in the end the smallest, compared "
        "with what they would be without it?",
        right=(
            "Those that change the data loss little",
            "$\\frac{h}{h + \\lambda}$: where the curvature h is small, nothing pulls back.",
        ),
        wrong={
            "Those that are largest without it": "They pay most, but they also have the most to lose: "
            "if the data insist on them, they stay.",
            "None: each loses the same share": "In a single step, yes. But then the data pull back, "
            "and on some weights much harder than on others.",
        },
        place=0,
    ),
]
