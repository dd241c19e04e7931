"""Fill a database with tickets of several tenants, fast: made by the server itself, indexed afterwards."""

import random
import time
from dataclasses import dataclass
from pathlib import Path
from string import Template

import asyncpg

from shared.storage.wording import Part, key_of, vector

LARGE, SMALL = "large", tuple(f"small-{number}" for number in range(10))
VOCABULARY = 20_000
BODIES = {LARGE: 20_000, **dict.fromkeys(SMALL, 1_000)}
WORDS = 60
FIRMS = 5_000


@dataclass(frozen=True)
class Long:
    """A ticket with very many posts and changes."""

    number: int
    posts: int


FEW = "few@desk.example"
LONG = Long(number=5_000, posts=2_000)

FILLED = (
    "ticketing.ticket",
    "ticketing.post",
    "ticketing.words",
    "ticketing.participant",
    "ticketing.history",
    "sending.mail",
    "ingest.mail",
)


@dataclass(frozen=True)
class Share:
    tenant: str
    tickets: int


def shares(tickets: int) -> list[Share]:
    """Split the tickets: four of five are one tenant's."""
    small = tickets // 5 // len(SMALL)
    return [Share(LARGE, tickets - small * len(SMALL)), *(Share(name, small) for name in SMALL)]


async def fill(url: str, tickets: int) -> float:
    """Fill a migrated, empty database as its owner; return the seconds it took."""
    begun = time.perf_counter()
    db = await asyncpg.connect(url)
    try:
        await db.execute(
            "SET maintenance_work_mem = '512MB'; SET work_mem = '64MB'; SET synchronous_commit = off"
        )
        indexes = await _without_indexes(db)
        await db.execute(
            "CREATE UNLOGGED TABLE public.body"
            " (tenant text, number int, words tsvector, PRIMARY KEY (tenant, number))"
        )
        for share in shares(tickets):
            await _configure(db, share.tenant)
            await _bodies(db, share.tenant)
            for statement in _statements(share):
                await db.execute(statement, timeout=7200)
        await db.execute("DROP TABLE public.body")
        for definition in indexes:
            await db.execute(definition, timeout=7200)
        await db.execute("VACUUM ANALYZE", timeout=7200)
    finally:
        await db.close()
    return time.perf_counter() - begun


async def lengthen(url: str) -> None:
    """Give one ticket its many posts, mails and changes, unless it has them."""
    db = await asyncpg.connect(url)
    try:
        query = "SELECT id FROM ticketing.ticket WHERE tenant = $1 AND number = $2"
        ticket = await db.fetchval(query, LARGE, LONG.number)
        there = await db.fetchval("SELECT count(*) FROM ticketing.post WHERE ticket = $1", ticket)
        if there < LONG.posts:
            script = (Path(__file__).parent / "long_ticket.sql").read_text()
            values = {"tenant": LARGE, "ticket": ticket, "posts": LONG.posts}
            await db.execute(Template(script).substitute(values))
    finally:
        await db.close()


async def restrict(url: str) -> None:
    """Let FEW see one ticket of a thousand: all departments but a seldom one have other members."""
    db = await asyncpg.connect(url)
    try:
        if not await db.fetchval('SELECT 1 FROM config."user" WHERE address = $1', FEW):
            script = (Path(__file__).parent / "restricted.sql").read_text()
            await db.execute(Template(script).substitute(tenant=LARGE, address=FEW), timeout=600)
    finally:
        await db.close()


async def _without_indexes(db: asyncpg.Connection) -> list[str]:
    """Drop what would slow the filling down; return how it is made again."""
    rows = await db.fetch(
        "SELECT schemaname, tablename, indexname, indexdef FROM pg_indexes"
        " WHERE schemaname || '.' || tablename = ANY($1)"
        " AND indexname NOT LIKE 'pk\\_%' AND indexname NOT LIKE 'uq\\_%'",
        list(FILLED),
    )
    for row in rows:
        await db.execute(f'DROP INDEX {row["schemaname"]}."{row["indexname"]}"')
    await db.execute("ALTER TABLE ticketing.words DROP CONSTRAINT fk_words_id_ticket")
    foreign = (
        "ALTER TABLE ticketing.words ADD CONSTRAINT fk_words_id_ticket FOREIGN KEY (id, ticket)"
        " REFERENCES ticketing.post (id, ticket) ON UPDATE CASCADE ON DELETE CASCADE"
    )
    return [*(row["indexdef"] for row in rows), foreign]


async def _configure(db: asyncpg.Connection, tenant: str) -> None:
    await db.execute("INSERT INTO config.tenant (id, name, created_at) VALUES ($1, $1, now())", tenant)
    await db.execute(
        "INSERT INTO config.department (id, tenant, key, name)"
        " SELECT gen_random_uuid(), $1, 'd' || n, 'Department ' || n FROM generate_series(1, 5) n",
        tenant,
    )
    await db.execute(
        'INSERT INTO config."user" (id, tenant, address, name, role, password_hash, created_at)'
        " SELECT gen_random_uuid(), $1, 'agent' || n || '@desk.example', 'Agent ' || n, 'agent', '', now()"
        " FROM generate_series(1, 20) n",
        tenant,
    )
    await db.execute(
        "INSERT INTO config.mailbox (id, tenant, address, provider, settings, created_at)"
        " SELECT gen_random_uuid(), $1, 'help' || n || '@desk.example', 'graph', '{}', now()"
        " FROM generate_series(1, 5) n",
        tenant,
    )


async def _bodies(db: asyncpg.Connection, tenant: str) -> None:
    """Texts of words as often and as seldom as words are."""
    lot = random.Random(tenant)  # noqa: S311 - the same texts each time
    rows = [
        (tenant, number, vector(tenant, [Part("any", _text(lot))], {})) for number in range(BODIES[tenant])
    ]
    await db.execute("CREATE TEMP TABLE body_in (tenant text, number int, words text)")
    await db.copy_records_to_table("body_in", records=rows)
    await db.execute(
        "INSERT INTO public.body SELECT tenant, number, words::tsvector FROM body_in; DROP TABLE body_in"
    )


def _text(lot: random.Random) -> str:
    return " ".join(f"word{int(VOCABULARY * lot.random() ** 4)}" for _ in range(WORDS))


def _statements(share: Share) -> list[str]:
    firms = min(FIRMS, max(10, share.tickets // 40))
    script = Template((Path(__file__).parent / "tickets.sql").read_text())
    filled = script.substitute(
        tenant=share.tenant,
        count=share.tickets,
        firms=firms,
        people=max(10, share.tickets // 10),
        key=key_of(share.tenant),
        vocabulary=VOCABULARY,
        bodies=BODIES[share.tenant],
    )
    return [statement for statement in filled.split(";\n") if statement.strip()]
