"""The styles with which QGIS opens a study's layers: the same colours as map and report."""

from __future__ import annotations

from typing import TYPE_CHECKING

from parcelplan import catalogue
from parcelplan.io.vector.qml import LayerStyle, StyleClass
from parcelplan.schema.results import result_labels
from parcelplan.views import palette
from parcelplan.views.tables import code_name, phase_name

if TYPE_CHECKING:
    from collections.abc import Mapping

    from parcelplan.catalogue import Language
    from parcelplan.study import Study

_BRUSHES = {
    "power_corridor": "b_diagonal",
    "pylon_base": "diagonal_x",
    "cable_corridor": "vertical",
    "river_area": "dense6",
    "basic_farmland": "cross",
    "ecological_redline": "dense5",
    "outside_growth_boundary": "f_diagonal",
}
"""QGIS brush that comes nearest to the hatch of each kind on the map."""


def layer_styles(study: Study, lang: Language) -> dict[str, tuple[LayerStyle, ...]]:
    """Styles by layer of :func:`parcelplan.views.exports.result_layers`, the default first."""
    parcels = (
        _by_phase(study, lang, "parcels"),
        _by_code(lang, "stage", palette.STAGES),
        _by_code(lang, "verdict", palette.VERDICTS, column="worst_verdict"),
    )
    return {
        "parcels": parcels,
        "developable_now": (_by_phase(study, lang, "developable"),),
        "developable_final": (_by_phase(study, lang, "developable"),),
        "constraints": (_by_kind(study, lang),),
        "roads": (_by_state(lang),),
    }


def table_style(table: str, lang: Language) -> tuple[LayerStyle, ...]:
    """Give a plain table the headings of its columns."""
    return (LayerStyle(name=catalogue.text("style.table", lang), aliases=result_labels(table, lang)),)


def _by_phase(study: Study, lang: Language, table: str) -> LayerStyle:
    phases = sorted({int(phase) for phase in study.readiness["phase"]})
    classes = [
        StyleClass(
            value=phase,
            label=phase_name(study, phase, lang),
            fill=palette.phase_colour(phase),
            opacity=0.65,
        )
        for phase in phases
    ]
    return LayerStyle(
        name=catalogue.text("style.phase", lang),
        column="phase",
        classes=tuple(classes),
        label="parcel_id",
        aliases=result_labels(table, lang),
    )


def _by_code(lang: Language, family: str, colours: Mapping[str, str], column: str = "") -> LayerStyle:
    classes = [
        StyleClass(value=code, label=code_name(family, code, lang), fill=colour, opacity=0.7)
        for code, colour in colours.items()
    ]
    return LayerStyle(
        name=catalogue.text(f"style.{family}", lang),
        column=column or family,
        classes=tuple(classes),
        label="parcel_id",
        aliases=result_labels("parcels", lang),
    )


def _by_kind(study: Study, lang: Language) -> LayerStyle:
    classes = []
    for kind in dict.fromkeys(study.constraints["kind"]):
        colour = str(palette.constraint_style(str(kind))["color"])
        label, hatch = code_name("kind", kind, lang), _BRUSHES.get(str(kind), "f_diagonal")
        classes.append(StyleClass(value=str(kind), label=label, fill=colour, outline=colour, hatch=hatch))
    return LayerStyle(
        name=catalogue.text("style.kind", lang),
        column="kind",
        classes=tuple(classes),
        label="label",
        aliases=result_labels("constraints", lang),
    )


def _by_state(lang: Language) -> LayerStyle:
    states = {"existing": ("#6f767d", False), "planned": ("#9aa1a8", True)}
    classes = [
        StyleClass(
            value=state, label=code_name("state", state, lang), outline=colour, dashed=dashed, width_mm=0.9
        )
        for state, (colour, dashed) in states.items()
    ]
    return LayerStyle(
        name=catalogue.text("style.state", lang),
        column="state",
        classes=tuple(classes),
        geometry="line",
        label="name",
        aliases=result_labels("roads", lang),
    )
