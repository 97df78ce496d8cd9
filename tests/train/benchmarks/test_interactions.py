"""Test `python -m train.benchmarks.interactions`: how much few terms explain, its table and its file."""

import json
from dataclasses import replace

import numpy as np
import pytest
import torch

from tests.vit.explain.games import as_table, drawing, lively, random_table
from train.benchmarks import interactions as command
from train.benchmarks.interactions import Explained, explained, masked_models, table
from vit import VisionTransformer, ViTConfig


def test_patches_that_do_not_interact_need_one_term_each():
    one = explained("game", 0, "erased", as_table(lambda present: float(sum(4 - i for i in present)), 4))
    assert (one.patches, one.terms_99, one.walsh_99) == (4, 4, 4)  # squares 16 + 9 + 4 + 1: three terms explain 0.97
    assert one.terms_90 == one.walsh_90 == 3
    assert one.r_squared == pytest.approx([16 / 30, 29 / 30, 1, 1, 1], abs=1e-4)
    assert one.largest == 1  # without interactions, the largest terms are single patches


def test_the_largest_interactions_do_not_explain_a_random_table():
    values = random_table(6)
    one = explained("game", 0, "erased", values)
    assert one.largest < 0 < one.r_squared[2]


def test_with_many_patches_only_up_to_fourteen_inked_ones_are_maskable():
    torch.manual_seed(0)
    model = VisionTransformer(ViTConfig(patch_size=4, embed_dim=8, depth=1, num_heads=2, mlp_dim=8)).eval()
    few = list(masked_models(model, drawing((9, 10, 16), patch_size=4).float()))
    assert [(masked.mask_mode, masked.maskable.tolist()) for masked in few] == [
        ("unseen", [9, 10, 16]),
        ("erased", [9, 10, 16]),
    ]
    assert list(masked_models(model, drawing(tuple(range(15)), patch_size=4).float())) == []
    modes = list(masked_models(lively(), drawing((1, 2))))
    assert [len(masked.maskable) for masked in modes] == [16, 2]


def test_the_command_prints_and_writes_medians(model_file, tmp_path, capsys):
    out = tmp_path / "explained.json"
    arguments = ["--digits", "3", "--model", str(model_file), "--json", str(out)]
    assert command.main(arguments) == 0
    printed = capsys.readouterr().out
    results = json.loads(out.read_text())["explained"]
    assert len(results) == 3 * 2
    unseen = [one["r_squared"] for one in results if one["mask_mode"] == "unseen"]
    row = next(line for line in printed.splitlines() if "| unseen |" in line)
    assert [cell.strip() for cell in row.split("|")][5:10] == [f"{value:.2f}" for value in np.median(unseen, axis=0)]
    assert command.main(arguments) == 0  # reads the results from the file
    assert capsys.readouterr().out == printed


def test_unknown_counts_are_shown_as_over_the_limit():
    one = Explained("game", 0, "unseen", 16, [0.1, 0.2, 0.3, 0.4, 0.5], -2.0, 40, None, 30, 600)
    results = [one, replace(one, digit=1, terms_99=200), replace(one, digit=2)]
    assert "| 40 (40 to 40) | over 512 (200 to over 512) | 30 (30 to 30) | 600 (600 to 600) |" in table(results)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--digits", "0"], "digits must be a whole number in [1, 300], got 0"),
        (["--digits", "1", "--json", "nowhere/out.json"], "json must lie in a folder that is there"),
        (["--model", "nobody", "--digits", "1"], "nobody"),
    ],
)
def test_invalid_arguments_give_one_sentence(arguments, message, capsys):
    assert command.main(arguments) == 1
    error = capsys.readouterr().err
    assert message in error and len(error.splitlines()) == 1
