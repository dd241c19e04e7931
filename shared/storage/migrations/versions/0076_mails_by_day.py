"""Mails by the day they were first seen, for the balance of each mailbox."""

from alembic import op

revision = "0076"
down_revision = "0075"


def upgrade() -> None:
    op.create_index("ix_mail_listed_at", "mail", ["tenant", "listed_at"], schema="ingest")
