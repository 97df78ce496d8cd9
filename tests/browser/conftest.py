"""A real Chromium in front of the served app."""

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from tests.browser.chromium import LAUNCH_ARGS, ensure
from tests.browser.visitor import Visitor


@pytest.fixture(scope="session")
def browser():
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=ensure(), args=LAUNCH_ARGS)
        yield chromium
        chromium.close()


@pytest.fixture
def visit(browser: Browser, app: str):
    """Open the page as a new visitor; at the end nothing may have left loopback and no error been logged."""
    visitors: list[Visitor] = []

    def open_page(**options) -> Visitor:
        context = browser.new_context(**{"viewport": {"width": 1280, "height": 900}, **options})
        visitors.append(Visitor(context, app))
        return visitors[-1]

    yield open_page
    for visitor in visitors:
        visitor.context.close()
        assert visitor.outside == []
        assert visitor.errors == []


@pytest.fixture
def visitor(visit) -> Visitor:
    return visit()


@pytest.fixture
def page(visitor: Visitor) -> Page:
    return visitor.page
