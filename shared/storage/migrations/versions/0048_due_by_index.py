"""What inactivity is due to remind or close, each in an index that holds nothing else."""

import sqlalchemy as sa
from alembic import op

revision = "0048"
down_revision = "0047"

CLOSABLE = (
    "category NOT IN ('closed', 'merged') AND (imported_at IS NULL OR last_person_post_at > imported_at)"
)
SILENCE = ("last_person_post_at", "id")


def upgrade() -> None:
    for name in ("inactive", "silent"):
        op.drop_index(f"ix_ticket_{name}", "ticket", schema="ticketing")
    _index("inactive", *SILENCE, where=CLOSABLE)
    _index("silent", "department", *SILENCE, where=CLOSABLE)
    unreminded = "(reminded_at IS NULL OR reminded_at < last_person_post_at)"
    _index("unreminded", *SILENCE, where=f"{CLOSABLE} AND {unreminded}")
    _index("reminded", "reminded_at", "id", where=f"{CLOSABLE} AND reminded_at >= last_person_post_at")


def _index(name: str, *columns: str, where: str) -> None:
    op.create_index(
        f"ix_ticket_{name}",
        "ticket",
        ["tenant", *columns],
        schema="ticketing",
        postgresql_where=sa.text(where),
    )
