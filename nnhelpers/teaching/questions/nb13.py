"""The quick questions of notebook 13, The record."""

import math

from .question import read


def error_of_an_accuracy(q=0.991, N=10_000):
    return math.sqrt(q * (1 - q) / N)


TEXT = r"""
three_records
99.0%, 99.1%, 99.2%: three records in three papers, each of one network on the 10,000 test images.
These are a sample of all digits. How large is the standard error of the middle one that comes from
this alone, in percentage points?
= 100 * error_of_an_accuracy()  [points]  ±6%
    $\sqrt{q(1-q)/N}$ with $q = 0.991$. Nearly a tenth of a point: as much as lies between one
    record and the next.
- error_of_an_accuracy() | That is the share. Asked are percentage points, a hundred times as many.
- 100 * error_of_an_accuracy() ** 2 | That is the variance: its root has the unit of the accuracy.
- 100 * error_of_an_accuracy(N=1)
    So much a single image varies, right or wrong. Here 10,000 were averaged.
- 100 * error_of_an_accuracy(q=0.5)
    That is for a coin. A network that is nearly always right varies less.
- 100 / sqrt(10000)
    That is $1/\sqrt{N}$, for a spread of 1. What is the spread of right and wrong here?
- 0.9 | So many per cent are wrong. How much would that vary with other images?

test_set_twice
Of twenty recipes, validation chose A, with 98.9%. On the test images A has 98.6% and the runner-up
B, at which you have peeped, 98.8%. Which accuracy do you report?
- 98.8%, since B is the better network.
    On these images. If they choose, then the larger of two numbers that fluctuate is reported, and
    nothing is left to test it with.
- 98.9%, that of A in validation.
    It was the largest of twenty on these very images: its luck is in the number.
+ 98.6%, that of A on the test images.
    A was chosen before the test images were seen, so nothing flatters this number.

worst_direction
`dx` holds the slope of the loss at each pixel of an image. Each pixel may be moved by 0.1 at most.
Which change raises the loss most, to first order?
+ `0.1 * sign(dx)`: every pixel goes to its limit.
    Each pixel adds its slope times its own move, and no pixel's move limits another's.
- `0.1 * dx / max(abs(dx))`: along the slope.
    Steepest, if the *length* of the change were limited. Here pixels with small slopes have room
    left, and do not use it.
- 0.1 at the pixel with the largest slope.
    The best single move. But the other 783 pixels may move as far, each for free.

shuffled_pixels
The pixels of all digits, in training and test, are brought into one other order. A dense network is
trained anew on them. What becomes of its accuracy?
- It falls to 10%: there is nothing left to read.
    Not for us, who look for strokes. What in XW knows which pixels lie side by side?
+ It is the same, but for the noise of seeds.
    A unit adds up all pixels, and in a sum the order does not matter: the rows of W change places,
    and that is all.
- It falls by some points: strokes are torn apart.
    To tear something apart, it must have been together. Every unit is connected to every pixel,
    near and far alike.

too_modest
A network for ten classes learns with label smoothing $s = 0.1$, and gets the loss of the training
digits as low as it can be. How sure is it then of the right class, in per cent?
= 100 * (1 - 0.1 + 0.1 / 10)  [%]  ±0.1%
    $1 - s + s/K$: the loss is lowest where P equals the target. On digits that are all read right,
    this is too modest.
- 100 * (1 - 0.1) | That is what the label keeps. It also gets its tenth of what is given away.
- 100 | That is for one-hot labels. Being as sure as that would cost something here.
- 100 * 0.1 / 10 | Of each of the other classes it should be so sure.
- 100 * 0.1 | So much the label gives away. What does it keep, and what comes back?
- 100 * (1 - 0.1 - 0.1 / 10) | The label's tenth of s is given back to it, not taken once more.
- 100 * (1 - 0.1 / 10) | You gave one tenth of s away. All of it is, and a tenth comes back.
- 1 - 0.1 + 0.1 / 10 | That is the share. In per cent it is a hundred times as much.
"""

QUESTIONS = read(TEXT, error_of_an_accuracy=error_of_an_accuracy)
