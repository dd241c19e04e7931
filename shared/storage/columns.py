"""Columns that many tables share, and the one metadata object."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Column, DateTime, Integer, MetaData, Text, Uuid
from sqlalchemy.dialects.postgresql import JSONB

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def uuid_key() -> Column[UUID]:
    return Column("id", Uuid, primary_key=True)


def tenant() -> Column[str]:
    return Column("tenant", Text, nullable=False)


def moment(name: str, *, nullable: bool = False) -> Column[datetime]:
    return Column(name, DateTime(timezone=True), nullable=nullable)


def facts(name: str, *, nullable: bool = False) -> Column[object]:
    return Column(name, JSONB, nullable=nullable)


def due() -> tuple[Column[datetime], Column[UUID], Column[datetime], Column[int]]:
    """Work for later: due when `due_at` has passed and no lease runs. NULL means nothing to do."""
    return (
        moment("due_at", nullable=True),
        Column("lease", Uuid, nullable=True),
        moment("lease_until", nullable=True),
        Column("attempts", Integer, nullable=False, server_default="0"),
    )
