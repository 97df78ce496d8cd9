"""Test which values TrainConfig refuses, and what the recipes contain."""

import json
from dataclasses import FrozenInstanceError, asdict, fields, replace

import pytest

from train.config import RECIPES, Recipe, TrainConfig, recipe
from train.datasets import DATASETS
from vit import PRESETS, checkpoint

NAN = float("nan")
WRONG = {
    "epochs": (0, 2.0, True, "3", 10**6 + 1),
    "batch_size": (0, 1.5, 10**23),
    "optimizer": ("sgd", None),
    "lr": (0, 1.5, NAN, float("inf"), "fast", True),
    "weight_decay": (-1e-4, 2, None),
    "schedule": ("cosine", None),
    "warmup": (-0.1, 1.0, NAN),
    "rotation": (-1, 181, "10"),
    "scale": (-0.1, 1.0),
    "aspect": (-0.1, 1.0),
    "shear": (-0.1, 1.1),
    "shift": (-1, 15),
    "elastic": (-1, 7.5),
    "thickness": (-0.1, 1.1),
    "whiten": (-0.1, 11),
    "amounts": ("even", None),
    "patch_dropout": (-0.1, 1.1),
    "distill": (-0.1, 1.1),
    "temperature": (0, 101),
    "precision": ("float16", 32),
    "rare_shapes": (-0.1, 1.1),
    "dataset": ("cifar10", None),
    "per_class": (-1, 0.5, 2**32),
    "without": ((10,), (-1,), (7, 7), tuple(range(10)), "7", None, (1.0,), (True,)),
    "val_size": (-1, 0.1, 2**32),
    "seed": (-1, 1.5, 2**32),
}
# The limits of each range are allowed.
RIGHT = {
    "epochs": (1, 10**6),
    "batch_size": (1, 60_000, 10**6),
    "optimizer": ("adam", "muon"),
    "lr": (1e-9, 1),
    "weight_decay": (0, 1),
    "schedule": ("constant", "linear"),
    "warmup": (0, 0.99),
    "rotation": (0, 180),
    "scale": (0, 0.9),
    "aspect": (0, 0.9),
    "shear": (0, 1),
    "shift": (0, 14),
    "elastic": (0, 7),
    "thickness": (0, 1),
    "whiten": (0, 0.5, 10),
    "amounts": ("uniform", "triangular"),
    "patch_dropout": (0, 1),
    "distill": (0, 1),
    "temperature": (0.1, 100),
    "precision": ("float32", "bfloat16", "auto"),
    "rare_shapes": (0, 1),
    "dataset": ("mnist", "fashion-mnist", "kmnist", "emnist-letters"),
    "per_class": (0, 1, 6000),
    "without": ((), (0,), tuple(range(1, 10))),
    "val_size": (0, 59_999),
    "seed": (0, 2**32 - 1),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_value_is_refused_by_name(name):
    for value in WRONG[name]:
        with pytest.raises(ValueError, match=rf"^{name} must be") as error:
            TrainConfig(**{name: value})
        assert repr(value) in str(error.value)


@pytest.mark.parametrize("name", RIGHT)
def test_the_ends_of_a_range_are_allowed(name):
    for value in RIGHT[name]:
        assert getattr(TrainConfig(**{name: value}), name) == value


def test_every_field_is_checked_here():
    names = {field.name for field in fields(TrainConfig)}
    assert set(WRONG) == set(RIGHT) == names


def test_classes_to_leave_out_must_belong_to_the_data_set():
    letters = TrainConfig(dataset="emnist-letters", without=[25, 3])  # pyright: ignore[reportArgumentType] (as JSON)
    assert letters == TrainConfig(dataset="emnist-letters", without=(3, 25))
    with pytest.raises(ValueError, match=r"^without must be some of the classes 0 to 25"):
        TrainConfig(dataset="emnist-letters", without=(26,))


def test_a_header_of_an_older_version_is_understood():
    """An older header names `rare_shapes` `forms`, and has a list for the tuple `without`."""
    training = replace(recipe("digits-4x4").training, without=(3, 7))
    saved = {"forms" if name == "rare_shapes" else name: value for name, value in asdict(training).items()}
    assert TrainConfig.from_saved(json.loads(json.dumps(saved))) == training
    shipped = TrainConfig.from_saved(checkpoint.read_header("digits-4x4").recipe["training"])
    assert (shipped.rare_shapes, shipped.epochs, shipped.distill) == (0.1, 40, 0.8)


def test_rare_shapes_need_mnist():
    with pytest.raises(ValueError, match=r"^rare_shapes must be 0 for all data sets but MNIST"):
        TrainConfig(dataset="kmnist", rare_shapes=0.1)


@pytest.mark.parametrize("name", DATASETS)
def test_a_recipe_gets_the_classes_of_its_data_set(name):
    fast = recipe("fast")
    fitted = replace(fast, training=replace(fast.training, dataset=name)).with_classes()
    assert fitted.model.class_names == DATASETS[name].names
    assert fitted.with_classes() == fitted and fitted.training.dataset == name
    assert (fitted == fast) == (name == "mnist")


def test_a_config_cannot_be_changed():
    with pytest.raises(FrozenInstanceError):
        TrainConfig().lr = 1.0  # type: ignore[misc]


def test_blog_is_the_posts_recipe():
    """The post trains with Adam at 3e-4, an L2 penalty of 1e-4 and batches of 128 for 15 epochs, and nothing else."""
    blog = recipe("blog")
    assert blog.model is PRESETS["blog"]
    training = blog.training
    assert (training.optimizer, training.lr, training.weight_decay) == ("adam", 3e-4, 1e-4)
    assert (training.batch_size, training.epochs) == (128, 15)
    assert (training.schedule, training.warmup) == ("constant", 0)
    assert not training.augments


def test_recipes_are_found_by_name():
    assert set(RECIPES) >= {"blog", "fast", "digits-4x4"}
    for name, found in RECIPES.items():
        assert recipe(name) is found
        assert isinstance(found, Recipe)
        assert found.training.val_size > 0  # else recipes would be compared on the test set
    assert recipe("fast").model.grid_size == recipe("digits-4x4").model.grid_size == 4


def test_an_unknown_recipe_names_the_known_ones():
    with pytest.raises(ValueError, match="'slow'") as error:
        recipe("slow")
    assert all(name in str(error.value) for name in RECIPES)


@pytest.mark.parametrize("name", ["rotation", "scale", "shear", "shift"])
def test_any_range_above_zero_augments(name):
    assert not TrainConfig().augments
    assert replace(TrainConfig(), **{name: 0.5}).augments
