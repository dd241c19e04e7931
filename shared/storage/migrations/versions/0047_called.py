"""Contacts found by how their name begins."""

import sqlalchemy as sa
from alembic import op

revision = "0047"
down_revision = "0046"


def upgrade() -> None:
    called: sa.Column[str] = sa.Column(
        "called", sa.Text(collation="C"), sa.Computed("lower(name)", persisted=True), nullable=True
    )
    op.add_column("contact", called, schema="ticketing")
    op.create_index("ix_contact_called", "contact", ["tenant", "called"], schema="ticketing")
