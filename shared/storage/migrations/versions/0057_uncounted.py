"""A mail that waits is counted in no window."""

from alembic import op

revision = "0057"
down_revision = "0056"


def upgrade() -> None:
    op.alter_column("recipient", "counted_at", nullable=True, schema="sending")
