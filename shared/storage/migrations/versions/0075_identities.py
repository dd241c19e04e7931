"""Whom an OpenID provider means."""

import sqlalchemy as sa
from alembic import op

revision = "0075"
down_revision = "0074"


def upgrade() -> None:
    op.create_table(
        "identity",
        sa.Column("tenant", sa.Text(), nullable=False),
        sa.Column("issuer", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("user", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("tenant", "issuer", "subject", name="pk_identity"),
        schema="config",
    )
    op.create_index("ix_identity_user", "identity", ["tenant", "user"], schema="config")
