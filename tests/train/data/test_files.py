"""Data sets other than MNIST are read from disk, downloaded completely, or refused with one clear sentence."""

import gzip
import io
import zipfile
from dataclasses import replace

import numpy as np
import pytest
import torch

from tests.train.data import mirror as play
from tests.train.idx import NAMES, idx, small_set, write
from train.data import dataset as data
from train.data.dataset import DataError, is_here, load
from train.data.download import md5
from train.data.torchvision_import import torchvision
from train.datasets import DATASETS, LETTERS, dataset_with

BESIDE_MNIST = [name for name in DATASETS if name != "mnist"]
IMAGES = "t10k-images-idx3-ubyte"


@pytest.fixture
def small(monkeypatch, tmp_path) -> dict[str, bytes]:
    """Return a small set that replaces Fashion-MNIST and KMNIST, with its checksums; no mirror serves it."""
    files = small_set()
    for name in ("fashion-mnist", "kmnist"):
        known = {file: (md5(content),) for file, content in files.items()}
        monkeypatch.setitem(DATASETS, name, replace(DATASETS[name], md5=known, other_folders=(tmp_path / "debian",)))
        monkeypatch.setattr(getattr(torchvision().datasets, DATASETS[name].source), "mirrors", [])
    return files


@pytest.fixture
def mirror(small, monkeypatch):
    server = play.Mirror(small)
    for name in ("FashionMNIST", "KMNIST"):
        monkeypatch.setattr(getattr(torchvision().datasets, name), "mirrors", [server.url])
    yield server
    server.close()


@pytest.mark.parametrize("name", BESIDE_MNIST)
def test_sets_are_those_of_torchvision(name):
    """torchvision's checksums are among ours, and our class names match those it has."""
    dataset, reference = DATASETS[name], getattr(torchvision().datasets, DATASETS[name].source)
    for file, checksum in getattr(reference, "resources", []) if name != "emnist-letters" else []:
        assert checksum in dataset.md5[file.removesuffix(".gz")]
    if name == "kmnist":
        assert list(dataset.names) == reference.classes
    if name == "emnist-letters":
        assert [letter.lower() for letter in dataset.names] == reference.classes_split_dict["letters"][1:]
    if name == "fashion-mnist":
        short = {"Trousers": "Trouser", "Boot": "Ankle boot", "T-shirt": "T-shirt/top"}
        assert [short.get(called, called) for called in dataset.names] == reference.classes


def test_class_names_identify_the_data_set():
    assert [dataset_with(dataset.names) for dataset in DATASETS.values()] == list(DATASETS)
    assert dataset_with(["yes", "no"]) == "mnist"


@pytest.mark.skipif(not is_here("test", name="fashion-mnist"), reason="Fashion-MNIST is not on this machine")
@pytest.mark.parametrize("split", ["train", "test"])
def test_fashion_mnist_itself(split):
    found = load(split, "nowhere", name="fashion-mnist")
    assert len(found) == DATASETS["fashion-mnist"].counts[split == "test"]
    assert set(found.labels.bincount().tolist()) == {len(found) // 10}
    boots, trousers = (found.images[found.labels == label].float().mean(dim=0) for label in (9, 1))
    assert boots[20:].sum() > 1.5 * boots[:8].sum()  # upright: the sole is at the bottom
    assert trousers[:, 8:20].sum() > 5 * trousers[:, :6].sum()


@pytest.mark.parametrize("name", ["fashion-mnist", "kmnist"])
def test_a_set_is_downloaded_once_and_stored(name, mirror, small, tmp_path):
    assert not is_here("test", tmp_path, name)
    found = load("test", tmp_path, name=name)
    assert found.images.numpy().tobytes() == small[IMAGES][16:]
    assert found.labels.tolist() == list(small["t10k-labels-idx1-ubyte"][8:])
    assert torch.equal(load("test", tmp_path, name=name).images, found.images)
    assert len(load("train", tmp_path, name=name)) == 30
    assert mirror.asked == list(NAMES) and is_here("test", tmp_path, name)
    raw = tmp_path / DATASETS[name].source / "raw"
    assert sorted(path for path in tmp_path.rglob("*") if path.is_file()) == sorted(
        raw / f"{file}.gz" for file in NAMES
    )


@pytest.mark.parametrize("packed", [False, True], ids=["plain", "gzipped"])
def test_files_on_the_machine_need_no_mirror(packed, mirror, small, tmp_path):
    write({f"{name}.gz" if packed else name: gzip.compress(content) if packed else content
           for name, content in small.items()}, tmp_path / "debian")  # fmt: skip
    assert load("train", tmp_path, name="kmnist").images.numpy().tobytes() == small[NAMES[0]][16:]
    assert mirror.asked == []


def test_a_checksum_may_be_that_of_the_gzipped_file(mirror, small, monkeypatch, tmp_path):
    packed = {name: gzip.compress(content, 1, mtime=0) for name, content in small.items()}  # as the mirror does
    known = {name: (md5(content),) for name, content in packed.items()}
    monkeypatch.setitem(DATASETS, "kmnist", replace(DATASETS["kmnist"], md5=known))
    for _ in range(2):
        assert len(load("test", tmp_path, name="kmnist")) == 20
    assert mirror.asked == list(NAMES)


def test_without_any_mirror_the_error_says_how_to_get_it(small, tmp_path):
    with pytest.raises(DataError, match=r"Fashion-MNIST could not be fetched .* dataset-fashion-mnist"):
        load("test", tmp_path, name="fashion-mnist")


def test_a_folder_that_cannot_be_written_does_not_stop_a_load(mirror, small, tmp_path):
    (tmp_path / "KMNIST").write_text("a file in the way")
    assert len(load("test", tmp_path, name="kmnist")) == 20


def test_an_unknown_set_is_refused_with_the_known_ones(tmp_path):
    for ask in (load, is_here):
        with pytest.raises(ValueError, match="dataset must be one of mnist, fashion-mnist, kmnist, emnist-letters"):
            ask("test", tmp_path, name="cifar10")


# EMNIST


def letters() -> dict[str, bytes]:
    """Return four files in EMNIST's format: labels from 1, and every image transposed."""
    random, files = np.random.default_rng(0), {}
    for count, (images, labels) in zip((40, 30), LETTERS.values(), strict=True):
        files[images] = idx(random.integers(0, 256, (count, 28, 28)))
        files[labels] = idx(1 + np.arange(count) % 26)
    return files


class ZipMirror(play.Handler):
    """Answers every request with the archive."""

    def do_GET(self) -> None:  # noqa: N802 (the standard library's name)
        self.mirror.asked.append(self.path)
        content = self.mirror.files["archive"]
        self.start(len(content))
        self.wfile.write(content)


@pytest.fixture
def archive(monkeypatch):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as packed:
        for name, content in letters().items():
            packed.writestr(f"gzip/{name}.gz", gzip.compress(content))
        packed.writestr("gzip/emnist-digits-test-images-idx3-ubyte.gz", b"never read")
    server = play.Mirror({"archive": file.getvalue()})
    server.RequestHandlerClass = ZipMirror
    monkeypatch.setattr(torchvision().datasets.EMNIST, "url", f"{server.url}gzip.zip")
    monkeypatch.setattr(torchvision().datasets.EMNIST, "md5", md5(file.getvalue()))
    yield server
    server.close()


def test_letters_are_read_from_one_archive_as_by_torchvision(archive, tmp_path):
    """torchvision leaves the images transposed; ours are upright."""
    steps: list[tuple[int, int | None, str]] = []
    found = load("train", tmp_path, lambda *step: steps.append(step), "emnist-letters")
    test = load("test", tmp_path, name="emnist-letters")
    assert archive.asked == ["/gzip.zip"]
    assert steps[-1][0] == steps[-1][1] == len(archive.files["archive"]) and steps[-1][2] == "gzip.zip"
    raw = tmp_path / "EMNIST" / "raw"
    for file in raw.glob("*.gz"):
        (raw / file.stem).write_bytes(gzip.decompress(file.read_bytes()))
    for mine, part in ((found, True), (test, False)):
        reference = torchvision().datasets.EMNIST(tmp_path, "letters", train=part)
        assert torch.equal(mine.images, reference.data.transpose(1, 2))
        assert torch.equal(mine.labels + 1, reference.targets)
        names = [DATASETS["emnist-letters"].names[label].lower() for label in mine.labels]
        assert names == [reference.classes[label] for label in reference.targets]


def test_another_archive_is_refused(archive, monkeypatch, tmp_path):
    monkeypatch.setattr(torchvision().datasets.EMNIST, "md5", "0" * 32)
    with pytest.raises(DataError, match=r"EMNIST letters could not be fetched \(127.0.0.1: wrong checksum\)"):
        load("train", tmp_path, name="emnist-letters")
    assert not list(tmp_path.rglob("*.gz"))


def test_a_label_outside_the_letters_is_named(tmp_path):
    images, labels = LETTERS["test"]
    write({images: idx(np.zeros((2, 28, 28))), labels: idx(np.array([0, 3]))}, tmp_path / "EMNIST" / "raw")
    with pytest.raises(DataError, match="has the label 0, but labels must be 1 to 26"):
        load("test", tmp_path, name="emnist-letters")


def test_the_command_line_fetches_any_set(mirror, small, monkeypatch, tmp_path, capsys):
    monkeypatch.setattr("sys.argv", ["train.data.dataset", "--data", str(tmp_path), "--dataset", "kmnist"])
    assert data.main() == 0
    assert capsys.readouterr().out == "KMNIST is complete: 30 to train on and 20 to test on.\n"
    assert is_here("train", tmp_path, "kmnist")
