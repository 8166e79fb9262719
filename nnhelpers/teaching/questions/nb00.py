"""The quick questions of notebook 00, Start here."""

import numpy as np

from .question import read

TEXT = r"""
one_image
`X` has shape (50000, 784). How do you get the third image?
- `X[:, 2]` | A column: the third pixel of all the 50,000 images.
- `X[3]` | Counting begins with 0, so row 3 is the fourth image.
+ `X[2]` | Rows are examples, and counting begins with 0: the third row is row 2.

place_of_a_pixel
At which place of the row of 784 stands the pixel in row 2 and column 3 of the image? All of them
count from 0.
= int(np.arange(784).reshape(28, 28)[2, 3])
    Two full lines of 28 stand before it, and three pixels of its own line: $28 \cdot 2 + 3$.
- 28 * 3 + 2 | Row and column are swapped: a full line of 28 belongs to each row.
- 28 * 1 + 3 | Row 2 has two full lines before it, rows 0 and 1.
- 28 * 2 + 4
    Three pixels of its own line stand before it, those in columns 0, 1 and 2, and places count from
    0 as well.

why_a_test_set
You trained 100 networks, and the best of them gets 98.6% on the validation set. Why ask the test
set as well?
+ The best of 100 was partly lucky on the validation images.
    Choosing is a kind of learning. Among 100 networks of equal worth one still comes out on top;
    images that took no part in the choice know nothing of its luck.
- The network has seen the validation images while it learned.
    It has not: it learned from the training images only. But somebody has looked at them: you, when
    you chose.
- More images give a more exact number.
    They do, a little. But the number would be just as kind to the winner if the validation set were
    twice as large and you had chosen with it.

who_fits_broadcasting
`table` has shape (4, 3). Which of these can be added to each of its rows as it stands?
- an array of shape (4,)
    Shapes are compared from the right, so its 4 meets the table's 3: an error. As a column, shape
    (4, 1), it could be added to each column.
+ an array of shape (3,)
    Shapes are compared from the right: 3 meets 3, and the row is used four times.
- an array of shape (1, 4) | Its 4 stands under the table's 3: an error.

floor_of_guessing
Somebody says each of the ten digits with equal probability, whatever the image shows. Which share
of the answers is right, on average?
= 100 / 10  [%]  ±2%
    Whatever the label is, one guess in ten hits it, also if some digits are more frequent than
    others.
- 11
    That is the share of those who always say 1, the most frequent digit. Here all ten are said
    equally often.
- 90 | That is the share of wrong answers.
- 0.1 | The unit is %: a tenth is 10 of a hundred.

where_may_arrays_meet
`W` lives on the GPU. Which line brings a result that Matplotlib can draw?
- `asnumpy(X) @ W` with `X` on the GPU
    Now X is NumPy's and W is CuPy's: arrays of two libraries do not mix, and CuPy says so.
+ `asnumpy(X @ W)` with `X` on the GPU | The two meet where both live, and only the result travels.
- `X @ W` with `X` on the GPU
    Right so far, but the result lives on the GPU as well, where Matplotlib cannot reach it.
"""

QUESTIONS = read(TEXT, np=np)
