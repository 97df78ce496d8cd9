"""Compare the ink pipeline with MNIST and with Pillow's renderer; test which changes of a drawing have no effect."""

import numpy as np
import pytest
import torch
from scipy.ndimage import center_of_mass

import vit
from tests.strokes import mnist, vectorize
from tests.vit.ink.drawings import EXAMPLES, SEVEN, difference, drawn, enlarged, rng
from vit import ink
from vit.checkpoint import ASSETS
from vit.ink.strokes import SEGMENTS_AT_ONCE


@pytest.fixture(scope="module")
def traced(digits):
    """Convert the first 300 digits to pen strokes."""
    return [vectorize(image) for image in digits[0][:300]]


def scribbles(count, seed=0):
    """Generate random drawings of a few smooth strokes, some of them dots."""
    for case in range(count):
        random = rng((seed, case))
        lengths = [1 + random.integers(40), *random.integers(1, 30, random.integers(3))]
        strokes = [random.normal(size=(length, 2)).cumsum(axis=0) + 3 * random.normal(size=2) for length in lengths]
        yield [np.concatenate([strokes[0], strokes[0][:1] + np.array([4, 7])]), *strokes[1:]]


def longest_side(image):
    rows, columns = np.nonzero(image)
    return max(np.ptp(rows), np.ptp(columns)) + 1


# ---- MNIST's rule ----


@pytest.mark.parametrize("split", ["train", "test"])
def test_mnist_follows_the_rule(mnist_raw, split):
    """MNIST's own digits have a longest side of 20 and their centre of mass nearest to pixel 14."""
    images, _ = mnist(split)
    images = images[:2000]
    assert np.mean([longest_side(image) == ink.BOX for image in images]) > 0.999
    assert np.abs(np.array([center_of_mass(image) for image in images]) - ink.CENTRE).max() < 0.51


def test_results_follow_mnists_rule(digits, traced):
    results = [ink.from_strokes(strokes) for strokes in traced]
    results += [ink.from_image(enlarged(image)) for image in digits[0][:100]]
    for result in results:
        assert result.shape == (28, 28) and result.dtype == np.float32
        assert result.min() == 0 and 0.9 < result.max() <= 1
        assert longest_side(result) == ink.BOX
        at_the_edge = result[[0, -1]].any() or result[:, [0, -1]].any()
        assert at_the_edge or np.abs(np.array(center_of_mass(result)) - ink.CENTRE).max() <= 0.5 + 1e-5
    assert np.mean([np.abs(np.array(center_of_mass(result)) - ink.CENTRE).max() < 0.51 for result in results]) > 0.99


def test_no_ink_is_cut_off_where_the_centre_of_mass_lies_far_out():
    """Two bars and a long tail cannot be centred in 28 pixels: they are moved only until they reach the border."""
    for sign in (-1, 1):
        result = ink.from_strokes([[(0, 0), (0, 100)], [(8 * sign, 0), (8 * sign, 100)], [(0, 50), (100 * sign, 50)]])
        assert longest_side(result) == ink.BOX and result[:, -1 if sign == 1 else 0].any()


# ---- strokes ----


@pytest.mark.parametrize("strokes", [e["strokes"] for e in EXAMPLES] + list(scribbles(20, seed=1)))
def test_strokes_look_as_pillow_draws_them(strokes):
    """Compare with Pillow's pen, 16 times oversampled, on points scaled by hand into MNIST's box."""
    points = np.concatenate([np.array(stroke)[:, :2] for stroke in strokes])
    low, extent = points.min(axis=0), np.ptp(points, axis=0).max()
    margin = (ink.PEN_WIDTH + ink.PEN_SOFTNESS - 1) / 2
    boxed = [
        [(4 + margin + (p[:2] - low) * (20 - 2 * margin) / extent) * 10 for p in np.array(stroke)] for stroke in strokes
    ]
    theirs = drawn(boxed, side=28, pen=ink.PEN_WIDTH, oversample=16) / 255
    theirs = np.roll(theirs, np.round(ink.CENTRE - np.array(center_of_mass(theirs))).astype(int), axis=(0, 1))
    assert difference(theirs, ink.from_strokes(strokes)) < 0.01


def test_moving_and_scaling_a_drawing_changes_nothing(traced):
    square = [[(0, 0), (0, 9), (9, 9), (9, 0), (0, 0)]]
    plus, cross, bar = [[(0, 5), (10, 5)], [(5, 0), (5, 10)]], [[(0, 0), (7, 7)], [(0, 7), (7, 0)]], [[(0, 0), (0, 10)]]
    ties = 20 * [square, plus, cross, bar]  # symmetric, so that two shifts centre them equally well
    for case, strokes in enumerate([*ties, *scribbles(300), *traced[:100]]):
        expected = ink.from_strokes(strokes)
        random = rng(case)
        for scale, far in ((1, 1e2), (1, 1e5), (10 ** random.uniform(-4, 4), 0), (10 ** random.uniform(-4, 4), 1e5)):
            shift = far * random.uniform(-1, 1, size=2)
            moved = [(np.array(stroke) + shift) * scale for stroke in strokes]
            np.testing.assert_allclose(ink.from_strokes(moved), expected, atol=1e-5)


def test_time_pressure_order_and_repetition_change_nothing():
    bare = [[point[:2] for point in stroke] for stroke in SEVEN]
    expected = ink.from_strokes(bare)
    for same in (SEVEN, [*bare, []], [np.array(bare[0])], [bare[0][::-1]], bare * 60):
        np.testing.assert_allclose(ink.from_strokes(same), expected, atol=1e-6)
    assert len(bare[0]) * 60 > SEGMENTS_AT_ONCE  # so that it is drawn in several chunks, too


@pytest.mark.parametrize("dot", [[(80, 20)], [(80, 20), (80, 20)], [(80, 20, 0, 0.5)] * 3])
def test_a_dot_beside_a_line_is_a_disc_of_the_pens_width(dot):
    with_dot = ink.from_strokes([[(0, 0), (0, 100)], dot])
    line = ink.from_strokes([[(0, 0), (0, 100)]])
    disc = with_dot[:, with_dot.shape[1] // 2 :]
    assert with_dot.sum() - line.sum() == pytest.approx(disc.sum(), abs=1e-3)
    assert disc.sum() == pytest.approx(np.pi * (ink.PEN_WIDTH / 2) ** 2, rel=0.1)


@pytest.mark.slow
def test_the_pen_width_is_that_of_mnist(mnist_raw, monkeypatch):
    """A pen 0.6 pixels thinner or thicker redraws training digits less exactly, by three and by nine standard errors.

    The amount of ink has a standard error of 1 % with 400 digits; a pen 0.1 pixels thicker has 3 % more.
    """
    images = mnist("train")[0][:400] / 255
    strokes = [vectorize(image) for image in images]

    def redrawn(width):
        monkeypatch.setattr("vit.ink.strokes.PEN_WIDTH", width)
        return np.stack([ink.from_strokes(each) for each in strokes])

    thin, ours, thick = (redrawn(width) for width in (ink.PEN_WIDTH - 0.6, ink.PEN_WIDTH, ink.PEN_WIDTH + 0.6))
    error = [((result - images) ** 2).mean() for result in (thin, ours, thick)]
    assert error[1] < min(error[0], error[2])
    assert ours.mean() == pytest.approx(images.mean(), rel=0.03)


def test_traced_digits_are_read_right(digits, traced, read):
    right = read([ink.from_strokes(strokes) for strokes in traced]) == digits[1][: len(traced)]
    assert right.mean() >= 0.96


@pytest.mark.parametrize(
    ("strokes", "message"),
    [
        ([], "no ink yet"),
        ([[], []], "no ink yet"),
        ([[(100, 100)]], "only a dot"),
        ([[(0, 0)]], "only a dot"),
        ([[(1e5, 7), (1e5, 7)], [(1e5, 7)]], "only a dot"),
        ([[(1e5, 7), (np.nextafter(1e5, 2e5), 7)]], "only a dot"),
        ([[(1, 2), (float("nan"), 3)]], "finite"),
        ([[(1, 2), (float("inf"), 3)]], "finite"),
        ([[(1, 2), (3,)]], "lists of points"),
        ([[(1, None), (2, 3)]], "lists of points"),
        ([[("1", "2"), ("3", "4")]], "lists of points"),
        ([[{"x": 1, "y": 2}]], "lists of points"),
        ([[(1, 2), ((3, 4), 5)]], "lists of points"),
        ([[[[1, 2], [3, 4]]]], "lists of points"),
        ([[[[1, 2, 3, 4], [5, 6, 7, 8], [9]]]], "lists of points"),
        ([[[[], []]]], "lists of points"),
        ([np.ones((5, 2, 2))], "lists of points"),
        ([[(True, False), (False, True)]], "lists of points"),
        ([(1, 2), (3, 4)], "lists of points"),
        ("strokes", "lists of points"),
        (None, "lists of points"),
    ],
)
def test_invalid_strokes_are_refused(strokes, message):
    with pytest.raises(ValueError, match=message):
        ink.from_strokes(strokes)


@pytest.mark.parametrize("corner", [0, 140, -1e5])
def test_the_caller_sets_the_smallest_drawing(corner):
    bar = [[(corner, corner), (corner, corner + 8)]]
    with pytest.raises(ValueError, match="only a dot"):
        ink.from_strokes(bar, smallest=8.1)
    np.testing.assert_allclose(ink.from_strokes(bar, smallest=7.9), ink.from_strokes([[(0, 0), (0, 1)]]), atol=1e-5)


@pytest.mark.parametrize("unit", [1e-300, 1e300])
def test_coordinates_may_have_any_unit(unit):
    drawing = [[(x * unit, y * unit) for x, y, *_ in stroke] for stroke in SEVEN]
    np.testing.assert_allclose(ink.from_strokes(drawing), ink.from_strokes(SEVEN), atol=1e-5)


@pytest.mark.parametrize("gap", [0.0, 1e-16, 1e-14, 1e-12, 1e-10, 1e-8])
def test_nearly_equal_points_count_as_one(gap):
    """Such points occur where the pieces of a curve meet, since each piece computes its own end."""
    plain = ink.from_strokes([[(0, 0), (1, 1), (2, 0)]])
    np.testing.assert_allclose(ink.from_strokes([[(0, 0), (1, 1), (1 + gap, 1), (2, 0)]]), plain, atol=1e-5)


# ---- shipped files ----


def test_the_samples_are_mnists_test_digits(mnist_raw):
    """They are the first thirty of each class in `default_rng(0).permutation(10000)`, sorted by index."""
    images, labels = mnist("test")
    order = rng(0).permutation(len(labels))
    indices = np.sort(np.concatenate([order[labels[order] == digit][:30] for digit in range(10)]))
    with np.load(ASSETS / "samples.npz") as samples:
        assert {name: samples[name].dtype.name for name in samples} == {
            "images": "uint8",
            "labels": "uint8",
            "indices": "int32",
        }
        np.testing.assert_array_equal(samples["indices"], indices)
        assert samples["images"].tobytes() == images[indices].tobytes()
        assert samples["labels"].tobytes() == labels[indices].tobytes()


def test_the_examples_draw_each_digit_and_are_read_with_confidence():
    assert sorted(example["label"] for example in EXAMPLES) == list(range(10))
    model = vit.load("digits-4x4")
    for example in EXAMPLES:
        points = np.concatenate([np.array(stroke) for stroke in example["strokes"]])
        assert points.shape[1] == 4 and points[:, :2].min() > 0 and points[:, :2].max() < 280
        assert points[0, 2] == 0 and (np.diff(points[:, 2]) > 0).all()
        with torch.inference_mode():
            probs = model(torch.from_numpy(ink.from_strokes(example["strokes"]))[None, None]).softmax(1)
        assert probs[0, example["label"]] > 0.95
