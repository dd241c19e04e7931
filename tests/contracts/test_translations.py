"""Every text of the catalogues is said in every language, with the same gaps to fill."""

import re

import pytest

from postroom.translating import in_step, kept, path_of
from services.desk.languages import SOURCE
from services.desk.reader import LANGUAGES

GAP = re.compile(r"%\([a-z_]+\)[sd]|%%")
OTHERS = sorted(set(LANGUAGES) - {SOURCE})


@pytest.mark.parametrize("language", OTHERS)
def test_a_catalogue_has_what_the_code_says_and_nothing_else(language: str) -> None:
    assert path_of(language).read_bytes() == in_step(language), "run: python -m postroom.translating"


@pytest.mark.parametrize("language", OTHERS)
def test_nothing_is_left_without_a_translation(language: str) -> None:
    missing = [message.id for message in kept(language) if message.id and not all(said_of(message.string))]
    assert missing == []


@pytest.mark.parametrize("language", OTHERS)
def test_a_translation_fills_in_what_the_text_does(language: str) -> None:
    wrong = [
        message.id
        for message in kept(language)
        if message.id
        and any(gaps(text) != gaps(said_of(message.id)[-1]) for text in said_of(message.string)[-1:])
    ]
    assert wrong == []


def said_of(texts: object) -> list[str]:
    return list(map(str, texts)) if isinstance(texts, list | tuple) else [str(texts)]


def gaps(text: str) -> list[str]:
    return sorted(GAP.findall(text))
