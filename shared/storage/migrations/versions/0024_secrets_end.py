"""When a mailbox's secret ends, and the thumbprint of a certificate: shown without opening it."""

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"


def upgrade() -> None:
    ends: sa.Column[object] = sa.Column("secret_expires_at", sa.DateTime(timezone=True), nullable=True)
    op.add_column("mailbox", ends, schema="config")
    thumbprint: sa.Column[str] = sa.Column("secret_thumbprint", sa.Text(), nullable=True)
    op.add_column("mailbox", thumbprint, schema="config")
