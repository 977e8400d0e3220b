"""The API: questions about sites, answered as JSON and GeoJSON."""

from __future__ import annotations

from datetime import date
from typing import Annotated

import geopandas as gpd
import shapely
from fastapi import APIRouter, Path, Query, Request, Response

from parcelplan import __version__
from parcelplan.catalogue import Language
from parcelplan.io.vector.geojson import geojson_text
from parcelplan.land.readiness import STAGES
from service import composing
from service.compared import CompareAnswer, compare_answer
from service.dependencies import (
    ApiLanguage,
    Box,
    BoxHere,
    LibraryHere,
    PhasesAsked,
    QuestionHere,
    SeverityAsked,
    SiteId,
    StagesAsked,
    refuse_unknown,
)
from service.library import Library
from service.schemas import (
    ExplainAnswer,
    FindingsAnswer,
    Health,
    ParcelCollection,
    PlanAnswer,
    ReadinessAnswer,
    SiteItem,
    SiteList,
)

router = APIRouter()
of_site = APIRouter(prefix="/api/sites/{site_id}")
"""Questions about one site."""
GEOJSON = "application/geo+json"


@router.get("/healthz", tags=["service"], summary="Is the service up?")
def healthz(library: LibraryHere) -> Health:
    """Answer at once, whatever is being computed."""
    return Health(status="ok", version=__version__, sites=list(library.ids))


@router.get("/api/sites", tags=["sites"], summary="All sites")
def list_sites(request: Request, library: LibraryHere, lang: ApiLanguage) -> SiteList:
    """Every site as its settings describe it; nothing is computed."""
    return SiteList(sites=[_item(request, library, site_id, lang) for site_id in library.ids])


@of_site.get("", tags=["sites"], summary="One site")
def get_site(request: Request, site_id: SiteId, library: LibraryHere, lang: ApiLanguage) -> SiteItem:
    """A site as its settings describe it, with the addresses of everything else about it."""
    return _item(request, library, site_id, lang)


def _item(request: Request, library: Library, site_id: str, lang: Language) -> SiteItem:
    root = request.scope.get("root_path", "").rstrip("/")
    return composing.site_item(library.config(site_id), site_id, lang, root)


class GeoJSONResponse(Response):
    """A response that says that it is GeoJSON."""

    media_type = GEOJSON


@of_site.get(
    "/parcels",
    tags=["land"],
    summary="Parcels as GeoJSON",
    response_class=GeoJSONResponse,
    responses={
        200: {"model": ParcelCollection, "description": "RFC 7946: WGS 84, right-hand rule, 7 decimals."}
    },
)
def get_parcels(
    question: QuestionHere,
    library: LibraryHere,
    lang: ApiLanguage,
    bbox: BoxHere,
    phase: PhasesAsked = None,
    stage: StagesAsked = None,
) -> GeoJSONResponse:
    """Parcels with everything known of them: area, readiness, verdicts and the days of the plan.

    Filters hold together: parcels that touch the box, of one of the phases, at one of the stages.
    """
    refuse_unknown("stage", stage, STAGES)
    frame = library.view(question, "parcels", lang)
    refuse_unknown("phase", phase, frame["phase"].unique().tolist())
    return GeoJSONResponse(geojson_text(_chosen(frame, bbox, phase, stage)))


def _chosen(
    frame: gpd.GeoDataFrame, box: Box | None, phases: list[int] | None, stages: list[str] | None
) -> gpd.GeoDataFrame:
    if phases:
        frame = frame[frame["phase"].isin(phases)]
    if stages:
        frame = frame[frame["stage"].isin(stages)]
    if box:
        frame = frame[shapely.intersects(frame.geometry.to_numpy(), shapely.box(*box))]
    return frame


@of_site.get("/readiness", tags=["land"], summary="Readiness of the land on a day")
def get_readiness(question: QuestionHere, library: LibraryHere, lang: ApiLanguage) -> ReadinessAnswer:
    """Stage of every parcel, the day on which it is net land, and the gates before that; makes no plan."""
    return composing.readiness_answer(question, library.assessment(question), lang)


@of_site.get("/plan", tags=["plan"], summary="The transfer plan")
def get_plan(question: QuestionHere, library: LibraryHere, lang: ApiLanguage) -> PlanAnswer:
    """Phases and transfers of the plan, with the solver's status, bound and gap."""
    return composing.plan_answer(question, library.study(question), lang)


@of_site.get("/compare", tags=["plan"], summary="Two scenarios side by side")
def get_comparison(
    site_id: SiteId,
    library: LibraryHere,
    lang: ApiLanguage,
    a: Annotated[str | None, Query(description="Scenario A; the site's own by default.")] = None,
    b: Annotated[str | None, Query(description="Scenario B; the site's own by default.")] = None,
    as_of: Annotated[date | None, Query(description="Day of the data of both, YYYY-MM-DD.")] = None,
) -> CompareAnswer:
    """What moves from plan A to plan B: parcels, works, mu by month, objectives, targets missed, money."""
    questions = library.question(site_id, a, as_of), library.question(site_id, b, as_of)
    studies = library.study(questions[0]), library.study(questions[1])
    return compare_answer(questions, studies, lang)


@of_site.get("/explain/{parcel}", tags=["plan"], summary="Why a parcel is transferred when it is")
def get_explanation(
    question: QuestionHere,
    parcel: Annotated[str, Path(description="Id of a parcel.")],
    library: LibraryHere,
    lang: ApiLanguage,
) -> ExplainAnswer:
    """The chain behind one parcel's date, from its transfer back to the first work, in words."""
    return composing.explain_answer(question, library.study(question), parcel, lang)


@of_site.get("/findings", tags=["land"], summary="What was found")
def get_findings(
    question: QuestionHere, library: LibraryHere, lang: ApiLanguage, severity: SeverityAsked = None
) -> FindingsAnswer:
    """Findings about data, plan and announced plan. Data with errors are answered too: with the errors."""
    data, announced = library.findings(question)
    return composing.findings_answer(question, data, announced, lang, severity)
