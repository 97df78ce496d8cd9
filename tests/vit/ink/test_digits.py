"""Find digits in pictures with clutter or with several digits."""

import numpy as np
import pytest
from PIL import Image, ImageDraw

from tests.strokes import mnist
from tests.vit.ink.test_photos import difference
from train.synthetic.handwriting import render
from vit import ink
from vit.ink.digits import cut_in_two, split_digits
from vit.ink.image import prepare_image, segment_ink

rng = np.random.default_rng
SEVEN = [[(60.0, 70.0), (200.0, 70.0), (120.0, 230.0)]]
FIVE = [[(110.0, 60.0), (100.0, 130.0), (170.0, 140.0), (180.0, 200.0), (90.0, 220.0)], [(115.0, 45.0), (190.0, 40.0)]]
CLEAN = 0.95 - 0.85 * render(SEVEN, 14, 280) / 255


def drawn(draw, shade=0.3):
    """Return the seven with something else on the sheet, which `draw` draws in white on black."""
    sheet = Image.new("L", (280, 280))
    draw(ImageDraw.Draw(sheet))
    return np.minimum(CLEAN, 0.95 - (0.95 - shade) * np.asarray(sheet) / 255)


def rectangle(inset, width, radius=0):
    box = (inset, inset, 279 - inset, 279 - inset)
    return lambda draw: draw.rounded_rectangle(box, radius, outline=255, width=width)


def double(draw):
    rectangle(0, 3)(draw)
    rectangle(8, 2)(draw)


def axes(draw):
    draw.line((25, 5, 25, 255, 275, 255), fill=255, width=2)
    for at in range(40, 250, 30):
        draw.line((20, at, 25, at), fill=255, width=2)
        draw.text((at, 260), str(at), fill=255)


def buttons(draw):
    draw.rectangle((60, 258, 90, 272), fill=255)
    draw.rectangle((170, 258, 200, 272), fill=255)


def rules(draw):
    for at in range(10, 280, 37):
        draw.line((0, at, 280, at), fill=255, width=1)


def squares(draw):
    for at in range(7, 280, 31):
        draw.line((0, at, 280, at), fill=255, width=1)
        draw.line((at, 0, at, 280), fill=255, width=1)


def thumb(draw):
    draw.ellipse((90, 255, 150, 320), fill=255)


CLUTTER = {
    "thin frame": rectangle(0, 3),
    "thick frame": rectangle(0, 16),
    "rounded frame": rectangle(8, 4, 36),
    "double frame": double,
    "axes": axes,
    "buttons": buttons,
    "rules": rules,
    "squares": squares,
    "thumb": thumb,
}


@pytest.mark.parametrize("shade", [0.1, 0.35, 0.6])
@pytest.mark.parametrize("draw", CLUTTER.values(), ids=CLUTTER.keys())
def test_clutter_beside_a_digit_is_no_ink(draw, shade):
    expected = ink.from_image(CLEAN)
    for picture in (drawn(draw, shade), 1 - drawn(draw, shade)):
        assert difference(ink.from_image(picture), expected) < 0.02


def test_only_the_digit_is_marked_as_ink():
    for draw in CLUTTER.values():
        share = segment_ink(prepare_image(drawn(draw)))
        assert share[CLEAN < 0.2].mean() > 0.95
        outside = share[CLEAN > 0.94]
        assert (outside > 0.5).mean() < 0.002


@pytest.mark.parametrize(
    "picture",
    [
        np.pad(np.full((250, 250), 0.9), 15, constant_values=0.2),
        0.9 - 0.4 * (np.arange(280) % 35 < 2)[:, None] * np.ones(280),
    ],
    ids=["frame", "rules"],
)
def test_a_frame_and_rules_alone_are_refused(picture):
    with pytest.raises(ValueError, match="There is no digit to see: the picture shows only"):
        ink.from_image(picture)


def test_a_boxy_zero_is_no_frame():
    """A zero of a seven-segment display is a ring of ink, with paper inside and around it."""
    zero = np.full((200, 120), 0.9)
    zero[12:188, 12:108] = 0.1
    zero[36:164, 36:84] = 0.9
    box = ink.find_digits(zero)[0].box
    assert box == (12, 12, 108, 188)
    assert ink.from_image(zero)[14, 14] == 0


@pytest.mark.parametrize("reduced", [1, 4])
def test_digits_are_found_from_left_to_right_with_their_places(reduced):
    images, _ = mnist("test")
    random = rng(0)
    for _ in range(15):
        chosen = random.choice(len(images), 3, replace=False)
        sheet, places = np.zeros((300 * reduced, 900 * reduced), np.uint8), []
        for at, index in enumerate(chosen):
            large = np.kron(images[index], np.ones((7 * reduced, 7 * reduced), np.uint8))
            top, left = random.integers(0, 100, 2) * reduced + (0, 300 * reduced * at)
            sheet[top : top + len(large), left : left + len(large)] = large
            rows, columns = np.nonzero(large > 25)
            places.append((left + columns.min(), top + rows.min(), left + columns.max() + 1, top + rows.max() + 1))
        found = ink.find_digits(sheet)
        assert len(found) == 3
        for digit, place, index in zip(found, places, chosen, strict=True):
            assert np.abs(np.subtract(digit.box, place)).max() <= 15 * reduced
            assert difference(digit.image, ink.from_image(images[index])) < 0.05


def test_one_digit_equals_the_result_of_from_image():
    for image in mnist("test")[0][:60]:
        (digit,) = ink.find_digits(image)
        np.testing.assert_allclose(digit.image, ink.from_image(image), atol=1e-6)


def test_pieces_of_a_digit_stay_together():
    for pen in (6, 14, 22):
        assert len(ink.find_digits(255 - render(FIVE, pen, 280))) == 1


def test_split_masks_cover_the_ink_exactly_once():
    random = rng(1)
    for _ in range(20):
        mask = np.zeros((40, 120), bool)
        for _ in range(random.integers(1, 6)):
            top, left, height, width = random.integers((0, 0, 5, 2), (15, 100, 25, 18))
            mask[top : top + height, left : left + width] = True
        masks = split_digits(mask)
        np.testing.assert_array_equal(np.sum(masks, axis=0), mask)
        starts = [np.flatnonzero(each.any(axis=0))[0] for each in masks]
        assert starts == sorted(starts)


def test_two_digits_that_touch_are_cut_where_they_do():
    left, right = np.zeros((100, 140), np.float32), np.zeros((100, 140), np.float32)
    left[10:90, 10:20] = left[10:90, 50:60] = left[10:20, 10:60] = left[80:90, 10:60] = 1  # a zero
    right[10:20, 70:130] = right[10:90, 120:130] = right[48:52, 58:120] = 1  # a nine's right side, and a joining bar
    before, after = cut_in_two(np.maximum(left, right))
    assert before.sum() + after.sum() == pytest.approx(np.maximum(left, right).sum())
    assert not before[:, 75:].any() and not after[:, :58].any()
    assert cut_in_two(left[:, :40] * 0 + np.eye(100, 40, dtype=np.float32)) == []


def test_the_score_chooses_between_readings_of_a_stretched_digit():
    """With the distance to the true digit as its score, the search undoes the stretch."""
    for index in (0, 3, 7, 9):
        image = mnist("test")[0][index]
        own = ink.from_image(image)
        picture = np.asarray(Image.fromarray(image).resize((560, 280), Image.Resampling.BICUBIC))
        (found,) = ink.find_digits(picture, lambda images, own=own: np.abs(images - own).mean(axis=(1, 2)))
        (plain,) = ink.find_digits(picture)
        assert np.abs(found.image - own).mean() < 0.5 * np.abs(plain.image - own).mean()


@pytest.mark.parametrize(("whole", "half", "count"), [(1.0, 0.2, 2), (1.0, 0.99, 1), (0.9, 0.2, 1)])
def test_touching_digits_are_two_if_both_halves_are_typical_digits_and_the_whole_is_not(whole, half, count):
    """The last two images are the halves; all others are readings of the whole."""
    image = np.kron(mnist("test")[0][0], np.ones((5, 5), np.uint8))
    columns = np.flatnonzero((image > 60).any(axis=0))
    tile = image[:, columns[0] : columns[-1] + 1]
    picture = np.pad(np.hstack([np.pad(tile, ((10, 0), (0, 0))), np.pad(tile, ((0, 10), (0, 0)))]), 20)
    picture[70:90, 20 : 20 + 2 * tile.shape[1]] = 255  # a bar through both
    found = ink.find_digits(picture, lambda images: np.where(np.arange(len(images)) < len(images) - 2, whole, half))
    assert len(found) == count
    if count == 1:
        np.testing.assert_array_equal(found[0].image, ink.from_image(picture))


def test_a_large_picture_has_its_places_in_its_own_pixels():
    """A picture of twelve megapixels is reduced first; its boxes must refer to the original pixels."""
    small = drawn(rules)
    large = np.kron(np.rint(255 * small).astype(np.uint8), np.ones((13, 13), np.uint8))
    found = ink.find_digits(large)
    assert np.subtract(found[0].box, np.multiply(ink.find_digits(small)[0].box, 13)).max() <= 26
