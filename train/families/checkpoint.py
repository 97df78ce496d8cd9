"""Checkpoints of CNNs and MLPs: as `vit.checkpoint` writes them, with the family in the header."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open

from train.families.cnn import CNN, CNNConfig
from train.families.deep_cnn import DeepCNN, DeepCNNConfig
from train.families.mlp import MLP, MLPConfig
from train.families.network import Classifier, Network, NetworkConfig
from vit import checkpoint
from vit.checkpoint import FAMILY_FORMAT, PARTS, CheckpointError
from vit.validation import check_choice

FAMILIES: dict[str, tuple[type[Network], type[NetworkConfig]]] = {
    "cnn": (CNN, CNNConfig),
    "mlp": (MLP, MLPConfig),
    "deep_cnn": (DeepCNN, DeepCNNConfig),
}


@dataclass(frozen=True)
class Header:
    """The header of a checkpoint: family, architecture, training recipe and measured figures."""

    family: str
    config: NetworkConfig
    recipe: dict[str, Any] = field(default_factory=dict)
    figures: dict[str, Any] = field(default_factory=dict)


def new_network(family: str, **config: Any) -> Network:
    """Return an untrained network of a family, with random weights from PyTorch's generator.

    Raises:
        ValueError: there is no such family, or a number of its configuration is outside its range.
    """
    check_choice("family", family, tuple(FAMILIES))
    network, configuration = FAMILIES[family]
    return network(configuration(**config))


def save(
    network: Network,
    path: str | Path,
    recipe: Mapping[str, Any] | None = None,
    figures: Mapping[str, Any] | None = None,
) -> None:
    """Write `network` to `path` in one step; missing folders are created. Errors as in `vit.checkpoint.save`."""
    parts = dict(zip(PARTS, (asdict(network.config), dict(recipe or {}), dict(figures or {})), strict=True))
    metadata = {"format": FAMILY_FORMAT, "family": network.family}
    checkpoint.write(path, network.state_dict(), metadata | {name: json.dumps(part) for name, part in parts.items()})


def load(path: str | Path, family: str | None = None) -> Network:
    """Load a CNN or an MLP: on the CPU, in evaluation mode. `vit.load` is its sibling.

    Args:
        family: the only one that is accepted; None for any.

    Raises:
        CheckpointError: no such file, a damaged one, or one of another family; a vision transformer is refused too.
    """
    header = read_header(path)
    if family not in (None, header.family):
        raise CheckpointError(f"{path} holds {named(header.family)}, not {named(str(family))}")
    network, _ = FAMILIES[header.family]
    weights = checkpoint.read_file(Path(path), FAMILY_FORMAT)[1]
    with torch.device("meta"):
        expected = network(header.config).state_dict()
    problem = checkpoint.difference(expected, weights)
    if problem:
        raise CheckpointError(f"{path} does not fit its own config: {problem}")
    loaded = network(header.config)
    loaded.load_state_dict(weights)
    return loaded.eval()


def load_classifier(name: str | Path) -> Classifier:
    """Load a vision transformer by a shipped name or a path, or a network by its path; errors as in both loaders."""
    path = checkpoint.locate(name)
    return load(path) if holds_network(path) else checkpoint.load(path)


def read_recipe(name: str | Path) -> dict[str, Any]:
    """Return the recipe in the header of what `load_classifier` loads; errors as there."""
    path = checkpoint.locate(name)
    return read_header(path).recipe if holds_network(path) else checkpoint.read_header(path).recipe


def holds_network(path: Path) -> bool:
    """Tell whether a file says that it holds a network of a family; False for a file that cannot be read."""
    try:
        with safe_open(path, framework="pt") as file:
            return (file.metadata() or {}).get("format") == FAMILY_FORMAT
    except (SafetensorError, OSError):
        return False


def read_header(path: str | Path) -> Header:
    """Return the header of a checkpoint; errors as in `load`."""
    path = Path(path)
    if not path.is_file():
        raise CheckpointError(f"no checkpoint {str(path)!r}: expected a file with a CNN or an MLP")
    metadata, _ = checkpoint.read_file(path, FAMILY_FORMAT)
    try:
        family = metadata["family"]
        config, recipe, figures = (json.loads(metadata[part]) for part in PARTS)
        return Header(family, FAMILIES[family][1](**config), recipe, figures)
    except (KeyError, TypeError, ValueError) as error:
        raise CheckpointError(f"{path} has a damaged header: {error}") from None


def named(family: str) -> str:
    """Name a family with its article."""
    return {"cnn": "a CNN", "mlp": "an MLP", "deep_cnn": "a deep CNN"}.get(family, f"a {family}")
