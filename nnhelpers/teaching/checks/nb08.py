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


def powers(G, beta, first=1):
    """beta**t for each row of G, as a column; the first row has t = first."""
    return beta ** np.arange(first, first + len(G))[:, None]


def uncorrected(G, beta):
    return corrected_average(G, beta) * (1 - powers(G, beta))


def corrected_twice(G, beta):
    m, M = 0, np.empty_like(G)
    for t in range(1, len(G) + 1):
        m = (beta * m + (1 - beta) * G[t - 1]) / (1 - beta**t)
        M[t - 1] = m
    return M


def started_at_first(G, beta):
    m, M = G[0], np.empty_like(G)
    for t in range(1, len(G) + 1):
        m = beta * m + (1 - beta) * G[t - 1]
        M[t - 1] = m / (1 - beta**t)
    return M


def corrected_one_late(G, beta):
    with np.errstate(all="ignore"):
        return uncorrected(G, beta) / (1 - powers(G, beta, first=0))


def share_without_brackets(G, beta):
    m, M = 0, np.empty_like(G)
    for t in range(1, len(G) + 1):
        m = beta * m + 1 - beta * G[t - 1]
        M[t - 1] = m / (1 - beta**t)
    return M


def stored_too_early(G, beta):
    before = np.vstack([np.zeros(G.shape[1]), uncorrected(G, beta)[:-1]])
    return before / (1 - powers(G, beta))


# --- momentum_step, nesterov_step -----------------------------------------------------------------


def momentum_step(theta, grad, v, lr, beta):
    v = beta * v + grad
    return theta - lr * v, v


def step_inputs(rng):
    P = int(rng.integers(3, 6))
    theta, grad, v = rng.normal(size=(3, P))
    return theta, grad, v, float(rng.uniform(0.1, 0.4)), float(rng.uniform(0.6, 0.9))


def nesterov_step(gradient, theta, v, lr, beta):
    ahead = theta - lr * beta * v
    v = beta * v + (1 - beta) * gradient(ahead)
    return theta - lr * v, v


def nesterov_inputs(rng):
    theta, grad, v, lr, beta = step_inputs(rng)
    h = rng.uniform(0.5, 3, len(theta))
    return (lambda theta: h * theta + theta**3), theta, v, lr, beta


def nesterov_from(look):
    """The mistake of taking the gradient at `look(theta, v, lr, beta)`."""

    def mistake(gradient, theta, v, lr, beta):
        v = beta * v + (1 - beta) * gradient(look(theta, v, lr, beta))
        return {"theta": theta - lr * v, "v": v}

    return mistake


def nesterov_stepping_from_ahead(gradient, theta, v, lr, beta):
    return {"theta": nesterov_step(gradient, theta, v, lr, beta)[0] - lr * beta * v}


def nesterov_short_step(gradient, theta, v, lr, beta):
    v = nesterov_step(gradient, theta, v, lr, beta)[1]
    return {"theta": theta - lr * beta * v}


def nesterov_without_share(gradient, theta, v, lr, beta):
    v = beta * v + gradient(theta - lr * beta * v)
    return {"theta": theta - lr * v, "v": v}


# --- adam_step, adamw_step ------------------------------------------------------------------------


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


def adam_with(update):
    """The mistake of another last line: `update(m, s, t, beta1, beta2, eps)` in place of it."""

    def mistake(theta, grad, m, s, t, lr, beta1, beta2, eps):
        new, m, s = adam_step(theta, grad, m, s, t, lr, beta1, beta2, eps)
        return {"theta": theta - lr * update(m, s, t, beta1, beta2, eps)}

    return mistake


def adam_without_square(theta, grad, m, s, t, lr, beta1, beta2, eps):
    new, m, right = adam_step(theta, grad, m, s, t, lr, beta1, beta2, eps)
    s = beta2 * s + (1 - beta2) * grad
    step = m / (1 - beta1**t) / (np.sqrt(s / (1 - beta2**t)) + eps)
    return {"theta": theta - lr * step, "s": s}


def adam_averaging(m, s, new_m, new_s, theta, t, lr, beta1, beta2, eps):
    """Adam with averages made from (share of the old one, what is added) in place of its own."""
    m, s = new_m[0] * m + new_m[1], new_s[0] * s + new_s[1]
    step = m / (1 - beta1**t) / (np.sqrt(s / (1 - beta2**t)) + eps)
    return {"theta": theta - lr * step, "m": m, "s": s}


def adam_without_shares(theta, grad, m, s, t, lr, beta1, beta2, eps):
    added = (beta1, grad), (beta2, grad**2)
    return adam_averaging(m, s, *added, theta, t, lr, beta1, beta2, eps)


def adam_shares_swapped(theta, grad, m, s, t, lr, beta1, beta2, eps):
    added = (1 - beta1, beta1 * grad), (1 - beta2, beta2 * grad**2)
    return adam_averaging(m, s, *added, theta, t, lr, beta1, beta2, eps)


def adam_squares_share(theta, grad, m, s, t, lr, beta1, beta2, eps):
    added = (beta1, (1 - beta1) * grad), (beta2, ((1 - beta2) * grad) ** 2)
    answer = adam_averaging(m, s, *added, theta, t, lr, beta1, beta2, eps)
    return {"theta": answer["theta"], "s": answer["s"]}


def adam_squares_average(theta, grad, m, s, t, lr, beta1, beta2, eps):
    new_m = beta1 * m + (1 - beta1) * grad
    added = (beta1, (1 - beta1) * grad), (beta2, (1 - beta2) * new_m**2)
    answer = adam_averaging(m, s, *added, theta, t, lr, beta1, beta2, eps)
    return {"theta": answer["theta"], "s": answer["s"]}


def adam_eps_outside(theta, grad, m, s, t, lr, beta1, beta2, eps):
    return {"theta": adam_step(theta, grad, m, s, t, lr, beta1, beta2, 0)[0] + eps}


def adam_parts(*arguments):
    return dict(zip(("theta", "m", "s"), adam_step(*arguments), strict=True))


def adam_swapped(theta, grad, m, s, t, lr, beta1, beta2, eps):
    return adam_parts(theta, grad, m, s, t, lr, beta2, beta1, eps)


def adam_old_averages(theta, grad, m, s, t, lr, beta1, beta2, eps):
    step = m / (1 - beta1**t) / (np.sqrt(s / (1 - beta2**t)) + eps)
    return {"theta": theta - lr * step}


def adam_raw_gradient(theta, grad, m, s, t, lr, beta1, beta2, eps):
    new, m, s = adam_step(theta, grad, m, s, t, lr, beta1, beta2, eps)
    return {"theta": theta - lr * grad / (np.sqrt(s / (1 - beta2**t)) + eps)}


def adam_one_late(theta, grad, m, s, t, lr, beta1, beta2, eps):
    new, m, s = adam_step(theta, grad, m, s, t, lr, beta1, beta2, eps)
    m_hat, s_hat = m / (1 - beta1 ** (t + 1)), s / (1 - beta2 ** (t + 1))
    return {"theta": theta - lr * m_hat / (np.sqrt(s_hat) + eps)}


def adam_keeps_corrected(theta, grad, m, s, t, lr, beta1, beta2, eps):
    new, m, s = adam_step(theta, grad, m, s, t, lr, beta1, beta2, eps)
    return {"m": m / (1 - beta1**t), "s": s / (1 - beta2**t)}


def adamw_step(theta, grad, m, s, t, lr, decay):
    theta_adam, m, s = adam_step(theta, grad, m, s, t, lr, 0.9, 0.999, 1e-8)
    return theta_adam - lr * decay * theta, m, s


def adamw_inputs(rng):
    theta, grad, m, s, t, lr = adam_inputs(rng)[:6]
    grad[0] = m[0] = rng.uniform(1e-8, 3e-8)  # so small that eps = 1e-8 counts
    s[0] = m[0] ** 2
    return theta, grad, m, s, t, lr, float(rng.uniform(0.2, 0.6))


def adamw_with(update):
    """The mistake of another update: `update(theta, step, lr, decay)`, where step is Adam's."""

    def mistake(theta, grad, m, s, t, lr, decay):
        moved = adam_step(theta, grad, m, s, t, 1.0, 0.9, 0.999, 1e-8)[0]
        return {"theta": update(theta, theta - moved, lr, decay)}

    return mistake


def adam_with_l2(theta, grad, m, s, t, lr, decay):
    theta, m, s = adam_step(theta, grad + decay * theta, m, s, t, lr, 0.9, 0.999, 1e-8)
    return {"theta": theta, "m": m, "s": s}


def adamw_decays_gradient(theta, grad, m, s, t, lr, decay):
    new = adam_step(theta, grad, m, s, t, lr, 0.9, 0.999, 1e-8)[0]
    return {"theta": new - lr * decay * grad}


def adamw_divided(theta, grad, m, s, t, lr, decay):
    s_hat = (0.999 * s + 0.001 * grad**2) / (1 - 0.999**t)
    new = adam_step(theta, grad, m, s, t, lr, 0.9, 0.999, 1e-8)[0]
    return {"theta": new - lr * decay * theta / (np.sqrt(s_hat) + 1e-8)}


def adamw_uncorrected(theta, grad, m, s, t, lr, decay):
    new, m, s = adam_step(theta, grad, m, s, t, lr, 0.9, 0.999, 1e-8)
    return {"theta": (1 - lr * decay) * theta - lr * m / (np.sqrt(s) + 1e-8)}


def adamw_stepping(step):
    """The mistake of another step of Adam: `step(m_hat, s_hat, t)`."""

    def mistake(theta, grad, m, s, t, lr, decay):
        new, m, s = adamw_step(theta, grad, m, s, t, lr, decay)
        return {
            "theta": theta - lr * (step(m / (1 - 0.9**t), s / (1 - 0.999**t), t) + decay * theta)
        }

    return mistake


EXERCISES = [
    Exercise(
        name="corrected_average",
        notebook="08",
        right=corrected_average,
        inputs=corrected_average_inputs,
        wrong={
            "The correction is missing: divide by 1 - beta**t, or the first averages are too small.": (
                uncorrected
            ),
            "You went on with the corrected average: keep m itself, and divide only what you return.": (
                corrected_twice
            ),
            "t starts at 1, not at 0: the first average is divided by 1 - beta.": corrected_one_late,
            "t is one too large: the first average is divided by 1 - beta, the second by 1 - beta**2.": (
                lambda G, beta: uncorrected(G, beta) / (1 - powers(G, beta, first=2))
            ),
            "Your average starts at the first gradient: start at 0, which the division corrects.": (
                started_at_first
            ),
            "Each row is 1 / (1 - beta) times the plain average: is 1 - beta missing in front of g, or "
            "the t in 1 - beta**t.": (lambda G, beta: uncorrected(G, beta) / (1 - beta)),
            "You multiplied by 1 - beta**t: the average is too small, so divide.": (
                lambda G, beta: uncorrected(G, beta) * (1 - powers(G, beta))
            ),
            "You divided by beta**t: it is 1 - beta**t.": (
                lambda G, beta: uncorrected(G, beta) / powers(G, beta)
            ),
            "beta and 1 - beta have changed places: beta belongs to the old average.": (
                lambda G, beta: corrected_average(G, 1 - beta)
            ),
            "1 - beta is missing in front of the new value: it takes the share that beta leaves.": (
                lambda G, beta: corrected_average(G, beta) / (1 - beta)
            ),
            "beta * t is no power: the divisor is 1 - beta**t.": (
                lambda G, beta: (
                    uncorrected(G, beta) / (1 - beta * np.arange(1, len(G) + 1)[:, None])
                )
            ),
            "Brackets: (1 - beta)**t shrinks to 0; the divisor is 1 - beta**t.": (
                lambda G, beta: uncorrected(G, beta) / powers(G, 1 - beta)
            ),
            "Brackets: beta * m + 1 - beta * g adds 1; write (1 - beta) * g.": share_without_brackets,
            "You stored m before its update: row t - 1 contains the gradient of step t already.": (
                stored_too_early
            ),
            "Every row is divided by 1 - beta**T: row by row, t is the number of the step.": (
                lambda G, beta: uncorrected(G, beta) / (1 - beta ** len(G))
            ),
            "The steps are the rows: you ran along the parameters.": (
                lambda G, beta: corrected_average(G.T, beta).T
            ),
            "Every row holds the last m: m is one array that changes in place, so store a copy.": (
                lambda G, beta: uncorrected(G, beta)[-1] / (1 - powers(G, beta))
            ),
            "Return the averages of all steps, shape (T, P), not only the last.": (
                lambda G, beta: corrected_average(G, beta)[-1]
            ),
            "This is the plain mean of all rows so far: old ones must count less and less.": (
                lambda G, beta: np.cumsum(G, axis=0) / np.arange(1, len(G) + 1)[:, None]
            ),
        },
    ),
    Exercise(
        name="momentum_step",
        notebook="08",
        right=momentum_step,
        inputs=step_inputs,
        returns=("theta", "v"),
        wrong={
            "This is our form, with 1 - beta: PyTorch adds the whole gradient, beta * v + grad.": (
                lambda theta, grad, v, lr, beta: {
                    "theta": theta - lr * (beta * v + (1 - beta) * grad),
                    "v": beta * v + (1 - beta) * grad,
                }
            ),
            "You climb: the step goes against v, theta - lr * v.": (
                lambda theta, grad, v, lr, beta: {"theta": theta + lr * (beta * v + grad)}
            ),
            "1 - beta is too much in the step as well: lr here is PyTorch's own, theta - lr * v.": (
                lambda theta, grad, v, lr, beta: {
                    "theta": theta - lr * (1 - beta) * (beta * v + grad)
                }
            ),
            "You stepped with the old v: update v first, then use it.": (
                lambda theta, grad, v, lr, beta: {"theta": theta - lr * v}
            ),
            "This is a step of plain gradient descent: follow v, not grad.": (
                lambda theta, grad, v, lr, beta: {"theta": theta - lr * grad}
            ),
            "beta belongs to the old v, not to the gradient: beta * v + grad.": (
                lambda theta, grad, v, lr, beta: {
                    "theta": theta - lr * (v + beta * grad),
                    "v": v + beta * grad,
                }
            ),
            "beta is missing: without it v never forgets.": (
                lambda theta, grad, v, lr, beta: {"theta": theta - lr * (v + grad), "v": v + grad}
            ),
            "v holds gradients, and lr comes in only where theta moves: theta - lr * v.": (
                lambda theta, grad, v, lr, beta: {
                    "theta": theta - (beta * v + lr * grad),
                    "v": beta * v + lr * grad,
                }
            ),
            "Return the new v, for the next step to go on from.": (
                lambda theta, grad, v, lr, beta: {"v": v}
            ),
            "lr is missing in the step: theta - lr * v.": (
                lambda theta, grad, v, lr, beta: {"theta": theta - (beta * v + grad)}
            ),
            "Your v points downhill: here it adds up gradients, beta * v + grad, and theta goes "
            "against it.": (
                lambda theta, grad, v, lr, beta: {
                    "theta": theta + lr * (beta * v - grad),
                    "v": beta * v - grad,
                }
            ),
        },
    ),
    Exercise(
        name="adam_step",
        notebook="08",
        right=adam_step,
        inputs=adam_inputs,
        returns=("theta", "m", "s"),
        wrong={
            "No bias correction: divide m by 1 - beta1**t, and s by 1 - beta2**t.": adam_with(
                lambda m, s, t, beta1, beta2, eps: m / (np.sqrt(s) + eps)
            ),
            "s is not corrected: divide it by 1 - beta2**t before the root.": adam_with(
                lambda m, s, t, beta1, beta2, eps: m / (1 - beta1**t) / (np.sqrt(s) + eps)
            ),
            "m is not corrected: divide it by 1 - beta1**t.": adam_with(
                lambda m, s, t, beta1, beta2, eps: m / (np.sqrt(s / (1 - beta2**t)) + eps)
            ),
            "The power t is missing: the corrections are 1 - beta1**t and 1 - beta2**t.": adam_with(
                lambda m, s, t, beta1, beta2, eps: (
                    m / (1 - beta1) / (np.sqrt(s / (1 - beta2)) + eps)
                )
            ),
            "The root is missing: divide by sqrt(s_hat) + eps.": adam_with(
                lambda m, s, t, beta1, beta2, eps: m / (1 - beta1**t) / (s / (1 - beta2**t) + eps)
            ),
            "eps is inside the root: it is sqrt(s_hat) + eps.": adam_with(
                lambda m, s, t, beta1, beta2, eps: (
                    m / (1 - beta1**t) / np.sqrt(s / (1 - beta2**t) + eps)
                )
            ),
            "You corrected the root together with eps: correct s first, then the root, then eps.": (
                adam_with(
                    lambda m, s, t, beta1, beta2, eps: (
                        m / (1 - beta1**t) / ((np.sqrt(s) + eps) / np.sqrt(1 - beta2**t))
                    )
                )
            ),
            "eps is missing: divide by sqrt(s_hat) + eps.": adam_with(
                lambda m, s, t, beta1, beta2, eps: m / (1 - beta1**t) / np.sqrt(s / (1 - beta2**t))
            ),
            "You climb: subtract the step from theta.": adam_with(
                lambda m, s, t, beta1, beta2, eps: (
                    -m / (1 - beta1**t) / (np.sqrt(s / (1 - beta2**t)) + eps)
                )
            ),
            "The square is missing: s is the average of grad**2.": adam_without_square,
            "beta1 and beta2 have changed places: beta1 belongs to m, beta2 to s.": adam_swapped,
            "You stepped with the old averages: update m and s first, then use them.": (
                adam_old_averages
            ),
            "t is one too large: it is the number of this step already, 1 for the first.": (
                adam_one_late
            ),
            "The step follows the corrected average m_hat, not the gradient of this step alone.": (
                adam_raw_gradient
            ),
            "Return m and s themselves: corrected ones would be corrected again in the next step.": (
                adam_keeps_corrected
            ),
            "1 - beta1 and 1 - beta2 are missing: the averages take that share of what is new.": (
                adam_without_shares
            ),
            "beta and 1 - beta have changed places: beta belongs to the old averages.": (
                adam_shares_swapped
            ),
            "s is the average of grad**2, not of m**2.": adam_squares_average,
            "Only grad is squared: (1 - beta2) * grad**2.": (adam_squares_share),
            "Brackets: … / sqrt(s_hat) + eps adds eps to theta; write / (sqrt(s_hat) + eps).": (
                adam_eps_outside
            ),
            "You multiplied by 1 - beta**t: the averages are too small, so divide.": adam_with(
                lambda m, s, t, beta1, beta2, eps: (
                    m * (1 - beta1**t) / (np.sqrt(s * (1 - beta2**t)) + eps)
                )
            ),
            "You used 0.9, 0.999 and 1e-8: take the beta1, beta2 and eps that were passed.": (
                lambda theta, grad, m, s, t, lr, beta1, beta2, eps: adam_parts(
                    theta, grad, m, s, t, lr, 0.9, 0.999, 1e-8
                )
            ),
            "Return the new m and s, for the next step to go on from.": (
                lambda theta, grad, m, s, t, lr, beta1, beta2, eps: {"m": m, "s": s}
            ),
        },
    ),
    Exercise(
        name="nesterov_step",
        notebook="08",
        right=nesterov_step,
        inputs=nesterov_inputs,
        returns=("theta", "v"),
        wrong={
            "This is Momentum: the gradient is taken at theta - lr * beta * v, not at theta.": (
                nesterov_from(lambda theta, v, lr, beta: theta)
            ),
            "You looked back: v will move theta by minus lr * beta * v.": (
                nesterov_from(lambda theta, v, lr, beta: theta + lr * beta * v)
            ),
            "You looked too far ahead: beta is missing, only beta * v stays of the old v.": (
                nesterov_from(lambda theta, v, lr, beta: theta - lr * v)
            ),
            "lr is missing where you look ahead: theta - lr * beta * v.": (
                nesterov_from(lambda theta, v, lr, beta: theta - beta * v)
            ),
            "You stepped from the place ahead: only the gradient is taken there, the step starts at "
            "theta.": nesterov_stepping_from_ahead,
            "beta is only for looking ahead: the step goes by the whole new v, theta - lr * v.": (
                nesterov_short_step
            ),
            "1 - beta is missing: v is our moving average, beta * v + (1 - beta) * gradient.": (
                nesterov_without_share
            ),
            "You climb: the step goes against v, theta - lr * v.": (
                lambda gradient, theta, v, lr, beta: {
                    "theta": 2 * theta - nesterov_step(gradient, theta, v, lr, beta)[0]
                }
            ),
            "You stepped with the old v: update v first, then use it.": (
                lambda gradient, theta, v, lr, beta: {"theta": theta - lr * v}
            ),
            "Return the new v, for the next step to go on from.": (
                lambda gradient, theta, v, lr, beta: {"v": v}
            ),
            "The step follows v, not the gradient ahead alone: theta - lr * v.": (
                lambda gradient, theta, v, lr, beta: {
                    "theta": theta - lr * gradient(theta - lr * beta * v)
                }
            ),
            "lr is missing in the step: theta - lr * v.": (
                lambda gradient, theta, v, lr, beta: {
                    "theta": theta - nesterov_step(gradient, theta, v, lr, beta)[1]
                }
            ),
            "It is beta * v that stays of the old v, not (1 - beta) * v: look there.": (
                nesterov_from(lambda theta, v, lr, beta: theta - lr * (1 - beta) * v)
            ),
        },
    ),
    Exercise(
        name="adamw_step",
        notebook="08",
        right=adamw_step,
        inputs=adamw_inputs,
        returns=("theta", "m", "s"),
        wrong={
            "This is Adam with an L2 penalty: leave grad alone, the decay goes to theta directly.": (
                adam_with_l2
            ),
            "You divided the decay by the root: it is subtracted as it is, lr * decay * theta.": (
                adamw_divided
            ),
            "The decay takes a share of theta, not of grad: lr * decay * theta.": (
                adamw_decays_gradient
            ),
            "lr is missing in the decay: lr * decay * theta.": adamw_with(
                lambda theta, step, lr, decay: theta - lr * step - decay * theta
            ),
            "theta would grow: subtract lr * decay * theta.": adamw_with(
                lambda theta, step, lr, decay: theta - lr * step + lr * decay * theta
            ),
            "The decay is missing: this is Adam.": adamw_with(
                lambda theta, step, lr, decay: theta - lr * step
            ),
            "You shrank theta after Adam's step: the decay is a share of theta before it.": (
                adamw_with(lambda theta, step, lr, decay: (theta - lr * step) * (1 - lr * decay))
            ),
            "You have a ½ too many in the decay: it is lr * decay * theta.": adamw_with(
                lambda theta, step, lr, decay: theta - lr * step - lr * decay / 2 * theta
            ),
            "No bias correction: divide m by 1 - 0.9**t, and s by 1 - 0.999**t.": adamw_uncorrected,
            "eps is missing: divide by sqrt(s_hat) + 1e-8.": adamw_stepping(
                lambda m_hat, s_hat, t: m_hat / np.sqrt(s_hat)
            ),
            "eps is inside the root: it is sqrt(s_hat) + 1e-8.": adamw_stepping(
                lambda m_hat, s_hat, t: m_hat / np.sqrt(s_hat + 1e-8)
            ),
            "You corrected the root together with eps: correct s first, then the root, then eps.": (
                adamw_stepping(
                    lambda m_hat, s_hat, t: m_hat / (np.sqrt(s_hat) + 1e-8 / np.sqrt(1 - 0.999**t))
                )
            ),
            "theta is missing in the decay: it takes a share of each weight, lr * decay * theta.": (
                adamw_with(lambda theta, step, lr, decay: theta - lr * step - lr * decay)
            ),
            "lr is missing in both terms: theta - lr * (Adam's step) - lr * decay * theta.": (
                adamw_with(lambda theta, step, lr, decay: theta - step - decay * theta)
            ),
            "Return the new m and s, for the next step to go on from.": (
                lambda theta, grad, m, s, t, lr, decay: {"m": m, "s": s}
            ),
        },
    ),
]
