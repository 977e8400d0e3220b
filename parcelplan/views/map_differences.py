"""What the map of the differences between two plans draws: the map of B, its parcels coloured by days from A to B."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from parcelplan.catalogue import text
from parcelplan.views import map_themes, palette
from parcelplan.views.map_data import Json, map_data, theme_json
from parcelplan.views.map_layers import iso
from parcelplan.views.map_themes import LegendClass, Theme, sentence_case
from parcelplan.views.tables import parcel_table

if TYPE_CHECKING:
    from parcelplan.catalogue import Language
    from parcelplan.compare import Comparison
    from parcelplan.study import Study

STEPS_DAYS = (1, 31, 181, 366)
"""First day of each class of days later or earlier: up to a month, half a year, a year, and beyond."""
_PATTERNS = {"gone": "no_longer", "new": "newly", "never": "unknown"}


def difference_data(comparison: Comparison, study: Study, lang: Language | None = None) -> Json:
    """Describe the map of the differences.

    Parameters
    ----------
    comparison
        Plans A and B.
    study
        The study of B.
    lang
        Language of every sentence; the site's where None.

    Returns
    -------
    dict
        As :func:`parcelplan.views.map_data.map_data`, with two themes in front, and both days in every popup.
    """
    lang = lang or study.site.lang
    data = map_data(study, lang)
    table = parcel_table(study, lang)
    rows = comparison.parcels.reindex(table.index)
    themes = [change_theme(rows, lang), _months_of_a(rows, lang)]
    places = {theme.id: theme.places() for theme in themes}
    for parcel in data["parcels"]:
        row = rows.loc[parcel["id"]]
        parcel["facts"] = [*_facts(row, lang), *parcel["facts"]]
        parcel["classes"] |= {name: int(place[parcel["id"]]) for name, place in places.items()}
    for layer in data["layers"]:
        # The colours are read best without hatches over them; a click brings each layer back.
        if layer["section"] == "constraints" or layer["id"] == "schemes":
            layer["on"] = False
    data["themes"] = [*(theme_json(theme, table, lang) for theme in themes), *data["themes"]]
    labels = {"a": comparison.a.label, "b": comparison.b.label}
    heading = {"heading": text("compare.title", lang)}
    return data | {
        "theme": "change",
        "ui": data["ui"] | heading,
        "facts": [text("compare.heading", lang, **labels), *data["facts"][:2]],
    }


def change_theme(rows: pd.DataFrame, lang: Language) -> Theme:
    """Parcels by the days between their transfers; classes that no parcel is in are left out.

    Parameters
    ----------
    rows
        ``change`` and ``days`` of the parcels, in their order.
    lang
        Language of the legend.
    """
    keys = pd.Series(
        [_key(change, days) for change, days in zip(rows["change"], rows["days"], strict=True)],
        index=rows.index,
    )
    classes = [item for item in _classes(lang) if item.key in set(keys)]
    return Theme(id="change", classes=tuple(classes), keys=keys)


def _key(change: Any, days: Any) -> str:
    if change not in {"earlier", "later"}:
        return "never" if pd.isna(change) else str(change)
    return f"{change}_{sum(abs(int(days)) >= first for first in STEPS_DAYS) - 1}"


def _classes(lang: Language) -> list[LegendClass]:
    """All classes from the earliest to the latest, then what is in one plan only."""
    later = [_class("later", step, lang) for step in range(len(STEPS_DAYS))]
    earlier = [_class("earlier", step, lang) for step in range(len(STEPS_DAYS))]
    same = LegendClass(key="same", label=text("map.change.same", lang), color=palette.UNMOVED)
    others = [
        LegendClass(key=key, label=text(f"map.change.{key}", lang), color=palette.UNMOVED, pattern=pattern)
        for key, pattern in _PATTERNS.items()
    ]
    return [*reversed(earlier), same, *later, *others]


def _class(change: str, step: int, lang: Language) -> LegendClass:
    colours = palette.LATER if change == "later" else palette.EARLIER
    first, beyond = STEPS_DAYS[step], step + 1 == len(STEPS_DAYS)
    if beyond:
        label = text(f"map.change.{change}_over", lang, first=first)
    else:
        label = text(f"map.change.{change}", lang, first=first, last=STEPS_DAYS[step + 1] - 1)
    return LegendClass(key=f"{change}_{step}", label=label, color=colours[step])


def _months_of_a(rows: pd.DataFrame, lang: Language) -> Theme:
    return map_themes.month_theme("transfer_a", rows["transfer_a"], pd.Series("none", index=rows.index), lang)


def _facts(row: pd.Series, lang: Language) -> list[list[str]]:
    """What moved, and both days, for a parcel's popup."""
    change = row["change"]
    if change in {"earlier", "later"}:
        said = text(f"map.change.days_{change}", lang, days=abs(int(row["days"])))
    else:
        said = text(f"map.change.{'never' if pd.isna(change) else change}", lang)
    days = {end: iso(row[f"transfer_{end}"]) or text("map.value.none", lang) for end in "ab"}
    lines = {"change": sentence_case(said), "transfer_a": days["a"], "transfer_b": days["b"]}
    return [[text(f"map.fact.{name}", lang), value] for name, value in lines.items()]
