"""Tickets and people: the schema `ticketing`."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    op.execute("CREATE SCHEMA ticketing")
    _contact()
    _counter()
    _organization()
    _placement()
    _thread_id()
    _ticket()
    _held()
    _history()
    _organization_domain()
    _participant()
    _post()


def _contact() -> None:
    op.create_table(
        "contact",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("tenant", sa.Text(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False, server_default=""),
        sa.Column("organization", sa.Uuid(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_contact"),
        sa.UniqueConstraint("tenant", "address", name="uq_contact_tenant_address"),
        schema="ticketing",
    )


def _counter() -> None:
    op.create_table(
        "counter",
        sa.Column("tenant", sa.Text(), nullable=False),
        sa.Column("last_number", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("tenant", name="pk_counter"),
        schema="ticketing",
    )


def _organization() -> None:
    op.create_table(
        "organization",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("tenant", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_organization"),
        schema="ticketing",
    )


def _placement() -> None:
    op.create_table(
        "placement",
        sa.Column("mail", sa.Uuid(), nullable=False),
        sa.Column("tenant", sa.Text(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("ticket", sa.Uuid(), nullable=True),
        sa.Column("post", sa.Uuid(), nullable=True),
        sa.Column("same_as", sa.Uuid(), nullable=True),
        sa.Column("document", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("mail", name="pk_placement"),
        schema="ticketing",
    )


def _thread_id() -> None:
    op.create_table(
        "thread_id",
        sa.Column("tenant", sa.Text(), nullable=False),
        sa.Column("message_id", sa.Text(), nullable=False),
        sa.Column("ticket", sa.Uuid(), nullable=False),
        sa.Column("seen", sa.Boolean(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("tenant", "message_id", name="pk_thread_id"),
        schema="ticketing",
    )
    op.create_index("ix_thread_id_ticket", "thread_id", ["ticket"], schema="ticketing")


def _ticket() -> None:
    op.create_table(
        "ticket",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("tenant", sa.Text(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False, server_default="1"),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("priority", sa.Text(), nullable=False, server_default="normal"),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("department", sa.Uuid(), nullable=True),
        sa.Column("assignee", sa.Uuid(), nullable=True),
        sa.Column("contact", sa.Uuid(), nullable=True),
        sa.Column("organization", sa.Uuid(), nullable=True),
        sa.Column("mailbox", sa.Uuid(), nullable=True),
        sa.Column("receiving_address", sa.Text(), nullable=False, server_default=""),
        sa.Column("tags", ARRAY(sa.Text()), nullable=False, server_default="{}"),
        sa.Column("follows", sa.Uuid(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_person_post_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("waiting_since", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reminded_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_ticket"),
        sa.UniqueConstraint("tenant", "number", name="uq_ticket_tenant_number"),
        schema="ticketing",
    )
    op.create_index(
        "ix_ticket_inactive",
        "ticket",
        ["tenant", "last_person_post_at"],
        schema="ticketing",
        postgresql_where="status <> 'closed'",
    )


def _held() -> None:
    op.create_table(
        "held",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("tenant", sa.Text(), nullable=False),
        sa.Column("ticket", sa.Uuid(), nullable=False),
        sa.Column("mail", sa.Uuid(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("message", JSONB(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("lease", sa.Uuid(), nullable=True),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_held"),
        sa.ForeignKeyConstraint(["ticket"], ["ticketing.ticket.id"], name="fk_held_ticket"),
        sa.UniqueConstraint("tenant", "mail", name="uq_held_tenant_mail"),
        schema="ticketing",
    )
    op.create_index(
        "ix_held_due", "held", ["due_at"], schema="ticketing", postgresql_where="due_at IS NOT NULL"
    )
    op.create_index("ix_held_ticket", "held", ["ticket"], schema="ticketing")


def _history() -> None:
    op.create_table(
        "history",
        sa.Column("id", sa.BigInteger(), nullable=False, autoincrement=True),
        sa.Column("tenant", sa.Text(), nullable=False),
        sa.Column("ticket", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("field", sa.Text(), nullable=False),
        sa.Column("old", JSONB(), nullable=True),
        sa.Column("new", JSONB(), nullable=True),
        sa.Column("actor", JSONB(), nullable=False),
        sa.Column("caused_by", sa.Uuid(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_history"),
        sa.ForeignKeyConstraint(["ticket"], ["ticketing.ticket.id"], name="fk_history_ticket"),
        schema="ticketing",
    )
    op.create_index("ix_history_ticket", "history", ["ticket"], schema="ticketing")


def _organization_domain() -> None:
    op.create_table(
        "organization_domain",
        sa.Column("tenant", sa.Text(), nullable=False),
        sa.Column("domain", sa.Text(), nullable=False),
        sa.Column("organization", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("tenant", "domain", name="pk_organization_domain"),
        sa.ForeignKeyConstraint(
            ["organization"], ["ticketing.organization.id"], name="fk_organization_domain_organization"
        ),
        schema="ticketing",
    )


def _participant() -> None:
    op.create_table(
        "participant",
        sa.Column("ticket", sa.Uuid(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("tenant", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False, server_default=""),
        sa.Column("role", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("ticket", "address", name="pk_participant"),
        sa.ForeignKeyConstraint(["ticket"], ["ticketing.ticket.id"], name="fk_participant_ticket"),
        schema="ticketing",
    )


def _post() -> None:
    op.create_table(
        "post",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("tenant", sa.Text(), nullable=False),
        sa.Column("ticket", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("mail", sa.Uuid(), nullable=True),
        sa.Column("outgoing", sa.Uuid(), nullable=True),
        sa.Column("user", sa.Uuid(), nullable=True),
        sa.Column("author_address", sa.Text(), nullable=False, server_default=""),
        sa.Column("author_name", sa.Text(), nullable=False, server_default=""),
        sa.Column("subject", sa.Text(), nullable=False, server_default=""),
        sa.Column("body", sa.Text(), nullable=True),
        sa.Column("raw", sa.Text(), nullable=True),
        sa.Column("preview", sa.Text(), nullable=False, server_default=""),
        sa.Column("automatic", sa.Text(), nullable=True),
        sa.Column("message_id", sa.Text(), nullable=True),
        sa.Column("fingerprint", sa.Text(), nullable=True),
        sa.Column("has_files", sa.Boolean(), nullable=False, server_default="false"),
        sa.Column("details", JSONB(), nullable=False),
        sa.Column("shown_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_post"),
        sa.ForeignKeyConstraint(["ticket"], ["ticketing.ticket.id"], name="fk_post_ticket"),
        sa.UniqueConstraint("tenant", "mail", name="uq_post_tenant_mail"),
        sa.UniqueConstraint("tenant", "outgoing", name="uq_post_tenant_outgoing"),
        schema="ticketing",
    )
    op.create_index("ix_post_ticket", "post", ["ticket", "shown_at"], schema="ticketing")
