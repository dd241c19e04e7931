"""Merged tickets: where one leads, where a post belongs once that is undone, and how it was before."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0034"
down_revision = "0033"


def upgrade() -> None:
    moment = sa.DateTime(timezone=True)
    op.add_column("ticket", sa.Column("merged_into", sa.Uuid(), nullable=True), schema="ticketing")
    op.create_index(
        "ix_ticket_merged_into",
        "ticket",
        ["merged_into"],
        schema="ticketing",
        postgresql_where="merged_into IS NOT NULL",
    )
    op.add_column("post", sa.Column("origin", sa.Uuid(), nullable=True), schema="ticketing")
    op.add_column("held", sa.Column("origin", sa.Uuid(), nullable=True), schema="ticketing")
    op.create_table(
        "merge",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("tenant", sa.Text(), nullable=False),
        sa.Column("source", sa.Uuid(), nullable=False),
        sa.Column("target", sa.Uuid(), nullable=False),
        sa.Column("status_before", sa.Text(), nullable=False),
        sa.Column("written_before", moment, nullable=False),
        sa.Column("waiting_before", moment, nullable=True),
        sa.Column("actor", JSONB(), nullable=False),
        sa.Column("at", moment, nullable=False),
        sa.Column("undone_at", moment, nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_merge"),
        sa.ForeignKeyConstraint(["source"], ["ticketing.ticket.id"], name="fk_merge_source"),
        sa.ForeignKeyConstraint(["target"], ["ticketing.ticket.id"], name="fk_merge_target"),
        schema="ticketing",
    )
    op.create_index("ix_merge_source", "merge", ["source"], schema="ticketing")
    op.create_index("ix_merge_target", "merge", ["target"], schema="ticketing")
