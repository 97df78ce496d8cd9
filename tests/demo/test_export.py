"""The page without a server: its files are whole and lead nowhere else, and a browser answers what Python answers."""

import base64
import json
import re
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from demo.component import FOLDER
from demo.export.__main__ import main
from demo.export.modules import SPECIFIER, all_modules, resolved, without_comments
from demo.export.record import recorded_recipe, stored
from demo.export.single import single_page
from demo.export.site import INDEX, site_files, write_site
from demo.export.views import instead, static_views
from demo.requests import Reader
from demo.tabs.challenges.server import Challenges
from demo.tabs.inside.server import Inside
from demo.tabs.layers.server import Layers
from demo.tabs.train.live_view.server import LiveView
from demo.tabs.two_drawings.server import TwoDrawings
from demo.tabs.what_if.server import WhatIf
from demo.tabs.when.server import When
from demo.tabs.why.server import Explainer
from demo.training.live import Live
from tests.demo.packed import unpack
from tests.demo.test_engine import node
from train.config import Recipe, TrainConfig
from train.data.dataset import load
from train.recipe_command import command
from train.score import evaluate
from vit import ViTConfig
from vit.ink.shipped import examples

MOST = 3_000_000  # bytes of the page in one file
ADDRESS = re.compile(r"""(?:src|href|srcset|action|data)\s*=\s*["']([^"'>]+)""")
# The answers of the browser; `value` has the weights, what was recorded about the model, and the questions.
ANSWERS = """
    const { newAnswering } = await import("./demo/web/answers/answering.js");
    const waiting = new Map(), handle = newAnswering((reply) => waiting.get(reply.id)(reply));
    const send = (message) => new Promise((resolve, reject) => {
        const id = waiting.size;
        waiting.set(id, ({ answer, failed }) => (failed ? reject(new Error(failed)) : resolve(answer)));
        handle({ data: { id, ...message } });
    });
    const { model, recorded, questions } = value, file = readFileSync(value.path);
    const weights = file.buffer.slice(file.byteOffset, file.byteOffset + file.length);
    await send({ given: { model, weights, recorded, about: { name: model, summary: "" } } });
    const answers = [];
    for (const { view, name, payload } of questions) {
        let answer = await send({ view, name, payload });
        while (answer.done !== undefined) {
            await new Promise((resolve) => setTimeout(resolve, 20));
            answer = await send({ view, name, payload });
        }
        answers.push(answer);
    }
    return answers;
"""
SEVEN, THREE = (next(each["strokes"] for each in examples() if each["label"] == label) for label in (7, 3))
DRAWN = {"strokes": SEVEN, "model": "digits-4x4"}
CHANGES = {"erased": [5], "heads": [[0, 1]], "layers": [1], "positions": False, "order": [*range(15, -1, -1)]}
QUESTIONS = [
    (Inside, "tabs/inside", "numbers", {}),
    (Layers, "tabs/layers", "lens", {}),
    (When, "tabs/when", "parts", {}),
    (Explainer, "tabs/why", "maps", {"target": 1}),
    (Explainer, "tabs/why", "erased", {}),
    (Explainer, "tabs/why", "erased", {"target": 3}),
    (WhatIf, "tabs/what_if", "changed", {"changes": CHANGES}),
    (WhatIf, "tabs/what_if", "changed", {"changes": {}, "target": 2}),
    (TwoDrawings, "tabs/two_drawings", "differences", {"kept": None}),
    (TwoDrawings, "tabs/two_drawings", "differences", {"kept": {"strokes": THREE}}),
    (TwoDrawings, "tabs/two_drawings", "differences", {"kept": {"strokes": SEVEN}}),
    (Challenges, "tabs/challenges", "values", {}),
]
MOMENTS = """
    const { momentsOf, snapshots, now } = await import("./demo/web/answers/training.js");
    const file = Uint8Array.from(Buffer.from(value.weights, "base64")).buffer;
    const context = { moments: momentsOf(file, value.recorded), breathe: async () => {} };
    return [await snapshots(value.payload, context), now(value.payload, context)];
"""
OWN = {"ms", "name", "whole", "model", "lens", "first_numbers", "number_scale"}  # measured, or more than was asked


@pytest.fixture(scope="module")
def views():
    return static_views()


@pytest.fixture(scope="module")
def files(views) -> dict[str, bytes]:
    return site_files(views)


@pytest.fixture(scope="module")
def page(views) -> str:
    return single_page(views)


def test_every_module_finds_those_that_it_imports(files):
    modules = {path: content.decode() for path, content in files.items() if path.endswith(".js")}
    for path, source in modules.items():
        code = re.sub(r"/\*.*?\*/", "", source, flags=re.DOTALL)
        assert {resolved(path, match[2]) for match in SPECIFIER.finditer(code)} <= set(modules), path
    assert len(modules) > 100


def test_only_comments_with_lines_of_their_own_are_left_out():
    source = "/* One. */\nconst a = 1; /* two */\n  /**\n   * Three.\n   */\n  /* four */ b();\n/* five */\nc();\n"
    assert without_comments(source) == "const a = 1; /* two */\n  /* four */ b();\nc();\n"


def test_neither_page_names_another_address(files, page):
    for document in (files[INDEX].decode(), page):
        found = {address for address in ADDRESS.findall(document) if not address.startswith(("data:", "#"))}
        assert found <= {"start.js", "from_disk.js"}
        assert "Content-Security-Policy" in document
        assert "url(http" not in document and "@import" not in document


def test_one_file_is_small_enough_for_a_mail(page):
    assert len(page.encode()) <= MOST


def test_the_same_sources_give_the_same_bytes(page):
    assert single_page(static_views()) == page


def test_views_that_need_a_server_are_in_no_step_no_tour_and_no_term(views):
    shown = {view["name"] for step in views["navigation"].props["steps"] for view in step["views"]}
    assert {"teach", "test"}.isdisjoint(shown) and {"why", "train", "challenges"} <= shown
    places = [term.get("show", {}).get("view") for term in views["glossary"].props["terms"]]
    assert set(places) - {None} <= shown
    opened = {step.get("view") for tour in views["tours"].props["tours"] for step in tour["steps"]} - {None}
    assert opened <= shown


def test_the_advice_names_the_number_of_patches_that_the_browser_compares(views):
    script = (FOLDER / "web" / "answers" / "readings.js").read_text(encoding="utf-8")
    (most,) = re.findall(r"MOST = (\d+);", script)
    html = views["tabs/why"].html
    assert f"with ink in up to {most} patches" in html
    assert "16" not in html and html.count('class="advice"') == 1


def test_modules_that_import_each_other_are_refused(tmp_path, monkeypatch):
    monkeypatch.setattr("demo.export.modules.FOLDER", tmp_path)
    (tmp_path / "one.js").write_text('import { two } from "./two.js";')
    (tmp_path / "two.js").write_text('import { one } from "./one.js";')
    with pytest.raises(ValueError, match=re.escape("start.js -> one.js -> two.js -> one.js")):
        all_modules('import "./one.js";')


def test_a_folder_with_something_else_is_refused_and_a_page_is_written_again(tmp_path, capsys):
    write_site(tmp_path / "new", {INDEX: b'<meta name="generator" content="inkling">', "web/one.js": b"1"})
    write_site(tmp_path / "new", {"web/one.js": b"2"})
    assert (tmp_path / "new" / "web" / "one.js").read_bytes() == b"2"
    (tmp_path / "mine.txt").write_text("mine")
    with pytest.raises(ValueError, match="is not empty"):
        write_site(tmp_path, {"web/one.js": b"1"})
    assert main([]) == 1
    assert "name a folder" in capsys.readouterr().err


def assert_alike(ours, theirs, place: str) -> None:
    """Compare an answer of the browser with Python's, arrays by their numbers."""
    if isinstance(theirs, dict) and set(theirs) == {"shape", "type", "data"}:
        np.testing.assert_allclose(unpack(ours), unpack(theirs), atol=1e-3, err_msg=place)
    elif isinstance(theirs, dict):
        assert set(theirs) - OWN <= set(ours), place
        for name in set(theirs) - OWN:
            assert_alike(ours[name], theirs[name], f"{place}.{name}")
    elif isinstance(theirs, list):
        assert len(ours) == len(theirs), place
        for at, (one, other) in enumerate(zip(ours, theirs, strict=True)):
            assert_alike(one, other, f"{place}[{at}]")
    elif isinstance(theirs, float):
        assert ours == pytest.approx(theirs, abs=1e-3), place
    else:
        assert ours == theirs, place


def test_the_browser_answers_what_python_answers(files):
    model, reader = "digits-4x4", Reader(lambda _: None)
    servers = {kind: kind(reader) for kind, *_ in QUESTIONS}
    asked = [{"view": view, "name": name, "payload": DRAWN | more} for _, view, name, more in QUESTIONS]
    recorded = json.loads(files[f"recorded/{model}.json"])
    path = str(Path(FOLDER).parent / "assets" / f"{model}.safetensors")
    ours = node(ANSWERS, {"model": model, "path": path, "recorded": recorded, "questions": asked})
    for (kind, view, name, more), answer in zip(QUESTIONS, ours, strict=True):
        assert_alike(answer, getattr(servers[kind], name)(DRAWN | more), f"{view}.{name}")


def test_the_recorded_training_is_read_as_python_reads_it(files):
    about, snapshots, digits = stored()
    assert len(snapshots) >= 8 and snapshots[0].step == 0 and snapshots[-1].step == about["training"]["steps"]
    live = Live(Recipe(ViTConfig(**about["config"]), TrainConfig()), test_digits=digits)
    live.snapshots.items.extend(snapshots)
    live.latest = snapshots[-1]
    jobs: Any = SimpleNamespace(live=lambda _: live, state=lambda _: None)
    server = LiveView(Reader(lambda _: None), jobs)
    payload = {"strokes": SEVEN, "digit": 1, "job": "recorded"}
    weights = base64.b64encode(files["recorded/training.safetensors"]).decode()
    recorded = json.loads(files["recorded/training.json"])
    ours, now = node(MOMENTS, {"weights": weights, "recorded": recorded, "payload": payload})
    assert_alike(ours, server.snapshots(payload), "snapshots")
    assert_alike(now["snapshot"], server.now(payload)["snapshot"], "now")


def test_the_stored_command_and_figures_are_those_of_the_recorded_training():
    about, snapshots, _ = stored()
    recipe = recorded_recipe()
    assert about["command"] == command(recipe)
    assert ViTConfig(**about["config"]) == recipe.model
    model = snapshots[-1].model(recipe.model)
    assert about["figures"]["parameters"] == model.num_params
    assert about["figures"]["test"]["accuracy"] == about["training"]["test_accuracy"]


@pytest.mark.slow
def test_the_last_moment_has_the_accuracy_that_is_shown():
    about, snapshots, _ = stored()
    score = evaluate(snapshots[-1].model(recorded_recipe().model), load("test"))
    assert score.accuracy == pytest.approx(about["figures"]["test"]["accuracy"], abs=2e-4)  # in 16 bits


def test_a_view_that_has_changed_is_noticed(views):
    with pytest.raises(ValueError, match="has nothing like"):
        instead(views["tabs/why"], "no such words", "")
