"""Compare the parts of the token map with brute force, and test the command and what it stores."""

from collections import Counter

import numpy as np
import pytest
import torch

import vit
from tests.demo.shipping import by_energy
from train.data.dataset import Digits
from train.evaluation import parametric_tsne, token_map
from vit import CheckpointError, VisionTransformer, ViTConfig, checkpoint

SMALL = ViTConfig(embed_dim=8, depth=2, num_heads=2, mlp_dim=8)


@pytest.fixture
def digits() -> Digits:
    generator = torch.Generator().manual_seed(0)
    images = torch.randint(256, (600, 28, 28), generator=generator).byte()
    return Digits(images, torch.randint(10, (600,), generator=generator))


def blobs(count: int, seed: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Return three kinds of points in 20 dimensions, far apart."""
    generator = torch.Generator().manual_seed(seed)
    kinds = torch.arange(count) % 3
    return 6 * torch.eye(20)[kinds] + 0.5 * torch.randn(count, 20, generator=generator), kinds


def test_each_token_has_the_given_perplexity():
    """On a circle all points are equivalent, so the symmetric affinities equal each point's own."""
    angles = torch.arange(200) * 2 * torch.pi / 200
    found = parametric_tsne.affinities(torch.stack([angles.cos(), angles.sin()], dim=1), perplexity=17)
    assert found.sum() == pytest.approx(1, abs=1e-5)
    assert torch.equal(found, found.T)
    assert not found.diagonal().any()
    own = 200 * found
    assert torch.special.entr(own).sum(dim=1).exp().numpy() == pytest.approx(np.full(200, 17), rel=1e-3)
    assert (own[0, 1:100].diff() <= 1e-9).all()  # a nearer point has more affinity


def test_the_loss_equals_the_kl_divergence_up_to_a_constant():
    generator = torch.Generator().manual_seed(1)
    places = torch.randn(7, 2, generator=generator, dtype=torch.float64)
    target = torch.rand(7, 7, generator=generator, dtype=torch.float64).fill_diagonal_(0)
    target /= target.sum()
    pairs = [(i, j) for i in range(7) for j in range(7) if i != j]
    near = {(i, j): 1 / (1 + float((places[i] - places[j]).square().sum())) for i, j in pairs}
    expected = -sum(float(target[pair]) * np.log(near[pair] / sum(near.values())) for pair in pairs)
    assert float(parametric_tsne.tsne_loss(target, places)) == pytest.approx(expected, abs=1e-6)


def test_new_points_are_placed_among_their_kind(monkeypatch):
    monkeypatch.setattr(parametric_tsne, "STEPS", 150)
    (reference, kinds), (queries, answers) = blobs(900, seed=0), blobs(300, seed=1)
    net = parametric_tsne.fit_projection(reference)
    places = net(reference)
    assert places.min() >= 0
    assert places.max() <= 1
    assert float((places.amax(dim=0) - places.amin(dim=0)).max()) == pytest.approx(
        1 - 2 * parametric_tsne.MARGIN, abs=1e-4
    )
    assert token_map.neighbour_accuracy(places, kinds, net(queries), answers) == 1
    assert torch.equal(parametric_tsne.fit_projection(reference)(queries), net(queries))


@pytest.mark.parametrize("itself", [False, True])
def test_neighbour_accuracy_equals_a_count_by_hand(itself):
    generator = torch.Generator().manual_seed(2)
    reference, labels = torch.randn(80, 4, generator=generator), torch.randint(3, (80,), generator=generator)
    queries, answers = (reference, labels) if itself else (torch.randn(50, 4, generator=generator), labels[:50])
    right = 0
    for at, (point, answer) in enumerate(zip(queries.tolist(), answers.tolist(), strict=True)):
        others = [other for other in range(80) if not (itself and other == at)]
        others.sort(key=lambda other: np.linalg.norm(reference[other].numpy() - point))
        counts = Counter(labels[others[: token_map.NEIGHBOURS]].tolist())
        right += answer == min(counts, key=lambda kind: (-counts[kind], kind))
    assert token_map.neighbour_accuracy(reference, labels, queries, answers, itself) == pytest.approx(
        right / len(queries)
    )


def test_cls_tokens_are_the_inputs_of_the_head(digits):
    torch.manual_seed(0)
    model = VisionTransformer(SMALL).eval()
    found = token_map.cls_tokens(model, digits.images)
    trace = model.trace(digits.images[:, None] / 255)
    with torch.no_grad():
        torch.testing.assert_close(model.head(found[-1]), trace.logits)
        torch.testing.assert_close(found[1], model.norm(trace.tokens[0, :, 0]))
    assert float((found[0] - found[0, 0]).abs().max()) == 0  # before the first block cls does not depend on the image


def test_the_command_stores_the_map_and_keeps_all_else(tmp_path, monkeypatch, digits, capsys):
    torch.manual_seed(0)
    path, model = tmp_path / "small.safetensors", VisionTransformer(SMALL).eval()
    calibration, extra = by_energy(model), {"momentum": torch.ones(2)}
    checkpoint.save(model, path, {"epochs": 3}, {"test": {"accuracy": 0.5}}, extra, calibration=calibration)
    assert token_map.load_token_map(path) is None
    monkeypatch.setattr(token_map, "load", lambda *_: digits)
    monkeypatch.setattr(parametric_tsne, "STEPS", 20)
    assert token_map.main(["--model", str(path), "--write"]) == 0
    header, found, stored = (
        checkpoint.read_header(path),
        token_map.load_token_map(path),
        checkpoint.read_calibration(path),
    )
    assert found is not None
    assert (header.recipe, header.figures["test"]) == ({"epochs": 3}, {"accuracy": 0.5})
    assert torch.equal(checkpoint.read_extra(path)["momentum"], extra["momentum"])
    assert stored is not None
    assert (stored.temperature, stored.threshold) == (calibration.temperature, calibration.threshold)
    chosen = digits.images[found.indices]
    torch.testing.assert_close(
        found.points, found.place(token_map.cls_tokens(vit.load(path), chosen)), atol=1e-3, rtol=0
    )
    assert torch.equal(found.labels, digits.labels[found.indices])
    assert len(set(found.indices.tolist())) == len(found.indices) == 600
    assert f"{100 * found.figures['flat'][1]:.2f} % | {100 * found.figures['full'][1]:.2f} %" in capsys.readouterr().out


def test_the_shipped_sample_digits_are_on_the_map():
    chosen = token_map.choose_digits(10_000)
    with np.load(checkpoint.ASSETS / "samples.npz") as samples:
        assert chosen[:300].tolist() == samples["indices"].tolist()
    assert len(set(chosen.tolist())) == token_map.POINTS


def test_a_map_that_does_not_fit_is_named(tmp_path, monkeypatch, digits):
    path, other = tmp_path / "small.safetensors", tmp_path / "other.safetensors"
    checkpoint.save(VisionTransformer(SMALL).eval(), path)
    monkeypatch.setattr(token_map, "load", lambda *_: digits)
    monkeypatch.setattr(parametric_tsne, "STEPS", 20)
    assert token_map.main(["--model", str(path), "--write"]) == 0
    figures, extra = checkpoint.read_header(path).figures, checkpoint.read_extra(path)
    for config in (ViTConfig(embed_dim=16, depth=2), ViTConfig(embed_dim=8, depth=3)):
        checkpoint.save(VisionTransformer(config), other, figures=figures, extra=extra)
        with pytest.raises(CheckpointError, match="token map"):
            token_map.load_token_map(other)


def test_invalid_arguments_give_one_sentence(tmp_path, monkeypatch, digits, capsys):
    assert token_map.main(["--model", "nobody"]) == 1
    assert "nobody" in capsys.readouterr().err
    assert token_map.main(["--threads", "99999"]) == 1
    assert "threads must be a whole number in" in capsys.readouterr().err
    checkpoint.save(VisionTransformer(SMALL), tmp_path / "small.safetensors")
    monkeypatch.setattr(token_map, "load", lambda *_: digits.subset(slice(0, 100)))
    assert token_map.main(["--model", str(tmp_path / "small.safetensors")]) == 1
    assert "at least 500 digits" in capsys.readouterr().err
