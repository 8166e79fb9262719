"""Arrays as images: digits, matrices, masks, confusions (notebooks 00, 01, 07, 10)."""

import math

import numpy as np

from . import given
from .style import COLORS, DIVERGING, Picture, new_figure, write

MOST_IMAGES = 300  # in one figure: each more takes a hundredth of a second, and soon nobody looks


def show_digits(X, titles=None, columns=10, alt="Handwritten digits.", size=1.0):
    """Draw images, ink black on white: the rows of ``X``, or one alone.

    Parameters
    ----------
    X : array, shape (N, 784), (N, height, width), (784,) or (height, width)
        From 0 (paper) to 1 (ink); whole numbers may go further, such as to 16 or 255. Rows are
        square images of any size: 64 numbers are 8 by 8. Of more than 300 images the first 300 are
        drawn, and a line says so.
    titles : list, optional
        One text for each image.
    columns : int, default 10
        Of the figure.
    alt : str
        What the figure shows, in words.
    size : float, default 1.0
        The width of one image in inches.

    Returns
    -------
    Picture

    Raises
    ------
    ValueError
        If there is no image in ``X``, or not one title for each.
    """
    images, one = _images(X)
    n, columns = len(images), given.count(columns, "columns")
    if not (given.array(size, "size", ()) > 0):
        raise ValueError(f"expected size above 0, in inches, got {size!r}")
    if titles is not None:
        titles = _titles(titles, n)
    if n > MOST_IMAGES:
        print(f"These are the first {MOST_IMAGES} of {n:,} images.")
        images, n = images[:MOST_IMAGES], MOST_IMAGES
    columns = 1 if one else columns
    rows = -(-n // columns)
    height = size * (1.3 if titles is not None else 1.05)
    figure, axes = new_figure(rows, columns, (columns * size, rows * height), squeeze=False)
    # Noise may reach above 1, and 1 stays black; of whole numbers, such as bytes, the largest is.
    limit = float(images.max()) if (images == np.floor(images)).all() else 1.0
    for i, ax in enumerate(axes.flat):
        ax.set_axis_off()
        if i < n:
            ax.imshow(images[i], cmap="gray_r", vmin=0, vmax=max(limit, 1.0),
                      interpolation="nearest")  # fmt: skip
            if titles is not None:
                ax.set_title(str(titles[i]), fontsize=10)
    return Picture(figure, alt)


def _images(X):
    """Return (images, shape (N, height, width), whether it is a single one)."""
    X = given.array(X, "X")
    if X.ndim in (3, 4) and X.shape[-1] == 1:
        X = X[..., 0]
    elif X.ndim == 4 and X.shape[1] == 1:
        X = X[:, 0]
    if X.ndim == 3 and X.shape[-1] in (3, 4) or X.ndim == 4:
        raise ValueError(
            f"expected grey images, got {X.shape}: several colours for each pixel. Try "
            f"X.mean(axis={1 if X.ndim == 4 and X.shape[1] in (3, 4) else -1})"
        )
    if X.ndim == 3:
        return X, False
    if X.ndim == 1 and _is_square(len(X)):
        return X.reshape(1, math.isqrt(len(X)), -1), True
    if X.ndim == 2 and _is_square(X.shape[1]):  # rows are examples
        return X.reshape(len(X), math.isqrt(X.shape[1]), -1), len(X) == 1
    if X.ndim == 2 and not (X.shape[1] > 64 and _is_square(X.shape[1] - 1)):
        return X[None], True
    asked = "expected X of shape (N, 784), (N, height, width), (784,) or (height, width)"
    hint = ""
    if X.ndim in (1, 2) and _is_square(X.shape[-1] - 1) and X.shape[-1] > 1:
        hint = ": one number more than a square image has. Is the first one its label? Try "
        hint += "X[1:]" if X.ndim == 1 else "X[:, 1:]"
    raise ValueError(f"{asked}, got {X.shape}{hint}")


def _is_square(n):
    return math.isqrt(n) ** 2 == n


def _titles(titles, n):
    """Return the titles of n images as a list, or raise ValueError."""
    many = hasattr(titles, "__iter__") and not isinstance(titles, str)
    titles = list(titles) if many and getattr(titles, "shape", None) != () else [titles]
    if len(titles) != n:
        raise ValueError(
            f"expected one title for each image, got {len(titles)} for {n} "
            f"image{'s' if n > 1 else ''}"
        )
    return titles


def draw_image(ax, picture, signed=False, title=""):
    """Draw 784 numbers on ``ax`` as an image of 28 by 28, the largest in black.

    Any square number of them will do, or a matrix. With ``signed``, zero is grey: black is plus and
    white is minus, for weights and gradients.
    """
    images, one = _images(picture)
    if not one:
        raise ValueError(
            f"expected one image to draw, got {len(images)}: nn.show_digits draws many"
        )
    limit = float(np.abs(images).max()) or 1.0
    ax.imshow(images[0], cmap="gray_r", vmin=-limit if signed else 0, vmax=limit,
              interpolation="nearest")  # fmt: skip
    ax.set_title(title, fontsize=10)
    ax.set_axis_off()


def draw_matrix(ax, M, limit=None, colorbar=True):
    """Draw the matrix ``M`` on ``ax``: orange above zero, blue below, white at zero.

    ``limit`` is the value of the full colour, by default the largest absolute element.
    """
    M = given.array(M, "M", ("n", "m"))
    limit = limit or float(np.abs(M).max()) or 1.0
    image = ax.imshow(M, cmap=DIVERGING, vmin=-limit, vmax=limit, aspect="auto",
                      interpolation="nearest")  # fmt: skip
    ax.grid(False)
    if colorbar:
        ax.figure.colorbar(image, ax=ax)
    return image


def draw_numbers(ax, M, limit=None):
    """Draw the matrix ``M`` on ``ax`` with its numbers; zeros in grey."""
    M = given.array(M, "M", ("n", "m"))
    draw_matrix(ax, M, limit=limit, colorbar=False)
    for n, j in np.ndindex(M.shape):
        write(ax, j, n, f"{M[n, j]:g}", fontsize=12, color="black" if M[n, j] else "gray")
    ax.set(xticks=[], yticks=[])


def draw_units(ax, A, mask, loudest, rows=8):
    """Draw the units ``A`` (n,) of one example as a board on ``ax``: dark is loud, a cross dropped.

    ``loudest`` is the value that is drawn black.
    """
    A, rows = given.array(A, "A", ("n",)), given.count(rows, "rows")
    mask = given.array(mask, "mask", (len(A),))
    if len(A) % rows:
        raise ValueError(f"expected a number of units that {rows} rows divide, got {len(A)}")
    ax.imshow(A.reshape(rows, -1), cmap="gray_r", vmin=0, vmax=loudest)
    row, column = np.nonzero(mask.reshape(rows, -1) == 0)
    ax.plot(column, row, "x", color=COLORS[1], ms=6, mew=1)
    ax.set(xticks=[], yticks=[])
    ax.grid(False)


def plot_confusion(C, alt):
    """Draw a confusion matrix with its counts; the mistakes are shaded, the right answers bold."""
    C = given.array(C, "C", ("K", "K"))
    if C.shape[0] != C.shape[1] or (C < 0).any():
        raise ValueError(f"expected C as a square matrix of counts, got {C.shape} from {C.min():g}")
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
