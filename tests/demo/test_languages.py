"""Test the catalogues: each has every message once, translated, with the same placeholders and tags."""

import json
import re
from functools import cache

import pytest

from tests.demo.messages import DEMO, messages

LANGUAGES = ("de", "es", "fr", "zh")
FORMS = {
    "de": {"one", "other"},
    "es": {"one", "many", "other"},
    "fr": {"one", "many", "other"},
    "zh": {"other"},
}  # CLDR
MARKS = re.compile(r"\{\w+\}|</?[a-z][^>]*>")


@cache
def catalogue(language):
    return json.loads((DEMO / "languages" / f"{language}.json").read_text(encoding="utf-8"))


def forms(translation):
    return list(translation.values()) if isinstance(translation, dict) else [translation]


@pytest.mark.parametrize("language", LANGUAGES)
def test_placeholders_and_marks_are_those_of_the_message(language):
    for message, translation in catalogue(language).items():
        for text in forms(translation):
            expected, found = (sorted(MARKS.findall(each)) for each in (message, text))
            if isinstance(translation, dict):
                assert set(found) <= set(expected), message  # "one step" needs no number
            else:
                assert found == expected, message


@pytest.mark.parametrize("language", LANGUAGES)
def test_plural_forms_are_those_of_the_language(language):
    for message, translation in catalogue(language).items():
        if isinstance(translation, dict):
            assert {"other"} <= set(translation) <= FORMS[language], message


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_message_and_no_other_is_translated(language):
    assert sorted(messages() - set(catalogue(language))) == []
    assert sorted(set(catalogue(language)) - messages()) == []
