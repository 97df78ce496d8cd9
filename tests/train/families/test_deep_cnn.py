"""Test the deep CNN: its form, what one of its places reads, its checkpoints, and that it teaches."""

import pytest
import torch

import vit
from tests.conftest import DATA
from train import families
from train.__main__ import main
from train.data.dataset import Digits
from train.evaluation import ensemble
from train.families import DeepCNN, DeepCNNConfig, load_classifier
from vit import CheckpointError, VisionTransformer, ViTConfig, checkpoint

TINY = ViTConfig(embed_dim=8, depth=1, num_heads=2, mlp_dim=8)
RECIPE = {"training": {"epochs": 1, "val_size": 300, "seed": 0}}


def images(count: int = 4) -> torch.Tensor:
    return torch.rand(count, 1, 28, 28, generator=torch.Generator().manual_seed(1))


def deep(kernel: int = 3) -> DeepCNN:
    with torch.random.fork_rng():
        torch.manual_seed(kernel)
        network = DeepCNN(DeepCNNConfig(kernel=kernel))
        with torch.no_grad():  # running statistics as after training
            network(images(64))
    return network.eval()


# --- its form


@pytest.mark.parametrize("kernel", [3, 5, 7])
def test_its_weights_counted_by_hand(kernel):
    first, second, third = {3: (24, 48, 96), 5: (16, 32, 64), 7: (12, 24, 48)}[kernel]
    pairs = ((1, first), (first, first), (first, second), (second, second), (second, third), (third, third))
    expected = sum(kernel**2 * before * after + 2 * after for before, after in pairs) + 10 * third + 10
    assert deep(kernel).num_params == expected
    assert 150_000 < expected < 250_000


@pytest.mark.parametrize(("kernel", "last"), [(3, 17), (5, 27), (7, 27)])
def test_a_place_of_the_last_maps_reads_two_convolutions_of_each_stage(kernel, last):
    """Its own 4x4 pixels, and for each convolution half a kernel of its stage's cells: 2 x (1 + 2 + 4) for 3x3."""
    one, maps = images(1).requires_grad_(True), []
    network = deep(kernel)
    network.stages[-1].register_forward_hook(lambda *args: maps.append(args[-1]))
    network(one)
    maps[0][0, :, 0, 0].sum().backward()
    assert one.grad is not None
    assert (one.grad[0, 0] != 0).any(dim=0).nonzero().max() == last


def test_it_is_the_function_that_is_written_down():
    """Against PyTorch's functions, with the running statistics of an evaluated batch normalisation."""
    network, f = deep(), torch.nn.functional
    maps = (images() - 0.1307) / 0.3081
    for number, stage in enumerate(network.stages):
        for conv, norm in ((stage[0], stage[1]), (stage[3], stage[4])):
            maps = f.conv2d(maps, conv.weight.contiguous(), padding=1)
            maps = (maps - norm.running_mean[:, None, None]) / (norm.running_var[:, None, None] + 1e-5).sqrt()
            maps = (maps * norm.weight[:, None, None] + norm.bias[:, None, None]).clamp(min=0)
        maps = f.max_pool2d(maps, 2) if number < 2 else maps
    expected = maps.flatten(2).mean(dim=2) @ network.head.weight.T + network.head.bias
    torch.testing.assert_close(network(images()), expected, atol=1e-4, rtol=1e-4)


@pytest.mark.parametrize(
    ("config", "message"),
    [
        ({"kernel": 4}, "kernel must be one of 3, 5, 7, got 4"),
        ({"channels": (8, 8)}, "channels must be 3 whole numbers"),
    ],
)
def test_impossible_forms_are_refused(config, message):
    with pytest.raises(ValueError, match=message):
        DeepCNNConfig(**config)


# --- checkpoints of both kinds


def test_a_file_with_its_running_statistics_loads_as_it_was(tmp_path):
    path, saved = tmp_path / "deep.safetensors", deep(5)
    families.save(saved, path, RECIPE)
    assert torch.equal(families.load(path, "deep_cnn")(images()), saved(images()))
    assert torch.equal(load_classifier(path)(images()), saved(images()))
    with pytest.raises(CheckpointError, match="holds a deep CNN, not a CNN"):
        families.load(path, "cnn")


def test_any_classifier_is_loaded_by_its_file_and_a_shipped_one_by_its_name(tmp_path):
    assert torch.equal(load_classifier("digits-4x4")(images()), vit.load("digits-4x4")(images()))
    broken = tmp_path / "broken.safetensors"
    broken.write_bytes(b"no file of ours")
    with pytest.raises(CheckpointError, match="not a whole safetensors file"):
        load_classifier(broken)
    with pytest.raises(CheckpointError, match="no checkpoint 'nowhere'"):
        load_classifier("nowhere")


# --- several together


def test_together_means_the_mean_of_the_probabilities(mnist_train):
    some, models = mnist_train.subset(slice(300)), {"one": deep(3), "two": VisionTransformer(TINY).eval()}
    found = ensemble.scores(models, some)
    pixels = some.images[:, None].float() / 255
    probs = [model(pixels).softmax(dim=1) for model in models.values()]
    for name, expected in zip(found, (*probs, (probs[0] + probs[1]) / 2), strict=True):
        own = expected[range(300), some.labels]
        assert found[name].confusion.diagonal().sum() == (expected.argmax(dim=1) == some.labels).sum()
        assert found[name].loss == pytest.approx(-own.log().mean().item(), rel=1e-4)


def test_the_command_reads_the_held_out_digits_of_both_kinds(tmp_path, capsys):
    families.save(deep(), tmp_path / "deep.safetensors", RECIPE)
    checkpoint.save(VisionTransformer(TINY), tmp_path / "vit.safetensors", RECIPE)
    files = [str(tmp_path / name) for name in ("deep.safetensors", "vit.safetensors")]
    assert ensemble.main([*files, "--data", str(DATA)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert "right of 300 held-out digits" in lines[0]
    assert [line.split()[1] for line in lines[2:]] == ["deep", "vit", "together"]


@pytest.mark.parametrize(
    ("recipe", "said"),
    [
        ({}, "no recipe that says which digits were held out"),
        ({"training": {"val_size": 0}}, "held no digits out"),
        ({"training": {"val_size": 300, "seed": 1}}, "held out other digits than the first model: its seed differs"),
    ],
)
def test_models_that_held_out_other_digits_are_not_compared(recipe, said, tmp_path, capsys):
    families.save(deep(), tmp_path / "deep.safetensors", RECIPE)
    checkpoint.save(VisionTransformer(TINY), tmp_path / "vit.safetensors", recipe)
    files = [str(tmp_path / name) for name in ("deep.safetensors", "vit.safetensors")]
    assert ensemble.main([*files, "--data", str(DATA)]) == 1
    assert said in capsys.readouterr().err


# --- the command line


@pytest.fixture
def data(mnist_train, mnist_test, monkeypatch):
    """Let the command line train on 600 digits and test on 200."""
    few = {"train": mnist_train.subset(slice(600)), "test": mnist_test.subset(slice(200))}

    def load(part: str, *_) -> Digits:
        return few[part]

    for place in ("train.__main__.load", "train.families.command.load"):
        monkeypatch.setattr(place, load)


SHORT = ("--epochs", "1", "--val-size", "100", "--threads", "1", "--batch-size", "64")


def test_it_trains_from_the_command_line_and_then_teaches(data, tmp_path, capsys):
    teacher, alone, taught = (tmp_path / f"{name}.safetensors" for name in ("teacher", "alone", "taught"))
    runs = ["--runs", str(tmp_path / "runs"), *SHORT]
    assert main(["--family", "deep_cnn", "--kernel", "5", *runs, "--out", str(teacher)]) == 0
    assert families.read_header(teacher).config == DeepCNNConfig(kernel=5)
    student = [*runs, "--embed-dim", "8", "--depth", "1", "--num-heads", "2", "--mlp-dim", "8"]
    assert main([*student, "--out", str(alone)]) == 0
    assert main([*student, "--distill", "0.9", "--teacher", str(teacher), "--out", str(taught)]) == 0
    assert not torch.equal(vit.load(alone).head.weight, vit.load(taught).head.weight)
    for flags in (["--kernel", "3"], ["--family", "mlp", "--kernel", "3"]):
        assert main([*flags, *runs]) == 1
        assert "kernel must be left out for the family" in capsys.readouterr().err
