"""Mails of one thread are placed one after the other: the ids by which a mail knows it, and their locks."""

from collections.abc import Sequence

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.contracts.mail import MailParsed

MOST_IDS = 20
"""How many references count: the newest; a mail may name thousands."""


async def lock_thread(db: AsyncConnection, mail: MailParsed) -> None:
    """Let mails of one thread be placed one after the other: lock its ids, in an order that all keep."""
    await lock_ids(db, mail.tenant, [mail.message_id, *answered(mail)])


async def lock_ids(db: AsyncConnection, tenant: str, names: Sequence[str]) -> None:
    """Lock Message-IDs, in an order that all keep, before any ticket."""
    for name in sorted(set(names)):
        key = func.hashtextextended(f"{tenant}/{name}", 0)
        await db.execute(select(func.pg_advisory_xact_lock(key)))


def answered(mail: MailParsed) -> list[str]:
    """Return the ids that a mail answers, the nearest first."""
    named = [*mail.in_reply_to, *reversed(mail.references)]
    for report in (mail.abuse_report, mail.bounce):
        if report is not None and report.message_id:
            named.insert(0, report.message_id)
    return [name for name in dict.fromkeys(named) if name != mail.message_id][:MOST_IDS]
