"""The exercises of notebook 03, Activations."""

import numpy as np

from .exercise import Exercise
from .mistakes import halved, halved_after_power, squared
from .nb02 import relu_inputs

# --- tanh -----------------------------------------------------------------------------------------


def tanh_derivative(A):
    return 1 - A**2


def tanh_inputs(rng):
    return (np.tanh(rng.normal(size=(6 + rng.integers(3), 4))),)


TANH_DERIVATIVE = Exercise(tanh_derivative, tanh_inputs, wrong={
    "You took A for Z and applied tanh again: A is tanh(Z) already.": lambda A: 1 - np.tanh(A) ** 2,
    "This is tanh of A. You were given A = tanh(Z); its derivative is due, 1 - A².":
        lambda A: np.tanh(A),
    "The square is missing: tanh' = 1 - A².": lambda A: 1 - A,
    "You return the square alone: the derivative is what it leaves of 1, 1 - A².": lambda A: A**2,
    "The sign of the square is flipped: 1 - A², for tanh is steepest where A is 0.":
        lambda A: 1 + A**2,
    "You squared the difference: tanh' = 1 - A², not (1 - A)².": lambda A: (1 - A) ** 2,
    "The sign is flipped: tanh' = 1 - A², not A² - 1.": lambda A: A**2 - 1,
    "This is the derivative of the sigmoid, A(1 - A): tanh' = 1 - A².": lambda A: A * (1 - A),
})  # fmt: skip


# --- leaky ReLU -----------------------------------------------------------------------------------


def leaky_relu(Z, slope):
    return np.where(Z > 0, Z, slope * Z)


def leaky_relu_backward(dA, Z, slope):
    return dA * np.where(Z > 0, 1, slope)


def leaky_relu_backward_inputs(rng):
    """One slope for each unit: below 0, where the sign of A misleads, between 0 and 1, above 1."""
    dA, Z = relu_inputs(rng)
    slope = rng.uniform([-0.5, 0.2, 0.6, 1.2], [-0.2, 0.5, 0.9, 1.8])
    order = rng.permutation(4)
    Z[3:5] = np.abs(rng.normal(size=4)) * [[1], [-1]]  # each unit has both signs
    return dA, Z, slope[order]


LEAKY_RELU = Exercise(leaky_relu, lambda rng: leaky_relu_backward_inputs(rng)[1:], wrong={
    "This is the plain ReLU: below 0 a leaky one returns slope · Z.": lambda Z: np.maximum(Z, 0),
    "You used slope everywhere: above 0, Z passes unchanged.": lambda Z, slope: slope * Z,
    "You returned slope itself below 0: slope · Z is due.":
        lambda Z, slope: np.where(Z > 0, Z, slope),
    "Below 0 the sign is flipped: slope · Z is negative there.":
        lambda Z, slope: np.where(Z > 0, Z, -slope * Z),
    "Slope is on the wrong side: above 0, Z passes unchanged; slope belongs below.":
        lambda Z, slope: np.where(Z > 0, slope * Z, Z),
    "You took the larger of Z and slope · Z: with a slope above 1 that puts the slope on the "
    "wrong side. Let the sign of Z choose.": lambda Z, slope: np.maximum(Z, slope * Z),
    "You took the smaller of Z and slope · Z: with a slope below 1 that puts the slope on the "
    "wrong side. Let the sign of Z choose.": lambda Z, slope: np.minimum(Z, slope * Z),
    "You added slope · Z everywhere: it is due below 0 only.":
        lambda Z, slope: np.maximum(Z, 0) + slope * Z,
    "Above 0, the value is Z itself. The 1 is its slope.":
        lambda Z, slope: np.where(Z > 0, 1, slope * Z),
    "Above 0 you return 0: there Z passes unchanged, and slope · Z is for below.":
        lambda Z, slope: np.where(Z > 0, 0, slope * Z),
    "Nothing happened to Z: where Z <= 0, multiply it by slope.": lambda Z: Z,
    "You used 0.01, whatever slope was passed.": lambda Z: leaky_relu(Z, 0.01),
    "This is the derivative: Z above 0 and slope · Z below is due.":
        lambda Z, slope: np.where(Z > 0, 1, slope),
})  # fmt: skip

LEAKY_RELU_BACKWARD = Exercise(leaky_relu_backward, leaky_relu_backward_inputs, wrong={
    "At Z = 0 exactly the slope counts here: the mask is Z > 0, not Z >= 0.":
        lambda dA, Z, slope: dA * np.where(Z >= 0, 1, slope),
    "This is the plain ReLU: below 0 a leaky one passes slope · dA.": lambda dA, Z: dA * (Z > 0),
    "dA came through unchanged: where Z <= 0, multiply it by slope.": lambda dA: dA,
    "You used slope everywhere: where Z > 0, dA passes unchanged.": lambda dA, slope: slope * dA,
    "You took the mask from A: where a slope is negative, A > 0 where Z < 0 too.":
        lambda dA, Z, slope: dA * np.where(leaky_relu(Z, slope) > 0, 1, slope),
    "You forgot dA: the chain rule multiplies it by 1 or slope.":
        lambda Z, slope: np.where(Z > 0, 1, slope),
    "You multiplied by the leaky ReLU itself: its slope is what is due, 1 or slope.":
        lambda dA, Z, slope: dA * leaky_relu(Z, slope),
    "This is the way forward, Z and slope · Z: on the way back it is dA that is multiplied.":
        lambda Z, slope: leaky_relu(Z, slope),
    "dA and Z have changed places: the arguments come as (dA, Z, slope).":
        lambda dA, Z, slope: leaky_relu_backward(Z, dA, slope),
    "You added slope · dA everywhere: where Z > 0, the factor is 1 and no more.":
        lambda dA, Z, slope: dA * (Z > 0) + slope * dA,
    "The sign of slope is flipped: where Z <= 0, slope · dA is due.":
        lambda dA, Z, slope: leaky_relu_backward(dA, Z, -slope),
    "Where Z > 0 you return 0: there dA passes unchanged.":
        lambda dA, Z, slope: np.where(Z > 0, 0, slope * dA),
    "You returned slope itself where Z <= 0: slope · dA is due.":
        lambda dA, Z, slope: np.where(Z > 0, dA, slope),
    "You asked for the sign of dA: the mask comes from Z.": lambda dA, slope: leaky_relu(dA, slope),
    "You took the larger of dA and slope · dA: not dA decides, but the sign of Z.":
        lambda dA, slope: np.maximum(dA, slope * dA),
    "Slope is on the wrong side: dA passes unchanged where Z > 0.":
        lambda dA, Z, slope: dA * np.where(Z > 0, slope, 1),
    "You used 0.01, whatever slope was passed.": lambda dA, Z: leaky_relu_backward(dA, Z, 0.01),
})  # fmt: skip


# --- the scale of initial weights -----------------------------------------------------------------


def he_scale(n_in):
    return np.sqrt(2 / n_in)


def xavier_scale(n_in, n_out):
    return np.sqrt(2 / (n_in + n_out))


def leaky_he_scale(n_in, slope):
    return np.sqrt(2 / ((1 + slope**2) * n_in))


def leaky_he_inputs(rng):
    return int(rng.integers(50, 800)), float(rng.uniform(0.2, 0.8))


def scale_inputs(rng):
    n_in = int(rng.integers(50, 800))
    return n_in, n_in // int(rng.integers(6, 10))  # with 3 or 5, two mistakes give one number


HE_SCALE = Exercise(he_scale, lambda rng: scale_inputs(rng)[:1], wrong={
    "This is the variance: the scale is its square root.": squared,
    "The 2 is missing: a ReLU lets half of the variance through, so He makes it double.":
        lambda right: right / np.sqrt(2),
    "The 2 stands outside the root: √(2/n_in). Mind the brackets, (2 / n_in)**0.5.":
        lambda right: right * np.sqrt(2),
    "Only the 2 is under the root: √(2/n_in).": lambda n_in: np.sqrt(2) / n_in,
    "In Python **1/2 takes the power 1 and then halves: write **0.5 or **(1/2).":
        halved_after_power,
    "// cuts off the decimals, and leaves 0: divide with /.": lambda n_in: (2 // n_in) ** 0.5,
    "The fraction is upside down: more inputs need smaller weights.": lambda right: 1 / right,
    "The 2 is in the denominator: √(2/n_in).": halved,
    "This is the limit of a uniform distribution: the standard deviation is √(2/n_in).":
        lambda right: right * np.sqrt(3),
})  # fmt: skip

XAVIER_SCALE = Exercise(xavier_scale, scale_inputs, wrong={
    "This is the variance: the scale is its square root.": squared,
    "The 2 is missing: the variance is 1 over the mean of n_in and n_out.":
        lambda right: right / np.sqrt(2),
    "This is the limit of a uniform distribution: the standard deviation has a 2 here.":
        lambda right: right * np.sqrt(3),
    "This is He's scale: Xavier's also looks at n_out.": lambda n_in: np.sqrt(2 / n_in),
    "You looked at n_in only: the backward pass wants n_out, so take both.":
        lambda n_in: np.sqrt(1 / n_in),
    "You looked at n_out only: the forward pass wants n_in, so take both.":
        lambda n_out: np.sqrt(1 / n_out),
    "The 2 stands outside the root: √(2/(n_in + n_out)).": lambda right: right * np.sqrt(2),
    "The 2 is in the denominator: 1 over (n_in + n_out)/2 is 2/(n_in + n_out).": halved,
    "Brackets are missing: 2 / n_in + n_out divides by n_in only.":
        lambda n_in, n_out: np.sqrt(2 / n_in + n_out),
    "You took the mean of 1/n_in and 1/n_out: Xavier's is 1 over the mean of n_in and n_out.":
        lambda n_in, n_out: np.sqrt((1 / n_in + 1 / n_out) / 2),
    "In Python **1/2 takes the power 1 and then halves: write **0.5 or **(1/2).":
        halved_after_power,
    "You multiplied n_in and n_out: add them.": lambda n_in, n_out: np.sqrt(2 / (n_in * n_out)),
    "The fraction is upside down: more neurons need smaller weights.": lambda right: 1 / right,
})  # fmt: skip

LEAKY_HE_SCALE = Exercise(leaky_he_scale, leaky_he_inputs, wrong={
    "This is the variance: the scale is its square root.": squared,
    "This is He's scale for the plain ReLU: the leak adds to E[A²].":
        lambda n_in: np.sqrt(2 / n_in),
    "The slope is not squared: E[A²] is a mean of squares.":
        lambda n_in, slope: np.sqrt(2 / ((1 + slope) * n_in)),
    "You squared 1 + slope: E[A²] is ½(1 + slope²) Var(Z).":
        lambda n_in, slope: np.sqrt(2 / ((1 + slope) ** 2 * n_in)),
    "You counted the negative half only: the positive one adds its 1 to slope².":
        lambda n_in, slope: np.sqrt(2 / (slope**2 * n_in)),
    "Brackets are missing: 2 / (1 + slope²) * n_in multiplies by n_in.":
        lambda n_in, slope: np.sqrt(2 / (1 + slope**2) * n_in),
    "Brackets are missing: 1 + slope² * n_in multiplies slope² only.":
        lambda n_in, slope: np.sqrt(2 / (1 + slope**2 * n_in)),
    "The ½ belongs to both halves: E[A²] is ½(1 + slope²) Var(Z).":
        lambda n_in, slope: np.sqrt(1 / ((0.5 + slope**2) * n_in)),
    "The 2 is in the denominator: what makes up for a ½ is a 2 above.": halved,
    "In Python **1/2 takes the power 1 and then halves: write **0.5 or **(1/2).":
        halved_after_power,
    "The 2 is missing: each half of Z counts with weight ½.": lambda right: right / np.sqrt(2),
    "1 + slope² is on the wrong side: a leak lets more through, so W must be smaller.":
        lambda n_in, slope: np.sqrt(2 * (1 + slope**2) / n_in),
    "The leak is subtracted: it adds to what the positive half lets through.":
        lambda n_in, slope: np.sqrt(2 / ((1 - slope**2) * n_in)),
})  # fmt: skip
