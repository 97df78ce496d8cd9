"""`python -m train.explainer` writes an explainer; `python -m train.benchmarks.explainer` compares it."""

import json

import pytest
import torch

from tests.vit.explain.games import drawing, lively
from train.benchmarks import explainer as command
from train.benchmarks.explainer import Compared, Reference, equal_pairs, estimate_of_calls, pairs_title, report
from train.explainer import __main__ as training
from vit import checkpoint
from vit.explain.amortised import load, new_explainer, save
from vit.explain.masking import MaskedModel
from vit.explain.shapley import pair_means


@pytest.fixture
def explainer_file(model_file, tmp_path):
    """Save an untrained explainer of the small model; return its path."""
    torch.manual_seed(0)
    path = tmp_path / "explainer.safetensors"
    save(new_explainer(checkpoint.load(model_file), "erased", width=8, depth=1), path, {}, {})
    return path


def result(method: str, digit: int, error: float, ms: float = 2.0, exact: bool = False) -> Compared:
    return Compared("small", digit, "erased", method, 4, exact, 10, ms, error, 2.0, 0.5, None)


def some_results() -> list[Compared]:
    """Return results whose estimate has the error 8 / pairs, and whose explainer has that of 16 pairs."""
    estimates = [result(pairs_title(k), digit, 8 / k, 4.0 * k) for k in command.PAIRS for digit in (0, 1)]
    return [result("explainer", 0, 0.25), result("explainer", 1, 0.75, exact=True), *estimates]


def test_the_estimate_needs_as_many_pairs_as_its_error_says():
    assert equal_pairs(some_results()) == pytest.approx(16)


def test_the_tables_have_errors_times_and_shares():
    lines = report(some_results()).splitlines()
    [row] = [line for line in lines if line.startswith("| explainer | 10 | 1.0 | 0.707 (0.500 to 0.866) | 25.0 % |")]
    assert row.endswith("| 0.500 (0.500 to 0.500) | nan (nan to nan) |")
    assert any(line.startswith("| estimate, 4 pairs of orders | 10 | 8.0 | 1.414") for line in lines)
    assert "The estimate has the error of the explainer with 16.0 pairs of orders, 160 calls." in lines


def test_the_variance_of_the_reference_is_taken_off():
    reference = Reference(torch.tensor([1.0, 3.0]), torch.tensor([0.5, 0.1]))
    found = reference.compare(torch.tensor([2.0, 3.0]))
    assert found["error"] == pytest.approx((1 - 0.5 + 0 - 0.1) / 2)
    assert found["size"] == pytest.approx((1 - 0.5 + 9 - 0.1) / 2)
    assert (found["rank"], found["sign"]) == (pytest.approx(1), 1)


def test_two_calls_share_the_whole_and_enough_calls_are_an_order():
    masked = MaskedModel(lively(), drawing((1, 2, 5, 9)), "erased")
    one, whole = (estimate_of_calls(masked, 3, calls) for calls in (2, 99))
    means, curves = pair_means(masked, 3, 1)
    torch.testing.assert_close(one, (curves[0, -1] - curves[0, 0]).expand(4) / 4)
    torch.testing.assert_close(whole.sum(), means[0].sum())
    torch.testing.assert_close(estimate_of_calls(masked, 3, 3).sum(), means[0].sum())
    assert len(whole.unique()) == 4 and len(estimate_of_calls(masked, 3, 3).unique()) == 2


def test_the_command_compares_prints_and_resumes(model_file, explainer_file, tmp_path, capsys):
    out = tmp_path / "compared.json"
    arguments = ["--digits", "2", "--model", str(model_file), "--explainer", str(explainer_file), "--json", str(out)]
    assert command.main(arguments) == 0
    printed = capsys.readouterr().out
    results = json.loads(out.read_text())["compared"]
    assert {one["digit"] for one in results} == {0, 1}
    assert all(one["exact"] for one in results)  # four patches: all subsets are read
    assert "| explainer | 1 | 1.0 |" in printed and "one pass takes" in printed
    assert command.main(arguments) == 0  # from the file
    assert capsys.readouterr().out == printed


def test_an_explainer_is_trained_and_written(model_file, data, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(training, "VALIDATION", 16)
    out, where = tmp_path / "new" / "explainer.safetensors", ["--data", str(data), "--model", str(model_file)]
    arguments = [*where, "--out", str(out), "--digits", "80", "--epochs", "2", "--width", "8", "--depth", "1"]
    assert training.main(arguments) == 0
    assert "epoch 2: squared error" in capsys.readouterr().out
    first = load(out, checkpoint.load(model_file))
    assert first.config.mask_mode == "erased"
    assert training.main(arguments) == 0
    again = load(out, checkpoint.load(model_file))
    assert all(torch.equal(again.state_dict()[name], tensor) for name, tensor in first.state_dict().items())


@pytest.mark.parametrize(
    ("main", "arguments", "message"),
    [
        (command.main, ["--digits", "0", "--model", "digits-7x7"], "digits must be a whole number in [1, 300], got 0"),
        (command.main, ["--mask-mode", "unseen", "--model", "digits-4x4"], "none of digits-4x4 ships for unseen"),
        (command.main, ["--explainer", "nobody"], "no checkpoint 'nobody'"),
        (training.main, ["--out", "/nowhere/../dev/null"], "out must be a file"),
        (training.main, ["--epochs", "0", "--out", "one.safetensors"], "epochs must be a whole number"),
    ],
)
def test_what_cannot_be_done_is_said_in_a_sentence(main, arguments, message, capsys):
    assert main(arguments) == 1
    error = capsys.readouterr().err
    assert message in error and len(error.splitlines()) == 1
