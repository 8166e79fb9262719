"""Draw a digit, without a browser: the pen, the map, Undo, and messages."""

import numpy as np
import pytest
from pages import Page

import nnhelpers as nn
from nnhelpers.widgets import draw_digit
from nnhelpers.widgets.draw_network import slope

THREE = [(8, 8), (12, 5), (17, 6), (18, 10), (14, 13), (18, 16), (18, 20), (13, 23), (8, 20)]
SEVEN = [(7, 5), (19, 5), (16, 12), (13, 23)]


@pytest.fixture
def make(mnist):
    """Make a pad; it is closed after the test."""
    made = []

    def make_one(net, data=mnist, **settings):
        made.append(draw_digit(net, data, **settings))
        return made[-1]

    yield make_one
    for one in made:
        one.close()


@pytest.fixture
def pad(make, net):
    return make(net)


@pytest.fixture
def page(pad):
    return Page(pad)


def pen_width(image):
    """Twice the area through the outline, which is the sum of the slopes at its edges."""
    down, right = np.diff(image, axis=0)[:, :-1], np.diff(image, axis=1)[:-1]
    return 2 * image.sum() / np.hypot(down, right).sum()


# ------------------------------------------------------------------ what the network says


def test_a_drawn_3_and_7_are_read_and_have_strokes_as_wide_as_mnists(pad, mnist):
    theirs = np.median([pen_width(image) for image in mnist.test.X[:500].reshape(-1, 28, 28)])
    for number, digit in ((3, THREE), (7, SEVEN)):
        pad.clear()
        pad.add_stroke(digit)
        assert pad.probabilities.argmax() == number
        assert [line.tolist() for line in pad.strokes] == [[list(point) for point in digit]]
        assert pen_width(pad.image) == pytest.approx(theirs, rel=0.1)


def test_where_and_how_large_it_is_drawn_does_not_matter_if_it_is_centred(pad):
    small = (np.array(THREE) * 0.6 + [11, 0.5]).tolist()
    pad.add_stroke(THREE, width=2.4)
    image = pad.image
    pad.clear()
    pad.add_stroke(small, width=0.6 * 2.4)
    assert np.abs(pad.image - image).mean() < 0.025, "but for the roughness of the small one"
    assert pad.probabilities.argmax() == 3
    pad.set_value("center", False)
    assert np.abs(pad.image - image).mean() > 0.1
    assert pad.image[:, :14].sum() < 0.1 * pad.image.sum(), "it stays where it was drawn"


def test_what_it_shows_is_what_the_network_says(pad, net, page):
    pad.add_stroke(THREE)
    content, (image, P, why, hidden) = page.last("answer"), page.arrays("answer")
    X = pad.image.reshape(1, 784)
    assert np.array_equal(image, X[0]) and np.array_equal(P, pad.probabilities)
    assert np.allclose(P, net.predict_proba(X)[0], atol=1e-6)
    A1 = net.layers[1].forward(net.layers[0].forward(X))
    assert np.allclose(hidden, A1[0], atol=1e-5) and np.array_equal(hidden, pad.hidden[0])
    assert content["answer"] == P.argmax() and content["second"] == P.argsort()[-2]
    assert content["layers"] == [{"number": 1, "name": "ReLU"}]
    assert np.array_equal(why, pad.why.ravel())


def test_a_loaded_digit_is_given_to_the_network_as_it_is(pad, mnist, page):
    pad.load(17)
    assert np.array_equal(pad.image.ravel(), mnist.test.X[17])
    content = page.last("answer")
    assert content["number"] == 17 and content["label"] == mnist.test.y[17]
    assert pad.values["number"] == 17
    pad.add_stroke([(3, 3), (4, 3)])
    assert not np.array_equal(pad.image.ravel(), mnist.test.X[17])
    assert page.last("answer")["label"] is None, "what a hand changed has no label"
    page.set("number", 4)
    assert np.array_equal(pad.image.ravel(), mnist.test.X[4])


def test_a_mistake_is_one(make, pad, net, mnist):
    for _ in range(5):
        pad.load_mistake()
        number = pad.values["number"]
        assert net.predict(pad.image.reshape(1, 784))[0] != mnist.test.y[number]
    right = np.flatnonzero(net.predict(mnist.test.X[:50]) == mnist.test.y[:50])[:20]
    page = Page(make(net, (mnist.test.X[right], mnist.test.y[right])))
    assert page.press("load_mistake")["error"] == "the network gets all of these 20 digits right"


def test_noise_shift_and_turn_change_what_the_network_sees(pad, mnist):
    pad.load(3)
    plain = pad.image
    pad.set_value("noise", 0.3)
    noisy = pad.image
    assert 0 <= noisy.min() and noisy.max() <= 1 and 0.1 < np.abs(noisy - plain).mean() < 0.3
    assert np.array_equal(pad.image, noisy), "it does not flicker"
    pad.noise_again()
    assert not np.array_equal(pad.image, noisy)
    pad.set_value("noise", 0.0)
    pad.set_value("right", 2.0)
    assert np.allclose(pad.image[:, 2:], plain[:, :-2], atol=1e-6)
    pad.set_value("turn", 180.0)
    assert np.allclose(pad.image[1:, 3:], plain[:0:-1, :0:-1][:, :-2], atol=1e-5)


def test_it_reads_with_what_the_network_has_become_and_never_disturbs_it(make, mnist):
    X, y = mnist.train.X[:200], mnist.train.y[:200]
    net, alone = nn.mlp([784, 16, 10], batch_norm=True), nn.mlp([784, 16, 10], batch_norm=True)
    pad = make(net)
    pad.add_stroke(THREE)
    before = pad.probabilities
    for one in (net, alone):
        optimizer = nn.Adam(0.01)
        for _ in range(5):
            one.forward(X, training=True)
            if one is net:
                pad.load()  # in the middle of a step
                pad.undo()
            one.loss_and_grad(X, y)
            optimizer.step(one.theta, one.grad)
    for one in (net, alone):
        one.loss_function.forward(one.forward(X, training=True), y)
        if one is net:
            pad.load(1)  # between forward and backward
        one.backward(one.loss_function.backward())
    assert np.array_equal(net.grad, alone.grad) and np.array_equal(net.theta, alone.theta)
    pad.undo()
    assert not np.allclose(pad.probabilities, before)
    assert np.allclose(pad.probabilities, net.predict_proba(pad.image.reshape(1, -1))[0], atol=1e-6)


NETS = {
    "relu": lambda: nn.mlp([784, 12, 8, 10], seed=1),
    "tanh, normed": lambda: nn.mlp([784, 12, 10], "tanh", batch_norm=True, dropout=0.3, seed=1),
    "no hidden layer": lambda: nn.mlp([784, 10], seed=1),
    "one output": lambda: nn.mlp([784, 9, 1], "sigmoid", seed=1),
    "quadratic cost": lambda: nn.Network(
        [nn.Dense(784, 7), nn.LeakyReLU(), nn.Dense(7, 10), nn.Sigmoid()],
        nn.MeanSquaredError(), seed=1),
}  # fmt: skip


@pytest.mark.parametrize("name", NETS)
def test_the_slope_is_the_derivative(name, rng):
    net = NETS[name]().astype("float64")
    for layer in net.layers:
        if layer.state:
            layer.state = {key: rng.uniform(0.5, 2, 12) for key in layer.state}
    X = rng.uniform(0, 1, (1, 784))
    top = rng.normal(size=(1, net.sizes[-1]))
    net.forward(X)
    dX = slope(net, top)[0]
    for i in rng.choice(784, 12, replace=False):
        step = np.zeros((1, 784))
        step[0, i] = 1e-5
        measured = ((net.forward(X + step) - net.forward(X - step)) * top).sum() / 2e-5
        assert dX[i] == pytest.approx(measured, rel=1e-4, abs=1e-7)


@pytest.mark.parametrize("name", NETS)
def test_any_network_with_784_inputs_on_any_device(make, name, backend, mnist):
    net, y = NETS[name]().to(backend), mnist.test.y[:30]
    y = (y == 3).astype(int) if name == "one output" else y
    pad = make(net, (mnist.test.X[:30], y))
    pad.add_stroke(THREE)
    expected = NETS[name]().predict_proba(pad.image.reshape(1, 784))[0]
    assert np.allclose(pad.probabilities, expected, atol=1e-5)
    assert [len(units) for units in pad.hidden] == net.sizes[1:-1]
    maps = {}
    for about in ("answer", "rival", 0, 1):
        pad.set_value("about", about)
        maps[about] = pad.why
        assert pad.why.shape == (28, 28) and pad.why.any()
    if name == "one output":  # which is the score of class 1; of class 0 with the other sign
        assert np.array_equal(maps[0], -maps[1])
    pad.load_mistake()
    assert pad.png.startswith(b"\x89PNG")


def test_the_question_decides_the_map(pad, net, mnist):
    pad.load_mistake()
    X, P, label = pad.image.reshape(1, 784), pad.probabilities, mnist.test.y[pad.values["number"]]

    def score(k):
        net.forward(X)
        return slope(net, nn.one_hot(np.array([k]), 10))[0].reshape(28, 28)

    assert np.allclose(pad.why, score(P.argmax()), atol=1e-6)
    pad.set_value("about", "rival")
    assert np.allclose(pad.why, score(P.argmax()) - score(label), atol=1e-5)
    pad.set_value("about", 6)
    assert np.allclose(pad.why, score(6), atol=1e-6)
    pad.set_value("times_ink", True)
    assert np.allclose(pad.why, score(6) * pad.image, atol=1e-6)
    pad.set_value("about", "rival")
    pad.clear()
    pad.add_stroke(THREE)
    pad.set_value("times_ink", False)
    X, P = pad.image.reshape(1, 784), pad.probabilities
    assert np.allclose(pad.why, score(3) - score(P.argsort()[-2]), atol=1e-5)


# ------------------------------------------------------------------ Undo, Redo, Clear


def test_undo_goes_back_stroke_by_stroke_and_redo_forward_again(pad, page):
    lines = [[(3, 3), (9, 3)], [(3, 9), (9, 9)], [(14, 3), (14, 20)]]
    images = [pad.image]
    for line in lines:
        pad.add_stroke(line)
        images.append(pad.image)
    for image in images[-2::-1]:
        page.press("undo")
        assert np.array_equal(pad.image, image)
    assert page.last("values")["disabled"] == ["clear", "undo"]
    page.press("undo")
    for image in images[1:]:
        page.press("redo")
        assert np.array_equal(pad.image, image)
    assert page.last("values")["disabled"] == ["redo"]
    pad.undo()
    pad.add_stroke([(1, 1)])
    pad.redo()
    assert len(pad.strokes) == 3, "a new stroke ends what could be done again"


def test_a_clean_sheet_and_a_loaded_digit_can_be_taken_back(pad, page):
    pad.add_stroke(THREE)
    drawn = pad.image
    pad.clear()
    pad.clear()
    assert not pad.image.any() and pad.strokes == []
    for number in range(20, 60):  # going through the digits is one thing to undo
        page.set("number", number)
    pad.undo()
    assert not pad.image.any()
    pad.undo()
    assert np.array_equal(pad.image, drawn)


# ------------------------------------------------------------------ messages


def send(page, points, serial=1, done=False, width=2.4, pen="p"):
    data = np.array(points, "<f4").tobytes()
    content = {"pen": pen, "serial": serial, "width": width, "done": done}
    return page.say("stroke", content, [memoryview(data)])


def test_a_stroke_is_read_while_it_grows_and_lies_on_the_paper_at_its_end(pad, page):
    for n in (1, 2, 5, 9):
        send(page, THREE[:n])
        content = page.last("answer")
        assert content["points"] == n and not content["empty"]
    assert page.last("paper")["strokes"] == [], "not yet"
    wet = pad.image
    send(page, THREE, done=True)
    paper, points = page.last("paper"), page.arrays("paper")[0]
    assert paper["strokes"] == [{"points": 9, "width": 2.4}] and paper["seen"] == {"p": 1}
    assert np.array_equal(points.reshape(-1, 2), np.array(THREE, "f4"))
    assert np.allclose(pad.image, wet), "drawn in pieces or at once: the same ink"
    assert pad.probabilities.argmax() == 3


def test_messages_that_were_left_out_do_not_matter(pad, page):
    send(page, THREE[:2])
    send(page, THREE)
    pieces = pad.image
    send(page, THREE, done=True)
    send(page, [(20, 2), (25, 2)], serial=2)
    assert len(pad.strokes) == 1
    pad.undo()  # from elsewhere, in the middle of a stroke
    send(page, [(20, 2), (25, 2)], serial=2, done=True)
    assert len(pad.strokes) == 1
    pad.clear()
    pad.add_stroke(THREE)
    assert np.allclose(pad.image, pieces)


@pytest.mark.parametrize("points, message", [
    (np.empty((0, 2)), "expected points of shape"), ([[np.nan, 1]], "NaN or infinity"),
    (np.zeros((20_001, 2)), "n from 1 to 20,000"),
])  # fmt: skip
def test_a_stroke_that_cannot_be(pad, page, points, message):
    assert message in send(page, points)["error"]
    with pytest.raises(ValueError, match=message):
        pad.add_stroke(points)
    assert "from 0.6 to 6" in send(page, THREE, width=99)["error"]
    assert pad.strokes == []


def test_empty_paper_says_so(pad, page):
    content, (image, P) = page.last("answer"), page.arrays("answer")[:2]
    assert content["empty"] and not image.any() and P.sum() == pytest.approx(1)
    pad.set_value("noise", 0.5)
    assert page.last("answer")["empty"], "noise is no ink"


def test_a_page_that_opens_later_gets_everything(pad):
    pad.load(2)
    pad.add_stroke(THREE)
    page = Page(pad, "late")
    points, digit = page.buffers("paper")
    assert page.last("paper")["number"] == 2 and len(points) == 18 * 4
    assert len(digit) == 784 and max(digit) > 200


# ------------------------------------------------------------------ the rest


def test_which_hidden_layers_are_shown(make):
    net = nn.mlp([784, 12, 8, 6, 10], ["relu", "tanh", "leaky_relu"], dropout=[0, 0.5, 0])
    all_of_them = make(net)
    assert [len(A) for A in all_of_them.hidden] == [12, 8, 6]
    names = [layer["name"] for layer in Page(all_of_them).last("answer")["layers"]]
    assert names == ["ReLU", "tanh", "leaky ReLU"]
    assert [len(A) for A in make(net, hidden=[3, 1]).hidden] == [6, 12]
    assert make(net, hidden=[]).hidden == []
    with pytest.raises(ValueError, match=r"this network has 1, 2, 3\), got 4"):
        make(net, hidden=[4])


@pytest.mark.parametrize("arguments, message", [
    (lambda X, y: (nn.mlp([2, 4, 2]), (X, y)), "784 inputs, one for each pixel, got one with 2"),
    (lambda X, y: ([784, 10], (X, y)), "expected a Network with 784 inputs, .* got list"),
    (lambda X, y: (NETS["relu"](), X), "expected data as a pair"),
    (lambda X, y: (NETS["relu"](), 7), "expected data as a pair .* got int"),
    (lambda X, y: (NETS["relu"](), (X[:, :100], y)), r"X of shape \(N, 784\), .* got \(9, 100\)"),
    (lambda X, y: (NETS["relu"](), (X, y[:3])), "one label for each"),
    (lambda X, y: (NETS["relu"](), (X[:1], y[:1])), "at least two digits"),
    (lambda X, y: (NETS["relu"](), (255 * X, y)), "Try X / 255"),
    (lambda X, y: (NETS["relu"](), (X, y + 9)), "labels from 0 to 9"),
])  # fmt: skip
def test_bad_calls_say_what_was_expected(mnist, arguments, message):
    with pytest.raises(ValueError, match=message):
        draw_digit(*arguments(mnist.test.X[:9], mnist.test.y[:9]))


def test_a_diverged_network_says_so(make):
    net = nn.mlp([784, 4, 10])
    pad = make(net)
    page = Page(pad)
    net.theta[...] = np.nan
    assert "its training has diverged" in send(page, THREE)["error"]


def test_without_a_kernel_there_is_a_figure(make, pad, net):
    data, metadata = pad._repr_mimebundle_()
    assert data["text/plain"].startswith("[interactive figure: Draw a digit] A handwritten digit")
    assert not any(character.isdigit() for character in pad.alt.replace("28 by 28", ""))
    assert pad.png == make(net).png, "the same each time"
    drawn = make(net)
    drawn.add_stroke(THREE)
    assert drawn.png != pad.png, "what was drawn is shown"


def test_by_default_the_digits_are_mnists_test_digits(net, mnist):
    pad = draw_digit(net)
    pad.load(9_999)
    assert np.array_equal(pad.image.ravel(), mnist.test.X[9_999])
    with pytest.raises(ValueError, match="digit number: expected a whole number from 0 to 9999"):
        pad.load(10_000)
    pad.close()
