"""Several tickets may wait for one mail; only one has seen it."""

import sqlalchemy as sa
from alembic import op

revision = "0036"
down_revision = "0035"


def upgrade() -> None:
    op.drop_constraint("pk_thread_id", "thread_id", schema="ticketing")
    op.create_primary_key("pk_thread_id", "thread_id", ["tenant", "message_id", "ticket"], schema="ticketing")
    op.create_index(
        "ix_thread_id_seen",
        "thread_id",
        ["tenant", "message_id"],
        unique=True,
        schema="ticketing",
        postgresql_where=sa.text("seen"),
    )
