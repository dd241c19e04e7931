"""How often a delivery's worker died over it: the crash guard of the embedded transport."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    deaths = sa.Column("deaths", sa.Integer(), nullable=False, server_default="0")
    op.add_column("delivery", deaths, schema="messages")
