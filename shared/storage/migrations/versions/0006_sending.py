"""Outgoing mail and attempts: the schema `sending`."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    op.execute("CREATE SCHEMA sending")
    _mail()
    _attempt()
    _recipient()


def _mail() -> None:
    op.create_table(
        "mail",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("tenant", sa.Text(), nullable=False),
        sa.Column("effect", sa.Uuid(), nullable=False),
        sa.Column("ticket", sa.Uuid(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("code", sa.Text(), nullable=True),
        sa.Column("message_id", sa.Text(), nullable=False),
        sa.Column("written_by", sa.Text(), nullable=False),
        sa.Column("actor", JSONB(), nullable=False),
        sa.Column("snapshot", JSONB(), nullable=False),
        sa.Column("recipients", JSONB(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("files", JSONB(), nullable=False),
        sa.Column("unless_customer_writes", sa.Boolean(), nullable=False, server_default="false"),
        sa.Column("as_mailbox", sa.Boolean(), nullable=False, server_default="false"),
        sa.Column("released", sa.Boolean(), nullable=False, server_default="false"),
        sa.Column("send_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("handle", sa.Text(), nullable=True),
        sa.Column("prepared_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("mailbox", sa.Uuid(), nullable=True),
        sa.Column("sent_from", JSONB(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("lease", sa.Uuid(), nullable=True),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False, server_default="0"),
        sa.PrimaryKeyConstraint("id", name="pk_mail"),
        sa.UniqueConstraint("tenant", "effect", name="uq_mail_tenant_effect"),
        schema="sending",
    )
    op.create_index("ix_mail_ticket", "mail", ["ticket"], schema="sending")
    op.create_index(
        "ix_sending_mail_due", "mail", ["due_at"], schema="sending", postgresql_where="due_at IS NOT NULL"
    )
    op.create_index("ix_sending_mail_message_id", "mail", ["tenant", "message_id"], schema="sending")


def _attempt() -> None:
    op.create_table(
        "attempt",
        sa.Column("id", sa.BigInteger(), nullable=False, autoincrement=True),
        sa.Column("tenant", sa.Text(), nullable=False),
        sa.Column("mail", sa.Uuid(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("code", sa.Text(), nullable=True),
        sa.Column("text", sa.Text(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_attempt"),
        sa.ForeignKeyConstraint(["mail"], ["sending.mail.id"], name="fk_attempt_mail"),
        schema="sending",
    )
    op.create_index("ix_attempt_mail", "attempt", ["mail"], schema="sending")


def _recipient() -> None:
    op.create_table(
        "recipient",
        sa.Column("mail", sa.Uuid(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("tenant", sa.Text(), nullable=False),
        sa.Column("written_by", sa.Text(), nullable=False),
        sa.Column("counted_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("mail", "address", name="pk_recipient"),
        sa.ForeignKeyConstraint(["mail"], ["sending.mail.id"], name="fk_recipient_mail"),
        schema="sending",
    )
    op.create_index("ix_recipient_window", "recipient", ["tenant", "address", "counted_at"], schema="sending")
