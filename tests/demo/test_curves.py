"""A curve stays short however many steps it has, and its points are true means."""

import numpy as np
import pytest

from demo.curves import Point, Thinned


@pytest.mark.parametrize("count", [1, 5, 8, 9, 16, 63, 64, 65, 1000, 1023])
def test_thinned_points_are_means_over_equal_stretches(count):
    numbers = np.random.default_rng(count).random((count, 2))
    curve = Thinned(most=8)
    for step, (loss, accuracy) in enumerate(numbers.tolist(), start=1):
        curve.add(Point(step, loss, accuracy))
    curve.flush()
    width = curve.width
    starts = range(0, count, width)
    assert [point.step for point in curve.points] == [min(start + width, count) for start in starts]
    expected = [numbers[start : start + width].mean(axis=0) for start in starts]
    assert np.allclose([point[1:] for point in curve.points], expected)
    # As many points as can be: half as wide would have been too many.
    assert len(curve.points) <= 8 and (width == 1 or count >= 8 * width // 2)


def test_thinned_points_stay_until_they_merge():
    curve, merges = Thinned(most=10), 0
    for step in range(1, 700):
        before, width = list(curve.points), curve.width
        curve.add(Point(step, step * 0.5, 1 / step))
        assert len(curve.points) < 10
        assert all(a.step < b.step for a, b in zip(curve.points, curve.points[1:], strict=False))
        if curve.width == width:
            assert curve.points[: len(before)] == before
        else:
            merges += 1
            assert curve.width == 2 * width
    assert merges == 7  # at 10, 20, 40, 80, 160, 320 and 640 steps
