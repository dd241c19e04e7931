"""The folders of each mailbox, for people to choose from."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"


def upgrade() -> None:
    op.create_table(
        "folder",
        sa.Column("mailbox", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("tenant", sa.Text(), nullable=False),
        sa.Column("path", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("mailbox", "id", name="pk_folder"),
        schema="ingest",
    )
    op.add_column(
        "cursor", sa.Column("folders_at", sa.DateTime(timezone=True), nullable=True), schema="ingest"
    )
