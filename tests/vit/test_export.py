"""An exported model takes a batch of any size, and exported weights load elsewhere."""

import onnxruntime
import pytest
import torch
from safetensors.torch import load_model

import vit
from vit import VisionTransformer, checkpoint
from vit.config import PRESETS, ViTConfig

TRACED_WITH, OTHERS = 3, (1, 9)
MODELS = ["digits-4x4", "digits-7x7", "mean", "blog"]
CONFIGS = {"mean": ViTConfig(embed_dim=24, depth=2, num_heads=3, mlp_dim=40, pool="mean"), "blog": PRESETS["blog"]}


def named(name: str) -> VisionTransformer:
    torch.manual_seed(0)
    return VisionTransformer(CONFIGS[name]).eval() if name in CONFIGS else vit.load(name)


def images(count: int) -> torch.Tensor:
    return torch.rand(count, 1, 28, 28, generator=torch.Generator().manual_seed(count))


@pytest.mark.parametrize("name", MODELS)
def test_an_exported_program_takes_another_batch(name):
    model = named(name)
    batch = {"images": {0: torch.export.Dim("batch", min=1)}}
    program = torch.export.export(model, (images(TRACED_WITH),), dynamic_shapes=batch).module()
    for count in OTHERS:
        torch.testing.assert_close(program(images(count)), model(images(count)))


@pytest.mark.parametrize("name", MODELS)
def test_an_onnx_file_takes_another_batch(name, tmp_path):
    model = named(name)
    batch = {"images": {0: torch.export.Dim("batch", min=1)}}
    torch.onnx.export(
        model, (images(TRACED_WITH),), tmp_path / "model.onnx", dynamo=True, dynamic_shapes=batch, verbose=False
    )
    session = onnxruntime.InferenceSession(tmp_path / "model.onnx")
    (name_in,) = [one.name for one in session.get_inputs()]
    for count in OTHERS:
        (found,) = session.run(None, {name_in: images(count).numpy()})
        torch.testing.assert_close(torch.from_numpy(found), model(images(count)), atol=1e-4, rtol=1e-4)


@pytest.mark.filterwarnings("ignore::torch.jit.TracerWarning", "ignore::DeprecationWarning")
@pytest.mark.parametrize("name", MODELS)
def test_a_trace_takes_another_batch(name):
    model = named(name)
    traced = torch.jit.trace(model, images(TRACED_WITH), check_trace=False)
    for count in OTHERS:
        torch.testing.assert_close(traced(images(count)), model(images(count)))


def test_exported_weights_do_not_overwrite_their_checkpoint(tmp_path):
    path, link = tmp_path / "whole.safetensors", tmp_path / "link.safetensors"
    checkpoint.save(vit.load("digits-4x4"), path, extra={"momentum": torch.ones(2)})
    link.symlink_to(path)
    for target in (path, link):
        with pytest.raises(ValueError, match="path must be another file"):
            checkpoint.export_weights(path, target)
    assert list(checkpoint.read_extra(path)) == ["momentum"]


@pytest.mark.parametrize("name", checkpoint.shipped())
def test_the_weights_of_a_shipped_model_load_strictly_elsewhere(name, tmp_path):
    model, ours = VisionTransformer(checkpoint.read_header(name).config).eval(), vit.load(name)
    assert not any(model.load_state_dict(checkpoint.read_weights(name), strict=True))
    assert torch.equal(model(images(2)), ours(images(2)))
    checkpoint.export_weights(name, tmp_path / "weights.safetensors")
    other = VisionTransformer(model.config).eval()
    assert load_model(other, tmp_path / "weights.safetensors") == (set(), [])
    assert torch.equal(other(images(2)), ours(images(2)))
    assert torch.equal(vit.load(tmp_path / "weights.safetensors")(images(2)), ours(images(2)))
