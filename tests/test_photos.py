"""Synthetic photos and scans: seeded, of the size asked for, and with the faults they are said to have."""

import numpy as np
import pytest

from tests.photos import light, photo, scan
from tests.strokes import mnist

rng = np.random.default_rng
SEVEN = [[(60.0, 70.0), (200.0, 70.0), (120.0, 230.0)]]


def test_the_generator_decides_everything(mnist_raw):
    image = mnist("train")[0][0]
    for draw in (lambda random: photo(SEVEN, 12, random, 120), lambda random: scan(image, random)):
        np.testing.assert_array_equal(draw(rng(1)), draw(rng(1)))
        different = draw(rng(2))
        assert different.shape != draw(rng(1)).shape or (different != draw(rng(1))).any()


@pytest.mark.parametrize("height", [90, 120, 360])
def test_a_photo_shows_the_strokes_alone_besides_the_sheet(height):
    """The same generator with and without strokes: what differs is ink, of about its area, and nowhere all over."""
    for case in range(4):
        blank, drawn = (photo(strokes, 14, rng(case), height).astype(float) for strokes in ([], SEVEN))
        assert blank.shape == drawn.shape == (height, height * 4 // 3, 3)
        ink = (np.abs(blank - drawn).mean(axis=2) > 20).mean()
        length = 140 + np.hypot(80, 160)
        assert 0.15 < ink / (14 * length / (280 * 280 * 4 / 3)) < 1.5


def test_light_is_uneven_and_between_darkness_and_full():
    falls = [light((60, 80), rng(case)) for case in range(40)]
    assert all(each.shape == (60, 80) and each.min() > 0.02 and each.max() <= 1 for each in falls)
    spread = [each.min() / each.max() for each in falls]
    assert min(spread) < 0.35 and max(spread) > 0.5


@pytest.mark.parametrize("side", [16, 24, 32])
def test_scans_touch_the_border_in_both_polarities(mnist_raw, side):
    dark, bitmaps = [], []
    for case, image in enumerate(mnist("train")[0][:60]):
        result = scan(image, rng(case), side)
        assert result.dtype == np.uint8 and max(result.shape) == side
        levels = result / max(1, result.max())
        bitmaps.append(len(np.unique(result)) == 2)
        top, bottom = levels[0], levels[-1]
        assert np.ptp(top) > 0.2 and np.ptp(bottom) > 0.2  # paper and ink both
        dark.append(np.median(levels) < 0.5)
    assert 0.2 < np.mean(dark) < 0.8 and 0.1 < np.mean(bitmaps) < 0.5


def test_a_margin_is_paper(mnist_raw):
    for case, image in enumerate(mnist("train")[0][:30]):
        result = scan(image, rng(case), side=40, margin=0.2).astype(float)
        frame = np.concatenate((result[0], result[-1], result[:, 0], result[:, -1]))
        assert max(result.shape) == 40 and np.ptp(frame) < 0.25 * np.ptp(result)
