"""Test the speed benchmark: a fair reference, alternating turns, and the table. No test asserts a time."""

import json
import subprocess

import pytest
import torch

from train.benchmarks import inference
from train.benchmarks.inference import Comparison, Times
from train.benchmarks.torch_encoder import TorchEncoder, is_fused
from vit import PRESETS, VisionTransformer, ViTConfig, checkpoint

SMALL = ViTConfig(embed_dim=16, num_heads=2, mlp_dim=8, depth=2)
CONFIGS = {
    "digits-4x4": PRESETS["digits-4x4"],
    "digits-7x7": PRESETS["digits-7x7"],
    "post-norm": ViTConfig(embed_dim=16, num_heads=2, mlp_dim=8, norm="post", act="relu"),
}


@pytest.fixture
def files(tmp_path):
    """Save two models; return their paths."""
    paths = [tmp_path / "one.safetensors", tmp_path / "other.safetensors"]
    for path, patch_size in zip(paths, (7, 4), strict=True):
        checkpoint.save(model_of(ViTConfig(patch_size=patch_size, embed_dim=16, num_heads=2, mlp_dim=8)), path)
    return [str(path) for path in paths]


def model_of(config):
    """Build a random model in which every weight has an effect."""
    torch.manual_seed(0)
    model = VisionTransformer(config).eval()
    with torch.no_grad():
        for weight in model.parameters():
            weight.add_(0.1 * torch.randn_like(weight))
    return model


# --- the reference


@pytest.mark.parametrize("config", CONFIGS.values(), ids=CONFIGS.keys())
@torch.inference_mode()
def test_the_reference_is_pytorchs_encoder_with_the_models_own_weights(config):
    model, images = model_of(config), torch.rand(3, 1, 28, 28)
    reference = TorchEncoder(model)
    assert isinstance(reference.encoder, torch.nn.TransformerEncoder)
    before = reference(images)
    torch.testing.assert_close(before, model.trace(images).logits, atol=1e-5, rtol=1e-4)
    model.blocks[1].mlp.fc1.bias.add_(1)
    assert (reference(images) - before).abs().max() > 1e-3
    torch.testing.assert_close(reference(images), model.trace(images).logits, atol=1e-5, rtol=1e-4)


def test_the_reference_does_not_use_the_models_blocks(monkeypatch):
    model = model_of(SMALL)
    reference = TorchEncoder(model)
    monkeypatch.setattr(type(model.blocks[0]), "forward", None)
    assert reference(torch.rand(2, 1, 28, 28)).shape == (2, 10)


def test_is_fused_tells_whether_the_fast_path_is_taken():
    images = torch.rand(1, 1, 28, 28)
    reference = TorchEncoder(model_of(SMALL))
    assert is_fused(reference, images)
    torch.backends.mha.set_fastpath_enabled(False)
    try:
        assert not is_fused(reference, images)
    finally:
        torch.backends.mha.set_fastpath_enabled(True)
    odd = TorchEncoder(model_of(ViTConfig(embed_dim=15, num_heads=3, mlp_dim=8)))  # no fast path for odd sizes
    assert not is_fused(odd, images)


def test_a_reference_with_other_logits_is_refused(files, monkeypatch):
    monkeypatch.setattr(TorchEncoder, "forward", lambda self, images: self.model(images) * 1.001)
    with pytest.raises(ValueError, match="the same logits"):
        inference.compare_speed(files[0], batch=1, seconds=0)


# --- the turns


class Clock:
    """A clock that advances only when a function is called, with a list of the calls."""

    def __init__(self):
        self.now, self.calls = 0.0, []

    def __call__(self):
        return self.now

    def function(self, name, times):
        """Return a function that takes these milliseconds, call by call, and the last of them from then on."""
        times = iter([*times, *[times[-1]] * 1000])

        def call():
            self.calls.append(name)
            self.now += next(times) / 1000

        return call


@pytest.fixture
def clock(monkeypatch):
    """Replace the benchmark's clock."""
    clock = Clock()
    monkeypatch.setattr(inference, "process_time", clock)
    return clock


def test_functions_take_turns_and_warm_up_rounds_do_not_count(clock):
    warm_up = [900.0] * inference.WARM_UP
    functions = [clock.function("a", [*warm_up, 1, 500, 3, 2]), clock.function("b", [*warm_up, 7])]
    rounds = inference.time_alternately(functions, seconds=0)
    assert [time for times in rounds for time in times] == pytest.approx([1, 7, 500, 7, 3, 7, 2, 7, 2, 7])
    assert clock.calls == ["a", "b"] * (inference.WARM_UP + 5)


def test_the_turns_go_on_until_their_time_is_over(clock):
    assert len(inference.time_alternately([clock.function("a", [250.0])], seconds=10)) + inference.WARM_UP == 40


def test_a_comparison_has_the_medians_and_minima_of_its_turns(files, monkeypatch):
    turns = [[2.0, 3.0], [4.0, 5.0], [2.5, 9.0]]
    monkeypatch.setattr(inference, "time_alternately", lambda *_: turns)
    reading = inference.compare_speed(files[1], batch=3, seconds=0)
    assert (reading.model, reading.batch, reading.rounds) == (files[1], 3, 3)
    assert (reading.encoder, reading.trace) == (Times(2.5, 2.0), Times(5.0, 3.0))
    assert reading.ratio == 2
    assert reading.fused
    assert 0 <= reading.difference < 1e-4


def test_pytorchs_encoder_and_the_trace_take_turns_with_the_same_images(files, monkeypatch):
    seen = []

    def watch(kind, method):
        original = getattr(kind, method)
        monkeypatch.setattr(kind, method, lambda self, images: seen.append((method, images)) or original(self, images))

    def time_alternately(functions, seconds):
        seen.clear()
        for function in functions:
            function()
        (encoder, images), (trace, others) = seen
        assert (encoder, trace) == ("forward", "trace")
        assert images is others and images.shape == (2, 1, 28, 28)
        assert not torch.is_grad_enabled()
        return [[1.0, 1.0]]

    watch(TorchEncoder, "forward")
    watch(VisionTransformer, "trace")
    monkeypatch.setattr(inference, "time_alternately", time_alternately)
    assert inference.compare_speed(files[0], batch=2, seconds=0).rounds == 1


# --- output


def rows(text):
    """Return the cells of Markdown tables, row by row."""
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in text.splitlines() if line.startswith("|")]


def test_the_table_has_every_figure():
    readings = [
        Comparison("seven", 1, 90, Times(2.0, 1.5), True, Times(1.5, 1.25), ratio=0.75, difference=0),
        Comparison("four", 256, 5, Times(312.4, 300), False, Times(400, 390), ratio=1.28, difference=2.4e-6),
    ]
    steps = {"import torch": 2.5, "import vit": 0.0312, "load seven": 0.02, "load four": 0.01}
    text = inference.speed_table({"processor": "Abacus 3", "torch": "9.9"}, readings, steps)
    assert text.startswith("Abacus 3, one thread, torch 9.9")
    found = rows(text)
    assert len({len(row) for row in found[:4]}) == 1
    assert found[2] == ["`seven`", "1", "2 (1.5)", "yes", "1.5 (1.25)", "0.75"]
    assert found[3] == ["`four`", "256", "312 (300)", "no", "400 (390)", "1.28"]
    seconds = dict(found[6:])
    assert (seconds["import torch"], seconds["load four"]) == ("2.500", "0.010")
    assert seconds["import vit and load all"] == "0.061"


def test_invalid_arguments_give_one_sentence(tmp_path, capsys):
    nowhere = str(tmp_path / "no folder" / "figures.json")
    for wrong in (["--models", "nobody"], ["--seconds", "nan"], ["--seconds", "-1"], ["--json", nowhere]):
        assert inference.main(wrong) == 1
        output = capsys.readouterr()
        assert not output.out
        assert output.err.startswith("train.benchmarks.inference: ")
        assert output.err.count("\n") == 1


def test_all_shipped_models_are_measured_by_default(monkeypatch, capsys):
    asked = []
    monkeypatch.setattr(checkpoint, "shipped", lambda: ["one", "other"])
    monkeypatch.setattr(inference, "compare_speed", lambda name, batch, _: asked.append((name, batch)))
    monkeypatch.setattr(inference, "startup_seconds", asked.append)
    monkeypatch.setattr(inference, "asdict", lambda reading: reading)
    monkeypatch.setattr(inference, "speed_table", lambda *_: "")
    assert inference.main([]) == 0
    assert asked == [("one", 1), ("one", 256), ("other", 1), ("other", 256), ["one", "other"]]
    assert not capsys.readouterr().err


@pytest.mark.slow
def test_the_command_line_prints_and_writes_the_same_figures(files, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(inference, "NUM_STARTS", 1)
    file = tmp_path / "figures.json"
    assert inference.main(["--seconds", "0", "--json", str(file), "--models", *files]) == 0
    figures, found = json.loads(file.read_text()), rows(capsys.readouterr().out)
    assert [(row["model"], row["batch"]) for row in figures["readings"]] == [(f, b) for f in files for b in (1, 256)]
    for row, table_row in zip(figures["readings"], found[2:6], strict=True):
        assert table_row[:2] == [f"`{row['model']}`", str(row["batch"])]
        assert float(table_row[4].split()[0]) == pytest.approx(row["trace"]["median"], rel=0.01)
        assert float(table_row[5]) == pytest.approx(row["ratio"], abs=0.006)
    assert list(figures["start"]) == ["import torch", "import vit", *(f"load {file}" for file in files)]
    assert all(seconds > 0 for seconds in figures["start"].values())
    assert torch.get_num_threads() == 1


@pytest.mark.slow
def test_a_failing_start_is_an_error(tmp_path):
    broken = tmp_path / "broken.safetensors"
    broken.write_bytes(b"no weights")
    with pytest.raises(subprocess.CalledProcessError):
        inference.startup_seconds([str(broken)])
