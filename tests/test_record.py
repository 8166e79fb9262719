"""The ladder's runner: what it records, what it leaves alone, and what happens when it is killed."""

import json
import math
import os
import re
import signal
import subprocess
import sys
import textwrap

import numpy as np
import pytest

import nnhelpers as nn
from nnhelpers.studies import ladder as record

SIGKILL = getattr(signal, "SIGKILL", signal.SIGTERM)


@pytest.fixture(scope="module")
def data():
    """A few hundred digits, so that a run takes no time."""
    whole = nn.load_mnist()
    return type(whole)(
        *(
            type(split)(split.X[:300], split.y[:300])
            for split in (whole.train, whole.valid, whole.test)
        )
    )


@pytest.fixture
def results(tmp_path):
    return tmp_path / "results.jsonl"


def command(results, *arguments):
    return record.main([*arguments, "--results", str(results), "--quiet"])


# ---------------------------------------------------------------- the ladder


def test_each_rung_builds_on_an_earlier_one_and_can_be_built(monkeypatch):
    monkeypatch.setattr(record, "mlp", small_mlp)
    names = list(record.RUNGS)
    for place, (name, rung) in enumerate(record.RUNGS.items()):
        assert rung.after is None or names.index(rung.after) < place, name
        assert rung.adds and len(rung.adds) <= 40 and rung.machine in ("any", "gpu")
        settings = record.settings_of(name)
        assert set(settings) == set(record.DEFAULTS)
        record.build(settings, 0)
        assert json.loads(json.dumps(settings)) == settings, "it can be written and compared"
        if rung.after:
            before = record.settings_of(rung.after)
            assert {key for key in settings if settings[key] != before[key]} == set(rung.changes), (
                name
            )


def small_mlp(sizes, **options):
    """A rung's network without its size: some would take a gigabyte."""
    return nn.mlp([min(size, 16) for size in sizes], **options)


def test_changes_are_read_as_python_or_json_writes_them():
    text = "batch_norm=False schedule=None max_norm=null lr=0.1 sizes=[784,10] optimizer=Adam"
    changes = record.changes_from(text)
    assert changes == {"batch_norm": False, "schedule": None, "max_norm": None, "lr": 0.1,
                       "sizes": [784, 10], "optimizer": "Adam"}  # fmt: skip
    net, _, options = record.build(record.settings_of("batch_norm", changes), 0)
    assert "BatchNorm" not in repr(net) and options["schedule"] is None
    assert record.changes_from("batch_norm=True") == record.changes_from("batch_norm=true")


def test_settings_are_copies():
    record.settings_of("plain")["lr"] = 7
    assert record.settings_of("plain")["lr"] != 7


def test_a_rung_becomes_a_training():
    changes = {"sizes": [784, 8, 10], "batch_norm": True, "dropout": 0.5, "input_dropout": 0.2,
               "smoothing": 0.1, "l2": 0.001, "max_norm": 2.0, "average": 0.9, "optimizer": "Adam",
               "schedule": "one_cycle", "augment": {"Shifts": {"pixels": 1}}}  # fmt: skip
    net, optimizer, options = record.build(record.settings_of("plain", changes), 3)
    assert repr(net) == (
        "Network([Dropout(0.2), Dense(784, 8), BatchNorm(8), ReLU(), Dropout(0.5), Dense(8, 10)], "
        "loss=SoftmaxCrossEntropy(smoothing=0.1))"
    )
    assert repr(optimizer) == "Adam(lr=0.04)" and repr(options["augment"]) == "Shifts(1)"
    assert repr(options["after_step"]) == "[MaxNorm(2), WeightAverage(0.9)]"
    assert options["l2"] == 0.001 and options["seed"] == 3 and callable(options["schedule"])
    twin = nn.mlp([784, 8, 10], dropout=0.5, batch_norm=True, seed=3)
    assert np.array_equal(net.theta, twin.theta), "dropout of the pixels changes no first weight"


# ---------------------------------------------------------------- a run


def test_a_run_is_fit(data):
    result, [net] = record.run("tiny", seed=2, data=data, progress=False)
    twin = nn.mlp([784, 16, 10], seed=2)
    history = nn.fit(twin, data.train, data.valid, optimizer=nn.SGD(0.04), epochs=2, batch_size=50,
                     seed=2, progress=False)  # fmt: skip
    assert np.array_equal(net.theta, twin.theta)
    assert result["valid_curve"] == [[round(value, 4) for value in history.valid_accuracy]]
    assert result["valid_accuracy"] == twin.score(*data.valid)
    assert result["test_accuracy"] == twin.score(*data.test)
    assert result["epochs"] == 2 and result["parameters"] == 784 * 16 + 16 + 160 + 10
    assert result["settings"] == record.settings_of("tiny") and result["seed"] == 2
    assert result["machine"]["cores"] == os.cpu_count()
    assert result["versions"]["numpy"] == np.__version__


def test_a_committee_votes_by_the_mean_of_the_probabilities(data):
    changes = {"members": 3, "batch_size": 100}
    result, nets = record.run("tiny", seed=1, changes=changes, data=data, progress=False)
    assert len({net.theta.tobytes() for net in nets}) == 3, "three networks, not one three times"
    P = np.mean([net.predict_proba(data.valid.X) for net in nets], axis=0)
    assert np.array_equal(record.vote(nets, data.valid.X, batch_size=70), P.argmax(axis=1))
    assert result["valid_accuracy"] == (P.argmax(axis=1) == data.valid.y).mean()
    assert len(result["valid_curve"]) == 3 and result["epochs"] == 6


def test_a_committee_goes_on_from_its_members(results, tmp_path, capsys):
    """Runs that were kept are the members: nothing is trained twice, and the vote is the same."""
    assert command(results, "--rung", "tiny", "--seeds", "4", "--keep") == 0
    assert len(list(tmp_path.glob("*.ckpt.npz"))) == 4
    kept = {path.name: path.stat().st_mtime_ns for path in tmp_path.glob("*.ckpt.npz")}
    assert command(results, "--rung", "tiny", "--first-seed", "1", "--try", "members=2",
                   "--keep") == 0  # fmt: skip
    assert kept == {path.name: path.stat().st_mtime_ns for path in tmp_path.glob("*.ckpt.npz")}
    *single, committee = record.read_results(results)
    assert committee["valid_curve"] == [run["valid_curve"][0] for run in single[2:]]
    fresh, _ = record.run("tiny", seed=1, changes={"members": 2}, progress=False)
    assert committee["valid_accuracy"] == fresh["valid_accuracy"]
    assert committee["processor_seconds"] is None, "what was trained before was not measured"
    assert command(results, "--rung", "tiny", "--first-seed", "1", "--try", "members=2") == 0
    left = sorted(tmp_path.glob("*.ckpt.npz"))
    assert len(left) == 2, "the others' are nobody's to remove"
    left[0].unlink()
    n = len(record.read_results(results))
    assert command(results, "--rung", "tiny", "--seeds", "4", "--keep") == 0
    assert len(list(tmp_path.glob("*.ckpt.npz"))) == 4, "those that are missing are made again"
    assert len(record.read_results(results)) == n, "and no run is recorded twice"


def test_the_order_of_augmentations_is_part_of_the_recipe(tmp_path):
    one, other = {"Noise": {"std": 0.1}, "Shifts": {}}, {"Shifts": {}, "Noise": {"std": 0.1}}
    paths = {record.checkpoint_path(tmp_path, record.settings_of("tiny", {"augment": asked}), 0)
             for asked in (one, other)}  # fmt: skip
    assert len(paths) == 2


def test_augmentations_in_turn(data):
    asked = {"Noise": {"std": 0.1}, "Adversarial": {"amount": 0.1}}
    net, _, options = record.build(record.settings_of("tiny", {"augment": asked}), seed=0)
    X = data.train.X[:20]
    noisy = nn.Noise(0.1)(X, np.random.default_rng(3))
    seen = options["augment"](X, np.random.default_rng(3))
    assert np.array_equal(seen, nn.Adversarial(net, 0.1)(noisy, None))
    assert repr(options["augment"]) == "InTurn(Noise(0.1), Adversarial(0.1, share=0.5))"
    with pytest.raises(ValueError, match="unknown augment 'Blur': expected one of Shifts"):
        record.build(record.settings_of("tiny", {"augment": {**asked, "Blur": {}}}), seed=0)
    for wrong in ("Shifts", {"Shifts": 2}):
        with pytest.raises(ValueError, match="expected augment as {name: settings}"):
            record.build(record.settings_of("tiny", {"augment": wrong}), seed=0)
    for wrong in ((), (nn.Noise(0.1), 3)):
        with pytest.raises(TypeError, match="expected functions of"):
            nn.InTurn(*wrong)


def test_the_average_is_what_is_measured(data):
    changes = {"average": 0.9, "epochs": 4, "lr": 0.5}
    result, [net] = record.run("tiny", changes=changes, data=data, progress=False)
    bare, [other] = record.run(
        "tiny", changes={**changes, "average": None}, data=data, progress=False
    )
    assert result["valid_curve"] == bare["valid_curve"], "the training itself is the same"
    assert not np.array_equal(net.theta, other.theta)
    assert result["valid_accuracy"] == net.score(*data.valid)


def test_learning_from_the_validation_set_too(data):
    X, y = record.examples_for(
        record.settings_of("plain", {"learn_from": "train and valid"}), data
    )[0]
    assert len(X) == len(y) == 600
    assert np.array_equal(X[300:], data.valid.X) and np.array_equal(y[:300], data.train.y)
    result, _ = record.run(
        "tiny", changes={"learn_from": "train and valid"}, data=data, progress=False
    )
    assert result["valid_accuracy"] is None and result["valid_curve"] == [[]]


def test_a_diverged_run_is_a_result_too(data, capsys):
    changes = {"optimizer": "SGD", "lr": 1e30}
    with np.errstate(all="ignore"):
        result, nets = record.run("tiny", changes=changes, data=data, progress=False)
    assert "diverged" in result["stopped"] and nets == []
    assert result["valid_accuracy"] is result["test_accuracy"] is None
    assert "diverged" in record.in_words(result)


def test_on_another_backend(data, xp, backend):
    """The same lines train where the data lives."""
    settings = record.settings_of("tiny", {"augment": {"Shifts": {"pixels": 1}}, "max_norm": 1.0,
                                           "average": 0.9, "smoothing": 0.1})  # fmt: skip
    net, optimizer, options = record.build(settings, 0)
    net = net.to(backend)
    train, valid = (
        tuple(xp.asarray(array) for array in split) for split in (data.train, data.valid)
    )
    nn.fit(net, train, valid, optimizer=optimizer, progress=False, **options)
    _, [twin] = record.run("tiny", changes={**settings}, data=data, progress=False)
    averaged = options["after_step"][-1].network(net)
    assert np.allclose(nn.asnumpy(averaged.theta), twin.theta, atol=1e-4)
    assert record.accuracy([averaged, averaged], *valid) == averaged.score(*valid)


# ---------------------------------------------------------------- the command and its results


def test_the_command(results, capsys, tmp_path):
    assert command(results, "--rung", "tiny", "--seeds", "2") == 0
    printed = capsys.readouterr().out
    assert "tiny, seed 0: validation " in printed and "tiny, seed 1: " in printed
    lines = [json.loads(line) for line in results.read_text(encoding="utf-8").splitlines()]
    assert [line["seed"] for line in lines] == [0, 1]
    assert all(0 < line["test_accuracy"] < 1 and not line["experiment"] for line in lines)
    assert os.listdir(tmp_path) == ["results.jsonl"], "no checkpoint is left"

    assert command(results, "--rung", "tiny", "--seeds", "3") == 0
    printed = capsys.readouterr().out
    assert printed.count("recorded already") == 2 and "seed 2: validation" in printed
    assert [line["seed"] for line in record.read_results(results)] == [0, 1, 2]

    assert (
        command(results, "--rung", "tiny", "--try", "lr=0.1 sizes=[784,8,10] schedule=cosine") == 0
    )
    last = record.read_results(results)[-1]
    assert last["experiment"] and last["test_accuracy"] is None and last["valid_accuracy"] > 0
    assert last["changes"] == {"lr": 0.1, "sizes": [784, 8, 10], "schedule": "cosine"}

    assert command(results, "--list") == 0
    printed = capsys.readouterr().out
    tests = [100 * line["test_accuracy"] for line in record.read_results(results)[:3]]
    error = np.std(tests, ddof=1) / math.sqrt(3)
    assert f"{np.mean(tests):.2f} ± {error:.2f}" in printed
    assert (
        "4 in all: 1 experiments that left the test set alone, 3 runs that were tested" in printed
    )
    assert all(f"\n{name} " in printed for name in record.RUNGS)


def test_saved_networks(results, tmp_path, capsys):
    assert command(results, "--rung", "tiny") == 0
    assert command(results, "--rung", "tiny", "--save", str(tmp_path / "net.npz")) == 0
    assert "saved " in capsys.readouterr().out
    [recorded] = record.read_results(results)
    assert nn.load(tmp_path / "net.npz").score(*nn.load_mnist().test) == recorded["test_accuracy"]
    paths = record.save_networks([nn.mlp([2, 2]), nn.mlp([2, 2])], tmp_path / "two.npz")
    assert [path.name for path in paths] == ["two-1.npz", "two-2.npz"]
    assert nn.load(paths[1]).sizes == [2, 2]


def test_a_place_where_no_network_can_be_is_told_before_the_training(results, tmp_path, capsys):
    (tmp_path / "net.npz").mkdir()
    assert command(results, "--rung", "tiny", "--save", str(tmp_path / "net.npz")) == 2
    assert "expected the name of a file to write, got the folder" in capsys.readouterr().err
    (tmp_path / "two-2.npz").mkdir()
    arguments = ["--rung", "tiny", "--try", "members=2", "--save", str(tmp_path / "two.npz")]
    assert command(results, *arguments) == 2 and "two-2.npz" in capsys.readouterr().err
    assert not results.exists() and not list(tmp_path.glob("*.ckpt.npz"))


def test_what_could_not_be_saved_can_be_saved_again(results, tmp_path, monkeypatch, capsys):
    def full(net, path):
        raise OSError(28, "No space left on device")

    arguments = ["--rung", "tiny", "--save", str(tmp_path / "net.npz")]
    monkeypatch.setattr(record, "save", full)
    assert command(results, *arguments) == 2
    told = capsys.readouterr()
    assert "No space left" in told.err and "tiny, seed 0: validation" in told.out
    assert len(list(tmp_path.glob("*.ckpt.npz"))) == 1
    monkeypatch.undo()
    monkeypatch.setattr(nn.Network, "forward_backward", None)  # nothing is trained any more
    assert command(results, *arguments) == 0
    assert sorted(os.listdir(tmp_path)) == ["net.npz", "results.jsonl"]
    assert len(record.read_results(results)) == 1


def test_only_the_last_seed_is_trained_again_to_be_saved(results, tmp_path, capsys):
    assert command(results, "--rung", "tiny", "--seeds", "2") == 0
    capsys.readouterr()
    save = ["--save", str(tmp_path / "net.npz")]
    assert command(results, "--rung", "tiny", "--seeds", "2", *save) == 0
    printed = capsys.readouterr().out
    assert "seed 0: recorded already" in printed and "seed 1: validation" in printed


def test_other_settings_of_the_same_name_do_not_count(results, data):
    result, _ = record.run("tiny", data=data, progress=False)
    old = {**result, "settings": {**result["settings"], "lr": 9.0}}
    record.add_result(old, results)
    assert record.summary(record.read_results(results)) == {}
    assert not record.is_recorded("tiny", 0, result["settings"], [old])
    assert record.is_recorded("tiny", 0, result["settings"], [old, result])
    assert record.summary([old, result])["tiny"]["test"][0] == result["test_accuracy"]
    assert math.isnan(record.summary([result])["tiny"]["test"][1]), "one run has no standard error"


@pytest.mark.parametrize("arguments, message", [
    (["--rung", "tyni"], "there is no rung 'tyni': expected one of tiny, plain, adam"),
    ([], "expected --rung with one of tiny"),
    (["--rung", "tiny", "--try", "speed=3"], "there is no setting 'speed': expected one of sizes"),
    (["--rung", "tiny", "--try", "lr"], "expected name=value, such as lr=0.002, got 'lr'"),
    (["--rung", "tiny", "--try", "lr=-1"], "learning rate above 0"),
    (["--rung", "tiny", "--try", "optimizer=Adams"], "unknown optimizer 'Adams': expected one of SGD"),
    (["--rung", "tiny", "--try", "schedule=cos"], "unknown schedule 'cos': expected one of None, cosine"),
    (["--rung", "tiny", "--try", 'augment={"Shift":{}}'], "unknown augment 'Shift': expected one of Shifts"),
    (["--rung", "tiny", "--try", 'augment={"Noise":{"st":1}}'], "unexpected keyword argument 'st'"),
    (["--rung", "tiny", "--try", "learn_from=test"], "unknown learn_from 'test': expected 'train'"),
    (["--rung", "tiny", "--try", "members=0"], "members of at least 1, got 0"),
    (["--rung", "tiny", "--try", "members=1.5"], "members of at least 1, got 1.5"),
    (["--rung", "tiny", "--try", "members=two"], "members of at least 1, got 'two'"),
    (["--rung", "tiny", "--try", "augment=Shifts"], "augment as .name: settings., such as"),
    (["--rung", "tiny", "--try", "batch_norm=no"], "batch_norm as True or False, got 'no'"),
    (["--rung", "tiny", "--try", "batch_norm=1"], "batch_norm as True or False, got 1"),
    (["--rung", "tiny", "--seeds", "0"], "at least one seed"),
    (["--rung", "tiny", "--save", "no/such/folder/net.npz"], "no folder"),
])  # fmt: skip
def test_commands_that_cannot_be(results, capsys, arguments, message):
    assert command(results, *arguments) == 2
    error = capsys.readouterr().err
    assert error.startswith("python -m nnhelpers.studies.ladder: ")
    assert re.search(message, error), error
    assert not results.exists()


def test_the_list_can_go_to_a_file_in_any_encoding(results):
    environment = {**os.environ, "NNHELPERS_BACKEND": "numpy", "PYTHONIOENCODING": "cp1252"}
    done = subprocess.run(
        [sys.executable, "-m", "nnhelpers.studies.ladder", "--list", "--results", str(results)],
        env=environment, capture_output=True,
    )  # fmt: skip
    assert done.returncode == 0 and b"Cire?an's network" in done.stdout, done.stderr


@pytest.mark.parametrize("damage", [
    b'{"rung": "tiny"', b"[1]", b"7", b"", b'{"rung": "\xff"}',
    *(f'"{name}":'.encode() for name in record.NEEDED),
])  # fmt: skip
def test_a_damaged_line_is_named(results, capsys, damage):
    """Nothing but one whole result is a line; ``damage`` that ends in a colon is a key left out."""
    whole = json.dumps({name: None for name in record.NEEDED}).encode()
    line = whole.replace(damage, b'"other":') if damage.endswith(b":") else damage
    results.write_bytes(whole + b"\n" + line + b"\n")
    assert command(results, "--list") == 2
    assert "results.jsonl, line 2: expected one result as JSON, got" in capsys.readouterr().err


def test_a_result_is_added_whole_or_not_at_all(results):
    resource = pytest.importorskip("resource", reason="a file's size cannot be limited")
    result = {name: None for name in record.NEEDED}
    record.add_result(result, results)
    before, limits = results.read_bytes(), resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (len(before) + 20, limits[1]))  # as on a full disk
    try:
        with pytest.raises(OSError):
            record.add_result(result, results)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert results.read_bytes() == before
    record.add_result(result, results)
    assert record.read_results(results) == [result, result]


# ---------------------------------------------------------------- killed and resumed

RUN = """
    import os, signal, sys
    import nnhelpers as nn
    from nnhelpers.files import checkpoints
    from nnhelpers.studies import ladder as record

    kill_at, count = int(sys.argv[1]), 0
    replace = os.replace

    def deadly(*args):
        global count
        replace(*args)
        count += 1
        if count == kill_at:  # after that many checkpoints
            os.kill(os.getpid(), getattr(signal, "SIGKILL", signal.SIGTERM))

    os.replace = deadly
    sys.exit(record.main(sys.argv[2:]))
"""


def start(kill_at, results, *arguments):
    environment = {**os.environ, "NNHELPERS_BACKEND": "numpy"}
    return subprocess.run(
        [sys.executable, "-c", textwrap.dedent(RUN), str(kill_at), "--results", str(results), "--quiet",
         *arguments], env=environment, capture_output=True, text=True,
    )  # fmt: skip


@pytest.mark.parametrize("changes, kills", [
    ("epochs=4 dropout=0.3 average=0.9", [1, 2]),
    ('epochs=3 augment={"Adversarial":{"amount":0.1}}', [2]),
    ("members=2 epochs=3", [2, 4]),  # in the first member, then in the second
])  # fmt: skip
def test_killed_and_resumed_ends_with_the_same_bits(tmp_path, changes, kills):
    for name in ("killed", "whole"):
        (tmp_path / name).mkdir()
    results, whole = tmp_path / "killed" / "results.jsonl", tmp_path / "whole" / "results.jsonl"
    arguments = ["--rung", "tiny", "--try", changes, "--save"]
    for kill_at in kills:
        done = start(kill_at, results, *arguments, str(tmp_path / "killed" / "net.npz"))
        assert done.returncode in (-SIGKILL, SIGKILL), done.stderr
        assert not results.exists()
        assert list(results.parent.glob("record-*.ckpt.npz"))
    assert start(0, results, *arguments, str(tmp_path / "killed" / "net.npz")).returncode == 0
    assert start(0, whole, *arguments, str(tmp_path / "whole" / "net.npz")).returncode == 0
    [one], [two] = record.read_results(results), record.read_results(whole)
    assert one["processor_seconds"] is None and two["processor_seconds"] >= 0
    for name in ("seconds", "processor_seconds", "finished"):
        del one[name], two[name]
    assert one == two
    nets = sorted(path.name for path in (tmp_path / "whole").glob("*.npz"))
    assert nets == sorted(path.name for path in (tmp_path / "killed").glob("*.npz")), "no leftovers"
    for name in nets:
        first, second = (nn.load(tmp_path / where / name) for where in ("killed", "whole"))
        assert first.theta.tobytes() == second.theta.tobytes()


def test_interrupted(results, monkeypatch, capsys, tmp_path):
    learn, count = nn.Network.forward_backward, 0

    def interrupted(self, *args):
        nonlocal count
        count += 1
        if count == 15:
            raise KeyboardInterrupt
        return learn(self, *args)

    monkeypatch.setattr(nn.Network, "forward_backward", interrupted)
    assert command(results, "--rung", "tiny") == 1
    assert "Run the same command again to go on" in capsys.readouterr().err
    assert not results.exists()
    assert command(results, "--rung", "tiny") == 0
    [result] = record.read_results(results)
    count = -1000
    whole, _ = record.run("tiny", progress=False)
    assert result["valid_curve"] == whole["valid_curve"] and result["epochs"] == 2


# ---------------------------------------------------------------------- the network that is kept


def test_the_best_network_does_what_its_record_says():
    told = (record.BEST.parent / "README.md").read_text(encoding="utf-8")
    name, seed = re.search(r"--rung (\w+) --first-seed (\d+)", told).groups()
    [kept] = [result for result in record.read_results()
              if (result["rung"], result["seed"]) == (name, int(seed))
              and not result["experiment"] and result["settings"] == record.settings_of(name)]  # fmt: skip
    # Of single networks that take 8 MB at most, with two bytes for a parameter.
    single = [result for result in record.read_results()
              if result["test_accuracy"] and result["settings"]["members"] == 1
              and 2 * result["parameters"] <= 8e6]  # fmt: skip
    assert kept["valid_accuracy"] == max(result["valid_accuracy"] for result in single)
    data, net = nn.load_mnist(), nn.best_network()
    assert net.sizes == kept["settings"]["sizes"]
    # Another BLAS rounds otherwise, and an image or two lie on the fence.
    assert net.score(*data.test) == pytest.approx(kept["test_accuracy"], abs=2e-4)
    assert net.score(*data.valid) == pytest.approx(kept["valid_accuracy"], abs=2e-4)
    assert f"{kept['test_accuracy']:.2%}" in told and f"{kept['valid_accuracy']:.2%}" in told


def test_a_missing_best_network_is_told(monkeypatch, tmp_path):
    monkeypatch.setattr(record, "BEST", tmp_path / "best_network.npz")
    with pytest.raises(nn.DataError, match="restore it with"):
        nn.best_network()
