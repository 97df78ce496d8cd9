"""Finding: a problem of a training run in words, with advice."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Finding:
    """A finding of the diagnosis.

    Attributes:
        kind: `lost`, `idle`, `diverging`, `stuck`, `overfitting`, `low`, `bent` or `plateau`.
        level: `note` if nothing is wrong.
        claim: fact with its numbers.
        advice: what to try.
        change: settings and values to try, in this training or in the next if this one has ended; None if no setting
            helps.
    """

    kind: str
    level: Literal["warning", "note"]
    claim: str
    advice: str
    change: dict[str, float] | None = None
