"""Which ticket a mail is for. Pure, and every decision says why; a wrong match is worse than a new ticket.

docs/placement.md has the table of cases; tests/service/placement holds the code to it.
"""

import re
from dataclasses import dataclass, replace
from datetime import timedelta
from uuid import UUID

from shared.contracts.mail import AutomaticKind
from shared.contracts.options import OnClosed, Options

SHORTEST_WORD = 3
"""Letters of a word that two subjects may share by more than chance."""


@dataclass(frozen=True)
class Candidate:
    """A ticket that something in the mail points to."""

    ticket: UUID
    closed: bool
    sender_takes_part: bool
    """The sender is a participant, or an employee."""
    colleague: bool = False
    """The sender takes no part, but has the domain of somebody who does."""
    done_for: timedelta | None = None
    """How long it has been resolved or closed; None when it is neither."""
    subjects: tuple[str, ...] = ()
    """What its mails and the ticket itself are called."""
    on_closed: OnClosed | None = None
    """What the ticket's department does with answers to closed tickets; None: what the tenant does."""
    removed: bool = False
    """The sender took part until one of us removed them."""
    worked_on: bool = False
    """People of ours wrote on it or changed it. Loaded for those that wait for the mail."""

    @property
    def sender_belongs(self) -> bool:
        """Whether the sender may know what is written there: enough for who answers an id of it."""
        return self.sender_takes_part or self.colleague

    @property
    def doubt(self) -> str:
        """Why the sender does not belong."""
        return "its sender was removed from it" if self.removed else "its sender is new to it"


@dataclass(frozen=True)
class SamePost:
    """A post that this very mail has made before."""

    post: UUID
    ticket: UUID
    mail: UUID


@dataclass(frozen=True)
class Evidence:
    """All that placement knows, strongest first."""

    same: SamePost | None = None
    notice: bool = False
    """It answers a notice that we sent to an employee, or is one that came back."""
    noticed: Candidate | None = None
    """Of that notice, when it was about one ticket."""
    split: Candidate | None = None
    """Of the nearest id that we know, when its ticket was split or split off another."""
    token: Candidate | None = None
    """Of a Message-ID that we signed."""
    address: Candidate | None = None
    """Of an address that we signed, to which it was sent."""
    thread: Candidate | None = None
    """Of an id that we have seen, in In-Reply-To or References, newest first."""
    awaited: tuple[Candidate, ...] = ()
    """A mail that came before answers this one, or answers the same mail, which did not come yet."""
    number: Candidate | None = None
    """Of a number in the subject."""
    automatic: AutomaticKind | None = None
    reports_abuse: bool = False
    probe: bool = False
    imported: bool = False
    """The mail is older than its mailbox is here: it changes no status, and nobody is asked about it."""
    unproven: bool = False
    """The server that received it found that it is not from whom it says."""
    only_thanks: bool = False
    subject: str = ""

    @property
    def pointed(self) -> tuple[Candidate, str] | None:
        """The ticket that an id or an address of ours leads to, and how we know."""
        known = (
            (self.noticed, "it answers a notice about this ticket"),
            (self.split, "it answers a mail of this ticket, which was split"),
            (self.token, "it answers a mail that we signed"),
            (self.address, "it came to an address that we signed"),
            (self.thread, "it answers a mail of this ticket"),
        )
        return next(((found, why) for found, why in known if found is not None), None)


@dataclass(frozen=True)
class Duplicate:
    of: SamePost
    why: str = "the same Message-ID with the same content"


@dataclass(frozen=True)
class OpenNew:
    why: str
    follows: UUID | None = None


@dataclass(frozen=True)
class AddTo:
    ticket: UUID
    why: str
    reopen: bool = False
    stays_done: bool = False
    """It asks for nothing: the status stays, and nobody waits for an answer."""
    gathers: tuple[UUID, ...] = ()
    """Tickets of the same thread, opened by mails that came before this one: merged into it."""


@dataclass(frozen=True)
class HoldOn:
    """A doubtful match, for one click by a person."""

    ticket: UUID
    why: str


@dataclass(frozen=True)
class Drop:
    """Our own mail came back: its post is there already, or it is a probe."""

    ticket: UUID | None
    why: str


Decision = Duplicate | OpenNew | AddTo | HoldOn | Drop


def place(evidence: Evidence, options: Options) -> Decision:
    """Decide where a mail goes: signed token, then known ids, then the subject's number."""
    unproven = evidence.unproven and options.hold_unproven_senders
    waiting = tuple(found for found in evidence.awaited if found.sender_belongs and not unproven)
    decided = _place(evidence, waiting, options)
    if not isinstance(decided, AddTo) or evidence.imported:
        return decided
    others = (found for found in waiting if found.ticket != decided.ticket and not found.worked_on)
    return replace(decided, gathers=tuple(found.ticket for found in others))


def _place(evidence: Evidence, waiting: tuple[Candidate, ...], options: Options) -> Decision:
    match evidence:
        case Evidence(probe=True):
            return Drop(None, "it is a probe of the doctor")
        case Evidence(notice=True, automatic=AutomaticKind()):
            return Drop(None, "it is an automatic answer to a notice to an employee")
        case Evidence(same=SamePost() as same):
            return Duplicate(same)
        case Evidence(automatic=AutomaticKind.OWN, token=Candidate(ticket)):
            return Drop(ticket, "our own mail came back")
        case Evidence(pointed=(Candidate() as found, str(why))):
            return _answer(found, why, evidence, options)
        case _ if waiting:
            found = next((one for one in waiting if one.worked_on), waiting[0])
            return _join(found, "a mail of this ticket answers it, or the same mail", evidence, options)
        case Evidence(number=Candidate(sender_takes_part=True) as found):
            return _answer(found, "its subject names this ticket", evidence, options)
        case Evidence(number=Candidate(colleague=True) as found):
            return _doubtful(found, "its subject names this ticket", "its sender is new to it", evidence)
        case Evidence(number=Candidate()):
            return OpenNew("its subject names a ticket that its sender takes no part in")
        case _:
            return OpenNew("nothing in it points to a ticket")


def _answer(found: Candidate, why: str, evidence: Evidence, options: Options) -> AddTo | OpenNew | HoldOn:
    """Join when the sender may; a bounce may always, for it is the postmaster who writes, and a report of
    abuse by a mail that we signed."""
    reported = evidence.reports_abuse and evidence.token is not None
    if evidence.automatic is AutomaticKind.BOUNCE or reported:
        return _join(found, why, evidence, options)
    if not found.sender_belongs:
        return _doubtful(found, why, found.doubt, evidence)
    if evidence.unproven and options.hold_unproven_senders:
        return _doubtful(found, why, "it may not be from whom it says", evidence)
    return _join(found, why, evidence, options)


def _doubtful(found: Candidate, why: str, doubt: str, evidence: Evidence) -> HoldOn | OpenNew:
    """Ask a person, unless the mail is so old that nobody waits for it."""
    if evidence.imported:
        return OpenNew(f"{why}, but {doubt}")
    return HoldOn(found.ticket, f"{why}, but {doubt}")


def _join(found: Candidate, why: str, evidence: Evidence, options: Options) -> AddTo | OpenNew:
    if evidence.automatic is not None or evidence.imported:
        return AddTo(found.ticket, why)
    grace = timedelta(hours=options.thank_you_grace_hours)
    if evidence.only_thanks and found.done_for is not None and found.done_for < grace:
        return AddTo(found.ticket, f"{why}, and says no more than thank you", stays_done=True)
    if options.new_subject_starts_new_ticket and is_new_subject(evidence.subject, found.subjects):
        return OpenNew(f"{why}, but under a new subject", follows=found.ticket)
    if not found.closed:
        return AddTo(found.ticket, why)
    if (found.on_closed or options.response_to_closed_ticket_action) is OnClosed.CREATE_NEW_TICKET:
        return OpenNew(f"{why}, which is closed", follows=found.ticket)
    return AddTo(found.ticket, f"{why}, which was closed", reopen=True)


def is_new_subject(subject: str, known: tuple[str, ...]) -> bool:
    """Whether a subject shares no word with any of the others; one without words says nothing."""
    words = _words(subject)
    return bool(words) and all(theirs and not words & theirs for theirs in map(_words, known))


def _words(subject: str) -> frozenset[str]:
    found = re.findall(r"\w+", subject.casefold())
    return frozenset(word for word in found if len(word) >= SHORTEST_WORD or not word.isascii())
