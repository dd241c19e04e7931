"""Who was removed from a ticket stays known as such: copies of mail bring nobody back."""

import sqlalchemy as sa
from alembic import op

revision = "0043"
down_revision = "0042"


def upgrade() -> None:
    moment = sa.DateTime(timezone=True)
    op.add_column("participant", sa.Column("removed_at", moment, nullable=True), schema="ticketing")
