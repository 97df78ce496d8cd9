"""Test the background readings of Why: shared by all who ask, limited in number, dropped when nobody asks."""

import threading

import pytest
import torch

from demo.tabs.why.readings import IDLE, PAIRS, Readings, num_readings
from tests.demo.asking import wait_for
from vit import VisionTransformer, ViTConfig
from vit.explain.masking import MaskedModel
from vit.explain.shapley import estimate


class SlowModel(MaskedModel):
    """A masked model whose readings wait until the test lets them go on."""

    def __init__(self, gate: threading.Event) -> None:
        torch.manual_seed(0)
        model = VisionTransformer(ViTConfig(patch_size=14, embed_dim=8, depth=1, num_heads=1, mlp_dim=8)).eval()
        super().__init__(model, torch.rand(1, 28, 28))
        self.gate = gate

    def logits(self, present, progress=None, threads=1):
        assert self.gate.wait(30)
        return super().logits(present, progress, threads)


def test_a_table_is_read_once_for_all_who_ask():
    gate, readings = threading.Event(), Readings()
    masked = SlowModel(gate)
    first, second = readings.table("one", masked), readings.table("one", SlowModel(threading.Event()))
    assert first is second
    assert first.value is None
    gate.set()
    wait_for(lambda: first.value is not None)
    assert first.done == first.total == 16
    torch.testing.assert_close(first.value.logits, masked.logits(torch.arange(16)[:, None] >> torch.arange(4) & 1 == 1))


def test_the_queue_has_a_limit(monkeypatch):
    monkeypatch.setattr("demo.tabs.why.readings.WAITING", 2)
    gate, readings = threading.Event(), Readings()
    for name in ("one", "two"):
        readings.table(name, SlowModel(gate))
    with pytest.raises(ValueError, match="Many people"):
        readings.table("three", SlowModel(gate))
    gate.set()
    wait_for(lambda: all(readings.table(name, SlowModel(gate)).value is not None for name in ("one", "two")))
    readings.table("three", SlowModel(gate))


def test_old_tables_are_dropped(monkeypatch):
    monkeypatch.setattr("demo.tabs.why.readings.STORED_TABLES", 2)
    gate, readings = threading.Event(), Readings()
    gate.set()
    first = readings.table("0", SlowModel(gate))
    for name in "0123":
        wait_for(lambda name=name: readings.table(name, SlowModel(gate)).value is not None)
    assert readings.table("0", SlowModel(gate)) is not first


def test_a_table_that_fails_says_so():
    class Broken(SlowModel):
        def logits(self, present, progress=None, threads=1):
            raise MemoryError(present, progress, threads)

    readings, gate = Readings(), threading.Event()
    gate.set()
    with pytest.raises(ValueError, match="MemoryError"):
        wait_for(lambda: readings.table("one", Broken(gate)) is None)
    wait_for(lambda: readings.table("one", SlowModel(gate)).value is not None)  # the next request tries again


def test_an_abandoned_table_is_dropped_and_read_again_on_request():
    now, gate = [0.0], threading.Event()
    readings = Readings(lambda: now[0])
    abandoned = readings.table("abandoned", SlowModel(gate))
    now[0] = IDLE + 1
    gate.set()
    wait_for(lambda: readings.table("next", SlowModel(gate)).value is not None)
    assert abandoned.value is None
    wait_for(lambda: readings.table("abandoned", SlowModel(gate)).value is not None)


def test_an_estimate_reports_its_progress_and_does_not_wait_for_a_table():
    gate, readings = threading.Event(), Readings()
    readings.table("slow", SlowModel(gate))
    open_gate = threading.Event()
    open_gate.set()
    masked = SlowModel(open_gate)
    task = readings.estimate("one", masked, 3)
    wait_for(lambda: task.value is not None)
    assert task.done == task.total == task.value.readings == num_readings(masked)
    expected = estimate(masked, 3, PAIRS)
    torch.testing.assert_close((task.value.values, task.value.error), (expected.values, expected.error))
    assert task.value.values.sum().item() == pytest.approx(task.value.all - task.value.none)
    assert readings.estimate("one", masked, 3) is task
    assert readings.estimate("one", masked, 4) is not task
    gate.set()
