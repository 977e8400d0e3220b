"""Opening a site: read every layer and table, bring them into form, and collect what does not fit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

import geopandas as gpd
import pandas as pd

from parcelplan import schema
from parcelplan.catalogue import Language
from parcelplan.errors import ConfigError
from parcelplan.findings import Findings
from parcelplan.site.config import SiteConfig, read_config
from parcelplan.site.scenarios import Scenario, is_file, read_scenario
from parcelplan.site.sources import read_layers, read_tables

Frame = TypeVar("Frame", pd.DataFrame, gpd.GeoDataFrame)


@dataclass(frozen=True, kw_only=True)
class Site:
    """A site as opened: nothing computed yet, every frame indexed by its ids and in the site's CRS."""

    folder: Path
    config: SiteConfig
    """Its settings as the scenario sees them."""
    scenario: str
    """Name of the scenario; empty where the site has only one reading of the works."""
    lang: Language
    layers: Mapping[str, gpd.GeoDataFrame]
    """Layers present, by name; :meth:`layer` gives an empty frame for the others."""
    tables: Mapping[str, pd.DataFrame]
    """Tables present, by name; :meth:`table` gives an empty frame for the others."""
    findings: Findings
    """What reading found; the checks of :mod:`parcelplan.checks` add to it."""
    stated: SiteConfig | None = None
    """Its settings before the scenario; None where the scenario changes none."""

    @property
    def as_of(self) -> date:
        """Day of the data."""
        return self.config.as_of

    @property
    def parcels(self) -> gpd.GeoDataFrame:
        """The parcels, indexed by parcel_id."""
        return self.layers["parcels"]

    def name(self, lang: Language | None = None) -> str:
        """Name of the site in one language."""
        return self.config.name.of(lang or self.lang)

    def layer(self, name: str) -> gpd.GeoDataFrame:
        """A layer, or an empty one with the declared columns where the site has none."""
        if name in self.layers:
            return self.layers[name]
        return _empty_layer(name, self.config.crs).copy()

    def table(self, name: str) -> pd.DataFrame:
        """A table, or an empty one with the declared columns where the site has none."""
        if name in self.tables:
            return self.tables[name]
        return _empty_table(name).copy()

    def having(self, **changes: Any) -> Site:
        """The same site with other settings, for asking what if.

        ``site.having(plan={"listings_per_month": 8})`` leaves the other limits as they are, likewise for the tolerances
        and for what is not said of a phase; any other value, such as ``quota_mu``, is replaced whole.

        Raises
        ------
        ConfigError
            A setting cannot be changed without reading the files again, or the change says something that cannot be.
        """
        stated = self.stated and self.stated.having(changes)
        return replace(self, config=self.config.having(changes), stated=stated)

    def reading(self, scenario: str | Path) -> Site:
        """The same site under another scenario: one of site.toml by its name, or one in a file of its own."""
        stated, name, chosen, file = _chosen(self.stated or self.config, scenario)
        tables, found = read_tables(self.folder, stated, chosen)
        others = [item for item in self.findings if item.layer not in self.tables]
        return replace(
            self,
            config=stated.under(chosen, file=file),
            stated=stated,
            scenario=name,
            tables=tables,
            findings=Findings([*others, *found]),
        )


@cache
def _empty_table(name: str) -> pd.DataFrame:
    empty: pd.DataFrame = pd.DataFrame(columns=[column.name for column in schema.table(name).columns])
    frame: pd.DataFrame = schema.conform(empty, name)[0]
    return frame


@cache
def _empty_layer(name: str, crs: str) -> gpd.GeoDataFrame:
    empty = pd.DataFrame(columns=[column.name for column in schema.table(name).columns])
    return schema.conform(gpd.GeoDataFrame(empty, geometry=gpd.GeoSeries([], crs=crs)), name)[0]


def open_site(
    folder: str | Path,
    *,
    scenario: str | Path | None = None,
    as_of: date | None = None,
    lang: Language | None = None,
) -> Site:
    """Open a site folder.

    Parameters
    ----------
    folder
        Folder with a site.toml.
    scenario
        Name of a scenario of site.toml, or a .toml file that holds one; the site's own where none is named.
    as_of
        Day of the data, in place of the one in site.toml or in the scenario.
    lang
        Language of what is written, in place of the site's.

    Returns
    -------
    Site
        With ``findings`` for whatever does not fit; call ``site.findings.raise_if_errors()`` to stop at errors, or
        :func:`parcelplan.checks.check_site` for the full check.

    Raises
    ------
    InputError
        The folder, its site.toml or a file it names is missing or unreadable.
    ConfigError, CrsError, NotFoundError
        site.toml or the arguments say something that cannot be.
    """
    path = Path(folder)
    stated, name, chosen, file = _chosen(_at(read_config(path), as_of), scenario)
    chosen = chosen.model_copy(update={"as_of": None}) if as_of else chosen
    _refuse_unknown(stated)
    layers, findings = read_layers(path, stated)
    tables, found = read_tables(path, stated, chosen)
    return Site(
        folder=path,
        config=stated.under(chosen, file=file),
        scenario=name,
        lang=lang or stated.language,
        layers=layers,
        tables=tables,
        findings=findings + found,
        stated=stated,
    )


def _at(config: SiteConfig, as_of: date | None) -> SiteConfig:
    """Fix the day of the data, which then stands whatever a scenario says of it."""
    if as_of is None:
        return config
    if as_of >= config.horizon_end:
        raise ConfigError("error.as_of_after_horizon", as_of=as_of, horizon_end=config.horizon_end)
    scenarios = {name: item.model_copy(update={"as_of": None}) for name, item in config.scenarios.items()}
    return config.model_copy(update={"as_of": as_of, "scenarios": scenarios})


def _chosen(config: SiteConfig, scenario: str | Path | None) -> tuple[SiteConfig, str, Scenario, str | Path]:
    """Settings that know the scenario, its name, all that it says, and the file it stands in."""
    if isinstance(scenario, str) and (scenario in config.scenarios or not is_file(scenario)):
        scenario = scenario or None
    elif scenario is not None:
        file = Path(scenario)
        names = (file.stem, file.name, str(file))
        name = next((name for name in names if name not in config.scenarios), names[-1])
        config = config.model_copy(update={"scenarios": {**config.scenarios, name: read_scenario(file)}})
        return config, *config.scenario_named(name), file
    return config, *config.scenario_named(scenario), "site.toml"


def _refuse_unknown(config: SiteConfig) -> None:
    for kind, given, known in (
        ("layers", config.layers, schema.layer_names()),
        ("tables", config.tables, schema.table_names()),
    ):
        if unknown := sorted(given.keys() - set(known)):
            raise ConfigError(
                "error.unknown_source", kind=kind, names=", ".join(unknown), known=", ".join(known)
            )
    if "parcels" not in config.layers:
        raise ConfigError("error.no_parcels_layer")
