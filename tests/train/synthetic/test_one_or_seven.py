"""Test the rule that tells ones with a flag from sevens."""

import math

import numpy as np
import pytest

from train.synthetic.one_or_seven import measure_flag, one_or_seven


def hook(angle: float, length: float, turn: float = 0.0, size: float = 1.0) -> np.ndarray:
    """Return a hook by the angle between flag and stem in degrees, turned by `turn` degrees; length in stems."""
    stem, flag = 1j * np.exp(1j * math.radians(turn)), length * 1j * np.exp(1j * math.radians(turn + angle))
    return size * np.array([[point.real, point.imag] for point in (flag, 0j, stem)]) + 3


@pytest.mark.parametrize(
    ("angle", "length", "digit"),
    [
        (10, 1.0, 1),
        (30, 0.1, 1),
        (54, 0.6, 1),
        (56, 0.6, None),
        (74, 0.6, None),
        (76, 0.6, 7),
        (90, 0.35, 7),
        (90, 0.32, None),
        (110, 0.2, None),
    ],
)
@pytest.mark.parametrize("size", [0.1, 280])
def test_the_angle_and_the_length_of_the_flag_decide(angle, length, digit, size):
    assert one_or_seven(hook(angle, length, size=size)) == digit


@pytest.mark.parametrize("turn", [-30, 0, 20])
def test_the_angle_does_not_depend_on_the_turn(turn):
    assert measure_flag(hook(62, 0.4, turn))[0] == pytest.approx(62)


def test_the_flag_is_measured_in_heights():
    assert measure_flag(np.array([[0, 0], [30, 0], [30, 90]]))[1] == pytest.approx(1 / 3)


@pytest.mark.parametrize("bad", [np.zeros((4, 2)), np.array([[1.0, 1], [1, 1], [1, 2]]), np.zeros((3, 2))])
def test_what_is_no_hook_gives_one_sentence(bad):
    with pytest.raises(ValueError, match="hook should"):
        measure_flag(bad)
