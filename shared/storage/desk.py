"""The desk's own rows: who is signed in, what was done to accounts, and files on their way to a post."""

from sqlalchemy import BigInteger, Column, Index, Integer, LargeBinary, Table, Text, Uuid

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
    Index("ix_session_user", "tenant", "user"),
    schema="desk",
)

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
