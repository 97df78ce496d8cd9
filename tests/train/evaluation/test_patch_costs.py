"""Compare the costs of patch sizes with PyTorch's counters, and test the memory limits and the table."""

from dataclasses import replace
from itertools import pairwise

import pytest
import torch
from torch.profiler import ProfilerActivity, profile
from torch.utils.flop_counter import FlopCounterMode

from train.config import RECIPES, Recipe
from train.evaluation import patch_costs
from train.evaluation.patch_costs import (
    Cost,
    compare_ends,
    costs_table,
    main,
    measure_patch_size,
    saved_bytes,
    seconds_per_batch,
    seconds_per_step,
)
from vit import VisionTransformer, ViTConfig
from vit.analysis.flops import multiplications

SMALL = ViTConfig(embed_dim=16, depth=2, num_heads=2, mlp_dim=32)
CONFIGS = [
    replace(SMALL, patch_size=2),
    replace(SMALL, pool="mean", positions="none"),
    replace(SMALL, norm="post", act="relu", depth=1),
]


@pytest.mark.parametrize("config", CONFIGS)
def test_multiplications_between_tokens_are_those_that_pytorch_counts(config):
    """Products of two batches of matrices are between tokens; products with weights act on each token alone."""
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        VisionTransformer(config)(torch.zeros(1, 1, 28, 28))
    counts = counter.get_flop_counts()["Global"]
    between = sum(count for name, count in counts.items() if "bmm" in str(name))
    assert multiplications(config) == (between // 2, (counter.get_total_flops() - between) // 2)


@pytest.mark.parametrize("config", CONFIGS)
def test_saved_bytes_equal_the_profilers_memory(config):
    """Compare with the profiler: memory allocated and not freed, without the logits that the caller holds."""
    model, image = VisionTransformer(config).train(), torch.zeros(1, 1, 28, 28)
    with profile(activities=[ProfilerActivity.CPU], profile_memory=True) as profiler:
        logits = model(image)
    allocated = sum(event.self_cpu_memory_usage for event in profiler.events() or [])
    found = saved_bytes(config, "cpu")
    assert found == pytest.approx(allocated - logits.numel() * 4, rel=0.02)
    assert saved_bytes(config, "meta") == found


def test_smaller_patches_cost_more_of_everything():
    costs = list(patch_costs.patch_costs(SMALL, (14, 7, 4), seconds=0.3))
    assert [cost.patch_size for cost in costs] == [14, 7, 4]
    assert [(cost.num_patches, cost.num_tokens) for cost in costs] == [(4, 5), (16, 17), (49, 50)]
    assert [cost.attention_weights for cost in costs] == [4 * 25, 4 * 289, 4 * 2500]
    for coarse, fine in pairwise(costs):
        assert coarse.quadratic < fine.quadratic < 1 and coarse.bytes < fine.bytes
    for cost in costs:
        assert cost.num_params == VisionTransformer(replace(SMALL, patch_size=cost.patch_size)).num_params
        assert cost.batch >= 1 and cost.seconds and cost.seconds > 0


def test_single_pixels_as_patches_respect_the_memory_limits(monkeypatch):
    """Batches are small where an image needs much memory; a size that needs too much is reported as such."""
    pixels = replace(SMALL, patch_size=1)
    monkeypatch.setattr(patch_costs, "BATCH_BYTES", 2 * saved_bytes(pixels, "meta"))
    assert measure_patch_size(pixels, 0.1).batch == 2
    monkeypatch.setattr(patch_costs, "MAX_BYTES", saved_bytes(pixels, "meta") - 1)
    too_large = measure_patch_size(pixels, 0.1)
    assert (too_large.num_tokens, too_large.batch, too_large.seconds) == (785, 0, None)
    assert "too much memory" in costs_table([too_large])


def test_the_global_generator_is_left_alone():
    with_dropout = replace(SMALL, dropout=0.2)
    torch.manual_seed(1)
    expected = torch.rand(3)
    torch.manual_seed(1)
    measure_patch_size(with_dropout, 0.05)
    seconds_per_step(Recipe(with_dropout, replace(RECIPES["fast"].training, batch_size=4)), steps=1)
    assert torch.equal(torch.rand(3), expected)


def test_a_measurement_ends_in_time_and_takes_the_median(monkeypatch):
    """With a fake clock, a first slow step does not count, and no step begins that would end too late."""
    times = iter([0, 0, 9, 9, 9, 11, 11, 11, 12, 12, 12, 16, 16])  # steps of 9, 2, 1 and 4 seconds
    monkeypatch.setattr(patch_costs.time, "perf_counter", lambda: next(times))
    assert seconds_per_batch(replace(SMALL, patch_size=14), 1, seconds=18) == 2


@pytest.mark.parametrize("name", ["fast", "blog"])
def test_a_step_of_a_recipe_is_measured(name):
    recipe = replace(RECIPES[name], model=replace(RECIPES[name].model, embed_dim=16, num_heads=2, mlp_dim=32))
    recipe = Recipe(recipe.model, replace(recipe.training, batch_size=16, per_class=3, without=(1,)))
    assert seconds_per_step(recipe, steps=2) > 0


def test_a_training_step_on_letters_is_measured_too():
    fast = RECIPES["fast"]
    letters = Recipe(SMALL, replace(fast.training, dataset="emnist-letters", batch_size=8)).with_classes()
    assert seconds_per_step(letters, steps=1) > 0


def test_the_sentence_compares_the_ends():
    coarse = Cost(14, 4, 5, 100, 0.1, 10, 1_000, 32, 0.001)
    fine = Cost(7, 16, 17, 1_156, 0.2, 10, 4_000, 32, 0.005)
    unmeasured = Cost(1, 784, 785, 10**6, 0.9, 10, 10**10, 0, None)
    assert compare_ends([coarse, fine, unmeasured]) == (
        "From 4 to 16 patches: 3 times the tokens, so 12 times the attention weights; measured, 5 times the time "
        "and 4 times the memory."
    )
    assert compare_ends([coarse]) == "There is nothing to compare."


def test_the_command_line_prints_a_row_for_each_size(capsys, monkeypatch):
    monkeypatch.setattr(patch_costs, "SECONDS", 0.2)
    assert main(["--recipe", "fast", "--sizes", "14", "7"]) == 0
    rows = capsys.readouterr().out.splitlines()
    assert rows[2].startswith("| 4 of 14×14 pixels | 5 | 450 |")
    assert rows[3].startswith("| 16 of 7×7 pixels | 17 | 5,202 |")
    assert main(["--sizes", "5"]) == 1
    assert capsys.readouterr().err == "train.evaluation.patch_costs: patch_size must divide image_size 28, got 5\n"
    assert main(["--threads", "99999"]) == 1
    assert capsys.readouterr().err.startswith("train.evaluation.patch_costs: threads must be a whole number in")
