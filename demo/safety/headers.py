"""Headers that tell a browser what this page never does, so that injected content could not do it either."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import parse_qs

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

ANCESTORS = "'self' https://huggingface.co https://*.hf.space"  # a Space is a frame in the page of the Hub
# Gradio compiles its templates in the browser: it needs inline scripts and eval.
POLICY = (
    "default-src 'self'; script-src 'self' 'unsafe-inline' 'unsafe-eval'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data: blob:; font-src 'self' data:; media-src 'self' data: blob:; worker-src 'self' blob:; "
    "object-src 'none'; base-uri 'self'; form-action 'self'; frame-ancestors "
)
FIXED = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "strict-origin-when-cross-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(), payment=(), usb=()",
}


class SecurityHeaders:
    """Add the headers to every answer. Any site may frame one view (`?embed=`), `ancestors` the whole page."""

    def __init__(self, app: ASGIApp, ancestors: str = ANCESTORS) -> None:
        self.app, self.ancestors = app, ancestors

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        policy = POLICY + ("*" if is_embedded(scope) else self.ancestors)

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in {**FIXED, "Content-Security-Policy": policy}.items():
                    headers.setdefault(name, value)
            await send(message)

        await self.app(scope, receive, send_with_headers)


def is_embedded(scope: Scope) -> bool:
    """Whether the page is asked for with one view alone, see docs/links.md."""
    return bool(parse_qs(scope["query_string"].decode("latin-1")).get("embed"))


def frame_ancestors(environment: Mapping[str, str]) -> str:
    """Return who may show the page in a frame: `INKLING_FRAME_ANCESTORS`, or the Hub and the page itself."""
    return environment.get("INKLING_FRAME_ANCESTORS", "").strip() or ANCESTORS
