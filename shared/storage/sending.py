"""Outgoing mail and every attempt to send it. The mailer alone writes."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
)
from sqlalchemy.dialects.postgresql import ARRAY

from shared.storage.columns import due, facts, metadata, moment, tenant, uuid_key

mails = Table(
    "mail",
    metadata,
    uuid_key(),
    tenant(),
    Column("effect", Uuid, nullable=False),
    # none: it is a notice to an employee, which is on no ticket
    Column("ticket", Uuid, nullable=True, index=True),
    # the tickets that a notice names
    Column("about", ARRAY(Uuid), nullable=True),
    # the ticket that an answer to a notice belongs to
    Column("leads_to", Uuid, nullable=True),
    Column("state", Text, nullable=False),
    Column("reason", Text, nullable=True),
    Column("code", Text, nullable=True),
    Column("message_id", Text, nullable=False),
    Column("written_by", Text, nullable=False),
    facts("actor"),
    facts("snapshot", nullable=True),
    facts("recipients"),  # {"to": [...], "cc": [...], "bcc": [...]}
    Column("subject", Text, nullable=False),
    Column("body", Text, nullable=False),
    # the blob of what a person wrote, where a signature was put below it
    Column("written", Text, nullable=True),
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
    # the kind of the automatic mail that it descends from
    Column("answers", Text, nullable=True),
    # what a person should know of a mail that leaves nevertheless
    Column("warning", Text, nullable=True),
    # the incident that it was held in
    Column("incident", Uuid, nullable=True),
    moment("created_at"),
    moment("sent_at", nullable=True),
    *due(),
    UniqueConstraint("tenant", "effect"),
    Index("ix_sending_mail_due", "due_at", postgresql_where="due_at IS NOT NULL"),
    Index("ix_sending_mail_message_id", "tenant", "message_id"),
    Index("ix_sending_mail_state", "tenant", "state", postgresql_where="state <> 'sent'"),
    Index("ix_sending_mail_mailbox", "mailbox", "prepared_at", postgresql_where="prepared_at IS NOT NULL"),
    Index("ix_sending_mail_incident", "incident", postgresql_where="incident IS NOT NULL"),
    schema="sending",
)

incidents = Table(
    "incident",
    metadata,
    uuid_key(),
    tenant(),
    Column("guard", Text, nullable=False),
    Column("written_by", Text, nullable=False),
    # whom the first held mail was to; @ and the domain where that is what is counted
    Column("address", Text, nullable=False),
    Column("ticket", Uuid, nullable=True),
    # the windows, by their keys, that make a later held mail one of this incident
    Column("about", ARRAY(Text), nullable=False),
    Column("count", Integer, nullable=False),
    moment("opened_at"),
    moment("last_at"),
    # when it is over, unless another mail is held before
    moment("quiet_at"),
    # when people had released or discarded all of it
    moment("ended_at", nullable=True),
    Index("ix_incident_opened", "tenant", "opened_at"),
    schema="sending",
)

blocked = Table(
    "blocked_address",
    metadata,
    Column("tenant", Text, primary_key=True),
    Column("address", Text, primary_key=True),
    Column("reason", Text, nullable=False),
    # the one that came back
    Column("mail", Uuid, nullable=False),
    moment("since"),
    moment("until"),
    schema="sending",
)

recipients = Table(
    "recipient",
    metadata,
    Column("mail", Uuid, ForeignKey("sending.mail.id"), primary_key=True),
    Column("address", Text, primary_key=True),
    tenant(),
    Column("written_by", Text, nullable=False),
    moment("counted_at", nullable=True),  # when it left, or until when it may leave; none while it waits
    moment("bounced_at", nullable=True),
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
