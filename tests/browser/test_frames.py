"""Test the page in a frame: embedded, on a projector, on a Space, and on other sites."""

import pytest
from playwright.sync_api import expect

from tests.browser.address import ONE, opened

pytestmark = pytest.mark.browser


def test_embedded_the_page_has_the_pad_the_answer_and_one_view(browser, app, follow):
    visitor = follow("?embed=attention#sheet=example-3", viewport={"width": 900, "height": 700})
    page = visitor.page
    opened(visitor, "attention")
    assert visitor.wait_for_reading() == 3
    for hidden in ("#navigation", "#welcome h1", "#next-question", "footer", "#links .buttons"):
        expect(page.locator(hidden).first).to_be_hidden()
    for shown in ("#pad canvas", "#bars"):
        expect(page.locator(shown).first).to_be_visible()
    visitor.draw(ONE)
    expect(visitor.spoken).to_contain_text("Read as 1")
    page.wait_for_function("location.hash.includes('ink1-')")
    out = page.get_by_role("link", name="Open in Inkling")
    out.hover()
    assert "embed" not in (out.get_attribute("href") or "") and "view=attention" in (out.get_attribute("href") or "")


@pytest.mark.parametrize(("width", "height", "scale"), [(1280, 680, 680 / 640), (1920, 1080, 1.5)])
def test_on_a_projector_the_page_is_enlarged_and_the_address_has_the_state(browser, app, width, height, scale):
    context = browser.new_context(viewport={"width": width, "height": height})
    page = context.new_page()
    errors = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto(f"{app}?projector#view=attention&sheet=example-3")
    frame = page.frame_locator("iframe")
    expect(frame.locator("#bars .spoken")).to_contain_text("Read as 3", timeout=30_000)
    expect(frame.locator("#attention").first).to_be_visible()
    box = page.locator("iframe").bounding_box()
    assert box is not None
    assert (round(box["width"]), round(box["height"])) == (width, height)
    assert page.title().startswith("Inkling")
    assert page.locator("meta[property='og:image']").count() == 1
    inner = page.frames[1]
    assert inner.evaluate("innerWidth") == pytest.approx(width / scale, abs=1)
    assert inner.evaluate("document.documentElement.scrollWidth <= innerWidth")
    answer, pad = (frame.locator(name).first.bounding_box() for name in ("#bars", "#pad canvas"))
    assert answer and pad and max(answer["y"] + answer["height"], pad["y"] + pad["height"]) <= height
    frame.locator('#navigation [data-step="decide"]').click()
    page.wait_for_function("location.hash.includes('view=layers')")
    assert "projector" in page.url
    frame.locator('#navigation [data-step="overview"]').click()
    expect(frame.locator("#overview .picture svg")).to_be_visible()
    picture = frame.locator("#overview .picture svg").bounding_box()
    assert picture and picture["y"] + picture["height"] <= height
    context.close()
    assert errors == []


SPACE = "https://huggingface.co/spaces/someone/inkling"
PARENT = """<!doctype html><title>Space</title><iframe src="{src}" width="1200" height="700"></iframe>
<script>addEventListener("message", ({{ origin, data }}) => {{
  if (origin === "{origin}") history.replaceState(null, "", data.queryString + data.hash);
}});</script>"""


def test_on_a_space_the_outer_page_gets_the_address(browser, app):
    """A small page replaces the Space's, and handles the message as Hugging Face documents it."""
    context = browser.new_context(viewport={"width": 1280, "height": 800})
    page = context.new_page()
    source = PARENT.format(src=f"{app}#view=why&sheet=example-4", origin=app.rstrip("/"))
    page.route(f"{SPACE}*", lambda route: route.fulfill(body=source, content_type="text/html"))
    context.grant_permissions(["local-network-access"], origin="https://huggingface.co")
    page.goto(SPACE)
    frame = page.frame_locator("iframe")
    expect(frame.locator("#bars .spoken")).to_contain_text("Read as 4", timeout=30_000)
    frame.locator('#navigation [data-step="look"]').click()
    page.wait_for_function("location.hash.includes('view=attention')")
    assert "sheet=example-4" in page.url
    context.close()


BLOG = """<!doctype html><iframe src="{src}" width="1200" height="700"></iframe>
<script>var got = []; addEventListener("message", ({{ data }}) => got.push(JSON.stringify(data)));</script>"""


def blog_with(page, source):
    """Open a page of another site that shows `source` in a frame."""
    blog = "https://blog.example/post"
    page.route(blog, lambda route: route.fulfill(body=BLOG.format(src=source), content_type="text/html"))
    page.context.grant_permissions(["local-network-access"], origin="https://blog.example")
    page.goto(blog)


def test_another_site_around_one_view_gets_no_message(browser, app):
    context = browser.new_context(viewport={"width": 1280, "height": 800})
    page = context.new_page()
    blog_with(page, f"{app}?embed=attention#sheet=example-3")
    frame = page.frame_locator("iframe")
    expect(frame.locator("#bars .spoken")).to_contain_text("Read as 3", timeout=30_000)
    frame.get_by_role("button", name="Clear").click()
    page.frames[1].wait_for_function("!location.hash.includes('example-3')")
    page.wait_for_timeout(500)
    assert not [message for message in page.evaluate("got") if "view=" in message]
    context.close()


def test_other_sites_cannot_frame_the_whole_page(browser, app):
    context = browser.new_context()
    page = context.new_page()
    refusals = []
    page.on("console", lambda message: refusals.append(message.text))
    blog_with(page, app)
    page.wait_for_timeout(2000)
    expect(page.frame_locator("iframe").locator("#bars")).to_have_count(0)
    assert any("frame-ancestors" in refusal for refusal in refusals)
    context.close()
