"""What triggers saw, decided and did."""

from sqlalchemy import Column, Index, Table, Text, UniqueConstraint, Uuid

from shared.storage.columns import due, facts, metadata, moment, tenant, uuid_key

events = Table(
    "event",
    metadata,
    uuid_key(),  # of the message
    tenant(),
    Column("ticket", Uuid, nullable=False, index=True),
    Column("contract", Text, nullable=False),
    facts("payload"),
    moment("at"),
    schema="triggers",
)

verdicts = Table(
    "verdict",
    metadata,
    Column("event", Uuid, primary_key=True),
    Column("trigger", Uuid, primary_key=True),
    tenant(),
    Column("outcome", Text, nullable=False),  # fired, not, suppressed, failed
    facts("why"),
    moment("at"),
    schema="triggers",
)

effects = Table(
    "effect",
    metadata,
    uuid_key(),
    tenant(),
    Column("event", Uuid, nullable=False),
    Column("trigger", Uuid, nullable=False),
    Column("action", Text, nullable=False),
    Column("target", Text, nullable=False),
    Column("state", Text, nullable=False),  # handed_on, waiting, done, parked
    facts("payload"),
    *due(),
    moment("at"),
    UniqueConstraint("event", "trigger", "action", "target"),
    Index("ix_effect_due", "due_at", postgresql_where="due_at IS NOT NULL"),
    schema="triggers",
)
