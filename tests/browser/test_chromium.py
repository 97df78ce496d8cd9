"""Test that a Chromium is found, installed or asked for, in this order. Scripts on PATH replace all programs."""

import os
import sys
from pathlib import Path

import pytest

from tests.browser import chromium
from tests.browser.chromium import ChromiumError, ensure, find


@pytest.fixture
def programs(tmp_path, monkeypatch) -> Path:
    """Make an empty folder the only one on PATH, on a machine without browser and for a user who is not root."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))
    monkeypatch.setenv("PLAYWRIGHT_BROWSERS_PATH", str(tmp_path / "cache"))
    monkeypatch.delenv("CHROMIUM", raising=False)
    monkeypatch.setattr(chromium, "MAC_APPS", ())
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    monkeypatch.setattr(sys, "executable", put(folder / "python", log=True))
    return folder


def put(path: Path, script: str = "exit 0", log: bool = False) -> str:
    """Write a program; with `log`, it writes its name and arguments to calls.log beside it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    note = f'echo "{path.name} $*" >> "{path.parent}/calls.log"\n' if log else ""
    path.write_text(f"#!/bin/sh\n{note}{script}\n")
    path.chmod(0o755)
    return str(path)


def putting(path: Path, after: str = "true") -> str:
    """Return a script that puts a working browser at this path if its arguments contain the text `after`."""
    copy = f'printf "#!/bin/sh\\nexit 0\\n" > "{path}"; /bin/chmod +x "{path}"'
    return f'case "$*" in *{after}*) {copy};; esac'


def calls(programs: Path) -> list[str]:
    log = programs / "calls.log"
    return log.read_text().splitlines() if log.exists() else []


def test_the_named_chromium_comes_first(programs, tmp_path, monkeypatch):
    put(programs / "chromium")
    monkeypatch.setenv("CHROMIUM", put(tmp_path / "mine"))
    assert find() == str(tmp_path / "mine")


@pytest.mark.parametrize("script", [None, "exit 1"])
def test_a_named_chromium_that_does_not_start_is_an_error(script, programs, tmp_path, monkeypatch):
    """Another Chromium must not be tested in its place."""
    put(programs / "chromium")
    if script:
        put(tmp_path / "mine", script)
    monkeypatch.setenv("CHROMIUM", str(tmp_path / "mine"))
    with pytest.raises(ChromiumError, match="mine', which is not a Chromium that starts"):
        find()


def test_a_script_that_only_asks_for_a_snap_is_skipped(programs):
    put(programs / "chromium-browser", "echo 'install the snap' >&2; exit 1")
    path = put(programs / "google-chrome")
    assert find() == path


def test_playwrights_newest_download_is_found(programs, tmp_path):
    for build in ("chromium-999", "chromium-1255", "chromium_headless_shell-1300"):
        put(tmp_path / "cache" / build / "chrome-linux64" / "chrome")
    assert find() == str(tmp_path / "cache" / "chromium-1255" / "chrome-linux64" / "chrome")


@pytest.mark.parametrize(
    ("manager", "command"),
    [
        ("apt-get", "apt-get install --yes --no-install-recommends chromium"),
        ("apk", "apk add chromium"),
    ],
)
def test_root_installs_the_systems_package(manager, command, programs, monkeypatch):
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    put(programs / manager, putting(programs / "chromium", after="chromium"), log=True)
    assert ensure() == str(programs / "chromium")
    assert calls(programs)[-1] == command
    assert len(calls(programs)) == (2 if manager == "apt-get" else 1)


def test_sudo_is_used_if_it_needs_no_password(programs):
    put(programs / "sudo", 'shift; "$@"', log=True)
    put(programs / "true")
    put(programs / "dnf", putting(programs / "chromium", after="chromium"), log=True)
    assert ensure() == str(programs / "chromium")
    assert calls(programs)[-2:] == [
        "sudo --non-interactive dnf install --assumeyes chromium",
        "dnf install --assumeyes chromium",
    ]


def test_a_password_is_never_asked_for(programs, tmp_path):
    """Without root, only Playwright's plain download is tried."""
    put(programs / "sudo", "exit 1", log=True)
    put(programs / "apt-get", log=True)
    download = tmp_path / "cache" / "chromium-1" / "chrome-linux"
    download.mkdir(parents=True)
    put(programs / "python", putting(download / "chrome", after="install"), log=True)
    assert ensure() == str(download / "chrome")
    assert {call for call in calls(programs) if not call.startswith("sudo")} == {
        "python -m playwright install chromium"
    }
    assert {call for call in calls(programs) if call.startswith("sudo")} == {"sudo --non-interactive true"}


def test_the_error_is_one_sentence_if_all_fail(programs, monkeypatch, capsys):
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    put(programs / "apt-get", "exit 100", log=True)
    put(programs / "python", "exit 1", log=True)
    assert chromium.main() == 1
    output = capsys.readouterr()
    assert output.out == ""
    assert output.err.count("\n") == 1
    assert output.err.startswith("No Chromium was found and none could be installed")
    assert [call.split()[0] for call in calls(programs)] == ["apt-get", "apt-get", "python", "python"]
