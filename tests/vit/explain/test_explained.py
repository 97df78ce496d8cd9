"""An explanation does not depend on the mode of the model or the type of the image that is passed in."""

import numpy as np
import pytest
import torch

from vit import VisionTransformer, explain
from vit.config import PRESETS, ViTConfig
from vit.explain.coalitions import log_odds_table
from vit.explain.explained import in_evaluation_mode
from vit.explain.faithfulness import faithfulness_scale
from vit.explain.faithfulness_estimate import estimated_scale
from vit.explain.masking import MaskedModel
from vit.explain.methods import METHODS
from vit.explain.shapley import estimate

SMALL = ViTConfig(patch_size=14, embed_dim=24, depth=2, num_heads=3, mlp_dim=40, dropout=0.5)
every_method = pytest.mark.parametrize("method", [*METHODS, "lens"])
by_gradients = pytest.mark.parametrize("method", ["gradient", "integrated_gradients", "relevance"])


def random_model(config: ViTConfig = SMALL) -> VisionTransformer:
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
    model = random_model()
    expected = ask(method, model.eval(), picture())
    model.train()
    model.blocks[0].attn.eval()  # one module has another mode than the rest
    modes = [module.training for module in model.modules()]
    assert torch.equal(ask(method, model, picture()), expected)
    assert [module.training for module in model.modules()] == modes


def test_a_new_blog_model_gets_the_same_explanation_twice():
    model, image = random_model(PRESETS["blog"]), torch.zeros(1, 28, 28)
    image[:, 9:16, 9:16] = 1
    first, second = (explain.shapley(model, image, 3, "erased") for _ in range(2))
    assert torch.equal(first, second)
    assert model.training


def test_a_table_of_all_subsets_is_read_without_dropout():
    model = random_model()
    masked = MaskedModel(model, picture(), "unseen")
    assert torch.equal(log_odds_table(masked, 3), log_odds_table(masked, 3))
    exact = faithfulness_scale(log_odds_table(masked, 3)).exact
    torch.testing.assert_close(masked.on_grid(exact).float(), explain.shapley(model, picture(), 3))


def test_a_masked_model_that_trains_is_read_without_dropout():
    masked, present = MaskedModel(random_model(), picture()), torch.ones(2, 4, dtype=torch.bool)
    first, second = masked.encode(present)
    assert torch.equal(first, second)
    assert torch.equal(
        estimate(masked, 3, pairs=3).curves[0], estimate(MaskedModel(random_model().eval(), picture()), 3, 3).curves[0]
    )


def test_a_model_goes_on_training_while_it_is_explained():
    """Another thread that trains the model must never see it in evaluation mode, which would turn off dropout."""
    model, modes = random_model(), []
    explain.shapley(model, picture(), 3, progress=lambda *_: modes.extend(one.training for one in model.modules()))
    assert modes and all(modes)


def test_a_model_that_trains_is_explained_by_its_own_weights():
    model = random_model()
    copied = in_evaluation_mode(model)
    assert not copied.training and copied.pos_embed is model.pos_embed
    for (name, weight), theirs in zip(model.named_parameters(), copied.parameters(), strict=True):
        assert weight is theirs, name
    assert in_evaluation_mode(copied) is copied


def test_the_mode_comes_back_after_an_error():
    model = random_model()
    with pytest.raises(ValueError, match="target"):
        explain.occlusion(model, picture(), 99)
    assert model.training


def test_a_model_in_evaluation_mode_is_not_written_to(monkeypatch):
    """Several threads may explain one model at the same time, so none may change it."""
    model = random_model().eval()
    monkeypatch.setattr(torch.nn.Module, "__setattr__", lambda *_: pytest.fail("the model was written to"))
    explain.occlusion(model, picture(), 3)


@every_method
def test_inference_mode_changes_nothing(method):
    model = random_model().eval()
    expected = ask(method, model, picture())
    with torch.inference_mode():
        found = ask(method, model, picture())
    torch.testing.assert_close(found, expected)


def test_the_completeness_gap_in_inference_mode():
    model = random_model().eval()
    found = explain.integrated_gradients(model, picture(), 3)
    with torch.inference_mode():
        gap = explain.completeness_gap(model, picture(), 3, found)
    assert gap == pytest.approx(explain.completeness_gap(model, picture(), 3, found))


@by_gradients
def test_a_model_made_in_inference_mode_is_refused_in_a_sentence(method):
    with torch.inference_mode():
        model = random_model().eval()
    with pytest.raises(ValueError, match=r"model must be made outside torch.inference_mode\(\)"):
        ask(method, model, picture())


INTEGERS = [np.int64(3), np.uint8(3), np.array(3), np.array([3]), torch.tensor(3), torch.tensor([3])]
INVALID_CLASSES = [
    True,
    np.True_,
    np.array([True]),
    torch.tensor(True),
    3.0,
    torch.tensor(3.0),
    np.float64(3),
    np.array(3.0),
]
INVALID_CLASSES += ["3", None, -1, 10, 2**70, np.array([3, 4]), torch.tensor([3, 4])]
OF_A_MASKED_MODEL = {"log_odds_table": log_odds_table, "estimate": estimate, "estimated_scale": estimated_scale}
of_a_masked_model = pytest.mark.parametrize("ask", OF_A_MASKED_MODEL.values(), ids=OF_A_MASKED_MODEL.keys())


@pytest.mark.parametrize("target", INTEGERS)
def test_a_target_may_be_any_integer(target):
    model = random_model().eval()
    for method in METHODS:
        assert torch.equal(ask(method, model, picture(), target), ask(method, model, picture(), 3))
    masked = MaskedModel(model, picture())
    assert torch.equal(log_odds_table(masked, target), log_odds_table(masked, 3))
    assert torch.equal(estimate(masked, target, 2).values, estimate(masked, 3, 2).values)
    assert estimated_scale(masked, target, 2).random == estimated_scale(masked, 3, 2).random


@of_a_masked_model
def test_a_masked_model_refuses_an_invalid_class_in_a_sentence(ask):
    masked = MaskedModel(random_model().eval(), picture())
    for target in INVALID_CLASSES:
        with pytest.raises(ValueError, match=r"^target must be a whole number"):
            ask(masked, target)


@by_gradients
def test_an_invalid_class_is_refused_in_a_sentence(method):
    model = random_model().eval()
    for target in INVALID_CLASSES:
        with pytest.raises(ValueError, match=r"^target must be"):
            ask(method, model, picture(), target)


@every_method
def test_a_numpy_image_is_read_as_a_tensor(method):
    model, image = random_model().eval(), picture().half().float()
    expected = ask(method, model, image)
    for kind in (np.float32, np.float64, np.float16, np.longdouble, ">f4"):
        array = image.numpy().astype(kind)
        array.flags.writeable = False
        torch.testing.assert_close(ask(method, model, array), expected)


@pytest.mark.parametrize("kind", [torch.float64, torch.float16, torch.bfloat16, torch.float8_e4m3fn])
def test_an_image_of_any_precision_is_read(kind):
    model, image = random_model().eval(), picture().to(torch.float8_e4m3fn).float()
    assert torch.equal(explain.occlusion(model, image.to(kind), 3), explain.occlusion(model, image, 3))


@pytest.mark.parametrize(
    ("image", "message"),
    [
        (picture() * 255, "in \\[0, 1\\], got torch.float32 from .* to 25"),
        ((picture() * 255).byte(), "in \\[0, 1\\], got torch.uint8 from 0 to 25"),
        ((picture() * 255).byte().numpy(), "in \\[0, 1\\], got uint8"),
        (picture() > 0.5, "in \\[0, 1\\], got torch.bool"),
        (picture().numpy() > 0.5, "in \\[0, 1\\], got bool"),
        (picture().to(torch.complex64), "in \\[0, 1\\], got torch.complex64"),
        (picture().numpy().astype(complex), "in \\[0, 1\\], got complex128$"),
        (picture().numpy().astype(str), "in \\[0, 1\\], got <U"),
        (picture().numpy().astype(object), "in \\[0, 1\\], got object$"),
        (picture().numpy() * 255, "in \\[0, 1\\], got float32 from .* to 25"),
        (picture().numpy() * np.nan, "in \\[0, 1\\], got float32 from nan to nan"),
        (picture() - 0.5, "in \\[0, 1\\]"),
        (picture() * torch.nan, "in \\[0, 1\\]"),
        (picture()[0], "must be \\(1, 28, 28\\), got \\(28, 28\\)"),
        ([[0.0]], "must be a tensor or a NumPy array, got list"),
    ],
)
def test_an_invalid_image_is_refused_in_a_sentence(image, message):
    with pytest.raises(ValueError, match=f"^image .*{message}"):
        ask("occlusion_unseen", random_model().eval(), image)


@every_method
def test_every_method_checks_the_image(method):
    with pytest.raises(ValueError, match=r"^image must be of floating point"):
        ask(method, random_model().eval(), picture() * 255)
