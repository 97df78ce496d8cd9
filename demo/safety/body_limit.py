"""Limit the size of a request's body. Gradio's own `max_file_size` bounds uploaded files, but not JSON."""

from __future__ import annotations

from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

MAX_BODY = 2_000_000  # bytes; the longest drawing, of 20,000 points, takes about 600,000
PICTURE = "/picture"  # takes an image file as it is, see demo/shared_column/picture.py
MAX_PICTURE = 10_000_000  # bytes
MODEL_FILE = "/model_file"  # takes a checkpoint as it is, see demo/model_file.py
MAX_MODEL_FILE = 20_000_000  # bytes; the largest recipe of the page has 10 million, with the state of its optimizer
LARGER = {PICTURE: MAX_PICTURE, MODEL_FILE: MAX_MODEL_FILE}
UPLOAD = "/gradio_api/upload"  # the one path whose bodies Gradio bounds


class BodyLimit:
    """Answer 413 to every request with a body that is too large, uploads aside. (ASGI middleware.)"""

    def __init__(self, app: ASGIApp, most: int = MAX_BODY) -> None:
        self.app, self.most = app, most

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"].endswith(UPLOAD):
            await self.app(scope, receive, send)
            return
        most = next((most for path, most in LARGER.items() if scope["path"].endswith(path)), self.most)
        length = int(Headers(scope=scope).get("content-length", 0))
        body = await self.read_body(receive, most) if length <= most else None
        if body is None:
            refusal = PlainTextResponse(f"A request may carry at most {most:,} bytes.\n", status_code=413)
            await refusal(scope, receive, send)
        else:
            await self.app(scope, replay(body, receive), send)

    @staticmethod
    async def read_body(receive: Receive, most: int) -> Message | None:
        """Return the body as one message; None as soon as it has more than `most` bytes, whatever its header says."""
        body, message = bytearray(), {"more_body": True}
        while message.get("more_body"):
            message = await receive()
            if message["type"] == "http.disconnect":
                return message
            body += message.get("body", b"")
            if len(body) > most:
                return None
        return {"type": "http.request", "body": bytes(body), "more_body": False}


def replay(message: Message, receive: Receive) -> Receive:
    """Return a `receive` that gives `message` first, and then what follows."""
    left = [message]

    async def receive_again() -> Message:
        return left.pop() if left else await receive()

    return receive_again
