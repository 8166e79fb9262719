"""Exercise checks that name the mistake: one module for each notebook."""

import difflib

from . import nb00, nb01, nb02, nb03, nb04, nb05, nb06, nb07, nb08, nb09, nb10, nb11, nb12, nb13
from .exercise import Exercise
from .feedback import Feedback

__all__ = ["EXERCISES", "Exercise", "Feedback", "check"]

MODULES = [nb00, nb01, nb02, nb03, nb04, nb05, nb06, nb07, nb08, nb09, nb10, nb11, nb12, nb13]
EXERCISES = {
    one.name: one
    for module in MODULES
    for one in vars(module).values()
    if isinstance(one, Exercise)
}


def check(name, function, seed=None):
    """Check your function on fresh random inputs.

    Parameters
    ----------
    name : str
        The exercise, for example "softmax".
    function : callable
        Your function itself, not a call of it.
    seed : int, optional
        Makes the same inputs again; fresh ones without it.

    Returns
    -------
    Feedback
        Whether it passed and, if not, why: shown as a panel under the cell.

    Raises
    ------
    ValueError
        If there is no exercise of this name.
    """
    if name not in EXERCISES:
        near = difflib.get_close_matches(str(name), EXERCISES) or sorted(EXERCISES)
        raise ValueError(f"there is no exercise {name!r}. Did you mean one of: {', '.join(near)}?")
    return EXERCISES[name].check(function, seed)
