"""The words of a mail that tells an employee of their tickets. Pure."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from services.triggers.gathering import Waiting
from shared.contracts.notices import MOST_LISTED, NoticeKind

LONGEST_LINES = 5
"""Things told of one ticket in a mail; the last ones."""
LONGEST_WORDS = 140


@dataclass(frozen=True)
class Worded:
    subject: str
    text: str
    about: tuple[Waiting, ...]
    """One notice of each ticket that is named."""


def worded(goes: Sequence[Waiting], desk: str | None) -> Worded:
    """Write the mail. `desk`: where people reach the desk, if that is known."""
    tickets = [list(each) for _, each in groupby(sorted(goes, key=_place), key=lambda one: one.number)]
    listed = tickets[:MOST_LISTED]
    lines = [line for each in listed for line in _of_ticket(each, desk)]
    if len(tickets) > len(listed):
        more = f" {desk}/tickets?view=mine" if desk else ""
        lines += [f"And {len(tickets) - len(listed)} more.{more}", ""]
    chosen = f" {desk}/me/notifications" if desk else " Your name in the desk leads there."
    lines += ["-- ", f"You choose what you are told, and when.{chosen}"]
    return Worded(_subject(tickets), "\n".join(lines), tuple(each[0] for each in listed))


def _place(one: Waiting) -> tuple[int, float]:
    return one.number, one.at.timestamp()


def _subject(tickets: Sequence[Sequence[Waiting]]) -> str:
    if len(tickets) > 1:
        return f"{_counted(len(tickets))} for you"
    (notices,) = tickets
    last = notices[-1]
    return f"[{last.reference}] {_SUBJECTS[last.kind]}: {last.subject}"


def _of_ticket(notices: Sequence[Waiting], desk: str | None) -> Iterator[str]:
    first = notices[0]
    yield f"{first.reference} {first.subject}"
    for one in notices[-LONGEST_LINES:]:
        yield f"  {_said(one)}"
        if one.words:
            yield f"  > {_begun(one.words)}"
    if len(notices) > LONGEST_LINES:
        yield f"  And {len(notices) - LONGEST_LINES} more before that."
    if desk:
        yield f"  {desk}/tickets/{first.number}"
    yield ""


_SUBJECTS = {
    NoticeKind.ASSIGNED: "Assigned to you",
    NoticeKind.MENTIONED: "You are mentioned",
    NoticeKind.REPLIED: "New reply",
    NoticeKind.REMINDER: "Will be closed",
}


def _said(one: Waiting) -> str:
    who = one.who or "Somebody"
    match one.kind:
        case NoticeKind.ASSIGNED:
            return f"{who} assigned it to you."
        case NoticeKind.MENTIONED:
            return f"{who} mentioned you in a note:"
        case NoticeKind.REPLIED:
            return f"{who} wrote:" if one.words else f"{who} wrote."
        case NoticeKind.REMINDER:
            return "Nobody has written for long: it will be closed soon."


def _begun(words: str) -> str:
    return words if len(words) < LONGEST_WORDS else f"{words[: LONGEST_WORDS - 1].rstrip()}\u2026"


def _counted(count: int) -> str:
    return "1 ticket" if count == 1 else f"{count} tickets"
