"""site.toml as typed, frozen data. Every attribute's docstring is its line of the reference page."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, Field, ValidationError, model_validator

from parcelplan.catalogue import Language
from parcelplan.crs import parse_crs, require_metric_crs
from parcelplan.errors import ConfigError, InputError, NotFoundError
from parcelplan.site.basics import FROZEN, Bilingual, problems
from parcelplan.site.plan_rules import Money, Phase, PlanRules
from parcelplan.site.scenarios import Scenario

CHANGEABLE = frozenset(
    {
        "as_of",
        "horizon_end",
        "area_rule",
        "rules",
        "rule_files",
        "language",
        "tolerance",
        "phases",
        "plan",
        "money",
    }
)
"""Settings that can change without reading the site's files again."""


class _Model(BaseModel):
    model_config = FROZEN


class Source(_Model):
    """Where a layer or a table comes from and how it is read."""

    file: str
    """File, relative to the site's folder."""
    layer: str | None = None
    """Layer or sheet inside the file; needed where it holds several."""
    crs: str | None = None
    """Coordinate reference system of a file that names none."""
    encoding: str | None = None
    """Encoding of a shapefile's texts, where the guess is wrong."""
    source_datum: Literal["GCJ-02"] | None = None
    """``GCJ-02`` for coordinates of Chinese internet maps; the shift is undone on reading."""
    axis_order: Literal["xy", "yx"] | None = None
    """``yx`` for coordinates with the northing first, ``xy`` where a guess to turn them is wrong."""
    columns: dict[str, str] = {}
    """Our column name → the file's, where neither the name nor a known alias fits."""
    defaults: dict[str, Any] = {}
    """Column → value for columns the file does not have."""


class Document(_Model):
    """The document that announced the plan."""

    title: Bilingual = Bilingual()
    """Title."""
    number: str = ""
    """Number of the document, quoted as the source of findings."""
    issued_on: date | None = None
    """Day of issue: rows due before it are found."""


class Tolerance(_Model):
    """How much is nothing. All are the site's own judgement and stand in the report."""

    blocked_share: float = Field(default=0.01, ge=0, lt=1)
    """A constraint over more of a parcel than this share is a gate."""
    frontage_m: float = Field(default=10.0, gt=0)
    """Length of a parcel's boundary that must lie at a usable road, metres."""
    frontage_gap_m: float = Field(default=1.0, ge=0)
    """Distance from the road's edge that still counts as at the road, metres."""
    overlap_m2: float = Field(default=0.1, ge=0)
    """Overlaps of parcels up to this area are warned of; larger ones are errors, m²."""
    outside_m2: float = Field(default=1.0, ge=0)
    """Area of a parcel outside the site's boundary up to which nothing is said, m²."""
    declared_area_mu: float = Field(default=0.01, ge=0)
    """Accepted difference between declared and measured area, mu."""
    repair: bool = False
    """Repair invalid polygons on reading; every repair is found with the change of area it made."""
    point_m: float = Field(default=0.0005, gt=0)
    """Points closer than this are one point: half the millimetre to which coordinates are exchanged, metres."""
    gap_m: float = Field(default=0.1, gt=0)
    """Neighbouring parcels that miss each other by up to this much are taken to be meant to touch, metres."""
    sliver_m: float = Field(default=1.0, ge=0)
    """Parcels narrower than this are slivers, and so are holes between parcels, metres."""
    spike_deg: float = Field(default=1.0, ge=0, lt=90)
    """Corners of parcels sharper than this are spikes, degrees."""
    hole_m2: float = Field(default=1.0, ge=0)
    """Holes in parcels smaller than this are taken for mistakes of drawing, m²."""


class SiteConfig(_Model):
    """A site folder's site.toml."""

    id: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]*$")
    """Short name, used in addresses and file names."""
    name: Bilingual
    """Name of the site."""
    language: Language = "zh"
    """Language of maps, reports and tables unless a command says otherwise."""
    crs: str
    """Plane coordinate reference system in metres in which the site is measured."""
    as_of: date
    """Day of the data: nothing is planned before it."""
    horizon_end: date
    """Last day on which a parcel may be transferred."""
    area_rule: Literal["plane", "ellipsoidal"] = "plane"
    """Which area is the area; the two differ by some tenths of a mu."""
    declared_area_mu: float | None = Field(default=None, gt=0)
    """Area of the whole site as announced, mu."""
    rules: tuple[str, ...] = ("national",)
    """Rule packs; a later one overrides an earlier one."""
    rule_files: tuple[str, ...] = ()
    """The bureau's own rule packs, files relative to the folder; they override the packs above."""
    scenario: str | None = None
    """Reading used unless a command names another one."""
    note: Bilingual = Bilingual()
    """What every map and report of the site must say, such as that its geometry is drawn."""
    document: Document = Document()
    """The announced plan's document."""
    layers: dict[str, Source]
    """Layer of the registry → file. Only ``parcels`` is required."""
    tables: dict[str, Source] = {}
    """Table of the registry → file."""
    tolerance: Tolerance = Tolerance()
    """How much is nothing."""
    phases: dict[int, Phase] = {}
    """Phases by number; a phase that is not named has no window and no trigger."""
    plan: PlanRules = PlanRules()
    """Limits of the plan."""
    money: Money | None = None
    """Money of the programme; without it nothing is said of any balance."""
    scenarios: dict[str, Scenario] = {}
    """Readings of the works, and questions of what if, by name."""

    @model_validator(mode="after")
    def _dates_in_order(self) -> SiteConfig:
        if self.horizon_end <= self.as_of:
            message = f"horizon_end {self.horizon_end} is not after as_of {self.as_of}"
            raise ValueError(message)
        return self

    def having(self, changes: Mapping[str, Any], *, file: str | Path = "site.toml") -> SiteConfig:
        """The same settings with some changed, checked as if they stood in site.toml.

        Raises
        ------
        ConfigError
            A change is not of :data:`CHANGEABLE` settings, or says something that cannot be; the message names
            ``file``, where the change stands.
        """
        fixed = sorted(changes.keys() - CHANGEABLE)
        if "repair" in (changes.get("tolerance") or {}):
            fixed.append("tolerance.repair")
        if fixed:
            raise ConfigError(
                "error.fixed_setting", names=", ".join(fixed), known=", ".join(sorted(CHANGEABLE))
            )
        merged = _merged(self.model_dump(exclude_unset=True), changes)
        try:
            return SiteConfig.model_validate(merged)
        except ValidationError as error:
            raise ConfigError("error.bad_config", file=file, problems=problems(error)) from error

    def phase(self, number: int) -> Phase:
        """The phase of that number, with nothing demanded where site.toml does not name it."""
        return self.phases.get(number, Phase())

    def scenario_named(self, name: str | None) -> tuple[str, Scenario]:
        """The scenario of a name, on top of those it starts from; without a name the site's own, else an empty one.

        Raises
        ------
        NotFoundError
            There is no scenario of that name, or of one that it starts from.
        ConfigError
            Scenarios start from one another.
        """
        chosen = name or self.scenario
        if chosen is None:
            return "", Scenario()
        return chosen, self._whole(chosen, ())

    def _whole(self, name: str, above: tuple[str, ...]) -> Scenario:
        if name in above:
            raise ConfigError("error.scenario_circle", names=" → ".join([*above, name]))
        if name not in self.scenarios:
            known = ", ".join(self.scenarios) or "–"
            raise NotFoundError("error.unknown_scenario", name=name, known=known)
        own = self.scenarios[name]
        return own.over(self._whole(own.upon, (*above, name))) if own.upon else own

    def under(self, scenario: Scenario, *, file: str | Path = "site.toml") -> SiteConfig:
        """The same settings as a scenario sees them; :class:`ConfigError` where it says something that cannot be."""
        changes = scenario.changes
        if "modes" in changes.get("plan", {}):
            changes["plan"]["modes"] = {**self.plan.modes, **changes["plan"]["modes"]}
        return self.having(changes, file=file) if changes else self


_DEPTH = {"plan": 1, "tolerance": 1, "money": 1, "phases": 2}
"""How deep a setting's tables are merged: a phase keeps what is not said of it, a quota is replaced whole."""


def _merged(old: Mapping[Any, Any], changes: Mapping[Any, Any], depth: int | None = None) -> dict[Any, Any]:
    merged = dict(old)
    for key, value in changes.items():
        deeper = _DEPTH.get(key, 0) if depth is None else depth - 1
        inner = merged.get(key)
        if deeper > 0 and isinstance(inner, Mapping) and isinstance(value, Mapping):
            merged[key] = _merged(inner, value, deeper)
        else:
            merged[key] = value
    return merged


def read_config(folder: Path) -> SiteConfig:
    """Read and check the site.toml of a folder.

    Raises
    ------
    InputError
        There is no site.toml, or it is not TOML in UTF-8; the message holds the place.
    ConfigError
        A key is unknown, missing or holds a value that cannot be; every such key is named.
    CrsError
        The site's CRS is unknown, geographic or not in metres.
    """
    path = folder / "site.toml"
    if not path.is_file():
        raise InputError("error.no_site", folder=folder)
    try:
        loaded = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InputError("error.bad_toml", file=path, reason=error) from error
    try:
        config = SiteConfig.model_validate(loaded)
    except ValidationError as error:
        raise ConfigError("error.bad_config", file=path, problems=problems(error)) from error
    require_metric_crs(parse_crs(config.crs), "site.toml")
    for name in config.scenarios:
        config.under(config.scenario_named(name)[1], file=f"{path} [scenarios.{name}]")
    return config
