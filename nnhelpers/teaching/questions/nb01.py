"""The quick questions of notebook 01, Forward propagation."""

from .question import read

QUESTIONS = read(r"""
columns_of_X
X holds 100 images of 28 × 28 pixels, in the order of this course. How many columns has X?
= 28 * 28 | One column for each pixel of an image: X is (100, 784).
- 100 | These are the rows: an image is a row here, and its pixels are the columns.
- 28 | An image is laid out as one long row, and not as 28 rows.
- 100 * 28 * 28 | That is how many numbers the whole of X holds.

product_that_fits
A has shape (5, 3), B has shape (3, 2). Which of these can be computed?
- `B @ A` | Here the inner numbers are 2 and 5. The order matters in a matrix product.
- `A * B`
    The star multiplies element by element, so it wants two arrays of one shape, or of shapes that
    broadcast.
+ `A @ B` | The inner numbers, 3 and 3, agree and vanish: the result is (5, 2).

layers_without_a_bend
A network has two inputs, ten layers of 100 neurons, and no activation at all. What can its border
between two classes look like?
+ It is always a straight line.
    All the layers together are one single XW + b, whatever their number.
- With so many layers, almost any curve.
    That would be so with a bend between them. Without one, depth adds parameters and no shapes.
- A zigzag of at most ten pieces.
    Corners come from the hinges of an activation, and there is none here.

parameters_of_20_50_5
How many parameters has a network 20–50–5?
= 20 * 50 + 50 + 50 * 5 + 5  [parameters]
    20 · 50 weights and 50 biases, then 50 · 5 weights and 5 biases.
- 20 * 50 + 50 * 5 | These are the weights. Each neuron has a bias as well.
- 20 * 50 + 50 + 50 * 5 + 5 + 20 | The inputs are no neurons: they have no biases.
- 20 * 50 * 5 | Weights lead from one layer to the next only: multiply neighbours, then add.
- 20 + 50 + 5 | That is the number of inputs and neurons.

five_more_for_all_scores
You add 5 to all ten scores of an image. What becomes of its ten probabilities?
- They all grow by the same factor.
    Before the division they do. But they have to sum to 1 before and after.
+ They stay as they are.
    Above and below the fraction bar the same factor $e^5$ appears, and cancels.
- The largest one gains on the others.
    That is what multiplying the scores does: it makes the differences larger. Adding leaves them
    alone.

lead_of_two
One class's score is higher by 2 than another's. How many times as large is its probability?
= exp(2)  ±1% | The ratio of the two is $e^{2}$, whatever the other scores are.
- 2.0 | That is the lead itself. Softmax takes exp, so that a lead becomes a ratio.
- 2 * e | A lead of 1 is a factor e, and a lead of 2 is a factor e twice: multiply.
- e | That is a lead of 1.
- 4.0 | You took powers of 2; softmax takes powers of e.

what_changes_theta
W is a view into theta. Which line changes theta?
+ `W -= 0.1` | It writes into the memory that W and theta share.
- `W = W - 0.1`
    The right side is a new array, and the name W is hung onto it. theta keeps the old numbers.
- `W.copy()[...] = 0.1` | A copy has memory of its own: theta never hears of it.
""")
