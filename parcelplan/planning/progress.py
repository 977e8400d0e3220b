"""What a running search tells of itself."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Progress:
    """The state of a search when it has found a better plan or a better bound."""

    elapsed_s: float
    """Seconds since the search began."""
    objective: str
    """The objective that is being made smaller; those before it are done."""
    value: float | None
    """What the best plan so far reaches of it, in its own unit; None before there is a plan."""
    bound: float | None = None
    """What no plan falls below, given the objectives before it."""
    source: str = ""
    """What found the plan, such as ``heuristic``, ``model`` or ``neighbourhoods``."""

    @property
    def gap(self) -> float | None:
        """Relative distance of value and bound; None without either."""
        if self.value is None or self.bound is None:
            return None
        return 0.0 if self.value <= self.bound else (self.value - self.bound) / abs(self.value)


OnProgress = Callable[[Progress], None]
ShouldStop = Callable[[], bool]
