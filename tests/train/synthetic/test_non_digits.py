"""Test that each kind of non-digit is what its name says, and repeats by seed."""

import numpy as np
import pytest
import torch
from numpy.random import default_rng

from train.data.dataset import Digits
from train.synthetic import non_digits, scribbles
from train.synthetic.non_digits import SCRIBBLES, eval_non_digits, fit_non_digits
from vit.ink import from_strokes

SIDEWAYS = [np.rot90, lambda image: np.rot90(image, 3)]


def digits(count: int = 40) -> Digits:
    """Draw stand-ins for digits: a bar that grows with the label, with a foot to the right."""
    labels = torch.arange(count) % 10
    images = torch.zeros(count, 28, 28, dtype=torch.uint8)
    for image, label in zip(images, labels.tolist(), strict=True):
        image[22 - label - 8 : 22, 10:13] = 255
        image[19:22, 10 : 16 + label % 3] = 200
    return Digits(images, labels)


def sets(seed: int, count: int = 3) -> dict[str, torch.Tensor]:
    return {**eval_non_digits(count, seed), **fit_non_digits(digits(), count, seed)}


def test_every_kind_gives_pictures_by_seed():
    found, again, other = sets(5), sets(5), sets(6)
    for name, images in found.items():
        assert images.shape == (3, 28, 28) and images.dtype == torch.uint8, name
        assert torch.equal(images, again[name]), name
        assert not torch.equal(images, other[name]), name
        assert not torch.equal(images[0], images[1]), name
        assert images.amax(dim=(1, 2)).min() > 100, f"{name} has an empty picture"


def test_more_pictures_begin_with_the_same_ones():
    few, many = sets(5, 2), sets(5, 4)
    for name in few:
        assert torch.equal(few[name], many[name][:2]), name


def test_kinds_for_evaluation_are_not_used_for_fitting():
    assert not eval_non_digits(0, 0).keys() & fit_non_digits(digits(), 0, 0).keys()
    assert eval_non_digits(0, 0).keys() >= SCRIBBLES.keys()


def test_pictures_of_all_ten_digits_are_needed():
    some = digits()
    with pytest.raises(ValueError, match="got no 3, 7"):
        fit_non_digits(some.subset((some.labels != 3) & (some.labels != 7)), 1, 0)


@pytest.mark.parametrize(
    "kind", [*SCRIBBLES.values(), scribbles.letter, scribbles.shape, scribbles.arcs, scribbles.loops]
)
def test_drawings_are_strokes_of_some_extent(kind):
    random = default_rng(0)
    for _ in range(30):
        drawing = kind(random)
        assert all(line.ndim == 2 and line.shape[1] == 2 and len(line) >= 2 for line in drawing)
        points = np.concatenate(drawing)
        assert np.isfinite(points).all()
        assert np.ptp(points, axis=0).max() > 0.3
        assert 20 < (from_strokes(drawing) > 0.5).sum() <= 400


def test_a_scribbled_line_is_longer_than_any_digit():
    angle = np.linspace(0, 2 * np.pi, 100)
    eight = [0.3, 0.5] * np.stack([np.sin(2 * angle), np.cos(angle)], axis=-1)
    assert scribbles.relative_length(np.array([(0, 0), (3, 4), (0, 0.0)])) == pytest.approx(2.5)
    assert scribbles.relative_length(eight) < scribbles.MIN_RELATIVE_LENGTH - 0.5
    for kind in (scribbles.walk, scribbles.spline, scribbles.loops):
        random = default_rng(1)
        assert all(scribbles.relative_length(kind(random)[0]) > scribbles.MIN_RELATIVE_LENGTH for _ in range(20))


def test_no_letter_looks_like_a_digit():
    lookalikes = set("OoIilJSsZzBbDdGgqQ0123456789")
    assert not lookalikes & {*scribbles.LETTERS, *non_digits.PRINTED}
    assert len(scribbles.LETTERS) >= 20


def test_shuffling_keeps_the_pieces_and_moves_most(monkeypatch):
    monkeypatch.setattr(non_digits, "from_image", lambda image: image)
    digit = np.arange(28 * 28.0).reshape(28, 28)
    for pieces in (2, 4):
        for seed in range(10):
            found = non_digits.shuffled(digit, pieces, default_rng(seed))
            assert sorted(found.ravel()) == sorted(digit.ravel())
            side = 28 // pieces
            corners = found[::side, ::side]
            assert (corners == digit[::side, ::side]).mean() <= non_digits.MAX_UNMOVED
            inside = found.reshape(pieces, side, pieces, side)
            assert (inside[:, :, :, 1:] - inside[:, :, :, :-1] == 1).all(), "a piece came apart"


def test_overlaid_digits_have_different_labels(monkeypatch):
    monkeypatch.setattr(non_digits, "from_image", lambda image: image)
    labels = np.repeat(np.arange(10), 3)
    images = np.zeros((30, 28, 28))
    images[np.arange(30), 14, 14] = 1 + labels
    for seed in range(30):
        found = non_digits.overlaid(images, labels, default_rng(seed))
        drawn = {int(value) - 1 for value in found[found > 0]}
        assert 1 not in drawn
        assert len(drawn) == 2 or (len(drawn) == 1 and found[14, 14] > 0)  # the larger digit may cover the smaller one


def test_a_mirrored_digit_is_its_mirror_image(monkeypatch):
    monkeypatch.setattr(non_digits, "from_image", lambda image: image / 255)
    some = digits()
    found = fit_non_digits(some, 20, 0)
    for name, labels, turns in (
        ("mirrored", non_digits.MIRRORED, [np.fliplr]),
        ("sideways", non_digits.SIDEWAYS, SIDEWAYS),
    ):
        chosen = [image for image, label in zip(some.images.numpy(), some.labels, strict=True) if label in labels]
        allowed = [turn(image) for image in chosen for turn in turns]
        for image in found[name].numpy():
            assert any(np.array_equal(image, one) for one in allowed), name


def test_fashion_mnist_gives_the_first_test_images(monkeypatch):
    calls, images = [], torch.arange(5, dtype=torch.uint8)[:, None, None].expand(-1, 28, 28)

    def load(*args):
        calls.append(args)
        return Digits(images, torch.zeros(5, dtype=torch.long))

    monkeypatch.setattr(non_digits, "load", load)
    assert torch.equal(non_digits.fashion_mnist("there", 3), images[:3])
    assert calls == [("test", "there", None, "fashion-mnist")]
