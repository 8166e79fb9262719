"""What a check answers to all that is neither right nor a known mistake, and how it shows that.

With NNHELPERS_FULL=1 every exercise meets every odd function, not only one exercise of each kind.
"""

import os
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from nnhelpers.teaching.checks import EXERCISES, check

FULL = os.environ.get("NNHELPERS_FULL") == "1"
NAMES = sorted(EXERCISES)
KINDS = [  # one answer, several, judged; arrays, lists, numbers, functions and generators as inputs
    "softmax", "dense_backward", "minibatches", "count_parameters", "he_scale", "forward",
    "central_difference", "l2_penalty", "accuracy", "hyperband_brackets",
]  # fmt: skip


# --- what is said to which answer -----------------------------------------------------------------


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


def fourth_row_off(dA, Z):
    dZ = dA * (Z > 0)
    dZ[1, 2] += 40
    return dZ


def masking_in_place(dA, Z):
    dA[Z <= 0] = 0
    return dA


def squaring_in_place(weights, l2):
    total = 0
    for W in weights:
        W *= W
        total += l2 / 2 * W.sum()
    return total


def standard_error_in_float32(values):
    mean, total = sum(np.float32(values)) / len(values), np.float32(0)
    for value in np.float32(values):
        total += (value - mean) ** 2
    return float((total / (len(values) - 1) / len(values)) ** 0.5)


def complex_into_floats(f, theta, h):
    moved = theta.copy()
    moved += 1j * h
    return f(moved).imag / h


def relu_backward(dA):  # one argument too few
    return dA


UNKNOWN = "though not in a way that this check knows"
SAID = [  # the exercise, a function, and words of what is said to it
    ("softmax", lambda Z: Z[:, :1],
     "your answer has another shape than it should.\nexpected: of shape (", ", 1)"),
    ("accuracy", lambda predicted, y: np.ones(3), "expected: a single number\ngot:      of shape (3,)"),
    ("relu_backward", fourth_row_off,
     UNKNOWN, "the largest difference, 40, is at [1, 2]:", "inputs:   dA ("),
    ("dense_backward", lambda dZ, X, W: (X.T @ dZ, dZ[0], dZ @ W.T),  # small ones are shown in full
     "db differs", "all expected:\n[", "all got:\n["),
    ("dense_forward", lambda X, W, b: 2 * (X @ W + b), UNKNOWN, "yours is 2 times the right one"),
    ("dense_forward", lambda X, W, b: X @ W + b + 3, UNKNOWN, "yours is the right one plus 3"),
    ("dense_forward", lambda X, W, b: 0 * (X @ W + b), UNKNOWN, "0 everywhere"),
    ("dense_forward", lambda X, W, b: (X @ W + b).ravel(), "only the shape is not"),
    ("quadratic_gradient", lambda A, Y: ((A - Y) / len(A)).T, "yours is the transpose of the right one"),
    ("relu_backward", lambda dA, Z: dA * np.sqrt(Z), "contains NaN", "the first NaN or inf is at ["),
    ("relu_backward", lambda dA, Z: dA + np.inf, "contains inf"),
    ("l2_penalty", lambda weights, l2: np.stack(weights), "inputs:   weights = [("),
    # dtypes
    ("one_hot", lambda y, n_classes: np.eye(n_classes, dtype=int)[y],
     "the right numbers, but as int64"),
    ("dense_forward", lambda X, W, b: (X @ W + b).astype(int), "whole numbers (dtype int64)"),
    ("dense_forward", lambda X, W, b: (X @ W + b).astype(np.float32), "rounded to float32"),
    ("standard_error", standard_error_in_float32, UNKNOWN),
    ("tanh_derivative", lambda A: (1 - A**2).astype(complex), "Take `.real`"),
    # inputs that were changed
    ("relu_backward", masking_in_place, "changed its input `dA`"),
    ("l2_penalty", squaring_in_place, "changed its input `weights`"),
    ("l2_penalty", lambda weights, l2: weights.__setitem__(0, None), "changed its input `weights`"),
    ("count_parameters", lambda sizes: sizes.pop(), "changed its input `sizes`"),
    # the number of parts, and what they are
    ("dense_backward", lambda dZ, X, W: (dZ, dZ), "should return 3 things, dW, db, dX; yours returns 2."),
    ("dense_backward", lambda dZ, X, W: dZ, "should return 3 things, dW, db, dX; yours returns 1."),
    ("dense_backward", lambda dZ, X, W: {"dW": 1, "dX": 2},
     "returned a dict: return the 3 things in order, `return dW, db, dX`"),
    ("dense_backward", lambda dZ, X, W: (None, dZ, dZ), "dW should be an array, and is None"),
    ("dense_backward", lambda dZ, X, W: ([1, 2], dZ, dZ), "dW should be one array or number, not a list"),
    ("dense_forward", lambda X, W, b: (X @ W, b), "one array or number, not a tuple with 2 items"),
    ("he_scale", lambda n_in: "0.1", "not str"),
    # what is no function, or another one
    ("softmax", np.ones((2, 3)), "Pass the function itself"),
    ("relu_backward", relu_backward, "your function is called as relu_backward(dA, Z)"),
    # exceptions, and what helps
    ("dense_forward", lambda X, W, b: np.dot(X, W.T) + b, "Hint: inner dimensions"),
    ("softmax", lambda Z: np.exp(Z) / np.exp(Z).sum(axis=1), "Hint: ", "keepdims=True"),
    ("leaky_relu", lambda Z, slope: Z if Z > 0 else slope * Z, "Hint: ", "np.where"),
    ("softmax", lambda Z: undefined_name(Z), "Hint: run the cell"),  # noqa: F821
    ("tanh_derivative", lambda Z: 1 - np.tanh(Z) ^ 2, "Hint: ", "a square is `A**2`"),
    ("he_scale", lambda n_in: (2 / n_in) ^ 0.5, "Hint: `^` is no power"),
    ("softmax", lambda Z: np.exp(Z - np.max) / 2, "Hint: ", "call it, with brackets"),
    ("softmax", lambda Z: np.exp(Z - Z.max) / 2, "Hint: ", "call it, with brackets"),
    ("softmax", lambda Z: np.random.default_rng(0).shuffle(Z.copy())[0], "Hint: ", "is None"),
    ("relu_backward", lambda dA, Z: np.multiply(dA, Z > 0, out=Z > 0), "Hint: ", "astype(float)"),
    ("softmax", lambda Z: np.array([[1.0], [1.0, 2.0]]), "Hint: ", "must have one length"),
    ("bilinear", lambda A, row, column: A[np.floor(row), 0], "Hint: ", "`.astype(int)`"),
    ("bilinear", lambda A, row, column: A[int(row), 0], "Hint: ", "take one number"),
    ("dropout_forward", lambda X, U, p: 0 < p & U < 1, "Hint: ", "brackets help"),
    ("complex_step", complex_into_floats, "Hint: ", "astype(complex)"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "function", "words"), [(one[0], one[1], one[2:]) for one in SAID])
def test_what_is_said(name, function, words):
    feedback = check(name, function, 0)
    assert not feedback.passed and feedback.mistake is None
    text, place = feedback.message, 0
    for some in words:
        place = text.find(some, place)
        assert place >= 0, f"{some!r} is not said, or not in this order: {text}"


def test_exception_shows_the_students_line():
    def helper(X, W):
        return X @ W

    def dense_forward(X, W, b):
        Z = helper(X, W.T)  # the student's slip
        return Z + b

    feedback = check("dense_forward", dense_forward, 0)
    assert feedback.sentence.startswith("stopped with ValueError: matmul")
    assert "return X @ W" in feedback.details and "in line " in feedback.details
    assert "inputs:   X (" in feedback.details and "W (" in feedback.details


def test_a_small_difference_is_shown_with_enough_digits():
    def accuracy(predicted, y):
        return np.mean(predicted == y) * (1 + 1e-8)

    _, expected, got = check("accuracy", accuracy, 0).message.splitlines()[:3]
    assert expected.split()[-1] != got.split()[-1]


def test_a_float_array_drops_the_imaginary_part():
    def complex_step(f, theta, h):
        grad = np.zeros_like(theta)
        for i in range(len(theta)):
            moved = theta.copy()
            moved[i] += 1j * h
            grad[i] = f(moved).imag / h
        return grad

    with pytest.warns(np.exceptions.ComplexWarning):
        assert "astype(complex)" in check("complex_step", complex_step, 0).mistake


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


ODD = [  # functions
    recursive, faulty, endless, ruin, sys.exit, len, print, Hostile(), Hostile, type, object, np.ones,
    np.seterr, np.array, np.asarray, None, "softmax",
    lambda *inputs: sys.exit(1),
    lambda *inputs: 1 / 0,
    lambda *inputs: inputs,
    lambda *inputs: inputs[0],
    lambda *inputs: np.matrix("1 2; 3 4"),
]  # fmt: skip
ODD += [  # and answers
    lambda *inputs, answer=answer: answer
    for answer in [
        Hostile(), [Hostile()] * 3, (Hostile(),) * 3, NotImplemented, ..., lambda: 0, object(), {},
        {1, 2}, {"dW": None, "db": "", "dX": []}, "text", b"", 10**400, 1j, [], [[1, 2], [3]],
        np.array([]), np.zeros((0, 3)), np.array([None, 1]), np.array(["a"]),
        np.array("2020-01-01", dtype="M8"), np.zeros(3, dtype="i4, f8"),
        np.broadcast_to(1.0, (10**6, 10**6)), np.ma.masked_all((3, 4)),
        np.longdouble(1) / 3, np.uint8(200), np.full((9, 9), np.nan), FakeCupyArray(np.zeros(3)),
    ]
]  # fmt: skip


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", NAMES if FULL else KINDS)
def test_nothing_that_a_function_does_raises(name):
    errors, options = np.geterr(), np.get_printoptions()
    for function in ODD:
        feedback = check(name, function, 0)
        assert not feedback.passed
        assert feedback.mistake is None or feedback.mistake in EXERCISES[name].wrong
        assert name in repr(feedback) and name in feedback._repr_html_()
    assert np.geterr() == errors and np.get_printoptions() == options


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
@settings(max_examples=200 if FULL else 50, deadline=None)
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
