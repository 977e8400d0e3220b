"""QGIS layer styles: classes by one column, labels, and column aliases, as QML text."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Mapping
from dataclasses import dataclass, field

_DOCTYPE = "<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>\n"
# The oldest QGIS that draws everything here; newer ones read it as well.
_VERSION = "3.16.0"
_INK = "#1f2933"


@dataclass(frozen=True, kw_only=True)
class StyleClass:
    """One class of a layer: what its rows hold, what the legend says, how they are drawn."""

    value: str | int
    label: str
    fill: str = ""
    """Fill colour ``#rrggbb``; empty for none."""
    opacity: float = 1.0
    """Of the fill, 0 to 1."""
    hatch: str = "solid"
    """Brush as QGIS names it: ``solid, no, b_diagonal, f_diagonal, diagonal_x, vertical``."""
    outline: str = _INK
    dashed: bool = False
    width_mm: float = 0.3


@dataclass(frozen=True, kw_only=True)
class LayerStyle:
    """How QGIS shows a layer when it is opened; an empty ``column`` only gives the columns their aliases."""

    name: str
    column: str = ""
    """Column that holds the classes."""
    classes: tuple[StyleClass, ...] = ()
    geometry: str = "fill"
    """``fill`` for polygons, ``line`` for lines."""
    label: str = ""
    """Column written on each feature; empty for none."""
    aliases: Mapping[str, str] = field(default_factory=dict)
    """Column → heading for readers."""


def qml_text(style: LayerStyle) -> str:
    """Write a style as QML.

    Source: the form in which QGIS 3 saves styles (Layer Properties, Save Style).
    """
    labels = "1" if style.label else "0"
    categories = "Symbology|Labeling|Fields"
    root = ET.Element("qgis", version=_VERSION, styleCategories=categories, labelsEnabled=labels)
    if style.column:
        _add_classes(root, style)
    if style.label:
        _add_labels(root, style.label)
    aliases = ET.SubElement(root, "aliases")
    for index, (column, heading) in enumerate(style.aliases.items()):
        ET.SubElement(aliases, "alias", field=column, index=str(index), name=heading)
    return _DOCTYPE + ET.tostring(root, encoding="unicode") + "\n"


def _add_classes(root: ET.Element, style: LayerStyle) -> None:
    options = {"symbollevels": "0", "enableorderby": "0", "forceraster": "0"}
    renderer = ET.SubElement(
        root, "renderer-v2", {"type": "categorizedSymbol", "attr": style.column} | options
    )
    categories, symbols = ET.SubElement(renderer, "categories"), ET.SubElement(renderer, "symbols")
    for number, item in enumerate(style.classes):
        kind = "long" if isinstance(item.value, int) else "string"
        given = {"symbol": str(number), "value": str(item.value), "label": item.label, "render": "true"}
        ET.SubElement(categories, "category", {"type": kind} | given)
        _add_symbol(symbols, str(number), item, style.geometry)


def _add_symbol(parent: ET.Element, name: str, item: StyleClass, geometry: str) -> None:
    symbol = ET.SubElement(parent, "symbol", type=geometry, name=name, alpha="1", clip_to_extent="1")
    drawn = _fill(item) if geometry == "fill" else _line(item)
    drawing = "SimpleFill" if geometry == "fill" else "SimpleLine"
    layer = ET.SubElement(symbol, "layer", {"class": drawing, "enabled": "1", "pass": "0", "locked": "0"})
    options = ET.SubElement(layer, "Option", type="Map")
    for key, value in drawn.items():
        ET.SubElement(options, "Option", name=key, value=value, type="QString")
    for key, value in drawn.items():
        # QGIS before 3.26 reads these and knows nothing of the options above.
        ET.SubElement(layer, "prop", k=key, v=value)


def _fill(item: StyleClass) -> dict[str, str]:
    return {
        "color": _rgba(item.fill or "#ffffff", item.opacity if item.fill else 0.0),
        "style": item.hatch if item.fill else "no",
        "outline_color": _rgba(item.outline),
        "outline_style": "dash" if item.dashed else "solid",
        "outline_width": str(item.width_mm),
        "outline_width_unit": "MM",
    }


def _line(item: StyleClass) -> dict[str, str]:
    return {
        "line_color": _rgba(item.outline),
        "line_style": "dash" if item.dashed else "solid",
        "line_width": str(item.width_mm),
        "line_width_unit": "MM",
    }


def _add_labels(root: ET.Element, column: str) -> None:
    settings = ET.SubElement(ET.SubElement(root, "labeling", type="simple"), "settings")
    text = {
        "fontFamily": "Microsoft YaHei",
        "fontSize": "8",
        "fontSizeUnit": "Point",
        "textColor": _rgba(_INK),
    }
    written = ET.SubElement(settings, "text-style", {"fieldName": column, "isExpression": "0"} | text)
    halo = {
        "bufferSize": "0.8",
        "bufferSizeUnits": "MM",
        "bufferColor": _rgba("#ffffff"),
        "bufferOpacity": "1",
    }
    ET.SubElement(written, "text-buffer", {"bufferDraw": "1"} | halo)
    ET.SubElement(settings, "placement", placement="1", centroidInside="1", centroidWhole="1")
    ET.SubElement(settings, "rendering", displayAll="1", drawLabels="1")


def _rgba(colour: str, opacity: float = 1.0) -> str:
    red, green, blue = (int(colour[place : place + 2], 16) for place in (1, 3, 5))
    return f"{red},{green},{blue},{round(opacity * 255)}"
