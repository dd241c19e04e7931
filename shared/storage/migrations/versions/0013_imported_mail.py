"""Mails that were there before their mailbox was added; new mail is fetched before them."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    op.add_column(
        "mail", sa.Column("imported", sa.Boolean(), nullable=False, server_default="false"), schema="ingest"
    )
    op.create_index(
        "ix_mail_turn",
        "mail",
        ["mailbox", "imported", "due_at"],
        schema="ingest",
        postgresql_where=sa.text("due_at IS NOT NULL"),
    )
    op.drop_index("ix_mail_due", "mail", schema="ingest")
