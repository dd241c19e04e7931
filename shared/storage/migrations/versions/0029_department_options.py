"""Options of one department."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0029"
down_revision = "0028"


def upgrade() -> None:
    op.create_table(
        "department_option",
        sa.Column("department", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("tenant", sa.Text(), nullable=False),
        sa.Column("value", JSONB(), nullable=True),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_by", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("department", "name", name="pk_department_option"),
        schema="config",
    )
    op.create_index("ix_department_option_tenant", "department_option", ["tenant"], schema="config")
    department: sa.Column[object] = sa.Column("department", sa.Uuid(), nullable=True)
    op.add_column("option_history", department, schema="config")
