"""Resources of others: their last answers, their keys on our rows, and what a person chose of a contact."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

revision = "0028"
down_revision = "0027"


def upgrade() -> None:
    op.create_table(
        "known_answer",
        sa.Column("tenant", sa.Text(), nullable=False),
        sa.Column("resource", sa.Text(), nullable=False),
        sa.Column("question", sa.Text(), nullable=False),
        sa.Column("asked", sa.Text(), nullable=False),
        sa.Column("answer", JSONB(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("tenant", "resource", "question", "asked", name="pk_known_answer"),
        schema="ticketing",
    )
    op.create_index("ix_known_answer_at", "known_answer", ["tenant", "at"], schema="ticketing")
    for table in ("contact", "organization"):
        op.add_column(table, sa.Column("resource", sa.Text(), nullable=True), schema="ticketing")
        op.add_column(table, sa.Column("reference", sa.Text(), nullable=True), schema="ticketing")
    chosen: sa.Column[list[str]] = sa.Column("chosen", ARRAY(sa.Text()), nullable=False, server_default="{}")
    op.add_column("contact", chosen, schema="ticketing")
    op.create_unique_constraint(
        "uq_organization_tenant_resource_reference",
        "organization",
        ["tenant", "resource", "reference"],
        schema="ticketing",
    )
