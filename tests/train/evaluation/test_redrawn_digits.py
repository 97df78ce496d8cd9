"""Test the evaluation of redrawn digits: the drawings, the counts, and the command."""

import json

import numpy as np
import pytest
import torch

from train.data.dataset import Digits
from train.evaluation import redrawn_digits as command
from train.evaluation.redrawn_digits import PEN_WIDTHS, Drawings, draw, drawings_table, measure_drawing, measure_model
from train.synthetic.handwriting import redraw, render
from train.synthetic.vectorize import vectorize
from vit import VisionTransformer, ViTConfig, checkpoint
from vit.calibration import Calibration
from vit.ink import from_image, from_strokes

pytest.importorskip("skimage")

TINY = ViTConfig(embed_dim=8, depth=1, num_heads=2, mlp_dim=8)


def tiny(seed: int = 0) -> VisionTransformer:
    torch.manual_seed(seed)
    return VisionTransformer(TINY).eval()


@pytest.fixture
def drawings() -> Drawings:
    """Return random images, and two groups of each kind that overlap."""
    random = torch.Generator().manual_seed(3)
    strokes, pictures = torch.rand(2, 40, 28, 28, generator=random)
    labels = torch.randint(0, 10, (40,), generator=random)
    groups = {"pen 4": torch.arange(40) % 2 == 0, "size under 150": torch.arange(40) < 13}
    return Drawings(labels, strokes, pictures, groups)


def by_hand(right: list[bool]) -> tuple[float, float, float]:
    """Return the share and the roots of Wilson's quadratic, (p - share)^2 = z^2 p (1 - p) / n."""
    n, share, z = len(right), sum(right) / len(right), 1.96
    low, high = sorted(np.roots([1 + z * z / n, -(2 * share + z * z / n), share**2]).real)
    return share, low, high


def test_the_figures_equal_a_count_by_hand(drawings, monkeypatch):
    model = tiny()
    # An OOD score that can be computed by hand: bright images are rejected.
    monkeypatch.setattr(command, "ood_scores", lambda _, outputs: outputs.cells.mean(dim=-1))
    threshold = 0.5
    found = measure_model(model, Calibration(threshold=threshold), drawings)
    assert list(found["strokes"]) == ["all", "size under 150"]
    assert list(found["pictures"]) == ["all", "pen 4", "size under 150"]
    for way, images in (("strokes", drawings.strokes), ("pictures", drawings.pictures)):
        for name, one in found[way].items():
            mask = drawings.groups.get(name, torch.ones(40, dtype=torch.bool))
            members = [at for at in range(40) if mask[at]]
            read = [int(model(images[at][None, None]).argmax()) for at in members]
            share, low, high = by_hand(
                [int(drawings.labels[at]) == digit for at, digit in zip(members, read, strict=True)]
            )
            assert one["images"] == len(members)
            assert one["accuracy"] == pytest.approx(share)
            assert one["interval"] == pytest.approx([low, high], abs=1e-5)  # z is 1.96 here and 1.959964 in the code
            bright = sum(float(images[at].mean()) > threshold for at in members) / len(members)
            assert one["rejected"] == pytest.approx(bright)


def test_without_calibration_nothing_is_rejected(drawings):
    found = measure_model(tiny(), None, drawings)
    assert all(one["rejected"] is None for rows in found.values() for one in rows.values())
    assert all(line.endswith("-") for line in drawings_table("model", found).splitlines()[1:])


def test_a_model_that_is_always_right_has_accuracy_one(drawings):
    model = tiny()
    with torch.inference_mode():
        labels = model(drawings.strokes[:, None]).argmax(dim=-1)
    found = measure_model(model, None, Drawings(labels, drawings.strokes, drawings.pictures, drawings.groups))
    assert all(one["accuracy"] == 1 for one in found["strokes"].values())


def test_the_traits_of_a_known_drawing():
    upright = [[(100.0, 40.0), (100.0, 140.0)]]
    assert measure_drawing(upright, 20) == pytest.approx({"size": 120, "off centre": 50, "slant": 0})
    leaning = [[(150.0, 100.0), (130.0, 200.0)], [(140.0, 150.0)]]  # leans to the right
    assert measure_drawing(leaning, 4) == pytest.approx({"size": 104, "off centre": 10, "slant": 0.2})


def test_drawings_are_the_chosen_digits_redrawn_and_read_by_ink(mnist_test):
    drawings = draw(mnist_test, 9, seed=5)
    chosen = np.random.default_rng(5).permutation(len(mnist_test))[:9]
    assert torch.equal(drawings.labels, mnist_test.labels[chosen])
    for at, index in enumerate(chosen):
        pen = PEN_WIDTHS[at % 7]
        lines = redraw(vectorize(mnist_test.images[index].numpy()), np.random.default_rng([5, index]), pen)
        assert np.array_equal(drawings.strokes[at], from_strokes(lines))
        assert np.array_equal(drawings.pictures[at], from_image(255 - render(lines, pen)))
        assert drawings.groups[f"pen {pen}"][at]
    for kind in ("pen", "size", "off centre", "slant"):
        masks = torch.stack([mask for name, mask in drawings.groups.items() if name.startswith(kind)])
        assert (masks.sum(dim=0) == 1).all(), f"{kind} does not divide the drawings"


def test_more_digits_begin_with_the_same_drawings(mnist_test):
    few, more, other = draw(mnist_test, 3, 0), draw(mnist_test, 5, 0), draw(mnist_test, 3, 1)
    assert torch.equal(few.strokes, more.strokes[:3])
    assert torch.equal(few.pictures, more.pictures[:3])
    assert not torch.equal(few.strokes, other.strokes)


@pytest.fixture
def path(mnist_test, monkeypatch, tmp_path):
    """Save an untrained model, and use a small set in place of MNIST."""
    some: Digits = mnist_test.subset(slice(30))
    monkeypatch.setattr(command, "load", lambda *_: some)
    target = tmp_path / "model.safetensors"
    checkpoint.save(tiny(), target)
    return target


def test_the_json_and_the_tables_agree(path, tmp_path, capsys):
    second = tmp_path / "second.safetensors"
    checkpoint.save(tiny(1), second)
    file = tmp_path / "found.json"
    argv = ["--model", str(path), "--model", str(second), "--digits", "14", "--seed", "3", "--json", str(file)]
    assert command.main(argv) == 0
    written = json.loads(file.read_text())
    assert (written["digits"], written["seed"]) == (14, 3)
    tables = capsys.readouterr().out.strip().split("\n\n")
    assert list(written["models"]) == [str(path), str(second)]
    for text, (name, ways) in zip(tables, written["models"].items(), strict=True):
        head, *lines = text.splitlines()
        assert head.startswith(name)
        rows = [(way, group, one) for way, groups in ways.items() for group, one in groups.items()]
        for line, (way, group, one) in zip(lines, rows, strict=True):
            label = way if group == "all" else f"  {group}"
            low, high = one["interval"]
            figures = [f"{one['images']}", f"{100 * one['accuracy']:.2f}%", f"{100 * low:.2f}%", "to"]
            assert line.startswith(label)
            assert line.removeprefix(label).split() == [*figures, f"{100 * high:.2f}%", "-"]
    for pen in PEN_WIDTHS:
        assert written["models"][str(path)]["pictures"][f"pen {pen}"]["images"] == 2


def test_without_model_the_shipped_ones_are_measured(path, monkeypatch, capsys):
    monkeypatch.setattr(checkpoint, "shipped", lambda: [str(path)])
    assert command.main(["--digits", "7"]) == 0
    assert capsys.readouterr().out.startswith(str(path))


@pytest.mark.parametrize(
    ("argv", "named"),
    [
        (["--model", "digits-9x9"], "no checkpoint"),
        (["--digits", "0"], "digits must be a whole number in [1, "),
        (["--digits", "31"], "digits must be a whole number in [1, 30], got 31"),
        (["--seed", "-1"], "seed must be a whole number in [0, "),
        (["--seed", "9" * 23], "seed must be a whole number in [0, "),
        (["--digits", "1", "--json", "/dev/null"], "/dev/null is a device"),
        (["--threads", "0"], "threads must be"),
        (["--digits", "1", "--json", "missing/folder/found.json"], "missing/folder"),
    ],
)
def test_invalid_arguments_give_one_sentence(path, argv, named, capsys):
    argv = argv if "--model" in argv else ["--model", str(path), *argv]
    assert command.main(argv) == 1
    error = capsys.readouterr().err.splitlines()[-1]
    assert error.startswith("train.evaluation.redrawn_digits: ")
    assert named in error


def test_missing_scikit_image_and_ctrl_c_give_one_line(path, monkeypatch, capsys):
    for raised, status, named in (
        (ImportError("takes scikit-image"), 1, "scikit-image"),
        (KeyboardInterrupt(), 130, "stopped"),
    ):

        def fail(*_, raised=raised):
            raise raised

        monkeypatch.setattr(command, "vectorize", fail)
        assert command.main(["--model", str(path), "--digits", "2"]) == status
        assert named in capsys.readouterr().err.splitlines()[-1]


@pytest.mark.slow
def test_shipped_models_read_drawings(mnist_test):
    """The thresholds are below the published accuracy, since the sample is small."""
    drawings = draw(mnist_test, 140, seed=11)
    for name in checkpoint.shipped():
        found = measure_model(checkpoint.load(name), checkpoint.read_calibration(name), drawings)
        assert found["strokes"]["all"]["accuracy"] > 0.95
        assert found["pictures"]["all"]["accuracy"] > 0.94
