"""The desk's own rows: who is signed in, what people have begun to write, files on their way to a post."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    Table,
    Text,
    Uuid,
    text,
)
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

preferences = Table(
    "preference",
    metadata,
    Column("user", Uuid, primary_key=True),
    tenant(),
    # as services/desk/reader.py has them; of whom there is no row, the usual ones count
    facts("choices"),
    moment("changed_at"),
    schema="desk",
)
"""How each person wants the desk to look and speak."""

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

seen = Table(
    "seen",
    metadata,
    Column("user", Uuid, primary_key=True),
    Column("ticket", Uuid, primary_key=True),
    tenant(),
    # when they last opened it
    moment("at"),
    # they marked it unread themselves
    Column("unread", Boolean, nullable=False, server_default="false"),
    schema="desk",
)

views = Table(
    "view",
    metadata,
    uuid_key(),
    tenant(),
    Column("owner", Uuid, nullable=False),
    Column("name", Text, nullable=False),
    # everybody sees it; its owner and administrators change it
    Column("shared", Boolean, nullable=False, server_default="false"),
    Column("position", Integer, nullable=False, server_default="0"),
    # what a link to the list says
    facts("asked"),
    Column("columns", ARRAY(Text), nullable=False, server_default="{}"),
    moment("changed_at"),
    Index("ix_view_owner", "tenant", "owner"),
    Index("ix_view_shared", "tenant", postgresql_where="shared"),
    schema="desk",
)
"""Saved views of the list of tickets."""

layouts = Table(
    "layout",
    metadata,
    Column("user", Uuid, primary_key=True),
    # a built-in view's name or the id of a saved one
    Column("view", Text, primary_key=True),
    tenant(),
    Column("columns", ARRAY(Text), nullable=False),
    schema="desk",
)
"""The columns that one person chose for themselves."""

bulks = Table(
    "bulk",
    metadata,
    uuid_key(),
    tenant(),
    Column("user", Uuid, nullable=False),
    # preview, running, done
    Column("state", Text, nullable=False),
    # what is changed on each ticket; of an undo, nothing: each ticket has its own
    facts("changes"),
    # the one that this one takes back
    Column("undoes", Uuid, nullable=True),
    # the list that it was asked from
    Column("back", Text, nullable=False, server_default=""),
    moment("at"),
    moment("begun_at", nullable=True),
    *due(),
    Index("ix_bulk_due", "due_at", postgresql_where="due_at IS NOT NULL"),
    Index("ix_bulk_undoes", "undoes", postgresql_where="undoes IS NOT NULL"),
    schema="desk",
)
"""Many tickets changed alike: previewed, then carried out ticket by ticket. Removed after some days."""

bulk_items = Table(
    "bulk_item",
    metadata,
    Column("bulk", Uuid, ForeignKey("desk.bulk.id", ondelete="CASCADE"), primary_key=True),
    Column("ticket", Uuid, primary_key=True),
    tenant(),
    Column("number", Integer, nullable=False),
    # waiting, asked, done, same, refused
    Column("state", Text, nullable=False),
    # the command that was asked last
    Column("command", Uuid, nullable=True),
    Column("attempts", Integer, nullable=False, server_default="0"),
    # the values that it had, and those that it was given
    facts("old", nullable=True),
    facts("new", nullable=True),
    Column("detail", Text, nullable=False, server_default=""),
    Index("ix_bulk_item_state", "bulk", "state", "number"),
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
