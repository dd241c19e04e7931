"""What a folder is known for, imports that go on a few mails at a time, receipts of settled mail.

Listings begin anew, without a filter: the ledger then knows every mail of the folder.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0026"
down_revision = "0025"


def upgrade() -> None:
    moment = sa.DateTime(timezone=True)
    op.add_column("cursor", sa.Column("place", sa.Text(), nullable=True), schema="ingest")
    op.add_column("cursor", sa.Column("live_from", moment, nullable=True), schema="ingest")
    op.add_column("cursor", sa.Column("policy", sa.Text(), nullable=True), schema="ingest")
    for name in ("there_before", "in_flight"):
        flag: sa.Column[bool] = sa.Column(name, sa.Boolean(), nullable=False, server_default="false")
        op.add_column("mail", flag, schema="ingest")
    op.add_column("mail", sa.Column("receipt", JSONB(), nullable=True), schema="ingest")
    op.create_table(
        "import",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("tenant", sa.Text(), nullable=False),
        sa.Column("due_at", moment, nullable=True),
        sa.Column("lease", sa.Uuid(), nullable=True),
        sa.Column("lease_until", moment, nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False, server_default="0"),
        sa.PrimaryKeyConstraint("id", name="pk_import"),
        schema="ingest",
    )
    op.create_index("ix_import_due", "import", ["due_at"], schema="ingest")
    waits = sa.text("there_before AND state = 'listed' AND due_at IS NULL")
    op.create_index(
        "ix_mail_import", "mail", ["mailbox", "received_at"], schema="ingest", postgresql_where=waits
    )
    op.create_index(
        "ix_mail_in_flight", "mail", ["mailbox"], schema="ingest", postgresql_where=sa.text("in_flight")
    )
    op.execute("UPDATE ingest.mail SET there_before = true WHERE imported")
    op.execute("UPDATE ingest.cursor SET link = NULL, first_round_done = false")
