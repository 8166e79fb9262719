"""The exercises of notebook 06, Gradient check."""

import numpy as np

from .exercise import Exercise

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


def forward_difference(f, theta, eps):
    steps = eps * np.eye(len(theta))
    return np.array([(f(theta + step) - f(theta)) / eps for step in steps])


def not_moved_back(f, theta, eps):
    theta, grad = theta.copy(), np.zeros_like(theta)
    for i in range(len(theta)):
        theta[i] += eps
        above = f(theta)
        theta[i] -= 2 * eps
        grad[i] = (above - f(theta)) / (2 * eps)
    return grad


def never_back_to_zero(f, theta, eps):
    step, grad = np.zeros_like(theta), np.zeros_like(theta)
    for i in range(len(theta)):
        step[i] = eps
        grad[i] = (f(theta + step) - f(theta - step)) / (2 * eps)
    return grad


def only_first(derivative):
    """The mistake of a `return` inside the loop: what comes after the first stays 0."""
    return lambda f, theta, step: derivative(f, theta, step) * (np.arange(len(theta)) == 0)


def all_but_last(derivative):
    """The mistake of a loop that ends one too early."""
    return lambda f, theta, step: (
        derivative(f, theta, step) * (np.arange(len(theta)) < len(theta) - 1)
    )


def moved_by_one(f, theta, eps):
    return np.array([(f(theta + row) - f(theta - row)) / (2 * eps) for row in np.eye(len(theta))])


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


def relative_to(a, b, size):
    """|a - b| / size, with 0 for 0/0."""
    return np.abs(a - b) / np.maximum(size, TINY)


def relative_error_signed(a, b):
    return (a - b) / np.maximum(np.abs(a) + np.abs(b), TINY)


def floor(a, b):
    return 1e-3 * (np.abs(a) + np.abs(b)).max()


def relative_error_of_vectors(a, b):
    return np.linalg.norm(a - b) / (np.linalg.norm(a) + np.linalg.norm(b))


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


def complex_never_back(f, theta, h):
    theta, grad = theta.astype(complex), np.zeros_like(theta)
    for i in range(len(theta)):
        theta[i] += 1j * h
        grad[i] = f(theta).imag / h
    return grad


def complex_step_whole(f, theta, h):
    return np.array([f(theta + step) / h for step in 1j * h * np.eye(len(theta))])


# --- swish_backward -------------------------------------------------------------------------------


def sigmoid(Z):
    return 1 / (1 + np.exp(-Z))


def swish_backward(dA, Z):
    S = sigmoid(Z)
    return dA * (S + Z * S * (1 - S))


def swish_without_brackets(dA, Z):
    S = 1 / 1 + np.exp(-Z)
    return dA * (S + Z * S * (1 - S))


def swish_inputs(rng):
    shape = 5 + rng.integers(3), 3
    return rng.normal(size=shape), rng.normal(size=shape)


EXERCISES = [
    Exercise(
        name="central_difference",
        notebook="06",
        right=central_difference,
        inputs=central_inputs,
        wrong={
            "This is the forward difference: step to both sides, f(θ + ε) - f(θ - ε).": (
                forward_difference
            ),
            "This is the backward difference: step to both sides, f(θ + ε) - f(θ - ε).": (
                lambda f, theta, eps: forward_difference(f, theta, -eps)
            ),
            "This is half a forward difference: the second point is θ - ε, then 2ε is right.": (
                lambda f, theta, eps: forward_difference(f, theta, eps) / 2
            ),
            "The 2 is missing below: the two points are 2ε apart.": (
                lambda f, theta, eps: 2 * central_difference(f, theta, eps)
            ),
            "ε is missing below: divide by the distance 2ε.": (
                lambda f, theta, eps: eps * central_difference(f, theta, eps)
            ),
            "You did not divide by the distance 2ε.": (
                lambda f, theta, eps: 2 * eps * central_difference(f, theta, eps)
            ),
            "`/ 2 * eps` divides by 2 and then multiplies by eps: write `/ (2 * eps)`.": (
                lambda f, theta, eps: eps**2 * central_difference(f, theta, eps)
            ),
            "The sign is flipped: f(θ + ε) - f(θ - ε).": (
                lambda f, theta, eps: -central_difference(f, theta, eps)
            ),
            "You moved all parameters at once, which gives a single number: move one at a time.": (
                lambda f, theta, eps: (f(theta + eps) - f(theta - eps)) / (2 * eps)
            ),
            "You did not put a parameter back before moving the next one.": not_moved_back,
            "All the earlier parameters move along: put step[i] back to 0, or make a new step "
            "for each parameter.": never_back_to_zero,
            "You used an ε of your own: take the eps that was passed.": (
                lambda f, theta, eps: central_difference(f, theta, 1e-5)
            ),
            "You moved by 1: put eps into step[i], since the division is by 2ε.": moved_by_one,
            "All is 0, so both points are the same: `plus = theta` makes no copy, and a step of whole "
            "numbers cuts eps off.": (lambda f, theta, eps: np.zeros_like(theta)),
            "Only the first derivative is there: `return` stands inside the loop.": (
                only_first(central_difference)
            ),
            "The last parameter is left out: `range(len(theta))` runs over all of them.": (
                all_but_last(central_difference)
            ),
        },
    ),
    Exercise(
        name="relative_error",
        notebook="06",
        right=relative_error,
        inputs=relative_inputs,
        wrong={
            "0/0 gives NaN where a and b both are 0: keep the denominator above 0 with "
            "np.maximum(…, tiny).": lambda a, b: np.abs(a - b) / (np.abs(a) + np.abs(b)),
            "The absolute value above is missing: an error is never negative.": (
                relative_error_signed
            ),
            "This is the absolute error: divide it by |a| + |b|.": lambda a, b: np.abs(a - b),
            "You divided by |a| only: |a| + |b| treats both alike.": (
                lambda a, b: relative_to(a, b, np.abs(a))
            ),
            "You divided by |b| only: |a| + |b| treats both alike.": (
                lambda a, b: relative_to(a, b, np.abs(b))
            ),
            "You divided by the larger of |a| and |b|: here it is their sum.": (
                lambda a, b: relative_to(a, b, np.maximum(np.abs(a), np.abs(b)))
            ),
            "You divided by |a + b|, which can vanish: |a| + |b| cannot, unless both are 0.": (
                lambda a, b: relative_to(a, b, np.abs(a + b))
            ),
            "You divided by the mean of |a| and |b|: here it is their sum.": (
                lambda a, b: 2 * relative_error(a, b)
            ),
            "A small number added below changes every error a little, and those of small a and b a "
            "lot: take np.maximum(…, tiny) in place of the sum.": (
                lambda a, b: np.abs(a - b) / (np.abs(a) + np.abs(b) + 1e-8)
            ),
            "This is the package's error, with its floor: here a and b of any size count.": (
                lambda a, b: np.abs(a - b) / np.maximum(np.abs(a) + np.abs(b), floor(a, b))
            ),
            "Brackets: |a - b| / |a| + |b| divides by |a| and then adds; write / (|a| + |b|).": (
                lambda a, b: np.abs(a - b) / np.abs(a) + np.abs(b)
            ),
            "You compared the sizes only: 1 and -1 have the same size, and |a - b| is 2.": (
                lambda a, b: relative_error(np.abs(a), np.abs(b))
            ),
            "You returned the mean of the errors: each element has its own.": (
                lambda a, b: relative_error(a, b).mean()
            ),
            "This is one error for the whole array: each element has its own.": (
                relative_error_of_vectors
            ),
            "You returned only the largest error: each element has its own.": (
                lambda a, b: relative_error(a, b).max()
            ),
        },
    ),
    Exercise(
        name="complex_step",
        notebook="06",
        right=complex_step,
        inputs=complex_inputs,
        wrong={
            "The derivative is in the imaginary part: take `.imag` before you divide.": (
                complex_step_whole
            ),
            "You did not divide by the step h.": (
                lambda f, theta, h: h * complex_step(f, theta, h)
            ),
            "All the earlier parameters move along: start from theta anew for each parameter.": (
                complex_never_back
            ),
            "You divided by 2h: there is one step here, so divide by h.": (
                lambda f, theta, h: complex_step(f, theta, h) / 2
            ),
            "All is 0: the step was real, or an array of floats dropped its imaginary part. Add "
            "1j * h to theta.astype(complex).": lambda f, theta, h: np.zeros_like(theta),
            "The sign is flipped: f(θ + ih).imag / h.": (
                lambda f, theta, h: -complex_step(f, theta, h)
            ),
            "You moved all parameters at once, which gives a single number: move one at a time.": (
                lambda f, theta, h: f(theta + 1j * h).imag / h
            ),
            "This is i times the derivative: nothing need be subtracted, take `.imag` and divide "
            "by h.": lambda f, theta, h: 1j * complex_step(f, theta, h),
            "You stepped to both sides and divided by h: one step, f(θ + ih).imag / h, is enough.": (
                lambda f, theta, h: 2 * complex_step(f, theta, h)
            ),
            "Your step is i and not ih: put 1j * h into step[i].": (
                lambda f, theta, h: np.array(
                    [f(theta + 1j * row).imag / h for row in np.eye(len(theta))]
                )
            ),
            "Only the first derivative is there: `return` stands inside the loop.": (
                only_first(complex_step)
            ),
        },
    ),
    Exercise(
        name="swish_backward",
        notebook="06",
        right=swish_backward,
        inputs=swish_inputs,
        wrong={
            "This is the classmate's line, the second term of the product rule: add the first, "
            "σ(Z).": lambda dA, Z: dA * Z * sigmoid(Z) * (1 - sigmoid(Z)),
            "This is the first term of the product rule only: Z moves σ(Z) as well, so add "
            "Z * σ′(Z).": lambda dA, Z: dA * sigmoid(Z),
            "Z is missing in the second term of the product rule: σ(Z) + Z * σ′(Z).": (
                lambda dA, Z: dA * sigmoid(Z) * (2 - sigmoid(Z))
            ),
            "The derivative of the sigmoid is S (1 - S), not S.": (
                lambda dA, Z: dA * sigmoid(Z) * (1 + Z)
            ),
            "The derivative of the sigmoid is S (1 - S), with S = σ(Z): you put Z for S.": (
                lambda dA, Z: dA * (sigmoid(Z) + Z * Z * (1 - Z))
            ),
            "The product rule adds its two terms: σ(Z) + Z * σ′(Z).": (
                lambda dA, Z: dA * (sigmoid(Z) - Z * sigmoid(Z) * (1 - sigmoid(Z)))
            ),
            "This is the derivative itself: multiply it by dA.": (
                lambda dA, Z: swish_backward(1, Z)
            ),
            "dA multiplies the first term only: put brackets round σ(Z) + Z * σ′(Z).": (
                lambda dA, Z: dA * sigmoid(Z) + Z * sigmoid(Z) * (1 - sigmoid(Z))
            ),
            "This is dA times the function, not times its derivative.": (
                lambda dA, Z: dA * Z * sigmoid(Z)
            ),
            "The derivative of a product is not the product of the derivatives: u′v + uv′.": (
                lambda dA, Z: dA * sigmoid(Z) * (1 - sigmoid(Z))
            ),
            "A (1 - A) is a sigmoid's derivative, and here A = Z σ(Z) is none: use the product "
            "rule.": lambda dA, Z: dA * Z * sigmoid(Z) * (1 - Z * sigmoid(Z)),
            "In the second term stands S (1 - S) with S = σ(Z): you put A = Z S for S.": (
                lambda dA, Z: dA * (sigmoid(Z) + Z * sigmoid(Z) * (1 - Z * sigmoid(Z)))
            ),
            "The derivative of the sigmoid is S (1 - S): the factor S is missing.": (
                lambda dA, Z: dA * (sigmoid(Z) + Z * (1 - sigmoid(Z)))
            ),
            "A sign in the exponent: 1 / (1 + exp(Z)) is 1 - σ(Z), and σ(Z) has exp(-Z).": (
                lambda dA, Z: dA * (sigmoid(-Z) + Z * sigmoid(Z) * sigmoid(-Z))
            ),
            "Brackets: 1 / 1 + exp(-Z) divides 1 by 1 and then adds; write 1 / (1 + exp(-Z)).": (
                swish_without_brackets
            ),
            "1/N is too much: it stands in the loss, once, and dA contains it already.": (
                lambda dA, Z: swish_backward(dA, Z) / len(Z)
            ),
        },
    ),
]
