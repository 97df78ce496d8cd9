"""The folder for a static Space in Chromium: behind a plain file server, it opens and reads a drawing."""

import threading
from functools import partial
from http.server import ThreadingHTTPServer

import pytest

from demo.space.__main__ import main
from tests.browser.test_export import LINE, Quiet
from tests.browser.visitor import Visitor

pytestmark = pytest.mark.browser


def test_the_static_folder_reads_a_drawing(browser, tmp_path):
    assert main(["static", str(tmp_path / "space")]) == 0
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(tmp_path / "space")))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    visitor = Visitor(browser.new_context(bypass_csp=True), f"http://127.0.0.1:{server.server_port}/")
    try:
        visitor.draw(LINE, pause=10)
        assert visitor.wait_for_reading() == 1
        assert (visitor.outside, visitor.errors) == ([], [])
    finally:
        visitor.context.close()
        server.shutdown()
