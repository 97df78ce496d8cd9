"""Import torchvision on first use.

torchvision comes as one wheel, built for CUDA. Beside a CPU build of torch its compiled operators do not load, and
the import then stops at the first Python registration for one of them (pytorch/vision issues 9077 and 9337).
Nothing here calls those operators: naming them to torch is enough for the import to go through.
"""

import importlib
import sys
import threading
from types import ModuleType

import torch

_NMS_SCHEMA = "(Tensor dets, Tensor scores, float iou_threshold) -> Tensor"
_lock = threading.Lock()


def torchvision() -> ModuleType:
    """Import torchvision, beside a CPU build of torch as well.

    Returns:
        The module. `torchvision.ops.nms` raises where the compiled operators are missing; everything else works.

    Raises:
        ImportError: torchvision is not installed.
    """
    with _lock:
        try:
            return importlib.import_module("torchvision")
        except RuntimeError as error:
            if "torchvision::nms" not in str(error):
                raise
        _forget_half_import()
        _name_missing_operators()
        return importlib.import_module("torchvision")


def _forget_half_import() -> None:
    # Python drops only the package itself when its import fails; the submodules that it had reached stay.
    for name in [name for name in sys.modules if name == "torchvision" or name.startswith("torchvision.")]:
        del sys.modules[name]


def _name_missing_operators() -> None:
    for name in ("nms", "qnms"):
        if not hasattr(torch.ops.torchvision, name):
            torch.library.define(f"torchvision::{name}", _NMS_SCHEMA)
