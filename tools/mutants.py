"""``make mutants``: does a test notice when one token of the core is wrong?

    python -m tools.mutants                              every file of the core, 25 bugs in each
    python -m tools.mutants --file losses --number 200   all that can be planted in one file
    python -m tools.mutants --show                       also the bugs that were noticed

Plants one-token bugs (``<`` for ``<=``, ``+`` for ``-``, another number, ``or`` for ``and``) in a
copy of the package and runs the tests of that file, without PyTorch. A bug that no test notices is
printed: it changes nothing that matters, and then it belongs into ``EQUIVALENT``, or a test is
missing. Which bugs are planted depends on ``--seed`` alone.
"""

import argparse
import ast
import os
import queue
import random
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent

# Core file -> the tests that are to notice. Test files are named after what they test.
TESTS = {
    "backend": ["backend", "fused", "network"],
    "data": ["data", "defaults"],
    "layers": ["layers", "network", "gradcheck", "defaults"],
    "activations": ["activations", "gradcheck"],
    "losses": ["losses", "gradcheck", "defaults"],
    "network": ["network", "defaults"],
    "gradcheck": ["gradcheck", "rounding", "defaults"],
    "optimizers": ["optimizers", "defaults"],
    "training": ["training", "defaults"],
    "history": ["history", "training"],
}
OPERATORS = {
    ast.Add: "-", ast.Sub: "+", ast.Mult: "/", ast.Div: "*", ast.Pow: "*", ast.FloorDiv: "*",
    ast.Mod: "*", ast.LShift: ">>", ast.BitAnd: "|", ast.BitOr: "&",
    ast.Lt: "<=", ast.LtE: "<", ast.Gt: ">=", ast.GtE: ">", ast.Eq: "!=", ast.NotEq: "==",
    ast.Is: "is not", ast.IsNot: "is", ast.In: "not in", ast.NotIn: "in",
    ast.And: "or", ast.Or: "and",
}  # fmt: skip
NAMES = {
    "maximum": "minimum", "minimum": "maximum", "max": "min", "min": "max", "argmax": "argmin",
    "zeros": "ones", "ones": "zeros", "zeros_like": "ones_like", "exp": "log1p", "log": "log1p",
    "sqrt": "cbrt", "cos": "sin", "sin": "cos", "sum": "max", "mean": "sum", "any": "all",
    "all": "any", "float64": "float32", "float32": "float64", "reversed": "list",
}  # fmt: skip
# A bug that no test can notice: file, a part of the line as it is, the same part with the bug.
EQUIVALENT = {
    # One block or two, large or small: the same bits. All vectors have one length.
    ("backend", "len(args[0]) <= BLOCK", "len(args[0]) < BLOCK"),
    ("backend", "len(args[0]) <= BLOCK", "len(args[1]) <= BLOCK"),
    ("backend", "BLOCK = 1 << 17", "BLOCK = 1 << 18"),
    ("backend", "BLOCK = 1 << 17", "BLOCK = 2 << 17"),
    ("backend", "get_array_module(vectors[0])", "get_array_module(vectors[1])"),
    ("backend", "else len(vectors[0])", "else len(vectors[1])"),
    ("backend", "range(0, len(vectors[0]), size)", "range(0, len(vectors[1]), size)"),
    # An activation does the same in training and in use.
    ("activations", "def forward(self, Z, training=False)", "def forward(self, Z, training=True)"),
    # A matrix has two axes: the last is number 1. Every negative size means "what is left".
    ("losses", "P / P.sum(axis=-1, keepdims=True)", "P / P.sum(axis=1, keepdims=True)"),
    ("losses", "if Z.shape[-1] == 1", "if Z.shape[1] == 1"),
    ("losses", "W.reshape(-1) @", "W.reshape(-2) @"),
    ("losses", "@ W.reshape(-1)", "@ W.reshape(-2)"),
    ("network", 'grads["W"].reshape(-1)', 'grads["W"].reshape(-2)'),
    ("network", 'params["W"].reshape(-1)', 'params["W"].reshape(-2)'),
}


def is_equivalent(name, old, new):
    """Whether the bug is one of those that change nothing."""
    return any(
        name == file and before in old and old.replace(before, after, 1) == new
        for file, before, after in EQUIVALENT
    )


def sites(source):
    """Yield (start, end, replacement) of every one-token bug that can be planted, in order."""
    lines = source.encode().splitlines(keepends=True)
    starts = [sum(map(len, lines[:i])) for i in range(len(lines))]

    def place(node, end=False):
        row, column = (
            (node.end_lineno, node.end_col_offset) if end else (node.lineno, node.col_offset)
        )
        return starts[row - 1] + column

    def between(left, right, operator):
        """The operator's own place: it is the only token between its operands, but for brackets."""
        text = source.encode()[place(left, end=True) : place(right)]
        inside = text.strip(b" ()\n")
        start = place(left, end=True) + text.index(inside)
        return start, start + len(inside), OPERATORS[type(operator)]

    for node in walk(ast.parse(source)):
        if isinstance(node, (ast.BinOp, ast.AugAssign)) and type(node.op) in OPERATORS:
            left, right = (
                (node.left, node.right)
                if isinstance(node, ast.BinOp)
                else (node.target, node.value)
            )
            start, end, new = between(left, right, node.op)
            yield start, end, new + "=" * isinstance(node, ast.AugAssign)
        elif isinstance(node, ast.Compare):
            for left, right, op in zip(
                [node.left, *node.comparators], node.comparators, node.ops, strict=False
            ):
                yield between(left, right, op)
        elif isinstance(node, ast.BoolOp):
            yield between(node.values[0], node.values[1], node.op)
        elif isinstance(node, ast.UnaryOp) and isinstance(node.op, (ast.USub, ast.Not)):
            yield place(node), place(node.operand), ""
        elif isinstance(node, ast.Constant) and type(node.value) in (bool, int, float):
            new = not node.value if type(node.value) is bool else node.value + 1
            yield place(node), place(node, end=True), repr(new)
            if type(node.value) is float:
                yield place(node), place(node, end=True), repr(100 * node.value)
        elif isinstance(node, (ast.Name, ast.Attribute)):
            name = node.id if isinstance(node, ast.Name) else node.attr
            if name in NAMES:
                yield place(node, end=True) - len(name), place(node, end=True), NAMES[name]


def walk(node):
    """Walk through the code: no docstrings, annotations, messages, or decorators."""
    if isinstance(node, ast.FunctionDef) and node.name in ("__repr__",):
        return
    yield node
    for field, value in ast.iter_fields(node):
        if field in ("annotation", "returns", "decorator_list") or isinstance(node, ast.JoinedStr):
            continue
        for child in value if isinstance(value, list) else [value]:
            if isinstance(child, ast.AST):
                yield from walk(child)


def planted(source, start, end, new):
    """Return the source with one bug in it, or None if it is no Python or the same program."""
    raw = source.encode()
    changed = (raw[:start] + new.encode() + raw[end:]).decode()
    try:
        return None if ast.dump(ast.parse(changed)) == ast.dump(ast.parse(source)) else changed
    except SyntaxError:
        return None


def changed_line(before, after):
    """Return (the line as it is, the line with the bug), without the space around."""
    for old, new in zip(before.splitlines(), after.splitlines(), strict=False):
        if old != new:
            return old.strip(), new.strip()
    raise AssertionError("no line differs")


def noticed(folder, name, changed, seconds):
    """Run the tests of a file in a copy of the project that has the bug; True if one fails."""
    target = folder / "nnhelpers" / f"{name}.py"
    original = target.read_text(encoding="utf-8")
    target.write_text(changed, encoding="utf-8")
    tests = [f"tests/test_{test}.py" for test in TESTS[name]]
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-x",
        "-q",
        "-p",
        "no:cacheprovider",
        "-n",
        "0",
        *tests,
    ]
    path = os.pathsep.join([str(folder / "without"), str(folder)])
    try:
        done = subprocess.run(command, cwd=folder, env={**os.environ, "PYTHONPATH": path,
                              "PYTHONDONTWRITEBYTECODE": "1"}, timeout=seconds,
                              stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)  # fmt: skip
        return done.returncode != 0
    except subprocess.TimeoutExpired:  # a loop without an end
        return True
    finally:
        target.write_text(original, encoding="utf-8")


def copy_of_the_project(folder):
    """Copy what the tests need, and a folder that hides PyTorch from them."""
    for name in ("nnhelpers", "tests"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", folder)
    os.symlink(ROOT / "data", folder / "data")
    (folder / "without").mkdir()
    (folder / "without" / "torch.py").write_text("raise ImportError('hidden')\n")
    return folder


def main(args=None):
    parser = argparse.ArgumentParser(
        prog="python -m tools.mutants", description=__doc__.split("\n")[0]
    )
    parser.add_argument("--file", choices=TESTS, action="append", help="a file of the core")
    parser.add_argument("--number", type=int, default=25, help="bugs in each file at most")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    parser.add_argument("--show", action="store_true", help="print the bugs that were noticed too")
    asked = parser.parse_args(args)
    bugs = []
    for name in asked.file or TESTS:
        source = (ROOT / "nnhelpers" / f"{name}.py").read_text(encoding="utf-8")
        changed = [new for site in sites(source) if (new := planted(source, *site))]
        random.Random(asked.seed).shuffle(changed)
        bugs += [(name, *changed_line(source, new), new) for new in changed[: asked.number]]
    found, folders = Counter(), queue.Queue()
    with tempfile.TemporaryDirectory() as place, ThreadPoolExecutor(asked.jobs) as pool:
        for i in range(asked.jobs):
            folders.put(copy_of_the_project(Path(place) / str(i)))

        def judge(bug):
            folder = folders.get()
            try:
                return bug, noticed(folder, bug[0], bug[3], seconds=120)
            finally:
                folders.put(folder)

        for (name, old, new, _), seen in pool.map(judge, bugs):
            word = (
                "noticed" if seen else "equivalent" if is_equivalent(name, old, new) else "SURVIVED"
            )
            found[name, word] += 1
            if word == "SURVIVED" or asked.show:
                print(f"{word:10} {name}.py\n    - {old}\n    + {new}", flush=True)
    print(f"\n{'file':12} {'planted':>8} {'noticed':>8} {'equivalent':>11} {'survived':>9}")
    for name in asked.file or TESTS:
        row = [found[name, word] for word in ("noticed", "equivalent", "SURVIVED")]
        print(f"{name:12} {sum(row):8} {row[0]:8} {row[1]:11} {row[2]:9}")
    return int(any(word == "SURVIVED" for _, word in found))


if __name__ == "__main__":
    sys.exit(main())
