"""What a tenant keeps in bytes, and since when it is over a quota; mail that waits for that."""

import sqlalchemy as sa
from alembic import op

revision = "0046"
down_revision = "0045"


def upgrade() -> None:
    moment = sa.DateTime(timezone=True)
    op.create_table(
        "intake",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("tenant", sa.Text(), nullable=False),
        sa.Column("bytes", sa.BigInteger(), nullable=False, server_default="0"),
        sa.Column("over", sa.Text(), nullable=True),
        sa.Column("over_since", moment, nullable=True),
        sa.Column("due_at", moment, nullable=True),
        sa.Column("lease", sa.Uuid(), nullable=True),
        sa.Column("lease_until", moment, nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False, server_default="0"),
        sa.PrimaryKeyConstraint("id", name="pk_intake"),
        sa.UniqueConstraint("tenant", name="uq_intake_tenant"),
        schema="ingest",
    )
    op.execute(
        "INSERT INTO ingest.intake (id, tenant, bytes)"
        " SELECT gen_random_uuid(), tenant, sum(size) FROM ingest.mail"
        " WHERE blob IS NOT NULL AND size IS NOT NULL GROUP BY tenant"
    )
    op.create_index(
        "ix_mail_over_quota",
        "mail",
        ["tenant", "received_at"],
        schema="ingest",
        postgresql_where=sa.text("state = 'listed' AND reason = 'over_quota'"),
    )
