"""Quotas of a tenant, none at first."""

import sqlalchemy as sa
from alembic import op

revision = "0045"
down_revision = "0044"


def upgrade() -> None:
    for name in ("max_mailboxes", "max_users", "max_mails_per_day"):
        op.add_column("tenant", sa.Column(name, sa.Integer(), nullable=True), schema="config")
    op.add_column("tenant", sa.Column("max_storage", sa.BigInteger(), nullable=True), schema="config")
