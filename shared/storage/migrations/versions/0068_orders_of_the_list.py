"""The list is ordered by creation, urgency and number too."""

import sqlalchemy as sa
from alembic import op

revision = "0068"
down_revision = "0067"

UNENDED = "category NOT IN ('closed', 'merged')"
RANK = "(CASE priority WHEN 'urgent' THEN 3 WHEN 'high' THEN 2 WHEN 'low' THEN 0 ELSE 1 END)"


def upgrade() -> None:
    unended = sa.text(UNENDED)
    created = ["tenant", "created_at", "id"]
    urgency: list[str | sa.TextClause] = ["tenant", sa.text(RANK), "changed_at", "id"]
    op.create_index("ix_ticket_created", "ticket", created, schema="ticketing")
    op.create_index("ix_ticket_urgency", "ticket", urgency, schema="ticketing")
    for name, columns in (("created", created), ("urgency", urgency), ("number", ["tenant", "number"])):
        op.create_index(
            f"ix_ticket_unended_{name}", "ticket", columns, schema="ticketing", postgresql_where=unended
        )
