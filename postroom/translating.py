"""The catalogues of the desk, kept in step with the texts in its code: `python -m postroom.translating`.

What is new stands there without a translation, and a test says so; what is said no more is gone.
"""

from io import BytesIO
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po, write_po

from services.desk.languages import CATALOGUES, SOURCE
from services.desk.reader import LANGUAGES

DESK = CATALOGUES.parent
METHODS = [("**.py", "python"), ("**.html", "jinja2")]
OPTIONS = {"**.html": {"trimmed": "true", "newstyle_gettext": "true"}}
KEYWORDS = {"_": None, "gettext": None, "later": None, "ngettext": (1, 2), "counted": (2, 3)}


def said() -> Catalog:
    """Collect every text that the desk says."""
    catalog = Catalog(fuzzy=False)
    found = extract_from_dir(DESK, METHODS, OPTIONS, keywords=KEYWORDS)
    for name, _line, message, comments, _context in found:
        catalog.add(message, locations=[(name, 0)], auto_comments=comments)
    return catalog


def kept(language: str) -> Catalog:
    with path_of(language).open("rb") as file:
        return read_po(file, locale=language)


def written(catalog: Catalog) -> bytes:
    """Write a catalogue in the order of its texts, with no date: the same texts are the same file."""
    file = BytesIO()
    write_po(
        file, catalog, sort_output=True, no_location=True, omit_header=True, ignore_obsolete=True, width=110
    )
    return file.getvalue()


def in_step(language: str) -> bytes:
    catalog = kept(language)
    catalog.update(said(), no_fuzzy_matching=True)
    return written(catalog)


def path_of(language: str) -> Path:
    return CATALOGUES / f"{language}.po"


def main() -> None:
    for language in LANGUAGES:
        if language != SOURCE:
            path_of(language).write_bytes(in_step(language))


if __name__ == "__main__":
    main()
