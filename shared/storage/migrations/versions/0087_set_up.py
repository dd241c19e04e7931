"""A tenant whose first run is over keeps when, so that it never opens again."""

import sqlalchemy as sa
from alembic import op

revision = "0087"
down_revision = "0086"


def upgrade() -> None:
    op.add_column(
        "tenant", sa.Column("set_up_at", sa.DateTime(timezone=True), nullable=True), schema="config"
    )
