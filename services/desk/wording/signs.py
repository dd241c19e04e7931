"""The words, icons and colours of what a page shows, in the language of its reader."""

import re
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, replace

from services.desk.languages import gettext, later
from shared.contracts.sending import UNCONFIRMED, SendState


@dataclass(frozen=True)
class Sign:
    """Icon, word and colour role together; never a colour alone."""

    icon: str
    word: str
    tone: str = "text-2"

    @property
    def said(self) -> "Sign":
        """The same in the language of the reader: for words of ours, not for those of a tenant."""
        return replace(self, word=gettext(self.word))


STATUSES = {
    "new": Sign("circle-dashed", later("New"), "accent-text"),
    "open": Sign("circle-dot", later("Open"), "text"),
    "pending": Sign("hourglass", later("Waiting for the customer")),
    "resolved": Sign("circle-check", later("Resolved"), "ok"),
    "closed": Sign("circle-check", later("Closed"), "ok"),
    "merged": Sign("merge", later("Merged")),
}
RECEIPTS = {
    "left": later("left as it was"),
    "marked_read": later("marked read"),
    "moved": later("moved"),
    "elsewhere": later("left where somebody had moved it"),
    "gone": later("no longer there"),
}
"""What was done with a mail in its mailbox."""

LEDGER_REASONS = {"there_before": later("it was there before, and nobody wanted it")}

PRIORITIES = {
    "urgent": Sign("octagon-alert", later("Urgent"), "bad"),
    "high": Sign("chevrons-up", later("High"), "warn"),
    "normal": Sign("", later("Normal"), "text"),
    "low": Sign("chevron-down", later("Low")),
}

SEND_STATES = {
    "planned": Sign("calendar-clock", later("Planned"), "info"),
    "queued": Sign("clock", later("Going out")),
    "held": Sign("hand", later("Held"), "warn"),
    "sending": Sign("loader-circle", later("Sending")),
    "sent": Sign("mail-check", later("Sent"), "ok"),
    "failed": Sign("mail-x", later("Not delivered"), "bad"),
    "bounced": Sign("mail-warning", later("Bounced"), "bad"),
    "cancelled": Sign("ban", later("Cancelled")),
}

HOOK_STATES = {
    "waiting": Sign("clock", later("Waiting")),
    "done": Sign("circle-check", later("Delivered"), "ok"),
    "parked": Sign("circle-x", later("Given up"), "bad"),
    "gone": Sign("ban", later("Receiver gone"), "warn"),
}

VERDICTS = {
    "fired": Sign("circle-check", later("Fired"), "ok"),
    "not": Sign("ban", later("Did not fire")),
    "suppressed": Sign("shield-alert", later("Suppressed"), "warn"),
    "failed": Sign("triangle-alert", later("Failed"), "bad"),
    "shadow": Sign("flask-conical", later("Would have fired"), "info"),
}
"""What a trigger made of what happened."""

HAPPENED = {
    "ticket.created.v1": later("%(who)s opened this ticket"),
    "ticket.inactive.closed.v1": later("%(who)s closed this ticket after a long silence"),
    "ticket.reminder.due.v1": later("%(who)s saw that this ticket will be closed soon"),
}
"""What happened, by the contract that tells of it."""

AUTOMATIC = {
    "auto_reply": later("Auto-reply"),
    "bounce": later("Bounce"),
    "list": later("List"),
    "own": later("Our own mail"),
    "other": later("Automatic"),
}

FIELDS = {
    "subject": later("subject"),
    "status": later("status"),
    "priority": later("priority"),
    "assignee": later("assignee"),
    "department": later("department"),
    "tags": later("tags"),
    "contact": later("contact"),
    "organization": later("organization"),
    "kind": later("kind"),
    "mailbox": later("mailbox"),
    "merged_into": later("merged into"),
    "merged": later("merged with"),
    "links": later("links"),
    "participants": later("people"),
    "split": later("split into"),
    "split_from": later("split off"),
}

LINKS = {
    "relates": later("Related"),
    "parent": later("Parent"),
    "child": later("Child"),
    "duplicate_of": later("Duplicate of"),
    "duplicated_by": later("Duplicated by"),
    "follows": later("Follows"),
    "followed_by": later("Followed by"),
    "split_from": later("Split off"),
    "split_into": later("Split into"),
}
"""What another ticket is to the one that is shown."""

MARKS = re.compile(
    r"^(?:\s*(?:re|aw|antw|sv|vs|ref|rif|fw|fwd|wg|tr)\s*:|\s*\[[a-z0-9#_/.-]*\d[a-z0-9#_/.-]*\])+",
    re.IGNORECASE,
)

AVATAR_GROUNDS = 8


def status_sign(status: str, category: str = "", name: str | None = None) -> Sign:
    """Show a status; an own one by its name, with the sign of its category."""
    like = STATUSES.get(category)
    if like is not None and status not in STATUSES:
        return Sign(like.icon, name or status.replace("_", " ").capitalize(), like.tone)
    known = STATUSES.get(status)
    return known.said if known else Sign("circle-dot", status.replace("_", " ").capitalize(), "text")


def priority_sign(priority: str) -> Sign:
    known = PRIORITIES.get(priority)
    return known.said if known else Sign("", priority.capitalize(), "text")


UNKNOWN_END = Sign("triangle-alert", later("Not known whether it arrived"), "warn")


def send_sign(state: str, code: str | None = None) -> Sign:
    if state == SendState.FAILED and code == UNCONFIRMED:
        return UNKNOWN_END.said
    return SEND_STATES.get(state, Sign("clock", state.capitalize())).said


def verdict_sign(outcome: str) -> Sign:
    return VERDICTS.get(outcome, Sign("circle-dot", outcome.capitalize())).said


def automatic_word(kind: str) -> str:
    return gettext(AUTOMATIC.get(kind, AUTOMATIC["other"]))


def receipt_word(done: str) -> str:
    return gettext(RECEIPTS[done])


def ledger_reason(reason: str) -> str:
    return gettext(LEDGER_REASONS.get(reason, reason))


def link_word(how: str) -> str:
    return gettext(LINKS.get(how, how))


def field_word(field: str, names: Mapping[str, str] = FIELDS) -> str:
    """Name a field; `names`: those of custom ones."""
    return gettext(FIELDS.get(field, "")) or names.get(field, field)


def same_subject(one: str, other: str) -> bool:
    """Whether two subjects differ by nothing but the marks of answers and forwards."""
    return _bare(one) == _bare(other)


def _bare(subject: str) -> str:
    return " ".join(MARKS.sub("", subject).casefold().split())


def initials(name: str, address: str = "") -> str:
    """Return one or two letters for an avatar."""
    words = [word for word in name.replace(".", " ").split() if word[0].isalnum()]
    if len(words) > 1:
        return (words[0][0] + words[-1][0]).upper()
    source = words[0] if words else address
    return source[:2].upper() or "?"


def ground(address: str) -> int:
    """Return which of the avatar grounds an address has, the same each time."""
    return zlib.crc32(address.lower().encode()) % AVATAR_GROUNDS
