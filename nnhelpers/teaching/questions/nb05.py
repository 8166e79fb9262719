"""The quick questions of notebook 05, L2 regularization."""

from .question import read

QUESTIONS = read(r"""
which_digits_choose
You have trained with five learning rates and want to keep the best. By which accuracy do you
choose?
- On the training digits
    That prefers whoever learned them by heart. You want to know about digits that nobody has
    learned.
+ On the validation digits
    They were not trained on, and the test digits stay untouched for the last word.
- On the test digits
    Once they have chosen, they are no longer unseen: their number flatters from then on.

weights_without_biases
How many weights, without the biases, has a network 784-64-10?
= 784 * 64 + 64 * 10  [weights] | $784\cdot64 + 64\cdot10$: one for each line between two units.
- 785 * 64 + 65 * 10 | You counted the biases as well, 64 and 10.
- 784 * 64 | That is the first layer alone.
- 784 * 64 * 10 | You multiplied all the sizes. Each layer has its own matrix, and they add up.

penalty_of_two_weights
A layer has the weights 3 and −4 and the bias 2. With λ = 0.2, what is its penalty?
= 0.2 / 2 * (3 ** 2 + 4 ** 2)  ±0.1% | $\frac{0.2}{2}(9 + 16)$. The bias is not charged for.
- 0.1 * (9 + 16 + 4) | You charged for the bias, too. Only W is in the sum.
- 0.2 * 25 | The ½ is missing. It is there to cancel the 2 of the derivative.
- 0.1 * 5 | You took the length of W. Its square is what is charged, without a root.
- 0.1 * (3 - 4) | You added the weights up without squaring, so one pays for the other.
- 0.1 * (3 + 4) | You added up absolute values. That is the other penalty, L1.

left_after_a_hundred_steps
η = 0.1, λ = 0.05, and a weight that the data never touch. How many per cent of it are left after
100 steps?
= 100 * (1 - 0.1 * 0.05) ** 100  [%]  ±2%
    Each step leaves $1 - \eta\lambda = 0.995$ of what was there, and $0.995^{100} \approx 0.61$.
- 50.0
    A hundred times half a per cent of the *first* value. Each step takes its share of what is left
    by then.
- 99.5 | That is what one step leaves.
- 100 * (1 - 0.05) ** 100 | You forgot that the learning rate multiplies the penalty, too.
- 100 * (1 - 0.995 ** 100) | That is what has gone. What is left?

the_gap_has_closed
Without a penalty: 100% in training, 89% in validation. With it: 86% and 85%. What has the penalty
done?
- Good: the gap is nearly gone
    It closed from above. A network that only guesses has no gap at all.
- Nothing: it has only traded training for validation
    Both have fallen, so nothing was got in return.
+ Harm: four points on new digits are lost
    What counts is the accuracy on digits that it has not seen, and that fell.

from_ng_to_l2
A paper that writes the penalty as Andrew Ng does uses λ = 0.7 on 10,000 examples. What is our `l2`?
= 0.7 / 10000  ±0.1%
    $\frac{\lambda}{2m}$ there is $\frac{\lambda}{2}$ here: divide his λ by his m.
- 0.7 | That would be a penalty 10,000 times as strong as theirs.
- 0.7 / 20000 | The 2 stands in both formulas, so it plays no part in the translation.
- 0.7 * 10000 | You multiplied. Our formula has no m, so his m goes into our number.

who_shrinks_most
The penalty acts for a long time. Which weights are in the end the smallest, compared with what they
would be without it?
+ Those that change the data loss little
    $\frac{h}{h + \lambda}$: where the curvature h is small, nothing pulls back.
- Those that are largest without it
    They pay most, but they also have the most to lose: if the data insist on them, they stay.
- None: each loses the same share
    In a single step, yes. But then the data pull back, and on some weights much harder than on
    others.
""")
