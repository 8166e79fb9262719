"""The exercises of notebook 02, Backpropagation."""

import numpy as np

from .exercise import Exercise
from .mistakes import (
    doubled,
    halved,
    negated,
    over_N,
    summed_over_examples,
    times_N,
    transposed,
)  # fmt: skip
from .nb00 import one_hot
from .nb01 import (
    logits,
    softmax,
    softmax_not_shifted,
    softmax_over_everything,
    softmax_shifted_by_one,
)

# --- the loss and its gradient --------------------------------------------------------------------


def softmax_cross_entropy(Z, y):
    P = softmax(Z)
    return -np.mean(np.log(P[np.arange(len(y)), y]))


def softmax_cross_entropy_gradient(Z, y):
    P, Y = softmax(Z), one_hot(y, Z.shape[1])
    return (P - Y) / len(y)


def loss_inputs(rng):
    Z = logits(rng)
    return Z, rng.integers(0, Z.shape[1], size=len(Z))


def cost_inputs(rng):
    """One label is given a tiny probability: there it shows if something was added to P."""
    Z, y = loss_inputs(rng)
    Z[2, y[2]] -= 31
    return Z, y


def added_to_p(eps):
    """The mistake of adding eps inside the log, to guard against the log of zero."""
    return lambda p: -np.mean(np.log(p + eps))


P_AND_Y = {"P": softmax, "Y": lambda Z, y: one_hot(y, Z.shape[1])}

SOFTMAX_CROSS_ENTROPY = Exercise(softmax_cross_entropy, cost_inputs, terms=P_AND_Y | {
    "p": lambda P, y: P[np.arange(len(y)), y],
}, wrong={
    "The sign is flipped: log P is negative, and the loss is minus that.": negated,
    "You summed over the examples: the loss is their mean, divide by N.": times_N,
    "You divided by N twice: np.mean has done it already.": over_N,
    "You took the mean over all N × K entries: sum over the K classes, and take the mean over the "
    "N examples.": lambda Z, right: right / Z.shape[1],
    "You returned one loss for each example: take their mean.": lambda p: -np.log(p),
    "The log is missing: the loss is the mean of -log P at the labels.": lambda p: -np.mean(p),
    "This is log2: use the natural logarithm, np.log.": lambda right: right / np.log(2),
    "This is log10: use the natural logarithm, np.log.": lambda right: right / np.log(10),
    "`P[:, y]` takes all those columns in every row: pair each row with its own label, "
    "`P[np.arange(N), y]`.": lambda P, y: -np.mean(np.log(P[:, y])),
    "You added (1 - Y) log(1 - P), which belongs to the sigmoid's cross-entropy: after a softmax, "
    "only the label's own -log P counts.":
        lambda P, Y, N: -np.sum(Y * np.log(P) + (1 - Y) * np.log(1 - P)) / N,
    "You multiplied by the labels themselves, 0, 1, 2, …: take their one-hot Y, or pick "
    "`P[np.arange(N), y]`.": lambda P, y, N: -np.sum(y[:, None] * np.log(P)) / N,
    "`P[y]` picks whole rows, those with the labels' numbers: pair each row with its own label, "
    "`P[np.arange(N), y]`.": lambda P, y: -np.mean(np.log(P[y])),
    "You took -log P of every class: only the label's own entry counts.":
        lambda P: -np.mean(np.log(P)),
    "You took the largest probability of each row: it is the label's that counts.":
        lambda P: -np.mean(np.log(P.max(axis=1))),
    "You stopped before the sums: -Y log P is (N, K). Sum it, and divide by N.":
        lambda P, Y: -Y * np.log(P),
    "This is NaN: softmax must subtract each row's maximum first, or exp overflows; and the log "
    "is of P, not of Z, which may be negative.":
        lambda Z, y: -np.mean(np.log(softmax_not_shifted(Z)[np.arange(len(y)), y])),
} | {
    f"You added {eps:g} to P inside the log: where P is tiny J comes out too small. Use "
    "`np.log(P)`.": added_to_p(eps)
    for eps in (1e-7, 1e-8, 1e-9, 1e-10, 1e-12, 1e-15)
})  # fmt: skip

SOFTMAX_CROSS_ENTROPY_GRADIENT = Exercise(
    softmax_cross_entropy_gradient, loss_inputs, terms=P_AND_Y, wrong={
    "The 1/N is missing: J is the mean over the N examples, so dZ = (P - Y)/N.": times_N,
    "You divided by N twice: dZ = (P - Y)/N.": over_N,
    "You divided by N × K: the mean goes over the N examples only.":
        lambda Z, right: right / Z.shape[1],
    "The sign is flipped: dZ = (P - Y)/N, so a step against it raises P at the label.": negated,
    "Y is missing: dZ = (P - Y)/N.": lambda P, N: P / N,
    "Brackets are missing: `P - Y / N` divides Y only, and dZ = (P - Y)/N.":
        lambda P, Y, N: P - Y / N,
    "You took Z for P: it goes through the softmax first, dZ = (P - Y)/N.":
        lambda Z, Y, N: (Z - Y) / N,
    "You multiplied by P(1 - P), but the softmax's derivative is in P - Y already.":
        lambda P, right: right * P * (1 - P),
    "This is ∂J/∂P: take it through the softmax, down to Z.": lambda P, Y, N: -Y / P / N,
    "Your softmax goes along the wrong axis: each row (example) sums to 1.":
        lambda Z, Y, N: (softmax(Z.T).T - Y) / N,
    "You summed over the examples: dZ has the shape of Z.": summed_over_examples,
    "You divided by the number of classes, K: the mean goes over the N examples.":
        lambda Z, N, right: N / Z.shape[1] * right,
    "The sign is flipped, and the 1/N is missing: dZ = (P - Y)/N.": lambda P, Y: Y - P,
    "You subtracted the labels themselves, 0, 1, 2, …: Y is their one-hot form.":
        lambda P, y, N: (P - y[:, None]) / N,
    "`P[:, y] -= 1` subtracts from all those columns in every row: pair each row with its own "
    "label, `P[np.arange(N), y]`.": lambda P, Y, N: (P - Y.max(axis=0)) / N,
    "You took the mean over everything: dZ has the shape of Z, and 1/N is a factor.":
        lambda P, Y: np.mean(P - Y),
    "exp overflows for large Z: subtract each row's maximum in softmax first.":
        lambda Z, Y, N: (softmax_not_shifted(Z) - Y) / N,
    "Your softmax subtracts the maximum of the whole of Z: take each row's own, with axis=1 and "
    "keepdims=True.": lambda Z, Y, N: (softmax_shifted_by_one(Z) - Y) / N,
    "Your softmax divides by the sum of everything: each row by its own, with axis=1 and "
    "keepdims=True.": lambda Z, Y, N: (softmax_over_everything(Z) - Y) / N,
})  # fmt: skip


# --- dense_backward -------------------------------------------------------------------------------


def dense_backward(dZ, X, W):
    dW = X.T @ dZ
    db = dZ.sum(axis=0)
    dX = dZ @ W.T
    return dW, db, dX


def dense_backward_inputs(rng):
    N, n_in, n_out = 7 + rng.integers(3), 4 + rng.integers(2), 2 + rng.integers(2)
    shapes = (N, n_out), (N, n_in), (n_in, n_out)
    return tuple(rng.normal(size=shape) for shape in shapes)


DENSE_BACKWARD = Exercise(
    dense_backward, dense_backward_inputs, returns=("dW", "db", "dX"), wrong={
    "dW is transposed: it has the shape of W, (n_in, n_out), so dW = XᵀdZ.": {"dW": transposed},
    "You divided dW by N: the 1/N is already in the loss, and so in dZ.": {"dW": over_N},
    "dW has the wrong sign: dW = XᵀdZ. The minus comes with the step, not here.": {"dW": negated},
    "You divided db by N: the 1/N is already in the loss, and so in dZ.": {"db": over_N},
    "You summed db over the wrong axis: sum over the examples, axis=0.":
        {"db": lambda dZ: dZ.sum(axis=1)},
    "You summed db over everything: sum over the examples only, axis=0.":
        {"db": lambda dZ: dZ.sum()},
    "db has one dimension too many: it has the shape of b, (n_out,), so no keepdims.":
        {"db": lambda right: right[None, :]},
    "db is not summed: b acts on every example, so its gradients add up over axis=0.":
        {"db": lambda dZ: dZ},
    "db has the wrong sign: db = Σₙ dZₙ. The minus comes with the step, not here.": {"db": negated},
    "dX is transposed: it has the shape of X, (N, n_in), so dX = dZWᵀ.": {"dX": transposed},
    "You divided dX by N: the 1/N is already in the loss, and so in dZ.": {"dX": over_N},
    "You multiplied dX by a mask: that is the activation's own way back, before this layer.":
        {"dX": lambda X, right: right * (X > 0)},
    "db is a column: it has the shape of b, (n_out,).": {"db": lambda right: right[:, None]},
    "You took dW for W: dX = dZWᵀ.": {"dX": lambda dZ, X: dZ @ (X.T @ dZ).T},
    "dX has the wrong sign: dX = dZWᵀ. The minus comes with the step, not here.": {"dX": negated},
})  # fmt: skip


# --- backward through sigmoid and ReLU ------------------------------------------------------------


def sigmoid(Z):
    return 1 / (1 + np.exp(-Z))


def sigmoid_backward(dA, A):
    return dA * A * (1 - A)


def sigmoid_inputs(rng):
    shape = (6 + rng.integers(3), 4)
    return rng.normal(size=shape), sigmoid(2 * rng.normal(size=shape))


def relu_backward(dA, Z):
    return dA * (Z > 0)


def relu_inputs(rng):
    shape = (6 + rng.integers(3), 4)
    Z = rng.normal(size=shape)
    Z[rng.random(shape) < 0.2] = 0
    Z[2, :2] = 0  # so there are some for sure
    return rng.normal(size=shape), Z


SIGMOID_BACKWARD = Exercise(sigmoid_backward, sigmoid_inputs, wrong={
    "You forgot the factor (1 - A): σ' = A(1 - A).": lambda dA, A: dA * A,
    "You forgot the factor A: σ' = A(1 - A).": lambda dA, A: dA * (1 - A),
    "You forgot dA: the chain rule multiplies dA by σ' = A(1 - A).": lambda A: A * (1 - A),
    "You took A for Z and applied the sigmoid again: A is σ(Z) already.":
        lambda dA, A: sigmoid_backward(dA, sigmoid(A)),
    "This is the derivative of tanh, 1 - A²: σ' = A(1 - A).": lambda dA, A: dA * (1 - A**2),
    "The sign is flipped: σ' = A(1 - A), not A(A - 1).": negated,
    "You divided by N: the 1/N is already in the loss, and so in dA.": over_N,
    "dA came through unchanged: `A > 0` is the ReLU's mask, and σ' = A(1 - A).":
        lambda dA, A: dA * (A > 0),
    "Brackets are missing: `dA * A * 1 - A` subtracts A at the end, and σ' = A(1 - A).":
        lambda dA, A: dA * A * 1 - A,
    "You summed over the examples: dZ has the shape of dA, one slope for each element.":
        summed_over_examples,
    "This is a matrix product: an activation goes element by element, with `*`.":
        lambda dA, A: dA @ (A * (1 - A)).T,
})  # fmt: skip

RELU_BACKWARD = Exercise(relu_backward, relu_inputs, wrong={
    "At Z = 0 exactly nothing passes here: the mask is Z > 0, not Z >= 0.":
        lambda dA, Z: dA * (Z >= 0),
    "dA came through unchanged: the mask Z > 0 is missing, or it is True everywhere (as A >= 0 "
    "is, after a ReLU).": lambda dA: dA,
    "You forgot dA: the chain rule multiplies it by the mask Z > 0.": lambda Z: 1.0 * (Z > 0),
    "You multiplied by the ReLU itself: its slope is what is due, 1 or 0.":
        lambda dA, Z: dA * np.maximum(Z, 0),
    "You applied the ReLU to dA: its mask comes from Z.": lambda dA: np.maximum(dA, 0),
    "The mask is upside down: it passes dA where Z > 0.": lambda dA, Z: dA * (Z <= 0),
    "You multiplied by Z: the slope of the ReLU is due, 1 or 0.": lambda dA, Z: dA * Z,
    "`np.sign` is -1 left of zero: the slope there is 0, so use the mask Z > 0.":
        lambda dA, Z: dA * np.sign(Z),
    "This is the way forward, max(Z, 0): on the way back dA goes through the mask.":
        lambda Z: np.maximum(Z, 0),
    "`dA[Z > 0]` drops the other entries: they stay, as zeros. Multiply by the mask.":
        lambda dA, Z: dA[Z > 0],
})  # fmt: skip


# --- the quadratic cost, and one step -------------------------------------------------------------


def quadratic_gradient(A, Y):
    return (A - Y) / len(A)


def quadratic_inputs(rng):
    N, K = 9 + rng.integers(3), 3 + rng.integers(2)  # never N = 2K: 2/N and 1/K must differ
    return sigmoid(rng.normal(size=(N, K))), one_hot(rng.integers(0, K, size=N), K)


def gradient_descent_step(theta, grad, lr):
    return theta - lr * grad


def step_inputs(rng):
    n = 5 + rng.integers(4)
    return rng.normal(size=n), rng.normal(size=n), float(rng.uniform(0.05, 0.5))


QUADRATIC_GRADIENT = Exercise(quadratic_gradient, quadratic_inputs, wrong={
    "The 1/N is missing: J = 1/(2N) Σ‖A - Y‖².": times_N,
    "You divided by N twice: J = 1/(2N) Σ‖A - Y‖² has one 1/N.": over_N,
    "You have a 2 too many: the ½ in J cancels the 2 from the square.": doubled,
    "You have a ½ too many: it cancels the 2 from the square.": halved,
    "You divided by N × K: the mean goes over the N examples only.": lambda A, Y: (A - Y) / A.size,
    "You divided by the number of outputs, K: the mean goes over the N examples.":
        lambda A, Y: (A - Y) / A.shape[1],
    "The 1/N is missing, and the ½ in J cancels the 2 from the square.": lambda A, Y: 2 * (A - Y),
    "You went through a sigmoid as well: this is dZ, and dA is due.":
        lambda A, right: right * A * (1 - A),
    "You took the mean over the examples: dA has the shape of A, and 1/N is a factor.":
        summed_over_examples,
    "You took the mean over everything: dA has the shape of A, and 1/N is a factor.":
        lambda A, Y: (A - Y).mean(),
    "The sign is flipped: (A - Y)/N, not (Y - A)/N.": negated,
    "This is the cost J: its derivative with respect to A is due, of the shape of A.":
        lambda A, Y, N: np.sum((A - Y) ** 2) / (2 * N),
    "You kept the square: the derivative of ½(A - Y)² is A - Y.": lambda A, Y, N: (A - Y) ** 2 / N,
})  # fmt: skip

GRADIENT_DESCENT_STEP = Exercise(gradient_descent_step, step_inputs, wrong={
    "You walked uphill: the step goes against the gradient, theta - lr * grad.":
        lambda theta, grad, lr: theta + lr * grad,
    "The learning rate is missing: theta - lr * grad.": lambda theta, grad: theta - grad,
    "You returned the step: add it to theta.": lambda grad, lr: -lr * grad,
    "You divided by the learning rate: multiply, theta - lr * grad.":
        lambda theta, grad, lr: theta - grad / lr,
    "You multiplied theta by the learning rate: it belongs to grad, theta - lr * grad.":
        lambda theta, grad, lr: lr * (theta - grad),
    "The gradient is missing: theta - lr * grad.": lambda theta, lr: theta - lr,
    "You returned lr * grad: subtract it from theta.": lambda grad, lr: lr * grad,
    "theta and grad have changed places: theta - lr * grad.":
        lambda theta, grad, lr: grad - lr * theta,
    "The step is multiplied by theta: it is lr * grad, however large theta is.":
        lambda theta, grad, lr: theta - theta * lr * grad,
    "You divided by the number of parameters: the step is lr * grad.":
        lambda theta, grad, lr: theta - lr * grad / len(theta),
})  # fmt: skip
