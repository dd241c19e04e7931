"""Which ticket a mail is for. Pure, and every decision says why; a wrong match is worse than a new ticket."""

import re
from dataclasses import dataclass
from uuid import UUID

from shared.contracts.mail import AutomaticKind
from shared.contracts.options import OnClosed

NUMBER = re.compile(r"\[#(\d{1,9})\]")


@dataclass(frozen=True)
class Candidate:
    """A ticket that something in the mail points to."""

    ticket: UUID
    closed: bool
    sender_takes_part: bool
    """The sender is a participant, a colleague of one, or an employee."""


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
    token: Candidate | None = None
    """Of a Message-ID or address that we signed."""
    thread: Candidate | None = None
    """Of an id that we have seen, in In-Reply-To or References, newest first."""
    awaited: Candidate | None = None
    """A mail that came before answers this one, or answers the same mail, which did not come yet."""
    number: Candidate | None = None
    """Of a number in the subject."""
    automatic: AutomaticKind | None = None
    probe: bool = False
    imported: bool = False
    """The mail is older than its mailbox is here: it changes no status, and nobody is asked about it."""


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


def place(evidence: Evidence, on_closed: OnClosed) -> Decision:
    """Decide where a mail goes: signed token, then known ids, then the subject's number."""
    match evidence:
        case Evidence(probe=True):
            return Drop(None, "it is a probe of the doctor")
        case Evidence(same=SamePost() as same):
            return Duplicate(same)
        case Evidence(automatic=AutomaticKind.OWN, token=Candidate(ticket)):
            return Drop(ticket, "our own mail came back")
        case Evidence(token=Candidate() as found):
            return _join(found, "it answers a mail that we signed", evidence, on_closed)
        case Evidence(thread=Candidate() as found) if found.sender_takes_part or evidence.automatic:
            return _join(found, "it answers a mail of this ticket", evidence, on_closed)
        case Evidence(thread=Candidate(ticket)):
            return _doubtful(ticket, imported=evidence.imported)
        case Evidence(awaited=Candidate() as found) if found.sender_takes_part:
            return _join(found, "a mail of this ticket answers it, or the same mail", evidence, on_closed)
        case Evidence(number=Candidate() as found) if found.sender_takes_part:
            return _join(found, "its subject names this ticket", evidence, on_closed)
        case Evidence(number=Candidate()):
            return OpenNew("its subject names a ticket that its sender takes no part in")
        case _:
            return OpenNew("nothing in it points to a ticket")


def _doubtful(ticket: UUID, *, imported: bool) -> HoldOn | OpenNew:
    """Ask a person, unless the mail is so old that nobody waits for it."""
    if imported:
        return OpenNew("it answers a mail of another ticket, but its sender is new to that")
    return HoldOn(ticket, "it answers a mail of this ticket, but its sender is new to it")


def _join(found: Candidate, why: str, evidence: Evidence, on_closed: OnClosed) -> AddTo | OpenNew:
    if not found.closed or evidence.automatic is not None or evidence.imported:
        return AddTo(found.ticket, why)
    if on_closed is OnClosed.CREATE_NEW_TICKET:
        return OpenNew(f"{why}, which is closed", follows=found.ticket)
    return AddTo(found.ticket, f"{why}, which was closed", reopen=True)


def without_number(subject: str) -> str:
    """Return a subject without the number of another ticket, for a ticket of its own."""
    return " ".join(NUMBER.sub("", subject).split())


def number_in(subject: str) -> int | None:
    """Return the ticket number that a subject names, as we write it."""
    found = NUMBER.search(subject)
    return int(found[1]) if found else None
