"""Precision of the arithmetic in training."""

from __future__ import annotations

import torch

from train.config import TrainConfig


def uses_bfloat16(config: TrainConfig, device: str | torch.device) -> bool:
    """Tell whether the forward pass on `device` runs in bfloat16; the weights stay float32.

    `auto` chooses bfloat16 only where the hardware has it: emulated, it is slower than float32.
    """
    if config.precision != "auto":
        return config.precision == "bfloat16"
    kind = torch.device(device).type
    if kind == "cuda":
        return torch.cuda.is_bf16_supported(including_emulation=False)
    return kind == "cpu" and bool(torch.cpu.get_capabilities().get("amx_bf16", False))
