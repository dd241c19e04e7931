"""Contacts have a language."""

import sqlalchemy as sa
from alembic import op

revision = "0064"
down_revision = "0063"


def upgrade() -> None:
    op.add_column("contact", sa.Column("language", sa.Text), schema="ticketing")
