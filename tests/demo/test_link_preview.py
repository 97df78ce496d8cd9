"""Test that a shared link shows the page's title, description and picture once each, wherever the page is served."""

import io
import urllib.request
from html.parser import HTMLParser
from typing import Any

import gradio as gr
import pytest
from fastapi import FastAPI
from PIL import Image
from starlette.testclient import TestClient

from demo.app import TITLE, launch_options
from demo.link_preview import PICTURE, rewrite

ONCE = ("og:title", "og:description", "og:image", "og:url", "og:type", "description")
ONCE += ("twitter:card", "twitter:title", "twitter:description", "twitter:image")


class Tags(HTMLParser):
    """Collect the names and contents of all `<meta>` and the targets of all `<link>`, in the page's order."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.metas: list[tuple[str, str]] = []
        self.links: dict[str, str] = {}
        self.feed(page)

    def handle_starttag(self, tag, attrs) -> None:
        found = {name: value or "" for name, value in attrs}
        if tag == "meta" and (name := found.get("property") or found.get("name")):
            self.metas.append((name, found["content"]))
        if tag == "link":
            self.links[found["rel"]] = found["href"]

    def only(self, name: str) -> str:
        contents = [content for other, content in self.metas if other == name]
        assert len(contents) == 1, (name, contents)
        return contents[0]


def check(tags: Tags, root: str) -> None:
    """Check that each tag stands once and has its content, with addresses below `root`."""
    contents = {name: tags.only(name) for name in ONCE}
    assert contents["og:title"] == contents["twitter:title"] == TITLE
    assert contents["og:description"] == contents["twitter:description"] == contents["description"]
    assert 50 < len(contents["description"]) < 200
    assert contents["og:url"] == f"{root}/"
    assert contents["og:image"] == contents["twitter:image"] == f"{root}/link-preview.png"
    assert contents["twitter:card"] == "summary_large_image"
    assert not any("Gradio" in content for name, content in tags.metas if name.startswith(("og:", "twitter:")))


def check_picture(content: bytes, kind: str) -> None:
    assert kind == "image/png"
    with Image.open(io.BytesIO(content)) as picture:
        assert picture.size == (1200, 630)
        assert len(picture.convert("RGB").getcolors(1 << 24) or []) > 500, "this is no picture of the page"


def served(ours: bool = True, **options: Any) -> TestClient:
    """Return a client of a small Gradio page, with or without the app's own middleware."""
    with gr.Blocks(title="another") as page:
        gr.Markdown("hello")
    middleware = launch_options()["app_kwargs"] if ours else {}
    return TestClient(gr.mount_gradio_app(FastAPI(), page, app_kwargs=middleware, **{"path": "/", **options}))


def test_a_shared_link_has_one_title_one_description_and_one_picture(app):
    with urllib.request.urlopen(app, timeout=20) as answer:
        tags = Tags(answer.read().decode())
    check(tags, app.rstrip("/"))
    assert tags.only("og:image:width") == "1200"
    assert tags.only("og:image:height") == "630"
    with urllib.request.urlopen(tags.only("og:image"), timeout=20) as answer:
        check_picture(answer.read(), answer.headers["Content-Type"])


def test_the_picture_is_small():
    assert PICTURE.stat().st_size < 200_000


@pytest.mark.parametrize("encoding", ["identity", "gzip", "br", "gzip, deflate, br, zstd"])
def test_the_page_arrives_complete(encoding):
    """HEAD and GET agree, the length is right, and Gradio's data is unchanged."""
    client = served()
    page = client.get("/", headers={"Accept-Encoding": encoding})
    assert page.text.endswith("</html>\n") or page.text.endswith("</html>")
    assert "window.gradio_config" in page.text
    if "content-encoding" not in page.headers:
        assert int(page.headers["content-length"]) == len(page.content)
    ahead = client.head("/", headers={"Accept-Encoding": encoding})
    assert (ahead.status_code, ahead.headers["content-type"]) == (200, page.headers["content-type"])


@pytest.mark.parametrize("path", ["/config", "/gradio_api/info", "/theme.css"])
def test_other_answers_are_unchanged(path):
    ours, plain = served().get(path), served(ours=False).get(path)
    assert (ours.status_code, ours.headers["content-type"]) == (plain.status_code, plain.headers["content-type"])
    assert "link-preview" not in ours.text


@pytest.mark.parametrize(
    ("headers", "root"),
    [
        ({}, "http://testserver"),
        ({"Host": "example.org:8000"}, "http://example.org:8000"),
        (
            {"X-Forwarded-Host": "someone-inkling.hf.space", "X-Forwarded-Proto": "https"},
            "https://someone-inkling.hf.space",
        ),
        ({"X-Forwarded-Proto": "https,http", "Host": "someone.hf.space"}, "https://someone.hf.space"),
    ],
)
def test_addresses_are_those_that_visitors_use(headers, root):
    client = served()
    check(Tags(client.get("/", headers=headers).text), root)


@pytest.mark.parametrize("mounted", [True, False], ids=["mounted", "behind a proxy"])
def test_addresses_have_the_page_s_path(mounted):
    """A proxy removes the path before it asks the page; a mounted page receives it."""
    client = served(path="/inkling") if mounted else served(root_path="/inkling")
    inner = "/inkling" if mounted else ""
    headers = {} if mounted else {"X-Forwarded-Host": "example.org", "X-Forwarded-Proto": "https"}
    root = "http://testserver/inkling" if mounted else "https://example.org/inkling"
    tags = Tags(client.get(f"{inner}/", headers=headers).text)
    check(tags, root)
    assert not any(link.startswith("/") for link in tags.links.values()), tags.links
    picture = client.get(f"{inner}/link-preview.png")
    check_picture(picture.content, picture.headers["content-type"])


def test_a_hostile_host_stays_text():
    page = served().get("/", headers={"X-Forwarded-Host": 'a"><script>alert(1)</script>'})
    assert "<script>alert" not in page.text


def test_only_the_head_is_rewritten():
    """Data in the page is not changed, even if it looks like a tag."""
    data = '<script>x = \'<meta property="og:title" content="mine" />\'</script>'
    before = '<head><base href="./" /><meta property="og:title"\n content="Gradio" /></head>'
    assert rewrite(before + data, "<b>") == f'<head><base href="./" /><b></head>{data}'
