"""The outline of a file: which of its tasks are works, which are headings over them, and what waits for what."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from parcelplan.findings import Finding
from parcelplan.io.mspdi import values
from parcelplan.io.mspdi.xml_tree import Node
from parcelplan.schema.links import Link, Relation

_RELATIONS: Mapping[int, Relation] = {0: "FF", 1: "FS", 2: "SF", 3: "SS"}
_FINISH_TO_START = 1
_PERCENT = 100


@dataclass(frozen=True, kw_only=True)
class Task:
    """One task of the file."""

    uid: int
    node: Node
    name: str
    above: tuple[str, ...]
    """Names of the headings above it, outermost first."""
    days: int | None
    """Its duration in days as the file has it; None where it has none that can be read."""

    @property
    def milestone(self) -> bool:
        """Whether it takes no time."""
        return self.days == 0


@dataclass(frozen=True, kw_only=True)
class Outline:
    """Tasks in the order of the file."""

    works: Mapping[int, Task]
    """Tasks that are works, by UID."""
    under: Mapping[int, tuple[int, ...]]
    """Works under each heading, by its UID; a work stands under itself."""
    links: Mapping[int, tuple[tuple[int, Link], ...]]
    """Work → UID of what it waits for, and how."""
    findings: tuple[Finding, ...]


def read_outline(
    project: Node,
    days_of: Callable[[Node], int | None],
    stretch: Callable[[Node], float],
    minutes_per_day: int,
) -> Outline:
    """Take the tasks of a file apart.

    Parameters
    ----------
    project
        Root of the file.
    days_of
        Duration of a task in days, by its own calendar.
    stretch
        Calendar days that a day of a task's calendar takes, for lags, which we count by the calendar.
    minutes_per_day
        Minutes of a working day.
    """
    found: list[Finding] = []
    nodes = list(_kept(project, found))
    levels = [values.integer(node.say("OutlineLevel"), 1) for node in nodes] + [0]
    works: dict[int, Task] = {}
    under: dict[int, list[int]] = {}
    above: list[tuple[int, int, str]] = []
    headings = []
    for place, node in enumerate(nodes):
        uid, name = values.integer(node.say("UID"), -1), node.say("Name")
        above = [item for item in above if item[0] < levels[place]]
        under[uid] = []
        if levels[place + 1] > levels[place]:
            above.append((levels[place], uid, name))
            headings.append(name)
        elif values.flag(node.say("Summary")):
            found.append(_left_out(node, "empty"))
        else:
            for _, heading, _ in above:
                under[heading].append(uid)
            under[uid].append(uid)
            names = tuple(item[2] for item in above)
            works[uid] = Task(uid=uid, node=node, name=name, above=names, days=days_of(node))
    if headings:
        shown = "、".join(headings[:5])
        found.append(
            Finding(code="mspdi.headings", layer="works", value=shown, params={"count": len(headings)})
        )
    lag_days = _LagReader(works, under, stretch, minutes_per_day)
    reader = _Links(works, {uid: tuple(own) for uid, own in under.items()}, lag_days, found)
    links = reader.read(nodes)
    return Outline(works=works, under=reader.under, links=links, findings=tuple(found))


def _kept(project: Node, found: list[Finding]) -> Iterator[Node]:
    """Tasks that speak of something: none without content, none put aside, none of another file."""
    seen: set[str] = set()
    for node in project.inside("Tasks", "Task"):
        uid = node.say("UID")
        if uid == "0" or values.flag(node.say("IsNull")):
            continue
        if uid in seen or values.integer(uid, -1) < 0:
            found.append(
                Finding(code="mspdi.repeated_uid", layer="works", feature_id=task_name(node), value=uid)
            )
            continue
        seen.add(uid)
        if node.say("Active") and not values.flag(node.say("Active")):
            found.append(_left_out(node, "inactive"))
        elif values.flag(node.say("ExternalTask")) or values.flag(node.say("IsSubproject")):
            found.append(_left_out(node, "elsewhere"))
        else:
            yield node


def task_name(node: Node) -> str:
    """How findings name a task: by its row and its name."""
    row, name = node.say("ID") or node.say("UID"), node.say("Name")
    return f"{row} {name}".strip()


def _left_out(node: Node, why: str) -> Finding:
    return Finding(
        code=f"mspdi.task_{why}", layer="works", feature_id=task_name(node), value=node.say("Name")
    )


class _LagReader:
    """Lags as calendar days."""

    def __init__(
        self,
        works: Mapping[int, Task],
        under: Mapping[int, Sequence[int]],
        stretch: Callable[[Node], float],
        minutes_per_day: int,
    ) -> None:
        self._works, self._under = works, under
        self._stretch, self._minutes_per_day = stretch, minutes_per_day

    def days(self, node: Node, item: Node, before: int) -> tuple[int, str]:
        """Calendar days of a lag, and what the file says where that is something else; empty where it is the same.

        Working days of a lag are those of the task that waits; on an average a week of five takes seven days.
        """
        lag = values.number(item.say("LinkLag")) or 0.0
        kind = values.integer(item.say("LagFormat"), values.DAYS)
        if kind in values.PERCENT:
            longest = max((self._works[uid].days or 0 for uid in self._under[before]), default=0)
            return (
                (_rounded(lag / _PERCENT * longest * self._stretch(node)), f"{lag:g} %") if lag else (0, "")
            )
        minutes = lag / values.TENTHS
        if kind in values.ELAPSED:
            return _rounded(minutes / values.MINUTES_BY_CLOCK), ""
        days = minutes / self._minutes_per_day
        by_calendar = _rounded(days * self._stretch(node))
        return by_calendar, "" if by_calendar == days else f"{days:g}"


class _Links:
    """What works wait for, with the links of headings handed down to the works under them."""

    def __init__(
        self,
        works: Mapping[int, Task],
        under: Mapping[int, tuple[int, ...]],
        lag_of: _LagReader,
        found: list[Finding],
    ) -> None:
        self.works, self.under = works, under
        self._lag_of, self._found = lag_of, found
        self._own: dict[int, list[tuple[int, Link]]] = {uid: [] for uid in works}

    def read(self, nodes: Iterable[Node]) -> dict[int, tuple[tuple[int, Link], ...]]:
        """Links of each work, none twice."""
        said = [(node, item) for node in nodes for item in node.all("PredecessorLink")]
        plain = [pair for pair in said if not self._is_heading(pair)]
        # Links between works come first: they tell where a group begins and ends.
        for node, item in plain + [pair for pair in said if self._is_heading(pair)]:
            self._add(node, item)
        return {uid: tuple(dict.fromkeys(links)) for uid, links in self._own.items()}

    def _is_heading(self, pair: tuple[Node, Node]) -> bool:
        node, item = pair
        ends = (values.integer(node.say("UID")), values.integer(item.say("PredecessorUID"), -1))
        return any(uid not in self.works for uid in ends)

    def _add(self, node: Node, item: Node) -> None:
        uid, before = values.integer(node.say("UID")), values.integer(item.say("PredecessorUID"), -1)
        if values.flag(item.say("CrossProject")) or not self.under.get(before):
            self._tell("mspdi.link_nowhere", node, item.say("CrossProjectName") or item.say("PredecessorUID"))
            return
        relation = _RELATIONS.get(values.integer(item.say("Type"), _FINISH_TO_START), "FS")
        lag, told = self._lag_of.days(node, item, before)
        if told:
            self._tell("mspdi.lag_converted", node, told, days=lag)
        if uid not in self.works and relation in {"FF", "SF"}:
            self._tell("mspdi.link_to_end_of_heading", node, relation)
            return
        if before not in self.works and relation in {"SS", "SF"}:
            self._tell("mspdi.link_from_start_of_heading", node, relation)
        for first in self._ends(before) if relation in {"FS", "FF"} else self.under[before]:
            for second in self._begins(uid):
                days = lag + self._milestone_days(first, second, relation)
                link = Link(before=str(first), relation=relation, lag_days=days)
                self._own[second].append((first, link))

    def _milestone_days(self, first: int, second: int, relation: Relation) -> int:
        """What a lag gains or loses where an end of it takes no time and is made the last day before it."""
        lost = self.works[second].milestone and relation in {"FS", "SS"}
        gained = self.works[first].milestone and relation in {"SS", "SF"}
        return gained - lost

    def _ends(self, uid: int) -> list[int]:
        """Works of a group after which none of the same group comes."""
        group = set(self.under[uid])
        inner = {
            first
            for second in group
            for first, link in self._own[second]
            if _in_order(link) and first in group
        }
        return [item for item in self.under[uid] if item not in inner]

    def _begins(self, uid: int) -> list[int]:
        """Works of a group that wait for none of the same group."""
        group = set(self.under.get(uid, ()))
        return [
            item
            for item in self.under.get(uid, ())
            if not any(_in_order(link) and first in group for first, link in self._own[item])
        ]

    def _tell(self, code: str, node: Node, value: object, **params: object) -> None:
        self._found.append(
            Finding(
                code=code,
                layer="works",
                feature_id=task_name(node),
                field="predecessors",
                value=value,
                params=params,
            )
        )


def _in_order(link: Link) -> bool:
    return link.relation == "FS" and link.lag_days >= 0


def _rounded(days: float) -> int:
    """Whole days, away from nothing: a lag is rather too long than too short."""
    exact = round(days, 6)
    return math.ceil(exact) if exact > 0 else math.floor(exact)
