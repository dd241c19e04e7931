"""Whether a mail says thank you and nothing else, so that it need not reopen what is done."""

import re

from services.parser.vocabulary import Vocabulary, folded
from shared.contracts.mail import Address

LONGEST = 200
"""Characters; who writes more than that says more than thanks."""
MOST_NAMES = 2

_MARKS = re.compile(r"([.!,;:\n…。！，、،؛]+)")  # noqa: RUF001 - the marks of East Asia
_SYMBOLS = re.compile(r"[^\w\s.!,;:…。！，、،؛']")  # noqa: RUF001 - as above
# Greek asks with a semicolon.
_QUESTION = re.compile("[?？؟\u037e]|(?<=[\u0370-\u03ff\u1f00-\u1fff]) ?;")  # noqa: RUF001 - as above


def only_thanks(text: str, sender: Address, words: Vocabulary) -> bool:
    """Whether every stretch between two marks is thanks, a courtesy beside them, or a name.

    When in doubt, no: a ticket that reopens in vain does less harm than a complaint that nobody sees.
    """
    if len(text) > LONGEST or _QUESTION.search(text):
        return False
    pieces = ["", *_MARKS.split(_SYMBOLS.sub(" ", text.replace("’", "'")))]  # noqa: RUF001 - curly
    stretches = [
        (mark, stretch)
        for mark, stretch in zip(pieces[::2], pieces[1::2], strict=True)
        if any(map(str.isalpha, stretch))
    ]
    thanks = [stretch for _, stretch in stretches if _is(stretch, words.thanks, words)]
    return bool(thanks) and all(
        stretch in thanks or _is(stretch, words.courtesies, words) or _is_name(mark, stretch, sender)
        for mark, stretch in stretches
    )


def _is(stretch: str, phrases: frozenset[str], words: Vocabulary) -> bool:
    """Whether a stretch is one of the phrases, alone, before a second one, or before a name."""
    plain = folded(stretch)
    return plain in phrases or any(
        plain.startswith(f"{phrase} ") and _follows(stretch.split()[len(phrase.split()) :], words)
        for phrase in phrases
    )


def _follows(rest: list[str], words: Vocabulary) -> bool:
    return folded(" ".join(rest)) in words.thanks | words.courtesies or _are_names(rest)


def _is_name(mark: str, stretch: str, sender: Address) -> bool:
    """Whether it is who is thanked, behind a comma, or who thanks."""
    if set(folded(stretch).split()) <= set(folded(sender.name).split()):
        return True
    return mark.strip() in {",", "，", "、", "،"} and _are_names(stretch.split())  # noqa: RUF001 - as above


def _are_names(parts: list[str]) -> bool:
    return 0 < len(parts) <= MOST_NAMES and all(part[:1].isupper() and part.isalpha() for part in parts)
