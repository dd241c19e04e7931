"""Which verdicts are old enough to be removed."""

from alembic import op

revision = "0058"
down_revision = "0057"


def upgrade() -> None:
    op.create_index("ix_verdict_at", "verdict", ["tenant", "at"], schema="triggers")
