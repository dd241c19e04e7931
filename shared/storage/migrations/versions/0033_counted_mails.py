"""The ledger tells its latest mail, and what is in quarantine, without being read whole."""

import sqlalchemy as sa
from alembic import op

revision = "0033"
down_revision = "0032"


def upgrade() -> None:
    op.create_index("ix_mail_stored_at", "mail", ["tenant", "stored_at"], schema="ingest")
    quarantined = sa.text("state = 'quarantined'")
    op.create_index("ix_mail_quarantined", "mail", ["tenant"], schema="ingest", postgresql_where=quarantined)
