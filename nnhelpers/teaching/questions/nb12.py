"""The quick questions of notebook 12, On the GPU."""

from .question import read

QUESTIONS = read(r"""
multiplications_of_a_product
How many multiplications of two numbers are in `X @ W`, with X of shape (32, 784) and W of shape
(784, 100)?
= 32 * 784 * 100
    32 · 100 elements, each a sum over 784 products. Two and a half million, in one line.
- 32 * 100 | So many elements the result has. How many products are in each of them?
- 784 * 100 | So many weights there are. Each of them is used for each of the 32 digits.
- 32 * 784 | So many numbers go into X. Each of them meets 100 weights.
- 2 * 32 * 784 * 100 | You counted the additions too: we shall do so soon, but not yet.

when_the_batch_doubles
You double the batch size. Which of these stays as large as it was?
- The work of dW = Xᵀ dZ.
    dW keeps its *shape*. But each of its elements is a sum over the batch, which has become twice
    as long.
- The work of the loss. | It has a row for each example. Only the result is a single number.
+ The work of the update.
    It goes through the parameters, and knows nothing of how many examples made the gradient.
    Remember it: small batches pay it for few examples.

intensity_of_a_square_layer
A layer from 600 to 600 units, batch 600, float32. How many operations for a byte has one of its
products?
= 2 * 600 ** 3 / (4 * 3 * 600 ** 2)
    $2 \cdot 600^3$ operations, three arrays of $4 \cdot 600^2$ bytes: a sixth of the side. A square
    twice as wide gets twice as much for a byte.
- 2 * 600 ** 3 / (4 * 2 * 600 ** 2) | You counted two arrays. The result has to be written too.
- 2 * 600 ** 3 / (3 * 600 ** 2) | You counted numbers, not bytes: a float32 has 4 of them.
- 600 ** 3 / (4 * 3 * 600 ** 2)
    You counted multiplications only: the additions are operations too.
- 600 / 2 | Half of the smallest size is the bound; the other two sizes take their part.

faster_than_the_peak
A friend times a product of two 8192 × 8192 matrices on her GPU: 20 microseconds. That is 55,000
TFLOP/s, and the data sheet says 67. What has happened?
+ She timed the order, not the work.
    The call came back when the product was in the queue. She has to synchronise before she looks at
    the watch.
- The library knows a faster algorithm.
    There are algorithms with fewer operations, but they save a factor of two or so at this size,
    not of a thousand.
- The matrices were in the cache.
    A cache makes memory faster. The peak is about arithmetic, and a cache does not multiply.

the_time_stays_the_same
On a GPU, a step with batch 32 takes as long as one with batch 64. What should you try, to learn
from more digits in a second?
- TF32, which computes seven times as fast.
    Arithmetic is not what takes the time: twice as much of it cost nothing.
+ A larger batch, or fewer calls.
    If the amount of work does not show in the time, the calls are what you pay for.
- A GPU with more bandwidth. | If memory were the limit, the larger batch would have taken longer.

a_check_that_fails_on_the_gpu
A gradient check passes on the CPU in float64. On the GPU, in TF32, the relative error is 0.002.
What do you conclude?
- The backward pass has a bug that only shows on the GPU.
    There is only one backward pass, and float64 has passed it. Look at how many digits the numbers
    had.
- A smaller eps will bring the error down.
    A smaller eps helps as long as the formula is the trouble. Here it is rounding, and that grows
    when eps shrinks.
+ Nothing yet: so coarse a check cannot tell.
    TF32 rounds to 3 digits, and a difference quotient makes that worse. Check in float64, on either
    device; the code is the same.

largest_scale
The largest derivative of a gradient is 0.3. float16 ends at 65504. Which is the largest power of
two by which you may scale the loss?
= 2 ** int((65504 / 0.3).hex().split("p")[1])
    65504 / 0.3 is 218,347, and $2^{17}$ is the last power of two below it.
- 2 ** 18 | Then the largest derivative becomes 78,643: infinite.
- 65504 / 0.3 | That is the bound itself; asked is the power of two below it.
- 17 | That is the exponent: 2 to the power of it is the scale.
- 2 ** 16 | It goes further: 0.3 times that is only 19,661.
- 2 ** 14 | You multiplied by 0.3. A small derivative may be scaled by *more* than a large one.
""")
