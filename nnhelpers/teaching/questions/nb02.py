"""The quick questions of notebook 02, Backpropagation."""

from .question import read

QUESTIONS = read(r"""
numbers_in_Z
A layer has 784 inputs and 30 units. Five images go through it. How many numbers does its Z hold?
= 5 * 30 | One for each image and each unit: Z is (5, 30).
- 784 * 30 | These are the layer's weights. Z is what it computes with them.
- 784 * 30 + 30 | These are the weights and the biases. Z is what the layer computes with them.
- 5 * 784 | That is X, what goes in: a row of 784 for each image.
- 30 | That is one image's row of Z, and there are five images.

where_the_bend_stands
A network has three layers. Where does the ReLU stand?
+ After the first and after the second layer.
    It separates one matrix product from the next; the last Z goes to the softmax.
- After each of the three layers.
    Then no score could be negative, and softmax would have to call all the classes that are badly
    off equally likely.
- Before each of the three layers.
    That would bend the data before any weight has seen them: what is below 0 in X would be lost.

loss_of_a_guess
A network gives each of 10 classes the probability 1/10, for every image. What is its cross-entropy
J?
= -log(1 / 10)  ±1%
    J is the mean of $-\log p_y$, and $-\log(1/10) = \log 10$, whatever the labels.
- 1.0 | That is the logarithm to base 10; J takes the natural one.
- log(1 / 10) | J has a minus in front: a probability below 1 has a negative logarithm.
- 10 * log(10) | You summed over all ten classes, but only the label's own entry counts.
- log(10) / 10 | You divided by the number of classes. The mean goes over the examples.
- 1 - 1 / 10 | That is how often it errs. J does not count errors, it measures surprise.

shape_of_dW
X is (256, 784), W is (784, 100) and dZ is (256, 100). Which product is dW?
- `X @ dZ` | 256 × 784 times 256 × 100: the inner lengths differ, it cannot be computed.
+ `X.T @ dZ` | (784, 256) times (256, 100) is (784, 100), the shape of W.
- `dZ.T @ X` | That is (100, 784): it would suit a course whose examples are columns.

forgotten_1_over_N
Somebody leaves the 1/N out of the cost and out of dZ, and trains on 50 examples. What becomes of
the training?
- Each step goes in a wrong direction.
    A positive factor in front of all slopes stretches the gradient and does not turn it.
- Nothing: a factor in the cost does not matter.
    It does not move the valley, true. But the steps are made of slopes, and these have the factor.
+ Each step is 50 times as long as it should be.
    All slopes grow by the same factor N: as if the learning rate were N times as large. With
    another N it would be another one.

one_step_down
A weight is 0.5, the cost's slope there is 2, the learning rate is 0.1. What is the weight after one
step of gradient descent?
= 0.5 - 0.1 * 2  ±0.0001%
    0.5 − 0.1 · 2: the slope is positive, so going down means making the weight smaller.
- 0.5 + 0.1 * 2 | That is uphill: with this step the cost grows.
- 0.5 - 2 | You went by the whole slope, without the learning rate.
- 0.5 - 0.1 | You went by the learning rate alone: the step is lr times the slope.
- -0.1 * 2 | That is the step. The weight is what it was, plus the step.

unit_that_is_off
For every example of the training set, a hidden ReLU unit has Z < 0. What is the gradient of the
weights that lead into it?
+ Zero, for each of them.
    The mask Z > 0 is 0 in every row, so its column of dZ is 0, and so is that of dW.
- Negative, as its Z is.
    On the way back only the slope of the ReLU counts, not the height of Z; and left of zero it is
    flat.
- Small, but it will recover.
    So it is with a sigmoid, whose slope is tiny far out. The ReLU's is exactly 0, and so is every
    later step.
""")
