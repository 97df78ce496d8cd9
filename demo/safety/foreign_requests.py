"""Refuse what another site's page sends: a visitor's browser would carry it out in their name.

A program that is no browser sends neither `Sec-Fetch-Site` nor `Origin`, and is not meant.
"""

from __future__ import annotations

from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

SAFE = ("GET", "HEAD", "OPTIONS")  # these change nothing
SERVER_FUNCTION = "/component_server"
FOREIGN = "This page takes requests from its own address only.\n"
NO_JSON = "Send this request as application/json.\n"


class ForeignRequests:
    """Answer 403 to requests that act and come from another site, 415 to server functions without JSON."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        answer = self.app if scope["type"] != "http" or scope["method"] in SAFE else refusal(scope) or self.app
        await answer(scope, receive, send)


def refusal(scope: Scope) -> PlainTextResponse | None:
    """Return the answer to a request that acts, if it is refused."""
    headers = Headers(scope=scope)
    if is_foreign(headers):
        return PlainTextResponse(FOREIGN, status_code=403)
    # A page may send text/plain to any site without asking it first, and Gradio would read JSON in it.
    if scope["path"].rstrip("/").endswith(SERVER_FUNCTION) and not is_json(headers):
        return PlainTextResponse(NO_JSON, status_code=415)
    return None


def is_json(headers: Headers) -> bool:
    """Whether a request says that it carries JSON."""
    return headers.get("content-type", "").partition(";")[0].strip().lower() == "application/json"


def is_foreign(headers: Headers) -> bool:
    """Whether a browser says that a page of another site sends this.

    `Sec-Fetch-Site` is sent over HTTPS and by loopback; over plain HTTP, `Origin` must name the host that was asked.
    """
    site = headers.get("sec-fetch-site")
    if site is not None:
        return site in ("cross-site", "same-site")
    origin = headers.get("origin")
    asked = {headers.get("host"), headers.get("x-forwarded-host")}
    return origin is not None and urlsplit(origin).netloc not in asked
