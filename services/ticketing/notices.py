"""Notices that we sent to employees: known again when one comes back, or somebody answers it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncConnection

from services.ticketing.locking import answered
from shared.contracts.mail import MailParsed
from shared.contracts.notices import NoticeReturned, NoticeSent
from shared.contracts.thread_tokens import NOWHERE, read_token
from shared.messaging.unit import Unit
from shared.storage.secrets import ThreadKeys
from shared.storage.together import notice_ids

KNOWN_FOR = timedelta(days=90)


@dataclass(frozen=True)
class Notice:
    """One of ours that a mail answers, or is."""

    message_id: str
    ticket: UUID | None
    """What an answer belongs to; none: it was about several."""


async def notice_behind(db: AsyncConnection, mail: MailParsed, keys: ThreadKeys) -> Notice | None:
    """Return the notice that a mail answers, if that is the nearest of our mails that it names."""
    names = [*answered(mail), mail.message_id]
    called_otherwise = await _called_otherwise(db, mail.tenant, names)
    for name in names:
        if name in called_otherwise:
            return called_otherwise[name]
        if ref := read_token(name, keys.keys):
            ticket = None if ref.ticket == NOWHERE else ref.ticket
            return Notice(name, ticket) if ref.is_notice else None
    return None


async def remember(unit: Unit, message: NoticeSent) -> None:
    """Know a notice by the id that its provider gave it; forget those that are too old to be answered."""
    c = notice_ids.c
    row = {"tenant": unit.tenant, "message_id": message.message_id, "ticket": message.leads_to}
    await unit.db.execute(upsert(notice_ids).values(**row, at=unit.now).on_conflict_do_nothing())
    await unit.db.execute(delete(notice_ids).where(c.tenant == unit.tenant, c.at < unit.now - KNOWN_FOR))


def tell_return(unit: Unit, mail: MailParsed) -> None:
    """Tell the mailer of a notice that came back: a bounce on no ticket is of nothing else."""
    if mail.bounce is None:
        return
    returned = next(iter(answered(mail)), "")
    unit.emit(
        NoticeReturned(
            tenant=unit.tenant,
            message_id=mail.bounce.message_id or returned,
            recipient=mail.bounce.recipient,
            permanent=mail.bounce.permanent,
        )
    )


async def _called_otherwise(db: AsyncConnection, tenant: str, names: Sequence[str]) -> dict[str, Notice]:
    c = notice_ids.c
    rows = await db.execute(select(c.message_id, c.ticket).where(c.tenant == tenant, c.message_id.in_(names)))
    return {row.message_id: Notice(row.message_id, row.ticket) for row in rows}
