"""Sessions know their client and their last use; attempts to sign in are counted by all processes."""

import sqlalchemy as sa
from alembic import op

revision = "0073"
down_revision = "0072"

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    # who is signed in signs in again: nobody knows from where they came
    op.execute("DELETE FROM desk.session")
    op.add_column("session", sa.Column("used_at", MOMENT, nullable=False), schema="desk")
    op.add_column("session", sa.Column("client", sa.Text(), nullable=False), schema="desk")
    op.add_column("session", sa.Column("program", sa.Text(), nullable=False), schema="desk")
    op.add_column("session", sa.Column("waits_for", sa.Text(), nullable=True), schema="desk")
    op.create_index("ix_session_user", "session", ["tenant", "user"], schema="desk")
    op.create_table(
        "sign_in_attempt",
        sa.Column("tenant", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("last", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("tenant", "key", name="pk_sign_in_attempt"),
        schema="desk",
    )
