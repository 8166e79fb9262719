"""Every figure, given nothing, one thing, a wrong rank or NaN: drawn rightly, or refused in a sentence."""

import inspect
import re
import time
import warnings
from types import SimpleNamespace

import numpy as np
import optuna
import pytest

import nnhelpers as nn
from nnhelpers import figures
from nnhelpers.figures import images
from nnhelpers.gradcheck import GradientReport

NAN, ONE, TWO = np.full((3, 2), np.nan), np.ones((1, 2)), np.ones((3, 2))
NET = nn.mlp([2, 3, 2])
BOX = (-1, 1, -1, 1)
REPORT = GradientReport("central", 1e-6, {"layers.0.W": np.zeros((2, 3)), "layers.0.b": np.ones(3)})
RESULT = {"rung": "adam", "seed": 0, "experiment": False, "settings": {}, "valid_accuracy": 0.9,
          "test_accuracy": 0.9, "seconds": 1.0}  # fmt: skip


def hollow(x):
    return x[..., 0] ** 2 + x[..., 1] ** 2


def broken_net():
    net = NET.copy()
    net.theta[...] = np.nan
    return net


def report(per_parameter):
    return GradientReport("central", 1e-6, per_parameter)


def history(loss=(1.0, 0.5), accuracy=(0.1, 0.2), valid=(), **settings):
    return nn.History(settings, list(loss), list(accuracy), list(valid), list(valid), [1.0])


def study(n=3, **options):
    found = optuna.create_study(**({"direction": "maximize"} | options))
    two = len(found.directions) == 2
    found.optimize(
        lambda t: (t.suggest_float("x", 0, 1), 1.0) if two else t.suggest_float("x", 0, 1), n
    )
    return found


# Name -> calls that are drawn, and calls that are refused with a part of the sentence. ``ax`` is an
# axes of its own for each call.
CALLS = {
    "new_figure": ([lambda ax: figures.new_figure(), lambda ax: figures.new_figure(1, 1, (2, 2))], [
        (lambda ax: figures.new_figure(0), "rows as an integer of at least 1, got 0"),
        (lambda ax: figures.new_figure(1, 1.5), "columns as an integer of at least 1, got 1.5"),
        (lambda ax: figures.new_figure(size=(0, 3)), "size as a width and a height"),
        (lambda ax: figures.new_figure(size=3), r"size of shape \(2,\), got \(\)"),
        (lambda ax: figures.new_figure(size=(np.nan, 3)), "size as finite numbers")]),
    "Picture": ([lambda ax: figures.Picture(ax.figure, "")], [
        (lambda ax: figures.Picture(None, "a"), "expected a Matplotlib figure, got NoneType"),
        (lambda ax: figures.Picture(ax, "a"), "expected a Matplotlib figure, got Axes"),
        (lambda ax: figures.Picture(ax.figure, None), "alt as a text")]),
    "styled": ([lambda ax: figures.styled().__enter__()], []),
    "plot_history": ([
        lambda ax: nn.plot_history(history(), save=False),
        lambda ax: nn.plot_history(history([2.0], [0.5]), save=False),
        lambda ax: nn.plot_history(history([1.0, np.nan], [0.1, 0.1]), save=False),
        lambda ax: nn.plot_history(history([np.inf], [0.1]), save=False),
        lambda ax: nn.plot_history(history([np.nan] * 3, [0.1] * 3, [np.nan]), save=False),
        lambda ax: nn.plot_history(history(sizes=None, lr="fast"), save=False)], [
        (lambda ax: nn.plot_history(None), "expected a history, such as the one that nn.fit"),
        (lambda ax: nn.plot_history([1.0]), "expected a history, such as the one that nn.fit"),
        (lambda ax: nn.plot_history(nn.History), "expected a history, such as"),
        (lambda ax: nn.plot_history(nn.History()), "at least one mini-batch, got an empty one"),
        (lambda ax: nn.plot_history(history([1.0])), "1 entries in batch_loss and 2 in batch_acc"),
        (lambda ax: nn.plot_history(nn.History({}, [1], [1], [1], [])), "0 entries in valid_accuracy and 1 in valid_loss"),
        (lambda ax: nn.plot_history(history([[1.0]], [1])), r"batch_loss of shape \(n,\), got"),
        (lambda ax: nn.plot_history(history(["a"], [1])), "batch_loss of shape .* real numbers")]),
    "run_name": ([lambda ax: figures.run_name(nn.History({"sizes": 5, "lr": None}))], [
        (lambda ax: figures.run_name(None), "expected a history")]),
    "show_digits": ([lambda ax: nn.show_digits(np.ones((3, 784)))], [
        (lambda ax: nn.show_digits(np.ones((0, 784))), r"expected X with at least one number, got none.*\(0, 784\)"),
        (lambda ax: nn.show_digits([]), "expected X with at least one number, got none"),
        (lambda ax: nn.show_digits(None), "X as real numbers, got NoneType"),
        (lambda ax: nn.show_digits(["a"]), "X as real numbers"),
        (lambda ax: nn.show_digits([[1, 2], [3]]), "X as real numbers, got list"),
        (lambda ax: nn.show_digits(5), r"or \(height, width\), got \(\)"),
        (lambda ax: nn.show_digits(np.ones(783)), r"got \(783,\)"),
        (lambda ax: nn.show_digits(np.full((2, 784), np.nan)), r"got nan at \(0, 0\)"),
        (lambda ax: nn.show_digits(np.ones((2, 2, 2, 2, 2))), "got"),
        (lambda ax: nn.show_digits(np.ones((3, 784)), range(2)), "got 2 for 3 images"),
        (lambda ax: nn.show_digits(np.ones((1, 784)), range(2)), "got 2 for 1 image"),
        (lambda ax: nn.show_digits(np.ones((3, 784)), "0"), "got 1 for 3 images"),
        (lambda ax: nn.show_digits(np.ones((3, 784)), columns=0), "columns as an integer"),
        (lambda ax: nn.show_digits(np.ones((3, 784)), size=0), "size above 0")]),
    "draw_image": ([lambda ax: figures.draw_image(ax, np.zeros(784), signed=True),
                    lambda ax: figures.draw_image(ax, np.ones((8, 5))),
                    lambda ax: figures.draw_image(ax, [[0, 1], [1, 0]])], [
        (lambda ax: figures.draw_image(ax, []), "X with at least one number, got none"),
        (lambda ax: figures.draw_image(ax, np.ones((2, 784))), "expected one image to draw, got 2|expected one image, got 2"),
        (lambda ax: figures.draw_image(ax, np.full(784, np.inf)), r"got inf at \(0,\)")]),
    "draw_matrix": ([lambda ax: figures.draw_matrix(ax, [[1.0]]),
                     lambda ax: figures.draw_matrix(ax, TWO > 0)], [
        (lambda ax: figures.draw_matrix(ax, np.ones((0, 3))), r"M of shape \(n, m\) with .* got none"),
        (lambda ax: figures.draw_matrix(ax, np.ones(3)), r"got \(3,\). Try M\[None\]"),
        (lambda ax: figures.draw_matrix(ax, np.ones((1, 2, 3))), r"got \(1, 2, 3\)"),
        (lambda ax: figures.draw_matrix(ax, TWO + 1j), "real numbers, got an array of complex128"),
        (lambda ax: figures.draw_matrix(ax, NAN), r"got nan at \(0, 0\)")]),
    "draw_numbers": ([lambda ax: figures.draw_numbers(ax, [[1, 0]])], [
        (lambda ax: figures.draw_numbers(ax, []), "got none"),
        (lambda ax: figures.draw_numbers(ax, 3), r"got \(\)"),
        (lambda ax: figures.draw_numbers(ax, NAN), "finite numbers")]),
    "draw_units": ([lambda ax: figures.draw_units(ax, np.ones(8), [0, 1] * 4, 1.0),
                    lambda ax: figures.draw_units(ax, [1.0], [1], 1.0, rows=1)], [
        (lambda ax: figures.draw_units(ax, [], [], 1.0), "A of shape .* got none"),
        (lambda ax: figures.draw_units(ax, np.ones(8), np.ones(7), 1.0), r"mask of shape \(8,\)"),
        (lambda ax: figures.draw_units(ax, np.ones(9), np.ones(9), 1.0), "that 8 rows divide, got 9"),
        (lambda ax: figures.draw_units(ax, TWO, TWO, 1.0), r"A of shape \(n,\), got \(3, 2\)")]),
    "plot_confusion": ([lambda ax: figures.plot_confusion([[3]], "One."),
                        lambda ax: figures.plot_confusion(np.zeros((2, 2), int), "None yet.")], [
        (lambda ax: figures.plot_confusion([], "x"), "C of shape .* got none"),
        (lambda ax: figures.plot_confusion(TWO, "x"), r"square matrix of counts, got \(3, 2\)"),
        (lambda ax: figures.plot_confusion(-np.eye(2), "x"), "matrix of counts"),
        (lambda ax: figures.plot_confusion(NAN, "x"), "C as finite numbers")]),
    "draw_layer": ([lambda ax: figures.draw_layer([[1.0]], [[2.0]], [3.0])], [
        (lambda ax: figures.draw_layer(np.ones((0, 2)), TWO, [1, 1]), "X of shape .* got none"),
        (lambda ax: figures.draw_layer(ONE, TWO, [1, 1]), r"W of shape \(2, n_out\), got \(3, 2\)"),
        (lambda ax: figures.draw_layer(ONE, TWO.T, [1, 1]), r"b of shape \(3,\), got \(2,\)"),
        (lambda ax: figures.draw_layer(NAN, TWO.T, [1, 1, 1]), "X as finite numbers")]),
    "draw_network": ([lambda ax: figures.draw_network(ax, [(np.zeros((1, 1)), [0.0])])], [
        (lambda ax: figures.draw_network(ax, []), r"list of pairs \(W, b\)"),
        (lambda ax: figures.draw_network(ax, NET), r"list of pairs \(W, b\)"),
        (lambda ax: figures.draw_network(ax, [TWO]), r"list of pairs|got \(\)"),
        (lambda ax: figures.draw_network(ax, [(TWO, [1, 1]), (TWO, [1, 1])]), r"W of shape \(2, n"),
        (lambda ax: figures.draw_network(ax, [(NAN, [1, 1])]), "W as finite numbers")]),
    "draw_chain": ([lambda ax: figures.draw_chain(ax, ["X"], [], []),
                    lambda ax: figures.draw_chain(ax, "XZ", ["f"], ["b"])], [
        (lambda ax: figures.draw_chain(ax, [], [], []), "got 0 boxes"),
        (lambda ax: figures.draw_chain(ax, ["a", "b"], [], ["b"]), "2 boxes, 0 forward and 1 back")]),
    "draw_batch_norm_graph": ([figures.draw_batch_norm_graph], []),
    "draw_opinions": ([lambda ax: figures.draw_opinions(ax, ONE / 2),
                       lambda ax: figures.draw_opinions(ax, [[0.2, 0.8], [0.1, 0.9]])], [
        (lambda ax: figures.draw_opinions(ax, []), "P of shape .* got none"),
        (lambda ax: figures.draw_opinions(ax, [0.2, 0.8]), r"got \(2,\). Try P\[None\]"),
        (lambda ax: figures.draw_opinions(ax, NAN), "P as finite numbers")]),
    "draw_points": ([lambda ax: figures.draw_points(ax, ONE, [0]),
                     lambda ax: figures.draw_points(ax, TWO, np.array([True, False, True])),
                     lambda ax: figures.draw_points(ax, TWO.tolist(), [0.0, 1.0, 2.0])], [
        (lambda ax: figures.draw_points(ax, np.ones((0, 2)), []), "X of shape .* got none"),
        (lambda ax: figures.draw_points(ax, np.ones((3, 3)), [0, 1, 2]), r"got \(3, 3\)"),
        (lambda ax: figures.draw_points(ax, [1.0, 2.0], [0]), r"Try X\[None\]"),
        (lambda ax: figures.draw_points(ax, TWO, [0, 1]), "each of 3 examples, got 2"),
        (lambda ax: figures.draw_points(ax, TWO, [0, 1, -1]), "from 0 to 99, got -1 to 1"),
        (lambda ax: figures.draw_points(ax, TWO, [0, 1, 10**9]), "from 0 to 99.*np.unique"),
        (lambda ax: figures.draw_points(ax, TWO, [0.5, 1, 2]), "class numbers, got 0.5"),
        (lambda ax: figures.draw_points(ax, TWO, ["a", "b", "c"]), "y of shape .* as real numbers"),
        (lambda ax: figures.draw_points(ax, NAN, [0, 1, 1]), "X as finite numbers")]),
    "draw_boundary": ([lambda ax: figures.draw_boundary(ax, NET, ONE, [0], grid=5),
                       lambda ax: figures.draw_boundary(ax, nn.mlp([2, 1], loss=nn.SigmoidCrossEntropy()), TWO, [0, 1, 1], grid=5)], [
        (lambda ax: figures.draw_boundary(ax, NET, [], []), "X of shape .* got none"),
        (lambda ax: figures.draw_boundary(ax, nn.mlp([3, 2]), TWO, [0, 1, 1]), "two inputs.* got 3"),
        (lambda ax: figures.draw_boundary(ax, None, TWO, [0, 1, 1]), "expected a network, such as"),
        (lambda ax: figures.draw_boundary(ax, broken_net(), TWO, [0, 1, 1]), "network's probabilities"),
        (lambda ax: figures.draw_boundary(ax, NET, TWO, [0, 1, 1], grid=1), "grid as an integer")]),
    "plot_boundary": ([lambda ax: figures.plot_boundary(NET, ONE, [0])], [
        (lambda ax: figures.plot_boundary(NET, np.ones(3), [0]), r"X of shape \(N, 2\), got \(3,\)"),
        (lambda ax: figures.plot_boundary(NET, NAN, [0, 1, 1]), "X as finite numbers")]),
    "draw_descents": ([lambda ax: figures.draw_descents(ax, hollow, {"SGD": ONE}, BOX),
                       lambda ax: figures.draw_descents(ax, lambda x: 0 * hollow(x), {"a": TWO}, BOX),
                       lambda ax: figures.draw_descents(ax, lambda x: np.log(np.where(x[..., 0] > 0, x[..., 0], np.nan)), {"a": NAN}, BOX)], [
        (lambda ax: figures.draw_descents(ax, hollow, {}, BOX), "paths with at least one entry"),
        (lambda ax: figures.draw_descents(ax, hollow, [TWO], BOX), "paths as a dict"),
        (lambda ax: figures.draw_descents(ax, hollow, {"a": []}, BOX), "the path of a .* got none"),
        (lambda ax: figures.draw_descents(ax, hollow, {"a": [1, 2]}, BOX), r"got \(2,\)"),
        (lambda ax: figures.draw_descents(ax, None, {"a": TWO}, BOX), "cost as a function"),
        (lambda ax: figures.draw_descents(ax, np.sum, {"a": TWO}, BOX), "the costs of shape"),
        (lambda ax: figures.draw_descents(ax, hollow, {"a": TWO}, (0, 1)), r"box of shape \(4,\)")]),
    "draw_gradient_report": ([lambda ax: figures.draw_gradient_report(figures.new_figure()[0].subfigures(), REPORT)], [
        (lambda ax: figures.draw_gradient_report(ax.figure, None), "expected a report, such as nn.g"),
        (lambda ax: figures.draw_gradient_report(ax.figure, report({})), "at least one entry")]),
    "plot_gradient_report": ([
        lambda ax: figures.plot_gradient_report(REPORT, "x"),
        lambda ax: figures.plot_gradient_report(report({"layers.0.W": [[np.nan]]}), "x")], [
        (lambda ax: figures.plot_gradient_report(report({"layers.0.W": []}), "x"), "errors of layers.0.W"),
        (lambda ax: figures.plot_gradient_report(report({"layers.0.W": np.ones((1, 1, 1))}), "x"), "got")]),
    "plot_gradient_reports": ([lambda ax: figures.plot_gradient_reports({"a": REPORT}, "x")], [
        (lambda ax: figures.plot_gradient_reports({}, "x"), "reports with at least one entry"),
        (lambda ax: figures.plot_gradient_reports([REPORT], "x"), "reports as a dict"),
        (lambda ax: figures.plot_gradient_reports({"a": REPORT}, "x", columns=0), "columns as an")]),
    "plot_projections": ([lambda ax: figures.plot_projections({"one": ONE}),
                          lambda ax: figures.plot_projections({n: TWO for n in range(12)})], [
        (lambda ax: figures.plot_projections({}), "designs with at least one entry"),
        (lambda ax: figures.plot_projections({"a": np.ones(2)}), r"points of 'a' of shape \(n, 2\)"),
        (lambda ax: figures.plot_projections({"a": NAN}), "finite numbers")]),
    "plot_tuning": ([lambda ax: figures.plot_tuning(study()), lambda ax: figures.plot_tuning(study(1))], [
        (lambda ax: figures.plot_tuning(None), "expected a study, such as the one that nn.tune"),
        (lambda ax: figures.plot_tuning(study(0)), "at least one complete trial"),
        (lambda ax: figures.plot_tuning(study(2, direction=None, directions=["maximize"] * 2)), "one of 2")]),
    "tuning_importance": ([lambda ax: figures.tuning_importance(study(0))], [
        (lambda ax: figures.tuning_importance([]), "expected a study"),
        (lambda ax: figures.tuning_importance(study(), ["lr"]), r"the study varied, got \['lr'\]")]),
    "draw_roofline": ([lambda ax: figures.draw_roofline(ax, 1e12, 1e11),
                       lambda ax: figures.draw_roofline(ax, 1e12, 1e11, [("one", 2.0, 1e10)])], [
        (lambda ax: figures.draw_roofline(ax, 0, 1e11), "peak above 0"),
        (lambda ax: figures.draw_roofline(ax, 1e12, np.nan), "bandwidth as finite"),
        (lambda ax: figures.draw_roofline(ax, [1e12], 1e11), "peak"),
        (lambda ax: figures.draw_roofline(ax, 1e12, 1e11, [("a", 1.0)]), "'a' with an intensity"),
        (lambda ax: figures.draw_roofline(ax, 1e12, 1e11, [("a", 0.0, 1e9)]), "both above 0")]),
    "draw_time_bars": ([lambda ax: figures.draw_time_bars(ax, {"a": {"": 1.0, "b": 0.0}})], [
        (lambda ax: figures.draw_time_bars(ax, {}), "rows with at least one entry"),
        (lambda ax: figures.draw_time_bars(ax, {"a": {}}), "parts of 'a' with at least one"),
        (lambda ax: figures.draw_time_bars(ax, {"a": {"b": 0.0}}), "the seconds of 'a' of at least 0, and"),
        (lambda ax: figures.draw_time_bars(ax, {"a": {"b": np.nan}}), "seconds of 'a' as finite"),
        (lambda ax: figures.draw_time_bars(ax, [1.0]), "rows as a dict")]),
    "plot_record": ([lambda ax: figures.plot_record([]), lambda ax: figures.plot_record([RESULT])], [
        (lambda ax: figures.plot_record([{}]), "results from read_results, each with rung"),
        (lambda ax: figures.plot_record("record.jsonl"), "results from read_results"),
        (lambda ax: figures.plot_record(5), "results from read_results")]),
}  # fmt: skip
CONSTANTS = {"ABOVE", "BELOW", "COLORS", "DASHES", "DIVERGING", "MARKERS"}


def test_every_public_figure_is_in_the_table():
    assert set(CALLS) | CONSTANTS == set(figures.__all__)


@pytest.fixture
def ax():
    return figures.new_figure()[1]


def drawn(what, ax):
    """The bytes of what was drawn, whatever the function returned."""
    figure = getattr(what, "figure", None) or (what if hasattr(what, "savefig") else ax.figure)
    return figures.Picture(getattr(figure, "figure", figure), "").png()


@pytest.mark.parametrize("name", CALLS)
@pytest.mark.filterwarnings("error")
def test_what_can_be_drawn_is_drawn(name, ax):
    for call in CALLS[name][0]:
        assert len(drawn(call(ax), ax)) > 500, inspect.getsource(call)


@pytest.mark.parametrize("name", CALLS)
def test_what_cannot_be_drawn_is_refused_in_a_sentence(name, ax):
    for call, sentence in CALLS[name][1]:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            with pytest.raises((ValueError, TypeError), match=sentence) as caught:
                call(ax)
        assert re.match("expected ", str(caught.value)), caught.value
        files = {entry.path.name for entry in caught.traceback}
        assert caught.traceback[-1].path.parent.name == "figures", files


# ---------------------------------------------------------------- digits


def shown(X, *args, **options):
    """The images in a figure of digits, in order."""
    axes = nn.show_digits(X, *args, **options).figure.axes
    return [np.asarray(ax.images[0].get_array()) for ax in axes if ax.images]


def limits(X):
    return nn.show_digits(X).figure.axes[0].images[0].get_clim()


GREY = np.arange(2 * 20 * 30).reshape(2, 20, 30) / 1200


@pytest.mark.parametrize("X, images", [
    (GREY[0, :, :20].ravel(), [GREY[0, :, :20]]),  # one row
    (GREY[0, :, :20], [GREY[0, :, :20]]),  # a square image
    (GREY[0], [GREY[0]]),  # any other
    (GREY, [*GREY]),
    (GREY[..., None], [*GREY]), (GREY[:, None], [*GREY]),  # with a channel
    (GREY[:1, :, :20].reshape(1, 400), [GREY[0, :, :20]]),
    (GREY[0, :, :16].reshape(5, 64), [*GREY[0, :, :16].reshape(5, 8, 8)]),  # 8 by 8
    (GREY[0, :16, :16].reshape(64, 4), [*GREY[0, :16, :16].reshape(64, 2, 2)]),  # rows come first
    (GREY[0].tolist(), [GREY[0]]), (GREY.astype("float32"), [*GREY.astype("float32")]),
])  # fmt: skip
def test_images_of_any_shape(X, images):
    got = shown(X)
    assert len(got) == len(images) and all(map(np.array_equal, got, images))


def test_one_image_is_one_picture_and_takes_no_time():
    began = time.perf_counter()
    for image in (np.ones(784), np.ones((28, 28)), np.ones((1, 784))):
        picture = nn.show_digits(image, titles=7)
        assert len(picture.figure.axes) == 1 and picture.figure.axes[0].get_title() == "7"
    assert time.perf_counter() - began < 2


@pytest.mark.parametrize("X, limit", [
    (np.zeros((2, 64)), 1), (np.full((2, 64), 0.5), 1), (np.full((2, 64), 1.3), 1),
    (np.arange(128).reshape(2, 64) % 17, 16), (np.full((2, 64), 255, "uint8"), 255),
    (np.full((2, 64), 16.0), 16), (np.ones((2, 64), bool), 1), (np.full((2, 64), -1), 1),
])  # fmt: skip
def test_ink_is_black_however_it_is_counted(X, limit):
    assert limits(X) == (0, limit)


def test_of_very_many_images_the_first_are_shown_and_that_is_said(capsys):
    X = np.random.default_rng(0).random((1000, 16))
    got = shown(X, titles=range(1000), columns=20)
    assert len(got) == images.MOST_IMAGES and np.array_equal(got[-1], X[299].reshape(4, 4))
    assert capsys.readouterr().out == "These are the first 300 of 1,000 images.\n"
    assert len(shown(X[:300], columns=20)) == 300 and capsys.readouterr().out == ""


@pytest.mark.parametrize("titles", [
    [3, 4], (n for n in (3, 4)), np.array([3, 4]), map(int, "34"), "34"[::1].split("x") * 2,
])  # fmt: skip
def test_titles_of_any_kind(titles):
    axes = nn.show_digits(np.ones((2, 784)), titles).figure.axes
    assert axes[0].get_title() in ("3", "34") and axes[1].get_title() in ("4", "34")


@pytest.mark.parametrize("X", [
    np.ones((5, 28, 28, 3)), np.ones((5, 3, 28, 28)), np.ones((28, 28, 4)), np.ones((5, 785)),
    np.ones(785),
])  # fmt: skip
def test_the_hint_of_images_that_cannot_be_shown_works(X):
    with pytest.raises(ValueError) as caught:
        nn.show_digits(X)
    mended = eval(re.search(r"Try (.+)$", str(caught.value))[1], {"X": X})
    assert len(shown(mended)) == (5 if len(X) == 5 else 1) and shown(mended)[0].shape == (28, 28)


@pytest.mark.parametrize("draw, given, name", [
    (figures.draw_matrix, np.ones(3), "M"), (figures.draw_opinions, np.array([0.2, 0.8]), "P"),
    (lambda ax, X: figures.draw_points(ax, X, [0]), np.ones(2), "X"),
])  # fmt: skip
def test_the_hint_for_a_wrong_rank_works(ax, draw, given, name):
    with pytest.raises(ValueError) as caught:
        draw(ax, given)
    draw(ax, eval(re.search(r"Try (.+)$", str(caught.value))[1], {name: given}))


def test_the_hint_for_labels_that_number_no_classes_works(ax):
    y = np.array([5, 1000, 7])
    with pytest.raises(ValueError) as caught:
        figures.draw_points(ax, TWO, y)
    figures.draw_points(ax, TWO, eval(str(caught.value).partition("try ")[2], {"np": np, "y": y}))


# ---------------------------------------------------------------- a training that diverged


def test_a_cost_that_is_no_number_leaves_the_others_in_place():
    costs = [2.0, 1.0, np.nan, np.inf]
    picture = nn.plot_history(history(costs, [0.1, 0.5, 0.5, 0.5]), save=False)
    left = picture.figure.axes[0]
    assert left.lines[1].get_ydata()[:2].tolist() == [2.0, 1.0]
    low, high = left.get_ylim()
    assert low == 0 and 2 <= high < 3 and picture.png()


def test_a_history_by_any_other_class_is_drawn_too():
    one = SimpleNamespace(**vars(history()), epochs=1, valid_after=[])
    assert nn.plot_history(one, save=False).png()
