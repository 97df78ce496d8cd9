"""Slow down a client that asks too often. A class of thirty behind one address is welcome.

Token bucket: a bucket holds `burst` requests and gains `rate` a second; a request takes one or is refused.
"""

from __future__ import annotations

import math
import re
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

from starlette.datastructures import Headers
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from demo.safety.body_limit import replay
from demo.safety.foreign_requests import is_json

MOST_BUCKETS = 10_000  # the longest unused is dropped first
# Gradio shows a visitor the `detail` of a request that was refused; so does demo/web/server.js.
BUSY = "This page is asked too often from your address. It goes on in a moment."
SESSION = re.compile(rb'"session_hash"\s*:\s*"([\w-]{1,64})"')


@dataclass(frozen=True)
class Allowance:
    """How many requests a second pass for long, and how many at once."""

    rate: float
    burst: float


CLIENT = Allowance(rate=400, burst=4000)  # thirty visitors who draw ask ten times a second each
VISITOR = Allowance(rate=40, burst=400)


class Buckets:
    """One bucket for each key, as many as MOST_BUCKETS."""

    def __init__(self, allowance: Allowance, clock: Callable[[], float] = time.monotonic) -> None:
        self.allowance, self.clock = allowance, clock
        self.filled: OrderedDict[str, tuple[float, float]] = OrderedDict()  # key -> requests left, and when

    def wait(self, key: str) -> float:
        """Take one request from a bucket; return 0, or the seconds until there is one again."""
        now, (rate, burst) = self.clock(), (self.allowance.rate, self.allowance.burst)
        left, since = self.filled.pop(key, (burst, now))
        left = min(burst, left + rate * (now - since))
        wait = 0.0 if left >= 1 else (1 - left) / rate
        self.filled[key] = (left if wait else left - 1, now)
        if len(self.filled) > MOST_BUCKETS:
            self.filled.popitem(last=False)
        return wait


class RateLimit:
    """Answer 429 to an address, or to a visitor at it, that acts more often than allowed. Reading pages is free."""

    def __init__(self, app: ASGIApp, client: Allowance = CLIENT, visitor: Allowance = VISITOR) -> None:
        self.app, self.clients, self.visitors = app, Buckets(client), Buckets(visitor)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] != "POST":
            await self.app(scope, receive, send)
            return
        address = (scope.get("client") or ("",))[0]
        wait = self.clients.wait(address)
        if not wait and is_json(Headers(scope=scope)):
            message = await receive()  # the whole body, as `BodyLimit` passes it on
            session = SESSION.search(message.get("body", b""))
            wait = self.visitors.wait(f"{address} {session[1].decode()}") if session else 0.0
            receive = replay(message, receive)
        if wait:
            headers = {"Retry-After": str(math.ceil(wait))}
            await JSONResponse({"detail": BUSY}, status_code=429, headers=headers)(scope, receive, send)
        else:
            await self.app(scope, receive, send)
