"""`postroom tenant quota`: how much a tenant may have, set by whoever runs the installation."""

import re
from dataclasses import dataclass
from typing import Annotated

import typer
from rich.console import Console
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from postroom.cli.opening import configuring, run_in_house
from services.desk.configuration.quotas import set_quota
from shared.contracts.errors import Permanent
from shared.runtime import House
from shared.storage.config import tenants
from shared.storage.ingest import intakes

console = Console(soft_wrap=True, highlight=False)
NO_LIMIT = "none"
SIZE = re.compile(r"(\d+) ?([KMGT]?)B?", re.IGNORECASE)
LARGEST = (10**9, 10**15)
"""Of what is counted; of bytes."""
UNITS = {"": 1, "K": 10**3, "M": 10**6, "G": 10**9, "T": 10**12}
Limit = Annotated[str | None, typer.Option(help="a number, or `none`")]
Size = Annotated[str | None, typer.Option(help="such as 500MB or 10GB, or `none`")]


@dataclass(frozen=True)
class Quota:
    """What a tenant may have, what its mails take, and the quota that keeps mail waiting."""

    mailboxes: int | None
    users: int | None
    storage: int | None
    mails_per_day: int | None
    bytes_kept: int
    over: str | None
    over_since: str | None

    def __str__(self) -> str:
        limits = {
            "mailboxes": self.mailboxes,
            "users": self.users,
            "bytes of mail": self.storage,
            "mails a day": self.mails_per_day,
        }
        told = [f"at most {limit} {what}" for what, limit in limits.items() if limit is not None]
        told += [f"{self.bytes_kept} bytes of mail kept"] if self.storage is not None else []
        told += [f"over its quota ({self.over}) since {self.over_since}"] if self.over else []
        return ", ".join(told) or "no quota"


def quota(
    tenant: Annotated[str, typer.Argument(help="its short name")],
    mailboxes: Limit = None,
    users: Limit = None,
    storage: Size = None,
    mails_per_day: Limit = None,
) -> None:
    """Set or show quotas. Mail beyond one stays listed, and comes in when there is room."""
    typed = {"mailboxes": mailboxes, "users": users, "storage": storage, "mails_per_day": mails_per_day}
    changes = {name: limit_of(name, text) for name, text in typed.items() if text is not None}

    async def work(house: House) -> None:
        async with configuring(house, tenant) as db:
            await set_quota(db, tenant, changes)
            known = await quota_of(db, tenant)
        console.print(f"tenant {tenant}: {known}")

    run_in_house(work)


def limit_of(name: str, text: str) -> int | None:
    """Read a limit as it is typed; None is no limit.

    Raises:
        Permanent: it is none.
    """
    if text.strip().lower() == NO_LIMIT:
        return None
    found = SIZE.fullmatch(text.strip())
    if found is None or (name != "storage" and not text.strip().isdigit()):
        raise Permanent(f"{text!r} is no limit: type a number, 10GB for storage, or none", code="quota")
    limit = int(found[1]) * UNITS[found[2].upper()]
    if limit > (most := LARGEST[name == "storage"]):
        raise Permanent(f"{text!r} is too large; type at most {most}, or none for no limit", code="quota")
    return limit


async def quota_of(db: AsyncConnection, tenant: str) -> Quota:
    c = tenants.c
    limits = select(c.max_mailboxes, c.max_users, c.max_storage, c.max_mails_per_day).where(c.id == tenant)
    used = select(intakes.c.bytes, intakes.c.over, intakes.c.over_since).where(intakes.c.tenant == tenant)
    row, taken = (await db.execute(limits)).one(), (await db.execute(used)).one_or_none()
    since = f"{taken.over_since:%Y-%m-%d %H:%M} UTC" if taken and taken.over_since else None
    return Quota(*row, taken.bytes if taken else 0, taken.over if taken else None, since)
