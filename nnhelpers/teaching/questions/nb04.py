"""The quick questions of notebook 04, Stochastic gradient descent."""

from .question import read

QUESTIONS = read(r"""
one_step_downhill
A parameter is 3, the derivative of J by it is −2, and the learning rate is 0.1. Where is the
parameter after one step of gradient descent?
= 3 - 0.1 * -2  ±0.0001%
    $3 - 0.1\cdot(-2)$: where J falls to the right, the step goes to the right.
- 3 + 0.1 * -2 | That goes uphill. The step is minus the derivative, and minus times minus is plus.
- 3 - -2 | That is a step with a learning rate of 1.
- 0.1 * 2 | That is how far it moves. Where does it arrive?

every_digit_twice
You copy each of your 1,000 digits once, and now have 2,000 rows. What becomes of the gradient of J?
- It doubles | It would if J were a sum. The 1/N in the loss has doubled its N as well.
+ Nothing | J is a mean, and the mean of everything twice is the same mean.
- It halves | 1/N halves each example's share, but each example is now there twice.

a_quarter_of_the_noise
Gradients from batches of 32 are off by 0.8 on average. How large must a batch be to be off by only
0.2? (The data set is huge.)
= 32 * (0.8 / 0.2) ** 2  [examples]
    $\sigma/\sqrt B$: a quarter of the noise costs 16 times the work.
- 32 * 4 | Four times the batch gives half the noise: it falls with the root of B.
- 32 / 4 | The other way round: larger batches are less noisy.
- 32 * 2 | You took the root of 4 where its square was due.

size_of_the_last_batch
50,000 digits in batches of 128: how many are left for the last mini-batch of an epoch?
= 50000 % 128  [digits]
    390 full batches take 49,920 of them. Its gradient is noisier than the others'.
- 128 | That would be so if 128 divided 50,000. Does it?
- 128 - 50000 % 128 | That is how many the last batch lacks.
- -(-50000 // 128) | That is the number of batches, the small one included.
- 50000 // 128 | That is the number of full batches.

the_cost_went_up
In five of the last ten steps the cost of the mini-batch went up. What do you do first?
- Halve the learning rate at once
    Perhaps you will, later. But a curve of mini-batches is ragged even when all is well.
- Look for an error in the gradient
    A right gradient lowers the cost of *its own* batch. The next number belongs to another batch.
+ Look at the running mean of the cost
    Each step sees other digits, easier or harder ones. The trend decides, not one step.

flat_at_log_ten
Ten classes, and after an epoch the cost lies flat at 2.30. What is the likeliest cause?
+ The rate is too high
    2.30 is log 10, pure guessing. One wild step has silenced the ReLUs, and a silent ReLU gets no
    gradient.
- It needs more epochs
    A healthy network leaves the level of guessing within a few steps. What holds this one there?
- The batch is too small | Small batches make a curve ragged. This one is flat.

a_hundred_times_everything
B = 50 with a rate of 0.3 works well. With B = 5,000 the noise would bear a rate of 30. Why does
that fail nevertheless?
- 5,000 digits give a worse direction
    They give a far better one: the error falls with the root of the batch.
+ The steepest curvature sets a limit
    Beyond $2/a$ each jump is longer than the one before, with or without noise.
- Larger batches have longer gradients
    J is a mean: its gradient does not grow with the number of examples.
""")
