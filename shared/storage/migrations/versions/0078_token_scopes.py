"""How far a token of the API goes; those that are there go as far as they did."""

import sqlalchemy as sa
from alembic import op

revision = "0078"
down_revision = "0077"


def upgrade() -> None:
    scope = sa.Column("scope", sa.Text(), nullable=False, server_default="admin")
    op.add_column("token", scope, schema="config")
