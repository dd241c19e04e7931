"""Sign-ins and changes of accounts are kept; of a token, when it was used last."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0072"
down_revision = "0071"


def upgrade() -> None:
    op.create_table(
        "audit",
        sa.Column("id", sa.BigInteger(), nullable=False, autoincrement=True),
        sa.Column("tenant", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("act", sa.Text(), nullable=False),
        sa.Column("user", sa.Uuid(), nullable=True),
        sa.Column("done_by", sa.Text(), nullable=False),
        sa.Column("client", sa.Text(), nullable=False),
        sa.Column("facts", JSONB(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_audit"),
        schema="desk",
    )
    op.create_index("ix_audit_tenant", "audit", ["tenant", "id"], schema="desk")
    op.add_column("token", sa.Column("used_at", sa.DateTime(timezone=True)), schema="config")
    op.create_index("ix_audit_at", "audit", ["tenant", "at"], schema="desk")
