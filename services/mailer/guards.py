"""Which windows a mail must fit in: the send threshold, and the guards against loops. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import timedelta
from enum import StrEnum
from hashlib import sha256
from typing import Literal
from uuid import UUID

from shared.domains import domains_of

WrittenBy = Literal["person", "system"]

THRESHOLD_WINDOW = timedelta(minutes=5)
GUARD_WINDOW = timedelta(hours=1)
PEOPLE_FACTOR = 10
"""How many times the budget of automatic mail a person has, in windows of their own."""


class Guard(StrEnum):
    """What a window counts mails of."""

    ADDRESS = "address"
    """To one address: the option `mail_send_threshold`."""
    TICKET = "ticket"
    PAIR = "pair"
    """From one mailbox of ours to one address, whatever stands behind a + in it."""
    DOMAIN = "domain"
    """From one mailbox of ours to one registered domain: a helpdesk may write from an address per ticket."""


MOST = {Guard.TICKET: 20, Guard.PAIR: 30, Guard.DOMAIN: 200}
"""Automatic mails in a `GUARD_WINDOW`. What people write is neither held nor counted by these."""

_WORDS = {
    Guard.TICKET: "on one ticket",
    Guard.PAIR: "from one mailbox to one address",
    Guard.DOMAIN: "from one mailbox to one domain",
}


@dataclass(frozen=True)
class Window:
    """At most `limit` mails in any `length`; no limit: they are counted only."""

    guard: Guard
    about: str
    """The address, ticket, mailbox/address or mailbox/domain."""
    written_by: WrittenBy
    limit: int | None
    length: timedelta = THRESHOLD_WINDOW

    @property
    def key(self) -> str:
        """Its name wherever it is kept: addresses are hashed as in logs."""
        return f"{self.written_by}:{self.guard}:{sha256(self.about.encode()).hexdigest()[:32]}"

    @property
    def reason(self) -> str:
        """Why a mail beyond it is held."""
        minutes = self.length >= timedelta(minutes=1)
        unit, word = (timedelta(minutes=1), "minutes") if minutes else (timedelta(seconds=1), "seconds")
        within = f"within {self.length / unit:g} {word}"
        if self.guard is Guard.ADDRESS:
            return f"mail_send_threshold: {self.limit} mails to one address {within}"
        return f"loop guard ({self.guard}): {self.limit} automatic mails {_WORDS[self.guard]} {within}"


@dataclass(frozen=True)
class Sending:
    """What the windows of a mail depend on."""

    ticket: UUID | None
    """None: it is on no ticket, and counts on none."""
    mailbox: UUID
    addresses: tuple[str, ...]
    written_by: WrittenBy
    threshold: int
    released: bool = False
    """A person let it go: it is counted and never held."""
    staff: frozenset[str] = frozenset()
    """Those of the addresses that belong to people of ours: many tickets may tell one person."""
    within: timedelta = THRESHOLD_WINDOW
    """The length of the threshold's window."""


def windows_of(mail: Sending) -> tuple[Window, ...]:
    """Every window that a mail is counted in: it leaves when all have room."""
    addresses = sorted({address.lower() for address in mail.addresses})
    limit = None if mail.released else budget(mail.threshold, mail.written_by)
    windows = [Window(Guard.ADDRESS, address, mail.written_by, limit, mail.within) for address in addresses]
    if mail.written_by == "system":
        outside = [address for address in addresses if address not in mail.staff]
        windows += [_guarded(Guard.TICKET, str(mail.ticket), mail)] if mail.ticket else []
        windows += [_guarded(Guard.PAIR, pair, mail) for pair in pairs(mail.mailbox, outside)]
        windows += [_guarded(Guard.DOMAIN, name, mail) for name in domains(mail.mailbox, outside)]
    return tuple(windows)


@dataclass(frozen=True)
class Loop:
    """What a held mail is taken to be part of."""

    window: Window
    """The one that was full."""
    address: str
    """For people: to whom, or @ and the domain where that is what is counted."""
    about: tuple[str, ...]
    """Keys of windows: a later mail with one of them belongs to the same loop."""
    of_mail: tuple[str, ...]
    """Keys of all windows of this mail."""


def loop_of(mail: Sending, window: Window) -> Loop:
    """Say what a mail that has no room in a window is taken to be part of."""
    meant = [one.lower() for one in mail.addresses if _is_about(window, mail.mailbox, one.lower())]
    narrowed = windows_of(replace(mail, addresses=tuple(meant)))
    about = {one.key for one in narrowed if one.guard is not Guard.DOMAIN} | {window.key}
    address = meant[0] if meant else "@" + window.about.partition("/")[2]
    return Loop(window, address, tuple(sorted(about)), tuple(one.key for one in windows_of(mail)))


def _is_about(window: Window, mailbox: UUID, address: str) -> bool:
    return window.guard is Guard.TICKET or window.about in (address, *pairs(mailbox, [address]))


def budget(threshold: int, written_by: WrittenBy) -> int | None:
    """How many mails to one address a window holds; None when there is no limit."""
    if threshold == 0:
        return None
    return threshold * PEOPLE_FACTOR if written_by == "person" else threshold


def pairs(mailbox: UUID, addresses: Iterable[str]) -> list[str]:
    """What a pair's window is about, for each of the addresses."""
    return sorted({f"{mailbox}/{_without_tag(address)}" for address in addresses})


def domains(mailbox: UUID, addresses: Iterable[str]) -> list[str]:
    """What a domain's window is about; none for a domain that strangers share, as free mail."""
    found = (domains_of(address.rpartition("@")[2]) for address in addresses)
    return sorted({f"{mailbox}/{names[-1]}" for names in found if names})


def _guarded(guard: Guard, about: str, mail: Sending) -> Window:
    return Window(guard, about, mail.written_by, None if mail.released else MOST[guard], GUARD_WINDOW)


def _without_tag(address: str) -> str:
    local, _, domain = address.rpartition("@")
    return f"{local.partition('+')[0]}@{domain}"
