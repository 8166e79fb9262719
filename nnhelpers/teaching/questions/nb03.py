"""The quick questions of notebook 03, Activations."""

from .question import Choice, Number

QUESTIONS = [
    Choice(
        name="star_or_matrix_product",
        text="dA and g'(Z) are both of shape (256, 50). How do you get dZ from them?",
        right=(
            "`dA * dg`",
            "Each element of Z moves only its own element of A, so each is multiplied on its own.",
        ),
        wrong={
            "`dA @ dg.T`": "That is (256, 256): it would mix every example with every other one.",
            "`dA.T @ dg`": "That is (50, 50), summed over the examples, as one does for weights; "
            "dZ has one number for each example and unit.",
        },
        place=2,
    ),
    Number(
        name="one_matrix_for_two",
        text="Leave the activation and the biases out of a network 784-50-10. One matrix could do "
        "the same work. How many numbers does it hold?",
        answer=lambda: 784 * 10,
        why="$W^{(1)}W^{(2)}$ has shape (784, 10): the 50 in the middle is summed away.",
        mistakes={
            "That is what the two matrices hold together. What shape has their product?": (
                lambda: 784 * 50 + 50 * 10
            ),
            "That is the first matrix alone; the second one brings the 50 down to 10.": (
                lambda: 784 * 50
            ),
            "You multiplied all three sizes. The 50 is what the product sums over.": (
                lambda: 784 * 50 * 10
            ),
        },
    ),
    Choice(
        name="silent_unit",
        text="A hidden unit's output A is 0 for every example. What do the weights that lead from "
        "it to the next layer get as their gradient?",
        right=(
            "Zeros",
            "$dW = A^\\top dZ$: their row is the unit's column of A times dZ, and that column is 0.",
        ),
        wrong={
            "The sum of dZ": "That is what a bias gets, as if its A were 1. Here it is 0.",
            "dZ itself": "dZ is multiplied by the unit's A before it reaches these weights.",
        },
        place=0,
    ),
    Number(
        name="three_sigmoids",
        text="Three sigmoid layers in a row. What is the largest factor that their three derivatives "
        "together can leave of a gradient?",
        answer=lambda: (1 / 4) ** 3,
        why="$\\sigma' \\le \\tfrac14$, and the chain rule multiplies: $\\tfrac14\\cdot\\tfrac14\\cdot"
        "\\tfrac14$.",
        mistakes={
            "You added the three quarters. Along a chain, factors are multiplied.": lambda: 3 / 4,
            "½ is the sigmoid's value at 0. Its slope there is what you need.": lambda: (
                (1 / 2) ** 3
            ),
            "That is what one of them leaves. The next one takes its share of that.": lambda: 1 / 4,
            "You divided a quarter by 3. Each further layer divides by 4.": lambda: 1 / 12,
        },
        tolerance=0.01,
    ),
    Choice(
        name="a_rate_for_the_first_layer",
        text="In a deep sigmoid network the first layer's gradient is 100,000 times smaller than the "
        "last one's. You multiply the learning rate by 100,000. What happens?",
        right=(
            "The last layers make wild steps, and all is lost",
            "There is one rate for all layers: what would suit the first is absurd for the last.",
        ),
        wrong={
            "The first layer now learns as the last did before": "It would, if the last layers kept "
            "still meanwhile; but the same rate multiplies their gradients, too.",
            "Nothing: a gradient that has vanished is zero": "It is tiny, not zero. It would move the "
            "first layer well enough, if nothing else moved.",
        },
        place=1,
    ),
    Number(
        name="he_for_200_inputs",
        text="A ReLU layer has 200 inputs and 50 units. With which standard deviation does He's rule "
        "draw its weights?",
        answer=lambda: (2 / 200) ** 0.5,
        why="$\\mathrm{Var}(W) = 2/n_\\text{in} = 0.01$, and the standard deviation is its root.",
        mistakes={
            "That is the variance. A standard deviation is its root.": lambda: 2 / 200,
            "You took the 50 units. What adds up in one pre-activation are its inputs.": (
                lambda: (2 / 50) ** 0.5
            ),
            "That is LeCun's rule, which does not know that a ReLU lets only half through.": (
                lambda: (1 / 200) ** 0.5
            ),
            "That is Xavier's rule, made for activations like tanh.": lambda: (2 / 250) ** 0.5,
        },
        tolerance=0.01,
    ),
    Choice(
        name="random_biases_alone",
        text="All weights of a tanh network start at 0.5, but its biases are drawn at random. Can its "
        "hidden units become different?",
        right=(
            "Yes",
            "Different biases give different A, hence different gradients: any difference between "
            "the units breaks the symmetry.",
        ),
        wrong={
            "No": "Equal weights get equal gradients only while the units' A are equal, too. Are they "
            "here?",
            "The biases only": "The gradient of a weight depends on its unit's $g'(Z)$, and Z has "
            "the bias in it.",
        },
        place=0,
    ),
]
