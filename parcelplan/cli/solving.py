"""What the terminal shows while a plan is looked for, and what Ctrl-C does meanwhile."""

from __future__ import annotations

import signal
import threading
from types import FrameType
from typing import TYPE_CHECKING, Any

from parcelplan.catalogue import Language, text
from parcelplan.cli.options import spoken, words

if TYPE_CHECKING:
    from rich.progress import Progress as Bar
    from rich.progress import TaskID

    from parcelplan.planning.progress import Progress
    from parcelplan.site import Site
    from parcelplan.study import Study


class Steps:
    """A bar of steps: called with the name of each as it begins, and told how the search for a plan goes."""

    def __init__(self, bar: Bar, task: TaskID) -> None:
        self._bar = bar
        self._task = task
        self._begun = False

    def __call__(self, name: str) -> None:
        """Begin a step."""
        self._show(description=words(f"step.{name}"), advance=1 if self._begun else 0, news="")
        self._begun = True

    def told(self, news: Progress) -> None:
        """Show what the best plan so far is worth."""
        self._show(news=news_text(news))

    def stopping(self) -> None:
        """Show that the search has been asked to end."""
        self._show(description=words("stopping"))

    def _show(self, **fields: Any) -> None:
        self._bar.update(self._task, **fields)


def news_text(news: Progress) -> str:
    """Value, bound and gap of a search in one line, in the objective's own unit."""
    if news.value is None:
        return words("searching")
    return objective_text(news.objective, news.value, news.bound, news.gap, spoken())


def objective_text(name: str, value: float, bound: float | None, gap: float | None, lang: Language) -> str:
    """What a plan reaches of an objective, with its unit, and how far that may be from the best."""
    from parcelplan.views.objectives import figure_text, shown_unit

    said = {
        "name": text(f"objective.{name}", lang),
        "value": figure_text(name, value),
        "unit": text(f"objective_unit.{shown_unit(name)}", lang),
    }
    if bound is None or gap is None:
        return text("cli.best_so_far", lang, **said)
    return text("cli.best_and_bound", lang, bound=figure_text(name, bound), gap=gap, **said)


def searched(site: Site, step: Steps) -> Study:
    """Study a site with the search for its plan told, and ended by Ctrl-C without losing its best plan."""
    from parcelplan.study import study_site

    stop = Stop(step)

    def begun(name: str) -> None:
        step(name)
        (stop.listen if name == "plan" else stop.rest)()

    try:
        return study_site(site, progress=begun, on_progress=step.told, should_stop=stop.asked)
    finally:
        stop.rest()


class Stop:
    """Ctrl-C while a plan is looked for: the first one ends the search and keeps its best plan, a second one the run.

    Before and after the search, and outside the main thread, Ctrl-C stays what it is.
    """

    def __init__(self, steps: Steps) -> None:
        self._steps = steps
        self._asked = threading.Event()
        self._before: Any = None

    def asked(self) -> bool:
        """Whether the search shall end."""
        return self._asked.is_set()

    def listen(self) -> None:
        """Take Ctrl-C from now on."""
        if threading.current_thread() is threading.main_thread():
            self._before = signal.signal(signal.SIGINT, self._ask)

    def rest(self) -> None:
        """Leave Ctrl-C what it was."""
        if self._before is not None:
            signal.signal(signal.SIGINT, self._before)
            self._before = None

    def _ask(self, number: int, frame: FrameType | None) -> None:
        if self._asked.is_set():
            signal.default_int_handler(number, frame)
        self._asked.set()
        self._steps.stopping()
