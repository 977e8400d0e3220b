"""The sites of this service and what was computed of them."""

from __future__ import annotations

import difflib
import glob
import logging
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from parcelplan.catalogue import Language
from parcelplan.errors import ConfigError, NotFoundError, ParcelPlanError
from parcelplan.findings import Findings, FindingsError
from parcelplan.site import Site, SiteConfig, open_site
from parcelplan.site.config import read_config
from parcelplan.study import Assessment, Study, assess, study_site
from service.errors import QueryError
from service.settings import Settings
from service.shelf import Shelf

LOG = logging.getLogger("parcelplan.service")
Stamp = tuple[tuple[str, int, int], ...]
View = Callable[[Study, Language], Any]


@dataclass(frozen=True, kw_only=True)
class Question:
    """What a study answers: which site, under which reading, at which day, from which state of its files."""

    site_id: str
    scenario: str
    as_of: date
    stamp: Stamp
    """Names, times and sizes of the site's files: whoever edits one is answered anew."""


class Library:
    """Opens sites, computes what is asked of them once, and keeps the last answers.

    Parameters
    ----------
    settings
        Site folders, and how many answers are kept.
    views
        Name of a view → what makes it of a study in a language.

    Raises
    ------
    ParcelPlanError
        A folder holds no readable site, or two hold sites of the same id.
    """

    def __init__(self, settings: Settings, views: Mapping[str, View]) -> None:
        self.settings = settings
        self._views = views
        self._folders = _folders_by_id(settings.sites)
        keep = settings.studies_kept
        self._assessments: Shelf[Question, Assessment] = Shelf(self._assess, keep=keep)
        self._studies: Shelf[Question, Study] = Shelf(
            self._study, keep=keep, at_once=settings.studies_at_once
        )
        self._viewed: Shelf[tuple[Question, str, Language], Any] = Shelf(
            self._view, keep=keep * 2 * len(views)
        )

    @property
    def ids(self) -> tuple[str, ...]:
        """Ids of all sites, in the order of the settings."""
        return tuple(self._folders)

    def folder(self, site_id: str) -> Path:
        """Folder of a site; :class:`NotFoundError` with the nearest ids where there is none."""
        if site_id not in self._folders:
            raise NotFoundError("service.unknown_site", name=site_id, known=nearest(site_id, self.ids))
        return self._folders[site_id]

    def config(self, site_id: str) -> SiteConfig:
        """A site's settings as its site.toml says now."""
        return read_config(self.folder(site_id))

    def language(self, site_id: str | None = None) -> Language:
        """Language for whoever asks for none."""
        if self.settings.language or site_id not in self._folders:
            return self.settings.language or "zh"
        return self.config(str(site_id)).language

    def question(self, site_id: str, scenario: str | None = None, as_of: date | None = None) -> Question:
        """Name what is asked, with the site's own scenario and day where none is named.

        Raises
        ------
        NotFoundError
            No such site or scenario; the message names those there are.
        QueryError
            The day is not before the site's horizon.
        """
        folder, config = self.folder(site_id), self.config(site_id)
        name, chosen = config.scenario_named(scenario)
        day = as_of or chosen.as_of or config.as_of
        if day >= config.horizon_end:
            raise QueryError("error.as_of_after_horizon", as_of=day, horizon_end=config.horizon_end)
        return Question(site_id=site_id, scenario=name, as_of=day, stamp=stamp_of(folder, config))

    def assessment(self, question: Question) -> Assessment:
        """How ready the land is; no plan is made for it."""
        return self._assessments.get(question)

    def study(self, question: Question) -> Study:
        """The whole study, with its plan."""
        return self._studies.get(question)

    def findings(self, question: Question) -> tuple[Findings, Findings | None]:
        """Findings about data and plan, and about the announced plan (None where it was not checked)."""
        try:
            done = self.study(question)
        except FindingsError as error:
            return error.findings, None
        announced = None if done.site.table("announced").empty else done.announced_findings
        return done.findings, announced

    def view(self, question: Question, name: str, lang: Language) -> Any:
        """A page, table or file of a study in one language."""
        return self._viewed.get((question, name, lang))

    def prepare(self) -> None:
        """Compute every site's own study in the background; whoever asks meanwhile waits for the same one."""
        threading.Thread(target=self._prepare_all, name="prepare", daemon=True).start()

    def _prepare_all(self) -> None:
        for site_id in self.ids:
            try:
                self.study(self.question(site_id))
            except ParcelPlanError as error:
                LOG.warning("%s cannot be prepared: %s", site_id, error)

    def _open(self, question: Question) -> Site:
        return open_site(
            self.folder(question.site_id), scenario=question.scenario or None, as_of=question.as_of
        )

    def _assess(self, question: Question) -> Assessment:
        return assess(self._open(question))

    def _study(self, question: Question) -> Study:
        return study_site(self._open(question))

    def _view(self, key: tuple[Question, str, Language]) -> Any:
        question, name, lang = key
        return self._views[name](self.study(question), lang)


def nearest(name: str, known: tuple[str, ...] | list[str]) -> str:
    """The known names most like one that is not known; all of them (up to twelve) where none is like it."""
    close = difflib.get_close_matches(name, known, n=5)
    some = close or list(known[:12])
    return ", ".join(some) + (" …" if not close and len(known) > len(some) else "") if some else "–"


def stamp_of(folder: Path, config: SiteConfig) -> Stamp:
    """Names, times and sizes of the files a site is read from, of a file in several parts all of them."""
    named = [source.file for source in (*config.layers.values(), *config.tables.values())]
    earlier = [item.plan.get("earlier_plan") for item in config.scenarios.values()]
    named += [str(name) for name in (config.plan.earlier_plan, *earlier) if name]
    files = {folder / "site.toml"}
    for path in (folder / name for name in (*named, *config.rule_files)):
        files.update(path.parent.glob(f"{glob.escape(path.stem)}.*"))
    # SQLite's side files come and go while a GeoPackage is read.
    lasting = sorted(path for path in files if not path.name.endswith(("-wal", "-shm", "-journal")))
    return tuple(_mark(path) for path in lasting)


def _mark(path: Path) -> tuple[str, int, int]:
    try:
        status = path.stat()
    except OSError:
        return path.name, 0, 0
    return path.name, status.st_mtime_ns, status.st_size


def _folders_by_id(folders: tuple[Path, ...]) -> dict[str, Path]:
    found: dict[str, Path] = {}
    for folder in (folder.resolve() for folder in folders):
        site_id = read_config(folder).id
        if site_id in found:
            raise ConfigError("service.same_id", name=site_id, folders=f"{found[site_id]}, {folder}")
        found[site_id] = folder
    return found
