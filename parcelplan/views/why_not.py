"""Why there is no plan, and what would give one, as every view says it."""

from __future__ import annotations

from parcelplan import catalogue
from parcelplan.catalogue import Language
from parcelplan.planning.conflicts.conflict import conflict_text
from parcelplan.planning.conflicts.relaxations import relaxation_text
from parcelplan.study import Study

ORDER = ("exact", "at_most", "unknown", "never")
"""What helps comes first."""


def why_not(study: Study, lang: Language) -> str:
    """Say which demands cannot hold together and how far each would have to give way; empty where there is a plan.

    Returns
    -------
    str
        One sentence a line.
    """
    conflict = conflict_text(study.plan, study.problem, lang)
    if not conflict or not study.relaxations:
        return conflict
    found = sorted(study.relaxations, key=lambda item: ORDER.index(item.found))
    lines = [relaxation_text(item, study.problem, lang) for item in found]
    return "\n".join([conflict, catalogue.text("relax.heading", lang), *lines])
