"""The benchmark's runs, kept in a file as they come, so that a long benchmark can be stopped and taken up again."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from train.benchmarks.results import Run
from vit.files import write_json


@dataclass
class Ledger:
    """Runs of one machine with the same settings; the file `path`, where one is named, has all of them at every moment.

    `machine` and `settings` hold what JSON can.
    """

    machine: dict[str, Any]
    settings: dict[str, Any]
    path: Path | None = None
    runs: list[Run] = field(default_factory=list)

    def put(self, run: Run) -> None:
        """Keep a run in the place of what was known of it."""
        self.runs = [known for known in self.runs if known.key != run.key] + [run]
        if not self.path:
            return
        found = {"machine": self.machine, "settings": self.settings, "runs": [asdict(run) for run in self.runs]}
        write_json(self.path, found)  # in one step: a file half written would lose hours

    def has(self, way: str, seed: int, epochs: float) -> bool:
        """Tell whether this run is finished."""
        return any(run.key == (way, seed, epochs) and run.finished for run in self.runs)

    def take_up(self) -> None:
        """Read the runs of the file, if it is there.

        Raises:
            ValueError: it is of another kind, or of another machine or other settings.
        """
        if not self.path or not self.path.exists():
            return
        try:
            found = json.loads(self.path.read_text())
            here = {"machine": self.machine, "settings": self.settings}
            other = [f"{part} {name}" for part in here for name in here[part] if found[part][name] != here[part][name]]
            runs = [as_run(run) for run in found["runs"]]
        except (KeyError, TypeError, ValueError) as error:
            raise ValueError(f"json must be a file that this benchmark wrote, got {self.path}: {error!r}") from None
        if other:
            raise ValueError(
                f"json must be of this machine and these settings, got {self.path} with another {other[0]}"
            )
        self.runs = runs


def as_run(found: dict[str, Any]) -> Run:
    """Return the run that JSON has; a `TypeError` or `KeyError` says that there is none."""
    return Run(**{**found, "seconds": tuple(found["seconds"]), "accuracy": tuple(found["accuracy"])})
