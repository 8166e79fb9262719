"""Draw a digit, without a browser: MNIST's way of centring, the pen, the map, Undo, and messages."""

import numpy as np
import pytest
from test_live_widgets import Page

import nnhelpers as nn
from nnhelpers.widgets import draw_digit
from nnhelpers.widgets.draw_digit import PEN, add_ink, moved, slope

THREE = [(8, 8), (12, 5), (17, 6), (18, 10), (14, 13), (18, 16), (18, 20), (13, 23), (8, 20)]
SEVEN = [(7, 5), (19, 5), (16, 12), (13, 23)]


@pytest.fixture(scope="module")
def mnist():
    return nn.load_mnist()


@pytest.fixture(scope="module")
def net(mnist):
    net = nn.mlp([784, 64, 10], seed=0)
    nn.fit(net, mnist.train, optimizer=nn.Adam(4e-3), epochs=2, schedule=nn.one_cycle(),
           progress=False)  # fmt: skip
    return net


@pytest.fixture
def pad(net, mnist):
    made = draw_digit(net, mnist)
    yield made
    made.close()


@pytest.fixture
def page(pad):
    return Page(pad)


def enlarged(image, times, down, right, size=260):
    """A digit of MNIST as a large picture: each pixel a square, the digit somewhere."""
    picture = np.zeros((size, size + 20), "float32")
    big = np.kron(image, np.ones((times, times)))
    picture[down : down + len(big), right : right + len(big)] = big
    return picture


def centre(image):
    places = np.arange(len(image))
    return np.array([places @ image.sum(axis=1), places @ image.sum(axis=0)]) / image.sum()


def pen_width(image):
    """Twice the area through the outline, which is the sum of the slopes at its edges."""
    down, right = np.diff(image, axis=0)[:, :-1], np.diff(image, axis=1)[:-1]
    return 2 * image.sum() / np.hypot(down, right).sum()


def last(page, kind):
    page.ack(kind)
    content, buffers = page.published(kind)[-1]
    return content["content"], [np.frombuffer(b, "f4") for b in buffers]


# ------------------------------------------------------------------ center_digit


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


# ------------------------------------------------------------------ ink


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


def test_the_pen_is_as_wide_as_mnists(pad, mnist):
    theirs = np.median([pen_width(image) for image in mnist.test.X[:500].reshape(-1, 28, 28)])
    for digit in (THREE, SEVEN):
        pad.clear()
        pad.add_stroke(digit)
        assert pen_width(pad.image) == pytest.approx(theirs, rel=0.1)
    assert pad.values["pen"] == PEN


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


# ------------------------------------------------------------------ what the network says


def test_a_drawn_3_and_7_are_read(pad):
    pad.add_stroke(THREE)
    assert pad.probabilities.argmax() == 3
    pad.clear()
    pad.add_stroke(SEVEN)
    assert pad.probabilities.argmax() == 7
    assert [line.tolist() for line in pad.strokes] == [[list(point) for point in SEVEN]]


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
    content, (image, P, why, hidden) = last(page, "answer")
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
    content, _ = last(page, "answer")
    assert content["number"] == 17 and content["label"] == mnist.test.y[17]
    assert pad.values["number"] == 17
    pad.add_stroke([(3, 3), (4, 3)])
    assert not np.array_equal(pad.image.ravel(), mnist.test.X[17])
    assert last(page, "answer")[0]["label"] is None, "what a hand changed has no label"
    page.set("number", 4)
    assert np.array_equal(pad.image.ravel(), mnist.test.X[4])


def test_a_mistake_is_one(pad, net, mnist):
    for _ in range(5):
        pad.load_mistake()
        number = pad.values["number"]
        assert net.predict(pad.image.reshape(1, 784))[0] != mnist.test.y[number]


def test_no_mistakes_to_be_had(net, mnist):
    right = np.flatnonzero(net.predict(mnist.test.X[:50]) == mnist.test.y[:50])[:20]
    pad = draw_digit(net, (mnist.test.X[right], mnist.test.y[right]))
    page = Page(pad)
    reply, _ = page.say("button", {"name": "load_mistake"})
    assert reply["error"] == "the network gets all of these 20 digits right"
    pad.close()


def test_noise_shift_and_turn_change_what_the_network_sees(pad, mnist):
    pad.load(3)
    plain = pad.image
    pad.set_value("noise", 0.3)
    noisy = pad.image
    assert 0 <= noisy.min() and noisy.max() <= 1 and 0.1 < np.abs(noisy - plain).mean() < 0.3
    assert np.array_equal(pad.image, noisy), "it does not flicker"
    pad.pressed("noise_again")
    assert not np.array_equal(pad.image, noisy)
    pad.set_value("noise", 0.0)
    pad.set_value("right", 2.0)
    assert np.allclose(pad.image[:, 2:], plain[:, :-2], atol=1e-6)
    pad.set_value("turn", 180.0)
    assert np.allclose(pad.image[1:, 3:], plain[:0:-1, :0:-1][:, :-2], atol=1e-5)


def test_it_reads_with_what_the_network_has_become_and_never_disturbs_it(mnist):
    X, y = mnist.train.X[:200], mnist.train.y[:200]
    net, alone = nn.mlp([784, 16, 10], batch_norm=True), nn.mlp([784, 16, 10], batch_norm=True)
    pad = draw_digit(net, mnist)
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
    Z = net.forward(X, training=True)
    net.loss_function.forward(Z, y)
    pad.load(1)
    net.backward(net.loss_function.backward())
    alone.loss_function.forward(alone.forward(X, training=True), y)
    alone.backward(alone.loss_function.backward())
    assert np.array_equal(net.grad, alone.grad) and np.array_equal(net.theta, alone.theta)
    pad.undo()
    assert not np.allclose(pad.probabilities, before)
    assert np.allclose(pad.probabilities, net.predict_proba(pad.image.reshape(1, -1))[0], atol=1e-6)
    pad.close()


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
def test_any_network_with_784_inputs_on_any_device(name, backend, mnist):
    net, y = NETS[name]().to(backend), mnist.test.y[:30]
    y = (y == 3).astype(int) if name == "one output" else y
    pad = draw_digit(net, (mnist.test.X[:30], y))
    pad.add_stroke(THREE)
    expected = NETS[name]().predict_proba(pad.image.reshape(1, 784))[0]
    assert np.allclose(pad.probabilities, expected, atol=1e-5)
    assert [len(units) for units in pad.hidden] == net.sizes[1:-1]
    for about in ("answer", "rival", 0, 1):
        pad.set_value("about", about)
        assert pad.why.shape == (28, 28) and pad.why.any()
    pad.load_mistake()
    assert pad.png.startswith(b"\x89PNG")
    pad.close()


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


def test_one_output_has_two_scores_of_opposite_signs(mnist):
    pad = draw_digit(NETS["one output"](), (mnist.test.X[:9], (mnist.test.y[:9] == 3).astype(int)))
    pad.set_value("about", 1)
    why = pad.why
    pad.set_value("about", 0)
    assert np.array_equal(pad.why, -why)
    pad.close()


# ------------------------------------------------------------------ Undo, Redo, Clear


def test_undo_goes_back_stroke_by_stroke_and_redo_forward_again(pad, page):
    lines = [[(3, 3), (9, 3)], [(3, 9), (9, 9)], [(14, 3), (14, 20)]]
    images = [pad.image]
    for line in lines:
        pad.add_stroke(line)
        images.append(pad.image)
    for image in images[-2::-1]:
        page.say("button", {"name": "undo"})
        assert np.array_equal(pad.image, image)
    assert last(page, "values")[0]["disabled"] == ["clear", "undo"]
    page.say("button", {"name": "undo"})
    for image in images[1:]:
        page.say("button", {"name": "redo"})
        assert np.array_equal(pad.image, image)
    assert last(page, "values")[0]["disabled"] == ["redo"]
    pad.undo()
    pad.add_stroke([(1, 1)])
    pad.redo()
    assert len(pad.strokes) == 3, "a new stroke ends what could be done again"


def test_a_clean_sheet_and_a_loaded_digit_can_be_taken_back(pad):
    pad.add_stroke(THREE)
    drawn = pad.image
    pad.clear()
    pad.clear()
    assert not pad.image.any() and pad.strokes == []
    pad.load(5)
    pad.undo()
    assert not pad.image.any()
    pad.undo()
    assert np.array_equal(pad.image, drawn)


def test_going_through_the_digits_is_one_thing_to_undo(pad, page):
    pad.add_stroke(THREE)
    for number in range(20, 60):
        page.set("number", number)
    page.say("button", {"name": "undo"})
    assert len(pad.strokes) == 1


# ------------------------------------------------------------------ messages


def send(page, points, serial=1, done=False, width=2.4, pen="p"):
    data = np.array(points, "<f4").tobytes()
    content = {"pen": pen, "serial": serial, "width": width, "done": done}
    return page.say("stroke", content, [memoryview(data)])[0]


def test_a_stroke_is_read_while_it_grows_and_lies_on_the_paper_at_its_end(pad, page):
    grown = []
    for n in (1, 2, 5, 9):
        send(page, THREE[:n])
        content, (image, *_) = last(page, "answer")
        assert content["points"] == n and not content["empty"]
        grown.append(image.sum())
    assert last(page, "paper")[0]["strokes"] == [], "not yet"
    wet = pad.image
    send(page, THREE, done=True)
    paper, (points, *_) = last(page, "paper")
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
    content, (image, P, *_) = last(page, "answer")
    assert content["empty"] and not image.any() and P.sum() == pytest.approx(1)
    pad.set_value("noise", 0.5)
    assert last(page, "answer")[0]["empty"], "noise is no ink"


def test_a_page_that_opens_later_gets_everything(pad):
    pad.load(2)
    pad.add_stroke(THREE)
    page = Page(pad, "late")
    paper, (points, _) = last(page, "paper") if page.published("paper") else (None, (None, None))
    assert paper["number"] == 2 and len(points) == 18
    digit = page.published("paper")[-1][1][1]
    assert len(digit) == 784 and max(digit) > 200


# ------------------------------------------------------------------ the rest


def test_which_hidden_layers_are_shown(mnist):
    net = nn.mlp([784, 12, 8, 6, 10], ["relu", "tanh", "leaky_relu"], dropout=[0, 0.5, 0])
    all_of_them = draw_digit(net, mnist)
    assert [len(A) for A in all_of_them.hidden] == [12, 8, 6]
    names = [layer["name"] for layer in last(Page(all_of_them), "answer")[0]["layers"]]
    assert names == ["ReLU", "tanh", "leaky ReLU"]
    assert [len(A) for A in draw_digit(net, mnist, hidden=[3, 1]).hidden] == [6, 12]
    assert draw_digit(net, mnist, hidden=[]).hidden == []
    with pytest.raises(ValueError, match=r"this network has 1, 2, 3\), got 4"):
        draw_digit(net, mnist, hidden=[4])


def bad_calls(mnist):
    X, y = mnist.test.X[:9], mnist.test.y[:9]
    net = nn.mlp([784, 4, 10])
    return [
        ((nn.mlp([2, 4, 2]), mnist), "784 inputs, one for each pixel, got one with 2"),
        (([784, 10], mnist), "expected a Network with 784 inputs, .* got list"),
        ((net, X), "expected data as a pair"), ((net, 7), "expected data as a pair .* got int"),
        ((net, (X[:, :100], y)), r"X of shape \(N, 784\), .* got \(9, 100\)"),
        ((net, (X, y[:3])), "one label for each"), ((net, (X[:1], y[:1])), "at least two digits"),
        ((net, (255 * X, y)), "Try X / 255"), ((net, (X, y + 9)), "labels from 0 to 9"),
    ]  # fmt: skip


@pytest.mark.parametrize("number", range(9))
def test_bad_calls_say_what_was_expected(mnist, number):
    arguments, message = bad_calls(mnist)[number]
    with pytest.raises(ValueError, match=message):
        draw_digit(*arguments)


def test_a_diverged_network_says_so(mnist):
    net = nn.mlp([784, 4, 10])
    pad = draw_digit(net, mnist)
    page = Page(pad)
    net.theta[...] = np.nan
    assert "its training has diverged" in send(page, THREE)["error"]
    pad.close()


def test_a_digit_that_is_not_there(pad):
    with pytest.raises(ValueError, match="digit number: expected a whole number from 0 to 9999"):
        pad.load(10_000)


def test_without_a_kernel_there_is_a_figure(pad, net, mnist):
    data, metadata = pad._repr_mimebundle_()
    assert data["text/plain"].startswith("[interactive figure: Draw a digit] A handwritten digit")
    assert not any(character.isdigit() for character in pad.alt.replace("28 by 28", ""))
    assert pad.png == draw_digit(net, mnist).png, "the same each time"
    drawn = draw_digit(net, mnist)
    drawn.add_stroke(THREE)
    assert drawn.png != pad.png, "what was drawn is shown"


def test_by_default_the_digits_are_mnists_test_digits(net, mnist):
    pad = draw_digit(net)
    pad.load(9_999)
    assert np.array_equal(pad.image.ravel(), mnist.test.X[9_999])
    pad.close()
