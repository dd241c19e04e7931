"""The status of imported tickets, for each mailbox; and one word for marking mail read."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    op.add_column(
        "mailbox",
        sa.Column("import_as", sa.Text(), nullable=False, server_default="new"),
        schema="config",
    )
    op.execute("UPDATE config.mailbox SET after_storing = 'mark_read' WHERE after_storing = 'read'")
