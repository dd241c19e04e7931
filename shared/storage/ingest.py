"""What ingest tracks: one cursor a mailbox, the ledger of every mail ever seen, imports, folders, incidents,
examinations, and subscriptions."""

from sqlalchemy import BigInteger, Boolean, Column, Index, Integer, Table, Text, UniqueConstraint, Uuid

from shared.storage.columns import due, facts, metadata, moment, tenant, uuid_key

cursors = Table(
    "cursor",
    metadata,
    uuid_key(),  # the mailbox
    tenant(),
    Column("link", Text, nullable=True),
    # the folder that all this is of
    Column("place", Text, nullable=True),
    Column("first_round_done", Boolean, nullable=False, server_default="false"),
    # mail received before was there before
    moment("live_from", nullable=True),
    # what people wanted of it when the ledger was last made to agree
    Column("policy", Text, nullable=True),
    *due(),
    moment("started_at"),
    moment("last_scan_at", nullable=True),
    moment("last_success_at", nullable=True),
    Column("error_code", Text, nullable=True),
    Column("error_text", Text, nullable=True),
    moment("error_since", nullable=True),
    # the error is the provider's limit: the mailbox is behind and not broken
    Column("throttled", Boolean, nullable=False, server_default="false"),
    # pages one after the other that promised more and told nothing new
    Column("idle_pages", Integer, nullable=False, server_default="0"),
    # the step of its secret's end that was told last, in days before it
    Column("expiry_told", Integer, nullable=True),
    # how often its provider told of something: a scan during which it did so is followed by another
    Column("wakes", BigInteger, nullable=False, server_default="0"),
    # how often it had when this round of pages began; none between two rounds
    Column("wakes_before", BigInteger, nullable=True),
    # when its folders were listed last
    moment("folders_at", nullable=True),
    Index("ix_cursor_due", "due_at"),
    schema="ingest",
)

OVER_QUOTA = "over_quota"
"""The reason of a listed mail that waits for room in its tenant's quota."""

mails = Table(
    "mail",
    metadata,
    uuid_key(),
    tenant(),
    Column("mailbox", Uuid, nullable=False),
    Column("provider_id", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("reason", Text, nullable=True),
    Column("detail", Text, nullable=True),
    Column("blob", Text, nullable=True),
    Column("size", BigInteger, nullable=True),
    # tickets without triggers: it was there before, or is old and somebody moved it in
    Column("imported", Boolean, nullable=False, server_default="false"),
    # the mailbox's policy says what becomes of it
    Column("there_before", Boolean, nullable=False, server_default="false"),
    # imported, and on its way from the mailbox to its ticket
    Column("in_flight", Boolean, nullable=False, server_default="false"),
    moment("listed_at"),
    moment("received_at", nullable=True),
    moment("stored_at", nullable=True),
    moment("settled_at", nullable=True),
    # what was done in the mailbox, and where the mail is since
    facts("receipt", nullable=True),
    # a person made no ticket of it; its reason and detail say why it was in quarantine
    Column("dropped_by", Text, nullable=True),
    moment("dropped_at", nullable=True),
    *due(),
    UniqueConstraint("mailbox", "provider_id"),
    Index("ix_mail_turn", "mailbox", "imported", "due_at", postgresql_where="due_at IS NOT NULL"),
    Index(
        "ix_mail_import",
        "mailbox",
        "received_at",
        postgresql_where="there_before AND state = 'listed' AND due_at IS NULL",
    ),
    Index("ix_mail_stored_at", "tenant", "stored_at"),
    Index("ix_mail_listed_at", "tenant", "listed_at"),
    Index(
        "ix_mail_over_quota",
        "tenant",
        "received_at",
        postgresql_where="state = 'listed' AND reason = 'over_quota'",
    ),
    Index("ix_mail_quarantined", "tenant", postgresql_where="state = 'quarantined'"),
    Index("ix_mail_dropped", "tenant", "dropped_at", postgresql_where="state = 'dropped'"),
    Index("ix_mail_in_flight", "mailbox", postgresql_where="in_flight"),
    schema="ingest",
)

intakes = Table(
    "intake",
    metadata,
    uuid_key(),
    tenant(),
    # of mails as they came
    Column("bytes", BigInteger, nullable=False, server_default="0"),
    # the quota that keeps mail waiting, and since when; none while nothing waits
    Column("over", Text, nullable=True),
    moment("over_since", nullable=True),
    *due(),
    UniqueConstraint("tenant"),
    schema="ingest",
)
"""One row a tenant, kept with its ledger; due while mail waits for a quota."""

imports = Table(
    "import",
    metadata,
    uuid_key(),  # the mailbox
    tenant(),
    *due(),
    Index("ix_import_due", "due_at"),
    schema="ingest",
)
"""One row a mailbox whose old mail is imported; not due when none of it waits. Mail that waits for its turn
is listed and not due."""

folders = Table(
    "folder",
    metadata,
    Column("mailbox", Uuid, primary_key=True),
    Column("id", Text, primary_key=True),
    tenant(),
    Column("path", Text, nullable=False),
    schema="ingest",
)
"""What people choose from; the provider's own id stays the same when somebody renames a folder."""

incidents = Table(
    "incident",
    metadata,
    uuid_key(),
    tenant(),
    Column("mailbox", Uuid, nullable=False),
    Column("code", Text, nullable=False),
    Column("text", Text, nullable=False),
    moment("began_at"),
    moment("recovered_at", nullable=True),
    Index("ix_incident_open", "mailbox", unique=True, postgresql_where="recovered_at IS NULL"),
    schema="ingest",
)
"""One row for each time that a mailbox failed for a while; at most one of a mailbox is open."""

examinations = Table(
    "examination",
    metadata,
    uuid_key(),  # of the command that asked for it
    tenant(),
    Column("mailbox", Uuid, nullable=False),
    Column("state", Text, nullable=False),
    # a probe may leave
    Column("send", Boolean, nullable=False),
    # none: the mailbox was new
    Column("asked_by", Text, nullable=True),
    facts("findings"),
    # why it ended before its time
    Column("reason", Text, nullable=True),
    moment("asked_at"),
    moment("began_at", nullable=True),
    moment("ended_at", nullable=True),
    *due(),
    Index("ix_examination_due", "due_at"),
    Index("ix_examination_latest", "mailbox", "asked_at"),
    Index("ix_examination_open", "mailbox", unique=True, postgresql_where="ended_at IS NULL"),
    schema="ingest",
)
"""A mailbox is examined by one at a time. States: waiting, running, done, failed; the last two are due
again when they are old, to be removed."""

subscriptions = Table(
    "subscription",
    metadata,
    uuid_key(),  # the mailbox
    tenant(),
    # the provider's own; none: it does not tell of new mail now
    Column("provider_id", Text, nullable=True),
    # of what every notice must prove
    Column("digest", Text, nullable=True),
    # of what it was made for: another one is made when that changes
    Column("stamp", Text, nullable=True),
    moment("expires_at", nullable=True),
    Column("error_code", Text, nullable=True),
    Column("error_text", Text, nullable=True),
    *due(),
    Index("ix_subscription_due", "due_at"),
    Index("ix_subscription_provider_id", "tenant", "provider_id"),
    schema="ingest",
)
"""A provider that tells of new mail does so for a time: due again before that is over."""
