"""Addresses that automatic mail spares; what a mail answers; whether an address is a mailbox here."""

import sqlalchemy as sa
from alembic import op

revision = "0055"
down_revision = "0054"

IS_MAILBOX_HERE = """
CREATE FUNCTION config.is_mailbox_here(wanted text) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = '' AS $$
  SELECT EXISTS (
    SELECT FROM config.mailbox
    WHERE archived_at IS NULL AND (lower(address) = lower(wanted) OR lower(wanted) = ANY (aliases))
  )
$$
"""


def upgrade() -> None:
    moment = sa.DateTime(timezone=True)
    op.create_table(
        "blocked_address",
        sa.Column("tenant", sa.Text(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("mail", sa.Uuid(), nullable=False),
        sa.Column("since", moment, nullable=False),
        sa.Column("until", moment, nullable=False),
        sa.PrimaryKeyConstraint("tenant", "address", name="pk_blocked_address"),
        schema="sending",
    )
    op.add_column("mail", sa.Column("answers", sa.Text(), nullable=True), schema="sending")
    op.add_column("mail", sa.Column("warning", sa.Text(), nullable=True), schema="sending")
    # a tenant is shown its own mailboxes: this tells of the others yes or no, and the mailer alone may ask
    op.execute(IS_MAILBOX_HERE)
    op.execute("REVOKE ALL ON FUNCTION config.is_mailbox_here(text) FROM PUBLIC")
    op.execute("GRANT EXECUTE ON FUNCTION config.is_mailbox_here(text) TO postroom_mailer")
