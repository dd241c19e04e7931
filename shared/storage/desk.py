"""The desk's own rows: who is signed in, what was done to accounts, what people began to write, files."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
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
    # to the minute
    moment("used_at"),
    # the network address and the program that began it
    Column("client", Text, nullable=False),
    Column("program", Text, nullable=False),
    # what is still missing before anything is shown; none: nothing is
    Column("waits_for", Text, nullable=True),
    # what was shown already, in words; empty: it waits for nothing
    Column("how", Text, nullable=False, server_default=""),
    Index("ix_session_user", "tenant", "user"),
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

sign_in_attempts = Table(
    "sign_in_attempt",
    metadata,
    Column("tenant", Text, primary_key=True),
    # SHA-256 of who is counted: an address with a client, or a client
    Column("key", Text, primary_key=True),
    Column("count", Integer, nullable=False),
    moment("last"),
    schema="desk",
)
"""Attempts to sign in that have not succeeded, counted by all processes together."""

second_factors = Table(
    "second_factor",
    metadata,
    Column("user", Uuid, primary_key=True),
    tenant(),
    # sealed for the purpose "sign-in"
    Column("secret", LargeBinary, nullable=False),
    # none: it is being set up, and nothing asks for it yet
    moment("confirmed_at", nullable=True),
    # the time step of the last code that counted: neither it nor an older one counts again
    Column("last_step", BigInteger, nullable=False, server_default="0"),
    schema="desk",
)

recovery_codes = Table(
    "recovery_code",
    metadata,
    # SHA-256 of the user's id and the code
    Column("digest", Text, primary_key=True),
    tenant(),
    Column("user", Uuid, nullable=False),
    Index("ix_recovery_code_user", "tenant", "user"),
    schema="desk",
)
"""Each in place of one code; its row goes when it is used."""

audit = Table(
    "audit",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=True),
    tenant(),
    moment("at"),
    Column("act", Text, nullable=False),
    # whose account it is about; none: of a sign-in under an address that nobody has
    Column("user", Uuid, nullable=True),
    Column("done_by", Text, nullable=False),
    # the network address that asked; empty: a command
    Column("client", Text, nullable=False),
    facts("facts"),
    Index("ix_audit_tenant", "tenant", "id"),
    Index("ix_audit_at", "tenant", "at"),
    schema="desk",
)
"""Sign-ins and changes of accounts, without any secret: not even a digest of one."""

image_senders = Table(
    "image_sender",
    metadata,
    Column("tenant", Text, primary_key=True),
    # with small letters
    Column("address", Text, primary_key=True),
    Column("added_by", Uuid, nullable=False),
    moment("added_at"),
    schema="desk",
)
"""Whose remote images are shown without asking."""

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

idempotency_keys = Table(
    "idempotency_key",
    metadata,
    # made of the key and the token, so that keys of different programs are different
    uuid_key(),
    tenant(),
    # HMAC-SHA-256 of what was asked, by the token: the same key for something else is refused
    Column("asked", Text, nullable=False),
    # what was made, in the same transaction
    Column("made", Uuid),
    moment("at"),
    *due(),
    Index("ix_idempotency_key_due", "due_at"),
    schema="desk",
)
"""Keys under which programs had something made, for a day."""

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
