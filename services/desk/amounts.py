"""How many, as the reader writes numbers, and texts that depend on it."""

from babel.numbers import format_decimal

from services.desk.languages import gettext, ngettext
from services.desk.reader import reader


def number(count: float) -> str:
    """Write a number as the reader does."""
    return str(format_decimal(count, locale=reader().locale))


def tally(count: int | None, most: int = 1_000) -> str:
    """Write how many there are; of more than `most`, and of what nobody counts, that they are many."""
    if count is None:
        return gettext("many")
    return number(count) if count <= most else f"{number(most)}+"


def counted(count: int, one: str, many: str, **facts: object) -> str:
    """Say a text that depends on a count, which stands in it as `%(count)s`."""
    return ngettext(one, many, count) % {"count": number(count), **facts}
