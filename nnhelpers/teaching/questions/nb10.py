"""The quick questions of notebook 10, Save, load, look inside."""

import numpy as np

from ...network import mlp
from ...optimizers import Adam
from .question import read

ANSWERS = np.array([[50, 0, 10], [5, 40, 5], [0, 20, 30]])  # a confusion matrix


def adams_memory():
    """How many numbers Adam remembers for a network 784-128-10, its step count apart."""
    theta = mlp([784, 128, 10]).theta
    adam = Adam(1e-3)
    adam.step(theta, np.ones_like(theta))
    return sum(average.size for average in adam.state.values())


TEXT = r"""
a_window_onto_theta
You write `W = net.layers[0].params["W"]`. Then the optimizer makes a step. Which weights does `W`
show now?
+ The new ones.
    The step wrote into θ, and W is a window onto it: there is only one place where the numbers
    stand.
- The old ones: it was taken before the step.
    A copy would have kept them. But no copy was made, W only looks at θ.
- The old ones, until the next forward pass.
    The forward pass computes with W, and fetches it from nowhere. Where did the step write to?

what_adam_remembers
Adam trains a network 784-128-10 with its 101,770 parameters. How many numbers does the optimizer
remember from step to step, its step count apart?
= adams_memory()
    Two averages, of the gradient and of its square, each as long as θ. Whoever wants to go on
    training must keep them, too.
- adams_memory() / 2 | That is one average, as in Momentum. What does Adam divide by?
- adams_memory() / 2 * 3 | θ itself belongs to the network, not to the optimizer.
- 2 | An average for each parameter, not one for all: that is what makes it adaptive.

when_it_says_two
Three classes, rows are the truth: $C$ = [[50, 0, 10], [5, 40, 5], [0, 20, 30]]. The network says
“class 2” (the last one). With which probability is it right?
= float(ANSWERS[2, 2] / ANSWERS[:, 2].sum())  ±1%
    Read the last column: 10 + 5 + 30 times it said class 2, and 30 of these were.
- ANSWERS[2, 2] / ANSWERS[2].sum()
    That is the row: of all that are class 2, how many were found. You were asked the other way
    round.
- ANSWERS.trace() / ANSWERS.sum() | That is the accuracy over all classes.
- ANSWERS[2, 2] / ANSWERS.sum()
    You divided by all examples. Divide by those which were called class 2.
- ANSWERS[2, 2] / (ANSWERS[:, 2].sum() - ANSWERS[2, 2])
    You left the right ones out below: it said class 2 in 45 cases.

same_theta_other_answers
Two networks have the same θ, bit for bit, and sizes that agree. They still answer differently. How
can that be?
- One was trained on a GPU, where sums are rounded differently.
    Where θ comes from does not matter any more. And rounding moves the last digits, not the
    answers.
+ Their activations or their running averages differ.
    θ is not the whole network: the recipe gives it a meaning, and batch norm remembers things that
    are not learned.
- They started from different seeds.
    A seed draws the first weights, and these are gone. The answer does not depend on the way that
    led to θ.

delete_then_rename
A program writes `new.tmp` and makes sure that it is on the disk. Then it deletes the old file, and
renames `new.tmp`. What is wrong with that?
- Nothing: at each moment one whole network is on the disk.
    It is. But for a moment under a name that no program looks for.
- `new.tmp` may be half written when it is renamed.
    That would be so without `fsync`. Here it is on the disk before the old one goes.
+ There is a moment in which the name leads to nothing.
    A power cut just there, and the next start finds no network under its name. `os.replace` does
    both in one step.

grey_on_the_map
In a map “4, not 9” a stroke of the 4 lies on plain grey. What do you know?
- The network made no use of this stroke.
    Erase all of it, and anything may happen: that is a large change, and the slope speaks of small
    ones.
+ A little more or less ink there would hardly move the difference of the scores.
    A map of slopes: it says what a *tiny* change does, from the image as it is.
- The stroke speaks for the 9 as much as for the 4, so it could be left out.
    At the margin, the two scores change alike, yes. But leaving out a whole stroke is no change at
    the margin.

many_small_slopes
The loss of an image has the slope 0.01 or −0.01 at each of its 784 pixels. You change each by ε =
0.05, by the fast gradient sign method. By how much does the loss rise, to first order?
= 784 * 0.05 * 0.01  ±1%
    $\varepsilon\sum_i|dX_i|$: 784 small terms, and all of them pull the same way.
- 0.05 * 0.01 | That is what one pixel does. All 784 pull in the same direction.
- 28 * 0.05 * 0.01
    So much it is with random signs, give or take: then it grows as √784. Here nothing cancels.
- 784 * 0.01 | ε is missing: that is the sum of the slopes.
- 0
    Slopes of either sign cancel, if every pixel moves the same way. But the signs are chosen to
    match.
"""

QUESTIONS = read(TEXT, ANSWERS=ANSWERS, adams_memory=adams_memory)
