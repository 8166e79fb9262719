"""The X-ray's figure where no kernel runs: a unit's terms as a waterfall, and pictures of many."""

import math

import numpy as np

from ..figures import ABOVE, BELOW, DIVERGING

FEW = 12  # inputs: up to here every term is written out
LARGEST = 8  # terms that are written out where there are more


def image_side(n_in):
    """Return the side of the square image that a network's inputs are; 0 if they are none."""
    side = math.isqrt(n_in)
    return side if side >= 8 and side * side == n_in else 0


def picture_shape(n):
    """Return [rows, columns] for a picture of n numbers, as square as may be; None for few."""
    if n <= FEW:
        return None
    side = math.isqrt(n - 1) + 1
    columns = next((c for c in range(side, 2 * side + 1) if n % c == 0), side)
    return [-(-n // columns), columns]


def draw_unit(figure, title, X, w, b, a, activation, unit):
    """Draw one unit's sum.

    Parameters
    ----------
    figure : Matplotlib figure, empty
    title, activation : str
        The activation's name; "" if there is none.
    X, w : arrays, shape (n_in,)
        The unit's inputs and weights.
    b, a : float
        Its bias, and what the activation makes of the sum.
    unit : int
        Its number.
    """
    terms, shape = X * w, picture_shape(len(X))
    if shape is None:
        ax = figure.subplots()
    else:
        top, bottom = figure.subfigures(2, 1, height_ratios=[1, 1.35])
        pictures = {"inputs": X, f"weights of unit {unit}": w, "inputs × weights": terms}
        for place, (name, values) in zip(top.subplots(1, 3), pictures.items(), strict=True):
            _draw_picture(place, values, shape, name)
        ax = bottom.subplots()
    names = [f"i\n{i}" for i in range(len(terms))]
    if len(terms) <= 5:  # there is room for the factors
        names = [f"input {i}\n{_figures(x)} × {_figures(one)}"
                 for i, (x, one) in enumerate(zip(X, w, strict=True))]  # fmt: skip
    _draw_waterfall(ax, terms, names, b, a, activation)
    ax.set(title=title)


def _draw_picture(ax, values, shape, title):
    """Draw numbers as a picture: ink on paper where none is negative, else blue, white, orange."""
    cells = np.full(shape[0] * shape[1], np.nan)
    cells[: len(values)] = values
    limit = abs(values).max() or 1.0
    signed = values.min() < 0
    ax.imshow(cells.reshape(shape), cmap=DIVERGING if signed else "gray_r",
              vmin=-limit if signed else 0, vmax=limit)  # fmt: skip
    ax.set(title=title, xticks=[], yticks=[])
    ax.spines[:].set_visible(True)
    ax.grid(False)


def _figures(value, digits=3):
    return f"{value:.{digits}g}".replace("-", "−")


def _draw_waterfall(ax, terms, names, b, a, activation):
    """Draw each term as a step from the sum before it, then the bias, then z and a from zero."""
    order = np.arange(len(terms))
    if len(terms) > FEW:
        order = np.argsort(-abs(terms), kind="stable")[:LARGEST]
    names, steps = [names[i] for i in order], [terms[i] for i in order]
    if len(order) < len(terms):
        names.append(f"{len(terms) - len(order)}\nmore")
        steps.append(terms.sum() - sum(steps))
    names, steps = [*names, "bias\nb"], [*steps, b]
    ends = np.cumsum(steps)
    for x, (step, end) in enumerate(zip(steps, ends, strict=True)):
        ax.bar(x, step, bottom=end - step, color=ABOVE if step >= 0 else BELOW, edgecolor="black",
               lw=0.6)  # fmt: skip
        ax.plot([x - 0.4, x + 1.4], [end, end], color="black", lw=0.8, ls=":")
    totals = [("sum\nz", ends[-1])] + ([(f"{activation}\na", a)] if activation else [])
    for x, (_, value) in enumerate(totals, start=len(steps)):
        ax.bar(x, value, color="0.75", edgecolor="black", lw=1.2)
    names += [name for name, _ in totals]
    values = [*steps, *(value for _, value in totals)]
    tops = [*(max(end, end - step) for step, end in zip(steps, ends, strict=True)),
            *(max(value, 0) for _, value in totals)]  # fmt: skip
    for x, (value, top) in enumerate(zip(values, tops, strict=True)):
        ax.annotate(_figures(value, 3 if len(names) < 12 else 2), (x, top), xytext=(0, 3),
                    textcoords="offset points", ha="center", fontsize=9)  # fmt: skip
    ax.axhline(0, color="black", lw=1)
    low, high = min(0.0, *ends, *values[len(steps) :]), max(0.0, *tops)
    room = 0.12 * ((high - low) or 1.0)
    ax.set(xticks=range(len(names)), xticklabels=names, ylabel="input × weight, added up",
           ylim=(low - room / 2, high + room))  # fmt: skip
    ax.grid(False, axis="x")
