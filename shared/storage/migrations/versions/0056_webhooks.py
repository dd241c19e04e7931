"""Attempts to call a webhook, and receivers that are gone."""

import sqlalchemy as sa
from alembic import op

revision = "0056"
down_revision = "0055"

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "attempt",
        sa.Column("id", sa.BigInteger(), nullable=False, autoincrement=True),
        sa.Column("tenant", sa.Text(), nullable=False),
        sa.Column("effect", sa.Uuid(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("status", sa.Integer(), nullable=True),
        sa.Column("begun_at", MOMENT, nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(
            ["effect"], ["triggers.effect.id"], name="fk_attempt_effect_effect", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_attempt"),
        schema="triggers",
    )
    op.create_index("ix_attempt_effect", "attempt", ["effect"], schema="triggers")
    op.create_table(
        "silenced",
        sa.Column("tenant", sa.Text(), nullable=False),
        sa.Column("trigger", sa.Uuid(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("tenant", "trigger", "url", name="pk_silenced"),
        schema="triggers",
    )
    op.create_index(
        "ix_effect_hook",
        "effect",
        ["tenant", "at", "id"],
        schema="triggers",
        postgresql_where="action = 'webhook'",
    )
