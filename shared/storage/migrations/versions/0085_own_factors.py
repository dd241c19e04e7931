"""A tenant may ask for its own second factor after a provider's word."""

import sqlalchemy as sa
from alembic import op

revision = "0085"
down_revision = "0079"


def upgrade() -> None:
    op.add_column(
        "sign_in",
        sa.Column("own_factor", sa.Boolean(), nullable=False, server_default="false"),
        schema="config",
    )
