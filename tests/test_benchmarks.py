"""The benchmarks compare like with like: all sides compute the same, here at a tiny size."""

import dataclasses
import functools
import importlib.util
import json
import os
import subprocess
import sys
from unittest import mock

import numpy as np
import pytest
from helpers import why_no_gpu

import nnhelpers as nn
from benchmarks import __main__ as bench
from benchmarks import gpu, reach, report, sides
from benchmarks.process import OPTIONAL, prepare, timed
from benchmarks.works import ON_A_GPU, WORKS, Skip

TRAIN, PREDICT = ("epoch", "adam", "step", "points"), ("predict_one", "predict_all")
CPU_WORKS = (*TRAIN, *PREDICT, "gradcheck")
# The same kind of work with fewer and smaller things. "epoch" keeps its mini-batches, of which the
# last is smaller: all examples are one and the same there, so that their order does not matter.
TINY = {
    "epoch": {"sizes": (784, 8, 10), "n": 20, "batch": 8, "epochs": 2, "one_example": True},
    "adam": {"sizes": (784, 8, 6, 10), "n": 64, "batch": 64, "epochs": 5},
    "step": {"sizes": (784, 8, 6, 10), "n": 64, "batch": 64, "epochs": 5, "l2": 0.1},
    "points": {"sizes": (2, 5, 4, 1), "n": 12, "batch": 12, "epochs": 5},
    "predict_one": {"sizes": (784, 8, 10), "n": 64},
    "predict_all": {"sizes": (784, 8, 10), "n": 64, "batch": 64},
    "gradcheck": {"sizes": (784, 2, 10)},
}
SAME = {"gpu_epoch": "epoch", "gpu_adam": "adam", "gpu_wide": "step"}
GPU_SIDES = {side for work in ON_A_GPU.values() for side in work.sides}
LEFT_OUT = {
    "sklearn": ["epoch"],  # it takes the classes from the examples, and one example has one class
    "torch_compile": ["epoch", "adam", "step", "predict_one"],  # compiling each takes half a minute
}
# Sides of one library share a process: two libraries would fight for the cores, and importing one
# takes longer than the works do. The first two need none.
GROUPS = [["loop", "textbook"], ["torch", "torch_fused"], ["sklearn"], ["jax", "jax_scan"],
          ["torch_compile"]]  # fmt: skip
RUN = """
import json, sys
sys.path.insert(0, "tests")
from test_benchmarks import results
from benchmarks.works import Skip
try:
    print(json.dumps(results(json.loads(sys.argv[1]))))
except Skip as why:
    print(json.dumps(str(why)))
"""


def tiny(name):
    """Return the work, on a CPU or on a GPU, at a tiny size."""
    return dataclasses.replace({**WORKS, **ON_A_GPU}[name], **TINY[SAME.get(name, name)])


def works_of(side):
    """Return the names of the tiny works that ``side`` takes part in."""
    works = SAME if side in GPU_SIDES else CPU_WORKS
    asked = [name for name in works if side in {**WORKS, **ON_A_GPU}[name].sides]
    return [name for name in asked if name not in LEFT_OUT.get(side, ())]


def results(sides):
    """Return {side: {work: what came out}}; MNIST is read once for all."""
    with mock.patch.object(nn, "load_mnist", functools.cache(nn.load_mnist)):
        return {side: {name: prepare(tiny(name), side)() for name in works_of(side)}
                for side in sides}  # fmt: skip


def in_a_process(sides):
    """Return the same from a process of its own; skip where the sides' library is missing."""
    found = subprocess.run(
        [sys.executable, "-c", RUN, json.dumps(sides)], cwd=bench.ROOT,
        env=bench.environment(sides[0], 1), capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert found.returncode == 0, found.stderr
    answer = json.loads(found.stdout.splitlines()[-1])
    if isinstance(answer, str):
        pytest.skip(answer)
    return answer


@pytest.fixture(scope="module")
def ours():
    return results(["ours"])["ours"]


def compare(found, ours, tolerance=2e-4):
    for side, works in found.items():
        assert list(works) == works_of(side) != []
        for name, result in works.items():
            expected = ours[SAME.get(name, name)]
            if name in PREDICT:
                assert result == expected, f"{side}, {name}: the sum of the predicted classes"
            else:
                np.testing.assert_allclose(result, expected, tolerance, err_msg=f"{side}, {name}")


@pytest.mark.parametrize("group", [
    pytest.param(group, marks=pytest.mark.full if "torch_compile" in group else [], id=group[0])
    for group in GROUPS
])  # fmt: skip
def test_all_sides_compute_the_same(group, ours):
    library = group[0].partition("_")[0]
    if library not in OPTIONAL:
        return compare(results(group), ours)
    if not importlib.util.find_spec(library):
        pytest.skip(f"{library} is not installed")
    compare(in_a_process(group), ours)


def test_every_side_is_compared():
    compared = {side for group in GROUPS for side in group} | {"ours", "floor"}
    assert compared == {side for name in CPU_WORKS for side in WORKS[name].sides}


@pytest.mark.gpu
@pytest.mark.parametrize("sides, tolerance", [
    (["torch_cuda", "torch_graph"], 2e-4), (["cupy"], 2e-4), (["cupy_tf32"], 2e-2), (["cublas"], 0),
])  # fmt: skip
def test_a_gpus_sides_compute_the_same(sides, tolerance, ours):
    if reason := why_no_gpu():
        pytest.skip(reason)
    found = in_a_process(sides)
    if sides == ["cublas"]:
        assert set(found["cublas"].values()) == {None}, "products alone have no cost"
    else:
        compare(found, ours, tolerance)


def test_the_tiny_works_learn_something(ours):
    """Equal costs would prove little if no side moved from where all of them start."""
    for name in TRAIN:
        work = tiny(name)
        before = sides.train_ours(dataclasses.replace(work, epochs=1, n=work.batch))()
        assert ours[name] < before - 1e-4, name


def test_the_floor_multiplies_each_pair_of_matrices_once(monkeypatch):
    shapes = []
    matmul = np.matmul

    def counting(A, B, out):
        shapes.append((A.shape, B.shape, out.shape))
        return matmul(A, B, out=out)

    monkeypatch.setattr(sides.np, "matmul", counting)
    work = dataclasses.replace(WORKS["epoch"], sizes=(5, 4, 3), n=7, batch=2)
    sides.train_floor(work)()
    step = [((2, 5), (5, 4), (2, 4)), ((2, 4), (4, 3), (2, 3)), ((4, 2), (2, 3), (4, 3)),
            ((2, 3), (3, 4), (2, 4)), ((5, 2), (2, 4), (5, 4))]  # fmt: skip
    assert shapes == 4 * step
    shapes.clear()
    sides.predict_floor(work)()
    assert shapes == 4 * step[:2]


def test_every_side_of_every_work_has_a_function():
    for work in (*WORKS.values(), *ON_A_GPU.values()):
        for side in work.sides:
            name = f"{work.kind}_{side}"
            assert any(hasattr(module, name) for module in (sides, reach, gpu)), name
            assert side in report.NAMES


# ------------------------------------------------------------------------ processes and turns


@pytest.mark.parametrize("name, side", [("points", "ours"), ("import", "ours")])
def test_a_side_works_in_its_own_process(name, side):
    process = bench.Side(name, side, **TINY.get(name, {}))
    try:
        turns = [process.time() for _ in range(2)]
    finally:
        process.close()
    assert all(turn["seconds"] > 0 and turn["processor"] >= 0 for turn in turns)
    assert process.process.returncode == 0


@pytest.mark.parametrize(
    "name, side", [("points", "floor"), ("load", "ours"), ("import", "python")]
)
def test_the_other_works_can_be_timed(name, side):
    turn = timed(prepare(dataclasses.replace(WORKS[name], **TINY.get(name, {})), side))
    assert turn["seconds"] > 0 and turn["processor"] >= 0


def test_the_sides_take_turns_and_a_missing_one_is_named(monkeypatch):
    turns = []

    class Fake:
        def __init__(self, name, side):
            if side == "jax":
                raise bench.Skipped("jax is not installed")
            self.side = side

        def time(self):
            turns.append(self.side)
            return {"seconds": 1.0, "processor": 1.0, "result": 0}

        def close(self):
            turns.append(f"end of {self.side}")

    monkeypatch.setattr(bench, "Side", Fake)
    monkeypatch.setattr(bench, "REST", 0)
    found, missing = bench.measure("epoch", ["torch", "jax", "ours"], 2)
    assert turns == ["torch", "ours", "torch", "ours", "end of torch", "end of ours"]
    assert {side: len(rounds) for side, rounds in found.items()} == {"torch": 2, "ours": 2}
    assert missing == {"jax": "jax is not installed"}


@pytest.mark.parametrize("library", OPTIONAL)
def test_a_library_that_is_missing_is_a_reason_and_not_a_crash(library, monkeypatch):
    if library == "cupy":
        pytest.skip("CuPy is looked for by the backend, which has its own tests")
    monkeypatch.setitem(sys.modules, library, None)
    with pytest.raises(Skip, match=f"{library} is not installed"):
        prepare(tiny("points"), library)


def test_threads_and_backend_of_a_side():
    assert bench.environment("ours", 2)["OPENBLAS_NUM_THREADS"] == "2"
    torch = bench.environment("torch_compile", 2)
    assert (torch["OPENBLAS_NUM_THREADS"], torch["OMP_NUM_THREADS"]) == ("1", "2")
    for side in ("cupy", "cupy_tf32"):
        assert bench.environment(side, 2)["NNHELPERS_BACKEND"] == "cupy"
    assert bench.environment("jax", 1)["NNHELPERS_BACKEND"] == "numpy"


def test_unknown_works_and_rounds_are_refused(capsys):
    for arguments in (["sleep"], ["epoch", "--rounds", "0"], ["epoch", "--gpu"]):
        with pytest.raises(SystemExit):
            bench.main(arguments)
    assert "expected of gpu_epoch" in capsys.readouterr().err


# ------------------------------------------------------------------------ cold starts


@pytest.mark.parametrize("side", ["ours", pytest.param("sklearn", marks=pytest.mark.full),
                                  pytest.param("torch", marks=pytest.mark.full)])  # fmt: skip
def test_a_cold_start_trains_and_then_reports(side, monkeypatch):
    """The same way as at full size, on a few images and for one epoch."""
    pytest.importorskip(side if side != "ours" else "numpy")
    code = (
        "import dataclasses, nnhelpers as nn\n"
        "from benchmarks import reach\n"
        "load = nn.load_mnist\n"
        "few = lambda: dataclasses.replace(data := load(),"
        " train=type(data.train)(data.train.X[:500], data.train.y[:500]))\n"
        "nn.load_mnist = few\n"
        "reach.OURS['0.98'] |= {'epochs': 3}\n"
        "reach.SKLEARN['max_iter'] = 3\n"
        f"reach.main({side!r}, '0.98')\n"
    )
    found = subprocess.run(
        [sys.executable, "-c", code], cwd=bench.ROOT, env=bench.environment(side, 1),
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert found.returncode == 0, found.stderr
    word, accuracy = found.stdout.split()
    assert word == "model" and 0.3 < float(accuracy) < 1


# ------------------------------------------------------------------------ table and picture


def made_up():
    """Results in which everything is known: ours is twice as fast, but for one slow round."""

    def rounds(*seconds):
        return [{"seconds": s, "processor": s, "result": 0.98 + s / 1000} for s in seconds]

    return {
        "machine": {"processor": "an abacus", "cores": 2, "system": "wood", "blas": "beads 1.0",
                    "versions": {"python": "3.14"}},
        "load": [0.1, None],
        "works": {
            "epoch": {"title": "One epoch, one thread", "threads": 1, "missing": {"jax": "jax is gone"},
                      "sides": {"torch": rounds(1.0, 2.0, 4.0), "ours": rounds(0.5, 1.0, 40.0),
                                "floor": rounds(0.05, 0.05, 0.05)}},
            "reach98": {"title": "From the start of Python to 98%", "threads": 2, "missing": {},
                        "sides": {"torch": rounds(3.0), "ours": rounds(1.0)}},
            "load": {"title": "Loading", "threads": 1, "missing": {},
                     "sides": {"ours": rounds(0.2, 0.3)}},
        },
    }  # fmt: skip


def test_ratios_are_medians_over_rounds_not_ratios_of_medians():
    ratios = report.ratios(made_up()["works"]["epoch"])
    assert ratios == {"torch": 1.0, "ours": 2.0, "floor": 40.0}


def test_the_tables():
    text = report.text(made_up())
    assert "an abacus (2 cores), wood, beads 1.0, python 3.14" in text
    assert "before and after: 0.1 and ?" in text
    assert "| One epoch, one thread | **1 s · 2.00×** | 2 s · 1.00× | 50 ms · 40.00× |" in text
    assert "| PyTorch | 2 s | 1 s – 4 s | 1.00× |" in text
    assert "Left out: JAX, jit (jax is gone)." in text
    assert "PyTorch 98.30% (lowest 98.30%), nnhelpers 98.10%" in text
    assert "| Loading |" not in text, "it is compared with nothing"
    widths = [
        line.count("|") for line in text.splitlines() if "·" in line or line.startswith("| |")
    ]
    assert set(widths[:3]) == {5}


def test_the_picture_has_a_bar_and_its_value_for_each_side():
    picture = report.picture(made_up())
    epoch, reach = picture.figure.axes
    assert [label.get_text() for label in epoch.get_yticklabels()] == [
        "PyTorch", "nnhelpers", "the matrix products alone"
    ]  # fmt: skip
    assert [round(bar.get_width(), 6) for bar in epoch.patches] == [1, 2, 40]
    assert [text.get_text().split() for text in epoch.texts][1] == ["2.00×", "1", "s"]
    assert len(reach.patches) == 2
    assert picture.png().startswith(b"\x89PNG")


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Where results go; no picture is drawn."""
    monkeypatch.setattr(bench, "RESULTS", tmp_path)
    monkeypatch.setattr(bench, "ROOT", tmp_path)
    monkeypatch.setattr(report.Picture, "save", lambda self, name: tmp_path / f"{name}.png")
    return tmp_path


def test_results_are_written_and_drawn_anew(folder):
    bench.write(made_up(), "results", "benchmarks")
    before = (folder / "results.md").read_text(encoding="utf-8")
    (folder / "results.md").unlink()
    assert bench.main(["--redraw"]) == 0
    assert (folder / "results.md").read_text(encoding="utf-8") == before
    assert sorted(os.listdir(folder)) == ["results.json", "results.md"]


def test_one_work_measured_again_leaves_the_others(folder, monkeypatch, capsys):
    few = {name: WORKS[name] for name in ("epoch", "reach98", "load")}
    monkeypatch.setattr(bench, "WORKS", few)
    again = {"ours": [{"seconds": 7.0, "processor": 7.0, "result": 0.0}]}
    monkeypatch.setattr(bench, "measure", lambda work, sides, rounds: (again, {}))
    assert bench.main(["load"]) == 0
    assert "Nothing written" in capsys.readouterr().out and not os.listdir(folder)

    elsewhere = made_up()
    bench.write(elsewhere, "results", "benchmarks")
    assert bench.main(["load"]) == 0
    assert "Nothing written" in capsys.readouterr().out, "an abacus is another machine"

    here = {**made_up(), "machine": bench.machine()}
    bench.write(here, "results", "benchmarks")
    assert bench.main(["load"]) == 0
    kept = json.loads((folder / "results.json").read_text(encoding="utf-8"))["works"]
    assert kept["load"]["sides"] == again and kept["epoch"] == here["works"]["epoch"]
    assert list(kept) == ["epoch", "reach98", "load"]
