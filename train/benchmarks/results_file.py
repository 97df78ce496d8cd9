"""Results of a benchmark in a JSON file, written after each one, so that a stopped benchmark can resume."""

from __future__ import annotations

import json
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Generic, TypeVar

from vit.files import write_json

Result = TypeVar("Result")
Conditions = dict[str, dict[str, Any]]


@dataclass
class ResultsFile(Generic[Result]):
    """Results that were measured under the same conditions; the file always has all of them.

    Attributes:
        title: name of the list of results in the file.
        conditions: groups of named conditions, as JSON has them; a file with other values is refused.
        key: identity of a result; a new result replaces an old one with the same key.
        pack, unpack: a result to and from what JSON has; `unpack` raises KeyError, TypeError or ValueError.
        path: file; None if the results stay in memory.
    """

    title: str
    conditions: Conditions
    key: Callable[[Result], Hashable]
    pack: Callable[[Result], dict[str, Any]]
    unpack: Callable[[dict[str, Any]], Result]
    path: Path | None = None
    results: list[Result] = field(default_factory=list)

    def put(self, *results: Result) -> None:
        """Add results, and write the file in one step."""
        keys = {self.key(result) for result in results}
        self.results = [known for known in self.results if self.key(known) not in keys] + list(results)
        if self.path:
            write_json(self.path, {**self.conditions, self.title: [self.pack(result) for result in self.results]})

    def resume(self) -> None:
        """Read the results of the file, if it exists.

        Raises:
            ValueError: the file is of another kind, or was measured under other conditions.
        """
        if not self.path or not self.path.exists():
            return
        try:
            content = json.loads(self.path.read_text())
            other = differences(content, self.conditions)
            results = [self.unpack(row) for row in content[self.title]]
        except (KeyError, TypeError, ValueError) as error:
            raise ValueError(f"json must be a file that this benchmark wrote, got {self.path}: {error!r}") from None
        if other:
            raise ValueError(f"json must be a file with the same {other[0]}, got {self.path}")
        self.results = results


def differences(content: Mapping[str, Any], conditions: Conditions) -> list[str]:
    """Names of the conditions that have another value in the content of a file; a KeyError if one is missing."""
    pairs = [(group, name) for group, values in conditions.items() for name in values]
    return [f"{group} {name}" for group, name in pairs if content[group][name] != conditions[group][name]]
