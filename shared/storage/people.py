"""What ticketing keeps of resources. Ticketing alone writes."""

from sqlalchemy import Column, Index, Table, Text

from shared.storage.columns import facts, metadata, moment

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
