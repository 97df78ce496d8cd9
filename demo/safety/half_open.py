"""Close connections on which no whole request arrives: each holds a place, and no rule above the server hears of it."""

from __future__ import annotations

import asyncio

from uvicorn.config import HTTP_PROTOCOLS
from uvicorn.protocols.http.h11_impl import H11Protocol

HEADER_TIME = 20.0  # seconds in which the head of a request must be there


class ImpatientProtocol(H11Protocol):
    """Uvicorn's protocol, which waits for the head of each request for HEADER_TIME seconds only."""

    waiting: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:
        super().connection_made(transport)
        self.watch()

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        self.watch()

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        self.stop_waiting()

    @property
    def between_requests(self) -> bool:
        """Whether no request is being answered."""
        return self.cycle is None or self.cycle.response_complete

    def watch(self) -> None:
        """Start the clock where the head of a request has to come, and stop it where one is there."""
        if not self.between_requests:
            self.stop_waiting()
        elif self.waiting is None:
            self.waiting = self.loop.call_later(HEADER_TIME, self.give_up)

    def stop_waiting(self) -> None:
        """Stop the clock."""
        if self.waiting is not None:
            self.waiting.cancel()
            self.waiting = None

    def give_up(self) -> None:
        """Close the connection, unless a request is being answered or a WebSocket has taken it over."""
        self.waiting = None
        if self.between_requests and self.transport.get_protocol() is self:
            self.transport.close()


def watch_connections() -> None:
    """Let every server of this process use `ImpatientProtocol`. Gradio leaves no other way to choose it."""
    HTTP_PROTOCOLS["auto"] = f"{__name__}:{ImpatientProtocol.__name__}"
