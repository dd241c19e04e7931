"""What other services say in English, in the language of the reader: gaps are read from the text.

They write their reasons into rows and answers before anybody reads them, so they know no language. A text
that is not listed stays as it is: nothing is lost but its translation. A test holds the list against what
they refuse with.
"""

import re
from functools import cache

from services.desk.languages import SOURCE, gettext, later
from services.desk.reader import reader
from services.desk.wording.plain import sentence

REFUSALS = (
    later("there is no such ticket"),
    later("there is no such contact"),
    later("there is no such organization"),
    later("there is no such mailbox"),
    later("there is no such delivery"),
    later("there is no such note on this ticket"),
    later("there is no such assignee"),
    later("there is no such %(field)s"),
    later("%(name)s is in the archive, and is given no tickets"),
    later("%(name)s may only read, and is given no tickets"),
    later("somebody changed this ticket a moment ago"),
    later("somebody has decided about this mail already"),
    later("a ticket has no field %(field)s to change; there are: %(others)s"),
    later("there is no custom field %(field)s; there are: %(others)s"),
    later("a subject has 1 to %(most)s characters"),
    later("a name has 1 to %(most)s characters"),
    later("%(field)s is one of: %(others)s"),
    later("%(field)s is named by its id, or is empty"),
    later("tags are a list of words"),
    later("a tag has at most %(most)s characters"),
    later("the department has no members who are given tickets"),
    later("this ticket was merged into another: work on that one, or undo the merge"),
    later("a ticket cannot be merged into itself"),
    later("ticket %(number)s was merged already: undo that first"),
    later("ticket %(number)s was itself merged into another: merge into that one"),
    later("ticket %(number)s was itself merged into another: undo that one first"),
    later("this ticket is not merged into another"),
    later("somebody has undone this merge already"),
    later("only internal notes can be changed or withdrawn, never a mail"),
    later("this note was withdrawn before"),
    later("this note was changed a moment ago: read it again, then repeat what still holds"),
    later("only who wrote a note, or an administrator, may withdraw it"),
    later("only who wrote a note may change it"),
    later("this note has stood since %(when)s and cannot be changed: write another one"),
    later("the ticket belongs to this contact: choose another contact first"),
    later("%(address)s takes no part in this ticket"),
    later("%(address)s is one of our mailboxes: it gets the mail of this ticket anyway"),
    later("no post is chosen: choose those that are another matter"),
    later("a chosen post is not on this ticket any more: read it again"),
    later("an entry of the system stays where it is: choose mails and notes"),
    later("at least one mail or note stays: to rename a ticket, change its subject"),
    later("a ticket cannot be linked to itself"),
    later("ticket %(number)s was merged into another: link to that one"),
    later("nobody linked tickets %(number)s and %(other)s"),
    later("tickets %(number)s and %(other)s are linked already: remove that link first"),
    later("a ticket has at most %(most)s links: remove some first"),
    later("ticket %(number)s is above that one already: it cannot be below it too"),
    later("ticket %(number)s has a parent already: remove that link first"),
    later("parents and children go %(most)s generations deep at most"),
    later("its name comes from the resource %(resource)s: change it there"),
    later("%(domain)s belongs to %(name)s: take it away there first"),
    later("this is not a language; write a tag such as de or de-AT"),
    later("this mail is not held"),
    later("this mail is going out or has left"),
    later("this mail is not planned any more"),
    later("nothing keeps automatic mail from this address"),
    later("it is being sent now"),
)
"""Why ticketing, the mailer, triggers or ingest refused a command."""

REASONS = (
    later("mail_send_threshold: %(limit)s mails to one address within %(count)s minutes"),
    later("mail_send_threshold: %(limit)s mails to one address within %(count)s seconds"),
    later("loop guard (ticket): %(most)s automatic mails on one ticket within %(n)s minutes"),
    later("loop guard (pair): %(most)s automatic mails from one mailbox to one address within %(n)s minutes"),
    later(
        "loop guard (domain): %(most)s automatic mails from one mailbox to one domain within %(n)s minutes"
    ),
    later("cancelled by %(name)s"),
    later("the customer wrote first"),
    later("the ticket was closed"),
    later("the mail came back as undeliverable"),
    later("automatic mail is not sent: %(why)s"),
    later("mail to it came back as undeliverable"),
    later("mail to one of its addresses came back lately"),
    later("it is a mailbox of this installation"),
    later("it would answer automatic mail (%(kind)s)"),
    later("nobody is left to write to: %(named)s is our own mailbox or takes no mail"),
    later("the mailbox wrote to %(most)s recipients in a day, which is its limit"),
    later("The setting is receiving_email: the address that the ticket's first mail came to."),
    later("The setting is logged_in_user, but the system acts: sent from the receiving address."),
    later("The setting is logged_in_user: the address of the person who acts."),
    later("The setting is logged_in_user, but %(why)s: sent from the receiving address with their name."),
    later("this person may not send as their own address"),
)
"""Why a mail is held, spared, cancelled or failed, and why an address speaks."""

PLACEMENTS = (
    later("%(why)s, but %(doubt)s"),
    later("%(why)s, but under a new subject"),
    later("%(why)s, which is closed"),
    later("%(why)s, which was closed"),
    later("%(why)s, and says no more than thank you"),
    later("the same Message-ID with the same content"),
    later("it is a probe of the doctor"),
    later("it is an automatic answer to a notice to an employee"),
    later("our own mail came back"),
    later("a mail of this ticket answers it, or the same mail"),
    later("its subject names this ticket"),
    later("its subject names a ticket that its sender takes no part in"),
    later("nothing in it points to a ticket"),
    later("its sender is new to it"),
    later("it may not be from whom it says"),
    later("it answers a mail of this ticket"),
    later("it answers a mail that we signed"),
    later("it came to an address that we signed"),
    later("it answers a notice about this ticket"),
    later("it answers a mail of this ticket, which was split"),
    later("its sender was removed from it"),
)
"""Why ticketing put a mail where it is."""

_INSIDE = frozenset({"why", "doubt"})
"""Gaps that hold a reason of their own: one that is not listed leaves the whole text as it is."""
_GAP = re.compile(r"%\((\w+)\)s")


def reported(text: str) -> str:
    """Say it in the reader's language, as a sentence."""
    return sentence(reported_inside(text))


def reported_inside(text: str) -> str:
    """Say it in the reader's language, to stand inside a sentence."""
    if reader().language == SOURCE:
        return text
    whole = _known(text)
    return whole if whole is not None else "; ".join(_known(part) or part for part in text.split("; "))


def _known(text: str) -> str | None:
    """Translate a text that is listed; one without gaps counts before those with."""
    for message, pattern in _patterns():
        found = pattern.fullmatch(text)
        gaps = {name: _gap(name, said) for name, said in found.groupdict().items()} if found else {}
        if found and None not in gaps.values():
            return gettext(message, **gaps)
    return None


def _gap(name: str, said: str) -> str | None:
    return _known(said) if name in _INSIDE else said


@cache
def _patterns() -> tuple[tuple[str, re.Pattern[str]], ...]:
    listed = sorted(
        (*REFUSALS, *REASONS, *PLACEMENTS), key=lambda message: (len(_GAP.findall(message)), -len(message))
    )
    return tuple((message, re.compile(_pattern(message))) for message in listed)


def _pattern(message: str) -> str:
    parts = _GAP.split(message)  # text, name, text, name, ..., text
    return "".join(f"(?P<{part}>.+?)" if at % 2 else re.escape(part) for at, part in enumerate(parts))
