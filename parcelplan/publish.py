"""Writing the results of a study: all six files of a run, whole or not at all, or one of them."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path

from parcelplan.catalogue import Language
from parcelplan.compare import Comparison
from parcelplan.io.atomic import whole_file, whole_folder
from parcelplan.study import Study
from parcelplan.views.compare_page import MAP_FILE, render_comparison
from parcelplan.views.compare_tables import compare_table, comparison_record, write_compare_workbook
from parcelplan.views.exports import write_plan_geojson, write_plan_geopackage, write_plan_workbook
from parcelplan.views.maps import render_difference_map, render_map
from parcelplan.views.report import render_report
from parcelplan.views.summary import summary


def _write_map(study: Study, path: Path) -> None:
    path.write_text(render_map(study), encoding="utf-8", newline="\n")


def _write_report(study: Study, path: Path) -> None:
    path.write_text(render_report(study), encoding="utf-8", newline="\n")


def _write_summary(study: Study, path: Path) -> None:
    text = json.dumps(summary(study), ensure_ascii=False, indent=2, allow_nan=False)
    path.write_text(text + "\n", encoding="utf-8", newline="\n")


FILES: Mapping[str, Callable[[Study, Path], None]] = {
    "map.html": _write_map,
    "report.html": _write_report,
    "plan.geojson": write_plan_geojson,
    "plan.gpkg": write_plan_geopackage,
    "plan.xlsx": write_plan_workbook,
    "summary.json": _write_summary,
}
"""Name of each result file and what writes it, in the study's language."""


def write_results(study: Study, out: str | Path) -> tuple[Path, ...]:
    """Write every result file into a folder.

    Parameters
    ----------
    study
        A computed site.
    out
        Folder; made where it does not exist. Other files in it stay as they are.

    Returns
    -------
    tuple of Path
        The files written.

    Raises
    ------
    InputError
        The folder cannot be written. Then, as after any other failure, nothing in it has changed.
    """
    with whole_folder(out) as folder:
        for name, write in FILES.items():
            write(study, folder / name)
    return tuple(Path(out) / name for name in FILES)


def write_result(study: Study, name: str, path: str | Path) -> Path:
    """Write one result file of :data:`FILES` to a path of your own, whole or not at all."""
    with whole_file(path) as beside:
        FILES[name](study, beside)
    return Path(path)


def write_comparison(
    comparison: Comparison, study: Study | None, out: str | Path, lang: Language
) -> tuple[Path, ...]:
    """Write a comparison into a folder: a page, a map, a workbook, a table of the parcels, and all of it as JSON.

    Parameters
    ----------
    comparison
        Plans A and B.
    study
        The study of B, or of A where B was not computed here; without one there is no map.
    out
        Folder; made where it does not exist. Other files in it stay as they are.
    lang
        Language of what is written.

    Returns
    -------
    tuple of Path
        The files written; all of them or none.
    """
    name = study.site.name(lang) if study else comparison.b.label
    pages = {"compare.html": render_comparison(comparison, name=name, lang=lang, with_map=study is not None)}
    if study is not None:
        pages[MAP_FILE] = render_difference_map(comparison, study, lang=lang)
    record = json.dumps(comparison_record(comparison), ensure_ascii=False, indent=2, allow_nan=False)
    pages["compare.json"] = record + "\n"
    with whole_folder(out) as folder:
        for file, content in pages.items():
            (folder / file).write_text(content, encoding="utf-8", newline="\n")
        write_compare_workbook(comparison, folder / "compare.xlsx", lang)
        table = compare_table(comparison, "parcels")
        table.to_csv(folder / "compare_parcels.csv", index=False, encoding="utf-8-sig", lineterminator="\n")
    return tuple(Path(out) / file for file in (*pages, "compare.xlsx", "compare_parcels.csv"))
