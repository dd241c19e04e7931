"""Who gets a mail: never one of our own mailboxes, nobody twice, nothing automatic to no-reply. Pure."""

import re
from dataclasses import dataclass
from typing import Protocol

from pydantic import JsonValue

from services.mailer.composing import can_stand_in_header
from shared.contracts.mail import Address
from shared.contracts.thread_tokens import plain_address

NEVER_READ = re.compile(r"(no-?reply|do-?not-?reply|mailer-daemon|postmaster|bounces?)([+.-].*)?@.*")


MOST_RECIPIENTS = 500
"""What Exchange takes for one mail at first."""


class Addressed(Protocol):
    """What is to be sent: who is named in which line, and who wrote it."""

    @property
    def to(self) -> tuple[Address, ...]: ...

    @property
    def cc(self) -> tuple[Address, ...]: ...

    @property
    def bcc(self) -> tuple[Address, ...]: ...

    @property
    def written_by(self) -> str: ...


@dataclass(frozen=True)
class Cleaned:
    """The lines of recipients as they will leave."""

    to: tuple[Address, ...]
    cc: tuple[Address, ...] = ()
    bcc: tuple[Address, ...] = ()
    problem: str | None = None

    def as_json(self) -> dict[str, JsonValue]:
        lines = {"to": self.to, "cc": self.cc, "bcc": self.bcc}
        return {name: [one.model_dump() for one in line] for name, line in lines.items()}


def cleaned(message: Addressed, own: frozenset[str]) -> Cleaned:
    """Drop our own mailboxes and repetitions; automatic mail also spares addresses that nobody reads."""
    everybody = (*message.to, *message.cc, *message.bcc)
    if len(everybody) > MOST_RECIPIENTS:
        told = f"{len(everybody)} recipients; at most {MOST_RECIPIENTS} fit one mail"
        return Cleaned((), problem=told)
    if any(not can_stand_in_header(one) for one in everybody if one.address):
        return Cleaned((), problem="one of its addresses is none: it cannot stand in a header")
    spared = {one.address for one in everybody if plain_address(one.address.lower()) in own}
    if message.written_by == "system":
        spared |= {one.address for one in message.to if NEVER_READ.fullmatch(one.address)}
    seen: set[str] = set(spared)
    to, cc, bcc = (_fresh(line, seen) for line in (message.to, message.cc, message.bcc))
    if to or cc or bcc:
        return Cleaned(to or cc[:1], cc if to else cc[1:], bcc)
    named = ", ".join(sorted(spared)) or "nobody"
    return Cleaned((), problem=f"nobody is left to write to: {named} is our own mailbox or takes no mail")


def _fresh(line: tuple[Address, ...], seen: set[str]) -> tuple[Address, ...]:
    kept = []
    for one in line:
        if one.address and one.address not in seen:
            seen.add(one.address)
            kept.append(one)
    return tuple(kept)
