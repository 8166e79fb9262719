"""A picture of a digit is centred and scaled as MNIST was made; a pen's ink, moved or turned."""

import numpy as np
import pytest

import nnhelpers as nn
from nnhelpers.widgets.draw_ink import add_ink, moved


@pytest.fixture(scope="module")
def mnist():
    return nn.load_mnist()


@pytest.fixture(scope="module")
def net(mnist):
    net = nn.mlp([784, 64, 10], seed=0)
    nn.fit(net, mnist.train, optimizer=nn.Adam(4e-3), epochs=2, schedule=nn.one_cycle(),
           progress=False)  # fmt: skip
    return net


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
])  # fmt: skip
def test_what_is_no_image_is_refused(image, message):
    with pytest.raises(ValueError, match=message):
        nn.center_digit(image)


def test_an_image_may_live_on_any_device(xp, mnist):
    image = mnist.test.X[0].reshape(28, 28)
    assert np.array_equal(nn.center_digit(xp.asarray(image)), nn.center_digit(image))


# ------------------------------------------------------------------ the pen


def test_a_line_has_the_pens_width_and_soft_edges():
    paper = np.zeros((140, 140))
    add_ink(paper, [(5, 14), (23, 14)], 3.0)
    assert paper[:, 70].sum() == pytest.approx(15)  # 3 pixels of 28, each 5 fine ones
    assert paper.sum() == pytest.approx(18 * 15 * 5 + np.pi * 7.5**2, rel=0.01)  # with round ends
    diagonal = np.zeros((140, 140))
    add_ink(diagonal, [(8, 8), (20, 20)], 3.0)
    assert ((diagonal > 0) & (diagonal < 1)).sum() > 100, "the edges are soft"
    assert diagonal.sum() == pytest.approx(np.hypot(12, 12) * 75 + np.pi * 7.5**2, rel=0.01)


def test_a_dot_a_line_over_a_line_and_ink_beside_the_paper():
    paper = np.zeros((140, 140))
    add_ink(paper, [(14, 14)], 2.0)
    assert paper.sum() == pytest.approx(np.pi * 25, rel=0.02)
    before = paper.copy()
    add_ink(paper, [(14, 14), (14, 14)], 2.0)
    assert np.array_equal(paper, before), "the same ink twice is not darker"
    add_ink(paper, [(-20, -20), (-9, 40), (60, 60)], 2.0)
    assert np.array_equal(paper, before), "what is drawn beside the paper is lost"


def test_an_image_is_turned_clockwise_and_shifted_to_the_right():
    image = np.zeros((28, 28))
    image[14, 20] = 1  # six to the right of the middle
    assert moved(image, turn=90)[20, 14] == pytest.approx(1)
    assert moved(image, turn=180)[14, 8] == pytest.approx(1)
    assert moved(image, right=2)[14, 22] == pytest.approx(1)
    assert moved(image, right=0.5)[14, 20:22] == pytest.approx([0.5, 0.5])
    assert moved(image, right=2, turn=90)[20, 16] == pytest.approx(1)
    assert moved(image, right=8).sum() == pytest.approx(0), "what leaves the field is gone"
    assert np.array_equal(moved(image), image)
