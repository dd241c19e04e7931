"""Rows that tests of the storage need."""

from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

from sqlalchemy import insert
from sqlalchemy.ext.asyncio import AsyncEngine

from shared.storage.engine import in_tenant
from shared.storage.ingest import cursors, mails
from shared.storage.tickets import contacts

NOW = datetime(2030, 5, 17, 12, tzinfo=UTC)


async def add_contact(engine: AsyncEngine, tenant: str, address: str = "ann@example.com") -> UUID:
    contact = uuid4()
    async with in_tenant(engine, tenant) as connection:
        await connection.execute(
            insert(contacts).values(id=contact, tenant=tenant, address=address, created_at=NOW)
        )
    return contact


async def add_cursor(engine: AsyncEngine, tenant: str, *, due_in: timedelta | None = timedelta(0)) -> UUID:
    cursor = uuid4()
    due_at = None if due_in is None else NOW + due_in
    async with in_tenant(engine, tenant) as connection:
        await connection.execute(
            insert(cursors).values(id=cursor, tenant=tenant, due_at=due_at, started_at=NOW)
        )
    return cursor


async def add_mail(
    engine: AsyncEngine,
    tenant: str,
    state: str,
    *,
    mailbox: UUID | None = None,
    due_in: timedelta = timedelta(minutes=-1),
    imported: bool = False,
) -> UUID:
    mail = uuid4()
    facts = {
        "mailbox": mailbox or uuid4(),
        "provider_id": str(mail),
        "listed_at": NOW,
        "due_at": NOW + due_in,
        "imported": imported,
    }
    async with in_tenant(engine, tenant) as connection:
        await connection.execute(insert(mails).values(id=mail, tenant=tenant, state=state, **facts))
    return mail
