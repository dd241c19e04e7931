"""Subscriptions to new mail, and how often a mailbox was woken by them."""

import sqlalchemy as sa
from alembic import op

revision = "0027"
down_revision = "0026"


def upgrade() -> None:
    moment = sa.DateTime(timezone=True)
    wakes: sa.Column[int] = sa.Column("wakes", sa.BigInteger(), nullable=False, server_default="0")
    op.add_column("cursor", wakes, schema="ingest")
    before: sa.Column[int] = sa.Column("wakes_before", sa.BigInteger(), nullable=True)
    op.add_column("cursor", before, schema="ingest")
    op.create_table(
        "subscription",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("tenant", sa.Text(), nullable=False),
        sa.Column("provider_id", sa.Text(), nullable=True),
        sa.Column("digest", sa.Text(), nullable=True),
        sa.Column("stamp", sa.Text(), nullable=True),
        sa.Column("expires_at", moment, nullable=True),
        sa.Column("error_code", sa.Text(), nullable=True),
        sa.Column("error_text", sa.Text(), nullable=True),
        sa.Column("due_at", moment, nullable=True),
        sa.Column("lease", sa.Uuid(), nullable=True),
        sa.Column("lease_until", moment, nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False, server_default="0"),
        sa.PrimaryKeyConstraint("id", name="pk_subscription"),
        schema="ingest",
    )
    op.create_index("ix_subscription_due", "subscription", ["due_at"], schema="ingest")
    op.create_index("ix_subscription_provider_id", "subscription", ["tenant", "provider_id"], schema="ingest")
