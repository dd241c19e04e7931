"""Find what a mailbox sent lately: its provider allows so many recipients a day."""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"


def upgrade() -> None:
    op.create_index(
        "ix_sending_mail_mailbox",
        "mail",
        ["mailbox", "prepared_at"],
        schema="sending",
        postgresql_where=sa.text("prepared_at IS NOT NULL"),
    )
