"""Test which images the model refuses, and where it warns of their pixels."""

import copy
import warnings

import pytest
import torch
from torch._subclasses.fake_tensor import FakeTensorMode
from torch.fx.experimental.proxy_tensor import make_fx

import vit
from tests.vit.random_models import images, lively
from vit import PRESETS, VisionTransformer, ViTConfig


@pytest.mark.parametrize("shape", [(28, 28), (1, 28, 28), (2, 3, 28, 28), (2, 1, 32, 32), (1, 1, 28, 27)])
def test_images_of_another_shape_are_refused(shape):
    with pytest.raises(ValueError, match="images must be"):
        VisionTransformer(ViTConfig())(torch.zeros(shape))


def test_bytes_are_refused_and_pixels_up_to_255_are_warned_of():
    """Values in 0 to 255 change the prediction without any other sign."""
    model = vit.load("digits-4x4")
    images = torch.rand(2, 1, 28, 28)
    with pytest.raises(ValueError, match=r"images must be floating point numbers in \[0, 1\], got torch.uint8"):
        model((images * 255).byte())
    for ask in (model, model.trace):
        with pytest.warns(UserWarning, match=r"images should be in \[0, 1\], .* divide bytes by 255"):
            ask(images * 255)
        with pytest.warns(UserWarning, match="the model normalises by itself"):
            ask((images - 0.1307) / 0.3081)


def test_pixels_far_outside_are_warned_of_once():
    """The warning is not repeated with every batch, although each has other numbers."""
    model = vit.load("digits-4x4")
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("default")  # Python's default filter
        for seed in range(3):
            model(images(2, seed) * 255)
            model.trace(images(2, seed) * 99)
    assert [one.category for one in caught] == [UserWarning]


def test_no_warning_for_noise_an_empty_batch_or_training():
    model = vit.load("digits-4x4")
    images = torch.rand(2, 1, 28, 28)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        model(images + 0.1 * torch.randn(images.shape))
        model(images[:0])
        model(images.requires_grad_())
        model.train()(images.detach() * 255)


def copied_to_meta(model, batch):
    return copy.deepcopy(model).to("meta")(batch.to("meta"))


def read_as_fake(model, batch):
    with FakeTensorMode(allow_non_fake_inputs=True) as mode:
        return model(mode.from_tensor(batch))


WITHOUT_VALUES = {
    "vmap": lambda model, batch: torch.func.vmap(lambda image: model(image[None])[0])(batch),
    "jacfwd": lambda model, batch: torch.func.jacfwd(lambda image: model(image)[0])(batch[:1]),
    "make_fx": lambda model, batch: make_fx(model)(batch)(batch),
    "compile": lambda model, batch: torch.compile(model, backend="eager", fullgraph=True)(batch),
    "fake": read_as_fake,
    "meta": copied_to_meta,
}


@pytest.mark.parametrize("read", WITHOUT_VALUES.values(), ids=WITHOUT_VALUES.keys())
def test_pixels_are_checked_only_where_they_have_values(read):
    """Transforms and recorders of PyTorch do not allow reading a number from a tensor."""
    model, batch = lively(PRESETS["4x4"]), images()
    found = read(model, batch)
    if read is WITHOUT_VALUES["jacfwd"]:
        slope = torch.autograd.functional.jacobian(lambda image: model(image)[0], batch[:1])
        torch.testing.assert_close(found, slope, atol=1e-5, rtol=1e-4)
    else:
        assert found.shape == (3, 10)
    if read in (WITHOUT_VALUES["vmap"], WITHOUT_VALUES["make_fx"], WITHOUT_VALUES["compile"]):
        torch.testing.assert_close(found, model(batch), atol=1e-5, rtol=1e-5)
