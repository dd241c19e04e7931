"""Every table of every writer: importing this module fills the metadata."""

from sqlalchemy import Table

from shared.storage import config, desk, ingest, messages, people, sending, tickets, together, triggers
from shared.storage.columns import metadata

MODULES = (config, desk, ingest, tickets, together, people, triggers, sending, messages)

TABLES: tuple[Table, ...] = tuple(metadata.sorted_tables)

SCHEMAS: tuple[str, ...] = tuple(sorted({str(table.schema) for table in TABLES}))
