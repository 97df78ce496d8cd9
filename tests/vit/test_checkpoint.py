"""A checkpoint loads as it was saved; a bad file gives one clear error and is never unpickled."""

import json
import pickle

import pytest
import torch
from safetensors.torch import load_file, save_file

import vit
from tests.vit.test_calibration import ood_detector
from vit import CheckpointError, VisionTransformer, ViTConfig, checkpoint
from vit.calibration import Calibration
from vit.ood_detector import TENSORS

SMALL = ViTConfig(embed_dim=8, depth=1, num_heads=2, mlp_dim=8)


@pytest.fixture
def path(tmp_path):
    torch.manual_seed(0)
    target = tmp_path / "small.safetensors"
    checkpoint.save(VisionTransformer(SMALL), target, {"epochs": 3}, {"accuracy": 0.5}, {"momentum": torch.ones(2)})
    return target


def test_round_trip(path, tmp_path):
    model = vit.load(path)
    assert model.config == SMALL
    assert not model.training
    header = checkpoint.read_header(path)
    assert (header.config, header.recipe, header.figures) == (SMALL, {"epochs": 3}, {"accuracy": 0.5})
    assert torch.equal(checkpoint.read_extra(path)["momentum"], torch.ones(2))
    again = tmp_path / "again.safetensors"
    checkpoint.save(model, again)
    image = torch.rand(1, 1, 28, 28)
    assert torch.equal(vit.load(again)(image), model(image))
    assert sorted(file.name for file in tmp_path.iterdir()) == ["again.safetensors", "small.safetensors"]


@pytest.mark.parametrize("share", [0.0, 0.001, 0.3, 0.99])
def test_a_truncated_file_is_refused(path, share):
    whole = path.read_bytes()
    path.write_bytes(whole[: int(len(whole) * share)])
    with pytest.raises(CheckpointError, match=r"small\.safetensors"):
        vit.load(path)


@pytest.mark.parametrize("place", [0, 4, 40, -1, -1000, -2000])
def test_a_flipped_bit_is_noticed(path, place):
    damaged = bytearray(path.read_bytes())
    damaged[place] ^= 0b1000
    path.write_bytes(damaged)
    with pytest.raises(CheckpointError, match=r"small\.safetensors"):
        vit.load(path)


@pytest.mark.parametrize("name", ["extra.momentum", "head.weight"])
def test_a_changed_tensor_is_noticed(path, name):
    with checkpoint.safe_open(path, framework="pt") as file:
        metadata = file.metadata()
    weights = load_file(path)
    weights[name].view(-1)[0] += 1
    save_file(weights, path, metadata)
    with pytest.raises(CheckpointError, match="damaged"):
        vit.load(path)


def test_another_programs_file_is_refused(tmp_path):
    path = tmp_path / "foreign.safetensors"
    save_file({"weight": torch.ones(3)}, path)
    with pytest.raises(CheckpointError, match="not an Inkling checkpoint"):
        vit.load(path)


class Trap:
    def __reduce__(self):
        return (pytest.fail, ("a pickle was loaded",))


@pytest.mark.parametrize("suffix", ["pt", "safetensors"])
def test_a_pickle_is_never_loaded(tmp_path, suffix):
    path = tmp_path / f"model.{suffix}"
    path.write_bytes(pickle.dumps(Trap()))
    with pytest.raises(CheckpointError, match="not a whole safetensors file"):
        vit.load(path)


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"config": json.dumps({"patch_size": 5})}, "patch_size"),
        ({"config": json.dumps({"colour": "blue"})}, "colour"),
        ({"config": "[1, 2]"}, "header"),
        ({"config": "{"}, "header"),
        ({"config": json.dumps({"embed_dim": 16, "depth": 1, "num_heads": 2, "mlp_dim": 8})}, r"\(16,\)"),
        ({"config": json.dumps({"embed_dim": 8, "depth": 2, "num_heads": 2, "mlp_dim": 8})}, "absent"),
        ({"config": json.dumps({"embed_dim": 8, "depth": 1, "num_heads": 2, "mlp_dim": 10**4})}, r"\(10000,"),
        ({"config": json.dumps({"embed_dim": 10**9, "num_heads": 1})}, "embed_dim must be a whole number in"),
        ({"config": json.dumps({"mlp_dim": 10**30})}, "mlp_dim must be a whole number in"),
        ({"config": json.dumps({"embed_dim": 2**16, "num_heads": 1})}, "at most 1,000,000,000 parameters"),
        ({"config": json.dumps({"depth": 10**9})}, "depth must be a whole number in"),
        ({"config": json.dumps({"depth": 1000})}, "too few for a depth of 1000"),
        ({"config": json.dumps({"mean": float("nan")})}, "mean must be a finite number"),
    ],
)
def test_a_header_that_does_not_fit_is_refused(path, change, named):
    with checkpoint.safe_open(path, framework="pt") as file:
        metadata = file.metadata() | change
    weights = load_file(path)
    metadata["digest"] = checkpoint.digest(weights, metadata)
    save_file(weights, path, metadata)
    with pytest.raises(CheckpointError, match=named):
        vit.load(path)


@pytest.mark.parametrize("dtype", [torch.int32, torch.float16, torch.bfloat16, torch.float8_e4m3fn, torch.bool])
def test_weights_other_than_float32_are_refused(path, dtype):
    """The int32 case keeps the bytes, and so the digest; the other cases convert the weights."""
    with checkpoint.safe_open(path, framework="pt") as file:
        metadata = file.metadata()
    weights = load_file(path)
    same_bytes = dtype == torch.int32
    weights["head.bias"] = weights["head.bias"].view(dtype) if same_bytes else weights["head.bias"].to(dtype)
    if not same_bytes:
        metadata["digest"] = checkpoint.digest(weights, metadata)
    save_file(weights, path, metadata)
    with pytest.raises(CheckpointError, match=f"head.bias should be .*float32 and is .*{str(dtype)[6:]}"):
        vit.load(path)


def test_the_weights_can_be_trained_on(path):
    model = vit.load(path)
    model(torch.rand(2, 1, 28, 28)).sum().backward()
    for name, weight in model.named_parameters():
        assert isinstance(weight, torch.nn.Parameter) and weight.dtype == torch.float32, name
        assert weight.device.type == "cpu" and weight.grad is not None, name


def test_an_unknown_name_lists_the_shipped_ones():
    with pytest.raises(CheckpointError, match="digits-4x4"):
        vit.load("digits-9x9")


@pytest.mark.parametrize("name", ["", ".", "..", "assets"])
def test_a_folder_is_no_checkpoint(name):
    with pytest.raises(CheckpointError, match="no checkpoint"):
        vit.load(name)


def test_a_place_that_cannot_be_written_leaves_nothing(tmp_path):
    (tmp_path / "taken.safetensors").mkdir()
    with pytest.raises(OSError, match="taken"):
        checkpoint.save(VisionTransformer(SMALL), tmp_path / "taken.safetensors")
    assert [file.name for file in tmp_path.iterdir()] == ["taken.safetensors"]


TWO_BLOCKS = ViTConfig(embed_dim=8, depth=2, num_heads=2, mlp_dim=8)  # what `ood_detector` fits


@pytest.fixture
def calibrated_path(tmp_path):
    torch.manual_seed(0)
    target = tmp_path / "calibrated.safetensors"
    calibration = Calibration(1.25, 0.995, ood_detector())
    checkpoint.save(VisionTransformer(TWO_BLOCKS), target, extra={"momentum": torch.ones(2)}, calibration=calibration)
    return target


def test_calibration_loads_and_is_no_part_of_the_model(calibrated_path):
    found = checkpoint.read_calibration(calibrated_path)
    assert found is not None and found.ood_detector is not None
    assert (found.temperature, found.threshold) == (1.25, 0.995)
    for name in TENSORS:
        assert torch.equal(getattr(found.ood_detector, name), getattr(ood_detector(), name)), name
    assert vit.load(calibrated_path).config == TWO_BLOCKS
    assert list(checkpoint.read_extra(calibrated_path)) == ["momentum"]


def test_a_calibration_without_ood_detector_loads(path):
    checkpoint.save(vit.load(path), path, calibration=Calibration(2.0))
    found = checkpoint.read_calibration(path)
    assert found is not None
    assert (found.temperature, found.threshold, found.ood_detector) == (2.0, 1.0, None)


def test_a_file_without_calibration_has_none(path):
    assert checkpoint.read_calibration(path) is None


def test_a_changed_calibration_is_noticed(calibrated_path):
    with checkpoint.safe_open(calibrated_path, framework="pt") as file:
        metadata = file.metadata()
    tensors = load_file(calibrated_path)
    for change in ({"confidence": json.dumps({"temperature": 1.0, "threshold": 1.0})}, {"confidence": ""}):
        save_file(tensors, calibrated_path, metadata | change)
        with pytest.raises(CheckpointError, match="damaged"):
            checkpoint.read_calibration(calibrated_path)
    tensors["confidence.ranks"][-1] += 1
    save_file(tensors, calibrated_path, metadata)
    for use in (checkpoint.read_calibration, vit.load):
        with pytest.raises(CheckpointError, match="damaged"):
            use(calibrated_path)


@pytest.mark.parametrize(
    ("part", "tensors", "named"),
    [
        ('{"temperature": 0}', {}, "temperature"),
        ('{"heat": 1}', {}, "heat"),
        ("[1, 2]", {}, "confidence"),
        ("{", {}, "confidence"),
        (None, {"axes": torch.ones(8, 5)}, "axes must be 24"),
        (None, {"digits": torch.ones(3, 5)}, "must be"),
        (None, {"weights": torch.ones(3).half()}, "weights must be"),
        (None, {"weights": torch.tensor(1.0)}, "weights must be"),
        (None, {"axes": torch.tensor(1.0)}, "confidence"),
        (None, {"ranks": None}, "ranks"),
        (None, {"colour": torch.ones(1)}, "colour"),
    ],
)
def test_a_calibration_that_does_not_fit_is_refused(calibrated_path, part, tensors, named):
    """The file is complete and its digest is right, but its content does not fit the model."""
    with checkpoint.safe_open(calibrated_path, framework="pt") as file:
        metadata = file.metadata()
    changed = load_file(calibrated_path) | {f"confidence.{name}": tensor for name, tensor in tensors.items()}
    changed = {name: tensor for name, tensor in changed.items() if tensor is not None}
    metadata |= {"confidence": part} if part else {}
    metadata["digest"] = checkpoint.digest(changed, metadata)
    save_file(changed, calibrated_path, metadata)
    with pytest.raises(CheckpointError, match=named):
        checkpoint.read_calibration(calibrated_path)
    assert vit.load(calibrated_path).config == TWO_BLOCKS
