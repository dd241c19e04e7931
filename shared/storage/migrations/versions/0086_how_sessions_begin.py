"""A session that waits for a code keeps what was shown before it."""

import sqlalchemy as sa
from alembic import op

revision = "0086"
down_revision = "0085"


def upgrade() -> None:
    op.add_column("session", sa.Column("how", sa.Text(), nullable=False, server_default=""), schema="desk")
