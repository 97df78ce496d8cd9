"""Collect every message of the page that a catalogue must translate, from scripts, templates and data."""

from __future__ import annotations

import ast
import json
import re
from functools import cache
from html.parser import HTMLParser
from pathlib import Path

DEMO = Path(__file__).resolve().parents[2] / "demo"
INLINE = {"a", "b", "br", "code", "em", "i", "kbd", "span", "strong", "sub", "sup"}  # as in demo/web/language.js
ATTRIBUTES = ("aria-label", "aria-description", "aria-roledescription", "title", "placeholder", "alt")
VOID = {"br", "input", "img", "hr", "meta", "link", "col", "path", "rect", "circle", "line"}

LITERAL = r'"(?:[^"\\\n]|\\.)*"'
TEXT = rf"({LITERAL}(?:\s*\+\s*{LITERAL})*)"
CALL = re.compile(rf"\bt\(\s*{TEXT}")
PLURAL = re.compile(rf"\bplural\((?:[^\"]*?),\s*{TEXT},\s*{TEXT}", re.DOTALL)


def text_of(source: str) -> str:
    """Return the text of one or more JavaScript strings with "+" between them."""
    return "".join(ast.literal_eval(literal) for literal in re.findall(LITERAL, source))


def in_scripts() -> set[str]:
    """Return the messages of `t("...")` and `plural(n, "...", "...")` in all modules."""
    found = set()
    for path in DEMO.rglob("*.js"):
        script = path.read_text(encoding="utf-8")
        found |= {text_of(match[1]) for match in CALL.finditer(script)}
        found |= {text_of(match[2]) for match in PLURAL.finditer(script)}
    return found


class Element:
    """An element of a template: its tag, its attributes, and its children (elements and texts)."""

    def __init__(self, tag: str, source: str, attributes: dict[str, str | None]) -> None:
        self.tag, self.source, self.attributes = tag, source, attributes
        self.children: list[Element | str] = []

    def inside(self) -> str:
        """Return the HTML of the children, as a browser's `innerHTML` has it."""
        return "".join(child if isinstance(child, str) else child.outside() for child in self.children)

    def outside(self) -> str:
        """Return the element's own HTML."""
        return self.source if self.tag in VOID else f"{self.source}{self.inside()}</{self.tag}>"

    def below(self) -> list[Element]:
        """Return all elements in this one."""
        own = [child for child in self.children if isinstance(child, Element)]
        return own + [deep for child in own for deep in child.below()]


class Tree(HTMLParser):
    """Parse a template into elements."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=False)
        self.open = [Element("", "", {})]
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        element = Element(tag, self.get_starttag_text() or "", dict(attrs))
        self.open[-1].children.append(element)
        if tag not in VOID and not element.source.endswith("/>"):
            self.open.append(element)

    def handle_endtag(self, tag: str) -> None:
        if tag not in VOID:
            self.open.pop()

    def handle_data(self, data: str) -> None:
        self.open[-1].children.append(data)

    def handle_entityref(self, name: str) -> None:
        self.open[-1].children.append(f"&{name};")


def squeezed(text: str) -> str:
    """Return a text with single spaces."""
    return " ".join(text.split())


def has_letters(text: str) -> bool:
    """Return whether there is anything to translate."""
    return any(letter.isalpha() for letter in text)


def of_element(element: Element) -> set[str]:
    """Return the messages of an element, by the rule of `translate` in demo/web/language.js."""
    found = {squeezed(element.attributes.get(name) or "") for name in ATTRIBUTES}
    texts = [child for child in element.children if isinstance(child, str)]
    if element.tag in ("style", "script", "code"):
        return found
    if has_letters("".join(texts)) and all(inner.tag in INLINE for inner in element.below()):
        return found | {squeezed(element.inside())}
    found |= {squeezed(text) for text in texts}
    return found.union(*(of_element(child) for child in element.children if isinstance(child, Element)))


def in_templates() -> set[str]:
    """Return the messages of all `view.html`."""
    found = set()
    for path in DEMO.rglob("view.html"):
        found |= of_element(Tree(path.read_text(encoding="utf-8")).open[0])
    return {text for text in found if has_letters(text)}


def as_list(value: object) -> list[object]:
    """Return a list as it is, and anything else as the only one of a list."""
    return value if isinstance(value, list) else [value]


def words_in(value: object, keys: tuple[str, ...]) -> set[str]:
    """Return the texts that lie below one of these keys, at any depth."""
    if isinstance(value, list):
        return set().union(*(words_in(each, keys) for each in value))
    if not isinstance(value, dict):
        return set()
    own = {text for key in keys for text in as_list(value.get(key)) if isinstance(text, str)}
    return own.union(*(words_in(each, keys) for each in value.values()))


def in_data() -> set[str]:
    """Return the messages of the steps, the tours and the glossary."""
    from demo.steps import STEPS

    steps = words_in([step.pack() for step in STEPS], ("title", "question", "task", "surprise"))
    tours = [json.loads(path.read_text(encoding="utf-8")) for path in (DEMO / "tours").glob("*.json")]
    glossary = [json.loads(path.read_text(encoding="utf-8")) for path in (DEMO / "glossary").glob("*.json")]
    forms = {
        ", ".join(term["words"]) for terms in glossary for term in terms
    }  # the words that the page marks, as one message
    return steps | words_in(tours, ("title", "about", "words", "then")) | words_in(glossary, ("name", "text")) | forms


def in_python() -> set[str]:
    """Return the whole sentences, without values, that Python sends to the page: constants, titles and claims."""
    from demo.export.views import MAKE_TASK
    from demo.model_file import OTHER_IMAGES, UNREADABLE
    from demo.requests import EXPIRED
    from demo.safety import rate_limit
    from demo.tabs.influence import source
    from demo.tabs.patches.measured_costs import BUSY
    from demo.tabs.smallest_change.server import SAME_CLASS
    from demo.tabs.symbols.server import NOT_STORED, UNKNOWN_TASK
    from demo.tabs.teach.server import UNKNOWN_LESSON
    from demo.tabs.when.server import NO_PATH
    from train.datasets import DATASETS
    from train.evaluation.robustness import CHANGES
    from vit.explain.methods import METHODS
    from vit.ink.clutter import ONLY_LINES
    from vit.ink.edge_frames import ONLY_A_FRAME
    from vit.ink.image import ONE_COLOUR, ONLY_NOISE
    from vit.ink.strokes import NO_INK, ONLY_A_DOT

    constants = {
        MAKE_TASK,
        EXPIRED,
        UNREADABLE,
        OTHER_IMAGES,
        source.NOT_STORED,
        SAME_CLASS,
        rate_limit.BUSY,
        BUSY,
        UNKNOWN_LESSON,
        NOT_STORED,
        source.OTHER_SET,
        UNKNOWN_TASK,
        NO_PATH,
        ONLY_A_FRAME,
        ONLY_LINES,
        ONE_COLOUR,
        ONLY_NOISE,
        NO_INK,
    }
    methods = {text for method in METHODS.values() for text in (method.title, method.claim)}
    changes = {text for change in CHANGES.values() for text in (change.title, change.unit)}
    learned = [each.title for name, each in DATASETS.items() if name != "mnist"] + ["another set"]
    refused = {f"These tests are of MNIST's digits, and this model has learned {title}." for title in learned}
    without_name = {
        "Error",  # Gradio's title of a message, and its text for a failed request
        "Connection errored out.",
        "This picture has no ink.",
        "This test digit does not ship with the page.",
        "Many people are asking just now. Try again in a moment.",
        "These digits have not been read yet. Wait a moment.",
        "This model has learned something else than the ten digits, so it cannot be taught them.",
    }
    return constants | {ONLY_A_DOT} | methods | changes | refused | without_name


def of_server() -> set[str]:
    """Return the forms of the sentences that Python sends; of a singular and its plural the plural."""
    script = (DEMO / "web" / "server_messages.js").read_text(encoding="utf-8")
    code = re.sub(r"/\*.*?\*/", "", script, flags=re.DOTALL)
    entry = re.compile(rf"\[\s*({LITERAL}),\s*({LITERAL}),?\s*\]|({LITERAL})")
    return {text_of(match[2] or match[3]) for match in entry.finditer(code)}


def as_html(markdown: str) -> set[str]:
    """Return the headings and paragraphs of a simple Markdown text as HTML."""
    blocks = re.sub(r"^(#.*)\n", r"\1\n\n", markdown, flags=re.MULTILINE).split("\n\n")
    texts = [squeezed(block).lstrip("# ") for block in blocks]
    return {re.sub(r"`(.+?)`", r"<code>\1</code>", text) for text in texts if text}


def in_gradio() -> set[str]:
    """Return the texts of Gradio's own components: labels, descriptions, buttons, choices, and Markdown as HTML."""
    from demo.app import WELCOME, build
    from demo.tabs.train.plan import TITLES

    found = as_html(WELCOME)
    for component in build().config["components"]:
        kind, props = component["type"], component["props"]
        if kind == "markdown":
            found |= as_html(props.get("value") or "")
        elif kind in ("accordion", "button", "checkboxgroup", "dropdown", "number", "radio", "slider"):
            found |= {str(props.get(name) or "") for name in ("label", "info")}
            found |= {str(props["value"])} if kind == "button" else set()
            found |= {name for name, _ in props["choices"]} if kind == "radio" else set()
    return {text for text in found - set(TITLES.values()) if has_letters(text)}


@cache
def messages() -> frozenset[str]:
    """Return all messages. The page is built for them, once."""
    sources = (in_scripts, in_templates, in_data, in_python, of_server, in_gradio)
    return frozenset().union(*(each() for each in sources))
