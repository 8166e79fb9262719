"""The quick questions of notebook 09, Batch normalization."""

from ...network import mlp
from .question import read


def learned(**options):
    """How many parameters a network 784-100-10 learns."""
    return mlp([784, 100, 10], **options).theta.size


TEXT = r"""
mean_square_after_relu
A layer has 200 inputs, a ReLU and random weights with $\mathrm{Var}(W) = 1/50$. By which factor
does it multiply the signal's mean square?
= 200 / 50 / 2 | ½ · 200 · 1/50: twice what He's rule aims at, so four such layers make it 16.
- 200 / 50 | The ReLU cuts off half of the square: there is a ½ in the rule.
- (200 / 50 / 2) ** 0.5
    That is the spread's factor, the root. The question is about the mean square.
- 1 | That is what He's rule aims at, with Var(W) = 2/200. Here Var(W) is 1/50.
- 1 / 50 / 2 | The number of inputs is missing: each of the 200 adds its share.

why_db_is_a_sum
In $db = \sum_n dZ_n$ we add up over the examples. Why?
+ One bias serves all rows, and what it does in each of them adds up.
    Many paths lead from b to the cost, one through each row, and paths are added. Remember this
    one: you will meet it again several times.
- The cost is a sum over the examples, and so is its derivative.
    Our cost is a mean, and its 1/N is in dZ already. The sum has another reason: look for how many
    places b stands in.
- We want the gradient of the average example, and a sum is as good.
    A sum in place of a mean would be N times too long; here nothing is an average. In how many rows
    of Z does the same b stand?

running_variance
A unit's running variance is 1. A batch of 5 goes by, in which the variance, divided by N, is 2.
With `decay` = 0.9, what is the running variance now?
= 0.9 * 1 + 0.1 * 2 * 5 / 4  ±0.0001%
    As an estimate the batch says 2 · 5/4 = 2.5; and 0.9 · 1 + 0.1 · 2.5 is 1.15.
- 0.9 * 1 + 0.1 * 2 | As an estimate for all data the 2 is too small: multiply it by N/(N − 1).
- 0.9 * 1 + 0.1 * 2 * 4 / 5
    You multiplied by (N − 1)/N. The batch's variance is too small, not too large.
- 0.1 * 1 + 0.9 * 2 * 5 / 4
    decay says how much of the old one stays, and you gave it to the new one.
- (0.9 * 1 + 0.1 * 2) * 5 / 4 | N/(N − 1) belongs to the batch's variance only, not to the old one.
- 0.9 * 1 + 2 * 5 / 4 | The current value counts with 1 − decay; you took all of it.

twice_the_weights
In front of a batch normalization you double all weights and add 3 to each bias. What becomes of its
output in training? (Leave $\varepsilon$ aside.)
- It doubles; only the shift is lost.
    The deviations double, true. And what becomes of the number by which they are divided?
+ Nothing: it is what it was.
    The mean takes off any shift, and the division any factor: both go into μ and v, too.
- It is shifted; only the factor is lost.
    Each example's value grows by the same 3. By how much does their mean grow?

alone_always_the_same
Validated in batches of 500, a network with batch normalization gets 97%. Given one digit at a time,
it calls each of them a 3. What is the matter?
- The running averages have not settled yet.
    Then the batches of 500 would suffer as much. Ask rather whether anybody looks at the averages
    here.
- It has overfitted to batches of 500 examples.
    Nothing that was learned is wrong: with the right mean and variance the same parameters read
    single digits as well.
+ It still normalises by the batch at hand, as in training.
    A digit alone is its own mean: Xhat is 0, and out comes β, whatever the digit. Somebody forgot
    to switch to the running averages.

penalty_before_batch_norm
You add an L2 penalty on weights that have batch normalization behind them. What does it do?
- It makes the function simpler, as in notebook 05.
    There, smaller weights meant a smoother function. Here the division makes up for any factor, so
    the function stays.
- It does nothing, since the scale does not matter.
    To the output it does nothing. But what happens to dW when W becomes smaller?
+ It keeps the felt learning rate up.
    The function does not care how long w is. But the steps do: what they feel is $\eta/\lVert
    w\rVert^2$, and the penalty keeps w short.

what_batch_norm_adds
A network 784-100-10 gets batch normalization in front of its activation. How many more parameters
does it learn now?
= learned(batch_norm=True) - learned() | A γ and a β for each of the 100 hidden units.
- 4 * 100 | The running averages are remembered, not learned: no gradient reaches them.
- 100 | That is one for each unit, and there are two: a scale and a shift.
- 2 | Each unit has a scale and a shift of its own.
- 2 * (100 + 10) | The last layer has no activation, and no batch normalization before it.
- 2 * 784 | It stands behind the Dense layer: a γ and a β for each of its units, not inputs.
"""

QUESTIONS = read(TEXT, learned=learned)
