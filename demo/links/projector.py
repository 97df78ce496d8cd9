"""`?projector`: the page in a frame that enlarges it. (ASGI middleware.)"""

from __future__ import annotations

from pathlib import Path
from urllib.parse import parse_qs

from starlette.responses import FileResponse
from starlette.types import ASGIApp, Receive, Scope, Send

PAGE = Path(__file__).with_name("projector.html")


class Projector:
    """Answer `/?projector` with a page whose frame shows `/?projector=inner`, the page itself."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        answer = FileResponse(PAGE, media_type="text/html") if asks_for_projector(scope) else self.app
        await answer(scope, receive, send)


def asks_for_projector(scope: Scope) -> bool:
    """Tell whether a scope asks for the page with `projector` in its query, but not for the page in the frame."""
    if scope["type"] != "http" or scope["method"] not in ("GET", "HEAD"):
        return False
    wish = parse_qs(scope["query_string"].decode("latin-1"), keep_blank_values=True).get("projector")
    root = scope["path"].removeprefix(scope.get("root_path", "")) in ("", "/")
    return root and wish is not None and wish != ["inner"]
