"""Test that a request's body is limited, with or without Content-Length, and that a small one arrives unchanged."""

import asyncio
import http.client
import json
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlsplit

import pytest

from demo.safety.body_limit import MAX_BODY, UPLOAD, BodyLimit

MOST = 10


class Wire:
    """A client's side of one request: it gives the messages, and records how many were taken and what came back."""

    def __init__(self, *chunks: bytes, path: str = "/read", length: int | None = None, cut: bool = False) -> None:
        self.messages = [{"type": "http.request", "body": chunk, "more_body": True} for chunk in chunks]
        if not cut:
            self.messages[-1]["more_body"] = False
        self.messages.append({"type": "http.disconnect"})
        headers = [] if length is None else [(b"content-length", str(length).encode())]
        self.scope = {"type": "http", "method": "POST", "path": path, "headers": headers}
        self.taken, self.sent, self.arrived = 0, [], []

    async def receive(self):
        self.taken += 1
        return self.messages[self.taken - 1]

    async def send(self, message) -> None:
        self.sent.append(message)

    async def app(self, _scope, receive, send) -> None:
        """Receive everything until the connection ends."""
        self.arrived = [message := await receive()]
        while message["type"] != "http.disconnect":
            self.arrived.append(message := await receive())
        await send({"type": "http.response.start", "status": 200, "headers": []})

    def status(self) -> int:
        limited = BodyLimit(self.app, MOST)
        with ThreadPoolExecutor(1) as own:  # the browser tests may have left an event loop in this thread
            own.submit(asyncio.run, limited(self.scope, self.receive, self.send)).result()
        return self.sent[0]["status"]


@pytest.mark.parametrize("chunks", [[b""], [b"0123456789"], [b"01", b"", b"234567", b"89"]])
@pytest.mark.parametrize("length", [True, False])
def test_a_small_body_arrives_complete(chunks, length):
    body = b"".join(chunks)
    wire = Wire(*chunks, length=len(body) if length else None)
    assert wire.status() == 200
    assert b"".join(message.get("body", b"") for message in wire.arrived) == body
    assert [message.get("more_body") for message in wire.arrived] == [False, None]


def test_a_large_body_with_content_length_is_refused_unread():
    wire = Wire(b"0" * (MOST + 1), length=MOST + 1)
    assert (wire.status(), wire.taken, wire.arrived) == (413, 0, [])
    assert b"at most 10 bytes" in wire.sent[1]["body"]


@pytest.mark.parametrize("length", [None, 3])
def test_a_large_body_without_content_length_is_refused_at_the_limit(length):
    wire = Wire(*[b"0123"] * 100, length=length)
    assert (wire.status(), wire.taken, wire.arrived) == (413, 3, [])


def test_an_incomplete_body_is_not_passed_on():
    wire = Wire(b"012", cut=True)
    wire.status()
    assert wire.arrived == [{"type": "http.disconnect"}]


@pytest.mark.parametrize("prefix", ["", "/behind/a/proxy"])
def test_uploads_are_left_to_gradio(prefix):
    chunks = [b"0123"] * 100
    wire = Wire(*chunks, path=prefix + UPLOAD, length=400)
    assert wire.status() == 200
    assert [message.get("body") for message in wire.arrived] == [*chunks, None]


@pytest.mark.parametrize("kind", ["lifespan", "websocket"])
def test_other_connections_pass(kind):
    wire = Wire(b"0" * 100)
    wire.scope = {"type": kind}
    assert wire.status() == 200


# ---- the app as it is served ----

JSON = {"Content-Type": "application/json"}
PATHS = ("call/read", "call/v2/read", "run/read", "queue/join", "component_server", "nowhere")


@pytest.fixture
def connection(app):
    place = http.client.HTTPConnection(urlsplit(app).netloc, timeout=20)
    yield place
    place.close()


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("length", [True, False])
def test_the_page_refuses_a_large_body(connection, path, length):
    """With Content-Length the body is refused before a byte of it is sent."""
    connection.putrequest("POST", f"/gradio_api/{path}")
    connection.putheader("Content-Type", "application/json")
    if length:
        connection.putheader("Content-Length", str(MAX_BODY + 1))
        connection.endheaders()
    else:
        connection.putheader("Transfer-Encoding", "chunked")
        connection.endheaders()
        connection.send(b"%x\r\n%s\r\n" % (MAX_BODY + 1, b"0" * (MAX_BODY + 1)))
    answer = connection.getresponse()
    assert answer.status == 413
    assert "at most 2,000,000 bytes" in answer.read().decode()


def test_the_page_takes_a_file_that_is_larger(connection):
    head = b'--edge\r\nContent-Disposition: form-data; name="files"; filename="a.bmp"\r\n\r\n'
    body = head + b"BM" + b"0" * MAX_BODY + b"\r\n--edge--\r\n"
    connection.request("POST", UPLOAD, body, {"Content-Type": "multipart/form-data; boundary=edge"})
    answer = connection.getresponse()
    assert (answer.status, len(json.load(answer))) == (200, 1)


def test_the_page_takes_the_longest_drawing(connection):
    points = [[x / 7, x / 3, 1000 * x, 0.123] for x in range(20_000)]
    connection.request("POST", "/gradio_api/call/read", json.dumps({"data": [[points]]}), JSON)
    assert connection.getresponse().status == 200
