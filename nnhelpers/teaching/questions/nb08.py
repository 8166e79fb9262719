"""The quick questions of notebook 08, Momentum, RMSprop, Adam."""

import numpy as np

from ...optimizers import Adam
from .question import read


def first_step_of_adam():
    """How far Adam moves a parameter at first, with lr = 0.001 and a gradient of 250."""
    theta = np.zeros(1)
    Adam(0.001).step(theta, np.array([250.0]))
    return float(abs(theta[0]))


TEXT = r"""
limit_on_a_parabola
$J = \frac12\cdot8\,\theta^2$, a parabola with the curvature 8. From which learning rate on does
gradient descent no longer converge?
= 2 / 8 | Each step multiplies θ by $1 - 8η$, which reaches $-1$ at $η = 2/8$.
- 1 / 8 | This is the rate that arrives in one step. A somewhat higher one still converges.
- 2 / 4 | The gradient is 8 θ, not 4 θ: the ½ cancels the 2 of the derivative.
- 8 / 2 | Turn the fraction over: the steeper the parabola, the smaller the rate.

beyond_one_over_a
On the parabola $J = \frac12aθ^2$ you take the rate $η = 1.5/a$. What do you see?
- It comes closer from one side, without passing the minimum.
    So it is below $1/a$. What is the sign of $1 - ηa$ here?
- It jumps from side to side, and farther away each time.
    The sign does change. But what is the size of $1 - ηa$, above 1 or below?
+ It jumps from side to side, and comes closer each time.
    The factor is $1 - 1.5 = -0.5$: the other side, half as far.

rate_from_pytorch
You want to repeat a training with `torch.optim.SGD(lr=0.02, momentum=0.9)`. Which `lr` does
`nn.Momentum(lr, beta=0.9)` need?
= 0.02 / (1 - 0.9)  ±0.1% | Theirs is $1-\beta$ times ours, so ours is ten times theirs.
- 0.02 | Your v is an average and theirs a sum, which is ten times as large.
- 0.02 * (1 - 0.9) | The other way round: theirs is the smaller number of the two.
- 0.02 / 0.9 | You divided by β: it is the share of the new gradient, 1 - β, that they leave out.

first_step_of_adam
A parameter's first gradient is 250. How far does Adam with `lr=0.001` move it in the first step?
= first_step_of_adam()  ±1%
    With both corrections $\hat m/\sqrt{\hat s} = 250/250$: the rate is the distance.
- 0.001 * 250 | So far would SGD go. Adam divides by the usual size of the gradient.
- 0.001 * (1 - 0.9) / (1 - 0.999) ** 0.5 | That is the step without the two corrections.
- 0.001 * (1 - 0.9) | You corrected s only: m is divided by 1 - β₁ as well.
- 0.001 / (1 - 0.999) ** 0.5 | You corrected m only: s is divided by 1 - β₂ as well.

adam_uncorrected
Somebody leaves both corrections out of Adam. What becomes of its first steps?
+ They are too long. | Both averages are too small, but s by far more, and its root stands below.
- They are too short.
    So it would be with m alone. There is also something too small in the denominator.
- They stay the same.
    Both averages start at 0, but with different β: the two errors do not cancel.

who_minds_the_turn
A ravine is turned by 45°. Who is slower in it than before?
- SGD and Momentum
    They treat every eigen-direction by itself, wherever it points. Nothing changes.
+ RMSprop and Adam
    They have a rate for each parameter, and now both parameters see the steep wall.
- all four of them | The curvatures are still the same, and for two of the four only those count.

a_race_at_one_rate
A picture shows Adam with a rate of 0.001 far ahead of SGD with the same rate, on the same network
and data. What does it tell you?
+ Little: each must be tuned before they race.
    0.001 is a distance for Adam and a factor for SGD, which wants a far larger one.
- Adam is better: all else was kept equal.
    The number was. It does not mean the same for both, so the race was not fair.
- SGD's gradient must have a bug somewhere.
    No need for one: with a rate that is far too low anything creeps.
"""

QUESTIONS = read(TEXT, first_step_of_adam=first_step_of_adam)
