"""How many, as the reader writes numbers, and texts that depend on it."""

from babel.numbers import format_decimal

from services.desk.languages import gettext, ngettext
from services.desk.reader import reader

KILO = 1000
TWO_DIGITS = 10


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


def size(count: int | None) -> str:
    """Say bytes in decimal units, as the reader writes numbers."""
    if count is None:
        return ""
    value, units = float(count), iter(("B", "KB", "MB", "GB"))
    unit = next(units)
    while value >= KILO and unit != "GB":
        value, unit = value / KILO, next(units)
    shape = "#,##0" if unit == "B" or value >= TWO_DIGITS else "#,##0.0"
    return f"{format_decimal(value, shape, locale=reader().locale)} {unit}"
