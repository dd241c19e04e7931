"""A mailbox whose provider asks for patience is behind, not broken."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    throttled: sa.Column[bool] = sa.Column("throttled", sa.Boolean(), nullable=False, server_default="false")
    op.add_column("cursor", throttled, schema="ingest")
