"""The audit log: sign-ins and what is done to accounts, each with who, when, from where; never a secret."""

from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from sqlalchemy import delete, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from services.desk.configuration.remembering import Made
from shared.storage.desk import audit

KEPT_FOR = timedelta(days=400)
"""Longer than a year, so that two of the same month can be compared."""


class Act(StrEnum):
    SIGNED_IN = "signed_in"
    FAILED = "sign_in_failed"
    SIGNED_OUT = "signed_out"
    SESSIONS_ENDED = "sessions_ended"
    USER_ADDED = "user_added"
    USER_CHANGED = "user_changed"
    ROLE_CHANGED = "role_changed"
    USER_ARCHIVED = "user_archived"
    USER_RESTORED = "user_restored"
    PASSWORD_SET = "password_set"  # noqa: S105 - the name of an act
    PASSWORD_CHANGED = "password_changed"  # noqa: S105 - as above
    FACTOR_ON = "second_factor_on"
    FACTOR_OFF = "second_factor_off"
    RECOVERY_MADE = "recovery_codes_made"
    RECOVERY_USED = "recovery_code_used"
    SIGN_IN_SET = "sign_in_set"
    IMAGES_SHOWN = "images_shown"
    IMAGES_ASKED = "images_asked"
    TOKEN_MADE = "token_made"  # noqa: S105 - as above
    TOKEN_REVOKED = "token_revoked"  # noqa: S105 - as above


async def record(
    db: AsyncConnection, tenant: str, act: Act, made: Made, user: UUID | None, **facts: str
) -> None:
    """Keep that something was done to a user's account. `facts` are shown as they are."""
    row = {"at": made.at, "act": act, "user": user, "done_by": made.by, "client": made.client}
    await db.execute(insert(audit).values(tenant=tenant, facts=facts, **row))


async def forget_old(db: AsyncConnection, tenant: str, now: datetime, at_most: int) -> int:
    """Remove what is older than is kept; return how many acts those were."""
    c = audit.c
    old = select(c.id).where(c.tenant == tenant, c.at < now - KEPT_FOR).order_by(c.at).limit(at_most)
    gone = delete(audit).where(c.tenant == tenant, c.id.in_(old))
    return (await db.execute(gone)).rowcount
