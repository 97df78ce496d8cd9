"""Start the app on a free port, and wait until it answers."""

import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).parent.parent
START = 120  # seconds within which even a slow machine must serve the page


def free_port() -> int:
    """Return a port of the loopback interface that is free now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@contextmanager
def serve(log: Path, program: Sequence[str] = ("app.py",), **environment: str) -> Iterator[str]:
    """Run `python app.py`, or what `program` says instead, and yield its address; its output goes to `log`."""
    port = free_port()
    env = {**os.environ, "GRADIO_SERVER_PORT": str(port), **environment}
    with (
        log.open("w") as file,
        subprocess.Popen([sys.executable, *program], cwd=ROOT, env=env, stdout=file, stderr=file) as server,
    ):
        url = f"http://127.0.0.1:{port}/"
        try:
            wait_for(url, server, log)
            yield url
        finally:
            server.terminate()


def wait_for(url: str, server: subprocess.Popen, log: Path) -> None:
    """Wait until `url` answers; raise a `TimeoutError` with the server's output if it does not."""
    until = time.monotonic() + START
    while time.monotonic() < until and server.poll() is None:
        try:
            with urllib.request.urlopen(url, timeout=5):
                return
        except OSError:
            time.sleep(0.2)
    raise TimeoutError(f"app.py did not serve {url}:\n{log.read_text()}")
