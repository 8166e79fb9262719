"""Comparing two answers: their parts, shapes, numbers and types."""

import numpy as np

from .feedback import Problem


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
    if got.shape != want.shape or not close(got, want, 1e-5):
        return False
    single = not strict and fits_float32(got) and want.dtype.kind == "f"  # whole numbers are exact
    return single or close(got, want, 1e-9)


def close(got, want, rtol):
    """Whether all numbers agree to rtol, or to a hundredth of it for the largest of them."""
    got, want = widen(got), widen(want)
    finite, size = np.isfinite(want), np.abs(want)
    limit = rtol * (size + 0.01 * size[finite].max(initial=0.0))
    near = finite & (np.abs(got - want) <= limit)
    return bool((near | (got == want) | (np.isnan(got) & np.isnan(want))).all())


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
