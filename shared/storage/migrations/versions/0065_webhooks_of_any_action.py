"""Webhooks are listed whatever action asked for them."""

import sqlalchemy as sa
from alembic import op

revision = "0065"
down_revision = "0064"


def upgrade() -> None:
    op.create_index(
        "ix_effect_called",
        "effect",
        ["tenant", "at", "id"],
        schema="triggers",
        postgresql_where=sa.text("state <> 'handed_on'"),
    )
    op.drop_index("ix_effect_hook", "effect", schema="triggers")
