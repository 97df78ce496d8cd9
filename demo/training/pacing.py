"""How fast a training goes on: on and on, slowly, or step by step, as its visitor says."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

from train.events import Epoch, Event, Step

Command = Literal["play", "pause", "step", "epoch", "slow"]
COMMANDS = get_args(Command)
SLOW = 0.6  # seconds from one step to the next in slow motion


@dataclass
class Tempo:
    """A training goes on until its tempo holds it.

    Attributes:
        until: what it goes on to before it pauses: the next `step` or the end of the `epoch`; None: to its end.
        paused: whether it waits for the visitor.
        slow: whether it rests after every step.
    """

    until: Literal["step", "epoch"] | None = None
    paused: bool = False
    slow: bool = False

    def obey(self, command: Command) -> None:
        """Do what the visitor says; `slow` turns slow motion on, or off again, and the rest stays as it is.

        Raises:
            ValueError: there is no such command.
        """
        if command not in COMMANDS:
            raise ValueError(f"expected one of {', '.join(COMMANDS)}, got {str(command)[:20]!r}")
        if command == "slow":
            self.slow = not self.slow
        else:
            self.paused = command == "pause"
            self.until = command if command in ("step", "epoch") else None

    def took(self, event: Event) -> None:
        """Note that something was done: a training that has come as far as it was to go pauses."""
        if isinstance(event, {"step": Step, "epoch": Epoch}.get(self.until or "", ())):
            self.until, self.paused = None, True

    def hurry(self) -> None:
        """Go on to the end at full speed."""
        self.until, self.paused, self.slow = None, False, False

    @property
    def holds(self) -> bool:
        """Whether the training is slower than it could be."""
        return self.paused or self.slow
