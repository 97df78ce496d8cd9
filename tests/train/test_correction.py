"""Test corrections: the corrected drawing and similar ones are read right, and little else is forgotten."""

import json
from dataclasses import replace

import pytest
import torch
from torch import Tensor

import vit
from tests.demo.training.jobs_data import TINY, bars
from train.config import Recipe, TrainConfig
from train.correction import CorrectionConfig, correct
from train.data.dataset import Digits
from train.evaluation.predictions import predict_logits
from train.loop import fresh_model
from vit import VisionTransformer, checkpoint, ink

EXAMPLES = {one["label"]: one["strokes"] for one in json.loads((checkpoint.ASSETS / "examples.json").read_text())}
SHORT = CorrectionConfig(steps=4)
REPLAY = bars(64, seed=3)


def mirrored(label: int, lean: float = 0.0, bend: float = 0.0) -> Digits:
    """Return a mirrored digit, as children write it, with a lean and a bend."""
    strokes = [[(280 - x + lean * y, y + bend * x * x / 280) for x, y, *_ in stroke] for stroke in EXAMPLES[label]]
    image = torch.from_numpy(ink.from_strokes(strokes) * 255).round().byte()
    return Digits(image[None], torch.tensor([label]))


def weights(model: VisionTransformer) -> dict[str, Tensor]:
    return {name: weight.clone() for name, weight in model.state_dict().items()}


def same(one: VisionTransformer, other: VisionTransformer) -> bool:
    return all(map(torch.equal, one.state_dict().values(), other.state_dict().values()))


def digits_of(model: VisionTransformer, digits: Digits) -> list[int]:
    return predict_logits(model, digits.images).argmax(dim=-1).tolist()


def fresh(seed: int = 1, dropout: float = 0.0) -> VisionTransformer:
    return fresh_model(Recipe(replace(TINY, dropout=dropout), TrainConfig(seed=seed))).eval()


def misread(model: VisionTransformer) -> Digits:
    """Return a mirrored digit that the model misreads; which one it is differs between models."""
    return next(wrong for label in (7, 2, 5, 6, 3) if digits_of(model, wrong := mirrored(label)) != [label])


def test_a_misread_drawing_is_learned_with_others_like_it_and_little_is_forgotten(mnist_train, mnist_test):
    model = vit.load("digits-4x4")
    wrong, before, some = misread(model), weights(model), mnist_test.subset(slice(2000))
    result = correct(model, wrong, mnist_train)
    assert result.learned
    assert 0 < result.steps < CorrectionConfig().steps
    label = int(wrong.labels[0])
    assert predict_logits(result.model, wrong.images).softmax(dim=-1)[0, label] >= CorrectionConfig().min_prob
    others = [mirrored(label, lean, bend) for lean in (-0.15, 0, 0.15) for bend in (-0.15, 0.15)]
    known = [sum(digits_of(one, other) == [label] for other in others) for one in (model, result.model)]
    assert known[0] <= 1
    assert known[1] >= 4
    assert all(torch.equal(weight, before[name]) for name, weight in model.state_dict().items())
    assert not result.model.training
    before_it, after_it = (
        sum(map(int.__eq__, digits_of(one, some), some.labels.tolist())) for one in (model, result.model)
    )
    assert before_it - after_it < 12


def test_without_rehearsal_more_is_forgotten(mnist_train, mnist_test):
    """A plain 7 labelled 1 contradicts what was learned; only rehearsal keeps other sevens."""
    model, some = vit.load("digits-4x4"), mnist_test.subset(slice(2000))
    image = torch.from_numpy(ink.from_strokes(EXAMPLES[7]) * 255).round().byte()[None]
    odd = Digits(image, torch.tensor([1]))
    configs = [CorrectionConfig(lr=1e-3, share=share) for share in (0.25, 0.98)]
    right = [
        sum(map(int.__eq__, digits_of(correct(model, odd, mnist_train, config).model, some), some.labels.tolist()))
        for config in configs
    ]
    assert right[0] > right[1] + 20


def test_a_drawing_that_is_read_right_needs_no_step(mnist_train):
    model = vit.load("digits-4x4")
    image = torch.from_numpy(ink.from_strokes(EXAMPLES[1]) * 255).round().byte()[None]
    result = correct(model, Digits(image, torch.tensor([1])), mnist_train.subset(slice(50)))
    assert (result.steps, result.learned) == (0, True)
    assert same(result.model, model)
    assert result.model is not model


def test_contradictory_corrections_end_after_all_steps():
    wrong = REPLAY.subset(slice(1))
    both = wrong + Digits(wrong.images, (wrong.labels + 1) % 10)
    reports = []
    result = correct(fresh(), both, REPLAY, SHORT, lambda done, of: reports.append((done, of)))
    assert (result.steps, result.learned) == (4, False)
    assert reports == [(1, 4), (2, 4), (3, 4), (4, 4)]


@pytest.mark.parametrize("dropout", [0.0, 0.3])
def test_a_seed_repeats_a_correction_and_leaves_the_global_generator_alone(dropout):
    model, wrong = fresh(dropout=dropout), bars(3, seed=9)
    before = torch.get_rng_state()
    first = correct(model, wrong, REPLAY, SHORT).model
    assert torch.equal(torch.get_rng_state(), before)
    torch.rand(5)
    assert same(first, correct(model, wrong, REPLAY, SHORT).model)
    assert not same(first, correct(model, wrong, REPLAY, replace(SHORT, seed=1)).model)


def test_a_frozen_model_can_be_corrected():
    model = fresh().requires_grad_(False)
    result = correct(model, bars(2, seed=9), REPLAY, SHORT)
    assert not same(result.model, model)
    assert all(weight.grad is None for weight in model.parameters())


@pytest.mark.parametrize(
    ("corrections", "replay", "named"),
    [
        (REPLAY.subset(slice(0)), REPLAY, "corrections must hold"),
        (REPLAY, REPLAY.subset(slice(0)), "replay must hold"),
        (Digits(REPLAY.images, REPLAY.labels + 5), REPLAY, "labels must be 0 to 9"),
        (Digits(REPLAY.images, REPLAY.labels - 1), REPLAY, "labels must be 0 to 9"),
    ],
)
def test_invalid_corrections_are_named(corrections, replay, named):
    with pytest.raises(ValueError, match=named):
        correct(fresh(), corrections, replay, SHORT)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("steps", 0),
        ("batch_size", 1),
        ("share", 0.0),
        ("share", 1.0),
        ("lr", 0.0),
        ("min_prob", 1.5),
        ("min_accuracy", -0.1),
    ],
)
def test_a_wrong_hyperparameter_is_named(name, value):
    with pytest.raises(ValueError, match=name):
        CorrectionConfig(**{name: value})
