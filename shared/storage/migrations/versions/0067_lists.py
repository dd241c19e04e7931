"""What people have seen, their views and columns of the list, and many tickets changed alike."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

revision = "0067"
down_revision = "0066"

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    _what_is_seen()
    _views()
    _bulks()


def _what_is_seen() -> None:
    op.create_table(
        "seen",
        sa.Column("user", sa.Uuid(), nullable=False),
        sa.Column("ticket", sa.Uuid(), nullable=False),
        sa.Column("tenant", sa.Text(), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("unread", sa.Boolean(), nullable=False, server_default="false"),
        sa.PrimaryKeyConstraint("user", "ticket", name="pk_seen"),
        schema="desk",
    )


def _views() -> None:
    op.create_table(
        "view",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("tenant", sa.Text(), nullable=False),
        sa.Column("owner", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("shared", sa.Boolean(), nullable=False, server_default="false"),
        sa.Column("position", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("asked", JSONB(), nullable=False),
        sa.Column("columns", ARRAY(sa.Text()), nullable=False, server_default="{}"),
        sa.Column("changed_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_view"),
        schema="desk",
    )
    op.create_index("ix_view_owner", "view", ["tenant", "owner"], schema="desk")
    op.create_index("ix_view_shared", "view", ["tenant"], schema="desk", postgresql_where=sa.text("shared"))
    op.create_table(
        "layout",
        sa.Column("user", sa.Uuid(), nullable=False),
        sa.Column("view", sa.Text(), nullable=False),
        sa.Column("tenant", sa.Text(), nullable=False),
        sa.Column("columns", ARRAY(sa.Text()), nullable=False),
        sa.PrimaryKeyConstraint("user", "view", name="pk_layout"),
        schema="desk",
    )


def _bulks() -> None:
    op.create_table(
        "bulk",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("tenant", sa.Text(), nullable=False),
        sa.Column("user", sa.Uuid(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("changes", JSONB(), nullable=False),
        sa.Column("undoes", sa.Uuid(), nullable=True),
        sa.Column("back", sa.Text(), nullable=False, server_default=""),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("begun_at", MOMENT, nullable=True),
        sa.Column("due_at", MOMENT, nullable=True),
        sa.Column("lease", sa.Uuid(), nullable=True),
        sa.Column("lease_until", MOMENT, nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False, server_default="0"),
        sa.PrimaryKeyConstraint("id", name="pk_bulk"),
        schema="desk",
    )
    due, undone = sa.text("due_at IS NOT NULL"), sa.text("undoes IS NOT NULL")
    op.create_index("ix_bulk_due", "bulk", ["due_at"], schema="desk", postgresql_where=due)
    op.create_index("ix_bulk_undoes", "bulk", ["undoes"], schema="desk", postgresql_where=undone)
    op.create_table(
        "bulk_item",
        sa.Column("bulk", sa.Uuid(), nullable=False),
        sa.Column("ticket", sa.Uuid(), nullable=False),
        sa.Column("tenant", sa.Text(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("command", sa.Uuid(), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("old", JSONB(), nullable=True),
        sa.Column("new", JSONB(), nullable=True),
        sa.Column("detail", sa.Text(), nullable=False, server_default=""),
        sa.PrimaryKeyConstraint("bulk", "ticket", name="pk_bulk_item"),
        sa.ForeignKeyConstraint(["bulk"], ["desk.bulk.id"], ondelete="CASCADE", name="fk_bulk_item_bulk"),
        schema="desk",
    )
    op.create_index("ix_bulk_item_state", "bulk_item", ["bulk", "state", "number"], schema="desk")
