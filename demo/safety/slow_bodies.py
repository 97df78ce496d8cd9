"""Give up on a request whose body does not arrive: a client that sends slowly holds a place that others need."""

from __future__ import annotations

import asyncio
import time

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from demo.safety.refusal import RefusedError, answer_or_refuse

PAUSE = 10.0  # seconds between two pieces of a body
WHOLE = 120.0  # seconds for the whole body: 10 MB at 90 kB a second
SENTENCE = "The request did not arrive in time. Please try again.\n"


class SlowBodies:
    """Answer 408 to a request whose body pauses or takes too long. (ASGI middleware.)

    Args:
        pause: seconds that may pass between two pieces of the body.
        whole: seconds that the whole body may take.
    """

    def __init__(self, app: ASGIApp, pause: float = PAUSE, whole: float = WHOLE) -> None:
        self.app, self.pause, self.whole = app, pause, whole

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        await answer_or_refuse(self.app, scope, in_time(receive, self.pause, time.monotonic() + self.whole), send)


def in_time(receive: Receive, pause: float, end: float) -> Receive:
    """Return a `receive` that raises a `RefusedError` when the body pauses, or is not whole at the time `end`.

    What follows the body, the end of the connection, may take as long as it wants.
    """
    arriving = True

    async def receive_in_time() -> Message:
        nonlocal arriving
        if not arriving:
            return await receive()
        try:
            message = await asyncio.wait_for(receive(), min(pause, max(end - time.monotonic(), 0)))
        except asyncio.TimeoutError:  # the same as TimeoutError only from Python 3.11 on
            raise RefusedError(408, SENTENCE, {"Connection": "close"}) from None
        arriving = message.get("more_body", False)
        return message

    return receive_in_time
