"""One exercise: the right answer, fresh inputs, and the known wrong answers.

A check runs the student's function on copies of fresh random inputs and compares what it returns
with the right answer. When they differ, it looks for the known wrong answer that equals the
student's on every one of the inputs, and names that mistake.
"""

import itertools
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from .comparing import check_dtypes, holds_floats, same, split
from .feedback import Feedback, Problem
from .running import call
from .values import Values, names_of, no_two_alike
from .wording import clue, describe_error, describe_inputs, describe_unknown, show_difference

DRAWS = 3  # on how many fresh inputs an answer is tried


@dataclass(frozen=True)
class Exercise:
    """One exercise of a notebook.

    Parameters
    ----------
    right : callable
        The right answer; it reads like the last line of the derivation. Its name, unique over all
        notebooks, is that of the function to write.
    inputs : callable
        `inputs(rng)` returns one tuple of fresh arguments. Arrays are float64 and not square, so
        that a forgotten transpose shows.
    wrong : dict
        From a sentence that names a mistake to the function that makes it. Its arguments are the
        names of the values that it needs, see `values.Values`; it returns what `right` returns.
        Where `returns` is given, it returns a dict with only the parts it gets wrong; or a dict
        stands in its place, from each part that is wrong to a function.
    returns : tuple of str
        The names of the parts, if `right` returns several: ("dW", "db", "dX").
    terms : dict
        From the name of a value that several mistakes need to the function that computes it.
    judge : callable, optional
        For answers that have no single right value: `judge(call, *inputs)` calls the student's
        function through `call` and returns None, or the sentence that says what is wrong.
    distinct : bool
        Whether to draw until no two of the known answers are alike, where chance would often make
        them so.
    also : callable, optional
        `also(rng)` returns one more tuple of fresh arguments, of a kind that `inputs` leaves out:
        a right answer must be right there as well.
    """

    right: Callable
    inputs: Callable
    wrong: dict
    returns: tuple = ()
    terms: dict = field(default_factory=dict)
    judge: Callable | None = None
    distinct: bool = False
    also: Callable | None = None

    @property
    def name(self):
        """The name of the function to write."""
        return self.right.__name__

    @property
    def notebook(self):
        """The number of its notebook, "02"."""
        return self.right.__module__[-2:]

    @property
    def arguments(self):
        """The names of the arguments, in order."""
        return names_of(self.right)

    @property
    def signature(self):
        """How a check calls the function: "dense_forward(X, W, b)"."""
        return f"{self.name}({', '.join(self.arguments)})"

    def check(self, function, seed=None):
        """Check a student's function.

        Parameters
        ----------
        function : callable
            The student's function. Whatever it does, no exception leaves this method, but for
            KeyboardInterrupt.
        seed : int, optional
            Makes the same inputs again; fresh ones without it.

        Returns
        -------
        Feedback
        """
        try:
            with np.errstate(all="ignore"):
                draws = self._draw(np.random.default_rng(seed))
                if self.judge is None:
                    self._compare(function, draws)
                else:
                    self._judge(function, draws)
        except Problem as problem:
            return problem.feedback(self.name)
        except KeyboardInterrupt:
            raise
        except BaseException as error:  # an answer so odd that even looking at it fails
            return Feedback(
                self.name,
                "wrong",
                "returned something that cannot be read as an array.",
                describe_error(error),
            )
        return Feedback(self.name, "right", f"right, on {len(draws)} fresh random inputs.")

    def _draw(self, rng):
        """The inputs of one check."""
        draws = [self.draw(rng) for _ in range(DRAWS)]
        return draws if self.also is None else [*draws, self.also(rng)]

    def draw(self, rng):
        """One tuple of fresh arguments."""
        inputs = self.inputs(rng)
        while self.distinct and not self._is_distinct(inputs):
            inputs = self.inputs(rng)
        return inputs

    def _is_distinct(self, inputs):
        values = Values(self, inputs)
        wrong = [values.wrong_parts(wrong)[""] for wrong in self.wrong.values()]
        return no_two_alike([values.right_parts()[""], *wrong])

    def _compare(self, function, draws):
        """Raise a Problem unless the function's answers equal the right ones."""
        answers = [split(self, call(self, function, inputs)) for inputs in draws]
        known = [Values(self, inputs) for inputs in draws]
        wanted = [values.right_parts() for values in known]
        strict = any(map(holds_floats, draws[0]))
        bad = [
            (part, draw)
            for part in wanted[0]
            for draw in range(len(draws))
            if not same(answers[draw][part], wanted[draw][part], strict)
        ]
        if not bad:
            check_dtypes(answers[0], wanted[0])
            return

        mistake, mistaken = self._find_mistake(answers, known)
        bad = [(part, draw) for part, draw in bad if part in mistaken] or bad
        part, draw = bad[0]
        got, want = answers[draw][part], wanted[draw][part]
        difference = show_difference(part, got, want)
        if mistake is not None:
            raise Problem(mistake, difference, mistake)
        details = [difference, clue(got, want), describe_inputs(self, draws[draw])]
        raise Problem(describe_unknown(part, got, want), "\n".join(filter(None, details)))

    def _judge(self, function, draws):
        """Raise a Problem if the exercise's own judge finds one."""
        for inputs in draws:
            sentence = self.judge(lambda *inputs: call(self, function, inputs), *inputs)
            if sentence is not None:
                details = describe_inputs(self, inputs)
                raise Problem(sentence, details, sentence if sentence in self.wrong else None)

    def _find_mistake(self, answers, known):
        """The first known mistake that explains every answer, and the parts which it gets wrong."""
        order = self._find_order(answers[0], known[0].right_parts())
        if order:
            return order, self.returns
        for sentence, wrong in self.wrong.items():
            for answer, values in zip(answers, known):
                parts = values.wrong_parts(wrong)
                if not all(same(answer[part], parts[part]) for part in parts):
                    break
            else:
                return sentence, tuple(parts)
        return None, ()

    def _find_order(self, answer, wanted):
        """A sentence, if the parts are all right but come in another order; else None."""
        for order in itertools.permutations(self.returns):
            pairs = zip(self.returns, order)
            if order != self.returns and all(same(answer[one], wanted[two]) for one, two in pairs):
                found, due = ", ".join(order), ", ".join(self.returns)
                return f"You return the right things in another order: {found}, not {due}."
        return None
