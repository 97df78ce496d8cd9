"""Test that a curve stays short for any number of steps, and that its points are means that never change."""

import numpy as np
import pytest

from demo.training.curves import Point, ThinnedCurve


@pytest.mark.parametrize("count", [1, 8, 9, 64, 65, 1000])
def test_points_are_means_over_equally_many_steps(count):
    numbers = np.random.default_rng(count).random((count, 4))
    curve = ThinnedCurve(count, max_points=8)
    for step, row in enumerate(numbers.tolist(), start=1):
        curve.add(Point(step, *row))
    curve.flush()
    width = curve.width
    starts = range(0, count, width)
    assert [point.step for point in curve.points] == [min(start + width, count) for start in starts]
    expected = [numbers[start : start + width].mean(axis=0) for start in starts]
    assert np.allclose([point[1:] for point in curve.points], expected)
    # As many points as possible: with one step less per point there would be too many.
    assert len(curve.points) <= 8 and (width == 1 or count > 8 * (width - 1))


@pytest.mark.parametrize("steps", [7, 5000])
def test_a_point_that_was_shown_never_changes(steps):
    curve, shown = ThinnedCurve(steps, max_points=10), []
    for step in range(1, steps + 1):
        curve.add(Point(step, step * 0.5, 1 / step))
        assert curve.points[: len(shown)] == shown
        shown = list(curve.points)
    curve.flush()
    assert curve.points[: len(shown)] == shown
    assert curve.points[-1].step == steps and len(curve.points) <= 10


def test_a_stopped_training_keeps_its_unfinished_point():
    curve = ThinnedCurve(1000, max_points=10)
    for step in range(1, 151):
        curve.add(Point(step, float(step), 0.5))
    curve.flush()
    assert curve.points == [Point(100, 50.5, 0.5), Point(150, 125.5, 0.5)]
