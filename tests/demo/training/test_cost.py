"""Compare the costs of a training with PyTorch's counts, and test its limits and the sentences of refusals."""

from collections.abc import Callable
from dataclasses import replace
from itertools import accumulate

import gradio as gr
import pytest
import torch
from torch.profiler import ProfilerActivity, profile
from torch.utils.flop_counter import FlopCounterMode

from demo.tabs.train.actions import start
from demo.tabs.train.plan import EPOCHS, NAMES, describe, settings_of
from demo.training.cost import MAX_MINUTES, SPEED, check, image_cost, peak_bytes, seconds_estimate, work
from tests.demo.training.jobs_data import TINY
from train.config import RECIPES, Recipe, TrainConfig
from train.data.dataset import Digits
from train.loop import train
from train.score import EVALUATED_AT_ONCE, evaluate
from vit.config import PRESETS, ViTConfig
from vit.model import VisionTransformer

# The figures below are of a small model, trained like `fast`.
SMALL = {"embed_dim": 64, "num_heads": 4, "mlp_dim": 128}
FAST = replace(RECIPES["fast"], model=replace(RECIPES["fast"].model, **SMALL))
SIZES = [
    ViTConfig(),
    PRESETS["blog"],
    ViTConfig(patch_size=4, embed_dim=96, depth=5, num_heads=6, mlp_dim=192),
    ViTConfig(patch_size=2, embed_dim=32, depth=2, num_heads=4, mlp_dim=64),
    ViTConfig(patch_size=4, depth=2, pool="mean", positions="none"),
]


def changed(model: dict | None = None, training: dict | None = None) -> Recipe:
    """Return that model and recipe with other values."""
    return Recipe(replace(FAST.model, **model or {}), replace(FAST.training, **training or {}))


# Limits


@pytest.mark.parametrize("name", ["fast", "blog"])
def test_the_recipes_that_the_page_offers_are_allowed(name):
    check(RECIPES[name])


@pytest.mark.parametrize("name", RECIPES)
def test_every_recipe_is_allowed_with_few_epochs(name):
    """The shipped models were trained for longer than the page allows."""
    check(replace(RECIPES[name], training=replace(RECIPES[name].training, epochs=EPOCHS["fast"])))


@pytest.mark.parametrize("num_heads", [4, 8])
def test_the_smallest_patches_are_allowed(num_heads):
    check(changed({"patch_size": 2, "num_heads": num_heads}, {"batch_size": 128, "epochs": EPOCHS["fast"]}))


@pytest.mark.parametrize(
    ("model", "training", "message"),
    [
        ({}, {"val_size": 60_000}, "some of the 60,000 images must be left"),
        ({}, {"epochs": 500}, "minutes on one processor core.*fewer epochs"),
        ({}, {"batch_size": 1}, "minutes on one processor core.*larger batch"),
        ({"patch_size": 1}, {}, "GB of memory at once.*larger patches"),
        ({}, {"batch_size": 55_000}, "GB of memory at once.*smaller batch"),
        ({"embed_dim": 1024, "depth": 12}, {}, "parameters.*smaller width, depth"),
        ({"depth": 1000}, {}, "parameters.*smaller width, depth"),
        ({"image_size": 56}, {}, "image_size 28.*got image_size 56"),
        ({"num_classes": 9}, {}, "num_classes 10.*num_classes 9"),
        ({"in_chans": 3}, {}, "in_chans 1.*in_chans 3"),
    ],
)
def test_an_impossible_training_is_refused(model, training, message):
    with pytest.raises(ValueError, match=message):
        check(changed(model, training))


@pytest.mark.parametrize("images", [0, -5, 2.5, True])
def test_images_are_counted_in_whole_numbers(images):
    with pytest.raises(ValueError, match="max_images must be a positive whole number"):
        check(FAST, max_images=images)


def test_a_subset_takes_less_time():
    whole, some = (work(changed(training=subset)) for subset in ({}, {"without": (1, 2, 3, 4, 5)}))
    few, bound = work(changed(training={"per_class": 100})), work(FAST, images=1000)
    assert few == bound < some < whole
    letters = Recipe(FAST.model, replace(FAST.training, dataset="emnist-letters"))
    with pytest.raises(ValueError, match=r"EMNIST letters needs .* num_classes 26, got .* num_classes 10"):
        check(letters)
    check(letters.with_classes())
    assert 1.9 * work(FAST) < work(letters.with_classes()) < 2.3 * work(FAST)  # 124,800 images instead of 60,000


def test_fewer_images_make_a_long_training_allowed():
    recipe = changed(training={"epochs": 200})
    with pytest.raises(ValueError, match="minutes"):
        check(recipe)
    check(recipe, max_images=2000)


def test_the_limit_is_half_an_hour():
    one, two = (work(changed(training={"epochs": epochs})) for epochs in (1, 2))
    epochs = (MAX_MINUTES * 60 * SPEED - one) // (two - one) + 1
    at_most = changed(training={"epochs": epochs})
    assert seconds_estimate(at_most) <= 30 * 60 < seconds_estimate(at_most) + (two - one) / SPEED
    check(at_most)
    with pytest.raises(ValueError, match="about 31 minutes on one processor core, but at most 30 are allowed"):
        check(changed(training={"epochs": epochs + 1}))


# The form


def settings(**values: object) -> tuple:
    """Return the form's settings of that model and recipe with other values."""
    return tuple((dict(zip(NAMES, settings_of("fast"), strict=True)) | SMALL | values).values())


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ({"num_heads": 8, "embed_dim": 20}, "num_heads must divide embed_dim 20, got 8."),
        ({"epochs": 2.5}, "epochs must be a whole number, got 2.5."),
        ({"per_class": -3}, "per_class must be a whole number in [0, 4294967295], got -3."),
        ({"depth": 10**12}, "depth must be a whole number in [1, 1000], got 1000000000000."),
        ({"depth": 1000}, "it would have about 32,772,864 parameters, but at most 4,000,000 are allowed;"),
        ({"patch_size": 2, "batch_size": 512}, "it would need about 5.5 GB of memory at once, but at most 3 GB are"),
        ({"patch_size": 2, "epochs": 20}, "it would take about 82 minutes on one processor core, but at most 30 are"),
    ],
)
def test_the_form_shows_the_refusal_of_start(jobs, values, reason):
    chosen = settings(**values)
    with pytest.raises(gr.Error) as refused:
        start(jobs, {}, "fast", *chosen)
    sentence = refused.value.message.removeprefix("Not started: ")
    assert sentence.startswith(reason)
    assert sentence.endswith(".") and not sentence.endswith("..")
    assert describe(jobs, "fast", *chosen)[0] == f"**This cannot be trained:** {sentence}"


def test_the_form_shows_the_size_of_a_training(jobs):
    weights = VisionTransformer(FAST.model).num_params
    assert describe(jobs, "fast", *settings())[0].startswith(f"{weights:,} parameters, 16 patches, ")


# PyTorch's counts


@pytest.mark.parametrize("config", [TINY, *SIZES])
def test_multiplications_are_those_that_pytorch_counts(config):
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        VisionTransformer(config)(torch.zeros(1, 1, 28, 28))
    assert 2 * image_cost(config)[0] == counter.get_total_flops()


@pytest.mark.parametrize("config", [TINY, *SIZES])
def test_weights_are_nearly_those_of_the_model(config):
    assert config.num_weights == pytest.approx(VisionTransformer(config).num_params, rel=0.1)


def peak_memory(act: Callable[[], object]) -> int:
    """Return the peak memory of tensors that `act` allocates, in bytes, as the profiler counts them."""
    with profile(activities=[ProfilerActivity.CPU], profile_memory=True) as profiler:
        act()
    return int(max(accumulate(event.self_cpu_memory_usage for event in profiler.events() or [])))


def blank(count: int) -> Digits:
    return Digits(torch.zeros(count, 28, 28, dtype=torch.uint8), torch.zeros(count, dtype=torch.long))


@pytest.mark.parametrize("config", SIZES)
def test_memory_is_enough_for_training(config):
    model, training = VisionTransformer(config), replace(FAST.training, epochs=1, batch_size=32)
    used = peak_memory(lambda: list(train(model, blank(64), blank(0), training)))
    # The batch is so large that training needs more memory than the evaluation.
    allowed = peak_bytes(Recipe(config, TrainConfig(batch_size=32_000)), 32_000) / 1000
    assert used <= allowed <= 4 * used


@pytest.mark.parametrize("config", SIZES)
def test_memory_is_enough_for_evaluation(config):
    model = VisionTransformer(config)
    used = peak_memory(lambda: evaluate(model, blank(EVALUATED_AT_ONCE + 1)))
    allowed = peak_bytes(Recipe(config, TrainConfig(batch_size=1)), 1)
    assert used <= allowed <= 2 * used
