"""Opening a site: read every layer and table, bring them into form, and collect what does not fit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any, TypeVar

import geopandas as gpd
import pandas as pd

from parcelplan import schema
from parcelplan.catalogue import Language
from parcelplan.errors import ConfigError
from parcelplan.findings import Findings
from parcelplan.site.config import SiteConfig, read_config
from parcelplan.site.sources import read_layers, read_tables

Frame = TypeVar("Frame", pd.DataFrame, gpd.GeoDataFrame)


@dataclass(frozen=True, kw_only=True)
class Site:
    """A site as opened: nothing computed yet, every frame indexed by its ids and in the site's CRS."""

    folder: Path
    config: SiteConfig
    scenario: str
    """Name of the reading of the works; empty where the site has only one."""
    lang: Language
    layers: Mapping[str, gpd.GeoDataFrame]
    """Layers present, by name; :meth:`layer` gives an empty frame for the others."""
    tables: Mapping[str, pd.DataFrame]
    """Tables present, by name; :meth:`table` gives an empty frame for the others."""
    findings: Findings
    """What reading found; the checks of :mod:`parcelplan.checks` add to it."""

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
        empty = pd.DataFrame(columns=[column.name for column in schema.table(name).columns])
        frame, _ = schema.conform(
            gpd.GeoDataFrame(empty, geometry=gpd.GeoSeries([], crs=self.config.crs)), name
        )
        return frame

    def table(self, name: str) -> pd.DataFrame:
        """A table, or an empty one with the declared columns where the site has none."""
        if name in self.tables:
            return self.tables[name]
        empty: pd.DataFrame = pd.DataFrame(columns=[column.name for column in schema.table(name).columns])
        frame: pd.DataFrame = schema.conform(empty, name)[0]
        return frame

    def having(self, **changes: Any) -> Site:
        """The same site with other settings, for asking what if.

        ``site.having(plan={"listings_per_month": 8})`` leaves the other limits as they are, likewise for the tolerances
        and for what is not said of a phase; any other value, such as ``quota_mu``, is replaced whole.

        Raises
        ------
        ConfigError
            A setting cannot be changed without reading the files again, or the change says something that cannot be.
        """
        return replace(self, config=self.config.having(changes))

    def reading(self, scenario: str) -> Site:
        """The same site under another reading of its works."""
        name, chosen = self.config.scenario_named(scenario)
        tables, found = read_tables(self.folder, self.config, chosen)
        others = [item for item in self.findings if item.layer not in self.tables]
        return replace(self, scenario=name, tables=tables, findings=Findings([*others, *found]))


def open_site(
    folder: str | Path,
    *,
    scenario: str | None = None,
    as_of: date | None = None,
    lang: Language | None = None,
) -> Site:
    """Open a site folder.

    Parameters
    ----------
    folder
        Folder with a site.toml.
    scenario
        Reading of the works; the site's own where none is named.
    as_of
        Day of the data, in place of the one in site.toml.
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
    config = _at(read_config(path), as_of)
    name, chosen = config.scenario_named(scenario)
    _refuse_unknown(config)
    layers, findings = read_layers(path, config)
    tables, found = read_tables(path, config, chosen)
    return Site(
        folder=path,
        config=config,
        scenario=name,
        lang=lang or config.language,
        layers=layers,
        tables=tables,
        findings=findings + found,
    )


def _at(config: SiteConfig, as_of: date | None) -> SiteConfig:
    if as_of is None:
        return config
    if as_of >= config.horizon_end:
        raise ConfigError("error.as_of_after_horizon", as_of=as_of, horizon_end=config.horizon_end)
    return config.model_copy(update={"as_of": as_of})


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
