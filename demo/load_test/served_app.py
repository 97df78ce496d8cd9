"""Serve the app in a process of its own, for a measurement."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from time import monotonic, sleep

from demo.load_test.visitors import LostError

APP = (sys.executable, "-m", "demo.app")
WAIT = 120.0  # seconds for the app to start
STOP = 10.0  # seconds for the app to end after a signal


@dataclass(frozen=True)
class App:
    """The app in a process of its own.

    Attributes:
        port: that it serves.
        pid: number of its process.
    """

    port: int
    pid: int


@contextmanager
def served() -> Iterator[App]:
    """Run `python -m demo.app` on a free port of this machine while the block runs."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    env = os.environ | {"GRADIO_SERVER_NAME": "127.0.0.1", "GRADIO_SERVER_PORT": str(port)}
    with (
        tempfile.TemporaryFile("w+") as log,
        subprocess.Popen(APP, env=env, stdout=log, stderr=log) as app,  # noqa: S603
    ):
        try:
            wait_for(port, app)
            yield App(port, app.pid)
        except LostError:
            log.seek(0)
            print(log.read(), end="", file=sys.stderr)
            raise
        finally:
            end(app)


def wait_for(port: int, app: subprocess.Popen) -> None:
    """Wait until the page is served.

    Raises:
        LostError: the app ended, or did not serve its page within WAIT seconds.
    """
    until = monotonic() + WAIT
    while app.poll() is None and monotonic() < until:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        sleep(0.1)
    slow = f"did not serve its page within {WAIT:g} seconds"
    raise LostError(f"the app {slow if app.poll() is None else 'ended by itself'}")


def end(app: subprocess.Popen) -> None:
    """End the app; kill it if it has not ended after STOP seconds."""
    app.terminate()
    try:
        app.wait(STOP)
    except subprocess.TimeoutExpired:
        app.kill()
