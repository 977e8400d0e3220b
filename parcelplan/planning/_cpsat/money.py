"""Money in the model: a balance from month to month."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterator

from parcelplan.checks.money_checks import CASH_TOLERANCE_YUAN
from parcelplan.planning._cpsat.land import Land
from parcelplan.planning._cpsat.sketch import Sketch, Term, weighted
from parcelplan.planning._cpsat.works import WorksModel, WorkTerms
from parcelplan.planning.draft import end_of
from parcelplan.planning.problem import CashLimit
from parcelplan.planning.timeline import month_number

FEN_PER_YUAN = 100

Flow = tuple[Term, int, int]
"""What turns an amount of fen on: a literal, the amount, and the value of the literal under the hint."""


class Money:
    """Posts ``b_m = b_{m-1} + income_{m-1} − payments_m ≥ −credit`` for every month *m* that can see a flow.

    Parameters
    ----------
    land, works
        The parcels and works of the model.
    cash
        The limit.
    """

    def __init__(self, land: Land, works: WorksModel, cash: CashLimit) -> None:
        self.land = land
        self.works = works
        self.cash = cash
        self.sketch: Sketch = land.sketch
        self.timeline = land.timeline
        self.first = month_number(cash.as_of)
        self._flows: dict[int, list[Flow]] = defaultdict(list)
        for day, amount in cash.other:
            self._add(month_number(day), 1, amount, 1)
        for unit_flows in (self._incomes(), self._payments()):
            for month, literal, amount, hint in unit_flows:
                self._add(month, literal, amount, hint)
        self._post()

    def _add(self, month: int, literal: Term, yuan: float, hint: int) -> None:
        fen = round(yuan * FEN_PER_YUAN)
        if month >= self.first and fen:
            self._flows[month].append((literal, fen, hint))

    def _incomes(self) -> Iterator[tuple[int, Term, float, int]]:
        """Yield shares of prices in the months in which they are paid."""
        months = self.timeline.transfer_months
        for unit in self.land.units:
            price = sum(self.cash.prices.get(item.parcel_id, 0.0) for item in unit.members)
            for k, literal in unit.x.items() if price else ():
                chosen = unit.hint is not None and int(self.land.segments[unit.hint]) == k
                for share, later in self.cash.terms:
                    yield int(months[unit.first[k]]) + later, literal, price * share, int(chosen)

    def _payments(self) -> Iterator[tuple[int, Term, float, int]]:
        """Yield costs of works in the months of their starts and ends."""
        for work_id, terms in self.works.terms.items():
            mode, start, free = self._hinted(terms)
            costs = [self.cash.costs.get((work_id, item.name), (0.0, 0.0)) for item in terms.work.modes]
            for end, day, hinted in (
                (0, terms.start, start),
                (1, self._last_day(terms), max(start, free - 1)),
            ):
                amounts = [pair[end] for pair in costs]
                if any(amounts):
                    yield from self._by_month(terms, amounts, day, hinted, mode)

    def _last_day(self, terms: WorkTerms) -> Term:
        """The last day, and of a work without a day the one on which it stands."""
        if all(item.duration_days > 0 for item in terms.work.modes) or isinstance(terms.free, int):
            return max(terms.start, terms.free - 1) if isinstance(terms.free, int) else terms.free - 1
        day = self.sketch.integer(0, self.timeline.last + 1, f"last day of {terms.work.work_id}", None)
        self.sketch.model.add_max_equality(day, [terms.start, terms.free - 1])
        return day

    def _by_month(
        self, terms: WorkTerms, amounts: list[float], day: Term, hinted: int, mode: int
    ) -> Iterator[tuple[int, Term, float, int]]:
        """Yield a payment in every month that its day can fall in, by mode: ``p ≥ paid_m + chosen − 1``."""
        if isinstance(day, int):
            yield self._month(day), 1, -amounts[0], 1
            return
        for month, literal, value in self._months_of_day(terms, day, hinted):
            for k, amount in enumerate(amounts):
                if amount and len(amounts) == 1:
                    yield month, literal, -amount, value
                elif amount:
                    both = self.sketch.boolean(
                        f"{terms.work.work_id} {k} pays in {month}", value and k == mode
                    )
                    chosen = terms.chosen[k]
                    self.sketch.model.add_bool_and([literal, chosen]).only_enforce_if(both)
                    self.sketch.model.add_bool_or([both, literal.Not(), chosen.Not()])
                    yield month, both, -amount, int(value and k == mode)

    def _months_of_day(self, terms: WorkTerms, day: Term, hinted: int) -> Iterator[tuple[int, Term, int]]:
        """Yield each month with a literal that holds where a day falls in it."""
        name = terms.work.work_id
        literals = []
        for month in range(self.first, self._month(self.timeline.last + 1) + 1):
            start, until = self._start_of(month), self._start_of(month + 1)
            value = int(start <= hinted < until)
            literal = self.sketch.boolean(f"{name} in {month}", value)
            self.sketch.no_more(start, day, literal)
            self.sketch.no_more(day, until - 1, literal)
            literals.append((month, literal, value))
        self.sketch.model.add_exactly_one([literal for _, literal, _ in literals])
        yield from literals

    def _hinted(self, terms: WorkTerms) -> tuple[int, int, int]:
        work, draft = terms.work, self.land.draft
        span = self.timeline.work_days.fixed_span(work)
        if span is not None:
            return (0, *span)
        if draft is None:
            return 0, 0, 0
        mode, start = draft.works[work.work_id]
        return mode, start, end_of(self.timeline, work, mode, start)

    def _month(self, offset: int) -> int:
        return month_number(self.timeline.date_of(offset))

    def _start_of(self, month: int) -> int:
        year, number = divmod(month, 12)
        return self.timeline.offset(self.timeline.problem.as_of.replace(year=year, month=number + 1, day=1))

    # --- balance

    def _post(self) -> None:
        least = -math.floor((self.cash.credit_yuan + CASH_TOLERANCE_YUAN / 2) * FEN_PER_YUAN)
        opening = round(self.cash.opening_yuan * FEN_PER_YUAN)
        balance: Term = opening
        hinted, earned, earned_hint = opening, 0, 0
        most = opening + sum(max(0, fen) for flows in self._flows.values() for _, fen, _ in flows)
        for month in range(self.first, max(self._flows, default=self.first - 1) + 1):
            flows = self._flows[month]
            paid = weighted(
                [item[0] for item in flows if item[1] < 0], [item[1] for item in flows if item[1] < 0]
            )
            paid_hint = sum(fen * value for _, fen, value in flows if fen < 0)
            value = hinted + earned_hint + paid_hint
            after = balance + earned + paid
            if isinstance(after, int):
                self.sketch.no_more(least, after)
                balance = after
            else:
                balance = self.sketch.integer(least, max(most, least), f"balance of {month}", value)
                self.sketch.model.add(balance == after)
            hinted = value
            earned = weighted(
                [item[0] for item in flows if item[1] > 0], [item[1] for item in flows if item[1] > 0]
            )
            earned_hint = sum(fen * value for _, fen, value in flows if fen > 0)
