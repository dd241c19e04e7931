"""Alembic's entry: works on the connection that `migrating.py` hands over. Revisions only go forward."""

from alembic import context

from shared.storage.grants import VERSION_SCHEMA
from shared.storage.tables import TABLES

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=TABLES[0].metadata,
    version_table_schema=VERSION_SCHEMA,
)
with context.begin_transaction():
    context.run_migrations()
