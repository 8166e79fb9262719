"""The exercises of notebook 08, Momentum, RMSprop, Adam."""

import numpy as np

from .exercise import Exercise

# --- corrected_average ----------------------------------------------------------------------------


def corrected_average(G, beta):
    m, M = 0, np.empty_like(G)
    for t in range(1, len(G) + 1):
        m = beta * m + (1 - beta) * G[t - 1]
        M[t - 1] = m / (1 - beta**t)
    return M


def corrected_average_inputs(rng):
    shape = int(rng.integers(5, 8)), int(rng.integers(2, 5))
    return rng.uniform(1, 3, shape), float(rng.uniform(0.6, 0.9))


def corrected_twice(G, beta):
    m, M = 0, np.empty_like(G)
    for t in range(1, len(G) + 1):
        M[t - 1] = m = (beta * m + (1 - beta) * G[t - 1]) / (1 - beta**t)
    return M


CORRECTED_AVERAGE = Exercise(corrected_average, corrected_average_inputs, terms={
    "t": lambda N: np.arange(1, N + 1)[:, None],
    "m": lambda beta, t, right: right * (1 - beta**t),  # of every step, uncorrected
}, wrong={
    "The correction is missing: divide by 1 - beta**t, or the first averages are too small.":
        lambda m: m,
    "You went on with the corrected average: keep m itself, and divide only what you return.":
        corrected_twice,
    "t starts at 1, not at 0: the first average is divided by 1 - beta.":
        lambda m, beta, t: m / (1 - beta ** (t - 1)),
    "t is one too large: the first average is divided by 1 - beta, the second by 1 - beta**2.":
        lambda m, beta, t: m / (1 - beta ** (t + 1)),
    "Your average starts at the first gradient: start at 0, which the division corrects.":
        lambda G, m, beta, t: (m + beta**t * G[0]) / (1 - beta**t),
    "Each row is 1 / (1 - beta) times the plain average: is 1 - beta missing in front of g, or "
    "the t in 1 - beta**t.": lambda m, beta: m / (1 - beta),
    "You multiplied by 1 - beta**t: the average is too small, so divide.":
        lambda m, beta, t: m * (1 - beta**t),
    "You divided by beta**t: it is 1 - beta**t.": lambda m, beta, t: m / beta**t,
    "beta and 1 - beta have changed places: beta belongs to the old average.":
        lambda G, beta: corrected_average(G, 1 - beta),
    "1 - beta is missing in front of the new value: it takes the share that beta leaves.":
        lambda beta, right: right / (1 - beta),
    "beta * t is no power: the divisor is 1 - beta**t.": lambda m, beta, t: m / (1 - beta * t),
    "Brackets: (1 - beta)**t shrinks to 0; the divisor is 1 - beta**t.":
        lambda m, beta, t: m / (1 - beta) ** t,
    "Brackets: beta * m + 1 - beta * g adds 1; write (1 - beta) * g.":
        lambda G, beta: corrected_average((1 - beta * G) / (1 - beta), beta),
    "You stored m before its update: row t - 1 contains the gradient of step t already.":
        lambda m, beta, t: np.vstack([0 * m[0], m[:-1]]) / (1 - beta**t),
    "Every row is divided by 1 - beta**T: row by row, t is the number of the step.":
        lambda m, beta, N: m / (1 - beta**N),
    "The steps are the rows: you ran along the parameters.":
        lambda G, beta: corrected_average(G.T, beta).T,
    "Every row holds the last m: m is one array that changes in place, so store a copy.":
        lambda m, beta, t: m[-1] / (1 - beta**t),
    "Return the averages of all steps, shape (T, P), not only the last.": lambda right: right[-1],
    "This is the plain mean of all rows so far: old ones must count less and less.":
        lambda G, t: np.cumsum(G, axis=0) / t,
})  # fmt: skip


# --- momentum_step --------------------------------------------------------------------------------


def momentum_step(theta, grad, v, lr, beta):
    v = beta * v + grad
    return theta - lr * v, v


def step_inputs(rng):
    P = int(rng.integers(3, 6))
    theta, grad, v = rng.normal(size=(3, P))
    return theta, grad, v, float(rng.uniform(0.1, 0.4)), float(rng.uniform(0.6, 0.9))


def by_v(v):
    """The mistake of another v, and the theta that follows from it."""
    return {"v": v, "theta": lambda theta, lr, values: theta - lr * values.call(v)}


MOMENTUM_STEP = Exercise(momentum_step, step_inputs, returns=("theta", "v"), wrong={
    "This is our form, with 1 - beta: PyTorch adds the whole gradient, beta * v + grad.":
        by_v(lambda grad, v, beta: beta * v + (1 - beta) * grad),
    "You climb: the step goes against v, theta - lr * v.":
        {"theta": lambda theta, right: 2 * theta - right},
    "1 - beta is too much in the step as well: lr here is PyTorch's own, theta - lr * v.":
        {"theta": lambda theta, grad, v, lr, beta: theta - lr * (1 - beta) * (beta * v + grad)},
    "You stepped with the old v: update v first, then use it.":
        {"theta": lambda theta, v, lr: theta - lr * v},
    "This is a step of plain gradient descent: follow v, not grad.":
        {"theta": lambda theta, grad, lr: theta - lr * grad},
    "beta belongs to the old v, not to the gradient: beta * v + grad.":
        by_v(lambda grad, v, beta: v + beta * grad),
    "beta is missing: without it v never forgets.": by_v(lambda grad, v: v + grad),
    "v holds gradients, and lr comes in only where theta moves: theta - lr * v.": {
        "theta": lambda theta, grad, v, lr, beta: theta - (beta * v + lr * grad),
        "v": lambda grad, v, lr, beta: beta * v + lr * grad,
    },
    "Return the new v, for the next step to go on from.": {"v": lambda v: v},
    "lr is missing in the step: theta - lr * v.":
        {"theta": lambda theta, grad, v, beta: theta - (beta * v + grad)},
    "Your v points downhill: here it adds up gradients, beta * v + grad, and theta goes against "
    "it.": {
        "theta": lambda theta, grad, v, lr, beta: theta + lr * (beta * v - grad),
        "v": lambda grad, v, beta: beta * v - grad,
    },
})  # fmt: skip


# --- adam_step ------------------------------------------------------------------------------------


def adam_step(theta, grad, m, s, t, lr, beta1, beta2, eps):
    m = beta1 * m + (1 - beta1) * grad
    s = beta2 * s + (1 - beta2) * grad**2
    m_hat = m / (1 - beta1**t)
    s_hat = s / (1 - beta2**t)
    return theta - lr * m_hat / (np.sqrt(s_hat) + eps), m, s


def adam_inputs(rng):
    theta, grad, m, lr, beta1 = step_inputs(rng)
    s = rng.uniform(1, 3, len(theta))
    t, beta2, eps = int(rng.integers(2, 9)), rng.uniform(0.9, 0.99), rng.uniform(0.1, 0.3)
    return theta, grad, m, s, t, lr, beta1, float(beta2), float(eps)


def adam_parts(*arguments):
    return dict(zip(("theta", "m", "s"), adam_step(*arguments)))


def by_averages(**averages):
    """The mistake of another m or s, or both, and the theta that follows from them."""

    def step(theta, lr, t, beta1, beta2, eps, values):
        m, s = (values.call(averages.get(name, NEW[name])) for name in ("m", "s"))
        return theta - lr * m / (1 - beta1**t) / (np.sqrt(s / (1 - beta2**t)) + eps)

    return averages | {"theta": step}


NEW = {
    "m": lambda m, grad, beta1: beta1 * m + (1 - beta1) * grad,
    "s": lambda s, grad, beta2: beta2 * s + (1 - beta2) * grad**2,
}
ADAM_STEP = Exercise(adam_step, adam_inputs, returns=("theta", "m", "s"), terms={
    "new_m": NEW["m"],
    "new_s": NEW["s"],
    "m_hat": lambda new_m, t, beta1: new_m / (1 - beta1**t),
    "s_hat": lambda new_s, t, beta2: new_s / (1 - beta2**t),
}, wrong={
    "No bias correction: divide m by 1 - beta1**t, and s by 1 - beta2**t.":
        {"theta": lambda theta, lr, new_m, new_s, eps: theta - lr * new_m / (np.sqrt(new_s) + eps)},
    "s is not corrected: divide it by 1 - beta2**t before the root.":
        {"theta": lambda theta, lr, m_hat, new_s, eps: theta - lr * m_hat / (np.sqrt(new_s) + eps)},
    "m is not corrected: divide it by 1 - beta1**t.":
        {"theta": lambda theta, lr, new_m, s_hat, eps: theta - lr * new_m / (np.sqrt(s_hat) + eps)},
    "The power t is missing: the corrections are 1 - beta1**t and 1 - beta2**t.":
        {"theta": lambda theta, lr, new_m, new_s, beta1, beta2, eps:
            theta - lr * new_m / (1 - beta1) / (np.sqrt(new_s / (1 - beta2)) + eps)},
    "The root is missing: divide by sqrt(s_hat) + eps.":
        {"theta": lambda theta, lr, m_hat, s_hat, eps: theta - lr * m_hat / (s_hat + eps)},
    "eps is inside the root: it is sqrt(s_hat) + eps.":
        {"theta": lambda theta, lr, m_hat, s_hat, eps: theta - lr * m_hat / np.sqrt(s_hat + eps)},
    "You corrected the root together with eps: correct s first, then the root, then eps.":
        {"theta": lambda theta, lr, t, m_hat, new_s, beta2, eps:
            theta - lr * m_hat / ((np.sqrt(new_s) + eps) / np.sqrt(1 - beta2**t))},
    "eps is missing: divide by sqrt(s_hat) + eps.":
        {"theta": lambda theta, lr, m_hat, s_hat: theta - lr * m_hat / np.sqrt(s_hat)},
    "You climb: subtract the step from theta.": {"theta": lambda theta, right: 2 * theta - right},
    "The square is missing: s is the average of grad**2.":
        by_averages(s=lambda s, grad, beta2: beta2 * s + (1 - beta2) * grad),
    "beta1 and beta2 have changed places: beta1 belongs to m, beta2 to s.":
        lambda theta, grad, m, s, t, lr, beta1, beta2, eps:
            adam_parts(theta, grad, m, s, t, lr, beta2, beta1, eps),
    "You stepped with the old averages: update m and s first, then use them.":
        {"theta": lambda theta, lr, m, s, t, beta1, beta2, eps:
            theta - lr * m / (1 - beta1**t) / (np.sqrt(s / (1 - beta2**t)) + eps)},
    "t is one too large: it is the number of this step already, 1 for the first.":
        {"theta": lambda theta, grad, m, s, t, lr, beta1, beta2, eps:
            adam_step(theta, grad, m, s, t + 1, lr, beta1, beta2, eps)[0]},
    "The step follows the corrected average m_hat, not the gradient of this step alone.":
        {"theta": lambda theta, lr, grad, s_hat, eps: theta - lr * grad / (np.sqrt(s_hat) + eps)},
    "Return m and s themselves: corrected ones would be corrected again in the next step.":
        {"m": lambda m_hat: m_hat, "s": lambda s_hat: s_hat},
    "1 - beta1 and 1 - beta2 are missing: the averages take that share of what is new.":
        by_averages(
            m=lambda m, grad, beta1: beta1 * m + grad,
            s=lambda s, grad, beta2: beta2 * s + grad**2),
    "beta and 1 - beta have changed places: beta belongs to the old averages.":
        by_averages(
            m=lambda m, grad, beta1: (1 - beta1) * m + beta1 * grad,
            s=lambda s, grad, beta2: (1 - beta2) * s + beta2 * grad**2),
    "s is the average of grad**2, not of m**2.":
        by_averages(s=lambda s, new_m, beta2: beta2 * s + (1 - beta2) * new_m**2),
    "Only grad is squared: (1 - beta2) * grad**2.":
        by_averages(s=lambda s, grad, beta2: beta2 * s + ((1 - beta2) * grad) ** 2),
    "Brackets: … / sqrt(s_hat) + eps adds eps to theta; write / (sqrt(s_hat) + eps).":
        {"theta": lambda theta, lr, m_hat, s_hat, eps: theta - lr * m_hat / np.sqrt(s_hat) + eps},
    "You multiplied by 1 - beta**t: the averages are too small, so divide.":
        {"theta": lambda theta, lr, t, new_m, new_s, beta1, beta2, eps:
            theta - lr * new_m * (1 - beta1**t) / (np.sqrt(new_s * (1 - beta2**t)) + eps)},
    "You used 0.9, 0.999 and 1e-8: take the beta1, beta2 and eps that were passed.":
        lambda theta, grad, m, s, t, lr: adam_parts(theta, grad, m, s, t, lr, 0.9, 0.999, 1e-8),
    "Return the new m and s, for the next step to go on from.":
        {"m": lambda m: m, "s": lambda s: s},
})  # fmt: skip


# --- nesterov_step --------------------------------------------------------------------------------


def nesterov_step(gradient, theta, v, lr, beta):
    ahead = theta - lr * beta * v
    v = beta * v + (1 - beta) * gradient(ahead)
    return theta - lr * v, v


def nesterov_inputs(rng):
    theta, grad, v, lr, beta = step_inputs(rng)
    h = rng.uniform(0.5, 3, len(theta))
    return (lambda theta: h * theta + theta**3), theta, v, lr, beta


def looking_at(place):
    """The mistake of taking the gradient at another place."""
    return by_v(
        lambda gradient, v, beta, values: beta * v + (1 - beta) * gradient(values.call(place))
    )


NESTEROV_STEP = Exercise(nesterov_step, nesterov_inputs, returns=("theta", "v"), terms={
    "gradient_ahead": lambda gradient, theta, v, lr, beta: gradient(theta - lr * beta * v),
    "new_v": lambda v, beta, gradient_ahead: beta * v + (1 - beta) * gradient_ahead,
}, wrong={
    "This is Momentum: the gradient is taken at theta - lr * beta * v, not at theta.":
        looking_at(lambda theta: theta),
    "You looked back: v will move theta by minus lr * beta * v.":
        looking_at(lambda theta, v, lr, beta: theta + lr * beta * v),
    "You looked too far ahead: beta is missing, only beta * v stays of the old v.":
        looking_at(lambda theta, v, lr: theta - lr * v),
    "lr is missing where you look ahead: theta - lr * beta * v.":
        looking_at(lambda theta, v, beta: theta - beta * v),
    "You stepped from the place ahead: only the gradient is taken there, the step starts at theta.":
        {"theta": lambda v, lr, beta, right: right - lr * beta * v},
    "beta is only for looking ahead: the step goes by the whole new v, theta - lr * v.":
        {"theta": lambda theta, lr, beta, new_v: theta - lr * beta * new_v},
    "1 - beta is missing: v is our moving average, beta * v + (1 - beta) * gradient.":
        by_v(lambda v, beta, gradient_ahead: beta * v + gradient_ahead),
    "You climb: the step goes against v, theta - lr * v.":
        {"theta": lambda theta, right: 2 * theta - right},
    "You stepped with the old v: update v first, then use it.":
        {"theta": lambda theta, v, lr: theta - lr * v},
    "Return the new v, for the next step to go on from.": {"v": lambda v: v},
    "The step follows v, not the gradient ahead alone: theta - lr * v.":
        {"theta": lambda theta, lr, gradient_ahead: theta - lr * gradient_ahead},
    "lr is missing in the step: theta - lr * v.": {"theta": lambda theta, new_v: theta - new_v},
    "It is beta * v that stays of the old v, not (1 - beta) * v: look there.":
        looking_at(lambda theta, v, lr, beta: theta - lr * (1 - beta) * v),
})  # fmt: skip


# --- adamw_step -----------------------------------------------------------------------------------


def adamw_step(theta, grad, m, s, t, lr, decay):
    theta_adam, m, s = adam_step(theta, grad, m, s, t, lr, 0.9, 0.999, 1e-8)
    return theta_adam - lr * decay * theta, m, s


def adamw_inputs(rng):
    theta, grad, m, s, t, lr = adam_inputs(rng)[:6]
    grad[0] = m[0] = rng.uniform(1e-8, 3e-8)  # so small that eps = 1e-8 counts
    s[0] = m[0] ** 2
    return theta, grad, m, s, t, lr, float(rng.uniform(0.2, 0.6))


def stepping(step):
    """The mistake of another step of Adam."""
    return {"theta": lambda theta, lr, decay, values:
        theta - lr * (values.call(step) + decay * theta)}  # fmt: skip


ADAMW_STEP = Exercise(adamw_step, adamw_inputs, returns=("theta", "m", "s"), terms={
    "beta1": lambda: 0.9,
    "beta2": lambda: 0.999,
    "new_m": NEW["m"],
    "new_s": NEW["s"],
    "m_hat": lambda new_m, t: new_m / (1 - 0.9**t),
    "s_hat": lambda new_s, t: new_s / (1 - 0.999**t),
    "step": lambda m_hat, s_hat: m_hat / (np.sqrt(s_hat) + 1e-8),
}, wrong={
    "This is Adam with an L2 penalty: leave grad alone, the decay goes to theta directly.":
        lambda theta, grad, m, s, t, lr, decay:
            adam_parts(theta, grad + decay * theta, m, s, t, lr, 0.9, 0.999, 1e-8),
    "You divided the decay by the root: it is subtracted as it is, lr * decay * theta.":
        {"theta": lambda theta, lr, decay, step, s_hat:
            theta - lr * step - lr * decay * theta / (np.sqrt(s_hat) + 1e-8)},
    "The decay takes a share of theta, not of grad: lr * decay * theta.":
        {"theta": lambda theta, grad, lr, decay, step: theta - lr * step - lr * decay * grad},
    "lr is missing in the decay: lr * decay * theta.":
        {"theta": lambda theta, lr, decay, step: theta - lr * step - decay * theta},
    "theta would grow: subtract lr * decay * theta.":
        {"theta": lambda theta, lr, decay, step: theta - lr * step + lr * decay * theta},
    "The decay is missing: this is Adam.": {"theta": lambda theta, lr, step: theta - lr * step},
    "You shrank theta after Adam's step: the decay is a share of theta before it.":
        {"theta": lambda theta, lr, decay, step: (theta - lr * step) * (1 - lr * decay)},
    "You have a ½ too many in the decay: it is lr * decay * theta.":
        {"theta": lambda theta, lr, decay, step: theta - lr * step - lr * decay / 2 * theta},
    "No bias correction: divide m by 1 - 0.9**t, and s by 1 - 0.999**t.":
        stepping(lambda new_m, new_s: new_m / (np.sqrt(new_s) + 1e-8)),
    "eps is missing: divide by sqrt(s_hat) + 1e-8.":
        stepping(lambda m_hat, s_hat: m_hat / np.sqrt(s_hat)),
    "eps is inside the root: it is sqrt(s_hat) + 1e-8.":
        stepping(lambda m_hat, s_hat: m_hat / np.sqrt(s_hat + 1e-8)),
    "You corrected the root together with eps: correct s first, then the root, then eps.":
        stepping(lambda m_hat, s_hat, t: m_hat / (np.sqrt(s_hat) + 1e-8 / np.sqrt(1 - 0.999**t))),
    "theta is missing in the decay: it takes a share of each weight, lr * decay * theta.":
        {"theta": lambda theta, lr, decay, step: theta - lr * step - lr * decay},
    "lr is missing in both terms: theta - lr * (Adam's step) - lr * decay * theta.":
        {"theta": lambda theta, decay, step: theta - step - decay * theta},
    "Return the new m and s, for the next step to go on from.":
        {"m": lambda m: m, "s": lambda s: s},
})  # fmt: skip
