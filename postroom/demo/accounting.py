"""Account for every file that was fed: where its mail went, read from the tables of the installation."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from pydantic import BaseModel
from sqlalchemy import Row, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.blobs.store import BlobStore
from shared.contracts.documents import Document
from shared.contracts.mail import FileDecision
from shared.storage.ingest import imports, mails
from shared.storage.messages import deliveries, outbox, parked
from shared.storage.sending import mails as outgoing
from shared.storage.tickets import placements, tickets

ON_THE_WAY = ("queued", "sending")


class Account(BaseModel):
    """What became of one file; one line of JSON."""

    file: str
    message_id: str | None = None
    outcome: str | None = None
    """new, append, reopen, duplicate, automatic, bounce, held or quarantined; None: not accounted for."""
    ticket: int | None = None
    added: bool = False
    submitter: str | None = None
    subject: str | None = None
    body: str | None = None
    files: list[str] = []
    error: str | None = None


@dataclass(frozen=True)
class Fed:
    """A file, and how the mailbox calls its mail."""

    file: str
    provider_id: str


async def is_placed(db: AsyncConnection, provider_id: str) -> bool:
    """Say whether a mail has come to rest: placed, or aside."""
    row = await _ledger(db, provider_id)
    if row is None:
        return False
    if row.state in {"quarantined", "dropped", "gone", "ignored"}:
        return row.due_at is None
    found = await db.execute(select(placements.c.mail).where(placements.c.mail == row.id))
    return found.first() is not None


async def unsettled(db: AsyncConnection) -> int:
    """Count what is still on its way anywhere: to be imported, fetched, settled, relayed, handled or sent.

    In one statement: what moves on while it is counted is still seen in one place.
    """
    waiting = (
        select(func.count()).select_from(imports).where(imports.c.due_at.is_not(None)),
        select(func.count()).select_from(mails).where(mails.c.due_at.is_not(None)),
        select(func.count()).select_from(outbox),
        select(func.count()).select_from(deliveries),
        select(func.count()).select_from(outgoing).where(outgoing.c.state.in_(ON_THE_WAY)),
    )
    counts = (await db.execute(select(*(each.scalar_subquery() for each in waiting)))).one()
    return sum(counts)


async def gave_up(db: AsyncConnection) -> int:
    """Count the messages that were parked."""
    count: int = (await db.execute(select(func.count()).select_from(parked))).scalar_one()
    return count


async def account_for(db: AsyncConnection, blobs: BlobStore, tenant: str, fed: Fed) -> Account:
    """Read where one file's mail went."""
    row = await _ledger(db, fed.provider_id)
    if row is None:
        return Account(file=fed.file, error="the mail was never listed")
    if row.state == "quarantined":
        return Account(
            file=fed.file, outcome="quarantined", error=f"{row.reason}: {row.detail or ''}".rstrip(": ")
        )
    placed = await _placement(db, row.id)
    if placed is None:
        return Account(file=fed.file, error=f"the mail is {row.state} and was not placed")
    document = Document.model_validate_json(await blobs.get(tenant, placed.document))
    account = Account(
        file=fed.file, outcome=placed.outcome, ticket=placed.number, added=placed.post is not None
    )
    return _with_words(account, document)


def _with_words(account: Account, document: Document) -> Account:
    kept = [file.sha256 for file in document.files if file.decision is not FileDecision.IGNORED]
    return account.model_copy(
        update={
            "message_id": document.message_id,
            "submitter": (document.original_sender or document.sender).address,
            "subject": document.subject,
            "body": document.body.reply_text,
            "files": kept,
        }
    )


async def _ledger(db: AsyncConnection, provider_id: str) -> Row[Any] | None:
    found = await db.execute(select(mails).where(mails.c.provider_id == provider_id).limit(1))
    return found.first()


async def _placement(db: AsyncConnection, mail: UUID) -> Row[Any] | None:
    found = await db.execute(
        select(placements, tickets.c.number)
        .outerjoin(tickets, tickets.c.id == placements.c.ticket)
        .where(placements.c.mail == mail)
    )
    return found.one_or_none()
