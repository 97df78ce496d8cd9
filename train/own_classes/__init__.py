"""Own classes: teach a copy of a trained model what a few drawings show."""

from train.own_classes.drawings import load_drawings
from train.own_classes.learning import OwnClassesConfig, OwnClassesResult, learn

__all__ = ["OwnClassesConfig", "OwnClassesResult", "learn", "load_drawings"]
