"""Test `python -m train.benchmarks.faithfulness`: its scores, its tables and its files."""

import json
from math import isnan, nan

import pytest
import torch

from tests.vit.explain.games import drawing, lively
from train.benchmarks import faithfulness as command
from train.benchmarks.faithfulness_report import cell, faithfulness_table, interval, scores_of
from train.benchmarks.results_file import ResultsFile
from vit import VisionTransformer, ViTConfig
from vit.explain.coalitions import log_odds_table
from vit.explain.faithfulness import faithfulness_scale
from vit.explain.masking import MaskedModel
from vit.explain.methods import METHODS


def test_scores_equal_those_of_each_map():
    model, image = lively("2x2"), drawing((0, 1, 3), patch_size=14)
    (scores,) = scores_of("small", model, [image])
    target = int(model(image[None]).argmax())
    assert {(score.mask_mode, score.method) for score in scores} == {
        (m, k) for m in ("unseen", "erased") for k in METHODS
    }
    for score in scores:
        masked = MaskedModel(model, image, score.mask_mode)
        values = METHODS[score.method].ask(model, image, target).flatten()[masked.maskable]
        expected = faithfulness_scale(log_odds_table(masked, target)).score(values, signed=METHODS[score.method].signed)
        for name in ("deletion", "insertion", "rank", "sign"):
            assert getattr(score.faithfulness, name) == pytest.approx(getattr(expected, name), nan_ok=True, abs=1e-5)


@pytest.mark.slow
def test_more_than_sixteen_patches_are_estimated():
    torch.manual_seed(0)
    model = VisionTransformer(ViTConfig(patch_size=4, embed_dim=8, depth=1, num_heads=2, mlp_dim=8)).eval()
    (scores,) = scores_of("7x7", model, [drawing((9, 10, 16, 23), patch_size=4).float()])
    assert {score.exact for score in scores if score.mask_mode == "unseen"} == {False}
    assert {score.exact for score in scores if score.mask_mode == "erased"} == {True}
    own = next(score for score in scores if (score.mask_mode, score.method) == ("unseen", "shapley_unseen"))
    assert own.faithfulness.rank < 1  # the scale uses another sample than the method


def test_the_interval_is_near_that_of_the_normal_distribution():
    values = torch.randn(400, generator=torch.Generator().manual_seed(0)).tolist()
    mean, low, high = interval([*values, nan])
    assert mean == pytest.approx(sum(values) / 400)
    half = 1.96 * torch.tensor(values).std().item() / 20
    assert (high - mean, mean - low) == pytest.approx((half, half), rel=0.1)
    assert all(isnan(value) for value in interval([nan]))
    assert cell([nan]) == ""


def test_the_command_prints_writes_and_draws(model_file, tmp_path, capsys):
    out, figure = tmp_path / "scores.json", tmp_path / "scores.svg"
    status = command.main(["--digits", "3", "--model", str(model_file), "--json", str(out), "--figure", str(figure)])
    assert status == 0
    printed = capsys.readouterr().out
    scores = json.loads(out.read_text())["scores"]
    assert len(scores) == 3 * 2 * len(METHODS)
    for method in METHODS.values():
        assert printed.count(f" {method.title} ") == 2
    row = next(line for line in printed.splitlines() if "erased | rollout" in line)
    found = [s["deletion"] for s in scores if (s["mask_mode"], s["method"]) == ("erased", "rollout")]
    assert f"{sum(found) / 3:.2f} (" in row
    assert "<svg" in figure.read_text()


def test_a_stopped_run_resumes_and_gives_the_same_file(model_file, tmp_path, capsys, monkeypatch):
    """Known scores are not measured again, and results of other settings are refused."""
    whole, cut = tmp_path / "whole.json", tmp_path / "cut.json"
    arguments = ["--digits", "3", "--model", str(model_file), "--json"]
    assert command.main([*arguments, str(whole)]) == 0
    table = capsys.readouterr().out
    put, measured = ResultsFile.put, []

    def record(file, *scores):
        put(file, *scores)
        measured.append(scores[0].digit)
        if len(measured) == 2:
            raise KeyboardInterrupt

    monkeypatch.setattr(ResultsFile, "put", record)
    assert command.main([*arguments, str(cut)]) == 130
    capsys.readouterr()
    assert command.main([*arguments, str(cut)]) == 0
    assert measured == [0, 1, 2] and cut.read_text() == whole.read_text() and capsys.readouterr().out == table
    assert command.main(["--digits", "2", "--model", str(model_file), "--json", str(cut)]) == 1
    assert "json must be a file with the same made_of digits" in capsys.readouterr().err
    cut.write_text("[]")
    assert command.main([*arguments, str(cut)]) == 1
    assert "json must be a file that this benchmark wrote" in capsys.readouterr().err and cut.read_text() == "[]"


def test_the_table_lists_the_best_method_first():
    model = lively("2x2")
    (scores,) = scores_of("small", model, [drawing((0, 1, 3), patch_size=14)])
    rows = [line for line in faithfulness_table(scores).splitlines() if "| unseen |" in line]
    mean_score = {}
    for score in scores:
        if score.mask_mode == "unseen":
            mean_score[METHODS[score.method].title] = score.faithfulness.deletion + score.faithfulness.insertion
    assert [row.split(" | ")[2] for row in rows] == sorted(mean_score, key=lambda title: -mean_score[title])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--digits", "0"], "digits must be a whole number in [1, 300], got 0"),
        (["--digits", "301"], "digits must be a whole number in [1, 300], got 301"),
        (["--digits", "1", "--json", "/dev/null"], "/dev/null is a device, not a regular file"),
        (["--digits", "1", "--json", "nowhere/scores.json"], "json must lie in a folder that is there"),
        (["--digits", "1", "--figure", "nowhere/scores.png"], "figure must lie in a folder that is there"),
        (["--digits", "1", "--figure", "scores.txt"], "figure must end in one of .png, .svg, .pdf, got scores.txt"),
        (["--model", "nobody", "--digits", "1"], "nobody"),
    ],
)
def test_invalid_arguments_give_one_sentence(arguments, message, capsys):
    """The message comes before any digit is read."""
    assert command.main(arguments) == 1
    error = capsys.readouterr().err
    assert message in error and len(error.splitlines()) == 1
