"""A picture of a digit is centred and scaled as MNIST was made, whatever its paper is like."""

import re

import numpy as np
import pytest

import nnhelpers as nn
from nnhelpers.support import digits


def enlarged(image, times, down, right, size=260):
    """A digit of MNIST as a large picture: each pixel a square, the digit somewhere."""
    picture = np.zeros((size, size + 20), "float32")
    big = np.kron(image, np.ones((times, times)))
    picture[down : down + len(big), right : right + len(big)] = big
    return picture


def centre(image):
    places = np.arange(len(image))
    return np.array([places @ image.sum(axis=1), places @ image.sum(axis=0)]) / image.sum()


@pytest.mark.parametrize("times", [1, 3, 5])
def test_a_digit_of_mnist_comes_out_as_it_went_in(mnist, rng, times):
    images = mnist.test.X[:300].reshape(-1, 28, 28)
    again = [nn.center_digit(enlarged(x, times, *rng.integers(0, 100, 2))) for x in images]
    assert np.abs(np.array(again) - images).mean(axis=(1, 2)).max() < 1e-6
    assert all(abs(centre(image) - 14).max() < 0.5 for image in again)


def test_accuracy_survives_the_treatment_and_needs_it(net, mnist, rng):
    X, y = mnist.test.X[:1000], mnist.test.y[:1000]
    p = (np.arange(131) + 0.5) / 4.7 - 0.5  # enlarged smoothly, by no whole number
    M = np.maximum(0, 1 - np.abs(p[:, None] - np.arange(28)))
    pictures = []
    for x in X.reshape(-1, 28, 28):
        picture = np.zeros((200, 200))
        down, right = rng.integers(0, 69, 2)
        picture[down : down + 131, right : right + 131] = np.clip(M @ x @ M.T, 0, 1)
        pictures.append(picture)
    treated = np.array([nn.center_digit(picture).ravel() for picture in pictures])
    assert net.score(treated, y) > net.score(X, y) - 0.011
    untreated = np.array([M.T @ picture[30:161, 30:161] @ M / 22 for picture in pictures])
    assert net.score(untreated.reshape(1000, -1).astype("float32"), y) < 0.8


@pytest.mark.parametrize("shape", [(90, 9), (9, 90), (200, 130), (7, 7), (1, 1), (3, 250)])
def test_the_longer_side_becomes_20_pixels_and_proportions_stay(shape):
    ink = np.ones(shape)
    image = nn.center_digit(np.pad(ink, ((3, 50), (40, 1))))
    assert image.shape == (28, 28) and image.dtype == np.float32
    assert 0 <= image.min() and image.max() <= 1 + 1e-6
    expected = 400 * min(shape) / max(shape)
    assert image.sum() == pytest.approx(expected, rel=1e-5)
    assert max(np.ptp(np.argwhere(image), axis=0)) + 1 == 20
    assert abs(centre(image) - 14).max() <= 0.5 + 1e-5


def test_paper_without_ink_stays_paper():
    assert not nn.center_digit(np.zeros((50, 70))).any()
    assert not nn.center_digit(np.zeros((0, 0))).any()


@pytest.mark.parametrize("image, message", [
    (np.zeros(784), r"shape \(height, width\), got \(784,\) of float64"),
    (np.full((5, 5), 255), "got 255 to 255. Try image / 255"),
    (np.full((5, 5), -0.1), "from 0 .paper. to 1 .ink."),
    (np.full((5, 5), np.nan), "from 0 .paper. to 1 .ink."),
    (np.array([["ink"]]), "expected an image of shape"),
    (np.zeros((2, 2, 2, 2)), "expected an image of shape"),
    ("photo.png", "expected (an image|numbers)"),
    (None, "expected (an image|numbers)"),
])  # fmt: skip
def test_what_is_no_image_is_refused(image, message):
    with pytest.raises(ValueError, match=message):
        nn.center_digit(image)


def test_an_image_may_live_on_any_device(xp, mnist):
    image = mnist.test.X[0].reshape(28, 28)
    assert np.array_equal(nn.center_digit(xp.asarray(image)), nn.center_digit(image))


# ------------------------------------------------------------------ photographs


def light(shape, rng):
    """Paper under a lamp that stands to one side, darker towards the edges."""
    v, u = np.meshgrid(*(np.linspace(-1, 1, n) for n in shape), indexing="ij")
    across, down = rng.uniform(-1, 1, 2)
    return 0.7 + 0.09 * (across * u + down * v) - 0.08 * (u**2 + v**2)


PHOTOGRAPHS = {
    "paper of 0.1": lambda x, rng: 0.1 + 0.9 * x,
    "ink covers paper of 0.1": lambda x, rng: np.maximum(0.1, x),
    "grain": lambda x, rng: np.clip(0.1 + 0.85 * x + rng.normal(0, 0.02, x.shape), 0, 1),
    "dark ink": lambda x, rng: 1 - x,
    "grey ink on grey paper": lambda x, rng: 0.8 - 0.5 * x,
    "pencil": lambda x, rng: np.clip(0.8 - 0.25 * x + rng.normal(0, 0.01, x.shape), 0, 1),
    "bytes": lambda x, rng: np.round(255 * x).astype("uint8"),
    "dark ink in bytes": lambda x, rng: np.round(255 * (1 - x)).astype("uint8"),
    "sixteen bits": lambda x, rng: np.round(65535 * (0.9 - 0.8 * x)).astype("uint16"),
    "a lamp to one side": lambda x, rng: light(x.shape, rng) * (1 - 0.75 * x),
    "that and grain": lambda x, rng: (light(x.shape, rng) * (1 - 0.75 * x)
                                      + rng.normal(0, 0.02, x.shape)),
    "blue ink": lambda x, rng: np.stack([0.95 - 0.8 * x, 0.93 - 0.7 * x, 0.9 - 0.2 * x], axis=-1),
    "red ink in bytes": lambda x, rng: np.stack([250 - 20 * x, 250 - 200 * x, 250 - 200 * x],
                                                axis=-1).astype("uint8"),
    "black ink on nothing": lambda x, rng: np.stack([0 * x, 0 * x, 0 * x, x], axis=-1),
    "white ink on nothing": lambda x, rng: np.stack([0 * x + 1, 0 * x + 1, 0 * x + 1, x], axis=-1),
    "one channel": lambda x, rng: (1 - x)[..., None],
    "a threshold": lambda x, rng: 1 - x > 0.5,
}  # fmt: skip


@pytest.mark.parametrize("kind", PHOTOGRAPHS)
def test_a_photograph_is_read_as_the_digit_that_it_shows(net, mnist, rng, kind):
    X, y = mnist.test.X[:60].reshape(-1, 28, 28), mnist.test.y[:60]
    big = [enlarged(x, 6, *rng.integers(0, 90, 2)) for x in X]
    right = np.array([nn.center_digit(x) for x in big])
    seen = np.array([nn.center_digit(PHOTOGRAPHS[kind](x, rng)) for x in big])
    assert net.score(seen.reshape(60, 784), y) >= net.score(right.reshape(60, 784), y) - 0.04
    assert 0 <= seen.min() and seen.max() <= 1 + 1e-6
    assert np.abs(seen - right).mean() < 0.06


@pytest.mark.parametrize("kind", ["paper of 0.1", "dark ink", "bytes", "white ink on nothing"])
def test_where_nothing_is_lost_the_digit_comes_out_as_it_went_in(mnist, rng, kind):
    for x in mnist.test.X[:100].reshape(-1, 28, 28):
        seen = nn.center_digit(PHOTOGRAPHS[kind](x.astype("float64"), rng))
        assert np.abs(seen - x).mean() < 0.003


def test_a_large_photograph_with_grain_and_dust(net, mnist, rng):
    seen = []
    for x in mnist.test.X[:15].reshape(-1, 28, 28):
        sheet = np.kron(enlarged(x, 4, 30, 40, size=180), np.ones((8, 8)))
        photo = light(sheet.shape, rng) * (1 - 0.7 * sheet) + rng.normal(0, 0.05, sheet.shape)
        photo[rng.integers(0, 1400, 30), rng.integers(0, 1500, 30)] = 0  # dust
        seen.append(nn.center_digit(np.clip(photo, 0, 1)))
    assert net.score(np.array(seen).reshape(15, 784), mnist.test.y[:15]) >= 14 / 15


@pytest.mark.parametrize("sheet", [
    np.ones((50, 60)), np.full((50, 60), 255, "uint8"), np.full((1, 1), 0.3), np.ones((40, 40, 3)),
    np.clip(np.random.default_rng(0).normal(0.8, 0.03, (400, 300)), 0, 1),
    light((80, 90), np.random.default_rng(1)),
], ids=["white", "bytes", "a pixel", "colour", "grain", "lamp"])  # fmt: skip
def test_a_photograph_of_an_empty_sheet_is_paper(sheet):
    assert not nn.center_digit(sheet).any()


def test_paper_of_0_is_never_estimated(mnist, rng, monkeypatch):
    """The drawing pad's paper is 0, and so is MNIST's: what is drawn there is taken as it is."""
    monkeypatch.setattr(digits, "_paper", None)
    canvas = np.zeros((140, 140))
    canvas[60:80] = canvas[:, 30:110] = 0.5  # strokes that run out of the paper on all four sides
    assert nn.center_digit(canvas).max() == pytest.approx(0.5), "faint ink stays faint"
    for x in mnist.test.X[:300].reshape(-1, 28, 28):
        nn.center_digit(x)


@pytest.mark.parametrize("wrong", [
    lambda x: 255 * (1 - x), lambda x: (255 * x).astype(int), lambda x: 2 * x - 1, lambda x: 16 * x,
    lambda x: (x - 0.13) / 0.31, lambda x: np.stack([x, x, x]), lambda x: x.ravel(),
    lambda x: np.where(x > 0.9, np.inf, x), lambda x: 1.2 * x,
    lambda x: x / x.max() * np.float32(1.00001), lambda x: 15.99999999 * x,
], ids=["bytes as floats", "bytes as integers", "-1 to 1", "0 to 16", "standardized",
        "channels first", "a row", "infinite", "above 1", "rounding", "0 to nearly 16"])  # fmt: skip
def test_the_hint_for_what_is_no_image_works(mnist, net, wrong):
    """Each expression that a message names is tried on the image that provoked it."""
    n, (X, y) = 60, mnist.test
    mended = []
    for x in X[:n].reshape(-1, 28, 28):
        image = wrong(x)
        with pytest.raises(ValueError) as caught:
            nn.center_digit(image)
        hint = re.findall(r"image / [\w.()]*[\w)]|image\.transpose\(.*?\)|\.reshape\(28, 28\)|"
                          r"\(image.*(?=\.$)|np\..*\)", str(caught.value))[-1]  # fmt: skip
        hint = f"image{hint}" if hint.startswith(".") else hint
        mended.append(nn.center_digit(eval(hint, {"image": image, "np": np})))
    score = net.score(X[:n], y[:n])
    assert net.score(np.array(mended).reshape(n, 784), y[:n]) >= score - 0.04
