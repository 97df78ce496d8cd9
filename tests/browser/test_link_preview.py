"""Test that behind a reverse proxy, below a path, the page requests only addresses below this path."""

import http.client
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

import pytest

from tests.browser.visitor import Visitor
from tests.serving import serve

pytestmark = pytest.mark.browser
PREFIX = "/inkling"
HOP_HEADERS = {"host", "connection", "transfer-encoding", "accept-encoding"}


class Proxy(ThreadingHTTPServer):
    """Serves another server's pages below `PREFIX`, as nginx does, and records each requested path."""

    daemon_threads = True

    def __init__(self, upstream: str) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.upstream, self.requested = urlsplit(upstream).netloc, []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}{PREFIX}/"


class Handler(BaseHTTPRequestHandler):
    server: Proxy  # pyright: ignore[reportIncompatibleVariableOverride]

    def do_GET(self) -> None:
        self.server.requested.append(self.path)
        if not self.path.startswith(f"{PREFIX}/"):
            self.send_error(404)
            return
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        headers = {name: value for name, value in self.headers.items() if name.lower() not in HOP_HEADERS}
        headers |= {"Host": self.server.upstream, "X-Forwarded-Host": self.headers["host"]}
        upstream = http.client.HTTPConnection(self.server.upstream, timeout=120)
        upstream.request(self.command, self.path.removeprefix(PREFIX), body or None, headers)
        self.copy(upstream.getresponse())
        upstream.close()

    do_POST = do_GET  # noqa: N815

    def copy(self, answer: http.client.HTTPResponse) -> None:
        """Pass an answer on in chunks, since events are streamed."""
        self.send_response(answer.status)
        for name, value in answer.getheaders():
            if name.lower() not in HOP_HEADERS:
                self.send_header(name, value)
        self.end_headers()
        try:
            while chunk := answer.read1(65536):
                self.wfile.write(chunk)
        except OSError:
            pass  # the browser closed the connection

    def log_message(self, format: str, *_args: object) -> None:
        """Print nothing."""


@contextmanager
def behind_a_proxy(upstream: str) -> Iterator[Proxy]:
    with Proxy(upstream) as proxy:
        thread = threading.Thread(target=proxy.serve_forever)
        thread.start()
        yield proxy
        proxy.shutdown()
        thread.join()


def test_below_a_path_nothing_is_requested_at_the_root(browser, tmp_path):
    with serve(tmp_path / "log.txt", GRADIO_ROOT_PATH=PREFIX) as app, behind_a_proxy(app) as proxy:
        context = browser.new_context(viewport={"width": 1280, "height": 900})
        visitor = Visitor(context, proxy.url)
        visitor.open_tab("Attention")
        visitor.page.wait_for_timeout(1000)  # the icon is requested last
        icon = visitor.page.evaluate("document.querySelector('link[rel=icon]')?.href")
        context.close()
    assert icon == f"{proxy.url}favicon.ico"
    assert f"{PREFIX}/" in proxy.requested
    assert len(proxy.requested) > 20
    assert [path for path in proxy.requested if not path.startswith(f"{PREFIX}/")] == []
    assert f"{PREFIX}/favicon.ico" in proxy.requested
    assert visitor.outside == []
    assert visitor.errors == []
