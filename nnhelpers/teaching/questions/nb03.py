"""The quick questions of notebook 03, Activations."""

from .question import read

QUESTIONS = read(r"""
star_or_matrix_product
dA and g'(Z) are both of shape (256, 50). How do you get dZ from them?
- `dA @ dg.T` | That is (256, 256): it would mix every example with every other one.
- `dA.T @ dg`
    That is (50, 50), summed over the examples, as one does for weights; dZ has one number for each
    example and unit.
+ `dA * dg` | Each element of Z moves only its own element of A, so each is multiplied on its own.

one_matrix_for_two
Leave the activation and the biases out of a network 784-50-10. One matrix could do the same work.
How many numbers does it hold?
= 784 * 10 | $W^{(1)}W^{(2)}$ has shape (784, 10): the 50 in the middle is summed away.
- 784 * 50 + 50 * 10 | That is what the two matrices hold together. What shape has their product?
- 784 * 50 | That is the first matrix alone; the second one brings the 50 down to 10.
- 784 * 50 * 10 | You multiplied all three sizes. The 50 is what the product sums over.

silent_unit
A hidden unit's output A is 0 for every example. What do the weights that lead from it to the next
layer get as their gradient?
+ Zeros | $dW = A^\top dZ$: their row is the unit's column of A times dZ, and that column is 0.
- The sum of dZ | That is what a bias gets, as if its A were 1. Here it is 0.
- dZ itself | dZ is multiplied by the unit's A before it reaches these weights.

three_sigmoids
Three sigmoid layers in a row. What is the largest factor that their three derivatives together can
leave of a gradient?
= (1 / 4) ** 3  ±1%
    $\sigma' \le \tfrac14$, and the chain rule multiplies: $\tfrac14\cdot\tfrac14\cdot\tfrac14$.
- 3 / 4 | You added the three quarters. Along a chain, factors are multiplied.
- (1 / 2) ** 3 | ½ is the sigmoid's value at 0. Its slope there is what you need.
- 1 / 4 | That is what one of them leaves. The next one takes its share of that.
- 1 / 12 | You divided a quarter by 3. Each further layer divides by 4.

a_rate_for_the_first_layer
In a deep sigmoid network the first layer's gradient is 100,000 times smaller than the last one's.
You multiply the learning rate by 100,000. What happens?
- The first layer now learns as the last did before
    It would, if the last layers kept still meanwhile; but the same rate multiplies their gradients,
    too.
+ The last layers make wild steps, and all is lost
    There is one rate for all layers: what would suit the first is absurd for the last.
- Nothing: a gradient that has vanished is zero
    It is tiny, not zero. It would move the first layer well enough, if nothing else moved.

he_for_200_inputs
A ReLU layer has 200 inputs and 50 units. With which standard deviation does He's rule draw its
weights?
= (2 / 200) ** 0.5  ±1%
    $\mathrm{Var}(W) = 2/n_\text{in} = 0.01$, and the standard deviation is its root.
- 2 / 200 | That is the variance. A standard deviation is its root.
- (2 / 50) ** 0.5 | You took the 50 units. What adds up in one pre-activation are its inputs.
- (1 / 200) ** 0.5 | That is LeCun's rule, which does not know that a ReLU lets only half through.
- (2 / 250) ** 0.5 | That is Xavier's rule, made for activations like tanh.

random_biases_alone
All weights of a tanh network start at 0.5, but its biases are drawn at random. Can its hidden units
become different?
+ Yes
    Different biases give different A, hence different gradients: any difference between the units
    breaks the symmetry.
- No | Equal weights get equal gradients only while the units' A are equal, too. Are they here?
- The biases only
    The gradient of a weight depends on its unit's $g'(Z)$, and Z has the bias in it.
""")
