"""Compare the accuracy on subsets of patches with a loop that drops the tokens image by image."""

import json

import numpy as np
import pytest
import torch

import vit
from train.augment import random_patches
from train.data.dataset import Digits
from train.evaluation import patch_subsets
from vit.checkpoint import ASSETS


@pytest.fixture(scope="module")
def digits() -> Digits:
    with np.load(ASSETS / "samples.npz") as samples:
        return Digits(torch.from_numpy(samples["images"]), torch.from_numpy(samples["labels"]).long())


def test_accuracy_is_that_of_images_without_these_tokens(digits, monkeypatch):
    """The drawn subsets are recorded, and their tokens dropped by hand."""
    model, drawn = vit.load("digits-4x4"), []
    monkeypatch.setattr(patch_subsets, "random_patches", lambda *args: drawn.append(random_patches(*args)) or drawn[-1])
    few = digits.subset(slice(40))
    found = patch_subsets.accuracy(model, few, visible=5)
    right = 0
    for image, label, visible in zip(few.images, few.labels, torch.cat(drawn), strict=True):
        tokens = model.embed(image[None, None] / 255)
        with torch.no_grad():
            right += int(model.encode(tokens[:, [0, *(int(patch) + 1 for patch in visible)]]).argmax() == label)
    assert found == pytest.approx(right / 40)
    assert 0.2 < found < 1


def test_no_patch_gives_one_class_and_all_give_the_plain_accuracy(digits):
    model = vit.load("digits-4x4")
    found = patch_subsets.accuracy_curve(model, digits)
    assert list(found) == list(range(17))
    with torch.no_grad():
        plain, blind = model(digits.images[:, None] / 255), model(torch.zeros(1, 1, 28, 28), torch.zeros(1, 0).long())
    assert found[16] == pytest.approx(float((plain.argmax(1) == digits.labels).float().mean()))
    assert found[0] == pytest.approx(float((digits.labels == blind.argmax()).float().mean()))
    assert found[4] < found[8] < found[12]


def test_a_finer_grid_has_equally_many_counts():
    found = patch_subsets.visible_counts(49)
    assert (found[0], found[-1], len(found)) == (0, 49, 17)
    assert found == sorted(set(found))


def test_all_subsets_are_equally_frequent():
    """Each of the six pairs out of four patches is equally frequent and in order."""
    pairs = random_patches(6000, 4, 2, torch.Generator().manual_seed(0))
    assert bool((pairs[:, 0] < pairs[:, 1]).all())
    times = torch.bincount(4 * pairs[:, 0] + pairs[:, 1], minlength=16)
    assert times[times > 0].tolist() == pytest.approx([1000] * 6, rel=0.1)


def test_the_command_prints_and_draws(digits, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(patch_subsets, "load", lambda *_: digits.subset(slice(30)))
    files = tmp_path / "curves.json", tmp_path / "curves.png"
    assert patch_subsets.main(["--json", str(files[0]), "--figure", str(files[1])]) == 0
    found = json.loads(files[0].read_text())
    assert [len(curve) for curve in found.values()] == [17, 17]
    printed = capsys.readouterr().out
    assert "| visible patches, of 16 | `digits-4x4` |" in printed
    assert "| visible patches, of 49 | `digits-7x7` |" in printed
    assert f"| 8 | {found['digits-4x4']['8']:.2%} |" in printed
    assert files[1].read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        (["--json", "/dev/null"], "json must be a file that can be written: /dev/null is a device, not a regular file"),
        (["--figure", "nowhere/curves.png"], "figure must lie in a folder that is there, got nowhere/curves.png"),
        (["--figure", "curves.xlsx"], "figure must end in one of .png, .svg, .pdf, got curves.xlsx"),
        (["--threads", "99999"], "threads must be a whole number in [1, "),
    ],
)
def test_invalid_arguments_are_named_before_any_digit_is_read(flags, message, monkeypatch, capsys):
    monkeypatch.setattr(patch_subsets, "load", lambda *_: pytest.fail("the digits were read"))
    assert patch_subsets.main(flags) == 1
    assert capsys.readouterr().err.startswith(f"train.evaluation.patch_subsets: {message}")


def test_a_figure_is_drawn_through_a_link(digits, tmp_path, monkeypatch):
    """The link's name decides the format."""
    (tmp_path / "curves.svg").symlink_to("target")
    monkeypatch.setattr(patch_subsets, "load", lambda *_: digits.subset(slice(3)))
    assert patch_subsets.main(["--model", "digits-4x4", "--figure", str(tmp_path / "curves.svg")]) == 0
    assert (tmp_path / "curves.svg").is_symlink()
    assert "<svg" in (tmp_path / "target").read_text()


def test_a_missing_model_gives_one_sentence(capsys, tmp_path):
    assert patch_subsets.main(["--model", str(tmp_path / "none.safetensors")]) == 1
    assert capsys.readouterr().err.startswith("train.evaluation.patch_subsets: ")
    with pytest.raises(ValueError, match="digits must hold at least one image"):
        patch_subsets.accuracy(vit.load("digits-4x4"), Digits(torch.zeros(0, 28, 28).byte(), torch.zeros(0).long()), 3)
