"""Who writes which schema and who may read what; roles, grants and row policies are made from this."""

WRITERS = {
    "config": "desk",
    "desk": "desk",
    "ingest": "ingest",
    "ticketing": "ticketing",
    "triggers": "triggers",
    "sending": "mailer",
}
"""Schema to the one service that inserts, updates and deletes there. `messages` is written by every
service, through shared/messaging only."""

READERS = {
    "ingest": ("config",),
    "ticketing": ("config",),
    "triggers": ("config", "ticketing"),
    "mailer": ("config", "ticketing"),
    "desk": ("config", "ingest", "ticketing", "triggers", "sending"),
}
"""Service to the schemas it may read besides its own."""

SWEEP_ROLE = "postroom_sweep"
"""Sees due rows of every tenant, by these columns only: enough to claim, too little to read."""

SWEEP_COLUMNS = ("id", "tenant", "due_at", "lease", "lease_until", "attempts")

SWEPT = {
    "ingest.cursor": (*SWEEP_COLUMNS, "expiry_told", "last_success_at"),
    "ingest.mail": (*SWEEP_COLUMNS, "state", "mailbox", "imported"),
    "ingest.import": SWEEP_COLUMNS,
    "ingest.intake": SWEEP_COLUMNS,
    "ingest.examination": SWEEP_COLUMNS,
    "ingest.subscription": SWEEP_COLUMNS,
    "ticketing.held": SWEEP_COLUMNS,
    "ticketing.words": SWEEP_COLUMNS,
    "ticketing.regrouping": SWEEP_COLUMNS,
    "triggers.effect": SWEEP_COLUMNS,
    "triggers.trial": SWEEP_COLUMNS,
    "triggers.notified": SWEEP_COLUMNS,
    "sending.mail": SWEEP_COLUMNS,
    "desk.upload": SWEEP_COLUMNS,
    "desk.bulk": SWEEP_COLUMNS,
    "desk.draft": SWEEP_COLUMNS,
    "desk.idempotency_key": SWEEP_COLUMNS,
    "config.mailbox": ("id", "tenant", "address", "provider", "enabled", "archived_at", "secret_expires_at"),
    "config.tenant": ("id", "suspended"),
}

NO_POLICY = ("messages",)
"""Schemas whose rows carry a tenant but have no policy: a message is handled before its tenant is known."""


def role_of(service: str) -> str:
    """Return the database role that a service takes at connect."""
    return f"postroom_{service}"
