"""A layer's parameters by name: views into the network's one long vector."""

import numpy as np

from ..backend import get_array_module, move


class Views(dict):
    """``layer.params`` and ``layer.grads``: what is assigned is copied into the vector.

    ``layer.params["W"] = W`` would otherwise give the layer a matrix that optimizer, copies and
    files know nothing of.
    """

    def __setitem__(self, name, value):
        if name not in self:
            raise KeyError(f"no parameter {name!r} here, but {', '.join(map(repr, self))}")
        view = self[name]
        value = move(value, get_array_module(view))
        if value.shape != view.shape:
            raise ValueError(f"expected {name} of shape {view.shape}, got {value.shape}")
        if np.dtype(value.dtype).kind == "c" and view.dtype.kind != "c":
            raise ValueError(f"expected {name} as real numbers, got {value.dtype}")
        if value is not view:  # W -= ... on params["W"] ends here too
            view[...] = value

    def __reduce__(self):
        return dict, (dict(self),)  # a copy has no vector to be views of
