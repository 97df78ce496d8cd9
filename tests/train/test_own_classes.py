"""Test own classes: the head against an independent fit, what is left out, seeds, the command, and bad files."""

import json
from dataclasses import replace

import numpy as np
import pytest
import scipy
import torch
from torch import Tensor

import train.own_classes.__main__ as command
import vit
from tests.demo.training.jobs_data import TINY
from tests.symbols import drawings, file_of, symbols
from train.config import Recipe, TrainConfig
from train.data.dataset import Digits
from train.evaluation.predictions import predict_logits
from train.loop import fresh_model
from train.own_classes import OwnClassesConfig, learn, learning, load_drawings
from train.own_classes.drawings import MAX_DRAWINGS, drawings_of
from train.own_classes.learning import features, fit_head, split_in_parts, with_head
from vit import VisionTransformer, ink

NAMES = ("triangle", "smiley", "arrow")
SHORT = OwnClassesConfig(steps=3, images=60)


def some(count: int = 5, seed: int = 0) -> Digits:
    return drawings_of(symbols(count, NAMES, seed))[1]


def fresh(dropout: float = 0.0) -> VisionTransformer:
    return fresh_model(Recipe(replace(TINY, dropout=dropout), TrainConfig(seed=1))).eval()


def weights(model: VisionTransformer) -> list[Tensor]:
    return [weight.clone() for weight in model.state_dict().values()]


def test_symbols_are_learned_and_others_are_read():
    model = vit.load("digits-4x4")
    before = weights(model)
    result = learn(model, some(10), NAMES)
    others = some(20, seed=1)
    read = predict_logits(result.model, others.images).argmax(dim=-1)
    assert (read == others.labels).float().mean() > 0.9
    assert result.right >= 27
    assert result.confusion.sum() == 30
    assert result.model.config.class_names == NAMES
    assert result.temperature >= 1
    assert all(map(torch.equal, weights(model), before))
    assert not result.model.training


def test_the_head_is_the_multinomial_logistic_regression_of_another_optimizer():
    """Compare with SciPy's BFGS in double precision on the loss as it is written in textbooks."""
    rng, penalty = np.random.default_rng(0), 0.01
    labels = np.repeat([0, 1, 2], [40, 20, 10])
    rows = rng.normal(size=(70, 6)) + 0.8 * labels[:, None] * np.arange(6) / 5
    weight, bias = fit_head(torch.tensor(rows, dtype=torch.float32), torch.tensor(labels), 3, penalty)
    shares = 1 / np.bincount(labels)[labels] / 3  # (n,), which sum to 1

    def loss(numbers: np.ndarray) -> float:
        scores = rows @ numbers[:18].reshape(3, 6).T + numbers[18:]
        log_probs = scores - scipy.special.logsumexp(scores, axis=1, keepdims=True)
        return float(-(shares * log_probs[np.arange(70), labels]).sum() + penalty / 2 * (numbers[:18] ** 2).sum())

    expected = scipy.optimize.minimize(loss, np.zeros(21), method="BFGS", options={"gtol": 1e-7}).x
    np.testing.assert_allclose(weight.numpy(), expected[:18].reshape(3, 6), atol=5e-3)
    expected_bias = expected[18:] - expected[18:].mean()  # one number may be added to all
    np.testing.assert_allclose(bias.numpy() - bias.numpy().mean(), expected_bias, atol=5e-3)


def test_features_are_the_input_of_the_head():
    model, images = vit.load("digits-4x4"), some().images[:, None].float() / 255
    rows = features(model, images)
    torch.testing.assert_close(model.head(rows), model(images), atol=1e-4, rtol=1e-4)
    turned = with_head(model, model.head.weight.flip(0), model.head.bias.flip(0), tuple("9876543210"))
    torch.testing.assert_close(turned(images), model(images).flip(-1))


def test_parts_are_stratified_and_repeat():
    labels = torch.tensor([0] * 12 + [1] * 5 + [2] * 7)
    parts = split_in_parts(labels, 5, seed=3)
    counts = torch.stack([torch.bincount(parts[labels == label], minlength=5) for label in range(3)])
    assert (counts.amax(dim=1) - counts.amin(dim=1) <= 1).all() and counts.min() >= 1
    assert torch.equal(parts, split_in_parts(labels, 5, seed=3))
    assert not torch.equal(parts, split_in_parts(labels, 5, seed=4))


def test_a_left_out_drawing_is_never_learned_from(monkeypatch):
    """Record the images of all steps and heads: those of the part that a copy reads are not among them."""
    digits, learned = some(), []
    tune, head = learning.fine_tune, learning.fit_head
    monkeypatch.setattr(
        learning, "fine_tune", lambda model, images, *rest: learned.append(images) or tune(model, images, *rest)
    )
    rows = []
    monkeypatch.setattr(learning, "fit_head", lambda found, *rest: rows.append(len(found)) or head(found, *rest))
    model = fresh()
    result = learn(model, digits, NAMES, SHORT)
    parts = split_in_parts(digits.labels, 5, SHORT.seed)
    assert len(learned) == 6 and len(rows) == 6
    for part in range(5):
        known = {image.numpy().tobytes() for image in (255 * learned[part]).round().byte()}
        left_out = [image.numpy().tobytes() for image in digits.images[parts == part]]
        assert left_out and not known.intersection(left_out)
        assert rows[part] * 15 == rows[5] * 12  # 3 of the 15 drawings are missing, with all their copies
    assert len(learned[5]) == 15
    assert torch.isfinite(result.logits).all()


def test_noise_is_not_read_better_than_chance():
    """Two classes of the same shape cannot be told apart; who had seen the drawings would know many by heart."""
    more = drawings_of(
        [
            {"name": "one", "drawings": symbols(20, ("smiley",))[0]["drawings"]},
            {"name": "two", "drawings": symbols(20, ("smiley",), seed=7)[0]["drawings"]},
        ]
    )[1]
    result = learn(vit.load("digits-4x4"), more, ("one", "two"), OwnClassesConfig(steps=10))
    assert result.right <= 30  # of 40; chance gives 20


@pytest.mark.parametrize("dropout", [0.0, 0.3])
def test_a_seed_repeats_and_leaves_the_global_generator_alone(dropout):
    model, before = fresh(dropout), torch.get_rng_state()
    reports = []
    first = learn(model, some(), NAMES, SHORT, lambda done, of: reports.append((done, of)))
    assert torch.equal(torch.get_rng_state(), before)
    torch.rand(5)
    again, other = learn(model, some(), NAMES, SHORT), learn(model, some(), NAMES, replace(SHORT, seed=1))
    assert all(map(torch.equal, weights(first.model), weights(again.model)))
    assert torch.equal(first.logits, again.logits)
    assert not torch.equal(first.logits, other.logits)
    assert reports == [(step, 18) for step in range(1, 19)]


def test_without_steps_only_the_head_is_new():
    model = fresh()
    result = learn(model, some(), NAMES, replace(SHORT, steps=0))
    body = [name for name in model.state_dict() if not name.startswith("head")]
    assert all(torch.equal(model.state_dict()[name], result.model.state_dict()[name]) for name in body)


@pytest.mark.parametrize(
    ("labels", "names", "named"),
    [
        ([0] * 5, ("a",), "at least two classes"),
        ([0] * 5 + [1] * 4, ("a", "b"), "at least 5 drawings, got 4 of 'b'"),
        ([0] * 5 + [2] * 5, ("a", "b"), "labels must be 0 to 1"),
    ],
)
def test_too_few_drawings_are_named(labels, names, named):
    digits = Digits(torch.zeros(len(labels), 28, 28, dtype=torch.uint8), torch.tensor(labels))
    with pytest.raises(ValueError, match=named):
        learn(fresh(), digits, names)


@pytest.mark.parametrize(
    "changes", [{"folds": 1}, {"steps": -1}, {"lr": 0.0}, {"penalty": 0.0}, {"images": 0}, {"batch_size": True}]
)
def test_a_hyperparameter_out_of_range_is_named(changes):
    with pytest.raises(ValueError, match=next(iter(changes))):
        OwnClassesConfig(**changes)


def test_the_command_learns_a_file_and_stores_the_model(tmp_path, capsys):
    path, out, results = tmp_path / "mine.json", tmp_path / "mine.safetensors", tmp_path / "results.json"
    path.write_text(json.dumps(file_of(symbols(5, NAMES))))
    words = [str(path), "--steps", "2", "--out", str(out), "--json", str(results)]
    assert command.main(words) == 0
    said, stored = capsys.readouterr().out, json.loads(results.read_text())
    assert f"read {stored['right']} of 15 left-out drawings" in said
    assert stored["names"] == list(NAMES)
    assert sum(map(sum, stored["confusion"])) == 15
    drawing = torch.from_numpy(ink.from_strokes(drawings("arrow", 1, seed=5)[0]))[None, None]
    assert vit.load(out)(drawing).shape == (1, 3)
    assert vit.load(out).config.class_names == NAMES


def one(drawing: object) -> list[dict]:
    good = symbols(5, NAMES[:2])
    good[0]["drawings"][2] = drawing
    return good


BAD = {
    "between 2 and 10 symbols": symbols(5, NAMES[:1]),
    "name of 1 to 20 characters": [{"name": "x" * 21, "drawings": []}, {"name": "y", "drawings": []}],
    "Symbol 2 needs a name": [{"name": "x", "drawings": []}, 5],
    "Two symbols have the name": [{"name": "x", "drawings": []}, {"name": " x ", "drawings": []}],
    "has no list of drawings": [{"name": "x", "drawings": 5}, {"name": "y", "drawings": []}],
    "has 4 drawings; between 5": symbols(4, NAMES),
    f"has {MAX_DRAWINGS + 1} drawings": symbols(MAX_DRAWINGS + 1, NAMES),
    "Drawing 3 of “triangle” cannot be used: it has neither": one([]),
    "strokes must be lists": one({"strokes": 5}),
    "only a dot": one({"strokes": [[[5, 5], [6, 6]]]}),
    "1,001 points": one({"strokes": [[[at, at] for at in range(1001)]]}),
    "packed pixels": one({"picture": {"shape": [5, 5], "type": "u8", "data": ""}}),
    "finite number": one({"strokes": [[[1, 1], [float("nan"), 100]]]}),
}


@pytest.mark.parametrize("reason", BAD)
def test_bad_symbols_are_refused_in_one_sentence(reason):
    with pytest.raises(ValueError, match="(?i)" + reason) as refused:
        drawings_of(BAD[reason])
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("{", "is not JSON"),
        ("[" * 100_000, "is not JSON"),
        ("[]", "holds no symbols"),
        (json.dumps(file_of([]) | {"version": 2}), "version 2"),
        (json.dumps(file_of([])), "got 0"),
        (" " * 4_000_001, "too large"),
    ],
)
def test_bad_files_are_refused_by_the_command(text, reason, tmp_path, capsys):
    path = tmp_path / "bad.json"
    path.write_text(text)
    assert command.main([str(path)]) == 1
    assert reason in capsys.readouterr().err
    with pytest.raises(ValueError, match=reason):
        load_drawings(path)


def test_names_of_any_script_are_kept():
    content = symbols(5, NAMES[:2])
    content[0]["name"], content[1]["name"] = " ٣ ", "👩\u200d🎓"
    assert drawings_of(content)[0] == ["٣", "👩\u200d🎓"]
