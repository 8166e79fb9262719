"""Saying how an answer differs from the right one."""

import numpy as np

from .comparing import same, widen


def describe_error(error):
    """The type and the message of an exception, which may itself be faulty."""
    try:
        text = str(error)
    except Exception:
        text = ""
    return f"{type(error).__name__}: {text}" if text else f"{type(error).__name__}."


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
