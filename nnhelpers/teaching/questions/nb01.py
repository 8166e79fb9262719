"""The quick questions of notebook 01, Forward propagation."""

import math

from .question import Choice, Number

QUESTIONS = [
    Number(
        name="columns_of_X",
        text="X holds 100 images of 28 × 28 pixels, in the order of this course. How many columns "
        "has X?",
        answer=lambda: 28 * 28,
        why="One column for each pixel of an image: X is (100, 784).",
        mistakes={
            "These are the rows: an image is a row here, and its pixels are the columns.": (
                lambda: 100
            ),
            "An image is laid out as one long row, and not as 28 rows.": lambda: 28,
            "That is how many numbers the whole of X holds.": lambda: 100 * 28 * 28,
        },
    ),
    Choice(
        name="product_that_fits",
        text="A has shape (5, 3), B has shape (3, 2). Which of these can be computed?",
        right=("`A @ B`", "The inner numbers, 3 and 3, agree and vanish: the result is (5, 2)."),
        wrong={
            "`B @ A`": "Here the inner numbers are 2 and 5. The order matters in a matrix product.",
            "`A * B`": (
                "The star multiplies element by element, so it wants two arrays of one shape, or "
                "of shapes that broadcast."
            ),
        },
        place=2,
    ),
    Choice(
        name="layers_without_a_bend",
        text="A network has two inputs, ten layers of 100 neurons, and no activation at all. What "
        "can its border between two classes look like?",
        right=(
            "It is always a straight line.",
            "All the layers together are one single XW + b, whatever their number.",
        ),
        wrong={
            "With so many layers, almost any curve.": (
                "That would be so with a bend between them. Without one, depth adds parameters "
                "and no shapes."
            ),
            "A zigzag of at most ten pieces.": (
                "Corners come from the hinges of an activation, and there is none here."
            ),
        },
        place=0,
    ),
    Number(
        name="parameters_of_20_50_5",
        text="How many parameters has a network 20–50–5?",
        answer=lambda: 20 * 50 + 50 + 50 * 5 + 5,
        why="20 · 50 weights and 50 biases, then 50 · 5 weights and 5 biases.",
        mistakes={
            "These are the weights. Each neuron has a bias as well.": lambda: 20 * 50 + 50 * 5,
            "The inputs are no neurons: they have no biases.": (
                lambda: 20 * 50 + 50 + 50 * 5 + 5 + 20
            ),
            "Weights lead from one layer to the next only: multiply neighbours, then add.": (
                lambda: 20 * 50 * 5
            ),
            "That is the number of inputs and neurons.": lambda: 20 + 50 + 5,
        },
        unit="parameters",
    ),
    Choice(
        name="five_more_for_all_scores",
        text="You add 5 to all ten scores of an image. What becomes of its ten probabilities?",
        right=(
            "They stay as they are.",
            "Above and below the fraction bar the same factor $e^5$ appears, and cancels.",
        ),
        wrong={
            "They all grow by the same factor.": (
                "Before the division they do. But they have to sum to 1 before and after."
            ),
            "The largest one gains on the others.": (
                "That is what multiplying the scores does: it makes the differences larger. "
                "Adding leaves them alone."
            ),
        },
        place=1,
    ),
    Number(
        name="lead_of_two",
        text="One class's score is higher by 2 than another's. How many times as large is its "
        "probability?",
        answer=lambda: math.exp(2),
        why="The ratio of the two is $e^{2}$, whatever the other scores are.",
        mistakes={
            "That is the lead itself. Softmax takes exp, so that a lead becomes a ratio.": (
                lambda: 2.0
            ),
            "A lead of 1 is a factor e, and a lead of 2 is a factor e twice: multiply.": (
                lambda: 2 * math.e
            ),
            "That is a lead of 1.": lambda: math.e,
            "You took powers of 2; softmax takes powers of e.": lambda: 4.0,
        },
        tolerance=0.01,
    ),
    Choice(
        name="what_changes_theta",
        text="W is a view into theta. Which line changes theta?",
        right=("`W -= 0.1`", "It writes into the memory that W and theta share."),
        wrong={
            "`W = W - 0.1`": (
                "The right side is a new array, and the name W is hung onto it. theta keeps the "
                "old numbers."
            ),
            "`W.copy()[...] = 0.1`": "A copy has memory of its own: theta never hears of it.",
        },
        place=0,
    ),
]
