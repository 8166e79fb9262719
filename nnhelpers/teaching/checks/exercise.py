"""One exercise: the right answer, fresh inputs, and the known wrong answers.

A check runs the student's function on copies of fresh random inputs and compares what it returns
with the right answer. When they differ, it looks for the known wrong answer that equals the
student's on every one of the inputs, and names that mistake.
"""

import copy
import inspect
import itertools
import traceback
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from .feedback import Feedback

MOST_ITEMS = 10_000  # taken from a generator, which might never end


@dataclass(frozen=True)
class Exercise:
    """One exercise of a notebook.

    Parameters
    ----------
    name : str
        The name of the function to write; unique over all notebooks.
    notebook : str
        The number of its notebook, "02".
    right : callable
        The right answer; it reads like the last line of the derivation.
    inputs : callable
        `inputs(rng)` returns one tuple of fresh arguments. Arrays are float64 and not square, so
        that a forgotten transpose shows.
    wrong : dict
        From a sentence that names a mistake to the function that makes it. It returns what
        `right` returns or, where `returns` is given, a dict with only the parts it gets wrong.
    returns : tuple of str
        The names of the parts, if `right` returns several: ("dW", "db", "dX").
    judge : callable, optional
        For answers that have no single right value: `judge(call, *inputs)` calls the student's
        function through `call` and returns None, or the sentence that says what is wrong.
    draws : int
        On how many fresh inputs an answer is tried.
    also : callable, optional
        `also(rng)` returns one more tuple of fresh arguments, of a kind that `inputs` leaves out:
        a right answer must be right there as well.
    may_change_inputs : bool
        True if the function is allowed to work in place.
    """

    name: str
    notebook: str
    right: Callable
    inputs: Callable
    wrong: dict
    returns: tuple = ()
    judge: Callable | None = None
    draws: int = 3
    also: Callable | None = None
    may_change_inputs: bool = False

    @property
    def arguments(self):
        """The names of the arguments, in order."""
        return list(inspect.signature(self.right).parameters)

    @property
    def signature(self):
        """How a check calls the function: "dense_forward(X, W, b)"."""
        return f"{self.name}({', '.join(self.arguments)})"

    def check(self, function, seed=None):
        """Check a student's function.

        Parameters
        ----------
        function : callable
            The student's function. Whatever it does, no exception leaves this method, but for
            KeyboardInterrupt.
        seed : int, optional
            Makes the same inputs again; fresh ones without it.

        Returns
        -------
        Feedback
        """
        rng = np.random.default_rng(seed)
        try:
            with np.errstate(all="ignore"):
                if self.judge is None:
                    self._compare(function, rng)
                else:
                    self._judge(function, rng)
        except Problem as problem:
            return problem.feedback(self.name)
        except KeyboardInterrupt:
            raise
        except BaseException as error:  # an answer so odd that even looking at it fails
            return Feedback(
                self.name,
                "wrong",
                "returned something that cannot be read as an array.",
                describe_error(error),
            )
        count = self.draws + (self.also is not None)
        return Feedback(self.name, "right", f"right, on {count} fresh random inputs.")

    def _draw(self, rng):
        """Yield the inputs of one check."""
        for _ in range(self.draws):
            yield self.inputs(rng)
        if self.also is not None:
            yield self.also(rng)

    def _compare(self, function, rng):
        """Raise a Problem unless the function's answers equal the right ones."""
        draws, answers, wanted = list(self._draw(rng)), [], []
        for inputs in draws:
            answers.append(split(self, call(self, function, inputs)))
            wanted.append(split(self, self.right(*copy.deepcopy(inputs))))

        strict = any(map(holds_floats, draws[0]))
        bad = [
            (part, draw)
            for part in wanted[0]
            for draw in range(len(draws))
            if not same(answers[draw][part], wanted[draw][part], strict)
        ]
        if not bad:
            check_dtypes(answers[0], wanted[0])
            return

        mistake, mistaken = find_mistake(self, draws, answers)
        if mistake is not None:
            bad = [(part, draw) for part, draw in bad if part in mistaken] or bad
        part, draw = bad[0]
        got, want = answers[draw][part], wanted[draw][part]
        if mistake is not None:
            raise Problem(mistake, show_difference(part, got, want), mistake)
        details = [
            show_difference(part, got, want),
            clue(got, want),
            describe_inputs(self, draws[draw]),
        ]
        raise Problem(describe_unknown(part, got, want), "\n".join(filter(None, details)))

    def _judge(self, function, rng):
        """Raise a Problem if the exercise's own judge finds one."""
        for inputs in self._draw(rng):
            sentence = self.judge(lambda *inputs: call(self, function, inputs), *inputs)
            if sentence is not None:
                details = describe_inputs(self, inputs)
                raise Problem(sentence, details, sentence if sentence in self.wrong else None)


class Problem(Exception):
    """What a check found: carries the feedback out of the depth where it was found."""

    def __init__(self, sentence, details="", mistake=None, status="wrong"):
        super().__init__(sentence)
        self.sentence, self.details = sentence, details
        self.mistake, self.status = mistake, status

    def feedback(self, name):
        return Feedback(name, self.status, self.sentence, self.details, self.mistake)


# --- running the student's function ---------------------------------------------------------------


def call(exercise, function, inputs):
    """Run the function on copies of the inputs and return its answer, or raise a Problem."""
    if not callable(function):
        raise Problem(
            "this is not a function. Pass the function itself, without calling it: "
            f'`check("{exercise.name}", {exercise.name})`.'
        )
    given = copy.deepcopy(inputs)
    try:
        answer = run(function, given)
    except KeyboardInterrupt:
        raise
    except NotImplementedError:
        raise Problem(
            "not written yet. Replace `raise NotImplementedError` with your code, "
            "then run your cell and this one again.",
            status="not written",
        ) from None
    except BaseException as error:
        details = [find_line(error, function), hint(exercise, error)]
        details.append(describe_inputs(exercise, inputs))
        raise Problem(
            f"stopped with {describe_error(error)}", "\n".join(filter(None, details))
        ) from None

    if not exercise.may_change_inputs:
        for name, before, after in zip(exercise.arguments, inputs, given, strict=True):
            if changed(before, after):
                raise Problem(
                    f"changed its input `{name}`, which its caller still needs: `{name} -= …`, "
                    f"`{name}[…] = …` and `out={name}` all write into it. Make a new array, or "
                    f"start from `{name}.copy()`."
                )
    if answer is None:
        raise Problem("returned None: did you forget `return`?")
    return answer


def run(function, given):
    """Call the function; once more with arrays of its own `xp`, where that is not NumPy."""
    xp = getattr(inspect.unwrap(function), "__globals__", {}).get("xp")
    untouched = copy.deepcopy(given)
    try:
        answer = function(*given)
    except TypeError:  # CuPy's functions refuse NumPy's arrays
        if xp is None or xp is np:
            raise
        answer = function(*move(untouched, xp))
    if hasattr(answer, "__next__"):
        answer = list(itertools.islice(answer, MOST_ITEMS))
    return answer


def move(value, xp):
    """The same inputs with every array in the module xp."""
    if isinstance(value, np.ndarray):
        return xp.asarray(value)
    if isinstance(value, (list, tuple)):
        return type(value)(move(item, xp) for item in value)
    return value


def changed(before, after):
    """Whether an input is no longer what it was, rounding apart."""
    if type(before) is not type(after):
        return True
    if isinstance(before, (list, tuple)):
        return len(before) != len(after) or any(map(changed, before, after))
    if isinstance(before, np.ndarray):
        return before.shape != after.shape or not np.allclose(before, after, 1e-12, 1e-12)
    return False


def describe_error(error):
    """The type and the message of an exception, which may itself be faulty."""
    try:
        text = str(error)
    except Exception:
        text = ""
    return f"{type(error).__name__}: {text}" if text else f"{type(error).__name__}."


def find_line(error, function):
    """The last line of the student's own code that the exception passed through."""
    code = getattr(inspect.unwrap(function), "__code__", None)
    if code is None:
        return ""
    frames = traceback.StackSummary.extract(
        (frame, line)
        for frame, line in traceback.walk_tb(error.__traceback__)
        if frame.f_code.co_filename == code.co_filename
    )
    return f"in line {frames[-1].lineno}: {frames[-1].line}" if frames else ""


PRODUCT = (
    "inner dimensions must agree: (N, n_in) @ (n_in, n_out). Does one of them stand on the wrong "
    "side, or need a .T, or none?"
)
CALL = "a function stands where its result was due: call it, with brackets."
HINTS = {  # words of NumPy's or Python's message, and what helps
    "matmul": PRODUCT,
    "not aligned": PRODUCT,
    "broadcast": "from the right, two shapes must be equal or 1 in each place. A sum or max along "
    "an axis keeps that axis, as 1, with keepdims=True.",
    "inhomogeneous": "the rows of an array must have one length; print what you pack into it.",
    "arrays used as indices must be of integer": "floor and round return floats; an index wants "
    "whole numbers: `.astype(int)`.",
    "can be converted to Python scalars": "int() and float() take one number; for a whole array "
    "there is `.astype(int)`.",
    "bitwise_xor": "`^` is no power in Python: a square is `A**2`.",
    "unsupported operand type(s) for ^": "`^` is no power in Python: a square is `x**2`.",
    "'function'": CALL,
    "function_or_method": CALL,
    "FunctionDispatcher": CALL,
    "'NoneType'": "something here is None. Functions that work in place, such as rng.shuffle or "
    "list.append, return None.",
    "truth value": "`if`, `and` and `a < b < c` cannot decide for a whole array. Use np.where, "
    "multiply by a mask such as (Z > 0), or write (a < b) & (b < c).",
    "bitwise_and": "`&` goes before `<`: brackets help, (a < b) & (b < c).",
    "complex": "an array of floats cannot hold a complex number; theta.astype(complex) can.",
    "Cannot cast ufunc": "`*=` and the like keep the dtype of the array on their left, here one "
    "that cannot hold the result. Make it float first: `.astype(float)`.",
    "is not defined": "run the cell that defines this name, or look for a typing error.",
}


def hint(exercise, error):
    """A hint for the commonest exceptions, or an empty string."""
    text = describe_error(error)
    if "positional argument" in text and exercise.name in text:
        return f"Hint: your function is called as {exercise.signature}."
    for words, help_text in HINTS.items():
        if words in text:
            return f"Hint: {help_text}"
    return ""


# --- comparing two answers ------------------------------------------------------------------------


def split(exercise, answer):
    """An answer as a dict from the name of each part to a NumPy array."""
    names = exercise.returns
    if not names:
        return {"": as_array(answer, "")}
    if isinstance(answer, dict):  # its callers unpack a tuple
        due = ", ".join(names)
        raise Problem(f"returned a dict: return the {len(names)} things in order, `return {due}`.")
    if not isinstance(answer, (tuple, list)) or len(answer) != len(names):
        count = len(answer) if isinstance(answer, (tuple, list)) else 1
        due = ", ".join(names)
        raise Problem(f"should return {len(names)} things, {due}; yours returns {count}.")
    return {name: as_array(value, name) for name, value in zip(names, answer, strict=True)}


def as_array(value, part):
    """A number or an array, of NumPy or CuPy, as a NumPy array; a Problem for all else."""
    if hasattr(value, "get") and hasattr(value, "dtype"):  # CuPy
        value = value.get()
    what = f"{part} should be" if part else "should return"
    if value is None:
        raise Problem(f"{what} an array, and is None: is it computed, and returned?")
    if isinstance(value, (list, tuple, dict, set)):
        kind = type(value).__name__
        pack = " Try `np.array(...)` around it." if isinstance(value, (list, tuple)) else ""
        raise Problem(f"{what} one array or number, not a {kind} with {len(value)} items.{pack}")
    array = np.asarray(value)
    if array.dtype.kind not in "biufc":
        raise Problem(f"{what} numbers, not {type(value).__name__} (dtype {array.dtype}).")
    return array


def holds_floats(value):
    """Whether an input is an array of floats, or a list with one in it."""
    if isinstance(value, (list, tuple)):
        return any(map(holds_floats, value))
    return isinstance(value, np.ndarray) and value.dtype.kind == "f"


def same(got, want, strict=False):
    """Whether two arrays have one shape and equal numbers, rounding apart; NaN equals NaN.

    Numbers that went through float32, the package's own type, are as good as others. Not so for a
    strict comparison: who is given float64 should not lose half of its digits.
    """
    if got.shape != want.shape:
        return False
    single = not strict and fits_float32(got) and want.dtype.kind == "f"  # whole numbers are exact
    rtol = 1e-5 if single else 1e-9
    got, want = widen(got), widen(want)
    finite = np.abs(want[np.isfinite(want)])
    return np.allclose(got, want, rtol, 0.01 * rtol * finite.max(initial=0.0), equal_nan=True)


def fits_float32(array):
    """Whether all numbers are float32's, also where one of them came back as Python's float."""
    with np.errstate(over="ignore"):
        narrow = array.astype(np.float32) if array.dtype.kind == "f" else None
    return narrow is not None and np.array_equal(narrow, array, equal_nan=True)


def widen(array):
    """As float64 or complex128, whatever it was."""
    return array.astype(complex if array.dtype.kind == "c" else float)


def check_dtypes(answers, wanted):
    """Raise a Problem where the numbers are right and their type is not."""
    for part, want in wanted.items():
        got = answers[part]
        whole = got.dtype.kind in "biu" and got.ndim > 0 and want.dtype.kind == "f"
        if whole or got.dtype.kind == "c":
            part = part or "answer"
            raise Problem(
                f"has the right numbers, but as {got.dtype}: the {part} should be of dtype float. "
                + ("Take `.real`." if got.dtype.kind == "c" else "Try `.astype(float)`.")
            )


def find_mistake(exercise, draws, answers):
    """The first known mistake that explains every answer, and the parts which it gets wrong."""
    order = find_order(exercise, draws, answers)
    if order:
        return order, exercise.returns
    for sentence, function in exercise.wrong.items():
        wrongs = [wrong_parts(exercise, function, inputs) for inputs in draws]
        if all(
            same(answer[part], wrong[part])
            for answer, wrong in zip(answers, wrongs, strict=True)
            for part in wrong
        ):
            return sentence, tuple(wrongs[0])
    return None, ()


def wrong_parts(exercise, function, inputs):
    """What a known wrong answer gets wrong, as a dict of arrays."""
    wrong = function(*copy.deepcopy(inputs))
    wrong = wrong if exercise.returns else {"": wrong}
    return {part: np.asarray(value) for part, value in wrong.items()}


def find_order(exercise, draws, answers):
    """A sentence, if the parts are all right but come in another order; else None."""
    names = exercise.returns
    wanted = split(exercise, exercise.right(*copy.deepcopy(draws[0])))
    for order in itertools.permutations(names):
        pairs = zip(names, order, strict=True)
        if order != names and all(same(answers[0][name], wanted[other]) for name, other in pairs):
            due = ", ".join(names)
            return f"You return the right things in another order: {', '.join(order)}, not {due}."
    return None


# --- saying how they differ -----------------------------------------------------------------------


def describe_unknown(part, got, want):
    """The sentence for an answer that matches no known mistake."""
    subject = part or "your answer"
    if got.shape != want.shape:
        return f"{subject} has another shape than it should."
    if np.isnan(got).any():
        return f"{subject} contains NaN: from 0/0, inf - inf, inf/inf, or the log or root of a negative."
    if np.isinf(got).any():
        return f"{subject} contains inf: from an overflow in exp, a division by 0 or log(0)."
    if got.dtype.kind in "biu" and want.dtype.kind == "f" and got.ndim > 0:
        return f"{subject} holds whole numbers (dtype {got.dtype}), which cut off all decimals."
    if got.dtype in (np.float32, np.float16) and np.allclose(got, want, 1e-2, 1e-2):
        return f"{subject} was rounded to {got.dtype}: compute in float64 throughout."
    return f"{subject} differs from the right one, though not in a way that this check knows."


def show_difference(part, got, want):
    """Expected and got: shapes first, then the largest difference, then small arrays in full."""
    part = f"{part} " if part else ""
    if got.shape != want.shape:
        return f"expected: {part}{shape_words(want)}\ngot:      {part}{shape_words(got)}"
    if got.ndim == 0:
        return expected_and_got(want, got, part)
    if np.isfinite(got).all():
        distance = np.abs(widen(got) - widen(want))
        what = f"largest difference, {number(distance.max())},"
    else:
        what, distance = "first NaN or inf", ~np.isfinite(got)
    where = np.unravel_index(distance.argmax(), distance.shape)
    at = ", ".join(map(str, where))
    lines = [f"{part}has shape {want.shape}, as it should; the {what} is at [{at}]:"]
    lines.append(expected_and_got(want[where], got[where]))
    if want.size <= 24:
        lines += [f"all expected:\n{rounded(want)}", f"all got:\n{rounded(got)}"]
    return "\n".join(lines)


def expected_and_got(want, got, part=""):
    """Two lines, with as many digits as it takes to see that the two numbers differ."""
    digits = 6
    while number(want, digits) == number(got, digits) and digits < 17:
        digits += 1
    return f"expected: {part}{number(want, digits)}\ngot:      {part}{number(got, digits)}"


def clue(got, want):
    """What an unknown answer has in common with the right one, or an empty string."""
    if got.shape != want.shape:
        if same(got.T, want):
            return "Clue: yours is the transpose of the right one."
        if got.size == want.size and same(got.reshape(want.shape), want):
            return "Clue: the numbers are right, only the shape is not."
        return ""
    got, want = widen(got), widen(want)
    if want.size == 1 or not np.isfinite(got).all():
        return ""
    if not got.any():
        return "Clue: yours is 0 everywhere."
    factor = np.vdot(want, got) / np.vdot(want, want)
    if same(got, factor * want):
        return f"Clue: here yours is {number(factor)} times the right one."
    offset = (got - want).flat[0]
    if same(got, want + offset):
        return f"Clue: here yours is the right one plus {number(offset)}."
    return ""


def describe_inputs(exercise, inputs):
    """The shapes of the inputs, and the values of plain numbers."""
    words = []
    for name, value in zip(exercise.arguments, inputs, strict=True):
        if isinstance(value, np.ndarray):
            words.append(f"{name} {value.shape}")
        elif isinstance(value, (int, float)):
            words.append(f"{name} = {number(value)}")
        elif isinstance(value, (list, tuple)):
            shapes = [str(item.shape) for item in value if isinstance(item, np.ndarray)]
            words.append(f"{name} = [{', '.join(shapes)}]" if shapes else f"{name} = {value}")
    return f"inputs:   {', '.join(words)}" if words else ""


def shape_words(array):
    return f"of shape {array.shape}" if array.ndim else "a single number"


def number(value, digits=6):
    return f"{value + 0:.{digits}g}"  # + 0 turns -0 into 0


def rounded(array):
    return np.array2string(array + 0, precision=4, suppress_small=True, max_line_width=80)
