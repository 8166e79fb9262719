"""The values that a wrong answer can ask for, by their names."""

import numpy as np


def names_of(function):
    """The names of a function's arguments, in order."""
    code = function.__code__
    return code.co_varnames[: code.co_argcount]


class Values(dict):
    """The values of one draw, by the names under which a wrong answer asks for them.

    They are the inputs, the exercise's own `terms`, `right` (the right answer, or the part of it
    that is wrong), `N`, the number of rows of the first input, and `values`, these themselves.
    A value is computed when it is first asked for.
    """

    def __init__(self, exercise, inputs):
        super().__init__(zip(exercise.arguments, inputs))
        self.exercise = exercise

    def __missing__(self, name):
        if name == "values":
            return self
        if name == "N":
            value = len(self[self.exercise.arguments[0]])
        elif name == "right":
            value = self.call(self.exercise.right)
            if self.exercise.returns:
                value = dict(zip(self.exercise.returns, value, strict=True))
        else:
            value = self.call(self.exercise.terms[name])
        self[name] = value
        return value

    def call(self, function, **own):
        """Call a function with the values that its arguments name; `own` ones go first."""
        return function(*[own[name] if name in own else self[name] for name in names_of(function)])

    def right_parts(self):
        """The right answer as a dict from the name of each part to an array."""
        return as_arrays(self["right"] if self.exercise.returns else {"": self["right"]})

    def wrong_parts(self, wrong):
        """A wrong answer as a dict from each part that it gets wrong to an array."""
        if isinstance(wrong, dict):
            right = self["right"]
            return as_arrays({part: self.call(wrong[part], right=right[part]) for part in wrong})
        answer = self.call(wrong)
        return as_arrays(answer if self.exercise.returns else {"": answer})


def no_two_alike(answers):
    """Whether all answers differ by more than a thousandth of their size."""
    by_shape = {}
    for answer in answers:
        by_shape.setdefault(answer.shape, []).append(answer.ravel() * 1.0)
    for same_shape in by_shape.values():
        stack = np.stack(same_shape)
        one, other = stack[:, None], stack[None]
        alike = np.abs(one - other) <= 1e-3 * np.maximum(np.abs(one), np.abs(other))
        if np.triu(alike.all(axis=-1), 1).any():
            return False
    return True


def as_arrays(parts):
    return {part: np.asarray(value) for part, value in parts.items()}
