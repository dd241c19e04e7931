"""Outgoing mail and every attempt to send it. The mailer alone writes."""

from sqlalchemy import BigInteger, Boolean, Column, ForeignKey, Index, Table, Text, UniqueConstraint, Uuid

from shared.storage.columns import due, facts, metadata, moment, tenant, uuid_key

mails = Table(
    "mail",
    metadata,
    uuid_key(),
    tenant(),
    Column("effect", Uuid, nullable=False),
    Column("ticket", Uuid, nullable=False, index=True),
    Column("state", Text, nullable=False),
    Column("reason", Text, nullable=True),
    Column("code", Text, nullable=True),
    Column("message_id", Text, nullable=False),
    Column("written_by", Text, nullable=False),
    facts("actor"),
    facts("snapshot"),
    facts("recipients"),  # {"to": [...], "cc": [...], "bcc": [...]}
    Column("subject", Text, nullable=False),
    Column("body", Text, nullable=False),
    facts("files"),
    Column("unless_customer_writes", Boolean, nullable=False, server_default="false"),
    # the provider refused the person's address: the mailbox speaks, with the person's name
    Column("as_mailbox", Boolean, nullable=False, server_default="false"),
    Column("released", Boolean, nullable=False, server_default="false"),
    moment("send_at", nullable=True),
    # how the provider names the prepared mail; recorded before the step that cannot be taken back
    Column("handle", Text, nullable=True),
    moment("prepared_at", nullable=True),
    Column("mailbox", Uuid, nullable=True),
    facts("sent_from", nullable=True),
    moment("created_at"),
    moment("sent_at", nullable=True),
    *due(),
    UniqueConstraint("tenant", "effect"),
    Index("ix_sending_mail_due", "due_at", postgresql_where="due_at IS NOT NULL"),
    Index("ix_sending_mail_message_id", "tenant", "message_id"),
    Index("ix_sending_mail_state", "tenant", "state", postgresql_where="state <> 'sent'"),
    Index("ix_sending_mail_mailbox", "mailbox", "prepared_at", postgresql_where="prepared_at IS NOT NULL"),
    schema="sending",
)

recipients = Table(
    "recipient",
    metadata,
    Column("mail", Uuid, ForeignKey("sending.mail.id"), primary_key=True),
    Column("address", Text, primary_key=True),
    tenant(),
    Column("written_by", Text, nullable=False),
    moment("counted_at"),
    Index("ix_recipient_window", "tenant", "address", "counted_at"),
    schema="sending",
)

attempts = Table(
    "attempt",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=True),
    tenant(),
    Column("mail", Uuid, ForeignKey("sending.mail.id"), nullable=False, index=True),
    Column("outcome", Text, nullable=False),
    Column("code", Text, nullable=True),
    Column("text", Text, nullable=True),
    moment("at"),
    schema="sending",
)
