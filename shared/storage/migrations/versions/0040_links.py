"""Links between tickets, as people make them; and those that follow a ticket are found from it."""

import sqlalchemy as sa
from alembic import op

revision = "0040"
down_revision = "0039"


def upgrade() -> None:
    op.create_table(
        "link",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("tenant", sa.Text(), nullable=False),
        sa.Column("source", sa.Uuid(), nullable=False),
        sa.Column("target", sa.Uuid(), nullable=False),
        sa.Column("how", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_link"),
        sa.ForeignKeyConstraint(["source"], ["ticketing.ticket.id"], name="fk_link_source"),
        sa.ForeignKeyConstraint(["target"], ["ticketing.ticket.id"], name="fk_link_target"),
        sa.UniqueConstraint("source", "target", name="uq_link_source_target"),
        schema="ticketing",
    )
    op.create_index("ix_link_target", "link", ["target"], schema="ticketing")
    op.create_index(
        "ix_ticket_follows",
        "ticket",
        ["follows"],
        schema="ticketing",
        postgresql_where="follows IS NOT NULL",
    )
