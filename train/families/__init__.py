"""Networks beside the vision transformer: a CNN and an MLP that have as many weights, and deep CNNs that teach it."""

from train.families.checkpoint import load, load_classifier, read_header, save
from train.families.cnn import CNN, CNNConfig
from train.families.deep_cnn import DeepCNN, DeepCNNConfig
from train.families.mlp import MLP, MLPConfig
from train.families.network import Network, NetworkConfig

__all__ = [
    "CNN",
    "MLP",
    "CNNConfig",
    "DeepCNN",
    "DeepCNNConfig",
    "MLPConfig",
    "Network",
    "NetworkConfig",
    "load",
    "load_classifier",
    "read_header",
    "save",
]
