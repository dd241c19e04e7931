"""Second factors: time-based codes (RFC 6238) and codes in their place; set up, asked, taken away."""

import hashlib
import hmac
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from io import BytesIO
from uuid import UUID

import pyotp
import segno
from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncConnection

from services.desk.configuration.auditing import Act, record
from services.desk.configuration.remembering import Made
from shared.storage.config import sign_in
from shared.storage.desk import recovery_codes, second_factors
from shared.storage.secrets import Opener

ISSUER = "Postroom"
RECOVERY_CODES = 10
LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"
"""None that are taken for each other."""
STEPS = (0, -1, 1)
"""A clock may be off by one step of 30 s, either way."""
DIGITS = 6


class Counts(Enum):
    """What was typed in place of a code, and counts."""

    CODE = "code"
    RECOVERY = "recovery"


@dataclass(frozen=True)
class Factor:
    """How it stands with a person's second factor."""

    on: bool
    codes_left: int


async def factor_of(db: AsyncConnection, tenant: str, user: UUID) -> Factor:
    c = second_factors.c
    mine = (c.tenant == tenant, c.user == user, c.confirmed_at.is_not(None))
    on = (await db.execute(select(c.user).where(*mine))).first() is not None
    theirs = (recovery_codes.c.tenant == tenant, recovery_codes.c.user == user)
    left = (await db.execute(select(func.count()).select_from(recovery_codes).where(*theirs))).scalar_one()
    return Factor(on, left)


async def required(db: AsyncConnection, tenant: str) -> bool:
    """Whether nobody of the tenant gets in by password alone."""
    found = await db.execute(select(sign_in.c.second_factor).where(sign_in.c.tenant == tenant))
    return bool(found.scalar_one_or_none())


async def begin_factor(db: AsyncConnection, tenant: str, user: UUID, opener: Opener) -> str:
    """Return the secret that is being set up; the same one until it is confirmed."""
    if known := await secret_of(db, tenant, user, opener, confirmed=False):
        return known
    secret = pyotp.random_base32()
    row = upsert(second_factors).values(user=user, tenant=tenant, secret=opener.sealer.seal(secret))
    # one that is confirmed stays: it is removed first
    await db.execute(row.on_conflict_do_nothing(index_elements=["user"]))
    return secret


async def begin_anew(db: AsyncConnection, tenant: str, user: UUID) -> None:
    """Forget a secret that was begun and not confirmed: somebody else with the password may have read it."""
    c = second_factors.c
    pending = (c.tenant == tenant, c.user == user, c.confirmed_at.is_(None))
    await db.execute(delete(second_factors).where(*pending))


async def secret_of(
    db: AsyncConnection, tenant: str, user: UUID, opener: Opener, *, confirmed: bool
) -> str | None:
    c = second_factors.c
    mine = (c.tenant == tenant, c.user == user, c.confirmed_at.is_not(None) == confirmed)
    sealed = (await db.execute(select(c.secret).where(*mine))).scalar_one_or_none()
    return opener.open(sealed) if sealed else None


async def confirm_factor(  # noqa: PLR0917 - whose, what was typed, and who says so
    db: AsyncConnection, tenant: str, user: UUID, typed: str, opener: Opener, made: Made
) -> list[str] | None:
    """Ask for codes from now on, when the one that was typed is right; return the recovery codes."""
    secret = await secret_of(db, tenant, user, opener, confirmed=False)
    if secret is None or not await _take_step(db, tenant, user, secret, typed, made.at):
        return None
    c = second_factors.c
    await db.execute(
        update(second_factors).where(c.tenant == tenant, c.user == user).values(confirmed_at=made.at)
    )
    await record(db, tenant, Act.FACTOR_ON, made, user)
    return await _new_codes(db, tenant, user)


async def make_codes(db: AsyncConnection, tenant: str, user: UUID, made: Made) -> list[str]:
    """Return new recovery codes; the old ones count no more."""
    await record(db, tenant, Act.RECOVERY_MADE, made, user)
    return await _new_codes(db, tenant, user)


async def code_counts(  # noqa: PLR0917 - as above
    db: AsyncConnection, tenant: str, user: UUID, typed: str, opener: Opener, now: datetime
) -> Counts | None:
    """Take a code, or a recovery code; each counts once."""
    secret = await secret_of(db, tenant, user, opener, confirmed=True)
    if secret is None:
        return None
    if await _take_step(db, tenant, user, secret, typed, now):
        return Counts.CODE
    c = recovery_codes.c
    mine = (c.tenant == tenant, c.user == user, c.digest == _digest(user, typed))
    used = await db.execute(delete(recovery_codes).where(*mine).returning(c.digest))
    return Counts.RECOVERY if used.first() else None


async def remove_factor(db: AsyncConnection, tenant: str, user: UUID, made: Made) -> bool:
    """Ask for no code any more; False when none was asked for."""
    c = second_factors.c
    gone = await db.execute(
        delete(second_factors).where(c.tenant == tenant, c.user == user).returning(c.confirmed_at)
    )
    row = gone.first()
    codes = (recovery_codes.c.tenant == tenant, recovery_codes.c.user == user)
    await db.execute(delete(recovery_codes).where(*codes))
    if row is None or row.confirmed_at is None:
        return False
    await record(db, tenant, Act.FACTOR_OFF, made, user)
    return True


def picture_of(secret: str, address: str) -> bytes:
    """Draw what an app of codes photographs, as SVG, black on white whatever the theme: cameras want that."""
    uri = pyotp.TOTP(secret).provisioning_uri(name=address, issuer_name=ISSUER)
    out = BytesIO()
    segno.make(uri, micro=False).save(out, kind="svg", scale=4, border=4, light="#fff", dark="#000")
    return out.getvalue()


def in_fours(secret: str) -> str:
    return " ".join(secret[at : at + 4] for at in range(0, len(secret), 4))


async def _take_step(  # noqa: PLR0917 - whose, which secret, what and when
    db: AsyncConnection, tenant: str, user: UUID, secret: str, typed: str, now: datetime
) -> bool:
    """Whether a code is of now and newer than the last one that counted; of two at once, one is."""
    step = _step_of(secret, typed, now)
    if step is None:
        return False
    c = second_factors.c
    newer = (c.tenant == tenant, c.user == user, c.last_step < step)
    taken = await db.execute(update(second_factors).where(*newer).values(last_step=step).returning(c.user))
    return taken.first() is not None


def _step_of(secret: str, typed: str, now: datetime) -> int | None:
    code = "".join(typed.split())
    if len(code) != DIGITS or not (code.isascii() and code.isdigit()):
        return None
    codes = pyotp.TOTP(secret)
    steps = [codes.timecode(now) + off for off in STEPS]
    return next((step for step in steps if hmac.compare_digest(codes.generate_otp(step), code)), None)


async def _new_codes(db: AsyncConnection, tenant: str, user: UUID) -> list[str]:
    c = recovery_codes.c
    await db.execute(delete(recovery_codes).where(c.tenant == tenant, c.user == user))
    codes = [_random_code() for _ in range(RECOVERY_CODES)]
    rows: Sequence[dict[str, object]] = [
        {"tenant": tenant, "user": user, "digest": _digest(user, code)} for code in codes
    ]
    await db.execute(insert(recovery_codes), rows)
    return codes


def _random_code() -> str:
    letters = "".join(secrets.choice(LETTERS) for _ in range(16))
    return "-".join(letters[at : at + 4] for at in range(0, 16, 4))


def _digest(user: UUID, code: str) -> str:
    plain = "".join(one for one in code.lower() if one.isalnum())
    return hashlib.sha256(f"{user} {plain}".encode()).hexdigest()
