"""Second factors, and how the people of a tenant sign in."""

import sqlalchemy as sa
from alembic import op

revision = "0074"
down_revision = "0073"


def upgrade() -> None:
    op.create_table(
        "second_factor",
        sa.Column("user", sa.Uuid(), nullable=False),
        sa.Column("tenant", sa.Text(), nullable=False),
        sa.Column("secret", sa.LargeBinary(), nullable=False),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_step", sa.BigInteger(), nullable=False, server_default="0"),
        sa.PrimaryKeyConstraint("user", name="pk_second_factor"),
        schema="desk",
    )
    op.create_table(
        "recovery_code",
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("tenant", sa.Text(), nullable=False),
        sa.Column("user", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("digest", name="pk_recovery_code"),
        schema="desk",
    )
    op.create_index("ix_recovery_code_user", "recovery_code", ["tenant", "user"], schema="desk")
    op.create_table(
        "sign_in",
        sa.Column("tenant", sa.Text(), nullable=False),
        sa.Column("second_factor", sa.Boolean(), nullable=False, server_default="false"),
        sa.Column("issuer", sa.Text(), nullable=True),
        sa.Column("client_id", sa.Text(), nullable=True),
        sa.Column("secret", sa.LargeBinary(), nullable=True),
        sa.Column("called", sa.Text(), nullable=True),
        sa.Column("adds_users", sa.Boolean(), nullable=False, server_default="false"),
        sa.PrimaryKeyConstraint("tenant", name="pk_sign_in"),
        schema="config",
    )
