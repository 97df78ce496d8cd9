"""A trained model as one safetensors file: weights, and in the header its config, recipe and measured figures.

Beside the model there may lie what its readings are worth and a map of the test digits, both fitted after the training,
and an optimiser's state.

Only safetensors is read (plain numbers and text); nothing here ever unpickles.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor

from vit import files
from vit.calibration import TENSORS, Calibration, OODDetector
from vit.config import ViTConfig
from vit.model import VisionTransformer

HERE = Path(__file__).resolve().parent
# setup.py installs the folder `assets` of the clone inside this package.
ASSETS = HERE / "assets" if (HERE / "assets").is_dir() else HERE.parent / "assets"
FORMAT = "inkling-vit-1"
PARTS = ("config", "recipe", "figures")
SURE = "confidence"  # a part of the header, in files that have it, and the prefix of the tensors that go with it
EXTRA = "extra."  # tensors that are not the model's own, such as an optimiser's state, carry this prefix


class CheckpointError(ValueError):
    """A checkpoint that cannot be used; the message says which file and why."""


@dataclass(frozen=True)
class Header:
    """What a checkpoint says of itself: its architecture, how it was trained, what was measured."""

    config: ViTConfig
    recipe: dict[str, Any] = field(default_factory=dict)
    figures: dict[str, Any] = field(default_factory=dict)


def shipped() -> list[str]:
    """Return the names of the checkpoints that come with the project."""
    return sorted(path.stem for path in ASSETS.glob("*.safetensors"))


def load_all(names: Iterable[str | Path] | None = None) -> dict[str, VisionTransformer]:
    """Return models under the names of their files, those that come with the project unless `names` says which.

    Raises:
        CheckpointError: one cannot be loaded; see `load`.
    """
    return {Path(name).stem: load(name) for name in names or shipped()}


def save(
    model: VisionTransformer,
    path: str | Path,
    recipe: Mapping[str, Any] | None = None,
    figures: Mapping[str, Any] | None = None,
    extra: Mapping[str, Tensor] | None = None,
    *,
    calibration: Calibration | None = None,
) -> None:
    """Write `model` to `path` in one step, through symbolic links; missing folders are made.

    Raises:
        OSError: it cannot be written, for want of room or of permission, or what exists there is no regular file.
    """
    path = files.destination(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    parts = {"config": asdict(model.config), "recipe": dict(recipe or {}), "figures": dict(figures or {})}
    tensors = model.state_dict() | {EXTRA + name: tensor for name, tensor in (extra or {}).items()}
    if calibration is not None:
        parts[SURE] = {"temperature": calibration.temperature, "threshold": calibration.threshold}
        tensors |= {
            f"{SURE}.{name}": getattr(calibration.ood_detector, name) for name in TENSORS if calibration.ood_detector
        }
    metadata = {"format": FORMAT} | {name: json.dumps(part) for name, part in parts.items()}
    tensors = {name: tensor.detach().cpu().contiguous() for name, tensor in tensors.items()}
    metadata["digest"] = digest(tensors, metadata)
    try:
        with files.replacing(path) as partial:
            save_file(tensors, partial, metadata)
    except SafetensorError as error:
        raise OSError(f"{path} cannot be written: {error}") from None


def add(
    name: str | Path,
    figures: Mapping[str, Any] | None = None,
    extra: Mapping[str, Tensor] | None = None,
    *,
    calibration: Calibration | None = None,
) -> None:
    """Store more in a checkpoint; what has another name stays as it is. Errors as in `load` and in `save`."""
    path = locate(name)
    model, header = load(path), read_header(path)
    figures, extra = header.figures | dict(figures or {}), read_extra(path) | dict(extra or {})
    save(model, path, header.recipe, figures, extra, calibration=calibration or read_calibration(path))


def load(name: str | Path) -> VisionTransformer:
    """Return the model of a shipped checkpoint's name or of a path, on the CPU and ready to read.

    Raises:
        CheckpointError: there is no such checkpoint, or the file is damaged, truncated, of another program,
            or does not fit its own config.
    """
    path = locate(name)
    metadata, tensors = read(path)
    header, weights = parse_header(path, metadata), own(tensors)
    odd = mismatch(header.config, weights)
    if odd:
        raise CheckpointError(f"{path} does not fit its own config: {odd}")
    model = VisionTransformer(header.config)
    model.load_state_dict(weights)
    return model.eval()


def read_weights(name: str | Path) -> dict[str, Tensor]:
    """Return the model's own tensors alone, for a strict `load_state_dict`; errors as in `load`."""
    return own(read(locate(name))[1])


def export_weights(name: str | Path, path: str | Path) -> None:
    """Write the model's own tensors to a file that `safetensors.torch.load_model` takes; the header goes with them.

    What lies beside them in a checkpoint (calibration, token map, optimiser) stays behind. `load` reads the new file
    too.

    Raises:
        CheckpointError: as in `load`.
        ValueError: `path` is the checkpoint itself, which would lose what stays behind.
        OSError: as in `save`.
    """
    if Path(path).exists() and Path(path).samefile(locate(name)):
        raise ValueError(f"path must be another file than the checkpoint itself, got {path}")
    header = read_header(name)
    save(load(name), path, header.recipe, header.figures)


def read_header(name: str | Path) -> Header:
    """Return what the checkpoint `name` says of itself; errors as in `load`."""
    path = locate(name)
    return parse_header(path, read(path)[0])


def read_extra(name: str | Path) -> dict[str, Tensor]:
    """Return the tensors that were saved beside the model; errors as in `load`."""
    return beside(read(locate(name))[1], EXTRA)


def read_calibration(name: str | Path) -> Calibration | None:
    """Return what the checkpoint's readings are worth, None where that was never fitted; errors as in `load`."""
    path = locate(name)
    metadata, tensors = read(path)
    if SURE not in metadata:
        return None
    config, found = parse_header(path, metadata).config, beside(tensors, f"{SURE}.")
    try:
        ood_detector = OODDetector(**found) if found else None
        if ood_detector:
            ood_detector.check(config)
        return Calibration(**json.loads(metadata[SURE]), ood_detector=ood_detector)
    except (TypeError, ValueError, IndexError) as error:
        raise CheckpointError(f"{path} does not fit its own config: {SURE}: {error}") from None


def locate(name: str | Path) -> Path:
    """Find the file of a shipped name or a path.

    Raises:
        CheckpointError: neither is there; the message lists the shipped names.
    """
    for path in (Path(name), ASSETS / f"{name}.safetensors"):
        if path.is_file():
            return path
    known = ", ".join(shipped()) or "none"
    raise CheckpointError(f"no checkpoint {str(name)!r}: expected a file, or a shipped name ({known})")


def read(path: Path) -> tuple[dict[str, str], dict[str, Tensor]]:
    """Return the header as text and all tensors of the file; errors as in `load`."""
    try:
        with safe_open(path, framework="pt") as file:
            metadata = file.metadata() or {}
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 (not a mapping)
    except (SafetensorError, OSError) as error:
        raise CheckpointError(f"{path} is not a whole safetensors file: {error}") from None
    if metadata.get("format") != FORMAT:
        raise CheckpointError(f"{path} is not an Inkling checkpoint: its header does not say {FORMAT}")
    if digest(tensors, metadata) != metadata.get("digest"):
        raise CheckpointError(f"{path} is damaged: its contents do not match the digest in its header")
    return metadata, tensors


def own(tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Pick the model's own tensors."""
    return {name: tensor for name, tensor in tensors.items() if not name.startswith((EXTRA, f"{SURE}."))}


def beside(tensors: Mapping[str, Tensor], prefix: str) -> dict[str, Tensor]:
    """Pick the tensors that carry this prefix, and take it off."""
    return {name.removeprefix(prefix): tensors[name] for name in tensors if name.startswith(prefix)}


def parse_header(path: Path, metadata: Mapping[str, str]) -> Header:
    """Turn the file's metadata into a `Header`; errors as in `load`."""
    try:
        config, recipe, figures = (json.loads(metadata[part]) for part in PARTS)
        return Header(ViTConfig(**config), recipe, figures)
    except (KeyError, TypeError, ValueError) as error:
        raise CheckpointError(f"{path} has a damaged header: {error}") from None


def digest(tensors: Mapping[str, Tensor], metadata: Mapping[str, str]) -> str:
    """Return a SHA-256 over the header's parts and the weights, which tells damage that the format does not."""
    summed = hashlib.sha256()
    for part in (*PARTS, SURE) if SURE in metadata else PARTS:
        summed.update(f"{part} {metadata.get(part)}".encode())
    for name in sorted(tensors):
        summed.update(f"{name} {tuple(tensors[name].shape)}".encode())
        summed.update(tensors[name].reshape(-1).view(torch.uint8).numpy().tobytes())  # NumPy lacks some types
    return summed.hexdigest()


def mismatch(config: ViTConfig, tensors: Mapping[str, Tensor]) -> str:
    """Say which weight is missing, unexpected, of another shape or no float32; return "" when all of them fit.

    The config may ask for more than any machine has, so the model to compare with is built without memory.
    """
    if config.depth > len(tensors):
        return f"{len(tensors)} tensors are too few for a depth of {config.depth}"
    with torch.device("meta"):
        expected = kinds(VisionTransformer(config).state_dict())
    found = kinds(tensors)
    for name in sorted(expected.keys() | found.keys()):
        if expected.get(name) != found.get(name):
            return f"{name} should be {expected.get(name, 'absent')} and is {found.get(name, 'absent')}"
    return ""


def kinds(tensors: Mapping[str, Tensor]) -> dict[str, str]:
    """Return each tensor's shape and type in words."""
    return {name: f"{tuple(tensor.shape)} {tensor.dtype}".replace("torch.", "") for name, tensor in tensors.items()}
