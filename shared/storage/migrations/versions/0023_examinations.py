"""Examinations of mailboxes, and what they found."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0023"
down_revision = "0017"


def upgrade() -> None:
    moment = sa.DateTime(timezone=True)
    op.create_table(
        "examination",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("tenant", sa.Text(), nullable=False),
        sa.Column("mailbox", sa.Uuid(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("send", sa.Boolean(), nullable=False),
        sa.Column("asked_by", sa.Text(), nullable=True),
        sa.Column("findings", JSONB(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("asked_at", moment, nullable=False),
        sa.Column("began_at", moment, nullable=True),
        sa.Column("ended_at", moment, nullable=True),
        sa.Column("due_at", moment, nullable=True),
        sa.Column("lease", sa.Uuid(), nullable=True),
        sa.Column("lease_until", moment, nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False, server_default="0"),
        sa.PrimaryKeyConstraint("id", name="pk_examination"),
        schema="ingest",
    )
    op.create_index("ix_examination_due", "examination", ["due_at"], schema="ingest")
    op.create_index("ix_examination_latest", "examination", ["mailbox", "asked_at"], schema="ingest")
    op.create_index(
        "ix_examination_open",
        "examination",
        ["mailbox"],
        unique=True,
        schema="ingest",
        postgresql_where=sa.text("ended_at IS NULL"),
    )
