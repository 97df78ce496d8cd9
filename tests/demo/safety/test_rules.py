"""Test each rule of a public page, and that the served page works with all of them."""

import io

import httpx
import pytest
from PIL import Image
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from starlette.testclient import TestClient

from demo.safety.foreign_requests import ForeignRequests
from demo.safety.headers import ANCESTORS, SecurityHeaders, frame_ancestors
from demo.safety.hosts import KnownHosts, known_hosts
from demo.safety.rate_limit import Allowance, Buckets, RateLimit
from demo.safety.uploads import ImageUploads

FUNCTION = "/gradio_api/component_server"
UPLOAD = "/gradio_api/upload"


def client(*rules: Middleware) -> TestClient:
    async def answer(request):
        return PlainTextResponse(f"{len(await request.body())} bytes")

    paths = ("/", FUNCTION, f"{FUNCTION}/", UPLOAD)
    routes = [Route(path, answer, methods=["GET", "POST"]) for path in paths]
    return TestClient(Starlette(routes=routes, middleware=list(rules)), base_url="http://testserver")


# ---- requests of other sites ----


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 200),  # a program
        ({"Sec-Fetch-Site": "same-origin", "Origin": "https://proxied.example"}, 200),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "same-site"}, 403),
        ({"Origin": "http://testserver"}, 200),
        ({"Origin": "http://evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Origin": "http://public.example", "X-Forwarded-Host": "public.example"}, 200),
    ],
)
def test_requests_of_other_sites_are_refused(headers, status):
    served = client(Middleware(ForeignRequests))
    assert served.post(FUNCTION, json={}, headers=headers).status_code == status
    assert served.get("/", headers=headers).status_code == 200  # reading the page is always allowed


@pytest.mark.parametrize("path", [FUNCTION, f"{FUNCTION}/"])
@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", ""])
def test_a_server_function_takes_json_only(path, kind):
    served = client(Middleware(ForeignRequests))
    assert served.post(path, content=b"{}", headers={"Content-Type": kind}).status_code == 415
    assert served.post(path, content=b"{}", headers={"Content-Type": "application/json; charset=utf-8"}).is_success


# ---- hosts ----


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("me-inkling.hf.space", 200),
        ("ME-inkling.hf.space:443", 200),
        ("inkling.example", 200),
        ("evil.example", 421),
        ("me-inkling.hf.space.evil.example", 421),
        ("", 421),
        ("localhost:7860", 200),
        ("127.0.0.1:7860", 200),
        ("[::1]:7860", 200),
    ],
)
def test_unknown_hosts_are_refused_where_hosts_are_configured(host, status):
    hosts = known_hosts({"SPACE_HOST": "me-inkling.hf.space", "INKLING_HOSTS": "Inkling.example, "})
    assert client(Middleware(KnownHosts, hosts=hosts)).get("/", headers={"Host": host}).status_code == status


def test_every_host_is_answered_where_none_is_configured():
    assert client(Middleware(KnownHosts, hosts=known_hosts({}))).get("/", headers={"Host": "any.example"}).is_success


# ---- headers ----


def test_every_answer_has_the_headers_and_any_site_may_frame_only_embedded_views():
    served = client(Middleware(SecurityHeaders))
    for path, ancestors in (("/", ANCESTORS), ("/?embed=why", "*"), ("/?embed=", ANCESTORS), ("/missing", ANCESTORS)):
        headers = served.get(path).headers
        assert headers["content-security-policy"].endswith(f"frame-ancestors {ancestors}"), path
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"]
        assert "camera=()" in headers["permissions-policy"]
    assert frame_ancestors({"INKLING_FRAME_ANCESTORS": "https://school.example"}) == "https://school.example"


# ---- rate limits ----


def test_a_bucket_empties_and_fills_again():
    now = [0.0]
    buckets = Buckets(Allowance(rate=2, burst=3), clock=lambda: now[0])
    assert [buckets.wait("one") for _ in range(4)] == [0, 0, 0, 0.5]
    assert buckets.wait("other") == 0
    now[0] = 0.5
    assert [buckets.wait("one") for _ in range(2)] == [0, 0.5]
    now[0] = 100.0
    assert [buckets.wait("one") for _ in range(4)] == [0, 0, 0, 0.5]


def test_a_visitor_with_too_many_requests_waits_and_others_do_not():
    few, many = Allowance(rate=0.001, burst=2), Allowance(rate=0.001, burst=6)
    served = client(Middleware(RateLimit, client=many, visitor=few))

    def ask(session):
        return served.post(FUNCTION, json={"session_hash": session, "data": [1]})

    assert [ask("a").status_code for _ in range(3)] == [200, 200, 429]
    other = ask("b")
    assert other.text == f"{len(other.request.content)} bytes"  # the body arrives complete
    assert [ask(session).status_code for session in ("b", "c")] == [200, 200]
    refused = ask("d")
    assert refused.status_code == 429  # the address has sent six requests
    assert int(refused.headers["retry-after"]) >= 1
    assert "address" in refused.text
    assert served.get("/").status_code == 200


# ---- uploads ----


def picture(format: str = "PNG", side: int = 28) -> bytes:
    file = io.BytesIO()
    Image.effect_noise((side, side), 64).save(file, format)
    return file.getvalue()


@pytest.mark.parametrize("format", ["PNG", "JPEG", "GIF", "BMP", "TIFF", "WEBP"])
def test_a_picture_arrives_complete(format):
    content = picture(format)
    sent = client(Middleware(ImageUploads)).post(UPLOAD, files={"files": ("a", content)})
    assert sent.status_code == 200
    assert int(sent.text.split()[0]) == len(sent.request.content) > len(content)


@pytest.mark.parametrize(
    ("files", "status"),
    [
        ([("files", ("a.png", b"<html><script>alert(1)</script>"))], 415),
        ([("files", ("a.png", b""))], 415),
        ([("files", ("a.png", picture())), ("files", ("b.html", b"<html>"))], 415),
        ([("files", ("a.bmp", picture("BMP", 3300)))], 413),
    ],
    ids=["no picture", "empty", "two", "too large"],
)
def test_other_uploads_are_refused(files, status):
    refused = client(Middleware(ImageUploads)).post(UPLOAD, files=files)
    assert refused.status_code == status
    assert refused.text.endswith(".\n")


def test_a_form_in_small_pieces_is_checked_like_one_piece():
    """However the body is cut, a picture passes and a second part is found."""
    served = client(Middleware(ImageUploads))
    for files, status in (([("files", ("a", picture()))], 200), ([("files", ("a", picture()))] * 2, 415)):
        request = served.build_request("POST", UPLOAD, files=files)
        body = request.read()
        pieces = (body[at : at + 3] for at in range(0, len(body), 3))
        kind = {"Content-Type": request.headers["content-type"]}
        assert served.post(UPLOAD, content=pieces, headers=kind).status_code == status


# ---- the served page ----


def test_the_served_page_has_all_rules(app):
    with httpx.Client(base_url=app) as page:
        assert page.get("/").headers["content-security-policy"].endswith(ANCESTORS)
        foreign = {"Origin": "https://evil.example"}
        for path in ("/gradio_api/queue/join", "/gradio_api/component_server", "/gradio_api/run/read", "/picture"):
            assert page.post(path, json={}, headers=foreign).status_code == 403, path
        assert page.post("/gradio_api/component_server", content="{}").status_code == 415
        assert page.post(UPLOAD, files={"files": ("a.txt", b"a text")}).status_code == 415
        assert page.post(UPLOAD, files={"files": ("a.png", picture())}).status_code == 200
