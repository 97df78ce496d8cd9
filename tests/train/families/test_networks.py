"""The networks of comparison: as many weights as the ViT, what each knows by its form, and their checkpoints."""

import pytest
import torch

import vit
from train import families
from train.families import CNN, MLP, CNNConfig, MLPConfig
from train.families.changes import shuffle_patches
from vit import CheckpointError, VisionTransformer, ViTConfig, checkpoint, preset

PIXELS = torch.randperm(784, generator=torch.Generator().manual_seed(0))
PATCHES = torch.randperm(16, generator=torch.Generator().manual_seed(0))


def images(count: int = 4) -> torch.Tensor:
    return torch.rand(count, 1, 28, 28, generator=torch.Generator().manual_seed(1))


def network(family: str) -> families.Network:
    torch.manual_seed(0)
    return {"cnn": CNN(CNNConfig()), "mlp": MLP(MLPConfig())}[family].eval()


# --- size


def test_the_three_have_about_the_same_number_of_weights():
    """Counted by hand: kernels, matrices and biases."""
    cnn = (25 * 16 + 16) + (25 * 16 * 32 + 32) + (7 * 7 * 32 * 162 + 162) + (162 * 10 + 10)
    mlp = (784 * 256 + 256) + (256 * 256 + 256) + (256 * 10 + 10)
    assert (network("cnn").num_params, network("mlp").num_params) == (cnn, mlp)
    transformer = VisionTransformer(preset("4x4")).num_params
    assert cnn == pytest.approx(transformer, rel=0.001)
    assert mlp == pytest.approx(transformer, rel=0.001)


# --- what a network knows by its form


def test_a_cell_of_the_cnn_reads_16_by_16_pixels():
    one = images(1).requires_grad_(True)
    network("cnn").maps(one)[0, :, 3, 3].sum().backward()
    assert one.grad is not None
    read = one.grad[0, 0] != 0
    rows, columns = read.any(dim=1).nonzero()[:, 0], read.any(dim=0).nonzero()[:, 0]
    # Cell 3 covers pixels 12 to 15; each convolution adds two cells of its own size: 2 x 1 and 2 x 2 pixels.
    assert (rows.min(), rows.max(), columns.min(), columns.max()) == (6, 21, 6, 21)


def test_the_cnns_maps_move_with_the_digit():
    """By whole cells of four pixels; only cells that do not read the padding at the edges are compared."""
    digit = torch.zeros(1, 1, 28, 28)
    digit[..., 8:16, 8:16] = images(1)[..., :8, :8]
    maps, moved = (network("cnn").maps(torch.roll(digit, shift, dims=3)) for shift in (0, 4))
    assert torch.allclose(maps[..., 2:4], moved[..., 3:5], atol=1e-6)
    assert not torch.allclose(maps, moved, atol=1e-3)


def test_an_mlp_does_not_know_which_pixels_are_neighbours():
    """Shuffled pixels with equally shuffled columns of the first matrix: the same function, so the same training."""
    plain, shuffled = network("mlp"), network("mlp")
    with torch.no_grad():
        shuffled.layers[0].weight.copy_(plain.layers[0].weight[:, PIXELS])
    assert torch.allclose(plain(images()), shuffled(shuffle_patches(images(), PIXELS, side=1)), atol=1e-5)
    labels = torch.arange(4)
    for one, batch in ((plain, images()), (shuffled, shuffle_patches(images(), PIXELS, side=1))):
        optimizer = torch.optim.SGD(one.parameters(), lr=0.1)
        torch.nn.functional.cross_entropy(one(batch), labels).backward()
        optimizer.step()
    assert torch.allclose(plain(images()), shuffled(shuffle_patches(images(), PIXELS, side=1)), atol=1e-5)


@pytest.mark.parametrize("pool", ["cls", "mean"])
def test_shuffled_patches_hurt_all_but_a_vit_without_positions(pool):
    torch.manual_seed(0)
    bag = VisionTransformer(ViTConfig(positions="none", pool=pool, embed_dim=16, mlp_dim=16)).eval()
    shuffled = shuffle_patches(images(), PATCHES)
    assert torch.allclose(bag(images()), bag(shuffled), atol=1e-5)
    for model in (network("cnn"), network("mlp"), VisionTransformer(ViTConfig(pool=pool)).eval()):
        assert not torch.allclose(model(images()), model(shuffled), atol=1e-4)


# --- images and checkpoints


@pytest.mark.parametrize("family", ["cnn", "mlp"])
def test_a_network_takes_what_the_vit_takes(family):
    assert network(family)(images(3)).shape == (3, 10)
    for wrong in (torch.zeros(3, 28, 28), torch.zeros(3, 1, 14, 14), torch.zeros(3, 1, 28, 28, dtype=torch.uint8)):
        with pytest.raises(ValueError, match="images must be"):
            network(family)(wrong)


@pytest.mark.parametrize("family", ["cnn", "mlp"])
def test_a_saved_network_loads_as_it_was(family, tmp_path):
    path, saved = tmp_path / "deep" / "one.safetensors", network(family)
    families.save(saved, path, {"done_epochs": 2}, {"train_seconds": 1.5})
    loaded, header = families.load(path, family), families.read_header(path)
    assert torch.equal(loaded(images()), saved(images())) and not loaded.training
    assert (header.family, header.config, header.recipe["done_epochs"]) == (family, saved.config, 2)
    assert header.figures == {"train_seconds": 1.5}


def test_a_file_of_another_family_is_refused_in_one_sentence(tmp_path):
    path, transformer = tmp_path / "cnn.safetensors", tmp_path / "vit.safetensors"
    families.save(network("cnn"), path)
    checkpoint.save(VisionTransformer(ViTConfig(embed_dim=16, mlp_dim=16)), transformer)
    with pytest.raises(CheckpointError, match=r"cnn\.safetensors holds a CNN, not an MLP$"):
        families.load(path, "mlp")
    with pytest.raises(CheckpointError, match=r"holds a network of the family cnn.*train\.families\.load$"):
        vit.load(path)
    with pytest.raises(CheckpointError, match=r"holds a vision transformer: load it with vit\.load$"):
        families.load(transformer)
    with pytest.raises(CheckpointError, match="no checkpoint 'nobody'"):
        families.load("nobody")


def test_a_file_that_does_not_fit_its_config_is_refused(tmp_path):
    path, saved = tmp_path / "mlp.safetensors", network("mlp")
    saved.config = MLPConfig(widths=(256, 128))
    families.save(saved, path)
    with pytest.raises(CheckpointError, match=r"does not fit its own config: head\.weight should be"):
        families.load(path)


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (lambda: MLPConfig(widths=()), "widths must be 1 to 100 whole numbers"),
        (lambda: CNNConfig(channels=(16,)), "channels must be 2 whole numbers"),
        (lambda: CNNConfig(hidden=0), "hidden must be a whole number"),
        (lambda: MLPConfig(num_classes=3, names=("a",)), "names must be one text for each of 3 classes"),
    ],
)
def test_impossible_sizes_are_refused(build, message):
    with pytest.raises(ValueError, match=message):
        build()
