"""Due mail is found by mailbox: mailboxes take turns."""

from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    op.drop_index("ix_mail_due", "mail", schema="ingest")
    op.create_index(
        "ix_mail_due",
        "mail",
        ["mailbox", "due_at"],
        schema="ingest",
        postgresql_where="due_at IS NOT NULL",
    )
