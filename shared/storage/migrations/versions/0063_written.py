"""What a person wrote, where a signature was put below it."""

import sqlalchemy as sa
from alembic import op

revision = "0063"
down_revision = "0062"


def upgrade() -> None:
    op.add_column("mail", sa.Column("written", sa.Text), schema="sending")
