"""Replies that are written once and used often."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0071"
down_revision = "0070"


def upgrade() -> None:
    moment = sa.DateTime(timezone=True)
    op.create_table(
        "saved_reply",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("tenant", sa.Text(), nullable=False),
        sa.Column("user", sa.Uuid(), nullable=True),
        sa.Column("department", sa.Uuid(), nullable=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("html", sa.Text(), nullable=False),
        sa.Column("files", JSONB(), nullable=False),
        sa.Column("changed_at", moment, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_saved_reply"),
        schema="desk",
    )
    op.create_index("ix_saved_reply_tenant", "saved_reply", ["tenant", "name"], schema="desk")
