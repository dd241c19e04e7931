"""Triggers that stop the others or only write down what they would do, and trials of triggers."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0051"
down_revision = "0050"

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    for name in ("shadow", "stops"):
        op.add_column(
            "trigger",
            sa.Column(name, sa.Boolean(), nullable=False, server_default="false"),
            schema="config",
        )
    op.add_column("effect", sa.Column("ticket", sa.Uuid(), nullable=True), schema="triggers")
    op.create_index("ix_effect_ticket", "effect", ["tenant", "ticket", "at"], schema="triggers")
    op.create_index("ix_event_at", "event", ["tenant", "at", "id"], schema="triggers")
    _trial()
    _result()


def _trial() -> None:
    op.create_table(
        "trial",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("tenant", sa.Text(), nullable=False),
        sa.Column("trigger", sa.Uuid(), nullable=True),
        sa.Column("settings", JSONB(), nullable=False),
        sa.Column("since", MOMENT, nullable=False),
        sa.Column("until", MOMENT, nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("counted", JSONB(), nullable=False),
        sa.Column("cursor", JSONB(), nullable=True),
        sa.Column("asked_at", MOMENT, nullable=False),
        sa.Column("ended_at", MOMENT, nullable=True),
        sa.Column("due_at", MOMENT, nullable=True),
        sa.Column("lease", sa.Uuid(), nullable=True),
        sa.Column("lease_until", MOMENT, nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False, server_default="0"),
        sa.PrimaryKeyConstraint("id", name="pk_trial"),
        schema="triggers",
    )
    op.create_index(
        "ix_trial_due", "trial", ["due_at"], schema="triggers", postgresql_where="due_at IS NOT NULL"
    )


def _result() -> None:
    op.create_table(
        "trial_result",
        sa.Column("trial", sa.Uuid(), nullable=False),
        sa.Column("event", sa.Uuid(), nullable=False),
        sa.Column("tenant", sa.Text(), nullable=False),
        sa.Column("ticket", sa.Uuid(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("why", JSONB(), nullable=False),
        sa.Column("chain", sa.Integer(), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(
            ["trial"], ["triggers.trial.id"], name="fk_trial_result_trial_trial", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("trial", "event", name="pk_trial_result"),
        schema="triggers",
    )
    op.create_index("ix_trial_result_at", "trial_result", ["trial", "at", "event"], schema="triggers")
