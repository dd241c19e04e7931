"""How many pages of a listing told nothing new, so that one without end is seen."""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"


def upgrade() -> None:
    idle: sa.Column[int] = sa.Column("idle_pages", sa.Integer(), nullable=False, server_default="0")
    op.add_column("cursor", idle, schema="ingest")
