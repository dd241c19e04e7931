"""The longest wait first, of tickets in one status."""

import sqlalchemy as sa
from alembic import op

revision = "0038"
down_revision = "0037"

WAITING = sa.text("coalesce(waiting_since, '9999-01-01 00:00:00+00'::timestamptz)")


def upgrade() -> None:
    op.create_index(
        "ix_ticket_status_waiting", "ticket", ["tenant", "status", WAITING, "id"], schema="ticketing"
    )
