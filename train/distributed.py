"""One training by several processes, as `torchrun --nproc-per-node=N -m train ...` starts them.

Every process draws the same batches, learns its share of each, and takes the same step, for `DistributedDataParallel`
adds up the gradients; what is written, the first process alone writes. On several machines the folder of runs is one
that they share. A process that is alone is a team of one, for which all of this is nothing.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext, redirect_stderr, redirect_stdout
from datetime import timedelta
from typing import NoReturn, TypeVar

import torch
import torch.distributed as dist
from torch import Tensor, nn
from torch.nn.parallel import DistributedDataParallel

PATIENCE = timedelta(hours=1)  # with a process that lives and does not answer
GRACE = 10.0  # seconds from SIGTERM until what does not end is ended; torchrun kills after 30
HEAD_START = 1.0  # seconds that the others leave the first process to speak
NOTES_TIMEOUT = timedelta(seconds=5)

Made = TypeVar("Made")


class LostError(RuntimeError):
    """A process of this run has died, or this one was told to end."""

    def __init__(self) -> None:
        super().__init__("a process of this run died or was told to end")


class Team:
    """The processes that train one model; here, this one alone.

    Attributes:
        rank: the number of this process, 0 for the first, which alone writes and speaks.
        size: how many there are.
        last_words: what `end` calls for what it is to say.
    """

    rank = 0
    size = 1

    def __init__(self) -> None:
        self.last_words: Callable[[], str] = lambda: f"train: {LostError()}, before the training began"

    def device(self, asked: str) -> str:
        """Return the device that this process is to use where the user asks for `asked`."""
        return asked

    def replica(self, model: nn.Module) -> nn.Module:
        """Return what a share of a batch is to go through, so that all gradients are the means of all processes'."""
        return model

    def share(self, batch: Tensor, least: int = 0) -> Tensor:  # noqa: ARG002 (for a whole team)
        """Return the rows of `batch` (B, ...) that are this process's to learn, or its first `least` if fewer are."""
        return batch

    def sum(self, *values: float) -> list[float]:
        """Return the sums of each value over all processes."""
        return list(values)

    def once(self, make: Callable[[], Made]) -> Made:
        """Return what `make` returns to the first process, which alone calls it."""
        return make()

    def one_first(self, make: Callable[[], Made]) -> Made:
        """Return what `make` returns; of each machine's processes one calls it before the others do."""
        return make()

    def together(self) -> AbstractContextManager[None]:
        """Raise a `LostError` where the others are needed and one of them is gone, or this one was told to end."""
        return nullcontext()

    def assembled(self) -> AbstractContextManager[None]:
        """Meet the others, and keep all but the first process from printing; a `LostError` if one has died."""
        return nullcontext()

    def has_last_word(self) -> bool:
        """Tell whether it falls to this process to say how the run ended: true once, in one of all."""
        return True

    def say(self, sentence: str) -> None:
        """Print how the run ended, unless another process did."""
        if self.has_last_word():
            print(sentence, file=sys.stderr, flush=True)

    def end(self) -> None:
        """Print, after a `LostError`, what `last_words` returns, unless another process does."""
        if self.has_last_word():
            print(self.last_words(), file=sys.stderr, flush=True)

    def leave(self) -> None:
        """Go on alone: nothing is left for which the others are needed."""


class Group(Team):
    """One process of those that torchrun started.

    What goes by way of the processor's memory uses gloo, on every device; gradients on a GPU use NCCL.
    """

    def __init__(self) -> None:
        super().__init__()
        self.rank, self.local_rank, self.size = (int(os.environ[name]) for name in ("RANK", "LOCAL_RANK", "WORLD_SIZE"))
        self.stderr, self.told, self.ending = sys.stderr, False, threading.Lock()
        self.notes: dist.Store | None = None
        self.listen()

    def device(self, asked: str) -> str:
        if asked == "cuda":
            return f"cuda:{self.local_rank}"
        if asked != "cpu":
            raise ValueError(f"device must be cpu or cuda, the same word for all processes, got {asked!r}")
        return asked

    def replica(self, model: nn.Module) -> nn.Module:
        # Said of a share of one image, where it costs nothing.
        warnings.filterwarnings("ignore", "Grad strides do not match bucket view strides")
        with self.together():
            return DistributedDataParallel(model)

    def share(self, batch: Tensor, least: int = 0) -> Tensor:
        rows = batch.tensor_split(self.size)[self.rank]
        return rows if len(rows) >= least else batch[:least]

    def sum(self, *values: float) -> list[float]:
        totals = torch.tensor(values, dtype=torch.float64)
        with self.together():
            dist.all_reduce(totals)
        return totals.tolist()

    def once(self, make: Callable[[], Made]) -> Made:
        made = [make() if self.rank == 0 else None]
        with self.together():
            dist.broadcast_object_list(made, src=0, device=torch.device("cpu"))
        return made[0]  # type: ignore[return-value]

    def one_first(self, make: Callable[[], Made]) -> Made:
        if self.local_rank:
            self.sum(0)
            return make()
        made = make()
        self.sum(0)
        return made

    @contextmanager
    def together(self) -> Iterator[None]:
        if self.told:
            raise LostError
        try:
            yield
        except RuntimeError as error:  # gloo has no type of its own for a connection that broke
            if isinstance(error, dist.DistError) or "gloo" in str(error).lower():
                raise LostError from error
            raise

    @contextmanager
    def assembled(self) -> Iterator[None]:
        with open(os.devnull, "w") as nowhere:
            out, err = (nowhere, nowhere) if self.rank else (sys.stdout, sys.stderr)
            with redirect_stdout(out), redirect_stderr(err):
                self.meet()
                yield

    def meet(self) -> None:
        """Connect with the others."""
        with self.together():
            store, _, _ = next(iter(dist.rendezvous("env://")))
            # A connection of its own, for when the main thread waits on the other one.
            notes = store.clone()  # type: ignore[attr-defined]
            notes.set_timeout(NOTES_TIMEOUT)
            self.notes = notes
            backend = "cpu:gloo,cuda:nccl" if torch.cuda.is_available() else "gloo"
            dist.init_process_group(backend, store=store, rank=self.rank, world_size=self.size, timeout=PATIENCE)

    def has_last_word(self) -> bool:
        if self.rank:
            time.sleep(HEAD_START)
        try:
            return self.notes is None or self.notes.add("last word", 1) == 1
        except RuntimeError:  # nobody is left to ask
            return True

    def say(self, sentence: str) -> None:
        with redirect_stderr(self.stderr):
            super().say(sentence)

    def end(self) -> NoReturn:
        with self.ending, redirect_stderr(self.stderr):
            super().end()
            sys.stdout.flush()
            os._exit(1)  # at once, for the others notice that this process is gone by its connections alone

    def leave(self) -> None:
        dist.destroy_process_group()

    def listen(self) -> None:
        """Be ready for SIGTERM, which torchrun sends as soon as a process has died, and leave Ctrl-C to the first."""
        reading, writing = os.pipe()
        os.set_blocking(writing, False)
        signal.set_wakeup_fd(writing, warn_on_full_buffer=False)
        signal.signal(signal.SIGTERM, self.note)
        if self.rank:
            signal.signal(signal.SIGINT, signal.SIG_IGN)
        threading.Thread(target=self.watch, args=(reading,), name="watch", daemon=True).start()

    def note(self, *_: object) -> None:
        """Note SIGTERM. The training ends at its next step, where the weights are whole."""
        self.told = True

    def watch(self, reading: int) -> NoReturn:
        """End this process when SIGTERM came and the main thread, which may wait in vain for a GPU, does not end it."""
        while os.read(reading, 1)[0] != signal.SIGTERM:
            pass
        time.sleep(GRACE)
        self.end()


def join() -> Team:
    """Return the team that torchrun started this process in; without torchrun, this process alone."""
    return Group() if dist.is_available() and dist.is_torchelastic_launched() else Team()
