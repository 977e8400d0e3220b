"""A model under construction in which every variable says its value under a known plan as it is made.

A hint with holes is of little use to the search; this way none can be forgotten.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from ortools.sat.python import cp_model

Term = Any
"""What stands in a sum: a variable, its negation, an expression, or an int where the choice is made already."""


class Sketch:
    """The model and what its variables are worth under the plan that it starts from.

    Parameters
    ----------
    hinted
        Whether there is such a plan; without one the values given are not looked at.
    """

    def __init__(self, *, hinted: bool) -> None:
        self.model = cp_model.CpModel()
        self.hinted = hinted

    def boolean(self, name: str, value: int | None) -> cp_model.IntVar:
        """Make a literal."""
        return self._hint(self.model.new_bool_var(name), value)

    def integer(self, first: int, last: int, name: str, value: int | None) -> cp_model.IntVar:
        """Make a whole number between two bounds, both of which it may take."""
        if last < first:
            self.never()
        return self._hint(self.model.new_int_var(first, max(first, last), name), value)

    def hint_all(self, values: Iterable[tuple[cp_model.IntVar, int]]) -> None:
        """Hint variables that were made elsewhere."""
        for variable, value in values:
            self._hint(variable, value)

    def never(self) -> None:
        """Say that there is no plan."""
        self.model.add_bool_or([])

    def at_most(self, terms: Sequence[Term], limit: int) -> None:
        """``Σ terms ≤ limit``."""
        self.no_more(total(terms), limit)

    def no_more(self, less: Term, more: Term, literal: Term = 1) -> None:
        """``less ≤ more`` where a literal holds; nothing is posted that is so anyway."""
        if isinstance(literal, int) and not literal:
            return
        if isinstance(less, int) and isinstance(more, int):
            if less > more:
                self.any_must([negated(literal)])
            return
        constraint = self.model.add(less <= more)
        if not isinstance(literal, int):
            constraint.only_enforce_if(literal)

    def equal(self, one: Term, other: Term) -> None:
        """``one = other``."""
        self.no_more(one, other)
        self.no_more(other, one)

    def any_must(self, literals: Iterable[Term]) -> None:
        """One of the literals holds."""
        listed = list(literals)
        if not any(isinstance(item, int) and item for item in listed):
            self.model.add_bool_or([item for item in listed if not isinstance(item, int)])

    def any_of(self, literals: Iterable[Term], name: str, value: int | None) -> Term:
        """Give a literal that holds where any of several does: 1 where one is a fact, 0 where there is none."""
        listed = list(literals)
        if any(isinstance(item, int) and item for item in listed):
            return 1
        undecided = [item for item in listed if not isinstance(item, int)]
        if len(undecided) <= 1:
            return undecided[0] if undecided else 0
        either = self.boolean(name, value)
        self.model.add_max_equality(either, undecided)
        return either

    def _hint(self, variable: cp_model.IntVar, value: int | None) -> cp_model.IntVar:
        if self.hinted and value is not None:
            self.model.add_hint(variable, int(value))
        return variable


def negated(literal: Term) -> Term:
    """The opposite of a literal."""
    return 1 - literal if isinstance(literal, int) else literal.Not()


def total(terms: Iterable[Term]) -> Term:
    """Sum of terms; a number where none of them is open."""
    listed = list(terms)
    return weighted(listed, [1] * len(listed))


def weighted(terms: Sequence[Term], weights: Sequence[int]) -> Term:
    """Sum of terms, each times its weight; a number where none of them is open."""
    known = 0
    undecided, factors = [], []
    for term, weight in zip(terms, weights, strict=True):
        if isinstance(term, int):
            known += int(term) * weight
        elif weight:
            undecided.append(term)
            factors.append(weight)
    return cp_model.LinearExpr.weighted_sum(undecided, factors) + known if undecided else known
