"""Pages and files for people: start page, site and plan, map, report, downloads, documentation of the API."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Path, Request
from fastapi.responses import HTMLResponse, Response

from parcelplan.catalogue import Language
from parcelplan.errors import NotFoundError
from service.dependencies import LangQuery, LibraryHere, PageLanguage, QuestionHere
from service.library import Library, Question, nearest
from service.security import INLINE, SWAGGER
from service.templating import render
from service.views import FILES

router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)
of_site = APIRouter(prefix="/sites/{site_id}", include_in_schema=False, default_response_class=HTMLResponse)
files = APIRouter(prefix="/sites/{site_id}/files", tags=["files"])


@router.get("/")
def start(request: Request, library: LibraryHere, lang: LangQuery = None) -> HTMLResponse:
    """The only site's page, or a list of the sites."""
    if len(library.ids) == 1:
        only = library.ids[0]
        return _site_page(request, library, library.question(only), lang or library.language(only))
    spoken = lang or library.language()
    sites = [(site_id, library.config(site_id)) for site_id in library.ids]
    return HTMLResponse(render(request, "sites.html", spoken, sites=sites))


@of_site.get("")
def site_page(
    request: Request, question: QuestionHere, library: LibraryHere, lang: PageLanguage
) -> HTMLResponse:
    """A site, its plan in figures, and the ways to everything else."""
    return _site_page(request, library, question, lang)


def _site_page(request: Request, library: Library, question: Question, lang: Language) -> HTMLResponse:
    config = library.config(question.site_id)
    shown = library.view(question, "front", lang)
    asked = {"scenario": question.scenario, "lang": lang}
    if question.as_of != config.as_of:
        asked["as_of"] = str(question.as_of)
    page = render(
        request,
        "site.html",
        lang,
        config=config,
        question=question,
        files=tuple(FILES),
        several=len(library.ids) > 1,
        query="?" + urlencode({name: value for name, value in asked.items() if value}),
        **shown,
    )
    return HTMLResponse(page)


@of_site.get("/map")
def site_map(question: QuestionHere, library: LibraryHere, lang: PageLanguage) -> HTMLResponse:
    """The map, whole in one page."""
    return HTMLResponse(library.view(question, "map", lang), headers={"Content-Security-Policy": INLINE})


@of_site.get("/report")
def site_report(question: QuestionHere, library: LibraryHere, lang: PageLanguage) -> HTMLResponse:
    """The report, whole in one page."""
    return HTMLResponse(library.view(question, "report", lang), headers={"Content-Security-Policy": INLINE})


@router.get("/docs")
def docs(request: Request, lang: PageLanguage) -> HTMLResponse:
    """Documentation of the API, from files of our own."""
    return HTMLResponse(render(request, "docs.html", lang), headers={"Content-Security-Policy": SWAGGER})


@files.get(
    "/{name}",
    summary="A result file",
    response_class=Response,
    responses={
        200: {"content": {media_type: {} for media_type in FILES.values()}, "description": "The file."}
    },
)
def download(
    question: QuestionHere,
    name: Annotated[str, Path(description=f"One of {', '.join(FILES)}.")],
    library: LibraryHere,
    lang: PageLanguage,
) -> Response:
    """A file as a run writes it, named after its site."""
    if name not in FILES:
        raise NotFoundError("service.unknown_file", name=name, known=nearest(name, list(FILES)))
    # An id holds letters, digits, "_" and "-" only, as site.toml is held to.
    attached = f'attachment; filename="{question.site_id}-{name}"'
    content = library.view(question, name, lang)
    return Response(content, media_type=FILES[name], headers={"Content-Disposition": attached})
