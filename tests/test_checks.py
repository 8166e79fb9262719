"""The exercise checks: the right answer passes, and every known mistake is called by its name."""

import math
import sys
from dataclasses import replace
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

import nnhelpers as nn
from nnhelpers.teaching.checks import EXERCISES, MODULES, check
from nnhelpers.teaching.checks.exercise import same, wrong_parts

SEEDS = range(20)
NAMES = sorted(EXERCISES)
COMPARED = [name for name in NAMES if EXERCISES[name].judge is None]
MISTAKES = [
    pytest.param(name, sentence, id=f"{name}-{number}")
    for name in NAMES
    for number, sentence in enumerate(EXERCISES[name].wrong)
]


def make_student(exercise, wrong):
    """A student's function that makes one known mistake and is right in all other parts."""

    def student(*inputs):
        if not exercise.returns:
            return wrong(*inputs)
        answer = dict(zip(exercise.returns, exercise.right(*inputs), strict=True))
        return tuple({**answer, **wrong(*inputs)}.values())

    return student


# --- the exercises themselves ---------------------------------------------------------------------


def test_names_are_unique_and_belong_to_their_notebook():
    exercises = [exercise for module in MODULES for exercise in module.EXERCISES]
    assert len(exercises) == len(EXERCISES)
    for module in MODULES:
        for exercise in module.EXERCISES:
            assert module.__name__.endswith(f"nb{exercise.notebook}")
            assert exercise.right.__name__ == exercise.name


def test_there_are_many_known_mistakes():
    assert len(MISTAKES) >= 40


@pytest.mark.parametrize("name", NAMES)
def test_sentences_are_short_plain_sentences(name):
    for sentence in EXERCISES[name].wrong:
        assert len(sentence) <= 180
        assert sentence[-1] in ".`" and "\n" not in sentence
        assert sentence.count("`") % 2 == 0


@pytest.mark.parametrize("name", NAMES)
def test_inputs_are_fresh_and_repeatable(name):
    def inputs(seed):
        return repr(EXERCISES[name].inputs(np.random.default_rng(seed))[-2:])

    draws = {inputs(seed) for seed in SEEDS}
    assert len(draws) > 1
    if name != "minibatches" and "f" not in EXERCISES[name].arguments:
        assert inputs(0) == inputs(0)


@pytest.mark.parametrize("name", NAMES)
def test_float_inputs_are_float64_and_not_square(name):
    for seed in SEEDS:
        for value in EXERCISES[name].inputs(np.random.default_rng(seed)):
            for array in value if isinstance(value, list) else [value]:
                if isinstance(array, np.ndarray):
                    assert array.dtype in (np.float64, np.int64, np.bool_)
                    assert array.ndim < 2 or array.shape[0] != array.shape[1]


# --- right answers pass ---------------------------------------------------------------------------


@pytest.mark.parametrize("name", NAMES)
def test_right_answer_passes(name):
    for seed in SEEDS:
        feedback = check(name, EXERCISES[name].right, seed)
        assert feedback.passed, feedback
        assert feedback.mistake is None
    assert check(name, EXERCISES[name].right).passed  # without a seed


def dense_forward_loops(X, W, b):
    Z = np.empty((X.shape[0], W.shape[1]))
    for n in range(Z.shape[0]):
        for k in range(Z.shape[1]):
            Z[n, k] = b[k] + sum(X[n, i] * W[i, k] for i in range(W.shape[0]))
    return Z


def dense_backward_by_ones(dZ, X, W):
    return X.T @ dZ, np.ones(len(dZ)) @ dZ, dZ @ W.T


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


def rows_for_loops(order, W):
    moved = np.empty_like(W)
    for i, place in enumerate(order):
        moved[i] = W[place]
    return moved


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
        ("dense_backward", dense_backward_by_ones),
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
        ("rows_for", rows_for_loops),
        ("rows_for", lambda order, W: np.eye(len(order))[order] @ W),
        ("rows_for", lambda order, W: np.einsum("ij,jk->ik", np.eye(len(order))[order], W)),
        ("rows_for", lambda order, W: np.take(W, order, axis=0)),
    ],
)  # fmt: skip
def test_other_right_styles_pass(name, function):
    for seed in SEEDS:
        assert check(name, function, seed).passed, check(name, function, seed)


# --- wrong answers are named ----------------------------------------------------------------------


@pytest.mark.parametrize(("name", "sentence"), MISTAKES)
def test_known_mistake_is_named(name, sentence):
    exercise = EXERCISES[name]
    student = make_student(exercise, exercise.wrong[sentence])
    for seed in SEEDS:
        feedback = check(name, student, seed)
        assert not feedback.passed
        assert feedback.mistake == sentence, feedback
        assert feedback.sentence == sentence
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


@pytest.mark.parametrize("name", COMPARED)
def test_wrong_answers_differ_from_the_right_one_and_from_each_other(name):
    exercise = EXERCISES[name]
    names = exercise.returns or ("",)
    for seed in SEEDS:
        inputs = exercise.inputs(np.random.default_rng(seed))
        right = exercise.right(*inputs)
        right = right if exercise.returns else (right,)
        right = dict(zip(names, map(np.asarray, right), strict=True))
        with np.errstate(all="ignore"):
            wrongs = {
                sentence: wrong_parts(exercise, function, inputs)
                for sentence, function in exercise.wrong.items()
            }
        for sentence, wrong in wrongs.items():
            for part, value in wrong.items():
                assert far_apart(value, right[part]), (sentence, seed)
        for (sentence, one), (other_sentence, other) in combinations(wrongs.items(), 2):
            for part in set(one) & set(other):
                assert not same(one[part], other[part]), (sentence, other_sentence, seed)


def test_two_wrong_parts_name_the_first():
    def dense_backward(dZ, X, W):
        return dZ.T @ X, 17 * dZ.sum(axis=0), dZ @ W.T

    assert check("dense_backward", dense_backward, 0).mistake.startswith("dW is transposed")


def test_parts_in_another_order():
    def dense_backward(dZ, X, W):
        return dZ @ W.T, X.T @ dZ, dZ.sum(axis=0)

    feedback = check("dense_backward", dense_backward, 0)
    assert "another order: dX, dW, db, not dW, db, dX" in feedback.mistake


# --- every other way to fail ----------------------------------------------------------------------


@pytest.mark.parametrize("name", NAMES)
def test_stub_gives_a_stable_text(name):
    def stub(*inputs):
        raise NotImplementedError

    feedback = check(name, stub)
    assert not feedback.passed and feedback.mistake is None
    assert repr(feedback) == (
        f"○ {name}: not written yet. Replace `raise NotImplementedError` with your code, "
        "then run your cell and this one again."
    )
    assert feedback._repr_html_() == check(name, stub)._repr_html_()


@pytest.mark.parametrize("name", NAMES)
def test_none_asks_for_return(name):
    assert check(name, lambda *inputs: None).message == "returned None: did you forget `return`?"


def test_wrong_shape_without_a_known_mistake():
    feedback = check("softmax", lambda Z: Z[:, :1], 0)
    assert feedback.sentence == "your answer has another shape than it should."
    assert "expected: of shape (" in feedback.details and ", 1)" in feedback.details
    feedback = check("accuracy", lambda predicted, y: np.ones(3), 0)
    assert "expected: a single number\ngot:      of shape (3,)" in feedback.details


def test_unknown_mistake_says_so_and_shows_the_largest_difference():
    def relu_backward(dA, Z):
        dZ = dA * (Z > 0)
        dZ[1, 2] += 40
        return dZ

    feedback = check("relu_backward", relu_backward, 0)
    assert feedback.mistake is None
    assert "not in a way that this check knows" in feedback.sentence
    assert "the largest difference, 40, is at [1, 2]:" in feedback.details
    assert "inputs:   dA (" in feedback.details


def test_small_arrays_are_shown_in_full():
    feedback = check("dense_backward", lambda dZ, X, W: (X.T @ dZ, dZ[0], dZ @ W.T), 0)
    assert feedback.sentence.startswith("db differs")
    assert "all expected:\n[" in feedback.details and "all got:\n[" in feedback.details


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (lambda Z: 2 * Z, "yours is 2 times the right one"),
        (lambda Z: Z + 3, "yours is the right one plus 3"),
        (lambda Z: 0 * Z, "0 everywhere"),
        (lambda Z: Z.ravel(), "only the shape is not"),
    ],
)
def test_clues(change, expected):
    feedback = check("dense_forward", lambda X, W, b: change(X @ W + b), 0)
    assert feedback.mistake is None
    assert expected in feedback.details


def test_clue_transposed():
    feedback = check("quadratic_gradient", lambda A, Y: ((A - Y) / len(A)).T, 0)
    assert "yours is the transpose of the right one" in feedback.details


def test_nan_and_inf():
    feedback = check("relu_backward", lambda dA, Z: dA * np.sqrt(Z), 0)
    assert "contains NaN" in feedback.sentence
    assert "the first NaN or inf is at [" in feedback.details
    assert "contains inf" in check("relu_backward", lambda dA, Z: dA + np.inf, 0).sentence


def test_dtypes():
    feedback = check("one_hot", lambda y, n_classes: np.eye(n_classes, dtype=int)[y], 0)
    assert not feedback.passed
    assert "the right numbers, but as int64" in feedback.sentence
    feedback = check("dense_forward", lambda X, W, b: (X @ W + b).astype(int), 0)
    assert "whole numbers (dtype int64)" in feedback.sentence
    feedback = check("dense_forward", lambda X, W, b: (X @ W + b).astype(np.float32), 0)
    assert "rounded to float32" in feedback.sentence
    feedback = check(
        "standard_error", lambda values: float(standard_error_loops(np.float32(values)))
    )
    assert not feedback.passed
    feedback = check("tanh_derivative", lambda A: (1 - A**2).astype(complex), 0)
    assert "Take `.real`" in feedback.sentence


def test_changed_input_is_named():
    def relu_backward(dA, Z):
        dA[Z <= 0] = 0
        return dA

    assert "changed its input `dA`" in check("relu_backward", relu_backward, 0).sentence

    def l2_penalty(weights, l2):
        total = 0
        for W in weights:
            W *= W
            total += l2 / 2 * W.sum()
        return total

    assert "changed its input `weights`" in check("l2_penalty", l2_penalty, 0).sentence
    feedback = check("count_parameters", lambda sizes: sizes.pop(), 0)
    assert "changed its input `sizes`" in feedback.sentence
    feedback = check("l2_penalty", lambda weights, l2: weights.__setitem__(0, None), 0)
    assert "changed its input `weights`" in feedback.sentence


def test_an_exercise_may_allow_work_in_place():
    def gradient_descent_step(theta, grad, lr):
        theta -= lr * grad
        return theta

    exercise = EXERCISES["gradient_descent_step"]
    assert not exercise.check(gradient_descent_step, 0).passed
    assert replace(exercise, may_change_inputs=True).check(gradient_descent_step, 0).passed


def test_number_and_names_of_parts():
    def expect(answer, text):
        assert text in check("dense_backward", lambda dZ, X, W: answer, 0).sentence

    expect((np.ones(2), np.ones(2)), "should return 3 things, dW, db, dX; yours returns 2.")
    expect(np.ones(3), "should return 3 things, dW, db, dX; yours returns 1.")
    expect({"dW": 1, "dX": 2}, "returned a dict: return the 3 things in order, `return dW, db, dX`")
    expect((None, np.ones(2), np.ones(2)), "dW should be an array, and is None")
    expect(([1, 2], np.ones(2), np.ones(2)), "dW should be one array or number, not a list")
    feedback = check("dense_forward", lambda X, W, b: (X @ W, b), 0)
    assert "one array or number, not a tuple with 2 items" in feedback.sentence
    assert "not str" in check("he_scale", lambda n_in: "0.1", 0).sentence


def test_exception_shows_the_students_line_and_a_hint():
    def helper(X, W):
        return X @ W

    def dense_forward(X, W, b):
        Z = helper(X, W.T)  # the student's slip
        return Z + b

    feedback = check("dense_forward", dense_forward, 0)
    assert feedback.sentence.startswith("stopped with ValueError: matmul")
    assert "return X @ W" in feedback.details and "in line " in feedback.details
    assert "Hint: inner dimensions must agree" in feedback.details
    assert "inputs:   X (" in feedback.details and "W (" in feedback.details


@pytest.mark.parametrize(
    ("name", "function", "expected"),
    [
        ("dense_forward", lambda X, W, b: np.dot(X, W.T) + b, "inner dimensions"),
        ("softmax", lambda Z: np.exp(Z) / np.exp(Z).sum(axis=1), "keepdims=True"),
        ("leaky_relu", lambda Z, slope: Z if Z > 0 else slope * Z, "np.where"),
        ("softmax", lambda Z: undefined_name(Z), "run the cell"),  # noqa: F821
        ("tanh_derivative", lambda Z: 1 - np.tanh(Z) ^ 2, "a square is `A**2`"),
        ("he_scale", lambda n_in: (2 / n_in) ^ 0.5, "`^` is no power"),
        ("softmax", lambda Z: np.exp(Z - np.max) / 2, "call it, with brackets"),
        ("softmax", lambda Z: np.exp(Z - Z.max) / 2, "call it, with brackets"),
        ("softmax", lambda Z: np.random.default_rng(0).shuffle(Z.copy())[0], "is None"),
        ("relu_backward", lambda dA, Z: np.multiply(dA, Z > 0, out=Z > 0), "astype(float)"),
        ("softmax", lambda Z: np.array([[1.0], [1.0, 2.0]]), "must have one length"),
        ("bilinear", lambda A, row, column: A[np.floor(row), 0], "`.astype(int)`"),
        ("bilinear", lambda A, row, column: A[int(row), 0], "take one number"),
        ("dropout_forward", lambda X, U, p: 0 < p & U < 1, "brackets help"),
    ],
)
def test_hints(name, function, expected):
    assert f"{expected}" in check(name, function, 0).details.partition("Hint: ")[2]


def test_a_small_difference_is_shown_with_enough_digits():
    def accuracy(predicted, y):
        return np.mean(predicted == y) * (1 + 1e-8)

    _, expected, got = check("accuracy", accuracy, 0).message.splitlines()[:3]
    assert expected.split()[-1] != got.split()[-1]


def test_lists_of_arrays_are_described():
    feedback = check("l2_penalty", lambda weights, l2: np.stack(weights), 0)
    assert "inputs:   weights = [(" in feedback.details


def test_wrong_number_of_arguments():
    def relu_backward(dA):
        return dA

    feedback = check("relu_backward", relu_backward, 0)
    assert "your function is called as relu_backward(dA, Z)" in feedback.details


def test_complex_numbers_in_a_float_array():
    def complex_step(f, theta, h):
        moved = theta.copy()
        moved += 1j * h
        return f(moved).imag / h

    assert "astype(complex)" in check("complex_step", complex_step, 0).details

    def complex_step(f, theta, h):
        grad = np.zeros_like(theta)
        for i in range(len(theta)):
            moved = theta.copy()
            moved[i] += 1j * h
            grad[i] = f(moved).imag / h
        return grad

    with pytest.warns(np.exceptions.ComplexWarning):
        assert "astype(complex)" in check("complex_step", complex_step, 0).mistake


def test_not_a_function():
    feedback = check("softmax", np.ones((2, 3)))
    assert "Pass the function itself" in feedback.sentence


def test_unknown_exercise_lists_near_names():
    with pytest.raises(ValueError, match="Did you mean one of: softmax"):
        check("sofmax", len)
    with pytest.raises(ValueError, match="accuracy, .*xavier_scale"):
        check("?", len)


# --- CuPy -----------------------------------------------------------------------------------------


class FakeCupyArray:
    """Like a CuPy array: it refuses to become a NumPy array, unless asked with get()."""

    def __init__(self, array):
        self.array, self.dtype = array, array.dtype

    def get(self):
        return self.array

    def __array__(self, *args, **kwargs):
        raise TypeError("Implicit conversion to a NumPy array is not allowed.")


def test_cupy_arrays_are_accepted():
    def dense_backward(dZ, X, W):
        return FakeCupyArray(X.T @ dZ), FakeCupyArray(dZ.sum(axis=0)), dZ @ W.T

    assert check("dense_backward", dense_backward, 0).passed


def test_function_that_works_with_cupy_gets_cupy_inputs():
    class cupy:
        asarray = FakeCupyArray

        def tanh_derivative(A):
            if isinstance(A, np.ndarray):
                raise TypeError("Unsupported type <class 'numpy.ndarray'>")
            return FakeCupyArray(1 - A.get() ** 2)

    cupy.__name__ = "cupy"
    names = {"xp": cupy}
    exec("def tanh_derivative(A): return xp.tanh_derivative(A)", names)
    assert check("tanh_derivative", names["tanh_derivative"], 0).passed
    names["xp"] = None
    assert "AttributeError" in check("tanh_derivative", names["tanh_derivative"], 0).sentence


# --- whatever the function does -------------------------------------------------------------------


class Hostile:
    """Raises at every touch."""

    def __getattribute__(self, name):
        raise RuntimeError("do not touch")

    def __len__(self):
        raise RuntimeError("no length")

    def __repr__(self):
        raise RuntimeError("no text")


class FaultyError(Exception):
    def __str__(self):
        raise RuntimeError("no text")


def recursive(*inputs):
    return recursive(*inputs)


def faulty(*inputs):
    raise FaultyError


def endless(*inputs):
    while True:
        yield 0


def ruin(*inputs):
    for value in inputs:
        if isinstance(value, np.ndarray):
            value.resize(0, refcheck=False)
        if isinstance(value, list):
            value.clear()
    return 0


ODD = [
    recursive,
    faulty,
    endless,
    ruin,
    sys.exit,
    len,
    print,
    Hostile(),
    Hostile,
    type,
    object,
    np.ones,
    None,
    "softmax",
    lambda *inputs: Hostile(),
    lambda *inputs: [Hostile()] * 3,
    lambda *inputs: (Hostile(),) * 3,
    lambda *inputs: sys.exit(1),
    lambda *inputs: 1 / 0,
    lambda *inputs: NotImplemented,
    lambda *inputs: ...,
    lambda *inputs: inputs,
    lambda *inputs: inputs[0],
    lambda *inputs: lambda: 0,
    lambda *inputs: object(),
    lambda *inputs: {},
    lambda *inputs: {1, 2},
    lambda *inputs: {"dW": None, "db": "", "dX": []},
    lambda *inputs: "text",
    lambda *inputs: b"",
    lambda *inputs: 10**400,
    lambda *inputs: 1j,
    lambda *inputs: [],
    lambda *inputs: [[1, 2], [3]],
    lambda *inputs: np.array([]),
    lambda *inputs: np.zeros((0, 3)),
    lambda *inputs: np.array([None, 1]),
    lambda *inputs: np.array(["a"]),
    lambda *inputs: np.array("2020-01-01", dtype="M8"),
    lambda *inputs: np.zeros(3, dtype="i4, f8"),
    lambda *inputs: np.broadcast_to(1.0, (10**6, 10**6)),
    lambda *inputs: np.ma.masked_all((3, 4)),
    lambda *inputs: np.matrix("1 2; 3 4"),
    lambda *inputs: np.longdouble(1) / 3,
    lambda *inputs: np.uint8(200),
    lambda *inputs: np.full((9, 9), np.nan),
    lambda *inputs: FakeCupyArray(np.zeros(3)),
    np.seterr,
    np.array,
    np.asarray,
]


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", NAMES)
def test_nothing_that_a_function_does_raises(name):
    for function in ODD:
        feedback = check(name, function, 0)
        assert not feedback.passed
        assert feedback.mistake is None or feedback.mistake in EXERCISES[name].wrong
        assert name in repr(feedback) and name in feedback._repr_html_()


answers = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.complex_numbers(),
    st.text(max_size=5),
    arrays(
        dtype=st.sampled_from(["f8", "f4", "f2", "i8", "u1", "?", "c16", "U2", "O"]),
        shape=array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=4),
    ),
)


@pytest.mark.filterwarnings("ignore")
@settings(max_examples=200, deadline=None)
@given(
    name=st.sampled_from(NAMES),
    answer=st.one_of(answers, st.lists(answers, max_size=4), st.tuples(answers, answers, answers)),
)
def test_no_answer_raises(name, answer):
    feedback = check(name, lambda *inputs: answer)
    assert repr(feedback) and feedback._repr_html_()


@pytest.mark.parametrize("name", ["softmax", "minibatches"])
def test_keyboard_interrupt_comes_through(name):
    def interrupted(*inputs):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        check(name, interrupted)


@pytest.mark.parametrize("name", NAMES)
def test_global_state_is_left_alone(name):
    np.random.seed(0)  # noqa: NPY002
    before = np.random.get_state()[1].copy()  # noqa: NPY002
    errors, options = np.geterr(), np.get_printoptions()
    check(name, EXERCISES[name].right)
    check(name, lambda *inputs: np.ones((2, 2)))
    for wrong in EXERCISES[name].wrong.values():
        check(name, make_student(EXERCISES[name], wrong))
    assert np.array_equal(before, np.random.get_state()[1])  # noqa: NPY002
    assert np.geterr() == errors and np.get_printoptions() == options


def test_overflow_in_an_answer_prints_no_warning(recwarn):
    check("softmax", lambda Z: np.exp(Z) / np.exp(Z).sum(axis=1, keepdims=True))
    assert not recwarn.list


# --- the feedback ---------------------------------------------------------------------------------


def test_passed_text():
    feedback = check("softmax", EXERCISES["softmax"].right)
    assert repr(feedback) == "✔ softmax: right, on 3 fresh random inputs."


def test_html_is_escaped_and_says_in_words_what_its_colour_says():
    def softmax(Z):
        raise ValueError("<script>alert(1)</script> & more")

    panel = check("softmax", softmax)._repr_html_()
    assert "<script>" not in panel and "&lt;script&gt;" in panel
    assert "✘ softmax" in panel and "var(--jp-error-color1, " in panel
    panel = check("softmax", EXERCISES["softmax"].right)._repr_html_()
    assert "✔ softmax" in panel and "right, on 3" in panel


def test_code_in_a_sentence_is_set_as_code():
    panel = check("softmax", lambda Z: None)._repr_html_()
    assert "<code>return</code>" in panel and "`" not in panel


def test_a_seed_repeats_the_inputs():
    def relu_backward(dA, Z):
        return dA * (Z > 0.5)

    texts = {repr(check("relu_backward", relu_backward, 7)) for _ in range(3)}
    assert len(texts) == 1
