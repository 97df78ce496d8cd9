"""Test pointing at a patch in the tab Patches in Chromium; test_attention.py tests its numbers."""

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.browser


def test_pointing_at_a_patch_highlights_it_everywhere_without_a_request(visitor):
    """The highlight lasts while the pointer is on the patch; a click or an arrow key keeps it."""
    visitor.open_tab("Patches")
    sight, title = visitor.page.locator("#sight rect"), visitor.page.locator("#patches .title")
    first = title.inner_text()
    visitor.page.wait_for_load_state("networkidle")
    requests = []
    visitor.page.on("request", lambda request: visitor.is_file(request) or requests.append(request.url))
    for token, place in ((1, "row 1, column 1"), (16, "row 4, column 4")):
        visitor.page.locator(f"#patches .grid [data-token='{token}']").hover()
        expect(sight).to_have_attribute("data-token", str(token))
        expect(title).to_have_text(f"Token {token}: {place}")
    visitor.page.locator("#patches h2").hover()
    expect(sight).to_have_count(0)
    expect(title).to_have_text(first)
    visitor.page.locator("#patches .grid [data-token='6']").click()
    visitor.page.keyboard.press("ArrowDown")
    expect(sight).to_have_attribute("data-token", "10")
    visitor.page.locator("#patches .grid [data-token='1']").hover()
    expect(sight).to_have_attribute("data-token", "1")
    visitor.page.locator("#patches h2").hover()
    expect(sight).to_have_attribute("data-token", "10")
    visitor.open_tab("Attention")
    expect(visitor.page.locator("#attention .title")).to_contain_text("patch 10")
    assert [url for url in requests if "component_server" in url or "queue" in url] == []
