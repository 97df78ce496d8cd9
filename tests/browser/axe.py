"""Run axe-core on a page. Its script, which takes half a second, is put into each document once."""

from collections.abc import Sequence

from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Page

# `label-content-name-mismatch` is experimental in axe-core and off unless it is asked for.
OPTIONS = {"resultTypes": ["violations"], "rules": {"label-content-name-mismatch": {"enabled": True}}}
# The rules that depend on the theme; the others look at names, roles and structure.
COLOURS = {"resultTypes": ["violations"], "runOnly": ["color-contrast", "link-in-text-block"]}
RUN = "([parts, options]) => axe.run({ include: parts.map(part => [part]) }, options).then(found => found.violations)"


def faults(page: Page, parts: Sequence[str], options: dict = OPTIONS) -> list[str]:
    """Return axe's findings in parts of the page, one line for each element: the rule and its HTML."""
    if page.evaluate("!window.axe"):
        page.evaluate(AXE_SCRIPT)
    found = page.evaluate(RUN, [list(parts), options])
    return [f"{rule['id']}: {node['html'][:160]}" for rule in found for node in rule["nodes"]]
