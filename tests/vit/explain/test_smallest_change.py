"""The search for the smallest change, against a linear programme, and what must hold of every change that is found."""

import numpy as np
import pytest
import torch
from scipy.optimize import linprog
from torch import nn

import vit
from tests.vit.explain.games import lively, picture
from train.benchmarks.faithfulness import digits
from vit import ViTConfig
from vit.explain.smallest_change import BRUSHES, LEVELS, STRENGTHS, easiest_change, smallest_change

NEEDED = 30.0  # log-odds


class LinearModel(nn.Module):
    """Two classes whose log-odds are linear in the pixels: class 1 needs `NEEDED` more than `image` has."""

    config = ViTConfig(num_classes=2)

    def __init__(self, image: torch.Tensor, seed: int) -> None:
        super().__init__()
        self.cls_token = nn.Parameter(torch.zeros(1, dtype=torch.float64))
        self.weights = torch.randn(28 * 28, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)
        self.start = image.flatten() @ self.weights

    def forward(self, images):
        gained = images.flatten(1) @ self.weights - self.start
        return torch.stack([torch.full_like(gained, NEEDED), gained], dim=1)


def least_ink(image: torch.Tensor, weights: torch.Tensor) -> float:
    """The least ink that raises the score by `NEEDED`: a linear programme over added and removed ink."""
    gain = np.concatenate([weights, -weights])
    room = np.concatenate([1 - image.flatten(), image.flatten()])
    solved = linprog(np.ones(len(gain)), A_ub=-gain[None], b_ub=[-NEEDED], bounds=[(0, most) for most in room])
    assert solved.success
    return solved.fun


@pytest.mark.parametrize("seed", range(3))
def test_for_a_linear_model_the_change_is_the_least(seed):
    image = (picture(seed) * 2).round() / 2  # 0, a half or 1, in grey levels
    image = (image * LEVELS).round() / LEVELS
    model = LinearModel(image, seed)
    found = smallest_change(model, image, 1)  # type: ignore[arg-type]
    least = least_ink(image, model.weights)
    assert found.reached
    assert least <= found.ink <= least + 1 / STRENGTHS + 1 / LEVELS  # a step is made weaker in sixteenths


@pytest.mark.parametrize("brush", BRUSHES)
@pytest.mark.parametrize("name", ["digits-4x4", "digits-7x7"])
def test_a_change_turns_the_answer_and_needs_each_of_its_steps(name, brush):
    model, image = vit.load(name), digits(5)[2]
    target = int(model(image[None])[0].argsort(descending=True)[1])
    found = smallest_change(model, image, target, brush)
    assert found.reached and found.target == target
    *before, last = model(found.images).argmax(dim=1).tolist()
    assert last == target and target not in before
    assert torch.equal((found.images * LEVELS).round() / LEVELS, found.images)
    assert found.images.min() >= 0 and found.images.max() <= 1
    assert found.ink == pytest.approx(float((found.images[-1] - image).abs().sum()), abs=1e-3)
    torch.testing.assert_close(found.images[-1], image + found.added - found.removed, atol=1e-6, rtol=0)
    if brush == "pixel":  # no two steps change the same pixel
        without = found.images[-1] - found.images.diff(dim=0)
        assert target not in model(without.clamp(0, 1)).argmax(dim=1)


def test_the_easiest_change_is_the_least_of_the_likeliest_classes():
    model, image = vit.load("digits-4x4"), digits(5)[2]
    _, *others = model(image[None])[0].topk(3).indices.tolist()
    inks = [smallest_change(model, image, target).ink for target in others]
    found, second = (easiest_change(model, image, classes=classes) for classes in (2, 1))
    assert found is not None and found.ink == pytest.approx(min(inks))
    assert second is not None and (second.target, second.ink) == (others[0], pytest.approx(inks[0]))


def test_what_cannot_be_reached_is_said():
    model, image = lively("2x2"), picture()
    with torch.no_grad():
        model.head.weight.zero_()
        model.head.bias.copy_(torch.arange(10))
    found = smallest_change(model, image, 3)
    assert not found.reached and found.ink == 0 and len(found.images) == 1
    assert easiest_change(model, image) is None


def test_the_search_gives_up_beyond_the_ink_that_is_allowed():
    model, image = vit.load("digits-4x4"), digits(5)[2]
    target = int(model(image[None])[0].argsort(descending=True)[3])
    done = []
    free = smallest_change(model, image, target, progress=lambda *state: done.append(state))
    assert [each for each, _ in done] == list(range(1, len(done) + 1))
    held = smallest_change(model, image, target, most=free.ink / 2)
    assert not held.reached and held.ink <= free.ink / 2


def test_what_cannot_be_searched_is_one_sentence():
    model, image = vit.load("digits-4x4"), digits(5)[2]
    answer = int(model(image[None]).argmax())
    with pytest.raises(ValueError, match=f"target must be another class than the answer, got {answer}"):
        smallest_change(model, image, answer)
    with pytest.raises(ValueError, match="target must be a whole number from 0 to 9, got 10"):
        smallest_change(model, image, 10)
    with pytest.raises(ValueError, match="brush must be"):
        smallest_change(model, image, (answer + 1) % 10, "chalk")


def test_a_question_in_inference_mode_has_the_same_answer():
    model, image = vit.load("digits-4x4"), digits(5)[2]
    target = int(model(image[None])[0].argsort(descending=True)[1])
    expected = smallest_change(model, image, target)
    with torch.inference_mode():
        found = smallest_change(model, image.clone(), target)
    assert torch.equal(found.images, expected.images)
