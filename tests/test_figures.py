"""Figures: what they show, where they are saved, and what stands in for them."""

import base64
import threading

import matplotlib
import numpy as np
import pytest

import nnhelpers as nn
from nnhelpers import figures
from nnhelpers.figures.history import _running_mean
from nnhelpers.gradcheck import GradientReport
from nnhelpers.studies.ladder import RUNGS, settings_of

PNG = b"\x89PNG\r\n\x1a\n"


@pytest.fixture(scope="module")
def trained():
    net, train = nn.mlp([2, 8, 3]), nn.make_spirals(90, seed=0)
    options = {"epochs": 4, "batch_size": 10, "progress": False}
    return net, train, nn.fit(net, train, train, optimizer=nn.SGD(0.1), **options)


@pytest.fixture
def ax():
    return figures.new_figure()[1]


def errors_of(net):
    return nn.gradient_check(net, np.random.default_rng(0).normal(size=(6, 5)), np.arange(6) % 3)


def test_a_picture_shows_itself_with_a_text(trained):
    picture = figures.plot_boundary(trained[0], *trained[1], alt="Three  arms\n of points.")
    data, metadata = picture._repr_mimebundle_()
    assert data["text/plain"] == "[figure] Three arms of points."
    assert metadata == {"image/png": {"alt": "Three arms of points."}}
    assert base64.b64decode(data["image/png"]).startswith(PNG)
    assert picture.png() == picture.png(), "the same figure is the same bytes"


def test_history_figure_draws_the_history(trained):
    history = trained[2]
    left, right = nn.plot_history(history, save=False).figure.axes
    assert left.lines[0].get_ydata().tolist() == history.batch_loss
    assert right.lines[1].get_ydata().tolist() == history.valid_accuracy
    assert right.lines[1].get_xdata().tolist() == [9, 18, 27, 36]


@pytest.mark.parametrize("last, scale", [(0.5, "linear"), (0.001, "log"), (0.0, "linear")])
def test_a_cost_that_falls_far_is_drawn_on_a_logarithmic_axis(last, scale):
    history = nn.History({}, [2.0, 0.7, last], [0.1, 0.5, 1.0], [], [], [1.0])
    left = nn.plot_history(history, save=False).figure.axes[0]
    assert left.get_yscale() == scale


def test_running_mean():
    assert _running_mean([1, 2, 3, 4], share=0.5).tolist() == [1, 1.5, 2.5, 3.5]
    assert _running_mean([1, 2]).tolist() == [1, 2]


def test_it_saves_itself_under_a_name_that_tells_the_run(tmp_path, monkeypatch):
    history = nn.History(
        settings={"sizes": [784, 128, 10], "lr": 0.04, "epochs": 40},
        batch_loss=[2.0, 1.0], batch_accuracy=[0.1, 0.5], valid_accuracy=[0.981], valid_loss=[0.1],
        seconds=[1.0] * 40,
    )  # fmt: skip
    assert figures.run_name(history) == "784-128-10_epochs40_lr0.04_valid98.10"
    monkeypatch.chdir(tmp_path)
    picture = nn.plot_history(history)
    assert picture.path == tmp_path / "img" / "784-128-10_epochs40_lr0.04_valid98.10.png"
    assert picture.path.read_bytes() == picture.png()


def test_the_name_of_a_deep_networks_run_is_no_longer_than_a_file_system_takes():
    history = nn.History({"sizes": [784, *70 * [200], 10], "lr": 0.1}, seconds=[1.0] * 4)
    assert figures.run_name(history) == "784-...-10_71layers_epochs4_lr0.1"


@pytest.mark.parametrize("name", ['a:b%c>d"e|f?', "../up", "x/y\\z", " spaces "])
def test_every_file_system_takes_the_name(name, tmp_path, trained):
    path = figures.plot_boundary(trained[0], *trained[1]).save(name, tmp_path)
    assert path.parent == tmp_path and path.exists()
    assert not set(path.name) & set('<>:"/\\|?*% ')


def test_an_empty_history_cannot_be_drawn():
    with pytest.raises(ValueError, match="at least one mini-batch"):
        nn.plot_history(nn.History())


def test_digits(rng):
    picture = nn.show_digits(rng.random((7, 784)), titles=range(7), columns=5)
    axes = picture.figure.axes
    assert len(axes) == 10 and axes[3].get_title() == "3" and not axes[8].images
    assert axes[0].images[0].get_array().shape == (28, 28)


def test_boundary_is_the_networks_opinion(trained, ax):
    net, (X, y), _ = trained
    figures.draw_boundary(ax, net, X, y, grid=30)
    assert ax.images[0].get_array().shape == (30, 30, 3)
    assert len(ax.collections) >= 3


@pytest.mark.parametrize("classes", [9, 12])
def test_more_classes_than_colors_can_be_drawn(classes):
    train = nn.make_spirals(60, classes=classes, seed=0)
    [ax] = figures.plot_boundary(nn.mlp([2, 8, classes]), *train).figure.axes
    assert len(ax.get_legend().get_texts()) == classes


def test_matrix_is_symmetric_about_zero(ax):
    assert figures.draw_matrix(ax, np.array([[1.0, -3.0]])).get_clim() == (-3, 3)
    assert figures.draw_matrix(ax, np.zeros((2, 2))).get_clim() == (-1, 1)


def test_colors_differ_in_grey_with_their_dashes_and_markers():
    assert len(set(figures.COLORS)) == len(figures.COLORS) <= len(figures.DASHES)
    assert len(set(map(str, figures.DASHES))) == len(figures.DASHES)
    assert len(set(figures.MARKERS)) == len(figures.MARKERS) >= 10


def test_strict_arrays_can_be_drawn(trained):
    net, (X, y), _ = trained
    there = net.to("strictarray")
    xp = nn.get_array_module(there.theta)
    figures.plot_boundary(there, xp.asarray(X), xp.asarray(y)).png()
    nn.show_digits(xp.asarray(np.zeros((3, 784)))).png()


def test_a_gradient_reports_map_shows_its_errors():
    report = errors_of(nn.mlp([5, 4, 3]))
    report.per_parameter["layers.0.W"][1, 2] = 0.5
    figure = figures.plot_gradient_report(report, alt="One wrong weight.").figure
    shown = figure.axes[0].images[0].get_array()
    assert shown.shape == (5, 4) and shown.argmax() == 1 * 4 + 2
    assert len(figures.plot_gradient_reports({"a": report, "b": report}, alt="Two.").png()) > 1000


@pytest.mark.parametrize("in_front", [False, True])
def test_a_gradient_reports_map_shows_batch_normalization(in_front):
    net = nn.mlp([5, 4, 3], batch_norm=True)
    if in_front:
        layers = [nn.BatchNorm(5), *(layer.fresh() for layer in net.layers)]
        net = nn.Network(layers, net.loss_function)
    report = errors_of(net)
    report.per_parameter[f"layers.{1 + in_front}.gamma"][2] = 0.5
    *axes, _ = figures.plot_gradient_report(report, alt="A wrong scale.").figure.axes
    names = [[label.get_text() for label in ax.get_yticklabels()] for ax in axes]
    assert names == [["γ0", "β0"]] * in_front + [["W1", "b1", "γ1", "β1"], ["W2", "b2"]]
    images = axes[in_front].images
    assert [tuple(image.get_array().shape) for image in images] == [(5, 4)] + 3 * [(1, 4)]
    assert images[2].get_array()[0, 2] == 0.5 and "to 0.50" in axes[in_front].get_xlabel()


def test_no_number_is_the_largest_error():
    report = GradientReport("central", 1e-6, {
        "layers.0.W": np.array([[0.0, np.nan], [np.inf, 1e-9]]), "layers.0.b": np.zeros(2)
    })  # fmt: skip
    ax = figures.plot_gradient_report(report, alt="Two that are no numbers.").figure.axes[0]
    image = ax.images[0]
    drawn = image.get_cmap()(image.norm(image.get_array()))
    black = image.get_cmap()(1.0)
    assert [[tuple(place) == black for place in row] for row in drawn] == [
        [False, True], [True, False]
    ]  # fmt: skip
    assert "to 1.00" in ax.get_xlabel()


def test_a_confusion_matrix_shows_its_counts():
    C = np.array([[5, 1], [2, 7]])
    picture = figures.plot_confusion(C, alt="Two classes.")
    texts = [text.get_text() for ax in picture.figure.axes for text in ax.texts]
    assert "1" in texts and "2" in texts


def test_a_network_is_drawn_with_all_its_weights(ax):
    net = nn.mlp([3, 4, 2])
    parameters = [(layer.params["W"], layer.params["b"]) for layer in net.layers[::2]]
    figures.draw_network(ax, parameters)
    assert len(ax.lines) == 3 * 4 + 4 * 2


def ladder(**accuracies):
    """Results of the runner: for each rung the test accuracies of seeds 0, 1, ..."""
    return [
        {"rung": name, "seed": seed, "experiment": False, "settings": settings_of(name),
         "valid_accuracy": accuracy, "test_accuracy": accuracy, "seconds": 1.0}
        for name, values in accuracies.items()
        for seed, accuracy in enumerate(values)
    ]  # fmt: skip


def texts(ax):
    return [text.get_text() for text in ax.texts]


def test_the_ladder_shows_mean_and_standard_error():
    results = ladder(adam=[0.982, 0.984], shifts=[0.991], tiny=[0.5])
    experiment = {**results[0], "experiment": True, "test_accuracy": None}
    above, below = figures.plot_record([*results, experiment]).figure.axes
    assert [label.get_text() for label in above.get_yticklabels()] == ["Adam"]
    assert [label.get_text() for label in below.get_yticklabels()] == ["shifts by whole pixels"]
    assert "98.30 ± 0.10, 2 seeds" in texts(above) and "99.10, one seed" in texts(below)
    assert len(above.containers) == 1 and len(below.containers) == 0, "one seed has no bar"
    (mean,) = [line for line in above.lines if line.get_marker() == "o"]
    assert np.allclose(mean.get_xdata(), 1.7), "1.7% of mistakes"
    left, right = above.get_xlim()
    assert left > 1.7 > 0.9 > right, "fewer mistakes are further to the right"


def test_the_ladder_marks_what_others_reached():
    above, below = figures.plot_record([]).figure.axes
    assert "maxout, 2013" in texts(above) and "elastic, 2003" in texts(below)
    assert "no rung measured so far" in texts(above) and "no rung measured so far" in texts(below)
    marked = [line.get_xdata()[0] for line in below.lines]
    assert np.allclose(marked, [0.7, 0.35])


@pytest.mark.parametrize("count", [1, 3, len(RUNGS) - 1])
def test_a_ladder_of_any_length_can_be_drawn(count):
    names = [name for name in RUNGS if name != "tiny"][:count]
    picture = figures.plot_record(ladder(**{name: [0.98, 0.985] for name in names}))
    assert sum(len(ax.get_yticklabels()) for ax in picture.figure.axes) == count
    assert picture.png().startswith(PNG)


def test_two_threads_that_draw_leave_matplotlibs_settings_alone():
    """Widgets draw on threads of their own, and Matplotlib has one set of settings for all."""
    before = dict(matplotlib.rcParams)
    first_is_in, second_is_in, first_is_out = (threading.Event() for _ in range(3))

    def first():
        with figures.styled():
            first_is_in.set()
            second_is_in.wait(0.2)  # in vain, if one waits for the other
        first_is_out.set()

    def second():
        first_is_in.wait()
        with figures.styled():
            second_is_in.set()
            first_is_out.wait()

    threads = [threading.Thread(target=work) for work in (first, second)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert dict(matplotlib.rcParams) == before


def test_every_figure_is_where_the_list_says():
    for name in figures._HOME:
        assert name in dir(figures) and getattr(figures, name) is not None
    with pytest.raises(AttributeError, match="has no attribute 'plot_nothing'"):
        figures.plot_nothing  # noqa: B018
