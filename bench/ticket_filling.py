"""Fill a database with tickets of several tenants, fast: made by the server itself, indexed afterwards."""

import random
import time
from dataclasses import dataclass

import asyncpg

from shared.storage.wording import Part, key_of, vector

LARGE, SMALL = "large", tuple(f"small-{number}" for number in range(10))
VOCABULARY = 20_000
BODIES = {LARGE: 20_000, **dict.fromkeys(SMALL, 1_000)}
WORDS = 60
FIRMS = 5_000

STATUSES = "(ARRAY['closed','closed','closed','closed','closed','closed','closed','resolved','pending','open','open','new'])"
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
            "CREATE UNLOGGED TABLE public.body (tenant text, number int, words tsvector, PRIMARY KEY (tenant, number))"
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
        "INSERT INTO config.department (id, tenant, key, name) SELECT gen_random_uuid(), $1, 'd' || n, 'Department ' || n"
        " FROM generate_series(1, 5) n",
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
        " SELECT gen_random_uuid(), $1, 'help' || n || '@desk.example', 'graph', '{}', now() FROM generate_series(1, 5) n",
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
    """Return what makes one tenant's rows: ticket n has 1 + n % 3 posts."""
    t, count, firms = share.tenant, share.tickets, min(FIRMS, max(10, share.tickets // 40))
    people = max(10, count // 10)
    key = key_of(t)

    def one_of(table: str) -> str:
        return f"(SELECT array_agg(id ORDER BY id) FROM {table} WHERE tenant = '{t}')"

    return [
        f"INSERT INTO ticketing.counter VALUES ('{t}', {count})",
        f"""INSERT INTO ticketing.organization (id, tenant, name, created_at)
            SELECT gen_random_uuid(), '{t}', 'Firm ' || n, now() FROM generate_series(1, {firms}) n""",
        f"""INSERT INTO ticketing.contact (id, tenant, address, name, organization, created_at)
            SELECT gen_random_uuid(), '{t}', 'person' || n || '@firm' || n % {firms} || '.example',
                'Person ' || n, o[1 + n % {firms}], now()
            FROM generate_series(1, {people}) n, (SELECT {one_of("ticketing.organization")} o) x""",
        f"""CREATE TEMP TABLE made AS
            SELECT gen_random_uuid() AS id, n, '2016-01-01'::timestamptz + n * interval '1 second' * (315e6 / {count}) AS at,
                random() AS lot FROM generate_series(1, {count}) n""",
        f"""INSERT INTO ticketing.ticket (id, tenant, number, subject, status, kind, department, assignee, contact,
                organization, mailbox, receiving_address, tags, created_at, changed_at, last_person_post_at, waiting_since)
            SELECT made.id, '{t}', n, 'Question ' || n || ' about word' || floor({VOCABULARY} * lot ^ 4), s.status,
                CASE WHEN n % 20 = 0 THEN 'internal' ELSE 'external' END,
                d[1 + n % 5], CASE WHEN n % 4 > 0 THEN u[1 + n % 20] END, c.id, c.organization, m[1 + n % 5],
                'help1@desk.example',
                CASE WHEN n % 1000 = 0 THEN ARRAY['rare','vip'] WHEN n % 10 = 0 THEN ARRAY['vip'] ELSE ARRAY[]::text[] END,
                at, at + lot * interval '30 days', at + lot * interval '30 days',
                CASE WHEN s.status IN ('new', 'open') THEN at END
            FROM made
            CROSS JOIN LATERAL (SELECT {STATUSES}[1 + floor(random() * 12 + 0 * n)::int] AS status) s
            JOIN ticketing.contact c ON c.tenant = '{t}' AND c.address =
                'person' || 1 + n % {people} || '@firm' || (1 + n % {people}) % {firms} || '.example',
            (SELECT {one_of("config.department")} d, {one_of('config."user"')} u, {one_of("config.mailbox")} m) x""",
        f"""CREATE TEMP TABLE made_post AS
            SELECT gen_random_uuid() AS id, made.id AS ticket, n, k, at + k * interval '1 day' * lot AS at,
                (ARRAY['mail_in','mail_out','note'])[k] AS kind,
                'person' || 1 + n % {people} || '@firm' || (1 + n % {people}) % {firms} || '.example' AS address
            FROM made CROSS JOIN LATERAL generate_series(1, 1 + n % 3) k""",
        f"""INSERT INTO ticketing.post (id, tenant, ticket, kind, mail, outgoing, author_address, author_name, subject,
                body, preview, message_id, has_files, details, shown_at, created_at)
            SELECT id, '{t}', ticket, kind, CASE WHEN k = 1 THEN gen_random_uuid() END,
                CASE WHEN k = 2 THEN gen_random_uuid() END, address, 'Person', 'Question ' || n, repeat('0', 64),
                'These are the first words of what was said about question ' || n, n || '.' || k || '@{t}.example',
                n % 7 = 0, '{{}}', at, at
            FROM made_post""",
        f"""INSERT INTO ticketing.words (id, tenant, ticket, words)
            SELECT p.id, '{t}', ticket, b.words
                || array_to_tsvector(ARRAY['{key}sabout', '{key}word' || n % 40000, '{key}wquestion', '{key}worder' || n,
                    '{key}wperson' || 1 + n % {people}, '{key}fperson' || 1 + n % {people}, '{key}a' || address,
                    '{key}a' || split_part(address, '@', 2), '{key}aexample', '{key}wcommon']
                    || CASE WHEN n % 7 = 0 THEN ARRAY['{key}nfile'] ELSE ARRAY[]::text[] END)
            FROM made_post p JOIN public.body b ON b.tenant = '{t}' AND b.number = ((p.n * 7919::bigint + k) % {BODIES[t]})""",
        f"""INSERT INTO ticketing.participant (ticket, address, tenant, name, role)
            SELECT ticket, address, '{t}', 'Person', 'sender' FROM made_post WHERE k = 1""",
        f"""INSERT INTO ticketing.history (tenant, ticket, version, field, old, new, actor, at)
            SELECT '{t}', id, 2, 'status', '"new"', '"open"', '{{"name": "Agent"}}', at FROM made WHERE n % 2 = 0""",
        f"""INSERT INTO sending.mail (id, tenant, effect, ticket, state, message_id, written_by, actor, snapshot, recipients,
                subject, body, files, created_at)
            SELECT gen_random_uuid(), '{t}', gen_random_uuid(), ticket,
                CASE WHEN n % 500 = 1 THEN 'failed' ELSE 'sent' END, n || '@{t}.example', 'person', '{{}}', '{{}}',
                '{{"to": [], "cc": [], "bcc": []}}', 'Re: Question ' || n, repeat('0', 64), '[]', at
            FROM made_post WHERE k = 2""",
        f"""INSERT INTO ingest.mail (id, tenant, mailbox, provider_id, state, listed_at, received_at, stored_at, settled_at)
            SELECT gen_random_uuid(), '{t}', m[1], n::text, 'settled', at, at, at, at
            FROM made_post, (SELECT {one_of("config.mailbox")} m) x WHERE k = 1""",
        "DROP TABLE made, made_post",
    ]
