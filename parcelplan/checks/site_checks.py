"""The check of a site before anything is computed from it."""

from __future__ import annotations

from parcelplan.checks.areas import check_areas
from parcelplan.checks.references import check_references
from parcelplan.checks.settings_checks import check_settings
from parcelplan.checks.topology import check_topology
from parcelplan.checks.work_table_checks import check_work_tables
from parcelplan.findings import Findings
from parcelplan.site import Site


def check_site(site: Site) -> Findings:
    """Collect everything that is wrong with a site's data, in one pass that never stops at the first.

    Returns
    -------
    Findings
        What reading found, then shapes, areas, references, tables of works, and settings. Errors among them forbid a
        run.

    Examples
    --------
    >>> check_site(open_site("geodata/baishiyi")).of("error")  # doctest: +SKIP
    Findings({})
    """
    found = site.findings + check_topology(site) + check_areas(site) + check_references(site)
    return found + check_work_tables(site) + check_settings(site)
