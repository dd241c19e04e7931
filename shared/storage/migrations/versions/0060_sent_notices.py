"""Outgoing mail that is on no ticket: notices to employees."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY

revision = "0060"
down_revision = "0059"


def upgrade() -> None:
    op.alter_column("mail", "ticket", nullable=True, schema="sending")
    op.alter_column("mail", "snapshot", nullable=True, schema="sending")
    op.alter_column("incident", "ticket", nullable=True, schema="sending")
    op.add_column("mail", sa.Column("about", ARRAY(sa.Uuid()), nullable=True), schema="sending")
    op.add_column("mail", sa.Column("leads_to", sa.Uuid(), nullable=True), schema="sending")
