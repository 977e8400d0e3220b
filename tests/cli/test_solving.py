"""The search for a plan on the terminal: what it tells, and how Ctrl-C ends it."""

import os
import signal
import threading
from pathlib import Path
from typing import Any

import pytest

from parcelplan.cli.solving import Stop, news_text, objective_text, searched
from parcelplan.planning.progress import Progress
from parcelplan.site import open_site


class Silent:
    """Steps that show nothing and remember what they were told."""

    def __init__(self) -> None:
        self.names: list[str] = []
        self.news: list[Progress] = []
        self.stopped = 0

    def __call__(self, name: str) -> None:
        self.names.append(name)

    def told(self, news: Progress) -> None:
        self.news.append(news)

    def stopping(self) -> None:
        self.stopped += 1


def interrupt() -> None:
    os.kill(os.getpid(), signal.SIGINT)


@pytest.fixture(autouse=True)
def english(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PARCELPLAN_LANG", "en")


@pytest.mark.parametrize(
    ("news", "words"),
    [
        ({"objective": "supply", "value": None}, "looking for a first plan"),
        ({"objective": "supply", "value": 2e6 / 3}, "waiting 1,000 mu·days"),
        (
            {"objective": "cost", "value": 5e6, "bound": 4e6},
            "cost of works 500 10k yuan, bound 400, gap 20.0%",
        ),
        (
            {"objective": "targets", "value": 0.25, "bound": 0.0},
            "missing of targets 0.250 (ratio), bound 0.000, gap 100.0%",
        ),
        (
            {"objective": "makespan", "value": 300.0, "bound": 300.0},
            "days to the end of all works 300 days, bound 300, gap 0.0%",
        ),
    ],
)
def test_news_are_in_the_units_of_their_objective(news: dict[str, Any], words: str) -> None:
    assert news_text(Progress(elapsed_s=1.0, **news)) == words


def test_news_speak_the_language_of_the_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PARCELPLAN_LANG", "zh")
    assert news_text(Progress(elapsed_s=1.0, objective="supply", value=2e6 / 3)) == "加权等待 1,000 亩·日"
    assert objective_text("batches", 3.0, 2.0, 1 / 3, "zh") == "批次数 3 批，下界 2，差距 33.3%"


def test_the_first_interrupt_asks_and_the_second_stops() -> None:
    steps = Silent()
    stop = Stop(steps)  # type: ignore[arg-type]  # steps that show nothing
    stop.listen()
    try:
        assert not stop.asked()
        interrupt()
        assert stop.asked()
        assert steps.stopped == 1
        with pytest.raises(KeyboardInterrupt):
            interrupt()
    finally:
        stop.rest()
    with pytest.raises(KeyboardInterrupt):
        interrupt()


def test_other_threads_leave_interrupts_alone() -> None:
    before = signal.getsignal(signal.SIGINT)
    stop = Stop(Silent())  # type: ignore[arg-type]  # steps that show nothing
    thread = threading.Thread(target=stop.listen)
    thread.start()
    thread.join()
    assert signal.getsignal(signal.SIGINT) is before


def test_an_interrupted_search_keeps_its_best_plan(baishiyi: Path) -> None:
    class Hasty(Silent):
        def told(self, news: Progress) -> None:
            if not self.news and news.value is not None:
                interrupt()
            super().told(news)

    before = signal.getsignal(signal.SIGINT)
    steps = Hasty()
    site = open_site(baishiyi).having(plan={"time_limit_s": 600.0})
    study = searched(site, steps)  # type: ignore[arg-type]  # steps that show nothing
    assert study.plan.status == "feasible"
    assert len(study.plan.transfers) == 32
    assert steps.stopped == 1
    assert steps.names[-1] == "announced"
    assert not study.findings.of("error")
    assert signal.getsignal(signal.SIGINT) is before


def test_an_interrupt_before_the_search_stops_the_run(baishiyi: Path) -> None:
    class Impatient(Silent):
        def __call__(self, name: str) -> None:
            super().__call__(name)
            if name == "readiness":
                interrupt()

    with pytest.raises(KeyboardInterrupt):
        searched(open_site(baishiyi), Impatient())  # type: ignore[arg-type]  # steps that show nothing
