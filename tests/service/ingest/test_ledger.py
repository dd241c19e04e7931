"""The ledger: a page is entered in few statements, however large it is."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any
from uuid import UUID

from sqlalchemy import event, func, select
from sqlalchemy.ext.asyncio import AsyncEngine

from services.ingest import repository
from services.ingest.judging import EVER, Watch
from shared.plugins.mailboxes import Listed
from shared.storage.engine import in_tenant
from shared.storage.ingest import mails

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
BOX: Any = SimpleNamespace(id=UUID(int=7), tenant="acme")  # Any: what is read of a mailbox's row
WATCH = Watch("graph box inbox", NOW, EVER, known=False, listed_at=None)
MOST_STATEMENTS = 3


@contextmanager
def counted(engine: AsyncEngine) -> Iterator[list[str]]:
    """Collect the statements that go to the database."""
    statements: list[str] = []

    # Any: SQLAlchemy's own
    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        statements.append(statement)

    event.listen(engine.sync_engine, "before_cursor_execute", note)
    try:
        yield statements
    finally:
        event.remove(engine.sync_engine, "before_cursor_execute", note)


async def test_a_page_of_a_thousand_old_mails_is_a_few_statements_also_when_it_comes_again(
    engine_of: Callable[[str], AsyncEngine],
) -> None:
    engine = engine_of("ingest")
    page = [Listed(f"id {number}", NOW - timedelta(minutes=number), 5_000) for number in range(1_000)]
    for new in (1_000, 0):
        async with in_tenant(engine, "acme") as db:
            with counted(engine) as statements:
                assert await repository.list_mails(db, BOX, WATCH, [*page, *page[:50]], NOW) == new
            assert len(statements) <= MOST_STATEMENTS
    async with in_tenant(engine, "acme") as db:
        assert (await db.execute(select(func.count()).select_from(mails))).scalar_one() == 1_000


async def test_an_import_lets_a_few_mails_go_on_the_oldest_first_and_others_as_these_land(
    engine_of: Callable[[str], AsyncEngine],
) -> None:
    page = [Listed(f"id {number}", NOW - timedelta(days=number)) for number in range(10, 0, -1)]
    async with in_tenant(engine_of("ingest"), "acme") as db:
        await repository.list_mails(db, BOX, WATCH, reversed(page), NOW)
        assert await repository.admit(db, BOX.id, 3, NOW) == 3
        going = select(mails).where(mails.c.in_flight).order_by(mails.c.received_at)
        rows = (await db.execute(going)).all()
        assert [row.provider_id for row in rows] == ["id 10", "id 9", "id 8"]
        assert await repository.imported_in_flight(db, BOX.id, NOW) == 3
        await repository.landed(db, rows[0].id)
        assert await repository.imported_in_flight(db, BOX.id, NOW) == 2
        assert await repository.admit(db, BOX.id, 0, NOW) == 0
        assert await repository.admit(db, BOX.id, 100, NOW) == 7


async def test_a_mail_whose_message_was_parked_keeps_no_place(
    engine_of: Callable[[str], AsyncEngine],
) -> None:
    async with in_tenant(engine_of("ingest"), "acme") as db:
        await repository.list_mails(db, BOX, WATCH, [Listed("id", NOW - timedelta(days=1))], NOW)
        await repository.admit(db, BOX.id, 1, NOW)
        await db.execute(mails.update().values(state="settled", stored_at=NOW))
        for_long = repository.LOST_AFTER + timedelta(seconds=1)
        assert await repository.imported_in_flight(db, BOX.id, NOW + repository.LOST_AFTER) == 1
        assert await repository.imported_in_flight(db, BOX.id, NOW + for_long) == 0
