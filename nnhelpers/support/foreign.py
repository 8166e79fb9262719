"""Arrays of others: every door of the package takes them in by this one function."""

import numpy as np


def to_numpy(given):
    """Return ``given`` as a NumPy array: a list, a tensor, a data frame, a sparse matrix, ...

    What can be converted exactly is converted. The rest is refused in a sentence: text, missing or
    masked values, rows of different lengths. CuPy's arrays are the matter of ``backend.asnumpy``.
    """
    name = f"{type(given).__module__.partition('.')[0]}.{type(given).__name__}"
    if isinstance(given, np.ma.MaskedArray) and np.ma.getmaskarray(given).any():
        raise ValueError(
            f"expected numbers, got a {name} with {int(np.ma.count_masked(given))} masked values: "
            "they would count as numbers. Try X.filled(0), or leave their rows out."
        )
    try:
        if hasattr(given, "detach"):  # PyTorch: off its graph, off its device
            given = given.detach().cpu().numpy()
        elif hasattr(given, "toarray"):  # SciPy's sparse matrices
            given = given.toarray()
        elif hasattr(given, "to_numpy"):  # pandas, polars
            given = given.to_numpy()
        array = np.asarray(given)
    except (ValueError, TypeError) as error:
        raise ValueError(f"expected numbers, got a {name} that is no array: {error}") from error
    if array.ndim == 0 and not isinstance(given, (int, float, np.generic)):
        raise ValueError(f"expected numbers, got a {name}: {str(given):.80}")
    if array.dtype == object:
        kinds = sorted({type(one).__name__ for one in array.ravel()[:10_000]})
        raise ValueError(
            f"expected numbers, got a {name} with elements of {', '.join(kinds)}. Text columns and "
            "missing values must be turned into numbers first, or left out."
        )
    return array
