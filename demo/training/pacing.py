"""Pacing of a training, which its visitor controls: full speed, slow motion, or step by step."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

from train.events import Epoch, Event, Step

Command = Literal["play", "pause", "step", "epoch", "slow", "unwatched"]
COMMANDS = get_args(Command)
SLOW_SECONDS = 0.6  # from one step to the next in slow motion


@dataclass
class Pacing:
    """When a training pauses.

    Attributes:
        pause_after: pause after the next `step` or at the end of the `epoch`; None for neither.
        pause: whether the training should pause now.
        slow: whether it waits SLOW_SECONDS after each step.
        unwatched: whether it goes on while nobody watches it.
    """

    pause_after: Literal["step", "epoch"] | None = None
    pause: bool = False
    slow: bool = False
    unwatched: bool = False

    def apply(self, command: Command) -> None:
        """Follow a command of the visitor; `slow` and `unwatched` toggle one setting and leave the rest as it is.

        Raises:
            ValueError: there is no such command.
        """
        if command not in COMMANDS:
            raise ValueError(f"expected one of {', '.join(COMMANDS)}, got {str(command)[:20]!r}")
        if command == "slow":
            self.slow = not self.slow
        elif command == "unwatched":
            self.unwatched = not self.unwatched
        else:
            self.pause = command == "pause"
            self.pause_after = command if command in ("step", "epoch") else None

    def record(self, event: Event) -> None:
        """Pause if this event is the one to pause after."""
        if isinstance(event, {"step": Step, "epoch": Epoch}.get(self.pause_after or "", ())):
            self.pause_after, self.pause = None, True

    def release(self) -> None:
        """Continue to the end at full speed."""
        self.pause_after, self.pause, self.slow = None, False, False

    @property
    def delays(self) -> bool:
        """Whether the training is paused or in slow motion."""
        return self.pause or self.slow
