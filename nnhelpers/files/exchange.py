"""Weights for others: a network's arrays by name, as NumPy's and as PyTorch's (notebook 10)."""

import numpy as np

from ..backend import asnumpy, get_array_module


def named_arrays(net, what):
    """Return {"layers.0.W": array, ...}: all layers' ``what``, which is "params" or "state"."""
    return {f"layers.{i}.{name}": array for i, layer in enumerate(net.layers)
            for name, array in getattr(layer, what).items()}  # fmt: skip


def to_arrays(net):
    """Return all that ``net`` has learned as NumPy arrays: {"layers.0.W": array, ...}.

    Copies of parameters and running averages, in the order of the layers. They can be kept with
    ``np.savez(path, **nn.to_arrays(net))``. Source: notebook 10, "Weights for others".
    """
    arrays = {**named_arrays(net, "params"), **named_arrays(net, "state")}
    return {name: np.array(asnumpy(array)) for name, array in arrays.items()}


def from_arrays(net, arrays):
    """Put arrays, named as by :func:`to_arrays`, into ``net``, in its own dtype and place.

    Parameters
    ----------
    net : Network
    arrays : mapping from name to array
        For example what ``np.load`` returns. NumPy's, CuPy's or PyTorch's.

    Raises
    ------
    ValueError
        If a name is missing or unknown, or an array has another shape or holds no real numbers.
        ``net`` is then as it was.
    """
    targets = {**named_arrays(net, "params"), **named_arrays(net, "state")}
    _check_names(targets, arrays)
    values = {}
    for name, target in targets.items():
        values[name] = _on_host(arrays[name])
        if values[name].shape != target.shape:
            hint = " Try its .T." if values[name].T.shape == target.shape else ""
            raise ValueError(
                f"expected {name} of shape {target.shape}, got {values[name].shape}.{hint}"
            )
        if values[name].dtype.kind not in "fiu":
            raise ValueError(f"expected {name} as real numbers, got {values[name].dtype}")
    for name, target in targets.items():
        target[...] = get_array_module(target).asarray(values[name], dtype=target.dtype)


# PyTorch's names; its weight is our W transposed: its units are rows.
_TORCH_NAMES = {"W": "weight", "b": "bias", "gamma": "weight", "beta": "bias",
                "mean": "running_mean", "var": "running_var"}  # fmt: skip


def to_state_dict(net):
    """Return ``net``'s arrays named and laid out as PyTorch does: {"0.weight": W.T, "0.bias": b}.

    As in the ``state_dict`` of a ``torch.nn.Sequential`` of the same layers in the same order, with
    Linear for Dense and BatchNorm1d for BatchNorm. NumPy arrays, so PyTorch is not needed here:
    ``model.load_state_dict({k: torch.from_numpy(v) for k, v in nn.to_state_dict(net).items()})``.
    Source: notebook 10, "Weights for others".

    Raises
    ------
    ValueError
        If a layer's parameters have no counterpart in PyTorch.
    """
    arrays = to_arrays(net)
    return {theirs: arrays[ours].T.copy() if ours.endswith(".W") else arrays[ours]
            for ours, theirs in _torch_names(arrays).items()}  # fmt: skip


def from_state_dict(net, state_dict):
    """Put a PyTorch model's ``state_dict`` into ``net``: the way back of :func:`to_state_dict`.

    Parameters
    ----------
    net : Network
        With the same layers in the same order as the model, a ``torch.nn.Sequential``. For equal
        results BatchNorm needs the model's ``eps`` (1e-5 in both), LeakyReLU its slope.
    state_dict : mapping from name to tensor or array
        BatchNorm1d's ``num_batches_tracked`` is left out, because nothing here depends on it.

    Raises
    ------
    ValueError
        As in :func:`from_arrays`.
    """
    names = _torch_names(named_arrays(net, "params") | named_arrays(net, "state"))
    given = {name: value for name, value in state_dict.items()
             if not name.endswith("num_batches_tracked")}  # fmt: skip
    _check_names(names.values(), given)
    arrays = {ours: _on_host(given[theirs]) for ours, theirs in names.items()}
    from_arrays(net, {ours: array.T if ours.endswith(".W") else array
                      for ours, array in arrays.items()})  # fmt: skip


def _torch_names(ours):
    """Return {"layers.0.W": "0.weight", ...} for the names in ``ours``."""
    names = {}
    for name in ours:
        _, i, last = name.split(".", 2)
        if last not in _TORCH_NAMES:
            raise ValueError(f"{name} has no counterpart in PyTorch: exchange it with nn.to_arrays")
        names[name] = f"{i}.{_TORCH_NAMES[last]}"
    return names


def _check_names(expected, given):
    missing = [name for name in expected if name not in given]
    unknown = [name for name in given if name not in expected]
    if missing or unknown:
        raise ValueError(
            f"expected the arrays {', '.join(expected)}; missing: {', '.join(missing) or 'none'}; "
            f"unknown: {', '.join(map(str, unknown)) or 'none'}. "
            "Does the network have the same layers in the same order?"
        )


def _on_host(array):
    """Return an array of NumPy, CuPy or PyTorch as one of NumPy."""
    if hasattr(array, "detach"):  # PyTorch's, perhaps on a GPU, perhaps tied to its gradients
        array = array.detach().cpu().numpy()
    return np.asarray(asnumpy(array))
