"""Data-parallel training: the processes that `torchrun --nproc-per-node=N -m train ...` starts.

Every process draws the same batches, learns from its shard of each, and takes the same step, because
`DistributedDataParallel` averages the gradients. The first process alone prints and writes files. On several machines
the folder of runs must be shared. Where torchrun starts all processes again (`--max-restarts`), they go on from the
last whole epoch. A process without torchrun is a group of one, where all of this does nothing.
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

GROUP_TIMEOUT = timedelta(hours=1)  # how long to wait for a process that lives and does not answer
STORE_TIMEOUT = timedelta(seconds=5)
GRACE = 10.0  # seconds from SIGTERM until a process that waits is ended by force; torchrun kills after 30
HEAD_START = 1.0  # seconds in which the first process may report before the others do

Result = TypeVar("Result")


class LostProcessError(RuntimeError):
    """Another process of this run has died, or this process was asked to end."""

    def __init__(self) -> None:
        super().__init__("a process of this run died or was asked to end")


class ProcessGroup:
    """The processes that train one model; in this class, a single process.

    Attributes:
        rank: number of this process; process 0 prints and writes.
        size: number of processes.
        loss_message: called by `abort` for the sentence that it prints.
    """

    rank = 0
    size = 1

    def __init__(self) -> None:
        self.loss_message: Callable[[], str] = lambda: f"train: {LostProcessError()}, before the training began"

    def device(self, requested: str) -> str:
        """Return the device of this process, where the user asks for `requested`."""
        return requested

    def replica(self, model: nn.Module) -> nn.Module:
        """Wrap a model so that its gradients become the means over all processes."""
        return model

    def shard(self, batch: Tensor, at_least: int = 0) -> Tensor:  # noqa: ARG002 (for several processes)
        """Return this process's rows of `batch` (B, ...), or the first `at_least` rows if it has fewer."""
        return batch

    def sum(self, *values: float) -> list[float]:
        """Sum each value over all processes."""
        return list(values)

    def broadcast(self, call: Callable[[], Result]) -> Result:
        """Call a function in the first process, and return its result in all."""
        return call()

    def local_first(self, call: Callable[[], Result]) -> Result:
        """Call a function in every process; on each machine one process goes before the others."""
        return call()

    def detect_loss(self) -> AbstractContextManager[None]:
        """Raise a `LostProcessError` where a connection breaks, or where this process was asked to end."""
        return nullcontext()

    def connected(self) -> AbstractContextManager[None]:
        """Connect the processes, and silence all but the first; a `LostProcessError` if one has died."""
        return nullcontext()

    def claim_report(self) -> bool:
        """Return True once, in one process of all: that one reports how the run ended."""
        return True

    def report(self, sentence: str) -> None:
        """Print how the run ended, unless another process did."""
        if self.claim_report():
            print(sentence, file=sys.stderr, flush=True)

    def abort(self) -> None:
        """After a `LostProcessError`, print the `loss_message`, unless another process did."""
        if self.claim_report():
            print(self.loss_message(), file=sys.stderr, flush=True)

    def leave(self) -> None:
        """Disconnect: from here on no other process is needed."""

    def remember(self, text: str) -> None:
        """Keep a text for the case that torchrun starts all processes again."""

    def remembered(self) -> str:
        """Return what an earlier start of these processes has kept, "" if there was none."""
        return ""


class TorchrunGroup(ProcessGroup):
    """The processes that torchrun started, seen from one of them.

    Values in the processor's memory are exchanged with gloo, on every device; gradients on a GPU with NCCL.
    """

    def __init__(self) -> None:
        super().__init__()
        self.rank, self.local_rank, self.size = (int(os.environ[name]) for name in ("RANK", "LOCAL_RANK", "WORLD_SIZE"))
        self.stderr, self.terminated, self.abort_lock = sys.stderr, False, threading.Lock()
        # torchrun's store outlives its processes, so each start has its own names there.
        self.start = os.environ.get("TORCHELASTIC_RESTART_COUNT", "0")
        self.report_store: dist.Store | None = None
        self.handle_signals()

    def device(self, requested: str) -> str:
        if requested == "cuda":
            return f"cuda:{self.local_rank}"
        if requested != "cpu":
            raise ValueError(f"device must be cpu or cuda, the same word for all processes, got {requested!r}")
        return requested

    def replica(self, model: nn.Module) -> nn.Module:
        # PyTorch warns so for a shard of one image, where it costs nothing.
        warnings.filterwarnings("ignore", "Grad strides do not match bucket view strides")
        with self.detect_loss():
            return DistributedDataParallel(model)

    def shard(self, batch: Tensor, at_least: int = 0) -> Tensor:
        rows = batch.tensor_split(self.size)[self.rank]
        return rows if len(rows) >= at_least else batch[:at_least]

    def sum(self, *values: float) -> list[float]:
        totals = torch.tensor(values, dtype=torch.float64)
        with self.detect_loss():
            dist.all_reduce(totals)
        return totals.tolist()

    def broadcast(self, call: Callable[[], Result]) -> Result:
        results = [call() if self.rank == 0 else None]
        with self.detect_loss():
            dist.broadcast_object_list(results, src=0, device=torch.device("cpu"))
        return results[0]  # type: ignore[return-value]

    def local_first(self, call: Callable[[], Result]) -> Result:
        if self.local_rank:
            self.sum(0)  # waits for the others
            return call()
        result = call()
        self.sum(0)
        return result

    @contextmanager
    def detect_loss(self) -> Iterator[None]:
        if self.terminated:
            raise LostProcessError
        try:
            yield
        except RuntimeError as error:  # gloo has no error class for a broken connection
            if isinstance(error, dist.DistError) or "gloo" in str(error).lower():
                raise LostProcessError from error
            raise

    @contextmanager
    def connected(self) -> Iterator[None]:
        with open(os.devnull, "w") as nowhere:
            out, err = (nowhere, nowhere) if self.rank else (sys.stdout, sys.stderr)
            with redirect_stdout(out), redirect_stderr(err):
                self.connect()
                yield

    def connect(self) -> None:
        """Join PyTorch's process group; a second connection to its store decides which process reports."""
        with self.detect_loss():
            store, _, _ = next(iter(dist.rendezvous("env://")))
            # A clone, because the main thread may wait on the other connection.
            report_store = store.clone()  # type: ignore[attr-defined]
            report_store.set_timeout(STORE_TIMEOUT)
            self.report_store = report_store
            own = dist.PrefixStore(f"start_{self.start}", store)
            backend = "cpu:gloo,cuda:nccl" if torch.cuda.is_available() else "gloo"
            dist.init_process_group(backend, store=own, rank=self.rank, world_size=self.size, timeout=GROUP_TIMEOUT)

    def claim_report(self) -> bool:
        if self.rank:
            time.sleep(HEAD_START)
        try:
            return self.report_store is None or self.report_store.add(f"reported_{self.start}", 1) == 1
        except RuntimeError:  # the process that holds the store is gone
            return True

    def report(self, sentence: str) -> None:
        with redirect_stderr(self.stderr):
            super().report(sentence)

    def abort(self) -> NoReturn:
        with self.abort_lock, redirect_stderr(self.stderr):
            super().abort()
            sys.stdout.flush()
            os._exit(1)  # at once: the other processes notice by their connections alone

    def leave(self) -> None:
        dist.destroy_process_group()

    def remember(self, text: str) -> None:
        if self.report_store:
            self.report_store.set("remembered", text)

    def remembered(self) -> str:
        if self.start == "0" or not self.report_store or not self.report_store.check(["remembered"]):
            return ""
        return self.report_store.get("remembered").decode()

    def handle_signals(self) -> None:
        """Handle SIGTERM, which torchrun sends when a process has died, and leave Ctrl-C to the first process."""
        reader, writer = os.pipe()
        os.set_blocking(writer, False)
        signal.set_wakeup_fd(writer, warn_on_full_buffer=False)
        signal.signal(signal.SIGTERM, self.on_sigterm)
        if self.rank:
            signal.signal(signal.SIGINT, signal.SIG_IGN)
        threading.Thread(target=self.abort_after_sigterm, args=(reader,), name="sigterm", daemon=True).start()

    def on_sigterm(self, *_: object) -> None:
        """Remember SIGTERM: the training ends at its next step, where the weights are whole."""
        self.terminated = True

    def abort_after_sigterm(self, reader: int) -> NoReturn:
        """Wait for SIGTERM, then end this process if the main thread, which may wait for a GPU, does not."""
        while os.read(reader, 1)[0] != signal.SIGTERM:
            pass
        time.sleep(GRACE)
        self.abort()


def join() -> ProcessGroup:
    """Return the group of the processes that torchrun started, or a group of this process alone."""
    launched = dist.is_available() and dist.is_torchelastic_launched()
    return TorchrunGroup() if launched else ProcessGroup()
