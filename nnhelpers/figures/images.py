"""Arrays as images: digits, matrices, masks, confusions (notebooks 00, 01, 07, 10)."""

import numpy as np

from ..backend import asnumpy
from .style import COLORS, DIVERGING, Picture, new_figure, write


def show_digits(X, titles=None, columns=10, alt="Handwritten digits.", size=1.0):
    """Draw the rows of ``X``, shape (N, 784), as images of 28 by 28, ink black on white.

    ``titles`` is one text for each; ``size`` is the width of one image in inches.
    """
    X = asnumpy(X)
    rows = -(-len(X) // columns)
    height = size * (1.3 if titles is not None else 1.05)
    figure, axes = new_figure(rows, columns, (columns * size, rows * height), squeeze=False)
    for i, ax in enumerate(axes.flat):
        ax.set_axis_off()
        if i < len(X):
            ax.imshow(X[i].reshape(28, 28), cmap="gray_r", vmin=0, vmax=1, interpolation="nearest")
            if titles is not None:
                ax.set_title(str(titles[i]), fontsize=10)
    return Picture(figure, alt)


def draw_image(ax, picture, signed=False, title=""):
    """Draw 784 numbers on ``ax`` as an image of 28 by 28, the largest in black.

    With ``signed``, zero is grey: black is plus and white is minus, for weights and gradients.
    """
    picture = asnumpy(picture).reshape(28, 28)
    limit = float(np.abs(picture).max()) or 1.0
    ax.imshow(picture, cmap="gray_r", vmin=-limit if signed else 0, vmax=limit,
              interpolation="nearest")  # fmt: skip
    ax.set_title(title, fontsize=10)
    ax.set_axis_off()


def draw_matrix(ax, M, limit=None, colorbar=True):
    """Draw the matrix ``M`` on ``ax``: orange above zero, blue below, white at zero.

    ``limit`` is the value of the full colour, by default the largest absolute element.
    """
    M = asnumpy(M)
    limit = limit or float(np.abs(M).max()) or 1.0
    image = ax.imshow(M, cmap=DIVERGING, vmin=-limit, vmax=limit, aspect="auto",
                      interpolation="nearest")  # fmt: skip
    ax.grid(False)
    if colorbar:
        ax.figure.colorbar(image, ax=ax)
    return image


def draw_numbers(ax, M, limit=None):
    """Draw the matrix ``M`` on ``ax`` with its numbers; zeros in grey."""
    draw_matrix(ax, M, limit=limit, colorbar=False)
    for n, j in np.ndindex(M.shape):
        write(ax, j, n, f"{M[n, j]:g}", fontsize=12, color="black" if M[n, j] else "gray")
    ax.set(xticks=[], yticks=[])


def draw_units(ax, A, mask, loudest, rows=8):
    """Draw the units ``A`` (n,) of one example as a board on ``ax``: dark is loud, a cross dropped.

    ``loudest`` is the value that is drawn black.
    """
    ax.imshow(A.reshape(rows, -1), cmap="gray_r", vmin=0, vmax=loudest)
    row, column = np.nonzero(mask.reshape(rows, -1) == 0)
    ax.plot(column, row, "x", color=COLORS[1], ms=6, mew=1)
    ax.set(xticks=[], yticks=[])
    ax.grid(False)


def plot_confusion(C, alt):
    """Draw a confusion matrix with its counts; the mistakes are shaded, the right answers bold."""
    C = asnumpy(C)
    mistakes = C - np.diag(np.diag(C))
    figure, ax = new_figure(size=(0.5 * len(C) + 0.6, 0.5 * len(C) + 0.2))
    ax.imshow(mistakes, cmap="gray_r", vmin=0, vmax=1.4 * max(mistakes.max(), 1))
    for i, j in np.ndindex(C.shape):
        dark = mistakes[i, j] > 0.6 * mistakes.max()
        weight, color = "bold" if i == j else "normal", "white" if dark else "black"
        write(ax, j, i, C[i, j], fontsize=10, weight=weight, color=color)
    ticks = range(len(C))
    ax.set(xlabel="the network says", ylabel="it is", xticks=ticks, yticks=ticks)
    ax.grid(False)
    return Picture(figure, alt)
