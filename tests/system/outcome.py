"""What came of the mails: tickets, posts, and what the outside saw. Says nothing of order and numbers."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import func, select

from shared.storage.ingest import mails
from shared.storage.messages import deliveries, outbox, parked
from shared.storage.sending import mails as outgoing
from shared.storage.tickets import placements, posts, tickets
from tests.installation import SUPPORT, Installation

OURS = re.compile(rb"^X-Postroom-Mail: (\S+)", re.MULTILINE)
PREFIX = re.compile(r"\b(re|fwd):\s*|\s*\[#\d+\]", re.IGNORECASE)
"""What depends on which mail of a thread came first: it gives its ticket the subject."""

Ticket = tuple[frozenset[str], tuple[tuple[str, int], ...], tuple[tuple[str, int], ...], str, str]
"""Its mails, its posts by kind, its placements by outcome, status and priority."""


@dataclass(frozen=True)
class Outcome:
    tickets: frozenset[Ticket]
    sent: Counter[tuple[tuple[str, ...], str]]
    """By recipients and subject, as the sandbox saw it leave."""
    moved: frozenset[str]
    """A move whose answer a kill took away is done again, to where the mail is already."""
    states: Counter[str]
    """Of outgoing mail, as the product knows them."""
    repeated: Counter[str]
    """Outgoing mails, by the id in their own header, that left more than once."""


async def outcome_of(installation: Installation, delivered: Mapping[str, str]) -> Outcome:
    """Read it. `delivered`: provider id to key, of what the test let arrive; bounces are named here."""
    log = installation.sandbox.log(SUPPORT)
    sent = installation.sandbox.sent(SUPPORT)
    recipients = {mail.internet_message_id: ",".join(mail.recipients) for mail in sent}
    bounced = {e.item: f"bounce of {recipients[e.detail]}" for e in log if e.kind == "bounced"}
    keys = dict(delivered) | bounced
    return Outcome(
        await _tickets(installation, keys),
        Counter((mail.recipients, _subject(mail.raw)) for mail in sent),
        frozenset(keys[event.item] for event in log if event.kind == "moved"),
        Counter(row.state for row in await installation.rows(select(outgoing.c.state))),
        _repeated(mail.raw for mail in sent),
    )


def _repeated(raws: Iterable[bytes]) -> Counter[str]:
    named = Counter(found[1].decode() for raw in raws if (found := OURS.search(raw)))
    return Counter({name: count for name, count in named.items() if count > 1})


async def unfinished(installation: Installation) -> dict[str, int]:
    """Count what is still on its way, or was given up."""
    waiting = {
        "ledger": select(func.count()).select_from(mails).where(mails.c.state != "settled"),
        "outbox": select(func.count()).select_from(outbox),
        "deliveries": select(func.count()).select_from(deliveries),
        "outgoing": select(func.count()).select_from(outgoing).where(outgoing.c.due_at.is_not(None)),
        "parked": select(func.count()).select_from(parked),
        "not placed": select(func.count())
        .select_from(mails.outerjoin(placements, placements.c.mail == mails.c.id))
        .where(placements.c.mail.is_(None)),
    }
    counts = {name: (await installation.rows(query))[0][0] for name, query in waiting.items()}
    return {name: count for name, count in counts.items() if count}


async def _tickets(installation: Installation, keys: Mapping[str, str]) -> frozenset[Ticket]:
    placed = await installation.rows(
        select(placements.c.ticket, placements.c.outcome, mails.c.provider_id).join(
            mails, mails.c.id == placements.c.mail
        )
    )
    members: defaultdict[UUID, set[str]] = defaultdict(set)
    outcomes: defaultdict[UUID, Counter[str]] = defaultdict(Counter)
    kinds: defaultdict[UUID, Counter[str]] = defaultdict(Counter)
    for row in placed:
        members[row.ticket].add(keys[row.provider_id])
        outcomes[row.ticket][row.outcome] += 1
    for row in await installation.rows(select(posts.c.ticket, posts.c.kind)):
        kinds[row.ticket][row.kind] += 1
    return frozenset(
        (
            frozenset(members[row.id]),
            tuple(sorted(kinds[row.id].items())),
            tuple(sorted(outcomes[row.id].items())),
            row.status,
            row.priority,
        )
        for row in await installation.rows(select(tickets))
    )


def _subject(raw: bytes) -> str:
    found = re.search(rb"^Subject: ([^\r\n]*(?:\r?\n[ \t][^\r\n]*)*)", raw, re.MULTILINE)
    assert found is not None
    return PREFIX.sub("", " ".join(found[1].decode().split()))
