"""A masked model gives the logits of an image with missing patches, in either mask mode."""

import threading

import pytest
import torch

from tests.vit.explain.games import CONFIGS, drawing, lively, picture
from tests.vit.test_visible_patches import masked_encoder
from vit.explain.coalitions import logits_of_all_subsets, subsets
from vit.explain.masking import MaskedModel, log_odds


@pytest.mark.parametrize("name", ["pre", "post"])
def test_unseen_is_masked_in_every_layer(name):
    """Compare with `nn.TransformerEncoder`, which gets all patches and a mask of the keys to leave out."""
    model, image = lively(name), picture()
    present = torch.rand(40, 16, generator=torch.Generator().manual_seed(2)) < torch.linspace(0, 1, 40)[:, None]
    found = MaskedModel(model, image, "unseen").logits(present)
    for some, logits in zip(present, found, strict=True):
        expected = masked_encoder(model, image[None], some.nonzero().view(1, -1)).detach()
        torch.testing.assert_close(logits[None], expected, atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize("name", CONFIGS)
def test_erased_is_an_image_without_that_ink(name):
    model = lively(name)
    P, G = model.config.patch_size, model.config.grid_size
    image = drawing((0, 2, 3), P)
    masked = MaskedModel(model, image, "erased")
    assert masked.maskable.tolist() == [0, 2, 3]
    for some, logits in zip(subsets(3), logits_of_all_subsets(masked), strict=True):
        there = torch.ones(G * G, dtype=torch.float64)
        there[masked.maskable] = some.double()
        erased = image * there.view(G, G).repeat_interleave(P, 0).repeat_interleave(P, 1)
        torch.testing.assert_close(logits, model(erased[None])[0].detach())


def test_logits_come_in_the_order_of_the_coalitions():
    model, image = lively("2x2"), picture()
    masked, order = MaskedModel(model, image), torch.randperm(16, generator=torch.Generator().manual_seed(0))
    torch.testing.assert_close(masked.logits(subsets(4)[order]), logits_of_all_subsets(masked)[order])


def test_progress_ends_with_all():
    steps = []
    MaskedModel(lively("2x2"), picture()).logits(subsets(4), lambda *step: steps.append(step))
    assert steps[-1] == (16, 16)
    assert [done for done, _ in steps] == sorted({done for done, _ in steps})


def test_threads_share_the_work_and_change_nothing(monkeypatch):
    """Each batch, here one coalition, is read by one of the threads."""
    monkeypatch.setattr("vit.explain.masking.TOKENS_AT_ONCE", 1)
    masked, readers, read = MaskedModel(lively("2x2"), picture()), set(), MaskedModel.encode
    barrier = threading.Barrier(2, timeout=30)

    def together(self, present):
        if len(readers) < 2:
            readers.add(threading.get_ident())
            barrier.wait()  # a single thread would never pass it
        return read(self, present)

    expected = masked.logits(subsets(4))
    monkeypatch.setattr(MaskedModel, "encode", together)
    torch.testing.assert_close(masked.logits(subsets(4), threads=2), expected, rtol=0, atol=0)
    assert len(readers) == 2


def test_a_progress_callback_can_stop_the_run():
    asked = []

    def stop(done, _of):
        asked.append(done)
        raise InterruptedError

    with pytest.raises(InterruptedError):
        MaskedModel(lively("2x2"), picture()).logits(subsets(4), stop, threads=2)
    assert len(asked) == 1


def test_log_odds_is_that_of_the_probability():
    logits = torch.randn(50, 10, generator=torch.Generator().manual_seed(0), dtype=torch.float64) * 5
    p = logits.softmax(dim=1)[:, 7]
    torch.testing.assert_close(log_odds(logits, 7), p.log() - (1 - p).log())


def test_log_odds_stays_finite_where_the_probability_is_one():
    assert log_odds(torch.tensor([[500.0, 0.0, 0.0]]), 0).item() == pytest.approx(500 - torch.tensor(2.0).log().item())


def test_too_many_patches_for_a_table_are_refused():
    model = lively("pre")
    masked = MaskedModel(model, picture())
    masked.maskable = torch.arange(17)
    with pytest.raises(ValueError, match="at most 16"):
        logits_of_all_subsets(masked)


def test_unseen_where_only_ink_can_be_missing():
    model, image = lively("pre"), drawing((1, 6, 9))
    masked = MaskedModel(model, image, "unseen", only_ink=True)
    assert masked.maskable.tolist() == [1, 6, 9]
    for some, logits in zip(subsets(3), logits_of_all_subsets(masked), strict=True):
        missing = set(masked.maskable[~some].tolist())
        visible = torch.tensor([[patch for patch in range(16) if patch not in missing]])
        expected = masked_encoder(model, image[None], visible).detach()
        torch.testing.assert_close(logits[None], expected, atol=1e-5, rtol=1e-5)
