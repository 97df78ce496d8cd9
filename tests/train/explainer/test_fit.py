"""Test that an explainer learns: known values from exact labels, and nearly the same from noisy ones."""

import pytest
import torch
from torch import Tensor

from tests.train.explainer.games import SumOfPatches
from train.explainer.fit import Labelled, fit, mean_error, rate
from train.explainer.labels import noisy_values
from vit.explain.amortised import Explainer, new_explainer, predict
from vit.explain.masking import MASK_MODES

EPOCHS = 30


def images(count: int, seed: int = 0) -> Tensor:
    """Return images (count, 1, 28, 28) whose four patches differ in brightness."""
    generator = torch.Generator().manual_seed(seed)
    brightness = torch.rand(count, 1, 2, 2, generator=generator).repeat_interleave(14, 2).repeat_interleave(14, 3)
    return brightness * torch.rand(count, 1, 28, 28, generator=generator)


def learned(model: SumOfPatches, train_set: Labelled, mask_mode: str = "erased") -> Explainer:
    torch.manual_seed(0)
    explainer = new_explainer(model, mask_mode, width=16, depth=1)
    fit(explainer, model, train_set, train_set.part(slice(8)), epochs=EPOCHS, lr=5e-3, weight_decay=0)
    return explainer


@pytest.mark.slow
@pytest.mark.parametrize("mask_mode", MASK_MODES)
def test_an_explainer_approaches_the_known_values(mask_mode):
    model, seen, new = SumOfPatches(), images(1024), images(256, seed=1)
    explainer = learned(model, Labelled(seen, noisy_values(model, seen, mask_mode)), mask_mode)
    expected = model.known_values(new, mask_mode)
    spread = expected - expected.mean(dim=1, keepdim=True)  # the mean of the patches is given by the sum
    error = predict(explainer, model, new) - expected
    assert error.square().mean() < 0.1 * spread.square().mean()


@pytest.mark.slow
def test_noise_in_the_labels_leads_to_the_same_values():
    """The noise, whose variance is that of the values, is nearly gone in what the explainer predicts for new images."""
    model, seen, new = SumOfPatches(), images(1024), images(256, seed=1)
    exact = model.known_values(seen, "erased")
    noise = exact.std() * torch.randn(exact.shape, generator=torch.Generator().manual_seed(2))
    from_exact, from_noisy = (
        predict(learned(model, Labelled(seen, labels)), model, new) for labels in (exact, exact + noise)
    )
    expected = model.known_values(new, "erased")
    variance = noise.square().mean()
    assert (from_noisy - from_exact).square().mean() < 0.1 * variance
    assert (from_noisy - expected).square().mean() < 0.1 * variance


def test_the_error_is_a_mean_over_the_maskable_patches():
    """Labels that are one apart in each maskable patch, up to the sum that the correction fixes."""
    model, some = SumOfPatches(), images(3)
    explainer = new_explainer(model, "erased", width=8, depth=1)
    values = predict(explainer, model, some)
    apart = torch.tensor([1.0, -1.0, 2.0, -2.0]).view(4, 1)
    assert mean_error(explainer, model, Labelled(some, values + apart)) == pytest.approx(2.5, abs=1e-4)
    assert mean_error(explainer, model, Labelled(some, values)) == pytest.approx(0, abs=1e-6)


def test_the_rate_rises_and_falls():
    rates = [rate(step, 1000) for step in range(1001)]
    assert rates[0] == pytest.approx(1 / 50, abs=1e-3)
    assert max(rates) == rates[49]
    assert rates[1000] == 0
    assert all(0 <= one <= 1 for one in rates)


def test_bytes_are_divided():
    labelled = Labelled(torch.full((2, 1, 28, 28), 255, dtype=torch.uint8), torch.zeros(2, 4, 2))
    [(batch, _)] = labelled.batches()
    assert (batch == 1).all()
