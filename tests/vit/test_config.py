"""ViTConfig refuses impossible values and names the field."""

from dataclasses import FrozenInstanceError

import pytest

from vit import PRESETS, ViTConfig, preset

INVALID_NUMBERS = (float("nan"), float("inf"), -float("inf"), 10**400, "0.1", None, True, False, [0.1])


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("patch_size", 5),
        ("patch_size", 0),
        ("patch_size", -7),
        ("patch_size", 7.0),
        ("patch_size", True),
        ("num_heads", 7),
        ("num_heads", 0),
        ("embed_dim", 0),
        ("depth", 0),
        ("depth", -1),
        ("mlp_dim", 0),
        ("num_classes", 0),
        ("in_chans", 0),
        ("image_size", 0),
        *((name, 10**23) for name in ("image_size", "in_chans", "num_classes", "embed_dim", "mlp_dim", "depth")),
        ("embed_dim", 2**16 + 8),
        ("depth", 1001),
        ("dropout", 1.0),
        ("dropout", -0.1),
        *((name, value) for name in ("mean", "std", "dropout") for value in INVALID_NUMBERS),
        ("std", 0.0),
        ("std", -1.0),
        ("norm", "middle"),
        ("act", "tanh"),
        ("start", "zero"),
        ("pool", "max"),
        ("positions", "sine"),
        ("names", ("zero", "one")),
        ("names", ("",) * 10),
        ("names", tuple(range(10))),
        ("names", "0123456789"),
    ],
)
def test_a_wrong_value_is_refused_by_name(name, value):
    with pytest.raises(ValueError, match=name) as error:
        ViTConfig(**{name: value})
    assert repr(value) in str(error.value)


@pytest.mark.parametrize(("name", "value"), [("mean", 0), ("mean", -1.5), ("std", 1), ("std", 1e-3), ("dropout", 0)])
def test_any_other_number_is_allowed(name, value):
    assert getattr(ViTConfig(**{name: value}), name) == value


def test_classes_are_called_by_their_names_or_else_by_their_numbers():
    assert ViTConfig().class_names == tuple("0123456789")
    named = ViTConfig(num_classes=2, names=["yes", "no"])  # pyright: ignore[reportArgumentType] (as JSON has it)
    assert named.class_names == named.names == ("yes", "no")
    assert named == ViTConfig(num_classes=2, names=("yes", "no"))


@pytest.mark.parametrize("sizes", [{"embed_dim": 2**16, "num_heads": 1}, {"embed_dim": 1024, "depth": 1000}])
def test_sizes_that_make_too_many_weights_together_are_refused(sizes):
    """Each size alone is allowed."""
    with pytest.raises(ValueError, match="a model must have at most 1,000,000,000 parameters, got sizes that make"):
        ViTConfig(**sizes)


def test_large_sizes_are_allowed():
    """ViT-L/16 for images of 224 pixels has 304 million weights (Dosovitskiy et al. 2021, table 1: 307)."""
    large = ViTConfig(224, 16, 3, 1000, embed_dim=1024, depth=24, num_heads=16, mlp_dim=4096)
    assert large.num_weights == pytest.approx(304e6, rel=0.01)


def test_a_config_cannot_be_changed():
    with pytest.raises(FrozenInstanceError):
        ViTConfig().depth = 4  # type: ignore[misc]


@pytest.mark.parametrize(("patch_size", "num_tokens"), [(28, 2), (14, 5), (7, 17), (4, 50), (2, 197), (1, 785)])
def test_tokens_are_counted(patch_size, num_tokens):
    assert ViTConfig(patch_size=patch_size).num_tokens == num_tokens


def test_the_blog_preset_has_the_blogs_sizes():
    config = preset("blog")
    assert (config.patch_size, config.embed_dim, config.depth, config.num_heads) == (7, 64, 3, 8)
    assert (config.mlp_dim, config.dropout, config.num_classes) == (2048, 0.1, 10)
    assert (config.norm, config.act, config.start) == ("post", "relu", "unit")


def test_an_unknown_preset_names_the_known_ones():
    with pytest.raises(ValueError, match="blog") as error:
        preset("huge")
    assert "huge" in str(error.value)
    assert all(name in str(error.value) for name in PRESETS)
