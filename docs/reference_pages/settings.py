"""The page of site.toml, from the docstrings of its models."""

from __future__ import annotations

import types
from collections.abc import Iterator
from datetime import date
from typing import Any, Literal, Union, get_args, get_origin

import annotated_types
from pydantic import BaseModel
from pydantic.fields import FieldInfo

from docs.reference_pages.layout import Row, code, page_of, table
from parcelplan.site.basics import Bilingual
from parcelplan.site.config import SiteConfig

TYPES = {str: "text", int: "whole number", float: "number", bool: "true or false", date: "date", Any: "any"}
BOUNDS = {"gt": ">", "ge": "≥", "lt": "<", "le": "≤"}


def site_toml() -> str:
    """Every key of site.toml, with type, default and meaning."""
    sections = [
        f"## {heading}\n\n{_meaning(model)}\n\n" + table(("key", "type", "default", "meaning"), _keys(model))
        for heading, model in _models()
    ]
    intro = (
        "What a site folder's `site.toml` may say. A key that does not stand here is refused by name. "
        "How the file is used: [the site folder](../concepts/site-folder.md)."
    )
    return page_of("site.toml", intro, *sections)


def _models() -> Iterator[tuple[str, type[BaseModel]]]:
    """Headings and models in the order of the file; a model that serves twice stands under both names."""
    paths: dict[type[BaseModel], list[str]] = {}
    for path, model in _tables_of(SiteConfig, ""):
        paths.setdefault(model, []).append(code(f"[{path}]"))
    yield "The whole file", SiteConfig
    yield from ((" and ".join(names), model) for model, names in paths.items())
    yield "Texts in two languages", Bilingual


def _tables_of(model: type[BaseModel], prefix: str) -> Iterator[tuple[str, type[BaseModel]]]:
    for name, field in model.model_fields.items():
        inner = _inner_model(field.annotation)
        if inner is None or inner is Bilingual:
            continue
        keyed_by = get_args(field.annotation)[0] if get_origin(field.annotation) is dict else None
        path = prefix + name + {str: ".NAME", int: ".N", None: ""}[keyed_by]
        yield path, inner
        yield from _tables_of(inner, path + ".")


def _inner_model(annotation: Any) -> type[BaseModel] | None:
    parts = [annotation, *get_args(annotation)]
    return next((part for part in parts if isinstance(part, type) and issubclass(part, BaseModel)), None)


def _meaning(model: type[BaseModel]) -> str:
    return (model.__doc__ or "").strip().splitlines()[0]


def _keys(model: type[BaseModel]) -> Iterator[Row]:
    for name, field in model.model_fields.items():
        yield code(name), _type(field.annotation, field), _default(field), field.description


def _default(field: FieldInfo) -> str:
    if field.is_required():
        return "required"
    value = field.get_default(call_default_factory=True)
    if value in (None, "", (), {}) or isinstance(value, BaseModel):
        return "–"
    if isinstance(value, tuple):
        return ", ".join(map(code, value))
    return code(str(value).lower() if isinstance(value, bool) else value)


def _type(annotation: Any, field: FieldInfo | None = None) -> str:
    origin, inner = get_origin(annotation), get_args(annotation)
    bounds = _bounds(field) if field else ""
    if origin is Literal:
        return " or ".join(code(item) for item in inner)
    if origin in (Union, types.UnionType):
        return " or ".join(_type(part) for part in inner if part is not type(None)) + bounds
    if origin is tuple:
        return f"list of {_type(inner[0])}"
    if origin is dict:
        return f"table: {_type(inner[0])} → {_type(inner[1])}"
    if annotation is Bilingual:
        return "text in two languages"
    return TYPES.get(annotation, "table") + bounds


def _bounds(field: FieldInfo) -> str:
    found = [
        f"{sign} {getattr(item, name):g}"
        for item in field.metadata
        for name, sign in BOUNDS.items()
        if isinstance(item, annotated_types.BaseMetadata) and hasattr(item, name)
    ]
    return f", {', '.join(found)}" if found else ""
