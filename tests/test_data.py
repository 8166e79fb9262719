"""MNIST is whole and authentic, and a damaged file is never read; toy sets are what they say."""

import gzip
import hashlib
import pickle
import shlex
import shutil
import subprocess

import numpy as np
import pytest

import nnhelpers as nn
from nnhelpers import data as data_module


@pytest.fixture(scope="module")
def mnist():
    return nn.load_mnist()


def test_shapes_types_and_ranges(mnist):
    for split, n in ((mnist.train, 50_000), (mnist.valid, 10_000), (mnist.test, 10_000)):
        assert split.X.shape == (n, 784)
        assert split.X.dtype == np.float32
        assert split.y.shape == (n,)
        assert split.y.dtype.kind == "i"
        assert (split.X.min(), split.X.max()) == (0, 1)
        assert set(np.unique(split.y)) == set(range(10))


def test_it_is_the_real_thing(mnist):
    # The first ten training labels, and the class counts, as published with the data set.
    assert mnist.train.y[:10].tolist() == [5, 0, 4, 1, 9, 2, 1, 3, 1, 4]
    assert mnist.test.y[:5].tolist() == [7, 2, 1, 0, 4]
    assert np.bincount(mnist.test.y).tolist() == [
        980,
        1135,
        1032,
        1010,
        982,
        892,
        958,
        1028,
        974,
        1009,
    ]
    # 0.1307 and 0.3081: the mean and standard deviation that everybody normalises MNIST with.
    both = np.concatenate([mnist.train.X, mnist.valid.X])
    assert both.mean(dtype="float64") == pytest.approx(0.1307, abs=5e-5)
    assert both.std(dtype="float64") == pytest.approx(0.3081, abs=5e-5)


def test_a_split_is_a_pair(mnist):
    X, y = mnist.test
    assert X is mnist.test.X and y is mnist.test.y
    assert repr(mnist.test) == "Split(X (10000, 784) float32, y (10000,) int64)"


@pytest.mark.parametrize("rows", [slice(1000), slice(None), [0, 2], np.arange(3)], ids=str)
def test_a_pair_is_not_cut_as_one(rows):
    points = nn.make_moons(50)
    with pytest.raises(TypeError, match=r"cut both.*data.train.X\[:1000\], data.train.y\[:1000\]"):
        points[rows]
    assert points[0] is points.X and points[np.int64(-1)] is points.y and len(points) == 2
    assert pickle.loads(pickle.dumps(points)).X.shape == points._replace(y=None).X.shape


@pytest.mark.parametrize("name", data_module.MNIST_FILES)
def test_files_are_reproducible_gzip(name):
    content = (data_module.DATA_FOLDER / name).read_bytes()
    assert content[3] == 0 and content[4:8] == bytes(4), "no file name, no date: gzip -9 -n"
    md5 = hashlib.md5(gzip.decompress(content), usedforsecurity=False).hexdigest()
    assert md5 == data_module.MNIST_FILES[name]
    assert md5 in (data_module.DATA_FOLDER / "README.md").read_text(encoding="utf-8")


@pytest.fixture
def copied(tmp_path):
    for name in data_module.MNIST_FILES:
        shutil.copy(data_module.DATA_FOLDER / name, tmp_path)
    return tmp_path


NAME = "t10k-labels-idx1-ubyte.gz"


def test_a_missing_file_is_named(copied):
    (copied / NAME).unlink()
    with pytest.raises(nn.DataError, match=f"{NAME} is missing.*takes the course's own"):
        nn.load_mnist(copied)


@pytest.mark.parametrize("keep", [0, 5, 3000])
def test_a_truncated_file_is_named(copied, keep):
    (copied / NAME).write_bytes((copied / NAME).read_bytes()[:keep])
    with pytest.raises(nn.DataError, match=f"{NAME} .*course's own"):
        nn.load_mnist(copied)


@pytest.mark.parametrize("position", [0, 20, 2000])
def test_a_file_with_one_byte_changed_is_named(copied, position):
    content = bytearray((copied / NAME).read_bytes())
    content[position] ^= 0x55
    (copied / NAME).write_bytes(content)
    with pytest.raises(nn.DataError, match=f"{NAME} .*course's own"):
        nn.load_mnist(copied)


def test_the_hint_to_restore_a_file_works(copied, tmp_path, monkeypatch):
    """With git, the command that the message names brings the file back; without, none is named."""
    home = tmp_path / "a course" / "data"
    home.mkdir(parents=True)
    for name in data_module.MNIST_FILES:
        shutil.copy(copied / name, home)
    monkeypatch.setattr(data_module, "DATA_FOLDER", home)
    git = ["git", "-C", str(home.parent), "-c", "user.name=x", "-c", "user.email=x@example.com"]
    for command in (["init", "-q"], ["add", "data"], ["commit", "-qm", "data"]):
        subprocess.run([*git, *command], check=True)
    (home / NAME).unlink()
    with pytest.raises(nn.DataError) as raised:
        nn.load_mnist(home)
    command = str(raised.value).partition("Restore it with: ")[2]
    subprocess.run(shlex.split(command), check=True)
    assert len(nn.load_mnist(home).train.y) == 50_000
    (home / NAME).unlink()
    shutil.rmtree(home.parent / ".git")
    with pytest.raises(nn.DataError, match="copy the course's folder data/ again"):
        nn.load_mnist(home)


def test_another_file_under_the_right_name_is_refused(copied):
    (copied / NAME).write_bytes(gzip.compress(b"not digits"))
    with pytest.raises(nn.DataError, match=f"{NAME} is not the published file"):
        nn.load_mnist(copied)


def test_moons():
    X, y = nn.make_moons(400, noise=0.0, seed=1)
    assert X.shape == (400, 2) and X.dtype == np.float32
    assert np.bincount(y).tolist() == [200, 200]
    radius = np.hypot(*(X[y == 0].T))
    assert np.allclose(radius, 1, atol=1e-6) and (X[y == 0][:, 1] >= 0).all()
    assert np.allclose(np.hypot(*(X[y == 1] - [1, 0.5]).T), 1, atol=1e-6)


def test_spirals():
    X, y = nn.make_spirals(300, classes=3, noise=0.0, seed=1)
    assert np.bincount(y).tolist() == [100, 100, 100]
    radius = np.hypot(*X.T)
    assert radius.max() <= 1 + 1e-6
    turned = np.angle((X[:, 0] + 1j * X[:, 1]) * np.exp(-1j * 2 * np.pi * (0.75 * radius + y / 3)))
    assert np.allclose(turned, 0, atol=1e-5)


def test_circles():
    X, y = nn.make_circles(200, noise=0.0, seed=1)
    assert np.bincount(y).tolist() == [100, 100]
    assert np.allclose(np.hypot(*X[y == 0].T), 1, atol=1e-6)
    assert np.allclose(np.hypot(*X[y == 1].T), 0.5, atol=1e-6)


def test_xor():
    X, y = nn.make_xor(200, noise=0.0, seed=1)
    assert np.array_equal(y, X[:, 0] * X[:, 1] < 0) and np.bincount(y).tolist() == [100, 100]
    fields = 2 * (X[:, 0] > 0) + (X[:, 1] > 0)
    assert np.bincount(fields).tolist() == [50] * 4
    assert 0.05 <= np.abs(X).min() and np.abs(X).max() <= 1
    noisy = nn.make_xor(2000, noise=0.3, seed=1)
    assert 0.05 < np.mean(noisy.y != (noisy.X[:, 0] * noisy.X[:, 1] < 0)) < 0.5, "some stray"


@pytest.mark.parametrize("make", [nn.make_moons, nn.make_spirals, nn.make_circles, nn.make_xor])
def test_toy_sets_follow_their_seed(make):
    first, again, other = make(50, seed=1), make(50, seed=1), make(50, seed=2)
    assert np.array_equal(first.X, again.X) and np.array_equal(first.y, again.y)
    assert not np.array_equal(first.X, other.X)


@pytest.mark.parametrize("make, points, classes", [
    (nn.make_moons, [[0.8775, 0.5981], [0.2868, -0.2125], [-0.8395, 0.5177]], 2),
    (nn.make_spirals, [[0.0804, 0.2814], [0.0037, -0.4866], [-0.4873, 0.7509]], 3),
    (nn.make_circles, [[0.7721, 0.8448], [0.0640, 0.4630], [0.2885, -1.0154]], 2),
    (nn.make_xor, [[0.1796, 0.2511], [0.9070, -0.6230], [-0.1370, -0.3069]], 2),
])  # fmt: skip
def test_toy_sets_are_pinned(make, points, classes):
    """The figures of the notebooks, and what they say of them, are drawn from these points."""
    X, y = make(8, seed=3)
    assert np.allclose(X[:3], points, atol=1e-4)
    labels = [0, 1, 0, 1, 0, 1, 0, 1] if classes == 2 else [0, 1, 2, 0, 1, 2, 0, 1]
    assert y.tolist() == labels and y.dtype == "int64" and X.dtype == "float32"
    assert len(make(classes).y) == classes, "one point for each class will do"


def test_impossible_toy_sets():
    with pytest.raises(ValueError, match="noise of at least 0, got -1"):
        nn.make_moons(10, noise=-1)
    with pytest.raises(ValueError, match="at least 2 classes and one point for each"):
        nn.make_spirals(2, classes=3)
    with pytest.raises(ValueError, match="n=0"):
        nn.make_moons(0)


def test_one_hot(xp):
    Y = nn.one_hot(xp.asarray([2, 0, 1]), 4)
    assert nn.asnumpy(Y).tolist() == [[0, 0, 1, 0], [1, 0, 0, 0], [0, 1, 0, 0]]
    assert Y.dtype == "float32"
    with pytest.raises(ValueError, match=r"from 0 to 2, got y\[1\] = 3"):
        nn.one_hot(xp.asarray([0, 3]), 3)
    with pytest.raises(ValueError, match=r"got y\[0\] = -1"):
        nn.one_hot(xp.asarray([-1, 2]), 3)
