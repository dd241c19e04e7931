"""When a ticket was imported: inactivity leaves it alone until somebody writes on it."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    op.add_column(
        "ticket", sa.Column("imported_at", sa.DateTime(timezone=True), nullable=True), schema="ticketing"
    )
