"""Incidents: mailboxes that failed for a while, from when and until when."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    op.create_table(
        "incident",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("tenant", sa.Text(), nullable=False),
        sa.Column("mailbox", sa.Uuid(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("began_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recovered_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_incident"),
        schema="ingest",
    )
    op.create_index(
        "ix_incident_open",
        "incident",
        ["mailbox"],
        unique=True,
        schema="ingest",
        postgresql_where=sa.text("recovered_at IS NULL"),
    )
