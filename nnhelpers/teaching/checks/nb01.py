"""The exercises of notebook 01, Forward propagation."""

import numpy as np

from .exercise import Exercise
from .mistakes import transposed

# --- dense_forward --------------------------------------------------------------------------------


def dense_forward(X, W, b):
    return X @ W + b


def dense_inputs(rng):
    N, n_in, n_out = 7 + rng.integers(3), 4 + rng.integers(2), 2 + rng.integers(2)
    return rng.normal(size=(N, n_in)), rng.normal(size=(n_in, n_out)), rng.normal(size=n_out)


DENSE_FORWARD = Exercise(dense_forward, dense_inputs, wrong={
    "The bias is missing: Z = XW + b.": lambda X, W: X @ W,
    "The bias has the wrong sign: Z = XW + b.": lambda X, W, b: X @ W - b,
    "Z is transposed: rows are examples here, so its shape is (N, n_out).": transposed,
    "You added b to the weights, before the product: Z = XW + b, not X(W + b).":
        lambda X, W, b: X @ (W + b),
    "You applied ReLU: the layer itself returns Z, the activation comes after it.":
        lambda right: np.maximum(right, 0),
    "You applied the sigmoid: the layer itself returns Z, the activation comes after it.":
        lambda right: 1 / (1 + np.exp(-right)),
    "You applied tanh: the layer itself returns Z, the activation comes after it.":
        lambda right: np.tanh(right),
    "You added b once for each input: the bias comes once, after the sum over the inputs.":
        lambda X, W, b: X @ W + X.shape[1] * b,
    "You added all biases to every neuron: each neuron has its own, so no sum of b.":
        lambda X, W, b: X @ W + b.sum(),
    "Only the last input counts here: the loop needs `+=`, not `=`, to sum over all inputs.":
        lambda X, W, b: X[:, -1:] * W[-1] + b,
})  # fmt: skip


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


def forward_bias_after_g(X, parameters, g):
    A = X
    for W, b in parameters:
        A = g(A @ W) + b
    return A


FORWARD = Exercise(forward, forward_inputs, wrong={
    "You applied g after the last layer too: the network returns the last layer's Z.":
        lambda g, right: g(right),
    "You applied g to the input X: it comes after a layer, not before it.":
        lambda X, parameters, g: forward(g(X), parameters, g),
    "g is missing: without it, all layers together are one single matrix product.":
        lambda X, parameters: forward(X, parameters, lambda Z: Z),
    "The biases are missing: every layer computes AW + b.":
        lambda X, parameters, g: forward(X, [(W, 0) for W, b in parameters], g),
    "You left out the last layer: only its activation is left out.":
        lambda X, parameters, g: g(forward(X, parameters[:-1], g)),
    "This is the first layer's Z: `return` belongs after the loop, not inside it.":
        lambda X, parameters, g: forward(X, parameters[:1], g),
    "You applied g at the end only: it stands between the layers, and not after the last.":
        lambda X, parameters, g: g(forward(X, parameters, lambda Z: Z)),
    "The bias comes before g: g(AW + b), not g(AW) + b; and no g after the last layer.":
        forward_bias_after_g,
    "You applied softmax: the network returns the last layer's Z, its scores.":
        lambda right: softmax(right),
    "You applied tanh, whatever g was passed: call g(Z).":
        lambda X, parameters: forward(X, parameters, np.tanh),
    "You applied ReLU, whatever g was passed: call g(Z).":
        lambda X, parameters: forward(X, parameters, lambda Z: np.maximum(Z, 0)),
})  # fmt: skip


# --- count_parameters -----------------------------------------------------------------------------


def count_parameters(sizes):
    return sum(n_in * n_out + n_out for n_in, n_out in zip(sizes[:-1], sizes[1:], strict=True))


def count_inputs(rng):
    sizes = rng.choice(np.arange(5, 40), size=rng.integers(3, 6), replace=False)
    return (sorted(sizes.tolist(), reverse=True),)


COUNT_PARAMETERS = Exercise(count_parameters, count_inputs, terms={
    "weights": lambda sizes, right: right - sum(sizes[1:]),
}, wrong={
    "You forgot the biases: a layer has n_out of them.": lambda weights: weights,
    "You gave the input a bias too: only the layers after it have one.":
        lambda sizes, weights: weights + sum(sizes),
    "A layer has one bias for each output, n_out; you counted n_in.":
        lambda sizes, weights: weights + sum(sizes[:-1]),
    "You gave each layer a single bias: it has one for each output, n_out.":
        lambda sizes, weights: weights + len(sizes) - 1,
    "You counted the neurons: a layer has n_in × n_out weights and n_out biases.":
        lambda sizes: sum(sizes),
    "You counted the last layer only: the loop needs `+=`, not `=`.":
        lambda sizes: count_parameters(sizes[-2:]),
    "You multiplied all sizes: each layer has n_in × n_out weights; add the layers up.":
        lambda sizes: int(np.prod(sizes)),
    "You added the sizes of each pair: a layer has n_in × n_out weights, not n_in + n_out.":
        lambda sizes: sum(sizes[:-1]) + sum(sizes[1:]),
    "You paired each size with itself: n_in and n_out are neighbours, `zip(sizes[:-1], "
    "sizes[1:])`.": lambda sizes: sum(n * n + n for n in sizes),
    "You gave biases to the last layer only: each layer has n_out of them.":
        lambda sizes, weights: weights + sizes[-1],
    "You counted the first layer only: `return` belongs after the loop, not inside it.":
        lambda sizes: count_parameters(sizes[:2]),
})  # fmt: skip


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


def rows_to_1(E):
    """Each row divided by its sum."""
    return E / E.sum(axis=1, keepdims=True)


def softmax_not_shifted(Z):
    return rows_to_1(np.exp(Z))


def softmax_shifted_by_one(Z):
    return rows_to_1(np.exp(Z - Z.max()))


def softmax_over_everything(Z):
    E = np.exp(Z - Z.max(axis=1, keepdims=True))
    return E / E.sum()


SOFTMAX = Exercise(softmax, lambda rng: (logits(rng),), terms={
    "largest": lambda Z: Z.max(axis=1, keepdims=True),
    "E": lambda Z, largest: np.exp(Z - largest),
}, wrong={
    "exp overflows for large Z, so inf/inf gives NaN, and 0/0 does for very negative Z: subtract "
    "each row's maximum first.": softmax_not_shifted,
    "You subtracted the maximum of the whole of Z, so exp gives only zeros in some rows: take "
    "each row's own, with axis=1 and keepdims=True.": softmax_shifted_by_one,
    "You went along the wrong axis: each row (example) sums to 1, so use axis=1.":
        lambda Z: softmax(Z.T).T,
    "The rows do not sum to 1: divide by each row's sum.": lambda E: E,
    "You divided by the sum of everything: divide each row by its own sum, with axis=1 and "
    "keepdims=True.": softmax_over_everything,
    "exp overflows for large Z: subtract each row's maximum first, and divide each row by its own "
    "sum, with axis=1 and keepdims=True.": lambda Z: np.exp(Z) / np.exp(Z).sum(),
    "You subtracted each column's maximum: take each row's, with axis=1, keepdims=True.":
        lambda Z: rows_to_1(np.exp(Z - Z.max(axis=0))),
    "exp is missing: softmax divides exp(Z) by its sum in each row.": lambda Z: rows_to_1(Z),
    "exp is missing after the maximum is subtracted: softmax divides exp(Z - max) by its sum.":
        lambda Z, largest: rows_to_1(Z - largest),
    "You divided by each column's sum: each row (example) sums to 1, so axis=1 and keepdims=True.":
        lambda E: E / E.sum(axis=0),
    "You divided by the maximum: subtract it. Softmax sees only differences, and a quotient "
    "changes them.": lambda Z, largest: softmax(Z / largest),
    "You subtracted the maximum above the fraction bar only: below it, exp(Z) still overflows or "
    "vanishes.": lambda Z, E: E / np.exp(Z).sum(axis=1, keepdims=True),
    "This is the sigmoid, element by element: softmax also divides by the row's sum.":
        lambda Z: 1 / (1 + np.exp(-Z)),
    "This is 1 at the largest score and 0 elsewhere: softmax is softer, and divides exp(Z - max) "
    "by its sum.": lambda Z, largest: 1.0 * (Z == largest),
    "This is the class with the largest score: its number is the guess, not P.":
        lambda Z: Z.argmax(axis=1),
    "This is log P: return P itself.": lambda right: np.log(right),
    "P is transposed: rows are examples here, so its shape is (N, K).": transposed,
})  # fmt: skip
