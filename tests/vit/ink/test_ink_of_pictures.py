"""Test the image that the ink pipeline makes of a picture: which changes of the picture have no effect."""

import numpy as np
import pytest
from PIL import Image

from tests.vit.ink.drawings import EXAMPLES, SEVEN, difference, drawn, enlarged, rng
from vit import ink


def placed(image, top, left, shape=(400, 380)):
    """Put a picture on a larger black canvas."""
    canvas = np.zeros(shape, image.dtype)
    canvas[top : top + image.shape[0], left : left + image.shape[1]] = image
    return canvas


def coloured(image, foreground, background):
    share = image[..., None] / 255
    return np.round(share * np.array(foreground) + (1 - share) * np.array(background)).astype(np.uint8)


PICTURES = {
    "moved": lambda image: placed(enlarged(image, 5), image.sum() % 60, image.sum() % 48, (200, 190)),
    "blocky and inverted": lambda image: 255 - enlarged(image, 5, how=Image.Resampling.NEAREST),
    "coloured": lambda image: coloured(enlarged(image, 5), (200, 40, 60), (240, 230, 90)),
    "on a transparent sheet": lambda image: np.dstack([np.full((140, 140), 70, np.uint8), enlarged(image, 5)]),
    "in blue on a transparent sheet": lambda image: np.dstack([coloured(image, 3 * [0], (20, 90, 200)), image]),
    "noisy": lambda image: 0.9 - 0.7 * enlarged(image, 5) / 255 + 0.03 * rng(0).normal(size=(140, 140)),
    "as it is": lambda image: image,
}


@pytest.mark.slow
@pytest.mark.parametrize("picture", PICTURES.values(), ids=PICTURES.keys())
def test_pictures_of_digits_are_read_as_well_as_the_digits(digits, read, picture):
    images, labels = digits
    clean = (read(images / 255) == labels).mean()
    results = [ink.from_image(picture(image)) for image in images]
    assert (read(results) == labels).mean() >= clean - 0.003


def test_an_mnist_digit_is_returned_nearly_unchanged(digits):
    away = [np.abs(ink.from_image(image) - image / 255).mean() for image in digits[0][:300]]
    assert np.median(away) < 0.003 and np.quantile(away, 0.95) < 0.02


def test_place_and_colour_of_a_picture_change_nothing(digits):
    for i, image in enumerate(digits[0][:20]):
        large = enlarged(image)
        expected = ink.from_image(placed(large, 0, 0))
        np.testing.assert_array_equal(ink.from_image(placed(large, 5 * i, 3 * i)), expected)
        for same in (255 - large, large / 255, large.astype(float), large[..., None], large.astype(np.uint16) * 257):
            np.testing.assert_allclose(ink.from_image(same), expected, atol=1e-5)
        np.testing.assert_allclose(ink.from_image(coloured(large, (255, 120, 0), (0, 30, 90))), expected, atol=0.02)


def test_alpha_is_ink_on_a_transparent_background_and_else_ignored(digits):
    large = enlarged(digits[0][0])
    expected = ink.from_image(large)
    random_colours = rng(0).integers(0, 256, (280, 280, 3)).astype(np.uint8)
    np.testing.assert_array_equal(ink.from_image(np.dstack([random_colours, large])), expected)
    np.testing.assert_array_equal(ink.from_image(np.dstack([np.zeros_like(large), large])), expected)
    for constant in (0, 128, 255):
        np.testing.assert_allclose(
            ink.from_image(np.dstack([large] * 3 + [np.full_like(large, constant)])), expected, atol=1e-6
        )


def test_the_size_of_a_picture_hardly_matters():
    for example in EXAMPLES:
        results = [ink.from_image(drawn(example["strokes"], side, side * 0.09)) for side in (90, 280, 500, 1100)]
        for result in results[1:]:
            assert difference(result, results[0]) < 0.025


def test_a_picture_drawn_with_mnists_pen_gives_what_its_strokes_give(read):
    for example in EXAMPLES:
        points = np.concatenate([np.array(stroke)[:, :2] for stroke in example["strokes"]])
        pen = ink.PEN_WIDTH * np.ptp(points, axis=0).max() / (ink.BOX - ink.PEN_WIDTH)
        pictured, redrawn = ink.from_image(drawn(example["strokes"], pen=pen)), ink.from_strokes(example["strokes"])
        assert difference(pictured, redrawn) < 0.03
        assert (read([pictured, redrawn]) == example["label"]).all()


@pytest.mark.parametrize(("side", "pen"), [(28, 1), (280, 2), (1000, 2), (1800, 3)])
def test_a_thin_pen_does_not_vanish(read, side, pen):
    results = [ink.from_image(255 - drawn(e["strokes"], side, pen, oversample=2)) for e in EXAMPLES]
    assert list(read(results)) == [e["label"] for e in EXAMPLES]
    for result, example in zip(results, EXAMPLES, strict=True):
        as_thick = ink.from_strokes(example["strokes"]).sum() * ink.MIN_WIDTH / ink.PEN_WIDTH
        assert 0.8 * as_thick < result.sum() < 1.25 * as_thick


def test_a_thick_pen_stays_thick():
    thin, thick = (ink.from_image(drawn(SEVEN, pen=pen)) for pen in (20, 40))
    assert thick.sum() / thin.sum() == pytest.approx(40 / 20, rel=0.15)


def test_specks_are_dropped_and_tiny_pictures_work(digits, read):
    for image in digits[0][:20]:
        large = placed(enlarged(image), 60, 50)
        dusty = large.copy()
        dusty[5:8, 5:9] = dusty[390:392, 200:203] = dusty[10, 300] = 255
        np.testing.assert_array_equal(ink.from_image(dusty), ink.from_image(large))
    tiny = [np.asarray(Image.fromarray(image).resize((14, 14), Image.Resampling.BOX)) for image in digits[0][:200]]
    assert (read([ink.from_image(image) for image in tiny]) == digits[1][:200]).mean() > 0.96


@pytest.mark.parametrize(
    ("image", "message"),
    [
        (np.zeros((28, 28)), "all one colour"),
        (np.full((280, 280, 3), 255, np.uint8), "all one colour"),
        (np.ones((8, 8), bool), "all one colour"),
        (np.zeros((28, 28, 4), np.uint8), "all one colour"),
        (0.5 + 0.05 * rng(0).normal(size=(280, 280)), "nothing but noise"),
        (rng(0).random((64, 64, 3)), "nothing but noise"),
        (np.pad(np.ones((2, 2)), 13), "only a dot"),
        (np.pad(np.ones((4, 5)), 150), "only a dot"),
        (np.full((28, 28), np.nan), "finite"),
        (np.pad([[np.inf]], 14), "finite"),
        (np.zeros(784), "height x width"),
        (np.zeros((1, 1, 28, 28)), "height x width"),
        (np.zeros((28, 28, 5)), "height x width"),
        (np.zeros((0, 28)), "height x width"),
        (None, "height x width"),
        ([[0, 1], [1]], "differ in length"),
        (np.full((28, 28), "ink"), "should be a number"),
    ],
)
def test_pictures_without_a_digit_are_refused(image, message):
    with pytest.raises(ValueError, match=message):
        ink.from_image(image)
