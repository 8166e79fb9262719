"""The quick questions of notebook 11, Hyperparameter tuning."""

from .question import read

QUESTIONS = read(r"""
steps_of_one_curve
A network learns from 1,000 digits, in batches of 50, for 9 epochs. How many steps does its
optimizer take?
= 1000 // 50 * 9
    20 batches in each epoch, 9 epochs. Such a training takes a tenth of a second or so: that is why
    we can afford hundreds of them below.
- 1000 // 50 | That is one epoch.
- 1000 * 9 | So many it would be with a step for each digit: a step uses a whole batch.
- 50 * 9 | You multiplied the batch size by the epochs. How many batches has an epoch?
- 9 | An epoch goes through all batches, not through one.

a_wide_gap
In training 100%, in validation 88%. Which of these would you change first?
- More units, and more epochs.
    It can already do everything that training asks. What would more room for learning by heart be
    good for?
+ More penalty, or more dropout.
    It has learned the digits by heart. What makes that harder narrows the gap, at the price of some
    accuracy in training.
- A smaller learning rate, so that it settles better.
    With 100% in training it has settled as well as one can: J is not the trouble.

values_of_one_axis
You search 4 hyperparameters with 256 trainings on a grid that has equally many values for each. How
many different learning rates do you try?
= round(256 ** (1 / 4))
    4 · 4 · 4 · 4 = 256. Random points would try 256 learning rates for the same price.
- 256 | So many random points would try. On a grid, most trainings repeat a value.
- 256 / 4 | You divided, but the axes multiply: 64 values on each would be 64⁴ trainings.
- 16 | That is for two hyperparameters.

a_longer_search
You compared 10 networks and the best has 97.6% in validation. A friend compared 1,000 on the same
10,000 digits; her best has 97.8%. Whose will do better on new digits?
- Hers, most likely by those 0.2 points.
    Both numbers are flattered, hers more: she had 1,000 draws to be lucky in.
- Yours, as it was chosen from fewer.
    Choosing from many makes the *number* too kind. It does not make the network worse.
+ One cannot tell.
    The best of 1,000 draws is flattered by some 3σ, that of 10 by about 1.5σ. With σ = 0.15 points,
    this alone explains the difference.

share_of_a_piece
A learning rate is drawn between 0.0001 and 1, uniformly on a log scale. With which probability does
it fall between 0.001 and 0.03?
= log(0.03 / 0.001) / log(1 / 0.0001)  ±2%
    $\ln 30/\ln 10^4$: the piece is about 1.5 of 4 decades long.
- (0.03 - 0.001) / (1 - 0.0001)
    So it would be on a plain scale. Here lengths are measured in decades.
- 1 / 4 | That is one decade of four. But the piece goes on to 0.03.
- 2 / 4 | That is two decades of four. But the piece ends at 0.03, before 0.1.
- log10(0.03 / 0.001) | That is its length in decades: divide by the length of the whole axis.

curves_that_cross
You know of a problem that those ahead after one epoch are no better than the others in the end.
Which search do you take, with r = 1 where it has one?
+ Plain random search, each to the end.
    If early epochs say nothing, every cut is drawn by lot, and what was spent on those who were
    sent home is lost.
- Successive halving, with more configurations.
    More candidates do not help if the judge who sends them home is blind.
- Hyperband, for it has an insurance.
    The insurance is for those who do *not know*. You do, and would spend two brackets of three on a
    blind judge.

at_the_edge
You searched learning rates from 0.0001 to 0.1. The five best of 60 trials lie between 0.08 and 0.1.
What now?
- Take the best of the five.
    It may be good. But you looked only to one side of it, and the other side is where it pointed.
+ Search on, up to 1. | The best ones crowd at the fence: perhaps the best of all stands behind it.
- Search on between 0.08 and 0.1, finely.
    Two learning rates so close behave nearly alike; and all of it lies on this side of the fence.
""")
