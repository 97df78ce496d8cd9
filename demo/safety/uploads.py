"""Accept uploads only as pictures, one at a time, for `/read_image`; each is checked while it arrives."""

from __future__ import annotations

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from demo.safety.body_limit import MAX_PICTURE, UPLOAD
from demo.safety.refusal import RefusedError, answer_or_refuse

FORM = 4096  # bytes that the form around a picture may take
PART = b"content-disposition:"
# How a file of each format that can be read begins: PNG, JPEG, GIF, BMP, TIFF (two ways) and WebP.
BEGINNINGS = (b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"GIF8", b"BM", b"II*\x00", b"MM\x00*", b"RIFF")
TOO_LARGE = f"A picture may have at most {MAX_PICTURE:,} bytes.\n"
NO_PICTURE = "This address takes pictures only: PNG, JPEG, GIF, BMP, TIFF or WebP.\n"
ONE_AT_A_TIME = "Send one picture at a time.\n"


class ImageUploads:
    """Answer 413 to uploads that are too large and 415 to those that are no picture. (ASGI middleware.)"""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] != "POST" or not scope["path"].endswith(UPLOAD):
            await self.app(scope, receive, send)
            return
        await answer_or_refuse(self.app, scope, Inspector(receive).receive, send)


class Inspector:
    """Pass on the messages of an upload as long as they can be a form with one picture."""

    def __init__(self, receive: Receive) -> None:
        self.forward = receive
        self.size, self.parts = 0, 0
        self.head, self.tail = b"", b""

    async def receive(self) -> Message:
        """Return the next message.

        Raises:
            RefusedError: the upload is too large, no picture, or more than one.
        """
        message = await self.forward()
        self.inspect(message.get("body", b""))
        return message

    def inspect(self, chunk: bytes) -> None:
        """Check one more piece of the form."""
        self.size += len(chunk)
        if self.size > MAX_PICTURE + FORM:
            raise RefusedError(413, TOO_LARGE)
        seen = (self.tail + chunk).lower()
        self.parts += seen.count(PART)
        self.tail = chunk[-len(PART) + 1 :] if chunk else self.tail
        if self.parts > 1:
            raise RefusedError(415, ONE_AT_A_TIME)
        self.check_beginning(chunk)

    def check_beginning(self, chunk: bytes) -> None:
        """Check how the file begins, as soon as enough of it is there."""
        if len(self.head) >= FORM:
            return
        self.head += chunk[: FORM - len(self.head)]
        _, blank, content = self.head.partition(b"\r\n\r\n")
        complete = len(content) >= 8 or len(self.head) >= FORM
        if complete and not (blank and content.startswith(BEGINNINGS)):
            raise RefusedError(415, NO_PICTURE)
