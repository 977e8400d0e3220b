"""Opening a site: read every layer and table, bring them into form, and collect what does not fit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any, TypeVar

import geopandas as gpd
import pandas as pd
import shapely

from parcelplan import schema
from parcelplan.catalogue import Language
from parcelplan.crs import parse_crs
from parcelplan.errors import ConfigError
from parcelplan.findings import Finding, Findings
from parcelplan.geometry.soundness import is_finite
from parcelplan.io.tables import read_table
from parcelplan.io.vector import read_layer
from parcelplan.site.config import Scenario, SiteConfig, Source, read_config
from parcelplan.site.shapes import brought_into_plane

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
        tables, found = _read_tables(self.folder, self.config, chosen)
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
    layers: dict[str, gpd.GeoDataFrame] = {}
    findings = Findings()
    for layer in (layer for layer in schema.layer_names() if layer in config.layers):
        layers[layer], found = _read_layer(path, layer, config)
        findings += found
    tables, found = _read_tables(path, config, chosen)
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


def _read_layer(folder: Path, name: str, config: SiteConfig) -> tuple[gpd.GeoDataFrame, Findings]:
    source = config.layers[name]
    raw = read_layer(folder / source.file, layer=source.layer, crs=source.crs)
    placed, found = _placed(raw, name, config)
    frame, misfits = schema.conform(_with_source(placed, source), name)
    frame, mended = brought_into_plane(frame, name, config.tolerance)
    return frame, found + misfits + mended + _geometry_findings(frame, name)


def _placed(raw: gpd.GeoDataFrame, name: str, config: SiteConfig) -> tuple[gpd.GeoDataFrame, Findings]:
    """Bring a layer into the site's CRS; a layer without one is taken as it is and found."""
    crs = parse_crs(config.crs)
    if raw.crs is None:
        return raw.set_crs(crs), Findings([Finding(code="layer.no_crs", layer=name, value=config.crs)])
    if raw.crs.equals(crs, ignore_axis_order=True):
        return raw, Findings()
    found = Finding(
        code="layer.reprojected", layer=name, value=raw.crs.to_string(), params={"crs": config.crs}
    )
    return raw.to_crs(crs), Findings([found])


def _read_tables(
    folder: Path, config: SiteConfig, scenario: Scenario
) -> tuple[dict[str, pd.DataFrame], Findings]:
    tables: dict[str, pd.DataFrame] = {}
    findings = Findings()
    for name in (name for name in schema.table_names() if name in config.tables):
        source = config.tables[name]
        raw = _with_source(read_table(folder / source.file, sheet=source.layer), source)
        if name == "works":
            raw, found = _overlaid(raw, scenario.works)
            findings += found
        tables[name], found = schema.conform(raw, name)
        findings += found
    return tables, findings


def _with_source(frame: Frame, source: Source) -> Frame:
    """Apply what site.toml says about the columns of a file."""
    renamed = frame.rename(columns={theirs: ours for ours, theirs in source.columns.items()})
    missing = {column: value for column, value in source.defaults.items() if column not in renamed.columns}
    return renamed.assign(**missing)


def _overlaid(works: pd.DataFrame, overlay: Mapping[str, Mapping[str, Any]]) -> tuple[pd.DataFrame, Findings]:
    """Replace the cells of works that a scenario sees differently."""
    changed = works.astype(object).copy()
    findings = []
    ids = changed.get("work_id", pd.Series(dtype=object))
    for work_id, cells in overlay.items():
        rows = changed.index[ids.astype(str) == work_id]
        if rows.empty:
            findings.append(Finding(code="scenario.unknown_work", layer="works", feature_id=work_id))
        for column, value in cells.items():
            changed.loc[rows, column] = value
    return changed, Findings(findings)


def _geometry_findings(frame: gpd.GeoDataFrame, name: str) -> Findings:
    """Nothing there, no geometry, or coordinates that are no numbers."""
    if frame.empty:
        return Findings(
            [Finding(code="layer.empty_parcels" if name == "parcels" else "layer.empty", layer=name)]
        )
    shapes = frame.geometry.to_numpy()
    absent = shapely.is_missing(shapes) | shapely.is_empty(shapes)
    odd = ~is_finite(shapes)
    wrong = ~absent & (shapely.get_dimensions(shapes) != schema.table(name).dimension)
    found = [
        Finding(code="layer.no_geometry", layer=name, feature_id=str(key)) for key in frame.index[absent]
    ]
    found += [
        Finding(code="layer.bad_coordinates", layer=name, feature_id=str(key)) for key in frame.index[odd]
    ]
    found += [
        Finding(code="layer.wrong_geometry", layer=name, feature_id=str(key), value=shape.geom_type)
        for key, shape in zip(frame.index[wrong], shapes[wrong], strict=True)
    ]
    return Findings(found)
