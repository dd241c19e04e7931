"""When a tenant was erased, and receipts of what was."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0035"
down_revision = "0034"


def upgrade() -> None:
    moment = sa.DateTime(timezone=True)
    op.add_column("tenant", sa.Column("erased_at", moment, nullable=True), schema="config")
    op.create_table(
        "erasure",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("tenant", sa.Text(), nullable=False),
        sa.Column("of", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("found", JSONB(), nullable=False),
        sa.Column("plan", JSONB(), nullable=True),
        sa.Column("begun_at", moment, nullable=False),
        sa.Column("finished_at", moment, nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_erasure"),
        schema="config",
    )
    op.create_index("ix_erasure_tenant", "erasure", ["tenant", "begun_at"], schema="config")
