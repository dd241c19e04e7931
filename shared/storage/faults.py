"""Whether the database answers, and what its errors mean: they pass, or the same would meet them again."""

import asyncio
from socket import gaierror

import asyncpg
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolExhausted
from sqlalchemy.ext.asyncio import AsyncEngine

LOST_TO_ANOTHER = {"40001", "40P01", "55P03"}
"""SQLSTATEs of serialization failure, deadlock and lock not available: the same again will do."""

UNREACHABLE = ("08", "53", "57P")
"""How SQLSTATEs begin when the server is going, coming or full: it is not the question's fault."""

DATABASE_ERRORS = (OSError, DBAPIError, PoolExhausted, asyncpg.PostgresError, asyncpg.InterfaceError)
"""What talking to the database raises: SQLAlchemy's own, and the driver's as it comes while connecting."""

UNREACHABLE_SECONDS = 3

NO_ANSWER = (ConnectionError, gaierror, TimeoutError, PoolExhausted)
"""What is raised by itself when no server answers, or no session is free. Other OSErrors may be of a file."""


async def unreachable(engine: AsyncEngine) -> str | None:
    """Ask the database something, and say why it cannot be asked."""
    try:
        async with asyncio.timeout(UNREACHABLE_SECONDS), engine.connect() as db:
            await db.execute(text("SELECT 1"))
    except DATABASE_ERRORS as error:
        return f"database unreachable: {type(error).__name__}"
    return None


def is_away(error: BaseException) -> bool:
    """Whether there is no server now, or it lets nobody in. An error of a file is none."""
    from_database = isinstance(error, (DBAPIError, asyncpg.PostgresError, asyncpg.InterfaceError))
    return isinstance(error, NO_ANSWER) or (from_database and passing(error) == "unreachable")


def passing(error: BaseException) -> str | None:
    """Say what passes by itself; None for what the same would meet again."""
    state = sqlstate(error) or ""
    match error:
        case OSError() | OperationalError() | InterfaceError() | asyncpg.InterfaceError() | PoolExhausted():
            return "unreachable"
        case DBAPIError() if error.connection_invalidated:
            return "unreachable"
        case DBAPIError() | asyncpg.PostgresError() if state.startswith(UNREACHABLE):
            return "unreachable"
        case DBAPIError() | asyncpg.PostgresError() if state in LOST_TO_ANOTHER:
            return "lost to another"
    return None


def sqlstate(error: BaseException) -> str | None:
    """Read the code of the SQL standard, where the error has one (PostgreSQL, Appendix A)."""
    return getattr(getattr(error, "orig", error), "sqlstate", None)
