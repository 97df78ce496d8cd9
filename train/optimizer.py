"""The optimisers: Adam for the blog's recipe; Muon for the matrices with AdamW for the rest for ours."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import torch
from torch import Tensor
from torch.optim import Adam, AdamW, Optimizer

from train.config import TrainConfig
from train.muon import Muon
from vit.model import VisionTransformer

Optimizers = list[Optimizer]


def build_optimizers(model: VisionTransformer, config: TrainConfig, dtype: torch.dtype = torch.float32) -> Optimizers:
    """Return the optimisers of `config` that together update every weight of `model` once.

    `dtype` is that of Muon's matrix products; the weights and all that is kept between steps stay as they are.
    """
    if config.optimizer == "adam":
        return [Adam(model.parameters(), lr=config.lr, weight_decay=config.weight_decay, fused=True)]
    named = dict(model.named_parameters())
    matrices = [name for name, weight in named.items() if name.startswith("blocks.") and weight.ndim == 2]
    qkv = [name for name in matrices if name.endswith("qkv.weight")]  # queries, keys and values in one
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
    """Give every parameter group the learning rate `lr`."""
    for optimizer in optimizers:
        for group in optimizer.param_groups:
            group["lr"] = lr


def set_weight_decay(optimizers: Sequence[Optimizer], weight_decay: float) -> None:
    """Give those parameters another weight decay that have one: all for Adam, the matrices beside AdamW."""
    for group in optimizers[0].param_groups:
        group["weight_decay"] = weight_decay


def lr_at(step: int, total: int, config: TrainConfig) -> float:
    """Return the learning rate of step `step` (0-based) of `total`: a climb, then the schedule."""
    warmup = round(config.warmup * total)
    if step < warmup:
        return config.lr * (step + 1) / warmup
    if config.schedule == "constant":
        return config.lr
    return config.lr * (total - step) / (total - warmup)


def state_tensors(optimizers: Optimizers) -> dict[str, Tensor]:
    """Copy the optimisers' state into named tensors that a safetensors file can hold."""
    flat = {}
    for index, optimizer in enumerate(optimizers):
        for weight, state in optimizer.state_dict()["state"].items():
            for name, value in state.items():
                flat[f"optimizer.{index}.{weight}.{name}"] = value.clone()
    return flat


def load_state_tensors(optimizers: Optimizers, tensors: Mapping[str, Tensor]) -> None:
    """Put back, as a copy, what `state_tensors` took after one step or more.

    Raises:
        ValueError: the tensors are of other optimisers or another model, or some are missing.
    """
    expected, found = state_shapes(optimizers), {key: tuple(value.shape) for key, value in tensors.items()}
    for key in sorted(expected.keys() | found.keys()):
        right, wrong = expected.get(key, "absent"), found.get(key, "absent")
        if right != wrong:
            raise ValueError(f"the optimiser's state does not fit this recipe: {key} should be {right} and is {wrong}")
    states: list[dict[int, dict[str, Tensor]]] = [{} for _ in optimizers]
    for key, value in tensors.items():
        _, index, weight, name = key.split(".")
        states[int(index)].setdefault(int(weight), {})[name] = value.clone()  # a step changes the state in place
    for optimizer, state in zip(optimizers, states, strict=True):
        optimizer.load_state_dict({"state": state, "param_groups": optimizer.state_dict()["param_groups"]})


def state_shapes(optimizers: Optimizers) -> dict[str, tuple[int, ...]]:
    """Name what `state_tensors` takes after a step, with each tensor's shape."""
    shapes: dict[str, tuple[int, ...]] = {}
    for index, optimizer in enumerate(optimizers):
        like_weight = ("momentum_buffer",) if isinstance(optimizer, Muon) else ("exp_avg", "exp_avg_sq")
        weights = [weight for group in optimizer.param_groups for weight in group["params"]]
        for number, weight in enumerate(weights):
            shapes |= {f"optimizer.{index}.{number}.{name}": tuple(weight.shape) for name in like_weight}
            if not isinstance(optimizer, Muon):
                shapes[f"optimizer.{index}.{number}.step"] = ()
    return shapes
