"""The exercises of notebook 01, Forward propagation."""

import numpy as np

from .exercise import Exercise

# --- dense_forward --------------------------------------------------------------------------------


def dense_forward(X, W, b):
    return X @ W + b


def dense_inputs(rng):
    N, n_in, n_out = 7 + rng.integers(3), 4 + rng.integers(2), 2 + rng.integers(2)
    return rng.normal(size=(N, n_in)), rng.normal(size=(n_in, n_out)), rng.normal(size=n_out)


def dense_bias_at_each_input(X, W, b):
    return X @ W + X.shape[1] * b


def dense_last_input_only(X, W, b):
    return X[:, -1:] * W[-1] + b


# --- forward --------------------------------------------------------------------------------------


def forward(X, parameters, g):
    A = X
    for W, b in parameters[:-1]:
        A = g(A @ W + b)
    W, b = parameters[-1]
    return A @ W + b


def softsign(Z):
    return Z / (1 + abs(Z))


def forward_inputs(rng):
    sizes = [5, 4, 6, 3][: rng.integers(3, 5)]
    parameters = [
        (rng.normal(size=(n_in, n_out)), rng.normal(size=n_out))
        for n_in, n_out in zip(sizes[:-1], sizes[1:], strict=True)
    ]
    g = (softsign, np.sin, np.arctan)[rng.integers(3)]
    return rng.normal(size=(8, sizes[0])), parameters, g


def forward_g_everywhere(X, parameters, g):
    return g(forward(X, parameters, g))


def forward_g_before(X, parameters, g):
    return forward(g(X), parameters, g)


def forward_without_g(X, parameters, g):
    return forward(X, parameters, lambda Z: Z)


def forward_without_bias(X, parameters, g):
    return forward(X, [(W, 0) for W, b in parameters], g)


def forward_g_at_the_end_only(X, parameters, g):
    return g(forward_without_g(X, parameters, g))


def forward_bias_after_g(X, parameters, g):
    A = X
    for W, b in parameters:
        A = g(A @ W) + b
    return A


def forward_then_softmax(X, parameters, g):
    return softmax(forward(X, parameters, g))


def forward_all_but_last(X, parameters, g):
    return g(forward(X, parameters[:-1], g))


# --- count_parameters -----------------------------------------------------------------------------


def count_parameters(sizes):
    return sum(n_in * n_out + n_out for n_in, n_out in zip(sizes[:-1], sizes[1:], strict=True))


def count_inputs(rng):
    sizes = rng.choice(np.arange(5, 40), size=rng.integers(3, 6), replace=False)
    return (sorted(sizes.tolist(), reverse=True),)


def count_weights(sizes):
    return count_parameters(sizes) - sum(sizes[1:])


# --- softmax --------------------------------------------------------------------------------------


def softmax(Z):
    E = np.exp(Z - Z.max(axis=1, keepdims=True))
    return E / E.sum(axis=1, keepdims=True)


def logits(rng):
    """Z with two rows that are far from 0: there exp overflows, or gives nothing but zeros."""
    Z = 2 * rng.normal(size=(7 + rng.integers(3), 4 + rng.integers(2)))
    Z[1] += 1000
    Z[4] -= 1000
    return Z


def softmax_not_shifted(Z):
    E = np.exp(Z)
    return E / E.sum(axis=1, keepdims=True)


def softmax_shifted_by_one(Z):
    E = np.exp(Z - Z.max())
    return E / E.sum(axis=1, keepdims=True)


def softmax_not_normalised(Z):
    return np.exp(Z - Z.max(axis=1, keepdims=True))


def softmax_over_everything(Z):
    E = np.exp(Z - Z.max(axis=1, keepdims=True))
    return E / E.sum()


def softmax_naive_over_everything(Z):
    E = np.exp(Z)
    return E / E.sum()


def softmax_shifted_by_columns(Z):
    E = np.exp(Z - Z.max(axis=0))
    return E / E.sum(axis=1, keepdims=True)


def softmax_divided_by_columns(Z):
    E = np.exp(Z - Z.max(axis=1, keepdims=True))
    return E / E.sum(axis=0)


def softmax_of_quotients(Z):
    return softmax(Z / Z.max(axis=1, keepdims=True))


def softmax_shifted_above_only(Z):
    return np.exp(Z - Z.max(axis=1, keepdims=True)) / np.exp(Z).sum(axis=1, keepdims=True)


def softmax_shifted_without_exp(Z):
    return softmax_without_exp(Z - Z.max(axis=1, keepdims=True))


def softmax_without_exp(Z):
    return Z / Z.sum(axis=1, keepdims=True)


EXERCISES = [
    Exercise(
        name="dense_forward",
        notebook="01",
        right=dense_forward,
        inputs=dense_inputs,
        wrong={
            "The bias is missing: Z = XW + b.": lambda X, W, b: X @ W,
            "The bias has the wrong sign: Z = XW + b.": lambda X, W, b: X @ W - b,
            "Z is transposed: rows are examples here, so its shape is (N, n_out).": (
                lambda X, W, b: (X @ W + b).T
            ),
            "You added b to the weights, before the product: Z = XW + b, not X(W + b).": (
                lambda X, W, b: X @ (W + b)
            ),
            "You applied ReLU: the layer itself returns Z, the activation comes after it.": (
                lambda X, W, b: np.maximum(X @ W + b, 0)
            ),
            "You applied the sigmoid: the layer itself returns Z, the activation comes after it.": (
                lambda X, W, b: 1 / (1 + np.exp(-(X @ W + b)))
            ),
            "You applied tanh: the layer itself returns Z, the activation comes after it.": (
                lambda X, W, b: np.tanh(X @ W + b)
            ),
            "You added b once for each input: the bias comes once, after the sum over the "
            "inputs.": dense_bias_at_each_input,
            "You added all biases to every neuron: each neuron has its own, so no sum of b.": (
                lambda X, W, b: X @ W + b.sum()
            ),
            "Only the last input counts here: the loop needs `+=`, not `=`, to sum over all "
            "inputs.": dense_last_input_only,
        },
    ),
    Exercise(
        name="forward",
        notebook="01",
        right=forward,
        inputs=forward_inputs,
        wrong={
            "You applied g after the last layer too: the network returns the last layer's Z.": (
                forward_g_everywhere
            ),
            "You applied g to the input X: it comes after a layer, not before it.": (
                forward_g_before
            ),
            "g is missing: without it, all layers together are one single matrix product.": (
                forward_without_g
            ),
            "The biases are missing: every layer computes AW + b.": forward_without_bias,
            "You left out the last layer: only its activation is left out.": forward_all_but_last,
            "This is the first layer's Z: `return` belongs after the loop, not inside it.": (
                lambda X, parameters, g: forward(X, parameters[:1], g)
            ),
            "You applied g at the end only: it stands between the layers, and not after the last.": (
                forward_g_at_the_end_only
            ),
            "The bias comes before g: g(AW + b), not g(AW) + b; and no g after the last layer.": (
                forward_bias_after_g
            ),
            "You applied softmax: the network returns the last layer's Z, its scores.": (
                forward_then_softmax
            ),
            "You applied tanh, whatever g was passed: call g(Z).": (
                lambda X, parameters, g: forward(X, parameters, np.tanh)
            ),
            "You applied ReLU, whatever g was passed: call g(Z).": (
                lambda X, parameters, g: forward(X, parameters, lambda Z: np.maximum(Z, 0))
            ),
        },
    ),
    Exercise(
        name="count_parameters",
        notebook="01",
        right=count_parameters,
        inputs=count_inputs,
        wrong={
            "You forgot the biases: a layer has n_out of them.": count_weights,
            "You gave the input a bias too: only the layers after it have one.": (
                lambda sizes: count_weights(sizes) + sum(sizes)
            ),
            "A layer has one bias for each output, n_out; you counted n_in.": (
                lambda sizes: count_weights(sizes) + sum(sizes[:-1])
            ),
            "You gave each layer a single bias: it has one for each output, n_out.": (
                lambda sizes: count_weights(sizes) + len(sizes) - 1
            ),
            "You counted the neurons: a layer has n_in × n_out weights and n_out biases.": sum,
            "You counted the last layer only: the loop needs `+=`, not `=`.": (
                lambda sizes: count_parameters(sizes[-2:])
            ),
            "You multiplied all sizes: each layer has n_in × n_out weights; add the layers up.": (
                lambda sizes: int(np.prod(sizes))
            ),
            "You added the sizes of each pair: a layer has n_in × n_out weights, not n_in + n_out.": (
                lambda sizes: sum(sizes[:-1]) + sum(sizes[1:])
            ),
            "You paired each size with itself: n_in and n_out are neighbours, "
            "`zip(sizes[:-1], sizes[1:])`.": lambda sizes: sum(n * n + n for n in sizes),
            "You gave biases to the last layer only: each layer has n_out of them.": (
                lambda sizes: count_weights(sizes) + sizes[-1]
            ),
            "You counted the first layer only: `return` belongs after the loop, not inside it.": (
                lambda sizes: count_parameters(sizes[:2])
            ),
        },
    ),
    Exercise(
        name="softmax",
        notebook="01",
        right=softmax,
        inputs=lambda rng: (logits(rng),),
        wrong={
            "exp overflows for large Z, so inf/inf gives NaN, and 0/0 does for very negative Z: "
            "subtract each row's maximum first.": softmax_not_shifted,
            "You subtracted the maximum of the whole of Z, so exp gives only zeros in some rows: "
            "take each row's own, with axis=1 and keepdims=True.": softmax_shifted_by_one,
            "You went along the wrong axis: each row (example) sums to 1, so use axis=1.": (
                lambda Z: softmax(Z.T).T
            ),
            "The rows do not sum to 1: divide by each row's sum.": softmax_not_normalised,
            "You divided by the sum of everything: divide each row by its own sum, with axis=1 "
            "and keepdims=True.": softmax_over_everything,
            "exp overflows for large Z: subtract each row's maximum first, and divide each row by "
            "its own sum, with axis=1 and keepdims=True.": softmax_naive_over_everything,
            "You subtracted each column's maximum: take each row's, with axis=1, keepdims=True.": (
                softmax_shifted_by_columns
            ),
            "exp is missing: softmax divides exp(Z) by its sum in each row.": softmax_without_exp,
            "exp is missing after the maximum is subtracted: softmax divides exp(Z - max) by its "
            "sum.": softmax_shifted_without_exp,
            "You divided by each column's sum: each row (example) sums to 1, so axis=1 and "
            "keepdims=True.": softmax_divided_by_columns,
            "You divided by the maximum: subtract it. Softmax sees only differences, and a "
            "quotient changes them.": softmax_of_quotients,
            "You subtracted the maximum above the fraction bar only: below it, exp(Z) still "
            "overflows or vanishes.": softmax_shifted_above_only,
            "This is the sigmoid, element by element: softmax also divides by the row's sum.": (
                lambda Z: 1 / (1 + np.exp(-Z))
            ),
            "This is 1 at the largest score and 0 elsewhere: softmax is softer, and divides "
            "exp(Z - max) by its sum.": lambda Z: 1.0 * (Z == Z.max(axis=1, keepdims=True)),
            "This is the class with the largest score: its number is the guess, not P.": (
                lambda Z: Z.argmax(axis=1)
            ),
            "This is log P: return P itself.": lambda Z: np.log(softmax(Z)),
            "P is transposed: rows are examples here, so its shape is (N, K).": (
                lambda Z: softmax(Z).T
            ),
        },
    ),
]
