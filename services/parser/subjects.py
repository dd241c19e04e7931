"""What stands before a subject: reply and forward prefixes of all languages."""

import re
from dataclasses import dataclass

from services.parser.vocabulary import Vocabulary, folded

MAX_PREFIXES = 20

_PREFIX = re.compile(
    r"[\s\u200e\u200f\u202a-\u202e\u2066-\u2069]*(?:\[[^\]]{1,30}\]\s*)?"
    r"([^\W\d_]{1,12}(?: [^\W\d_]{1,12})?|[^\s:]{1,6})\s*(?:[\[(]\d{1,3}[\])])?\s?[:\uff1a]"
)


@dataclass(frozen=True)
class Subject:
    """`VS:` is a forward in Danish and a reply in Finnish, so both may hold."""

    plain: str
    """Without any prefix."""
    is_reply: bool = False
    is_forward: bool = False

    @property
    def surely_forward(self) -> bool:
        return self.is_forward and not self.is_reply


def read_subject(subject: str, words: Vocabulary) -> Subject:
    """The outermost prefix says what a mail is; all of them are taken off."""
    rest = subject
    first: tuple[bool, bool] | None = None
    for _ in range(MAX_PREFIXES):
        match = _PREFIX.match(rest)
        name = folded(match.group(1)) if match else ""
        kinds = (name in words.reply_prefixes, name in words.forward_prefixes)
        if match is None or not any(kinds):
            break
        first = first or kinds
        rest = rest[match.end() :]
    is_reply, is_forward = first or (False, False)
    return Subject(rest.strip() or subject.strip(), is_reply=is_reply, is_forward=is_forward)
