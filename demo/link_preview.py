"""Tags in the page's `<head>` for shared links (title, description, picture), and an icon below the page's path."""

from __future__ import annotations

import re
from collections.abc import Mapping
from html import escape
from pathlib import Path

from fastapi import Request
from gradio.route_utils import get_root_url
from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import FileResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from vit.checkpoint import ASSETS

PICTURE = ASSETS / "link-preview.png"  # 1200x630: what Facebook, LinkedIn, Slack and X show whole
WIDTH, HEIGHT = 1200, 630
PICTURE_ROUTE = "/link-preview.png"
DESCRIPTION = (
    "Draw a digit and watch a small vision transformer read it, stroke by stroke. Look inside, ask it why, and train "
    "your own."
)
PICTURE_TEXT = "The page of Inkling: a digit drawn by hand, what the model reads, and where its attention goes."
# Gradio's own tags come twice, with "Gradio" and an empty picture; scrapers take the first of each name.
GRADIO_TAGS = re.compile(r'\s*<meta\s+(?:property|name)="(?:og|twitter):[^>]*>')
MANIFEST = '<link rel="manifest" href="/manifest.json" />'  # asked at the root; the page is no installable app
BASE = re.compile(r"<base [^>]*>")  # relative addresses need it before them


class LinkPreview:
    """Serve the picture for shared links, and replace Gradio's tags in the page's HTML. (ASGI middleware.)"""

    def __init__(self, app: ASGIApp, title: str, picture: Path = PICTURE) -> None:
        self.app, self.title, self.picture = app, title, picture

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        route = scope["path"].removeprefix(scope.get("root_path", "")) if asks_for_file(scope) else None
        if route == PICTURE_ROUTE:
            await FileResponse(self.picture, media_type="image/png")(scope, receive, send)
        elif route in ("", "/"):
            page = ResponseRewriter(send, head(self.title, public_root(scope)))
            await self.app(scope, receive, page.send)
        else:
            await self.app(scope, receive, send)


class ResponseRewriter:
    """Replace Gradio's tags in an HTML answer by `tags`, once its body is complete; other answers pass unchanged."""

    def __init__(self, send: Send, tags: str) -> None:
        self.forward, self.tags = send, tags
        self.start: Message | None = None
        self.body = bytearray()

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start" and is_plain_html(Headers(raw=message["headers"])):
            self.start = message
        elif self.start is None:
            await self.forward(message)
        else:
            self.body += message.get("body", b"")
            if not message.get("more_body"):
                await self.finish(self.start)

    async def finish(self, start: Message) -> None:
        """Send the rewritten page; an answer without a body, to HEAD, keeps its headers as they are."""
        page = rewrite(self.body.decode(), self.tags).encode() if self.body else b""
        if page:
            MutableHeaders(raw=start["headers"])["content-length"] = str(len(page))
        await self.forward(start)
        await self.forward({"type": "http.response.body", "body": page})


def asks_for_file(scope: Scope) -> bool:
    """Tell whether a scope is a GET or HEAD request."""
    return scope["type"] == "http" and scope["method"] in ("GET", "HEAD")


def is_plain_html(headers: Mapping[str, str]) -> bool:
    """Tell whether an answer is HTML that is not compressed yet."""
    return headers.get("content-type", "").startswith("text/html") and "content-encoding" not in headers


def public_root(scope: Scope) -> str:
    """Return the address of the page as its visitors see it, without a slash at its end, as Gradio derives it."""
    return get_root_url(Request(scope), route_path="/", root_path=scope.get("root_path"))


def rewrite(page: str, tags: str) -> str:
    """Replace the tags for shared links in the `<head>` of `page` by `tags`, and drop the manifest's link.

    Only what stands before the first script is searched: after it comes the page's own data.
    """
    start, script, rest = page.partition("<script")
    start = BASE.sub(lambda base: base[0] + tags, GRADIO_TAGS.sub("", start), count=1)
    return start + script + rest.replace(MANIFEST, "", 1)


def head(title: str, root: str) -> str:
    """Return the tags of a page at the address `root`: one of each name (Open Graph protocol, and X's cards)."""
    named = {"description": DESCRIPTION, "twitter:card": "summary_large_image"}
    named |= {"twitter:title": title, "twitter:description": DESCRIPTION, "twitter:image": root + PICTURE_ROUTE}
    graph = {"type": "website", "site_name": "Inkling", "title": title, "description": DESCRIPTION, "url": f"{root}/"}
    graph |= {"image": root + PICTURE_ROUTE, "image:type": "image/png", "image:alt": PICTURE_TEXT}
    graph |= {"image:width": str(WIDTH), "image:height": str(HEIGHT)}
    tags = [f"<title>{escape(title)}</title>", '<link rel="icon" type="image/png" href="favicon.ico" />']
    tags += [f'<meta name="{name}" content="{escape(content)}" />' for name, content in named.items()]
    tags += [f'<meta property="og:{name}" content="{escape(content)}" />' for name, content in graph.items()]
    return "".join(f"\n\t\t{tag}" for tag in tags)
