"""What a figure is given: refused in one sentence where it cannot be drawn."""

import numbers

import numpy as np

from ..backend import asnumpy


def array(given, name, *shapes, finite=True):
    """Return ``given`` as a NumPy array of real numbers that has one of the ``shapes``.

    Parameters
    ----------
    given : array, list, ...
    name : str
        What the caller calls it.
    *shapes : tuple
        Such as ``("N", 2)``: a letter stands for any length of at least 1. None means any shape.
    finite : bool, default True
        Whether NaN and infinity are refused.

    Raises
    ------
    ValueError
        In words that say what was expected and what came.
    """
    asked = " or ".join(map(_in_words, shapes))
    asked = f" of shape {asked}" if asked else ""
    try:
        M = asnumpy(given)
    except (TypeError, ValueError, AttributeError) as error:  # such as rows of different lengths
        raise ValueError(f"expected {name}{asked} as real numbers, got {_brief(given)}") from error
    if M.dtype.kind not in "fiub":
        raise ValueError(f"expected {name}{asked} as real numbers, got {_brief(given, M)}")
    if not M.size:
        raise ValueError(
            f"expected {name}{asked} with at least one number, got none: its shape is {M.shape}"
        )
    if shapes and not any(_fits(M.shape, shape) for shape in shapes):
        hint = f". Try {name}[None]" if any(_fits((1, *M.shape), s) for s in shapes) else ""
        raise ValueError(f"expected {name}{asked}, got {M.shape}{hint}")
    if finite and not np.isfinite(M).all():
        place = tuple(int(i) for i in np.argwhere(~np.isfinite(M))[0])
        raise ValueError(
            f"expected {name} as finite numbers, got {M[place]} at {place}: there is no place for "
            "it in the figure. After a training that diverged, try a smaller learning rate."
        )
    return M


def labels(given, name, n, most=100):
    """Return ``given`` as n class numbers, from 0 and below ``most``, or raise ValueError."""
    y = array(given, name, ("N",))
    if len(y) != n:
        raise ValueError(f"expected {name} with one class for each of {n} examples, got {len(y)}")
    if y.dtype.kind == "f" and (y != np.round(y)).any():
        raise ValueError(f"expected {name} as class numbers, got {y[y != np.round(y)][0]:g}")
    if y.min() < 0 or y.max() >= most:
        raise ValueError(
            f"expected {name} as class numbers from 0 to {most - 1}, got {y.min():g} to "
            f"{y.max():g}: try np.unique({name}, return_inverse=True)[1]"
        )
    return y.astype(int)


def count(value, name, least=1):
    """Return ``value`` if it is an integer of at least ``least``, or raise ValueError."""
    whole = isinstance(value, numbers.Integral) and not isinstance(value, (bool, np.bool_))
    if not whole or value < least:
        raise ValueError(f"expected {name} as an integer of at least {least}, got {value!r}")
    return int(value)


def mapping(given, name, example):
    """Return ``given`` if it is a dict with something in it, or raise TypeError or ValueError."""
    if not isinstance(given, dict):
        raise TypeError(f"expected {name} as a dict, such as {example}, got {_brief(given)}")
    if not given:
        raise ValueError(f"expected {name} with at least one entry, such as {example}, got {{}}")
    return given


def has(given, name, attributes, example):
    """Return ``given`` if it has all these attributes, or raise TypeError."""
    if isinstance(given, type) or not all(hasattr(given, attribute) for attribute in attributes):
        raise TypeError(f"expected {name}, such as {example}, got {_brief(given)}")
    return given


def _in_words(shape):
    inner = ", ".join(map(str, shape))
    return f"({inner},)" if len(shape) == 1 else f"({inner})"


def _fits(shape, pattern):
    return len(shape) == len(pattern) and all(
        isinstance(asked, str) or asked == length
        for length, asked in zip(shape, pattern, strict=True)
    )


def _brief(given, M=None):
    if M is not None and M.dtype.kind != "O":
        return f"an array of {M.dtype}"
    return f"{type(given).__name__} {str(given):.40}".strip()
