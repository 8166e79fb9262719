"""What many tests begin with: networks, examples, a GPU or none, the notebooks' solutions."""

import copy
import re

import nbformat
import numpy as np

from nnhelpers import get_array_module
from nnhelpers.support import devices


def why_no_gpu():
    """Return None where CuPy computes, else the reason why it does not."""
    try:
        devices.load_backend("cupy")
    except devices.BackendError as error:
        return f"no GPU: {error}"
    return None


def shaken(net, seed=1, scale=0.5):
    """Give ``net`` parameters that are nowhere zero, biases included, so that no error hides."""
    values = np.random.default_rng(seed).normal(scale=scale, size=net.theta.size)
    net.theta[...] = get_array_module(net.theta).asarray(values, dtype=net.theta.dtype)
    return net


def examples(n=7, n_in=5, n_classes=3, seed=2):
    """Random examples and labels in which each class occurs."""
    generator = np.random.default_rng(seed)
    return generator.normal(size=(n, n_in)), np.arange(n) % n_classes


def solved_cells(notebook):
    """Find each exercise: yield (names that are checked, index of the stub's cell, solution)."""
    stub, names = None, []
    for index, cell in enumerate(notebook.cells):
        if cell.cell_type == "code":
            if "raise NotImplementedError" in cell.source:
                stub = index
            names += re.findall(r"nn\.check\(\s*\"(\w+)\"", cell.source)
        elif "<summary>Solution" in cell.source and names:
            code = "\n".join(re.findall(r"```python\n(.*?)```", cell.source, re.DOTALL))
            yield names, stub, code
            names = []


def exercises(path):
    """Yield (name of the exercise, its stub, its solution) for each ``nn.check`` in the notebook."""
    notebook = nbformat.read(path, as_version=4)
    for names, stub, solution in solved_cells(notebook):
        for name in names:
            yield name, notebook.cells[stub].source, solution


def with_solutions(notebook):
    """Return a copy of the notebook in which each solution has taken its stub's place."""
    solved = copy.deepcopy(notebook)
    for _, stub, solution in solved_cells(notebook):
        solved.cells[stub].source = solution
    return solved
