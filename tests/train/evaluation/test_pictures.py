"""Test the evaluation of pictures of digits: the counts, the aims, and the command."""

import json

import numpy as np
import pytest
import torch

from train.evaluation import pictures as command
from train.evaluation.pictures import one_digit, pictures_of, summarize, tables, with_aim
from train.synthetic.cluttered_pictures import WITHOUT_DIGIT
from train.synthetic.picture_kinds import ONE_DIGIT, SEVERAL
from vit import VisionTransformer, ViTConfig, checkpoint

pytest.importorskip("skimage")

EVERY = [*ONE_DIGIT, *SEVERAL, *WITHOUT_DIGIT]  # BLOCKS are pictures of one digit too
FEW = ["clean", "frame, thin", "two digits", "a one stretched to a square, cut", "blank"]


def test_the_summary_counts_pictures():
    read = [([3], False), ([3, 4], True), ([], False), ([5], True)]
    labels = [[3], [3, 4], [7], [6]]
    row = summarize(read, labels)
    assert row == {"pictures": 4, "right": 0.5, "counted": 0.75, "refused": 0.25, "doubted": 0.5, "safe": 1}


@pytest.mark.parametrize(
    ("kind", "row", "reached"),
    [
        ("binary", {"right": 0.985}, True),
        ("binary", {"right": 0.984}, False),
        ("stretched, twice as wide", {"right": 0.975}, True),
        ("photographed: blurred", {"right": 0.974}, False),
        ("two digits", {"counted": 0.95, "refused": 0, "doubted": 0}, True),
        ("two digits", {"counted": 0.94, "refused": 0.06, "doubted": 0}, False),
        ("two digits that touch", {"counted": 0.5, "refused": 0.45, "doubted": 0}, True),
        ("blank", {"safe": 0.95}, True),
        ("a one stretched to a square, cut", {"safe": 0.94}, False),
    ],
)
def test_each_group_of_kinds_has_its_aim(kind, row, reached):
    assert with_aim(kind, row, 0.99)["reached"] == reached


@pytest.mark.parametrize("kind", EVERY)
def test_pictures_are_bytes_and_repeat(kind, mnist_test):
    digits = mnist_test.subset(slice(6, 9))
    assert 1 not in digits.labels
    (ones, labels), (others, _) = pictures_of(kind, digits), pictures_of(kind, digits)
    assert len(ones) == len(labels) == 3
    assert [len(some) for some in labels] == [SEVERAL.get(kind, (kind in ONE_DIGIT, 0))[0]] * 3
    for one, other in zip(ones, others, strict=True):
        assert one.dtype == np.uint8 and one.ndim in (2, 3)
        np.testing.assert_array_equal(one, other)


def test_a_cut_picture_ends_where_the_ink_does(mnist_test):
    digits = mnist_test.subset(slice(20))
    for level, kind in ((0.2, "cut at 20 % of the ink"), (0.8, "cut at 80 %")):
        for picture, image in zip(one_digit(kind, digits), digits.images.numpy(), strict=True):
            rows, columns = np.nonzero(image > 255 * level)
            ink_size = np.array([np.ptp(rows) + 1, np.ptp(columns) + 1]) * 10
            assert (np.abs(np.array(picture.shape) - ink_size) <= 20).all()


@pytest.fixture
def path(mnist_test, monkeypatch, tmp_path):
    """Save an untrained model; use a small set in place of MNIST, and few kinds of pictures."""
    monkeypatch.setattr(command, "load", lambda *_: mnist_test.subset(slice(30)))
    for name in ("ONE_DIGIT", "SEVERAL", "BLOCKS", "WITHOUT_DIGIT"):
        kinds = getattr(command, name)
        monkeypatch.setattr(command, name, {kind: kinds[kind] for kind in FEW if kind in kinds})
    torch.manual_seed(0)
    target = tmp_path / "model.safetensors"
    checkpoint.save(VisionTransformer(ViTConfig(embed_dim=8, depth=1, num_heads=2, mlp_dim=8)), target)
    return target


def test_the_json_and_the_tables_agree(path, tmp_path, capsys):
    file = tmp_path / "found.json"
    assert command.main(["--model", str(path), "--images", "28", "--json", str(file)]) == 0
    written = json.loads(file.read_text())
    assert written["images"] == 28
    rows = written["models"][str(path)]
    assert list(rows) == FEW
    out = capsys.readouterr().out
    assert out.strip() == tables(str(path), rows)
    for kind in FEW:
        assert f"\n| {kind} | " in out


def test_some_kinds_are_measured_as_with_all(path, tmp_path):
    """So a long measurement can be made in parts."""
    files = [tmp_path / "all.json", tmp_path / "some.json"]
    for file, kinds in zip(files, ([], ["--kinds", "two digits", "frame, thin"]), strict=True):
        assert command.main(["--model", str(path), "--images", "28", "--json", str(file), *kinds]) == 0
    rows, some = (json.loads(file.read_text())["models"][str(path)] for file in files)
    assert some == {kind: rows[kind] for kind in ("clean", "frame, thin", "two digits")}


def test_an_unknown_kind_gives_one_sentence(path, capsys):
    assert command.main(["--model", str(path), "--kinds", "sideways"]) == 1
    assert "kinds must be one of" in capsys.readouterr().err


def test_an_invalid_number_gives_one_sentence(path, capsys):
    assert command.main(["--model", str(path), "--images", "0"]) == 1
    assert "images must be" in capsys.readouterr().err
