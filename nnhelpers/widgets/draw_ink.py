"""Ink on paper: what a pen leaves, and what a network gets to see of it."""

import math
from typing import NamedTuple

import numpy as np

SIDE = 28  # of the paper; its unit is a pixel of MNIST, if the digit fills the middle 20 by 20
FINE = 5  # the ink on the paper is kept in pixels of a fifth of that
MOST_POINTS = 20_000  # of one stroke


class Stroke(NamedTuple):
    """One line of the pen: its points (n, 2), as (right, down), and its width, in pixels."""

    points: np.ndarray
    width: float


def add_ink(paper, points, width):
    """Draw a line with round ends on ``paper``, in place; its edges are soft (antialiased).

    Parameters
    ----------
    paper : array, shape (28 * fine, 28 * fine)
        From 0 to 1; where there is ink already, the darker of both stays.
    points : array, shape (n, 2)
        (right, down), in pixels of 28 by 28. One point makes a dot.
    width : float
        Of the pen, in the same pixels.
    """
    fine = len(paper) / SIDE
    points, radius = np.asarray(points, "float64") * fine, width * fine / 2
    pairs = zip(points[:-1], points[1:], strict=True) if len(points) > 1 else [points[[0, 0]]]
    for start, end in pairs:
        low = np.floor(np.minimum(start, end) - radius - 1).astype(int)
        high = np.ceil(np.maximum(start, end) + radius + 1).astype(int)
        left, top = np.clip(low, 0, len(paper))
        right, bottom = np.clip(high, 0, len(paper))
        x = np.arange(left, right) + 0.5 - start[0]  # the middles of the pixels
        y = np.arange(top, bottom)[:, None] + 0.5 - start[1]
        along = end - start
        length = along @ along
        # How far along the line the nearest point lies: 0 is its start, 1 its end.
        t = np.clip((x * along[0] + y * along[1]) / length, 0, 1) if length else 0.0
        distance = np.hypot(x - t * along[0], y - t * along[1])
        part = paper[top:bottom, left:right]
        np.maximum(part, np.clip(radius + 0.5 - distance, 0, 1), out=part)


def moved(image, right=0.0, turn=0.0):
    """Return an image (28, 28) turned clockwise by ``turn`` degrees, then shifted to the right.

    Each pixel takes what lies at its place before the move, between four pixels their mixture.
    """
    angle, middle = math.radians(turn), 14
    down, across = np.mgrid[:SIDE, :SIDE] - float(middle)
    across = across - right
    u = math.cos(angle) * across + math.sin(angle) * down + middle
    v = math.cos(angle) * down - math.sin(angle) * across + middle
    framed = np.pad(image, 1)  # paper all around, for what comes from outside
    u, v = (np.clip(place + 1, 0, SIDE + 0.999) for place in (u, v))
    i, j = v.astype(int), u.astype(int)
    a, b = v - i, u - j
    return ((1 - a) * ((1 - b) * framed[i, j] + b * framed[i, j + 1])
            + a * ((1 - b) * framed[i + 1, j] + b * framed[i + 1, j + 1]))  # fmt: skip


def coarse(ink):
    """Return the fine paper as 28 by 28 pixels, each the mean of what it covers."""
    return ink.reshape(SIDE, FINE, SIDE, FINE).mean(axis=(1, 3))


def paper(image=None):
    """Return fine paper, clean or with an image (28, 28) on it."""
    blank = np.zeros((SIDE * FINE, SIDE * FINE))
    return blank if image is None else blank + np.kron(image, np.ones((FINE, FINE)))


def checked_points(points):
    points = np.asarray(points, "float64")
    if points.ndim != 2 or points.shape[1] != 2 or not 1 <= len(points) <= MOST_POINTS:
        raise ValueError(
            f"expected points of shape (n, 2), as (right, down), n from 1 to {MOST_POINTS:,}, got "
            f"{points.shape}"
        )
    if not np.isfinite(points).all():
        raise ValueError("expected points as numbers, got NaN or infinity among them")
    return np.clip(points, -SIDE, 2 * SIDE)  # a hand may leave the paper and come back
