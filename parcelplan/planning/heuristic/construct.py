"""A plan at once: works in the order of the land they free, then parcels one by one on the first day that takes them.

Works are placed serially, as early as precedences, calendars, crews and money allow, always those first that free
most land for what they still cost. Parcels follow as soon as their last gate has a day, so that their income pays for
works placed later. Then all parcels are placed anew, the works as they are, in a few orders. Several rules are tried,
more of them where the problem is small, and the best plan is kept.
"""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from parcelplan.planning.draft import Draft, to_plan
from parcelplan.planning.heuristic.layout import Layout
from parcelplan.planning.heuristic.placing import NEVER, Choices, Placing, wanted_groups
from parcelplan.planning.heuristic.score import score, shortfalls
from parcelplan.planning.heuristic.selling import sell
from parcelplan.planning.heuristic.settling import settle
from parcelplan.planning.heuristic.urgency import Bundle, bundles, loads, picks, pulls
from parcelplan.planning.problem import BatchSize, Target
from parcelplan.planning.timeline import Timeline

TIME_S, TIME_PER_PARCEL_S = 1.2, 0.0002
"""Time within which further rules are tried once there is a plan."""
MOST_RULES = 24
NOISE = 0.5
YEAR_DAYS = 365.0
ATTEMPTS, MORE = 6, 3.0
"""Attempts of one rule, and how much more what found no day counts in each."""


@dataclass(frozen=True, kw_only=True)
class Rule:
    """One way of putting a plan together."""

    power: float = 1.0
    """How the shares of several crews count together, as in ``picks``."""
    later_phase: float = 1.0
    """Factor by which land counts for each level of phases that goes before it."""
    lead: float = 2.0
    """How much less land counts for each year that its works take one after the other."""
    aimed: bool = True
    """Whether what is meant to be on some day waits for it."""
    noise: float = 0.0
    seed: int = 0


_TRIED = (
    (4.0, 0.2, 2.0),
    (4.0, 0.05, 2.0),
    (1.0, 0.2, 2.0),
    (4.0, 0.5, 4.0),
    (2.0, 1.0, 0.0),
    (1.0, 0.05, 1.0),
)


def rules() -> Iterator[Rule]:
    """Yield the rules in the order in which they are tried."""
    for power, later_phase, lead in _TRIED:
        yield Rule(power=power, later_phase=later_phase, lead=lead)
    yield Rule(aimed=False)
    for seed in range(MOST_RULES):
        yield Rule(power=(1.0, 2.0, 4.0)[seed % 3], noise=NOISE, seed=seed, aimed=bool(seed % 2))


def first_draft(timeline: Timeline) -> Draft | None:
    """Find a plan quickly, or None where no rule leads to one; that proves nothing.

    Parameters
    ----------
    timeline
        The problem on its days.

    Returns
    -------
    Draft or None
        A draft that keeps all demands. The same problem gives the same draft as long as the time it is given suffices
        for all rules.
    """
    layout = Layout(timeline=timeline)
    if len(layout.in_turn) < len(layout.works):
        # works that wait for each other in a circle are for the checks to tell of
        return None
    until = time.perf_counter() + TIME_S + TIME_PER_PARCEL_S * len(layout.parcels)
    best: tuple[tuple[float, ...], Draft] | None = None

    def enough() -> bool:
        return best is not None and time.perf_counter() > until

    for rule in rules():
        for draft in drafted(layout, rule, enough):
            value = score(layout, draft)
            best = (value, draft) if best is None or value < best[0] else best
            if enough():
                break
        if enough():
            break
    return best[1] if best else None


def drafted(layout: Layout, rule: Rule, enough: Callable[[], bool] = lambda: False) -> Iterator[Draft]:
    """Yield plans put together by one rule; what found no day counts more in each further attempt.

    Parameters
    ----------
    layout
        The problem by numbers.
    rule
        The rule.
    enough
        Asked before each further attempt.
    """
    choices = settle(layout, aimed=rule.aimed, noise=rule.noise, seed=rule.seed)
    found = bundles(layout, wanted_groups(layout, choices.left_out), choices.modes)
    weights = _weights(layout, found, rule)
    costs = loads(layout, choices.modes)
    for _ in range(ATTEMPTS):
        if enough():
            return
        failed: set[int] = set()
        turn = picks(found, costs, weights=weights, power=rule.power)
        drafts = carried_out(layout, choices, turn, failed)
        if (first := next(drafts, None)) is not None:
            yield first
            yield from drafts
            return
        for number, bundle in enumerate(found):
            if any(failed.intersection(group) for group in bundle.groups):
                weights[number] *= MORE


def carried_out(
    layout: Layout, choices: Choices, turn: Iterator[Bundle], failed: set[int]
) -> Iterator[Draft]:
    """Carry works out in the order of bundles, sell the land, and yield what comes of it.

    Parameters
    ----------
    layout
        The problem by numbers.
    choices
        Modes and sides of splits.
    turn
        Bundles, the most urgent one first.
    failed
        Parcels are added here that found no day, or came too late for a target that binds.
    """
    placing = Placing(layout, choices)
    if not _place_bundles(placing, turn, failed):
        return
    for draft in sell(placing, failed):
        # a binding target that is missed is no plan, nor are batches that neighbours of another phase broke up
        if late := missed(layout, draft):
            failed.update(late)
        elif not _batched(layout) or not _broken(layout, draft):
            yield draft


def _batched(layout: Layout) -> bool:
    return bool(layout.timeline.problem.of(BatchSize))


def _broken(layout: Layout, draft: Draft) -> bool:
    return bool(layout.timeline.problem.violations(to_plan(layout.timeline, draft)))


def missed(layout: Layout, draft: Draft) -> set[int]:
    """Parcels that would help targets that bind and are missed."""
    binding = [item for item in layout.timeline.problem.of(Target) if item.binding]
    short = shortfalls(layout, draft) if binding else {}
    named = {name for item in binding if short[item.target_id] for name in item.values}
    return {layout.parcel_number[name] for name in named if name in layout.parcel_number}


def _weights(layout: Layout, found: Sequence[Bundle], rule: Rule) -> np.ndarray:
    counts = pulls(layout) * layout.areas_m2
    weights = np.zeros(len(found))
    for number, bundle in enumerate(found):
        for group in bundle.groups:
            level = max(layout.levels[layout.parcels[k].phase] for k in group)
            weights[number] += counts[list(group)].sum() * rule.later_phase**level
    leads = np.array([max((int(layout.heads[work]) for work in bundle.works), default=0) for bundle in found])
    weights *= np.exp(-rule.lead * leads / YEAR_DAYS)
    draws = np.random.default_rng(rule.seed).normal(0.0, rule.noise, len(found)) if rule.noise else 0.0
    return np.asarray(weights * np.exp(draws))


def _place_bundles(placing: Placing, turn: Iterator[Bundle], failed: set[int]) -> bool:
    """Place all works, and parcels as far as their income matters; works that cannot be paid yet wait for more land."""
    layout = placing.layout
    for work in _pressing(layout):
        placing.place_work(work)
    waiting: dict[int, list[tuple[int, ...]]] = defaultdict(list)
    left = [*turn, *(Bundle(works=(work,), groups=()) for work in layout.in_turn)]
    while left:
        held = []
        for bundle in left:
            if not all(placing.place_work(work) for work in bundle.works):
                held.append(bundle)
                continue
            for group in bundle.groups if layout.cash else ():
                waiting[max(layout.parcels[k].phase for k in group)].append(group)
            _sell_waiting(placing, waiting)
        if len(held) == len(left):
            failed.update(k for bundle in held for group in bundle.groups for k in group)
            return False
        left = held
    return True


def _sell_waiting(placing: Placing, waiting: dict[int, list[tuple[int, ...]]]) -> None:
    for phase, groups in waiting.items():
        if groups and placing.phase_floor(phase) < NEVER:
            # what finds no day now is sold in the end or not at all
            for group in groups:
                placing.place_group(group)
            groups.clear()


def _pressing(layout: Layout) -> list[int]:
    """Works in progress, then those with a deadline and all that has to go before them, the most pressing one first."""
    going_on = [k for k in layout.in_turn if layout.works[k].started_on is not None]
    days = layout.timeline.work_days
    deadlines = {
        k: window[1]
        for k, item in enumerate(layout.works)
        if item.work_id in layout.deadlines and (window := days.window(item, item.modes[0])) is not None
    }
    return [*going_on, *sorted(deadlines, key=deadlines.__getitem__)]
