"""Outgoing mails that have not left are counted without the others."""

import sqlalchemy as sa
from alembic import op

revision = "0032"
down_revision = "0031"


def upgrade() -> None:
    unsent = sa.text("state <> 'sent'")
    op.create_index(
        "ix_sending_mail_state", "mail", ["tenant", "state"], schema="sending", postgresql_where=unsent
    )
