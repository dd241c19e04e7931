"""The longest wait is ordered by what an index is narrowed by, whatever page is asked for."""

import sqlalchemy as sa
from alembic import op

revision = "0069"
down_revision = "0068"

UNENDED = "category NOT IN ('closed', 'merged')"
WAITING = "least(waiting_since, '9999-01-01 00:00:00+00'::timestamptz)"
INDEXES = {
    "waiting": ([], ""),
    "status_waiting": (["status"], ""),
    "category_waiting": (["category"], ""),
    "unended_waiting": ([], UNENDED),
    "mine_waiting": (["assignee"], UNENDED),
}


def upgrade() -> None:
    for name, (before, where) in INDEXES.items():
        columns: list[str | sa.TextClause] = ["tenant", *before, sa.text(WAITING), "id"]
        condition = sa.text(where) if where else None
        op.drop_index(f"ix_ticket_{name}", "ticket", schema="ticketing")
        op.create_index(
            f"ix_ticket_{name}", "ticket", columns, schema="ticketing", postgresql_where=condition
        )
