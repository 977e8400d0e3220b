"""Bring a frame into the form the registry declares, and list everything in it that does not fit."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, TypeVar

import geopandas as gpd
import pandas as pd

from parcelplan.findings import Finding, Findings
from parcelplan.schema.registry import Column, Table, table

if TYPE_CHECKING:
    import pandera.pandas as pa

Frame = TypeVar("Frame", pd.DataFrame, gpd.GeoDataFrame)

_TRUE = {"1", "1.0", "true", "yes", "y", "是"}
_FALSE = {"0", "0.0", "false", "no", "n", "否", ""}


def conform(frame: Frame, name: str) -> tuple[Frame, Findings]:
    """Rename, cast and check one frame.

    Parameters
    ----------
    frame
        A layer or table as read; never changed. Columns the registry does not know are kept.
    name
        Table of the registry, such as ``parcels``.

    Returns
    -------
    frame
        Indexed by the table's key (as text, in the order of the input), every declared column present; values that
        could not be read are null, and text that is not there is empty text.
    findings
        One for each missing column, unreadable value, value outside its domain, null where a value is required, and
        repeated or empty id.
    """
    spec = table(name)
    renamed = frame.rename(columns=_renames(frame, spec))
    findings = [
        Finding(code="schema.missing_column", layer=name, field=column.name)
        for column in spec.columns
        if column.required and column.name not in renamed.columns
    ]
    cast, unreadable = _cast(renamed, spec)
    findings += unreadable
    known = {(item.feature_id, item.field) for item in unreadable}
    absent = {item.field for item in findings if item.code == "schema.missing_column"}
    findings += [
        item
        for item in _domain_findings(cast, spec)
        if (item.feature_id, item.field) not in known and item.field not in absent
    ]
    findings += _key_findings(cast[spec.key], spec)
    # Without ids of their own, rows are known by their number, so that later checks can still name them.
    keys = cast[spec.key]
    index = pd.Index([key or f"#{row}" for row, key in enumerate(keys, start=1)], name=spec.key, dtype=object)
    cast.index = index
    return cast.drop(columns=spec.key), Findings(findings)


def _renames(frame: pd.DataFrame, spec: Table) -> dict[str, str]:
    taken = {column.name for column in spec.columns} & set(frame.columns)
    renames: dict[str, str] = {}
    for heading in frame.columns:
        target = spec.aliases.get(str(heading).strip().lower())
        if target and target not in taken:
            renames[heading] = target
            taken.add(target)
    return renames


def _cast(frame: Frame, spec: Table) -> tuple[Frame, list[Finding]]:
    cast = frame.reset_index(drop=True).copy()
    findings: list[Finding] = []
    for column in spec.columns:
        raw = (
            cast[column.name]
            if column.name in cast.columns
            else pd.Series(None, index=cast.index, dtype=object)
        )
        values = _typed(raw, column)
        lost = values.isna() & (_text(raw) != "")
        findings += [
            Finding(
                code="schema.unreadable_value",
                layer=spec.name,
                feature_id=_name_of(cast, spec, row),
                field=column.name,
                value=raw[row],
                params={"dtype": column.dtype},
            )
            for row in cast.index[lost]
        ]
        cast[column.name] = values
    return cast, findings


def _typed(raw: pd.Series, column: Column) -> pd.Series:
    if column.dtype in {"int", "float"}:
        numbers = pd.to_numeric(raw, errors="coerce").astype(float)
        if column.dtype == "float":
            return numbers
        return numbers.where(numbers == numbers.round()).astype("Int64")
    if column.dtype == "date":
        return pd.to_datetime(raw, errors="coerce", format="mixed").dt.normalize().astype("datetime64[us]")
    if column.dtype == "bool":
        words = raw.astype(object).where(raw.notna(), "").astype(str).str.strip().str.lower()
        flags = words.map(dict.fromkeys(_TRUE, True) | dict.fromkeys(_FALSE, False))
        return flags.astype("boolean")
    return _text(raw)


def _text(raw: pd.Series) -> pd.Series:
    """Text, stripped; whole numbers lose the .0 that a spreadsheet or a null in the column gave them."""
    if pd.api.types.is_float_dtype(raw) and (raw.dropna() == raw.dropna().round()).all():
        raw = raw.astype("Int64")
    return raw.astype(object).where(raw.notna(), "").map(lambda value: str(value).strip()).astype(object)


def _name_of(frame: pd.DataFrame, spec: Table, row: Any) -> str:
    key = _text(frame[spec.key])[row] if spec.key in frame.columns else ""
    return str(key) if key else f"#{row + 1}"


def _key_findings(keys: pd.Series, spec: Table) -> Iterator[Finding]:
    for key in keys[(keys != "") & keys.duplicated()].unique():
        yield Finding(
            code="schema.repeated_id", layer=spec.name, feature_id=str(key), field=spec.key, value=key
        )


def _domain_findings(frame: pd.DataFrame, spec: Table) -> Iterator[Finding]:
    """Let pandera check nulls and domains all at once, and turn each failure case into a finding."""
    import pandera.errors as pa_errors  # noqa: PLC0415 - pandera is slow to import

    try:
        _schema(spec).validate(
            pd.DataFrame(frame[[column.name for column in spec.columns]]).replace("", None), lazy=True
        )
    except pa_errors.SchemaErrors as failed:
        cases = failed.failure_cases
        for column_name, row, value, check in zip(
            cases["column"], cases["index"], cases["failure_case"], cases["check"], strict=True
        ):
            column = spec.by_name[str(column_name)]
            missing = check == "not_nullable"
            yield Finding(
                code="schema.missing_value" if missing else "schema.outside_domain",
                layer=spec.name,
                feature_id=_name_of(frame, spec, row),
                field=column.name,
                value=None if missing else value,
                params={"domain": column.domain_text},
            )


def _schema(spec: Table) -> pa.DataFrameSchema:
    import pandera.pandas as pa  # noqa: PLC0415 - pandera is slow to import

    return pa.DataFrameSchema({column.name: _pandera_column(column, pa) for column in spec.columns})


def _pandera_column(column: Column, pa: Any) -> Any:
    checks = []
    if column.choices:
        checks.append(pa.Check.isin(list(column.choices)))
    if column.minimum is not None:
        check = pa.Check.gt if column.exclusive_minimum else pa.Check.ge
        checks.append(check(column.minimum))
    if column.maximum is not None:
        checks.append(pa.Check.le(column.maximum))
    return pa.Column(None, checks=checks, nullable=not column.required, required=True)
