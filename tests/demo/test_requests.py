"""Test that every request is answered with a reading or with one clear sentence."""

import json
import random

import numpy as np
import pytest
import torch
from PIL import Image

import vit
from demo.models import DEFAULT, LoadedModel
from demo.requests import (
    EXPIRED,
    FORMATS,
    MAX_PIXELS,
    MAX_POINTS,
    SMALLEST,
    Reader,
    from_strokes,
    load_image,
    samples,
)
from demo.shared_column.server import PadServer
from tests.demo.packed import unpack
from tests.demo.shipping import RANKS, THRESHOLD
from vit import PRESETS, VisionTransformer, checkpoint, ink
from vit.calibration import Calibration

EXAMPLES = json.loads((checkpoint.ASSETS / "examples.json").read_text())
SEVEN = EXAMPLES[0]["strokes"]


@pytest.fixture
def reader():
    torch.manual_seed(0)
    untrained = VisionTransformer(PRESETS["4x4"]).eval()
    return Reader({"mine": LoadedModel(untrained, "my own.")}.get)


def probs_of(name, image):
    """Return a shipped model's probabilities for an image, with the temperature of its own file."""
    calibration = checkpoint.read_calibration(name) or Calibration()
    with torch.inference_mode():
        return (vit.load(name)(torch.from_numpy(image)[None, None])[0] / calibration.temperature).softmax(-1)


@pytest.mark.parametrize("name", ["digits-4x4", "digits-7x7"])
def test_strokes_are_read_by_the_shipped_model_that_is_named(reader, two_ship, name):
    reading = PadServer(reader).read({"strokes": SEVEN, "model": name, "whole": True})
    np.testing.assert_allclose(reading["probs"], probs_of(name, ink.from_strokes(SEVEN)), atol=1e-5)
    assert reading["model"]["summary"].startswith(
        f"{two_ship[name].config.num_patches} patches, {two_ship[name].num_params:,} parameters, "
    )
    assert reading["model"]["num_params"] == two_ship[name].num_params
    assert reading["model"]["grid_size"] == {"digits-4x4": 4, "digits-7x7": 7}[name]


@pytest.mark.parametrize("whole", [True, False])
def test_each_reading_says_whether_the_image_is_in_distribution(reader, two_ship, whole):
    """Compare with the energy's rank, computed by NumPy; the threshold lies between the examples."""
    statuses = set()
    for example in EXAMPLES:
        with torch.inference_mode():
            logits = two_ship["digits-7x7"](torch.from_numpy(ink.from_strokes(example["strokes"]))[None, None])[0]
        score = np.interp(-np.log(np.exp(logits.double().numpy()).sum()), RANKS, np.linspace(0, 1, len(RANKS)))
        reading = PadServer(reader).read({"strokes": example["strokes"], "model": "digits-7x7", "whole": whole})
        assert reading["ood_score"] == pytest.approx(score, abs=2e-4)
        assert reading["in_distribution"] is bool(score <= THRESHOLD)
        statuses.add(reading["in_distribution"])
        ours = PadServer(reader).read({"strokes": example["strokes"], "model": "digits-4x4", "whole": whole})
        assert (ours["ood_score"], ours["in_distribution"]) == (0.0, True)
    assert statuses == {True, False}


def test_without_a_named_model_the_default_reads(reader, two_ship):
    reading = PadServer(reader).read({"strokes": SEVEN})
    assert reading == PadServer(reader).read({"strokes": SEVEN, "model": DEFAULT})
    assert reading["probs"] != PadServer(reader).read({"strokes": SEVEN, "model": "digits-7x7"})["probs"]
    assert reading["model"]["summary"].startswith("16 patches, ")


def test_a_reading_never_contains_the_token_of_a_visitors_model(reader, two_ship):
    """Figures show the name, but the token of a model lets anybody use it and stop its training."""
    names = {token: PadServer(reader).read({"strokes": SEVEN, "model": token})["model"]["name"] for token in two_ship}
    assert names == {token: token for token in two_ship}
    assert PadServer(reader).read({"strokes": SEVEN})["model"]["name"] == DEFAULT
    assert PadServer(reader).read({"strokes": SEVEN, "model": "mine"})["model"]["name"] is None


def test_a_visitors_model_reads_only_for_its_token(reader):
    theirs, ours = (PadServer(reader).read({"strokes": SEVEN, "model": token}) for token in ("mine", DEFAULT))
    assert theirs["probs"] != ours["probs"]
    assert theirs["model"]["summary"] == "my own."
    assert PadServer(reader).read({"strokes": SEVEN, "model": "someone else's"}) == {"error": EXPIRED, "expired": True}


@pytest.mark.parametrize("token", ["", "digits", "../digits-4x4", 5, ["digits-4x4"]])
def test_an_unknown_token_gets_the_sentence(reader, token):
    assert PadServer(reader).read({"strokes": SEVEN, "model": token}) == {"error": EXPIRED, "expired": True}


@pytest.mark.parametrize(
    "payload",
    [
        None,
        [],
        "strokes",
        {},
        {"strokes": None},
        {"strokes": []},
        {"strokes": [[]]},
        {"strokes": "abc"},
        {"strokes": [1, 2]},
        {"strokes": [[[1]]]},
        {"strokes": [[["a", "b"]]]},
        {"strokes": [[[float("nan"), 1], [2, 2]]]},
        {"strokes": [[[5, 5]]]},
        {"strokes": [[[1, 1], [2]]]},
        {"strokes": [[[0, 1]] * (MAX_POINTS + 1)]},
        {"strokes": [[[list(range(99)), list(range(99))]]]},
        {"strokes": [[[{}, {}], [{}, {}]]]},
        {"strokes": [{}]},
        {"sample": -1},
        {"sample": "0"},
        {"sample": 10**9},
        {"sample": None},
    ],
)
def test_an_invalid_payload_gets_one_sentence(reader, payload):
    answer = PadServer(reader).read(payload)
    assert set(answer) == {"error"}
    assert 10 < len(answer["error"]) < 200
    assert "\n" not in answer["error"]


@pytest.mark.parametrize("stroke", [[], [[0, 1]]])
def test_too_many_strokes_are_refused_unread(stroke):
    with pytest.raises(ValueError, match="at most 20,000 can be read"):
        from_strokes([stroke] * (MAX_POINTS + 1))


@pytest.mark.parametrize("corner", [0, 140, 270])
def test_a_dot_on_the_pad_may_be_a_drawing_in_another_unit(reader, corner):
    """On the pad, 280 x 280 units, a slip of the pen is no digit; a program may use any unit."""
    slip, bar = ([[[corner, corner], [corner + 1, corner + extent]]] for extent in (SMALLEST - 0.1, SMALLEST + 0.1))
    assert "only a dot" in PadServer(reader).read({"strokes": slip})["error"]
    assert "probs" in PadServer(reader).read({"strokes": bar})
    assert from_strokes(slip).sum() > 0
    with pytest.raises(ValueError, match="only a dot"):
        from_strokes([[[corner, corner], [corner, corner]]])


def test_samples_are_read_unchanged(reader):
    images, labels, indices = samples()
    right = 0
    for image, label, index in list(zip(images, labels, indices, strict=True))[::15]:
        reading = PadServer(reader).read({"sample": int(index)})
        right += reading["digit"] == label
        np.testing.assert_allclose(reading["probs"], probs_of(DEFAULT, image.astype(np.float32) / 255), atol=1e-5)
    assert right >= 19


def test_a_random_sample_is_one_of_them(reader):
    images, labels, indices = samples()
    drawn = {PadServer(reader).sample({})["index"] for _ in range(20)}
    assert len(drawn) > 5
    sample = PadServer(reader).sample({})
    at = np.flatnonzero(indices == sample["index"])[0]
    assert labels[at] == sample["label"]
    np.testing.assert_allclose(unpack(sample["image"]) * 255, images[at], atol=1e-3)


# ---- image files ----

STRIPES = np.random.default_rng(0).integers(0, 256, (20, 30, 3)).astype(np.uint8)  # without any symmetry


def test_a_file_that_is_no_image_is_refused(tmp_path):
    path = tmp_path / "digit.png"
    path.write_bytes(b"not a picture")
    with pytest.raises(ValueError, match="no image"):
        load_image(path)


@pytest.mark.parametrize("suffix", FORMATS)
def test_the_known_formats_are_read(tmp_path, suffix):
    path = tmp_path / "picture"
    Image.fromarray(np.full_like(STRIPES, 200)).save(path, suffix)
    np.testing.assert_allclose(load_image(path)[..., :3], 200, atol=3)


@pytest.mark.parametrize("suffix", ["PPM", "EPS", "PDF"])
def test_other_formats_are_refused(tmp_path, suffix):
    path = tmp_path / "picture.png"
    Image.fromarray(STRIPES).save(path, suffix)
    with pytest.raises(ValueError, match=r"no image that can be read \(PNG, JPEG"):
        load_image(path)


# The rotation for each EXIF orientation, as in the standard (CIPA DC-008, tag 274): it says on which sides of the
# upright picture row 0 and column 0 of the stored picture are.
UPRIGHT = {
    1: lambda stored: stored,  # top, left
    2: np.fliplr,  # top, right
    3: lambda stored: np.rot90(stored, 2),  # bottom, right
    4: np.flipud,  # bottom, left
    5: lambda stored: stored.swapaxes(0, 1),  # left, top
    6: lambda stored: np.rot90(stored, -1),  # right, top
    7: lambda stored: np.rot90(stored, 2).swapaxes(0, 1),  # right, bottom
    8: lambda stored: np.rot90(stored, 1),  # left, bottom
}


@pytest.mark.parametrize("orientation", UPRIGHT)
@pytest.mark.parametrize("suffix", ["PNG", "WEBP"])
def test_a_photograph_is_rotated_upright(tmp_path, suffix, orientation):
    exif = Image.Exif()
    exif[274] = orientation
    path = tmp_path / "photograph"
    Image.fromarray(STRIPES).save(path, suffix, exif=exif, lossless=True)
    np.testing.assert_array_equal(load_image(path), UPRIGHT[orientation](STRIPES))


@pytest.mark.parametrize(("width", "height"), [(5001, 5000), (20_000, 10_000)])
def test_a_picture_too_large_is_refused_before_it_is_decoded(tmp_path, width, height):
    """The end of the file is missing, so decoding would raise another error. Pillow itself refuses the larger one."""
    path = tmp_path / "large.png"
    Image.new("1", (width, height)).save(path, compress_level=1)
    path.write_bytes(path.read_bytes()[:1000])
    with pytest.raises(ValueError, match="at most 25 megapixels"):
        load_image(path)


def test_a_picture_of_the_largest_size_is_read(tmp_path):
    Image.new("1", (5000, 5000)).save(tmp_path / "large.png", compress_level=1)
    assert load_image(tmp_path / "large.png").size == MAX_PIXELS


@pytest.mark.filterwarnings("ignore:Corrupt EXIF data")
def test_damaged_files_get_one_sentence(tmp_path):
    """The first file has its width in EXIF as text, which makes Pillow fail when it rotates the picture."""
    exif, path, damage = Image.Exif(), tmp_path / "damaged", random.Random(0)  # noqa: S311 (nothing secret)
    exif[274], exif[270] = 6, "a digit"
    originals = []
    for suffix in ("JPEG", "PNG", "GIF", "WEBP", "BMP"):
        Image.fromarray(STRIPES).save(path, suffix, exif=exif)
        originals.append(path.read_bytes())
    files = [originals[0].replace(b"\x01\x0e\x00\x02", b"\x01\x00\x00\x02")]
    for whole in 20 * originals:
        damaged = bytearray(whole)
        damaged[damage.randrange(min(len(damaged), 200))] = damage.randrange(256)
        files.append(bytes(damaged[: damage.choice((None, damage.randrange(len(damaged))))]))
    refused = []
    for file in files:
        path.write_bytes(file)
        try:
            load_image(path)
        except ValueError as error:
            refused.append(str(error))
    assert len(refused) > 20 and "no image" in refused[0]
    assert all(message.startswith(("This file holds no image", "This picture is too large")) for message in refused)
