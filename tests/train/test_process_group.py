"""Test the group of processes without connecting it: shares of a batch, a process alone, and lost processes."""

import signal

import pytest
import torch

from train import distributed
from train.distributed import LostProcessError, ProcessGroup, TorchrunGroup


def process_of(rank: int, size: int) -> TorchrunGroup:
    """Return a process of a group that was never connected."""
    group = TorchrunGroup.__new__(TorchrunGroup)
    group.rank, group.size, group.terminated = rank, size, False
    return group


@pytest.mark.parametrize("size", [1, 3, 8])
@pytest.mark.parametrize("count", [1, 7, 16])
def test_a_batch_is_split_evenly_and_completely(size, count):
    batch = torch.arange(count * 3).reshape(count, 3)
    shares = [process_of(rank, size).shard(batch) for rank in range(size)]
    assert torch.equal(torch.cat(shares), batch)
    lengths = [len(share) for share in shares]
    assert max(lengths) - min(lengths) <= 1
    assert all(
        len(process_of(rank, size).shard(batch, at_least=1)) == max(length, 1) for rank, length in enumerate(lengths)
    )


def test_without_torchrun_a_process_is_alone(monkeypatch):
    monkeypatch.delenv("TORCHELASTIC_RUN_ID", raising=False)
    before = signal.getsignal(signal.SIGTERM)
    group, batch, model = distributed.join(), torch.arange(5), torch.nn.Linear(2, 2)
    assert type(group) is ProcessGroup
    assert (group.rank, group.size) == (0, 1)
    assert torch.equal(group.shard(batch), batch)
    assert group.replica(model) is model
    assert group.sum(1.5, 2.0) == [1.5, 2.0]
    assert not torch.distributed.is_initialized()
    assert signal.getsignal(signal.SIGTERM) is before


def test_only_a_connection_error_counts_as_a_lost_process():
    """The texts are gloo's. Other errors of this process pass unchanged."""
    for message in ("[gloo/transport/tcp/pair.cc:553] Connection closed by peer", "Gloo connectFullMesh failed"):
        with pytest.raises(LostProcessError), process_of(1, 2).detect_loss():
            raise RuntimeError(message)
    with pytest.raises(LostProcessError), process_of(1, 2).detect_loss():
        raise torch.distributed.DistBackendError("NCCL communicator was aborted")
    for error in (RuntimeError("mat1 and mat2 shapes cannot be multiplied"), ValueError("gloo")):
        with pytest.raises(type(error)) as caught, process_of(1, 2).detect_loss():
            raise error
        assert caught.value is error


def test_after_sigterm_a_process_ends_at_its_next_communication():
    one, calls = process_of(0, 2), []
    one.on_sigterm(signal.SIGTERM)
    with pytest.raises(LostProcessError), one.detect_loss():
        calls.append("went on")
    assert calls == []
