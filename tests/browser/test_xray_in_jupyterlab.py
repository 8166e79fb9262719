"""The X-ray under a hand: what stands on the page is what the package computes, wherever one looks."""

import numpy as np
import pytest
from live_page import View

import nnhelpers as nn

SMALL = """import nnhelpers as nn
X, y = nn.make_spirals(60, classes=3, noise=0.1, seed=0)
net = nn.mlp([2, 4, 3], "tanh", seed=1)
seen = nn.widgets.xray(net, X, y, example=5)
seen"""
DIGITS = """import nnhelpers as nn
data = nn.load_mnist()
seen = nn.widgets.xray(nn.mlp([784, 32, 10], seed=0), data.test.X[:100], data.test.y[:100], example=4)
seen"""
PLAIN = """import nnhelpers as nn, numpy as np
W, b = np.array([[0.5, 1], [-1, 0], [2, -0.5]]), np.array([0.25, -2])
seen = nn.widgets.xray([(W, b)], [[1.0, 2, 3], [0, 1, 0]])
seen"""
# A hundred keys, and how long each takes until the numbers are there, sorted.
HUNDRED_KEYS = """() => {
    const table = document.querySelector('.nn-xray [data-part=forward] table');
    const took = [];
    for (let n = 0; n < 100; n += 1) {
        const began = performance.now();
        table.dispatchEvent(new KeyboardEvent('keydown', {key: n % 3 ? 'ArrowDown' : 'ArrowRight', bubbles: true}));
        took.push(performance.now() - began);
    }
    return took.sort((a, b) => a - b);
}"""
X, y = nn.make_spirals(60, classes=3, noise=0.1, seed=0)
NET = nn.mlp([2, 4, 3], "tanh", seed=1)


class XRayView(View):
    """The X-ray on the page."""

    def __init__(self, jupyter, cell):
        super().__init__(jupyter, ".nn-xray", [cell], ready="layer")
        self.parts = {name: self.root.locator(f"[data-part={name}]")
                      for name in ("forward", "backward")}  # fmt: skip
        self.table = self.parts["forward"].locator("table")

    def wait_for(self, **data):
        for name, value in data.items():
            self.wait(name, f"== '{value}'")

    def place(self):
        return self.ask("[seen.example, seen.layer, seen.i, seen.j]")

    def row(self, part, number):
        return self.parts[part].locator(f'tr[data-term="{number}"]')

    def term(self, part, number):
        """The numbers of a row of terms, in the order of its columns."""
        cells = self.row(part, number).locator(".nn-value, .nn-sum")
        return [figure(text) for text in cells.all_inner_texts()]

    def result(self, name):
        return figure(self.root.locator(f'[data-result="{name}"] b').inner_text())

    def type_place(self, name, text):
        self.enter(self.root.locator(f'[data-place="{name}"] input'), text)

    def look_away(self):
        self.root.locator(".nn-title").hover()


def figure(text):
    return float(text.replace("−", "-").replace(",", ""))


def close(shown, right):
    """Whether a number on the page is this one, as far as its figures go."""
    return abs(shown - right) <= max(0.5001e-4, 0.6e-3 * abs(right) if abs(right) < 5e-4 else 0)


def judge(net, X, y, n):
    """Return a Dense layer's name -> numbers, by the package: what the page must show."""
    net = net.astype("float64")
    J = net.loss_and_grad(X[n : n + 1], y[n : n + 1])
    A, found = X[n : n + 1].astype("float64"), []
    for layer in net.layers:
        if isinstance(layer, nn.Dense):
            Z = layer.forward(A)
            found.append({"x": A[0], "W": layer.params["W"], "b": layer.params["b"], "z": Z[0],
                          "dW": layer.grads["W"], "dZ": layer.grads["b"], "a": Z[0]})  # fmt: skip
            A = Z
        else:
            A = layer.forward(A)
            found[-1]["a"] = A[0]
    return J, found


def assert_page_is_right(view, right, i, j, lr=0.1):
    view.wait_for(i=i, j=j)
    x, w = right["x"][i], right["W"][i, j]
    shown = view.term("forward", i)
    assert len(shown) == 4, shown
    assert close(shown[0], x) and close(shown[1], w) and close(shown[2], x * w), (shown, x, w)
    assert close(view.term("forward", "bias")[0], right["b"][j])
    assert close(view.term("forward", "bias")[1], right["z"][j]), "the sums end at z"
    assert close(view.result("z"), right["z"][j])
    assert close(view.result("dZ"), right["dZ"][j]) and close(view.result("dW"), right["dW"][i, j])
    assert close(view.result("new"), w - lr * right["dW"][i, j])
    said = view.root.locator(".nn-chosen").inner_text()
    assert said.startswith(f"input {i} × weight to unit {j}: ")
    assert close(figure(said.split("= ")[-1]), x * w)


@pytest.fixture
def open_view(jupyter):
    made = []

    def make(cell):
        made.append(XRayView(jupyter, cell))
        return made[-1]

    yield make
    made[-1].assert_quiet()


@pytest.fixture
def view(open_view):
    return open_view(SMALL)


@pytest.fixture
def right():
    """The numbers of the first layer for the example that is shown first."""
    return judge(NET, X, y, 5)[1][0]


def test_arrow_keys_move_and_all_numbers_are_the_packages(view):
    J, layers = judge(NET, X, y, 5)
    text = view.root.inner_text()
    assert f"label is {y[5]}" in text and f"J = {J:.4f}" in text and "N = 1" in text
    view.table.focus()
    for keys, i, j in [([], 0, 0), (["ArrowDown"], 1, 0), (["ArrowDown"], 1, 0),
                       (["ArrowRight"] * 3, 1, 3), (["ArrowRight"], 1, 3), (["Home"], 0, 3),
                       (["ArrowLeft", "End"], 1, 2)]:  # fmt: skip
        view.press(*keys)
        assert_page_is_right(view, layers[0], i, j)
        assert close(view.result("a"), layers[0]["a"][j])
        terms = [view.term("backward", k)[2] for k in range(3)]
        assert all(close(t, layers[1]["dZ"][k] * layers[1]["W"][j, k]) for k, t in enumerate(terms))
        assert close(view.result("dA"), layers[1]["W"][j] @ layers[1]["dZ"])
        assert close(view.result("slope"), 1 - layers[0]["a"][j] ** 2)
    assert view.active_cell() == 0, "the keys move the X-ray, not the notebook"
    assert view.place() == [5, 1, 1, 2]

    view.choose("layer", "2: 4 → 3")
    view.wait_for(layer=2, i=0, j=int(y[5]))
    view.table.focus()
    for key in ("ArrowDown", "ArrowRight", "ArrowDown", "ArrowLeft", "ArrowLeft"):
        view.press(key)
        assert_page_is_right(view, layers[1], int(view.data("i")), int(view.data("j")))
        P = layers[1]["dZ"] + (np.arange(3) == y[5])
        for k in range(3):
            shown = view.term("backward", k)
            assert close(shown[0], layers[1]["z"][k]) and close(shown[1], P[k])
            assert shown[2] == (k == y[5]) and close(shown[3], layers[1]["dZ"][k])


def test_another_example_by_slider_and_typed(view):
    for n in (17, 59, 0):
        view.enter(view.box("example"), str(n))
        view.wait_for(example=n)
        assert_page_is_right(view, judge(NET, X, y, n)[1][0], 0, 0)
    view.slider("example").focus()
    view.press("ArrowRight")
    view.wait_for(example=1)
    assert_page_is_right(view, judge(NET, X, y, 1)[1][0], 0, 0)


def test_mouse_looks_and_click_chooses(view, right):
    view.row("forward", 1).hover()
    assert_page_is_right(view, right, 1, 0)
    view.look_away()
    view.wait_for(i=0)
    view.row("forward", 1).click()
    view.look_away()
    assert_page_is_right(view, right, 1, 0)
    strip = view.root.locator('canvas[aria-label^="What the 4 units"]')
    strip.click(position={"x": strip.bounding_box()["width"] * 0.6, "y": 30})
    view.look_away()
    assert_page_is_right(view, right, 1, 2)
    row = view.table.locator('tr[aria-selected="true"]')
    assert row.count() == 1 and row.inner_text().startswith("▸ 1")
    assert view.table.get_attribute("aria-activedescendant") == row.get_attribute("id")
    assert view.place() == [5, 1, 1, 2]


def test_numbers_can_be_typed_and_wrong_ones_are_named(view, right):
    view.type_place("j", "3")
    view.type_place("i", "1")
    assert_page_is_right(view, right, 1, 3)
    for wrong in ("4", "-1", "one"):
        view.type_place("j", wrong)
        view.said(f"expected a whole number from 0 to 3, got '{wrong}'")
        assert view.data("j") == "3"
    view.type_place("j", "2")
    assert_page_is_right(view, right, 1, 2)
    assert view.root.locator(".nn-message").inner_text() == ""


def test_a_step_lowers_the_cost_in_a_copy_and_reset_undoes_it(view):
    twin = NET.astype("float64")
    first = view.ask("float(seen.net.theta.sum())")
    view.enter(view.box("lr"), "0.5")
    before = twin.loss_and_grad(X[5:6], y[5:6])
    promised, mean = 0.5 * float(twin.grad @ twin.grad), twin.loss(X, y)
    assert_page_is_right(view, judge(twin, X, y, 5)[1][0], 0, 0, lr=0.5)
    view.click("Apply this step")
    view.wait_for(steps=1)
    twin.theta -= 0.5 * twin.grad
    after = twin.loss(X[5:6], y[5:6])
    assert after < before
    step = view.root.locator('[data-result="step"]')
    assert f"J of this example {before:.4f} → {after:.4f}." in step.inner_text()
    assert f"{promised:.4f} less; got {before - after:.4f} less" in step.inner_text()
    means = view.root.locator('[data-result="mean"]').inner_text()
    assert f"{mean:.4f} → {twin.loss(X, y):.4f}" in means
    assert_page_is_right(view, judge(twin, X, y, 5)[1][0], 0, 0, lr=0.5)
    J, total = view.ask("[seen.J, float(seen.net.theta.sum())]")
    assert abs(J - after) < 1e-9 and abs(total - float(twin.theta.sum())) < 1e-9
    view.click("Reset")
    view.wait_for(steps=0)
    assert step.count() == 0
    assert view.ask("float(seen.net.theta.sum())") == first


def test_forward_backward_or_both(view):
    for label, shown in (("forward", [True, False]), ("backward", [False, True]),
                         ("both", [True, True])):  # fmt: skip
        view.choose("show", label)
        assert [part.is_visible() for part in view.parts.values()] == shown


def test_a_digit_as_pictures_with_the_numbers_of_the_pixel_under_the_mouse(open_view):
    view = open_view(DIGITS)
    data = nn.load_mnist()
    _, layers = judge(nn.mlp([784, 32, 10], seed=0), data.test.X[:100], data.test.y[:100], 4)
    terms = layers[0]["x"] * layers[0]["W"][:, 0]
    assert_page_is_right(view, layers[0], int(abs(terms).argmax()), 0)
    shown = [int(n) for n in view.table.locator("tr[data-term]").evaluate_all(
        "rows => rows.map((row) => row.dataset.term).filter((term) => /^[0-9]+$/.test(term))")]  # fmt: skip
    assert shown == np.argsort(-abs(terms), kind="stable")[:8].tolist()
    assert "… and 776 more" in view.row("forward", "rest").inner_text()
    assert close(view.term("forward", "rest")[0], terms.sum() - terms[shown].sum())

    canvas = view.parts["forward"].locator("canvas")
    canvas.scroll_into_view_if_needed()
    place = canvas.bounding_box()
    side = min((place["width"] - 24) / 3, place["height"] - 38)
    for picture, r, c in ((0, 10, 14), (1, 20, 3), (2, 14, 13)):
        at = {"x": picture * (side + 12) + (c + 0.5) * side / 28, "y": 18 + (r + 0.5) * side / 28}
        canvas.hover(position=at)
        assert_page_is_right(view, layers[0], 28 * r + c, 0)
        assert f"row {r}, column {c}" in view.root.locator(".nn-place").inner_text()
    canvas.click(position=at)
    view.look_away()
    assert_page_is_right(view, layers[0], 28 * 14 + 13, 0)
    canvas.focus()
    view.press("PageDown", "ArrowUp", "ArrowRight", "ArrowRight")
    assert_page_is_right(view, layers[0], 28 * 15 + 12, 2)
    label = canvas.get_attribute("aria-label")
    assert label.startswith("Inputs, weights of unit 2 and their products")
    for key, i, j in (("End", 783, 2), ("PageDown", 783, 2), ("Home", 0, 2)):
        view.press(key)
        assert_page_is_right(view, layers[0], i, j)
    view.choose("layer", "2: 32 → 10")
    j = int(data.test.y[4])
    view.wait_for(layer=2, j=j)
    assert_page_is_right(view, layers[1], int(view.data("i")), j)
    view.root.locator(".nn-thumb").wait_for(state="visible")


def test_moving_is_instant_and_leaves_no_backlog(open_view):
    view = open_view(DIGITS)
    view.table.focus()
    took = view.page.evaluate(HUNDRED_KEYS)
    print(f"a key until the numbers are there, in ms: median {took[50]:.1f}, 95% {took[95]:.1f}")
    assert took[50] < 50
    assert view.data("j") == "31", "34 moves to the right, and 31 is the last"
    view.until("[seen.example, seen.layer, seen.i, seen.j]", [4, 1, int(view.data("i")), 31])


def test_without_labels_only_the_way_forward(open_view):
    view = open_view(PLAIN)
    assert view.result("z") == 4.75
    assert [view.term("forward", i)[2:] for i in range(3)] == [[0.5, 0.5], [-2, -1.5], [6, 4.5]]
    assert not view.parts["backward"].is_visible()
    assert view.page.get_by_role("button", name="Apply this step").count() == 0
    assert "softmax" not in view.root.inner_text()


def test_dark_and_light_and_after_a_reload(view):
    color = "() => getComputedStyle(document.querySelector('.nn-xray td')).color"
    view.jupyter.theme("Light")
    light = view.page.evaluate(color)
    for theme, equal in (("Dark", "!=="), ("Light", "===")):
        view.jupyter.theme(theme)
        view.page.wait_for_function(f"light => ({color})() {equal} light", arg=light)
    view.type_place("j", "2")
    view.wait_for(j=2)
    view.save_and_reload()
    view.wait_for(i=0, j=2, example=5)
