"""The style of the static page: the theme's variables that are used, and what Gradio's own style sheet would give."""

from __future__ import annotations

import re
from collections.abc import Iterable

from demo.component import FOLDER
from demo.export.views import View
from demo.theme import theme

BEFORE = ("export/shell.css", "web/base.css")
AFTER = ("page.css", "links/frame.css")  # Gradio makes these stronger than the views' own styles
VARIABLE = re.compile(r"var\(\s*(--[\w-]+)")
RULE = re.compile(r"([^{}]+)\{([^{}]*)\}")
DECLARATION = re.compile(r"(--[\w-]+):\s*([^;]+);")


def style_sheet(views: Iterable[View], scripts: Iterable[str]) -> str:
    """Return all styles of the page; `scripts` may use variables of the theme too."""
    own = [f"#view-{view.elem_id} {{\n{view.css}\n}}" for view in views]
    sheets = [*read(BEFORE), *own, *read(AFTER)]
    used = set(VARIABLE.findall("\n".join([*sheets, *scripts])))
    return "\n".join([theme_variables(used), *sheets])


def read(sheets: Iterable[str]) -> list[str]:
    """Return style sheets by their paths below `demo/`."""
    return [(FOLDER / sheet).read_text(encoding="utf-8") for sheet in sheets]


def theme_variables(used: set[str]) -> str:
    """Return the theme's variables that are used, directly or by another one, in the light and in the dark."""
    rules = [(names.strip(), dict(DECLARATION.findall(body))) for names, body in RULE.findall(theme()._get_theme_css())]
    wanted = needed(used, [declared for _, declared in rules])
    kept = [(names, {name: value for name, value in declared.items() if name in wanted}) for names, declared in rules]
    return "\n".join(f"{names} {{ {declarations(declared)} }}" for names, declared in kept if declared)


def needed(used: set[str], rules: Iterable[dict[str, str]]) -> set[str]:
    """Return the variables that are used, and those that their values use."""
    found, fresh = set(used), set(used)
    while fresh:
        values = [declared[name] for declared in rules for name in fresh if name in declared]
        fresh = set(VARIABLE.findall(" ".join(values))) - found
        found |= fresh
    return found


def declarations(declared: dict[str, str]) -> str:
    """Return declarations in one line."""
    return " ".join(f"{name}: {value};" for name, value in declared.items())
