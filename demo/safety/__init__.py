"""What a public page refuses before Gradio is asked: one rule a file, each an ASGI middleware."""

from __future__ import annotations

import os
from collections.abc import Mapping

from starlette.middleware import Middleware

from demo.safety.body_limit import BodyLimit
from demo.safety.foreign_requests import ForeignRequests
from demo.safety.half_open import watch_connections
from demo.safety.headers import SecurityHeaders, frame_ancestors
from demo.safety.hosts import KnownHosts, known_hosts
from demo.safety.rate_limit import RateLimit
from demo.safety.slow_bodies import SlowBodies
from demo.safety.uploads import ImageUploads

__all__ = ["rules", "watch_connections"]


def rules(environment: Mapping[str, str] = os.environ) -> list[Middleware]:
    """Return the rules in the order in which a request meets them.

    Args:
        environment: `INKLING_HOSTS` and `INKLING_FRAME_ANCESTORS`, see docs/hosting.md; `SPACE_HOST` in a Space.
    """
    return [
        Middleware(SecurityHeaders, ancestors=frame_ancestors(environment)),
        Middleware(KnownHosts, hosts=known_hosts(environment)),
        Middleware(ForeignRequests),
        Middleware(SlowBodies),
        Middleware(BodyLimit),
        Middleware(RateLimit),
        Middleware(ImageUploads),
    ]
