"""Test the explainer: its values add up, its file comes back, and a wrong file gets one sentence."""

import pytest
import torch

import vit
from tests.vit.explain.games import drawing, lively
from vit import CheckpointError, checkpoint
from vit.explain.amortised import (
    add_figures,
    all_log_odds,
    load,
    log_odds_of_nothing,
    new_explainer,
    predict,
    read_figures,
    save,
    shipped,
)
from vit.explain.masking import MASK_MODES, MaskedModel, log_odds


def model_and_explainer(mask_mode="erased", seed=0):
    model = lively().float()
    torch.manual_seed(seed)
    return model, new_explainer(model, mask_mode, width=8, depth=1).eval()


def test_log_odds_of_all_classes_are_those_of_each():
    logits = 20 * torch.randn(5, 10, generator=torch.Generator().manual_seed(0)).double()
    for target in range(10):
        torch.testing.assert_close(all_log_odds(logits)[:, target], log_odds(logits, target))


@pytest.mark.parametrize("mask_mode", MASK_MODES)
def test_values_add_up_to_what_all_patches_add(mask_mode):
    """Both ends are read by the masked model, which has its own code."""
    model, explainer = model_and_explainer(mask_mode)
    image = drawing((1, 2, 9)).float()
    masked = MaskedModel(model, image, mask_mode)
    n = len(masked.maskable)
    none, everything = all_log_odds(masked.logits(torch.tensor([[False] * n, [True] * n])))
    values = predict(explainer, model, image[None])[0]  # (G*G, K)
    torch.testing.assert_close(values.sum(dim=0), everything - none, atol=1e-4, rtol=1e-4)
    torch.testing.assert_close(log_odds_of_nothing(model, mask_mode), none, atol=1e-4, rtol=1e-4)
    assert (values[masked.always] == 0).all()
    assert (values[masked.maskable] != 0).all()


def test_a_blank_image_has_no_values():
    model, explainer = model_and_explainer()
    assert (predict(explainer, model, torch.zeros(2, 1, 28, 28)) == 0).all()


def test_each_image_of_a_batch_gets_its_own_values():
    model, explainer = model_and_explainer()
    images = torch.stack([drawing((1, 2, 9)), drawing((0, 3), seed=2)]).float()
    together = predict(explainer, model, images)
    for image, values in zip(images, together, strict=True):
        torch.testing.assert_close(predict(explainer, model, image[None])[0], values, atol=1e-4, rtol=1e-4)


def test_a_file_comes_back(tmp_path):
    model, explainer = model_and_explainer()
    save(explainer, tmp_path / "deep" / "one.safetensors", {"epochs": 1}, {"pairs": 2.5})
    loaded = load(tmp_path / "deep" / "one.safetensors", model)
    assert loaded.config == explainer.config
    assert read_figures(tmp_path / "deep" / "one.safetensors") == {"pairs": 2.5}
    add_figures(tmp_path / "deep" / "one.safetensors", model, {"error": 0.5})
    assert read_figures(tmp_path / "deep" / "one.safetensors") == {"pairs": 2.5, "error": 0.5}
    image = drawing((1, 2, 9)).float()[None]
    expected = predict(explainer, model, image)
    torch.testing.assert_close(predict(loaded, model, image), expected, atol=0.02, rtol=0.02)  # half precision


def bad_file(kind, path):
    model, explainer = model_and_explainer()
    if kind == "missing":
        return model
    save(explainer, path, {}, {})
    if kind == "damaged":
        content = bytearray(path.read_bytes())
        content[-3] ^= 1
        path.write_bytes(content)
    if kind == "model":
        checkpoint.save(model, path)
    return lively(seed=3).float() if kind == "other" else model


@pytest.mark.parametrize(
    ("kind", "message"),
    [
        ("missing", "no checkpoint"),
        ("damaged", "is damaged"),
        ("model", "holds a vision transformer: load it with vit.load"),
        ("other", "explains another model"),
    ],
)
def test_a_wrong_file_is_refused_in_one_sentence(kind, message, tmp_path):
    path = tmp_path / "one.safetensors"
    model = bad_file(kind, path)
    with pytest.raises(CheckpointError, match=message) as error:
        load(path, model)
    assert len(str(error.value).splitlines()) == 1


def test_an_explainer_is_no_model(tmp_path):
    save(model_and_explainer()[1], tmp_path / "one.safetensors", {}, {})
    with pytest.raises(CheckpointError, match="holds an explainer, not a vision transformer"):
        vit.load(tmp_path / "one.safetensors")


def test_only_known_models_have_a_shipped_explainer():
    assert shipped("nobody", "erased") is None
    assert all("explainer" not in name for name in checkpoint.shipped())
