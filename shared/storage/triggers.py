"""What triggers saw, decided and did."""

from datetime import timedelta

from sqlalchemy import (
    BigInteger,
    Column,
    ForeignKey,
    Index,
    Integer,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
)

from shared.storage.columns import due, facts, metadata, moment, tenant, uuid_key

VERDICTS_KEPT = timedelta(days=30)
"""How long it can be said why a trigger fired or did not."""

events = Table(
    "event",
    metadata,
    uuid_key(),  # of the message
    tenant(),
    Column("ticket", Uuid, nullable=False, index=True),
    Column("contract", Text, nullable=False),
    facts("payload"),
    moment("at"),
    Index("ix_event_at", "tenant", "at", "id"),
    schema="triggers",
)

verdicts = Table(
    "verdict",
    metadata,
    Column("event", Uuid, primary_key=True),
    Column("trigger", Uuid, primary_key=True),
    tenant(),
    Column("outcome", Text, nullable=False),  # fired, not, suppressed, failed, shadow
    facts("why"),
    moment("at"),
    Index("ix_verdict_at", "tenant", "at"),
    schema="triggers",
)

effects = Table(
    "effect",
    metadata,
    uuid_key(),
    tenant(),
    Column("event", Uuid, nullable=False),
    Column("trigger", Uuid, nullable=False),
    Column("ticket", Uuid, nullable=True),  # of the event; not set by earlier versions
    Column("action", Text, nullable=False),
    Column("target", Text, nullable=False),
    Column("state", Text, nullable=False),  # handed_on; of webhooks waiting, done, parked, gone
    facts("payload"),
    *due(),
    moment("at"),
    UniqueConstraint("event", "trigger", "action", "target"),
    Index("ix_effect_due", "due_at", postgresql_where="due_at IS NOT NULL"),
    Index("ix_effect_ticket", "tenant", "ticket", "at"),
    Index("ix_effect_called", "tenant", "at", "id", postgresql_where="state <> 'handed_on'"),
    schema="triggers",
)

attempts = Table(
    "attempt",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=True),
    tenant(),
    Column("effect", Uuid, ForeignKey("triggers.effect.id", ondelete="CASCADE"), nullable=False),
    Column("code", Text, nullable=False),  # how it ended
    Column("status", Integer, nullable=True),  # of the answer
    moment("begun_at"),
    moment("at"),
    Index("ix_attempt_effect", "effect"),
    schema="triggers",
)
"""Each attempt to call a webhook, without what was answered."""

silenced = Table(
    "silenced",
    metadata,
    Column("tenant", Text, primary_key=True),
    Column("trigger", Uuid, primary_key=True),
    Column("url", Text, primary_key=True),
    moment("at"),
    schema="triggers",
)
"""Receivers of webhooks that said they are gone."""

trials = Table(
    "trial",
    metadata,
    uuid_key(),  # of the command
    tenant(),
    Column("trigger", Uuid, nullable=True),  # the one that would be replaced
    facts("settings"),  # of the trigger that is tried
    moment("since"),
    moment("until"),
    Column("state", Text, nullable=False),  # waiting, running, done, failed
    Column("reason", Text, nullable=True),
    facts("counted"),
    facts("cursor", nullable=True),  # how far it is: {"at": ..., "id": ...}
    moment("asked_at"),
    moment("ended_at", nullable=True),
    *due(),
    Index("ix_trial_due", "due_at", postgresql_where="due_at IS NOT NULL"),
    schema="triggers",
)
"""A trigger against what happened: what it would have done, and nothing of it done."""

trial_results = Table(
    "trial_result",
    metadata,
    Column("trial", Uuid, ForeignKey("triggers.trial.id", ondelete="CASCADE"), primary_key=True),
    Column("event", Uuid, primary_key=True),
    tenant(),
    Column("ticket", Uuid, nullable=False),
    Column("outcome", Text, nullable=False),  # as of a verdict
    facts("why"),
    Column("chain", Integer, nullable=False),  # how deep what follows would go
    moment("at"),  # of the event
    Index("ix_trial_result_at", "trial", "at", "event"),
    schema="triggers",
)

notices = Table(
    "notice",
    metadata,
    uuid_key(),  # made of what is told and to whom
    tenant(),
    Column("user", Uuid, nullable=False),
    Column("kind", Text, nullable=False),
    Column("ticket", Uuid, nullable=False, index=True),
    Column("post", Uuid, nullable=True),
    Column("who", Text, nullable=False),  # of us did it; empty: what the post says
    moment("at"),
    moment("ended_at", nullable=True),
    Column("outcome", Text, nullable=True),  # sent, or why not
    Column("effect", Uuid, nullable=True),  # of the mail that told it
    Index("ix_notice_waiting", "user", postgresql_where="ended_at IS NULL"),
    Index("ix_notice_ended", "user", "ended_at"),
    schema="triggers",
)
"""What an employee is to be told, or was."""

notified = Table(
    "notified",
    metadata,
    uuid_key(),  # of the user
    tenant(),
    moment("told_at", nullable=True),  # by the last mail
    *due(),
    Index("ix_notified_due", "due_at", postgresql_where="due_at IS NOT NULL"),
    schema="triggers",
)
"""When each employee is to be told next of what waits."""
