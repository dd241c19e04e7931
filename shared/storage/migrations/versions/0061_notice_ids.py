"""Message-IDs that providers gave to notices."""

import sqlalchemy as sa
from alembic import op

revision = "0061"
down_revision = "0060"


def upgrade() -> None:
    op.create_table(
        "notice_id",
        sa.Column("tenant", sa.Text(), nullable=False),
        sa.Column("message_id", sa.Text(), nullable=False),
        sa.Column("ticket", sa.Uuid(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("tenant", "message_id", name="pk_notice_id"),
        schema="ticketing",
    )
    op.create_index("ix_notice_id_at", "notice_id", ["tenant", "at"], schema="ticketing")
