"""Test that digits are read correctly, and that splits and batches lose none."""

import gzip
from pathlib import Path

import numpy as np
import pytest
import torch

import train.data.files
from tests.train.idx import idx, small_set, write
from train.data.dataset import DataError, Digits, batches, load, split
from train.data.torchvision_import import torchvision

IMAGES, LABELS = "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"


@pytest.fixture
def no_fetch(monkeypatch):
    """Fail a test that starts a download."""

    def fetch(*_):
        raise AssertionError("a fetch was started")

    monkeypatch.setattr(train.data.files, "gather", fetch)


@pytest.fixture
def digits() -> Digits:
    """Return 103 digits whose pixels all hold the digit's own index."""
    numbers = torch.arange(103)
    return Digits(numbers[:, None, None].expand(-1, 28, 28).to(torch.uint8).contiguous(), numbers % 10)


@pytest.mark.parametrize("which", ["train", "test"])
def test_load_agrees_with_torchvision(which, mnist_raw, request):
    digits = request.getfixturevalue(f"mnist_{which}")
    reference = torchvision().datasets.MNIST(mnist_raw.parent.parent, train=which == "train")
    assert torch.equal(digits.images, reference.data)
    assert torch.equal(digits.labels, reference.targets)


def test_the_data_are_mnist(mnist_train, mnist_test):
    """The class sizes and the pixel statistics are those published for MNIST."""
    assert mnist_train.labels.bincount().tolist() == [5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949]
    assert mnist_test.labels.bincount().tolist() == [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009]
    pixels = mnist_train.images.float() / 255
    assert pixels.mean().item() == pytest.approx(0.1307, abs=1e-4)
    assert pixels.std().item() == pytest.approx(0.3081, abs=1e-4)


@pytest.mark.parametrize("packed", [False, True], ids=["plain", "gzipped"])
def test_load_reads_a_named_folder_as_it_is(packed, tmp_path, no_fetch):
    """A user's own digits need not be MNIST."""
    images, labels = np.random.default_rng(1).integers(0, 256, (7, 28, 28)), np.arange(7)
    for name, array in ((IMAGES, images), (LABELS, labels)):
        path = tmp_path / (f"{name}.gz" if packed else name)
        path.write_bytes(gzip.compress(idx(array)) if packed else idx(array))
    digits = load("test", tmp_path)
    assert digits.images.tolist() == images.tolist()
    assert digits.labels.tolist() == labels.tolist()


def test_load_reads_torchvisions_layout(mnist_raw, mnist_test, tmp_path, no_fetch):
    """With the two gzipped files of one split present, nothing is downloaded for that split."""
    cache = tmp_path / "MNIST" / "raw"
    cache.mkdir(parents=True)
    for name in (IMAGES, LABELS):
        (cache / f"{name}.gz").write_bytes(gzip.compress((mnist_raw / name).read_bytes(), 1))
    assert torch.equal(load("test", tmp_path).images, mnist_test.images)
    with pytest.raises(AssertionError, match="a fetch was started"):
        load("train", tmp_path)


def test_load_never_completes_the_users_own_set(tmp_path, no_fetch):
    """Training on the user's set and testing on MNIST would be a silent error."""
    files = small_set()
    write({name: content for name, content in files.items() if name.startswith("train")}, tmp_path)
    assert len(load("train", tmp_path)) == 30
    with pytest.raises(DataError, match="holds neither t10k-images-idx3-ubyte nor"):
        load("test", tmp_path)


SMALL = small_set()
DAMAGE = {
    "not IDX": (IMAGES, b"<html>Not found</html>", "not an IDX file of bytes in 3 dimensions"),
    "shorter than a header": (LABELS, SMALL[LABELS][:6], "not an IDX file of bytes in 1 dimension"),
    "signed bytes": (IMAGES, b"\0\0\x09" + SMALL[IMAGES][3:], "not an IDX file"),
    "images as labels": (LABELS, SMALL[IMAGES], "not an IDX file of bytes in 1 dimension"),
    "cut off": (IMAGES, SMALL[IMAGES][:-1], "promises 15680 bytes, but 15679 follow"),
    "too long": (LABELS, SMALL[LABELS] + b"\0", "promises 20 bytes, but 21 follow"),
    "a huge promise": (IMAGES, SMALL[IMAGES][:4] + b"\xff" * 12, "is damaged"),
    "empty": (LABELS, idx(np.zeros(0)), "is empty"),
    "27 x 28": (IMAGES, idx(np.zeros((20, 27, 28))), "images of 27 x 28, not 28 x 28"),
    "a label short": (LABELS, idx(np.zeros(19)), r"20 images .* 19 labels"),
    "the label 10": (LABELS, idx(np.arange(20) % 11), "label 10"),
    "half a gzip": (f"{IMAGES}.gz", gzip.compress(SMALL[IMAGES])[:-20], "cannot be read"),
    "no gzip": (f"{LABELS}.gz", SMALL[LABELS], "cannot be read: Not a gzipped file"),
}


@pytest.mark.parametrize("damage", DAMAGE)
def test_load_names_the_fault_of_a_named_folder(damage, tmp_path, no_fetch):
    name, content, message = DAMAGE[damage]
    write({file: whole for file, whole in SMALL.items() if file != name.removesuffix(".gz")}, tmp_path)
    write({name: content}, tmp_path)
    with pytest.raises(DataError, match=message) as caught:
        load("test", tmp_path)
    assert str(tmp_path) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_load_refuses_another_split(tmp_path):
    with pytest.raises(ValueError, match='"train" or "test", not \'val\''):
        load("val", tmp_path)  # pyright: ignore[reportArgumentType]


def test_digits_refuse_tensors_that_do_not_fit_together():
    images, labels = torch.zeros(3, 28, 28, dtype=torch.uint8), torch.zeros(3, dtype=torch.int64)
    for wrong_images, wrong_labels in (
        (images[:, None], labels),
        (images.float(), labels),
        (images, labels[:2]),
        (images, labels.int()),
    ):
        with pytest.raises(ValueError, match="must be"):
            Digits(wrong_images, wrong_labels)


def test_split_is_disjoint_complete_and_repeatable(digits):
    train_set, val_set = split(digits, 23, seed=4)
    assert (len(train_set), len(val_set)) == (80, 23)
    both = torch.cat([train_set.images, val_set.images])[:, 0, 0].tolist()
    assert sorted(both) == list(range(103))
    assert both != list(range(103))
    again, other = split(digits, 23, seed=4)[1], split(digits, 23, seed=5)[1]
    assert torch.equal(val_set.images, again.images)
    assert not torch.equal(val_set.images, other.images)


def test_split_keeps_each_image_with_its_label(digits):
    for part in split(digits, 23, seed=0):
        assert torch.equal(part.images[:, 5, 5].long() % 10, part.labels)


@pytest.mark.parametrize("val_size", [-1, 103, 1000, 10**23, 1.5, True])
def test_split_refuses_an_empty_training_set(digits, val_size):
    """The message names the allowed range, which includes 0."""
    with pytest.raises(ValueError, match=rf"^val_size must be a whole number in \[0, 102\], got {val_size}$"):
        split(digits, val_size, seed=0)


def test_a_split_without_validation_set_keeps_the_digits(digits):
    train, val = split(digits, 0, seed=0)
    assert torch.equal(train.images, digits.images) and torch.equal(train.labels, digits.labels)
    assert len(val) == 0


@pytest.mark.parametrize("batch_size", [1, 10, 103, 500])
@pytest.mark.parametrize("shuffled", [False, True])
def test_batches_cover_each_digit_once(digits, batch_size, shuffled):
    generator = torch.Generator().manual_seed(0) if shuffled else None
    found = list(batches(digits, batch_size, generator))
    sizes = [len(labels) for _, labels in found]
    assert sizes == [batch_size] * (103 // batch_size) + [103 % batch_size] * (103 % batch_size > 0)
    indices = torch.cat([(images[:, 0, 7, 7] * 255).round().long() for images, _ in found])
    assert indices.sort().values.tolist() == list(range(103))
    assert (indices.tolist() == list(range(103))) is not shuffled
    assert torch.equal(torch.cat([labels for _, labels in found]), indices % 10)


def test_batches_scale_bytes_to_one():
    corners = torch.tensor([0, 51, 255], dtype=torch.uint8)[:, None, None].expand(-1, 28, 28)
    ((images, labels),) = batches(Digits(corners, torch.tensor([1, 2, 3])), 3)
    assert images.shape == (3, 1, 28, 28)
    assert images.dtype == torch.float32
    assert images[:, 0, 0, 0].tolist() == pytest.approx([0.0, 0.2, 1.0])
    assert labels.tolist() == [1, 2, 3]


def test_batches_repeat_with_the_generator(digits):
    def order(generator: torch.Generator) -> list[int]:
        return torch.cat([labels for _, labels in batches(digits, 10, generator)]).tolist()

    generator = torch.Generator().manual_seed(1)
    first, second = order(generator), order(generator)
    assert first == order(torch.Generator().manual_seed(1))
    assert first != second


def test_batches_refuse_a_size_of_zero_at_once(digits):
    with pytest.raises(ValueError, match="at least 1, not 0"):
        batches(digits, 0)


def test_paths_may_be_strings(tmp_path: Path, no_fetch):
    assert len(load("test", str(write(small_set(), tmp_path)))) == 20
