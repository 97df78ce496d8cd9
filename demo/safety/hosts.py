"""Refuse requests to a host name that is not the page's own (DNS rebinding: a foreign name that leads to this address).

Addresses in numbers pass always: no name stands behind them that could be changed.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Collection, Mapping
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

UNKNOWN = "This page is not served under that host name.\n"


class KnownHosts:
    """Answer 421 to requests for any other host than `hosts`; with none configured, every host is answered."""

    def __init__(self, app: ASGIApp, hosts: Collection[str]) -> None:
        self.app, self.hosts = app, frozenset(hosts)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        host = Headers(scope=scope).get("host", "") if scope["type"] == "http" else None
        if host is None or not self.hosts or self.knows(host):
            await self.app(scope, receive, send)
        else:
            await PlainTextResponse(UNKNOWN, status_code=421)(scope, receive, send)

    def knows(self, host: str) -> bool:
        """Whether a `Host` header, with or without a port, names this page."""
        name = urlsplit(f"//{host}").hostname or ""
        return name in self.hosts or name == "localhost" or is_number(name)


def is_number(name: str) -> bool:
    """Whether a host is an IP address."""
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


def known_hosts(environment: Mapping[str, str]) -> frozenset[str]:
    """Return the host names of `INKLING_HOSTS` (with commas between) and, in a Space, its own."""
    names = ",".join(environment.get(name, "") for name in ("INKLING_HOSTS", "SPACE_HOST"))
    return frozenset(name.strip().lower() for name in names.split(",") if name.strip())
