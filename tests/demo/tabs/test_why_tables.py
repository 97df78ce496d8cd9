"""Tables of all subsets: read once for all who ask, few of them kept, and dropped when nobody asks any more."""

import threading
import time

import pytest
import torch

from demo.tabs.why.tables import IDLE, Tables
from vit import VisionTransformer, ViTConfig
from vit.explain.masking import MaskedModel


class SlowModel(MaskedModel):
    """A masked model whose readings wait until the test lets them."""

    def __init__(self, gate: threading.Event) -> None:
        torch.manual_seed(0)
        model = VisionTransformer(ViTConfig(patch_size=14, embed_dim=8, depth=1, num_heads=1, mlp_dim=8)).eval()
        super().__init__(model, torch.rand(1, 28, 28))
        self.gate = gate

    def logits(self, present, progress=None, threads=1):
        assert self.gate.wait(30)
        return super().logits(present, progress, threads)


def until(condition) -> None:
    deadline = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_a_table_is_read_once_for_all_who_ask():
    gate, tables = threading.Event(), Tables()
    masked = SlowModel(gate)
    first, second = tables.ask("one", masked), tables.ask("one", SlowModel(threading.Event()))
    assert first is second
    assert first.value is None
    gate.set()
    until(lambda: first.value is not None)
    assert first.done == first.of == 16
    torch.testing.assert_close(first.value.logits, masked.logits(torch.arange(16)[:, None] >> torch.arange(4) & 1 == 1))


def test_only_so_many_may_wait(monkeypatch):
    monkeypatch.setattr("demo.tabs.why.tables.WAITING", 2)
    gate, tables = threading.Event(), Tables()
    for name in ("one", "two"):
        tables.ask(name, SlowModel(gate))
    with pytest.raises(ValueError, match="Many people"):
        tables.ask("three", SlowModel(gate))
    gate.set()
    until(lambda: all(tables.ask(name, SlowModel(gate)).value is not None for name in ("one", "two")))
    tables.ask("three", SlowModel(gate))


def test_old_tables_are_forgotten(monkeypatch):
    monkeypatch.setattr("demo.tabs.why.tables.KEPT", 2)
    gate, tables = threading.Event(), Tables()
    gate.set()
    first = tables.ask("0", SlowModel(gate))
    for name in "0123":
        until(lambda name=name: tables.ask(name, SlowModel(gate)).value is not None)
    assert tables.ask("0", SlowModel(gate)) is not first


def test_a_table_that_fails_says_so():
    class Broken(SlowModel):
        def logits(self, present, progress=None, threads=1):
            raise MemoryError(present, progress, threads)

    tables, gate = Tables(), threading.Event()
    gate.set()
    with pytest.raises(ValueError, match="MemoryError"):
        until(lambda: tables.ask("one", Broken(gate)) is None)
    until(lambda: tables.ask("one", SlowModel(gate)).value is not None)  # the next to ask has it tried again


def test_a_table_that_nobody_asks_for_any_more_is_dropped_and_begun_anew_when_somebody_does():
    now, gate = [0.0], threading.Event()
    tables = Tables(lambda: now[0])
    left = tables.ask("left", SlowModel(gate))
    now[0] = IDLE + 1
    gate.set()
    until(lambda: tables.ask("after it", SlowModel(gate)).value is not None)
    assert left.value is None
    until(lambda: tables.ask("left", SlowModel(gate)).value is not None)
