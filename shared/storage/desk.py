"""The desk's own rows: who is signed in."""

from sqlalchemy import Column, Table, Text, Uuid

from shared.storage.columns import metadata, moment, tenant

sessions = Table(
    "session",
    metadata,
    # SHA-256 of the cookie's value: a copy of this table signs nobody in
    Column("digest", Text, primary_key=True),
    tenant(),
    Column("user", Uuid, nullable=False),
    Column("csrf", Text, nullable=False),
    moment("created_at"),
    moment("expires_at"),
    schema="desk",
)
