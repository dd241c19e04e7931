"""Tickets and people. Ticketing alone writes."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Computed,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, TSVECTOR
from sqlalchemy.engine.default import DefaultExecutionContext

from shared.contracts.statuses import category_of_built_in
from shared.storage.columns import due, facts, metadata, moment, tenant, uuid_key
from shared.storage.conditions import CLOSABLE, RANK, REMINDED, SILENCE, UNENDED, UNREMINDED, WAITING


def _category(context: DefaultExecutionContext) -> str:
    """A built-in status is of the category of its name."""
    parameters = context.get_current_parameters()  # type: ignore[no-untyped-call]
    category = category_of_built_in(parameters["status"])
    assert category is not None, "who sets an own status sets its category"
    return category


counters = Table(
    "counter",
    metadata,
    Column("tenant", Text, primary_key=True),
    Column("last_number", Integer, nullable=False),
    schema="ticketing",
)

tickets = Table(
    "ticket",
    metadata,
    uuid_key(),
    tenant(),
    Column("number", Integer, nullable=False),
    Column("version", Integer, nullable=False, server_default="1"),
    Column("subject", Text, nullable=False),
    Column("status", Text, nullable=False),
    # kept in step with the status by whoever sets that: see contracts/statuses.py
    Column("category", Text, nullable=False, default=_category),
    Column("priority", Text, nullable=False, server_default="normal"),
    Column("kind", Text, nullable=False),
    Column("department", Uuid, nullable=True),
    Column("assignee", Uuid, nullable=True),
    Column("contact", Uuid, nullable=True),
    Column("organization", Uuid, nullable=True),
    Column("mailbox", Uuid, nullable=True),
    Column("receiving_address", Text, nullable=False, server_default=""),
    Column("tags", ARRAY(Text), nullable=False, server_default="{}"),
    # values of custom fields by key
    Column("fields", JSONB, nullable=False, server_default="{}"),
    Column("follows", Uuid, nullable=True),
    # the ticket that its first posts were on before
    Column("split_from", Uuid, nullable=True),
    # the ticket that shows its posts since; NULL when it was not merged
    Column("merged_into", Uuid, nullable=True),
    moment("created_at"),
    moment("changed_at"),
    # the clock of inactivity: the last post by a person
    moment("last_person_post_at"),
    # since when the customer waits for an answer; NULL when we wrote last
    moment("waiting_since", nullable=True),
    moment("reminded_at", nullable=True),
    # opened by an import: inactivity leaves it alone until somebody writes
    moment("imported_at", nullable=True),
    UniqueConstraint("tenant", "number"),
    # the longest silence first, of those that inactivity may close
    Index("ix_ticket_inactive", "tenant", *SILENCE, postgresql_where=CLOSABLE),
    Index("ix_ticket_silent", "tenant", "department", *SILENCE, postgresql_where=CLOSABLE),
    # what is to be reminded, and what was and waits to be closed: neither walk meets the other's
    Index("ix_ticket_unreminded", "tenant", *SILENCE, postgresql_where=f"{CLOSABLE} AND {UNREMINDED}"),
    Index("ix_ticket_reminded", "tenant", "reminded_at", "id", postgresql_where=f"{CLOSABLE} AND {REMINDED}"),
    # the list, newest activity first: of all, of what has not ended, of each thing it is filtered by
    Index("ix_ticket_activity", "tenant", "changed_at", "id"),
    Index("ix_ticket_unended", "tenant", "changed_at", "id", postgresql_where=UNENDED),
    Index("ix_ticket_category", "tenant", "category", "changed_at", "id"),
    Index("ix_ticket_status", "tenant", "status", "changed_at", "id"),
    Index("ix_ticket_assignee", "tenant", "assignee", "changed_at", "id"),
    Index("ix_ticket_unended_assignee", "tenant", "assignee", "changed_at", "id", postgresql_where=UNENDED),
    Index("ix_ticket_mailbox", "tenant", "mailbox", "changed_at", "id"),
    Index("ix_ticket_department", "tenant", "department", "changed_at", "id"),
    Index("ix_ticket_organization", "tenant", "organization", "changed_at", "id"),
    Index("ix_ticket_contact", "tenant", "contact", "changed_at", "id"),
    # the longest wait first
    Index("ix_ticket_waiting", "tenant", text(WAITING), "id"),
    Index("ix_ticket_status_waiting", "tenant", "status", text(WAITING), "id"),
    Index("ix_ticket_category_waiting", "tenant", "category", text(WAITING), "id"),
    Index("ix_ticket_unended_waiting", "tenant", text(WAITING), "id", postgresql_where=UNENDED),
    Index("ix_ticket_mine_waiting", "tenant", "assignee", text(WAITING), "id", postgresql_where=UNENDED),
    # the newest, the most urgent and the highest number first
    Index("ix_ticket_created", "tenant", "created_at", "id"),
    Index("ix_ticket_unended_created", "tenant", "created_at", "id", postgresql_where=UNENDED),
    Index("ix_ticket_urgency", "tenant", text(RANK), "changed_at", "id"),
    Index("ix_ticket_unended_urgency", "tenant", text(RANK), "changed_at", "id", postgresql_where=UNENDED),
    Index("ix_ticket_unended_number", "tenant", "number", postgresql_where=UNENDED),
    Index("ix_ticket_tags", "tags", postgresql_using="gin"),
    Index("ix_ticket_split_from", "split_from", postgresql_where="split_from IS NOT NULL"),
    Index("ix_ticket_follows", "follows", postgresql_where="follows IS NOT NULL"),
    Index("ix_ticket_merged_into", "merged_into", postgresql_where="merged_into IS NOT NULL"),
    schema="ticketing",
)

posts = Table(
    "post",
    metadata,
    uuid_key(),
    tenant(),
    Column("ticket", Uuid, ForeignKey("ticketing.ticket.id"), nullable=False),
    Column("kind", Text, nullable=False),  # mail_in, mail_out, note, system
    Column("mail", Uuid, nullable=True),
    Column("outgoing", Uuid, nullable=True),
    Column("user", Uuid, nullable=True),
    Column("author_address", Text, nullable=False, server_default=""),
    Column("author_name", Text, nullable=False, server_default=""),
    Column("subject", Text, nullable=False, server_default=""),
    Column("body", Text, nullable=True),  # blob: a Document for mail_in, a Draft for mail_out and note
    Column("raw", Text, nullable=True),  # blob of the raw mail
    Column("preview", Text, nullable=False, server_default=""),
    Column("automatic", Text, nullable=True),
    Column("message_id", Text, nullable=True),
    Column("fingerprint", Text, nullable=True),
    Column("has_files", Boolean, nullable=False, server_default="false"),
    facts("details"),
    # the ticket that it belongs to when the merges that brought it here are undone
    Column("origin", Uuid, nullable=True),
    moment("shown_at"),
    moment("created_at"),
    UniqueConstraint("tenant", "mail"),
    UniqueConstraint("tenant", "outgoing"),
    Index("ix_post_ticket", "ticket", "shown_at"),
    # the words of a post follow it to another ticket
    UniqueConstraint("id", "ticket"),
    schema="ticketing",
)

words = Table(
    "words",
    metadata,
    # the post's own id: its words go where it goes, also into nothing
    uuid_key(),
    tenant(),
    Column("ticket", Uuid, nullable=False, index=True),
    # NULL while the post waits to be read for its words
    Column("words", TSVECTOR, nullable=True),
    *due(),
    ForeignKeyConstraint(
        ["id", "ticket"],
        ["ticketing.post.id", "ticketing.post.ticket"],
        onupdate="CASCADE",
        ondelete="CASCADE",
    ),
    Index("ix_words_words", "words", postgresql_using="gin"),
    Index("ix_words_due", "due_at", postgresql_where="due_at IS NOT NULL"),
    schema="ticketing",
)

history = Table(
    "history",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=True),
    tenant(),
    Column("ticket", Uuid, ForeignKey("ticketing.ticket.id"), nullable=False, index=True),
    Column("version", Integer, nullable=False),
    Column("field", Text, nullable=False),
    facts("old", nullable=True),
    facts("new", nullable=True),
    facts("actor"),
    Column("caused_by", Uuid, nullable=True),
    moment("at"),
    schema="ticketing",
)

participants = Table(
    "participant",
    metadata,
    Column("ticket", Uuid, ForeignKey("ticketing.ticket.id"), primary_key=True),
    Column("address", Text, primary_key=True),
    tenant(),
    Column("name", Text, nullable=False, server_default=""),
    Column("role", Text, nullable=False),  # submitter, sender, cc, forwarder; added: by one of us
    # by one of us: stays so, whoever writes to them, until one of us takes them back in
    moment("removed_at", nullable=True),
    schema="ticketing",
)

thread_ids = Table(
    "thread_id",
    metadata,
    Column("tenant", Text, primary_key=True),
    Column("message_id", Text, primary_key=True),
    Column("ticket", Uuid, primary_key=True, index=True),
    # false while the id is only referenced: several tickets may wait for a mail, one sees it
    Column("seen", Boolean, nullable=False),
    moment("at"),
    Index("ix_thread_id_seen", "tenant", "message_id", unique=True, postgresql_where="seen"),
    schema="ticketing",
)

placements = Table(
    "placement",
    metadata,
    Column("mail", Uuid, primary_key=True),
    tenant(),
    Column("outcome", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("ticket", Uuid, nullable=True),
    Column("post", Uuid, nullable=True),
    Column("same_as", Uuid, nullable=True),
    Column("document", Text, nullable=False),  # blob: what the parser found, whatever became of it
    moment("at"),
    schema="ticketing",
)

held = Table(
    "held",
    metadata,
    uuid_key(),
    tenant(),
    Column("ticket", Uuid, ForeignKey("ticketing.ticket.id"), nullable=False, index=True),
    Column("mail", Uuid, nullable=False),
    Column("reason", Text, nullable=False),
    facts("message"),
    Column("state", Text, nullable=False),  # open, joined, opened
    Column("origin", Uuid, nullable=True),  # as of a post
    *due(),
    moment("created_at"),
    UniqueConstraint("tenant", "mail"),
    Index("ix_held_due", "due_at", postgresql_where="due_at IS NOT NULL"),
    schema="ticketing",
)

contacts = Table(
    "contact",
    metadata,
    uuid_key(),
    tenant(),
    Column("address", Text, nullable=False),
    Column("name", Text, nullable=False, server_default=""),
    Column("organization", Uuid, nullable=True),
    # a tag of BCP 47, of the first mail that said one
    Column("language", Text, nullable=True),
    # fields that a person chose: no resource and no domain changes them any more
    Column("chosen", ARRAY(Text), nullable=False, server_default="{}"),
    # where a resource of others knows them, and its key there
    Column("resource", Text, nullable=True),
    Column("reference", Text, nullable=True),
    # the domain, read from its end: what stands under a domain begins alike, which an index can find
    Column(
        "backwards",
        Text(collation="C"),
        Computed("reverse(substring(address, '[^@]*$'))", persisted=True),
        nullable=True,
    ),
    # the name in small letters: what an index can find by its beginning
    Column("called", Text(collation="C"), Computed("lower(name)", persisted=True), nullable=True),
    moment("created_at"),
    UniqueConstraint("tenant", "address"),
    Index("ix_contact_called", "tenant", "called"),
    Index("ix_contact_backwards", "tenant", "backwards"),
    Index("ix_contact_organization", "organization"),
    Index("ix_contact_address", "tenant", "address", postgresql_ops={"address": "text_pattern_ops"}),
    schema="ticketing",
)

organizations = Table(
    "organization",
    metadata,
    uuid_key(),
    tenant(),
    Column("name", Text, nullable=False),
    # whose it is when a resource of others knows it, and its key there
    Column("resource", Text, nullable=True),
    Column("reference", Text, nullable=True),
    moment("created_at"),
    UniqueConstraint("tenant", "resource", "reference"),
    Index("ix_organization_name", "tenant", "name"),
    schema="ticketing",
)

organization_domains = Table(
    "organization_domain",
    metadata,
    Column("tenant", Text, primary_key=True),
    Column("domain", Text, primary_key=True),
    Column("organization", Uuid, ForeignKey("ticketing.organization.id"), nullable=False, index=True),
    schema="ticketing",
)
