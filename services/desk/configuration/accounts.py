"""Add and change users, each change kept with who made it; the last administrator stays one."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, Literal, get_args
from uuid import UUID

from pydantic import JsonValue
from sqlalchemy import delete, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from services.desk.configuration import departments as rooms
from services.desk.configuration.auditing import Act, record
from services.desk.configuration.called import called, is_address
from services.desk.configuration.factors import remove_factor
from services.desk.configuration.people import add_user
from services.desk.configuration.quotas import require_room
from services.desk.configuration.remembering import Made, remember
from services.desk.languages import gettext, later
from services.desk.signin.passwords import ShortPasswordError, hashed
from shared.contracts.errors import Permanent
from shared.contracts.mail import LONGEST_ADDRESS
from shared.storage.config import ADMINS, memberships, tenants, tokens, users
from shared.storage.desk import sessions

Role = Literal["reader", "agent", "admin", "operator"]
ROLES: tuple[Role, ...] = get_args(Role)
OPERATOR: Role = "operator"


class NotDone(Exception):
    """What was asked for was not done; it says why and what helps."""


class NotTheirsToGive(NotDone):
    """What only operators do to operators."""


ADDRESS_OF_OPERATOR = later("Only an operator of the installation changes the address of an operator.")
UNDONE = (NotDone, ShortPasswordError, Permanent)
"""What may come of a change of users, each with its reason."""


@dataclass(frozen=True)
class Wanted:
    """What is to be so; None stays as it is."""

    address: str | None = None
    name: str | None = None
    role: Role | None = None
    may_send_as: bool | None = None
    departments: Collection[UUID] | None = None
    """Exactly these."""


async def new_user(
    db: AsyncConnection,
    tenant: str,
    wanted: Wanted,
    password: str | None,
    made: Made,
    *,
    by_operator: bool = False,
) -> UUID:
    """Add a user. Without a password they sign in by their provider, or not at all.

    Raises:
        NotDone: the address is none or taken, or the role is not theirs to give; nothing more can be written
            then.
        Permanent: the tenant may have no more users.
        ShortPasswordError: the password is guessed too soon.
    """
    role = wanted.role or "agent"
    _require_operator(role, by_operator=by_operator)
    address = _address(wanted.address or "")
    name = called(wanted.name or "") or address.partition("@")[0].capitalize()
    may = bool(wanted.may_send_as)
    try:
        user = await add_user(db, tenant, address, name, password, role=role, may_send_as=may, at=made.at)
    except IntegrityError as error:
        raise _taken(address) from error
    await _remember(db, tenant, user, made, "added", None, {"address": address, "role": role})
    await record(db, tenant, Act.USER_ADDED, made, user, role=role)
    await _enter(db, tenant, user, frozenset(wanted.departments or ()), made)
    return user


async def change_user(
    db: AsyncConnection, tenant: str, user: UUID, wanted: Wanted, made: Made, *, by_operator: bool = False
) -> int | None:
    """Do what is wanted and return how much was not so already; None when there is no such user.

    Raises:
        NotDone: nothing is changed; `db` writes nothing more when the address was taken.
    """
    row = await _locked(db, tenant, user)
    if row is None:
        return None
    values: dict[str, Any] = {  # Any: as the columns
        "address": _address(wanted.address, row["address"]) if wanted.address else None,
        "name": called(wanted.name or "") or None,
        "role": wanted.role,
        "may_send_as": wanted.may_send_as,
    }
    changes = {name: new for name, new in values.items() if new is not None and new != row[name]}
    if "address" in changes and row["role"] == OPERATOR and not by_operator:
        raise NotTheirsToGive(gettext(ADDRESS_OF_OPERATOR))
    if "role" in changes:
        _require_operator(row["role"], changes["role"], by_operator=by_operator)
        if row["role"] in ADMINS and changes["role"] not in ADMINS:
            await _require_another_admin(db, tenant, user)
    if changes:
        try:
            await db.execute(update(users).where(*_mine(tenant, user)).values(**changes))
        except IntegrityError as error:
            raise _taken(changes["address"]) from error
    for name, new in changes.items():
        await _remember(db, tenant, user, made, name, row[name], new)
    if "role" in changes:
        await end_sessions(db, tenant, user)
        await record(db, tenant, Act.ROLE_CHANGED, made, user, old=row["role"], new=changes["role"])
    if set(changes) - {"role"}:
        await record(
            db, tenant, Act.USER_CHANGED, made, user, fields=", ".join(sorted(set(changes) - {"role"}))
        )
    entered = await _enter(db, tenant, user, wanted.departments, made)
    return len(changes) + entered


async def archive_user(
    db: AsyncConnection, tenant: str, user: UUID, made: Made, *, archived: bool, by_operator: bool = False
) -> bool:
    """Put a user into the archive: they are signed out, their tokens are revoked, their name stays on what
    they wrote. Or take them out again. False: it is so already, or nobody is of this id.

    Raises:
        NotDone: they are the last administrator, or an operator.
        Permanent: the tenant may have no more users.
    """
    row = await _locked(db, tenant, user)
    if row is None or (row["archived_at"] is not None) == archived:
        return False
    _require_operator(row["role"], by_operator=by_operator)
    if archived:
        if row["role"] in ADMINS:
            await _require_another_admin(db, tenant, user)
        await end_sessions(db, tenant, user)
        theirs = (tokens.c.tenant == tenant, tokens.c.user == user, tokens.c.revoked_at.is_(None))
        await db.execute(update(tokens).where(*theirs).values(revoked_at=made.at))
    else:
        await require_room(db, tenant, "users")
    await db.execute(
        update(users).where(*_mine(tenant, user)).values(archived_at=made.at if archived else None)
    )
    await _remember(db, tenant, user, made, "archived", not archived, archived)
    await record(db, tenant, Act.USER_ARCHIVED if archived else Act.USER_RESTORED, made, user)
    return True


async def set_password(
    db: AsyncConnection, tenant: str, user: UUID, password: str, made: Made, *, by_operator: bool = False
) -> bool:
    """Give a user a password, and sign them out everywhere; False when nobody is of this id.

    Raises:
        NotDone: an operator's password is not theirs to set.
        ShortPasswordError: the password is guessed too soon.
    """
    row = await _locked(db, tenant, user)
    if row is None:
        return False
    _require_operator(row["role"], by_operator=by_operator)
    await keep_password(db, tenant, user, password)
    await record(db, tenant, Act.PASSWORD_SET, made, user)
    await _remember(db, tenant, user, made, "password", None, "set")
    return True


async def forget_factor(
    db: AsyncConnection, tenant: str, user: UUID, made: Made, *, by_operator: bool = False
) -> bool:
    """Remove a user's second factor and sign them out; False when they had none.

    Raises:
        NotDone: an operator's is not theirs to remove.
    """
    row = await _locked(db, tenant, user)
    if row is None:
        return False
    _require_operator(row["role"], by_operator=by_operator)
    if not await remove_factor(db, tenant, user, made):
        return False
    await end_sessions(db, tenant, user)
    await _remember(db, tenant, user, made, "second_factor", "on", None)
    return True


async def keep_password(db: AsyncConnection, tenant: str, user: UUID, password: str) -> None:
    """Keep a password's hash; every session that stood on the old one ends. Raises ShortPasswordError."""
    await db.execute(update(users).where(*_mine(tenant, user)).values(password_hash=await hashed(password)))
    await end_sessions(db, tenant, user)


async def end_sessions(db: AsyncConnection, tenant: str, user: UUID, but: str = "") -> int:
    """Sign a user out everywhere, but in the session of this digest; return how many ended."""
    c = sessions.c
    theirs = (c.tenant == tenant, c.user == user, c.digest != but)
    return len((await db.execute(delete(sessions).where(*theirs).returning(c.digest))).all())


async def _enter(
    db: AsyncConnection, tenant: str, user: UUID, wanted: Collection[UUID] | None, made: Made
) -> int:
    """Let a user be a member of exactly these departments; return how many changed."""
    if wanted is None:
        return 0
    c = memberships.c
    mine = select(c.department).where(c.tenant == tenant, c.user == user)
    now = frozenset((await db.execute(mine)).scalars())
    changed = sorted(now ^ frozenset(wanted))
    for department in changed:
        others = select(c.user).where(c.tenant == tenant, c.department == department, c.user != user)
        members = [*(await db.execute(others)).scalars(), *([user] if department in wanted else [])]
        if await rooms.change_department(db, tenant, department, rooms.Wanted(members=members), made) is None:
            raise NotDone(gettext("One of the departments is not there. Choose again from the page."))
    return len(changed)


async def _locked(db: AsyncConnection, tenant: str, user: UUID) -> dict[str, Any] | None:  # Any: as above
    # one change of a tenant's users at a time, so that no two leave it without an administrator
    await db.execute(select(tenants.c.id).where(tenants.c.id == tenant).with_for_update())
    row = (await db.execute(select(users).where(*_mine(tenant, user)))).mappings().first()
    return dict(row) if row else None


async def _require_another_admin(db: AsyncConnection, tenant: str, user: UUID) -> None:
    c = users.c
    others = (c.tenant == tenant, c.role.in_(ADMINS), c.archived_at.is_(None), c.id != user)
    if (await db.execute(select(c.id).where(*others).limit(1))).first() is None:
        raise NotDone(gettext("This is the last administrator. Make somebody else one first."))


def _require_operator(*roles: str, by_operator: bool) -> None:
    if OPERATOR in roles and not by_operator:
        raise NotTheirsToGive(gettext("Only an operator of the installation gives or takes that role."))


def _address(typed: str, kept: str = "") -> str:
    """Read an address; one that is kept already stays, whatever it is."""
    address = typed.strip().lower()
    if address != kept and not is_address(address):
        why = gettext(
            "An address has a name, an @ and a domain, and at most %(most)s characters.", most=LONGEST_ADDRESS
        )
        raise NotDone(why)
    return address


def _taken(address: str) -> NotDone:
    return NotDone(
        gettext(
            "There is a user %(address)s already, perhaps in the archive. Take another address.",
            address=address,
        )
    )


def _mine(tenant: str, user: UUID) -> tuple[Any, Any]:  # Any: conditions
    return users.c.tenant == tenant, users.c.id == user


async def _remember(  # noqa: PLR0917 - what is remembered, in the order of its columns
    db: AsyncConnection, tenant: str, user: UUID, made: Made, field: str, old: JsonValue, new: JsonValue
) -> None:
    await remember(db, tenant, made, f"user.{user}.{field}", old=old, new=new)
