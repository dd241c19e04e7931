"""The desk's own rows: who is signed in, what people have begun to write, files on their way to a post."""

from sqlalchemy import BigInteger, Column, Index, Integer, Table, Text, Uuid, text
from sqlalchemy.dialects.postgresql import ARRAY

from shared.storage.columns import due, facts, metadata, moment, tenant, uuid_key

sessions = Table(
    "session",
    metadata,
    # SHA-256 of the cookie's value: a copy of this table signs nobody in
    Column("digest", Text, primary_key=True),
    tenant(),
    Column("user", Uuid, nullable=False),
    Column("csrf", Text, nullable=False),
    moment("created_at"),
    moment("expires_at"),
    schema="desk",
)

uploads = Table(
    "upload",
    metadata,
    uuid_key(),
    tenant(),
    Column("user", Uuid, nullable=False),
    Column("sha256", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("media_type", Text, nullable=False),
    moment("at"),
    # a post names it since; the row goes in its time all the same
    moment("used_at", nullable=True),
    *due(),
    Index("ix_upload_due", "due_at"),
    Index("ix_upload_sha256", "tenant", "sha256"),
    schema="desk",
)

drafts = Table(
    "draft",
    metadata,
    # the page names it: saved twice, it is one
    uuid_key(),
    tenant(),
    Column("user", Uuid, nullable=False),
    # none: of a ticket that is to be opened
    Column("ticket", Uuid),
    Column("kind", Text, nullable=False),
    # here and in no blob: it changes with each pause, and goes without a trace
    Column("text", Text, nullable=False),
    Column("html", Text, nullable=False),
    facts("fields"),
    Column("files", ARRAY(Uuid), nullable=False),
    Column("version", Integer, nullable=False),
    moment("changed_at"),
    # its words are gone, and a late save does not bring them back; the row goes in its time
    moment("ended_at", nullable=True),
    *due(),
    Index("ix_draft_due", "due_at"),
    Index("ix_draft_user", "tenant", "user", "ticket", postgresql_where=text("ended_at IS NULL")),
    schema="desk",
)

saved_replies = Table(
    "saved_reply",
    metadata,
    uuid_key(),
    tenant(),
    # whose it is; none: everybody's, or the department's
    Column("user", Uuid),
    Column("department", Uuid),
    Column("name", Text, nullable=False),
    # templates, filled from the ticket that they are put into
    Column("text", Text, nullable=False),
    Column("html", Text, nullable=False),
    facts("files"),
    moment("changed_at"),
    Index("ix_saved_reply_tenant", "tenant", "name"),
    schema="desk",
)
