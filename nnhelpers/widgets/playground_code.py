"""A trained network of the playground as Python code that rebuilds it."""

import textwrap

import numpy as np

from ..backend import asnumpy


def as_code(net, recipe, features, data, comment=""):
    """Return code that builds ``net`` with ``nnhelpers``: the same predictions, to the last bit.

    Parameters
    ----------
    net : Network
    recipe : dict
        What ``nn.mlp`` needs besides the sizes to build a network like this one.
    features : list of (str, str)
        Name and code of each input beyond the two coordinates, such as ("x1x2",
        "X[:, 0] * X[:, 1]").
    data : str
        Code that makes X and y, of shapes (N, 2) and (N,).
    comment : str
        The comment above it all.
    """
    arguments = "".join(f", {name}={value!r}" for name, value in recipe.items())
    lines = [*(f"# {line}" for line in textwrap.wrap(comment, 92)),
             "import nnhelpers as nn", "from nnhelpers import xp", "",
             f"net = nn.mlp({net.sizes}{arguments})",
             f"net.theta[...] = {array_code(net.theta)}"]  # fmt: skip
    for i, layer in enumerate(net.layers):
        lines += [f"net.layers[{i}].state[{name!r}] = {array_code(value)}"
                  for name, value in layer.state.items()]  # fmt: skip
    inputs = "X"
    if features:
        inputs = "inputs(X)"
        columns = ", ".join(code for _, code in features)
        names = ", ".join(["x1", "x2", *(name for name, _ in features)])
        lines += ["", "", "def inputs(X):", f'    """{names}: shape (N, {net.sizes[0]})."""',
                  f"    return xp.column_stack([X, {columns}])", "", ""]  # fmt: skip
    lines += [data, f"net.score({inputs}, y)  # the share of the points that it gets right"]
    return "\n".join(lines) + "\n"


def array_code(values):
    """Return code for a float32 array of one axis, in lines of at most 96 characters."""
    # str of a float32 is its shortest decimal that reads back as the same number.
    numbers = ", ".join(str(value) for value in asnumpy(values).astype("float32"))
    wrapped = textwrap.fill(numbers, 92, initial_indent="    ", subsequent_indent="    ")
    return f'xp.asarray([\n{wrapped},\n], dtype="float32")'


def points_code(X, y):
    """Return code for points that only a hand can have set."""
    rows = ", ".join(f"({a:g}, {b:g})" for a, b in np.round(X, 4).tolist())
    labels = ", ".join(str(int(label)) for label in y)
    parts = [textwrap.fill(text, 92, initial_indent="    ", subsequent_indent="    ")
             for text in (rows, labels)]  # fmt: skip
    return (f'X = xp.asarray([\n{parts[0]},\n], dtype="float32")\n'
            f"y = xp.asarray([\n{parts[1]},\n])")  # fmt: skip
