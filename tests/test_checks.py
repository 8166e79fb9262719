"""The exercises: right answers pass in any style, and every known mistake is called by its name.

With NNHELPERS_FULL=1 each is tried on 20 draws of inputs, not on 4.
"""

import copy
import math
import os
from itertools import combinations

import numpy as np
import pytest

import nnhelpers as nn
from nnhelpers.teaching.checks import EXERCISES, MODULES, Exercise, check
from nnhelpers.teaching.checks.comparing import same
from nnhelpers.teaching.checks.values import Values

SEEDS = range(20 if os.environ.get("NNHELPERS_FULL") == "1" else 4)


def each(exercises):
    return pytest.mark.parametrize("exercise", exercises, ids=lambda one: one.name)


by_exercise = each(EXERCISES.values())
by_compared = each([one for one in EXERCISES.values() if one.judge is None])


@pytest.fixture(autouse=True)
def global_state_is_left_alone():
    def state():
        return np.random.get_state()[1].tolist(), np.geterr(), np.get_printoptions()  # noqa: NPY002

    before = state()
    yield
    assert state() == before


def make_student(exercise, wrong):
    """A student's function that makes one known mistake and is right in all other parts."""

    def student(*inputs):
        values = Values(exercise, inputs)
        if not exercise.returns:
            return values.call(wrong)
        return tuple((values.right_parts() | values.wrong_parts(wrong)).values())

    return student


# --- the exercises themselves ---------------------------------------------------------------------


def test_names_are_unique_and_belong_to_their_notebook():
    pages = [(module, one) for module in MODULES for one in vars(module).values()]
    pages = [(module, one) for module, one in pages if isinstance(one, Exercise)]
    assert len(pages) == len(EXERCISES)
    for module, exercise in pages:
        assert module.__name__.endswith(f"nb{exercise.notebook}")


def test_there_are_many_known_mistakes():
    assert sum(len(exercise.wrong) for exercise in EXERCISES.values()) > 850


@by_exercise
def test_sentences_are_short_plain_sentences(exercise):
    for sentence in exercise.wrong:
        assert len(sentence) <= 180
        assert sentence[-1] in ".`" and "\n" not in sentence
        assert sentence.count("`") % 2 == 0


@by_exercise
def test_inputs_are_fresh_and_repeatable(exercise):
    def inputs(seed):
        return repr(exercise.draw(np.random.default_rng(seed))[-2:])

    assert len({inputs(seed) for seed in SEEDS}) > 1
    if exercise.name != "minibatches" and "f" not in exercise.arguments:
        assert inputs(0) == inputs(0)


@by_exercise
def test_float_inputs_are_float64_and_not_square(exercise):
    for seed in SEEDS:
        for value in exercise.draw(np.random.default_rng(seed)):
            for array in value if isinstance(value, list) else [value]:
                if isinstance(array, np.ndarray):
                    assert array.dtype in (np.float64, np.int64, np.bool_)
                    assert array.ndim < 2 or array.shape[0] != array.shape[1]


# --- right answers pass ---------------------------------------------------------------------------


@by_exercise
def test_right_answer_passes(exercise):
    for seed in [*SEEDS, None]:
        feedback = check(exercise.name, exercise.right, seed)
        assert feedback.passed, feedback
        assert feedback.mistake is None


def dense_forward_loops(X, W, b):
    Z = np.empty((X.shape[0], W.shape[1]))
    for n in range(Z.shape[0]):
        for k in range(Z.shape[1]):
            Z[n, k] = b[k] + sum(X[n, i] * W[i, k] for i in range(W.shape[0]))
    return Z


def dense_backward_einsum(dZ, X, W):
    return [
        np.einsum("ni,nk->ik", X, dZ),
        np.einsum("nk->k", dZ),
        np.einsum("nk,ik->ni", dZ, W),
    ]


def relu_backward_on_a_copy(dA, Z):
    dZ = dA.copy()
    dZ[Z <= 0] = 0
    return dZ


def softmax_by_row(Z):
    P = np.zeros(Z.shape)
    for n, row in enumerate(Z):
        P[n] = np.exp(row - max(row)) / sum(np.exp(row - max(row)))
    return P


def cross_entropy_log_sum_exp(Z, y):
    largest = Z.max(axis=1)
    log_sum = largest + np.log(np.exp(Z - largest[:, None]).sum(axis=1))
    return float((log_sum - Z[np.arange(len(y)), y]).sum()) / len(y)


def cross_entropy_gradient_in_place(Z, y):
    dZ = softmax_by_row(Z)
    dZ[range(len(y)), y] -= 1
    dZ /= len(y)
    return dZ


def minibatches_generator(N, batch_size, rng):
    order = np.arange(N)
    rng.shuffle(order)
    for start in range(0, N, batch_size):
        yield order[start : start + batch_size].tolist()


def central_difference_moving_theta(f, theta, eps):
    grad = []
    for i, value in enumerate(theta):
        theta[i] = value + eps
        above = f(theta)
        theta[i] = value - eps
        grad.append((above - f(theta)) / (2 * eps))
        theta[i] = value
    return np.array(grad)


def hyperband_from(s_max, R, eta):
    s = np.arange(s_max, -1, -1)
    return np.ceil((s_max + 1) * eta**s / (s + 1)), R / eta**s


def standard_error_loops(values):
    mean, total = sum(values) / len(values), 0.0
    for value in values:
        total += (value - mean) ** 2
    return (total / (len(values) - 1) / len(values)) ** 0.5


def smoothed_targets_loops(y, K, s):
    T = np.zeros((len(y), K))
    for n in range(len(y)):
        for k in range(K):
            T[n, k] = (1 - s) * (y[n] == k) + s / K
    return T


def smoothed_targets_in_place(y, K, s):
    T = np.full((len(y), K), s / K)
    T[np.arange(len(y)), y] += 1 - s
    return T


def bilinear_loops(image, row, column):
    values = []
    for r, c in zip(row, column):
        i, j = int(r), int(c)
        total = 0.0
        for down in (0, 1):
            for right in (0, 1):
                weight = (1 - abs(r - i - down)) * (1 - abs(c - j - right))
                total += weight * image[i + down, j + right]
        values.append(total)
    return np.array(values)


def bilinear_tents(image, row, column):
    """Every pixel has a weight, and all but four have 0: a product of two matrices of tents."""
    rows = np.maximum(1 - np.abs(row[:, None] - np.arange(image.shape[0])), 0)
    columns = np.maximum(1 - np.abs(column[:, None] - np.arange(image.shape[1])), 0)
    return np.einsum("mi,ij,mj->m", rows, image, columns)


def bilinear_in_place(image, row, column):
    i, j = np.modf(row)[1].astype(int), np.modf(column)[1].astype(int)
    four = np.stack([image[i + a, j + b] for a in (0, 1) for b in (0, 1)]).reshape(2, 2, -1)
    four[0] += (row % 1) * (four[1] - four[0])
    four[0, 0] += (column - j) * (four[0, 1] - four[0, 0])
    return four[0, 0]


def calibration_loops(confidence, correct, bins):
    total = 0.0
    for b in range(bins):
        members = [n for n in range(len(correct)) if b < bins * confidence[n] <= b + 1]
        if members:
            right = sum(bool(correct[n]) for n in members) / len(members)
            claimed = sum(confidence[n] for n in members) / len(members)
            total += len(members) / len(correct) * abs(right - claimed)
    return total


def calibration_by_counts(confidence, correct, bins):
    places = np.ceil(confidence * bins).astype(int) - 1
    surplus = np.bincount(places, weights=correct - confidence, minlength=bins)
    return np.abs(surplus).sum() / len(confidence)


def calibration_by_edges(confidence, correct, bins):
    places = np.digitize(confidence, np.linspace(0, 1, bins + 1), right=True)
    total = np.zeros(bins + 1)
    np.add.at(total, places, correct - confidence)
    return np.abs(total, out=total).mean() * (bins + 1) / len(correct)


@pytest.mark.parametrize(
    ("name", "function"),
    [
        ("one_hot", lambda y, n_classes: np.eye(n_classes)[y]),
        ("one_hot", lambda y, n_classes: (y[:, None] == np.arange(n_classes)).astype(float)),
        ("one_hot", lambda y, n_classes: np.eye(n_classes, dtype=np.float32)[y]),
        ("accuracy", lambda predicted, y: sum(predicted == y) / len(y)),
        ("accuracy", lambda predicted, y: float((predicted == y).mean())),
        ("accuracy", lambda predicted, y: (predicted == y).astype("float32").mean()),
        ("accuracy", lambda predicted, y: float(np.mean(predicted == y, dtype="float32"))),
        ("dense_forward", dense_forward_loops),
        ("dense_forward", lambda X, W, b: np.einsum("ni,ik->nk", X, W) + b[None, :]),
        ("dense_forward", lambda X, W, b: np.asfortranarray((W.T @ X.T + b[:, None]).T)),
        ("count_parameters", lambda sizes: float(np.dot(np.add(sizes[:-1], 1), sizes[1:]))),
        ("softmax", softmax_by_row),
        ("softmax", lambda Z: (lambda E: E / E.sum(1)[:, None])(np.exp(Z - Z.max(1)[:, None]))),
        ("softmax_cross_entropy", cross_entropy_log_sum_exp),
        ("softmax_cross_entropy_gradient", cross_entropy_gradient_in_place),
        ("dense_backward", lambda dZ, X, W: (X.T @ dZ, np.ones(len(dZ)) @ dZ, dZ @ W.T)),
        ("dense_backward", dense_backward_einsum),
        ("relu_backward", relu_backward_on_a_copy),
        ("relu_backward", lambda dA, Z: np.where(Z > 0, dA, 0)),
        ("sigmoid_backward", lambda dA, A: dA * (A - A**2)),
        ("leaky_relu", lambda Z, slope: np.maximum(Z, 0) + slope * np.minimum(Z, 0)),
        ("leaky_relu_backward", lambda dA, Z, slope: np.where(Z > 0, dA, slope * dA)),
        ("minibatches", minibatches_generator),
        ("minibatches", lambda N, B, rng: map(list, minibatches_generator(N, B, rng))),
        ("minibatches", lambda N, B, rng: np.split(rng.permutation(N), range(B, N, B))),
        ("cosine_schedule", lambda progress: np.cos(np.pi * progress / 2) ** 2),
        ("l2_penalty", lambda weights, l2: l2 / 2 * sum(np.vdot(W, W) for W in weights)),
        ("central_difference", central_difference_moving_theta),
        ("relative_error", lambda a, b: np.abs(a - b) / (np.abs(a) + np.abs(b) + 1e-300)),
        ("complex_step", lambda f, theta, h: np.array(
            [np.imag(f(theta + 1j * h * row)) / h for row in np.eye(theta.size)]
        )),
        ("hyperband_brackets", lambda R, eta: hyperband_from(round(math.log(R, eta)), R, eta)),
        ("standard_error", standard_error_loops),
        ("standard_error", lambda values: values.std() / np.sqrt(len(values) - 1)),
        ("standard_error", lambda values: np.sqrt(
            np.cov(values) / np.einsum("n->", np.ones_like(values))
        )),
        ("smoothed_targets", smoothed_targets_loops),
        ("smoothed_targets", smoothed_targets_in_place),
        ("smoothed_targets", lambda y, K, s: (1 - s) * nn.one_hot(y, K) + s / K),
        ("smoothed_targets", lambda y, K, s: np.where(
            y[:, None] == np.arange(K), 1 - s + s / K, s / K
        )),
        ("smoothed_targets", lambda y, K, s: (
            np.eye(K)[y] @ ((1 - s) * np.eye(K) + s / K * np.ones((K, K)))
        )),
        ("bilinear", bilinear_loops),
        ("bilinear", bilinear_tents),
        ("bilinear", bilinear_in_place),
        ("expected_calibration_error", calibration_loops),
        ("expected_calibration_error", calibration_by_counts),
        ("expected_calibration_error", calibration_by_edges),
        ("rows_for", lambda order, W: np.array([W[place] for place in order])),
        ("rows_for", lambda order, W: np.eye(len(order))[order] @ W),
        ("rows_for", lambda order, W: np.einsum("ij,jk->ik", np.eye(len(order))[order], W)),
        ("rows_for", lambda order, W: np.take(W, order, axis=0)),
    ],
)  # fmt: skip
def test_other_right_styles_pass(name, function):
    for seed in SEEDS:
        feedback = check(name, function, seed)
        assert feedback.passed, feedback


# --- wrong answers are named ----------------------------------------------------------------------


@by_exercise
def test_known_mistakes_are_named(exercise):
    for sentence, wrong in exercise.wrong.items():
        student = make_student(exercise, wrong)
        for seed in SEEDS:
            feedback = check(exercise.name, student, seed)
            assert not feedback.passed, (sentence, seed)
            assert feedback.mistake == feedback.sentence == sentence, feedback
            assert feedback.message.startswith(sentence)
            if exercise.judge is None:
                assert "expected: " in feedback.details and "got: " in feedback.details


@pytest.mark.parametrize(
    ("name", "function", "words"),
    [
        ("minibatches", lambda N, B, rng: np.split(rng.permutation(N), range(B, N + 1, B)),
         "The last batch is empty"),
        ("minibatches", lambda N, B, rng: np.split(rng.permutation(N), range(0, N, B)),
         "A batch is empty"),
        ("hyperband_brackets", lambda R, eta: hyperband_from(int(math.log(R) / math.log(eta)), R, eta),
         "The quotient of the logarithms"),
        ("smoothed_targets", lambda y, K, s: (1 - s) * nn.one_hot(y, K) + s / (K - 1),
         "You divided by K - 1"),
    ],
)  # fmt: skip
def test_other_ways_to_a_known_mistake(name, function, words):
    for seed in SEEDS:
        feedback = check(name, function, seed)
        assert feedback.mistake is not None and feedback.mistake.startswith(words), feedback


@pytest.mark.parametrize("change", [-1, 1])
def test_too_few_or_too_many_brackets_are_not_blamed_on_the_logarithms(change):
    def hyperband_brackets(R, eta):
        return hyperband_from(round(math.log(R, eta)) + change, R, eta)

    for seed in SEEDS:
        feedback = check("hyperband_brackets", hyperband_brackets, seed)
        assert not feedback.passed and feedback.mistake is None


def far_apart(one, other):
    """Whether a wrong answer has another shape, NaN, or differs by far more than rounding."""
    if one.shape != other.shape:
        return True
    if not np.isfinite(one).all():
        return True
    return np.abs(one * 1.0 - other).max() > 1e-5 * np.abs(other).max()


@by_compared
def test_wrong_answers_differ_from_the_right_one_and_from_each_other(exercise):
    for seed in SEEDS:
        values = Values(exercise, exercise.draw(np.random.default_rng(seed)))
        given = copy.deepcopy(dict(values))
        right = values.right_parts()
        with np.errstate(all="ignore"):
            wrongs = {name: values.wrong_parts(wrong) for name, wrong in exercise.wrong.items()}
        for sentence, wrong in wrongs.items():
            for part, value in wrong.items():
                assert far_apart(value, right[part]), (sentence, seed)
        for (sentence, one), (other_sentence, other) in combinations(wrongs.items(), 2):
            for part in set(one) & set(other):
                assert not same(one[part], other[part]), (sentence, other_sentence, seed)
        for name, value in given.items():
            assert repr(values[name]) == repr(value), f"{name} was changed in place"
        assert set(exercise.terms) <= set(values), "each term serves some mistake"


def test_two_wrong_parts_name_the_first():
    def dense_backward(dZ, X, W):
        return dZ.T @ X, 17 * dZ.sum(axis=0), dZ @ W.T

    assert check("dense_backward", dense_backward, 0).mistake.startswith("dW is transposed")


def test_parts_in_another_order():
    def dense_backward(dZ, X, W):
        return dZ @ W.T, X.T @ dZ, dZ.sum(axis=0)

    feedback = check("dense_backward", dense_backward, 0)
    assert "another order: dX, dW, db, not dW, db, dX" in feedback.mistake
