"""An index of the tickets that nobody writes on, by department."""

import sqlalchemy as sa
from alembic import op

revision = "0030"
down_revision = "0029"


def upgrade() -> None:
    op.create_index(
        "ix_ticket_silent",
        "ticket",
        ["tenant", "department", "last_person_post_at"],
        schema="ticketing",
        postgresql_where=sa.text("status <> 'closed'"),
    )
