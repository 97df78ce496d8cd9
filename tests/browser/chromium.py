"""Find a Chromium for the browser tests: an installed one, else the system's package, else Playwright's download.

`python -m tests.browser.chromium` makes sure that there is one, and prints its path. CHROMIUM names one to use.
"""

import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

LAUNCH_ARGS = [
    "--no-sandbox",  # the sandbox does not work for root, and containers run tests as root
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-default-apps",
    "--disable-sync",
    "--no-first-run",
    "--disable-features=Translate,OptimizationHints,MediaRouter",
    "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1, EXCLUDE localhost",
]
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
MAC_APPS = (
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
)
PACKAGE_MANAGERS = {
    "apt-get": (["apt-get", "update"], ["apt-get", "install", "--yes", "--no-install-recommends", "chromium"]),
    "dnf": (["dnf", "install", "--assumeyes", "chromium"],),
    "pacman": (["pacman", "-S", "--noconfirm", "--needed", "chromium"],),
    "apk": (["apk", "add", "chromium"],),
    "brew": (["brew", "install", "--cask", "chromium"],),
}
STDERR = 2


class ChromiumError(RuntimeError):
    """No Chromium was found and none could be installed; the message says what to do."""


def find() -> str | None:
    """Find a Chromium or Chrome that starts.

    Raises:
        ChromiumError: CHROMIUM names something else.
    """
    named = os.environ.get("CHROMIUM")
    if named:
        if _starts(named):
            return named
        raise ChromiumError(f"CHROMIUM is {named!r}, which is not a Chromium that starts.")
    return next((path for path in _candidates() if _starts(path)), None)


def ensure() -> str:
    """Find a Chromium, or install one.

    Raises:
        ChromiumError: neither this machine's package manager nor Playwright could install one.
    """
    path = find()
    for install in (_install_package, _install_with_libraries, _install_download):
        if path is None:
            install()
            path = find()
    if path is not None:
        return path
    raise ChromiumError(
        "No Chromium was found and none could be installed: "
        "install Chromium or Chrome by hand, or set CHROMIUM to the path of one."
    )


def _candidates() -> Iterator[str]:
    for name in NAMES:
        path = shutil.which(name)
        if path is not None:
            yield path
    yield from MAC_APPS
    # Newest first: the folders are named by a growing build number.
    folders = _playwright_cache().glob("chromium-*")
    for folder in sorted(folders, key=lambda folder: folder.name.rpartition("-")[2].zfill(8), reverse=True):
        for pattern in ("chrome-linux*/chrome", "chrome-mac*/*.app/Contents/MacOS/*", "chrome-win*/chrome.exe"):
            yield from map(str, folder.glob(pattern))


def _playwright_cache() -> Path:
    named = os.environ.get("PLAYWRIGHT_BROWSERS_PATH")
    if named:
        return Path(named)
    folders = {"Darwin": "Library/Caches", "Windows": "AppData/Local"}
    return Path.home() / folders.get(platform.system(), ".cache") / "ms-playwright"


def _starts(path: str) -> bool:
    # Ubuntu's package of this name only asks to install a snap; a download may lack system libraries.
    return os.access(path, os.X_OK) and _run([path, "--version"], quiet=True)


def _install_package() -> None:
    for name, commands in PACKAGE_MANAGERS.items():
        if shutil.which(name) is None:
            continue
        prefix = [] if name == "brew" else _as_root()
        if prefix is None:
            continue
        for command in commands:
            _run([*prefix, *command])


def _install_with_libraries() -> None:
    # Without root, Playwright would ask for a password to install the libraries.
    if _as_root() is not None:
        _run([sys.executable, "-m", "playwright", "install", "--with-deps", "chromium"])


def _install_download() -> None:
    _run([sys.executable, "-m", "playwright", "install", "chromium"])


def _as_root() -> list[str] | None:
    """Return the prefix that runs a command as root without a password, or None if there is none."""
    if getattr(os, "geteuid", lambda: 1)() == 0:
        return []
    sudo = ["sudo", "--non-interactive"]
    return sudo if shutil.which("sudo") and _run([*sudo, "true"], quiet=True) else None


def _run(command: list[str], quiet: bool = False) -> bool:
    """Run a command to its end. Its output goes to stderr, so that stdout has only the path."""
    output = subprocess.DEVNULL if quiet else STDERR
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    timeout = 20 if quiet else 900
    try:
        return not subprocess.call(
            command, stdin=subprocess.DEVNULL, stdout=output, stderr=output, env=environment, timeout=timeout
        )
    except (OSError, subprocess.TimeoutExpired):
        return False


def main() -> int:
    """Print the path of a Chromium that starts."""
    try:
        print(ensure())
    except ChromiumError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
