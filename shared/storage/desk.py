"""The desk's own rows: who is signed in, and files on their way to a post."""

from sqlalchemy import BigInteger, Column, Index, Table, Text, Uuid

from shared.storage.columns import due, facts, metadata, moment, tenant, uuid_key

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

preferences = Table(
    "preference",
    metadata,
    Column("user", Uuid, primary_key=True),
    tenant(),
    # as services/desk/reader.py has them; of whom there is no row, the usual ones count
    facts("choices"),
    moment("changed_at"),
    schema="desk",
)
"""How each person wants the desk to look and speak."""

uploads = Table(
    "upload",
    metadata,
    uuid_key(),
    tenant(),
    Column("user", Uuid, nullable=False),
    Column("sha256", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("media_type", Text, nullable=False),
    moment("at"),
    # a post names it since; the row goes in its time all the same
    moment("used_at", nullable=True),
    *due(),
    Index("ix_upload_due", "due_at"),
    Index("ix_upload_sha256", "tenant", "sha256"),
    schema="desk",
)
