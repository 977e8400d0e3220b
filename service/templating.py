"""Pages from templates: everything escaped, words from the catalogue, addresses from the routes."""

from __future__ import annotations

import math
from datetime import date
from functools import cache
from typing import Any

import jinja2
from starlette.requests import Request

from parcelplan import __version__, catalogue
from parcelplan.catalogue import Language


@cache
def _environment() -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("service"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(mu=_figure, day=_day)
    return environment


def render(request: Request, template: str, lang: Language, **values: Any) -> str:
    """Fill a template for one request.

    Parameters
    ----------
    request
        The request; addresses keep the path under which a proxy serves us.
    template
        File in ``service/templates``.
    lang
        Language of the words.
    **values
        What the template shows.
    """
    root = str(request.scope.get("root_path", "")).rstrip("/")

    def path(name: str, /, **params: Any) -> str:
        return root + str(request.app.url_path_for(name, **params))

    def word(code: str, /, **params: Any) -> str:
        return catalogue.text(f"service.{code}", lang, **params)

    def here(**changes: str) -> str:
        return "?" + str(request.url.include_query_params(**changes).query)

    title = request.app.state.library.settings.title or word("title")
    page: str = (
        _environment()
        .get_template(template)
        .render(
            lang=lang,
            word=word,
            path=path,
            here=here,
            title=title,
            version=__version__,
            **values,
        )
    )
    return page


def _figure(value: float | None, decimals: int = 2) -> str:
    return "–" if value is None or math.isnan(value) else f"{value:,.{decimals}f}"


def _day(value: date | str | None) -> str:
    return "–" if not value else str(value)
