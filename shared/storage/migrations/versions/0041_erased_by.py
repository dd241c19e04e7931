"""Who asked for an erasure."""

import sqlalchemy as sa
from alembic import op

revision = "0041"
down_revision = "0040"


def upgrade() -> None:
    op.add_column("erasure", sa.Column("by", sa.Uuid(), nullable=True), schema="config")
