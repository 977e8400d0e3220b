"""What routes ask for: the library, the language, the question, and the filters, each checked once."""

from __future__ import annotations

import math
import re
from collections.abc import Collection
from datetime import date
from typing import Annotated, Literal, cast

from fastapi import Depends, Path, Query, Request

from parcelplan.catalogue import LANGUAGES, Language
from parcelplan.land.readiness import STAGES
from service.errors import QueryError
from service.library import Library, Question

Box = tuple[float, float, float, float]


def get_library(request: Request) -> Library:
    """The sites of this application."""
    return cast("Library", request.app.state.library)


LibraryHere = Annotated[Library, Depends(get_library)]
SiteId = Annotated[str, Path(description="Id of a site, as `/api/sites` lists them.")]
LangQuery = Annotated[
    Language | None,
    Query(description="Language of sentences and labels; otherwise `Accept-Language`, then the site's own."),
]


def accepted_language(header: str) -> Language | None:
    """The first of our languages that an Accept-Language header prefers.

    Examples
    --------
    >>> accepted_language("fr, en-GB;q=0.8, zh-CN;q=0.9")
    'zh'
    """
    weighed = []
    for part in header.lower().split(","):
        tag, *options = [piece.strip() for piece in part.split(";")]
        found = re.fullmatch(r"q=([01](?:\.\d{0,3})?)", "".join(options))
        weighed.append((float(found[1]) if found else 1.0, tag.split("-")[0]))
    ours = [(weight, tag) for weight, tag in weighed if weight > 0 and tag in LANGUAGES]
    return max(ours, key=lambda item: item[0])[1] if ours else None


def wants_page(request: Request) -> bool:
    """Whether this is a browser that asks for a page, not for data."""
    return "text/html" in request.headers.get("accept", "") and not request.url.path.startswith("/api/")


def language_of(request: Request) -> Language:
    """Language in which to speak of an error: no request is too broken to have one."""
    asked = request.query_params.get("lang")
    if asked in LANGUAGES:
        return asked
    library = get_library(request)
    accepted = None if wants_page(request) else accepted_language(request.headers.get("accept-language", ""))
    return accepted or library.settings.language or "zh"


def api_language(request: Request, library: LibraryHere, lang: LangQuery = None) -> Language:
    """Language of an API answer."""
    accepted = accepted_language(request.headers.get("accept-language", ""))
    return lang or accepted or library.language(request.path_params.get("site_id"))


def page_language(request: Request, library: LibraryHere, lang: LangQuery = None) -> Language:
    """Language of a page: the site's own, whatever the browser prefers, unless the address names one."""
    return lang or library.language(request.path_params.get("site_id"))


ApiLanguage = Annotated[Language, Depends(api_language)]
PageLanguage = Annotated[Language, Depends(page_language)]


def get_question(
    site_id: SiteId,
    library: LibraryHere,
    scenario: Annotated[
        str | None, Query(description="Reading of the works; the site's own by default.")
    ] = None,
    as_of: Annotated[
        date | None, Query(description="Day of the data, YYYY-MM-DD; the site's by default.")
    ] = None,
) -> Question:
    """The question of a request about one site."""
    return library.question(site_id, scenario, as_of)


QuestionHere = Annotated[Question, Depends(get_question)]


def get_box(
    bbox: Annotated[
        str | None,
        Query(
            description="minLon,minLat,maxLon,maxLat in WGS 84 degrees.",
            examples=["106.36,29.47,106.38,29.49"],
        ),
    ] = None,
) -> Box | None:
    """The box of a request; :class:`QueryError` where it is not four numbers in order and on the globe."""
    if bbox is None:
        return None
    try:
        numbers = [float(part) for part in bbox.split(",")]
    except ValueError:
        numbers = []
    if len(numbers) != len(("west", "south", "east", "north")) or not all(map(math.isfinite, numbers)):
        raise QueryError("service.bad_bbox", value=bbox)
    west, south, east, north = numbers
    if not (-180 <= west <= east <= 180 and -90 <= south <= north <= 90):  # noqa: PLR2004 - degrees of the globe
        raise QueryError("service.bad_bbox", value=bbox)
    return west, south, east, north


BoxHere = Annotated[Box | None, Depends(get_box)]
PhasesAsked = Annotated[list[int] | None, Query(description="Only these phases; repeat it for several.")]
StagesAsked = Annotated[
    list[str] | None, Query(description=f"Only these stages, of {', '.join(STAGES)}; repeat it for several.")
]
SeverityAsked = Annotated[
    Literal["error", "warning", "info"] | None, Query(description="Only findings of this severity.")
]


def refuse_unknown(name: str, asked: Collection[object] | None, known: Collection[object]) -> None:
    """Raise :class:`QueryError` where a filter names what does not exist; the message lists what does."""
    if unknown := [str(item) for item in asked or () if item not in known]:
        raise QueryError(
            "service.unknown_choice",
            name=name,
            value=", ".join(unknown),
            known=", ".join(str(item) for item in sorted(known, key=str)),
        )
