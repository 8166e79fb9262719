"""The quick questions of notebook 00, Start here."""

import numpy as np

from .question import Choice, Number

QUESTIONS = [
    Choice(
        name="one_image",
        text="`X` has shape (50000, 784). How do you get the third image?",
        right=("`X[2]`", "Rows are examples, and counting begins with 0: the third row is row 2."),
        wrong={
            "`X[:, 2]`": "A column: the third pixel of all the 50,000 images.",
            "`X[3]`": "Counting begins with 0, so row 3 is the fourth image.",
        },
        place=2,
    ),
    Number(
        name="place_of_a_pixel",
        text="At which place of the row of 784 stands the pixel in row 2 and column 3 of the image? All of them count from 0.",
        answer=lambda: int(np.arange(784).reshape(28, 28)[2, 3]),
        why="Two full lines of 28 stand before it, and three pixels of its own line: $28 \\cdot 2 + 3$.",
        mistakes={
            "Row and column are swapped: a full line of 28 belongs to each row.": lambda: (
                28 * 3 + 2
            ),
            "Row 2 has two full lines before it, rows 0 and 1.": lambda: 28 * 1 + 3,
            "Three pixels of its own line stand before it, those in columns 0, 1 and 2, and places count from 0 as well.": (
                lambda: 28 * 2 + 4
            ),
        },
    ),
    Choice(
        name="why_a_test_set",
        text="You trained 100 networks, and the best of them gets 98.6% on the validation set. Why ask the test set as well?",
        right=(
            "The best of 100 was partly lucky on the validation images.",
            "Choosing is a kind of learning. Among 100 networks of equal worth one still comes out on top; images that took no part in the choice know nothing of its luck.",
        ),
        wrong={
            "The network has seen the validation images while it learned.": "It has not: it learned from the training images only. But somebody has looked at them: you, when you chose.",
            "More images give a more exact number.": "They do, a little. But the number would be just as kind to the winner if the validation set were twice as large and you had chosen with it.",
        },
        place=0,
    ),
    Choice(
        name="who_fits_broadcasting",
        text="`table` has shape (4, 3). Which of these can be added to each of its rows as it stands?",
        right=(
            "an array of shape (3,)",
            "Shapes are compared from the right: 3 meets 3, and the row is used four times.",
        ),
        wrong={
            "an array of shape (4,)": "Shapes are compared from the right, so its 4 meets the table's 3: an error. As a column, shape (4, 1), it could be added to each column.",
            "an array of shape (1, 4)": "Its 4 stands under the table's 3: an error.",
        },
        place=1,
    ),
    Number(
        name="floor_of_guessing",
        text="Somebody says each of the ten digits with equal probability, whatever the image shows. Which share of the answers is right, on average?",
        answer=lambda: 100 / 10,
        why="Whatever the label is, one guess in ten hits it, also if some digits are more frequent than others.",
        mistakes={
            "That is the share of those who always say 1, the most frequent digit. Here all ten are said equally often.": (
                lambda: 11
            ),
            "That is the share of wrong answers.": lambda: 90,
            "The unit is %: a tenth is 10 of a hundred.": lambda: 0.1,
        },
        unit="%",
        tolerance=0.02,
    ),
    Choice(
        name="where_may_arrays_meet",
        text="`W` lives on the GPU. Which line brings a result that Matplotlib can draw?",
        right=(
            "`asnumpy(X @ W)` with `X` on the GPU",
            "The two meet where both live, and only the result travels.",
        ),
        wrong={
            "`asnumpy(X) @ W` with `X` on the GPU": "Now X is NumPy's and W is CuPy's: arrays of two libraries do not mix, and CuPy says so.",
            "`X @ W` with `X` on the GPU": "Right so far, but the result lives on the GPU as well, where Matplotlib cannot reach it.",
        },
        place=1,
    ),
]
