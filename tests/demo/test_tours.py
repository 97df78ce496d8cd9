"""Test the tours: each file is valid, points at parts of the page, and says one thing at a time."""

import re
from typing import Any

import pytest

from demo.app import build
from demo.component import FOLDER
from demo.steps import STEPS, TABS, name_of
from demo.tours import PLACES, tours

TOURS = tours()
VIEWS = {name_of(tab) for tab in TABS}
each_tour = pytest.mark.parametrize("tour", TOURS, ids=lambda tour: tour["id"])
MOST_WORDS = 40
SCRIPT = (FOLDER / "tours" / "conditions.js").read_text(encoding="utf-8")
TABLE = SCRIPT[SCRIPT.index("\n   next") : SCRIPT.index("`page` has")]  # of the conditions, in the comment
CONDITIONS = dict(re.findall(r"^   (\w+) +\{(.*?)\}", TABLE, re.MULTILINE))


def parameters(condition: str) -> tuple[set[str], set[str]]:
    """Return all parameters of a condition, and the required ones."""
    names = re.findall(r"(\w+)(\??)", CONDITIONS[condition])
    return {name for name, _ in names}, {name for name, optional in names if not optional}


def test_the_tours_are_sorted_and_the_three_of_the_page_come_first():
    titles = [tour["title"] for tour in TOURS]
    assert titles[:3] == ["How does it read?", "Is attention an explanation?", "Train one"]
    assert sum(tour["minutes"] for tour in TOURS[:3]) <= 25
    assert [tour["order"] for tour in TOURS] == list(range(1, len(TOURS) + 1))
    for tour in TOURS:
        assert set(tour) == {"id", "order", "title", "minutes", "about", "steps"}
        assert (FOLDER / "tours" / f"{tour['id']}.json").exists()


def test_the_table_of_conditions_lists_those_of_the_code():
    exported = SCRIPT[SCRIPT.index("export const CONDITIONS") :]
    named = re.findall(r"^  (\w+)[:,]", exported[: exported.index("\n};")], re.MULTILINE)
    assert sorted(named) == sorted(CONDITIONS)


@each_tour
def test_a_step_says_one_thing_in_few_words(tour: dict[str, Any]):
    facts = (FOLDER / "tours" / "facts.js").read_text(encoding="utf-8")
    for step in tour["steps"]:
        assert set(step) <= {"target", "view", "choose", "guess", "words", "until", "then"}
        for words in (step["words"], step.get("then", "-")):
            assert 1 <= len(words.split()) <= MOST_WORDS, words
        for name in re.findall(r"\{(\w+)\}", step["words"] + step.get("then", "")):
            assert re.search(rf"^   \{{{name}\}} ", facts, re.MULTILINE), name


@each_tour
def test_a_step_waits_for_a_known_condition(tour: dict[str, Any]):
    scripts = "\n".join(path.read_text(encoding="utf-8") for path in FOLDER.rglob("view.js"))
    for step in tour["steps"]:
        given = dict(step["until"])
        condition = given.pop("condition")
        if condition == "did":
            assert f'what: "{given["what"]}"' in scripts
            continue
        known, needed = parameters(condition)
        assert needed <= set(given) <= known, step
        assert given.get("view", step.get("view", "overview")) in VIEWS, step


@each_tour
def test_the_target_of_a_step_is_on_the_page(tour: dict[str, Any]):
    for step in tour["steps"]:
        check_target(step)


def check_target(step: dict[str, Any]) -> None:
    """Check that a selector names a component, and that the component's files contain all its other names."""
    selector = step["target"]
    if selector in PLACES.values() and selector.startswith("#navigation"):
        assert re.search(r'"([a-z_]+)"', selector)[1] in VIEWS | {one.name for one in STEPS}  # type: ignore[index]
        return
    home = re.match(r"#([\w-]+)", selector)
    assert home, selector
    components = [path.parent for path in FOLDER.rglob("__init__.py") if builds(home[1], path.read_text("utf-8"))]
    assert len(components) == 1, selector
    files = "\n".join(path.read_text("utf-8") for path in components[0].iterdir() if path.suffix in (".html", ".js"))
    rest = selector.removeprefix(home[0])
    for name in re.findall(r"[.\"=]\"?([\w-]+)", rest):
        assert re.search(rf"\b{re.escape(name)}\b", files), name
    if "view" in step and home[1] not in ("pad", "bars"):
        assert FOLDER / "tabs" / step["view"] in (components[0], *components[0].parents)


def builds(elem_id: str, python: str) -> bool:
    """Return whether a Python file builds a component with this id."""
    return re.search(rf'component\(\s*__file__,\s*"{elem_id}"', python) is not None


def test_the_page_has_the_tours():
    props = [block for block in build().blocks.values() if getattr(block, "elem_id", None) == "tours"]
    assert len(props) == 1
