"""Circles in networks of works: those that take time, which no dates can keep.

Each work has two nodes, its start ``s_w`` and the first day after its end ``f_w``. A precedence is an edge of the
length of its lag; an edge of the shortest duration leads from start to end, and one of minus the longest duration
back. Dates exist only if no circle has a positive length.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

Node = tuple[str, str]
"""A work and ``S`` or ``F``."""
MOST_CIRCLES = 20
"""So many circles are told; mending them shows whether there are more."""
MOST_NAMES = 20
"""So many works of a circle are spelled out."""


@dataclass(frozen=True, kw_only=True)
class Link:
    """A precedence: the work waits for ``before`` by ``relation`` (``FS | SS | FF | SF``) and lag."""

    before: str
    work_id: str
    relation: str
    lag_days: int


@dataclass(frozen=True, kw_only=True)
class Circle:
    """Works that wait for one another, each for the one before it, and the days by which they miss."""

    works: tuple[str, ...]
    days: int

    def words(self) -> str:
        """The circle spelled out; of a long one the middle is left out.

        Examples
        --------
        >>> Circle(works=("A", "B"), days=3).words()
        'A → B → A'
        """
        named = self.works
        if len(named) > MOST_NAMES:
            named = (*named[: MOST_NAMES - 1], f"… ({len(named) - MOST_NAMES})", named[-1])
        return " → ".join((*named, self.works[0]))


def circles(
    shortest_days: Mapping[str, int], longest_days: Mapping[str, int | None], links: Iterable[Link]
) -> Iterator[Circle]:
    """Find circles of positive length, each without the last link of those found before it.

    Parameters
    ----------
    shortest_days
        Least calendar days that each work takes. Links to works that are not named are not looked at.
    longest_days
        Most calendar days that each work takes; None where a calendar may stretch it without limit.
    links
        Precedences.
    """
    open_links = [link for link in links if link.before in shortest_days and link.work_id in shortest_days]
    for _ in range(MOST_CIRCLES):
        edges = _edges(shortest_days, longest_days, open_links)
        nodes = _positive_circle(edges)
        if nodes is None:
            return
        pairs = list(zip(nodes, (*nodes[1:], nodes[0]), strict=True))
        days = sum(max(length for to, length in edges[a] if to == b) for a, b in pairs)
        yield Circle(works=_works(nodes), days=days)
        open_links = _without_one(
            open_links, {pair for pair in pairs if pair[0][0] != pair[1][0]} or set(pairs)
        )


def _ends(link: Link) -> tuple[Node, Node]:
    return (link.before, link.relation[0]), (link.work_id, link.relation[1])


def _edges(
    shortest: Mapping[str, int], longest: Mapping[str, int | None], links: Iterable[Link]
) -> dict[Node, list[tuple[Node, int]]]:
    edges: dict[Node, list[tuple[Node, int]]] = {}
    for work, days in shortest.items():
        most = longest[work]
        edges[work, "S"] = [((work, "F"), days)]
        edges[work, "F"] = [] if most is None else [((work, "S"), -most)]
    for link in links:
        before, after = _ends(link)
        edges[before].append((after, link.lag_days))
    return edges


def _positive_circle(edges: Mapping[Node, list[tuple[Node, int]]]) -> list[Node] | None:
    """Nodes of a circle of positive length, in the order of its edges.

    Longest paths are lengthened edge by edge; as soon as the edges by which nodes were reached close a circle, that
    circle has a positive length.
    """
    reached = dict.fromkeys(edges, 0)
    through: dict[Node, Node] = {}
    moved = list(edges)
    while moved:
        again: dict[Node, None] = {}
        for node in moved:
            for to, length in edges[node]:
                if reached[node] + length > reached[to]:
                    reached[to] = reached[node] + length
                    through[to] = node
                    again[to] = None
        if (circle := _closed(through)) is not None:
            return circle
        moved = list(again)
    return None


def _closed(through: Mapping[Node, Node]) -> list[Node] | None:
    seen: dict[Node, int] = {}
    for turn, first in enumerate(through):
        path, node = [], first
        while node in through and node not in seen:
            seen[node] = turn
            path.append(node)
            node = through[node]
        if node in path:
            return path[path.index(node) :][::-1]
    return None


def _works(nodes: list[Node]) -> tuple[str, ...]:
    names = [name for name, _ in nodes]
    kept = [name for k, name in enumerate(names) if name != names[k - 1]] or names[:1]
    first = kept.index(min(kept))
    return tuple(kept[first:] + kept[:first])


def _without_one(links: list[Link], pairs: set[tuple[Node, Node]]) -> list[Link]:
    last = max(k for k, link in enumerate(links) if _ends(link) in pairs)
    left_out = _ends(links[last])
    return [link for link in links if _ends(link) != left_out]
