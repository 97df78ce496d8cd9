"""An explanation does not depend on the state in which the model and the image are handed over."""

import numpy as np
import pytest
import torch

from vit import VisionTransformer, explain
from vit.config import PRESETS, ViTConfig
from vit.explain.faithfulness import yardstick
from vit.explain.game import Game
from vit.explain.methods import METHODS
from vit.explain.subsets import table

SMALL = ViTConfig(patch_size=14, embed_dim=24, depth=2, num_heads=3, mlp_dim=40, dropout=0.5)
every_method = pytest.mark.parametrize("method", [*METHODS, "lens"])
by_gradients = pytest.mark.parametrize("method", ["gradient", "integrated_gradients", "relevance"])


def made(config: ViTConfig = SMALL) -> VisionTransformer:
    torch.manual_seed(0)
    model = VisionTransformer(config)
    with torch.no_grad():
        model.head.weight.normal_()
    return model


def picture() -> torch.Tensor:
    return torch.rand(1, 28, 28, generator=torch.Generator().manual_seed(1))


def ask(method: str, model: VisionTransformer, image, target=3) -> torch.Tensor:
    return explain.lens(model, image) if method == "lens" else METHODS[method].ask(model, image, target)


@every_method
def test_dropout_does_not_reach_an_explanation(method):
    model = made()
    expected = ask(method, model.eval(), picture())
    model.train()
    model.blocks[0].attn.eval()  # a mode of its own
    modes = [module.training for module in model.modules()]
    assert torch.equal(ask(method, model, picture()), expected)
    assert [module.training for module in model.modules()] == modes


def test_a_fresh_blog_model_is_explained_twice_alike():
    model, image = made(PRESETS["blog"]), torch.zeros(1, 28, 28)
    image[:, 9:16, 9:16] = 1
    first, second = (explain.shapley(model, image, 3, "erased") for _ in range(2))
    assert torch.equal(first, second)
    assert model.training


def test_a_table_of_all_subsets_is_read_without_dropout():
    model = made()
    game = Game(model, picture(), "unseen")
    assert torch.equal(table(game, 3), table(game, 3))
    exact = yardstick(table(game, 3)).exact
    torch.testing.assert_close(game.on_grid(exact).float(), explain.shapley(model, picture(), 3))


def test_the_mode_comes_back_after_an_error():
    model = made()
    with pytest.raises(ValueError, match="target"):
        explain.occlusion(model, picture(), 99)
    assert model.training


def test_a_model_in_evaluation_mode_is_not_written_to(monkeypatch):
    """Several threads explain one model at once."""
    model = made().eval()
    monkeypatch.setattr(torch.nn.Module, "__setattr__", lambda *_: pytest.fail("the model was written to"))
    explain.occlusion(model, picture(), 3)


@every_method
def test_inference_mode_changes_nothing(method):
    model = made().eval()
    expected = ask(method, model, picture())
    with torch.inference_mode():
        found = ask(method, model, picture())
    torch.testing.assert_close(found, expected)


def test_the_completeness_gap_in_inference_mode():
    model = made().eval()
    found = explain.integrated_gradients(model, picture(), 3)
    with torch.inference_mode():
        gap = explain.completeness_gap(model, picture(), 3, found)
    assert gap == pytest.approx(explain.completeness_gap(model, picture(), 3, found))


@by_gradients
def test_a_model_made_in_inference_mode_is_refused_in_a_sentence(method):
    with torch.inference_mode():
        model = made().eval()
    with pytest.raises(ValueError, match=r"model must be made outside torch.inference_mode\(\)"):
        ask(method, model, picture())


@pytest.mark.parametrize("target", [np.int64(3), np.uint8(3), np.array(3), torch.tensor(3), torch.tensor([3])])
def test_a_target_may_be_any_integer(target):
    model = made().eval()
    for method in METHODS:
        assert torch.equal(ask(method, model, picture(), target), ask(method, model, picture(), 3))


@pytest.mark.parametrize(
    "target", [True, np.True_, torch.tensor(True), 3.0, torch.tensor(3.0), np.float64(3), "3", None, -1, 10, 2**70]
)
@by_gradients
def test_what_is_no_class_is_refused_in_a_sentence(method, target):
    with pytest.raises(ValueError, match=r"^target must be"):
        ask(method, made().eval(), picture(), target)


@every_method
@pytest.mark.parametrize("kind", [np.float32, np.float64, np.float16])
def test_a_numpy_image_is_read_as_a_tensor(method, kind):
    model, image = made().eval(), picture().half().float()
    array = image.numpy().astype(kind)
    array.flags.writeable = False
    torch.testing.assert_close(ask(method, model, array), ask(method, model, image))


@pytest.mark.parametrize(
    ("image", "said"),
    [
        (picture() * 255, "in \\[0, 1\\], got torch.float32 from .* to 25"),
        ((picture() * 255).byte(), "in \\[0, 1\\], got torch.uint8 from 0 to 25"),
        ((picture() * 255).byte().numpy(), "in \\[0, 1\\], got uint8"),
        (picture() > 0.5, "in \\[0, 1\\], got torch.bool"),
        (picture() - 0.5, "in \\[0, 1\\]"),
        (picture() * torch.nan, "in \\[0, 1\\]"),
        (picture()[0], "must be \\(1, 28, 28\\), got \\(28, 28\\)"),
        ([[0.0]], "must be a tensor or a NumPy array, got list"),
    ],
)
@every_method
def test_what_is_no_image_is_refused_in_a_sentence(method, image, said):
    with pytest.raises(ValueError, match=f"^image .*{said}"):
        ask(method, made().eval(), image)
