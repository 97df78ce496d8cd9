"""Networks to compare the vision transformer with: a CNN and an MLP that have as many weights."""

from train.families.checkpoint import load, read_header, save
from train.families.cnn import CNN, CNNConfig
from train.families.mlp import MLP, MLPConfig
from train.families.network import Network, NetworkConfig

__all__ = ["CNN", "MLP", "CNNConfig", "MLPConfig", "Network", "NetworkConfig", "load", "read_header", "save"]
