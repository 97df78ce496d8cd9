"""Which arithmetic a training runs in."""

from __future__ import annotations

import torch

from train.config import TrainConfig


def trains_in_bfloat16(config: TrainConfig, device: str | torch.device) -> bool:
    """Return whether the forward pass on `device` is to run in bfloat16, the weights staying float32.

    `auto` asks the processor: elsewhere bfloat16 is emulated and slower than float32.
    """
    if config.precision != "auto":
        return config.precision == "bfloat16"
    kind = torch.device(device).type
    if kind == "cuda":
        return torch.cuda.is_bf16_supported(including_emulation=False)
    return kind == "cpu" and bool(torch.cpu.get_capabilities().get("amx_bf16", False))
