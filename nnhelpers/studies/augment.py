"""Augmentation: each time an image is shown, it is shown a little differently (notebook 13).

A seven that is rotated by five degrees is a seven. A network of dense layers does not know that,
and can only learn it from examples. They are made here, fresh for each mini-batch, on the device
where the network learns: ``fit(..., augment=Distortion(rotation=10))``. Any function
``augment(X, rng)`` that returns an array like X will do.

Random numbers are drawn on the host, few for each image, so a seed means the same images on a CPU
and on a GPU. Shifts and distortions know that an image is 28 by 28 pixels; noise, random or
adversarial, needs no such knowledge.
"""

import math

import numpy as np

from ..backend import get_array_module
from ..losses import SigmoidCrossEntropy, SoftmaxCrossEntropy

SIDE = 28  # of MNIST's images, in pixels


class Shifts:
    """Move each image by whole pixels, up to ``pixels`` in each direction; paper moves in.

    A'[i, j] = A[i - d, j - e] with d and e drawn evenly from -pixels ... pixels, for each image.
    Source: notebook 13, "Moved by a pixel".

    Parameters
    ----------
    pixels : int, default 2
        From 0 to 28.
    """

    def __init__(self, pixels=2):
        if not isinstance(pixels, (int, np.integer)) or not 0 <= pixels <= SIDE:
            raise ValueError(f"Shifts expected a number of pixels from 0 to {SIDE}, got {pixels!r}")
        self.pixels = int(pixels)

    def __call__(self, X, rng):
        """Return the images in X, shape (N, 784), moved at random by ``rng``."""
        moves = rng.integers(-self.pixels, self.pixels, size=(2, len(X), 1), endpoint=True)
        return self.moved(X, *moves)

    def moved(self, X, down, right):
        """Return X with image n moved by ``down[n]`` and ``right[n]`` pixels, each (N, 1)."""
        framed, width = _framed(X, self.pixels, self.pixels)
        start = (self.pixels - down) * width + (self.pixels - right)
        start += np.arange(len(X))[:, None] * (width * width)
        xp = get_array_module(X)
        return framed.take(xp.asarray(start) + xp.asarray(_pixels(width)))

    def __repr__(self):
        return f"Shifts({self.pixels})"


class Distortion:
    """Rotate, scale, slant, shift and bend each image a little, by amounts drawn at random.

    Each pixel p = (y, x) of the new image, counted from the middle, takes what the old image has at

        q = A (p - t) + u(p).

    A is the inverse of the affine map: A = [[cos, sin], [-sin, cos]] @ [[1/s, 0], [h, 1/s']], which
    rotates by an angle counter-clockwise, stretches by s and s', and slants by h; t is the shift.
    u is the elastic part: at each pixel a random arrow, and neighbours have nearly the same one.
    It is a sum of smooth bumps with random heights a ~ N(0, 1), one for each knot k of a coarse
    grid, for both coordinates of u:

        u(p) = elastic Σₖ aₖ K[k, p],     K[k, p] = g(y - yₖ) g(x - xₖ),     Σₖ K[k, p]² = 1,

    where g is the bell curve exp(-d² / 2 sigma²) and the last condition, which scales K, makes
    ``elastic`` the standard deviation of u at every pixel. So q is linear in numbers that are drawn
    for each image: (one, y, x, K₁, K₂, ...) are fixed pictures, and one matrix product adds them
    up for all images. What lies between four pixels is read by :func:`bilinear`.

    Source: notebook 13, "A rubber sheet"; Simard, Steinkraus and Platt 2003. They smooth a field of
    uniform random numbers from -1 to 1 and multiply by alpha: their alpha = 34 with sigma = 4 is
    elastic = alpha / (sigma sqrt(12 pi)) = 1.4 here.

    Parameters
    ----------
    rotation : float, default 0
        Largest angle, in degrees, to either side. All amounts are at least 0.
    scale : float, default 0
        Heights and widths are multiplied by factors between 1 - scale and 1 + scale; below 1.
    shear : float, default 0
        Largest slant: by how many pixels a row moves for each row that it lies off the middle.
    shift : float, default 0
        Largest shift in each direction, in pixels.
    elastic : float, default 0
        The elastic displacement's standard deviation, in pixels.
    sigma : float, default 4
        How smooth it is: the width of a bump, at least one pixel.
    """

    def __init__(self, rotation=0.0, scale=0.0, shear=0.0, shift=0.0, elastic=0.0, sigma=4.0):
        self.settings = {"rotation": rotation, "scale": scale, "shear": shear, "shift": shift,
                         "elastic": elastic, "sigma": sigma}  # fmt: skip
        for name, value in self.settings.items():
            if not (isinstance(value, (int, float)) and math.isfinite(value) and value >= 0):
                raise ValueError(
                    f"Distortion expected {name} as a number of at least 0, got {value!r}: it is "
                    "the largest amount, to either side."
                )
        if scale >= 1:
            raise ValueError(f"Distortion expected scale below 1, got {scale!r}: 0.1 means ±10%")
        if sigma < 1:
            raise ValueError(f"Distortion expected sigma of at least 1 pixel, got {sigma!r}")
        self.pictures = np.concatenate([_plane(), _bumps(sigma) if elastic else _plane()[:0]])
        self._moved = {}  # the pictures on each device and in each dtype where they were needed

    def __call__(self, X, rng):
        """Return the images in X, shape (N, 784), distorted at random by ``rng``."""
        return self.distorted(X, self.draw(len(X), rng))

    def draw(self, n, rng):
        """Return the numbers drawn for n images, shape (2, n, K): q = numbers @ pictures."""
        amount = self.settings
        angle, slant, down, right, height, width = rng.uniform(-1, 1, size=(6, n))
        numbers = affine(
            angle * math.radians(amount["rotation"]),
            1 + height * amount["scale"], 1 + width * amount["scale"],
            slant * amount["shear"], down * amount["shift"], right * amount["shift"],
        )  # fmt: skip
        if amount["elastic"]:
            shape = (2, n, len(self.pictures) - numbers.shape[2])
            bumps = rng.standard_normal(shape, dtype="float32") * amount["elastic"]
            numbers = np.concatenate([numbers, bumps], axis=2)
        return numbers

    def distorted(self, X, numbers):
        """Return the images in X, distorted by the ``numbers``, of shape (2, N, 3 or K)."""
        xp = get_array_module(X)
        numbers = xp.asarray(numbers, dtype=X.dtype)
        n_used, key = numbers.shape[2], (xp.__name__, str(X.dtype))
        if key not in self._moved:
            self._moved[key] = xp.asarray(self.pictures, dtype=X.dtype)
        q = numbers.reshape(-1, n_used) @ self._moved[key][:n_used]
        row, column = q.reshape(2, len(X), SIDE * SIDE)
        return bilinear(X, row, column)

    def __repr__(self):
        given = ", ".join(f"{name}={value:g}" for name, value in self.settings.items() if value)
        return f"Distortion({given})"


class Noise:
    """Add to each pixel a normal random number: X + std n, n ~ N(0, 1).

    It needs no knowledge of what is next to what: a network that sees the pixels in any other order
    gains the same. Source: notebook 13, "Noise"; Sietsma and Dow 1991.

    Parameters
    ----------
    std : float
        The noise's standard deviation, at least 0.
    """

    def __init__(self, std):
        if not (math.isfinite(std) and std >= 0):
            raise ValueError(f"Noise expected a standard deviation of at least 0, got {std!r}")
        self.std = float(std)

    def __call__(self, X, rng):
        """Return X with noise drawn from ``rng``; X has any shape."""
        noise = rng.standard_normal(X.shape, dtype="float32")
        noise *= self.std
        return X + get_array_module(X).asarray(noise, dtype=X.dtype)

    def __repr__(self):
        return f"Noise({self.std:g})"


class Adversarial:
    """Move every pixel a little in the direction that confuses the network most.

    Where the network ``net`` now predicts class c for x, its loss -log P[c] grows fastest along its
    gradient with respect to x: the backward pass, taken one layer further than training needs. A
    fraction ``share`` of each mini-batch is shown as

        x' = x + amount sign(dx),

    the largest change for the worse of all that move no pixel by more than ``amount``, and keeps
    its label. Source: notebook 13, "The worst noise there is"; Goodfellow, Shlens and Szegedy 2015
    (they take the label in place of c; with c, what is shown does not give the label away).

    Parameters
    ----------
    net : Network
        The one that learns: with a cross-entropy, and without BatchNorm, whose backward pass
        belongs to training alone.
    amount : float, default 0.1
        At least 0; a pixel goes from 0 to 1.
    share : float, default 0.5
        Of the examples that are changed, from 0 to 1; the others are shown as they are.
    """

    def __init__(self, net, amount=0.1, share=0.5):
        if not (math.isfinite(amount) and amount >= 0 and 0 <= share <= 1):
            raise ValueError(
                "Adversarial expected an amount of at least 0 and a share from 0 to 1, "
                f"got {amount!r} and {share!r}"
            )
        if not isinstance(net.loss_function, (SoftmaxCrossEntropy, SigmoidCrossEntropy)):
            raise ValueError(
                f"Adversarial expected a network with a cross-entropy, got {net.loss_function!r}"
            )
        for layer in net.layers:
            if layer.smallest_batch > 1:
                raise ValueError(
                    f"Adversarial expected a network whose layers look at one example at a time, "
                    f"got {layer!r}: leave BatchNorm out"
                )
        self.net, self.amount, self.share = net, float(amount), float(share)

    def __call__(self, X, rng):
        """Return X, (N, n_in), with its first examples changed; nothing is drawn from ``rng``."""
        n = round(self.share * len(X))
        if not n:
            return X
        xp = get_array_module(X)
        changed = X.copy()
        changed[:n] += self.amount * xp.sign(self.gradient(X[:n]))
        return changed

    def gradient(self, X):
        """Return the gradient of Σₙ -log P[n, c[n]] with respect to X; c is what is predicted.

        Without label smoothing: with it, a network as sure as it should be knows no direction.
        """
        net, loss = self.net, self.net.loss_function
        Z = net.forward(X)  # as when it is used: Dropout drops nothing
        dA = loss.probabilities(Z) - loss.targets(Z, loss.predict(Z))
        for layer in reversed(net.layers):
            dA = layer.backward(dA)
        return dA

    def __repr__(self):
        return f"Adversarial({self.amount:g}, share={self.share:g})"


class InTurn:
    """Several augmentations, one after the other: what the first one returns, the second one sees.

    Parameters
    ----------
    *steps : functions
        Each called as ``step(X, rng)``, such as ``InTurn(Distortion(rotation=10), Noise(0.1))``.
    """

    def __init__(self, *steps):
        if not steps or not all(callable(step) for step in steps):
            raise TypeError(f"InTurn expected functions of (X, rng), got {steps}")
        self.steps = steps

    def __call__(self, X, rng):
        """Return what the last of the steps returns."""
        for step in self.steps:
            X = step(X, rng)
        return X

    def __repr__(self):
        return f"InTurn({', '.join(map(repr, self.steps))})"


def affine(angle, height=1.0, width=1.0, slant=0.0, down=0.0, right=0.0):
    """Return the numbers of an affine map, (2, N, 3): q = numbers @ (one, y, x), in pixels.

    Image n is slanted, stretched to ``height`` and ``width`` times its size, rotated by ``angle``
    (radians, counter-clockwise) and moved by ``down`` and ``right``; each a number or shape (N,).
    """
    given = (angle, height, width, slant, down, right)
    angle, height, width, slant, down, right = np.broadcast_arrays(
        *(np.atleast_1d(value).astype(float) for value in given)
    )
    cos, sin = np.cos(angle), np.sin(angle)
    # A = [[cos, sin], [-sin, cos]] @ [[1/height, 0], [slant, 1/width]]
    A = np.array([[cos / height + sin * slant, sin / width],
                  [-sin / height + cos * slant, cos / width]])  # fmt: skip
    middle = (SIDE - 1) / 2
    start = middle - (A[:, 0] * down + A[:, 1] * right)  # A (p - t) = A p - A t
    return np.stack([start, A[:, 0], A[:, 1]], axis=2)


def bilinear(X, row, column):
    """Return what the images have at points between their pixels, shape (N, 784).

    With i, j the whole parts of row and column, and f, e what is left of them,

        value = (1 - f) [(1 - e) A[i, j]     + e A[i, j + 1]]
              +      f  [(1 - e) A[i + 1, j] + e A[i + 1, j + 1]]:

    along the row first, then between the two rows; outside of the image there is paper, 0.
    Source: notebook 13, "Between four pixels".

    Parameters
    ----------
    X : array, shape (N, 784)
    row, column : arrays, shape (N, 784)
        Where each pixel of the result is read; counted from 0, in the upper left corner. Used up:
        their contents are changed.
    """
    xp = get_array_module(X)
    # One row of paper before and two after: the four neighbours of any point are there.
    framed, width = _framed(X, 1, 2)
    for position in (row, column):
        position += 1
        xp.clip(position, 0, SIDE + 1, out=position)
    i, j = xp.floor(row), xp.floor(column)
    row -= i
    column -= j
    i *= width
    i += j
    place = i.astype("int64")
    place += xp.arange(len(X))[:, None] * (width * width)
    upper, lower = (
        _between(framed[start:].take(place), framed[start + 1 :].take(place), column)
        for start in (0, width)
    )
    return _between(upper, lower, row)


def _between(a, b, share):
    """Return (1 - share) a + share b, in b's place."""
    b -= a
    b *= share
    b += a
    return b


def _framed(X, before, after):
    """Return (all pixels in one row, width of an image): X's images with paper around them."""
    if X.ndim != 2 or X.shape[1] != SIDE * SIDE:
        raise ValueError(
            f"augmentation expected images X of shape (N, {SIDE * SIDE}), got {X.shape}: "
            f"{SIDE} rows of {SIDE} pixels. Try X.reshape(len(X), -1)."
        )
    width = SIDE + before + after
    framed = get_array_module(X).zeros((len(X), width, width), X.dtype)
    inside = slice(before, before + SIDE)
    framed[:, inside, inside] = X.reshape(-1, SIDE, SIDE)
    return framed.ravel(), width


def _pixels(width):
    """Return the places of an image's 784 pixels within rows of ``width`` pixels."""
    return (np.arange(SIDE)[:, None] * width + np.arange(SIDE)).ravel()


def _plane():
    """Return the three pictures of an affine map, (3, 784): one, y and x."""
    y = np.repeat(np.arange(SIDE) - (SIDE - 1) / 2, SIDE)
    x = y.reshape(SIDE, SIDE).T.ravel()
    return np.stack([np.ones_like(y), y, x])


def _bumps(sigma):
    """Return the bumps K, shape (knots, 784), at knots one sigma apart, with Σₖ K[k, p]² = 1."""
    places = np.arange(SIDE) - (SIDE - 1) / 2
    n_knots = math.ceil((SIDE - 1) / sigma) + 3  # one more than needed on each side
    knots = sigma * (np.arange(n_knots) - (n_knots - 1) / 2)
    bell = np.exp(-((places - knots[:, None]) ** 2) / (2 * sigma**2))
    bell /= np.sqrt((bell * bell).sum(axis=0))
    return np.kron(bell, bell)  # rows: pairs of knots; columns: pairs of places
