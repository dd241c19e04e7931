"""One incident for each loop or burst that the mailer holds."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY

revision = "0054"
down_revision = "0053"


def upgrade() -> None:
    moment = sa.DateTime(timezone=True)
    op.create_table(
        "incident",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("tenant", sa.Text(), nullable=False),
        sa.Column("guard", sa.Text(), nullable=False),
        sa.Column("written_by", sa.Text(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("ticket", sa.Uuid(), nullable=False),
        sa.Column("about", ARRAY(sa.Text()), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("opened_at", moment, nullable=False),
        sa.Column("last_at", moment, nullable=False),
        sa.Column("quiet_at", moment, nullable=False),
        sa.Column("ended_at", moment, nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_incident"),
        schema="sending",
    )
    op.create_index("ix_incident_opened", "incident", ["tenant", "opened_at"], schema="sending")
    op.add_column("mail", sa.Column("incident", sa.Uuid(), nullable=True), schema="sending")
    op.create_index(
        "ix_sending_mail_incident",
        "mail",
        ["incident"],
        schema="sending",
        postgresql_where="incident IS NOT NULL",
    )
