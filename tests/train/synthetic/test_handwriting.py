"""Test that vectorized strokes follow the pen, redrawn ones keep their shape and rendered ones the pen's width."""

import math

import numpy as np
import pytest
from PIL import Image, ImageDraw

from tests.strokes import mnist
from train.synthetic import vectorize as vectorize_module
from train.synthetic.handwriting import (
    CANVAS,
    MAX_SIZE,
    MIN_PEN_WIDTHS,
    MIN_SIZE,
    arc_length,
    catmull_rom,
    redraw,
    render,
)
from train.synthetic.vectorize import misfit, vectorize
from vit.ink import from_strokes, stroke_width

measure = pytest.importorskip("skimage.measure")
morphology = pytest.importorskip("skimage.morphology")


def draw_digit(draw, width: float = 2.8, fine: int = 20) -> np.ndarray:
    """Draw with Pillow, enlarged `fine` times, and reduce to MNIST's 28x28.

    `draw` gets the brush, the scale and the pen's width.
    """
    sheet = Image.new("L", (28 * fine, 28 * fine))
    draw(ImageDraw.Draw(sheet), fine, round(width * fine))
    return np.asarray(sheet.resize((28, 28), Image.Resampling.BOX))


def line_between(start, end):
    return lambda brush, fine, width: brush.line([(x * fine, y * fine) for x, y in (start, end)], 255, width)


def circle_of(radius: float, x: float = 14, y: float = 14):
    def draw(brush, fine, width):
        outer = [(x - radius) * fine - width / 2, (y - radius) * fine - width / 2]
        outer += [(x + radius) * fine + width / 2, (y + radius) * fine + width / 2]
        brush.ellipse(outer, outline=255, width=width)

    return draw


def holes(ink: np.ndarray) -> int:
    """Count the holes by the Euler number, which is the number of pieces minus the number of holes."""
    pieces = measure.label(ink, connectivity=2).max()
    return int(pieces - measure.euler_number(ink, connectivity=2))


@pytest.mark.parametrize("width", [1.6, 3.4])
@pytest.mark.parametrize(("start", "end"), [((14, 4), (14, 24)), ((22, 8), (5, 16))])
def test_a_straight_line_is_traced_along_its_middle(start, end, width):
    strokes = vectorize(draw_digit(line_between(start, end), width))
    assert len(strokes) == 1
    points, (a, b) = np.array(strokes[0]) / 10, np.array([start, end], float)
    along = (b - a) / math.dist(a, b)
    away = (points - a) @ np.array([-along[1], along[0]])
    reach = (points - a) @ along
    inner = (reach > width) & (reach < math.dist(a, b) - width)  # thinning bends the ends towards a corner
    assert np.abs(away[inner]).max() < 0.3  # MNIST pixels
    assert np.abs(away).max() < width / 2
    assert math.dist(a, b) - width - 1 < np.ptp(reach) < math.dist(a, b) + 0.5
    assert points[0, 1] <= points[-1, 1], "a stroke begins at its upper end"


@pytest.mark.parametrize("width", [1.6, 2.8])
@pytest.mark.parametrize("radius", [4.0, 8.0])
def test_a_circle_is_traced_as_one_closed_stroke(radius, width):
    (stroke,) = vectorize(draw_digit(circle_of(radius), width))
    points = np.array(stroke) / 10
    assert np.abs(np.hypot(*(points - 14).T) - radius).max() < 0.4
    assert math.dist(points[0], points[-1]) < 0.3
    gaps = np.hypot(*np.diff(points, axis=0).T)
    assert 0.3 < gaps.mean() < 0.5
    assert gaps.max() < 0.6


def test_a_cross_is_covered_by_straight_strokes():
    """However thinning splits the crossing, the strokes cover both lines and nothing beside them."""
    lines = [((8, 5), (19, 23)), ((20, 6), (9, 22))]

    def cross(brush, fine, width):
        for start, end in lines:
            line_between(start, end)(brush, fine, width)

    strokes = vectorize(draw_digit(cross))
    assert len(strokes) <= 4
    traced = np.concatenate([np.array(stroke) for stroke in strokes]) / 10
    ideal = np.concatenate([np.linspace(start, end, 60)[5:-5] for start, end in lines])
    apart = np.hypot(*(ideal[:, None] - traced[None]).transpose(2, 0, 1))
    assert apart.min(axis=1).max() < 1
    assert np.quantile(apart.min(axis=0), 0.9) < 0.8  # `ideal` has no ends, so they lie farther away


def test_a_faint_thin_stroke_is_not_broken():
    """Where the writer lifts the pen, MNIST's strokes are a pixel wide and less than half as dark."""
    image = np.zeros((28, 28), np.uint8)
    image[4:24, 8:11] = 255  # a strong stroke
    image[6:22, 18] = 110  # and a faint one
    strokes = sorted(vectorize(image), key=lambda stroke: stroke[0][0])
    assert len(strokes) == 2
    assert strokes[1][-1][1] - strokes[1][0][1] > 130


def test_a_filled_loop_is_traced_as_a_loop():
    """A nine with a filled head keeps its loop; a crossing or a thick pen makes no hole."""

    def nine(brush, fine, width):
        brush.ellipse((8 * fine, 4 * fine, 18 * fine, 14 * fine), fill=255)
        brush.line((16.5 * fine, 9 * fine, 15 * fine, 25 * fine), 255, width)

    def plus(brush, fine, width):
        line_between((5, 14), (23, 14))(brush, fine, width)
        line_between((14, 5), (14, 23))(brush, fine, width)

    drawn = render(vectorize(draw_digit(nine, 3)), 10)
    assert holes(drawn > 127) == 1
    assert drawn[90, 130] == 0  # the head's middle
    for width in (2, 4, 6):
        assert holes(render(vectorize(draw_digit(plus, width)), 4) > 127) == 0
        assert holes(render(vectorize(draw_digit(line_between((8, 5), (18, 23)), width)), 4) > 127) == 0


def test_a_speck_is_no_stroke_and_a_blank_is_refused():
    image = np.zeros((28, 28), np.uint8)
    image[4:24, 13:16] = 255
    image[6:8, 22:24] = 255
    strokes = vectorize(image)
    assert len(strokes) == 1 and len(strokes[0]) > 1
    with pytest.raises(ValueError, match="no ink"):
        vectorize(np.zeros((28, 28), np.uint8))


def test_traced_strokes_cover_real_digits():
    """The strokes follow scikit-image's skeleton of the digit and lie on its ink."""
    for image in mnist("test")[0][:30]:
        traced = np.concatenate([np.array(stroke) for stroke in vectorize(image)]) / 10
        skeleton = np.argwhere(morphology.skeletonize(image > 127))[:, ::-1] + 0.5
        apart = np.hypot(*(skeleton[:, None] - traced[None]).transpose(2, 0, 1))
        assert np.mean(apart.min(axis=1) < 1.5) > 0.93
        x, y = np.clip(traced.astype(int), 0, 27).T
        assert np.mean(image[y, x] > 60) > 0.97


@pytest.mark.parametrize("pen", [4, 16, 40])
def test_redrawing_stays_on_the_canvas_and_fits_the_pen(pen):
    digits = [vectorize(image) for image in mnist("test")[0][:20]]
    sizes = []
    for seed in range(60):
        points = np.concatenate(
            [np.array(line) for line in redraw(digits[seed % 20], np.random.default_rng(seed), pen)]
        )
        assert points.min() >= pen / 2 - 0.5
        assert points.max() <= CANVAS - pen / 2 + 0.5
        assert (points == points.round()).all()
        sizes.append(np.ptp(points, axis=0).max() + pen)
    assert min(sizes) >= max(MIN_SIZE, MIN_PEN_WIDTHS * pen) - 1
    assert max(sizes) <= MAX_SIZE + 1
    assert np.ptp(sizes) > 0.6 * (MAX_SIZE - max(MIN_SIZE, MIN_PEN_WIDTHS * pen))


def test_the_seed_decides_the_drawing():
    strokes = vectorize(mnist("test")[0][0])
    first, again, other = (redraw(strokes, np.random.default_rng(seed)) for seed in (1, 1, 2))
    assert first == again != other


def test_redrawing_keeps_strokes_and_their_holes():
    """A ring keeps its hole, a line gets none; places, sizes and slants vary between drawings."""
    ring, line = vectorize(draw_digit(circle_of(7))), vectorize(draw_digit(line_between((9, 4), (17, 24))))
    corners, leans = [], []
    for seed in range(25):
        drawn = redraw(ring, np.random.default_rng(seed), 12)
        assert len(drawn) == len(ring)
        assert holes(render(drawn, 12) > 127) == 1
        corners.append(np.array(drawn[0]).min(axis=0))
        (drawn_line,) = redraw(line, np.random.default_rng(seed), 12)
        assert holes(render([drawn_line], 12) > 127) == 0
        leans.append((drawn_line[-1][0] - drawn_line[0][0]) / (drawn_line[-1][1] - drawn_line[0][1]))
    assert np.ptp(corners, axis=0).min() > 60
    assert 0.2 < np.ptp(leans) < 2 * (0.2 + 0.15) * 1.4 + 0.2


def test_the_tremor_is_not_larger_at_the_ends_of_a_stroke():
    """Subtract a straight line from each drawing of an upright line; the rest is the tremor, 1 % of the size."""
    line = [[(140.0, float(y)) for y in np.linspace(40, 240, 51)]]
    remainders = []
    for seed in range(120):
        (drawn,) = redraw(line, np.random.default_rng(seed), 4)
        x, y = np.array(drawn).T
        if len(drawn) == 51:  # smooth drawings only, not those with a mouse's steps
            remainders.append((x - np.polyval(np.polyfit(y, x, 1), y)) / np.ptp(y))
    middle, ends = np.std(np.array(remainders)[:, 10:41]), np.std(np.array(remainders)[:, [0, -1]])
    assert 0.006 < middle < 0.013
    assert ends < 1.5 * middle


@pytest.mark.parametrize("width", [4, 12, 40])
def test_a_dot_is_a_disk_of_the_pens_width(width):
    drawn = render([[(140, 100)]], width) / 255
    assert drawn.sum() == pytest.approx(math.pi * width**2 / 4, rel=0.12)
    rows, columns = np.nonzero(drawn > 0.5)
    assert (columns.mean() + 0.5, rows.mean() + 0.5) == pytest.approx((140, 100), abs=0.3)
    assert np.ptp(rows) + 1 == pytest.approx(width, abs=1)


@pytest.mark.parametrize(("width", "end"), [(4, (220, 140)), (12, (200, 220)), (40, (90, 230))])
def test_a_line_is_a_capsule_of_the_pens_width(width, end):
    """Compare with the exact distance to the segment at each pixel, and with the area of a capsule."""
    start = (60, 60)
    drawn = render([[start, end]], width) / 255
    grid = np.stack(np.meshgrid(*[np.arange(CANVAS) + 0.5] * 2), axis=-1) - start
    step = np.subtract(end, start)
    along = np.clip(grid @ step / (step @ step), 0, 1)
    exact = np.clip(width / 2 - np.hypot(*(grid - along[..., None] * step).transpose(2, 0, 1)) + 0.5, 0, 1)
    assert np.abs(drawn - exact).mean() < 0.01 * width / 4
    assert ((drawn > 0.5) != (exact > 0.5)).mean() < 0.006
    assert drawn.sum() == pytest.approx(math.dist(start, end) * width + math.pi * width**2 / 4, rel=0.1)


def test_a_picture_of_any_size_shows_the_whole_canvas():
    strokes = [[(40.0, 40.0), (240.0, 200.0)], [(60.0, 220.0)]]
    large, small = render(strokes, 20), render(strokes, 20, side=56)
    assert small.shape == (56, 56)
    assert np.abs(large.reshape(56, 5, 56, 5).mean(axis=(1, 3)) - small).mean() < 3


@pytest.mark.slow
def test_traced_digits_are_read_as_well_as_their_originals():
    import torch

    import vit

    images, labels = (array[::60] for array in mnist("test"))
    drawn = np.stack([from_strokes(vectorize(image)) for image in images])
    model = vit.load("digits-4x4")
    with torch.inference_mode():
        read = model(torch.from_numpy(drawn)[:, None]).argmax(dim=-1).numpy()
    assert (read == labels).mean() > 0.97


def test_vectorize_returns_the_closest_of_several_tracings(monkeypatch):
    """The misfit is never above that of a single tracing and clearly lower on average; the exact pen gives nearly 0."""
    images = [image / 255 for image in mnist("test")[0][:24]]
    chosen = np.array([misfit(vectorize(image), image) for image in images])
    for name in ("EDGES", "BLOBS"):
        monkeypatch.setattr(vectorize_module, name, getattr(vectorize_module, name)[:1])
    single = np.array([misfit(vectorize(image), image) for image in images])
    assert (chosen <= single).all()
    assert chosen.mean() < 0.95 * single.mean()
    strokes = [[(80.0, 60.0), (200.0, 220.0)]]
    image = render(strokes, 28, side=28) / 255
    assert misfit(strokes, image) < 0.1
    assert misfit(strokes, np.roll(image, 4, axis=1)) > 0.5


def test_a_catmull_rom_spline_goes_through_its_knots_and_reproduces_a_parabola():
    knots = np.random.default_rng(0).random((7, 2))
    np.testing.assert_allclose(catmull_rom(knots)[::10], knots[1:-2])
    x = np.arange(6.0)
    found = catmull_rom(np.stack([x, 3 * x**2 - x], axis=1))
    np.testing.assert_allclose(found[:, 0], np.arange(10, 40) / 10)
    np.testing.assert_allclose(found[:, 1], 3 * found[:, 0] ** 2 - found[:, 0])


def test_arc_length_adds_up_the_segments():
    assert arc_length(np.array([(0, 0), (3, 4), (3, 4), (3, 10)])).tolist() == [0, 5, 5, 11]


@pytest.mark.parametrize("width", [8, 14, 24])
def test_stroke_width_is_the_pens(width):
    drawn = render([[(30, 40), (240, 60), (240, 250)]], width) / 255
    assert stroke_width(drawn) == pytest.approx(width, rel=0.1)
