"""Tickets that belong together: what was merged, what is linked; whose turn it is to have one; and what leads
to one from a notice. Ticketing alone writes."""

from sqlalchemy import Column, ForeignKey, Index, Table, Text, UniqueConstraint, Uuid

from shared.storage.columns import facts, metadata, moment, tenant, uuid_key
from shared.storage.tickets import tickets

merges = Table(
    "merge",
    metadata,
    uuid_key(),
    tenant(),
    Column("source", Uuid, ForeignKey(tickets.c.id), nullable=False, index=True),
    Column("target", Uuid, ForeignKey(tickets.c.id), nullable=False, index=True),
    Column("status_before", Text, nullable=False),  # of the source
    # the clocks of the target: last post by a person, and since when the customer waits
    moment("written_before"),
    moment("waiting_before", nullable=True),
    facts("actor"),
    moment("at"),
    moment("undone_at", nullable=True),
    schema="ticketing",
)

links = Table(
    "link",
    metadata,
    uuid_key(),
    tenant(),
    Column("source", Uuid, ForeignKey(tickets.c.id), nullable=False),
    Column("target", Uuid, ForeignKey(tickets.c.id), nullable=False, index=True),
    # what the target is to the source: relates, parent, duplicate_of; two tickets have one link
    Column("how", Text, nullable=False),
    moment("at"),
    UniqueConstraint("source", "target"),
    schema="ticketing",
)

turns = Table(
    "turn",
    metadata,
    Column("tenant", Text, primary_key=True),
    Column("department", Uuid, primary_key=True),
    Column("last", Uuid, nullable=True),  # the member that a ticket was assigned to in turn
    moment("at"),
    schema="ticketing",
)

notice_ids = Table(
    "notice_id",
    metadata,
    Column("tenant", Text, primary_key=True),
    Column("message_id", Text, primary_key=True),
    Column("ticket", Uuid, nullable=True),
    moment("at"),
    Index("ix_notice_id_at", "tenant", "at"),
    schema="ticketing",
)
"""How a provider called our notices to employees, where it was not by the id that we signed; and the ticket
that an answer belongs to."""
