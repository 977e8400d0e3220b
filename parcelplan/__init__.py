"""parcelplan: from parcels, works and rules to a land-transfer plan that can be explained.

>>> import parcelplan as pp
>>> site = pp.open_site("geodata/baishiyi")
>>> study = pp.study_site(site)
>>> study.plan.status
'optimal'
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from parcelplan.checks.site_checks import check_site as check_site
    from parcelplan.errors import ParcelPlanError as ParcelPlanError
    from parcelplan.findings import Finding as Finding
    from parcelplan.findings import Findings as Findings
    from parcelplan.plan import Plan as Plan
    from parcelplan.publish import write_results as write_results
    from parcelplan.rules import RuleBook as RuleBook
    from parcelplan.site import Site as Site
    from parcelplan.site import open_site as open_site
    from parcelplan.study import Study as Study
    from parcelplan.study import assess as assess
    from parcelplan.study import explain_parcel as explain_parcel
    from parcelplan.study import make_plan as make_plan
    from parcelplan.study import study_site as study_site
    from parcelplan.views.maps import render_map as render_map
    from parcelplan.views.report import render_report as render_report

__version__ = "0.1.0"

_HOMES = {
    "Finding": "parcelplan.findings",
    "Findings": "parcelplan.findings",
    "ParcelPlanError": "parcelplan.errors",
    "Plan": "parcelplan.plan",
    "RuleBook": "parcelplan.rules",
    "Site": "parcelplan.site",
    "Study": "parcelplan.study",
    "assess": "parcelplan.study",
    "check_site": "parcelplan.checks.site_checks",
    "explain_parcel": "parcelplan.study",
    "make_plan": "parcelplan.study",
    "open_site": "parcelplan.site",
    "render_map": "parcelplan.views.maps",
    "render_report": "parcelplan.views.report",
    "study_site": "parcelplan.study",
    "write_results": "parcelplan.publish",
}
__all__ = sorted([*_HOMES, "__version__"])  # noqa: PLE0605 - derived from the one list


def __getattr__(name: str) -> Any:
    """Import a name's home on first use, so that ``parcelplan --help`` does not wait for geopandas."""
    if name not in _HOMES:
        message = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(message)
    return getattr(import_module(_HOMES[name]), name)
