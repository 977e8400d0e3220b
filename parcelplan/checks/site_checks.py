"""The check of a site before anything is computed from it."""

from __future__ import annotations

from parcelplan.checks.areas import check_areas
from parcelplan.checks.references import check_references
from parcelplan.checks.topology import check_topology
from parcelplan.findings import Findings
from parcelplan.site import Site


def check_site(site: Site) -> Findings:
    """Collect everything that is wrong with a site's data, in one pass that never stops at the first.

    Returns
    -------
    Findings
        What reading found, then shapes, areas and references. Errors among them forbid a run.

    Examples
    --------
    >>> check_site(open_site("geodata/baishiyi")).of("error")  # doctest: +SKIP
    Findings({})
    """
    return site.findings + check_topology(site) + check_areas(site) + check_references(site)
