"""Which recipient of a mail it came back from."""

import sqlalchemy as sa
from alembic import op

revision = "0053"
down_revision = "0052"


def upgrade() -> None:
    op.add_column(
        "recipient", sa.Column("bounced_at", sa.DateTime(timezone=True), nullable=True), schema="sending"
    )
