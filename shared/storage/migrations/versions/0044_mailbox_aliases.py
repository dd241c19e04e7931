"""Other addresses of a mailbox, so that mail to them is known as ours."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY

revision = "0044"
down_revision = "0043"


def upgrade() -> None:
    op.add_column(
        "mailbox",
        sa.Column("aliases", ARRAY(sa.Text()), nullable=False, server_default="{}"),
        schema="config",
    )
