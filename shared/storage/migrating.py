"""Bring a database to this version's schema, roles, grants and policies; say how it stands."""

import asyncio
import threading
from pathlib import Path
from typing import Literal

import asyncpg
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from shared.contracts.errors import Permanent
from shared.storage.engine import engine_as
from shared.storage.grants import ROLES, VERSION_SCHEMA, grants, policies

SchemaState = Literal["current", "older", "newer", "empty"]

MINIMUM_SERVER = 15
LOCK = 7_071_726_031
"""Names the advisory lock that makes migrations of one database wait for each other."""

# Alembic's context and `op` are global: one migration at a time in a process
_alembic = threading.Lock()


class SchemaRefused(Permanent):
    """The database's schema is not the one that this version works with."""


async def migrate(url: str) -> None:
    """Bring the database to the newest revision, all or nothing; safe to run again and twice at once.

    The user of `url` becomes the owner: it needs CREATE on the database, and CREATEROLE unless the
    roles are there.
    """
    await asyncio.to_thread(_migrate_alone, url)


async def schema_state(engine: AsyncEngine) -> SchemaState:
    """How the database stands to this version; `newer` when another version has migrated it."""
    try:
        async with engine.connect() as connection:
            return await connection.run_sync(_state)
    except DBAPIError as error:
        if _role_missing(error):
            return "empty"
        raise


async def require_current_schema(engine: AsyncEngine) -> None:
    """Raise SchemaRefused unless the schema is this version's; a service calls it before it starts."""
    match await schema_state(engine):
        case "current":
            return
        case "newer":
            raise SchemaRefused(
                "the database was migrated by a newer version: start that version", code="schema_newer"
            )
        case state:
            found = "has no tables yet" if state == "empty" else "is of an older version"
            raise SchemaRefused(f"the database {found}: run `postroom migrate`", code=f"schema_{state}")


def _migrate_alone(url: str) -> None:
    with _alembic:
        asyncio.run(_migrate(url))


async def _migrate(url: str) -> None:
    engine = engine_as(url, "postroom-migrate", pool_size=1)
    try:
        await _make_roles(engine)
        async with engine.begin() as connection:
            await connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": LOCK})
            await _refuse_newer(connection)
            await connection.execute(text(f"CREATE SCHEMA IF NOT EXISTS {VERSION_SCHEMA}"))
            await connection.run_sync(_upgrade)
            await _grant(connection)
            await _apply_policies(connection)
    finally:
        await engine.dispose()


def _config() -> Config:
    config = Config()
    folder = str(Path(__file__).parent / "migrations")
    config.set_main_option("script_location", folder.replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    return config


def _upgrade(connection: Connection) -> None:
    config = _config()
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


def _state(connection: Connection) -> SchemaState:
    if (
        connection.scalar(text("SELECT to_regclass(:name)"), {"name": f"{VERSION_SCHEMA}.alembic_version"})
        is None
    ):
        return "empty"
    found = MigrationContext.configure(
        connection, opts={"version_table_schema": VERSION_SCHEMA}
    ).get_current_revision()
    scripts = ScriptDirectory.from_config(_config())
    if found is None:
        return "empty"
    if found == scripts.get_current_head():
        return "current"
    known = {script.revision for script in scripts.walk_revisions()}
    return "older" if found in known else "newer"


async def _refuse_newer(connection: AsyncConnection) -> None:
    if await connection.run_sync(_state) == "newer":
        raise SchemaRefused(
            "the database was migrated by a newer version; this one does not go back", code="schema_newer"
        )


async def _make_roles(engine: AsyncEngine) -> None:
    """Roles are of the whole cluster: each is made on its own, since another database may make it too."""
    async with engine.connect() as connection:
        version = await _server_version(connection)
    # before 16, to be a member was to be allowed to take the role
    privilege = "SET" if version >= 16 else "MEMBER"  # noqa: PLR2004 - the comment names it
    for role in ROLES:
        missing = f"to_regrole('{role}') IS NULL"
        not_ours = f"NOT pg_has_role(current_user, '{role}', '{privilege}')"
        async with engine.begin() as connection:
            await connection.execute(text(_unless_another_was_first(missing, f"CREATE ROLE {role} NOLOGIN")))
            await connection.execute(
                text(_unless_another_was_first(not_ours, f"GRANT {role} TO CURRENT_USER"))
            )


def _unless_another_was_first(condition: str, statement: str) -> str:
    return (
        f"DO $$ BEGIN IF {condition} THEN {statement}; END IF;"
        " EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$"
    )


async def _server_version(connection: AsyncConnection) -> int:
    version = int((await connection.execute(text("SHOW server_version_num"))).scalar_one()) // 10_000
    if version < MINIMUM_SERVER:
        raise SchemaRefused(
            f"the server is PostgreSQL {version}; Postroom needs {MINIMUM_SERVER} or later", code="server_old"
        )
    return version


async def _grant(connection: AsyncConnection) -> None:
    for statement in grants():
        await connection.execute(text(statement))


async def _apply_policies(connection: AsyncConnection) -> None:
    """Add and drop by name, and only what differs: each change of a policy locks its table against
    everybody. A rule that changes therefore takes another name."""
    wanted = policies()
    rows = await connection.execute(
        text("SELECT schemaname, tablename, policyname FROM pg_policies WHERE schemaname = ANY(:schemas)"),
        {"schemas": sorted({schema for schema, _, _ in wanted})},
    )
    found = {(row.schemaname, row.tablename, row.policyname) for row in rows}
    for schema, table, name in found - wanted.keys():
        await connection.execute(text(f'DROP POLICY {name} ON {schema}."{table}"'))
    for schema, table, name in sorted(wanted.keys() - found):
        rule = wanted[schema, table, name]
        await connection.execute(text(f'ALTER TABLE {schema}."{table}" ENABLE ROW LEVEL SECURITY'))
        await connection.execute(text(f'CREATE POLICY {name} ON {schema}."{table}" {rule}'))


def _role_missing(error: DBAPIError) -> bool:
    """Whether the server refused the role, of all that a connection asks for at its start."""
    return error.orig is not None and isinstance(error.orig.__cause__, asyncpg.InvalidParameterValueError)
