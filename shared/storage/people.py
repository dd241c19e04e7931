"""What ticketing keeps of resources. Ticketing alone writes."""

from sqlalchemy import Column, Index, Integer, Table, Text, UniqueConstraint, Uuid

from shared.storage.columns import due, facts, metadata, moment, tenant, uuid_key

known_answers = Table(
    "known_answer",
    metadata,
    Column("tenant", Text, primary_key=True),
    Column("resource", Text, primary_key=True),
    Column("question", Text, primary_key=True),  # find_by_address, find_by_domain
    Column("asked", Text, primary_key=True),
    facts("answer", nullable=True),  # null: it knew of nobody
    moment("at"),
    Index("ix_known_answer_at", "tenant", "at"),
    schema="ticketing",
)

regroupings = Table(
    "regrouping",
    metadata,
    uuid_key(),
    tenant(),
    Column("domain", Text, nullable=False),
    facts("actor"),
    Column("cause", Uuid, nullable=False),  # the command that asked for it
    Column("contacts", Integer, nullable=False, server_default="0"),
    Column("tickets", Integer, nullable=False, server_default="0"),
    moment("started_at"),
    moment("finished_at", nullable=True),
    *due(),
    UniqueConstraint("tenant", "domain"),
    schema="ticketing",
)
"""A domain whose contacts and tickets are being moved to the organization that has it now."""
