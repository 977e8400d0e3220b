"""The outermost layer: a number for every request, headers that close pages, nothing internal in a 500."""

from __future__ import annotations

import logging
import uuid
from collections.abc import Callable

from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

LOG = logging.getLogger("parcelplan.service")

OWN_FILES = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "base-uri 'none'; form-action 'self'; frame-ancestors 'self'"
)
"""For pages of the service: nothing but its own files, and nothing that stands inside the page."""
INLINE = (
    "default-src 'none'; script-src 'unsafe-inline'; script-src-attr 'none'; style-src 'unsafe-inline'; "
    "img-src data: blob:; font-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'self'"
)
"""For map and report, which carry everything inside: script elements run, handlers in attributes never do."""
SWAGGER = OWN_FILES.replace("style-src 'self'", "style-src 'self' 'unsafe-inline'")
"""For the API's documentation, whose script writes styles of its own."""

HEADERS = {
    "Content-Security-Policy": OWN_FILES,
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-cache",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
}


class Guard:
    """Give every answer its headers, and every failure nobody foresaw the one error shape.

    Parameters
    ----------
    app
        The application inside.
    answer_failure
        Makes the answer to a request that failed; what failed is in the log under the request's number.
    """

    def __init__(self, app: ASGIApp, answer_failure: Callable[[Request, str], Response]) -> None:
        self._app = app
        self._answer_failure = answer_failure

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request_id = uuid.uuid4().hex[:12]
        started = False

        async def send_guarded(message: Message) -> None:
            nonlocal started
            if message["type"] == "http.response.start":
                started = True
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers.setdefault(name, value)
                headers["X-Request-ID"] = request_id
            await send(message)

        try:
            await self._app(scope, receive, send_guarded)
        except Exception:
            LOG.exception("request %s failed: %s %s", request_id, scope["method"], scope["path"])
            if started:
                raise
            await self._answer_failure(Request(scope), request_id)(scope, receive, send_guarded)
