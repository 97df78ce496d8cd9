"""Test that the page, its modules and its answers are compressed, and that streamed events are not held back."""

import gzip
import http.client
from contextlib import closing
from urllib.parse import urlsplit

import pytest

from demo.component import base_path


def get(app: str, path: str, **headers: str) -> http.client.HTTPResponse:
    """Request `path` on a new connection; the caller closes it with the answer."""
    connection = http.client.HTTPConnection(urlsplit(app).netloc, timeout=20)
    connection.request("GET", path, headers=headers)
    return connection.getresponse()


@pytest.mark.parametrize("path", ["/", f"/{base_path()}/tabs/why/view.js", "/gradio_api/info"])
def test_a_large_answer_is_compressed_for_a_browser_that_asks_for_it(app, path):
    with closing(get(app, path)) as plain, closing(get(app, path, **{"Accept-Encoding": "gzip, deflate"})) as packed:
        assert plain.headers["Content-Encoding"] is None
        assert packed.headers["Content-Encoding"] == "gzip"
        body = packed.read()
        assert len(body) == int(packed.headers["Content-Length"])
        assert gzip.decompress(body) == plain.read()


def test_a_streamed_event_arrives_before_the_stream_ends(app):
    """Gradio's heartbeat never ends while it is read; its first event comes at once and uncompressed."""
    with closing(get(app, "/gradio_api/heartbeat/a-test", **{"Accept-Encoding": "gzip, br"})) as stream:
        assert stream.headers["Content-Type"].startswith("text/event-stream")
        assert stream.headers["Content-Encoding"] is None
        assert b"ALIVE" in stream.readline()
