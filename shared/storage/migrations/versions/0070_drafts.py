"""What people at the desk have begun to write."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

revision = "0070"
down_revision = "0069"


def upgrade() -> None:
    moment = sa.DateTime(timezone=True)
    op.create_table(
        "draft",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("tenant", sa.Text(), nullable=False),
        sa.Column("user", sa.Uuid(), nullable=False),
        sa.Column("ticket", sa.Uuid(), nullable=True),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("html", sa.Text(), nullable=False),
        sa.Column("fields", JSONB(), nullable=False),
        sa.Column("files", ARRAY(sa.Uuid()), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("changed_at", moment, nullable=False),
        sa.Column("ended_at", moment, nullable=True),
        sa.Column("due_at", moment, nullable=True),
        sa.Column("lease", sa.Uuid(), nullable=True),
        sa.Column("lease_until", moment, nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False, server_default="0"),
        sa.PrimaryKeyConstraint("id", name="pk_draft"),
        schema="desk",
    )
    op.create_index("ix_draft_due", "draft", ["due_at"], schema="desk")
    op.create_index(
        "ix_draft_user",
        "draft",
        ["tenant", "user", "ticket"],
        schema="desk",
        postgresql_where=sa.text("ended_at IS NULL"),
    )
