"""Tickets that belong together: what was merged. Ticketing alone writes."""

from sqlalchemy import Column, ForeignKey, Table, Text, Uuid

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
