"""The longest wait first, of what one person has to answer."""

import sqlalchemy as sa
from alembic import op

revision = "0049"
down_revision = "0048"

UNENDED = sa.text("category NOT IN ('closed', 'merged')")
WAITING = sa.text("coalesce(waiting_since, '9999-01-01 00:00:00+00'::timestamptz)")


def upgrade() -> None:
    op.create_index(
        "ix_ticket_mine_waiting",
        "ticket",
        ["tenant", "assignee", WAITING, "id"],
        schema="ticketing",
        postgresql_where=UNENDED,
    )
