"""Which parcels are transferred: modes of works exclude some, and of a parcel with pieces one side is."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property

from parcelplan.planning._cpsat.sketch import Sketch, Term, negated
from parcelplan.planning._cpsat.works import WorksModel
from parcelplan.planning.draft import Draft
from parcelplan.planning.problem import Candidate, PlanningProblem, Split


class Presence:
    """Literals of presence, each made once it is asked for.

    With ``e_i`` for *i* being excluded by a mode and ``z`` for the side of the whole parcel, a whole parcel *i* has
    ``present_i = z ∧ ¬e_i``, a piece ``present_i = ¬z ∧ ¬e_i``, and any other parcel ``present_i = ¬e_i``.

    Parameters
    ----------
    sketch
        The model.
    problem
        Its candidates and splits.
    works
        The works in the same model.
    hint
        Plan that the search starts from.
    """

    def __init__(
        self,
        sketch: Sketch,
        problem: PlanningProblem,
        works: WorksModel,
        *,
        hint: Draft | None,
    ) -> None:
        self.sketch = sketch
        self.problem = problem
        self.works = works
        self.draft = hint
        self._excluded: dict[str, Term] = {}
        self._sides: dict[str, Term] = {}
        self._present: dict[str, Term] = {}

    def present(self, item: Candidate) -> Term:
        """Whether a parcel is transferred."""
        if item.parcel_id not in self._present:
            self._present[item.parcel_id] = self._made(item)
        return self._present[item.parcel_id]

    def owed(self, item: Candidate) -> Term:
        """Whether a parcel counts, be it transferred or left out by a mode: 0 on the side that is not taken."""
        if item.parcel_id in self.pieces:
            return self._side(item.parcel_id)
        if item.part_of in self.pieces:
            return negated(self._side(item.part_of))
        return 1

    def post_splits(self) -> None:
        """A parcel and its pieces are never both transferred, whatever they are to each other otherwise."""
        known = {item.parcel_id: item for item in self.problem.candidates}
        for split in self.problem.of(Split):
            for piece in split.pieces:
                if split.parcel_id in known and piece in known and known[piece].part_of != split.parcel_id:
                    both = self.present(known[split.parcel_id]), self.present(known[piece])
                    self.sketch.at_most(both, 1)

    @cached_property
    def pieces(self) -> Mapping[str, tuple[Candidate, ...]]:
        """Pieces of each whole parcel that is a candidate too."""
        whole = {item.parcel_id for item in self.problem.candidates}
        found: dict[str, tuple[Candidate, ...]] = {}
        for item in self.problem.candidates:
            if item.part_of in whole:
                found[item.part_of] = (*found.get(item.part_of, ()), item)
        return found

    def _made(self, item: Candidate) -> Term:
        out = self.excluded(item)
        if item.fixed_notice_on is not None:
            self.sketch.equal(out, 0)
            self.sketch.equal(self.owed(item), 1)
            return 1
        side = self.owed(item)
        if isinstance(side, int):
            return negated(out) if side else 0
        if isinstance(out, int):
            return 0 if out else side
        name = f"{item.parcel_id} is transferred"
        there = self.sketch.boolean(
            name, None if self.draft is None else item.parcel_id in self.draft.notices
        )
        self.sketch.model.add_implication(there, side)
        self.sketch.model.add_implication(there, negated(out))
        self.sketch.model.add_bool_or([there, negated(side), out])
        return there

    def excluded(self, item: Candidate) -> Term:
        """Whether one of the chosen modes keeps a parcel from ever becoming net land."""
        if item.parcel_id not in self._excluded:
            literals = [self._is_chosen(work, mode) for work, mode in item.excluded_by]
            value = None if self.draft is None else any(self._was_chosen(*pair) for pair in item.excluded_by)
            self._excluded[item.parcel_id] = self.sketch.any_of(
                literals, f"{item.parcel_id} is excluded", value
            )
        return self._excluded[item.parcel_id]

    def _is_chosen(self, work_id: str, mode: str) -> Term:
        terms = self.works.terms.get(work_id)
        names = [] if terms is None else [item.name for item in terms.work.modes]
        if terms is None or mode not in names:
            return 0
        if terms.work.fixed is not None or len(names) == 1:
            return int(self._was_chosen(work_id, mode))
        return terms.chosen[names.index(mode)]

    def _was_chosen(self, work_id: str, mode: str) -> bool:
        terms = self.works.terms.get(work_id)
        if terms is None:
            return False
        planned = self.draft.works.get(work_id, (0, 0)) if self.draft is not None else (0, 0)
        return terms.work.modes[0 if terms.work.fixed is not None else planned[0]].name == mode

    def _side(self, whole: str) -> Term:
        if whole not in self._sides:
            self._sides[whole] = self._made_side(whole)
        return self._sides[whole]

    def _made_side(self, whole: str) -> Term:
        """``z``: pieces are taken only if not all of them are excluded, and must be if the whole is."""
        pieces = self.pieces[whole]
        item = next(item for item in self.problem.candidates if item.parcel_id == whole)
        taken = self.draft is None or not any(piece.parcel_id in self.draft.notices for piece in pieces)
        side = self.sketch.boolean(f"{whole} as a whole", taken)
        outs = [self.excluded(piece) for piece in pieces]
        if not any(isinstance(out, int) and not out for out in outs):
            open_outs = [out for out in outs if not isinstance(out, int)]
            # of pieces that are all excluded none can be taken
            self.sketch.model.add_bool_or([side, *(negated(out) for out in open_outs)])
        out = self.excluded(item)
        for piece_out in outs:
            # the whole is excluded and a piece is not
            self.sketch.any_must([negated(side), negated(out), piece_out])
        return side
