"""The quick questions of notebook 02, Backpropagation."""

import math

from .question import Choice, Number

QUESTIONS = [
    Choice(
        name="shape_of_dW",
        text="X is (256, 784), W is (784, 100) and dZ is (256, 100). Which product is dW?",
        right=("`X.T @ dZ`", "(784, 256) times (256, 100) is (784, 100), the shape of W."),
        wrong={
            "`X @ dZ`": "256 × 784 times 256 × 100: the inner lengths differ, it cannot be computed.",
            "`dZ.T @ X`": "That is (100, 784): the transpose of what W needs.",
        },
        place=1,
    ),
    Number(
        name="loss_of_a_guess",
        text="A network gives each of 10 classes the probability 1/10. What is its cross-entropy J?",
        answer=lambda: -math.log(1 / 10),
        why="J is the mean of $-\\log p_y$, and $-\\log(1/10) = \\log 10$.",
        mistakes={
            "That is the logarithm to base 10; J takes the natural one.": lambda: 1.0,
            "J has a minus in front: a probability below 1 has a negative logarithm.": (
                lambda: math.log(1 / 10)
            ),
        },
        tolerance=0.01,
    ),
]
