"""What employees are told, and when each is told next."""

import sqlalchemy as sa
from alembic import op

revision = "0059"
down_revision = "0058"

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "notice",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("tenant", sa.Text(), nullable=False),
        sa.Column("user", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("ticket", sa.Uuid(), nullable=False),
        sa.Column("post", sa.Uuid(), nullable=True),
        sa.Column("who", sa.Text(), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("ended_at", MOMENT, nullable=True),
        sa.Column("outcome", sa.Text(), nullable=True),
        sa.Column("effect", sa.Uuid(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_notice"),
        schema="triggers",
    )
    op.create_index("ix_notice_ticket", "notice", ["ticket"], schema="triggers")
    op.create_index(
        "ix_notice_waiting", "notice", ["user"], schema="triggers", postgresql_where="ended_at IS NULL"
    )
    op.create_index("ix_notice_ended", "notice", ["user", "ended_at"], schema="triggers")
    op.create_table(
        "notified",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("tenant", sa.Text(), nullable=False),
        sa.Column("told_at", MOMENT, nullable=True),
        sa.Column("due_at", MOMENT, nullable=True),
        sa.Column("lease", sa.Uuid(), nullable=True),
        sa.Column("lease_until", MOMENT, nullable=True),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_notified"),
        schema="triggers",
    )
    op.create_index(
        "ix_notified_due", "notified", ["due_at"], schema="triggers", postgresql_where="due_at IS NOT NULL"
    )
