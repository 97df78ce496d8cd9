"""Import torchvision on first use.

torchvision's wheel is built for CUDA. With a CPU build of torch its compiled operators do not load, and the import
stops where Python code first registers something for one of them (pytorch/vision issues 9077 and 9337). Nothing here
calls those operators, so it is enough to define their names in torch: then the import succeeds.
"""

import importlib
import sys
import threading
from types import ModuleType

import torch

_NMS_SCHEMA = "(Tensor dets, Tensor scores, float iou_threshold) -> Tensor"
_lock = threading.Lock()


def torchvision() -> ModuleType:
    """Import torchvision, also with a CPU build of torch.

    Returns:
        The module. Without the compiled operators `torchvision.ops.nms` raises an error; everything else works.

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
    # When an import fails, Python removes only the package itself; submodules that were imported before stay.
    for name in [name for name in sys.modules if name == "torchvision" or name.startswith("torchvision.")]:
        del sys.modules[name]


def _name_missing_operators() -> None:
    for name in ("nms", "qnms"):
        if not hasattr(torch.ops.torchvision, name):
            torch.library.define(f"torchvision::{name}", _NMS_SCHEMA)
