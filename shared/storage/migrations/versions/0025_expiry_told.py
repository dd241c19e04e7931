"""How far the end of a mailbox's secret has been told of."""

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0024"


def upgrade() -> None:
    told: sa.Column[int] = sa.Column("expiry_told", sa.Integer(), nullable=True)
    op.add_column("cursor", told, schema="ingest")
