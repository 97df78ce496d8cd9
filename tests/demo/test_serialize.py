"""Compare the packed reading with the trace."""

import json

import numpy as np
import pytest
import torch

from demo import serialize
from demo.models import LoadedModel
from demo.shared_column.reading import describe_model, pack_reading
from tests.demo.packed import unpack
from vit import PRESETS, VisionTransformer, ViTConfig, explain
from vit.calibration import Calibration


@pytest.mark.parametrize(("kind", "step"), [("u8", 1 / 255), ("u16", 1 / 65535), ("f32", 0)])
def test_pack_and_unpack(kind, step):
    values = torch.rand(3, 4, 5)
    packed = json.loads(json.dumps(serialize.pack(values, kind)))
    np.testing.assert_allclose(unpack(packed), values, atol=step / 2 + 1e-7)


@pytest.mark.parametrize("config", [PRESETS["4x4"], PRESETS["blog"], ViTConfig(patch_size=2), ViTConfig(patch_size=14)])
def test_a_reading_has_the_numbers_of_the_trace(config):
    torch.manual_seed(0)
    model = VisionTransformer(config).eval()
    image = np.random.default_rng(0).random((28, 28), dtype=np.float32)
    with torch.inference_mode():
        trace = model.trace(torch.from_numpy(image)[None, None])
    reading = json.loads(json.dumps(pack_reading(LoadedModel(model, ""), image, whole=True)))
    close = {"atol": 1e-5, "rtol": 0}
    np.testing.assert_allclose(unpack(reading["image"]), image, atol=0.5 / 255 + 1e-6)
    np.testing.assert_allclose(reading["probs"], trace.probs[0], **close)
    assert reading["digit"] == trace.logits[0].argmax()
    assert (reading["ood_score"], reading["in_distribution"]) == (
        0.0,
        True,
    )  # this model has no calibration
    np.testing.assert_allclose(unpack(reading["cls"]), trace.cls_attention[:, 0], **close)
    np.testing.assert_allclose(unpack(reading["attention"]), trace.attention[:, 0], **close)
    tokens = unpack(reading["patch_embed"]) + unpack(reading["pos_embed"])
    np.testing.assert_allclose(tokens, trace.embedded[0], **close)
    np.testing.assert_allclose(unpack(reading["patch_embed"])[0], model.cls_token[0, 0].detach(), **close)


@pytest.mark.parametrize("config", [PRESETS["4x4"], ViTConfig(pool="mean", positions="none", depth=2), PRESETS["blog"]])
@pytest.mark.parametrize("whole", [True, False])
def test_a_reading_has_the_logit_lens_of_cls_after_each_layer(config, whole):
    torch.manual_seed(0)
    model = VisionTransformer(config).eval()
    torch.nn.init.normal_(model.head.weight)
    image = np.random.default_rng(0).random((28, 28), dtype=np.float32)
    reading = json.loads(json.dumps(pack_reading(LoadedModel(model, ""), image, whole)))
    lens = unpack(reading["lens"])
    np.testing.assert_allclose(lens[1:], explain.lens(model, image[None])[:, 0], atol=1e-4, rtol=0)
    np.testing.assert_allclose(lens[-1], reading["probs"], atol=1e-4, rtol=0)
    with torch.inference_mode():
        trace = model.trace(torch.from_numpy(image)[None, None])
        before = model.classify(trace.embedded).softmax(dim=-1)[0]
    np.testing.assert_allclose(lens[0], before, atol=1e-4, rtol=0)
    assert ("looks" in reading) is (config.pool == "mean")
    looks = unpack(reading.get("looks", reading["cls"]))
    np.testing.assert_allclose(looks, trace.answer_attention[:, 0], atol=1e-4, rtol=0)
    scale = reading["number_scale"]
    numbers = (trace.embedded - model.pos_embed)[0, :, :24].detach()
    np.testing.assert_allclose((2 * unpack(reading["first_numbers"]) - 1) * scale, numbers, atol=scale / 200)


def test_the_logit_lens_is_calibrated():
    torch.manual_seed(0)
    model = VisionTransformer(PRESETS["4x4"]).eval()
    torch.nn.init.normal_(model.head.weight)
    image = np.random.default_rng(0).random((28, 28), dtype=np.float32)
    plain, tempered = (
        unpack(pack_reading(LoadedModel(model, "", calibration), image, whole=False)["lens"])
        for calibration in (Calibration(), Calibration(temperature=2.5))
    )
    expected = np.exp(np.log(plain + 1e-9) / 2.5)
    np.testing.assert_allclose(tempered, expected / expected.sum(axis=1, keepdims=True), atol=2e-2)


def test_a_model_is_described_with_its_class_names():
    clothes = ViTConfig(num_classes=2, names=("Coat", "Boot"), pool="mean", positions="none")
    for config, names in ((PRESETS["4x4"], list("0123456789")), (clothes, ["Coat", "Boot"])):
        described = json.loads(json.dumps(describe_model(VisionTransformer(config))))
        assert (described["names"], described["pool"], described["positions"]) == (names, config.pool, config.positions)


def test_a_reading_while_drawing_is_small():
    model = VisionTransformer(PRESETS["digits-4x4"]).eval()
    glance = pack_reading(LoadedModel(model, ""), np.zeros((28, 28), dtype=np.float32), whole=False)
    lens_keys = {"lens", "first_numbers", "number_scale"}
    assert set(glance) == {"image", "probs", "digit", "ood_score", "in_distribution", "cls", "whole"} | lens_keys
    assert len(json.dumps(glance)) < 4000
