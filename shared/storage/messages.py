"""Messages on their way. Written through `shared/messaging` only; has tenants, but no policy by row."""

from sqlalchemy import BigInteger, Column, Index, Integer, LargeBinary, Table, Text, Uuid

from shared.storage.columns import facts, metadata, moment, tenant, uuid_key

outbox = Table(
    "outbox",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=True),
    tenant(),
    Column("contract", Text, nullable=False),
    Column("message_id", Uuid, nullable=False),
    Column("body", Text, nullable=False),
    moment("created_at"),
    schema="messages",
)

inbox = Table(
    "inbox",
    metadata,
    Column("queue", Text, primary_key=True),
    Column("message_id", Uuid, primary_key=True),
    tenant(),
    facts("result", nullable=True),
    moment("handled_at"),
    Index("ix_inbox_handled_at", "handled_at"),
    schema="messages",
)

deliveries = Table(
    "delivery",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=True),
    tenant(),
    Column("queue", Text, nullable=False),
    Column("contract", Text, nullable=False),
    Column("message_id", Uuid, nullable=False),
    Column("body", Text, nullable=False),
    Column("attempts", Integer, nullable=False, server_default="0"),
    moment("due_at"),
    Column("lease", Uuid, nullable=True),
    moment("lease_until", nullable=True),
    Column("first_error", Text, nullable=True),
    # how often whoever worked on it died
    Column("deaths", Integer, nullable=False, server_default="0"),
    Index("ix_delivery_due", "queue", "due_at"),
    schema="messages",
)

parked = Table(
    "parked",
    metadata,
    uuid_key(),
    Column("tenant", Text, nullable=True),
    Column("queue", Text, nullable=False),
    Column("contract", Text, nullable=True),
    Column("message_id", Text, nullable=True),
    Column("body", LargeBinary, nullable=False),
    facts("headers"),
    Column("error", Text, nullable=False),
    Column("attempts", Integer, nullable=False),
    moment("parked_at"),
    schema="messages",
)
