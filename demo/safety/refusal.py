"""Refuse a request while it arrives: the rule that watches it raises, and its sentence is the answer."""

from __future__ import annotations

from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send


class RefusedError(Exception):
    """A request is refused while it arrives: the answer's status, sentence and headers."""

    def __init__(self, status: int, sentence: str, headers: dict[str, str] | None = None) -> None:
        super().__init__(sentence)
        self.status, self.sentence, self.headers = status, sentence, headers


async def answer_or_refuse(app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
    """Let `app` answer; if its `receive` raises a `RefusedError`, answer with that."""
    try:
        await app(scope, receive, send)
    except RefusedError as refused:
        answer = PlainTextResponse(refused.sentence, status_code=refused.status, headers=refused.headers)
        await answer(scope, receive, send)
