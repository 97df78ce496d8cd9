"""Optimizers and learning rate schedules: Adam, or Muon for the matrices with AdamW for the rest."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import torch
from torch import Tensor, nn
from torch.optim import Adam, AdamW, Optimizer

from train.config import TrainConfig
from train.muon import Muon

Optimizers = list[Optimizer]


def build_optimizers(model: nn.Module, config: TrainConfig, dtype: torch.dtype = torch.float32) -> Optimizers:
    """Build the optimizers of `config`, which together update every weight once.

    `dtype` is that of Muon's matrix products; weights and optimizer state have the weights' own.
    """
    if config.optimizer == "adam":
        return [Adam(model.parameters(), lr=config.lr, weight_decay=config.weight_decay, fused=True)]
    named = dict(model.named_parameters())
    matrices = [name for name, weight in named.items() if name.startswith("blocks.") and weight.ndim == 2]
    qkv = [name for name in matrices if name.endswith("qkv.weight")]  # three matrices in one
    muon = Muon(
        [named[name] for name in matrices if name not in qkv],
        [(named[name], 3) for name in qkv],
        lr=config.lr,
        weight_decay=config.weight_decay,
        dtype=dtype,
    )
    rest = [weight for name, weight in named.items() if name not in matrices]
    return [muon, AdamW(rest, lr=config.lr, betas=(0.9, 0.98), weight_decay=0.0, fused=True)]


def set_lr(optimizers: Iterable[Optimizer], lr: float) -> None:
    """Set the learning rate of every parameter group."""
    for optimizer in optimizers:
        for group in optimizer.param_groups:
            group["lr"] = lr


def set_weight_decay(optimizers: Sequence[Optimizer], weight_decay: float) -> None:
    """Set the weight decay of the parameters that have one: all for Adam, the matrices for Muon with AdamW."""
    for group in optimizers[0].param_groups:
        group["weight_decay"] = weight_decay


def lr_at(step: int, total: int, config: TrainConfig) -> float:
    """Learning rate of step `step` (from 0) of `total`: linear warmup, then the schedule."""
    warmup = round(config.warmup * total)
    if step < warmup:
        return config.lr * (step + 1) / warmup
    if config.schedule == "constant":
        return config.lr
    return config.lr * (total - step) / (total - warmup)


def state_tensors(optimizers: Optimizers) -> dict[str, Tensor]:
    """Copy the optimizers' state into named tensors, for a safetensors file."""
    tensors = {}
    for index, optimizer in enumerate(optimizers):
        for weight, state in optimizer.state_dict()["state"].items():
            for name, value in state.items():
                tensors[f"optimizer.{index}.{weight}.{name}"] = value.clone()
    return tensors


def load_state_tensors(optimizers: Optimizers, tensors: Mapping[str, Tensor]) -> None:
    """Restore a copy of what `state_tensors` returned after one step or more.

    Raises:
        ValueError: the tensors are of other optimizers or another model, or some are missing.
    """
    expected, actual = state_shapes(optimizers), {key: tuple(value.shape) for key, value in tensors.items()}
    for key in sorted(expected.keys() | actual.keys()):
        right, wrong = expected.get(key, "absent"), actual.get(key, "absent")
        if right != wrong:
            raise ValueError(f"the optimizer's state does not fit this recipe: {key} should be {right} and is {wrong}")
    states: list[dict[int, dict[str, Tensor]]] = [{} for _ in optimizers]
    for key, value in tensors.items():
        _, index, weight, name = key.split(".")
        states[int(index)].setdefault(int(weight), {})[name] = value.clone()  # a step changes the state in place
    for optimizer, state in zip(optimizers, states, strict=True):
        optimizer.load_state_dict({"state": state, "param_groups": optimizer.state_dict()["param_groups"]})


def state_shapes(optimizers: Optimizers) -> dict[str, tuple[int, ...]]:
    """Return the names and shapes of what `state_tensors` returns after a step."""
    shapes: dict[str, tuple[int, ...]] = {}
    for index, optimizer in enumerate(optimizers):
        like_weight = ("momentum_buffer",) if isinstance(optimizer, Muon) else ("exp_avg", "exp_avg_sq")
        weights = [weight for group in optimizer.param_groups for weight in group["params"]]
        for number, weight in enumerate(weights):
            shapes |= {f"optimizer.{index}.{number}.{name}": tuple(weight.shape) for name in like_weight}
            if not isinstance(optimizer, Muon):
                shapes[f"optimizer.{index}.{number}.step"] = ()
    return shapes
