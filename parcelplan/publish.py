"""Writing the results of a study: all six files of a run, whole or not at all, or one of them."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path

from parcelplan.io.atomic import whole_file, whole_folder
from parcelplan.study import Study
from parcelplan.views.exports import write_plan_geojson, write_plan_geopackage, write_plan_workbook
from parcelplan.views.maps import render_map
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
