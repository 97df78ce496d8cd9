"""Fixtures of the browser tests: a real Chromium, and visitors on the served app."""

import json
from collections import defaultdict

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from demo.component import base_path
from tests.browser.chromium import LAUNCH_ARGS, ensure
from tests.browser.visitor import Visitor

SCREEN = {"width": 1280, "height": 900}
MEDIA = {"color_scheme": "light", "forced_colors": "none", "reduced_motion": "no-preference"}

expect.set_options(timeout=20_000)  # on a busy machine a load takes longer than Playwright's 5 seconds


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Run a failed Chromium test once more, since on a busy machine an event may come too late."""
    for item in items:
        if item.get_closest_marker("browser"):
            item.add_marker(pytest.mark.flaky(reruns=1))


@pytest.fixture(scope="session")
def browser():
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=ensure(), args=LAUNCH_ARGS)
        yield chromium
        chromium.close()


@pytest.fixture(scope="session")
def idle(browser: Browser) -> defaultdict[str, list[Page]]:
    """Keep pages that a visitor has left, by their device, since the app loads there in a third of the time."""
    return defaultdict(list)


@pytest.fixture
def visit(browser: Browser, app: str, idle: defaultdict[str, list[Page]]):
    """Return a function that opens the page, or a link to it, as a new visitor.

    At the end, no request may have left the loopback interface, and no error may have been logged.
    """
    visitors: list[tuple[Visitor, list[Page]]] = []

    def open_page(engine: bool = True, link: str = "", **options) -> Visitor:
        media = {name: options.pop(name, default) for name, default in MEDIA.items()}
        viewport = options.pop("viewport", SCREEN)
        pages = idle[json.dumps([engine, options], sort_keys=True)]
        page = pages.pop() if pages else browser.new_context(**options).new_page()
        page.set_viewport_size(viewport)
        page.emulate_media(**media)
        address = link if link.startswith(app) else app + link
        visitors.append((Visitor(page.context, address, page, engine), pages))
        visitors[-1][0].bus = f"{app}{base_path()}/web/bus.js"
        return visitors[-1][0]

    yield open_page
    for visitor, pages in visitors:
        visitor.leave()
        clear(visitor.page, app)
        pages.append(visitor.page)
    for visitor, _ in visitors:
        assert visitor.outside == []
        assert visitor.errors == []


def clear(page: Page, app: str) -> None:
    """Remove all that a visitor has left: other pages, routes, site data, permissions, the mouse position."""
    for other in page.context.pages:
        if other is not page:
            other.close()
    page.unroute_all()
    page.mouse.up()
    page.goto(f"{app}theme.css")  # a document of the same site, without the page's scripts
    page.mouse.move(0, 0)
    page.evaluate("localStorage.clear(); sessionStorage.clear()")
    page.context.clear_cookies()
    page.context.clear_permissions()


@pytest.fixture
def follow(visit):
    """Return a function that opens a link in a new window, as its receiver does."""

    def open_link(link, **options):
        return visit(link=link, **{"viewport": {"width": 1280, "height": 800}, **options})

    return open_link


@pytest.fixture
def visitor(visit, request: pytest.FixtureRequest) -> Visitor:
    """Open the page as a visitor, without the browser's engine if the test is marked `served`."""
    return visit(engine=request.node.get_closest_marker("served") is None)


@pytest.fixture
def page(visitor: Visitor) -> Page:
    return visitor.page
