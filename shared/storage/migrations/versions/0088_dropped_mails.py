"""Who decided that a mail in quarantine becomes no ticket, and when."""

import sqlalchemy as sa
from alembic import op

revision = "0088"
down_revision = "0087"


def upgrade() -> None:
    op.add_column("mail", sa.Column("dropped_by", sa.Text(), nullable=True), schema="ingest")
    op.add_column("mail", sa.Column("dropped_at", sa.DateTime(timezone=True), nullable=True), schema="ingest")
    dropped = sa.text("state = 'dropped'")
    op.create_index(
        "ix_mail_dropped", "mail", ["tenant", "dropped_at"], schema="ingest", postgresql_where=dropped
    )
