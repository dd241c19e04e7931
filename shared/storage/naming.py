"""Which of some blobs are named by a row still, whatever table it is in."""

from collections.abc import AsyncIterator, Collection

from sqlalchemy import Text, cast, column, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.storage.exporting import AT_ONCE
from shared.storage.lists import among
from shared.storage.tables import TABLES
from shared.storage.tickets import held, placements, posts

HASH = "[0-9a-f]{64}"
NOT_ASKED = ("config.erasure", "messages.parked")
"""A plan to remove a blob names it; bytes of a parked message are no text."""


async def named_in_rows(db: AsyncConnection, tenant: str, blobs: Collection[str]) -> set[str]:
    """Return those that some row of the tenant names; every row is looked at, in the database."""
    named: set[str] = set()
    for table in TABLES:
        if table.fullname in NOT_ASKED or not blobs:
            continue
        mine = (table.c.tenant if "tenant" in table.c else table.c.id) == tenant
        text = cast(func.to_jsonb(table.table_valued()), Text)
        found = func.regexp_matches(text, HASH, "g").table_valued(column("found")).render_derived()
        sha = func.array_to_string(found.c.found, "", type_=Text)
        asked = select(sha).select_from(table).join(found, among(sha, blobs)).where(mine).distinct()
        named |= {name for name in await db.scalars(asked) if name}
    return named


async def documents_with_files(db: AsyncConnection, tenant: str) -> AsyncIterator[str]:
    """Name the documents that may name files themselves."""
    of_posts = select(posts.c.body).where(posts.c.tenant == tenant, posts.c.has_files)
    of_held = select(held.c.message["document"].astext).where(held.c.tenant == tenant)
    without = select(placements.c.document).where(placements.c.tenant == tenant, placements.c.post.is_(None))
    for query in (of_posts, of_held, without):
        async for row in await db.stream(query, execution_options={"yield_per": AT_ONCE}):
            if row[0]:
                yield row[0]
