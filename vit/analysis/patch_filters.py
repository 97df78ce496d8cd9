"""Principal components of the patch embedding's filters."""

from __future__ import annotations

import torch
from torch import Tensor


def components(filters: Tensor) -> tuple[Tensor, Tensor]:
    """Return what filters (D, n) are made of: gains (m,), largest first, and patterns (m, n), more ink than paper."""
    _, gains, patterns = torch.linalg.svd(filters, full_matrices=False)
    return gains, patterns * torch.where(patterns.sum(dim=1, keepdim=True) < 0, -1, 1)
