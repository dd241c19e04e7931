"""Statuses of a tenant's own with a category, which rules and indexes ask; custom fields of tickets."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0039"
down_revision = "0038"

UNENDED = sa.text("category NOT IN ('closed', 'merged')")
WAITING = sa.text("coalesce(waiting_since, '9999-01-01 00:00:00+00'::timestamptz)")
ACTIVITY = ("changed_at", "id")


def upgrade() -> None:
    _defined()
    op.add_column("ticket", sa.Column("category", sa.Text(), nullable=True), schema="ticketing")
    # so far every status was a built-in one, of the category of its name
    op.execute("UPDATE ticketing.ticket SET category = status")
    op.alter_column("ticket", "category", nullable=False, schema="ticketing")
    fields: sa.Column[object] = sa.Column("fields", JSONB(), nullable=False, server_default="{}")
    op.add_column("ticket", fields, schema="ticketing")
    for name in ("inactive", "silent", "unended", "unended_assignee", "unended_waiting"):
        op.drop_index(f"ix_ticket_{name}", "ticket", schema="ticketing")
    _index("inactive", "last_person_post_at", where=UNENDED)
    _index("silent", "department", "last_person_post_at", where=UNENDED)
    _index("unended", *ACTIVITY, where=UNENDED)
    _index("unended_assignee", "assignee", *ACTIVITY, where=UNENDED)
    _index("unended_waiting", WAITING, "id", where=UNENDED)
    _index("category", "category", *ACTIVITY)
    _index("category_waiting", "category", WAITING, "id")


def _index(name: str, *columns: str | sa.TextClause, where: sa.TextClause | None = None) -> None:
    op.create_index(
        f"ix_ticket_{name}", "ticket", ["tenant", *columns], schema="ticketing", postgresql_where=where
    )


def _defined() -> None:
    moment = sa.DateTime(timezone=True)
    op.create_table(
        "status",
        sa.Column("tenant", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("category", sa.Text(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("archived_at", moment, nullable=True),
        sa.PrimaryKeyConstraint("tenant", "key", name="pk_status"),
        schema="config",
    )
    op.create_table(
        "custom_field",
        sa.Column("tenant", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("choices", JSONB(), nullable=False, server_default="[]"),
        sa.Column("position", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("archived_at", moment, nullable=True),
        sa.PrimaryKeyConstraint("tenant", "key", name="pk_custom_field"),
        schema="config",
    )
