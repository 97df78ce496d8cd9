"""The optimisers: Adam for the blog's recipe; Muon for the matrices with AdamW for the rest for ours."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from torch import Tensor
from torch.optim import Adam, AdamW, Muon, Optimizer

from train.config import TrainConfig
from vit.model import VisionTransformer

Optimizers = list[Optimizer]


def build_optimizers(model: VisionTransformer, config: TrainConfig) -> Optimizers:
    """Return the optimisers of `config` that together update every weight of `model` once.

    Muon (Jordan et al. 2024) takes the steps of its matrices from their momentum made orthogonal, and
    `match_rms_adamw` (Liu et al. 2025, section 2.2) sizes them so that AdamW's learning rate serves for both.
    """
    if config.optimizer == "adam":
        return [Adam(model.parameters(), lr=config.lr, weight_decay=config.weight_decay)]
    matrices = [weight for weight in model.blocks.parameters() if weight.ndim == 2]
    taken = set(map(id, matrices))
    rest = [weight for weight in model.parameters() if id(weight) not in taken]
    muon = Muon(
        matrices,
        lr=config.lr,
        weight_decay=config.weight_decay,
        momentum=0.9,
        ns_steps=3,
        adjust_lr_fn="match_rms_adamw",
    )
    return [muon, AdamW(rest, lr=config.lr, betas=(0.9, 0.98), weight_decay=0.0)]


def set_lr(optimizers: Iterable[Optimizer], lr: float) -> None:
    """Give every parameter group the learning rate `lr`."""
    for optimizer in optimizers:
        for group in optimizer.param_groups:
            group["lr"] = lr


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
        for number, weight in enumerate(optimizer.param_groups[0]["params"]):
            shapes |= {f"optimizer.{index}.{number}.{name}": tuple(weight.shape) for name in like_weight}
            if not isinstance(optimizer, Muon):
                shapes[f"optimizer.{index}.{number}.step"] = ()
    return shapes
