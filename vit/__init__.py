"""A small vision transformer for digits, and everything that is true of one forward pass through it."""

from vit import explain
from vit.checkpoint import CheckpointError, load, load_calibration
from vit.config import PRESETS, ViTConfig, preset
from vit.model import VisionTransformer
from vit.trace import Trace

__all__ = [
    "PRESETS",
    "CheckpointError",
    "Trace",
    "ViTConfig",
    "VisionTransformer",
    "explain",
    "load",
    "load_calibration",
    "preset",
]
