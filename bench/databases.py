"""Databases of many tickets, made once where the server stays, and copies of them to change."""

import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import asyncpg
from rich.console import Console
from sqlalchemy.engine import make_url
from ticket_filling import fill, lengthen, restrict

from shared.storage.embedded import EmbeddedPostgres
from shared.storage.migrating import migrate

console = Console(width=120)


@asynccontextmanager
async def server_at(url: str | None) -> AsyncIterator[str]:
    """Yield the URL of a server: that one, or a private one that ends with the block."""
    if url:
        yield url
        return
    with tempfile.TemporaryDirectory(prefix="postroom-bench-") as folder:
        server = EmbeddedPostgres(Path(folder))
        yield await server.start()
        await server.remove()


async def filled(server: str, count: int) -> str:
    """Return the URL of a database of so many tickets, made unless it is there."""
    name = f"bench_{count}"
    made = not await _told(server, "SELECT 1 FROM pg_database WHERE datname = $1", name)
    if made:
        await _told(server, f"CREATE DATABASE {name}")
    url = named(server, name)
    await migrate(url)
    if made:
        console.print(f"{count:,} tickets filled in {await fill(url, count):.0f} s")
    await lengthen(url)
    await restrict(url)
    await _told(url, "ANALYZE")
    return url


@asynccontextmanager
async def copied(server: str, count: int) -> AsyncIterator[str]:
    """Yield the URL of a copy of a filled database, for what changes its tickets; it is gone afterwards."""
    name = f"bench_{count}_copy"
    await _told(server, f"DROP DATABASE IF EXISTS {name}")
    await _told(server, f"CREATE DATABASE {name} TEMPLATE bench_{count} STRATEGY FILE_COPY")
    try:
        yield named(server, name)
    finally:
        await _told(server, f"DROP DATABASE {name} WITH (FORCE)")


def named(server: str, database: str) -> str:
    return make_url(server).set(database=database).render_as_string(hide_password=False)


async def _told(url: str, statement: str, *values: str) -> object:
    db = await asyncpg.connect(url)
    try:
        return await db.fetchval(statement, *values, timeout=3600)
    finally:
        await db.close()
