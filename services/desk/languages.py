"""What is said, in the language of the reader: English stands in the code, catalogues translate it."""

from functools import cache
from gettext import GNUTranslations, NullTranslations
from io import BytesIO
from pathlib import Path

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

from services.desk.reader import LANGUAGES, reader

CATALOGUES = Path(__file__).parent / "locale"
SOURCE = "en"


@cache
def catalogue(language: str) -> NullTranslations:
    """Read a language's catalogue: the text that people edit, with no step of building."""
    if language == SOURCE or language not in LANGUAGES:
        return NullTranslations()
    with (CATALOGUES / f"{language}.po").open("rb") as file:
        messages = read_po(file, locale=language)
    compiled = BytesIO()
    write_mo(compiled, messages)
    compiled.seek(0)
    return GNUTranslations(compiled)


def gettext(message: str, **facts: object) -> str:
    """Say a text that stands in the catalogues, with its gaps filled."""
    text = catalogue(reader().language).gettext(message) if message else ""
    return text % facts if facts else text


def ngettext(one: str, many: str, count: int) -> str:
    """Say a text that depends on a count."""
    return catalogue(reader().language).ngettext(one, many, count)


def later(message: str) -> str:
    """Mark a text that is said by `gettext` where it is shown: it is defined before there is a reader."""
    return message
