"""Training digits in memory, as models read them: loaded when somebody asks, and dropped soon after."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from threading import Lock, Timer
from time import monotonic
from weakref import ReferenceType, ref

from train.data.dataset import Digits
from train.influence.tracin import Checkpoint
from vit.model import VisionTransformer

IDLE = 180.0  # seconds without a question, after which all is dropped
MOST = 2  # models; the digits take 47 MB, and each moment of a training up to 40 MB


@dataclass(frozen=True, eq=False)
class Known:
    """The training digits of a model, and how it reads them at the stored moments of its training."""

    digits: Digits
    checkpoints: tuple[Checkpoint, ...]


class Shelf:
    """What was read for the last models. `clock` gives seconds that never go back; `idle` are those until it is empty.

    Attributes:
        version: grows whenever something is dropped, so that it is read again under another name.
    """

    def __init__(self, clock: Callable[[], float] = monotonic, idle: float = IDLE) -> None:
        self._clock, self._idle, self.version = clock, idle, 0
        self._known: OrderedDict[ReferenceType[VisionTransformer], Known] = OrderedDict()
        self._asked = clock()
        self._timer: Timer | None = None
        self._lock = Lock()

    def get(self, model: VisionTransformer) -> Known | None:
        """Return what is known of a model; None if it must be read first."""
        with self._lock:
            self._asked = self._clock()
            return self._known.get(ref(model))

    def put(self, model: VisionTransformer, known: Known) -> None:
        """Store what is known of a model."""
        with self._lock:
            self._known[ref(model)] = known
            while len(self._known) > MOST:
                self._known.popitem(last=False)
                self.version += 1
            self._asked = self._clock()
            if self._timer is None:
                self._wait(self._idle)

    def drop_if_idle(self) -> None:
        """Drop all if nobody has asked for a while, or else look again later."""
        with self._lock:
            self._timer = None
            left = self._asked + self._idle - self._clock()
            if left > 0:
                self._wait(left)
                return
            self._known.clear()
            self.version += 1

    def _wait(self, seconds: float) -> None:
        """Call `drop_if_idle` in a while, with the lock held."""
        self._timer = Timer(seconds, self.drop_if_idle)
        self._timer.daemon = True
        self._timer.start()
