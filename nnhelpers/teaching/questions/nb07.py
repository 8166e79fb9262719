"""The quick questions of notebook 07, Dropout."""

from .question import read

QUESTIONS = read(r"""
a_smaller_gap
A change in the training shrinks the gap between training and validation accuracy from 11 points to
4. Is the network better now?
- Yes: a smaller gap is less overfitting, and that is the aim.
    That was the L2 penalty on clean digits. What became of the new digits there?
+ The gap alone does not tell: look at the validation accuracy.
    A gap also closes when the training accuracy falls. Nobody is helped by that.
- No: it has forgotten a part of what it had learned.
    It may have. But a gap can close from the other side, too, and then all is well.

mean_of_two_values
A random number is 0 with probability 0.25, and otherwise it is 4. What is its mean?
= 0.25 * 0 + (1 - 0.25) * 4 | Each value times its probability, added up: $0.25\cdot0 + 0.75\cdot4$.
- (0 + 4) / 2 | You took the middle of 0 and 4, but one of them comes more often.
- 0.25 * 4 | You gave the probability of the 0 to the 4.
- 4 | That is the more frequent value. The mean lies between the two.

what_the_dropped_learn
A unit was dropped for one example of a batch. What does this example teach the weights that lead
into the unit?
+ nothing | The mask is 0 there on the way back as well, and zero times anything is zero.
- twice as much, as with the survivors
    The factor is for those who were there. What is the element of M for the others?
- as much as without dropout
    That is the bug of the forgotten mask: blame for an answer it had no part in.

growth_of_survivors
In a layer with $p = 0.8$ in our notation: by what is an element multiplied if it is kept in
training?
= 1 / (1 - 0.8)  ±0.1% | $1/(1-p)$: one in five is left, and speaks for five.
- 1 / 0.8 | That is 1/p: here p is the share that goes, so 1 - p is left.
- 1 - 0.8 | You took the share that stays. The survivors grow, so that the mean stays.
- 1 / (1 - 0.5) | That is for p = 1/2, where a survivor speaks for two.
- 1 | Unscaled, the mean would fall to a fifth of what it was.

dropout_in_use
The network is trained, and classifies a new digit. What does a layer with inverted dropout do now?
- It multiplies its input by 1 - p.
    In 2012 it did. Here the survivors have grown in training already.
- It draws a mask, as ever: that is what the next layer is used to.
    Then the same digit would get another answer each time. It is the fourth bug.
+ It hands on its input, untouched.
    The scale was settled in training, so that in use there is nothing left to do.

training_below_validation
With dropout, `history` shows 84% in training and 88% in validation. What explains this in the first
place?
- The validation digits happen to be easier ones.
    By four points, among thousands that were drawn at random? Look at who was tested.
+ The 84% were noted while half of the network was switched off.
    A crippled network took that test. Measure again with dropout off, and compare.
- Some validation digits have slipped into the training data.
    Then the training digits would still be known at least as well as those.

a_hundred_agree
A hundred passes with dropout on agree that a letter Q is an 8, with hardly any spread. Is the
answer safe?
- Yes: a hundred networks do not all make the same mistake by chance.
    Not by chance, but for one reason: all come from one network and the same digits.
- Yes, if p was large: then the hundred are very different networks.
    A larger p only widens every spread. What none was taught, none of them knows.
+ No: they share their weights and data, and can be wrong together.
    None of them has ever seen a letter. A small spread only says that they agree.
""")
