"""The program below each view runs as it stands, and computes what the page's server computes for the same drawing."""

import ast
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from demo.in_python import SNIPPETS, snippet
from demo.requests import Reader
from demo.shared_column.server import PadServer
from demo.steps import TABS, name_of
from demo.tabs.challenges.server import Challenges
from demo.tabs.distances.server import distances
from demo.tabs.inside.server import Inside
from demo.tabs.layers.server import Layers
from demo.tabs.patches.server import embedding
from demo.tabs.two_drawings.server import TwoDrawings
from demo.tabs.what_if.server import WhatIf
from demo.tabs.when.server import When
from demo.tabs.why.server import Explainer
from tests.conftest import DATA
from tests.demo.packed import unpack
from train import own_classes
from vit.ink.shipped import examples

SEVEN: dict[str, Any] = {"strokes": next(each["strokes"] for each in examples() if each["label"] == 7)}
MODELS = ("digits-4x4", "digits-7x7")
PUBLIC = {"vit", "train", "torch", "numpy"}
LEARNING = ("teach", "test", "train", "race", "influence")  # read MNIST


def run(view: str, model: str = MODELS[0]) -> dict[str, Any]:
    """Run the program of a view, with a model, and return its variables."""
    names: dict[str, Any] = {}
    exec(compile(snippet(view).replace(MODELS[0], model), view, "exec"), names)  # noqa: S102 (our own file)
    return names


def close(one: torch.Tensor, other: Any, atol: float = 1e-4) -> None:
    np.testing.assert_allclose(one.detach().numpy(), np.asarray(other), atol=atol, rtol=1e-4)


@pytest.fixture
def reader() -> Reader:
    return Reader({}.get)


def test_each_view_has_a_program_of_few_lines_and_public_functions():
    assert sorted(path.stem for path in SNIPPETS.glob("*.py")) == sorted(map(name_of, TABS))
    for path in SNIPPETS.glob("*.py"):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        modules = {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
        modules |= {each.name for node in ast.walk(tree) if isinstance(node, ast.Import) for each in node.names}
        assert {str(module).split(".")[0] for module in modules} <= PUBLIC, path.name
        names = {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
        assert not any(name.startswith("_") for name in names), path.name
        assert len(path.read_text(encoding="utf-8").splitlines()) <= 32, path.name


@pytest.mark.parametrize(
    "view", [name_of(view) for view in TABS if name_of(view) not in (*LEARNING, "distances", "challenges")]
)
def test_a_program_runs_with_the_finer_model_too(view, capsys, monkeypatch):
    few = own_classes.OwnClassesConfig(folds=2, images=50, steps=2)  # else the symbols take a minute
    monkeypatch.setattr(own_classes, "learn", partial(own_classes.learn, config=few))
    run(view, MODELS[1])
    assert capsys.readouterr().out


@pytest.mark.slow
def test_the_programs_that_learn_run(mnist_raw: Path, monkeypatch, capsys):
    monkeypatch.chdir(DATA.parent)
    assert run("test")["predictions"].accuracy > 0.98
    taught = run("teach")
    assert int(taught["taught"].model(taught["image"][None]).argmax()) == 1
    trained = run("train")
    assert trained["event"].val.accuracy > 0.5
    influence = run("influence")
    assert (influence["digits"].labels[influence["near"]] == influence["target"]).all()
    assert influence["unlearned"]["nearest"].change < influence["unlearned"]["at random"].change
    assert sorted(run("race")["models"]) == ["cnn", "mlp", "vit"]
    assert len(capsys.readouterr().out.splitlines()) > 6


def test_overview_and_attention_are_the_reading_of_the_pad(reader):
    answer = PadServer(reader).read(SEVEN | {"whole": True})
    close(run("overview")["probs"], answer["probs"])
    close(run("attention")["attention"], unpack(answer["attention"]))


def test_inside_is_the_calculation_of_the_view(reader):
    answer, names = Inside(reader).numbers(SEVEN), run("inside")
    low, high = (unpack(answer[name])[..., None, None] for name in ("low", "high"))
    values = low + unpack(answer["qkv"]) * (high - low)  # (L, 3, h, N, d)
    close(torch.stack([names["q"], names["k"], names["v"]]), values[-1, :, 0], atol=1e-3)
    close(names["weights"], run("attention")["attention"][-1, 0])


def test_patches_and_distances_are_those_of_the_model(reader):
    close(run("patches")["gains"], unpack(embedding(reader.loaded(None).model)["gains"]), atol=1e-3)
    answer, names = distances(reader.loaded(None).model), run("distances")
    close(names["distances"], unpack(answer["distance"]), atol=1e-3)


def test_layers_and_when_read_as_their_views_do(reader):
    close(run("layers")["probs"], unpack(Layers(reader).lens(SEVEN | {"known": ""})["probs"]))
    answer = When(reader).parts(SEVEN)
    assert run("when")["digits"].tolist()[-len(answer["digit"]) :] == answer["digit"]


def test_why_gives_the_values_and_the_account_of_the_view(reader):
    answer, names = Explainer(reader).erased(SEVEN), run("why")
    close(names["values"], unpack(answer["values"]))
    terms = answer["account"]["terms"]
    assert [names["inked"][names["patches_in"](each)].tolist() for each in names["account"].sets] == [
        term["patches"] for term in terms
    ]
    close(names["account"].values, [term["value"] for term in terms])
    close(run("challenges")["values"].flatten(), Challenges(reader).values(SEVEN)["values"])


def test_what_if_and_two_drawings_change_what_their_views_change(reader, capsys):
    answer = WhatIf(reader).changed(SEVEN | {"changes": {"erased": [5]}})
    names = run("what_if")
    read = names["calibration"].probs(names["model"].trace(names["erased"][None]).logits)[0]
    close(read, answer["probs"])
    without_head = WhatIf(reader).changed(SEVEN | {"changes": {"heads": [[2, 0]]}})
    assert f"a head switched off -> reads {without_head['digit']} with" in capsys.readouterr().out
    shares, answer = run("two_drawings")["shares"], TwoDrawings(reader).differences(SEVEN)
    for name in ("heads", "mlps", "tokens"):
        close(getattr(shares, name), unpack(answer[name]))
