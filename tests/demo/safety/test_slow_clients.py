"""Clients that send nothing, half a request or an unfinished body are disconnected, and others are served."""

import asyncio
import socket
import threading
import time

import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.responses import PlainTextResponse, StreamingResponse
from starlette.routing import Route

from demo import safety
from demo.safety import half_open
from demo.safety.slow_bodies import SlowBodies

HEAD_TIME, PAUSE, WHOLE = 0.4, 0.3, 1.2  # seconds
POST = b"POST / HTTP/1.1\r\nHost: here\r\nContent-Length: 6\r\n\r\n"
GET = b"GET / HTTP/1.1\r\nHost: here\r\n\r\n"


async def answer(request):
    return PlainTextResponse(f"got {len(await request.body())}")


async def stream(_):
    async def words():
        for word in ("one ", "two ", "three"):
            await asyncio.sleep(HEAD_TIME)
            yield word

    return StreamingResponse(words())


@pytest.fixture(scope="module")
def port():
    """Start a server with the project's protocol and rule on the loopback interface; yield its port."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(half_open, "HEADER_TIME", HEAD_TIME)
        patch.setitem(uvicorn.config.HTTP_PROTOCOLS, "auto", uvicorn.config.HTTP_PROTOCOLS["auto"])
        safety.watch_connections()
        routes = [Route("/", answer, methods=["GET", "POST"]), Route("/stream", stream)]
        app = Starlette(routes=routes, middleware=[Middleware(SlowBodies, pause=PAUSE, whole=WHOLE)])
        server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="error"))
        thread = threading.Thread(target=server.run, daemon=True)
        thread.start()
        while not server.started:
            time.sleep(0.01)
        yield server.servers[0].sockets[0].getsockname()[1]
        server.should_exit = True
        thread.join(10)


@pytest.fixture
def wire(port):
    with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
        yield connection


def rest(connection: socket.socket) -> bytes:
    """Return what the server sends until it closes the connection; an open connection raises a time-out."""
    received = b""
    while chunk := connection.recv(65536):
        received += chunk
    return received


@pytest.mark.parametrize("beginning", [b"", b"GET / HTTP/1.1\r\nHost: here\r\n"])
def test_a_connection_with_an_incomplete_head_is_closed(wire, beginning):
    wire.sendall(beginning)
    assert rest(wire) == b""


def test_a_head_that_comes_byte_by_byte_is_cut_off(wire):
    started = time.monotonic()
    with pytest.raises(OSError):  # a broken pipe or a reset
        for byte in GET * 10:
            wire.sendall(bytes([byte]))
            time.sleep(0.05)
    assert time.monotonic() - started > HEAD_TIME


def test_an_incomplete_second_request_is_closed(wire):
    wire.sendall(GET + GET[:10])
    assert rest(wire).endswith(b"got 0")


def test_a_body_that_stops_is_answered_408(wire):
    wire.sendall(POST + b"abc")
    received = rest(wire)
    assert received.startswith(b"HTTP/1.1 408") and b"did not arrive in time" in received


def test_a_slow_body_is_cut_off(wire):
    wire.sendall(POST.replace(b"6", b"600"))
    for _ in range(100):
        time.sleep(PAUSE / 3)
        try:
            wire.sendall(b"a")
        except OSError:
            break
    else:
        pytest.fail("the server took all of it")


def test_a_body_in_two_pieces_arrives(wire):
    wire.sendall(POST + b"abc")
    time.sleep(PAUSE / 3)
    wire.sendall(b"def")
    time.sleep(PAUSE / 3)
    assert wire.recv(65536).endswith(b"got 6")


def test_an_answer_that_takes_longer_is_not_cut(wire):
    wire.sendall(GET.replace(b"/ ", b"/stream ", 1).replace(b"Host", b"Connection: close\r\nHost"))
    received = rest(wire)
    assert all(word in received for word in (b"one", b"two", b"three"))


def test_the_page_is_served_with_both_rules():
    assert SlowBodies in [rule.cls for rule in safety.rules({})]
    safety.watch_connections()
    config = uvicorn.Config(answer)
    config.load()
    assert config.http_protocol_class is half_open.ImpatientProtocol
