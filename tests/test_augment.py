"""Distorted images: what each amount does, what stays, and the same on every backend."""

import math

import numpy as np
import pytest
from helpers import examples, shaken

import nnhelpers as nn
from nnhelpers.studies.augment import SIDE, affine, bilinear

ALL = {"rotation": 10, "scale": 0.1, "shear": 0.1, "shift": 1.0, "elastic": 1.2, "sigma": 4.5}
KINDS = [nn.Shifts(2), nn.Distortion(**ALL), nn.Distortion(rotation=15), nn.Noise(0.3)]


@pytest.fixture(scope="module")
def digits():
    return nn.load_mnist().train.X[:2000]


@pytest.fixture
def blots(rng):
    """Random images with a border of paper, so that nothing is lost at the edge."""
    images = np.zeros((5, SIDE, SIDE), "float32")
    images[:, 6:-6, 6:-6] = rng.random((5, SIDE - 12, SIDE - 12))
    return images


def flat(images):
    return images.reshape(len(images), -1)


def by_affine(images, *args, **kwargs):
    numbers = affine(*args, **kwargs)
    numbers = np.broadcast_to(numbers, (2, len(images), 3))
    return nn.Distortion().distorted(flat(images), numbers).reshape(images.shape)


# ---------------------------------------------------------------- what each amount does


@pytest.mark.parametrize(
    "nothing", [nn.Shifts(0), nn.Distortion(), nn.Distortion(sigma=9), nn.Noise(0)], ids=repr
)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_no_strength_changes_no_bit(digits, nothing, dtype, rng):
    X = digits[:50].astype(dtype)
    seen = nothing(X, rng)
    assert np.array_equal(seen, X) and seen is not X and seen.dtype == dtype


@pytest.mark.parametrize("down, right", [(2, -3), (-4, 0), (0, 5), (6, 6)])
def test_whole_pixels(blots, down, right):
    rolled = np.roll(blots, (down, right), axis=(1, 2))
    assert np.array_equal(by_affine(blots, 0.0, down=down, right=right), rolled)
    moves = np.full((len(blots), 1), down), np.full((len(blots), 1), right)
    assert np.array_equal(nn.Shifts(6).moved(flat(blots), *moves), flat(rolled))


def test_what_leaves_the_image_is_gone(digits):
    images = np.ones((3, SIDE, SIDE), "float32")
    moved = by_affine(images, 0.0, down=5, right=[0, -7, 100])
    expected = np.zeros_like(images)
    expected[0, 5:], expected[1, 5:, :-7] = 1, 1
    assert np.array_equal(moved, expected)
    moves = np.array([[5], [5], [6]]), np.array([[0], [-6], [6]])
    expected = np.zeros_like(images)
    expected[0, 5:], expected[1, 5:, :-6], expected[2, 6:, 6:] = 1, 1, 1
    assert np.array_equal(nn.Shifts(6).moved(flat(images), *moves), flat(expected))


@pytest.mark.parametrize("quarters", [1, 2, 3, -1])
def test_quarter_turns(blots, quarters):
    turned = by_affine(blots.astype("float64"), quarters * math.pi / 2)
    assert np.allclose(turned, np.rot90(blots, quarters, axes=(1, 2)), atol=1e-12)


def test_turned_counter_clockwise_by_any_angle():
    """A smooth hill turns about the middle, and there and back it is the same hill."""
    y, x = np.mgrid[:SIDE, :SIDE] - 13.5

    def hill(summit_y, summit_x):
        return np.exp(-((y - summit_y) ** 2 + (x - summit_x) ** 2) / 20)[None]

    turned = by_affine(hill(2, -3), 0.3)
    # y points down: so counter-clockwise is from x towards -y.
    summit = 2 * math.cos(0.3) + 3 * math.sin(0.3), -3 * math.cos(0.3) + 2 * math.sin(0.3)
    assert np.abs(turned - hill(*summit)).max() < 0.03
    assert np.abs(by_affine(turned, -0.3) - hill(2, -3)).max() < 0.06
    assert np.abs(turned - hill(2, -3)).max() > 0.2


def test_stretched(blots):
    """Three times as high: every third row is an old one, from a third as far off the middle."""
    tall = by_affine(blots, 0.0, height=3.0)
    assert np.allclose(tall[:, ::3], blots[:, 9:19], atol=1e-5)
    wide = by_affine(blots, 0.0, width=3.0)
    assert np.allclose(wide[:, :, ::3], blots[:, :, 9:19], atol=1e-5)
    ink = by_affine(blots, 0.0, height=0.5, width=0.5).sum() / blots.sum()
    assert 0.2 < ink < 0.3


def test_slanted(blots):
    """With a slant of 2, row i moves by 2 (i - 13.5) pixels to the left."""
    slanted = by_affine(blots, 0.0, slant=2.0)
    expected = np.zeros_like(blots)
    for i in range(SIDE):
        for j in range(SIDE):
            if 0 <= j + 2 * i - 27 < SIDE:
                expected[:, i, j] = blots[:, i, j + 2 * i - 27]
    assert np.array_equal(slanted, expected)


@pytest.mark.parametrize("sigma", [3.0, 4.0, 8.0, 20.0])
def test_elastic_is_the_standard_deviation_at_every_pixel(sigma):
    distortion = nn.Distortion(elastic=1.5, sigma=sigma)
    K = distortion.pictures[3:]
    assert np.allclose((K * K).sum(axis=0), 1)
    numbers = distortion.draw(4000, np.random.default_rng(0))
    assert np.array_equal(numbers[:, :, :3], np.broadcast_to(affine(0.0), (2, 4000, 3)))
    u = (numbers[:, :, 3:].reshape(8000, -1) @ K).reshape(8000, SIDE, SIDE)
    assert np.abs(u.std(axis=0) - 1.5).max() < 0.1 and np.abs(u.mean(axis=0)).max() < 0.1
    # Bumps of the same width at all places: neighbours d apart correlate as exp(-d² / 4 sigma²).
    for d in (1, int(sigma)):
        together = (u[:, :, :-d] * u[:, :, d:]).mean() / 1.5**2
        assert together == pytest.approx(math.exp(-d * d / (4 * sigma**2)), abs=0.03)


def test_the_bridge_to_simard():
    """Uniform numbers smoothed by a bell of width 4 and multiplied by 34, as in the paper."""
    d = np.arange(-30, 31)
    bell = np.exp(-(d**2) / (2 * 4.0**2))
    bell /= bell.sum()
    variance = (bell[:, None] * bell) ** 2 / 3  # a uniform number from -1 to 1 has variance 1/3
    assert 34 * math.sqrt(variance.sum()) == pytest.approx(
        34 / (4 * math.sqrt(12 * math.pi)), rel=1e-6
    )
    assert 34 / (4 * math.sqrt(12 * math.pi)) == pytest.approx(1.4, abs=0.02)


def test_between_four_pixels(rng):
    X = rng.random((3, SIDE * SIDE))
    row, column = rng.uniform(-2, SIDE + 1, size=(2, 3, SIDE * SIDE))
    row[0, :3], column[0, :3] = (-1, 27, 28), (-1, 27, 40)
    read = bilinear(X, row.copy(), column.copy())

    def pixel(n, i, j):
        return X[n, i * SIDE + j] if 0 <= i < SIDE and 0 <= j < SIDE else 0.0

    for n in range(3):
        for p in range(0, SIDE * SIDE, 3):
            i, j = math.floor(row[n, p]), math.floor(column[n, p])
            f, e = row[n, p] - i, column[n, p] - j
            expected = (1 - f) * ((1 - e) * pixel(n, i, j) + e * pixel(n, i, j + 1)) + f * (
                (1 - e) * pixel(n, i + 1, j) + e * pixel(n, i + 1, j + 1)
            )
            assert read[n, p] == pytest.approx(expected, abs=1e-12)


# ---------------------------------------------------------------- what stays


@pytest.mark.parametrize("kind", KINDS, ids=repr)
def test_a_seed_is_an_image(digits, kind):
    X = digits[:100]
    before = X.copy()
    one, two, other = (kind(X, np.random.default_rng(seed)) for seed in (1, 1, 2))
    assert np.array_equal(one, two) and not np.array_equal(one, other)
    assert np.array_equal(X, before) and one.shape == X.shape and one.dtype == np.float32
    same = kind(np.repeat(X[:1], 20, axis=0), np.random.default_rng(1))
    assert len(np.unique(same, axis=0)) > 10, "each image is moved in its own way"


@pytest.mark.parametrize("kind", KINDS[:3], ids=repr)
def test_ink_and_range(digits, kind, rng):
    seen = kind(digits, rng)
    assert seen.min() >= 0 and seen.max() <= 1
    assert seen.sum() == pytest.approx(digits.sum(), rel=0.03)
    assert np.abs(seen - digits).mean() > 0.02, "it does something"


def test_a_network_still_reads_them(digits):
    """Distorted twos are twos, if they are not torn: what learned from plain digits knows them."""
    data = nn.load_mnist()
    net = nn.mlp([784, 64, 10])
    nn.fit(net, (data.train.X[:10000], data.train.y[:10000]), optimizer=nn.Adam(2e-3), epochs=4,
           progress=False)  # fmt: skip
    X, y = data.valid.X[:2000], data.valid.y[:2000]
    plain, mild, far = (
        net.score(nn.Distortion(elastic=pixels)(X, np.random.default_rng(0)), y)
        for pixels in (0.0, 0.8, 6.0)
    )
    assert plain - 0.1 < mild < plain and far < 0.5


def test_noise(digits, rng):
    noise = nn.Noise(0.3)(digits, rng) - digits
    assert noise.std() == pytest.approx(0.3, rel=0.01) and abs(noise.mean()) < 0.001


@pytest.mark.parametrize("kind", KINDS, ids=repr)
def test_backends_agree(digits, kind, xp):
    X = digits[:60]
    there = kind(xp.asarray(X), np.random.default_rng(3))
    assert nn.get_array_module(there) is xp
    assert np.allclose(nn.asnumpy(there), kind(X, np.random.default_rng(3)), atol=1e-5)


def test_fit_shows_each_example_anew(digits):
    X, y = digits[:60], np.arange(60) % 10
    net, twin = nn.mlp([784, 10]), nn.mlp([784, 10])
    nn.fit(net, (X, y), optimizer=nn.SGD(0.1), epochs=3, batch_size=20, seed=4,
           augment=nn.Shifts(2), progress=False)  # fmt: skip
    rng = np.random.default_rng(4)
    for _ in range(3):
        order = rng.permutation(60)
        for start in range(0, 60, 20):
            rows = order[start : start + 20]
            twin.loss_and_grad(nn.Shifts(2)(X[rows], rng), y[rows])
            twin.theta -= 0.1 * twin.grad
    assert np.array_equal(net.theta, twin.theta)


# ---------------------------------------------------------------- the worst noise there is


@pytest.mark.parametrize(
    "loss", [nn.SoftmaxCrossEntropy(), nn.SoftmaxCrossEntropy(0.1), nn.SigmoidCrossEntropy()]
)
def test_the_gradient_by_the_pixels(loss, backend):
    """Against central differences, pixel by pixel; with dropout, which must drop nothing here."""
    net = shaken(nn.mlp([6, 5, 3], "tanh", dropout=0.5, loss=loss)).astype("float64")
    X, _ = examples(4, n_in=6)
    there = net.to(backend)
    xp = nn.get_array_module(there.theta)
    dX = nn.asnumpy(nn.Adversarial(there).gradient(xp.asarray(X)))
    said, eps = net.predict(X), 1e-6
    if isinstance(loss, nn.SoftmaxCrossEntropy):  # the direction is that without smoothing
        net = nn.Network([layer.fresh() for layer in net.layers], nn.SoftmaxCrossEntropy())
        net = net.astype("float64")
        net.theta[...] = nn.asnumpy(there.theta)
    for n, i in np.ndindex(*X.shape):
        up, down = X[n : n + 1].copy(), X[n : n + 1].copy()
        up[0, i] += eps
        down[0, i] -= eps
        numerical = (net.loss(up, said[n : n + 1]) - net.loss(down, said[n : n + 1])) / (2 * eps)
        assert dX[n, i] == pytest.approx(numerical, abs=1e-7)


def test_the_worst_noise_is_worse_than_any_other(digits, rng):
    y = nn.load_mnist().train.y[:2000]
    net = nn.mlp([784, 32, 10])
    nn.fit(net, (digits, y), optimizer=nn.Adam(2e-3), epochs=5, progress=False)
    worst = nn.Adversarial(net, 0.1, share=1.0)(digits, rng)
    assert np.abs(worst - digits).max() == pytest.approx(0.1, abs=1e-6)
    other = digits + np.float32(0.1) * rng.choice([-1, 1], size=digits.shape).astype("float32")
    assert net.score(worst, y) < 0.3 < 0.8 < net.score(other, y)
    half = nn.Adversarial(net, 0.1)(digits, rng)
    assert np.array_equal(half[1000:], digits[1000:]) and np.array_equal(half[:1000], worst[:1000])
    assert nn.Adversarial(net, 0.1, share=0.0)(digits, rng) is digits


def test_what_learned_from_the_worst_noise_stands_it(digits):
    y = nn.load_mnist().train.y[:2000]
    nets = nn.mlp([784, 64, 10]), nn.mlp([784, 64, 10])
    for net, augment in zip(nets, (None, nn.Adversarial(nets[1], 0.1)), strict=True):
        nn.fit(
            net, (digits, y), optimizer=nn.Adam(2e-3), epochs=15, augment=augment, progress=False
        )
    valid = nn.load_mnist().valid
    scores = [
        net.score(nn.Adversarial(net, 0.1, share=1.0)(valid.X[:1000], None), valid.y[:1000])
        for net in nets
    ]
    assert scores[1] > scores[0] + 0.2


# ---------------------------------------------------------------- calls that cannot be


@pytest.mark.parametrize("make, message", [
    (lambda: nn.Shifts(-1), "Shifts expected a number of pixels from 0 to 28, got -1"),
    (lambda: nn.Shifts(1.5), "got 1.5"),
    (lambda: nn.Adversarial(nn.mlp([2, 2]), -1), "amount of at least 0 and a share from 0 to 1, got -1"),
    (lambda: nn.Adversarial(nn.mlp([2, 2]), 0.1, 2), "got 0.1 and 2"),
    (lambda: nn.Adversarial(nn.mlp([2, 2], loss=nn.MeanSquaredError())), "a cross-entropy, got MeanSq"),
    (lambda: nn.Adversarial(nn.mlp([2, 3, 2], batch_norm=True)), r"got BatchNorm\(3\): leave"),
    (lambda: nn.Noise(-0.1), "Noise expected a standard deviation of at least 0, got -0.1"),
    (lambda: nn.Distortion(rotation=-3), "rotation as a number of at least 0, got -3: it is the largest"),
    (lambda: nn.Distortion(elastic=math.nan), "elastic as a number of at least 0, got nan"),
    (lambda: nn.Distortion(shift="a"), "shift as a number"),
    (lambda: nn.Distortion(scale=1), "scale below 1, got 1: 0.1 means"),
    (lambda: nn.Distortion(sigma=0.5), "sigma of at least 1 pixel, got 0.5"),
])  # fmt: skip
def test_impossible_settings(make, message):
    with pytest.raises(ValueError, match=message):
        make()


@pytest.mark.parametrize("kind", KINDS[:2], ids=repr)
@pytest.mark.parametrize("shape", [(5, 783), (5, 28, 28)])
def test_images_of_another_size(kind, shape, rng):
    with pytest.raises(ValueError, match=r"images X of shape \(N, 784\), got \(5, .*reshape"):
        kind(np.zeros(shape, "float32"), rng)


def test_they_say_what_they_are():
    assert [repr(kind) for kind in KINDS] == [
        "Shifts(2)",
        "Distortion(rotation=10, scale=0.1, shear=0.1, shift=1, elastic=1.2, sigma=4.5)",
        "Distortion(rotation=15, sigma=4)",
        "Noise(0.3)",
    ]
    assert repr(nn.Adversarial(nn.mlp([2, 2]), 0.1)) == "Adversarial(0.1, share=0.5)"
