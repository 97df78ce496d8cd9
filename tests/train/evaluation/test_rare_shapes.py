"""Test the evaluation of rare shapes: the counts, the aims, and the command."""

import json
from typing import Any

import pytest
import torch

from train.evaluation import rare_shapes as command
from train.evaluation.rare_shapes import ANGLES, border_table, is_reached, measure, shapes_table, summarize, total
from train.synthetic.unseen_shapes import PATHS, make_unseen
from vit import VisionTransformer, ViTConfig, checkpoint


@pytest.fixture
def model():
    torch.manual_seed(0)
    return VisionTransformer(ViTConfig(embed_dim=8, depth=1, num_heads=2, mlp_dim=8)).eval()


def test_a_model_that_reads_all_as_five_is_right_about_fives(model):
    with torch.no_grad():
        model.head.weight.zero_()
        model.head.bias.copy_(torch.eye(10)[5])
    fives, sixes = (summarize((model, None), make_unseen(shape, 4, 0)) for shape in ("5, bar apart", "6, boxy, open"))
    assert fives == {"right": 1, "doubted": 0, "to": None}
    assert sixes == {"right": 0, "doubted": 0, "to": 5}


@pytest.mark.parametrize(
    ("shares", "reached"), [((1.0, 0.97), True), ((1.0, 0.95), False), ((1.0,) * 9 + (0.89,), False)]
)
def test_the_aim_is_for_the_mean_and_for_the_worst(shares, reached):
    rows: dict[str, dict[str, Any]] = {
        str(at): {"right": right, "doubted": 0, "to": None} for at, right in enumerate(shares)
    }
    assert is_reached(total(rows)) == reached


def test_the_json_and_the_tables_agree(model, tmp_path, capsys):
    path, file = tmp_path / "model.safetensors", tmp_path / "found.json"
    checkpoint.save(model, path)
    assert command.main(["--model", str(path), "--images", "2", "--json", str(file)]) == 0
    out = capsys.readouterr().out
    results = {str(path): measure((checkpoint.load(path), None), 2)}
    assert out.startswith(f"{shapes_table(results)}\n\n{border_table(results)}\n")
    written = json.loads(file.read_text())["models"][str(path)]
    assert set(PATHS) < set(written["shapes"])
    assert written["shapes"] == results[str(path)]["shapes"]
    assert len(written["border"]) == len(ANGLES)
    assert all(0 <= share <= 1 for row in written["border"].values() for share in row.values())


def test_an_invalid_number_gives_one_sentence(capsys):
    assert command.main(["--images", "0"]) == 1
    assert "images must be" in capsys.readouterr().err
