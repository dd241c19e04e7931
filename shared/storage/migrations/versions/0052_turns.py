"""Whose turn it is among the members of a department."""

import sqlalchemy as sa
from alembic import op

revision = "0052"
down_revision = "0051"


def upgrade() -> None:
    op.create_table(
        "turn",
        sa.Column("tenant", sa.Text(), nullable=False),
        sa.Column("department", sa.Uuid(), nullable=False),
        sa.Column("last", sa.Uuid(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("tenant", "department", name="pk_turn"),
        schema="ticketing",
    )
