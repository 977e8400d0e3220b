"""Things are made once, kept a while, and made anew when their files change."""

import os
import threading
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from parcelplan.errors import NotFoundError
from parcelplan.site import Site
from parcelplan.study import Study
from service import library as library_module
from service.library import Library, nearest
from service.settings import Settings
from service.shelf import Shelf
from service.views import VIEWS
from tests.service.conftest import client_of, write_tiny


def ask_together(count: int, ask: Callable[[], Any]) -> list[Any]:
    """What several threads get that ask at the same moment; an error counts as an answer."""
    gate, answers = threading.Barrier(count), []

    def one() -> None:
        gate.wait()
        try:
            answers.append(ask())
        except ValueError as error:
            answers.append(str(error))

    threads = [threading.Thread(target=one) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert len(answers) == count
    return answers


def test_many_who_ask_at_once_get_the_one_thing() -> None:
    made = []

    def make(key: Any) -> Any:
        made.append(key)
        time.sleep(0.05)
        return object()

    shelf = Shelf(make, keep=2)
    answers = ask_together(8, lambda: shelf.get("a"))
    assert made == ["a"]
    assert len(set(map(id, answers))) == 1


def test_an_error_reaches_everyone_and_is_forgotten() -> None:
    tries = []

    def make(key: Any) -> Any:
        tries.append(key)
        time.sleep(0.05)
        message = f"try {len(tries)}"
        raise ValueError(message)

    shelf = Shelf(make, keep=2)
    assert set(ask_together(4, lambda: shelf.get("a"))) == {"try 1"}
    with pytest.raises(ValueError, match="try 2"):
        shelf.get("a")
    assert len(shelf) == 0


def test_what_was_used_longest_ago_goes_first() -> None:
    made = []
    shelf = Shelf(lambda key: made.append(key) or key, keep=2)
    for key in "abacab":
        assert shelf.get(key) == key
    assert made == ["a", "b", "c", "b"]
    assert len(shelf) == 2


def test_what_is_being_made_is_never_taken_away() -> None:
    begun, go_on = threading.Event(), threading.Event()
    made = []

    def make(key: Any) -> Any:
        made.append(key)
        if key == "slow":
            begun.set()
            go_on.wait(10)
        return key

    shelf = Shelf(make, keep=1)
    slow = threading.Thread(target=shelf.get, args=("slow",))
    slow.start()
    begun.wait(10)
    for key in "abc":
        shelf.get(key)
    go_on.set()
    slow.join(10)
    assert shelf.get("slow") == "slow"
    assert made == ["slow", "a", "b", "c"]


def test_only_so_many_are_made_at_once() -> None:
    now, most, lock = 0, 0, threading.Lock()

    def make(key: Any) -> Any:
        nonlocal now, most
        with lock:
            now += 1
            most = max(most, now)
        time.sleep(0.02)
        with lock:
            now -= 1
        return key

    shelf = Shelf(make, keep=9, at_once=2)
    keys = iter(range(6))
    ask_together(6, lambda: shelf.get(next(keys)))
    assert most == 2


@pytest.fixture
def counted(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, str, str]]:
    """How often a study was computed."""
    calls, compute = [], library_module.study_site

    def count(site: Site, **options: Any) -> Study:
        calls.append((site.config.id, site.scenario, site.as_of.isoformat()))
        return compute(site, **options)

    monkeypatch.setattr(library_module, "study_site", count)
    return calls


def test_two_requests_at_once_compute_one_study(tiny: Path, counted: list[tuple[str, str, str]]) -> None:
    client = client_of(tiny)
    answers = ask_together(2, lambda: client.get("/api/sites/tiny/plan").json())
    assert answers[0] == answers[1]
    assert counted == [("tiny", "", "2024-01-01")]
    client.get("/api/sites/tiny/parcels")
    client.get("/")
    assert len(counted) == 1


def test_another_day_is_another_study(tiny: Path, counted: list[tuple[str, str, str]]) -> None:
    client = client_of(tiny)
    for day in ("2024-02-01", "2024-03-01", "2024-02-01"):
        client.get(f"/api/sites/tiny/plan?as_of={day}")
    assert [day for _, _, day in counted] == ["2024-02-01", "2024-03-01"]


def test_whoever_edits_a_file_is_answered_anew(tiny: Path, counted: list[tuple[str, str, str]]) -> None:
    client = client_of(tiny)
    before = client.get("/api/sites/tiny/plan").json()["phases"][0]["ready_on"]
    works = tiny / "works.csv"
    works.write_text(works.read_text(encoding="utf-8").replace("2024-06-30", "2024-08-31"), encoding="utf-8")
    os.utime(works, (1, 1))
    after = client.get("/api/sites/tiny/plan").json()["phases"][0]["ready_on"]
    assert (before, after) == ("2024-07-01", "2024-09-01")
    assert len(counted) == 2


def test_preparing_computes_every_site_and_survives_a_broken_one(
    tmp_path: Path, tiny: Path, counted: list[tuple[str, str, str]], caplog: pytest.LogCaptureFixture
) -> None:
    broken = write_tiny(tmp_path / "broken")
    toml = broken / "site.toml"
    toml.write_text(
        toml.read_text(encoding="utf-8").replace('id = "tiny"', 'id = "broken"'), encoding="utf-8"
    )
    (broken / "works.csv").unlink()
    library = Library(Settings(sites=(broken, tiny)), VIEWS)
    library.prepare()
    deadline = time.monotonic() + 30
    while not counted and time.monotonic() < deadline:
        time.sleep(0.01)
    library.study(library.question("tiny"))
    assert counted == [("tiny", "", "2024-01-01")]
    assert "broken cannot be prepared" in caplog.text


def test_a_site_that_is_not_there_names_the_nearest() -> None:
    known = tuple(f"park-{number}" for number in range(20))
    assert nearest("park-07", known).split(", ")[0] == "park-7"
    assert nearest("zzz", known).endswith("park-11 …")
    assert nearest("zzz", ()) == "–"


def test_a_library_refuses_what_it_does_not_have(tiny: Path) -> None:
    library = Library(Settings(sites=(tiny,)), VIEWS)
    with pytest.raises(NotFoundError, match="no site 'tinny'"):
        library.question("tinny")
    with pytest.raises(NotFoundError, match="no scenario 'x'"):
        library.question("tiny", "x")


def test_settings_come_from_the_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    folders = [tmp_path / "one", tmp_path / "two words"]
    monkeypatch.setenv("PARCELPLAN_SITES", os.pathsep.join(map(str, folders)))
    monkeypatch.setenv("PARCELPLAN_LANGUAGE", "en")
    monkeypatch.setenv("PARCELPLAN_TITLE", "")
    settings = Settings()
    assert settings.sites == tuple(folders)
    assert (settings.language, settings.title) == ("en", "")
    with pytest.raises(ValueError, match="frozen"):
        settings.title = "x"


def test_a_scenario_brings_its_day_and_its_earlier_plan(tmp_path: Path) -> None:
    folder = write_tiny(tmp_path / "tiny")
    text = (folder / "site.toml").read_text(encoding="utf-8")
    later = '\n[scenarios.later]\nas_of = 2024-02-01\nplan = { earlier_plan = "before.json" }\n'
    (folder / "site.toml").write_text(text + later, encoding="utf-8")
    (folder / "before.json").write_text('{"transfers": []}', encoding="utf-8")
    library = Library(Settings(sites=(folder,)), VIEWS)
    site_id = library.ids[0]
    asked = library.question(site_id, "later")
    assert asked.as_of == date(2024, 2, 1)
    assert library.question(site_id, "later", date(2024, 3, 1)).as_of == date(2024, 3, 1)
    assert library.assessment(asked).site.as_of == date(2024, 2, 1)
    (folder / "before.json").write_text('{"transfers": [], "x": 1}', encoding="utf-8")
    assert library.question(site_id, "later") != asked


def test_the_service_reads_no_scenario_from_a_file(tmp_path: Path) -> None:
    folder = write_tiny(tmp_path / "tiny")
    (tmp_path / "other.toml").write_text("[plan]\nlistings_per_month = 1\n", encoding="utf-8")
    library = Library(Settings(sites=(folder,)), VIEWS)
    with pytest.raises(NotFoundError, match=r"other\.toml"):
        library.question(library.ids[0], str(tmp_path / "other.toml"))
