"""Which departments are hidden from somebody: one query for the desk and for notices (decision 0025)."""

from uuid import UUID

from sqlalchemy import Select, func, not_, select

from shared.storage.config import memberships


def hidden_departments(tenant: str, user: UUID) -> Select[tuple[UUID]]:
    """Ask for the departments that have members, of whom the user is none. Also somebody who left counts as
    one: what only they could see must not be everybody's since."""
    c = memberships.c
    is_in = func.bool_or(c.user == user)
    return select(c.department).where(c.tenant == tenant).group_by(c.department).having(not_(is_in))
