"""Checkpoints: one safetensors file with the weights, and in its header the config, recipe and measured figures.

A file may also hold a calibration, a map of the test digits and an optimizer's state.

Only safetensors is read (plain numbers and text); nothing is unpickled.
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
from vit.calibration import Calibration
from vit.config import ViTConfig
from vit.model import VisionTransformer
from vit.ood_detector import TENSORS, OODDetector

HERE = Path(__file__).resolve().parent
# setup.py installs the folder `assets` of the clone inside this package.
ASSETS = HERE / "assets" if (HERE / "assets").is_dir() else HERE.parent / "assets"
FORMAT = "inkling-vit-1"
FAMILY_FORMAT = "inkling-family-1"  # of the networks of comparison, which `train.families` reads
EXPLAINER_FORMAT = "inkling-explainer-1"  # of explainers, which `vit.explain.amortised` reads
CONTENTS = {  # what a file of each format holds
    FORMAT: "a vision transformer: load it with vit.load",
    FAMILY_FORMAT: "a network of the family {family}, not a vision transformer: load it with train.families.load",
    EXPLAINER_FORMAT: "an explainer, not a vision transformer: load it with vit.explain.amortised.load",
}
PARTS = ("config", "recipe", "figures")
CALIBRATION = "confidence"  # the key of the calibration in the header, and the prefix of its tensors
EXTRA = "extra."  # the prefix of tensors that are not the model's own, such as an optimizer's state


class CheckpointError(ValueError):
    """A checkpoint cannot be used; the message says which file and why."""


@dataclass(frozen=True)
class Header:
    """The header of a checkpoint: architecture, training recipe and measured figures."""

    config: ViTConfig
    recipe: dict[str, Any] = field(default_factory=dict)
    figures: dict[str, Any] = field(default_factory=dict)


def shipped() -> list[str]:
    """Return the names of the shipped checkpoints."""
    return sorted(path.stem for path in ASSETS.glob("*.safetensors"))


def load_all(names: Iterable[str | Path] | None = None) -> dict[str, VisionTransformer]:
    """Load models by name or path, all shipped ones if `names` is None; keys are file names without suffix.

    Raises:
        CheckpointError: as in `load`.
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
    """Write `model` to `path` in one step, through symbolic links; missing folders are created.

    Raises:
        OSError: the file cannot be written (no space, no permission), or `path` is not a regular file.
    """
    parts = {"config": asdict(model.config), "recipe": dict(recipe or {}), "figures": dict(figures or {})}
    tensors = model.state_dict() | {EXTRA + name: tensor for name, tensor in (extra or {}).items()}
    if calibration is not None:
        parts[CALIBRATION] = {"temperature": calibration.temperature, "threshold": calibration.threshold}
        tensors |= {
            f"{CALIBRATION}.{name}": getattr(calibration.ood_detector, name)
            for name in TENSORS
            if calibration.ood_detector
        }
    write(path, tensors, {"format": FORMAT} | {name: json.dumps(part) for name, part in parts.items()})


def write(path: str | Path, tensors: Mapping[str, Tensor], metadata: Mapping[str, str]) -> None:
    """Write tensors and a header, with the digest of both, to a file; errors as in `save`."""
    path = files.destination(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    tensors = {name: tensor.detach().cpu().contiguous() for name, tensor in tensors.items()}
    metadata = dict(metadata) | {"digest": digest(tensors, metadata)}
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
    """Add figures, tensors or a calibration to a checkpoint; the rest stays. Errors as in `load` and `save`."""
    path = locate(name)
    model, header = load(path), read_header(path)
    figures, extra = header.figures | dict(figures or {}), read_extra(path) | dict(extra or {})
    save(model, path, header.recipe, figures, extra, calibration=calibration or read_calibration(path))


def load(name: str | Path) -> VisionTransformer:
    """Load a model by a shipped name or a path: on the CPU, in evaluation mode.

    Raises:
        CheckpointError: no such checkpoint, or the file is damaged, truncated, from another program, or does not fit
            its own config.
    """
    path = locate(name)
    metadata, tensors = read_file(path)
    header, weights = parse_header(path, metadata), model_tensors(tensors)
    problem = mismatch(header.config, weights)
    if problem:
        raise CheckpointError(f"{path} does not fit its own config: {problem}")
    model = VisionTransformer(header.config)
    model.load_state_dict(weights)
    return model.eval()


def read_weights(name: str | Path) -> dict[str, Tensor]:
    """Return the model's state dict, for a strict `load_state_dict`; errors as in `load`."""
    return model_tensors(read_file(locate(name))[1])


def export_weights(name: str | Path, path: str | Path) -> None:
    """Write weights and header alone to a file that `safetensors.torch.load_model` accepts.

    Calibration, token map and optimizer state are left out. `load` reads the new file too.

    Raises:
        CheckpointError: as in `load`.
        ValueError: `path` is the checkpoint itself.
        OSError: as in `save`.
    """
    if Path(path).exists() and Path(path).samefile(locate(name)):
        raise ValueError(f"path must be another file than the checkpoint itself, got {path}")
    header = read_header(name)
    save(load(name), path, header.recipe, header.figures)


def read_header(name: str | Path) -> Header:
    """Return the header of a checkpoint; errors as in `load`."""
    path = locate(name)
    return parse_header(path, read_file(path)[0])


def read_extra(name: str | Path) -> dict[str, Tensor]:
    """Return the extra tensors of a checkpoint, by name; errors as in `load`."""
    return with_prefix(read_file(locate(name))[1], EXTRA)


def load_calibration(name: str | Path) -> Calibration:
    """Load the calibration of a checkpoint; one that changes nothing if it was never fitted. Errors as in `load`."""
    return read_calibration(name) or Calibration()


def read_calibration(name: str | Path) -> Calibration | None:
    """Return the calibration of a checkpoint, None if it was never fitted; errors as in `load`."""
    path = locate(name)
    metadata, tensors = read_file(path)
    if CALIBRATION not in metadata:
        return None
    config, actual = parse_header(path, metadata).config, with_prefix(tensors, f"{CALIBRATION}.")
    try:
        ood_detector = OODDetector(**actual) if actual else None
        if ood_detector:
            ood_detector.check(config)
        return Calibration(**json.loads(metadata[CALIBRATION]), ood_detector=ood_detector)
    except (TypeError, ValueError, IndexError) as error:
        raise CheckpointError(f"{path} does not fit its own config: {CALIBRATION}: {error}") from None


def locate(name: str | Path) -> Path:
    """Find the file of a shipped name or a path.

    Raises:
        CheckpointError: neither exists; the message lists the shipped names.
    """
    for path in (Path(name), ASSETS / f"{name}.safetensors"):
        if path.is_file():
            return path
    known = ", ".join(shipped()) or "none"
    raise CheckpointError(f"no checkpoint {str(name)!r}: expected a file, or a shipped name ({known})")


def read_file(path: Path, format_name: str = FORMAT) -> tuple[dict[str, str], dict[str, Tensor]]:
    """Return metadata and tensors of a checkpoint file of one of the formats in `CONTENTS`; errors as in `load`."""
    try:
        with safe_open(path, framework="pt") as file:
            metadata = file.metadata() or {}
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 (not a mapping)
    except (SafetensorError, OSError) as error:
        raise CheckpointError(f"{path} is not a whole safetensors file: {error}") from None
    actual = metadata.get("format", "")
    if actual != format_name and actual in CONTENTS:
        content = CONTENTS[actual].format(family=metadata.get("family", "")[:20])
        raise CheckpointError(f"{path} holds {content}")
    if actual != format_name:
        raise CheckpointError(f"{path} is not an Inkling checkpoint: its header does not say {format_name}")
    if digest(tensors, metadata) != metadata.get("digest"):
        raise CheckpointError(f"{path} is damaged: its contents do not match the digest in its header")
    return metadata, tensors


def model_tensors(tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Select the model's own tensors."""
    return {name: tensor for name, tensor in tensors.items() if not name.startswith((EXTRA, f"{CALIBRATION}."))}


def with_prefix(tensors: Mapping[str, Tensor], prefix: str) -> dict[str, Tensor]:
    """Select the tensors with this prefix, and remove it from their names."""
    return {name.removeprefix(prefix): tensors[name] for name in tensors if name.startswith(prefix)}


def parse_header(path: Path, metadata: Mapping[str, str]) -> Header:
    """Turn the file's metadata into a `Header`; errors as in `load`."""
    try:
        config, recipe, figures = (json.loads(metadata[part]) for part in PARTS)
        return Header(ViTConfig(**config), recipe, figures)
    except (KeyError, TypeError, ValueError) as error:
        raise CheckpointError(f"{path} has a damaged header: {error}") from None


def digest(tensors: Mapping[str, Tensor], metadata: Mapping[str, str]) -> str:
    """Return a SHA-256 of header and tensors; it detects damage that safetensors does not."""
    summed = hashlib.sha256()
    for part in (*PARTS, CALIBRATION) if CALIBRATION in metadata else PARTS:
        summed.update(f"{part} {metadata.get(part)}".encode())
    for name in sorted(tensors):
        summed.update(f"{name} {tuple(tensors[name].shape)}".encode())
        summed.update(tensors[name].reshape(-1).view(torch.uint8).numpy().tobytes())  # NumPy lacks some types
    return summed.hexdigest()


def mismatch(config: ViTConfig, tensors: Mapping[str, Tensor]) -> str:
    """Describe the first tensor that is missing, unexpected, or of another shape or type; "" if all fit.

    The expected model is built without memory, because a config may ask for more than any machine has.
    """
    if config.depth > len(tensors):
        return f"{len(tensors)} tensors are too few for a depth of {config.depth}"
    with torch.device("meta"):
        return difference(VisionTransformer(config).state_dict(), tensors)


def difference(wanted: Mapping[str, Tensor], given: Mapping[str, Tensor]) -> str:
    """Describe the first tensor that is missing, unexpected, or of another shape or type; "" if all fit."""
    expected, actual = kinds(wanted), kinds(given)
    for name in sorted(expected.keys() | actual.keys()):
        if expected.get(name) != actual.get(name):
            return f"{name} should be {expected.get(name, 'absent')} and is {actual.get(name, 'absent')}"
    return ""


def kinds(tensors: Mapping[str, Tensor]) -> dict[str, str]:
    """Return shape and type of each tensor as text."""
    return {name: f"{tuple(tensor.shape)} {tensor.dtype}".replace("torch.", "") for name, tensor in tensors.items()}
