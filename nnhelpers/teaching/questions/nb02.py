"""The quick questions of notebook 02, Backpropagation."""

import math

from .question import Choice, Number

QUESTIONS = [
    Number(
        name="numbers_in_Z",
        text="A layer has 784 inputs and 30 units. Five images go through it. How many numbers "
        "does its Z hold?",
        answer=lambda: 5 * 30,
        why="One for each image and each unit: Z is (5, 30).",
        mistakes={
            "These are the layer's weights. Z is what it computes with them.": lambda: 784 * 30,
            "These are the weights and the biases. Z is what the layer computes with them.": (
                lambda: 784 * 30 + 30
            ),
            "That is X, what goes in: a row of 784 for each image.": lambda: 5 * 784,
            "That is one image's row of Z, and there are five images.": lambda: 30,
        },
    ),
    Choice(
        name="where_the_bend_stands",
        text="A network has three layers. Where does the ReLU stand?",
        right=(
            "After the first and after the second layer.",
            "It separates one matrix product from the next; the last Z goes to the softmax.",
        ),
        wrong={
            "After each of the three layers.": (
                "Then no score could be negative, and softmax would have to call all the classes "
                "that are badly off equally likely."
            ),
            "Before each of the three layers.": (
                "That would bend the data before any weight has seen them: what is below 0 in X "
                "would be lost."
            ),
        },
        place=0,
    ),
    Number(
        name="loss_of_a_guess",
        text="A network gives each of 10 classes the probability 1/10, for every image. What is "
        "its cross-entropy J?",
        answer=lambda: -math.log(1 / 10),
        why="J is the mean of $-\\log p_y$, and $-\\log(1/10) = \\log 10$, whatever the labels.",
        mistakes={
            "That is the logarithm to base 10; J takes the natural one.": lambda: 1.0,
            "J has a minus in front: a probability below 1 has a negative logarithm.": (
                lambda: math.log(1 / 10)
            ),
            "You summed over all ten classes, but only the label's own entry counts.": (
                lambda: 10 * math.log(10)
            ),
            "You divided by the number of classes. The mean goes over the examples.": (
                lambda: math.log(10) / 10
            ),
            "That is how often it errs. J does not count errors, it measures surprise.": (
                lambda: 1 - 1 / 10
            ),
        },
        tolerance=0.01,
    ),
    Choice(
        name="shape_of_dW",
        text="X is (256, 784), W is (784, 100) and dZ is (256, 100). Which product is dW?",
        right=("`X.T @ dZ`", "(784, 256) times (256, 100) is (784, 100), the shape of W."),
        wrong={
            "`X @ dZ`": "256 × 784 times 256 × 100: the inner lengths differ, it cannot be computed.",
            "`dZ.T @ X`": "That is (100, 784): it would suit a course whose examples are columns.",
        },
        place=1,
    ),
    Choice(
        name="forgotten_1_over_N",
        text="Somebody leaves the 1/N out of the cost and out of dZ, and trains on 50 examples. "
        "What becomes of the training?",
        right=(
            "Each step is 50 times as long as it should be.",
            "All slopes grow by the same factor N: as if the learning rate were N times as large. "
            "With another N it would be another one.",
        ),
        wrong={
            "Each step goes in a wrong direction.": (
                "A positive factor in front of all slopes stretches the gradient and does not "
                "turn it."
            ),
            "Nothing: a factor in the cost does not matter.": (
                "It does not move the valley, true. But the steps are made of slopes, and these "
                "have the factor."
            ),
        },
        place=2,
    ),
    Number(
        name="one_step_down",
        text="A weight is 0.5, the cost's slope there is 2, the learning rate is 0.1. What is the "
        "weight after one step of gradient descent?",
        answer=lambda: 0.5 - 0.1 * 2,
        why="0.5 − 0.1 · 2: the slope is positive, so going down means making the weight smaller.",
        mistakes={
            "That is uphill: with this step the cost grows.": lambda: 0.5 + 0.1 * 2,
            "You went by the whole slope, without the learning rate.": lambda: 0.5 - 2,
            "You went by the learning rate alone: the step is lr times the slope.": (
                lambda: 0.5 - 0.1
            ),
            "That is the step. The weight is what it was, plus the step.": lambda: -0.1 * 2,
        },
        tolerance=1e-6,
    ),
    Choice(
        name="unit_that_is_off",
        text="For every example of the training set, a hidden ReLU unit has Z < 0. What is the "
        "gradient of the weights that lead into it?",
        right=(
            "Zero, for each of them.",
            "The mask Z > 0 is 0 in every row, so its column of dZ is 0, and so is that of dW.",
        ),
        wrong={
            "Negative, as its Z is.": (
                "On the way back only the slope of the ReLU counts, not the height of Z; and left "
                "of zero it is flat."
            ),
            "Small, but it will recover.": (
                "So it is with a sigmoid, whose slope is tiny far out. The ReLU's is exactly 0, "
                "and so is every later step."
            ),
        },
        place=0,
    ),
]
