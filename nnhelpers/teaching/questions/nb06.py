"""The quick questions of notebook 06, Gradient check."""

from .question import read

QUESTIONS = read(r"""
length_of_grad
A network 4-5-3 has 4 inputs, 5 hidden units and 3 outputs. How many elements has `grad`?
= (4 + 1) * 5 + (5 + 1) * 3
    Each of the 5 + 3 units has one weight for each of its inputs, and a bias: $5\cdot5 + 6\cdot3$.
- 4 * 5 + 5 * 3 | These are the weights alone: each unit has a bias, too.
- 4 + 5 + 3 | You counted the units: a parameter belongs to a connection, or is a bias.
- (4 + 1) * 5 + (5 + 1) * 3 + 4 | Inputs are no units and have no bias: that makes 4 too many.

a_wrong_dZ2
Somebody computes $dZ^{(2)}$ wrongly, and all other lines of the table are right. Which gradients
come out wrong?
- those of layer 2 only | Follow $dA^{(1)} = dZ^{(2)}W^{(2)\top}$: what does layer 1 live on?
- those of layer 1 only
    Errors do travel towards the inputs, but $dW^{(2)}$ is made of $dZ^{(2)}$ itself.
+ those of both layers
    All that stands below is made of $dZ^{(2)}$, and $dA^{(1)}$ carries the error on to layer 1.

why_a_judge
Why may the central difference judge backpropagation?
+ It needs forward passes only, so it cannot share a mistake of the derivation.
    It knows neither the chain rule nor a transpose. A mistake in those it cannot make.
- It is more exact than backpropagation, since it does not rely on formulas.
    It is an estimate, with fewer right digits than the formula has. Its merit is another one.
- It applies the chain rule a second time, from the inputs to the outputs.
    Look at its two ingredients, J a little above and J a little below: where would the chain rule
    be?

a_high_accuracy
Your network has reached 97% on new digits. What do you know about its gradient?
- It is right: with a wrong one the network would not have learned.
    You have seen one that did, with every sign of health.
+ It points roughly downhill, and more you do not know.
    The wrong ReLU of the beginning learned, too. Roughly downhill is enough for that.
- It is right in the last layer, since that layer gives the answers.
    The last layer, too, can learn in a wrong direction that is not too wrong.

three_times_the_gradient
A bug makes the whole gradient 3 times too large. Which relative error does the map show, in every
place?
= abs(3 - 1) / (abs(3) + abs(1))  ±0.1%
    $\lvert3-1\rvert/(3+1)$. With 1/3 in place of 3 it is the same.
- abs(3 - 1) / 1 | You divided by the right gradient only: the sum of both sizes stands below.
- abs(3 - 1) / 3 | You divided by the larger one: the sum of both sizes stands below.
- abs(-1 - 1) / (abs(-1) + abs(1))
    That is the error of a flipped sign, or of a gradient that is 0.

a_much_smaller_step
In float64 a central difference with ε = 1e-5 is off by some 1e-11. What do you expect with ε =
1e-12, if $J$ is about 1?
- an error near 1e-25
    So says the formula $ε^2J'''/6$. It does not know that the computer rounds J.
- about the same error | It would be so at the bottom of the V, which is wide, but not that wide.
+ an error near 1e-4
    The two costs agree in 12 digits, and 4 are left after the subtraction: $u/ε$.

only_b_is_dark
On the map of a network with three layers, `b` of layer 2 is dark, and all else is white. Where is
the bug?
+ in layer 2's own line `db = …` | $dZ$ of that layer must be right, or W would be dark as well.
- in the activation behind layer 2
    That would spoil $dZ$ of layer 2, and the W of this layer is made of it.
- in what layer 3 hands back, its `dX`
    Then both layers before it would be dark, weights and biases alike.
""")
