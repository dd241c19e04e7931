"""The ticket that another was split off."""

import sqlalchemy as sa
from alembic import op

revision = "0050"
down_revision = "0049"


def upgrade() -> None:
    op.add_column("ticket", sa.Column("split_from", sa.Uuid(), nullable=True), schema="ticketing")
    op.create_index(
        "ix_ticket_split_from",
        "ticket",
        ["split_from"],
        schema="ticketing",
        postgresql_where="split_from IS NOT NULL",
    )
