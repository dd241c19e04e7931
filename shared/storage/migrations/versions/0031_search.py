"""The words of posts, to be found by, and indexes for each order and filter of the list of tickets.

Posts that are there already wait to be read for their words; ticketing does that a few at a time.
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import TSVECTOR

revision = "0031"
down_revision = "0030"

UNENDED = "status NOT IN ('closed', 'merged')"
WAITING = sa.text("coalesce(waiting_since, '9999-01-01 00:00:00+00'::timestamptz)")
FILTERED_BY = ("status", "assignee", "mailbox", "department", "organization", "contact")
OWN = "tenant = nullif(current_setting('postroom.tenant', true), '')"


def upgrade() -> None:
    op.create_unique_constraint("uq_post_id_ticket", "post", ["id", "ticket"], schema="ticketing")
    _words()
    _views()
    _orders_of_the_list()
    op.execute(
        "INSERT INTO ticketing.words (id, tenant, ticket, due_at)"
        " SELECT id, tenant, ticket, now() FROM ticketing.post WHERE kind <> 'system'"
    )


def _words() -> None:
    moment = sa.DateTime(timezone=True)
    op.create_table(
        "words",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("tenant", sa.Text(), nullable=False),
        sa.Column("ticket", sa.Uuid(), nullable=False),
        sa.Column("words", TSVECTOR(), nullable=True),
        sa.Column("due_at", moment, nullable=True),
        sa.Column("lease", sa.Uuid(), nullable=True),
        sa.Column("lease_until", moment, nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False, server_default="0"),
        sa.PrimaryKeyConstraint("id", name="pk_words"),
        sa.ForeignKeyConstraint(
            ["id", "ticket"],
            ["ticketing.post.id", "ticketing.post.ticket"],
            name="fk_words_id_ticket",
            onupdate="CASCADE",
            ondelete="CASCADE",
        ),
        schema="ticketing",
    )
    op.create_index("ix_words_ticket", "words", ["ticket"], schema="ticketing")
    op.create_index("ix_words_words", "words", ["words"], schema="ticketing", postgresql_using="gin")
    due = sa.text("due_at IS NOT NULL")
    op.create_index("ix_words_due", "words", ["due_at"], schema="ticketing", postgresql_where=due)


def _views() -> None:
    """Make views that a service reads instead of a policy's table: owned by the tables' owner, whom no
    policy holds, they say the policy's rule themselves."""
    op.execute(
        f"CREATE VIEW ticketing.search AS SELECT id, tenant, ticket, words FROM ticketing.words WHERE {OWN}"  # noqa: S608 - no input
    )
    op.execute(f"CREATE VIEW ticketing.tagged AS SELECT id, tenant, tags FROM ticketing.ticket WHERE {OWN}")  # noqa: S608 - as above


def _orders_of_the_list() -> None:
    unended = sa.text(UNENDED)
    by_activity = ("tenant", "changed_at", "id")
    by_waiting = ("tenant", WAITING, "id")
    _on_ticket("ix_ticket_activity", by_activity)
    _on_ticket("ix_ticket_unended", by_activity, unended)
    _on_ticket("ix_ticket_unended_assignee", ["tenant", "assignee", "changed_at", "id"], unended)
    for column in FILTERED_BY:
        _on_ticket(f"ix_ticket_{column}", ["tenant", column, "changed_at", "id"])
    _on_ticket("ix_ticket_waiting", by_waiting)
    _on_ticket("ix_ticket_unended_waiting", by_waiting, unended)
    op.create_index("ix_ticket_tags", "ticket", ["tags"], schema="ticketing", postgresql_using="gin")
    op.create_index("ix_organization_name", "organization", ["tenant", "name"], schema="ticketing")


def _on_ticket(name: str, columns: Sequence[str | sa.TextClause], where: sa.TextClause | None = None) -> None:
    op.create_index(name, "ticket", list(columns), schema="ticketing", postgresql_where=where)
