"""The exercises of notebook 06, Gradient check."""

import numpy as np

from .exercise import Exercise
from .mistakes import doubled, halved, negated, over_N
from .nb02 import sigmoid

# --- central_difference ---------------------------------------------------------------------------


def central_difference(f, theta, eps):
    grad = np.zeros_like(theta)
    for i in range(len(theta)):
        step = np.zeros_like(theta)
        step[i] = eps
        grad[i] = (f(theta + step) - f(theta - step)) / (2 * eps)
    return grad


def smooth_function(rng):
    """A function from a vector to a number; it takes real and complex vectors, on any backend."""
    a, b, c = (float(number) for number in rng.uniform(0.5, 1.5, size=3))

    def f(theta):
        return a * (theta**3).sum() + b * (theta[:-1] * theta[1:]).sum() + c * theta.sum() ** 2

    return f


def central_inputs(rng):
    theta = rng.uniform(0.5, 1.5, size=4 + rng.integers(3))
    return smooth_function(rng), theta, float(rng.uniform(0.05, 0.2))


def at(f, theta, steps):
    """f at theta moved by each of the steps."""
    return np.array([f(theta + step) for step in steps])


def only_first(right):
    """The mistake of a `return` inside the loop: what comes after the first stays 0."""
    return right * (np.arange(len(right)) == 0)


STEPS = {
    "eye": lambda theta: np.eye(len(theta)),
    "so_far": lambda theta: np.tri(len(theta)),  # row i moves parameter i and those before it
}

CENTRAL_DIFFERENCE = Exercise(central_difference, central_inputs, terms=STEPS | {
    "forward": lambda f, theta, eps, eye: (at(f, theta, eps * eye) - f(theta)) / eps,
}, wrong={
    "This is the forward difference: step to both sides, f(θ + ε) - f(θ - ε).":
        lambda forward: forward,
    "This is the backward difference: step to both sides, f(θ + ε) - f(θ - ε).":
        lambda f, theta, eps, eye: (f(theta) - at(f, theta, -eps * eye)) / eps,
    "This is half a forward difference: the second point is θ - ε, then 2ε is right.":
        lambda forward: forward / 2,
    "The 2 is missing below: the two points are 2ε apart.": doubled,
    "ε is missing below: divide by the distance 2ε.": lambda eps, right: eps * right,
    "You did not divide by the distance 2ε.": lambda eps, right: 2 * eps * right,
    "`/ 2 * eps` divides by 2 and then multiplies by eps: write `/ (2 * eps)`.":
        lambda eps, right: eps**2 * right,
    "The sign is flipped: f(θ + ε) - f(θ - ε).": negated,
    "You moved all parameters at once, which gives a single number: move one at a time.":
        lambda f, theta, eps: (f(theta + eps) - f(theta - eps)) / (2 * eps),
    "You did not put a parameter back before moving the next one.":
        lambda f, theta, eps, eye, so_far:
            (at(f, theta, eps * (2 * eye - so_far)) - at(f, theta, -eps * so_far)) / (2 * eps),
    "All the earlier parameters move along: put step[i] back to 0, or make a new step for each "
    "parameter.":
        lambda f, theta, eps, so_far:
            (at(f, theta, eps * so_far) - at(f, theta, -eps * so_far)) / (2 * eps),
    "You used an ε of your own: take the eps that was passed.":
        lambda f, theta: central_difference(f, theta, 1e-5),
    "You moved by 1: put eps into step[i], since the division is by 2ε.":
        lambda f, theta, eps, eye: (at(f, theta, eye) - at(f, theta, -eye)) / (2 * eps),
    "All is 0, so both points are the same: `plus = theta` makes no copy, and a step of whole "
    "numbers cuts eps off.": lambda theta: np.zeros_like(theta),
    "Only the first derivative is there: `return` stands inside the loop.": only_first,
    "The last parameter is left out: `range(len(theta))` runs over all of them.":
        lambda right: np.append(right[:-1], 0.0),
})  # fmt: skip


# --- relative_error -------------------------------------------------------------------------------


TINY = 1e-300  # any number will do that is far below all gradients


def relative_error(a, b):
    """|a - b| / max(|a| + |b|, tiny), element by element; 0 where a and b both are 0."""
    return np.abs(a - b) / np.maximum(np.abs(a) + np.abs(b), TINY)


def relative_inputs(rng):
    shape = 5 + rng.integers(3), 3
    a, b = rng.normal(size=shape), rng.normal(size=shape)
    a[1, 2], b[1, 2] = 1.5, -0.5  # opposite signs
    a[2, 1], b[2, 1] = 0.5, 0.75  # the same sign
    a[3, :2] = b[3, :2] = 0
    a[4, 0], b[4, 0] = 3e-8, 1e-8  # small, and by no means equal
    return a, b


def over(difference, size):
    """The quotient, with 0 for 0/0."""
    return difference / np.maximum(size, TINY)


RELATIVE_ERROR = Exercise(relative_error, relative_inputs, terms={
    "difference": lambda a, b: np.abs(a - b),
    "sizes": lambda a, b: np.abs(a) + np.abs(b),
}, wrong={
    "0/0 gives NaN where a and b both are 0: keep the denominator above 0 with np.maximum(…, "
    "tiny).": lambda difference, sizes: difference / sizes,
    "The absolute value above is missing: an error is never negative.":
        lambda a, b, sizes: over(a - b, sizes),
    "This is the absolute error: divide it by |a| + |b|.": lambda difference: difference,
    "You divided by |a| only: |a| + |b| treats both alike.":
        lambda a, difference: over(difference, np.abs(a)),
    "You divided by |b| only: |a| + |b| treats both alike.":
        lambda b, difference: over(difference, np.abs(b)),
    "You divided by the larger of |a| and |b|: here it is their sum.":
        lambda a, b, difference: over(difference, np.maximum(np.abs(a), np.abs(b))),
    "You divided by |a + b|, which can vanish: |a| + |b| cannot, unless both are 0.":
        lambda a, b, difference: over(difference, np.abs(a + b)),
    "You divided by the mean of |a| and |b|: here it is their sum.": doubled,
    "A small number added below changes every error a little, and those of small a and b a lot: "
    "take np.maximum(…, tiny) in place of the sum.":
        lambda difference, sizes: difference / (sizes + 1e-8),
    "This is the package's error, with its floor: here a and b of any size count.":
        lambda difference, sizes: difference / np.maximum(sizes, 1e-3 * sizes.max()),
    "Brackets: |a - b| / |a| + |b| divides by |a| and then adds; write / (|a| + |b|).":
        lambda a, b, difference: difference / np.abs(a) + np.abs(b),
    "You compared the sizes only: 1 and -1 have the same size, and |a - b| is 2.":
        lambda a, b: relative_error(np.abs(a), np.abs(b)),
    "You returned the mean of the errors: each element has its own.": lambda right: right.mean(),
    "This is one error for the whole array: each element has its own.":
        lambda a, b: np.linalg.norm(a - b) / (np.linalg.norm(a) + np.linalg.norm(b)),
    "You returned only the largest error: each element has its own.": lambda right: right.max(),
})  # fmt: skip


# --- complex_step ---------------------------------------------------------------------------------


def complex_step(f, theta, h):
    grad = np.zeros_like(theta)
    for i in range(len(theta)):
        step = np.zeros(len(theta), dtype=complex)
        step[i] = 1j * h
        grad[i] = f(theta + step).imag / h
    return grad


def complex_inputs(rng):
    theta = rng.uniform(0.5, 1.5, size=4 + rng.integers(3))
    return smooth_function(rng), theta, float(10.0 ** -rng.integers(20, 40))


COMPLEX_STEP = Exercise(complex_step, complex_inputs, terms=STEPS, wrong={
    "The derivative is in the imaginary part: take `.imag` before you divide.":
        lambda f, theta, h, eye: at(f, theta, 1j * h * eye) / h,
    "You did not divide by the step h.": lambda h, right: h * right,
    "All the earlier parameters move along: start from theta anew for each parameter.":
        lambda f, theta, h, so_far: at(f, theta, 1j * h * so_far).imag / h,
    "You divided by 2h: there is one step here, so divide by h.": halved,
    "All is 0: the step was real, or an array of floats dropped its imaginary part. Add 1j * h to "
    "theta.astype(complex).": lambda theta: np.zeros_like(theta),
    "The sign is flipped: f(θ + ih).imag / h.": negated,
    "You moved all parameters at once, which gives a single number: move one at a time.":
        lambda f, theta, h: f(theta + 1j * h).imag / h,
    "This is i times the derivative: nothing need be subtracted, take `.imag` and divide by h.":
        lambda right: 1j * right,
    "You stepped to both sides and divided by h: one step, f(θ + ih).imag / h, is enough.": doubled,
    "Your step is i and not ih: put 1j * h into step[i].":
        lambda f, theta, h, eye: at(f, theta, 1j * eye).imag / h,
    "Only the first derivative is there: `return` stands inside the loop.": only_first,
})  # fmt: skip


# --- swish_backward -------------------------------------------------------------------------------


def swish_backward(dA, Z):
    S = sigmoid(Z)
    return dA * (S + Z * S * (1 - S))


def swish_inputs(rng):
    shape = 5 + rng.integers(3), 3
    return rng.normal(size=shape), rng.normal(size=shape)


SWISH_BACKWARD = Exercise(swish_backward, swish_inputs, terms={
    "S": sigmoid,
    "without_brackets": lambda Z: 1 / 1 + np.exp(-Z),
}, wrong={
    "This is the classmate's line, the second term of the product rule: add the first, σ(Z).":
        lambda dA, Z, S: dA * Z * S * (1 - S),
    "This is the first term of the product rule only: Z moves σ(Z) as well, so add Z * σ′(Z).":
        lambda dA, S: dA * S,
    "Z is missing in the second term of the product rule: σ(Z) + Z * σ′(Z).":
        lambda dA, S: dA * (S + S * (1 - S)),
    "The derivative of the sigmoid is S (1 - S), not S.": lambda dA, Z, S: dA * (S + Z * S),
    "The derivative of the sigmoid is S (1 - S), with S = σ(Z): you put Z for S.":
        lambda dA, Z, S: dA * (S + Z * Z * (1 - Z)),
    "The product rule adds its two terms: σ(Z) + Z * σ′(Z).":
        lambda dA, Z, S: dA * (S - Z * S * (1 - S)),
    "This is the derivative itself: multiply it by dA.": lambda Z: swish_backward(1, Z),
    "dA multiplies the first term only: put brackets round σ(Z) + Z * σ′(Z).":
        lambda dA, Z, S: dA * S + Z * S * (1 - S),
    "This is dA times the function, not times its derivative.": lambda dA, Z, S: dA * Z * S,
    "The derivative of a product is not the product of the derivatives: u′v + uv′.":
        lambda dA, S: dA * S * (1 - S),
    "A (1 - A) is a sigmoid's derivative, and here A = Z σ(Z) is none: use the product rule.":
        lambda dA, Z, S: dA * Z * S * (1 - Z * S),
    "In the second term stands S (1 - S) with S = σ(Z): you put A = Z S for S.":
        lambda dA, Z, S: dA * (S + Z * S * (1 - Z * S)),
    "The derivative of the sigmoid is S (1 - S): the factor S is missing.":
        lambda dA, Z, S: dA * (S + Z * (1 - S)),
    "A sign in the exponent: 1 / (1 + exp(Z)) is 1 - σ(Z), and σ(Z) has exp(-Z).":
        lambda dA, Z, S: dA * (1 - S + Z * S * (1 - S)),
    "Brackets: 1 / 1 + exp(-Z) divides 1 by 1 and then adds; write 1 / (1 + exp(-Z)).":
        lambda dA, Z, without_brackets:
            dA * (without_brackets + Z * without_brackets * (1 - without_brackets)),
    "1/N is too much: it stands in the loss, once, and dA contains it already.": over_N,
})  # fmt: skip
