"""Digits in photos and coarse scans are read nearly as well as the digits themselves."""

import numpy as np
import pytest
import torch

import vit
from tests.photos import light, photo, scan
from tests.strokes import mnist, vectorize
from train.synthetic.handwriting import redraw, render
from vit import ink

rng = np.random.default_rng
SEVEN = [[(60.0, 70.0), (200.0, 70.0), (120.0, 230.0)]]


@pytest.fixture(scope="module")
def digits(mnist_raw):
    """Load three hundred training digits and their labels."""
    images, labels = mnist("train")
    return images[:300], labels[:300]


@pytest.fixture(scope="module")
def right():
    """Return a function: the share of (n, 28, 28) images in [0, 1] that the shipped model reads as labelled."""
    model = vit.load("digits-4x4")

    def share(images, labels):
        with torch.inference_mode():
            read = model(torch.from_numpy(np.stack(images).astype(np.float32))[:, None]).argmax(1).numpy()
        return float((read == labels).mean())

    return share


def difference(one, other):
    """Return the mean difference of two images, the smallest over shifts by one pixel.

    Rounding may centre two equal drawings one pixel apart.
    """
    return min(np.abs(np.roll(one, (dy, dx), axis=(0, 1)) - other).mean() for dy in (-1, 0, 1) for dx in (-1, 0, 1))


def digit_or_black(image):
    """Return what the pipeline makes of a picture, black where it finds no digit."""
    try:
        return ink.from_image(image)
    except ValueError:
        return np.zeros((28, 28))


@pytest.mark.slow
@pytest.mark.parametrize("side", [16, 20, 24, 32, 100])
@pytest.mark.parametrize("margin", [0.0, 0.1])
def test_coarse_scans_are_read_nearly_as_well_as_the_digits(digits, right, side, margin):
    images, labels = digits
    scans = [scan(image, rng((side, case)), side, margin) for case, image in enumerate(images)]
    assert right([digit_or_black(each) for each in scans], labels) >= right(images / 255, labels) - 0.015


@pytest.mark.slow
def test_photos_are_read(digits, right):
    photos = []
    for case, image in enumerate(digits[0][:200]):
        random = rng(case)
        pen = random.uniform(6, 22)
        photos.append(photo(redraw(vectorize(image), random, pen), pen, random))
    assert right([digit_or_black(each) for each in photos], digits[1][:200]) >= 0.95


@pytest.mark.parametrize(("paper", "ink_on_it"), [(0.9, 0.15), (0.35, 0.8)], ids=["ink", "chalk"])
def test_uneven_light_hardly_shows(paper, ink_on_it):
    """A drawing multiplied by light is the same drawing, but takes another path through the pipeline."""
    flat = paper + (ink_on_it - paper) * render(SEVEN, 14, 280) / 255
    expected = ink.from_image(flat)
    for case in range(12):
        assert difference(ink.from_image(flat * light(flat.shape, rng(case))), expected) < 0.02


def test_a_band_along_the_border_is_no_ink():
    sheet = 0.9 - 0.8 * render(SEVEN, 14, 280) / 255
    expected = ink.from_image(sheet)
    for turn in range(4):
        table = np.rot90(sheet, -turn).copy()
        table[:12] = 0.4
        assert difference(ink.from_image(np.rot90(table, turn)), expected) < 0.02


def test_most_paper_without_a_digit_is_refused():
    """A few pass: a ruled line may look like a one, and the sharp corner of a shadow like a stroke of chalk."""
    refused = 0
    for case in range(20):
        try:
            ink.from_image(photo([], 10, rng(case), height=180))
        except ValueError as error:
            refused += "no digit to see" in str(error)
    assert refused >= 16


@pytest.mark.parametrize("case", range(5))
def test_noise_in_light_that_falls_off_is_refused(case):
    across = np.linspace(1, 0.4, 240)[:, None] * np.linspace(1, 0.8, 320)
    with pytest.raises(ValueError, match="no digit to see"):
        ink.from_image(np.clip(0.8 * across + 0.03 * rng(case).normal(size=across.shape), 0, 1))


@pytest.mark.parametrize("values", [(0, 1), (0, 255)])
def test_a_bitmap_of_unsigned_integers_may_have_either_white(values):
    bits = render(SEVEN, 14, 60) > 127
    expected = ink.from_image(bits)
    for dtype in (np.uint8, np.int64, float):
        np.testing.assert_allclose(ink.from_image(np.where(bits, values[1], values[0]).astype(dtype)), expected)


def test_a_tight_cut_changes_little(digits):
    """With ink on all four sides, the border shows as much ink as paper, so it does not tell which is the ink."""
    for image in digits[0][:100]:
        rows, columns = np.nonzero(image > 127)
        cut = image[rows.min() : rows.max() + 1, columns.min() : columns.max() + 1]
        if cut.shape[1] < 12:
            continue
        padded = ink.from_image(np.pad(cut, 10))
        for same in (cut, 255 - cut):
            assert difference(ink.from_image(same), padded) < 0.02
