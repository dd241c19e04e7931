"""Domains that are applied to the contacts and tickets that are there; contacts found by their domain."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0037"
down_revision = "0036"


def upgrade() -> None:
    moment = sa.DateTime(timezone=True)
    op.create_table(
        "regrouping",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("tenant", sa.Text(), nullable=False),
        sa.Column("domain", sa.Text(), nullable=False),
        sa.Column("actor", JSONB(), nullable=False),
        sa.Column("cause", sa.Uuid(), nullable=False),
        sa.Column("contacts", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("tickets", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("started_at", moment, nullable=False),
        sa.Column("finished_at", moment, nullable=True),
        sa.Column("due_at", moment, nullable=True),
        sa.Column("lease", sa.Uuid(), nullable=True),
        sa.Column("lease_until", moment, nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False, server_default="0"),
        sa.PrimaryKeyConstraint("id", name="pk_regrouping"),
        sa.UniqueConstraint("tenant", "domain", name="uq_regrouping_tenant_domain"),
        schema="ticketing",
    )
    backwards: sa.Column[str] = sa.Column(
        "backwards",
        sa.Text(collation="C"),
        sa.Computed("reverse(substring(address, '[^@]*$'))", persisted=True),
        nullable=True,
    )
    op.add_column("contact", backwards, schema="ticketing")
    op.create_index("ix_contact_backwards", "contact", ["tenant", "backwards"], schema="ticketing")
    op.create_index("ix_contact_organization", "contact", ["organization"], schema="ticketing")
    op.create_index(
        "ix_contact_address",
        "contact",
        ["tenant", "address"],
        schema="ticketing",
        postgresql_ops={"address": "text_pattern_ops"},
    )
    op.create_index(
        "ix_organization_domain_organization", "organization_domain", ["organization"], schema="ticketing"
    )
