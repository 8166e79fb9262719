"""Running a student's function: on copies of the inputs, whatever it does."""

import copy
import inspect
import itertools
import traceback

import numpy as np

from .feedback import Problem
from .wording import describe_error, describe_inputs

MOST_ITEMS = 10_000  # taken from a generator, which might never end


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

    for name, before, after in zip(exercise.arguments, inputs, given):
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
    other = xp is not None and xp is not np
    untouched = copy.deepcopy(given) if other else None
    try:
        answer = function(*given)
    except TypeError:  # CuPy's functions refuse NumPy's arrays
        if not other:
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
        return not (
            np.array_equal(before, after)
            or (before.shape == after.shape and np.allclose(before, after, 1e-12, 1e-12))
        )
    return False


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
