"""The page without a server in Chromium: as a folder behind a plain file server, and as one file from the disk."""

import re
import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

import pytest
from playwright.sync_api import expect

from demo.export.single import single_page
from demo.export.site import site_files, write_site
from demo.export.views import static_views, tabs
from demo.steps import STEPS, name_of
from tests.browser.tourist import Tourist
from tests.browser.visitor import Visitor
from tests.demo.test_languages import catalogue
from vit.ink.shipped import examples

pytestmark = pytest.mark.browser

FOUR = next(
    [[point[:2] for point in stroke] for stroke in each["strokes"]] for each in examples() if each["label"] == 4
)
LINE = [[[140, 40], [140, 100], [140, 160], [140, 240]]]


class Quiet(SimpleHTTPRequestHandler):
    """A file server that logs nothing."""

    def log_message(self, format: str, *args) -> None:
        pass


@pytest.fixture(scope="module")
def pages(tmp_path_factory):
    """The addresses of both pages: of the folder on loopback, of the one file on the disk."""
    home, views = tmp_path_factory.mktemp("export"), static_views()
    write_site(home / "site", site_files(views))
    (home / "inkling.html").write_text(single_page(views), encoding="utf-8")
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(home / "site")))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield {"folder": f"http://127.0.0.1:{server.server_port}/", "file": (home / "inkling.html").as_uri()}
    server.shutdown()


@pytest.fixture
def open_page(browser, pages):
    """Open a page as a new visitor; at the end nothing may have been asked of another host and no error been logged.

    The page's policy allows no `eval`, with which Playwright waits for what is not an element: tests that do so are not
    `strict`.
    """
    visitors = []

    def open_one(kind, more="", strict=True):
        context = browser.new_context(viewport={"width": 1280, "height": 900}, bypass_csp=not strict)
        context.set_offline(kind == "file")
        visitors.append(Visitor(context, pages[kind] + more))
        return visitors[-1]

    yield open_one
    for visitor in visitors:
        assert visitor.outside == []
        assert visitor.errors == []
        visitor.context.close()


def press(visitor, digit):
    """Put an example on the sheet; return the digit and the bars that the page shows."""
    visitor.press(f"Example: a {digit}")
    expect(visitor.page.locator("#pad [aria-busy=false]")).to_be_attached()
    return visitor.wait_for_reading(), visitor.probabilities()


@pytest.mark.parametrize("kind", ["folder", "file"])
def test_it_reads_as_the_server_does(open_page, visit, kind):
    visitor, served = open_page(kind, strict=False), visit(engine=False)
    for digit in (3, 8):
        assert press(visitor, digit) == press(served, digit)
    visitor.draw(LINE, pause=10)
    assert visitor.wait_for_reading() == 1
    if kind == "folder":  # which has both models
        for each in (visitor, served):
            each.read_by("49 patches")
        assert press(visitor, 5) == press(served, 5)


def test_it_explains_as_the_server_does(open_page, visit):
    answers = []
    for each in (open_page("file", strict=False), visit()):
        each.open_tab("Why")
        expect(each.page.locator("#why .summary")).to_contain_text("Attention is strongest", timeout=60_000)
        texts = each.page.locator("#why :is(.summary, .sum, .sets, .score, .five)").all_inner_texts()
        answers.append([re.sub(r"\d+ ms", "ms", text) for text in texts])
    assert answers[0] == answers[1]


def test_each_view_opens(open_page):
    visitor = open_page("folder", strict=False)
    titles = {name_of(view): view.TITLE for step in STEPS for view in step.views}
    for name, _ in tabs():
        visitor.open_tab(titles[name], unfold=False)
        view = visitor.page.locator(f"#tab-{name}")
        expect(view.locator("h2").first).to_be_visible()
        expect(view.locator("[aria-busy=true]")).to_have_count(0, timeout=60_000)
        for message in view.locator(".message").all_inner_texts():
            assert "server" not in message, (name, message)
    expect(visitor.page.locator("#tab-train code")).to_contain_text(["python -m train", "make demo", "make train"])


@pytest.mark.parametrize("kind", ["folder", "file"])
def test_the_recorded_training_reads_the_drawing(open_page, kind):
    visitor = open_page(kind, "#view=train")
    page = visitor.page
    expect(page.locator("#training .test")).to_contain_text("Test images: 97.")
    slider = page.locator("#live-view input[type=range]")
    slider.scroll_into_view_if_needed(timeout=60_000)
    summary = page.locator("#live-view .summary")
    expect(page.locator("#live-view .moment")).to_contain_text("Moment 12 of 12. From step", timeout=60_000)
    expect(summary).to_contain_text("it reads your drawing as 7")
    slider.fill("0")
    expect(summary).to_contain_text("Before the first step it guesses")
    slider.fill("11")
    visitor.press("Example: a 3")
    expect(summary).to_contain_text("it reads your drawing as 3")
    expect(page.locator("#view-curves polyline").first).to_be_visible()
    expect(page.locator("#view-curves input")).to_have_count(0)


def test_what_needs_a_server_says_so(open_page):
    visitor = open_page("file", strict=False)
    visitor.open_tab("Patches")
    visitor.page.locator("#patches").get_by_role("button", name=re.compile("Measure")).click()
    expect(visitor.page.locator("#patches")).to_contain_text("This page has no server")
    visitor.press("Random MNIST digit")
    expect(visitor.page.locator("#pad .message")).to_contain_text("meant")


def test_it_is_translated_and_a_link_opens_what_it_holds(open_page, pages):
    german = catalogue("de")
    visitor = open_page("file", "#view=attention&sheet=mnist-7&layer=1")
    expect(visitor.open_view).to_have_text("Attention")
    page = visitor.page
    page.locator("#languages select").select_option("de")
    expect(page.locator('#navigation [data-step="cut"] .title')).to_have_text(german["Cut"])
    expect(page.locator("#attention h2")).to_have_text(german["Who looks where?"])
    page.goto("about:blank")
    page.goto(f"{pages['file']}#lang=fr&view=train")
    expect(page.locator("#tab-train h2")).to_have_text(catalogue("fr")["Can you train a better one?"])


def test_the_first_steps_of_a_tour(open_page):
    tourist = Tourist(open_page("file"), "how_it_reads")
    tourist.expect_step(1)
    tourist.visitor.press("Clear")
    tourist.visitor.draw(FOUR)
    assert tourist.visitor.wait_for_reading() == 4
    tourist.done()
    tourist.expect_step(2)


def test_the_folder_says_why_it_stays_empty_on_a_disk(browser, tmp_path):
    write_site(tmp_path, site_files(static_views()))
    page = browser.new_context().new_page()
    page.goto((tmp_path / "index.html").as_uri())
    expect(page.locator("#from-disk")).to_be_visible()
    page.context.close()
