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
from nnhelpers.studies import ladder, results

SIGKILL = getattr(signal, "SIGKILL", signal.SIGTERM)


@pytest.fixture(scope="module")
def data():
    """A few hundred digits, so that a run takes no time."""
    whole = nn.load_mnist()
    splits = (whole.train, whole.valid, whole.test)
    return type(whole)(*(type(split)(split.X[:300], split.y[:300]) for split in splits))


@pytest.fixture
def few(data, monkeypatch):
    """The command takes its digits from here."""
    monkeypatch.setattr(ladder, "load_mnist", lambda: data)


@pytest.fixture
def file(tmp_path):
    return tmp_path / "results.jsonl"


def command(file, *arguments):
    return ladder.main([*arguments, "--results", str(file), "--quiet"])


def run(data, seed=0, **changes):
    return ladder.run("tiny", seed=seed, changes=changes, data=data, progress=False)


def checkpoints(folder):
    return {path.name: path.stat().st_mtime_ns for path in folder.glob("*.ckpt.npz")}


# ---------------------------------------------------------------- a run


def test_a_run_is_fit(data):
    result, [net] = run(data, seed=2)
    twin = nn.mlp([784, 16, 10], seed=2)
    history = nn.fit(twin, data.train, data.valid, optimizer=nn.SGD(0.04), epochs=2, batch_size=50,
                     seed=2, progress=False)  # fmt: skip
    assert np.array_equal(net.theta, twin.theta)
    expected = {
        "valid_curve": [[round(value, 4) for value in history.valid_accuracy]],
        "valid_accuracy": twin.score(*data.valid), "test_accuracy": twin.score(*data.test),
        "epochs": 2, "parameters": 784 * 16 + 16 + 160 + 10, "seed": 2, "experiment": False,
        "settings": ladder.settings_of("tiny"), "stopped": None,
    }  # fmt: skip
    assert {name: result[name] for name in expected} == expected
    assert result["machine"]["cores"] == os.cpu_count()
    assert result["versions"]["numpy"] == np.__version__


def test_a_committee_votes_by_the_mean_of_the_probabilities(data):
    result, nets = run(data, seed=1, members=3, batch_size=100)
    assert len({net.theta.tobytes() for net in nets}) == 3, "three networks, not one three times"
    P = np.mean([net.predict_proba(data.valid.X) for net in nets], axis=0)
    assert np.array_equal(ladder.vote(nets, data.valid.X, batch_size=70), P.argmax(axis=1))
    assert result["valid_accuracy"] == (P.argmax(axis=1) == data.valid.y).mean()
    assert len(result["valid_curve"]) == 3 and result["epochs"] == 6


def test_the_average_is_what_is_measured(data):
    result, [net] = run(data, average=0.9, epochs=4, lr=0.5)
    bare, [other] = run(data, average=None, epochs=4, lr=0.5)
    assert result["valid_curve"] == bare["valid_curve"], "the training itself is the same"
    assert not np.array_equal(net.theta, other.theta)
    assert result["valid_accuracy"] == net.score(*data.valid)


def test_learning_from_the_validation_set_too(data):
    changes = {"learn_from": "train and valid"}
    (X, y), _ = ladder.examples_for(ladder.settings_of("plain", changes), data)
    assert len(X) == len(y) == 600
    assert np.array_equal(X[300:], data.valid.X) and np.array_equal(y[:300], data.train.y)
    result, _ = run(data, **changes)
    assert result["valid_accuracy"] is None and result["valid_curve"] == [[]]


def test_a_diverged_run_is_a_result_too(data, capsys):
    result, nets = run(data, optimizer="SGD", lr=1e30)
    assert "diverged" in result["stopped"] and nets == []
    assert result["valid_accuracy"] is result["test_accuracy"] is None
    assert "diverged" in results.in_words(result)


def test_on_another_backend(data, xp, backend):
    """The same lines train where the data lives."""
    settings = ladder.settings_of("tiny", {"augment": {"Shifts": {"pixels": 1}}, "max_norm": 1.0,
                                           "average": 0.9, "smoothing": 0.1})  # fmt: skip
    net, optimizer, options = ladder.build(settings, 0)
    net = net.to(backend)
    train, valid = (tuple(map(xp.asarray, split)) for split in (data.train, data.valid))
    nn.fit(net, train, valid, optimizer=optimizer, progress=False, **options)
    _, [twin] = run(data, **settings)
    averaged = options["after_step"][-1].network(net)
    assert np.allclose(nn.asnumpy(averaged.theta), twin.theta, atol=1e-4)
    assert ladder.accuracy([averaged, averaged], *valid) == averaged.score(*valid)


# ---------------------------------------------------------------- the command and its results


def test_the_command(few, file, capsys, tmp_path):
    assert command(file, "--rung", "tiny", "--seeds", "2") == 0
    printed = capsys.readouterr().out
    assert "tiny, seed 0: validation " in printed and "tiny, seed 1: " in printed
    lines = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
    assert [line["seed"] for line in lines] == [0, 1]
    assert all(0 < line["test_accuracy"] < 1 and not line["experiment"] for line in lines)
    assert os.listdir(tmp_path) == ["results.jsonl"], "no checkpoint is left"

    assert command(file, "--rung", "tiny", "--seeds", "3") == 0
    printed = capsys.readouterr().out
    assert printed.count("recorded already") == 2 and "seed 2: validation" in printed
    assert [line["seed"] for line in ladder.read_results(file)] == [0, 1, 2]

    changes = {"lr": 0.1, "sizes": [784, 8, 10], "schedule": "cosine"}
    text = "lr=0.1 sizes=[784,8,10] schedule=cosine"
    assert command(file, "--rung", "tiny", "--try", text) == 0
    last = ladder.read_results(file)[-1]
    assert last["experiment"] and last["test_accuracy"] is None and last["valid_accuracy"] > 0
    assert last["changes"] == changes

    assert command(file, "--list") == 0
    printed = capsys.readouterr().out
    tests = [100 * line["test_accuracy"] for line in ladder.read_results(file)[:3]]
    assert f"{np.mean(tests):.2f} ± {np.std(tests, ddof=1) / math.sqrt(3):.2f}" in printed
    told = "4 in all: 1 experiments that left the test set alone, 3 runs that were tested"
    assert told in printed and all(f"\n{name} " in printed for name in ladder.RUNGS)


def test_a_committee_goes_on_from_its_members(few, data, file, tmp_path, capsys):
    """Runs that were kept are the members: nothing is trained twice, and the vote is the same."""
    two = ["--rung", "tiny", "--first-seed", "1", "--try", "members=2"]
    assert command(file, "--rung", "tiny", "--seeds", "4", "--keep") == 0
    kept = checkpoints(tmp_path)
    assert command(file, *two, "--keep") == 0
    assert len(kept) == 4 and kept == checkpoints(tmp_path)
    *single, committee = ladder.read_results(file)
    assert committee["valid_curve"] == [one["valid_curve"][0] for one in single[2:]]
    fresh, _ = run(data, seed=1, members=2)
    assert committee["valid_accuracy"] == fresh["valid_accuracy"]
    assert committee["processor_seconds"] is None, "what was trained before was not measured"
    assert command(file, *two) == 0
    left = sorted(checkpoints(tmp_path))
    assert len(left) == 2, "the others' are nobody's to remove"
    (tmp_path / left[0]).unlink()
    n = len(ladder.read_results(file))
    assert command(file, "--rung", "tiny", "--seeds", "4", "--keep") == 0
    assert len(checkpoints(tmp_path)) == 4, "those that are missing are made again"
    assert len(ladder.read_results(file)) == n, "and no run is recorded twice"


def test_only_the_last_seed_is_trained_again_to_be_saved(few, data, file, tmp_path, capsys):
    assert command(file, "--rung", "tiny", "--seeds", "2") == 0
    capsys.readouterr()
    assert command(file, "--rung", "tiny", "--seeds", "2", "--save", str(tmp_path / "n.npz")) == 0
    printed = capsys.readouterr().out
    assert "seed 0: recorded already" in printed and "seed 1: validation" in printed
    assert "saved " in printed
    recorded = ladder.read_results(file)
    assert len(recorded) == 2
    assert nn.load(tmp_path / "n.npz").score(*data.test) == recorded[1]["test_accuracy"]
    names = [path.name for path in ladder.places(tmp_path / "two.npz", 2)]
    assert names == ["two-1.npz", "two-2.npz"]


def test_a_place_where_no_network_can_be_is_told_before_the_training(file, tmp_path, capsys):
    (tmp_path / "net.npz").mkdir()
    assert command(file, "--rung", "tiny", "--save", str(tmp_path / "net.npz")) == 2
    assert "expected the name of a file to write, got the folder" in capsys.readouterr().err
    (tmp_path / "two-2.npz").mkdir()
    arguments = ["--rung", "tiny", "--try", "members=2", "--save", str(tmp_path / "two.npz")]
    assert command(file, *arguments) == 2 and "two-2.npz" in capsys.readouterr().err
    assert not file.exists() and not checkpoints(tmp_path)


def test_what_could_not_be_saved_can_be_saved_again(few, file, tmp_path, monkeypatch, capsys):
    def full(net, path):
        raise OSError(28, "No space left on device")

    arguments = ["--rung", "tiny", "--save", str(tmp_path / "net.npz")]
    with monkeypatch.context() as patch:
        patch.setattr(ladder, "save", full)
        assert command(file, *arguments) == 2
    told = capsys.readouterr()
    assert "No space left" in told.err and "tiny, seed 0: validation" in told.out
    assert len(checkpoints(tmp_path)) == 1
    monkeypatch.setattr(nn.fit.__globals__["Run"], "step_done", None)  # nothing is trained any more
    assert command(file, *arguments) == 0
    assert sorted(os.listdir(tmp_path)) == ["net.npz", "results.jsonl"]
    assert len(ladder.read_results(file)) == 1


def test_other_settings_of_the_same_name_do_not_count(data):
    result, _ = run(data)
    old = {**result, "settings": {**result["settings"], "lr": 9.0}}
    assert ladder.summary([old]) == {} and results.runs_of("tiny", [old]) == []
    assert results.runs_of("tiny", [old, result, {**result, "experiment": True}]) == [result]
    mean, error = ladder.summary([old, result])["tiny"]["test"]
    assert mean == result["test_accuracy"] and math.isnan(error), "one run has no standard error"


@pytest.mark.parametrize("arguments, message", [
    (["--rung", "tyni"], "there is no rung 'tyni': expected one of tiny, plain, adam"),
    ([], "expected --rung with one of tiny"),
    (["--rung", "tiny", "--seeds", "0"], "at least one seed"),
    (["--rung", "tiny", "--save", "no/such/folder/net.npz"], "no folder"),
    *((["--rung", "tiny", "--try", changes], message) for changes, message in [
        ("speed=3", "there is no setting 'speed': expected one of sizes"),
        ("lr", "expected name=value, such as lr=0.002, got 'lr'"),
        ("lr=-1", "learning rate above 0"),
        ("optimizer=Adams", "unknown optimizer 'Adams': expected one of SGD"),
        ("schedule=cos", "unknown schedule 'cos': expected one of None, cosine"),
        ('augment={"Shift":{}}', "unknown augment 'Shift': expected one of Shifts"),
        ('augment={"Noise":{"st":1}}', "unexpected keyword argument 'st'"),
        ("augment=Shifts", "augment as .name: settings., such as"),
        ('augment={"Shifts":2}', "augment as .name: settings., such as"),
        ("learn_from=test", "unknown learn_from 'test': expected 'train'"),
        ("members=0", "members of at least 1, got 0"),
        ("members=1.5", "members of at least 1, got 1.5"),
        ("members=two", "members of at least 1, got 'two'"),
        ("batch_norm=no", "batch_norm as True or False, got 'no'"),
        ("batch_norm=1", "batch_norm as True or False, got 1"),
    ]),
])  # fmt: skip
def test_commands_that_cannot_be(few, file, capsys, arguments, message):
    assert command(file, *arguments) == 2
    error = capsys.readouterr().err
    assert error.startswith("python -m nnhelpers.studies.ladder: ")
    assert re.search(message, error), error
    assert not file.exists()


def test_the_list_can_go_to_a_file_in_any_encoding(file):
    environment = {**os.environ, "NNHELPERS_BACKEND": "numpy", "PYTHONIOENCODING": "cp1252"}
    done = subprocess.run(
        [sys.executable, "-m", "nnhelpers.studies.ladder", "--list", "--results", str(file)],
        env=environment, capture_output=True,
    )  # fmt: skip
    assert done.returncode == 0 and b"Cire?an's network" in done.stdout, done.stderr


@pytest.mark.parametrize("damage", [
    b'{"rung": "tiny"', b"[1]", b"7", b"", b'{"rung": "\xff"}',
    *(f'"{name}":'.encode() for name in results.NEEDED),
])  # fmt: skip
def test_a_damaged_line_is_named(file, capsys, damage):
    """Nothing but one whole result is a line; ``damage`` that ends in a colon is a key left out."""
    whole = json.dumps({name: None for name in results.NEEDED}).encode()
    line = whole.replace(damage, b'"other":') if damage.endswith(b":") else damage
    file.write_bytes(whole + b"\n" + line + b"\n")
    assert command(file, "--list") == 2
    assert "results.jsonl, line 2: expected one result as JSON, got" in capsys.readouterr().err


def test_a_result_is_added_whole_or_not_at_all(file):
    resource = pytest.importorskip("resource", reason="a file's size cannot be limited")
    result = {name: None for name in results.NEEDED}
    results.add_result(result, file)
    before, limits = file.read_bytes(), resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (len(before) + 20, limits[1]))  # as on a full disk
    try:
        with pytest.raises(OSError):
            results.add_result(result, file)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert file.read_bytes() == before
    results.add_result(result, file)
    assert ladder.read_results(file) == [result, result]


# ---------------------------------------------------------------- killed and resumed

# Any digits will do, and drawn ones are there at once.
RUN = """
    import os, signal, sys
    from types import SimpleNamespace as Digits
    import numpy as np
    from nnhelpers.studies import ladder

    kill_at, count = int(sys.argv[1]), 0
    replace = os.replace

    def deadly(*args):
        global count
        replace(*args)
        count += 1
        if count == kill_at:
            os.kill(os.getpid(), getattr(signal, "SIGKILL", signal.SIGTERM))

    os.replace = deadly
    X, y = np.random.default_rng(0).random((300, 784), "float32"), np.arange(300) % 10
    Split = ladder.load_mnist.__globals__["Split"]
    ladder.load_mnist = lambda: Digits(train=Split(X, y), valid=Split(X, y), test=Split(X, y))
    sys.exit(ladder.main(sys.argv[2:]))
"""


def start(kill_at, file, *arguments):
    return subprocess.run(
        [sys.executable, "-c", textwrap.dedent(RUN), str(kill_at), "--results", str(file), "--quiet",
         *arguments], env={**os.environ, "NNHELPERS_BACKEND": "numpy"}, capture_output=True, text=True,
    )  # fmt: skip


def test_killed_and_resumed_ends_with_the_same_bits(tmp_path):
    """In the first member of a committee, then in the second: each writes 4 files in 3 epochs."""
    changes = 'members=2 epochs=3 dropout=0.3 average=0.9 augment={"Adversarial":{"amount":0.1}}'
    found = {}
    for name, kills in (("killed", [2, 4]), ("whole", [])):
        folder = tmp_path / name
        folder.mkdir()
        file = folder / "results.jsonl"
        arguments = ["--rung", "tiny", "--try", changes, "--save", str(folder / "net.npz")]
        for kill_at in kills:
            done = start(kill_at, file, *arguments)
            assert done.returncode in (-SIGKILL, SIGKILL), done.stderr
            assert not file.exists() and checkpoints(folder)
        done = start(0, file, *arguments)
        assert done.returncode == 0, done.stderr
        [result] = ladder.read_results(file)
        assert (result.pop("processor_seconds") is None) == bool(kills)
        for measured in ("seconds", "finished"):
            del result[measured]
        nets = {path.name: nn.load(path).theta.tobytes() for path in folder.glob("*.npz")}
        assert set(nets) == {"net-1.npz", "net-2.npz"}, "no leftovers"
        found[name] = result, nets
    assert found["killed"] == found["whole"]


def test_interrupted(few, data, file, monkeypatch, capsys):
    step, count = nn.SGD.update, 0

    def interrupted(self, *args):
        nonlocal count
        count += 1
        if count == 9:
            raise KeyboardInterrupt
        return step(self, *args)

    monkeypatch.setattr(nn.SGD, "update", interrupted)
    assert command(file, "--rung", "tiny") == 1
    assert "Run the same command again to go on" in capsys.readouterr().err
    assert not file.exists()
    assert command(file, "--rung", "tiny") == 0
    [result] = ladder.read_results(file)
    whole, _ = run(data)
    assert result["valid_curve"] == whole["valid_curve"] and result["epochs"] == 2


# ---------------------------------------------------------------------- the network that is kept


def test_the_best_network_does_what_its_record_says():
    told = (ladder.BEST.parent / "README.md").read_text(encoding="utf-8")
    name, seed = re.search(r"--rung (\w+) --first-seed (\d+)", told).groups()
    runs = ladder.read_results()
    [kept] = [one for one in results.runs_of(name, runs) if one["seed"] == int(seed)]
    # Of single networks that take 8 MB at most, with two bytes for a parameter.
    single = [one["valid_accuracy"] for one in runs if one["test_accuracy"]
              and one["settings"]["members"] == 1 and 2 * one["parameters"] <= 8e6]  # fmt: skip
    assert kept["valid_accuracy"] == max(filter(None, single))
    assert f"{kept['test_accuracy']:.2%}" in told and f"{kept['valid_accuracy']:.2%}" in told
    net = nn.best_network()
    assert net.sizes == kept["settings"]["sizes"] and net.theta.dtype == "float32"
    # Another BLAS rounds otherwise, and an image or two lie on the fence.
    assert net.score(*nn.load_mnist().test) == pytest.approx(kept["test_accuracy"], abs=2e-4)


def test_a_missing_best_network_is_told(monkeypatch, tmp_path):
    monkeypatch.setattr(ladder, "BEST", tmp_path / "best_network.npz")
    with pytest.raises(nn.DataError, match="restore it with"):
        nn.best_network()
