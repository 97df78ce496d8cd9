"""Tables of all subsets, read one after another in the background while the page asks how far they are."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from threading import Lock
from time import perf_counter

from torch import Tensor

from vit.explain.game import Game
from vit.explain.subsets import read_all

KEPT = 16  # tables, of 2.6 MB each; whoever asks for an older one again waits again
WAITING = 32  # at most, so that nobody waits for minutes


@dataclass
class Progress:
    """How far a table is: subsets read, of how many; `logits` (2**n, K) once all are, with the milliseconds it took."""

    of: int
    done: int = 0
    ms: int = 0
    logits: Tensor | None = None
    error: str = ""


class Tables:
    """Reads tables, one at a time, and keeps the latest."""

    def __init__(self) -> None:
        self._worker = ThreadPoolExecutor(max_workers=1, thread_name_prefix="tables")
        self._tables: OrderedDict[Hashable, Progress] = OrderedDict()
        self._lock = Lock()

    def ask(self, name: Hashable, game: Game) -> Progress:
        """Return how far the table called `name` is; the first to ask has it begun.

        Raises:
            ValueError: too many are waiting, or its reading failed; the message is for a visitor.
        """
        with self._lock:
            progress = self._tables.get(name)
            if progress is None:
                if sum(table.logits is None and not table.error for table in self._tables.values()) >= WAITING:
                    raise ValueError("Many people are asking just now. Try again in a moment.")
                progress = self._tables[name] = Progress(2 ** len(game.players))
                self._worker.submit(self._read, game, progress)
            self._tables.move_to_end(name)
            self._forget()
        if progress.error:
            with self._lock:
                self._tables.pop(name, None)  # the next to ask has it tried again
            raise ValueError(progress.error)
        return progress

    def _read(self, game: Game, progress: Progress) -> None:
        def note(done: int, _of: int) -> None:
            progress.done = done

        start = perf_counter()
        try:
            logits = read_all(game, note)
            progress.ms = round(1000 * (perf_counter() - start))
            progress.logits = logits
        except Exception as error:  # whoever waits for it must hear of it
            progress.error = f"The patches could not be compared: {type(error).__name__}."

    def _forget(self) -> None:
        finished = [name for name, table in self._tables.items() if table.logits is not None or table.error]
        for name in finished[: max(0, len(finished) - KEPT)]:
            del self._tables[name]
